"""Commands that are killed again and again: before some step, or at some moment of their run.

A step is what the main process is about to ask of the system or of the database (`HOOK`); where in
the program each one is asked for is known from a run that is let be.  Places are drawn first, then
one of the times that a place is come to, so that what happens once, as the writing of a ledger, is
met as often as what happens for each file.  Half of the kills are at moments instead, anywhere in
a run.  Half of all take the worker processes along, the others leave them to find out.

``DANVAN_KILLS`` says how many kills each test makes; without it each has a number of its own.
``DANVAN_KILLS_SEED`` begins other draws.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from tests.workbench import Workbench, environment

Tree = Mapping[str, bytes]
SEED = int(os.environ.get("DANVAN_KILLS_SEED", "1"))

# Python runs this at the start of a command.  A file FOLDER/kill tells before which step it is to
# end, and whether its workers are to; all steps are listed where there is none.
HOOK = """\
import datetime, os, signal, sys
FOLDER = os.environ["KILLING"]
NAMES = frozenset((
    "write", "flush", "close", "fsync", "sync", "truncate", "replace", "rename", "link",
    "unlink", "remove", "mkdir", "rmdir", "chmod", "utime", "execute", "executemany",
    "executescript", "sendfile",
))
OTHERS = (str, bytes, datetime.date, datetime.time)  # Their methods ask nobody for anything.
PASSED = ("importlib", "multiprocessing", "concurrent", "logging", "rich", "threading")
try:
    with open(FOLDER + "/kill") as order:
        place, left, whole_group = order.read().split("\\t")
    left = int(left)
    listed = None
