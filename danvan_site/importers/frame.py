"""What every importer shares: the draft of a bulletin, the ledger of what came, safe writing.

An importer turns one source into one `Draft`; the frame gives it a place under the target folder.
Nothing is ever overwritten.  What has been imported is known by its digest in a ledger, so that a
second run adds nothing even where a person has since edited, renamed or moved the first result.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from danvan_site import frontmatter, vietnamese
from danvan_site.dates import Moment
from danvan_site.errors import Place, Problem, Severity, UsageError

LEDGER = "imported.tsv"
UNDATED = "chua-ro-ngay"  # the folder of bulletins whose date a person must still settle
_HEADING = "# source digest\tkind\tbulletin as first written (delete a line to import it again)\n"
_MOST_OF_ONE_NAME = 10_000


@dataclass(frozen=True, slots=True)
class Dropped:
    """A piece of the source that went nowhere: its line (from 1) and its words."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A bulletin as an importer understood it.

    ``fields`` are keys and values of the front matter's schema; ``name`` is the file's name without
    extension.  ``recognised`` and ``dropped`` account for the whole source, ``missing`` says which
    facts it does not have (notices with their places).  ``visits`` is the count of visits to the
    whole portal that was printed on the page; it does not belong to the bulletin.
    """

    fields: Mapping[str, object]
    body: str
    name: str
    recognised: tuple[tuple[str, str], ...] = ()
    dropped: tuple[Dropped, ...] = ()
    missing: tuple[Problem, ...] = ()
    visits: int | None = None

    @property
    def folder(self) -> PurePosixPath:
        """The habitual folder: ``2020/07``, ``2022`` where only a year is known."""
        date = self.fields.get("date")
        if not isinstance(date, Moment):
            return PurePosixPath(UNDATED)
        month = f"{date.month:02d}" if date.month else ""
        return PurePosixPath(f"{date.year:04d}", month)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source.

    Either ``written`` is the new file, or ``problem`` says why nothing was written: an error, or
    the notice that it had been imported before.  ``draft`` is None where it was not read at all.
    """

    source: str
    written: Path | None = None
    problem: Problem | None = None
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of every source, in the order given."""

    outcomes: tuple[Outcome, ...] = ()

    @property
    def written(self) -> int:
        """How many bulletins were added."""
        return sum(outcome.written is not None for outcome in self.outcomes)

    @property
    def failed(self) -> bool:
        """Whether a source could not be imported (having been imported before is no failure)."""
        return any(o.problem and o.problem.severity is Severity.ERROR for o in self.outcomes)


class ImportFailure(Exception):
    """One source cannot be imported; the others of the run go on."""

    def __init__(self, code: str, place: Place, **details: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, place, details)


@dataclass(slots=True)
class Ledger:
    """The digests of the sources imported into one folder, each with the file it gave."""

    folder: Path
    entries: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Ledger:
        """Read the ledger of *folder*; raise UsageError where there is one that cannot be read."""
        path = folder / LEDGER
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return cls(folder)
        except (OSError, UnicodeDecodeError) as error:
            place = Place(path.as_posix())
            raise UsageError("import-ledger", place, reason=_reason(error)) from None
        rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
        return cls(folder, {row[0]: row[2] for row in rows if len(row) == 3})

    def record(self, digest: str, kind: str, written: str) -> None:
        """Add one source at the end of the file, which is made when it is not there."""
        path = _contained(self.folder, PurePosixPath(LEDGER))
        with path.open("a", encoding="utf-8", newline="\n") as ledger:
            if not ledger.tell():
                ledger.write(_HEADING)
            ledger.write(f"{digest}\t{kind}\t{written}\n")
        self.entries[digest] = written


def open_target(folder: Path) -> Ledger:
    """Make *folder* and return its ledger; raise UsageError where it cannot be a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        place = Place(folder.as_posix())
        raise UsageError("import-target", place, reason=_reason(error)) from None
    return Ledger.load(folder)


def read_source(path: Path, limit: int) -> bytes:
    """Return the bytes of a source of at most *limit* bytes; raise ImportFailure otherwise."""
    place = Place(path.as_posix())
    try:
        if not path.is_file():  # neither a folder nor a device that never ends
            missing = errno.EISDIR if path.is_dir() else errno.ENOENT
            raise OSError(missing, os.strerror(missing))
        with path.open("rb") as source:
            content = source.read(limit + 1)
    except (OSError, ValueError) as error:
        raise ImportFailure("import-unreadable", place, reason=_reason(error)) from None
    if len(content) > limit:
        raise ImportFailure("import-too-large", place, limit=f"{limit / 1_000_000:g}")
    return content


def already(ledger: Ledger, digest: str, source: str) -> Outcome | None:
    """Return the outcome of a source that was imported before, or None."""
    written = ledger.entries.get(digest)
    return None if written is None else Outcome(source, problem=_seen(source, written))


def store(draft: Draft, ledger: Ledger, *, digest: str, kind: str, source: str) -> Outcome:
    """Write *draft* into the ledger's folder under a name that is still free, and record it."""
    content = frontmatter.compose(draft.fields, draft.body).encode()
    try:
        for relative in _names(draft):
            path = _contained(ledger.folder, relative)
            if _create(path, content):
                ledger.record(digest, kind, relative.as_posix())
                return Outcome(source, written=path, draft=draft)
            if path.is_file() and path.read_bytes() == content:
                # Written by a run that ended before its record, or whose ledger was lost.
                ledger.record(digest, kind, relative.as_posix())
                return Outcome(source, problem=_seen(source, relative.as_posix()), draft=draft)
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
    except OSError as error:
        place = Place(source)
        details = {"folder": ledger.folder.as_posix(), "reason": _reason(error)}
        return Outcome(source, problem=Problem("import-not-written", place, details), draft=draft)


def _seen(source: str, written: str) -> Problem:
    details = {"written": written, "ledger": LEDGER}
    return Problem("import-already", Place(source), details, Severity.NOTICE)


def _names(draft: Draft) -> Iterator[PurePosixPath]:
    name = vietnamese.slugify(draft.name)
    yield draft.folder / f"{name}.md"
    for number in range(2, _MOST_OF_ONE_NAME):
        yield draft.folder / f"{name}-{number}.md"


def _contained(folder: Path, relative: PurePosixPath) -> Path:
    """Return the path of *relative* in *folder*; raise OSError where a link leads out of it."""
    path = folder / relative
    if not path.resolve().is_relative_to(folder.resolve()):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return path


def _create(path: Path, content: bytes) -> bool:
    """Write a new file whole; return False where there is something of that name already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        new = path.open("xb")
    except FileExistsError:
        return False
    try:
        with new:
            new.write(content)
    except BaseException:
        path.unlink(missing_ok=True)  # half a bulletin would look like one that came before
        raise
    return True


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
