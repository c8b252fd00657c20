"""Corrections that are certain: what they would change, and making them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from danvan_site.config import Settings
from danvan_site.content import digest_of
from danvan_site.errors import Place, Problem
from danvan_site.options import BuildOptions, Progress


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
        before, after = self.before.split("\n"), self.after.split("\n")
        names = f"a/{self.shown}", f"b/{self.shown}"
        for line in difflib.unified_diff(before, after, *names, lineterm=""):
            yield line.rstrip("\r")

    def write(self) -> Sequence[Problem]:
        """Put the corrected file in the place of the old one, whole; return what kept it from
        that: then the file is as it was."""
        temporary = self.path.with_name(f".{self.path.name}.fixed")
        place = Place(self.shown)
        try:
            if digest_of(self.path.read_bytes()) != self.digest:
                return [Problem("fix-file-changed", place)]
            temporary.unlink(missing_ok=True)
            with temporary.open("xb") as file:
                file.write(self.after.encode())
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, self.path.stat().st_mode & 0o7777)
            os.replace(temporary, self.path)
        except OSError as error:
            return [Problem("fix-not-written", place, {"reason": error.strerror or str(error)})]
        finally:
            temporary.unlink(missing_ok=True)
        return []


def find(options: BuildOptions, settings: Settings, progress: Progress) -> list[Fix]:
    """Return the corrections of all bulletins and pages, by path."""
    return []
