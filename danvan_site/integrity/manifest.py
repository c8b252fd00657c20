"""Manifests: a line for each file, as ``sha256sum`` writes it and ``sha256sum -c`` reads it.

A line is the digest of the file's bytes (sha256, hexadecimal), two spaces, its path from the folder
with slashes.  Backslashes and line ends in a path are written with a backslash, as in C, and
another one stands before the digest.  Paths are bytes as the system has them: no normal form is
made of names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from danvan_site.errors import Place, UsageError
from danvan_site.output import MANIFEST

MAX_BYTES = 1 << 30
_MAX_LINE = 16_384  # bytes
_LINE = re.compile(rb"(\\?)([0-9A-Fa-f]{64}) [ *]([^\0\r\n]+)\n?")
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_ESCAPES = {"\\": "\\", "n": "\n", "r": "\r"}
_SPECIAL = re.compile(r"[\\\n\r]")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says: sha256 by path, in 32 bytes; ``digest`` is its own, hexadecimal."""

    files: Mapping[str, bytes]
    digest: str

    def with_itself(self) -> Manifest:
        """Return it with its own line, which it cannot have: it stands where the files do, and is
        to be there what it was when it was read."""
        return Manifest({**self.files, MANIFEST: bytes.fromhex(self.digest)}, self.digest)


def load(path: Path, shown: str) -> Manifest:
    """Read the manifest at *path*; raise UsageError where there is none, or it is none."""
    try:
        if path.is_symlink() or not path.is_file():
            raise UsageError("no-manifest", Place(shown))
        with path.open("rb") as lines:
            return read(lines, shown)
    except OSError as error:
        raise UsageError("file-unreadable", Place(shown), reason=error.strerror or "") from None


def parse(data: bytes, shown: str) -> Manifest:
    """Read a manifest that is in memory; raise UsageError where it is none."""
    return read(BytesIO(data), shown)


def read(lines: BinaryIO, shown: str) -> Manifest:
    """Read a manifest from a file, called *shown* in messages.

    Raises UsageError with the place of the first line that is none of a manifest, names something
    outside the folder, or names a file again: who reads on would compare with only half of it.
    """
    files: dict[str, bytes] = {}
    own = hashlib.sha256()
    size = number = 0
    while line := lines.readline(_MAX_LINE):
        number += 1
        size += len(line)
        own.update(line)
        place = Place(shown, number)
        if size > MAX_BYTES:
            raise UsageError("manifest-too-large", place, limit=str(MAX_BYTES >> 20))
        path, digest = _entry(line, place)
        if path in files:
            raise UsageError("manifest-twice", place, target=shown_as(path))
        files[path] = digest
    if not files:
        raise UsageError("manifest-empty", Place(shown))
    return Manifest(files, own.hexdigest())


def _entry(line: bytes, place: Place) -> tuple[str, bytes]:
    if line.endswith(b"\r\n") or line.startswith(b"\xef\xbb\xbf"):
        raise UsageError("manifest-converted", place)
    found = _LINE.fullmatch(line)
    if not found or len(line) == _MAX_LINE:
        raise UsageError("manifest-line", place)
    path = found[3].decode("utf-8", "surrogateescape")
    if found[1]:
        try:
            path = _ESCAPED.sub(lambda match: _ESCAPES[match[1]], path)
        except KeyError:
            raise UsageError("manifest-line", place) from None
    if not is_inside(path) or path == MANIFEST:
        raise UsageError("manifest-path", place, target=shown_as(path))
    return path, bytes.fromhex(found[2].decode())


def is_inside(path: str) -> bool:
    """Tell whether a path names something inside the folder that it is relative to."""
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/"))


def shown_as(path: str) -> str:
    """Return a path as messages name it: on one line, whatever is in it."""
    return path.replace("\n", "\\n").replace("\r", "\\r")


def compose(files: Mapping[str, str]) -> bytes:
    """Return the manifest of files: sha256 (hexadecimal) by path; lines in the order of the paths'
    bytes, so that it is the same on every system."""
    return b"".join(_lines(files))


def _lines(files: Mapping[str, str]) -> Iterator[bytes]:
    for path in sorted(files, key=lambda each: each.encode("utf-8", "surrogateescape")):
        name, mark = path, ""
        if _SPECIAL.search(path):
            name = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
            mark = "\\"
        yield f"{mark}{files[path]}  {name}\n".encode("utf-8", "surrogateescape")
