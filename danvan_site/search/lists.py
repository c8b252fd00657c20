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
    COUNT_BITS,
    LENGTH_BITS,
    NAME_BITS,
    PAIR_BITS,
    TEXT,
    U64,
    WORD_BITS,
    Rows,
    ordered,
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


class Lists(NamedTuple):
    """The lists of a range of chunks: the chunk, name and check of each, postings in each."""

    chunks: U64
    names: U64
    checks: U64
    sizes: Lengths


class Grouped(NamedTuple):
    """Posting rows in the order of their lists: the bulletin and the value of each, whether it
    begins a list, whether it begins a posting."""

    numbers: Lengths
    values: U64
    new_list: NDArray[np.bool_]
    new_posting: NDArray[np.bool_]
    places: U64


def grouped(rows: Rows, chunks: range, of_pairs: bool) -> Grouped:
    """Sort the rows of a range of chunks, given in the order of reading, into their lists."""
    order = ordered(rows.places - np.uint64(chunks.start << NAME_BITS))
    places, values = rows.places[order], rows.values[order]
    checks = values & np.uint64((1 << CHECK_BITS) - 1)
    new_list = coding.changes(places)
    new_check = coding.changes(checks)
    if np.any(new_check & ~new_list):
        # Different terms of one name: their rows must not be mixed.
        order = np.lexsort((checks, places))
        places, values, checks = places[order], values[order], checks[order]
        new_list, new_check = coding.changes(places), coding.changes(checks)
    new_list |= new_check
    numbers = (values >> np.uint64(PAIR_BITS if of_pairs else WORD_BITS)).view(np.int64)
    return Grouped(numbers, values, new_list, new_list | coding.changes(numbers), places)


