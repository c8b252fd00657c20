"""What memory this process takes, and looking through it for garbage."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Iterator


def peak_memory() -> int:
    """Return the most memory this process has used so far, in bytes (0 where it is not told)."""
    if sys.platform == "win32":
        return 0
    if sys.platform == "linux":
        # getrusage would count what the process had before it became this program.
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            return next((int(line.split()[1]) * 1024 for line in status if "VmHWM" in line), 0)
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # macOS counts in bytes


class OwnMemory:
    """The most memory, in bytes, that a process which was forked has had for itself: what it
    still shares with the process it comes from is not counted again."""

    def __init__(self) -> None:
        self._peak = 0
        self._next = 0.0

    def look(self) -> int:
        """Look, at most once in half a second, and return the most that was seen."""
        now = time.monotonic()
        if now >= self._next:
            self._peak = max(self._peak, _private())
            self._next = now + 0.5
        return self._peak


def _private() -> int:
    try:
        with open("/proc/self/smaps_rollup", encoding="ascii") as lines:
            return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private"))
    except OSError:
        return peak_memory()


@contextlib.contextmanager
def collection_paused() -> Iterator[None]:
    """Pause the search for cycles of garbage: our values have none, and looking through a whole
    archive for them again and again takes as long as rendering it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
