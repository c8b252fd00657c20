"""What was published once stays: at its address, or with a word of what became of it."""

import shutil
from pathlib import Path

import pytest

from tests.test_pictures import saved, scene
from tests.workbench import Workbench

LEDGER = "content/addresses.tsv"
PAGE = "---\ntitle: Giới thiệu\n---\n\nChữ.\n"


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path)
    site.write("site.yaml", "title: Bản tin thử\nlanguage: vi\nbase_url: https://example.org/bt/\n")
    site.bulletin("2020/07/mot.md", title="Tin thứ nhất", tags=["sửa cầu"], id="dv-1")
    site.bulletin("2020/07/hai.md", title="Tin thứ hai", aliases=["/cu/hai.aspx"])
    return site


def ledger(site: Workbench) -> dict[str, list[str]]:
    lines = (site.folder / LEDGER).read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {address: rest for address, *rest in rows}


def fails(site: Workbench, *arguments: str) -> list[str]:
    """Build, expect that it fails and changes nothing, return codes and places of the problems."""
    before, kept = site.tree(), (site.folder / LEDGER).read_bytes()
    outcome = site.run("build", "--json", *arguments)
    assert outcome.code == 1, outcome.stdout
    assert (site.tree(), (site.folder / LEDGER).read_bytes()) == (before, kept)
    return outcome.problems


def line_of(site: Workbench, address: str) -> str:
    lines = (site.folder / LEDGER).read_text("utf-8").splitlines()
    found = [line.split("\t")[0] for line in lines].index(address)
    return f"{LEDGER}:{found + 1}:1"


def page(site: Workbench, path: str) -> str:
    return (site.output / path).read_text("utf-8")


def replace(site: Workbench, path: str, old: str, new: str) -> None:
    text = (site.folder / path).read_text("utf-8")
    assert old in text
    site.write(path, text.replace(old, new))


# Keeping the ledger


def test_a_build_writes_down_what_it_publishes(site: Workbench) -> None:
    """Pictures are parts of pages and have no lasting address."""
    site.write("content/pages/gioi-thieu.md", PAGE)
    (site.folder / "content/2020/07/cau.jpg").write_bytes(saved(scene(320, 200), "JPEG"))
    (site.folder / "content/2020/07/don.pdf").write_bytes(b"%PDF-1.4")
    site.bulletin("2020/07/hai.md", "![Cây cầu](cau.jpg), [đơn](don.pdf)", aliases=["/cu/hai.aspx"])
    report = site.build().report
    rows = ledger(site)
    assert report["recorded"] == len(rows)
    assert rows["2020/07/mot.html"] == ["bulletin", "dv-1", "2020/07/mot.md"]
    assert rows["cu/hai.aspx/index.html"] == ["alias", "", "2020/07/hai.md"]
    assert rows["tu-khoa/sua-cau/index.html"] == ["list"]
    assert rows["gioi-thieu.html"] == ["page", "", "pages/gioi-thieu.md"]
    (file,) = (path for path in site.tree() if path.endswith(".pdf"))
    assert rows.pop(file) == ["file", "", "2020/07/don.pdf"]
    pages = {path for path in site.tree() if path.endswith(".html")}
    assert pages - rows.keys() == {"404.html", "ngoai-tuyen.html"} & pages
    assert rows.keys() <= pages


def test_a_build_with_nothing_new_leaves_the_ledger_as_it_is(site: Workbench) -> None:
    site.build()
    before = (site.folder / LEDGER).stat()
    assert site.build().rendered == set()
    replace(site, "content/2020/07/mot.md", "Nội dung", "Lời khác")
    assert site.build().report["recorded"] == 0
    after = (site.folder / LEDGER).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_build_after_one_that_wrote_the_ledger_has_nothing_to_do(site: Workbench) -> None:
    site.build()
    site.bulletin("2020/08/ba.md")
    assert site.build().report["recorded"]
    outcome = site.build()
    assert (outcome.rendered, outcome.report["written"]) == (set(), 0)
    assert "plan" not in outcome.report["seconds"]


@pytest.mark.parametrize("arguments", [("--drafts",), ("--future",)])
def test_a_preview_of_what_is_to_come_promises_nothing(
    site: Workbench, arguments: tuple[str, ...]
) -> None:
    site.bulletin("nhap.md", draft=True)
    site.bulletin("sau.md", date="2199-01-01")
    site.build(*arguments)
    assert not (site.folder / LEDGER).exists()
    site.run("check")
    assert not (site.folder / LEDGER).exists()
    site.build()
    assert not {"2020/07/nhap.html", "2199/01/sau.html"} & ledger(site).keys()


