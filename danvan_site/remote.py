"""What runs in processes that are not ours: work of many builds, one after the other.

Every build needs some of it, if only to say that this process is none of them: nothing is loaded
here that takes time to load.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from danvan_site.memory import collection_paused


def digest(data: bytes) -> str:
    """Return the digest by which a shared value is known to be whole (blake2b, 16 bytes)."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Stored:
    """A shared value as those have it that were not started with it: a file, and its digest."""

    path: str
    digest: str


# In a process that works for many builds: for which one now, and which ones are over.
_alone = threading.Lock()
_build = ""
_over: deque[str] = deque(maxlen=64)
_of_build: list[Callable[[], None]] = []
_after_work: list[Callable[[], None]] = []


class _Keeping(Protocol):
    """What `lru_cache` makes of a function."""

    def cache_clear(self) -> None: ...


Cached = TypeVar("Cached", bound=_Keeping)
Closing = TypeVar("Closing", bound=Callable[[], None])


def of_build(cached: Cached) -> Cached:
    """Have what a function keeps forgotten where a process goes over to another build: its state,
    its templates and its folders may have been made anew under their old names."""
    _of_build.append(cached.cache_clear)
    return cached


def after_work(close: Closing) -> Closing:
    """Have somebody else's process call *close* after each chunk of work: what it has open there
    does not change on the way, but between one kind of work and the next it does."""
    _after_work.append(close)
    return close


def is_elsewhere() -> bool:
    """Tell whether this process works for a build that another one conducts, maybe from another
    machine."""
    return bool(_build)


def run_for_build(build: str, work: bytes) -> bytes:
    """Do a chunk of work of a build in somebody else's process; return the results as bytes.

    One at a time, as in a process of our own: threads would only wait for each other.
    """
    with _alone:
        if build in _over:
            raise RuntimeError(f"work of a build that is over: {build}")
        _go_over_to(build)
        try:
            function, argument, items = pickle.loads(work)
            if isinstance(argument, Stored):
                argument = _loaded(argument)
            with collection_paused():
                return pickle.dumps(function(argument, items), pickle.HIGHEST_PROTOCOL)
        finally:
            for close in _after_work:
                close()


def settle() -> None:
    """Wait for what this process is at: it may be the last of a build that was killed, and write
    where the next one writes."""
    with _alone:
        pass


def finish(build: str) -> None:
    """End a build in this process: wait for what it is at, do nothing more of it, forget it."""
    _over.append(build)
    with _alone:
        if _build == build:
            _go_over_to("")


def _go_over_to(build: str) -> None:
    global _build
    if build != _build:
        for forget in _of_build:
            forget()
        _build = build


@of_build
@lru_cache(maxsize=2)
def _loaded(stored: Stored) -> Any:
    data = Path(stored.path).read_bytes()
    if digest(data) != stored.digest:
        raise RuntimeError(f"not what the build has stored: {stored.path}")
    return pickle.loads(data)
