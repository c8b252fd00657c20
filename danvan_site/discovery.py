"""Walking the content folder: which files there are, and when they changed."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from danvan_site.errors import Place, Problem, Severity
from danvan_site.state import Stamp

_SKIPPED_ENDINGS = ("~", ".tmp", ".swp", ".bak", ".part", ".crdownload")
_SKIPPED_NAMES = frozenset(("thumbs.db", "desktop.ini"))


class File(NamedTuple):
    """A file of the content folder: ``path`` is relative, in NFC; ``name`` is as on disk."""

    path: str
    name: str
    stamp: Stamp


def discover(root: Path, shown: str) -> tuple[dict[str, File], list[Problem]]:
    """Walk the content folder; return its files by path, and links and the like as problems.

    Hidden files, editors' leftovers and whatever a system puts into folders are passed over.
    """
    files: dict[str, File] = {}
    problems: list[Problem] = []
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(os.path.join(root, prefix)) as entries:
            for entry in entries:
                if _is_skipped(entry.name):
                    continue
                if not _is_text(entry.name):
                    # What cannot be said is shown by its numbers.
                    name = (prefix + entry.name).encode("utf-8", "backslashreplace").decode()
                    problems.append(Problem("name-not-text", Place(f"{shown}/{name}")))
                    continue
                name = prefix + entry.name
                path = name if name.isascii() else unicodedata.normalize("NFC", name)
                if entry.is_symlink():
                    place = Place(f"{shown}/{path}")
                    problems.append(Problem("link-in-content", place, {}, Severity.WARNING))
                elif entry.is_dir(follow_symlinks=False):
                    pending.append(name + "/")
                elif entry.is_file(follow_symlinks=False):
                    if path in files:
                        problems.append(Problem("name-twice", Place(f"{shown}/{path}")))
                    stamp = Stamp.of(entry.stat(follow_symlinks=False))
                    files[path] = File(path, name, stamp)
    return dict(sorted(files.items())), problems


def files_beneath(folder: Path) -> list[Path]:
    """Return all files beneath a folder, none where there is no such folder.

    Raises OSError where any of it cannot be looked at: what is not seen would seem to be gone.
    """
    found: list[Path] = []
    for base, _, names in os.walk(folder, onerror=_unless_missing):
        files = (Path(base, name) for name in names)
        found += (path for path in files if path.is_file())
    return sorted(found)


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _is_skipped(name: str) -> bool:
    return (
        name.startswith("_") or is_of_system(name) or name.lower().endswith(_SKIPPED_ENDINGS)
    )  # fmt: skip


def _is_text(name: str) -> bool:
    """Tell whether a name is in the encoding of the system: what is not comes as half letters."""
    try:
        return name.isascii() or bool(name.encode())
    except UnicodeEncodeError:
        return False


def is_of_system(name: str) -> bool:
    """Tell whether a file is hidden, or one that systems and office programs put into folders."""
    return name.startswith((".", "~$")) or name.lower() in _SKIPPED_NAMES


def digest_of_file(root: Path, file: File) -> str:
    """Return the digest of a file's contents, '' where it cannot be read."""
    try:
        with open(root / file.name, "rb") as handle:
            return file_digest(handle)
    except OSError:
        return ""


def file_digest(handle: BufferedReader) -> str:
    """Return the digest by which contents are told apart (blake2b, 16 bytes, hexadecimal)."""
    return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
