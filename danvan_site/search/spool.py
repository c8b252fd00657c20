"""Between reading and writing: posting rows in files of a folder of the cache.

Blocks of bulletins write their rows, sorted; ranges of chunks read theirs from all blocks.  The
files stay, so that only blocks that changed are written again; sums of rows tell which chunks are
not what they were.  The folder holds nothing that cannot be made again.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from danvan_site.errors import named
from danvan_site.remote import of_build
from danvan_site.search import lists, postings
from danvan_site.search.documents import BODY
from danvan_site.search.hashing import Vocabulary
from danvan_site.search.layout import SHARE, Layout
from danvan_site.search.lists import Grouped, Kind
from danvan_site.search.postings import NAME_BITS, U64, Block, Rows
from danvan_site.state import reader

BLOCK_LENGTH = 256
# The file of the vocabulary's hashes.
WORDS = "hashes.npy"
# The file that tells size and time of the others as they are to be.
_INTACT = "intact.json"


@dataclass(frozen=True, slots=True)
class Spool:
    """The folder; ``documents`` tells the layout, ``state`` is the file with the streams,
    ``version`` the digest of what the index is of and of the vocabulary: what a process keeps, it
    keeps for that."""

    folder: str
    state: str
    documents: int
    version: str

    @property
    def layout(self) -> Layout:
        """The layout of the index that the rows are for."""
        return Layout(self.documents)

    @property
    def blocks(self) -> int:
        """The number of blocks of the first segment."""
        return -(-self.layout.large // BLOCK_LENGTH)

    def path(self, name: str) -> str:
        """Return a file of the folder."""
        return os.path.join(self.folder, name)

    def save(self, name: str, block: int, rows: Rows, chunks: int, **said: U64) -> None:
        """Write a block's rows, where those of each chunk start, and for each kind of file the sums
        of the hashes of what it says, which is given row by row."""
        _write(self.path(f"{name}-{block}"), np.stack(rows, axis=1).data)
        bounds = np.arange(chunks + 1, dtype=np.uint64) << np.uint64(NAME_BITS)
        starts = np.searchsorted(rows.places, bounds)
        save(self.path(f"{name}-{block}.npy"), starts.astype(np.uint32))
        for kind, values in said.items():
            hashes = postings.row_hashes(rows.places, values)
            sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(hashes)))
            save(self.path(f"{kind}-{block}-sums.npy"), np.diff(sums[starts]))

    def sums(self, kind: str, blocks: int) -> U64:
        """Return for each chunk what tells whether its files of a kind are what they were."""
        parts = [np.load(self.path(f"{kind}-{block}-sums.npy")) for block in range(blocks)]
        total: U64 = np.sum(parts, axis=0, dtype=np.uint64)
        return total

    def rows(self, name: str, blocks: int, chunks: range) -> Rows:
        """Return the rows of *chunks* from all blocks, those of one chunk in order."""
        parts = []
        for block, starts in enumerate(_starts(self, name, blocks)):
            start, stop = int(starts[chunks.start]), int(starts[chunks.stop])
            path, size = self.path(f"{name}-{block}"), 2 * np.uint64().itemsize
            parts.append(np.fromfile(path, np.uint64, 2 * (stop - start), offset=start * size))
        both = np.concatenate(parts)
        return Rows(both[0::2].copy(), both[1::2].copy())


def save(path: str | Path, values: NDArray[Any]) -> None:
    """Write an array as numpy does, but for what it says where that fails."""
    data = io.BytesIO()
    np.save(data, values)
    _write(path, data.getbuffer())


def _write(path: str | Path, data: memoryview | bytes) -> None:
    with named(Path(path)), open(path, "wb") as file:
        file.write(data)


def intact(folder: Path) -> set[str]:
    """Return the names of the files of *folder* that are as they were when all was well last."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        known = dict(json.loads((folder / _INTACT).read_bytes()))
    except (OSError, TypeError, ValueError):
        known = {}
    return {name for name, stamp in _stamps(folder).items() if known.get(name) == stamp}


def keep_intact(folder: Path, names: Collection[str]) -> None:
    """Note that the files *names* are as they are to be, and remove all others."""
    stamps = _stamps(folder)
    for name in stamps.keys() - names:
        (folder / name).unlink()
    stamps = {name: stamp for name, stamp in stamps.items() if name in names}
    _write(folder / _INTACT, json.dumps(stamps).encode())


def _stamps(folder: Path) -> dict[str, list[int]]:
    """Return size in bytes and time in ns of the files; remove empty folders in their places."""
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                os.rmdir(entry.path)
                continue
            stat = entry.stat(follow_symlinks=False)
            found[entry.name] = [stat.st_size, stat.st_mtime_ns]
    return found


@of_build
@lru_cache(maxsize=2)
def _starts(spool: Spool, name: str, blocks: int) -> list[NDArray[np.uint32]]:
    return [np.load(spool.path(f"{name}-{block}.npy")) for block in range(blocks)]


@dataclass(frozen=True, slots=True)
class Job:
    """A block to spool: number, first bulletin, the paths of its bulletins."""

    block: int
    first: int
    paths: Sequence[str]


class Counts(NamedTuple):
    """Words by number, and in how many bulletins each of them is."""

    words: NDArray[np.int64]
    counts: NDArray[np.int64]


