"""The law of the house: an incremental build gives the bytes of a clean one, and does no more
than what the change asks for."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workbench import ROOT, Workbench, environment

DATA = {"du-lieu/bai-viet.jsonl", "du-lieu/bai-viet.csv"}
FEEDS = {"feed.xml", "feed.json"}
CATEGORIES = ("Dân vận khéo", "Tin tức – Sự kiện", "Quy chế dân chủ")


def fill(site: Workbench, count: int, first: int = 0) -> None:
    """Add bulletins over two years."""
    for number in range(first, first + count):
        month, day = number // 25 % 12 + 1, number % 25 + 1
        site.bulletin(
            f"{2019 + number // 300}/{month:02d}/bai-{number:03d}.md",
            f"Thân bài số {number}.\n",
            title=f"Bài số {number}",
            date=f"{2019 + number // 300}-{month:02d}-{day:02d}",
            category=CATEGORIES[number % 3],
            unit=f"Đơn vị {number % 4}",
            tags=[f"Thẻ {number % 5}"],
            author=f"Tác giả {number % 7}",
            views=number,
        )


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path)
    fill(site, 75)
    site.build()
    return site


def test_a_second_build_renders_nothing_and_says_so(site: Workbench) -> None:
    before = {path: (site.output / path).stat().st_mtime_ns for path in site.tree()}
    report = site.build().report
    assert (report["rendered"], report["written"], report["removed"]) == (0, 0, 0)
    assert report["unchanged"] == report["artifacts"]
    assert {path: (site.output / path).stat().st_mtime_ns for path in site.tree()} == before
    assert "Không có gì thay đổi" in site.run("build", "--language", "vi").stdout


def test_an_edit_in_a_body_renders_its_page_and_what_has_bodies(site: Workbench) -> None:
    path = "content/2019/02/bai-030.md"
    text = (site.folder / path).read_text("utf-8")
    site.write(path, text.replace("Thân bài số 30", "Thân bài số ba mươi"))
    whole = {"2019/02/bai-030.html", "2019/02/ban-tin.html", "du-lieu/2019.jsonl"}
    assert site.build().rendered_pages == whole


def test_an_edit_that_changes_nothing_shown_renders_nothing(site: Workbench) -> None:
    path = "content/2019/02/bai-030.md"
    site.write(path, (site.folder / path).read_text("utf-8"))
    assert site.build().rendered == set()


def test_a_new_title_renders_the_page_and_everything_that_shows_it(site: Workbench) -> None:
    path = "content/2019/02/bai-030.md"
    text = (site.folder / path).read_text("utf-8")
    site.write(path, text.replace("Bài số 30", "Tên mới"))
    rendered = site.build().rendered_pages
    neighbours = {f"2019/{n // 25 % 12 + 1:02d}/bai-{n:03d}.html" for n in range(15, 46, 3)}
    lists = {
        "chuyen-muc/dan-van-kheo/index.html", "chuyen-muc/dan-van-kheo/trang-1.html",
        "don-vi/don-vi-2/index.html", "tu-khoa/the-0/index.html", "tac-gia/tac-gia-2/index.html",
    }  # fmt: skip
    feeds = {
        "chuyen-muc/dan-van-kheo/feed.xml", "don-vi/don-vi-2/feed.xml",
        "tu-khoa/the-0/feed.xml", "tac-gia/tac-gia-2/feed.xml",
    }  # fmt: skip
    archives = {"2019/02/index.html", "2019/02/ban-tin.html", "du-lieu/2019.jsonl"}
    # It may be related to the next ones with its keyword.
    later = {f"2019/{n // 25 % 12 + 1:02d}/bai-{n:03d}.html" for n in range(35, 75, 5)}
    drawn = {path for path in rendered if path.startswith("tep/ten-moi-")}
    assert len(drawn) == 1
    assert rendered - drawn == neighbours | later | lists | feeds | archives | DATA
    for shown in rendered - drawn:
        assert "Bài số 30<" not in site.page(shown)


def test_a_new_bulletin_renders_only_what_shows_it(site: Workbench) -> None:
    site.bulletin(
        "2019/04/moi.md", title="Tin mới nhất", date="2019-04-20", category=CATEGORIES[0],
        unit="Đơn vị 1", tags=["Thẻ 1"], author="Tác giả 1", views=5,
    )  # fmt: skip
    rendered = site.build().rendered_pages
    neighbours = {f"2019/{n // 25 % 12 + 1:02d}/bai-{n:03d}.html" for n in range(60, 75, 3)}
    terms = "chuyen-muc/dan-van-kheo", "don-vi/don-vi-1", "tu-khoa/the-1", "tac-gia/tac-gia-1"
    lists = {f"{term}/{name}" for term in terms for name in ("index.html", "feed.xml")}
    indexes = {f"{key}/index.html" for key in ("chuyen-muc", "don-vi", "tu-khoa", "tac-gia")}
    drawn = {path for path in rendered if path.startswith("tep/tin-moi-nhat-")}
    assert len(drawn) == 1
    assert rendered - drawn == neighbours | lists | indexes | DATA | FEEDS | {
        "2019/04/moi.html", "2019/04/index.html", "2019/03/index.html", "2019/index.html",
        "luu-tru/index.html", "index.html", "sitemap.xml", "du-lieu/2019.jsonl",
        "chuyen-muc/dan-van-kheo/trang-2.html", "2019/04/ban-tin.html",
    }  # fmt: skip


def test_pages_of_a_list_do_not_move_when_it_grows(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    fill(site, 3 * 20 * 3)
    site.build()
    folder = site.output / "chuyen-muc/dan-van-kheo"
    before = {file.name: file.read_bytes() for file in folder.glob("trang-*.html")}
    assert sorted(before) == ["trang-1.html", "trang-2.html", "trang-3.html"]
    site.bulletin("2019/12/moi.md", date="2019-12-30", category=CATEGORIES[0])
    site.build()
    after = {file.name: file.read_bytes() for file in folder.glob("trang-*.html")}
    assert sorted(after) == ["trang-1.html", "trang-2.html", "trang-3.html", "trang-4.html"]
    assert [name for name in before if before[name] != after[name]] == ["trang-3.html"]


def test_a_withdrawn_file_takes_its_pages_with_it(site: Workbench) -> None:
    (site.folder / "content/2019/02/bai-030.md").unlink()
    report = site.build().report
    assert report["removed"] == 2  # the page, and the picture with its title
    assert not (site.output / "2019/02/bai-030.html").exists()
    assert b"bai-030" not in b"".join(site.tree().values())


def test_a_changed_template_renders_the_pages_made_with_it(site: Workbench) -> None:
    theme = (ROOT / "templates/year.html").read_text("utf-8")
    site.write("templates/year.html", theme.replace("{% block content %}", "{% block content %}!"))
    outcome = site.build()
    assert outcome.rendered == {"2019/index.html"}
    assert outcome.report["reasons"]["2019/index.html"] == "template"
    (site.folder / "templates/year.html").unlink()
    assert site.build().rendered == {"2019/index.html"}


@pytest.mark.parametrize(
    "part",
    [
        "{{ page.title }}",
        "{{ page['title'] }}",
        "{% set frame = page %}{{ frame.title }}",
        "{% with frame = page %}{{ frame.title }}{% endwith %}",
        "{% if page.kind == 'article' %}{{ bulletin.title }}{% endif %}",
        "{% for each in menu %}{% if loop.first %}{{ page.title }}{% endif %}{% endfor %}",
        "{{ site.title }}{{ root }}{{ crumbs | length }}{{ page.url }}",
        "{% include 'partials/crumbs.html' %}{{ site.title }}",
        "{% macro named() %}{{ page.title }}{% endmacro %}{{ named() }}",
        "{{ site.title }}{{ root }}{{ page.kind }}{{ menu | length }}{{ page.feeds | length }}",
    ],
)
def test_a_part_of_the_frame_is_of_its_own_page(site: Workbench, part: str) -> None:
    """However a site's own masthead looks at the page, what it says is what stands there when it
    is written into the frame itself, which is rendered for each page."""
    frame = (ROOT / "templates/base.html").read_text("utf-8")
    place = "{% include 'partials/header.html' %}"
    assert place in frame
    site.write("templates/partials/header.html", f"<p>{part}</p>\n")
    site.build("--output", "as-part")
    site.write("templates/base.html", frame.replace(place, f"<p>{part}</p>"))
    site.build("--output", "in-frame")
    for name in ("partials/header.html", "base.html"):
        (site.folder / "templates" / name).unlink()
    pages = {
        folder: {
            file.relative_to(top).as_posix(): file.read_text("utf-8").split("<main")[0]
            for file in sorted(top.rglob("*.html"))
        }
        for folder in ("as-part", "in-frame")
        for top in [site.folder / folder]
    }
    assert len(pages["as-part"]) > 60
    assert pages["as-part"] == pages["in-frame"]


def test_a_changed_style_sheet_is_one_file(site: Workbench) -> None:
    site.write("templates/giao-dien/theme.css", "body { color: black }\n")
    assert site.build().rendered == {"giao-dien/theme.css"}


def test_scripts_are_published_without_comments_unless_their_lines_go_on(site: Workbench) -> None:
    going_on = "// Lời dặn\nvar a = `\n  // văn bản\n`;\n"
    site.write("templates/giao-dien/mot.js", "// Lời dặn\n\n  var a = '//'; // b\n")
    site.write("templates/giao-dien/hai.js", going_on)
    site.build()
    assert (site.output / "giao-dien/mot.js").read_text("utf-8") == "var a = '//'; // b\n"
    assert (site.output / "giao-dien/hai.js").read_text("utf-8") == going_on
    for name in ("mot", "hai"):
        (site.folder / f"templates/giao-dien/{name}.js").unlink()
    site.build()


def test_a_published_file_that_was_lost_or_altered_is_made_again(site: Workbench) -> None:
    before = site.tree()
    (site.output / "2019/01/bai-003.html").unlink()
    (site.output / "2019/01/bai-004.html").write_text("khác", "utf-8")
    outcome = site.build()
    assert outcome.rendered == {"2019/01/bai-003.html", "2019/01/bai-004.html"}
    assert set(outcome.report["reasons"].values()) == {"output"}
    assert site.tree() == before


def test_an_edit_in_the_same_tick_with_the_same_size_is_seen(site: Workbench) -> None:
    path = site.folder / "content/2019/02/bai-030.md"
    text = path.read_text("utf-8")
    stat = path.stat()
    site.build()
    path.write_text(text.replace("số 30", "số 31"), "utf-8")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert "2019/02/bai-030.html" in site.build().rendered


def test_a_damaged_or_foreign_state_is_made_anew(site: Workbench) -> None:
    before = site.tree()
    for state in (site.folder / ".cache").glob("state-*.sqlite"):
        state.write_bytes(b"SQLite format 3\x00 but not really" * 50)
    report = site.build().report
    assert report["rendered"] == report["artifacts"]
    assert report["written"] == 0
    assert site.tree() == before


def test_moving_the_whole_site_changes_no_byte(site: Workbench, tmp_path: Path) -> None:
    before = site.tree()
    moved = tmp_path / "nơi khác"
    shutil.copytree(site.folder / "content", moved / "content")
    shutil.copy(site.folder / "site.yaml", moved / "site.yaml")
    other = Workbench.__new__(Workbench)
    other.folder, other.output = moved, moved / "public"
    other.build()
    assert other.tree() == before


def random_change(site: Workbench, rng: random.Random) -> None:
    """Make one of the changes that webmasters make."""
    files = sorted((site.folder / "content").rglob("*.md"))
    file = rng.choice(files)
    text = file.read_text("utf-8")
    kind = rng.randrange(9)
    if kind == 0:
        file.write_text(text + f"\nThêm đoạn {rng.random()}.\n", "utf-8")
    elif kind == 1:
        file.write_text(text.replace("Bài số", f"Tên {rng.randrange(99)}"), "utf-8")
    elif kind == 2:
        file.unlink()
    elif kind == 3:
        site.bulletin(
            f"moi-{rng.randrange(10**6)}.md", f"Mới {rng.random()}.\n",
            date=f"20{rng.randrange(10, 26)}-{rng.randrange(1, 13):02d}",
            category=rng.choice(CATEGORIES), unit=f"Đơn vị {rng.randrange(9)}",
        )  # fmt: skip
    elif kind == 4:
        file.rename(file.with_name(f"doi-{rng.randrange(10**6)}.md"))
    elif kind == 5:
        file.write_text(text.replace("Đơn vị", "Ban"), "utf-8")
    elif kind == 6:
        settings = (site.folder / "site.yaml").read_text("utf-8").splitlines()
        settings[0] = f"title: Bản tin {rng.randrange(9)}"
        site.write("site.yaml", "\n".join(settings) + "\n")
    elif kind == 7:
        site.write("templates/giao-dien/theme.css", f"body {{ margin: {rng.randrange(9)}px }}\n")
    else:
        name = f"thu-muc-{rng.randrange(5)}"
        target = site.folder / "content" / name / file.name
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            file.rename(target)


def test_after_any_edits_the_folder_is_that_of_a_clean_build(tmp_path: Path) -> None:
    site = Workbench(tmp_path / "site")
    fill(site, 60)
    rng = random.Random(20201015)
    for _ in range(12):
        for _ in range(rng.randrange(1, 5)):
            random_change(site, rng)
        site.build()
        clean = site.build(
            "--output", str(tmp_path / "clean"), "--cache", str(tmp_path / "cache"), "--clean"
        )
        assert clean.report["bulletins"] == len(list((site.folder / "content").rglob("*.md")))
        assert site.tree() == site.tree(tmp_path / "clean")


# A program with a thread of its own starts its worker processes afresh, as Windows and macOS do.
AFRESH = """
import sys, threading
from danvan_site.cli import main

