"""Problems as values: what is wrong, where, and the way out.

A problem of the content is a `Problem`, collected and listed; only what makes going on impossible
is an exception.  A bug is never dressed up as either.
"""

from __future__ import annotations

import contextlib
import difflib
import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


class Severity(enum.StrEnum):
    """ERROR stops publishing, WARNING does so with ``--strict``, NOTICE never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A place in a source: a file relative to the site's folder, line and column from 1.

    0 means that the line or the column is not known.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([self.file, *numbers])


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.  Its words are the catalogue's text for ``code``."""

    code: str
    place: Place
    details: dict[str, str] = field(default_factory=dict)
    severity: Severity = Severity.ERROR

    @property
    def order(self) -> tuple[Place, str, tuple[tuple[str, str], ...]]:
        """The key by which problems are listed."""
        return self.place, self.code, tuple(sorted(self.details.items()))

    def to_row(self) -> list[Any]:
        """Return the problem as JSON values."""
        place = self.place
        return [self.code, place.file, place.line, place.column, self.details, self.severity]

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Self:
        """Return the problem that `to_row` gave."""
        code, file, line, column, details, severity = row
        return cls(code, Place(file, line, column), details, Severity(severity))


class UsageError(Exception):
    """The program was called, or the site is set up, in a way it cannot work with."""

    def __init__(self, code: str, place: Place | None = None, **details: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, place or Place(""), details)


class ContentError(Exception):
    """The sources have problems; nothing was published.  ``problems`` is sorted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.order)
        super().__init__(f"{len(self.problems)} problems")


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Have errors that name no file name *path*: systems name none where reading or writing stops
    in the middle."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


# Nobody mistypes a longer word, and comparing it takes as long as it is long.
_LONGEST_WORD = 200


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that *word* was probably meant to be, or ''."""
    if len(word) > _LONGEST_WORD:
        return ""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else ""
