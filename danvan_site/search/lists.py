"""Posting rows to posting lists: the bits of a range of chunks at a time.

A chunk is the gamma code of one more than the number of its lists, then the lists, sorted by
key, spelling and check.  A list is its head and its postings, from the oldest bulletin:

* head: ``1`` and the Rice code (16 bits) of the key's distance from the one before; or ``01``
  where the key is the same; either with the spelling.  Or ``00`` and the check, where both are the
  same.  Then gamma of the number of postings.  WEIGHTS and FOLLOWS have neither heads nor a
  number of lists: their lists are those of the SETS and PAIRS beside which they stand, in order.
* posting: the Rice code of the distance from the bulletin before, less one; its parameter
  follows from the number of postings (`rice_parameter`).  What comes then depends on the kind:
  nothing in SETS, where a list of more than half of the bulletins holds the others instead; what
  the fields hold in WORDS; no distance, only that, in WEIGHTS; in PAIRS what a pair's occurrences
  are.  In FOLLOWS a list is three bits, the width, and of each occurrence what follows it.  In
  WORDS a spelling has all 32 bits, and there is no check.
* fields: ``0`` where only the body has the word, ``100`` where only the lead, ``101`` where both
  have it; ``110`` and three bits where only another field has it; else ``111`` and eight bits, one
  a field.  Then for each field gamma of how often; in WEIGHTS a body's level instead, in unary.
  In WORDS the positions follow: the Rice code of the distance from the one before, less one; its
  parameter follows from the field and from how often (`POSITION_RICE`).
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
    FIELD_BITS,
    LENGTH_BITS,
    NAME_BITS,
    PAIR_BITS,
    PLACE_BITS,
    POSITION_BITS,
    REST_BITS,
    TEXT,
    U64,
    WORD_BITS,
    Rows,
    ordered,
)

KEY_RICE, SMALL_KEY_RICE = 16, 19
# In the fields, of a word that stands there once; one less each time that its number doubles.
POSITION_RICE = (3, 5, 8, 4, 3, 2, 2, 2)
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


class _Parts(NamedTuple):
    """Codes that stand behind those of postings, and which posting each belongs to."""

    post_of: Lengths
    codes: Sequence[Codes]


class Grouped(NamedTuple):
    """Posting rows in the order of their lists: the bulletin and the value of each, whether it
    begins a list, whether it begins a posting."""

    numbers: Lengths
    values: U64
    new_list: NDArray[np.bool_]
    new_posting: NDArray[np.bool_]
    places: U64


# Bits of a row's check, and bits below its bulletin.
_BITS = {
    Kind.SETS: (CHECK_BITS, WORD_BITS),
    Kind.PAIRS: (CHECK_BITS, PAIR_BITS),
    Kind.WORDS: (REST_BITS, PLACE_BITS),
}


def grouped(rows: Rows, chunks: range, kind: Kind) -> Grouped:
    """Sort rows for SETS, PAIRS or WORDS of a range of chunks, given in the order of reading,
    into their lists."""
    check_bits, below = _BITS[kind]
    order = ordered(rows.places - np.uint64(chunks.start << NAME_BITS))
    places, values = rows.places[order], rows.values[order]
    checks = values & np.uint64((1 << check_bits) - 1)
    new_list = coding.changes(places)
    new_check = coding.changes(checks)
    if np.any(new_check & ~new_list):
        # Different terms of one name: their rows must not be mixed.
        order = np.lexsort((checks, places))
        places, values, checks = places[order], values[order], checks[order]
        new_list, new_check = coding.changes(places), coding.changes(checks)
    new_list |= new_check
    numbers = (values >> np.uint64(below)).view(np.int64)
    return Grouped(numbers, values, new_list, new_list | coding.changes(numbers), places)


def rice_parameter(sizes: Lengths, documents: int) -> U64:
    """Return the parameter of lists of *sizes* postings among so many bulletins."""
    ratio = np.maximum(documents * 177 // (np.maximum(sizes, 1) * 256), 1)
    return (coding.bit_length(ratio) - 1).view(np.uint64)


def encode(
    rows: Grouped, kind: Kind, chunks: range, documents: int, bodies: NDArray[np.int64] | None
) -> list[bytes]:
    """Return the texts of *chunks*, whose rows are given.

    *documents* is the size of the segment; *bodies* the lengths of its bodies, for WEIGHTS.
    """
    # Of what follows pairs each occurrence is a posting.
    is_post = np.ones(len(rows.values), bool) if kind is Kind.FOLLOWS else rows.new_posting
    posts, post_of = np.flatnonzero(is_post), np.cumsum(is_post) - 1
    list_of = np.cumsum(rows.new_list[posts]) - 1
    lists = _lists(rows, kind, list_of)
    if kind is Kind.FOLLOWS:
        widths, codes = _following(rows.values, list_of, len(lists.sizes))
        heads = [coding.fixed(widths, WIDTH_BITS)]
        return _laid_out(chunks, lists, heads, list_of, codes, counted=False)
    if bodies is not None:
        fields, starts = _field_rows(rows, CHECK_BITS + COUNT_BITS)
        codes, amounts = _fields(fields, starts, post_of), _amounts(rows, fields, bodies)
        parts = _Parts(post_of, [amounts])
        return _laid_out(chunks, lists, [], list_of, codes, parts, counted=False)
    heads, numbers = _heads(lists, kind), rows.numbers[posts]
    if kind is Kind.SETS:
        numbers, list_of, sizes = _shorter(numbers, list_of, lists.sizes, documents)
        codes = _distances(numbers, list_of, sizes, documents)
        return _laid_out(chunks, lists, heads, list_of, codes)
    codes = _distances(numbers, list_of, lists.sizes, documents)
    if kind is Kind.PAIRS:
        codes = coding.joined(codes, _occurrences(rows.values, posts, post_of))
        return _laid_out(chunks, lists, heads, list_of, codes)
    fields, starts = _field_rows(rows, REST_BITS + POSITION_BITS)
    codes = coding.joined(codes, _fields(fields, starts, post_of))
    parts = _Parts(post_of, _positions(rows.values, fields, starts))
    return _laid_out(chunks, lists, heads, list_of, codes, parts)


def _lists(rows: Grouped, kind: Kind, list_of: Lengths) -> Lists:
    firsts = np.flatnonzero(rows.new_list)
    check_bits = REST_BITS if kind is Kind.WORDS else CHECK_BITS
    return Lists(
        rows.places[firsts] >> np.uint64(NAME_BITS),
        rows.places[firsts] & np.uint64((1 << NAME_BITS) - 1),
        rows.values[firsts] & np.uint64((1 << check_bits) - 1),
        np.bincount(list_of, minlength=len(firsts)),
    )


def _field_rows(rows: Grouped, below: int) -> tuple[Lengths, Lengths]:
    """Return each row's field, which stands above so many bits, and where another one begins."""
    fields = (rows.values >> np.uint64(below)) & np.uint64((1 << FIELD_BITS) - 1)
    return fields.view(np.int64), np.flatnonzero(rows.new_posting | coding.changes(fields))


