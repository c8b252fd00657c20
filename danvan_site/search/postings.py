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

from danvan_site.search.coding import bit_length, changes
from danvan_site.search.documents import ASIDE, BLOCK, FIELDS, renumbered
from danvan_site.search.hashing import (
    CHECK_BITS,
    KEY_BITS,
    NEXT_BITS,
    NONE,
    SPELLING_BITS,
    Hashes,
    Vocabulary,
    mix,
    names,
)
from danvan_site.search.layout import Layout

U64 = NDArray[np.uint64]
NAME_BITS = KEY_BITS + SPELLING_BITS
# Of a pair's value, from the top: bulletin, bits that count and hash of what follows, class,
# check.  Of a word's value: bulletin, field, how often, check.
LENGTH_BITS, CLASS_BITS = 5, 2
PAIR_BITS = LENGTH_BITS + NEXT_BITS + CLASS_BITS + CHECK_BITS
FIELD_BITS, COUNT_BITS = 3, 16
WORD_BITS = FIELD_BITS + COUNT_BITS + CHECK_BITS
# Of an occurrence's value: bulletin, field, position in it, all of the accented hash that is not
# the spelling.
POSITION_BITS, REST_BITS = 21, 32 - SPELLING_BITS
PLACE_BITS = FIELD_BITS + POSITION_BITS + REST_BITS
# Classes of fields: where a pair stands.  All fields that are neither are one.
TITLE, LEAD, TEXT, META = range(4)
_CLASSES = np.array([TITLE, LEAD, TEXT] + [META] * (len(FIELDS) - 3), np.uint64)


class Rows(NamedTuple):
    """Posting rows, sorted by place, those of one place in the order of reading."""

    places: U64
    values: U64


@dataclass(frozen=True, slots=True)
class Block:
    """The words of some bulletins, a row for each in the order of reading.

    ``words`` are numbers in ``used``, the vocabulary's numbers of the words that stand here.
    """

    used: NDArray[np.int64]
    words: NDArray[np.int64]
    asides: NDArray[np.bool_]
    documents: NDArray[np.int64]
    fields: NDArray[np.int64]
    blocks: NDArray[np.int64]

    @classmethod
    def of(cls, stream: NDArray[np.uint32], lengths: Sequence[int]) -> Block:
        """Take apart the streams of bulletins, given one after the other."""
        marks = stream >= BLOCK
        blocks: NDArray[np.int64] = np.cumsum(marks)
        fields = (stream[marks] & np.uint32(0xFF)).astype(np.int64)
        documents = np.repeat(np.arange(len(lengths)), lengths)
        is_word = ~marks
        words = stream[is_word]
        blocks = blocks[is_word]
        plain = words & ~np.uint32(ASIDE)
        used, numbers = renumbered(plain)
        return cls(
            used,
            numbers,
            words != plain,
            documents[is_word],
            fields[blocks - 1] if len(fields) else blocks,
            blocks,
        )

    def field_lengths(self, documents: int) -> NDArray[np.int64]:
        """Return the number of words in each field: bulletins × fields."""
        flat = self.documents * len(FIELDS) + self.fields
        return np.bincount(flat, minlength=documents * len(FIELDS)).reshape(documents, len(FIELDS))

    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the numbers of the words, and in how many bulletins each stands."""
        found, _ = _distinct(self.documents * len(self.used) + self.words)
        counts = np.bincount(found % max(len(self.used), 1), minlength=len(self.used))
        return self.used, counts


def ordered(keys: U64) -> NDArray[np.int64]:
    """Return the order that sorts *keys* and leaves equal ones as they stand."""
    # NumPy sorts sixteen bits by counting them: some passes of that take a fraction of the time
    # that comparing whole keys takes.
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    for shift in range(16, int(keys.max(initial=0)).bit_length(), 16):
        digits = (keys >> np.uint64(shift)).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order


def _distinct(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the different ones of *keys*, in order, and how often each is there."""
    found = keys[ordered(keys.view(np.uint64))]
    firsts = np.flatnonzero(changes(found))
    return found[firsts], np.diff(firsts, append=len(found))


def word_rows(block: Block, vocabulary: Vocabulary, layout: Layout, first: int) -> Rows:
    """Return a row for each word and field of each bulletin; *first* is the first's number."""
    own = vocabulary.only(block.used)
    found, checks = names(mix(own.folded, NONE), own.accented)
    chunks = layout.common + _chunks(mix(own.place, NONE), layout.word_bits)
    places = _placed(np.where(own.common < layout.common, own.common, chunks), found)
    key = (block.documents * len(block.used) + block.words) << FIELD_BITS | block.fields
    rows, counts = _distinct(key)
    fields = (rows & ((1 << FIELD_BITS) - 1)).view(np.uint64)
    documents, words = np.divmod(rows >> FIELD_BITS, max(len(block.used), 1))
    return _sorted(
        places[words],
        (documents + first).view(np.uint64),
        (fields, FIELD_BITS),
        (np.minimum(counts, (1 << COUNT_BITS) - 1).view(np.uint64), COUNT_BITS),
        (checks[words], CHECK_BITS),
    )


