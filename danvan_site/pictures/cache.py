"""What was made of pictures, kept by what it was made of, for all builds that there will be.

One file has all that is made of one picture: a line that tells what is in it, then the parts.
It comes into its place whole, so a build that is killed leaves nothing by half; and whatever is
damaged is as good as missing.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from danvan_site.pictures.facts import digest_of

_SUFFIX = ".tmp"
_ABANDONED = 3600  # s


class Cache:
    """The cache in *folder*, which any number of processes may use at the same time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def head(self, key: str) -> Any:
        """Return what is kept beside the parts, as JSON values; None where there is nothing."""
        try:
            with open(self._path(key), "rb") as file:
                parts, head, start = _read_head(file.readline())
                size = os.fstat(file.fileno()).st_size
        except (OSError, ValueError):
            return None
        return head if size == start + sum(length for length, _ in parts.values()) else None

    def part(self, key: str, name: str) -> bytes | None:
        """Return one part, None where it is missing or not as it was."""
        try:
            with open(self._path(key), "rb") as file:
                parts, _, at = _read_head(file.readline())
                for each, (length, digest) in parts.items():
                    if each == name:
                        file.seek(at)
                        data = file.read(length)
                        return data if digest_of(data) == digest else None
                    at += length
        except (OSError, ValueError):
            pass
        return None

    def keep(self, key: str, head: Any, parts: Mapping[str, bytes]) -> None:
        """Keep *parts* and what is to be known of them."""
        index = {name: [len(data), digest_of(data)] for name, data in parts.items()}
        line = json.dumps([index, head], separators=(",", ":")).encode()
        first = f"{digest_of(line)} ".encode() + line + b"\n"
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f"{uuid.uuid4().hex}{_SUFFIX}"
        try:
            with open(temporary, "xb") as file:
                file.writelines((first, *parts.values()))
            with contextlib.suppress(OSError):
                self._path(key).rmdir()  # An empty folder may stand in its place.
            os.replace(temporary, self._path(key))
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def tidy(self) -> None:
        """Remove what builds that were killed have left."""
        for each in self._folder.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                if each.stat().st_mtime < time.time() - _ABANDONED:
                    each.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.bin"


def _read_head(line: bytes) -> tuple[dict[str, tuple[int, str]], Any, int]:
    """Return length and digest of each part, what is known of them, where the parts begin.

    Raises ValueError where the line is not as it was written.
    """
    digest, _, text = line.removesuffix(b"\n").partition(b" ")
    if digest_of(text).encode() != digest:
        raise ValueError("damaged")
    index, head = json.loads(text)
    return index, head, len(line)
