"""What a page shows, text by text in its order: where the bulletin begins and ends in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from lxml import etree

from danvan_site.importers import tree
from danvan_site.importers.findings import Line, tidy

_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))  # fmt: skip
_SILENT = frozenset(("script", "style", "head", "title", "noscript", "template", "select",
                     "option", "textarea", "button"))  # fmt: skip
# Not forms: ASP.NET puts whole pages into one.
_ASIDE = frozenset(("nav", "header", "footer", "aside"))
_ENOUGH = 25  # letters from which a text speaks for the element that it is in


class Text(NamedTuple):
    """A text of the page: its line, the element it stands in (the nearest that is a block), how
    many of its letters are of links, and whether it is ``inside`` what was asked for."""

    line: Line
    element: etree._Element
    linked: int
    inside: bool


class _Open:
    """The text that is being read."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.linked = 0
        self.number = 0


def texts_of(root: etree._Element, inside: Sequence[etree._Element] = ()) -> list[Text]:
    """Return the texts under *root*; those in the elements *inside* are marked."""
    found: list[Text] = []
    marked = frozenset(inside)
    text = _Open()
    blocks = [root]
    links = within = 0

    def close() -> None:
        nonlocal text
        if not text.parts:  # most elements hold but others
            return
        raw = "".join(text.parts)
        words = tidy(tree.plain(raw))
        if words:
            line = Line(text.number, words, raw)
            found.append(Text(line, blocks[-1], text.linked, within > 0))
        text = _Open()

    def add(words: str, element: etree._Element) -> None:
        if not text.parts and words.isspace():
            return
        text.number = text.number or tree.line_of(element)
        text.parts.append(words)
        text.linked += len(words.strip()) if links else 0

    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag in _BLOCKS:
                close()
                blocks.append(element)
            within += element in marked
            links += tag == "a"
            if tag in _SILENT:
                walker.skip_subtree()
            elif element.text:
                add(element.text, element)
        else:
            if tag in _BLOCKS:
                close()
                blocks.pop()
            within -= element in marked
            links -= tag == "a"
            if element.tail and element is not root:
                add(element.tail, element)
    close()
    return found


def densest(texts: Sequence[Text]) -> etree._Element | None:
    """Return the element in which the most prose stands, None where there is none: each text that
    is not of links speaks for what it stands in, and half as much for what is around that."""
    scores: dict[etree._Element, float] = defaultdict(float)
    for each in texts:
        letters = len(each.line.text) - each.linked
        if letters < _ENOUGH or each.linked > letters or _is_aside(each.element):
            continue
        element = each.element
        if element.tag in ("p", "br", "li", "blockquote"):
            element = _parent(element)
        scores[element] += letters
        scores[_parent(element)] += letters / 2
    return max(scores, key=lambda each: scores[each], default=None)


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    return element if parent is None else parent


def _is_aside(element: etree._Element) -> bool:
    return element.tag in _ASIDE or any(each.tag in _ASIDE for each in element.iterancestors())
