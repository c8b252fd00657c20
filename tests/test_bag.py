"""`bag` packs years for archives: bags that the Library of Congress's own tool finds right."""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import bagit
import pytest

from tests.killing import Victim, kills
from tests.sites import Document
from tests.workbench import SETTINGS, Outcome, Workbench

NAME = "ban-tin-thu"
PUBLISHER = """
publisher:
  name: "Ban Tuyên giáo và Dân vận"
  address: "Số 1 đường Bến Đá"
  phone: "0200 000 000"
  email: "ban@example.org"
  responsible: "Nguyễn Văn A"
theme:
  emblem: anh/huy-hieu.svg
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>\n'
LONG = "đ" * 125 + ".svg"  # 254 bytes
NFD = "a\u0309nh"
CAPTURE = """Tin có bản gốc

16/07/2019

Nội dung của tin này có bản gốc được giữ lại.
"""


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    """A site of two years, with all that bags can hold."""
    site = Workbench(tmp_path)
    site.write("site.yaml", SETTINGS + PUBLISHER)
    site.write("content/anh/huy-hieu.svg", SVG)
    site.write("content/anh/khong-dung.svg", SVG.replace("9", "8"))
    site.write(f"content/2020/07/{NFD}.svg", SVG.replace("9", "7"))
    site.write(f"content/anh/{LONG}", SVG.replace("9", "6"))
    body = f"![Sông](</anh/{LONG}>)\n\n![Cầu](\u1ea3nh.svg)\n"
    site.bulletin("2020/07/mot.md", body)
    site.write(
        "content/2020/07/mot.comments.yaml",
        "- author: Hoa\n  date: 2020-07-17\n  body: Hay quá.\n",
    )
    site.bulletin("2021/01/hai.md", date="2021-01-05")
    site.bulletin("chua-ro-ngay/ba.md", date=None, review="Chưa rõ ngày")
    site.bulletin("pages/gioi-thieu.md", date=None, lead=None)
    site.build("--precompress")
    return site


def bag(site: Workbench, *arguments: str) -> Outcome:
    outcome = site.run("bag", "--json", *arguments)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    return outcome


def refused(site: Workbench, *arguments: str) -> str:
    outcome = site.run("bag", *arguments)
    assert outcome.code in (1, 2), outcome.stdout + outcome.stderr
    assert "Traceback" not in outcome.stderr
    return outcome.stderr.splitlines()[0]


def valid(folder: Path) -> bagit.Bag:
    found = bagit.Bag(str(folder))
    found.validate()
    return found


def payload(folder: Path, part: str) -> dict[str, bytes]:
    root = folder / "data" / part
    return {path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*") if path.is_file()}  # fmt: skip


def test_a_year_is_a_bag_that_the_standard_s_own_tool_finds_right(site: Workbench) -> None:
    outcome = bag(site, "--year", "2020", "--date", "2026-11-23")
    folder = site.folder / "bags" / f"{NAME}-2020"
    assert [each["folder"] for each in outcome.report["bags"]] == [folder.as_posix()]
    found = valid(folder)
    assert set(found.algorithms) == {"sha256", "sha512"}
    digest = hashlib.sha256((site.output / "manifest-sha256.txt").read_bytes()).hexdigest()
    size = sum(path.stat().st_size for path in (folder / "data").rglob("*") if path.is_file())
    info = dict(found.info)
    assert re.fullmatch(r"danvan-site \S+", info.pop("Bag-Software-Agent"))
    assert info == {
        "Source-Organization": "Ban Tuyên giáo và Dân vận",
        "Organization-Address": "Số 1 đường Bến Đá",
        "Contact-Name": "Nguyễn Văn A",
        "Contact-Phone": "0200 000 000",
        "Contact-Email": "ban@example.org",
        "External-Description": "Bản tin thử (2020)",
        "Bagging-Date": "2026-11-23",
        "External-Identifier": "https://example.org/ban-tin/2020/",
        "Bag-Group-Identifier": "https://example.org/ban-tin/",
        "Internal-Sender-Description": "1 bulletins; manifest-sha256.txt of the published site has "
        f"the sha256 {digest}",
        "Payload-Oxum": f"{size}.{len(found.payload_entries())}",
    }
    assert set(payload(folder, "sources")) == {
        "site.yaml", "content/2020/07/mot.md", "content/2020/07/mot.comments.yaml",
        f"content/2020/07/{NFD}.svg", f"content/anh/{LONG}",
        "content/anh/huy-hieu.svg", "content/pages/gioi-thieu.md",
    }  # fmt: skip


def test_the_same_year_gives_the_same_bag(site: Workbench, tmp_path: Path) -> None:
    trees = []
    for jobs in ("1", "4"):
        to = tmp_path / f"to-{jobs}"
        bag(site, "--year", "2020", "--date", "2026-11-23", "--to", str(to), "--jobs", jobs)
        trees.append(site.tree(to / f"{NAME}-2020"))
    assert trees[0] == trees[1]
    made = bag(site, "--year", "2021").report["bags"][0]["folder"]
    text = Path(made, "bag-info.txt").read_text("utf-8")
    assert datetime.date.fromisoformat(text.split("Bagging-Date: ")[1][:10])


def test_all_bags_together_hold_all_sources_and_the_whole_site(site: Workbench) -> None:
    outcome = bag(site)
    folders = [Path(each["folder"]) for each in outcome.report["bags"]]
    assert [each.name for each in folders] == [f"{NAME}-2020", f"{NAME}-2021", f"{NAME}-con-lai"]
    sources: dict[str, bytes] = {}
    pages: dict[str, bytes] = {}
    for folder in folders:
        valid(folder)
        sources |= payload(folder, "sources")
        pages |= payload(folder, "pages")
    wanted = {f"content/{path}": data for path, data in site.tree(site.folder / "content").items()}
    assert sources == wanted | {"site.yaml": (site.folder / "site.yaml").read_bytes()}
    published = site.tree()
    assert pages == {path: published[path] for path in published if not path.startswith(".danvan")}
    rest = payload(folders[-1], "sources")
    assert {"content/chua-ro-ngay/ba.md", "content/anh/khong-dung.svg"} <= set(rest)
    assert "content/2020/07/mot.md" not in rest
    # Again: what is there stays, and is told.
    before = site.tree(site.folder / "bags")
    again = bag(site).report
    assert again["bags"] == [] and again["there"] == [str(each) for each in folders]
    assert site.tree(site.folder / "bags") == before


def test_pages_of_a_bag_are_whole_on_a_disk(site: Workbench) -> None:
    bag(site, "--year", "2020")
    root = site.folder / "bags" / f"{NAME}-2020" / "data" / "pages"
    pages = sorted(root.rglob("*.html"))
    assert {page.relative_to(root).as_posix() for page in pages} >= {
        "2020/index.html", "2020/07/index.html", "2020/07/mot.html",
    }  # fmt: skip
    shown = 0
    for page in pages:
        for target in parts_of(page):
            assert (page.parent / target).resolve().is_file(), (page, target)
            shown += 1
    assert shown > 10


def parts_of(page: Path) -> Iterator[str]:
    """Yield what a browser loads to show a page."""
    for link in Document(page.name, page.read_text("utf-8")).links:
        parts = urlsplit(link.value)
        is_part = link.tag in ("img", "script", "source") or link.value.endswith((".css", ".svg"))
        if is_part and not parts.scheme and parts.path:
            yield unquote(parts.path)


def test_originals_go_with_the_year_of_their_bulletin(site: Workbench) -> None:
    site.write("captures/a.txt", CAPTURE)
    done = site.run("import", "capture", "captures/a.txt", "--originals")
    assert done.code == 0, done.stderr
    [bulletin] = (site.folder / "content" / "2019").rglob("*.md")
    unknown = hashlib.sha256(b"x").hexdigest()
    site.write(f"content/originals/{unknown[:2]}/{unknown}.txt", "x")
    site.build()
    bag(site)
    bags = site.folder / "bags"
    originals = [payload(bags / f"{NAME}-{year}", "originals")
                 for year in ("2019", "2020", "con-lai")]  # fmt: skip
    digest = hashlib.sha256(CAPTURE.encode()).hexdigest()
    of = {each.pop("bulletins.tsv") for each in originals}
    path = bulletin.relative_to(site.folder / "content").as_posix()
    assert of == {f"{digest}.txt\t{path}\n".encode()}
    assert [list(each.values()) for each in originals] == [[CAPTURE.encode()], [], [b"x"]]
    assert bulletin.name in {Path(path).name for path in payload(bags / f"{NAME}-2019", "sources")}


def test_names_that_end_lines_are_written_as_the_standard_wants(site: Workbench) -> None:
    site.write("content/anh/a\nb\r.txt", "lạ")
    bag(site, "--year", "con-lai")
    folder = site.folder / "bags" / f"{NAME}-con-lai"
    valid(folder)
    listed = (folder / "manifest-sha256.txt").read_text("utf-8")
    assert "  data/sources/content/anh/a%0Ab%0D.txt\n" in listed
    # What the standard says of % is not what everybody's tools read: that is told.
    site.write("content/anh/50%0A.txt", "lạ")
    made = bag(site, "--year", "con-lai", "--to", "again").report["bags"]
    assert made[0]["encoded"] == ["sources/content/anh/50%0A.txt"]
    listed = (site.folder / "again" / f"{NAME}-con-lai" / "manifest-sha256.txt").read_text("utf-8")
    assert "  data/sources/content/anh/50%250A.txt\n" in listed


def test_nothing_is_ever_written_over(site: Workbench) -> None:
    mine = site.write(f"bags/{NAME}-2020/ghi-chu.txt", "của tôi")
    assert refused(site, "--year", "2020").endswith("[bag-exists]")
    assert mine.read_text("utf-8") == "của tôi"
    other = site.write(f"bags/{NAME}-2021", "của tôi")
    assert refused(site, "--year", "2021").endswith("[bag-exists]")
    assert other.read_text("utf-8") == "của tôi"
    before = site.tree(site.folder)
    for inside in ("content/x", "public/x", "public"):
        assert refused(site, "--year", "2020", "--to", inside).endswith("[bag-inside]")
    assert refused(site, "--to", "site.yaml").endswith("[bag-not-written]")
    assert site.tree(site.folder) == before


def test_what_is_not_there_or_not_right_is_refused(site: Workbench) -> None:
    outcome = site.run("bag", "--year", "1999")
    assert outcome.code == 2 and "2020, 2021, con-lai" in outcome.stderr
    assert refused(site, "--date", "23/11/2026").endswith("[bag-date]")
    site.bulletin("2022/01/sai.md", athor="x")
    assert refused(site).endswith("[unknown-key]")
    (site.folder / "content" / "2022" / "01" / "sai.md").unlink()
    (site.output / "manifest-sha256.txt").unlink()
    assert refused(site).endswith("[no-manifest]")
    assert not list((site.folder / "bags").glob(f"{NAME}*"))


def test_a_page_that_somebody_altered_is_in_no_bag(site: Workbench) -> None:
    page = site.output / "2020" / "07" / "mot.html"
    page.write_bytes(page.read_bytes().replace(b"2020", b"2021", 1))
    line = refused(site, "--year", "2020")
    assert "2020/07/mot.html" in line and line.endswith("[bag-page-changed]")
    page.unlink()
    assert refused(site, "--year", "2020").endswith("[file-unreadable]")
    assert not [each for each in os.listdir(site.folder / "bags") if not each.endswith(".lock")]


def test_a_file_that_changes_while_it_is_packed_is_in_no_bag(site: Workbench) -> None:
    growing = site.write("content/anh/lon.txt", "x")
    with growing.open("r+b") as file:
        file.truncate(600_000_000)
    done = threading.Event()

    def grow() -> None:
        copy = ".danvan-bag-*/data/sources/content/anh/lon.txt"
        while not done.is_set():
            if any((site.folder / "bags").glob(copy)):
                with growing.open("ab") as file:
                    file.write(b"y")
                return
            time.sleep(0.001)

    thread = threading.Thread(target=grow)
    thread.start()
    line = refused(site, "--year", "con-lai")
    done.set()
    thread.join()
    assert "lon.txt" in line and line.endswith("[bag-changed]")
    assert not [each for each in os.listdir(site.folder / "bags") if not each.endswith(".lock")]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_run_leaves_no_half_of_a_bag(
    site: Workbench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for number in range(60):
        site.bulletin(f"2020/08/bai-{number}.md", date="2020-08-01")
    site.build()
    to = site.folder / "bags"
    victim = Victim(site, tmp_path_factory.mktemp("kills"), "bag", "--date", "2026-11-23")
    victim.learn()
    names = {f"{NAME}-{year}" for year in ("2020", "2021", "con-lai")}
    assert {path.split("/")[1] for path in victim.whole if path.startswith("bags/")} == names

    def look() -> None:
        for folder in to.glob(f"{NAME}-*"):
            valid(folder)

    victim.go_on(kills(24), look)


def test_what_a_killed_run_left_goes_and_a_link_in_its_place_leads_nowhere(
    site: Workbench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "giu.txt").write_text("giữ")
    site.write(f"bags/.danvan-bag-{NAME}-2020/data/nua.txt", "x")
    (site.folder / "bags" / f".danvan-bag-{NAME}-2021").symlink_to(elsewhere)
    bag(site, "--year", "2020", "--year", "2021")
    assert set(os.listdir(site.folder / "bags")) == {
        ".danvan-bags.lock", f"{NAME}-2020", f"{NAME}-2021",
    }  # fmt: skip
    assert (elsewhere / "giu.txt").read_text() == "giữ"
