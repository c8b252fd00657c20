"""Where imported files go: inside the target folder, under names that are free, never over one."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

# Names that begin otherwise are passed over by the build; what Windows will not have is left out.
_PLAIN = re.compile(r"[^\W_](?:[^\x00-\x1f\x7f\\/:*?\"<>|]{0,98}[^\x00-\x1f\x7f\\/:*?\"<>|. ])?")


def contained(folder: Path, relative: PurePosixPath) -> Path:
    """Return the path of *relative* in *folder*; raise OSError where a link leads out of it."""
    path = folder / relative
    if not path.resolve().is_relative_to(folder.resolve()):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return path


def is_plain_path(path: str) -> bool:
    """Tell whether a path that somebody else names can be that of a bulletin here: in the folder,
    of plain names that any system takes, and none that are passed over."""
    parts = path.split("/")
    return path.endswith(".md") and all(_PLAIN.fullmatch(each) for each in parts)


def is_hollow(path: Path) -> bool:
    """Tell whether a file is there and holds nothing, or NULs alone: so a power cut leaves what has
    its name already, but whose contents were not on the disk yet."""
    try:
        if path.is_symlink() or not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(1) in (b"", b"\0") and not file.read().strip(b"\0")
    except OSError:
        return False


def create(path: Path, content: bytes) -> bool:
    """Write a new file whole; return False where there is something of that name already that holds
    anything.

    It is written under a hidden name first: half a bulletin that a killed run left behind would
    look like one that came before.  The next run begins that one anew.
    """
    return _begin(path, lambda begun: begun.write_bytes(content))


def create_copy(path: Path, source: Path) -> bool:
    """Like `create`, with the contents of another file."""
    return _begin(path, lambda begun: shutil.copyfile(source, begun))


def _begin(path: Path, write: Callable[[Path], object]) -> bool:
    begun = path.with_name(f".{path.name}.part")
    try:
        is_there = os.path.lexists(path)
        if is_there and not is_hollow(path):
            return False
        try:
            write(begun)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(begun)
        if is_there:
            os.replace(begun, path)
        return is_there or _appear(begun, path)
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
