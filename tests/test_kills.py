"""Builds that are killed at any moment leave a site whose links live, and the next build finishes.

A publication cannot be one step for a host that serves plain files, and bulletins lead to each
other in circles, so that no order of files keeps every page's links alive at every moment.  A
reader, though, comes to a new page only through a page that was there before.  Hence the order:
new files, then changed ones, the home page last of them, then removals, pages before the files
they show.  What is promised for the folder as a kill leaves it, and checked after each:

* every file holds the bytes of the site before or of the site to be, whole;
* whatever can be reached from the home page leads to files that are there; so do all pages and
  feeds that both sites have, reachable or not;
* a page that is being removed still has its pictures, styles and attachments;
* nothing is removed before all that is new or changed stands;
* the files of the search index are of one site with the search page that asks for them, but for
  the moment in which they are replaced themselves: after all else but the home page.  A kill in
  this very moment leaves a search of two versions until the next build: the client cannot tell.

A first build has no reader: before its last step there is no home page.  Where several builds in
a row are killed, "the site before" is any that one of them was to publish.  The next build ends
well, with the bytes of a clean one and nothing left over.  All this holds whether the workers are
killed with their build or only the build, which they follow.

``DANVAN_KILLS`` says how many builds are killed, ``DANVAN_KILLS_SEED`` begins other changes
(`killing`, which kills the other commands, too).
"""

from __future__ import annotations

import html
import os
import posixpath
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.killing import SEED, Run, kills
from tests.newsroom import Newsroom
from tests.workbench import Workbench, environment

BASE_URL = "https://example.org/ban-tin/"
JOURNAL, MANIFEST, LOCK = ".danvan-journal", "manifest-sha256.txt", ".danvan-site.lock"
HOME, SEARCH = "index.html", ("tim-kiem.html", "tim-kiem/")
BULLETINS = 200
Tree = Mapping[str, bytes]
# Python runs this at the start of a build that is to end before a certain step of publishing.
ENDING = """\
import os, signal, sys
left = int(os.environ["STEPS"])
def watch(event, arguments):
    global left
    if event == "os.rename" or event == "os.remove":
        path = str(arguments[event == "os.rename"])
        if path.startswith(os.environ["FOLDER"]) and "danvan-staging" not in path:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
sys.addaudithook(watch)
"""

_ADDRESS = re.compile(r'\s(?:href|src|action|poster)="([^"]*)"|;\s*url=([^"]*)"')
_OWN_ADDRESS = re.compile(rf'{re.escape(BASE_URL)}([^\s"<>{{}}?#]*)')


# What a folder holds


def published(tree: Tree) -> dict[str, bytes]:
    """Return what of a folder is the site: without the program's own bookkeeping."""
    return {
        path: data
        for path, data in tree.items()
        if not path.startswith(".danvan") and path != MANIFEST
    }


@lru_cache(maxsize=1 << 16)
def targets(path: str, data: bytes) -> frozenset[str]:
    """Return the files inside the site that a file leads to."""
    if not path.endswith((".html", ".xml", ".json", ".txt")) or path.startswith("tep/"):
        return frozenset()
    text = data.decode()
    found = {unquote(each) or HOME for each in _OWN_ADDRESS.findall(text)}
    if path.endswith(".html"):
        for pair in _ADDRESS.findall(text):
            address = html.unescape(pair[0] or pair[1]).partition("#")[0].partition("?")[0]
            if address.startswith("/ban-tin/"):
                found.add(unquote(address.removeprefix("/ban-tin/")) or HOME)
            elif address and not re.match(r"[a-z]+:|//", address):
                where = posixpath.join(posixpath.dirname(path), unquote(address))
                found.add(posixpath.normpath(where))
    return frozenset(found)


def reachable(site: Tree) -> set[str]:
    """Return what a reader who starts at the home page can come to."""
    found = {HOME} & site.keys()
    ahead = list(found)
    while ahead:
        path = ahead.pop()
        new = (targets(path, site[path]) & site.keys()) - found
        found |= new
        ahead += new
    return found


