"""The published folder: owned, locked, changed from one complete state to the next.

What a build renders is staged inside the folder first, under a name that hosts do not serve;
only when everything is there do files move into place: new ones first, then changed ones, the
home page at the end, removals last (`OutputFolder.in_order` says why).  A journal of the paths that
are about to change makes an interrupted publication the next build's to finish.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from danvan_site import durable, locks, vietnamese
from danvan_site.errors import Place, UsageError, named

MARKER = ".danvan-site"
MANIFEST = "manifest-sha256.txt"
HOME = "index.html"
_LOCK = ".danvan-site.lock"
_JOURNAL = ".danvan-journal"
_STAGING = ".danvan-staging"
_OURS = frozenset((MARKER, _LOCK, _JOURNAL, _STAGING))
_INVALID = re.compile(r'[<>:"\\|?*\x00-\x1f\ud800-\udfff]')
# What nearly all paths are like, and what is all right: no name of so many letters is reserved.
_PLAIN = re.compile(
    r"(?:(?:[0-9]{2,4}|[a-z0-9-]{5,99})/)*(?:[0-9]{2,4}|[a-z0-9-]{5,99})\.(?:html|jsonl?|js|xml|csv)"
    r"(?:\.gz|\.br)?"
)
_MARKER_TEXT = (
    "Thư mục này do danvan-site tạo ra và ghi lại ở mỗi lần xuất bản.\n"
    "This folder is written by danvan-site at every build.\n"
)


# Size in bytes and time in ns of the files that stand in the folder, by path.
OnDisk = Mapping[str, tuple[int, int]]


class Written(NamedTuple):
    """A file as it stands in the folder: sha256 (hexadecimal), size in bytes, time in ns."""

    digest: str
    size: int
    mtime_ns: int


def is_bookkeeping(root: Path, path: str) -> bool:
    """Tell whether a path of the published folder *root* is what stands in one between builds, and
    in it as we write it: under our names anything else could be hidden."""
    file = root / path
    if path not in (MARKER, _LOCK) or file.is_symlink() or not file.is_file():
        return False
    try:
        return file.read_bytes() == (_MARKER_TEXT.encode() if path == MARKER else b"")
    except OSError:
        return False


def is_contained(path: str) -> bool:
    """Tell whether a published path stays inside the folder and is valid on every platform."""
    if _PLAIN.fullmatch(path):
        return True
    parts = path.split("/")
    return all(map(_is_valid_name, parts)) and parts[0] not in _OURS


def folders_of(path: str) -> Iterator[str]:
    """Yield the folders above a published path, the nearest first."""
    at = path.rfind("/")
    while at > 0:
        yield path[:at]
        at = path.rfind("/", 0, at)


@lru_cache(maxsize=1 << 16)
def _is_valid_name(name: str) -> bool:
    return (
        bool(name)
        and not _INVALID.search(name)
        and not name.endswith((" ", "."))  # "." and "..", too
        and not vietnamese.is_reserved(name)
        and len(name.encode()) <= 255
    )


class OutputFolder:
    """The folder at *root*, for the time of one build.  Use it inside ``with folder.locked()``."""

    def __init__(self, root: Path, shown: str) -> None:
        self.root = root
        self.shown = shown
        # A name for each build: workers of a killed one may still be writing for a moment.
        self.staging = root / _STAGING / secrets.token_hex(4)

    @contextlib.contextmanager
    def locked(self, waiting: Callable[[], None]) -> Iterator[OutputFolder]:
        """Claim and lock the folder.  A second build calls *waiting* and waits for the first.

        Raises UsageError where the folder holds files and is not ours.
        """
        self._claim()
        with locks.locked(self.root / _LOCK, waiting):
            self._clear_staging()
            try:
                if (self.root / MARKER).read_bytes() != _MARKER_TEXT.encode():
                    self._write_text(MARKER, _MARKER_TEXT)
                yield self
            finally:
                self._clear_staging()

    def _claim(self) -> None:
        if self.root.is_symlink() or (self.root.exists() and not self.root.is_dir()):
            raise UsageError("output-not-folder", Place(self.shown))
        # Looked at before the marker: what another build puts there has the marker before it.
        is_used = self.root.exists() and bool(set(os.listdir(self.root)) - {_LOCK})
        marker = self.root / MARKER
        if not marker.is_file():
            if is_used:
                raise UsageError("output-not-ours", Place(self.shown))
            self.root.mkdir(parents=True, exist_ok=True)
            marker.touch()  # Its text follows when the folder is locked.

    def _clear_staging(self) -> None:
        """Remove what is staged; what workers of a killed build still write, a moment later."""
        top = self.root / _STAGING
        if top.is_symlink():
            top.unlink()
        for pause in (0.01, 0.05, 0.25, 0):
            try:
                if top.exists():
                    shutil.rmtree(top)
                return
            except OSError:
                if not pause:
                    raise
                time.sleep(pause)

    @cached_property
    def _listed(self) -> list[tuple[str, str, str]]:
        """The lines of the manifest that the last publication wrote, cut in three."""
        return [line.partition("  ") for line in _lines(self.root / MANIFEST)]

    def owned(self) -> dict[str, str]:
        """Return the published paths that are ours to replace and remove, with their sha256.

        They are those of the manifest and, after an interruption, those of the journal ('' as
        digest: their state is not known).
        """
        paths: dict[str, str] = {}
        for digest, _, path in self._listed:
            if is_contained(path):
                paths[path] = digest
        for path in _lines(self.root / _JOURNAL):
            if is_contained(path):
                paths[path] = ""
        return paths

    def in_order(self, ranked: Iterable[str], on_disk: OnDisk) -> list[str]:
        """Return paths that are to be published in the order in which they are to move into place.

        Bulletins lead to each other in circles, so no order keeps all links of all pages alive.
        But a reader comes to a new page only through one that was there before: new ones come
        first, then those that an interrupted publication may have left without what they lead to,
        then changed ones, all by rank.  Before its home page stands a first site has no readers.
        """
        whole = {path for _, _, path in self._listed}
        # The sort is stable.
        return sorted(ranked, key=lambda path: (path == HOME, path in on_disk, path in whole))

    @property
    def is_settled(self) -> bool:
        """Whether no publication was interrupted."""
        return not (self.root / _JOURNAL).exists()

    def scan(self) -> dict[str, tuple[int, int]]:
        """Return size and time (ns) of every regular file that stands in the folder."""
        found: dict[str, tuple[int, int]] = {}
        pending = [""]
        while pending:
            prefix = pending.pop()
            with os.scandir(os.path.join(self.root, prefix)) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if not prefix and entry.name in _OURS:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(path + "/")
                    elif entry.is_file(follow_symlinks=False):
                        stat = entry.stat(follow_symlinks=False)
                        found[path] = (stat.st_size, stat.st_mtime_ns)
        return found

    def manifest(self) -> dict[str, tuple[int, int]]:
        """Return size and time (ns) of the manifest, by its path."""
        stat = os.stat(self.root / MANIFEST)
        return {MANIFEST: (stat.st_size, stat.st_mtime_ns)}

    def publish(
        self,
        staged: Sequence[str],
        removed: Collection[str],
        digests: Mapping[str, str],
        stale: Collection[str] = (),
    ) -> None:
        """Move the *staged* paths into place in their order, then remove, then the manifest.

        *digests* is what the folder holds when done: path → sha256.  Those of the *removed* that
        are *stale* go before anything moves: a host would send them in the place of what is new.
        So do those that are a folder now, or stand in one that is a file now.

        Raises UsageError where links or folders of others are in the way.
        """
        if not staged and not removed and self.owned() == digests:
            return
        self._refuse_links([*staged, *removed])
        with named(self.root):
            self._publish(staged, removed, digests, stale)

    def _publish(
        self,
        staged: Sequence[str],
        removed: Collection[str],
        digests: Mapping[str, str],
        stale: Collection[str],
    ) -> None:
        # The contents are on the disk before the journal, the journal before a name changes, the
        # names before the manifest, and that before the journal goes: a power cut at any moment
        # leaves what the next build can tell.
        durable.settle([self.staging / path for path in staged])
        # What an interrupted publication left is ours, too, until the manifest tells of it.
        paths = {*staged, *removed, *_lines(self.root / _JOURNAL)}
        self._write_text(_JOURNAL, "".join(f"{path}\n" for path in sorted(paths)))
        first = {*stale, *_in_the_way(staged, removed)}
        self._remove(first)
        self._remove_empty_folders(first)
        self._move(staged)
        later = set(removed) - first
        self._remove(later)
        self._remove_empty_folders(later)
        durable.settle((), self._folders_around(paths))
        lines = (f"{digests[path]}  {path}\n" for path in sorted(digests))
        self._write_text(MANIFEST, "".join(lines))
        (self.root / _JOURNAL).unlink()
        durable.settle((), [self.root])

    def _folders_around(self, paths: Iterable[str]) -> set[Path]:
        """Return the folders in which names have changed, as far as they are still there."""
        names = {folder for path in paths for folder in (*folders_of(path), "")}
        return {folder for name in names if (folder := self.root / name).is_dir()}

    def _refuse_links(self, paths: Iterable[str]) -> None:
        """A link in the folder would lead writing out of it."""
        parents = {PurePosixPath(path).parent for path in paths}
        for folder in {above for parent in parents for above in (parent, *parent.parents)}:
            if (self.root / folder).is_symlink() and folder != PurePosixPath("."):
                raise UsageError("output-has-link", Place(f"{self.shown}/{folder}"))

    def _remove(self, paths: Iterable[str]) -> None:
        """Remove files: pages before the pictures and attachments that they show, a compressed copy
        before its file, because a host would go on sending it."""
        copies_first = sorted(paths, reverse=True)
        for path in sorted(copies_first, key=lambda path: ".html" not in path):
            (self.root / path).unlink(missing_ok=True)

    def _move(self, staged: Sequence[str]) -> None:
        """Move staged files; a folder that is new as a whole moves in one step."""
        moved: set[PurePosixPath] = set()
        known: dict[PurePosixPath, bool] = {}
        for path in staged:
            folder = self._new_folder(PurePosixPath(path), moved, known)
            if folder is None:
                target = self.root / path
                if target.is_dir():
                    self._remove_empty_folder(path)
                os.replace(self.staging / path, target)
            elif folder not in moved:
                os.rename(self.staging / folder, self.root / folder)
                moved.add(folder)

    def _new_folder(
        self, path: PurePosixPath, moved: set[PurePosixPath], known: dict[PurePosixPath, bool]
    ) -> PurePosixPath | None:
        """Return the topmost folder of *path* that the published folder lacks, or lacked."""
        for folder in reversed(path.parents[:-1]):
            if folder in moved:
                return folder
            if folder not in known:
                known[folder] = (self.root / folder).is_dir()
            if not known[folder]:
                return folder
        return None

    def _remove_empty_folders(self, removed: Iterable[str]) -> None:
        folders = {above for path in removed for above in PurePosixPath(path).parents[:-1]}
        for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
            with contextlib.suppress(OSError):
                (self.root / folder).rmdir()

    def _remove_empty_folder(self, path: str) -> None:
        """Remove a folder in a file's place: it holds no files, or publishing had been refused."""
        try:
            (self.root / path).rmdir()
        except OSError:
            raise UsageError("output-foreign-file", Place(f"{self.shown}/{path}")) from None

    def _write_text(self, name: str, text: str) -> None:
        """Write a file of our own bookkeeping whole or not at all."""
        self.staging.mkdir(parents=True, exist_ok=True)
        temporary = self.staging / f"{name}.new"
        durable.replace(self.root / name, text.encode(), temporary)


def _in_the_way(staged: Iterable[str], removed: Collection[str]) -> set[str]:
    """Return what is to be removed and stands where a folder is to be, or in the place of a file
    that is to move there."""
    if not removed:
        return set()
    moving = set(staged)
    needed = {folder for path in moving for folder in folders_of(path)}
    return {path for path in removed if path in needed or not moving.isdisjoint(folders_of(path))}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
