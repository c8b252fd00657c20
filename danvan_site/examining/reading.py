"""Reading the files of bulletins once, in worker processes, for all examinations of texts."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from danvan_site.config import Settings
from danvan_site.discovery import File
from danvan_site.errors import Place, Problem
from danvan_site.examining import alike, examinations, texts
from danvan_site.levels import OFF
from danvan_site.limits import FILE_BYTES
from danvan_site.options import BuildOptions
from danvan_site.stages import Examined

_CHUNK = 100


class Reading(NamedTuple):
    """What reading depends on besides the files."""

    root: str
    shown: str
    tone_marks: str
    off: frozenset[str]


class Read(NamedTuple):
    """What came of one file: its problems (`Problem.to_row`), a sketch of its body."""

    path: str
    problems: Sequence[Sequence[object]]
    sketch: alike.Sketch | None


def reading_of(options: BuildOptions, settings: Settings, shown: str) -> Reading:
    """Return how the files of a site are read; messages call the content folder *shown*."""
    off = frozenset(code for code, level in settings.check.levels if level == OFF)
    return Reading(str(options.content), shown, settings.check.tone_marks, off)


def files(site: Examined) -> Iterator[Problem]:
    """Yield what is found in the files of all bulletins and pages, and among their bodies."""
    reading = reading_of(site.options, site.settings, site.shown)
    work = [file for path, file in site.files.items() if path in site.sources]
    site.progress.stage("examine", len(work))
    sketches: list[tuple[str, alike.Sketch]] = []
    for results in site.workers.map(read_files, reading, work, _CHUNK):
        for each in results:
            yield from map(Problem.from_row, each.problems)
            if each.sketch:
                sketches.append((each.path, each.sketch))
        site.progress.advance(len(results))
    if "body-alike" not in reading.off:
        yield from _alike(site, sketches)


def _alike(site: Examined, sketches: Sequence[tuple[str, alike.Sketch]]) -> Iterator[Problem]:
    pairs = alike.candidates(sketches)
    names = [(site.files[one].name, site.files[other].name) for one, other in pairs]
    root = str(site.options.content)
    compared = site.workers.map(alike.compare, root, names, _CHUNK)
    for (one, other), share in zip(pairs, itertools.chain.from_iterable(compared), strict=True):
        if share >= alike.ALIKE:
            place = site.sources[other].place("title", site.shown)
            details = {"other": f"{site.shown}/{one}", "percent": str(int(share * 100))}
            yield Problem("body-alike", place, details)


def read_files(reading: Reading, some: Sequence[File]) -> list[Read]:
    """Examine some files."""
    return [_read(reading, file) for file in some]


def _read(reading: Reading, file: File) -> Read:
    try:
        with open(os.path.join(reading.root, file.name), "rb") as handle:
            data = handle.read(FILE_BYTES + 1)
    except OSError as error:
        # It was there a moment ago, when it was read.
        details = {"reason": error.strerror or str(error)}
        problem = Problem("file-unreadable", Place(f"{reading.shown}/{file.path}"), details)
        return Read(file.path, [problem.to_row()], None)
    text = texts.read(data, reading.tone_marks)
    if text is None:
        return Read(file.path, (), None)
    shown = f"{reading.shown}/{file.path}"
    found = [each for each in findings(text) if each.code not in reading.off]
    rows = [text.problem(shown, each).to_row() for each in found]
    return Read(file.path, rows, alike.sketch(text.whole[text.body :]))


def findings(text: texts.Text) -> Iterator[texts.Finding]:
    """Yield all that the examinations find in a text."""
    for examine in examinations.TEXTS:
        yield from examine(text)
