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


def replace(begun: Path, path: Path, data: bytes) -> None:
    """Write *path* whole, by way of *begun* on the same drive: at any moment it has its old
    contents or the new ones."""
    with begun.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(begun, path)
    _settle_folder(path.parent)
