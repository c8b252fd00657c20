"""Bodies that are nearly the same.

A body is the set of its runs of five syllables; two are alike where they have at least nine tenths
of all their runs in common.  Of each body the smallest numbers of its runs are kept (a sketch):
bodies so much alike have one of the first few in common as good as always, so that only bodies that
do are compared, and of these only so many as make the work grow with the number of bodies.
"""

from __future__ import annotations

import os
import re
import zlib
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy

from danvan_site.examining import texts
from danvan_site.limits import FILE_BYTES

ALIKE = 0.9
_RUN = 5
# Shorter texts are forms and announcements, alike by nature.
_LEAST = 40
_KEPT, _LOOKED_UP = 48, 6
# With so many earlier ones under one number a body is compared.
_NEIGHBOURS = 8
_WORD = re.compile(r"[^\W_]+")
Pair = tuple[str, str]


class Sketch(NamedTuple):
    """How many runs a body has, and the smallest of them, sorted, as bytes (64 bits each)."""

    size: int
    least: bytes


@lru_cache(maxsize=1 << 16)
def _number(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def runs(body: str) -> numpy.ndarray[tuple[int], numpy.dtype[numpy.uint64]]:
    """Return the numbers of all runs of five syllables, each once, sorted."""
    words = _WORD.findall(body.lower())
    numbers = numpy.array(list(map(_number, words)), numpy.uint64)
    count = len(numbers) - _RUN + 1
    if count < _LEAST:
        return numbers[:0]
    total = numpy.zeros(count, numpy.uint64)
    for place in range(_RUN):
        total = total * numpy.uint64(0x9E3779B97F4A7C15) + numbers[place : place + count]
    # Mixed, so that the smallest ones are like any others.
    total ^= total >> numpy.uint64(29)
    total *= numpy.uint64(0xBF58476D1CE4E5B9)
    total ^= total >> numpy.uint64(32)
    return numpy.unique(total)


def sketch(body: str) -> Sketch | None:
    """Return the sketch of a body, None where it is too short."""
    found = runs(body)
    return Sketch(len(found), found[:_KEPT].tobytes()) if len(found) else None


def candidates(sketches: Sequence[tuple[str, Sketch]]) -> list[Pair]:
    """Return the pairs of paths that may be alike, each the earlier path first."""
    under: dict[bytes, list[int]] = defaultdict(list)
    pairs: dict[int, Pair] = {}
    for number, (path, each) in enumerate(sketches):
        tried: set[int] = set()
        for start in range(0, 8 * min(_LOOKED_UP, each.size), 8):
            key = each.least[start : start + 8]
            tried.update(under[key][-_NEIGHBOURS:])
            under[key].append(number)
        for other in sorted(tried):
            if _may_be_alike(sketches[other][1], each):
                # The first one is enough to be told of.
                pairs[number] = sketches[other][0], path
                break
    return list(pairs.values())


def _may_be_alike(one: Sketch, other: Sketch) -> bool:
    if min(one.size, other.size) < ALIKE * max(one.size, other.size):
        return False
    first, second = (numpy.frombuffer(each.least, numpy.uint64) for each in (one, other))
    both = numpy.union1d(first, second)[:_KEPT]
    common = numpy.intersect1d(numpy.intersect1d(first, second), both)
    return len(common) >= (ALIKE - 0.15) * len(both)


def compare(root: str, pairs: Sequence[Pair]) -> list[float]:
    """Return of each pair (names in *root*) the share of their runs that both have."""
    shares = []
    for one, other in pairs:
        first, second = runs(_body(root, one)), runs(_body(root, other))
        common = len(numpy.intersect1d(first, second, assume_unique=True))
        shares.append(common / max(1, len(first) + len(second) - common))
    return shares


def _body(root: str, name: str) -> str:
    with open(os.path.join(root, name), "rb") as handle:
        text = texts.read(handle.read(FILE_BYTES + 1))
    return text.whole[text.body :] if text else ""
