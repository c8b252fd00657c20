"""Importing saved pages: what a portal's markup says, what it hides, and what is never touched."""

from __future__ import annotations

import io
import json
import quopri
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from danvan_site.dates import Moment
from danvan_site.importers import capture, legacy_fonts, pages, passes, profile, saved
from danvan_site.importers.frame import Draft, Outcome, Target, bring
from danvan_site.importers.ledger import open_ledger
from danvan_site.workers import Workers
from tests import portals
from tests.portals import FASHIONS, PROFILES, Fashion
from tests.workbench import SETTINGS, Workbench

CAPTURES = Path(__file__).parent / "captures"


def import_pages(places: Sequence[Path], to: Path, name: str = "", date: str = "") -> list[Outcome]:
    reading = passes.reading(date or None, "+07:00", ())
    profiles = (profile.named(name),) if name else profile.shipped()
    with open_ledger(to, lambda: None) as ledger, Workers(1) as workers:
        return list(bring(pages.importing(places, reading, profiles), Target(ledger), workers))


def bring_page(
    tmp_path: Path, html: str | bytes, name: str = "trang.html", **options: Any
) -> Outcome:
    """Import one page with the given content."""
    path = tmp_path / "luu" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(html if isinstance(html, bytes) else html.encode())
    return import_pages([tmp_path / "luu"], tmp_path / "content", **options)[0]


def draft_of(outcome: Outcome) -> Draft:
    assert outcome.written and outcome.draft, outcome.problem
    return outcome.draft


# ---- one text, however it was saved


def facts(draft: Draft) -> dict[str, object]:
    """All that a bulletin says, but for the entry that asks for its picture: a capture cannot know
    that there was one."""
    fields = {key: value for key, value in draft.fields.items() if value != []}
    date = fields.get("date")
    if isinstance(date, Moment):
        fields["date"] = date.iso  # «13:40:00» is how machines write «13:40»
    review = fields.pop("review", [])
    entries = review if isinstance(review, list) else [review]
    kept = [each for each in entries if not str(each).startswith("thiếu ảnh đầu tin")]
    return fields | {"review": kept, "body": draft.body}


def compare(text: str, fashion: Fashion, tmp_path: Path) -> None:
    wanted = capture.read_capture(text, "trang.txt")
    page = fashion(portals.text_of(text, wanted))
    draft = draft_of(bring_page(tmp_path, page))
    assert facts(draft) == facts(wanted)
    has_picture = "<img" in page
    assert has_picture == ("thiếu ảnh đầu tin" in str(draft.fields.get("review", "")))