def rice_parameter(sizes: Lengths, documents: int) -> U64:
    """Return the parameter of lists of *sizes* postings among so many bulletins."""
    ratio = np.maximum(documents * 177 // (sizes * 256), 1)
    return (coding.bit_length(ratio) - 1).view(np.uint64)


def encode(
    rows: Grouped, kind: Kind, chunks: range, documents: int, bodies: NDArray[np.int64] | None
) -> list[bytes]:
    """Return the texts of *chunks*, whose rows are given.

    *documents* is the size of the segment; *bodies* the lengths of its bodies where weights are
    to be levels.
    """
    values, places = rows.values, rows.places
    firsts = np.flatnonzero(rows.new_list)
    if kind is Kind.FOLLOWS:
        posts = post_of = np.arange(len(values))
    else:
        posts = np.flatnonzero(rows.new_posting)
        post_of = np.cumsum(rows.new_posting) - 1
    list_of = np.cumsum(rows.new_list[posts]) - 1
    sizes = np.bincount(list_of, minlength=len(firsts))
    lists = Lists(
        places[firsts] >> np.uint64(NAME_BITS),
        places[firsts] & np.uint64((1 << NAME_BITS) - 1),
        values[firsts] & np.uint64((1 << CHECK_BITS) - 1),
        sizes,
    )
    with_heads = kind not in (Kind.WEIGHTS, Kind.FOLLOWS)
    heads = _heads(lists) if with_heads else []
    children: list[Codes] = []
    if with_heads:
        own = _distances(rows.numbers[posts], list_of, lists, documents)
    if kind is Kind.FOLLOWS:
        widths, own = _following(values, list_of, len(firsts))
        heads.append(coding.fixed(widths, WIDTH_BITS))
    elif kind is Kind.PAIRS:
        own = coding.joined(own, _occurrences(values, posts, post_of))
    elif kind is not Kind.SETS:
        fields = _fields(values, post_of, len(posts))
        own = coding.joined(own, fields) if with_heads else fields
        children.append(_amounts(values, rows.numbers, bodies))
    return _laid_out(chunks, lists, with_heads, heads, list_of, own, post_of, children)


def _heads(lists: Lists) -> list[Codes]:
    spelling_mask = np.uint64((1 << SPELLING_BITS) - 1)
    keys = lists.names >> np.uint64(SPELLING_BITS)
    first = coding.changes(lists.chunks)
    new_key = first | coding.changes(keys)
    new_spelling = new_key | coding.changes(lists.names)
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
    distances = np.diff(numbers, prepend=0) - 1
    firsts = np.cumsum(lists.sizes) - lists.sizes
    distances[firsts] = numbers[firsts]
    return coding.rice(distances.view(np.uint64), rice_parameter(lists.sizes, documents)[list_of])


def _code_of_fields(mask: int) -> tuple[int, int]:
    few = {1 << BODY: (0, 1), 1 << LEAD: (0b100, 3), 1 << BODY | 1 << LEAD: (0b101, 3)}
    if mask in few:
        return few[mask]
    if mask.bit_count() == 1:
        return 0b110 << 3 | mask.bit_length() - 1, 6
    return 0b111 << len(FIELDS) | mask, 3 + len(FIELDS)


_CODES_OF_FIELDS = coding.table(map(_code_of_fields, range(1 << len(FIELDS))))


def _fields(values: U64, post_of: NDArray[np.int64], postings: int) -> Codes:
    """Return the codes of which fields have a word."""
    field = (values >> np.uint64(CHECK_BITS + COUNT_BITS)) & np.uint64(7)
    # A row for each field: their bits add up.
    masks = np.bincount(post_of, _BIT_OF_FIELD[field], postings).astype(np.int64)
    return Codes(_CODES_OF_FIELDS.values[masks], _CODES_OF_FIELDS.lengths[masks])


_BIT_OF_FIELD = np.array([1 << field for field in range(len(FIELDS))], np.float64)


def _amounts(values: U64, numbers: NDArray[np.int64], bodies: NDArray[np.int64] | None) -> Codes:
    """Return the codes of how often a field has a word, or of a body's level."""
    counts = (values >> np.uint64(CHECK_BITS)) & np.uint64((1 << COUNT_BITS) - 1)
    codes = coding.gamma(counts)
    if bodies is None:
        return codes
    field = (values >> np.uint64(CHECK_BITS + COUNT_BITS)) & np.uint64(7)
    in_body = np.flatnonzero(field == BODY)
    norms = 0.25 + 0.75 * bodies / REFERENCE
    amounts = counts[in_body] / norms[numbers[in_body]]
    levels = np.searchsorted(_LEVEL_ENDS, amounts, side="right")
    codes.values[in_body], codes.lengths[in_body] = 1, levels + 1
    return codes


def _code_of_classes(mask: int) -> tuple[int, int]:
    if mask == 1 << TEXT:
        return 0, 1
    return 0b110 << CLASS_BITS | max(mask.bit_length() - 1, 0), 3 + CLASS_BITS


_CODES_OF_CLASSES = coding.table(map(_code_of_classes, range(1 << (1 << CLASS_BITS))))


def _occurrences(values: U64, posts: NDArray[np.int64], post_of: NDArray[np.int64]) -> Codes:
    """Return the codes of how often and where a pair stands."""
    classes = (values >> np.uint64(CHECK_BITS)) & np.uint64((1 << CLASS_BITS) - 1)
    bits = np.uint64(1) << classes
    counts = np.diff(posts, append=len(values))
    masks = bits[posts].view(np.int64)
    single = Codes(_CODES_OF_CLASSES.values[masks], _CODES_OF_CLASSES.lengths[masks])
    # Most stand once.
    many = np.flatnonzero(counts > 1)
    if len(many):
        again = np.flatnonzero(counts[post_of] > 1)
        starts = np.flatnonzero(coding.changes(post_of[again]))
        mask, count = np.bitwise_or.reduceat(bits[again], starts), counts[many].view(np.uint64)
        text = mask == np.uint64(1 << TEXT)
        flag = np.where(text, np.uint64(0b10), mask | np.uint64(0b111 << (1 << CLASS_BITS)))
        code = coding.joined(
            Codes(flag, np.where(text, 2, 3 + (1 << CLASS_BITS))),
            coding.gamma(np.where(text, count - np.uint64(1), count)),
        )
        single.values[many], single.lengths[many] = code
    return single


def _cost(width: int, length: int) -> int:
    """Return the bits that *length* bits of a hash take in a list of some width."""
    return 1 + width if length <= width else 1 + (length - width) + length


_COSTS = np.array(
    [[_cost(width, length) for width in range(1 << WIDTH_BITS)] for length in range(NEXT_BITS + 1)]
)


def _following(values: U64, list_of: NDArray[np.int64], lists: int) -> tuple[U64, Codes]:
    """Return the widths of lists that cost least, and the codes of what follows."""
    shift = CHECK_BITS + CLASS_BITS
    hashes = (values >> np.uint64(shift)) & np.uint64((1 << NEXT_BITS) - 1)
    lengths = (values >> np.uint64(shift + NEXT_BITS)) & np.uint64((1 << LENGTH_BITS) - 1)
    needed = lengths.view(np.int64)
    histogram = np.bincount(
        list_of * (NEXT_BITS + 1) + needed, minlength=lists * (NEXT_BITS + 1)
    ).reshape(lists, NEXT_BITS + 1)
    widths = np.argmin(histogram @ _COSTS, axis=1)
    width = widths[list_of]
    used = np.maximum(needed, width)
    more = used - width
    codes = Codes(hashes >> (NEXT_BITS - used).view(np.uint64), 1 + more + used)
    # '1', zeros and a one for how many more, then the bits; the zeros need no writing.
    longer = np.flatnonzero(more)
    one, used, more = np.uint64(1), used[longer], more[longer]
    codes.values[longer] |= one << used.view(np.uint64) | one << (used + more).view(np.uint64)
    return widths.view(np.uint64), codes


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
    own: Codes,
    post_of: NDArray[np.int64],
    children: Sequence[Codes],
) -> list[bytes]:
    """Lay all codes one after the other, each chunk from a new word on; return the texts."""
    postings = len(list_of)
    chunk_of = lists.chunks.view(np.int64) - chunks.start
    child_length = sum((codes.lengths for codes in children), np.zeros(len(post_of), np.int64))
    if children:
        child_at, child_sums = _within(child_length, post_of, postings)
    else:
        child_at, child_sums = child_length, np.zeros(postings, np.int64)
    post_at, post_sums = _within(own.lengths + child_sums, list_of, len(lists.sizes))
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
    _write(bits, post_start, [own])
    if children:
        _write(bits, (post_start + own.lengths)[post_of] + child_at, children)
    return bits.texts(starts, starts + totals)


def _write(bits: coding.Bits, starts: Lengths, parts: Sequence[Codes]) -> None:
    at = starts
    for codes in parts:
        at = at + codes.lengths
        bits.write(at, codes)