class Small(NamedTuple):
    """Of the second segment: lengths, bulletins × fields; its words."""

    lengths: NDArray[np.int64]
    counts: Counts


def files_of_block(block: int) -> list[str]:
    """Return the names of a block's files."""
    names = [f"{name}-{block}{part}" for name in ("words", "pairs") for part in ("", ".npy")]
    names += [f"{kind}-{block}-sums.npy" for kind in ("sets", "weights", "pairs")]
    return [*names, f"lengths-{block}.npy", f"counts-{block}.npy"]


def spool_blocks(spool: Spool, jobs: Sequence[Job]) -> list[int]:
    """Write the rows of blocks of the first segment, and the lengths of their fields."""
    layout = spool.layout
    for job in jobs:
        block, vocabulary = _block(spool, job.paths), _vocabulary(spool)
        lengths = block.field_lengths(len(job.paths))
        save(spool.path(f"lengths-{job.block}.npy"), lengths)
        save(spool.path(f"counts-{job.block}.npy"), np.stack(block.counts()))
        rows = postings.word_rows(block, vocabulary, layout, job.first)
        sets, weights = lists.said(rows, job.first, lengths[:, BODY])
        spool.save("words", job.block, rows, layout.chunks["tu"], sets=sets, weights=weights)
        rows = postings.pair_rows(block, vocabulary, layout.pair_bits, job.first)
        spool.save("pairs", job.block, rows, layout.chunks["cap"], pairs=rows.values)
    return [job.block for job in jobs]


def counts_of_blocks(spool: Spool) -> Counts:
    """Return the words of the first segment."""
    parts = [np.load(spool.path(f"counts-{block}.npy")) for block in range(spool.blocks)]
    words, counts = np.concatenate(parts, axis=1)
    totals = np.bincount(words, counts).astype(np.int64)
    stands = np.flatnonzero(totals)
    return Counts(stands, totals[stands])


def spool_small(spool: Spool, paths: Sequence[str]) -> Small:
    """Write the rows of the second segment."""
    block, vocabulary = _block(spool, paths), _vocabulary(spool)
    layout = spool.layout
    rows = postings.occurrence_rows(block, vocabulary, layout.small_bits)
    spool.save("small", 0, rows, layout.chunks["nho"], small=rows.values)
    return Small(block.field_lengths(len(paths)), Counts(*block.counts()))


def _block(spool: Spool, paths: Sequence[str]) -> Block:
    state = reader(spool.state)
    streams = [np.frombuffer(state.stream(path), np.uint32) for path in paths]
    if not streams:
        return Block.of(np.zeros(0, np.uint32), [])
    return Block.of(np.concatenate(streams), [len(stream) for stream in streams])


@of_build
@lru_cache(maxsize=2)
def _vocabulary(spool: Spool) -> Vocabulary:
    return Vocabulary(*np.load(spool.path(WORDS)))


# What makes the texts of consecutive chunks.


def sets(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """The first segment's sets."""
    return _one(_encoded(spool, Kind.SETS, chunks))


def weights(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """The first segment's weights."""
    return _one(_encoded(spool, Kind.WEIGHTS, chunks, _bodies(spool)))


def unions(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """The first segment's sets of common words, in whatever spelling."""
    rows = postings.without_spelling(spool.rows("words", spool.blocks, chunks))
    found = lists.grouped(rows, chunks, Kind.SETS)
    return _one(lists.encode(found, Kind.SETS, chunks, spool.layout.large, None))


def pairs(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """The first segment's pairs."""
    return _one(_encoded(spool, Kind.PAIRS, chunks))


def follows(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """What follows the first segment's pairs, for several chunks of pairs in each file."""
    fine = range(chunks.start * SHARE, chunks.stop * SHARE)
    texts = _encoded(spool, Kind.FOLLOWS, fine)
    return [tuple(texts[at : at + SHARE]) for at in range(0, len(texts), SHARE)]


def small(spool: Spool, chunks: range) -> list[tuple[bytes, ...]]:
    """The second segment."""
    rows = lists.grouped(spool.rows("small", 1, chunks), chunks, Kind.WORDS)
    size = spool.documents - spool.layout.large
    return _one(lists.encode(rows, Kind.WORDS, chunks, size, None))


def _encoded(
    spool: Spool, kind: Kind, chunks: range, bodies: NDArray[np.int64] | None = None
) -> list[bytes]:
    of_pairs = kind in (Kind.PAIRS, Kind.FOLLOWS)
    rows = _sorted(spool, Kind.PAIRS if of_pairs else Kind.SETS, chunks)
    return lists.encode(rows, kind, chunks, spool.layout.large, bodies)


@of_build
@lru_cache(maxsize=1)
def _sorted(spool: Spool, kind: Kind, chunks: range) -> Grouped:
    """Return rows of the first segment; two kinds of files are made of the same, in turn."""
    name = "pairs" if kind is Kind.PAIRS else "words"
    return lists.grouped(spool.rows(name, spool.blocks, chunks), chunks, kind)


def _one(texts: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    return [(text,) for text in texts]


@of_build
@lru_cache(maxsize=1)
def _bodies(spool: Spool) -> NDArray[np.int64]:
    files = [spool.path(f"lengths-{block}.npy") for block in range(spool.blocks)]
    return np.concatenate([np.load(file)[:, BODY] for file in files])
