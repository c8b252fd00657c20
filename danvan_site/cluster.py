"""Workers of a Dask cluster: finding them, seeing that they can do the work, noticing a loss.

Dask runs whatever it is sent, and so does whoever listens at a scheduler's address: it is given by
those who run the build, and never taken from the site.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from danvan_site import compression, remote
from danvan_site.errors import ContentError, Place, Problem, UsageError
from danvan_site.program import parts
from danvan_site.workers import Elsewhere

_SCHEME = "dask"
_PATIENCE = 10  # s, for a scheduler to answer
# So many entries of a folder tell that it is the same one.
_MOST_NAMES = 100


class _Worker(NamedTuple):
    """What a worker says of itself: what it works with (`program.parts`, `compression.encoders`),
    and the first of the folders in which it does not see what it should, or ''."""

    parts: Mapping[str, str]
    unseen: str


def check(address: str) -> str:
    """Return the scheduler's address as Dask writes it.

    Raises UsageError where *address* is none, and where Dask is not installed.
    """
    scheme, separator, _ = address.partition("://")
    if separator and scheme != _SCHEME:
        raise UsageError("executor-unknown", Place(address), scheme=scheme)
    try:
        split = urlsplit(address)
        is_one = bool(split.hostname and split.port) and not split.username
    except ValueError:
        is_one = False
    if not is_one or address != f"{_SCHEME}://{split.netloc}":
        raise UsageError("executor-bad-address", Place(address))
    if not importlib.util.find_spec("distributed"):
        raise UsageError("executor-not-installed", Place(address))
    return f"tcp://{split.netloc}"


def find(
    address: str,
    folder: Path,
    read: Sequence[Path],
    written: Sequence[Path],
    encoders: Mapping[str, str],
) -> Elsewhere:
    """Find the workers of the scheduler at *address* (``dask://HOST:PORT``), as they are now.

    What is shared with them lies in *folder*, which is made anew.  Raises UsageError where the
    scheduler does not answer, has no workers, or has one that works with something else than this
    process, cannot make compressed copies as *encoders* tells (`compression.encoders`), or does not
    see the folders that are *read* and *written*.
    """
    client = _connected(address)
    try:
        found = sorted(client.nthreads())
        if not found:
            raise UsageError("executor-no-workers", Place(address))
        shutil.rmtree(folder, ignore_errors=True)
        with _marked(written) as mark:
            names = {str(each): [mark] for each in written} | _names(read)
            _examine(client, found, names, {**parts(), **encoders})
    except BaseException:
        client.close()
        raise
    cluster = _Cluster(client, address, found)
    executor = _Giver(client, address, found)
    return Elsewhere(executor, len(found), folder, cluster.examine, cluster.leave)


def _connected(address: str) -> Any:
    """Return a client of the scheduler at *address*."""
    scheduler = check(address)
    import distributed

    # What goes wrong is told in our words, once.
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return distributed.Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error)
        raise UsageError("executor-unreachable", Place(address), reason=reason) from None


@contextlib.contextmanager
def _marked(folders: Sequence[Path]) -> Iterator[str]:
    """Put a file into each of some folders, for others to see; give its name."""
    mark = uuid.uuid4().hex
    for each in folders:
        each.mkdir(parents=True, exist_ok=True)
        (each / mark).touch()
    try:
        yield mark
    finally:
        for each in folders:
            (each / mark).unlink()


def _names(folders: Sequence[Path]) -> dict[str, list[str]]:
    """Return the names in each of some folders that are there."""
    there = (each for each in folders if each.is_dir())
    return {str(each): sorted(os.listdir(each))[:_MOST_NAMES] for each in there}


def _examine(
    client: Any,
    found: Sequence[str],
    names: Mapping[str, Sequence[str]],
    here: Mapping[str, str],
) -> None:
    """See that all workers are able to do the work as it is done *here*; they are asked all at
    once."""
    answers = client.run(_introduce, names, workers=list(found), on_error="return")
    for worker in found:
        answer = answers.get(worker)
        if not isinstance(answer, tuple):
            raise UsageError("executor-worker-unable", Place(worker), reason=str(answer))
        there = _Worker(*answer)
        for name, version in here.items():
            if there.parts.get(name) != version:
                details = {"name": name, "here": version, "there": there.parts.get(name) or "–"}
                raise UsageError("executor-worker-differs", Place(worker), **details)
        if there.unseen:
            raise UsageError("executor-folder-unseen", Place(worker), folder=there.unseen)


def _introduce(names: Mapping[str, Sequence[str]]) -> _Worker:
    """In a worker: say what it works with, and whether it sees *names* in their folders."""
    remote.settle()
    there = {**parts(), **compression.encoders()}
    for folder, expected in names.items():
        try:
            missing = set(expected) - set(os.listdir(folder))
        except OSError:
            return _Worker(there, folder)
        if missing:
            return _Worker(there, folder)
    return _Worker(there, "")


class _Giver(Executor):
    """Gives work to the workers *found*, and to no others that come later.

    Dask's own executor (`Client.get_executor`) has futures that are never done where a result is
    there and cannot be fetched: of a connection that breaks nobody would know.
    """

    def __init__(self, client: Any, address: str, found: Sequence[str]) -> None:
        self._client = client
        self._address = address
        self._found = list(found)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Give out a call; its future is done whatever happens to the connection."""
        future: Future[Any] = Future()
        sent = self._client.submit(
            # The same call need not have the same result as before.
            fn, *args, **kwargs, pure=False, workers=self._found, allow_other_workers=False,
        )  # fmt: skip
        sent.add_done_callback(lambda _: self._hand_on(sent, future))
        return future

    def _hand_on(self, sent: Any, future: Future[Any]) -> None:
        from distributed import KilledWorker

        try:
            error = sent.exception() if sent.status == "error" else None
            if error is None:
                future.set_result(sent.result())
                return
            is_lost = isinstance(error, KilledWorker)
        except BaseException:  # a thread of Dask's: what is not handed on is lost
            is_lost = True
        lost = ContentError([Problem("executor-lost", Place(self._address))])
        future.set_exception(lost if is_lost else error)


class _Cluster:
    """The workers *found* by a client of the scheduler at *address*, for the time of a build."""

    def __init__(self, client: Any, address: str, found: Sequence[str]) -> None:
        self._client = client
        self._address = address
        self._found = found

    def examine(self) -> None:
        """Raise ContentError where one of the workers is not there any more.

        Dask would have others do its work again.  But one that is cut off may still be writing, so
        nothing is published of a build that others have a hand in.
        """
        lost = self._lost()
        if lost is None:
            raise ContentError([Problem("executor-lost", Place(self._address))])
        if lost:
            raise ContentError([Problem("executor-worker-lost", Place(each)) for each in lost])

    def _lost(self) -> list[str] | None:
        """Return the workers that are not there any more, None where nobody tells."""
        try:
            there = self._client.nthreads() if self._client.status == "running" else None
        except (OSError, CancelledError, asyncio.CancelledError):
            return None
        return None if there is None else sorted(set(self._found) - there.keys())

    def leave(self, build: str) -> None:
        """End a build in all workers that are still there, and let go of them."""
        lost = self._lost()
        if lost is not None:
            left = [each for each in self._found if each not in lost]
            self._client.run(remote.finish, build, workers=left, on_error="ignore")
        self._client.close()
