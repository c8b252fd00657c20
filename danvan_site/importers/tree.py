"""The tree of an old page, and what its attributes say; hostile nesting and addresses included."""

from __future__ import annotations

import re
from html import unescape
from itertools import islice
from typing import Any

from lxml import etree

from danvan_site import vietnamese
from danvan_site.importers.blocks import Loss

_TAG_DEPTH = 400  # of tags, in what the parser refuses as too deep
_LOSS = 120  # characters of a loss that are told

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)[^<>]*>")
_BREAK = re.compile(r"<!--.*?(?:-->|\Z)|</?(?:br|p|div|li|tr|td|h[1-6])\b[^<>]*>", re.DOTALL)
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
                   "param", "source", "track", "wbr"))  # fmt: skip
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-url", "data-echo")
_STAND_IN = re.compile(
    r"^data:|(?:blank|spacer|transparent|placeholder|loading|lazy|1x1|pixel)[^/]*\.(?:gif|png|svg)$",
    re.IGNORECASE,
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
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


def parse(html: str) -> tuple[etree._Element | None, list[Loss]]:
    """Return the tree of *html*, None where there is nothing in it, and what did not come into it:
    what stands too deep keeps its words alone.  No input raises."""
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


def clean_address(address: str | None) -> str:
    """Return an address as browsers take it: without spaces at its ends, line feeds, controls."""
    if not address:
        return ""
    return vietnamese.without_controls(re.sub(r"[\t\r\n]", "", address).strip())


def remove(element: etree._Element) -> None:
    """Take *element* out of its tree; what stands behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if element.tail and before is None:
        parent.text = allowed((parent.text or "") + element.tail)
    elif element.tail and before is not None:
        before.tail = allowed((before.tail or "") + element.tail)
    parent.remove(element)


def allowed(text: str) -> str:
    """Return *text* as a tree takes it: its parser lets through controls that it does not."""
    return _CONTROLS.sub(" ", text)


def line_of(element: Any) -> int:
    """Return the line of *element* in the HTML, from 1."""
    return int(element.sourceline or 1)


def words_of(element: etree._Element) -> str:
    """Return how the text of *element* begins."""
    return shortened(" ".join(str(text) for text in islice(element.itertext(), 60)))


def source_of(element: etree._Element) -> str:
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


def pixels(element: etree._Element, name: str) -> int:
    """Return the ``width`` or ``height`` at which *element* was shown, 0 where it is not said."""
    style = re.search(rf"(?:^|[;\s]){name}\s*:\s*(\d{{1,5}})(?:\.\d+)?px", element.get("style", ""))
    given = _PIXELS.match(element.get(name) or "")
    found = style or given
    return int(found[1]) if found else 0


def played(element: etree._Element) -> str:
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
