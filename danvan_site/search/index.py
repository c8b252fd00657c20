"""The index under way: streams of what changed, rows of what has to be written anew."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from danvan_site import vietnamese
from danvan_site.frontmatter import Metadata
from danvan_site.search import spool as spooling
from danvan_site.search.documents import BODY, Abbreviations, Source, Streams, read
from danvan_site.search.hashing import Vocabulary
from danvan_site.search.layout import Layout
from danvan_site.search.lists import REFERENCE
from danvan_site.search.spool import BLOCK_LENGTH, WORDS, Job, Spool
from danvan_site.state import Reader, State
from danvan_site.workers import Workers

VOCABULARY, LENGTHS = "vocabulary.json", "lengths.json"
_STREAMS_AT_A_TIME = 250
# Words that the client completes and corrects with: so many at most, the most frequent ones.
_KNOWN_WORDS = 8192
_RARE = 3
_LETTERS = re.compile("[a-zăâđêôơư]+[" + vietnamese.TONE_MARKS + "]?")


@dataclass(frozen=True, slots=True)
class Tokenizing:
    """What making streams depends on besides the source."""

    state: str
    abbreviations: Abbreviations


def tokenize(options: Tokenizing, sources: Sequence[Source]) -> list[Streams]:
    """Make the streams of some sources, whose bodies are in the state."""
    reader = Reader(Path(options.state))
    with contextlib.closing(reader):
        bulletins = (
            (Metadata.from_row(reader.row(source.path)[0]), reader.html(source.path))
            for source in sources
        )
        return [read(bulletins, options.abbreviations)]


@dataclass(frozen=True, slots=True)
class Needs:
    """Which parts of the published index have to be written."""

    words: bool = False
    pairs: bool = False
    small: bool = False
    export: bool = False

    @classmethod
    def of(cls, kinds: Collection[str]) -> Needs:
        """Return what artifacts of some kinds are made of."""
        wanted = frozenset(kinds)
        return cls(
            words=bool(
                wanted & {"search-sets", "search-weights", "search-unions", "search-vocabulary"}
            ),
            pairs=bool(wanted & {"search-pairs", "search-follows"}),
            small=bool(wanted & {"search-small", "search-lengths", "search-vocabulary"}),
            export="search-lunr" in wanted,
        )

    @property
    def anything(self) -> bool:
        """Whether there is anything to do."""
        return self.words or self.pairs or self.small or self.export


@dataclass(frozen=True, slots=True)
class Index:
    """What the index is to be of: sources from the oldest, with what their streams are made of."""

    sources: Sequence[Source]
    digests: Sequence[str]
    abbreviations: Abbreviations
    program: str

    @classmethod
    def of(cls, sources: Sequence[Source], abbreviations: Abbreviations, program: str) -> Index:
        """Return the index of *sources*, from the oldest, as the version *program* makes it."""
        added = _digest([repr(tuple(abbreviations))])
        digests = [_digest([each.digest, added]) for each in sources]
        return cls(sources, digests, abbreviations, program)

    @property
    def layout(self) -> Layout:
        """How large its parts are."""
        return Layout(len(self.sources))

    @property
    def first_digest(self) -> str:
        """What the first segment is made of."""
        return _digest([self.program, *self.digests[: self.layout.large]])

    @property
    def digest(self) -> str:
        """What all of it is made of."""
        return _digest([self.program, *self.digests])

    @contextlib.contextmanager
    def spooled(
        self,
        needs: Needs,
        state: State,
        workers: Workers,
        folder: Path,
    ) -> Iterator[Spool]:
        """Make the rows of what has to be written, for the time of the block."""
        folder.mkdir(parents=True, exist_ok=True)
        words = self._read_changed(state, workers)
        # Streams hold numbers of words, which a state that was made anew may give otherwise.
        version = _digest([self.digest, *words])
        spool = Spool(str(folder), str(state.path), len(self.sources), version)
        try:
            _sweep(folder)
            self._spool(needs, spool, words, workers)
            yield spool
        finally:
            _sweep(folder)

    def _read_changed(self, state: State, workers: Workers) -> list[str]:
        """Bring the streams up to date; return their vocabulary."""
        known = state.stream_digests()
        changed = [
            (source, digest)
            for source, digest in zip(self.sources, self.digests, strict=True)
            if known.get(source.path) != digest
        ]
        words = state.words()
        numbers = {word: number for number, word in enumerate(words)}
        options = Tokenizing(str(state.path), tuple(self.abbreviations))
        results = workers.map(
            tokenize, options, [source for source, _ in changed], _STREAMS_AT_A_TIME
        )
        done = iter(changed)
        with state.changing():
            state.forget_streams(known.keys() - {source.path for source in self.sources})
        for (streams,) in results:
            before = len(words)
            for word in streams.words:
                if numbers.setdefault(word, len(words)) == len(words):
                    words.append(word)
            own = np.array([numbers[word] for word in streams.words], np.uint32)
            # The data first: `zip` takes from the first that ends before it asks the second.
            both = zip(streams.renumbered(own), done, strict=False)
            rows = [(source.path, digest, data) for data, (source, digest) in both]
            with state.changing():
                state.keep_words(enumerate(words[before:], start=before))
                state.keep_streams(rows)
        return words

    def _spool(self, needs: Needs, spool: Spool, words: Sequence[str], workers: Workers) -> None:
        np.save(spool.path(WORDS), np.stack(Vocabulary.of(words)))
        paths = [source.path for source in self.sources]
        if needs.words or needs.pairs:
            jobs = [
                Job(block, first, paths[first : first + BLOCK_LENGTH], needs.words, needs.pairs)
                for block, first in enumerate(range(0, spool.layout.large, BLOCK_LENGTH))
            ]
            for _ in workers.map(spooling.spool_blocks, spool, jobs, 1, worth=2):
                pass
        if needs.words:
            files = [spool.path(f"counts-{block}.npy") for block in range(spool.blocks)]
            counts = np.sum([np.load(file) for file in files], axis=0)
            self._keep_vocabulary(spool, words, counts, _RARE)
        if needs.small:
            small = spooling.spool_small(spool, paths[spool.layout.large :])
            self._keep_lengths(spool, small.lengths)
            if not spool.layout.large:
                self._keep_vocabulary(spool, words, small.counts, 1)

    def _keep_vocabulary(
        self, spool: Spool, words: Sequence[str], counts: NDArray[np.int64], least: int
    ) -> None:
        """Write the most frequent words, the most frequent first."""
        known = [
            (-int(counts[number]), words[number])
            for number in np.flatnonzero(counts >= least).tolist()
            if _LETTERS.fullmatch(words[number])
        ]
        spelled = [vietnamese.spelled(word) for _, word in sorted(known)[:_KNOWN_WORDS]]
        Path(spool.path(VOCABULARY)).write_text(json.dumps(" ".join(spelled)), "utf-8")

    def _keep_lengths(self, spool: Spool, lengths: NDArray[np.int64]) -> None:
        """Write the second segment's lengths, and those that BM25 compares them with."""
        averages = [float(total) / max(len(lengths), 1) for total in lengths.sum(axis=0)]
        if self.layout.large:
            averages[BODY] = REFERENCE
        value = {"averages": averages, "lengths": lengths.ravel().tolist()}
        Path(spool.path(LENGTHS)).write_text(json.dumps(value), "utf-8")


def _digest(parts: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _sweep(folder: Path) -> None:
    """Remove what is of use only while the index is being written."""
    for file in folder.iterdir():
        file.unlink()
