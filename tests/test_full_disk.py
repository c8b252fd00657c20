"""A disk that is full is told in one line, and costs nothing but the build."""

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from tests.workbench import Outcome, Workbench, environment

# Mounts a small disk in a name space of its own, where that is allowed: others never see it.
ALONE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
KILOBYTES = [100, 200, 400, 700, 1000, 1500]


@lru_cache
def can_mount() -> bool:
    if sys.platform != "linux":
        return False
    try:
        command = [*ALONE, "mount -t tmpfs -o size=100k tmpfs /mnt"]
        return not subprocess.run(command, capture_output=True).returncode
    except OSError:
        return False


pytestmark = pytest.mark.skipif("not can_mount()", reason="no disk can be mounted here")


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path)
    for number in range(120):
        site.bulletin(f"2020/07/bai-{number:03d}.md", f"Nội dung {number}, " * 60, title="Cũ")
    site.build()
    for number in range(120):
        site.bulletin(f"2020/07/bai-{number:03d}.md", f"Khác hẳn {number}, " * 60, title="Mới")
    return site


def build_on(site: Workbench, folder: str, kilobytes: int, *arguments: str) -> Outcome:
    """Build with *folder* on a disk of so many *kilobytes*."""
    mount = f'mount -t tmpfs -o size={kilobytes}k tmpfs "{folder}" && exec "$@"'
    done = subprocess.run(
        [*ALONE, mount, "sh", *site.command("build", "--json", *arguments)],
        cwd=site.folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_full_disk_under_the_cache(site: Workbench, jobs: str) -> None:
    before, codes = site.tree(), set()
    (site.folder / "small").mkdir()
    for size in KILOBYTES:
        outcome = build_on(site, "small", size, "--cache", "small", "--jobs", jobs)
        codes.add(outcome.code)
        assert outcome.code in (0, 2), outcome.stderr
        if outcome.code:
            assert outcome.problems == ["small disk-full"]
            # What a build publishes is all or nothing, also where its state is what has no room.
            assert site.tree() in (before, clean(site))
    assert 2 in codes


def test_a_full_disk_under_the_published_folder(site: Workbench) -> None:
    (site.folder / "small").mkdir()
    outcome = build_on(site, "small", 500, "--output", "small")
    assert (outcome.code, outcome.problems) == (2, ["small disk-full"])
    assert "Traceback" not in outcome.stderr
    site.build()
    assert site.tree() == clean(site)


@lru_cache
def clean(site: Workbench) -> dict[str, bytes]:
    site.build("--output", "clean", "--cache", "clean-cache")
    return site.tree(site.folder / "clean")