def occurrence_rows(block: Block, vocabulary: Vocabulary, chunk_bits: int) -> Rows:
    """Return a row for each word, with its position in its field.

    Only of words that stand next to each other do positions differ by one.
    """
    own = vocabulary.only(block.used)
    found, _ = names(mix(own.folded, NONE), own.accented)
    places = _placed(_chunks(mix(own.place, NONE), chunk_bits), found)
    rest = (own.accented & np.uint32((1 << REST_BITS) - 1)).astype(np.uint64)
    in_row = ~block.asides
    # One more for each word in a row and for each block.
    steps = np.cumsum(in_row) - in_row + block.blocks
    of_field = np.flatnonzero(changes(block.documents << FIELD_BITS | block.fields))
    sizes = np.diff(of_field, append=len(steps))
    positions = steps - np.repeat(steps[of_field], sizes)
    # Those that stand by themselves come last, apart from each other.
    ends = np.repeat(positions[np.cumsum(sizes) - 1], sizes)
    asides = np.cumsum(block.asides)
    before: NDArray[np.int64] = np.repeat(asides[of_field] - block.asides[of_field], sizes)
    positions = np.where(block.asides, ends + 2 * (asides - before), positions)
    return _sorted(
        places[block.words],
        block.documents.view(np.uint64),
        (block.fields.view(np.uint64), FIELD_BITS),
        (np.minimum(positions, (1 << POSITION_BITS) - 1).view(np.uint64), POSITION_BITS),
        (rest[block.words], REST_BITS),
    )


def pair_rows(block: Block, vocabulary: Vocabulary, chunk_bits: int, first: int) -> Rows:
    """Return a row for each two neighbouring words of each bulletin."""
    in_row = ~block.asides
    words, documents = block.words[in_row], block.documents[in_row]
    blocks, fields = block.blocks[in_row], block.fields[in_row]
    at = np.flatnonzero(blocks[1:] == blocks[:-1])
    a, b, of = words[at], words[at + 1], documents[at]
    own = vocabulary.only(block.used)
    found, checks = names(mix(own.folded[a], own.folded[b]), mix(own.accented[a], own.accented[b]))
    size = len(block.used)
    lengths, hashes = _next_codes(
        documents * size + own.stems()[words],
        at,
        ((of * size + a) * size + b).view(np.uint64),
        found,
    )
    return _sorted(
        _placed(_chunks(mix(own.place[a], own.place[b]), chunk_bits), found),
        (of + first).view(np.uint64),
        (lengths[at + 1], LENGTH_BITS),
        (hashes[at + 1], NEXT_BITS),
        (_CLASSES[fields[at]], CLASS_BITS),
        (checks, CHECK_BITS),
    )


def _chunks(hashes: Hashes, bits: int) -> U64:
    return hashes.astype(np.uint64) >> np.uint64(32 - bits)


def _placed(chunks: U64, found: U64) -> U64:
    return chunks << np.uint64(NAME_BITS) | found


def row_hashes(places: U64, values: U64) -> U64:
    """Return a hash of each row (the finalizer of SplitMix64)."""
    value = places * np.uint64(0x9E3779B97F4A7C15) ^ values
    value ^= value >> np.uint64(30)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    value ^= value >> np.uint64(27)
    value *= np.uint64(0x94D049BB133111EB)
    value ^= value >> np.uint64(31)
    return value


def without_spelling(rows: Rows) -> Rows:
    """Return rows of words as if all spellings of one were the same."""
    return Rows(
        rows.places & ~np.uint64((1 << SPELLING_BITS) - 1),
        rows.values & ~np.uint64((1 << CHECK_BITS) - 1),
    )


def _sorted(places: U64, values: U64, *parts: tuple[U64, int]) -> Rows:
    """Put the parts of the values, each of some bits, behind them; sort the rows by chunk."""
    for part, width in parts:
        values = values << np.uint64(width) | part
    order = ordered(places >> np.uint64(NAME_BITS))
    return Rows(places[order], values[order])


def _next_codes(
    stems: NDArray[np.int64], at: NDArray[np.int64], pairs: U64, found: U64
) -> tuple[U64, U64]:
    """Return for each word what follows it: a hash, and how many of its leading bits count.

    What follows an occurrence of a word is the pair that begins there; it is named by its list
    and by how many times it stands before in the bulletin.  As many bits of the hash of that count
    as tell it from whatever else follows the same word, however accented, in the same bulletin.
    Whoever has the lists of two pairs that share a word can so tell, exactly, where both stand
    together.  *stems* are of words, *pairs* and *found*, the names of lists, of the words *at*
    which a pair begins; stems and pairs have the bulletin in them.
    """
    order = ordered(pairs)
    index = np.arange(len(pairs))
    ordinals = np.empty(len(pairs), np.uint32)
    ordinals[order] = index - np.maximum.accumulate(np.where(changes(pairs[order]), index, 0))
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
    keys = (group << NEXT_BITS | hashes).view(np.uint64)
    order = ordered(keys)
    sorted_keys = keys[order]
    fresh = changes(sorted_keys)
    distinct = sorted_keys[fresh]
    together = (distinct[1:] >> np.uint64(NEXT_BITS)) == (distinct[:-1] >> np.uint64(NEXT_BITS))
    apart = bit_length(distinct[1:] ^ distinct[:-1])
    common = np.where(together, NEXT_BITS - apart + 1, 0)
    needed = np.maximum(np.r_[0, common], np.r_[common, 0])
    lengths = np.empty(len(keys), np.uint64)
    lengths[order] = needed[np.cumsum(fresh) - 1]
    return lengths, hashes.view(np.uint64)
