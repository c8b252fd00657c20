"""Bulletins to token streams: what of a bulletin is searched, as numbers of words.

A stream is an array of uint32: ``BLOCK | field`` begins a block (a paragraph, a title, a cell),
every other number is a word of the vocabulary, in reading order.  ``ASIDE`` marks a word that is
found but has no neighbours: the whole of a date whose pieces follow.
"""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from danvan_site import vietnamese
from danvan_site.frontmatter import Metadata
from danvan_site.remote import of_build
from danvan_site.search import analysis

# Field → lunr's boost.  The order is the order of reading, and the numbers of the fields.
FIELDS = {
    "title": 8,
    "lead": 3,
    "body": 1,
    "caption": 1,
    "tags": 4,
    "category": 2,
    "unit": 2,
    "author": 3,
}
_NUMBERS = {name: number for number, name in enumerate(FIELDS)}
LEAD, BODY = _NUMBERS["lead"], _NUMBERS["body"]
BLOCK = 0xFFFFFF00
ASIDE = 0x80000000
BYTES = 4
# In a text, what stands between the blocks of each field.
_GAPS = [f" \0{number} " for number in _NUMBERS.values()]

# What stands in a tag; a quoted value may hold its end.
_INSIDE = r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*>"
_BREAK = re.compile(
    r"</?(?:p|li|ul|ol|dl|dt|dd|h[1-6]|table|thead|tbody|tr|td|th|caption|blockquote|div|figure"
    rf"|figcaption|pre|section|aside|hr|details|summary)\b{_INSIDE}"
)
_LINE = re.compile(rf"<br\b{_INSIDE}")
_LIST = re.compile(rf"<(?P<name>/?[ou]l|li)\b{_INSIDE}\s*(?:<p>)?")
_START = re.compile(r'\sstart="([0-9]{1,9})"')
# A footnote's mark and the way back from it are no words of the text.
_NOTE = re.compile(
    r'<sup class="footnote-ref">.*?</sup>|<a\b[^>]*class="footnote-backref"[^>]*>.*?</a>', re.DOTALL
)
_TAG = re.compile(f"<{_INSIDE}")

# So many spellings are kept at hand; twice as many would take twice the memory for little.
_CACHED = 1 << 17

Abbreviations = Sequence[tuple[str, str]]


class Source(NamedTuple):
    """A bulletin that is searched: its path, and the digest of what is searched of it."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of some bulletins, over a vocabulary of their own.

    ``words`` are its words, as tone keys; ``data`` is all streams one after the other, as bytes;
    ``lengths`` are their numbers of items.
    """

    words: Sequence[str]
    data: bytes
    lengths: Sequence[int]

    def renumbered(self, numbers: NDArray[np.uint32]) -> list[bytes]:
        """Return each stream by itself, *numbers* in the place of its own."""
        data = np.frombuffer(self.data, np.uint32).copy()
        is_word = data < BLOCK
        own = data[is_word]
        data[is_word] = numbers[own & ~np.uint32(ASIDE)] | (own & np.uint32(ASIDE))
        ends = np.cumsum(self.lengths)
        return [part.tobytes() for part in np.split(data, ends[:-1])] if len(ends) else []