def _shorter(
    numbers: Lengths, list_of: Lengths, sizes: Lengths, documents: int
) -> tuple[Lengths, Lengths, Lengths]:
    """Turn lists of more than half of the bulletins into those of the others."""
    ends = np.cumsum(sizes)
    parts, done = [], 0
    for number in np.flatnonzero(2 * sizes > documents):
        start = ends[number] - sizes[number]
        others = np.ones(documents, bool)
        others[numbers[start : ends[number]]] = False
        parts += [numbers[done:start], np.flatnonzero(others)]
        done = ends[number]
    if not parts:
        return numbers, list_of, sizes
    left = np.where(2 * sizes > documents, documents - sizes, sizes)
    return np.concatenate([*parts, numbers[done:]]), np.repeat(np.arange(len(left)), left), left


def _heads(lists: Lists, kind: Kind) -> list[Codes]:
    spellings = lists.names & np.uint64((1 << SPELLING_BITS) - 1)
    keys = lists.names >> np.uint64(SPELLING_BITS)
    first = coding.changes(lists.chunks)
    new_key = first | coding.changes(keys)
    if kind is Kind.WORDS:
        new_spelling = np.ones(len(keys), bool)
        rice = SMALL_KEY_RICE
        name = coding.fixed(spellings << np.uint64(REST_BITS) | lists.checks, 32)
    else:
        new_spelling = new_key | coding.changes(lists.names)
        rice = KEY_RICE
        name = Codes(
            np.where(new_spelling, spellings, lists.checks),
            np.where(new_spelling, SPELLING_BITS, CHECK_BITS),
        )
    before = np.r_[np.zeros(1, np.uint64), keys[:-1]]
    distance = np.where(first, keys, keys - before)
    key = coding.rice(distance, np.full(len(keys), rice, np.uint64))
    # The flag of a new key stands before its code, the others' flags are their code.
    flag = Codes(new_key.astype(np.uint64), np.ones(len(keys), np.int64))
    other = Codes(new_spelling.astype(np.uint64), np.ones(len(keys), np.int64))
    key = Codes(
        np.where(new_key, key.values, other.values), np.where(new_key, key.lengths, other.lengths)
    )
    return [flag, key, name, coding.gamma(lists.sizes.view(np.uint64))]


