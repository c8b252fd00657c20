"""Posting rows to posting lists: the bits of a range of chunks at a time.

A chunk is the gamma code of one more than the number of its lists, then the lists, sorted by
key, spelling and check.  A list is its head and its postings, from the oldest bulletin:

* head: ``1`` and the Rice code (16 bits) of the key's distance from the one before; or ``01``
  where the key is the same; either with the spelling.  Or ``00`` and the check, where both are the
  same.  Then gamma of the number of postings.  WEIGHTS and FOLLOWS have neither heads nor a
  number of lists: their lists are those of the SETS and PAIRS beside which they stand, in order.
* posting: the Rice code of the distance from the bulletin before, less one; its parameter
  follows from the number of postings (`rice_parameter`).  What comes then depends on the kind:
  nothing in SETS; what the fields hold in WORDS; no distance, only that, in WEIGHTS; in PAIRS
  what a pair's occurrences are.  In FOLLOWS a list is three bits, the width, and of each
  occurrence what follows it.
* fields: ``0`` where only the body has the word, ``100`` where only the lead, ``101`` where both
  have it; ``110`` and three bits where only another field has it; else ``111`` and eight bits, one
  a field.  Then for each field gamma of how often; in WEIGHTS a body's level instead, in unary.
* occurrences: ``0`` where there is one, in the body; ``10`` and gamma of one less than their
  number where there are more, all in the body; ``110`` and two bits where there is one, in
  another class; else ``111``, four bits, one a class, and gamma of their number.
* what follows: ``0`` and as many bits of its hash as the width says; or ``1``, in unary how many
  bits more, and those bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from danvan_site.search import coding
from danvan_site.search.coding import Codes, Lengths
from danvan_site.search.documents import BODY, FIELDS, LEAD
from danvan_site.search.hashing import CHECK_BITS, NEXT_BITS, SPELLING_BITS
from danvan_site.search.postings import (
    CLASS_BITS,
    LENGTH_BITS,
    NAME_BITS,
    TEXT,
    U64,
    Rows,
)

KEY_RICE = 16
WIDTH_BITS = 3
# How often a word stands in a body, for its length by BM25's measure (b 0.75): in octaves, of
# which the first ends at 0.85.  The length is compared with a fixed one, not with the archive's
# average: what a list says must not change with other bulletins.
REFERENCE = 400
LEVELS = 12
_LEVEL_ENDS = np.array([0.85 * 2**level for level in range(LEVELS - 1)])


class Kind(Enum):
    """What a list says of its bulletins."""

    SETS = "which"
    WEIGHTS = "fields"
    WORDS = "which and fields"
    PAIRS = "which and occurrences"
    FOLLOWS = "what follows"


_OF_PAIRS = (Kind.PAIRS, Kind.FOLLOWS)


class Lists(NamedTuple):
    """The lists of a range of chunks: the chunk, name and check of each, postings in each."""

    chunks: U64
    names: U64
    checks: U64
    sizes: Lengths


def rice_parameter(sizes: Lengths, documents: int) -> U64:
    """Return the parameter of lists of *sizes* postings among so many bulletins."""
    ratio = np.maximum(documents * 177 // (sizes * 256), 1)
    return (coding.bit_length(ratio) - 1).astype(np.uint64)


def encode(
    rows: Rows, kind: Kind, chunks: range, documents: int, bodies: NDArray[np.int64] | None
) -> list[bytes]:
    """Return the texts of *chunks*, whose rows are given.

    *documents* is the size of the segment; *bodies* the lengths of its bodies where weights are
    to be levels.
    """
    ordered = _ordered(rows)
    places = ordered.places
    checks = ordered.values & np.uint64((1 << CHECK_BITS) - 1)
    new_list = _changes(places) | _changes(checks)
    if kind in _OF_PAIRS:
        below = CHECK_BITS + CLASS_BITS + NEXT_BITS + LENGTH_BITS
    else:
        below = CHECK_BITS + 16 + 3
    numbers = (ordered.values >> np.uint64(below)).astype(np.int64)
    new_posting = new_list | _changes(numbers) | np.full(len(numbers), kind is Kind.FOLLOWS)
    firsts, posts = np.flatnonzero(new_list), np.flatnonzero(new_posting)
    list_of = np.cumsum(new_list) - 1
    sizes = np.bincount(list_of[posts], minlength=len(firsts))
    lists = Lists(
        places[firsts] >> np.uint64(NAME_BITS),
        places[firsts] & np.uint64((1 << NAME_BITS) - 1),
        checks[firsts],
        sizes,
    )
    with_heads = kind not in (Kind.WEIGHTS, Kind.FOLLOWS)
    heads = _heads(lists) if with_heads else []
    own: list[Codes] = []
    children: list[Codes] = []
    if with_heads:
        own.append(_distances(numbers[posts], list_of[posts], lists, documents))
    post_of = np.cumsum(new_posting) - 1
    if kind is Kind.FOLLOWS:
        widths, codes = _following(ordered.values, list_of, len(firsts))
        heads.append(coding.fixed(widths, WIDTH_BITS))
        own.append(codes)
    elif kind is Kind.PAIRS:
        own.append(_occurrences(ordered.values, post_of, len(posts)))
    elif kind is not Kind.SETS:
        own.append(_fields(ordered.values, post_of, len(posts)))
        children.append(_amounts(ordered.values, numbers, bodies))
    return _laid_out(chunks, lists, with_heads, heads, list_of[posts], own, post_of, children)


def _changes(values: NDArray[np.uint64] | NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.r_[True, values[1:] != values[:-1]] if len(values) else np.zeros(0, bool)


def _ordered(rows: Rows) -> Rows:
    """Sort rows that came from several blocks; those of one place keep their order."""
    order = np.argsort(rows.places, kind="stable")
    places, values = rows.places[order], rows.values[order]
    checks = values & np.uint64((1 << CHECK_BITS) - 1)
    if np.any((places[1:] == places[:-1]) & (checks[1:] != checks[:-1])):
        order = np.lexsort((checks, places))
        places, values = places[order], values[order]
    return Rows(places, values)


def _heads(lists: Lists) -> list[Codes]:
    spelling_mask = np.uint64((1 << SPELLING_BITS) - 1)
    keys = lists.names >> np.uint64(SPELLING_BITS)
    first = _changes(lists.chunks)
    new_key = first | _changes(keys)
    new_spelling = new_key | _changes(lists.names)
    before = np.r_[np.zeros(1, np.uint64), keys[:-1]]
    distance = np.where(first, keys, keys - before)
    parameter = np.full(len(keys), KEY_RICE, np.uint64)
    key = coding.rice(distance, parameter)
    # The flag of a new key stands before its code, the others' flags are their code.
    flag = Codes(new_key.astype(np.uint64), np.ones(len(keys), np.int64))
    other = Codes(new_spelling.astype(np.uint64), np.ones(len(keys), np.int64))
    key = Codes(
        np.where(new_key, key.values, other.values), np.where(new_key, key.lengths, other.lengths)
    )
    name = Codes(
        np.where(new_spelling, lists.names & spelling_mask, lists.checks),
        np.where(new_spelling, SPELLING_BITS, CHECK_BITS),
    )
    return [flag, key, name, coding.gamma(lists.sizes.astype(np.uint64))]


def _distances(
    numbers: NDArray[np.int64], list_of: NDArray[np.int64], lists: Lists, documents: int
) -> Codes:
    first = _changes(list_of)
    before = np.r_[np.zeros(1, np.int64), numbers[:-1] + 1]
    distance = numbers - np.where(first, 0, before)
    return coding.rice(distance.astype(np.uint64), rice_parameter(lists.sizes, documents)[list_of])


def _fields(values: U64, post_of: NDArray[np.int64], postings: int) -> Codes:
    """Return the codes of which fields have a word."""
    field = (values >> np.uint64(CHECK_BITS + 16)) & np.uint64(7)
    sums = np.bincount(post_of, (np.uint64(1) << field).astype(np.float64), postings)
    masks: U64 = sums.astype(np.uint64)
    single = (masks & (masks - np.uint64(1))) == 0
    number: U64 = (coding.bit_length(masks) - 1).astype(np.uint64)
    cases = [masks == 1 << BODY, masks == 1 << LEAD, masks == 1 << BODY | 1 << LEAD, single]
    few = [np.array([code], np.uint64) for code in (0, 0b100, 0b101)]
    few.append(number | np.uint64(0b110000))
    many = masks | np.uint64(0b111 << len(FIELDS))
    return Codes(np.select(cases, few, many), np.select(cases, [1, 3, 3, 6], 3 + len(FIELDS)))


def _amounts(values: U64, numbers: NDArray[np.int64], bodies: NDArray[np.int64] | None) -> Codes:
    """Return the codes of how often a field has a word, or of a body's level."""
    counts = (values >> np.uint64(CHECK_BITS)) & np.uint64(0xFFFF)
    if bodies is None:
        return coding.gamma(counts)
    field = (values >> np.uint64(CHECK_BITS + 16)) & np.uint64(7)
    amount = counts / (0.25 + 0.75 * bodies[numbers] / REFERENCE)
    levels = np.searchsorted(_LEVEL_ENDS, amount, side="right").astype(np.uint64)
    level, count = coding.rice(levels, np.zeros(len(levels), np.uint64)), coding.gamma(counts)
    in_body = field == BODY
    return Codes(
        np.where(in_body, level.values, count.values),
        np.where(in_body, level.lengths, count.lengths),
    )


