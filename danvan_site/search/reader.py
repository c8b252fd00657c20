"""Reading a published index: the client's way of reading, for the command line.

Everything here has its namesake in ``templates/giao-dien/search.js``; `lists` describes the format.
"""

from __future__ import annotations

import codecs
import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from danvan_site.search import analysis, coding, hashing
from danvan_site.search.documents import BODY, FIELDS, LEAD
from danvan_site.search.hashing import CHECK_BITS, KEY_BITS, RANKS, SPELLING_BITS, UNCOMMON
from danvan_site.search.layout import FOLDER, chunk_path
from danvan_site.search.lists import (
    KEY_RICE,
    POSITION_RICE,
    SMALL_KEY_RICE,
    WIDTH_BITS,
    Kind,
    rice_parameter,
)
from danvan_site.search.postings import POSITION_BITS, REST_BITS

_ATTRIBUTE = re.compile(r'id="search-data"[^>]*\sdata-index="([^"]*)"')
_STRING = re.compile('"([^"]*)"')


class IndexDamaged(Exception):
    """A file of the index that is missing or cannot be read; its path is the argument."""


@dataclass(frozen=True, slots=True)
class Name:
    """What names a list: the hash that tells its chunk, a word's place among the common ones, key,
    spelling and check."""

    place: int
    rank: int
    key: int
    spelling: int
    check: int


@dataclass(slots=True)
class Postings:
    """A list as read.

    ``codes`` are [length, bits] of what follows each occurrence of a pair; ``accented`` and
    ``places`` are of a word of the second segment: its hash, and in each bulletin where it stands.
    """

    key: int
    spelling: int
    check: int
    order: int
    documents: list[int] = field(default_factory=list)
    masks: list[int] = field(default_factory=list)
    amounts: list[Any] = field(default_factory=list)
    codes: list[tuple[int, int]] = field(default_factory=list)
    accented: int = 0
    places: list[list[int]] = field(default_factory=list)


@cache
def _hashes(word: str) -> tuple[int, int, int]:
    accented, folded = analysis.terms_of(word)
    texts = ((folded, 0), (folded, 1), (accented, 1))
    place, key, spelling = (hashing.text_hash(text, number) for text, number in texts)
    return place, key, spelling


def mixed(first: int, second: int) -> int:
    """Return one hash of two."""
    with np.errstate(over="ignore"):
        return int(hashing.mix(np.array([first], np.uint32), np.array([second], np.uint32))[0])


def name_of(first: str, second: str = "") -> Name:
    """Return the name of a word's list, or of a pair's."""
    rank = UNCOMMON if second else RANKS.get(analysis.terms_of(first)[1], UNCOMMON)
    one, two = _hashes(first), _hashes(second) if second else (0, 0, 0)
    place, key, accented = map(mixed, one, two)
    if not second:
        accented = one[2]
    spelling, check = accented >> (32 - SPELLING_BITS), accented & ((1 << CHECK_BITS) - 1)
    return Name(place, rank, key >> (32 - KEY_BITS), spelling, check)