def _distances(numbers: Lengths, list_of: Lengths, sizes: Lengths, documents: int) -> Codes:
    distances = np.diff(numbers, prepend=0) - 1
    firsts = np.flatnonzero(coding.changes(list_of))
    distances[firsts] = numbers[firsts]
    return coding.rice(distances.view(np.uint64), rice_parameter(sizes, documents)[list_of])


def _code_of_fields(mask: int) -> tuple[int, int]:
    few = {1 << BODY: (0, 1), 1 << LEAD: (0b100, 3), 1 << BODY | 1 << LEAD: (0b101, 3)}
    if mask in few:
        return few[mask]
    if mask.bit_count() == 1:
        return 0b110 << 3 | mask.bit_length() - 1, 6
    return 0b111 << len(FIELDS) | mask, 3 + len(FIELDS)


_CODES_OF_FIELDS = coding.table(map(_code_of_fields, range(1 << len(FIELDS))))


_BIT_OF_FIELD = np.array([1 << field for field in range(len(FIELDS))], np.float64)


def _fields(fields: Lengths, starts: Lengths, post_of: Lengths) -> Codes:
    """Return the codes of which fields have a word; *starts* are each field's first rows."""
    masks = np.bincount(post_of[starts], _BIT_OF_FIELD[fields[starts]]).astype(np.int64)
    return Codes(_CODES_OF_FIELDS.values[masks], _CODES_OF_FIELDS.lengths[masks])


def _amounts(rows: Grouped, fields: Lengths, bodies: Lengths) -> Codes:
    """Return the codes of how often a field has a word, or of a body's level."""
    counts = (rows.values >> np.uint64(CHECK_BITS)) & np.uint64((1 << COUNT_BITS) - 1)
    in_body = np.flatnonzero(fields == BODY)
    codes = coding.gamma(counts)
    levels = _levels(counts[in_body], bodies[rows.numbers[in_body]])
    codes.values[in_body], codes.lengths[in_body] = 1, levels + 1
    return codes


def _levels(counts: U64, lengths: Lengths) -> Lengths:
    """Return the levels of words that stand so often in bodies of so many words."""
    amounts = counts / (0.25 + 0.75 * lengths / REFERENCE)
    levels: Lengths = np.searchsorted(_LEVEL_ENDS, amounts, side="right")
    return levels