except FileNotFoundError:
    listed = os.open(FOLDER + "/steps", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
def watch(frame, event, called):
    global left
    if event != "c_call" or called.__name__ not in NAMES:
        return
    if isinstance(called.__self__, OTHERS):
        return
    inner = frame
    while frame and "danvan_site" not in frame.f_code.co_filename:
        if any(each in frame.f_code.co_filename for each in PASSED):
            return
        frame = frame.f_back
    if not frame:
        return
    module = frame.f_code.co_filename.rpartition("danvan_site")[2].strip("\\\\/")
    here = f"{module}:{frame.f_code.co_name}:{called.__name__}:{inner.f_code.co_name}"
    if listed is not None:
        os.write(listed, (here + "\\n").encode())
    elif here == place:
        left -= 1
        if left < 0:
            if whole_group == "1":
                os.killpg(0, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
os.register_at_fork(after_in_child=lambda: sys.setprofile(None))
sys.setprofile(watch)
"""


def kills(default: int) -> int:
    """Return how many kills a test is to make."""
    return int(os.environ.get("DANVAN_KILLS", default))


class Run:
    """The program as a process, with its worker processes in a group of their own."""

    def __init__(self, site: Workbench, log: Path, *arguments: str, **more: str) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                site.command(*arguments),
                cwd=site.folder,
                env=environment(**more),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def kill(self, with_workers: bool) -> bool:
        """Kill it; tell whether it was still there to be killed."""
        if with_workers and sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        return self.was_killed()

    def was_killed(self) -> bool:
        """Wait for its end, and tell whether it was killed; otherwise it has to end well."""
        code = self.process.wait(60)
        was_killed = code in (
            (1, signal.SIGTERM) if sys.platform == "win32" else (-signal.SIGKILL,)
        )
        assert was_killed or code == 0, self.log.read_text("utf-8")
        return was_killed

    def wait_for_workers(self) -> None:
        """Workers whose main process is gone go, too."""
        deadline = time.monotonic() + 20
        while sys.platform != "win32" and self._has_workers():
            assert time.monotonic() < deadline, "worker processes outlive their main process"
            time.sleep(0.005)

    def _has_workers(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Victim:
    """A command that is killed in the folder of *site*; *folder* is for what the killing needs.

    *growing* are files that lines are added to; *unread* begin the paths of what no user
    has: caches.  *gist* makes of a path and a file's contents what is the same in each run.
    """

    def __init__(
        self,
        site: Workbench,
        folder: Path,
        *arguments: str,
        growing: Collection[str] = (),
        unread: tuple[str, ...] = (),
        gist: Callable[[str, bytes], bytes] = lambda path, data: data,
        **more: str,
    ) -> None:
        self.site = site
        self.arguments = arguments
        self.growing = growing
        self.gist = gist
        self.unread = (".cache/", *unread)
        self.rng = random.Random(f"{SEED} {arguments}")
        self.where: Counter[str] = Counter()
        self.log = folder / "output"
        self._folder = folder / "killing"
        self._folder.mkdir(parents=True)
        (self._folder / "sitecustomize.py").write_text(HOOK, "utf-8")
        self._kept = folder / "kept"
        self._more = more
        paths = os.pathsep.join([str(self._folder), environment()["PYTHONPATH"]])
        self._hooked = {**more, "PYTHONPATH": paths, "KILLING": str(self._folder)}

    @property
    def now(self) -> dict[str, bytes]:
        """What the user has: all files of the site's folder, what is hidden as well."""
        return {
            path: self.gist(path, data)
            for path, data in self.site.tree(self.site.folder).items()
            if not path.startswith(self.unread) and not path.endswith(".lock")
        }

    def learn(self) -> None:
        """Keep what there is now, and find out by runs that are let be what comes of it, in which
        steps, in how many seconds."""
        self.before = self.now
        shutil.copytree(self.site.folder, self._kept, symlinks=True)
        self._finish(self._hooked)
        steps = (self._folder / "steps").read_text("utf-8").split("\n")[:-1]
        self.steps = Counter(steps)
        self.restore()
        start = time.monotonic()
        self._finish(self._more)
        self._seconds = time.monotonic() - start
        self.whole = self.now
        self.restore()

    def restore(self) -> None:
        """Make all as it was before the command."""
        shutil.rmtree(self.site.folder)
        shutil.copytree(self._kept, self.site.folder, symlinks=True)

    def _finish(self, more: Mapping[str, str]) -> None:
        run = Run(self.site, self.log, *self.arguments, **more)
        assert run.process.wait(120) == 0, self.log.read_text("utf-8")
        run.wait_for_workers()

    def kill(self) -> bool:
        """Run the command and kill it; tell whether it had not ended before."""
        with_workers = self.rng.random() < 0.5
        if self.rng.random() < 0.5:
            moment = self.rng.random()
            run = Run(self.site, self.log, *self.arguments, **self._more)
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.process.wait(moment * self._seconds)
            was_killed = run.kill(with_workers)
            where = f"moment in quarter {int(moment * 4) + 1}"
        else:
            where = self.rng.choice(sorted(self.steps))
            step = self.rng.randrange(self.steps[where])
            order = self._folder / "kill"
            order.write_text(f"{where}\t{step}\t{int(with_workers)}", "utf-8")
            run = Run(self.site, self.log, *self.arguments, **self._hooked)
            was_killed = run.was_killed()
            order.unlink()
        run.wait_for_workers()
        how = "all" if with_workers else "main"
        self.where[f"{how}: {where}" if was_killed else "ended before"] += 1
        return was_killed

    @property
    def faults(self) -> list[str]:
        """What is lost or half there."""
        now, found = self.now, []
        for path in self.before.keys() & self.whole.keys() - now.keys():
            found.append(f"{path} is lost")
        for path, data in now.items():
            if any(part.startswith(".") for part in path.split("/")):
                continue  # Hidden files are no part of the content, the site or an archive.
            if path in self.growing:
                if not self.whole[path].startswith(data) or len(data) < len(
                    self.before.get(path, b"")
                ):
                    found.append(f"{path} is not on its way to what it is to be")
            elif data not in (self.before.get(path), self.whole.get(path)):
                found.append(f"{path} is neither as it was nor as it is to be")
        return found

    def is_finished(self) -> None:
        """Let a run end: all is as if none had been killed, and nothing is left over."""
        self._finish(self._more)
        now = self.now
        different = [path for path in now | self.whole if now.get(path) != self.whole.get(path)]
        assert not different, (sorted(different)[:20], self.where)

    def go_on(self, count: int, look: Callable[[], None] = lambda: None) -> None:
        """Kill *count* runs, up to four in a row before one is let be, and *look* after each."""
        killed = 0
        while count > 0:
            self.restore()
            for _ in range(min(count, self.rng.randrange(1, 5))):
                killed += self.kill()
                count -= 1
                assert not self.faults, (self.faults[:20], self.where)
                look()
            self.is_finished()
        print(f"{' '.join(self.arguments)}: {killed} of {sum(self.where.values())} hit")
        for where, number in sorted(self.where.items()):
            print(f"  {number:4} {where}")
        assert killed


def killed_import(bench: Workbench, folders: pytest.TempPathFactory, *arguments: str) -> Victim:
    """Return an import of a source to be killed, once it is known what comes of it."""
    growing = ("content/imported.tsv", "content/originals/bulletins.tsv")
    victim = Victim(bench, folders.mktemp("kills"), "import", *arguments, growing=growing)
    victim.learn()
    return victim
