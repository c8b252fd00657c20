"""Bags for archives: BagIt 1.0 (RFC 8493), a folder with what it holds and what it ought to hold.

A bag is made in a hidden folder beside its place and moved there whole.  Every file is hashed while
it is copied, and looked at again afterwards: one that changes meanwhile is in no bag.  At the end
the copies themselves are read and compared.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from danvan_site import durable
from danvan_site.errors import ContentError, Place, Problem, UsageError
from danvan_site.integrity.contents import Piece
from danvan_site.workers import Workers

# Both, since an archive may ask for either: sha512 is what the standard advises.
ALGORITHMS = ("sha256", "sha512")
BEGUN = ".danvan-bag-"
_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_CHUNK = 50  # files
_READ = 1 << 20  # bytes
_ENCODED = re.compile(r"[%\r\n]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Made:
    """A bag that was made: its folder, how many files and bytes it holds, the sha256 of its
    ``tagmanifest-sha256.txt``, which vouches for all of it; and names that not every tool reads as
    the standard has them written."""

    folder: Path
    files: int
    size: int
    digest: str
    encoded: tuple[str, ...]


# What a copy has: path under data, digests by algorithm (hexadecimal), bytes.
_Copy = tuple[str, dict[str, str], int]


def make(
    target: Path, pieces: Sequence[Piece], info: Mapping[str, str], workers: Workers,
    advance: Callable[[int], None],
) -> Made:  # fmt: skip
    """Make the bag *target*, where nothing may stand yet, of some pieces.

    *info* is for ``bag-info.txt``; the Payload-Oxum is added.  Raises UsageError where it cannot be
    written, ContentError where pieces cannot be read, are not what they should be, or change.
    """
    if os.path.lexists(target):
        raise UsageError("bag-exists", Place(target.as_posix()))
    begun = target.with_name(f"{BEGUN}{target.name}")
    try:
        _clear(begun)
        begun.mkdir(parents=True)
        copies = _fill(begun / "data", pieces, workers, advance)
        _check(begun / "data", copies, workers, advance)
        digest = _write_tags(begun, copies, info)
        # The name is to stand for what is on the disk.
        durable.settle([path for path in begun.rglob("*") if path.is_file()])
        if os.path.lexists(target):
            raise UsageError("bag-exists", Place(target.as_posix()))
        os.rename(begun, target)
    except OSError as error:
        raise UsageError(
            "bag-not-written", Place(target.as_posix()), reason=error.strerror or str(error)
        ) from None
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    encoded = tuple(path for path, *_ in copies if "%" in path)
    return Made(target, len(copies), sum(size for *_, size in copies), digest, encoded)


def clear_begun(folder: Path) -> None:
    """Remove what killed runs have left in a folder; only while it is locked."""
    for path in folder.glob(f"{BEGUN}*"):
        _clear(path)


def _clear(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def _fill(
    data: Path, pieces: Sequence[Piece], workers: Workers, advance: Callable[[int], None]
) -> list[_Copy]:
    for folder in {(data / each.path).parent for each in pieces} | {data}:
        folder.mkdir(parents=True, exist_ok=True)
    copies: list[_Copy] = []
    problems: list[Problem] = []
    for results in workers.map(_copy_some, str(data), pieces, _CHUNK):
        advance(len(results))
        for result in results:
            if isinstance(result, Problem):
                problems.append(result)
            else:
                copies.append(result)
    if problems:
        raise ContentError(problems)
    return sorted(copies, key=lambda each: each[0].encode())


def _copy_some(data: str, pieces: Sequence[Piece]) -> list[_Copy | Problem]:
    return [_copied(Path(data), piece) for piece in pieces]


def _copied(data: Path, piece: Piece) -> _Copy | Problem:
    place = Place(piece.file.as_posix())
    try:
        piece.path.encode()
    except UnicodeEncodeError:
        return Problem("bag-name", place)
    try:
        with piece.file.open("rb") as source:
            before = os.fstat(source.fileno())
            if piece.file.is_symlink() or not stat.S_ISREG(before.st_mode):
                return Problem("bag-no-file", place)
            with (data / piece.path).open("xb") as target:
                copy = _pumped(source.read, target.write)
            after = os.stat(piece.file)
    except OSError as error:
        # Of what cannot be written there is only one thing to say.
        if error.filename == str(data / piece.path) or error.filename is None:
            raise
        return Problem("file-unreadable", place, {"reason": error.strerror or ""})
    digests, size = copy
    if _state(before) != _state(after) or size != after.st_size:
        return Problem("bag-changed", place)
    if piece.digest not in ("", digests["sha256"]):
        return Problem("bag-page-changed", place)
    return piece.path, digests, size


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _pumped(
    read: Callable[[int], bytes], write: Callable[[bytes], object]
) -> tuple[dict[str, str], int]:
    hashes = [hashlib.new(each) for each in ALGORITHMS]
    size = 0
    while chunk := read(_READ):
        write(chunk)
        size += len(chunk)
        for each in hashes:
            each.update(chunk)
    return {each.name: each.hexdigest() for each in hashes}, size


def _check(
    data: Path, copies: Sequence[_Copy], workers: Workers, advance: Callable[[int], None]
) -> None:
    """Read the copies, as an archive will, and compare them with what was read of the pieces."""
    paths = [path for path, *_ in copies]
    now = (each for some in workers.map(_digest_some, str(data), paths, _CHUNK) for each in some)
    problems = []
    for (path, digests, _), found in zip(copies, now, strict=True):
        advance(1)
        if found != digests["sha256"]:
            problems.append(Problem("bag-copy", Place((data / path).as_posix())))
    if problems:
        raise ContentError(problems)


def _digest_some(data: str, paths: Sequence[str]) -> list[str]:
    found = []
    for path in paths:
        with open(os.path.join(data, path), "rb") as file:
            found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return found


def _write_tags(begun: Path, copies: Sequence[_Copy], info: Mapping[str, str]) -> str:
    """Write what stands beside the payload; return the sha256 of the tag manifest."""
    oxum = f"{sum(size for *_, size in copies)}.{len(copies)}"
    values = {**info, "Payload-Oxum": oxum}
    lines = (f"{key}: {_SPACE.sub(' ', text).strip()}\n" for key, text in values.items() if text)
    tags = {"bagit.txt": _DECLARATION, "bag-info.txt": "".join(lines)}
    for each in ALGORITHMS:
        rows = ((f"data/{path}", digests[each]) for path, digests, _ in copies)
        tags[f"manifest-{each}.txt"] = _listed(rows)
    for each in ALGORITHMS:
        rows = ((name, hashlib.new(each, tags[name].encode()).hexdigest())
                for name in sorted(tags) if not name.startswith("tag"))  # fmt: skip
        tags[f"tagmanifest-{each}.txt"] = _listed(rows)
    for name, text in tags.items():
        (begun / name).write_text(text, "utf-8", newline="\n")
    return hashlib.sha256(tags["tagmanifest-sha256.txt"].encode()).hexdigest()


def _listed(rows: Iterable[tuple[str, str]]) -> str:
    """Return a manifest; in its paths what would end a line is written as the standard wants it."""
    return "".join(f"{digest}  {_encoded(path)}\n" for path, digest in rows)


def _encoded(path: str) -> str:
    return _ENCODED.sub(lambda match: f"%{ord(match[0]):02X}", path)
