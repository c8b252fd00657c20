"""Footnotes as word processors leave them: two links that lead to one another, and a text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from lxml import etree

from danvan_site.importers import tree

# A reference stands in the text as its number between two characters that no page has.
_OPEN, _CLOSE = "\ue000", "\ue001"
_BLOCKS = frozenset(("p", "li", "div", "td", "dd", "section", "aside"))
_MOST = 500
_MOST_LINKS = 10  # of a note, among which that is which leads back


class Note(NamedTuple):
    """A footnote: its number (from 1), its element, which is no longer in the page."""

    number: int
    element: etree._Element

    @property
    def mark(self) -> str:
        """What stands in the text where the note belongs."""
        return f"{_OPEN}{self.number}{_CLOSE}"


def take(bodies: Sequence[etree._Element], root: etree._Element) -> list[Note]:
    """Take the footnotes of *bodies* out of the page, and put marks where they belong."""
    places = _places(root)
    outer = {each for body in bodies for each in (body, *body.iterancestors())}
    notes: list[Note] = []
    taken: set[etree._Element] = set()
    links: dict[etree._Element, list[etree._Element]] = {}
    for link in [each for body in bodies for each in body.iter("a")]:
        target = places.get((link.get("href") or "")[1:]) if _is_inner(link) else None
        text = _block(target) if target is not None else None
        if text is None or text in outer or text in taken or len(notes) == _MOST:
            continue
        if text not in links:
            links[text] = list(islice(text.iter("a"), _MOST_LINKS))
        back = next((each for each in links[text] if _leads_to(each, link, places)), None)
        if back is None or back is link or text in link.iterancestors():
            continue
        taken.add(text)
        notes.append(Note(len(notes) + 1, text))
        tree.remove(_whole(back))
        _replace(_whole(link), notes[-1].mark)
    for note in notes:
        tree.remove(note.element)
        note.element.tail = None
        note.element.tag = "div"  # no item of a list, no cell any more
    return notes


def settled(text: str, notes: Sequence[Note]) -> str:
    """Return *text* without marks."""
    for note in notes if _OPEN in text else ():
        text = text.replace(note.mark, "")
    return text


def _places(root: etree._Element) -> dict[str, etree._Element]:
    places: dict[str, etree._Element] = {}
    for element in root.iter():
        for name in (element.get("id"), element.get("name")):
            if name:
                places.setdefault(name, element)
    return places


def _is_inner(link: etree._Element) -> bool:
    return (link.get("href") or "")[:1] == "#"


def _leads_to(
    back: etree._Element, link: etree._Element, places: dict[str, etree._Element]
) -> bool:
    target = places.get((back.get("href") or "")[1:]) if _is_inner(back) else None
    return target is not None and (target is link or target is link.getparent())


def _block(element: etree._Element) -> etree._Element | None:
    around = (element, *element.iterancestors())
    return next((each for each in around if each.tag in _BLOCKS), None)


def _whole(link: etree._Element) -> etree._Element:
    """Return the link with what does no more than raise it."""
    parent = link.getparent()
    while (
        parent is not None
        and parent.tag in ("sup", "span")
        and len(parent) == 1
        and not (parent.text or "").strip()
        and not (link.tail or "").strip()
    ):
        link, parent = parent, parent.getparent()
    return link


def _replace(element: etree._Element, text: str) -> None:
    element.tail = tree.allowed(text + (element.tail or ""))
    tree.remove(element)
