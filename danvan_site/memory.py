"""What memory this process takes, and looking through it for garbage."""

from __future__ import annotations

import contextlib
import gc
import sys
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