if __name__ == "__main__":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    sys.exit(main())
"""


def test_one_worker_and_two_give_the_same_bytes(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    fill(site, 450)
    site.build("--jobs", "1", "--output", "one", "--cache", "cache-one")
    report = site.build("--jobs", "2", "--output", "two", "--cache", "cache-two").report
    assert report["bulletins"] == 450
    assert site.tree(tmp_path / "one") == site.tree(tmp_path / "two")
    script = site.write("afresh.py", AFRESH)
    subprocess.run(
        [sys.executable, script, "build", "--jobs", "2", "--output", "three", "--cache", "cache-3"],
        cwd=tmp_path, env=environment(), check=True, capture_output=True,
    )  # fmt: skip
    assert site.tree(tmp_path / "one") == site.tree(tmp_path / "three")


def test_an_archive_of_three_thousand(shared: Path, tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    maker = [sys.executable, str(shared / "corpus/make_archive.py")]
    subprocess.run([*maker, "3000", str(tmp_path / "content")], check=True, capture_output=True)
    first = site.build().report
    assert (first["bulletins"], first["problems"]) == (3000, [])
    second = site.build().report
    assert (second["rendered"], second["written"]) == (0, 0)
    file = sorted((tmp_path / "content").rglob("*.md"))[1500]
    file.write_text(file.read_text("utf-8") + "\nMột đoạn nữa.\n", "utf-8")
    year, month = file.relative_to(tmp_path / "content").parts[:2]
    third = site.build()
    pages = {f"{year}/{month}/{name}.html" for name in (file.stem, "ban-tin")}
    assert third.rendered_pages == pages | {f"du-lieu/{year}.jsonl"}
    site.build("--output", "clean", "--cache", "clean-cache", "--jobs", "1")
    assert site.tree() == site.tree(tmp_path / "clean")
