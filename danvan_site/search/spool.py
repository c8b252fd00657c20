"""Between reading and writing: posting rows in files of a folder of the cache.

Blocks of bulletins write their rows, sorted; ranges of chunks read theirs from all blocks.  The
folder holds nothing that cannot be made again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from danvan_site.search import lists, postings
from danvan_site.search.documents import BODY
from danvan_site.search.hashing import Vocabulary
from danvan_site.search.layout import Layout
from danvan_site.search.lists import Kind
from danvan_site.search.postings import NAME_BITS, Block, Rows
from danvan_site.state import Reader

BLOCK_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class Spool:
    """The folder; ``documents`` tells the layout, ``state`` is the file with the streams,
    ``words`` names the file of the vocabulary."""

    folder: str
    state: str
    documents: int
    words: str

    @property
    def layout(self) -> Layout:
        """The layout of the index that the rows are for."""
        return Layout(self.documents)

    def path(self, name: str) -> str:
        """Return a file of the folder."""
        return os.path.join(self.folder, name)

    def save(self, name: str, block: int, rows: Rows) -> None:
        """Write a block's rows."""
        np.save(self.path(f"{name}-{block}.npy"), np.stack(rows))

    def rows(self, name: str, blocks: int, chunks: range) -> Rows:
        """Return the rows of *chunks* from all blocks, those of one place in order."""
        parts = []
        bounds = np.array([chunks.start, chunks.stop], np.uint64) << np.uint64(NAME_BITS)
        for block in range(blocks):
            both = np.load(self.path(f"{name}-{block}.npy"), mmap_mode="r")
            start, stop = np.searchsorted(both[0], bounds)
            parts.append(both[:, start:stop])
        return Rows(*np.concatenate(parts, axis=1)) if parts else Rows(_NOTHING, _NOTHING)

    @property
    def blocks(self) -> int:
        """The number of blocks of the first segment."""
        return -(-self.layout.large // BLOCK_LENGTH)


_NOTHING = np.zeros(0, np.uint64)


@dataclass(frozen=True, slots=True)
class Job:
    """A block to spool: number, first bulletin, the paths of its bulletins, what to write."""

    block: int
    first: int
    paths: Sequence[str]
    words: bool
    pairs: bool


class Small(NamedTuple):
    """Of the second segment: lengths, bulletins × fields; in how many bulletins each word is."""

    lengths: NDArray[np.int64]
    counts: NDArray[np.int64]


def spool_blocks(spool: Spool, jobs: Sequence[Job]) -> list[int]:
    """Write the rows of blocks of the first segment, and the lengths of their fields."""
    layout = spool.layout
    for job in jobs:
        block, vocabulary = _block(spool, job.paths), _vocabulary(spool.path(spool.words))
        if job.words:
            rows = postings.word_rows(block, vocabulary, layout.word_bits, job.first)
            spool.save("words", job.block, rows)
            lengths = block.field_lengths(len(job.paths))
            np.save(spool.path(f"lengths-{job.block}.npy"), lengths)
            counts = block.counts(len(vocabulary.place))
            np.save(spool.path(f"counts-{job.block}.npy"), counts)
        if job.pairs:
            rows = postings.pair_rows(block, vocabulary, layout.pair_bits, job.first, False)
            spool.save("pairs", job.block, rows)
    return [job.block for job in jobs]


def spool_small(spool: Spool, paths: Sequence[str]) -> Small:
    """Write the rows of the second segment."""
    block, vocabulary = _block(spool, paths), _vocabulary(spool.path(spool.words))
    bits = spool.layout.small_bits
    spool.save("small-words", 0, postings.word_rows(block, vocabulary, bits, 0))
    spool.save("small-pairs", 0, postings.pair_rows(block, vocabulary, bits, 0, True))
    return Small(block.field_lengths(len(paths)), block.counts(len(vocabulary.place)))


def _block(spool: Spool, paths: Sequence[str]) -> Block:
    reader = _reader(spool)
    streams = [np.frombuffer(reader.stream(path), np.uint32) for path in paths]
    if not streams:
        return Block.of(np.zeros(0, np.uint32), [])
    return Block.of(np.concatenate(streams), [len(stream) for stream in streams])


@cache
def _reader(spool: Spool) -> Reader:
    return Reader(Path(spool.state))


@cache
def _vocabulary(path: str) -> Vocabulary:
    """Return the vocabulary's hashes from their file, whose name tells its contents."""
    return Vocabulary(*np.load(path))


# What makes the texts of consecutive chunks.


def sets(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """The first segment's sets."""
    rows = spool.rows("words", spool.blocks, chunks)
    return _one(lists.encode(rows, Kind.SETS, chunks, spool.layout.large, None))


def pairs(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """The first segment's pairs."""
    rows = spool.rows("pairs", spool.blocks, chunks)
    return _one(lists.encode(rows, Kind.PAIRS, chunks, spool.layout.large, None))


def weights(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """The first segment's weights: in each file those of two chunks of sets."""
    fine = _fine(chunks, spool.layout.word_bits - spool.layout.weight_bits)
    rows = spool.rows("words", spool.blocks, fine)
    texts = lists.encode(rows, Kind.WEIGHTS, fine, spool.layout.large, _bodies(spool))
    return _grouped(texts, len(chunks))


def follows(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """What follows the first segment's pairs: in each file for two chunks of pairs."""
    fine = _fine(chunks, spool.layout.pair_bits - spool.layout.word_bits)
    rows = spool.rows("pairs", spool.blocks, fine)
    return _grouped(lists.encode(rows, Kind.FOLLOWS, fine, spool.layout.large, None), len(chunks))


def small(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """The second segment: words, pairs, and what follows these."""
    size = spool.documents - spool.layout.large
    words, pairs = (spool.rows(f"small-{name}", 1, chunks) for name in ("words", "pairs"))
    of_all = [
        lists.encode(rows, kind, chunks, size, None)
        for rows, kind in ((words, Kind.WORDS), (pairs, Kind.PAIRS), (pairs, Kind.FOLLOWS))
    ]
    return list(zip(*of_all, strict=True))


def _one(texts: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    return [(text,) for text in texts]


def _fine(chunks: range, bits: int) -> range:
    return range(chunks.start << bits, chunks.stop << bits)


def _grouped(texts: Sequence[bytes], groups: int) -> list[tuple[bytes, ...]]:
    size = len(texts) // groups
    return [tuple(texts[at : at + size]) for at in range(0, len(texts), size)]


def _bodies(spool: Spool) -> NDArray[np.int64]:
    files = [spool.path(f"lengths-{block}.npy") for block in range(spool.blocks)]
    return np.concatenate([np.load(file)[:, BODY] for file in files])
