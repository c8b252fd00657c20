"""Comparing a folder with a manifest: every name is looked at, every byte is read.

Nothing is believed but the bytes: a file whose size and time are what they were may still be
another, which is what somebody who alters it unseen sees to.
"""

from __future__ import annotations

import fnmatch
import hashlib
import heapq
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from danvan_site.errors import Place, Problem
from danvan_site.integrity.manifest import Manifest, shown_as
from danvan_site.output import MANIFEST
from danvan_site.workers import Workers

_CHUNK = 100  # files
# Not there on Windows: no links are followed, and nothing is waited for that is no file.
_OPEN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_OPEN |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Fate(StrEnum):
    """What became of a file: its bytes are others; it is not there; nobody listed it; it cannot be
    read; it is there under another name; what is there is no file but a link, say."""

    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"
    UNREADABLE = "unreadable"
    RENAMED = "renamed"
    NO_FILE = "no-file"


class Finding(NamedTuple):
    """One thing that is not as it should be: ``path`` as the manifest has it (of an extra one,
    where it stands); ``now`` is the new path of one that was renamed, or the reason why it cannot
    be read."""

    fate: Fate
    path: str
    now: str = ""


def problem_of(finding: Finding, shown: str) -> Problem:
    """Return a finding as a problem; *shown* is what the folder is called, with a slash."""
    place = Place(shown + shown_as(finding.path))
    details = {"now": shown_as(finding.now)}
    match finding.fate:
        case Fate.CHANGED:
            return Problem("verify-changed", place)
        case Fate.MISSING:
            return Problem("verify-missing", place)
        case Fate.EXTRA:
            return Problem("verify-extra", place)
        case Fate.UNREADABLE:
            return Problem("verify-unreadable", place, details)
        case Fate.RENAMED:
            return Problem("verify-renamed", place, details)
        case Fate.NO_FILE:
            return Problem("verify-no-file", place)


class Standing(NamedTuple):
    """What stands under a folder: paths of files; of what is neither a file nor a folder; and of
    folders that cannot be listed, with the reason."""

    files: frozenset[str]
    others: frozenset[str]
    closed: dict[str, str]


def look(root: Path, passed_over: Callable[[str], bool]) -> Standing:
    """Return what stands under the folder *root*.  Links are not followed.

    What *passed_over* says of a path is as if it were not there.
    """
    files: set[str] = set()
    others: set[str] = set()
    closed: dict[str, str] = {}
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            with os.scandir(root / prefix) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if passed_over(path):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(f"{path}/")
                    else:
                        is_file = entry.is_file(follow_symlinks=False)
                        (files if is_file else others).add(path)
        except OSError as error:
            closed[prefix or "."] = error.strerror or ""
    return Standing(frozenset(files), frozenset(others), closed)


def digests(
    root: Path, paths: Iterable[str], workers: Workers, advance: Callable[[int], None]
) -> Iterator[tuple[str, bytes, str]]:
    """Read files; yield path, sha256 (32 bytes, b"" where it cannot be read) and the reason.

    *advance* is told how many have been read.
    """
    for results in workers.map(_read_some, str(root), paths, _CHUNK):
        advance(len(results))
        yield from results


def _read_some(root: str, paths: Sequence[str]) -> list[tuple[str, bytes, str]]:
    return [(path, *_digest(os.path.join(root, path))) for path in paths]


def _digest(path: str) -> tuple[bytes, str]:
    try:
        with open(os.open(path, _OPEN), "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return b"", "?"
            return hashlib.file_digest(file, "sha256").digest(), ""
    except OSError as error:
        return b"", error.strerror or "?"


def compare(
    root: Path,
    manifest: Manifest,
    standing: Standing,
    sample: Collection[str],
    work: tuple[Workers, Callable[[int], None]],
) -> list[Finding]:
    """Compare what stands under *root* with a manifest; return what is not as it should be.

    All names are compared; bytes are read of the files of the *sample* and of those that nobody
    listed where one is missing, which may be the same under another name.
    """
    named = manifest.files
    extra = standing.files - named.keys()
    missing = [path for path in named if path not in standing.files | standing.others]
    found = [Finding(Fate.NO_FILE, path) for path in standing.others]
    found += [Finding(Fate.UNREADABLE, path, reason) for path, reason in standing.closed.items()]
    wanted = {path for path in sample if path in standing.files} | (extra if missing else set())
    elsewhere: dict[bytes, list[str]] = {}
    for path, digest, reason in digests(root, sorted(wanted), *work):
        if path in extra:
            elsewhere.setdefault(digest, []).append(path)
        elif reason:
            found.append(Finding(Fate.UNREADABLE, path, reason))
        elif digest != named[path]:
            found.append(Finding(Fate.CHANGED, path))
    renamed: set[str] = set()
    for path in sorted(missing):
        names = elsewhere.get(named[path], [])
        now = names.pop(0) if names else ""
        renamed.add(now)
        found.append(Finding(Fate.RENAMED if now else Fate.MISSING, path, now))
    found += [Finding(Fate.EXTRA, path) for path in extra - renamed]
    return sorted(found, key=lambda each: (each.path, each.fate))


def sampled(manifest: Manifest, number: int, seed: str) -> list[str]:
    """Return the paths of *number* files, all of them where it is 0, chosen by a *seed*: the same
    ones for the same seed, and nobody knows which before it is said."""
    paths = sorted(manifest.files)
    if not number or number >= len(paths):
        return paths

    def lot(path: str) -> bytes:
        return hashlib.sha256(f"{seed}\0{path}".encode("utf-8", "surrogateescape")).digest()

    chosen = heapq.nsmallest(number, paths, key=lot)
    return sorted({MANIFEST, *chosen} & manifest.files.keys())


def is_allowed(path: str, patterns: Collection[str]) -> bool:
    """Tell whether a path, or a folder above it, matches one of some patterns (``.well-known``,
    ``*.config``)."""
    parts = path.rstrip("/").split("/")
    above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatchcase(each, pattern) for pattern in patterns for each in above)
