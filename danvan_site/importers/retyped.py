"""Pages typed for the fonts of before Unicode, font by font: see `legacy_fonts`."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from danvan_site.importers import legacy_fonts, tree

_FAMILY = re.compile(r"font-family\s*:\s*([^;}]+)", re.IGNORECASE)
_FONTS = re.compile(r"\.Vn\w{1,30}|\bVNI-[\w-]{1,30}")
_HIDDEN = frozenset(("script", "style", "title"))


@dataclass(frozen=True, slots=True)
class Retyped:
    """For what a page was typed (``tcvn3``, ``vni``), '' where it was Unicode; ``font`` is the one
    that it names.  What is not ``certain`` was left as it is."""

    encoding: str = ""
    font: str = ""
    certain: bool = True

    @property
    def shown(self) -> str:
        """The font, or the kind of fonts, as messages name it."""
        kind = self.encoding.upper()
        return f"{self.font} ({kind})" if self.font else kind


class _Piece(NamedTuple):
    """A text of the tree: that in *element*, or behind it; the font in force there."""

    element: etree._Element
    is_tail: bool
    text: str
    font: str


def to_unicode(root: etree._Element, source: str) -> Retyped:
    """Bring the texts under *root* to Unicode that were typed for other fonts; tell for which.

    Texts in a font of the kind that the page names are taken together, and all that are in none.
    """
    named = tuple(dict.fromkeys(_FONTS.findall(source[:2_000_000])))
    if source.isascii() and "&" not in source:
        return Retyped()
    groups: dict[str, list[_Piece]] = defaultdict(list)
    for piece in _pieces(root):
        groups[legacy_fonts.of_font(piece.font)[0]].append(piece)
    result = Retyped()
    for encoding, pieces in groups.items():
        fonts = named if not encoding else (pieces[0].font,)
        now = _convert(pieces, fonts, in_doubt=not encoding)
        if now.encoding and (not result.encoding or not now.certain):
            result = now
    return result


def _convert(pieces: list[_Piece], fonts: tuple[str, ...], in_doubt: bool) -> Retyped:
    """Bring *pieces* to Unicode.  *in_doubt* they are in no font of the old kind by themselves;
    what reads as well as it stands is then left, where other texts of the page are Unicode."""
    old = [each for each in pieces if not legacy_fonts.is_unicode(each.text)]
    detected = legacy_fonts.detect(" ".join(each.text for each in old), fonts)
    if not detected.encoding:
        return Retyped()
    kinds = {font: legacy_fonts.of_font(font)[0] for font in fonts}
    font = next((each for each in fonts if kinds[each] == detected.encoding), "")
    if not detected.certain:
        return Retyped(detected.encoding, font, False)
    is_mixed = in_doubt and len(old) < len(pieces)
    for piece in old:
        if is_mixed and not legacy_fonts.reads_better(piece.text, detected.encoding):
            continue
        _, capitals = legacy_fonts.of_font(piece.font)
        text = tree.allowed(legacy_fonts.convert(piece.text, detected.encoding, capitals))
        if piece.is_tail:
            piece.element.tail = text
        else:
            piece.element.text = text
    return Retyped(detected.encoding, font)


def _pieces(root: etree._Element) -> list[_Piece]:
    """Return the texts that have letters beyond ASCII, or capitals may have to be made of."""
    pieces: list[_Piece] = []
    fonts = [""]
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            fonts.append(_font_of(element) or fonts[-1])
            if element.text and element.tag not in _HIDDEN and _matters(element.text, fonts[-1]):
                pieces.append(_Piece(element, False, element.text, fonts[-1]))
        else:
            fonts.pop()
            if element.tail and _matters(element.tail, fonts[-1]):
                pieces.append(_Piece(element, True, element.tail, fonts[-1]))
    return pieces


def _matters(text: str, font: str) -> bool:
    return not text.isascii() or (bool(font) and legacy_fonts.of_font(font)[1])


def _font_of(element: etree._Element) -> str:
    """Return the first font that an element itself sets, '' where it sets none."""
    style = element.get("style")
    match = _FAMILY.search(style) if style else None
    families = match[1] if match else element.get("face") or ""
    return families.partition(",")[0].strip().strip("\"'")