def renumbered(words: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the different ones of *words*, in order, and the number among them of each."""
    stands = np.bincount(words) > 0
    return np.flatnonzero(stands), (np.cumsum(stands) - 1)[words]


def text_of(markup: str) -> str:
    """Return the text of a body's HTML, with a gap between paragraphs, items or cells."""
    if "footnote" in markup:
        markup = _NOTE.sub("", markup)
    if "<ol" in markup:
        markup = _with_numbers(markup)
    return html.unescape(_TAG.sub("", _LINE.sub(" ", _BREAK.sub(_GAPS[BODY], markup))))


def _with_numbers(markup: str) -> str:
    """Return HTML with the numbers of list items in their text, as readers see them."""
    next_numbers: list[int | None] = []  # of the lists that are open; None where there are none

    def numbered(match: re.Match[str]) -> str:
        name = match["name"]
        if name == "li":
            number = next_numbers[-1] if next_numbers else None
            if number is None:
                return match[0]
            next_numbers[-1] = number + 1
            return f"{match[0]}{number} "
        if name.startswith("/"):
            del next_numbers[-1:]
        else:
            start = _START.search(match[0])
            is_plain = name == "ol" and "footnotes-list" not in match[0]
            next_numbers.append(int(start[1]) if start else 1 if is_plain else None)
        return match[0]

    return _LIST.sub(numbered, markup)


def _texts(meta: Metadata, body: str) -> dict[str, Sequence[str]]:
    """Return what is searched, by field."""
    return {
        "title": (meta.title,),
        "lead": (meta.lead,) if meta.lead else (),
        "body": (text_of(body),),
        "caption": (meta.image.caption,) if meta.image and meta.image.caption else (),
        "tags": (*meta.tags, *meta.topic),
        "category": meta.category,
        "unit": (meta.unit,) if meta.unit else (),
        "author": (*meta.author, *meta.photographer),
    }


def read(sources: Iterable[tuple[Metadata, str]], abbreviations: Abbreviations) -> Streams:
    """Return the streams of bulletins, given as front matter and the body's HTML."""
    vocabulary = _vocabulary(tuple(abbreviations))
    # One after the other, those of all fields of each source.
    streams: list[bytes] = []
    for source in sources:
        fields = _texts(*source)
        texts = [_GAPS[field].join(fields[name]) for name, field in _NUMBERS.items()]
        streams += map(vocabulary.stream, texts, _NUMBERS.values())
    vocabulary.add_others(streams)
    ends = np.cumsum([len(each) // BYTES for each in streams])[len(FIELDS) - 1 :: len(FIELDS)]
    data = np.frombuffer(b"".join(streams), np.uint32)
    marks = data >= BLOCK
    # A block without a word is none.
    stays = ~(marks & np.append(marks[1:], True))
    data, marks, ends = data[stays], marks[stays], np.cumsum(stays)[ends - 1]
    words = data[~marks]
    used, numbers = renumbered(words & ~np.uint32(ASIDE))
    data[~marks] = numbers.astype(np.uint32) | (words & ASIDE)
    lengths = np.diff(ends, prepend=0).tolist()
    return Streams([vocabulary.words[number] for number in used.tolist()], data.tobytes(), lengths)


@of_build
@cache
def _vocabulary(abbreviations: Abbreviations) -> _Vocabulary:
    """One for each process, so that spellings are taken apart once for all its bulletins."""
    return _Vocabulary(abbreviations)


class _Vocabulary(dict[str, bytes]):
    """Numbers words as they come.  It maps what stands between two spaces to its numbers, as
    bytes, so that each spelling is taken apart once and a text is put together by joining."""

    def __init__(self, abbreviations: Abbreviations) -> None:
        super().__init__()
        self.words: list[str] = []
        self._numbers: dict[str, int] = {}
        rows = [(self._row(short), self._row(long)) for short, long in abbreviations]
        rows = [(one, other) for one, other in rows if one and other]
        self._phrases = [pair for one, other in rows for pair in ((one, other), (other, one))]

    def __missing__(self, text: str) -> bytes:
        numbers = array("I")
        if text[:1] == "\0":
            numbers.append(BLOCK | int(text[1:]))
        else:
            for token in analysis.raw_tokens(text):
                wholes, row = analysis.split(token)
                numbers.extend(ASIDE | self._number(word) for word in wholes)
                numbers.extend(self._number(word) for word in row)
        if len(self) >= _CACHED:
            self.clear()
        self[text] = found = numbers.tobytes()
        return found

    def _number(self, word: str) -> int:
        # Two placements of the tone mark are one word from here on.
        key = vietnamese.tone_key(word)
        number = self._numbers.setdefault(key, len(self.words))
        if number == len(self.words):
            self.words.append(key)
        return number

    def _row(self, text: str) -> list[int]:
        return [self._number(word) for word in analysis.row(text)]

    def stream(self, text: str, field: int) -> bytes:
        """Return the stream of a field's text."""
        mark = array("I", [BLOCK | field]).tobytes()
        return mark + b"".join(map(self.__getitem__, text.split()))

    def add_others(self, streams: list[bytes]) -> None:
        """Add to streams of fields, behind each, the other forms of the abbreviations in it."""
        data = np.frombuffer(b"".join(streams), np.uint32)
        ends = np.cumsum([len(each) // BYTES for each in streams])
        for phrase, other in self._phrases:
            # In all streams at once: each begins with its mark, so that nothing stands in two.
            places = np.searchsorted(ends, _places(phrase, data), "right")
            for place in dict.fromkeys(places.tolist()):
                streams[place] += streams[place][:BYTES] + array("I", other).tobytes()


def _places(phrase: Sequence[int], data: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return where the words of *phrase* stand next to each other, in ascending order."""
    first, *rest = phrase
    places = np.flatnonzero(data[: max(len(data) - len(rest), 0)] == first)
    for distance, word in enumerate(rest, start=1):
        places = places[data[places + distance] == word]
    return places