class Published:
    """The index of the site published in *folder*.

    Raises FileNotFoundError where there is no search page and IndexDamaged where a file of the
    index is missing or cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        page = (folder / "tim-kiem.html").read_text("utf-8")
        found = _ATTRIBUTE.search(page)
        self.summary: dict[str, Any] = json.loads(html.unescape(found[1])) if found else {}

    def data(self, name: str) -> Any:
        """Return the values of a file of plain data."""
        path = f"{FOLDER}/{name}.js"
        try:
            text = (self._folder / path).read_text("utf-8")
            return json.loads(text[text.index(",") + 1 : text.rindex(")")])
        except (OSError, ValueError):
            raise IndexDamaged(path) from None

    def bits(self, folder: str, chunk: int) -> list[Bits]:
        """Return the texts of a chunk."""
        path = chunk_path(folder, chunk)
        try:
            raw = (self._folder / path).read_bytes()
            text = raw.removeprefix(codecs.BOM_UTF16_LE).decode("utf-16-le")
            _, *texts = _STRING.findall(text)
            return [Bits(each) for each in texts]
        except (OSError, ValueError, IndexError):
            raise IndexDamaged(path) from None


_VALUES = np.full(1 << 16, -1, np.int32)
_VALUES[coding.UNITS] = np.arange(len(coding.UNITS))


class Bits:
    """Bits of a text, read from the front."""

    def __init__(self, text: str) -> None:
        units = _VALUES[np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")]
        if (units < 0).any():
            raise ValueError(text)
        shifts = np.arange(coding.UNIT_BITS - 1, -1, -1)
        self._bits = ((units[:, None] >> shifts) & 1).astype(np.uint8).tobytes()
        self.at = 0

    def again(self) -> Bits:
        """Return them from the front again."""
        self.at = 0
        return self

    def read(self, count: int) -> int:
        value = 0
        for bit in self._bits[self.at : self.at + count]:
            value = value << 1 | bit
        self.at += count
        if self.at > len(self._bits):
            raise ValueError(self.at)
        return value

    def unary(self) -> int:
        end: int = self._bits.index(1, self.at)
        zeros, self.at = end - self.at, end + 1
        return zeros

    def gamma(self) -> int:
        zeros = self.unary()
        return (1 << zeros) | self.read(zeros)

    def rice(self, parameter: int) -> int:
        return self.unary() << parameter | self.read(parameter)


def read_chunk(
    bits: Bits, kind: Kind, documents: int, keys: set[int], found: Callable[[Postings], None]
) -> list[int]:
    """Read a chunk and give each list whose key is in *keys* to *found*.

    Return of all lists how many postings, or occurrences of a pair, they have.
    """
    totals: list[int] = []
    key = spelling = accented = 0
    of_small = kind is Kind.WORDS
    for _ in range(bits.gamma() - 1):
        check = -1
        is_new_key = bits.read(1)
        if is_new_key:
            key += bits.rice(SMALL_KEY_RICE if of_small else KEY_RICE)
        if not is_new_key and not bits.read(1):
            check = bits.read(CHECK_BITS)
        elif of_small:
            accented = bits.read(32)
            spelling, check = accented >> REST_BITS, accented & ((1 << CHECK_BITS) - 1)
        else:
            spelling = bits.read(SPELLING_BITS)
        size = bits.gamma()
        postings = Postings(key, spelling, check, len(totals), accented=accented)
        total, last = 0, -1
        turned = kind is Kind.SETS and 2 * size > documents
        listed = documents - size if turned else size
        parameter = int(rice_parameter(np.array([listed]), documents)[0])
        for _ in range(listed):
            last += 1 + bits.rice(parameter)
            postings.documents.append(last)
            if kind is Kind.PAIRS:
                total += _read_occurrences(bits, postings)
            elif of_small:
                _read_fields(bits, postings, leveled=False)
        totals.append(total if kind is Kind.PAIRS else size)
        if key in keys:
            if turned:
                others = set(postings.documents)
                postings.documents = [each for each in range(documents) if each not in others]
            found(postings)
    return totals


def _read_occurrences(bits: Bits, postings: Postings) -> int:
    count, mask = 1, 1 << 2
    if bits.read(1):
        if not bits.read(1):
            count = bits.gamma() + 1
        elif not bits.read(1):
            mask = 1 << bits.read(2)
        else:
            mask, count = bits.read(4), bits.gamma()
    postings.masks.append(mask)
    postings.amounts.append(count)
    return count


def _read_fields(bits: Bits, postings: Postings, leveled: bool) -> None:
    mask = 1 << BODY
    if bits.read(1):
        if not bits.read(1):
            mask = (1 << BODY | 1 << LEAD) if bits.read(1) else 1 << LEAD
        else:
            mask = bits.read(len(FIELDS)) if bits.read(1) else 1 << bits.read(3)
    amounts: dict[int, float] = {}
    places: list[int] = []
    for number in range(len(FIELDS)):
        if not mask >> number & 1:
            continue
        if leveled and number == BODY:
            amounts[number] = 0.6 * 2 ** bits.unary()
            continue
        amounts[number] = count = bits.gamma()
        if not leveled:
            parameter = max(POSITION_RICE[number] - count.bit_length() + 1, 0)
            place = (number << POSITION_BITS) - 1
            for _ in range(count):
                place += 1 + bits.rice(parameter)
                places.append(place)
    postings.masks.append(mask)
    postings.amounts.append(amounts)
    postings.places.append(places)


def read_beside(bits: Bits, kind: Kind, totals: Sequence[int], some: Sequence[Postings]) -> None:
    """Read what stands beside a chunk's lists into those of *some*: weights or what follows."""
    wanted = {postings.order: postings for postings in some}
    for order, total in enumerate(totals):
        postings = wanted.get(order) or Postings(0, 0, 0, order)
        width = bits.read(WIDTH_BITS) if kind is Kind.FOLLOWS else 0
        for _ in range(total):
            if kind is Kind.WEIGHTS:
                _read_fields(bits, postings, leveled=True)
                continue
            length = width + (bits.unary() + 1 if bits.read(1) else 0)
            postings.codes.append((length, bits.read(length)))


def spelled(some: Sequence[Postings], name: Name, exactly: bool) -> Iterator[Postings]:
    """Yield of the lists of a key those of a term: of all spellings, or of its own."""
    found = [each for each in some if not exactly or each.spelling == name.spelling]
    if exactly and len(found) > 1:
        found = [each for each in found if each.check == name.check] or found[:1]
    yield from found
