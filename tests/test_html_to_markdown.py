"""HTML of old portals becomes Markdown; our own build shows of it what the old page showed.

The main test reads both pages, the old one and what the build makes of the Markdown, with the same
eyes (`seen`), which know nothing of the program: letters, emphasis, links, and in what each stands.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from danvan_site import markdown
from danvan_site.importers import conversion, encodings

CASES = (Path(__file__).parent / "html-to-markdown.txt").read_text("utf-8").split("\n====\n")


def built(text: str) -> str:
    """The HTML that the build makes of a body; it must have nothing to object to."""
    body, problems = markdown.read(text, "x.md", 1, markdown.Options())
    assert not problems, (problems, text)
    return re.sub(r"danvan:(\d+)", lambda match: body.references[int(match[1])].target, body.html)


# ---- the same eyes for both pages

Letter = tuple[str, str, str]  # the letter, its marks (b, i, s, c), what it leads to


@dataclass
class Part:
    """What stands together: in which lists, quotes, cells, heading; its letters."""

    path: tuple[str, ...]
    letters: list[Letter] = field(default_factory=list)

    def __iter__(self) -> Iterator[object]:
        return iter((self.path, self.letters))


MARKS = {"b": "b", "strong": "b", "i": "i", "em": "i", "s": "s", "del": "s", "code": "c"}
BLOCKS = ("p", "div", "li", "ul", "ol", "blockquote", "table", "tr", "hr", "pre", "tbody", "thead")
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class Eyes:
    """Reads a tree as a person would."""

    def __init__(self) -> None:
        self.parts: list[Part] = [Part(())]
        self.breaks = 0

    def new(self, path: tuple[str, ...]) -> None:
        self.breaks = 0
        if self.parts[-1].letters:
            self.parts.append(Part(path))
        else:
            self.parts[-1] = Part(path)

    def words(self, text: str | None, path: tuple[str, ...], marks: str, link: str) -> None:
        text = unicodedata.normalize("NFC", INVISIBLE.sub("", text or ""))
        text = text.translate(RAISED) if "^" in marks else text
        if any(step.startswith("h") for step in path):
            marks = marks.replace("b", "")
        shown = "".join(mark for mark in "bisc" if mark in marks)
        letters = [(each, shown, link) for each in text if not each.isspace()]
        if letters:
            self.breaks = 0
            self.parts[-1].letters += letters

    def element(
        self, element: etree._Element, path: tuple[str, ...], marks: str = "", link: str = ""
    ) -> None:
        tag = element.tag
        inside = path
        in_cell = any(step.startswith("cell") for step in path)
        if tag == "br":
            self.breaks += 1
            if self.breaks == 2 and not in_cell and "h" not in path:
                self.new(path)
            return
        if tag == "img":
            name = element.get("src", "")
            self.parts[-1].letters.append((f"<{name}:{element.get('alt')}>", "", link))
            self.breaks = 0
            return
        if tag in ("ul", "ol", "blockquote"):
            inside = (*path, tag)
        elif tag == "li":
            number = sum(1 for each in element.itersiblings("li", preceding=True) if said(each))
            inside = (*path, f"{number + 1}")
        elif re.fullmatch("h[1-6]", tag):
            inside = (*path, "h")
        elif tag in ("td", "th"):
            row = element.getparent()
            column = sum(1 for _ in element.itersiblings("td", "th", preceding=True))
            table = next(iter(row.iterancestors("table")))
            inside = (*path, f"cell {list(table.iter('tr')).index(row)} {column}")
        elif tag == "pre":
            marks += "c"
        parts = inside != path or tag in BLOCKS
        if parts and not in_cell:
            self.new(inside)
        mark = marks + MARKS.get(tag, "") + ("^" if tag == "sup" else "")
        if tag == "code" and "c" in marks:
            mark = marks
        link = element.get("href", "") if tag == "a" else link
        self.words(element.text, inside, mark, link)
        for child in element:
            self.element(child, inside, mark, link)
            self.words(child.tail, inside, mark, link)
        if parts and not in_cell:
            self.new(path)


def said(element: etree._Element) -> bool:
    return bool(INVISIBLE.sub("", "".join(element.itertext())).strip()) or bool(
        list(element.iter("img"))
    )


def seen(page: str) -> list[tuple[tuple[str, ...], list[Letter]]]:
    root = etree.fromstring(
        f"<html><body>{page}</body></html>".encode(), etree.HTMLParser(encoding="utf-8")
    )
    eyes = Eyes()
    eyes.element(root, ())
    return [(part.path, part.letters) for part in eyes.parts if part.letters]


# ---- trees of nasty texts

NASTY = [
    *("“Dân vận khéo”", "bà con", "*", "**", "_", "__", "~~", "~", "`", "``", "#", "# a", "- a"),
    *("-", "1. a", "1.", "12)", "+ a", "> a", ">", "===", "---", "***", "|", "a|b", "|-|", ":-"),
    *("[x](y)", "[x]", "[x]:", "]", "[", "(y)", "![", "!", "^", "[^1]", "^[a]", "<b>", "<", "<!--"),
    *("&copy;", "&", "&#108;", "C:\\thư", "\\", "\\*", "http://a.vn/x_y_(z)", "www.a.vn", "a@b.vn"),
    *("\u00a0", "\u200b", "\u00ad", "e\u0301", "đ", "Ờ", "3 * 4", "a_b_c", "…", "(", ")", "–", "€"),
    *(
        "😀",
        "\n",
        "    ",
        "\t",
        "16.7",
        "./.",
        "“",
        "”",
        "a",
        ".",
        ",",
        "\u202e",
        "x = 1",
        "=",
        "%",
    ),
]
words = st.lists(st.sampled_from([*NASTY, " ", " ", "a ", " b"]), min_size=1, max_size=4).map(
    lambda parts: html.escape("".join(parts))
)
TARGETS = ["https://a.vn/x?a=1&copy=2", "tin (1).html", "a)b.html", "mailto:a@b.vn", "tin.html"]


def tagged(tag: str, attributes: str = "") -> "st.SearchStrategy[str]":
    return inline.map(lambda inner: f"<{tag}{attributes}>{inner}</{tag}>")


inline: st.SearchStrategy[str] = st.deferred(
    lambda: st.lists(
        st.one_of(
            words,
            words,
            st.sampled_from(["b", "strong", "i", "em", "s", "del", "span", "font"]).flatmap(tagged),
            words.map(lambda text: f"<code>{text}</code>"),
            st.sampled_from(["<sup>2</sup>", "<br>", "<br><br>", "<o:p>&nbsp;</o:p>"]),
            st.tuples(st.sampled_from(TARGETS), words).map(
                lambda pair: f'<a href="{html.escape(pair[0])}">x{pair[1]}</a>'
            ),
            st.sampled_from(["a.jpg", "b c.png"]).map(
                lambda name: f'<img src="{name}" alt="Bà con [họp] *dân*">'
            ),
        ),
        min_size=1,
        max_size=4,
    ).map("".join)
)
item = st.deferred(lambda: st.one_of(inline, inline, blocks, st.tuples(inline, lists).map("".join)))
lists = st.deferred(
    lambda: st.tuples(st.sampled_from(["ul", "ol"]), st.lists(item, min_size=1, max_size=3)).map(
        lambda pair: f"<{pair[0]}>{''.join(f'<li>{each}</li>' for each in pair[1])}</{pair[0]}>"
    )
)
cell = inline.map(lambda text: f"<td>x{text}</td>")
tables = st.integers(2, 3).flatmap(
    lambda columns: st.lists(
        st.lists(cell, min_size=columns, max_size=columns).map(
            lambda row: f"<tr>{''.join(row)}</tr>"
        ),
        min_size=1,
        max_size=3,
    ).map(lambda rows: f"<table>{''.join(rows)}</table>")
)
blocks: st.SearchStrategy[str] = st.deferred(
    lambda: st.lists(
        st.one_of(
            inline.map(lambda text: f"<p>{text}</p>"),
            inline.map(lambda text: f"<div><div>{text}</div></div>"),
            st.tuples(st.sampled_from("123456"), inline).map(
                lambda pair: f"<h{pair[0]}>{pair[1]}</h{pair[0]}>"
            ),
            lists,
            blocks.map(lambda inner: f"<blockquote>{inner}</blockquote>"),
            tables,
            words.map(lambda text: f"<pre>x{text}</pre>"),
            st.just("<hr>"),
        ),
        min_size=1,
        max_size=3,
    ).map("".join)
)


@settings(max_examples=250, deadline=None)
@given(blocks)
@example("<p><b><i>²</i>“Dân vận khéo”<i>“Dân vận khéo”</i></b></p>")
def test_the_build_shows_what_the_old_page_showed(page: str) -> None:
    converted = conversion.convert(page)
    kinds = {loss.kind for loss in converted.losses}
    assert kinds <= {"emphasis", "depth"}
    before, after = seen(page), seen(built(converted.markdown))
    if "depth" in kinds:
        before, after = ([("", letters) for _, letters in part] for part in (before, after))
    if "emphasis" in kinds:
        before, after = (
            [(path, [(letter, "c" in marks, link) for letter, marks, link in letters])
             for path, letters in part]
            for part in (before, after)
        )  # fmt: skip
    assert after == before, converted.markdown


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.partition("\n")[0])
def test_what_old_pages_have_is_written_so(case: str) -> None:
    _, page, expected = case.rstrip("\n").split("\n----\n")
    converted = conversion.convert(page)
    losses = "".join(f"\n! {loss.kind}: {loss.text}" for loss in converted.losses)
    assert converted.markdown.rstrip("\n") + losses == expected
    built(converted.markdown)


HOSTILE = {
    "divs without an end": "<div>x" * 100_000,
    "divs": "<div>" * 100_000 + "x" + "</div>" * 100_000,
    "fonts without an end": "<p><font>x" * 3_000,
    "lists": "<ul><li>x" * 3_000,
    "quotations": "<blockquote>x" * 300,
    "tables": "<table><tr><td>x" * 300,
    "cells over everything": "<table>" + "<tr><td colspan=1000 rowspan=65534>x<td>x" * 2_000,
    "figures": "<figure><img src=a><figcaption>x" * 1_000,
    "empty elements of later times": "x<wbr>x<embed src=a.swf>x<picture><source>x</picture>" * 20,
}


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_depth_loses_a_word(page: str) -> None:
    converted = conversion.convert(page, picture=lambda picture: None, link=lambda address: None)
    text = "".join(
        letter for _, letters in seen(built(converted.markdown)) for letter, _, _ in letters
    )
    assert text.replace("a.swf", "") == "x" * re.sub("<[^>]*>", "", page).count("x")


PIECES = [
    *("<", ">", "</", "<p", "<table>", "<td>", "<li>", "<b>", "</b>", "<a href='", "<img src=x>"),
    *(
        "\0",
        "\ud800",
        "\x85",
        "&#0;",
        "&#xd800;",
        "&#x110000;",
        "<![CDATA[",
        "]]>",
        "<!--",
        "<svg>",
    ),
    *(
        "<!DOCTYPE a [<!ENTITY b 'c'>]>&b;",
        "<?xml encoding='x'?>",
        "<o:p>",
        "\r\n",
        "<pre>",
        "<br>",
    ),
    *(
        "<ol start=-1>",
        "<td colspan=0 rowspan=x>",
        "<plaintext>",
        "<frameset>",
        "<select>",
        "<svg>",
    ),
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([case.split("\n----\n")[1] for case in CASES]),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 9)), max_size=6),
)
def test_no_page_is_too_broken(page: str, changes: list[tuple[float, str, int]]) -> None:
    for place, piece, cut in changes:
        at = int(place * len(page))
        page = page[:at] + piece + page[at + cut :]
    converted = conversion.convert(page, link=lambda address: "tin.html")
    markdown.read(converted.markdown, "x.md", 1, markdown.Options())


@pytest.mark.parametrize(
    ("data", "declared", "text", "encoding"),
    [
        ("Hội nghị".encode(), "iso-8859-1", "Hội nghị", "utf-8"),
        (b"\xef\xbb\xbfx", "", "x", "utf-8"),
        (b"\xff\xfe" + "ộ".encode("utf-16-le"), "", "ộ", "utf-16-le"),
        ("“é”".encode("cp1252"), "iso-8859-1", "“é”", "cp1252"),
        (
            "D\u00e2n t\u00f4\u0323c".encode("cp1258"),
            "windows-1258",
            "D\u00e2n t\u00f4\u0323c",
            "cp1258",
        ),
        (
            b'<meta charset="koi8-r">' + "мир".encode("koi8-r"),
            "",
            '<meta charset="koi8-r">мир',
            "koi8-r",
        ),
        (b"\xe9", "no-such", "é", "cp1252"),
        (b"\xe9", "rot13", "é", "cp1252"),
    ],
)
def test_bytes_are_read_by_what_they_are(
    data: bytes, declared: str, text: str, encoding: str
) -> None:
    assert encodings.decode(data, declared) == (text, encoding)


def test_importers_are_asked_for_addresses_and_hear_of_pictures_without_words() -> None:
    page = (
        '<a href="//a.vn/x">a</a> <a href="cu.aspx?id=5">b</a> <a href="mat.html">c</a>\n'
        '<img src="1.jpg" width="300" alt="Họp dân"><img src="2.jpg"><img src="3.jpg" alt="Đi">'
    )
    converted = conversion.convert(
        page,
        link={"https://a.vn/x": "https://a.vn/x", "cu.aspx?id=5": "../10/moi.md"}.get,
        picture=lambda picture: None if picture.alt == "Đi" else f"anh/{picture.address}",
    )
    assert converted.markdown == (
        "[a](https://a.vn/x) [b](../10/moi.md) c "
        "![Họp dân](anh/1.jpg)[Ảnh chưa có lời mô tả](anh/2.jpg)\n"
    )
    assert [(each.address, each.width, each.line) for each in converted.pictures] == [
        ("1.jpg", 300, 2), ("2.jpg", 0, 2), ("3.jpg", 0, 2),
    ]  # fmt: skip
    assert [each.address for each in converted.undescribed] == ["2.jpg"]
    assert [(loss.kind, loss.text, loss.line) for loss in converted.losses] == [
        ("link", "c: mat.html", 1), ("img", "Đi", 2),
    ]  # fmt: skip
