"""Locks between programs."""

import itertools
import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from danvan_site import locks


def _hold(path: Path, begun: Event, end: Event, done: Event) -> None:
    with locks.locked(path, lambda: None):
        begun.set()
        end.wait(10)
        done.set()


def test_a_lock_is_waited_for_and_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.lock"
    context = multiprocessing.get_context("spawn")
    begun, end, done = context.Event(), context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(path, begun, end, done))
    holder.start()
    assert begun.wait(10)
    said = itertools.count()

    def waiting() -> None:
        next(said)
        end.set()

    with locks.locked(path, waiting):
        assert done.is_set()
        holder.join(10)
        assert (next(said), holder.exitcode) == (1, 0)
    for _ in range(2):  # free again, and nobody is told to wait
        with locks.locked(path, waiting):
            pass
    assert next(said) == 2
    assert path.exists()


def test_an_empty_folder_in_the_place_of_a_lock_goes_and_a_full_one_is_told(tmp_path: Path) -> None:
    empty, full = tmp_path / "empty.lock", tmp_path / "full.lock"
    empty.mkdir()
    with locks.locked(empty, pytest.fail):
        assert empty.is_file()
    (full / "mine").mkdir(parents=True)
    with pytest.raises(OSError) as raised, locks.locked(full, pytest.fail):
        pass
    assert raised.value.filename == str(full)
    assert (full / "mine").is_dir()