def is_search(path: str) -> bool:
    return path.startswith(SEARCH)


def search_fits(site: Tree, whole: Tree) -> bool:
    """Tell whether the search page and all that it asks for are those of a *whole* site."""
    return all(site.get(path) == data for path, data in whole.items() if is_search(path))


# What is wrong with it


class Interrupted:
    """A folder as a killed build left it: what stood *before* that build, what stands *now*.

    *sites* are the complete site that was published last and those that builds since were to
    publish, the last of them the killed one.
    """

    def __init__(self, before: Tree, now: Tree, sites: Sequence[Tree]) -> None:
        self.before = before
        self.now = now
        self.sites = sites

    @property
    def faults(self) -> list[str]:
        """What no reader may ever meet."""
        return [*self._halves(), *self._dead_links(), *self._early_removals(), *self._search()]

    @property
    def phase(self) -> str:
        """How far publishing had come."""
        new = self.sites[-1]
        if (self.before.keys() - new.keys()) - self.now.keys():
            return "removing"
        changed = [path for path in self.before if self.before[path] != self.now.get(path)]
        if changed:
            return "replacing"
        return "adding" if self.now.keys() - self.before.keys() else "beginning to publish"

    def _halves(self) -> Iterator[str]:
        for path, data in self.now.items():
            if all(site.get(path) != data for site in self.sites):
                yield f"{path}: neither the old nor the new file"
            if path.endswith(".html") and not data.rstrip().endswith(b"</html>"):
                yield f"{path}: does not end"

    def _dead_links(self) -> Iterator[str]:
        now = self.now
        kept = set(self.sites[0]).intersection(*self.sites[1:])
        yield from (f"{path}: is gone" for path in kept - now.keys())
        for path in reachable(now) | (kept & now.keys()):
            for target in targets(path, now[path]) - now.keys():
                yield f"{path} leads to {target}, which is not there"
        for path in (self.sites[0].keys() & now.keys()) - kept:
            for target in targets(path, now[path]) - now.keys():
                if not target.endswith((".html", ".xml")):
                    yield f"{path}, not yet removed, has lost {target}"

    def _early_removals(self) -> Iterator[str]:
        new = self.sites[-1]
        gone = (self.before.keys() - new.keys()) - self.now.keys()
        if gone:
            for path, data in new.items():
                if self.now.get(path) != data:
                    yield f"{path} is not as it is to be, but {min(gone)} has been removed"

    def _search(self) -> Iterator[str]:
        if SEARCH[0] not in self.now or any(search_fits(self.now, site) for site in self.sites):
            return
        if self.before and not any(search_fits(self.before, site) for site in self.sites):
            return  # Torn by an earlier kill.
        for path, data in self.sites[-1].items():
            if path != HOME and not is_search(path) and self.now.get(path) != data:
                yield f"the search is torn while {path} is not as it is to be"


# Builds


def build(site: Workbench, log: Path, **more: str) -> Run:
    """Start a build.  With *more* in its environment: see ENDING."""
    return Run(site, log, "build", "--jobs", "2", **more)


def end_at_a_step(site: Workbench, folder: Path, steps: int) -> bool:
    """Run a build that is killed after some *steps* of publishing; tell whether it came there."""
    ending = folder / "ending"
    ending.mkdir(exist_ok=True)
    (ending / "sitecustomize.py").write_text(ENDING, "utf-8")
    program = os.pathsep.join([str(ending), environment()["PYTHONPATH"]])
    output = str(site.output)
    run = build(site, folder / "output-0", PYTHONPATH=program, STEPS=str(steps), FOLDER=output)
    was_killed = run.was_killed()
    run.wait_for_workers()
    return was_killed


def clean_build(site: Workbench, folder: Path) -> dict[str, bytes]:
    """Build a site anew in a folder of its own; return what is in it then."""
    places = [folder / "clean", folder / "clean-cache"]
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    site.build("--output", str(places[0]), "--cache", str(places[1]))
    return site.tree(places[0])


