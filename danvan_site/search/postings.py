"""Token streams to posting rows: a block of bulletins at a time, then a range of chunks at a time.

A row is two numbers.  Its *place* sorts it: chunk, key and spelling of its list.  Its *value* is
the bulletin and what the list says of it.  Rows of a block are written to a file sorted by place,
so that a range of chunks is a slice of each file and no process ever holds all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from danvan_site.search.documents import ASIDE, BLOCK, FIELDS
from danvan_site.search.hashing import (
    CHECK_BITS,
    KEY_BITS,
    NEXT_BITS,
    NONE,
    SPELLING_BITS,
    Vocabulary,
    mix,
    names,
)

U64 = NDArray[np.uint64]
NAME_BITS = KEY_BITS + SPELLING_BITS
# Of a pair's value, from the top: bulletin, bits that count and hash of what follows, class,
# check.
LENGTH_BITS, CLASS_BITS = 5, 2
# Classes of fields: where a pair stands.  All fields that are neither are one.
TITLE, LEAD, TEXT, META = range(4)
_CLASSES = np.array([TITLE, LEAD, TEXT] + [META] * (len(FIELDS) - 3), np.uint64)
_FIELD_BITS = 3
_NONE = np.zeros(0, np.uint64)


class Rows(NamedTuple):
    """Posting rows, sorted by place, those of one place in the order of reading."""

    places: U64
    values: U64


@dataclass(frozen=True, slots=True)
class Block:
    """The words of some bulletins, a row for each in the order of reading."""

    words: NDArray[np.int64]
    asides: NDArray[np.bool_]
    documents: NDArray[np.int64]
    fields: NDArray[np.int64]
    blocks: NDArray[np.int64]

    @classmethod
    def of(cls, stream: NDArray[np.uint32], lengths: Sequence[int]) -> Block:
        """Take apart the streams of bulletins, given one after the other."""
        marks = stream >= BLOCK
        blocks = np.cumsum(marks).astype(np.int64)
        fields = (stream[marks] & np.uint32(0xFF)).astype(np.int64)
        documents = np.repeat(np.arange(len(lengths)), lengths)
        is_word = ~marks
        words = stream[is_word]
        blocks = blocks[is_word]
        return cls(
            (words & ~np.uint32(ASIDE)).astype(np.int64),
            (words & np.uint32(ASIDE)) != 0,
            documents[is_word],
            fields[blocks - 1] if len(fields) else blocks,
            blocks,
        )

    def field_lengths(self, documents: int) -> NDArray[np.int64]:
        """Return the number of words in each field: bulletins × fields."""
        flat = self.documents * len(FIELDS) + self.fields
        return np.bincount(flat, minlength=documents * len(FIELDS)).reshape(documents, len(FIELDS))

    def counts(self, words: int) -> NDArray[np.int64]:
        """Return in how many bulletins each of the vocabulary's words stands."""
        keys = np.sort(self.documents << 21 | self.words)
        distinct = keys[np.r_[True, keys[1:] != keys[:-1]]] if len(keys) else keys
        return np.bincount(distinct & ((1 << 21) - 1), minlength=words)


def word_rows(block: Block, vocabulary: Vocabulary, chunk_bits: int, first: int) -> Rows:
    """Return a row for each word and field of each bulletin; *first* is the first's number.

    The value is bulletin, field, how often (16 bits), and the check.
    """
    if not len(block.words):
        return Rows(_NONE, _NONE)
    key = ((block.documents << 21 | block.words) << _FIELD_BITS) | block.fields
    distinct, counts = np.unique(key, return_counts=True)
    fields = (distinct & 7).astype(np.uint64)
    words = distinct >> _FIELD_BITS & ((1 << 21) - 1)
    documents = ((distinct >> (_FIELD_BITS + 21)) + first).astype(np.uint64)
    found, checks = names(
        mix(vocabulary.folded[words], NONE), mix(vocabulary.accented[words], NONE)
    )
    places = _placed(mix(vocabulary.place[words], NONE), chunk_bits, found)
    counts = np.minimum(counts, 0xFFFF).astype(np.uint64)
    values = ((documents << np.uint64(3) | fields) << np.uint64(16) | counts) << np.uint64(
        CHECK_BITS
    ) | checks
    return _sorted(places, values)