def test_the_ledger_may_be_switched_off(site: Workbench) -> None:
    with (site.folder / "site.yaml").open("a") as settings:
        settings.write("keep_addresses: false\n")
    site.build()
    (site.folder / "content/2020/07/mot.md").unlink()
    site.build()
    assert not (site.folder / LEDGER).exists()


def test_lines_of_others_and_windows_line_ends_are_kept(site: Workbench) -> None:
    site.build()
    text = (site.folder / LEDGER).read_text("utf-8")
    more = "2019/01/tin-xua.html\tbulletin\tdv-0\t2019/01/tin-xua.md\n"
    site.write(LEDGER, "\ufeff" + (text + more).replace("\n", "\r\n"))
    site.bulletin("2019/01/tin-xua.md", id="dv-0", date="2019-01-01")
    site.build()
    assert ledger(site)["2019/01/tin-xua.html"] == ["bulletin", "dv-0", "2019/01/tin-xua.md"]
    assert "\r" not in (site.folder / LEDGER).read_bytes().decode()


def test_marks_of_a_merge_are_told_where_they_stand(site: Workbench) -> None:
    site.build()
    lines = (site.folder / LEDGER).read_text("utf-8").splitlines()
    lines[2:2] = ["<<<<<<< HEAD"]
    lines[5:5] = ["======="]
    site.write(LEDGER, "\n".join([*lines, "../../etc/passwd\tpage", "a.html\tkhac", ""]))
    number = len(lines)
    assert fails(site) == [
        f"{LEDGER}:{line}:1 bad-ledger-line" for line in (3, 6, number + 1, number + 2)
    ]


def test_a_ledger_that_cannot_be_written_publishes_nothing(site: Workbench) -> None:
    (site.folder / LEDGER).mkdir()
    outcome = site.run("build", "--json")
    assert (outcome.code, outcome.problems) == (2, [f"{LEDGER} ledger-unwritable"])
    assert not any(path.endswith(".html") for path in site.tree())
    (site.folder / LEDGER).rmdir()
    outside = site.write("elsewhere.tsv", "mine\n")
    (site.folder / LEDGER).symlink_to(outside)
    outcome = site.run("build", "--json")
    assert outcome.code == 2
    assert outside.read_text() == "mine\n"


# What would be lost


def test_a_bulletin_that_is_deleted_is_missed(site: Workbench) -> None:
    site.build()
    (site.folder / "content/2020/07/mot.md").unlink()
    assert fails(site) == [f"{line_of(site, '2020/07/mot.html')} address-lost"]
    assert fails(site, "--clean") == [f"{line_of(site, '2020/07/mot.html')} address-lost"]
    assert site.run("check").code == 1
    said = site.run("build").stderr
    assert "2020/07/mot.html" in said
    assert "status: withdrawn" in said


def test_a_withdrawal_notice_takes_its_place(site: Workbench) -> None:
    site.build()
    site.bulletin(
        "2020/07/mot.md",
        "",
        title="Tin thứ nhất",
        id="dv-1",
        lead=None,
        status="withdrawn",
        updates=[{"date": "2020-08-01", "note": "Nêu sai số liệu."}],
    )
    site.rebuild()
    text = page(site, "2020/07/mot.html")
    for told in ("Tin thứ nhất", "Tin đã được thu hồi", "2020-08-01", "Nêu sai số liệu."):
        assert told in text
    assert "Nội dung." not in text


def test_a_withdrawal_says_when_and_why(site: Workbench) -> None:
    site.bulletin("2020/07/mot.md", status="withdrawn")
    outcome = site.run("build", "--json")
    assert outcome.problems == ["content/2020/07/mot.md:5:9 withdrawn-unexplained"]


def test_a_bulletin_that_moved_leads_on(site: Workbench) -> None:
    site.build()
    replace(site, "content/2020/07/mot.md", "id:", "slug: ten-moi\nid:")
    assert fails(site) == [f"{line_of(site, '2020/07/mot.html')} address-moved"]
    said = site.run("build").stderr
    assert "2020/07/ten-moi.html" in said
    assert "aliases: [/2020/07/mot.html]" in said
    replace(site, "content/2020/07/mot.md", "id:", 'aliases: ["/2020/07/mot.html"]\nid:')
    site.rebuild()
    assert "url=../../2020/07/ten-moi.html" in page(site, "2020/07/mot.html")
    # What stood there is not forgotten with the alias.
    assert ledger(site)["2020/07/mot.html"][0] == "bulletin"


def test_a_bulletin_in_another_file_is_known_by_its_id(site: Workbench) -> None:
    site.build()
    moved = site.folder / "content/2020/07/khac.md"
    (site.folder / "content/2020/07/mot.md").rename(moved)
    assert fails(site) == [f"{line_of(site, '2020/07/mot.html')} address-moved"]
    assert "content/2020/07/khac.md" in site.run("build").stderr


