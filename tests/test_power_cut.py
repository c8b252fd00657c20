"""A power cut at any moment of a publication leaves a site that is whole, and the next build right.

No test can pull the plug, but what a disk would hold then can be told.  A build records each name
that it changes and all that it brings to the disk; of that the test makes every state in which a
power cut may leave the folder, under two models of a file system:

* names in order (ext4, XFS, NTFS, APFS): of the changes of names those up to any moment are there,
  but never fewer than when their folder was last brought to the disk;
* names in no order: of the changes that were not yet brought to the disk, any are there.

In both a file has its contents only if these were brought to the disk before; otherwise it is
there and empty.  What is promised of each such state is what is promised of a killed build (see
``test_kills``); where names have no order, it is that each file is whole, the old one or the new.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.newsroom import Newsroom
from tests.test_imports import rows, write_lines
from tests.test_kills import Interrupted, clean_build, published
from tests.workbench import Workbench, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tells by /proc what is synced")

LEDGER = "addresses.tsv"
# Python runs this at the start of a build.
RECORDER = """\
import hashlib, json, os

folders = os.environ["FOLDERS"].split(os.pathsep)
blobs = os.environ["BLOBS"]
log = os.open(os.environ["LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def note(*event):
    os.write(log, (json.dumps(event) + "\\n").encode())

def blob(path):
    with open(path, "rb") as file:
        data = file.read()
    name = hashlib.sha256(data).hexdigest()
    with open(os.path.join(blobs, name), "wb") as file:
        file.write(data)
    return name

def is_ours(path):
    return any(str(path).startswith(folder) for folder in folders)

def files_of(path):
    if not os.path.isdir(path):
        return [["", os.stat(path).st_ino, blob(path)]]
    found = []
    for folder, _, names in os.walk(path):
        for name in names:
            file = os.path.join(folder, name)
            found.append([os.path.relpath(file, path), os.stat(file).st_ino, blob(file)])
    return found

def moving(real):
    def move(source, target, **more):
        files = files_of(source) if is_ours(target) else []
        real(source, target, **more)
        if files:
            note("move", str(source), str(target), files)
    return move

def removing(real, kind):
    def remove(path, **more):
        real(path, **more)
        if "dir_fd" not in more and is_ours(path):
            note(kind, str(path))
    return remove

def syncing(real):
    def sync(number):
        real(number)
        path = os.readlink(f"/proc/self/fd/{number}")
        if is_ours(path):
            if os.path.isdir(path):
                note("names", path)
            else:
                note("contents", os.stat(path).st_ino, blob(path))
    return sync

def syncing_all(real):
    def sync():
        real()
        note("all", [file for folder in folders for file in files_of(folder)])
    return sync

os.rename, os.replace = moving(os.rename), moving(os.replace)
os.unlink = removing(os.unlink, "remove")
os.rmdir = removing(os.rmdir, "rmdir")
os.fsync, os.sync = syncing(os.fsync), syncing_all(os.sync)
"""
HOLLOW = b""


class Change(NamedTuple):
    """A change of one name: the file *ino* gets the *path*, or what has it goes (0)."""

    path: str
    ino: int


class Recording:
    """What a build did to some folders, and what a power cut could leave of it."""

    def __init__(self, site: Workbench, folder: Path, *watched: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "blobs").mkdir(parents=True)
        (folder / "sitecustomize.py").write_text(RECORDER, "utf-8")
        self._blobs = folder / "blobs"
        self.before: dict[str, int] = {}
        self._was_settled: dict[int, bytes] = {}
        for path in (path for each in watched for path in each.rglob("*") if path.is_file()):
            self.before[str(path)] = path.stat().st_ino
            self._was_settled[path.stat().st_ino] = path.read_bytes()
        program = os.pathsep.join([str(folder), environment()["PYTHONPATH"]])
        log = folder / "log"
        site.build(
            PYTHONPATH=program,
            FOLDERS=os.pathsep.join(map(str, watched)),
            BLOBS=str(self._blobs),
            LOG=str(log),
        )
        lines = log.read_text("utf-8").splitlines()
        self.events: list[Any] = [json.loads(line) for line in lines]
        self.kinds = {event[0] for event in self.events}

    def _blob(self, name: str) -> bytes:
        return (self._blobs / name).read_bytes()

    def steps(self) -> Iterator[tuple[list[Change], dict[int, bytes]]]:
        """Yield for each event what it changes of names, and what contents are on the disk then.
        A change without names is a barrier: see `barrier`."""
        settled = dict(self._was_settled)
        names = dict(self.before)
        for kind, *values in self.events:
            changes: list[Change] = []
            if kind == "move":
                source, target, files = values
                names = {path: ino for path, ino in names.items() if path != source}
                for name, ino, _ in files:
                    changes.append(Change(os.path.join(target, name) if name else target, ino))
            elif kind == "remove":
                changes.append(Change(values[0], 0))
            elif kind == "contents":
                settled[values[0]] = self._blob(values[1])
            elif kind == "all":
                settled |= {ino: self._blob(name) for _, ino, name in values[0]}
            for path, ino in changes:
                # Whoever has this number next is another file.
                settled.pop(names.pop(path, 0), None)
                if ino:
                    names[path] = ino
            yield changes, settled

    def in_order(self) -> Iterator[dict[str, bytes]]:
        """Yield what a power cut leaves after each change, names being kept in their order."""
        names = dict(self.before)
        for changes, settled in self.steps():
            apply(names, changes)
            if changes:
                yield {path: settled.get(ino, HOLLOW) for path, ino in names.items()}

    def in_no_order(self, rng: random.Random) -> dict[str, bytes]:
        """Return what a power cut at a random moment leaves if any name may come before another."""
        moment = rng.randrange(len(self.events))
        certain, pending = dict(self.before), list[Change]()
        settled: dict[int, bytes] = {}
        for event, (changes, now) in zip(self.events[: moment + 1], self.steps(), strict=False):
            settled = now
            pending += changes
            done = [change for change in pending if barrier(event, change.path)]
            apply(certain, done)
            pending = [change for change in pending if change not in done]
        settled = dict(settled)
        apply(certain, [change for change in pending if rng.random() < 0.5])
        kept = self._was_settled | settled
        return {path: kept.get(ino, HOLLOW) for path, ino in certain.items()}

    @property
    def unsettled(self) -> list[str]:
        """Names of which nothing says that they were brought to the disk by the end."""
        pending: list[Change] = []
        for event, (changes, _) in zip(self.events, self.steps(), strict=True):
            pending = [each for each in pending + changes if not barrier(event, each.path)]
        return sorted(change.path for change in pending)


def apply(names: dict[str, int], changes: list[Change]) -> None:
    for path, ino in changes:
        names.pop(path, None)
        if ino:
            names[path] = ino


def barrier(event: Any, path: str) -> bool:
    """Whether *event* brings the name *path* to the disk."""
    folder = os.path.dirname(path)
    return bool(event[0] == "all" or event[:2] in (["names", folder], ["rmdir", folder]))


def beneath(folder: Path, tree: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return by their paths in *folder* what lies there."""
    top = f"{folder}/"
    return {path.removeprefix(top): data for path, data in tree.items() if path.startswith(top)}


class Plug:
    """A site that is built once, changed, and built again while the plug is pulled."""

    def __init__(self, folder: Path, seed: int, bulletins: int) -> None:
        self.folder = folder
        self.site = Workbench(folder / "site")
        self.news = Newsroom(self.site, seed, bulletins)
        self.site.build()
        self.old = self.site.tree()
        self._keep("old")
        for _ in range(3):
            self.news.change()
        self.clean = clean_build(self.site, folder)
        self.recording = Recording(self.site, folder / "record", self.site.output)
        self.states = list(self.recording.in_order())
        self._keep("new")

    def _keep(self, name: str) -> None:
        """Keep sources and cache as they are now."""
        for part in ("content", ".cache"):
            shutil.copytree(self.site.folder / part, self.folder / name / part)
        shutil.copy(self.site.folder / "site.yaml", self.folder / name)

    def faults(self, left: Mapping[str, bytes]) -> list[str]:
        """What of the folder that is *left* no reader may meet."""
        sites = [published(self.old), published(self.clean)]
        now = published(beneath(self.site.output, left))
        return Interrupted(sites[0], now, sites).faults

    def build_after(
        self, left: Mapping[str, bytes], rng: random.Random, sources: str = "new"
    ) -> dict[str, bytes]:
        """Build where a power cut has *left* this; return the site."""
        site = self.site
        shutil.rmtree(site.folder)
        shutil.copytree(self.folder / sources, site.folder)
        shutil.rmtree(site.folder / ".cache")
        shutil.copytree(self.folder / "new" / ".cache", site.folder / ".cache")
        half = site.output / ".danvan-staging" / "0123" / "index.html"
        for file, data in [(Path(path), data) for path, data in left.items()] + [(half, HOLLOW)]:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        lose_pages_of_the_state(site, rng)
        site.build()
        return published(site.tree())


def lose_pages_of_the_state(site: Workbench, rng: random.Random) -> None:
    """Do to the state what a power cut does: some of its pages are those of another moment.  The
    system was started again since."""
    (state,) = site.folder.glob(".cache/state-*.sqlite")
    with sqlite3.connect(state) as database:
        texts = database.execute("SELECT path, html FROM text").fetchall()
        for path, html in rng.sample(texts, len(texts) // 2):
            database.execute("UPDATE text SET html = ? WHERE path = ?", (html[:9] + "lỗi", path))
        database.execute("UPDATE output SET template = 'old'")
    database.close()
    Path(f"{state}-unsettled").write_text("a boot before this one", "ascii")


@pytest.mark.parametrize("bulletins", [12, 60], ids=["each file", "all at once"])
def test_a_power_cut_leaves_a_whole_site_and_the_next_build_is_right(
    bulletins: int, tmp_path: Path
) -> None:
    plug = Plug(tmp_path, 5, bulletins)
    assert ("all" in plug.recording.kinds) == (bulletins == 60)
    assert {"move", "remove"} <= plug.recording.kinds
    assert plug.recording.unsettled == []
    assert published(beneath(plug.site.output, plug.states[-1])) == published(plug.clean)
    for number, left in enumerate(plug.states):
        assert not plug.faults(left), (number, plug.faults(left)[:9])
    rng = random.Random(7)
    for left in [*rng.sample(plug.states, 5), plug.states[-1]]:
        assert plug.build_after(left, rng) == published(plug.clean)
    # Somebody takes back what the build was to publish.
    for left in rng.sample(plug.states, 3):
        assert plug.build_after(left, rng, "old") == published(plug.old)


def test_names_that_come_to_the_disk_in_no_order_leave_whole_files(tmp_path: Path) -> None:
    plug = Plug(tmp_path, 6, 20)
    sites = published(plug.old), published(plug.clean)
    rng = random.Random(8)
    lefts = [plug.recording.in_no_order(rng) for _ in range(300)]
    for left in lefts:
        for path, data in published(beneath(plug.site.output, left)).items():
            assert data in [site.get(path) for site in sites], path
    for left in rng.sample(lefts, 4):
        assert plug.build_after(left, rng) == published(plug.clean)


def test_the_ledger_is_on_the_disk_before_what_it_tells_of(tmp_path: Path) -> None:
    site = Workbench(tmp_path / "site")
    site.write("site.yaml", "title: Bản tin\nbase_url: https://example.org/\n")
    for number in range(4):
        site.bulletin(f"2020/07/bai-{number}.md")
    site.build()
    content = site.folder / "content"
    new = [site.bulletin(f"2021/05/moi-{number}.md", date="2021-05-04") for number in range(3)]
    assert len(new) == 3
    recording = Recording(site, tmp_path / "record", site.output, content)
    assert recording.unsettled == []
    met = set()
    for left in [*recording.in_order(), *map(recording.in_no_order, map(random.Random, range(99)))]:
        lines = beneath(content, left)[LEDGER].decode().splitlines()
        told = {line.partition("\t")[0] for line in lines if not line.startswith("#")}
        there = {path for path in beneath(site.output, left) if path.startswith("2021/05/moi")}
        assert {f"2020/07/bai-{number}.html" for number in range(4)} <= told
        assert there <= told
        met |= there
    assert len([path for path in met if path.endswith(".html")]) == 3


def test_a_state_that_was_being_written_when_the_machine_went_down_is_forgotten(
    tmp_path: Path,
) -> None:
    site = Workbench(tmp_path)
    for number in range(5):
        site.bulletin(f"2020/07/bai-{number}.md")
    site.build()
    before = site.tree()
    assert not list(site.folder.glob(".cache/*-unsettled"))
    site.bulletin("2020/07/bai-0.md", title="Khác")
    site.build()
    site.bulletin("2020/07/bai-0.md")
    lose_pages_of_the_state(site, random.Random(1))
    site.build()
    assert site.tree() == before


@pytest.mark.parametrize("hollow", [b"", b"\0" * 700], ids=["empty", "NULs"])
def test_what_a_power_cut_has_emptied_is_imported_again(hollow: bytes, tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    write_lines(site.folder / "a.jsonl", list(rows(6)))
    own = site.bulletin("2020/01/bai-0005.md", title="Của tôi")
    before = own.read_bytes()
    assert site.run("import", "table", "a.jsonl", "--originals").code == 0
    content = site.folder / "content"
    whole = site.tree(content)
    kept = sorted(path for path in whole if path.startswith("originals/") and "tsv" not in path)
    folder = "2020/01/bai-000"
    for lost in (
        [f"{folder}1.md"],
        [f"{folder}1.md", f"{folder}5-2.md", *kept[:2]],
        [f"{folder}0.md", "imported.tsv"],
    ):
        for path in lost:
            (content / path).write_bytes(hollow)
        again = site.run("import", "table", "a.jsonl", "--originals")
        assert again.code == 0, again.stderr
        now = site.tree(content)
        assert [path for path in whole if "tsv" not in path and now.get(path) != whole[path]] == []
        assert now.keys() == whole.keys()
    assert own.read_bytes() == before
