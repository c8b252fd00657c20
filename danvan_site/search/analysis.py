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

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from danvan_site import citations, vietnamese

ACCENTED = "="
# Digits; Latin with its extensions and phonetic signs, Greek, Cyrillic, Thai, Lao, Khmer, Kana,
# Hangul, Han.
_LETTERS = (
    "0-9a-z\u00aa\u00b5\u00ba\u00df-\u00f6\u00f8-\u02c1\u02c6-\u02d1\u02e0-\u02e4\u02ec\u02ee"
    "\u0370-\u0373\u0376\u0377\u037b-\u037d\u0386\u0388-\u03ff\u0400-\u0481\u048a-\u052f"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf"
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
_UNEVEN = re.compile("[ς\u2010-\u2015\u2212]")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_NUMBER = re.compile("[0-9]{1,3}(?:\\.[0-9]{3})+")
_DIGITS = re.compile("[0-9]+(?:[-./][0-9]+)+")
_DIGIT = re.compile("[0-9]")


@lru_cache(maxsize=1 << 18)
def terms_of(word: str) -> tuple[str, str]:
    """Return the terms of one word, accented and folded: ``hòa`` → ``=hoà``, ``hoa``."""
    return ACCENTED + vietnamese.tone_key(word), vietnamese.fold(word)


def raw_tokens(text: str) -> list[str]:
    """Return the tokens of *text* as they are written, in small letters and repaired."""
    plain = _UNKNOWN.sub(" ", text) if _UNKNOWN.search(text) else text
    plain = vietnamese.repair(plain).lower()
    if _UNEVEN.search(plain):
        plain = plain.replace("ς", "σ").translate(_DASHES)
    return _TOKEN.findall(plain)


def split(token: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return the words of one raw token: those that stand for it as a whole, and its row.

    A number grouped by dots is one word, the number.  A date or another row of digits is its
    pieces, and as a whole itself with ``/`` between (``15/10/1930`` also ``15/10`` and
    ``10/1930``).  ``TƯ`` in a document number is ``TW``, so that both spellings are one.
    """
    pieces = _PIECE.findall(token)
    if len(pieces) == 1:
        return (), (token,)
    if _NUMBER.fullmatch(token):
        return (), (token.replace(".", ""),)
    if _DIGITS.fullmatch(token):
        parts = (pieces, pieces[:2], pieces[1:]) if len(pieces) == 3 else (pieces,)
        return ["/".join(part) for part in parts], pieces
    if _DIGIT.search(token):
        return (), [citations.piece(piece) for piece in pieces]
    return (), pieces


def tokens(text: str) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield the tokens of *text*, each as its wholes and its row of words."""
    return map(split, raw_tokens(text))


def words(text: str) -> list[str]:
    """Return the words that a query asks for: a date as a whole, all else in its pieces."""
    return [word for wholes, row in tokens(text) for word in (wholes[:1] or row)]


def row(text: str) -> list[str]:
    """Return the words of *text* in their order, which stand next to each other."""
    return [word for _, row in tokens(text) for word in row]


def has_marks(text: str) -> bool:
    """Tell whether a query was typed with marks, and is to be compared with them."""
    plain = vietnamese.repair(_UNKNOWN.sub(" ", text)).lower()
    return vietnamese.fold(plain) != plain
