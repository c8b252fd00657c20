"""The ledger of what has been imported into a folder: which source gave which bulletin.

It is a text file of a line a source, kept with the content, so that a second run adds nothing even
where a person has since edited, renamed or moved what the first one wrote.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from danvan_site import addresses, durable
from danvan_site.errors import Place, UsageError
from danvan_site.importers.placing import contained, is_hollow, reason_of
from danvan_site.locks import locked

LEDGER = "imported.tsv"
_LOCK = ".imported.lock"
_HEADING = (
    "# address\tsource digest\tkind\tbulletin as first written\tits digest"
    " (delete a line to import it again)\n"
)
# The columns that lines had before there were addresses.
_BEFORE = ("digest", "kind", "path")
_DIGEST = 64  # characters
_ORIGIN = re.compile(r"(?:https?:)?//(?:www\.)?([^/?#]*)", re.IGNORECASE)
_BREAKING = re.compile(r"[\t\r\n]")


class Entry(NamedTuple):
    """A source that was imported: its original address, '' where it has none; the digest of its
    contents; the kind of import; the bulletin's path in the folder, and its digest as written."""

    key: str
    digest: str
    kind: str
    path: str
    written: str


class Ledger:
    """What has been imported into *folder*; changes go to the file at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_key: dict[str, Entry] = {}
        self._by_digest: dict[str, Entry] = {}
        self._file: BinaryIO | None = None

    @classmethod
    def load(cls, folder: Path) -> Ledger:
        """Read the ledger of *folder*; raise UsageError where there is one that cannot be read."""
        ledger, path = cls(folder), folder / LEDGER
        try:
            with path.open(encoding="utf-8", newline="\n") as lines:
                for line in lines:
                    ledger._take_in(line.removesuffix("\n"))
        except FileNotFoundError:
            return ledger
        except (OSError, UnicodeDecodeError) as error:
            place = Place(path.as_posix())
            raise UsageError("import-ledger", place, reason=reason_of(error)) from None
        return ledger

    def find(self, key: str, digest: str) -> Entry | None:
        """Return the entry of a source: by its address, or, whatever that is, by its digest.  What
        a power cut has emptied since is to be imported anew."""
        entry = self._by_key.get(_same(_clean(key))) or self._by_digest.get(digest)
        return None if entry and is_hollow(self.folder / entry.path) else entry

    def record(self, entry: Entry, is_kept: bool = True) -> None:
        """Add a source at the end of the file, which is made when it is not there; or, where that
        is not to be *kept*, for this run alone."""
        entry = entry._replace(key=_clean(entry.key))
        if is_kept:
            file = self._open()
            file.write(("\t".join(entry) + "\n").encode())
            file.flush()
        self._know(entry)

    def _take_in(self, line: str) -> None:
        columns = line.split("\t")
        if len(columns) == len(_BEFORE):
            columns = ["", *columns, ""]
        # A line that a killed run has begun has too few columns.
        is_whole = len(columns) == len(Entry._fields) and len(columns[-1]) in (0, _DIGEST)
        if is_whole and not line.startswith("#"):
            key, digest, kind, path, written = columns
            self._know(Entry(key, digest, sys.intern(kind), path, written))

    def _know(self, entry: Entry) -> None:
        if entry.key:
            self._by_key[_same(entry.key)] = entry
        self._by_digest[entry.digest] = entry

    def _open(self) -> BinaryIO:
        if self._file is None:
            path = contained(self.folder, PurePosixPath(LEDGER))
            self._file = path.open("a+b")
            if not self._file.seek(0, os.SEEK_END):
                self._file.write(_HEADING.encode())
            _mend(self._file)
        return self._file

    def close(self) -> None:
        """Close the file; what the run has written is on the disk then, where that can be asked."""
        if self._file:
            self._file.close()
            durable.settle_all()
            self._file = None


def _mend(file: BinaryIO) -> None:
    """End the last line, where somebody's editor has not; take away what a killed run began."""
    file.seek(0)
    tail = file.read().rpartition(b"\n")[2]
    if tail:
        columns = tail.split(b"\t")
        is_whole = len(columns) == len(Entry._fields) and len(columns[-1]) == _DIGEST
        if is_whole or tail.startswith(b"#"):
            file.write(b"\n")
        else:
            file.truncate(file.seek(0, os.SEEK_END) - len(tail))


def _same(key: str) -> str:
    """Return what all spellings of an address have in common: those of one are one source."""
    origin = _ORIGIN.match(key)
    found = addresses.read(key) if origin or key.startswith("/") else None
    return f"{origin[1].lower() if origin else ''}{found.key}" if found else key


def _clean(key: str) -> str:
    """Return an address as a column of the file has it."""
    return _BREAKING.sub(lambda match: f"%{ord(match[0]):02X}", key)


@contextlib.contextmanager
def open_ledger(
    folder: Path, waiting: Callable[[], None], is_trial: bool = False
) -> Iterator[Ledger]:
    """Make *folder* and give its ledger, which nobody else has meanwhile: *waiting* is called where
    another import has to end first.  For a trial nothing is made.

    Raises UsageError where it cannot be a folder.
    """
    if is_trial:
        yield Ledger.load(folder)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = contained(folder, PurePosixPath(_LOCK))
    except OSError as error:
        place = Place(folder.as_posix())
        raise UsageError("import-target", place, reason=reason_of(error)) from None
    with locked(lock, waiting):
        ledger = Ledger.load(folder)
        with contextlib.closing(ledger):
            yield ledger
