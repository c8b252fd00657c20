"""Worker processes: pure functions over chunks of work, results in the order of the work."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

from danvan_site.memory import OwnMemory, collection_paused, peak_memory

Argument = TypeVar("Argument")
Item = TypeVar("Item")
Result = TypeVar("Result")
Function = Callable[[Argument, Sequence[Item]], Sequence[Result]]

# In a worker process: what it was started with.
_received: Sequence[Any] = ()
_memory = OwnMemory()


@dataclass(frozen=True, slots=True)
class Shared(Generic[Argument]):
    """What all workers have from their start: too large to be sent with each chunk of work."""

    number: int


# Below this many items starting processes takes longer than the work.
_WORTH_PROCESSES = 400
_IN_FLIGHT = 3


class Workers:
    """Up to *jobs* worker processes (0: one for each processor), started when there is enough
    work; otherwise, or with one job, all is done in this process."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None
        self._peaks: dict[int, int] = {}
        self._most = 0  # of the workers that have ended
        self._values: list[Any] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
            self._most = max(self._most, sum(self._peaks.values()))
            self._peaks.clear()

    @property
    def memory(self) -> int:
        """The peaks of this process and of what workers had for themselves together, in bytes."""
        return peak_memory() + max(self._most, sum(self._peaks.values()))

    def share(self, value: Argument) -> Shared[Argument]:
        """Give a value to all workers that are started from now on: those that are forked have it
        for nothing."""
        self._stop()
        self._values.append(value)
        return Shared(len(self._values) - 1)

    def map(
        self,
        function: Function[Argument, Item, Result],
        argument: Argument | Shared[Argument],
        items: Iterable[Item],
        chunk: int,
        worth: int = _WORTH_PROCESSES,
    ) -> Iterator[Sequence[Result]]:
        """Yield the results of *function(argument, chunk of items)*, in the order of *items*.

        An *argument* that was shared is its value there.
        *items* is drawn from only as fast as work is done, so that it may be made on the way.
        Fewer than *worth* items are not worth starting processes.
        """
        iterator = iter(items)
        chunks: Iterator[list[Item]] = iter(lambda: list(itertools.islice(iterator, chunk)), [])
        first = list(itertools.islice(chunks, -(-worth // chunk)))
        everything = itertools.chain(first, chunks)
        if self._jobs == 1 or sum(map(len, first)) < worth:
            value = _value(argument, self._values)
            for each in everything:
                yield function(value, each)
            return
        pool = self._started()
        waiting: deque[Future[tuple[int, int, Sequence[Result]]]] = deque()
        for each in everything:
            waiting.append(pool.submit(_run, function, argument, each))
            if len(waiting) >= self._jobs * _IN_FLIGHT:
                yield self._result(waiting.popleft())
        while waiting:
            yield self._result(waiting.popleft())

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # A fork copies no threads; with threads about only a fresh process is safe.
            fork = sys.platform == "linux" and threading.active_count() == 1
            context = multiprocessing.get_context("fork" if fork else "spawn")
            self._pool = ProcessPoolExecutor(
                self._jobs, mp_context=context, initializer=_receive, initargs=(self._values,)
            )
        return self._pool

    def _result(self, future: Future[tuple[int, int, Sequence[Result]]]) -> Sequence[Result]:
        process, peak, results = future.result()
        self._peaks[process] = peak
        return results


def _receive(values: Sequence[Any]) -> None:
    global _received
    _received = values
    threading.Thread(target=_end_with_the_build, daemon=True).start()


def _end_with_the_build() -> None:
    """A build that is killed takes its workers along.

    They would wait for work for ever, and one that has some would write into the staging folder
    of the next build: a worker does not hold the lock.
    """
    build = multiprocessing.parent_process()
    if build:
        build.join()
        os._exit(1)


def _value(argument: Argument | Shared[Argument], values: Sequence[Any]) -> Argument:
    if isinstance(argument, Shared):
        found: Argument = values[argument.number]
        return found
    return argument


def _run(
    function: Function[Argument, Item, Result],
    argument: Argument | Shared[Argument],
    items: Sequence[Item],
) -> tuple[int, int, Sequence[Result]]:
    with collection_paused():
        results = function(_value(argument, _received), items)
    return os.getpid(), _memory.look(), results
