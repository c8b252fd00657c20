"""The hashes by which terms are found: the same in the client, which has 32-bit arithmetic.

A posting list is named by three of them: the chunk it is in, its *key* (of the folded words, so
that all spellings of a query without marks stand together) and its *spelling* (of the accented
words).  Two lists of one name are told apart by a fourth, their *check*.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from danvan_site.search import analysis
from danvan_site.search.common import COMMON

Hashes = NDArray[np.uint32]
KEY_BITS, SPELLING_BITS, CHECK_BITS = 24, 12, 17
NEXT_BITS = 20
_SEEDS = (0x811C9DC5, 0x9747B28C)
_PRIMES = (0x01000193, 0x5BD1E995)
_MASK = 0xFFFFFFFF
RANKS = {word: rank for rank, word in enumerate(COMMON)}
UNCOMMON = len(COMMON)
# What stands for the second word of a single word.
NONE = np.zeros(1, np.uint32)


def text_hash(text: str, number: int) -> int:
    """Return the hash of a text, FNV-1a over its code points; *number* (0, 1) chooses which."""
    value, prime = _SEEDS[number], _PRIMES[number]
    for character in text:
        value = ((value ^ ord(character)) * prime) & _MASK
    return value


class Vocabulary(NamedTuple):
    """The hashes of the words, by number: folded (two of them) and accented; ``common`` is a word's
    place among the common ones, or `UNCOMMON`."""

    place: Hashes
    folded: Hashes
    accented: Hashes
    common: Hashes

    @classmethod
    def of(cls, words: Iterable[str]) -> Vocabulary:
        """Return the hashes of *words*."""
        both = [analysis.terms_of(word) for word in words]
        return cls(
            np.array([text_hash(folded, 0) for _, folded in both], np.uint32),
            np.array([text_hash(folded, 1) for _, folded in both], np.uint32),
            np.array([text_hash(accented, 1) for accented, _ in both], np.uint32),
            np.array([RANKS.get(folded, UNCOMMON) for _, folded in both], np.uint32),
        )

    def only(self, words: NDArray[np.int64]) -> Vocabulary:
        """Return the hashes of *words* alone."""
        return Vocabulary(*(each[words] for each in self))

    def stems(self) -> NDArray[np.int64]:
        """Number the words so that those that differ only in their marks have one number."""
        both = self.place.astype(np.uint64) << np.uint64(32) | self.folded
        stems: NDArray[np.int64] = np.unique(both, return_inverse=True)[1]
        return stems


def mix(first: Hashes, second: Hashes) -> Hashes:
    """Return one hash of two (the finalizer is that of MurmurHash3)."""
    value = first * np.uint32(0x9E3779B1) + second * np.uint32(0x85EBCA77)
    value ^= value >> np.uint32(16)
    value *= np.uint32(0x85EBCA6B)
    value ^= value >> np.uint32(13)
    value *= np.uint32(0xC2B2AE35)
    value ^= value >> np.uint32(16)
    return value


def next_of(name: int, ordinal: int) -> int:
    """Return the hash of a pair's nth occurrence (from 0), from 1 to 2**20 - 1."""
    with np.errstate(over="ignore"):
        value = mix(np.array([name], np.uint32), np.array([ordinal + 1], np.uint32))
    return max(int(value[0]) >> (32 - NEXT_BITS), 1)


def names(folded: Hashes, accented: Hashes) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the names of lists inside a chunk, key and spelling in one number, and their checks.

    *folded* and *accented* are the hashes of the terms.  The check tells apart the few lists that
    have one name.
    """
    keys = (folded >> np.uint32(32 - KEY_BITS)).astype(np.uint64) << np.uint64(SPELLING_BITS)
    spellings = (accented >> np.uint32(32 - SPELLING_BITS)).astype(np.uint64)
    return keys | spellings, (accented & np.uint32((1 << CHECK_BITS) - 1)).astype(np.uint64)
