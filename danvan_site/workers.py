"""Worker processes: pure functions over chunks of work, results in the order of the work.

They are processes of our own, or somebody else's, which an executor gives work to: those of a
cluster, say.  These have seen other builds before, and may be on other machines.
"""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import os
import pickle
import shutil
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from danvan_site.errors import Place, UsageError
from danvan_site.memory import OwnMemory, collection_paused, peak_memory
from danvan_site.remote import Stored, digest, run_for_build

Argument = TypeVar("Argument")
Item = TypeVar("Item")
Result = TypeVar("Result")
Function = Callable[[Argument, Sequence[Item]], Sequence[Result]]


@dataclass(frozen=True, slots=True)
class Shared(Generic[Argument]):
    """What all workers have from their start: too large to be sent with each chunk of work."""

    number: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Worker processes that are not ours to start and to end, for the time of one build.

    ``executor`` gives work to them, and there are ``size`` of them; ``folder`` is one that they all
    see, and it is removed in the end.  ``examine`` raises ContentError where they are no longer
    those that there were; ``leave`` is told the build's name when it is over, has each of them call
    `remote.finish`, and returns when nothing of the build runs any more.
    """

    executor: Executor
    size: int
    folder: Path
    examine: Callable[[], None]
    leave: Callable[[str], None]
    build: str = field(default_factory=lambda: uuid.uuid4().hex)


# Below this many items starting processes takes longer than the work.
_WORTH_PROCESSES = 400
_IN_FLIGHT = 3
# So long (s) a result is waited for before it is looked whether anybody is still at work.
_PATIENCE = 2.0


class Workers:
    """Up to *jobs* worker processes (0: one for each processor), started when there is enough
    work; otherwise, or with one job, all is done in this process.  Where *find* is given, it finds
    the workers, at the beginning, and *jobs* counts for nothing.

    Where one of them ends before its time UsageError is raised, of *place*."""

    def __init__(
        self, jobs: int, find: Callable[[], Elsewhere] | None = None, place: Place | None = None
    ) -> None:
        self._find = find
        self._jobs = jobs or os.cpu_count() or 1
        self._values: list[Any] = []
        self._pool: _Pool = _Own(self._jobs, self._values, place)

    def __enter__(self) -> Workers:
        if self._find:
            self._pool = _Others(self._find(), self._values)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.close()

    @property
    def memory(self) -> int:
        """The peaks of this process and of what workers of our own had for themselves together, in
        bytes."""
        return peak_memory() + self._pool.memory

    @property
    def at_once(self) -> int:
        """So many chunks of work can be under way beside something else that writes into the state;
        none where others read it (`Reader`)."""
        return 0 if self._find else self._pool.size * _IN_FLIGHT

    def share(self, value: Argument) -> Shared[Argument]:
        """Give a value to all workers, for what they do from now on."""
        self._values.append(value)
        self._pool.renew()
        return Shared(len(self._values) - 1)

    def map(
        self,
        function: Function[Argument, Item, Result],
        argument: Argument | Shared[Argument],
        items: Iterable[Item],
        chunk: int,
        worth: int = _WORTH_PROCESSES,
        *,
        still: bool = False,
    ) -> Iterator[Sequence[Result]]:
        """Return the results of *function(argument, chunk of items)*, in the order of *items*.

        Processes begin with the first of it at once.
        An *argument* that was shared is its value there.
        *items* is drawn from only as fast as work is done, so that it may be made on the way.
        Fewer than *worth* items are not worth starting processes.
        With *still* what the function reads must not change on the way where its reader is on
        another machine: there nothing is yielded before all is done.
        """
        iterator = iter(items)
        chunks: Iterator[list[Item]] = iter(lambda: list(itertools.islice(iterator, chunk)), [])
        first = list(itertools.islice(chunks, -(-worth // chunk)))
        everything = itertools.chain(first, chunks)
        if self._pool.size == 1 or sum(map(len, first)) < worth:
            value = _value(argument, self._values)
            return (function(value, each) for each in everything)
        given_out = (self._pool.submit(function, argument, each) for each in everything)
        first_given_out = list(itertools.islice(given_out, self._pool.size * _IN_FLIGHT))
        results = self._results(deque(first_given_out), given_out)
        return iter(list(results)) if still and self._find else results

    def _results(
        self, waiting: deque[Future[Any]], given_out: Iterator[Future[Any]]
    ) -> Iterator[Sequence[Any]]:
        """Yield what comes of what is *waiting*; for each *given_out* takes one more."""
        while waiting:
            yield self._pool.result(waiting.popleft())
            waiting.extend(itertools.islice(given_out, 1))
        self._pool.examine()


def _value(argument: Argument | Shared[Argument], values: Sequence[Any]) -> Argument:
    if isinstance(argument, Shared):
        found: Argument = values[argument.number]
        return found
    return argument


class _Pool(Protocol):
    """Who does the work.  ``size`` is the number of processes, ``memory`` the sum of the peaks of
    what they had for themselves, in bytes, as far as it is ours to tell."""

    size: int

    @property
    def memory(self) -> int: ...

    def renew(self) -> None:
        """There is one more shared value."""

    def submit(
        self, function: Callable[..., Any], argument: Any, items: Sequence[Any]
    ) -> Future[Any]:
        """Give out a chunk of work."""

    def result(self, future: Future[Any]) -> Sequence[Any]:
        """Wait for what comes of it."""

    def examine(self) -> None:
        """See that all that was done was done as it should be."""

    def close(self) -> None:
        """End; nothing runs when this returns."""


# Processes of our own

# In a worker process: what it was started with.
_received: Sequence[Any] = ()
_memory = OwnMemory()


class _Own:
    """Processes of our own, started for the work that there is."""

    def __init__(self, jobs: int, values: Sequence[Any], place: Place | None) -> None:
        self.size = jobs
        self._place = place
        self._values = values
        self._processes: ProcessPoolExecutor | None = None
        self._peaks: dict[int, int] = {}
        self._most = 0  # of the workers that have ended

    @property
    def memory(self) -> int:
        return max(self._most, sum(self._peaks.values()))

    def renew(self) -> None:
        # Those that are forked from now on have all values for nothing.
        self.close()

    def submit(
        self, function: Callable[..., Any], argument: Any, items: Sequence[Any]
    ) -> Future[Any]:
        if self._processes is None:
            # A fork copies no threads; with threads about only a fresh process is safe.
            fork = sys.platform == "linux" and threading.active_count() == 1
            context = multiprocessing.get_context("fork" if fork else "spawn")
            self._processes = ProcessPoolExecutor(
                self.size, mp_context=context, initializer=_receive, initargs=(self._values,)
            )
        try:
            return self._processes.submit(_run, function, argument, items)
        except BrokenExecutor as error:
            raise UsageError("worker-lost", self._place) from error

    def result(self, future: Future[Any]) -> Sequence[Any]:
        try:
            process, peak, results = future.result()
        except BrokenExecutor as error:
            raise UsageError("worker-lost", self._place) from error
        self._peaks[process] = peak
        found: Sequence[Any] = results
        return found

    def examine(self) -> None:
        """A process that ends before its time breaks the pool, which says so itself."""

    def close(self) -> None:
        if self._processes:
            self._processes.shutdown(wait=True, cancel_futures=True)
            self._processes = None
            self._most = max(self._most, sum(self._peaks.values()))
            self._peaks.clear()


def _receive(values: Sequence[Any]) -> None:
    global _received
    _received = values
    # What came with a fork stays as it is: to look through it for garbage would make a copy of it.
    gc.freeze()
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


def _run(
    function: Function[Argument, Item, Result],
    argument: Argument | Shared[Argument],
    items: Sequence[Item],
) -> tuple[int, int, Sequence[Result]]:
    with collection_paused():
        results = function(_value(argument, _received), items)
    return os.getpid(), _memory.look(), results


# Processes of others


class _Others:
    """Somebody else's processes.  Work and results go as bytes, so that no executor looks into
    them; shared values lie in a file, which each process reads once."""

    def __init__(self, there: Elsewhere, values: Sequence[Any]) -> None:
        self.size = max(there.size, 2)  # a single one there is not this process
        self.memory = 0
        self._there = there
        self._values = values
        self._stored: dict[int, Stored] = {}

    def renew(self) -> None:
        """A value is stored when the first work with it is given out."""

    def submit(
        self, function: Callable[..., Any], argument: Any, items: Sequence[Any]
    ) -> Future[Any]:
        if isinstance(argument, Shared):
            argument = self._store(argument.number)
        work = pickle.dumps((function, argument, items), pickle.HIGHEST_PROTOCOL)
        return self._there.executor.submit(run_for_build, self._there.build, work)

    def _store(self, number: int) -> Stored:
        if number not in self._stored:
            data = pickle.dumps(self._values[number], pickle.HIGHEST_PROTOCOL)
            path = self._there.folder / f"{self._there.build}-{number}"
            path.write_bytes(data)
            self._stored[number] = Stored(str(path), digest(data))
        return self._stored[number]

    def result(self, future: Future[Any]) -> Sequence[Any]:
        # Where nobody is left, the work waits for somebody to come, and we would with it.
        while not wait((future,), _PATIENCE).done:
            self._there.examine()
        try:
            data = future.result()
        except BaseException:
            # Whatever it says: of a worker that is lost the loss is what there is to tell.
            self._there.examine()
            raise
        results: Sequence[Any] = pickle.loads(data)
        return results

    def examine(self) -> None:
        self._there.examine()

    def close(self) -> None:
        try:
            self._there.leave(self._there.build)
        finally:
            shutil.rmtree(self._there.folder, ignore_errors=True)
