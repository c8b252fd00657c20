"""What the system refuses a build: nobody's mistake, and none of the program's."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from danvan_site.errors import Place, UsageError
from danvan_site.options import BuildOptions

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_OUT_OF_MEMORY = (errno.ENOMEM, errno.EAGAIN)
# What drives say in the middle of a file, without naming it.
_STALE = getattr(errno, "ESTALE", errno.EIO)  # not on Windows
_OF_DRIVES = (errno.EIO, errno.EACCES, errno.EROFS, errno.ETIMEDOUT, _STALE)
# What SQLite says of the drive; all else it says is of what the file holds.
_OF_STATE_DRIVE = frozenset(
    (
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    )
)  # fmt: skip


@contextlib.contextmanager
def told(options: BuildOptions, state: Path) -> Iterator[None]:
    """Raise UsageError, with a place, where the system refuses what a build needs; *state* is the
    build's state file.  What nothing but a mistake of the program can lead to stays as it is."""
    try:
        yield
    except MemoryError as error:
        raise UsageError("no-memory", Place(options.shown(options.config))) from error
    except sqlite3.Error as error:
        raise _of_state(error, options, state) from error
    except OSError as error:
        explained = _explained(error, options)
        if explained is None:
            raise
        raise explained from error


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether an error may be of what the state file holds, and not of the drive."""
    return _code(error) not in _OF_STATE_DRIVE


def _explained(error: OSError, options: BuildOptions) -> UsageError | None:
    if isinstance(error, BrokenPipeError):
        return None  # Whoever read our output has had enough.
    if error.errno in _FULL:
        return _disk_full(options)
    if error.errno in _OUT_OF_MEMORY:
        return UsageError("no-memory", Place(options.shown(options.config)))
    is_named = isinstance(error.filename, str | bytes)
    if not is_named and error.errno not in _OF_DRIVES:
        return None
    path = Path(os.fsdecode(error.filename)) if is_named else options.site
    reason = error.strerror or str(error)
    return UsageError("file-unusable", Place(options.shown(path)), reason=reason)


def _of_state(error: sqlite3.Error, options: BuildOptions, state: Path) -> UsageError:
    if _code(error) == sqlite3.SQLITE_FULL:
        return _disk_full(options)
    return UsageError("file-unusable", Place(options.shown(state)), reason=str(error))


def _code(error: sqlite3.Error) -> int | None:
    """Return SQLite's code, the extended ones as what they extend; None where Python itself found
    something wrong."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _disk_full(options: BuildOptions) -> UsageError:
    folders = [each for each in (options.cache, options.output) if each.is_dir()]
    fullest = min(folders, key=lambda each: shutil.disk_usage(each).free, default=options.site)
    return UsageError("disk-full", Place(options.shown(fullest)))