def test_a_file_may_move_where_its_address_stays(site: Workbench) -> None:
    site.build()
    (site.folder / "content/khac").mkdir()
    (site.folder / "content/2020/07/mot.md").rename(site.folder / "content/khac/mot.md")
    site.build()
    assert ledger(site)["2020/07/mot.html"][2] == "khac/mot.md"


def test_what_becomes_a_draft_is_missed(site: Workbench) -> None:
    site.build()
    replace(site, "content/2020/07/mot.md", "id:", "draft: true\nid:")
    assert fails(site) == [f"{line_of(site, '2020/07/mot.html')} address-hidden"]
    # With drafts it stands there, so nothing is wrong in that preview.
    site.build("--drafts")


def test_an_alias_stays(site: Workbench) -> None:
    site.build()
    replace(site, "content/2020/07/hai.md", 'aliases: ["/cu/hai.aspx"]\n', "")
    assert fails(site) == [f"{line_of(site, 'cu/hai.aspx/index.html')} alias-lost"]
    replace(site, "content/2020/07/mot.md", "id:", 'aliases: ["/cu/hai.aspx"]\nid:')
    site.build()
    assert "mot.html" in page(site, "cu/hai.aspx/index.html")


def test_a_list_that_nothing_is_in_leads_to_the_one_above(site: Workbench) -> None:
    site.bulletin("2021/03/ba.md", date="2021-03-01", category="Một lần")
    site.build()
    replace(site, "content/2020/07/mot.md", "sửa cầu", "làm đường")
    site.bulletin("2021/03/ba.md", date="2020-07-20", category="Khác", aliases=["/2021/03/ba.html"])
    site.rebuild()
    text = page(site, "tu-khoa/sua-cau/index.html")
    assert "url=../../tu-khoa/index.html" in text
    assert '<link rel="canonical" href="https://example.org/bt/tu-khoa/index.html">' in text
    assert 'href="../../giao-dien/theme.css"' in text
    assert ledger(site)["tu-khoa/sua-cau/index.html"] == ["list"]
    assert "url=../../chuyen-muc/index.html" in page(site, "chuyen-muc/mot-lan/index.html")
    assert "url=../luu-tru/index.html" in page(site, "2021/index.html")
    assert "url=../../luu-tru/index.html" in page(site, "2021/03/index.html")
    replace(site, "content/2020/07/mot.md", "làm đường", "sửa cầu")
    site.rebuild()
    assert "Tin thứ nhất" in page(site, "tu-khoa/sua-cau/index.html")


def test_a_file_leads_to_what_came_in_its_place(site: Workbench) -> None:
    (site.folder / "content/ke-hoach.pdf").write_bytes(b"%PDF-1.4 mot")
    site.bulletin("2020/07/mot.md", id="dv-1", tags=["sửa cầu"], attachments=["/ke-hoach.pdf"])
    site.build()
    (first,) = (path for path in site.tree() if path.endswith(".pdf"))
    (site.folder / "content/ke-hoach.pdf").write_bytes(b"%PDF-1.4 hai")
    site.rebuild()
    (second,) = (path for path in site.tree() if path.endswith(".pdf"))
    assert f"url=../../{second}" in page(site, f"{first}/index.html")
    # Now it is gone altogether.
    (site.folder / "content/ke-hoach.pdf").unlink()
    site.bulletin("2020/07/mot.md", id="dv-1", tags=["sửa cầu"])
    assert fails(site) == sorted(
        f"{line_of(site, path)} file-address-lost" for path in (first, second)
    )
    aliases = [f"/{first}", f"/{second}"]
    site.bulletin("2020/07/mot.md", id="dv-1", tags=["sửa cầu"], aliases=aliases)
    site.rebuild()
    for path in (first, second):
        assert "2020/07/mot.html" in page(site, f"{path}/index.html")
    rows = ledger(site)
    assert [rows[path][0] for path in (first, second)] == ["file", "file"]
    assert not {f"{first}/index.html", f"{second}/index.html"} & rows.keys()


def test_without_an_address_of_the_site_no_page_names_its_own(site: Workbench) -> None:
    site.write("site.yaml", "title: Bản tin thử\nlanguage: vi\n")
    site.build()
    site.bulletin("2020/07/mot.md", title="Tin thứ nhất", id="dv-1")
    site.build()
    text = page(site, "tu-khoa/sua-cau/index.html")
    assert "url=../../tu-khoa/index.html" in text and "canonical" not in text


