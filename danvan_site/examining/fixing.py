"""Corrections that are certain: what they would change, and making them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from danvan_site import discovery, durable
from danvan_site.config import Settings
from danvan_site.content import digest_of
from danvan_site.discovery import File
from danvan_site.errors import Place, Problem
from danvan_site.examining import texts
from danvan_site.examining.reading import Reading, findings, reading_of
from danvan_site.options import BuildOptions, Progress
from danvan_site.workers import Workers

_CHUNK = 100
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# One correction can make another possible; a few rounds are as many as there ever are.
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Fix:
    """What corrections make of one file: its bytes before and after, how many they are."""

    path: Path
    shown: str
    digest: str
    before: str
    after: str
    count: int

    def difference(self) -> Iterator[str]:
        """Yield the lines of a unified difference, without line ends."""
        before, after = (_LINE.findall(text) for text in (self.before, self.after))
        for line in difflib.unified_diff(before, after, f"a/{self.shown}", f"b/{self.shown}"):
            yield line.rstrip("\r\n")
            if not line.endswith("\n"):
                yield "\\ No newline at end of file"

    def write(self) -> Sequence[Problem]:
        """Put the corrected file in the place of the old one, whole; return what kept it from
        that: then the file is as it was."""
        place = Place(self.shown)
        try:
            if digest_of(self.path.read_bytes()) != self.digest:
                return [Problem("fix-file-changed", place)]
            durable.replace(self.path, self.after.encode())
        except OSError as error:
            return [Problem("fix-not-written", place, {"reason": error.strerror or str(error)})]
        return []


def find(options: BuildOptions, settings: Settings, progress: Progress) -> list[Fix]:
    """Return the corrections of all bulletins and pages, by path."""
    shown = options.shown(options.content)
    reading = reading_of(options, settings, shown)
    files, _ = discovery.discover(options.content, shown)
    work = [file for path, file in files.items() if path.endswith(".md")]
    progress.stage("examine", len(work))
    fixes: list[Fix] = []
    with Workers(options.jobs) as workers:
        for results in workers.map(_fixes, reading, work, _CHUNK):
            fixes += [each for each in results if each]
            progress.advance(len(results))
    return fixes


def _fixes(reading: Reading, files: Sequence[File]) -> list[Fix | None]:
    return [correct(reading, file) for file in files]


def correct(reading: Reading, file: File) -> Fix | None:
    """Return the corrections of one file, None where there are none."""
    path = Path(reading.root, file.name)
    try:
        data = path.read_bytes()
        before = data.decode()
    except (OSError, UnicodeDecodeError):
        return None  # the build tells of it
    after, count = corrected(before, reading.tone_marks, reading.off)
    if not count:
        return None
    return Fix(path, f"{reading.shown}/{file.path}", digest_of(data), before, after, count)


def corrected(whole: str, tone_marks: str, off: Collection[str]) -> tuple[str, int]:
    """Correct a text until there is nothing more that is certain, and count the corrections; codes
    in *off* are left as they are."""
    total = 0
    for _ in range(_ROUNDS):
        text = texts.read(whole.encode(), tone_marks)
        found = [each for each in findings(text) if each.code not in off] if text else []
        whole, count = texts.edited(whole, [edit for each in found for edit in each.edits])
        total += count
        if not count:
            break
    return whole, total
