"""The index under way: streams of what changed, rows of what has to be written anew."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from danvan_site import vietnamese
from danvan_site.frontmatter import Metadata
from danvan_site.search import spool as spooling
from danvan_site.search.documents import BODY, Abbreviations, Source, Streams, read
from danvan_site.search.hashing import Vocabulary
from danvan_site.search.layout import Layout
from danvan_site.search.lists import REFERENCE
from danvan_site.search.spool import BLOCK_LENGTH, WORDS, Counts, Job, Spool
from danvan_site.state import State, reader
from danvan_site.workers import Workers

VOCABULARY, LENGTHS = "vocabulary.json", "lengths.json"
# The second segment's number among the blocks, and its files.
_SMALL = -1
_SMALL_FILES = frozenset(("small-0", "small-0.npy", "small-0-sums.npy", LENGTHS))
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
    state = reader(options.state)
    paths = [source.path for source in sources]
    state.ahead(paths)
    bulletins = ((Metadata.from_row(state.row(path)[0]), state.html(path)) for path in paths)
    return [read(bulletins, options.abbreviations)]


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
        digests = [f"{each.digest} {added}" for each in sources]
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

    def spooled(self, state: State, workers: Workers, folder: Path) -> Spool:
        """Bring the posting rows up to date; return them."""
        there = spooling.intact(folder)
        digest, version = state.spooled()
        if digest == self.digest and there >= self._files():
            return Spool(str(folder), str(state.path), len(self.sources), version)
        state.keep_spooled("", "")
        words = self._read_changed(state, workers)
        # Streams hold numbers of words, which a state that was made anew may give otherwise.
        version = _digest([self.digest, *words])
        spool = Spool(str(folder), str(state.path), len(self.sources), version)
        self._spool(spool, words, state, workers, there)
        spooling.keep_intact(folder, self._files())
        state.keep_spooled(self.digest, version)
        return spool

    def _files(self) -> set[str]:
        """Return the names of all files of the spool."""
        blocks = range(-(-self.layout.large // BLOCK_LENGTH))
        of_blocks = {name for block in blocks for name in spooling.files_of_block(block)}
        return {*of_blocks, *_SMALL_FILES, WORDS, VOCABULARY}

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
            tokenize,
            options,
            [source for source, _ in changed],
            _STREAMS_AT_A_TIME,
            still=True,
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

    def _spool(
        self,
        spool: Spool,
        words: Sequence[str],
        state: State,
        workers: Workers,
        there: Set[str],
    ) -> None:
        """Write the rows of blocks that are not as they were; *there* are the files that are."""
        self._keep_hashes(spool, words, state, is_there=WORDS in there)
        paths = [source.path for source in self.sources]
        layout = spool.layout
        known, digests, jobs = state.blocks(), {}, []
        for block, first in enumerate(range(0, layout.large, BLOCK_LENGTH)):
            last = first + BLOCK_LENGTH
            own = self.digests[first:last]
            digests[block] = _digest([repr((layout.pair_bits, layout.common, first)), *own])
            is_there = set(spooling.files_of_block(block)) <= there
            if known.get(block) != digests[block] or not is_there:
                jobs.append(Job(block, first, paths[first:last]))
        small = _digest([repr((layout.small_bits, layout.large)), *self.digests[layout.large :]])
        is_same = layout.large > 0 and known.get(_SMALL) == small and there >= _SMALL_FILES
        with state.changing():
            gone = known.keys() - digests.keys() - ({_SMALL} if is_same else set())
            state.forget_blocks({*gone, *(job.block for job in jobs)})
        for done in workers.map(spooling.spool_blocks, spool, jobs, 1, worth=2, still=True):
            with state.changing():
                state.keep_blocks((block, digests[block]) for block in done)
        if not is_same:
            counts = self._spool_small(spool, paths[layout.large :])
            if not layout.large:
                self._keep_vocabulary(spool, words, counts, 1)
            with state.changing():
                state.keep_blocks([(_SMALL, small)])
        if layout.large:
            self._keep_vocabulary(spool, words, spooling.counts_of_blocks(spool), _RARE)

    def _keep_hashes(
        self, spool: Spool, words: Sequence[str], state: State, *, is_there: bool
    ) -> None:
        """Write the hashes of all words; those of the words that are known are there."""
        path = Path(spool.path(WORDS))
        count, digest = state.vocabulary()
        if digest != _digest(words[:count]) or not is_there:
            count = 0
        known = np.load(path)[:, :count] if count else np.zeros((len(Vocabulary._fields), 0), "u4")
        state.keep_vocabulary(0, "")
        more = np.stack(Vocabulary.of(words[count:]))
        spooling.save(path, np.concatenate((known, more), axis=1))
        state.keep_vocabulary(len(words), _digest(words))

    def _keep_vocabulary(
        self, spool: Spool, words: Sequence[str], found: Counts, least: int
    ) -> None:
        """Write the most frequent words, the most frequent first."""
        often = found.counts >= least
        known = [
            (-count, words[number])
            for number, count in zip(
                found.words[often].tolist(), found.counts[often].tolist(), strict=True
            )
            if _LETTERS.fullmatch(words[number])
        ]
        spelled = [vietnamese.spelled(word) for _, word in sorted(known)[:_KNOWN_WORDS]]
        Path(spool.path(VOCABULARY)).write_text(json.dumps(" ".join(spelled)), "utf-8")

    def _spool_small(self, spool: Spool, paths: Sequence[str]) -> Counts:
        """Write the second segment's rows and lengths, and those that BM25 compares them with;
        return its words."""
        lengths, counts = spooling.spool_small(spool, paths)
        averages = [float(total) / max(len(lengths), 1) for total in lengths.sum(axis=0)]
        if self.layout.large:
            averages[BODY] = REFERENCE
        value = {"averages": averages, "lengths": lengths.ravel().tolist()}
        Path(spool.path(LENGTHS)).write_text(json.dumps(value), "utf-8")
        return counts


def _digest(parts: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
