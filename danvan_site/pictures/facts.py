"""What is known of a picture without opening it: what it is called, what there is of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

# Another recipe, other bytes: every picture is made anew, under another address.
_RECIPE = "1"
_SHARE_RECIPE = "1"
_NUMBER = r"\s*([0-9]*\.?[0-9]+(?:e[+-]?\d+)?)\s*"
_LENGTH = re.compile(rf"{_NUMBER}(px|pt|pc|mm|cm|in)?\s*", re.IGNORECASE)
_PIXELS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
}
_ROOT = re.compile(r"<svg\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_VIEW_BOX = re.compile(r"[\s,]+")
# A drawing that has no size of its own fills the room there is.
_ANY_WIDTH = 1600


class Variant(NamedTuple):
    """One of the files made of a picture: what its name ends with, its size in pixels."""

    name: str
    width: int
    height: int


class Facts(NamedTuple):
    """What pages have to know of a picture.

    ``width`` and ``height`` (pixels) are of the picture as it is seen, ``format`` is what it is,
    whatever it is called.  ``webp`` go from the narrowest to the widest; of a picture that moves
    ``still`` are pictures that do not, of any other they are the same.  ``fallback`` is for what
    does not read WebP.
    """

    key: str
    width: int
    height: int
    format: str
    webp: Sequence[Variant]
    still: Sequence[Variant]
    fallback: Variant

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Self:
        """Return the facts that are kept as JSON values."""
        *plain, webp, still, fallback = row
        webp, still = ([Variant(*each) for each in some] for some in (webp, still))
        return cls._make((*plain, webp, still, Variant(*fallback)))

    @property
    def variants(self) -> list[Variant]:
        """All files made of the picture."""
        return list(dict.fromkeys((*self.webp, *self.still, self.fallback)))


def key_of(digest: str, quality: int) -> str:
    """Return what names all that is made of the picture with this digest."""
    return digest_of(f"{_RECIPE} {quality} {digest}".encode())


def share_key(texts: Sequence[str]) -> str:
    """Return what names the picture on which these texts stand."""
    return digest_of("\0".join((_SHARE_RECIPE, *texts)).encode("utf-8", "surrogatepass"))


def digest_of(data: bytes) -> str:
    """Return a digest (blake2b, 16 bytes, hexadecimal)."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def svg_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a drawing in CSS pixels, None where it tells neither.

    One that tells only its proportions is as wide as a page can be.
    """
    root = _ROOT.search(data[:100_000].decode("utf-8", "replace"))
    if not root:
        return None
    width, height = (_length(_attribute(root[0], name)) for name in ("width", "height"))
    box = _VIEW_BOX.split(_attribute(root[0], "viewBox").strip())
    numbers = [_length(each) for each in box]
    across, down = numbers[2:] if len(numbers) == 4 else (0.0, 0.0)
    if not (width and height) and across and down:
        width = width or (height * across / down if height else _ANY_WIDTH)
        height = height or width * down / across
    if not (0.5 <= width <= 1e6 and 0.5 <= height <= 1e6):
        return None
    return max(round(width), 1), max(round(height), 1)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"\s{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", tag)
    return (found[1] or found[2] or "") if found else ""


def _length(text: str) -> float:
    found = _LENGTH.fullmatch(text)
    return float(found[1]) * _PIXELS[(found[2] or "").lower()] if found else 0.0