class Killer:
    """Builds a site that a newsroom changes, and kills the builds; counts what came of it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.site = Workbench(folder / "site")
        self.folder = folder
        self.rng = random.Random(seed)
        self.news = Newsroom(self.site, seed, BULLETINS)
        self.killed: Counter[str] = Counter()
        # What has been published, and what builds since were to publish.
        self.sites: list[Tree] = [{}]
        # Seconds: from a build's start to its publishing, as the last build had it; and how long
        # that may take.
        self.before_publishing, self.publishing = 1.0, 0.25
        self.is_publishing = False

    @property
    def journal(self) -> Path:
        return self.site.output / JOURNAL

    @property
    def now(self) -> dict[str, bytes]:
        return published(self.site.tree())

    def plan(self) -> None:
        """Find out by a clean build what the next build is to publish."""
        self.clean = clean_build(self.site, self.folder)
        self.sites.append(published(self.clean))

    def _journal_stamp(self) -> tuple[int, int]:
        try:
            stat = self.journal.stat()
        except FileNotFoundError:
            return 0, 0
        return stat.st_ino, stat.st_mtime_ns

    def await_moment(self, builds: Sequence[Run]) -> None:
        """Wait for a random moment of the builds, in most cases while one of them publishes."""
        rng = self.rng
        self.is_publishing = False
        start, stamp = time.monotonic(), self._journal_stamp()
        if rng.random() < 0.4:
            time.sleep(rng.uniform(0, self.before_publishing))
            self.is_publishing = self._journal_stamp() not in ((0, 0), stamp)
            return
        while any(each.is_running for each in builds):
            found = self._journal_stamp()
            if found not in ((0, 0), stamp):
                self.before_publishing = time.monotonic() - start
                time.sleep(self.publishing * rng.random() ** 2)
                self.is_publishing = True
                return
            time.sleep(0.0005)

    def start(self, count: int = 1) -> list[Run]:
        return [build(self.site, self.folder / f"output-{at}") for at in range(count)]

    def end_at_a_step(self, before: Tree) -> int:
        """Start a build that is killed before some file of its publication moves or goes; return
        whether it came there."""
        differ = [
            path for path in before | self.sites[-1] if before.get(path) != self.sites[-1].get(path)
        ]
        # In a first publication folders are moved, not files.
        last = len(differ) if before else 30
        removals = len(before.keys() - self.sites[-1].keys())
        first = last - removals if removals and self.rng.random() < 0.3 else 0
        steps = self.rng.randrange(first, last)
        self.is_publishing = True
        return end_at_a_step(self.site, self.folder, steps)

    def kill(self, builds: Sequence[Run]) -> int:
        """Kill some builds at once; return how many were still running."""
        with_workers = self.rng.random() < 0.5
        killed = sum([each.kill(with_workers) for each in builds])
        for each in builds:
            each.wait_for_workers()
        return killed

    def check(self, before: Tree, killed: int) -> None:
        """Look at what a kill has left."""
        left = Interrupted(before, self.now, self.sites)
        phase = left.phase if self.is_publishing else "before publishing"
        self.killed[phase] += killed
        assert not left.faults, (phase, len(self.sites), left.faults[:20])

    def finish(self) -> None:
        """Build; the folder is then that of a clean build."""
        self.site.build("--jobs", "2")
        self.settled()

    def settled(self) -> None:
        found = self.site.tree()
        expected = dict(self.clean)
        for tree in (found, expected):
            tree.pop(LOCK, None)
        different = [path for path in found | expected if found.get(path) != expected.get(path)]
        assert not different, sorted(different)[:20]
        assert not (self.site.output / ".danvan-staging").exists()
        self.sites = [published(self.clean)]

    def begin_anew(self) -> None:
        """Forget all that was built, so that the next build is a first one."""
        for name in ("public", ".cache"):
            shutil.rmtree(self.site.folder / name, ignore_errors=True)
        self.sites = [{}]


# Rounds


def kill_one_by_one(killer: Killer, most: int) -> int:
    """Kill some builds in a row, then let one end; return how many were killed."""
    killed = 0
    for _ in range(min(most, killer.rng.randrange(4, 8))):
        if killed and killer.rng.random() < 0.4:
            killer.news.change()
            killer.plan()
        before = killer.now
        if killer.rng.random() < 0.4 and before != killer.sites[-1]:
            number = killer.end_at_a_step(before)
        else:
            builds = killer.start()
            killer.await_moment(builds)
            number = killer.kill(builds)
        killer.check(before, number)
        killed += number
    killer.finish()
    return killed


def first_builds(killer: Killer, most: int) -> int:
    killer.publishing = 0.04  # New folders move as a whole.
    killer.begin_anew()
    killer.plan()
    return kill_one_by_one(killer, most)


def incremental_builds(killer: Killer, most: int) -> int:
    if killer.sites == [{}]:
        killer.plan()
        killer.finish()
    killer.news.change()
    killer.plan()
    return kill_one_by_one(killer, most)


def concurrent_builds(killer: Killer, most: int) -> int:
    """Kill two of three builds that are under way at once; the third one finishes."""
    if killer.rng.random() < 0.3:
        killer.begin_anew()
    else:
        killer.news.change()
    killer.plan()
    builds = killer.start(3)
    killer.await_moment(builds)
    victims = killer.rng.sample(builds, min(most, 2))
    killed = killer.kill(victims)
    killer.killed["one of several"] += killed
    for each in builds:
        if each not in victims:
            assert each.process.wait(120) == 0, each.log.read_text()
    killer.settled()
    return killed


ROUNDS = (first_builds, incremental_builds, concurrent_builds)


@pytest.mark.parametrize("builds", ROUNDS)
def test_killed_builds_leave_a_site_whose_links_live_and_the_next_one_finishes_it(
    builds: Callable[[Killer, int], int], tmp_path: Path
) -> None:
    print(f"{builds.__name__}, seed {SEED}")
    killer = Killer(tmp_path, SEED)
    left = -(-kills(24) // len(ROUNDS))
    while left > 0:
        left -= builds(killer, left)
    print(dict(killer.killed))


def test_a_page_that_an_interrupted_build_left_is_renewed_before_others_lead_to_it(
    tmp_path: Path,
) -> None:
    """The killed build had moved a new page, but not the one it leads to, which then got another
    name."""
    site = Workbench(tmp_path / "site")
    texts = {f"giua-{number:02d}": "Thân bài." for number in range(12)}

    def write(more: dict[str, str]) -> dict[str, bytes]:
        for name, text in (texts | more).items():
            site.bulletin(f"{name}.md", f"{text}\n")
        return published(clean_build(site, tmp_path))

    sites = [write({"bai-dau": "Trước."})]
    site.build()
    sites.append(write({"sau-a": "[Tiếp](sau-b.md)", "sau-b": "[Trước](sau-a.md)"}))
    while not (site.output / "2020/07/sau-a.html").exists():
        assert end_at_a_step(site, tmp_path, 2)  # The journal, and one file.
    assert not (site.output / "2020/07/sau-b.html").exists()
    (site.folder / "content/sau-b.md").unlink()
    texts = dict.fromkeys(texts, "Sửa.")
    more = {"sau-a": "[Tiếp](sau-c.md)", "sau-c": "[Trước](sau-a.md)"}
    sites.append(write(more | {"bai-dau": "[Sau](sau-a.md)"}))
    before, left = published(site.tree()), tmp_path / "left"
    shutil.copytree(site.folder, left)
    for steps in range(0, len(sites[-1]), 6):
        if not end_at_a_step(site, tmp_path, steps):
            break
        faults = Interrupted(before, published(site.tree()), sites).faults
        assert not faults, (steps, faults)
        shutil.rmtree(site.folder)
        shutil.copytree(left, site.folder)
