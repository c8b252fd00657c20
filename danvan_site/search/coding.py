"""Bits: the codes of posting lists, laid one after the other, and bits as text for a script.

All functions work on whole arrays.  A code is a value and its length in bits; the value stands
at the end of the code, zeros before it.  Sources: P. Elias, "Universal codeword sets" (1975);
R. F. Rice, "Some practical universal noiseless coding techniques" (1979).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.uint64]
Lengths = NDArray[np.int64]

# Text: fifteen bits in each UTF-16 code unit.  None of its bytes is a line break, so that a
# transfer in text mode leaves it whole, and none of the units is half of a surrogate pair.
UNIT_BITS = 15
_LOW_BYTES = [byte for byte in range(256) if byte not in (0x0A, 0x0D)]
_HIGH_BYTES = [*range(0x01, 0x0A), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x21, 0x34)]
_HIGH_BYTES += [*range(0xA0, 0xD8), *range(0xE0, 0xF9), 0xFB]
UNITS = np.array([high << 8 | low for high in _HIGH_BYTES for low in _LOW_BYTES], np.uint16)
UNITS = UNITS[: 1 << UNIT_BITS]


class Codes(NamedTuple):
    """Codes of the same kind: values (64 bits at most) and lengths in bits, which may be more."""

    values: Array
    lengths: Lengths


def bit_length(values: Array) -> Lengths:
    """Return the number of bits of each value (0 for 0); values below 2**53."""
    # The exponent of a double is stored with 1023 added to it.
    exponents = values.astype(np.float64).view(np.int64) >> 52
    lengths: Lengths = np.maximum(exponents - 1022, 0)
    return lengths


def gamma(values: Array) -> Codes:
    """Elias's gamma code of values from 1."""
    return Codes(values, 2 * bit_length(values) - 1)


def rice(values: Array, parameters: Array) -> Codes:
    """Rice's code of values from 0: the quotient in unary, zeros and a one, then the rest."""
    one = np.uint64(1)
    ends = (values & ((one << parameters) - one)) | (one << parameters)
    return Codes(ends, ((values >> parameters) + parameters + one).view(np.int64))


def joined(first: Codes, second: Codes) -> Codes:
    """Put each second code behind the first; what of the first is no zero must fit before it."""
    values = (first.values << second.lengths.view(np.uint64)) | second.values
    return Codes(values, first.lengths + second.lengths)


def fixed(values: Array, length: int) -> Codes:
    """Plain binary of *length* bits."""
    return Codes(np.asarray(values).astype(np.uint64), np.full(len(values), length, np.int64))


def table(codes: Iterable[tuple[int, int]]) -> Codes:
    """Return codes given as values and lengths, to choose from."""
    values, lengths = zip(*codes, strict=True)
    return Codes(np.array(values, np.uint64), np.array(lengths, np.int64))


def changes(values: NDArray[np.uint64] | NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of each value whether it differs from the one before; the first does."""
    found = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


class Bits:
    """A row of bits, zeros at first, into which codes are written at places."""

    def __init__(self, length: int) -> None:
        self._words = np.zeros(length // 64 + 2, np.uint64)

    def write(self, ends: Lengths, codes: Codes) -> None:
        """Write codes so that each ends before bit *ends*; in ascending order of places."""
        if not len(ends):
            return
        widths = np.maximum(bit_length(codes.values), 1)
        starts = ends - widths
        word, shift = starts >> 6, starts & 63
        room = 64 - shift - widths
        left = codes.values << np.maximum(room, 0).view(np.uint64)
        over = np.flatnonzero(room < 0)
        split, missing = codes.values[over], room[over]
        left[over] = split >> (-missing).view(np.uint64)
        firsts = np.flatnonzero(changes(word))
        self._words[word[firsts]] |= np.bitwise_or.reduceat(left, firsts)
        self._words[word[over] + 1] |= split << (64 + missing).view(np.uint64)

    def texts(self, starts: Lengths, ends: Lengths) -> list[bytes]:
        """Return the bits from each start, a multiple of 64, to its end, as UTF-16-LE text."""
        data = self._words.astype(">u8").tobytes()
        return [
            _text(data[start // 8 : -(-end // 8)]) for start, end in zip(starts, ends, strict=True)
        ]


def _text(data: bytes) -> bytes:
    """Return bytes as text; eight units for every fifteen bytes, the last ones cut."""
    units = -(-len(data) * 8 // UNIT_BITS)
    rows = np.frombuffer(data + bytes(-len(data) % 15), np.uint8).reshape(-1, 15).astype(np.uint32)
    out = np.empty((len(rows), 8), np.uint32)
    for number in range(8):
        bit = number * UNIT_BITS
        byte = bit >> 3
        window = rows[:, byte] << 16 | rows[:, byte + 1] << 8
        if byte + 2 < 15:
            window |= rows[:, byte + 2]
        out[:, number] = window >> (24 - UNIT_BITS - (bit & 7)) & ((1 << UNIT_BITS) - 1)
    return UNITS[out.ravel()[:units]].astype("<u2").tobytes()
