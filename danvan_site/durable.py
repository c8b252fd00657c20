"""What stays when the power goes: files on the disk before the names that lead to them.

A system keeps what is written in memory for a while, and brings names to the disk before contents
if nobody asks for more: after a power cut a file may be there and empty.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from pathlib import Path

# Of more files than these all that the system keeps is brought to the disk at once: it knows the
# best order.  Windows offers nothing of the kind.
_FEW = 200
_NAME = 40  # characters


def settle(files: Collection[Path], folders: Collection[Path] = ()) -> None:
    """Return when the contents of *files* and the names in *folders* are on the disk."""
    if len(files) + len(folders) > _FEW and settle_all():
        return
    for file in files:
        # Windows wants a file that may be written to.
        with file.open("r+b") as opened:
            os.fsync(opened.fileno())
    for folder in folders:
        _settle_folder(folder)


def settle_all() -> bool:
    """Bring all that the system keeps to the disk; return False where it offers no such thing."""
    if hasattr(os, "sync"):
        os.sync()
        return True
    return False


def _settle_folder(folder: Path) -> None:
    # Windows keeps names by itself, and some network drives know nothing of it.
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def replace(path: Path, data: bytes, begun: Path | None = None) -> None:
    """Write *path* whole, by way of *begun* on the same drive (a hidden file beside it, unless
    another is given): at any moment it has its old contents or the new ones.

    Raises OSError; then it has the old ones.
    """
    # No name is too long for a system that has the file's own.
    begun = begun or path.with_name(f".{path.name[:_NAME]}.part")
    try:
        begun.unlink(missing_ok=True)  # It may be a link that somebody has put there.
        with begun.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.chmod(begun, path.stat().st_mode & 0o7777)
        os.replace(begun, path)
    except BaseException:
        with contextlib.suppress(OSError):
            begun.unlink(missing_ok=True)
        raise
    _settle_folder(path.parent)