@pytest.mark.parametrize("fashion", FASHIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", sorted(path.name for path in CAPTURES.iterdir()))
def test_a_text_in_any_fashion_is_the_bulletin_that_its_capture_is(
    name: str, fashion: Fashion, tmp_path: Path
) -> None:
    compare((CAPTURES / name).read_text("utf-8"), fashion, tmp_path)


@pytest.mark.parametrize("fashion", FASHIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("number", range(5))
def test_the_real_captures_in_any_fashion_come_out_alike(
    number: int, fashion: Fashion, tmp_path: Path, shared: Path
) -> None:
    path = sorted((shared / "seeds").glob("*.txt"))[number]
    compare(path.read_text("utf-8"), fashion, tmp_path)


@pytest.mark.parametrize(
    ("fashion", "name"),
    list(zip(FASHIONS, PROFILES, strict=True)),
    ids=[each.__name__ for each in FASHIONS],
)
def test_each_fashion_is_recognised(fashion: Fashion, name: str) -> None:
    text = (CAPTURES / "tinh-uy.txt").read_text("utf-8")
    page = fashion(portals.text_of(text, capture.read_capture(text, "trang.txt")))
    read = saved.read(saved.opened(page.encode(), "luu/trang.html"))
    assert read.root is not None
    generator = read.meta("generator")
    assert profile.recognised(profile.shipped(), read.root, "", generator).name == name


# ---- the command, on folders as browsers and copiers leave them

BODY = "".join(
    f"<p>Đoạn thứ {n} của bản tin kể chuyện bà con họp bàn việc làng, có dấu chấm.</p>"
    for n in range(3)
)
LEAD = "<p>Sáng 15/7, thôn Đầm Sen họp dân để bàn việc làm đường, có hơn trăm người dự họp.</p>"


def page_of(body: str = LEAD + BODY, head: str = "", title: str = "Thôn Đầm Sen họp dân") -> str:
    return (
        f'<html><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>'
        f'<h1>{title}</h1><div class="d">Thứ Năm, 16/07/2020, 13:40</div>{body}</body></html>'
    )


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    bench = Workbench(tmp_path / "trang")
    bench.write("site.yaml", SETTINGS)
    return bench


def save(bench: Workbench, path: str, content: str | bytes) -> Path:
    file = bench.folder / "luu" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def bring_all(bench: Workbench, *options: str) -> dict[str, Any]:
    outcome = bench.run("import", "html", "luu", "--json", *options)
    assert not outcome.stderr, outcome.stderr
    return outcome.report


def fates(report: dict[str, Any]) -> dict[str, str]:
    """What became of each page: the code of the problem, or what became of it."""
    return {
        each["source"].removeprefix("luu/"): each["problem"]["code"]
        if each["problem"]
        else each["fate"]
        for each in report["outcomes"]
    }


def only_bulletin(bench: Workbench) -> str:
    (file,) = (bench.folder / "content").rglob("*.md")
    return file.read_text("utf-8")


def jpeg(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(out, "JPEG")
    return out.getvalue()


def test_a_page_saved_by_a_browser_brings_its_pictures_and_the_site_builds(
    bench: Workbench,
) -> None:
    figure = '<p><img src="./Tin_files/hop%20d%C3%A2n.jpg" alt="Bà con họp ở đình làng"></p>'
    more = '<p><img src="Tin_files/sau.jpg" alt="Con đường mới"></p>'
    more += '<p><a href="Tin_files/q.pdf">QĐ</a></p>'
    saved_from = "<!-- saved from url=(0040)https://cu.example.vn/tin/hop-dan.aspx -->"
    save(bench, "Tin.html", saved_from + page_of(LEAD + figure + BODY + more + BODY))
    save(bench, "Tin_files/hop dân.jpg", jpeg())
    save(bench, "Tin_files/sau.jpg", jpeg("blue"))
    save(bench, "Tin_files/q.pdf", b"%PDF-1.4 x")
    save(bench, "Tin_files/quang-cao.html", page_of(title="Trang con trong khung"))
    report = bring_all(bench)
    assert fates(report) == {"Tin.html": "written"}
    text = only_bulletin(bench)
    names = sorted(path.name for path in (bench.folder / "content/media/2020/07").iterdir())
    assert [name.rpartition("-")[0] for name in names] == ["hop-dan", "q", "sau"]
    assert 'alt: "Bà con họp ở đình làng"' in text and "review" not in text
    assert 'aliases: "https://cu.example.vn/tin/hop-dan.aspx"' in text
    assert "![Con đường mới](/media/2020/07/sau-" in text and "[QĐ](/media/2020/07/q-" in text
    bench.build()
    assert "Con đường mới" in bench.page("2020/07/thon-dam-sen-hop-dan.html")


def test_importing_again_adds_nothing_and_an_edited_bulletin_stays(bench: Workbench) -> None:
    head = '<link rel="canonical" href="https://cu.example.vn/tin/1">'
    save(bench, "a.html", page_of(head=head))
    assert bring_all(bench)["written"] == 1
    (file,) = (bench.folder / "content").rglob("*.md")
    file.write_text(file.read_text("utf-8") + "\nThêm tay.\n", "utf-8")
    before = file.read_bytes()
    assert bring_all(bench)["before"] == 1
    save(bench, "a.html", page_of(LEAD + BODY + "<p>Một đoạn mới thêm.</p>", head))
    report = bring_all(bench)
    assert fates(report) == {"a.html": "import-changed-edited"}
    assert "+Một đoạn mới thêm." in report["outcomes"][0]["difference"]
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("path", "html", "address"),
    [
        ("a.html", '<link rel="canonical" href="/tin/1.aspx"><base href="http://a.vn/x/">',
         "http://a.vn/tin/1.aspx"),
        ("a.html", '<meta content="https://a.vn/?p=12&amp;x=1" property="og:url">',
         "https://a.vn/?p=12&x=1"),
        ("a.html", '<link rel="canonical" href="https://a.vn/">', ""),
        ("a.html", '<link href="https://a.vn/bai/2.html" rel=canonical>', "https://a.vn/bai/2.html"),
        ("a.html", "<!-- Mirrored from www.a.vn/tin/7.aspx by HTTrack Website Copier/3.x -->",
         "http://www.a.vn/tin/7.aspx"),
        ("www.a.gov.vn/tin/default.aspx@ItemID=5.html", "",
         "http://www.a.gov.vn/tin/default.aspx?ItemID=5"),
        ("sub/www.a.gov.vn/tin/bai.php.html", "", "http://www.a.gov.vn/tin/bai.php"),
        ("tin/bai.html", "", ""),
    ],
)  # fmt: skip
def test_where_a_page_came_from(path: str, html: str, address: str) -> None:
    assert saved.opened(page_of(head=html).encode(), f"luu/{path}").address == address


def test_a_copiers_folder_keeps_old_addresses_as_links(bench: Workbench) -> None:
    more = '<p><a href="khac.html">Bài khác</a> và <a href="../anh/x.jpg">ảnh</a></p>'
    save(bench, "www.a.gov.vn/tin/bai.html", page_of(LEAD + BODY + more + BODY))
    save(bench, "www.a.gov.vn/anh/x.jpg", jpeg())
    bring_all(bench)
    text = only_bulletin(bench)
    assert "[Bài khác](http://www.a.gov.vn/tin/khac.html)" in text
    assert 'aliases: "http://www.a.gov.vn/tin/bai.html"' in text and "(/media/2020/07/x-" in text


def test_an_archive_of_a_page_is_read(bench: Workbench) -> None:
    page = quopri.encodestring(page_of().encode()).decode()
    save(
        bench,
        "a.mht",
        "MIME-Version: 1.0\r\nSnapshot-Content-Location: https://a.vn/tin/9\r\n"
        'Content-Type: multipart/related; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html\r\n'
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{page}\r\n--x--\r\n",
    )
    bring_all(bench)
    text = only_bulletin(bench)
    assert "https://a.vn/tin/9" in text and "Đoạn thứ 2 của bản tin" in text


def test_pages_that_are_no_bulletins_are_left_out_with_the_reason(bench: Workbench) -> None:
    entries = "".join(
        f'<h3><a href="{n}.html">Tin số {n} của cổng</a></h3><p>Tóm tắt dài của tin ấy, đủ dài.</p>'
        for n in range(9)
    )
    links = "".join(f'<li><a href="{n}.html">Đầu đề thứ {n} của một tin</a>' for n in range(30))
    archive = '<meta name="generator" content="WordPress 5">'
    save(bench, "muc.html", page_of(entries))
    save(bench, "tim.html", page_of(f"<ul>{links}</ul>"))
    save(bench, "trong.html", "<html><body></body></html>")
    save(bench, "khung.html", "<frameset><frame src=a.html></frameset>")
    save(bench, "wp.html", page_of(head=archive).replace("<body>", '<body class="archive">'))
    save(bench, "tin", page_of())
    save(bench, "ghi-chu.txt", "không phải trang")
    assert fates(bring_all(bench)) == {
        "khung.html": "import-page-empty",
        "muc.html": "import-page-list",
        "tim.html": "import-page-list",
        "tin": "written",
        "trong.html": "import-page-empty",
        "wp.html": "import-page-other",
    }


def test_a_picture_that_ends_a_text_stays_where_it_was(bench: Workbench) -> None:
    end = '<p><img src="cuoi.jpg" alt="Con đường mới làm xong"></p><p><b>Thu Hà</b></p>'
    save(bench, "a.html", page_of(LEAD + BODY + end))
    save(bench, "cuoi.jpg", jpeg())
    bring_all(bench)
    text = only_bulletin(bench)
    assert 'author: "Thu Hà"' in text
    assert re.search(r"!\[Con đường mới làm xong\]\(/media/2020/07/cuoi-\w+\.jpg\)\n$", text)


def test_a_missing_lead_picture_is_asked_for(bench: Workbench) -> None:
    figure = '<p><img src="/anh/Hop%20dan.JPG"></p>'
    head = '<link rel="canonical" href="https://a.vn/tin/1">'
    save(bench, "a.html", page_of(LEAD + figure + BODY, head))
    bring_all(bench)
    text = only_bulletin(bench)
    assert "thiếu ảnh đầu tin (https://a.vn/anh/Hop%20dan.JPG)" in text
    assert 'original: "Hop dan.JPG"' in text


WORD = (
    '<p>Sổ ghi ý kiến<a href="#_ftn1" name="_ftnref1"><sup>[1]</sup></a> được lập ở mỗi thôn.</p>',
    '<hr><div id="ftn1"><p class="MsoFootnoteText"><a href="#_ftnref1" name="_ftn1">[1]</a>'
    " Theo <i>quy chế</i> năm 2019.</p></div>",
)
LIST = (
    '<p>Sổ ghi ý kiến<sup id="r1"><a href="#n1">1</a></sup> được lập ở mỗi thôn.</p>',
    '<ol><li id="n1">Theo <i>quy chế</i> năm 2019. <a href="#r1">↩</a></li></ol>',
)


@pytest.mark.parametrize("note", [WORD, LIST], ids=["Word", "list"])
def test_footnotes_are_footnotes_again(note: tuple[str, str], bench: Workbench) -> None:
    save(bench, "a.html", page_of(LEAD + BODY + note[0] + BODY + note[1]))
    bring_all(bench)
    text = only_bulletin(bench)
    assert "Sổ ghi ý kiến[^1] được lập" in text
    assert text.rstrip().endswith("[^1]: Theo *quy chế* năm 2019.")
    bench.build()
    assert 'class="footnote' in bench.page("2020/07/thon-dam-sen-hop-dan.html")


def test_a_footnote_of_the_lead_and_a_link_to_a_heading_lose_no_words(bench: Workbench) -> None:
    lead = LEAD.replace("họp dân để", 'họp dân<a href="#_ftn1" name="_ftnref1">[1]</a> để')
    part = '<p><a href="#phan-2">Xem phần hai</a> của bản tin.</p><h3 id="phan-2">Phần hai</h3>'
    save(bench, "a.html", page_of(lead + BODY + part + BODY + WORD[1]))
    bring_all(bench)
    text = only_bulletin(bench)
    assert "họp dân để bàn" in text and "Theo *quy chế* năm 2019." in text and "[^" not in text
    assert "Xem phần hai của bản tin." in text and "## Phần hai" in text


def test_dates_come_from_the_page_or_are_asked_for(tmp_path: Path) -> None:
    said = '{"@type": "NewsArticle", "datePublished": "2020-07-15T22:30:00.000Z"}'
    article = f'<script type="application/ld+json">{said}</script>'
    bare = page_of().replace("Thứ Năm, 16/07/2020, 13:40", "")
    told = draft_of(bring_page(tmp_path / "1", bare.replace("</head>", article + "</head>")))
    date = told.fields["date"]
    assert isinstance(date, Moment) and date.iso == "2020-07-16T05:30:00+07:00"
    asked = draft_of(bring_page(tmp_path / "2", bare))
    assert "date" not in asked.fields and "thiếu ngày đăng" in str(asked.fields["review"])
    given = draft_of(bring_page(tmp_path / "3", bare, date="2020-07-16"))
    assert isinstance(given.fields["date"], Moment) and "review" not in given.fields


# ---- old fonts


def old(text: str) -> str:
    """Text as it was typed for fonts of TCVN3."""
    table = {ord(now): before for before, now in legacy_fonts._TCVN3.items()}
    return text.translate(table)


TYPED = "Sáng nay, bà con thôn Đầm Sen đã họp để bàn việc làm đường, ai cũng đồng ý góp sức."


@pytest.mark.parametrize("form", ["utf-8", "cp1252", "entities"])
def test_text_in_an_old_font_is_converted_and_the_rest_is_not(form: str, tmp_path: Path) -> None:
    typed = f'<font face=".VnTime">{old(TYPED)}</font>'
    html = page_of(f"<p>{TYPED} Thế là xong.</p><p>{typed}</p>" + BODY)
    if form == "entities":
        html = html.replace(old(TYPED), old(TYPED).encode("ascii", "xmlcharrefreplace").decode())
    data = html.encode()
    if form == "cp1252":
        html = page_of(f"<p>{typed}</p>" * 3, title=old("Thôn Đầm Sen họp dân"))
        data = html.replace("utf-8", "windows-1252").encode("cp1252", "xmlcharrefreplace")
    draft = draft_of(bring_page(tmp_path, data))
    assert TYPED in draft.body
    assert "import-legacy-font" in [each.code for each in draft.missing]
    assert old("đường") not in draft.body + str(draft.fields)


def test_the_unicode_frame_of_a_page_in_an_old_font_stays_what_it_is(tmp_path: Path) -> None:
    plain = "Bà con nhà ta và các cô chú, các bác, các anh em ai nhà ai."
    typed = f"<p>{old(TYPED)}</p>"
    draft = draft_of(bring_page(tmp_path, page_of(LEAD + f"{typed}<p>{plain}</p>{typed}" + BODY)))
    assert plain in draft.body and TYPED in draft.body
    assert "<p>" not in draft.body and "Thôn Đầm Sen" in str(draft.fields["title"])


def test_an_old_font_in_doubt_is_named_and_held(tmp_path: Path) -> None:
    html = page_of(LEAD + f'<p><font face=".VnTime">{old("đất nước")} xyzéq wéèx</font></p>' + BODY)
    draft = draft_of(bring_page(tmp_path, html))
    doubt = [each for each in draft.missing if each.code == "import-legacy-font-unsure"]
    assert doubt and doubt[0].details["encoding"] == ".VnTime (TCVN3)"
    assert "chữ gõ bằng phông cũ .VnTime (TCVN3)" in str(draft.fields["review"])


# ---- profiles


def test_a_profile_of_ones_own_decides(bench: Workbench) -> None:
    bench.write(
        "p.yaml", "title: .t\nstamp: {select: .m, pattern: 'Lúc (.+)'}\nbody: .b\ndrop: .x\n"
    )
    html = (
        '<h1>Cổng thông tin</h1><p class="t">Họp dân ở thôn Đầm Sen</p>'
        '<p class="m">Lúc 16/7/2020 08:05</p>'
        f'<div class="b">{LEAD}<div class="x">Quảng cáo</div>{BODY}</div><div>{BODY * 9}</div>'
    )
    save(bench, "a.html", html)
    report = bring_all(bench, "--profile", "p.yaml")
    text = only_bulletin(bench)
    assert 'title: "Họp dân ở thôn Đầm Sen"' in text and "date: 2020-07-16 08:05" in text
    assert text.count("Đoạn thứ 2") == 1 and "Quảng cáo" not in text
    assert [each["text"] for each in report["outcomes"][0]["dropped"]] == ["Quảng cáo"]


def test_faults_of_a_profile_are_placed_with_a_way_out(bench: Workbench) -> None:
    bench.write("p.yaml", "titel: h1\nstamp:\n- {select: 'a[', pattern: '(('}\nbody: .b\n")
    save(bench, "a.html", page_of())
    outcome = bench.run("import", "html", "luu", "--profile", "p.yaml")
    assert outcome.code != 0 and "Traceback" not in outcome.stderr
    said = outcome.stdout + outcome.stderr
    assert "p.yaml:1:1" in said and "title" in said and "unknown-key" in said
    assert "p.yaml:3:12" in said and "import-selector" in said
    assert "p.yaml:3:27" in said and "import-pattern" in said
    missing = bench.run("import", "html", "luu", "--profile", "khong-co.yaml")
    assert missing.code != 0 and "import-profile" in missing.stdout + missing.stderr


def test_all_profiles_that_come_along_are_sound() -> None:
    assert len(profile.shipped()) == len(profile.SHIPPED) == 6


# ---- learning


def test_a_profile_is_learnt_from_one_page(bench: Workbench) -> None:
    for name in ("tinh-uy", "bao-tinh", "huyen"):
        text = (CAPTURES / f"{name}.txt").read_text("utf-8")
        wanted = portals.text_of(text, capture.read_capture(text, "x"))
        save(bench, f"{name}.html", portals.newspaper(wanted).replace("detail-content", "zz-noi"))
    assert bench.run("import", "html", "--learn", "luu/tinh-uy.html").code == 0
    answers = bench.folder / "luu/tinh-uy.hoc.yaml"
    asked = answers.read_text("utf-8")
    assert "\ntitle:\n" in asked and "\nbody_first:\n" in asked and asked.startswith("# ")
    text = (CAPTURES / "tinh-uy.txt").read_text("utf-8")
    draft = capture.read_capture(text, "x")
    paragraphs = draft.body.split("\n\n")
    given = {
        "title": draft.name, "stamp": "Thứ Ba, 09/03/2021, 08:15", "lead": draft.fields["lead"],
        "body_first": paragraphs[0], "body_last": paragraphs[-1], "author": "Thảo Nguyên",
        "category": "Tin tức – Sự kiện", "views": "1.204",
    }  # fmt: skip
    for key, value in given.items():
        asked = asked.replace(f"\n{key}:\n", f"\n{key}: {json.dumps(value)}\n")
    answers.write_text(asked, "utf-8")
    outcome = bench.run(
        "import", "html", "luu", "--learn", "luu/tinh-uy.html", "--profile", "m.yaml"
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert "div.zz-noi – 3/3" in outcome.stdout or "div.zz-noi – 3 of 3" in outcome.stdout
    learnt = profile.load(bench.folder / "m.yaml")
    assert learnt.rules["title"][0].select == "h1.title-detail"
    for name in ("tinh-uy", "bao-tinh", "huyen"):
        outcomes = import_pages(
            [bench.folder / f"luu/{name}.html"], bench.folder / name, str(bench.folder / "m.yaml")
        )
        assert (
            draft_of(outcomes[0]).body
            == capture.read_capture((CAPTURES / f"{name}.txt").read_text("utf-8"), "x").body
        )
    before = (bench.folder / "m.yaml").read_bytes()
    again = bench.run("import", "html", "--learn", "luu/tinh-uy.html", "--profile", "m.yaml")
    assert again.code != 0 and (bench.folder / "m.yaml").read_bytes() == before


def test_what_is_not_on_the_page_is_told_with_its_line(bench: Workbench) -> None:
    save(bench, "a.html", page_of())
    bench.write("luu/a.hoc.yaml", 'title: "Không có ở đây"\nbody_first: "Cũng không"\n')
    outcome = bench.run("import", "html", "--learn", "luu/a.html")
    said = outcome.stdout + outcome.stderr
    assert outcome.code != 0 and not list(bench.folder.rglob("*.profile.yaml"))
    assert "a.hoc.yaml:1:8" in said and "a.hoc.yaml:2:13" in said


# ---- hostile pages


def test_nothing_outside_of_the_saved_folder_comes_along(bench: Workbench) -> None:
    (bench.folder / "mat.jpg").write_bytes(jpeg())
    address = (bench.folder / "mat.jpg").as_posix()
    pictures = "".join(
        f'<p><img src="{each}" alt="Ảnh của người khác"></p>'
        for each in (
            "../mat.jpg",
            "..%2fmat.jpg",
            address,
            f"file://{address}",
            "noi.jpg",
            "a\0b.jpg",
        )
    )
    try:
        save(bench, "x", b"").with_name("noi.jpg").symlink_to(bench.folder / "mat.jpg")
    except OSError:
        pytest.skip("no symbolic links here")
    save(bench, "a.html", page_of(LEAD + BODY + pictures + BODY))
    bring_all(bench)
    assert not (bench.folder / "content/media").exists()
    assert "media/" not in only_bulletin(bench)


def test_pages_of_monstrous_size_and_depth_give_a_message(bench: Workbench) -> None:
    with save(bench, "lon.html", b"").open("wb") as file:
        file.truncate(100_000_000)
    save(bench, "sau.html", page_of("<div>" * 10_000 + LEAD + BODY))
    bomb = '<!DOCTYPE h [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    save(bench, "bom.html", bomb + page_of(LEAD + BODY + "<p>&b;&b;</p>"))
    save(bench, "nul.html", page_of().replace("họp", "h\0ọp"))
    found = fates(bring_all(bench))
    assert found == {
        "bom.html": "written", "lon.html": "import-too-large", "nul.html": "written",
        "sau.html": "written",
    }  # fmt: skip
    assert all("aaaaaaaa" not in each.read_text("utf-8") for each in bench.folder.rglob("*.md"))


NASTY = (
    "<div>" * 3000, "</div>" * 50, "\0", "<table><tr><td>", "&#0;&#xFFFFFFFF;&#11;", "<h1>" * 40,
    '<img src="../../../etc/passwd">', '<a href="http://[::1">x</a>', '<base href="http://[">',
    '<link rel=canonical href="//[">', "<!--", "<title>", "<textarea>", "<plaintext>", "\ud800",
    '<script type="application/ld+json">{"@type":"Article","headline":[[1]],"author":9}</script>',
    '<script type="application/ld+json">' + "[" * 3000 + "</script>", "<frameset>", "2020-13-45",
    '<font face=".VnTime">Céng hßa</font>', '<time datetime="9999-99-99T99:99">x</time>',
    "<td colspan=99999999 rowspan=9999999>", "<meta charset=utf-16>", "<p>" + "a" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_page_gives_a_bulletin_or_a_message(seed: int, tmp_path: Path) -> None:
    """Ten pages at a time, cut, doubled and filled with what parsers dislike."""
    chance = random.Random(seed)
    text = (sorted(CAPTURES.iterdir())[seed % 5]).read_text("utf-8")
    wanted = portals.text_of(text, capture.read_capture(text, "x"))
    for number in range(10):
        page = bytearray(chance.choice(FASHIONS)(wanted).encode())
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(page))
            end = at + chance.randrange(200)
            nasty = chance.choice(NASTY).encode("utf-8", "surrogatepass")
            page[at:end] = chance.choice((b"", nasty, page[at:end] * 2, bytes([at % 256])))
        (tmp_path / "luu").mkdir(exist_ok=True)
        (tmp_path / "luu" / f"{number}.{chance.choice(('html', 'mht'))}").write_bytes(page)
    for outcome in import_pages([tmp_path / "luu"], tmp_path / "content"):
        assert outcome.written or outcome.problem
    assert {path.name for path in tmp_path.iterdir()} == {"luu", "content"}
