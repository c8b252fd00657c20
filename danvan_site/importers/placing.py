"""Where imported files go: inside the target folder, under names that are free, never over one."""

from __future__ import annotations

import errno
import os
from pathlib import Path, PurePosixPath


def contained(folder: Path, relative: PurePosixPath) -> Path:
    """Return the path of *relative* in *folder*; raise OSError where a link leads out of it."""
    path = folder / relative
    if not path.resolve().is_relative_to(folder.resolve()):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return path


def create(path: Path, content: bytes) -> bool:
    """Write a new file whole; return False where there is something of that name already.

    It is written under a hidden name first: half a bulletin that a killed run left behind would
    look like one that came before.  The next run begins that one anew.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(path):
        return False
    begun = path.with_name(f".{path.name}.part")
    try:
        begun.write_bytes(content)
        return _appear(begun, path)
    finally:
        begun.unlink(missing_ok=True)


def _appear(begun: Path, path: Path) -> bool:
    try:
        os.link(begun, path)
    except FileExistsError:
        return False
    except OSError:
        # Not every file system has links. What renames over another file is told apart here only
        # as well as it can be.
        if os.path.lexists(path):
            return False
        begun.rename(path)
    return True


def reason_of(error: Exception) -> str:
    """Return what the system says of an error."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
