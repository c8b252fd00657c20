"""The published folder: owned, locked, changed from one complete state to the next.

What a build renders is staged inside the folder first, under a name that hosts do not serve;
only when everything is there do files move into place: new ones first, then changed ones, pages
that others lead to before those that lead to them, removals last.  A journal of the paths that
are about to change makes an interrupted publication the next build's to finish.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from danvan_site import locks, vietnamese
from danvan_site.errors import Place, UsageError

MARKER = ".danvan-site"
MANIFEST = "manifest-sha256.txt"
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


@dataclass(frozen=True, slots=True)
class Written:
    """A file as it stands in the folder: sha256 (hexadecimal), size in bytes, time in ns."""

    digest: str
    size: int
    mtime_ns: int


def is_contained(path: str) -> bool:
    """Tell whether a published path stays inside the folder and is valid on every platform."""
    if _PLAIN.fullmatch(path):
        return True
    parts = path.split("/")
    return all(map(_is_valid_name, parts)) and parts[0] not in _OURS


@lru_cache(maxsize=1 << 16)
def _is_valid_name(name: str) -> bool:
    return (
        bool(name)
        and name not in (".", "..")
        and not _INVALID.search(name)
        and not name.endswith((" ", "."))
        and not vietnamese.is_reserved(name)
        and len(name.encode("utf-8", "surrogatepass")) <= 255
    )


class OutputFolder:
    """The folder at *root*, for the time of one build.  Use it inside ``with folder.locked()``."""

    def __init__(self, root: Path, shown: str) -> None:
        self.root = root
        self.shown = shown
        self.staging = root / _STAGING

    @contextlib.contextmanager
    def locked(self, waiting: Callable[[], None]) -> Iterator[OutputFolder]:
        """Claim and lock the folder.  A second build calls *waiting* and waits for the first.

        Raises UsageError where the folder holds files and is not ours.
        """
        self._claim()
        with locks.locked(self.root / _LOCK, waiting):
            self._clear_staging()
            try:
                yield self
            finally:
                self._clear_staging()

    def _claim(self) -> None:
        if self.root.is_symlink() or (self.root.exists() and not self.root.is_dir()):
            raise UsageError("output-not-folder", Place(self.shown))
        marker = self.root / MARKER
        if not marker.is_file():
            if self.root.exists() and any(entry.name != _LOCK for entry in os.scandir(self.root)):
                raise UsageError("output-not-ours", Place(self.shown))
            self.root.mkdir(parents=True, exist_ok=True)
            marker.write_text(_MARKER_TEXT, "utf-8", newline="\n")

    def _clear_staging(self) -> None:
        if self.staging.is_symlink():
            self.staging.unlink()
        elif self.staging.exists():
            shutil.rmtree(self.staging)

    def owned(self) -> dict[str, str]:
        """Return the published paths that are ours to replace and remove, with their sha256.

        They are those of the manifest and, after an interruption, those of the journal ('' as
        digest: their state is not known).
        """
        paths: dict[str, str] = {}
        for line in _lines(self.root / MANIFEST):
            digest, _, path = line.partition("  ")
            if is_contained(path):
                paths[path] = digest
        for path in _lines(self.root / _JOURNAL):
            if is_contained(path):
                paths[path] = ""
        return paths

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
        """
        if not staged and not removed and self.owned() == digests:
            return
        self._refuse_links([*staged, *removed])
        self._write_text(_JOURNAL, "".join(f"{path}\n" for path in sorted({*staged, *removed})))
        self._remove(stale)
        self._move(staged)
        self._remove(removed)
        self._remove_empty_folders(removed)
        lines = (f"{digests[path]}  {path}\n" for path in sorted(digests))
        self._write_text(MANIFEST, "".join(lines))
        (self.root / _JOURNAL).unlink()

    def _refuse_links(self, paths: Iterable[str]) -> None:
        """A link in the folder would lead writing out of it."""
        parents = {PurePosixPath(path).parent for path in paths}
        for folder in {above for parent in parents for above in (parent, *parent.parents)}:
            if (self.root / folder).is_symlink() and folder != PurePosixPath("."):
                raise UsageError("output-has-link", Place(f"{self.shown}/{folder}"))

    def _remove(self, paths: Iterable[str]) -> None:
        """Remove files, a compressed copy before its file: a host would go on sending it."""
        for path in sorted(paths, reverse=True):
            (self.root / path).unlink(missing_ok=True)

    def _move(self, staged: Sequence[str]) -> None:
        """Move staged files; a folder that is new as a whole moves in one step."""
        moved: set[PurePosixPath] = set()
        known: dict[PurePosixPath, bool] = {}
        for path in staged:
            folder = self._new_folder(PurePosixPath(path), moved, known)
            if folder is None:
                os.replace(self.staging / path, self.root / path)
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

    def _write_text(self, name: str, text: str) -> None:
        """Write a file of our own bookkeeping whole or not at all."""
        self.staging.mkdir(exist_ok=True)
        temporary = self.staging / f"{name}.new"
        temporary.write_text(text, "utf-8", newline="\n")
        os.replace(temporary, self.root / name)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
