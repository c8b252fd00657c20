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


# Looking takes the longer the more memory there is: it is let be so many times as long, and so long
# (s) at least.
_REST, _LEAST_REST = 100, 0.5


class OwnMemory:
    """The most memory, in bytes, that a process which was forked has had for itself: what it
    still shares with the process it comes from is not counted again."""

    def __init__(self) -> None:
        self._peak = 0
        self._next = 0.0

    def look(self) -> int:
        """Look, if the last time is long enough ago, and return the most that was seen."""
        now = time.monotonic()
        if now >= self._next:
            self._peak = max(self._peak, _private())
            took = time.monotonic() - now
            self._next = now + max(_LEAST_REST, _REST * took)
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