def _occurrences(values: U64, post_of: NDArray[np.int64], postings: int) -> Codes:
    """Return the codes of how often and where a pair stands."""
    classes = (values >> np.uint64(CHECK_BITS)) & np.uint64((1 << CLASS_BITS) - 1)
    masks = np.zeros(postings, np.uint64)
    for each in range(1 << CLASS_BITS):
        masks[post_of[classes == each]] |= np.uint64(1 << each)
    counts = np.bincount(post_of, minlength=postings).astype(np.uint64)
    number = (coding.bit_length(masks) - 1).astype(np.uint64)
    one, in_text = counts == 1, masks == np.uint64(1 << TEXT)
    more = coding.joined(
        coding.fixed(np.full(postings, 0b10), 2),
        coding.gamma(np.maximum(counts, np.uint64(2)) - np.uint64(1)),
    )
    mixed = coding.joined(
        coding.fixed(masks | np.uint64(0b111 << (1 << CLASS_BITS)), 3 + (1 << CLASS_BITS)),
        coding.gamma(counts),
    )
    cases = [one & in_text, in_text, one]
    return Codes(
        np.select(cases, [np.uint64(0), more.values, number | np.uint64(0b11000)], mixed.values),
        np.select(cases, [1, more.lengths, 5], mixed.lengths),
    )


