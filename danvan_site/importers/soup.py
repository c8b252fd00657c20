"""The HTML of old portals becomes blocks: what Word, SharePoint and twenty years of editors left.

One walk over the parsed tree, without recursion: hostile nesting must not end the program.  What
has no place in Markdown is noted as a loss, with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import Any

from lxml import etree

from danvan_site import vietnamese
from danvan_site.importers.blocks import (
    BOLD,
    CODE,
    ITALIC,
    STRIKE,
    UNDERLINE,
    Block,
    Cell,
    Code,
    Items,
    Link,
    Loss,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Run,
    Table,
)  # fmt: skip

# Markdown readers end at some depth (ours at twenty); a list counts twice, itself and its item.
DEPTH = 14
_TAG_DEPTH = 400  # of tags, in what the parser refuses as too deep
_LOSS = 120  # characters of a loss that are told
_CAPTION = 300  # characters to which words under a picture can be its caption
_MOST_COLUMNS = 100

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)[^<>]*>")
_BREAK = re.compile(r"<!--.*?(?:-->|\Z)|</?(?:br|p|div|li|tr|td|h[1-6])\b[^<>]*>", re.DOTALL)
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
                   "param", "source", "track", "wbr"))  # fmt: skip
_BLOCKS = frozenset((
    "address", "article", "aside", "body", "center", "dd", "details", "dialog", "dir", "div", "dl",
    "dt", "fieldset", "footer", "form", "header", "hgroup", "html", "legend", "main", "menu", "nav",
    "optgroup", "option", "p",  "search", "section", "summary",
))  # fmt: skip
_MARKS = {
    **dict.fromkeys(("b", "strong", "dt", "summary"), BOLD),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), ITALIC),
    **dict.fromkeys(("s", "del", "strike"), STRIKE),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), CODE),
    **dict.fromkeys(("u", "ins"), UNDERLINE),
}
# What readers of the old page did not see, and what never held words.
# Not the empty elements of HTML 5: the parser takes what follows one for its content.
_SILENT = frozenset(("style", "head", "title", "meta", "link", "base", "template", "param", "col",
                     "colgroup", "rp"))  # fmt: skip
_LOST = frozenset(("script", "noscript", "svg", "math", "canvas", "map", "input", "select",
                   "textarea", "button", "applet", "datalist"))  # fmt: skip
_PLAYERS = frozenset(("iframe", "video", "audio", "embed", "object", "frame"))
_STYLE = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CAPTIONED = re.compile(
    r"(?:^|[\s_-])(?:\w*caption\w*|chu-?thich|desc-?image|image-?desc)(?:$|[\s_-])", re.IGNORECASE
)
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-url", "data-echo")
_STAND_IN = re.compile(
    r"^data:|(?:blank|spacer|transparent|placeholder|loading|lazy|1x1|pixel)[^/]*\.(?:gif|png|svg)$",
    re.IGNORECASE,
)
_PIXELS = re.compile(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$")
_YOUTUBE = re.compile(
    r"^(?:https?:)?//(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]{6,20})(?:[?&#].*)?$"
)
# Bytes of windows-1252 that were taken for controls; what steers the direction of writing.
_ODD = re.compile("[\x80-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PLAIN = {
    **dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], ""),
    **{code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)},
}
_RAISED = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


def plain(text: str) -> str:
    """Return *text* of a page in NFC, without what is invisible or steers, with its odd spaces
    plain ones; line feeds and tabs stay."""
    if not text.isprintable() and _ODD.search(text):
        text = text.translate(_PLAIN)
    return vietnamese.normalize(text)


def shortened(text: str) -> str:
    """Return *text* on one line, short enough for a report."""
    text = vietnamese.tidy_spaces(plain(text[: 4 * _LOSS]))
    return text if len(text) <= _LOSS else text[: _LOSS - 1] + "…"


def without_tags(html: str) -> str:
    """Return a short piece of HTML as text: without tags, with its entities as letters."""
    return unescape(_TAG.sub("", _BREAK.sub(" ", html)))


@dataclass(slots=True)
class Soup:
    """What was found in a page: its blocks, its pictures in their order, what was lost."""

    blocks: list[Block]
    pictures: list[Picture]
    losses: list[Loss]


def read(html: str) -> Soup:
    """Return the blocks of *html*, a part of a page or a whole one."""
    reader = _Reader()
    body, losses = _parsed(html)
    reader.losses += losses
    if body is not None:
        reader.walk(body)
    return Soup(reader.blocks, reader.pictures, reader.losses)


def _parsed(html: str) -> tuple[etree._Element | None, list[Loss]]:
    root, too_deep = _tree(html)
    if not too_deep:
        return root, []
    flatter, loss = _flattened(html)
    root, too_deep = _tree(flatter)
    if too_deep:  # tags closed in an order that no count can follow: their words are left
        root, _ = _tree(_TAG.sub(" ", html))
    return root, [loss]


def _tree(html: str) -> tuple[etree._Element | None, bool]:
    """Return the tree of *html*, and whether the parser gave up because of its depth."""
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        root = etree.fromstring(html.replace("\0", "").encode("utf-8", "ignore"), parser)
    except etree.XMLSyntaxError:
        return None, False  # nothing in it
    too_deep = any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)
    return root, too_deep


def _flattened(html: str) -> tuple[str, Loss]:
    """Return *html* without the tags that stand deeper than any page needs; their words stay."""
    opened: dict[str, int] = {}
    depth = 0
    first = len(html)

    def keep(match: re.Match[str]) -> str:
        nonlocal depth, first
        closing, name = match[1], match[2].lower()
        if name in _VOID:
            return match[0]
        if closing:
            if not opened.get(name):
                return ""
            opened[name] -= 1
            depth -= 1
            return match[0] if depth < _TAG_DEPTH else " "
        opened[name] = opened.get(name, 0) + 1
        depth += 1
        if depth <= _TAG_DEPTH:
            return match[0]
        first = min(first, match.start())
        return " "

    flatter = _TAG.sub(keep, html)
    return flatter, Loss("depth", "", html.count("\n", 0, first) + 1)


@dataclass(slots=True)
class _Frame:
    """What an element changes, as it was before it; ``close`` ends what it opened."""

    marks: int
    link: Link | None
    level: int
    raised: dict[int, int] | None
    depth: int
    sink: list[Block]
    close: Callable[[etree._Element], None] | None = None


class _Reader:
    """The walk.  ``_sink`` takes the blocks, ``_runs`` the words of the paragraph that is open."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.pictures: list[Picture] = []
        self.losses: list[Loss] = []
        self._sink = self.blocks
        self._runs: list[Run] = []
        self._tail: list[str] = []  # the words of the last run, not yet put together
        self._line = 1
        self._words = 0  # how often some were added
        self._space = False
        self._marks = 0
        self._link: Link | None = None
        self._level = 0  # of the heading that is open
        self._raised: dict[int, int] | None = None
        self._depth = 0
        self._lists: list[tuple[Items, list[Block]]] = []
        self._orphans: Items | None = None  # the list of items that stood in none
        self._tables: list[Table] = []
        self._figures: list[tuple[int, list[str]]] = []
        self._frames: list[_Frame] = []

    def walk(self, root: etree._Element) -> None:
        """Take the element *root* and all in it."""
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                frame = _Frame(
                    self._marks, self._link, self._level, self._raised, self._depth, self._sink
                )
                self._frames.append(frame)
                if self._start(element, element.tag, frame):
                    walker.skip_subtree()
                elif element.text:
                    self._text(element.text, element)
            else:
                self._end(element)
                if element.tail:
                    self._text(element.tail, element)
        self._flush()

    def _start(self, element: etree._Element, tag: str, frame: _Frame) -> bool:
        """Open *element*; return True where nothing in it is to be looked at."""
        if tag in _SILENT:
            return True
        attributes = element.attrib
        if attributes and self._is_hidden(element, tag):
            return True
        handler = _HANDLERS.get(tag)
        if handler:
            return handler(self, element, frame)
        if tag in _BLOCKS:
            self._flush()
            frame.close = self._flushed
            if "class" in attributes:
                self._take_class(element, frame)
        self._mark(element, tag, frame)
        return False

    def _end(self, element: etree._Element) -> None:
        frame = self._frames.pop()
        if frame.close:
            frame.close(element)
        self._marks, self._link, self._level = frame.marks, frame.link, frame.level
        self._raised, self._depth = frame.raised, frame.depth

    def _flushed(self, _: etree._Element) -> None:
        self._flush()

    # words

    def _text(self, text: str, element: etree._Element) -> None:
        words = " ".join(text.split())
        if not words.isprintable():
            words = " ".join(plain(words).split())
        if not words:
            self._space = True
            return
        if not self._runs:
            self._line = _line_of(element)
        if self._raised is not None:
            words = self._set_off(words, self._raised, element)
        self._add(words, self._space or text[0].isspace())
        self._space = text[-1].isspace()

    def _add(self, words: str, spaced: bool) -> None:
        last = self._runs[-1] if self._runs else None
        if spaced and last and last.text != "\n":
            words = f" {words}"
        self._words += 1
        marks = self._marks & ~UNDERLINE
        if self._tail and last and last.marks == marks and last.link is self._link:
            self._tail.append(words)
        else:
            self._put(Run(words, marks, self._link))
            self._tail = [words]

    def _put(self, run: Run) -> None:
        if self._tail:
            self._runs[-1].text = vietnamese.nfc("".join(self._tail))
            self._tail = []
        self._runs.append(run)

    def _set_off(self, words: str, letters: dict[int, int], element: etree._Element) -> str:
        """Return *words* raised or lowered by characters of their own, where there are such."""
        if all(ord(each) in letters or each == " " for each in words):
            return words.translate(letters)
        self._lose("sup" if letters is _RAISED else "sub", words, element)
        return words

    def _flush(self) -> None:
        """Close the paragraph that is open."""
        self._space = False
        if not self._runs:
            return
        self._put(Run("\n"))
        runs = self._runs
        self._runs = []
        while runs and runs[-1].text == "\n":
            runs.pop()
        self._sink.append(Paragraph(runs, self._line, self._level))

    def _lose(self, kind: str, text: str, element: etree._Element) -> None:
        self.losses.append(Loss(kind, shortened(text), _line_of(element)))

    # marks

    def _is_hidden(self, element: etree._Element, tag: str) -> bool:
        style = element.get("style")
        if "hidden" not in element.attrib and not (style and _HIDDEN.search(style)):
            return False
        if tag in ("html", "body"):
            return False  # a script showed it when all was there
        self._lose("hidden", _words_of(element), element)
        return True

    def _mark(self, element: etree._Element, tag: str, frame: _Frame) -> None:
        marks = self._marks | _MARKS.get(tag, 0)
        style = element.get("style")
        if style:
            marks = _styled(style.lower(), marks)
        self._marks = marks
        if marks & UNDERLINE and not frame.marks & UNDERLINE and not self._link:
            words = _words_of(element)
            if words:
                self._lose("u", words, element)

    def _heading(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        frame.close = self._flushed
        self._level = int(element.tag[1])
        return False

    def _line_break(self, element: etree._Element, frame: _Frame) -> bool:
        """A line ends; the second time in a row, the paragraph."""
        if self._level:
            self._space = True
            return True
        if self._runs and self._runs[-1].text == "\n":
            self._flush()
        elif self._runs:
            self._put(Run("\n"))
        self._space = False
        return True

    def _rule(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        if self._sink and not isinstance(self._sink[-1], Rule):
            self._sink.append(Rule())
        return True

    def _anchor(self, element: etree._Element, frame: _Frame) -> bool:
        address = clean_address(element.get("href"))
        self._mark(element, "a", frame)
        if not address:
            return False
        link = self._link = Link(address, _line_of(element))
        words, pictures = self._words, len(self.pictures)

        def close(_: etree._Element) -> None:
            if self._words == words and len(self.pictures) == pictures:
                self._lose("link", link.address, element)

        if address[:1] != "#":
            frame.close = close
        return False

    def _quoted(self, element: etree._Element, frame: _Frame) -> bool:
        self._add("“", self._space)
        self._space = False

        def close(_: etree._Element) -> None:
            self._add("”", False)
            self._space = False

        frame.close = close
        return False

    def _script(self, element: etree._Element, frame: _Frame) -> bool:
        self._raised = _RAISED if element.tag == "sup" else _LOWERED
        return False

    def _lost(self, element: etree._Element, frame: _Frame) -> bool:
        text = element.get("src") or element.get("value") or _words_of(element)
        if element.tag != "noscript" or text:
            self._lose(element.tag, text, element)
        return True

    def _abbreviation(self, element: etree._Element, frame: _Frame) -> bool:
        if element.get("title"):
            self._lose("abbr", f"{_words_of(element)}: {element.get('title')}", element)
        return False

    # blocks of blocks

    def _goes_deeper(self, levels: int, element: etree._Element) -> bool:
        """Count *levels* more of nesting; where these are too many, say so, and stay."""
        if self._depth + levels > DEPTH:
            self._lose("depth", _words_of(element), element)
            return False
        self._depth += levels
        return True

    def _quote(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        frame.close = self._flushed
        if not self._goes_deeper(1, element):
            return False
        self._level = 0
        blocks = self._sink = list[Block]()

        def close(_: etree._Element) -> None:
            self._flush()
            self._sink = frame.sink
            if blocks:
                self._sink.append(Quote(blocks))

        frame.close = close
        return False

    def _list(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        frame.close = self._flushed
        if not self._goes_deeper(2, element):
            return False
        start = None
        if element.tag == "ol":
            given = (element.get("start") or "").strip()
            start = int(given) if re.fullmatch("[0-9]{1,9}", given) else 1
            if element.get("type", "1").strip() not in ("1", ""):
                self._lose("ol", f"type={element.get('type')}", element)
        items = Items(start)
        loose = self._sink = list[Block]()
        self._lists.append((items, loose))

        def close(_: etree._Element) -> None:
            self._flush()
            self._lists.pop()
            _take_loose(items, loose)
            self._sink = frame.sink
            if items.items:
                self._sink.append(items)

        frame.close = close
        return False

    def _item(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        frame.close = self._flushed
        self._level = 0
        items, loose = self._lists[-1] if self._lists else (None, None)
        if items is None or loose is not self._sink:  # an item in no list, or in the list's middle
            if self._sink and self._sink[-1] is self._orphans:
                items = self._orphans
            elif not self._goes_deeper(2, element):
                return False
            else:
                items = self._orphans = Items(None)
                self._sink.append(items)
        else:
            _take_loose(items, loose)
        blocks = self._sink = list[Block]()

        def close(_: etree._Element) -> None:
            self._flush()
            self._sink = frame.sink
            if blocks:
                items.items.append(blocks)
            elif self._sink and self._sink[-1] is items and not items.items:
                self._sink.pop()

        frame.close = close
        return False

    def _preformatted(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        parts: list[str] = []
        for event, each in etree.iterwalk(element, events=("start", "end")):
            if event == "start":
                parts.append("\n" if each.tag == "br" else each.text or "")
                if each.tag in ("a", "img"):
                    self._lose(each.tag, each.get("href") or each.get("src") or "", each)
            elif each is not element:
                parts.append(each.tail or "")
        text = plain("".join(parts).replace("\r\n", "\n").replace("\r", "\n"))
        lines = [line.expandtabs(4).rstrip() for line in text.split("\n")]
        text = "\n".join(lines).strip("\n")
        if text:
            self._sink.append(Code(text))
        return True

    # tables

    def _table(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        table = Table(_line_of(element))
        self._tables.append(table)
        around = self._sink = list[Block]()
        for_layout = element.get("role") in ("presentation", "none")

        def close(table_element: etree._Element) -> None:
            self._flush()
            self._tables.pop()
            self._sink = frame.sink
            self._sink += around
            self._take_table(table, for_layout, table_element)

        frame.close = close
        return False

    def _take_table(self, table: Table, for_layout: bool, element: etree._Element) -> None:
        cells = [cell for row in table.rows for cell in row if cell.blocks]
        if not cells:
            return
        columns = max(sum(cell.colspan for cell in row) for row in table.rows)
        plain_cells = all(
            isinstance(block, Paragraph) and not block.level
            for cell in cells
            for block in cell.blocks
        )
        several = sum(any(cell.blocks for cell in row) for row in table.rows)
        used = max(sum(bool(cell.blocks) for cell in row) for row in table.rows)
        if plain_cells and used > 1 and not for_layout:
            self._sink.append(table)
            return
        if used == 1 and several == 2:
            _caption_below(cells)
        elif columns > 1 and used > 1:
            self._lose("table", _words_of(element), element)
        for cell in cells:
            self._sink += cell.blocks

    def _part(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        frame.close = self._flushed
        return False

    def _row(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        frame.close = self._flushed
        if self._tables:
            self._tables[-1].rows.append([])
        return False

    def _cell(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        frame.close = self._flushed
        if not self._tables:
            return False
        rows = self._tables[-1].rows
        if not rows:
            rows.append([])
        cell = Cell(
            [],
            _span(element.get("colspan"), _MOST_COLUMNS),
            _span(element.get("rowspan"), 65534),
            element.tag == "th",
        )
        rows[-1].append(cell)
        self._level = 0
        self._sink = cell.blocks

        def close(_: etree._Element) -> None:
            self._flush()
            self._sink = frame.sink

        frame.close = close
        self._mark(element, "td", frame)
        return False

    # pictures and players

    def _picture(self, element: etree._Element, frame: _Frame) -> bool:
        alt = vietnamese.tidy_spaces(plain(element.get("alt") or ""))
        address = _source_of(element)
        if "emoji" in element.get("class", "") or "wp-smiley" in element.get("class", ""):
            self._text(f" {alt} ", element)
            return True
        width, height = _pixels(element, "width"), _pixels(element, "height")
        if not address or (width == 1 and height == 1):
            self._lose("img", alt or address or element.get("src") or "", element)
            return True
        if not self._runs:
            self._line = _line_of(element)
        picture = Picture(address, alt, "", width, "", _line_of(element))
        link = self._link
        if link and _PICTURE_FILE.search(link.address):
            picture.linked, link = link.address, None
        self.pictures.append(picture)
        after_word = self._space and self._runs and self._runs[-1].text != "\n"
        self._put(Run(" " if after_word else "", 0, link, picture))
        self._space = False
        return True

    def _player(self, element: etree._Element, frame: _Frame) -> bool:
        address = _played(element)
        self._lose(element.tag, address or _words_of(element), element)
        if address:
            self._flush()
            label = plain(element.get("title") or "").strip() or address
            self._line = _line_of(element)
            link = Link(address, _line_of(element))
            self._put(Run(vietnamese.tidy_spaces(label), 0, link))
            self._flush()
        # To the parser what follows `embed` is in it.
        return str(element.tag) != "embed"

    def _figure(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        first, captions = len(self.pictures), list[str]()
        self._figures.append((first, captions))

        def close(_: etree._Element) -> None:
            self._flush()
            self._figures.pop()
            text = " ".join(captions)
            for picture in self.pictures[first:] if len(text) <= _CAPTION else ():
                picture.caption = picture.caption or text

        frame.close = close
        return False

    def _caption(self, element: etree._Element, frame: _Frame) -> bool:
        self._flush()
        first = len(self.pictures)
        blocks = self._sink = list[Block]()

        def close(_: etree._Element) -> None:
            self._flush()
            self._sink = frame.sink
            words = [each for each in blocks if isinstance(each, Paragraph) and each.text]
            text = " ".join(each.text for each in words)
            if self._figures:
                self._figures[-1][1].append(text[: _CAPTION + 1])
                pictures: list[Picture] = []
            else:
                pictures = self.pictures[first:] or _pictures_above(self._sink)
            for picture in pictures if 0 < len(text) <= _CAPTION else ():
                picture.caption = picture.caption or text
            if self._figures or pictures:
                _make_italic(words)
            self._sink += blocks

        frame.close = close
        return False

    def _take_class(self, element: etree._Element, frame: _Frame) -> None:
        classes = element.get("class", "")
        if "wp-caption" in classes.split():
            self._figure(element, frame)
        elif _CAPTIONED.search(classes):
            self._caption(element, frame)


_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?)(?:[?#].*)?$", re.IGNORECASE)
_Handler = Callable[[_Reader, etree._Element, _Frame], bool]
_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _Reader._heading),
    **dict.fromkeys(("sup", "sub"), _Reader._script),
    **dict.fromkeys(("ul", "ol", "dir", "menu"), _Reader._list),
    **dict.fromkeys(("pre", "xmp", "listing", "plaintext"), _Reader._preformatted),
    **dict.fromkeys(("td", "th"), _Reader._cell),
    **dict.fromkeys(("caption", "tbody", "thead", "tfoot"), _Reader._part),
    **dict.fromkeys(_PLAYERS, _Reader._player),
    **dict.fromkeys(_LOST, _Reader._lost),
    "a": _Reader._anchor,
    "abbr": _Reader._abbreviation,
    "acronym": _Reader._abbreviation,
    "blockquote": _Reader._quote,
    "br": _Reader._line_break,
    "figcaption": _Reader._caption,
    "figure": _Reader._figure,
    "hr": _Reader._rule,
    "image": _Reader._picture,
    "img": _Reader._picture,
    "li": _Reader._item,
    "q": _Reader._quoted,
    "table": _Reader._table,
    "tr": _Reader._row,
}


def clean_address(address: str | None) -> str:
    """Return an address as browsers take it: without spaces at its ends, line feeds, controls."""
    if not address:
        return ""
    return vietnamese.without_controls(re.sub(r"[\t\r\n]", "", address).strip())


def _styled(style: str, marks: int) -> int:
    """Return the marks that a style gives; it can take away those of the tags around it."""
    for name, value in _STYLE.findall(style):
        value = value.strip()
        if name == "font-weight":
            heavy = value.startswith("bold") or re.match("[6-9]00|1000", value)
            marks = marks | BOLD if heavy else marks & ~BOLD
        elif name == "font-style":
            slanted = value.startswith(("italic", "oblique"))
            marks = marks | ITALIC if slanted else marks & ~ITALIC
        elif name.startswith("text-decoration"):
            marks |= STRIKE if "line-through" in value else 0
            marks |= UNDERLINE if "underline" in value else 0
    return marks


def _line_of(element: Any) -> int:
    return int(element.sourceline or 1)


def _words_of(element: etree._Element) -> str:
    """Return how the text of *element* begins."""
    return shortened(" ".join(str(text) for text in islice(element.itertext(), 60)))


def _take_loose(items: Items, loose: list[Block]) -> None:
    """What stood between the items of a list: a list belongs to the item before it, all other
    blocks are an item."""
    if not loose:
        return
    if items.items and all(isinstance(block, Items) for block in loose):
        items.items[-1] += loose
    else:
        items.items.append(list(loose))
    loose.clear()


def _span(given: str | None, most: int) -> int:
    return min(max(int(given), 1), most) if given and re.fullmatch("[0-9]{1,6}", given) else 1


def _caption_below(cells: list[Cell]) -> None:
    """A table of a picture and a line below it is how old editors wrote captions."""
    above, below = cells[0].blocks, cells[-1].blocks
    words = [block for block in below if isinstance(block, Paragraph)]
    text = " ".join(block.text for block in words)
    pictures = _pictures_above(above)
    if pictures and len(words) == len(below) and 0 < len(text) <= _CAPTION:
        _make_italic(words)
        for picture in pictures:
            picture.caption = picture.caption or text


def _pictures_above(blocks: list[Block]) -> list[Picture]:
    """Return the pictures of the last paragraph of *blocks*, where it has nothing else."""
    last = blocks[-1] if blocks else None
    if not isinstance(last, Paragraph) or not last.is_picture:
        return []
    return [run.picture for run in last.runs if run.picture]


def _make_italic(paragraphs: list[Paragraph]) -> None:
    for paragraph in paragraphs:
        for run in paragraph.runs:
            run.marks |= 0 if run.picture or run.text == "\n" else ITALIC


def _source_of(element: etree._Element) -> str:
    """Return the address of a picture; scripts that load it late keep it elsewhere."""
    source = clean_address(element.get("src"))
    if source and not _STAND_IN.search(source):
        return source
    for name in _LAZY:
        address = clean_address(element.get(name))
        if address:
            return address
    for name in ("data-srcset", "data-lazy-srcset", "srcset"):
        address = _largest(element.get(name) or "")
        if address:
            return address
    return source


def _largest(srcset: str) -> str:
    """Return the address of the largest picture of a ``srcset``, the first of equal ones."""
    best, size = "", -1.0
    for candidate in re.finditer(r"([^\s,]\S*[^\s,]|[^\s,])(?:\s+([\d.]{1,9})[wx])?", srcset):
        given = float(candidate[2]) if re.fullmatch(r"\d+\.?\d*", candidate[2] or "") else 1.0
        if given > size:
            best, size = candidate[1], given
    return clean_address(best)


def _pixels(element: etree._Element, name: str) -> int:
    style = re.search(rf"(?:^|[;\s]){name}\s*:\s*(\d{{1,5}})(?:\.\d+)?px", element.get("style", ""))
    given = _PIXELS.match(element.get(name) or "")
    found = style or given
    return int(found[1]) if found else 0


def _played(element: etree._Element) -> str:
    """Return the address of what a player plays, for YouTube that of its page."""
    candidates = [element.get(name) for name in ("src", "data", "data-src")]
    for each in islice(element.iter("source", "embed", "param"), 20):
        if each.tag != "param":
            candidates.append(each.get("src"))
        elif (each.get("name") or "").lower() in ("movie", "src", "filename", "url"):
            candidates.append(each.get("value"))
    address = next(filter(None, map(clean_address, candidates)), "")
    video = _YOUTUBE.match(address)
    return f"https://www.youtube.com/watch?v={video[1]}" if video else address
