"""From files as they are to stand to their compressed copies: those that are not as they were are
made, in worker processes.

A copy is an output as all others are.  It has its file's time, which hosts give as that of what
they send.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from danvan_site import compression, render
from danvan_site.output import OnDisk, is_contained
from danvan_site.state import KnownOutput
from danvan_site.workers import Workers

_BATCH = 1 << 20  # bytes
# Below this many batches starting processes takes longer than the work.
_WORTH_BATCHES = 4


class Wanted(NamedTuple):
    """A copy to make: of which file (its published path, whether it is staged, as it is to
    stand), the suffix, and what the copy's bytes depend on besides the file's."""

    path: str
    is_staged: bool
    file: KnownOutput
    suffix: str
    encoder: str


class Made(NamedTuple):
    """A copy as it is to stand: of which file, its suffix, whether it is staged.  Where it would
    not be smaller than its file there is none, and its ``digest`` is ''."""

    path: str
    suffix: str
    output: KnownOutput
    is_staged: bool


def make_some(site: render.Site, batches: Sequence[Sequence[Wanted]]) -> list[Made]:
    """Make some copies; what differs from the published folder goes into the staging folder."""
    return [_made(site, wanted) for wanted in itertools.chain.from_iterable(batches)]


def _made(site: render.Site, wanted: Wanted) -> Made:
    path, is_staged, file, suffix, encoder = wanted
    with open(f"{site.staging if is_staged else site.output}/{path}", "rb") as handle:
        data = handle.read()
    packed = compression.compress(suffix, data)
    if len(packed) >= len(data):
        return Made(path, suffix, KnownOutput(encoder, file.digest, "", 0, 0), False)
    published, staged = f"{site.output}/{path}{suffix}", f"{site.staging}/{path}{suffix}"
    is_there = render.holds(published, packed) and os.stat(published).st_mtime_ns == file.mtime_ns
    if not is_there:
        render.write(staged, packed)
        os.utime(staged, ns=(file.mtime_ns, file.mtime_ns))
    stat = os.stat(published if is_there else staged)
    digest = hashlib.sha256(packed).hexdigest()
    output = KnownOutput(encoder, file.digest, digest, stat.st_size, stat.st_mtime_ns)
    return Made(path, suffix, output, not is_there)


class Compressing:
    """Decides which copies to make, has them made, gathers what came of it.

    *encoders* is suffix → what the bytes of copies depend on besides those of their files, {} where
    there are to be none; *outputs* are the files as they are to stand, *staged* those that are
    staged; *known* are the outputs of the last build, *on_disk* size and time of what stands in
    the folder.  ``outputs`` are the copies by path, those with a digest of '' not to stand;
    ``staged`` are the staged ones by the path of their file; ``reasons`` say why each was made.
    """

    def __init__(
        self,
        site: render.Site,
        encoders: Mapping[str, str],
        outputs: Mapping[str, KnownOutput],
        staged: Collection[str],
        known: Mapping[str, KnownOutput],
        on_disk: OnDisk,
    ) -> None:
        self._site = site
        self._known = known
        self._on_disk = on_disk
        self.outputs: dict[str, KnownOutput] = {}
        self.staged: dict[str, list[str]] = {}
        self.reasons: dict[str, str] = {}
        self._wanted = list(self._look(encoders, outputs, staged)) if encoders else []

    def _look(
        self,
        encoders: Mapping[str, str],
        outputs: Mapping[str, KnownOutput],
        staged: Collection[str],
    ) -> Iterator[Wanted]:
        """Yield the copies to make; keep those that are as they were."""
        for path, file in outputs.items():
            if file.size < compression.LEAST or not compression.is_text(path):
                continue
            for suffix, encoder in encoders.items():
                copy = path + suffix
                known = self._known.get(copy)
                if known and known[:2] == (encoder, file.digest) and self._is_right(copy, file):
                    self.outputs[copy] = known
                elif is_contained(copy):  # A file's name may be too long for one more suffix.
                    yield Wanted(path, path in staged, file, suffix, encoder)

    def _is_right(self, copy: str, file: KnownOutput) -> bool:
        """Tell whether a copy that is known stands as it was made, or need not stand."""
        known = self._known[copy]
        is_of_time = known.mtime_ns == file.mtime_ns
        return not known.digest or (is_of_time and self._is_intact(copy, known))

    def _is_intact(self, copy: str, known: KnownOutput) -> bool:
        return self._on_disk.get(copy) == (known.size, known.mtime_ns)

    def __len__(self) -> int:
        return len(self._wanted)

    @property
    def counts(self) -> dict[str, int]:
        """The number of copies that are to stand, by suffix."""
        standing = (path for path, each in self.outputs.items() if each.digest)
        found = Counter(os.path.splitext(path)[1] for path in standing)
        return dict(sorted(found.items()))

    def run(self, workers: Workers, advance: Callable[[int], None]) -> None:
        """Make what of the copies is not as it was."""
        # The largest first, so that no process is left alone with them at the end.
        work = sorted(self._wanted, key=lambda each: -each.file.size)
        for some in workers.map(make_some, self._site, _batches(work), 1, _WORTH_BATCHES):
            for made in some:
                self._keep(made)
            advance(len(some))

    def _keep(self, made: Made) -> None:
        copy = made.path + made.suffix
        known = self._known.get(copy)
        self.outputs[copy] = made.output
        if made.is_staged:
            self.staged.setdefault(made.path, []).append(copy)
        if not made.output.digest:
            return
        if not known or not known.digest:
            self.reasons[copy] = "new"
        else:
            self.reasons[copy] = "content" if self._is_intact(copy, known) else "output"


def _batches(work: Iterable[Wanted]) -> Iterator[list[Wanted]]:
    """Put together files that are so many bytes."""
    batch: list[Wanted] = []
    size = 0
    for wanted in work:
        batch.append(wanted)
        size += wanted.file.size
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
