"""The analysis of Vietnamese text for search: one definition, also spoken by the client.

Text becomes tokens: syllables, document numbers (``114-KL/TƯ``), grouped numbers (``1.800``),
dates (``19/8``).  Each token has keys at two levels: *accented*, in which the placement of the
tone mark does not matter, marked by a leading ``=``; and *folded*, without any mark.  A bare
query compares folded keys, a query with marks accented ones.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from danvan_site import vietnamese

ACCENTED = "="
_TOKEN = re.compile(r"[^\W_]+(?:[-./–][^\W_]+)*")
_PIECE = re.compile(r"[^\W_]+")
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+")
_DIGIT = re.compile(r"\d")


@lru_cache(maxsize=1 << 18)
def keys(word: str) -> tuple[str, ...]:
    """Return the keys of one syllable or number, accented first: ``hòa`` → ``=hoà``, ``hoa``."""
    return ACCENTED + vietnamese.tone_key(word), vietnamese.fold(word)


def tokens(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the tokens of *text*, each as the words it can be found by.

    A syllable is one word; a document number is itself as a whole and each of its pieces; a
    grouped number is the number.  ``TƯ`` at the end of a document number is written ``TW`` too.
    """
    for match in _TOKEN.finditer(vietnamese.repair(text).lower()):
        token = match.group()
        pieces = _PIECE.findall(token)
        if len(pieces) == 1:
            yield (token,)
        elif _GROUPED.fullmatch(token):
            yield (token.replace(".", ""),)
        elif _DIGIT.search(token):
            names = ["tw" if piece == "tư" else piece for piece in pieces]
            yield "-".join(names), *names
        else:
            yield from ((piece,) for piece in pieces)


def terms(text: str) -> Iterator[str]:
    """Yield the terms under which *text* is found, at both levels."""
    for words in tokens(text):
        for word in words:
            yield from keys(word)


def pairs(text: str) -> Iterator[str]:
    """Yield the terms of adjacent words, folded and accented: ``dan_van``, ``=dân_=vận``."""
    words = [words[0] for words in tokens(text)]
    for first, second in itertools.pairwise(words):
        yield from map("_".join, zip(keys(first), keys(second), strict=True))


def expanded(text: str, abbreviations: Sequence[tuple[str, str]]) -> str:
    """Return *text* with the long form behind each abbreviation in it, and the other way round."""
    added = [
        other
        for short, long in abbreviations
        for one, other in ((short, long), (long, short))
        if _stands_in(one, text)
    ]
    return "\n".join((text, *added))


def _stands_in(words: str, text: str) -> bool:
    wanted, there = _sequence(words), _sequence(text)
    return f" {' '.join(wanted)} " in f" {' '.join(there)} "


@lru_cache(maxsize=64)
def _sequence(text: str) -> tuple[str, ...]:
    return tuple(word for words in tokens(text) for word in _accented(words[:1]))


def _accented(words: Iterable[str]) -> Iterator[str]:
    return (keys(word)[0] for word in words)
