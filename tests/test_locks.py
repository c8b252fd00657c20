"""Locks between programs."""

import itertools
import multiprocessing
from pathlib import Path

from danvan_site import locks


def _hold(path: Path, begun: object, end: object) -> None:
    with locks.locked(path, lambda: None):
        begun.set()  # type: ignore[attr-defined]
        end.wait(10)  # type: ignore[attr-defined]


def test_a_lock_is_waited_for_and_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.lock"
    context = multiprocessing.get_context("spawn")
    begun, end = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(path, begun, end))
    holder.start()
    assert begun.wait(10)
    said = itertools.count()

    def waiting() -> None:
        next(said)
        end.set()

    with locks.locked(path, waiting):
        # The other had to let go first.
        holder.join(10)
        assert (next(said), holder.exitcode) == (1, 0)
    for _ in range(2):  # free again, and nobody is told to wait
        with locks.locked(path, waiting):
            pass
    assert next(said) == 2
    assert path.exists()
