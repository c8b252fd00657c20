"""One program at a time: locks between processes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock

from danvan_site.errors import named


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file *path*; a folder for it is made.  Where another program holds it, call
    *waiting*, then wait.

    The file stays behind: removing it would let a third program in beside the second.
    """
    with contextlib.suppress(OSError):
        path.rmdir()  # An empty folder may stand in its place.
    lock = filelock.FileLock(path)
    with named(path):
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            waiting()
            lock.acquire()
    try:
        yield
    finally:
        with named(path):
            lock.release()
