"""What helps to read a long text: its contents, and abbreviations explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from danvan_site import abbreviations
from tests.sites import Document, Output, links_of, words
from tests.workbench import SETTINGS, Workbench

KNOWN = (("QCDC", "quy chế dân chủ"), ("UBND", "Ủy ban nhân dân"), ("CT-XH", "chính trị – xã hội"),
         ("tổ dân phố", "khu phố"))  # fmt: skip
MARKED = '<abbr title="quy chế dân chủ">QCDC</abbr>'
CASES = {
    "<p>Thực hiện QCDC, rồi QCDC.</p>": f"<p>Thực hiện {MARKED}, rồi QCDC.</p>",
    "<h2>QCDC</h2>\n<p>QCDC</p>": f"<h2>QCDC</h2>\n<p>{MARKED}</p>",
    '<p><a href="x">QCDC</a> <code>QCDC</code> QCDC</p>': (
        f'<p><a href="x">QCDC</a> <code>QCDC</code> {MARKED}</p>'
    ),
    '<p><img alt="QCDC > một" src="QCDC.png"> <em>QCDC</em></p>': (
        f'<p><img alt="QCDC > một" src="QCDC.png"> <em>{MARKED}</em></p>'
    ),
    "<p>QCDC2, XQCDC, qcdc, 12/KH-UBND, UBND-TCD</p>": None,
    "<p>quy chế dân chủ (QCDC), QCDC</p>": None,
    "<p>Quy Chế Dân Chủ ( QCDC)</p>": None,
    "<p>QCDC (quy chế dân chủ)</p>": None,
    "<p>họp tổ dân phố</p>": None,
    "<p>CT-XH</p>": '<p><abbr title="chính trị – xã hội">CT-XH</abbr></p>',
    "<P>QCDC</P> QCDC": f"<P>{MARKED}</P> QCDC",
    "QCDC": MARKED,
    "<hr>rồi QCDC": f"<hr>rồi {MARKED}",
    "<pre>QCDC": None,
}
# No prose: links, headings, what is explained or is code.  What follows is prose again.
CASES |= {
    f"<{tag}>QCDC</{tag}><p>QCDC</p>": f"<{tag}>QCDC</{tag}><p>{MARKED}</p>"
    for tag in ("h1", "h3", "H4", "h5", "h6", "summary", "abbr", "pre", "kbd", "samp")
}


@pytest.mark.parametrize("html", CASES)
def test_the_first_of_an_abbreviation_in_the_prose_is_explained(html: str) -> None:
    assert abbreviations.explained(html, "", KNOWN)[0] == (CASES[html] or html)


def test_those_of_lead_and_body_are_listed_but_for_those_spelled_out() -> None:
    body = "<p>Quy chế dân chủ (QCDC).</p><h2>CT-XH</h2>"
    html, found = abbreviations.explained(body, "UBND xã họp.", KNOWN)
    assert (html, found) == (body, [KNOWN[1], KNOWN[2]])
    assert abbreviations.explained("<p>QCDC</p>", "quy chế dân chủ (QCDC)", KNOWN)[1] == []


def test_a_changed_abbreviation_shows_and_nothing_else_of_the_text_changes(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    site.bulletin("a.md", "Theo QCDC.\n")
    site.build()
    assert "<abbr" not in site.page("2020/07/a.html")
    for meaning in ("quy chế dân chủ", 'quy "chế" mới'):
        settings = f"search:\n  abbreviations:\n    QCDC: '{meaning}'\n"
        site.write("site.yaml", SETTINGS + settings)
        site.build()
        page = Document("2020/07/a.html", site.page("2020/07/a.html"))
        assert page.one("abbr").get("title") == meaning
        assert f"Abbreviations QCDC: {meaning}" in words(page.one("dl"))
    assert '"Theo QCDC.\\n"' in site.page("du-lieu/2020.jsonl")


# Contents

LINE = "Một đoạn văn dài vừa đủ để người đọc phải cuộn trang nhiều lần mới hết bài viết này. "


def contents(site: Workbench, path: str) -> list[tuple[str, str]]:
    document = Document(path, site.page(path))
    found = document.all("nav", "contents")
    return [link for each in found for link in links_of(document, each)]


def test_a_long_text_has_contents_in_two_levels_and_a_short_one_has_none(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    parts = [f"## Phần *{n}* & `{n}`\n\n{LINE * 15}\n\n### Mục {n}\n\n#### Sâu\n" for n in "abc"]
    site.bulletin("dai.md", "\n".join(parts))
    site.bulletin("ngan.md", "\n".join(parts).replace(LINE, ""), date="2020-07-17")
    site.bulletin("hai.md", "\n".join(parts[:2]) + LINE * 40, date="2020-07-18")
    site.bulletin("cap-mot.md", "\n".join(parts).replace("## ", "# "), date="2020-07-19")
    site.build()
    assert contents(site, "2020/07/dai.html") == [
        (text, f"2020/07/dai.html#{anchor}")
        for n in "abc"
        for text, anchor in ((f"Phần {n} & {n}", f"phan-{n}-{n}"), (f"Mục {n}", f"muc-{n}"))
    ]
    assert contents(site, "2020/07/ngan.html") == contents(site, "2020/07/hai.html") == []
    assert [text for text, _ in contents(site, "2020/07/cap-mot.html")][:2] == [
        "Phần a & a", "Mục a",
    ]  # fmt: skip


def test_contents_lead_to_headings_and_fold_without_scripts(demo: Output) -> None:
    page = demo["2023/07/hoi-dap-ve-luat.html"]
    links = links_of(page, page.one("nav", "contents"))
    assert len(links) == 6
    for text, address in links:
        assert words(page.by_id(address.partition("#")[2])) == text
    assert page.one("details", within=page.one("nav", "contents")).get("open") is not None
