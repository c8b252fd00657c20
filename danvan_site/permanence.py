"""``addresses.tsv`` of the content folder: every address under which something was published.

Others have put these addresses into documents, mails and pages of their own, so none of them may be
lost: a build fails that would publish nothing there any more.  Builds add what is new; the file is
kept with the content.  It has a line for each address, in any order: the address relative to the
site, what stands there (`KINDS`), the ``id`` of the bulletin, and the source it was made of.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from danvan_site import durable
from danvan_site.errors import ContentError, Place, Problem, UsageError

FILE = "addresses.tsv"
MAX_BYTES = 64_000_000
KINDS = frozenset(("bulletin", "page", "alias", "list", "file"))
_HEADING = "# address\tkind\tid\tsource (written by builds; keep it with the content)\n"


class Entry(NamedTuple):
    """What was published at an address.  ``line`` is where the file says so, from 1."""

    kind: str
    id: str = ""
    source: str = ""
    line: int = 0


Ledger = Mapping[str, Entry]


def read(data: bytes, shown: str) -> tuple[dict[str, Entry], list[Problem]]:
    """Return the entries of a file by address, and what is wrong with it.

    Whether an address can be one is for those to ask who do something there: nearly all are
    addresses of pages that stand there again.
    """
    if len(data) > MAX_BYTES:
        details = {"limit": str(MAX_BYTES // 1_000_000)}
        return {}, [Problem("file-too-large", Place(shown), details)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return {}, [Problem("not-utf-8", Place(shown, data.count(b"\n", 0, error.start) + 1, 1))]
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.rstrip("\r")
        if not line or line.startswith("#"):
            continue
        address, *columns = line.split("\t")
        if not 1 <= len(columns) <= 3 or columns[0] not in KINDS or not address:
            problems.append(bad_line(shown, number))
            continue
        kind, id, source = (*columns, "", "")[:3]
        entries[address] = Entry(kind, id, source, number)
    return entries, problems


def bad_line(shown: str, line: int) -> Problem:
    """Return the problem of a line that is no entry."""
    return Problem("bad-ledger-line", Place(shown, line, 1))


def load(path: Path, shown: str) -> dict[str, Entry]:
    """Return the entries of the file *path*, none where there is no such file.

    Raises ContentError with all that is wrong with it, UsageError where it cannot be read.
    """
    try:
        if path.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError("ledger-unwritable", Place(shown), reason=reason) from error
    entries, problems = read(data, shown)
    if problems:
        raise ContentError(problems)
    return entries


def compose(ledger: Ledger) -> bytes:
    """Return the file that has some entries, in the order of their addresses."""
    lines = ("\t".join((address, *ledger[address][:3])).rstrip("\t") for address in sorted(ledger))
    return "".join([_HEADING, *(f"{line}\n" for line in lines)]).encode()


def write(path: Path, shown: str, data: bytes) -> None:
    """Replace the file as a whole.  Raises UsageError where that cannot be done."""
    begun = path.with_name(f".{FILE}.new")
    try:
        # It may be a link that somebody has put there.
        begun.unlink(missing_ok=True)
        durable.replace(begun, path, data)
    except OSError as error:
        with contextlib.suppress(OSError):
            begun.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise UsageError("ledger-unwritable", Place(shown), reason=reason) from error