def test_no_notice_can_stand_where_a_folder_is_now(site: Workbench) -> None:
    site.bulletin("2020/07/ba.md", expires="2020-09-01")
    site.build(SOURCE_DATE_EPOCH="1598000000")
    aliases = ["/cu/hai.aspx", "/2020/07/ba.html/in.html"]
    site.bulletin("2020/07/hai.md", title="Tin thứ hai", aliases=aliases)
    assert fails(site) == [f"{line_of(site, '2020/07/ba.html')} address-hidden"]


def test_no_notice_can_stand_where_a_page_is_above_it(site: Workbench) -> None:
    site.bulletin("2020/07/ba.md", expires="2020-09-01")
    site.build(SOURCE_DATE_EPOCH="1598000000")
    rows = (site.folder / LEDGER).read_text("utf-8")
    site.write(LEDGER, f"{rows}2020/07/mot.html/cu.html\tbulletin\t\t2020/07/ba.md\n")
    assert fails(site) == [f"{line_of(site, '2020/07/mot.html/cu.html')} address-hidden"]


def test_what_is_over_leaves_a_notice(site: Workbench) -> None:
    site.bulletin("2020/07/ba.md", "Rất riêng.\n", title="Họp xóm", expires="2020-09-01")
    site.build(SOURCE_DATE_EPOCH="1598000000")
    assert "Rất riêng." in page(site, "2020/07/ba.html")
    site.rebuild()
    text = page(site, "2020/07/ba.html")
    assert "Họp xóm" in text
    assert "đến hết Thứ Hai, 31/08/2020" in text
    assert 'class="kind-expired"' in text
    assert "Rất riêng." not in text
    assert 'name="robots" content="noindex"' in text
    texts = {path: data.decode("utf-8", "replace") for path, data in site.tree().items()}
    assert [path for path, text in texts.items() if "Họp xóm" in text] == ["2020/07/ba.html"]
    assert ledger(site)["2020/07/ba.html"] == ["bulletin", "", "2020/07/ba.md"]


def test_what_is_over_at_an_hour_says_which(site: Workbench) -> None:
    site.bulletin("2020/07/ba.md", expires="2020-09-01 10:30")
    site.build(SOURCE_DATE_EPOCH="1598000000")
    site.build()
    text = page(site, "2020/07/ba.html")
    assert "01/09/2020" in text and "10:30" in text


def test_what_was_over_before_it_was_published_leaves_nothing(site: Workbench) -> None:
    site.bulletin("2020/07/ba.md", expires="2020-09-01")
    site.build()
    assert "2020/07/ba.html" not in site.tree()


# ids


def test_an_id_never_changes(site: Workbench) -> None:
    site.build()
    replace(site, "content/2020/07/mot.md", "dv-1", "dv-2")
    assert fails(site) == ["content/2020/07/mot.md:6:5 id-changed"]
    replace(site, "content/2020/07/mot.md", 'id: "dv-2"\n', "")
    assert fails(site) == ["content/2020/07/mot.md:1:1 id-changed"]


def test_an_id_may_come_later(site: Workbench) -> None:
    site.build()
    replace(site, "content/2020/07/hai.md", "aliases:", "id: dv-2\naliases:")
    site.build()
    assert ledger(site)["2020/07/hai.html"] == ["bulletin", "dv-2", "2020/07/hai.md"]


def test_an_id_is_never_anothers(site: Workbench) -> None:
    site.build()
    # The first is merged into the second, its id given to a third.
    (site.folder / "content/2020/07/mot.md").unlink()
    replace(site, "content/2020/07/hai.md", "aliases: [", 'aliases: ["/2020/07/mot.html", ')
    site.build()
    site.bulletin("2020/07/ba.md", id="dv-1")
    assert fails(site) == ["content/2020/07/ba.md:5:5 id-reused"]


def test_an_id_stays_with_what_has_expired(site: Workbench) -> None:
    site.bulletin("2020/07/ba.md", id="dv-3", expires="2020-09-01")
    site.build(SOURCE_DATE_EPOCH="1598000000")
    site.build()
    site.bulletin("2020/07/bon.md", id="dv-3")
    assert fails(site) == ["content/2020/07/bon.md:5:5 id-reused"]


# Faults


def test_a_ledger_of_another_clone_is_taken_as_it_is(site: Workbench, tmp_path: Path) -> None:
    """The published folder is elsewhere, the cache is empty: the content alone tells."""
    site.build()
    for folder in ("public", ".cache"):
        shutil.rmtree(site.folder / folder)
    (site.folder / "content/2020/07/mot.md").unlink()
    outcome = site.run("build", "--json")
    assert outcome.problems == [f"{line_of(site, '2020/07/mot.html')} address-lost"]
