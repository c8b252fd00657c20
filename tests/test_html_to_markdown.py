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

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from danvan_site import markdown
from danvan_site.importers import conversion

CASES = Path(__file__).parent / "html-to-markdown"


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
