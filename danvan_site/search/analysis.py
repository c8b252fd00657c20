"""The analysis of Vietnamese text for search: one definition, spoken by the client too.

Text becomes tokens, tokens become words, words become terms.  A token is a syllable, or several
joined without a space: a document number (``114-KL/TƯ``), a date (``19/8``), a number
(``1.800``).  Each word has a term at two levels: *accented*, in which the placement of the tone
mark does not matter, marked by a leading ``=``; and *folded*, without any mark.  A query without
marks compares folded terms, a query with marks accented ones.

Everything is spelled out in ranges of characters, because what a class such as ``\\w`` holds
differs between versions of Python and between browsers, and both sides must agree for ever.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from danvan_site import vietnamese

ACCENTED = "="
# Latin with its extensions, Greek, Cyrillic, Thai, Lao, Khmer, Kana, Hangul, Han; digits.
_LETTERS = (
    "0-9a-z\u00aa\u00b5\u00ba\u00df-\u00f6\u00f8-\u024f\u0370-\u0373\u0376\u0377\u037b-\u037d"
    "\u0386\u0388-\u03ff\u0400-\u0481\u048a-\u052f\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf"
    "\u1780-\u17d3\u1e00-\u1eff\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
)
# Marks that stand alone: where no letter with the mark exists, or it was typed in the wrong place.
_MARKS = "\u0300-\u036f"
_WORD = f"[{_LETTERS}][{_LETTERS}{_MARKS}]*"
_TOKEN = re.compile(f"{_WORD}(?:[-./]{_WORD})*")
_PIECE = re.compile(_WORD)
# All else is a gap, before anything is normalized: how a character that is newer than a browser
# combines with its neighbours is not known to it.
_UNKNOWN = re.compile(
    "[^\x00-\u052f\u0e00-\u0eff\u1100-\u11ff\u1780-\u17ff\u1e00-\u1eff\u2000-\u206f\u2212"
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\ufeff]"
)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_NUMBER = re.compile("[0-9]{1,3}(?:\\.[0-9]{3})+")
_DIGITS = re.compile("[0-9]+(?:[-./][0-9]+)+")
_DIGIT = re.compile("[0-9]")


@lru_cache(maxsize=1 << 18)
def terms_of(word: str) -> tuple[str, str]:
    """Return the terms of one word, accented and folded: ``hòa`` → ``=hoà``, ``hoa``."""
    return ACCENTED + vietnamese.tone_key(word), vietnamese.fold(word)


def tokens(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the tokens of *text*, each as its words in order.

    A number grouped by dots is one word, the number.  A date or another row of digits is the
    pieces and, first, itself as a whole with ``/`` between.  ``TƯ`` in a document number is
    ``TW``, so that both spellings are one.
    """
    plain = vietnamese.repair(_UNKNOWN.sub(" ", text)).lower().replace("ς", "σ").translate(_DASHES)
    for token in _TOKEN.findall(plain):
        pieces = _PIECE.findall(token)
        if len(pieces) == 1:
            yield (token,)
        elif _NUMBER.fullmatch(token):
            yield (token.replace(".", ""),)
        elif _DIGITS.fullmatch(token):
            yield "/".join(pieces), *pieces
        elif _DIGIT.search(token):
            yield tuple("tw" if piece == "tư" else piece for piece in pieces)
        else:
            yield from ((piece,) for piece in pieces)


def words(text: str) -> list[str]:
    """Return the words that a query asks for: a date as a whole, all else in its pieces."""
    return [word for token in tokens(text) for word in (token[:1] if _is_whole(token) else token)]


def _is_whole(token: Sequence[str]) -> bool:
    return "/" in token[0]


def terms(text: str) -> Iterator[str]:
    """Yield the terms under which *text* is found, at both levels."""
    for token in tokens(text):
        for word in token:
            yield from terms_of(word)


def pairs(text: str) -> Iterator[str]:
    """Yield the terms of adjacent words, accented and folded: ``=dân_=vận``, ``dan_van``."""
    row = [word for token in tokens(text) for word in (token[1:] if _is_whole(token) else token)]
    for first, second in itertools.pairwise(row):
        yield from map("_".join, zip(terms_of(first), terms_of(second), strict=True))


def expanded(text: str, abbreviations: Sequence[tuple[str, str]]) -> str:
    """Return *text* with the long form behind each abbreviation in it, and the other way round."""
    added = [
        other
        for short, long in abbreviations
        for one, other in ((short, long), (long, short))
        if _stands_in(one, text)
    ]
    return "\n".join((text, *added))


def _stands_in(phrase: str, text: str) -> bool:
    return f" {_accented(phrase)} " in f" {_accented(text)} "


@lru_cache(maxsize=64)
def _accented(text: str) -> str:
    return " ".join(terms_of(word)[0] for word in words(text))