def _following(values: U64, list_of: NDArray[np.int64], lists: int) -> tuple[U64, Codes]:
    """Return the widths of lists that cost least, and the codes of what follows."""
    shift = CHECK_BITS + CLASS_BITS
    hashes = (values >> np.uint64(shift)) & np.uint64((1 << NEXT_BITS) - 1)
    lengths = (values >> np.uint64(shift + NEXT_BITS)) & np.uint64((1 << LENGTH_BITS) - 1)
    needed = lengths.astype(np.int64)
    table = np.zeros((1 << WIDTH_BITS, NEXT_BITS + 1), np.int64)
    for width in range(1 << WIDTH_BITS):
        for length in range(NEXT_BITS + 1):
            more = length - width
            table[width, length] = 1 + width if more <= 0 else 1 + more + length
    histogram = np.bincount(
        list_of * (NEXT_BITS + 1) + needed, minlength=lists * (NEXT_BITS + 1)
    ).reshape(lists, NEXT_BITS + 1)
    widths = np.argmin(histogram @ table.T, axis=1)
    width = widths[list_of]
    used = np.maximum(needed, width)
    bits = hashes >> (np.uint64(NEXT_BITS) - used.astype(np.uint64))
    one = np.uint64(1)
    # '1', zeros and a one for how many more, then the bits; the zeros need no writing.
    more = used - width
    flagged = bits | np.where(
        more > 0, (one << used.astype(np.uint64)) | (one << (used + more).astype(np.uint64)), 0
    ).astype(np.uint64)
    return widths.astype(np.uint64), Codes(flagged, 1 + more + used)


def _before(lengths: Lengths) -> Lengths:
    """Return the sum of all lengths before each."""
    return np.cumsum(lengths) - lengths


def _within(lengths: Lengths, group: NDArray[np.int64], groups: int) -> tuple[Lengths, Lengths]:
    """Return the sums before each inside its group, and the sums of the groups."""
    sums = np.bincount(group, lengths, groups).astype(np.int64)
    return _before(lengths) - _before(sums)[group], sums


def _laid_out(
    chunks: range,
    lists: Lists,
    counted: bool,
    heads: Sequence[Codes],
    list_of: NDArray[np.int64],
    own: Sequence[Codes],
    post_of: NDArray[np.int64],
    children: Sequence[Codes],
) -> list[bytes]:
    """Lay all codes one after the other, each chunk from a new word on; return the texts."""
    postings = len(list_of)
    chunk_of = lists.chunks.astype(np.int64) - chunks.start
    own_length = sum((codes.lengths for codes in own), np.zeros(postings, np.int64))
    child_length = sum((codes.lengths for codes in children), np.zeros(len(post_of), np.int64))
    if children:
        child_at, child_sums = _within(child_length, post_of, postings)
    else:
        child_at, child_sums = child_length, np.zeros(postings, np.int64)
    post_at, post_sums = _within(own_length + child_sums, list_of, len(lists.sizes))
    head_length = sum((codes.lengths for codes in heads), np.zeros(len(lists.sizes), np.int64))
    list_at, list_sums = _within(head_length + post_sums, chunk_of, len(chunks))
    counts = np.bincount(chunk_of, minlength=len(chunks)).astype(np.uint64)
    begin = coding.gamma(counts + np.uint64(1))
    if not counted:
        begin = coding.fixed(np.zeros(len(chunks), np.uint64), 0)
    totals = begin.lengths + list_sums
    starts = _before((totals + 63) // 64 * 64)

    bits = coding.Bits(int(starts[-1] + totals[-1]) + 64)
    bits.write(starts + begin.lengths, begin)
    list_start = (starts + begin.lengths)[chunk_of] + list_at
    _write(bits, list_start, heads)
    post_start = (list_start + head_length)[list_of] + post_at
    _write(bits, post_start, own)
    if children:
        _write(bits, (post_start + own_length)[post_of] + child_at, children)
    return bits.texts(starts, starts + totals)


def _write(bits: coding.Bits, starts: Lengths, parts: Sequence[Codes]) -> None:
    at = starts
    for codes in parts:
        at = at + codes.lengths
        bits.write(at, codes)
