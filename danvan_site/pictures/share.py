"""Pictures for those who pass a bulletin on: its title on paper, under the name of the site."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from danvan_site.pictures.cache import Cache

SIZE = (1200, 630)
PART = ".png"
_FONT = ("fontpkg_noto_serif", "files", "NotoSerif[wdth,wght].ttf")
_BOLD, _PLAIN = 700, 500
_MARGIN = 80
_BAND = 148  # the site's name stands in it
_TITLE = (200, 500)  # the title between these
_FOOT = 540
# From the largest to the smallest that can still be read in a small preview.
_SIZES = (72, 64, 56, 50, 44)
_LINE = 1.42  # of the size: as much as a capital with two marks takes, and a letter with one below
# Sixteen colours take half a byte each: eight steps from paper to ink, eight from the band's colour
# to that of the name on it.
_STEPS = 8
_ON_PAPER = [value * _STEPS // 256 for value in range(256)]
_ON_BAND = [_STEPS + value * _STEPS // 256 for value in range(256)]


class Card(NamedTuple):
    """What stands on a picture: the site's name, a title ('' on the one of the whole site), a line
    at the foot; and its colours, of paper, ink, band and the name on it (``#rrggbb``)."""

    site: str
    title: str
    foot: str
    colours: str


def card(cache: Cache, key: str, texts: Card) -> bytes:
    """Return the picture *key* as PNG; it is drawn where the cache does not have it."""
    data = cache.part(key, PART)
    if data is None:
        data = draw(texts)
        cache.keep(key, None, {PART: data})
    return data


def draw(texts: Card) -> bytes:
    """Return a picture with some texts on it, as PNG."""
    image = _ground(texts.site if texts.title else "").copy()
    size, lines = _set(texts.title or texts.site)
    step = round(size * _LINE)
    top = _TITLE[0] + (_TITLE[1] - _TITLE[0] - step * len(lines)) // 2
    for number, line in enumerate(lines):
        _write(image, (_MARGIN, top + number * step), line, size, _BOLD, _ON_PAPER)
    foot = _clipped(_known(texts.foot, _PLAIN), 32, _PLAIN)
    _write(image, (_MARGIN, _FOOT), foot, 32, _PLAIN, _ON_PAPER)
    image.putpalette(_palette(texts.colours.split()))
    file = io.BytesIO()
    image.save(file, "PNG", bits=4, compress_level=3)
    return file.getvalue()


@lru_cache(maxsize=4)
def _ground(site: str) -> Image.Image:
    """Return what all pictures of a site have."""
    image = Image.new("L", SIZE, 0)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], _BAND - 1), _STEPS)
    for left in range(0, SIZE[0], 24):
        pen.polygon([(left, _BAND), (left + 24, _BAND), (left + 12, _BAND + 18)], _STEPS)
    pen.rectangle((_MARGIN, _FOOT - 20, SIZE[0] - _MARGIN, _FOOT - 18), 2)
    name = _clipped(_known(site, _BOLD), 44, _BOLD)
    _write(image, (_MARGIN, (_BAND - round(44 * _LINE)) // 2), name, 44, _BOLD, _ON_BAND)
    return image


def _palette(colours: Sequence[str]) -> list[int]:
    paper, ink, band, name = (tuple(bytes.fromhex(each[1:])) for each in colours)
    pairs = ((paper, ink), (band, name))
    return [
        round(start + (end - start) * step / (_STEPS - 1))
        for first, last in pairs
        for step in range(_STEPS)
        for start, end in zip(first, last, strict=True)
    ]


def _write(
    image: Image.Image,
    at: tuple[int, int],
    text: str,
    size: int,
    weight: int,
    colours: Sequence[int],
) -> None:
    if not text:
        return
    line = Image.new("L", (SIZE[0] - at[0], round(size * _LINE)), 0)
    # The base line, not the top: nothing moves with the marks that a line happens to have.
    base = (0, round(size * 1.09))
    ImageDraw.Draw(line).text(base, text, 255, font=_font(size, weight), anchor="ls")
    image.paste(line.point(colours), at)


def _set(title: str) -> tuple[int, list[str]]:
    """Return the size in which a title fits, and its lines; the end of an endless one is cut."""
    words = _known(title, _BOLD).split()
    room = _TITLE[1] - _TITLE[0]
    for size in _SIZES:
        lines = _wrapped(words, size)
        if len(lines) * round(size * _LINE) <= room:
            return size, lines
    most = room // round(_SIZES[-1] * _LINE)
    lines = lines[:most]
    lines[-1] = _clipped(f"{lines[-1]} …", _SIZES[-1], _BOLD)
    return _SIZES[-1], lines


def _wrapped(words: Sequence[str], size: int) -> list[str]:
    room = SIZE[0] - 2 * _MARGIN
    space = _width(" ", size, _BOLD)
    lines: list[str] = []
    used = float(room)
    for word in words:
        width = _width(word, size, _BOLD)
        if used + space + width <= room:
            lines[-1] += f" {word}"
            used += space + width
        else:
            lines.append(word if width <= room else _clipped(word, size, _BOLD))
            used = width
    return lines


def _clipped(text: str, size: int, weight: int) -> str:
    """Return as much of a line as there is room for, with … where there is not enough."""
    room = SIZE[0] - 2 * _MARGIN
    if sum(_width(each, size, weight) for each in text) <= room:
        return text
    text = text.rstrip("… ")
    while text and sum(_width(each, size, weight) for each in f"{text} …") > room:
        text = text[:-1]
    return f"{text.rstrip()} …"


@lru_cache(maxsize=4096)
def _width(text: str, size: int, weight: int) -> float:
    return float(_font(size, weight).getlength(text))


@lru_cache(maxsize=16)
def _font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    data = io.BytesIO(_font_file())
    font = ImageFont.truetype(data, size, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([weight, 100])
    return font


@lru_cache(maxsize=1)
def _font_file() -> bytes:
    return Path(str(resources.files(_FONT[0]))).joinpath(*_FONT[1:]).read_bytes()


def _known(text: str, weight: int) -> str:
    """Return a text in letters that the font has: others without their marks, or not at all."""
    return "".join(_letter(each, weight) for each in unicodedata.normalize("NFC", text)).strip()


@lru_cache(maxsize=4096)
def _letter(letter: str, weight: int) -> str:
    for each in (letter, unicodedata.normalize("NFD", letter)[0]):
        if each == " " or bytes(_mask(each, weight)) != bytes(_mask("\U0010ffff", weight)):
            return each
    return ""


def _mask(letter: str, weight: int) -> bytes:
    return bytes(_font(_SIZES[-1], weight).getmask(letter))