def pair_rows(
    block: Block, vocabulary: Vocabulary, chunk_bits: int, first: int, by_first_word: bool
) -> Rows:
    """Return a row for each two neighbouring words of each bulletin.

    With *by_first_word* the chunk is that of the first word's own list.
    """
    in_row = ~block.asides
    words, documents = block.words[in_row], block.documents[in_row]
    blocks, fields = block.blocks[in_row], block.fields[in_row]
    at = np.flatnonzero(blocks[1:] == blocks[:-1])
    if not len(at):
        return Rows(_NONE, _NONE)
    a, b = words[at], words[at + 1]
    accented = mix(vocabulary.accented[a], vocabulary.accented[b])
    found, checks = names(mix(vocabulary.folded[a], vocabulary.folded[b]), accented)
    place = vocabulary.place
    chunk = mix(place[a], NONE) if by_first_word else mix(place[a], place[b])
    stems = vocabulary.stems[words].astype(np.int64)
    lengths, hashes = _next_codes(
        documents << 21 | stems, at, documents[at] << 42 | a << 21 | b, found
    )
    values = (documents[at] + first).astype(np.uint64)
    for part, width in (
        (lengths[at + 1], LENGTH_BITS),
        (hashes[at + 1], NEXT_BITS),
        (_CLASSES[fields[at]], CLASS_BITS),
        (checks, CHECK_BITS),
    ):
        values = values << np.uint64(width) | part
    return _sorted(_placed(chunk, chunk_bits, found), values)


def _placed(hashes: NDArray[np.uint32], chunk_bits: int, found: U64) -> U64:
    chunks = hashes.astype(np.uint64) >> np.uint64(32 - chunk_bits)
    return chunks << np.uint64(NAME_BITS) | found


def _sorted(places: U64, values: U64) -> Rows:
    order = np.argsort(places, kind="stable")
    return Rows(places[order], values[order])


def _next_codes(
    stems: NDArray[np.int64], at: NDArray[np.int64], pairs: NDArray[np.int64], found: U64
) -> tuple[U64, U64]:
    """Return for each word what follows it: a hash, and how many of its leading bits count.

    What follows an occurrence of a word is the pair that begins there; it is named by its list
    and by how many times it stands before in the bulletin.  As many bits of the hash of that count
    as tell it from whatever else follows the same word, however accented, in the same bulletin.
    Whoever has the lists of two pairs that share a word can so tell, exactly, where both stand
    together.  *stems* are of words, *pairs* and *found*, the names of lists, of the words *at*
    which a pair begins; stems and pairs have the bulletin in them.
    """
    order = np.argsort(pairs, kind="stable")
    same = np.r_[False, pairs[order][1:] == pairs[order][:-1]]
    index = np.arange(len(pairs))
    ordinals = np.empty(len(pairs), np.uint32)
    ordinals[order] = index - np.maximum.accumulate(np.where(same, 0, index))
    follows = np.zeros(len(stems), np.int64)  # 0: nothing does
    follows[at] = next_hash(found, ordinals)
    return _distinguished(stems, follows)


def next_hash(names_of_lists: U64, ordinals: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the hash of the nth occurrence of a pair, from 1 to 2**20 - 1."""
    low = (names_of_lists & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    hashes = mix(low, ordinals + np.uint32(1)) >> np.uint32(32 - NEXT_BITS)
    found: NDArray[np.int64] = np.maximum(hashes, 1).astype(np.int64)
    return found


def _distinguished(group: NDArray[np.int64], hashes: NDArray[np.int64]) -> tuple[U64, U64]:
    """Return how many leading bits tell each hash from the others of its group, and the hashes."""
    key = group << NEXT_BITS | hashes
    order = np.argsort(key)
    ordered = key[order]
    fresh = np.r_[True, ordered[1:] != ordered[:-1]]
    distinct = ordered[fresh]
    together = (distinct[1:] >> NEXT_BITS) == (distinct[:-1] >> NEXT_BITS)
    apart = np.frexp((distinct[1:] ^ distinct[:-1]).astype(np.float64))[1]
    common = np.where(together, NEXT_BITS - apart + 1, 0)
    needed = np.maximum(np.r_[0, common], np.r_[common, 0])
    lengths = np.empty(len(key), np.uint64)
    lengths[order] = needed[np.cumsum(fresh) - 1]
    return lengths, hashes.astype(np.uint64)