def said(rows: Rows, first: int, bodies: Lengths) -> tuple[U64, U64]:
    """Return what SETS and WEIGHTS say of rows of words; *bodies* are the lengths of the bodies
    from the bulletin *first* on."""
    values = rows.values
    check = values & np.uint64((1 << CHECK_BITS) - 1)
    number = values >> np.uint64(WORD_BITS)
    sets = number << np.uint64(CHECK_BITS) | check
    amounts = (values >> np.uint64(CHECK_BITS)) & np.uint64((1 << COUNT_BITS) - 1)
    fields = (values >> np.uint64(CHECK_BITS + COUNT_BITS)) & np.uint64((1 << FIELD_BITS) - 1)
    in_body = np.flatnonzero(fields == BODY)
    own = number[in_body].view(np.int64) - first
    amounts[in_body] = _levels(amounts[in_body], bodies[own]).view(np.uint64)
    weights = values & ~np.uint64(((1 << COUNT_BITS) - 1) << CHECK_BITS)
    return sets, weights | amounts << np.uint64(CHECK_BITS)


def _positions(values: U64, fields: Lengths, starts: Lengths) -> list[Codes]:
    """Return the codes of how often fields have a word, before the first of those of where."""
    positions = (values >> np.uint64(REST_BITS)) & np.uint64((1 << POSITION_BITS) - 1)
    distances = np.diff(positions, prepend=np.uint64(0)) - np.uint64(1)
    distances[starts] = positions[starts]
    sizes = np.diff(starts, append=len(values)).view(np.uint64)
    counts = Codes(np.zeros(len(values), np.uint64), np.zeros(len(values), np.int64))
    counts.values[starts], counts.lengths[starts] = coding.gamma(sizes)
    parameters = np.array(POSITION_RICE)[fields] - np.repeat(
        coding.bit_length(sizes) - 1, sizes.view(np.int64)
    )
    return [counts, coding.rice(distances, np.maximum(parameters, 0).view(np.uint64))]


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
    heads: Sequence[Codes],
    list_of: Lengths,
    own: Codes,
    parts: _Parts | None = None,
    *,
    counted: bool = True,
) -> list[bytes]:
    """Lay all codes one after the other, each chunk from a new word on; return the texts.

    *own* are the postings' codes, *parts* those that stand behind them.
    """
    postings = len(list_of)
    chunk_of = lists.chunks.view(np.int64) - chunks.start
    part_sums = np.zeros(postings, np.int64)
    if parts:
        part_at, part_sums = _within(_total(parts.codes), parts.post_of, postings)
    post_at, post_sums = _within(own.lengths + part_sums, list_of, len(lists.sizes))
    list_sums = post_sums
    if heads:
        head_length = _total(heads)
        list_sums = head_length + post_sums
    list_at, chunk_sums = _within(list_sums, chunk_of, len(chunks))
    counts = np.bincount(chunk_of, minlength=len(chunks)).astype(np.uint64)
    begin = coding.gamma(counts + np.uint64(1))
    if not counted:
        begin = coding.fixed(np.zeros(len(chunks), np.uint64), 0)
    totals = begin.lengths + chunk_sums
    starts = _before((totals + 63) // 64 * 64)

    bits = coding.Bits(int(starts[-1] + totals[-1]) + 64)
    bits.write(starts + begin.lengths, begin)
    list_start = (starts + begin.lengths)[chunk_of] + list_at
    if heads:
        _write(bits, list_start, heads)
        list_start = list_start + head_length
    post_start = list_start[list_of] + post_at
    _write(bits, post_start, [own])
    if parts:
        _write(bits, (post_start + own.lengths)[parts.post_of] + part_at, parts.codes)
    return bits.texts(starts, starts + totals)


def _total(codes: Sequence[Codes]) -> Lengths:
    total: Lengths = np.sum([each.lengths for each in codes], axis=0)
    return total


def _write(bits: coding.Bits, starts: Lengths, parts: Sequence[Codes]) -> None:
    at = starts
    for codes in parts:
        at = at + codes.lengths
        bits.write(at, codes)
