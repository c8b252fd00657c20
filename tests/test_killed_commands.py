"""Commands that write among a user's files are killed: nothing is lost, and nothing is half there.

See `killing`; builds are in test_kills and test_publishing, imports, counts and bags with theirs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from danvan_site import permanence
from tests.killing import Victim, kills
from tests.workbench import SETTINGS, Workbench

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
LEDGER = "content/addresses.tsv"


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    """A site whose addresses are kept."""
    site = Workbench(tmp_path)
    site.write("site.yaml", SETTINGS.replace("keep_addresses: false\n", ""))
    for number in range(12):
        site.bulletin(f"2020/07/bai-{number:02d}.md", title=f"Bài {number}", tags=["họp dân"])
    return site


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the killing."""
    return tmp_path_factory.mktemp("kills")


def test_a_killed_build_never_leaves_a_ledger_that_names_less_than_is_published(
    site: Workbench, folder: Path
) -> None:
    site.build()
    for number in range(6):
        site.bulletin(f"2021/02/moi-{number}.md", date="2021-02-03", tags=["cầu mới"])
    victim = Victim(site, folder, "build", "--jobs", "2")
    victim.learn()
    assert victim.whole[LEDGER] != victim.before[LEDGER]
    named = victim.before[LEDGER].decode().splitlines()

    def look() -> None:
        data = (site.folder / LEDGER).read_bytes()
        entries, problems = permanence.read(data, LEDGER)
        assert not problems
        assert set(named) <= set(data.decode().splitlines())
        bulletins = {
            path for path in site.tree() if path.endswith(".html") and path.startswith("20")
        }
        assert bulletins <= entries.keys()

    victim.go_on(kills(6), look)
    assert any(each.startswith("durable.py:replace") for each in victim.steps)
    assert any("state.py" in each for each in victim.steps)


def test_killed_corrections_leave_every_bulletin_as_it_was_or_corrected(
    site: Workbench, folder: Path
) -> None:
    for number in range(12):
        site.bulletin(f"2020/08/sai-{number}.md", "Các xã , phường  họp.\n", date="2020-08-01")
    victim = Victim(site, folder, "check", "--fix", "--write", "--jobs", "2")
    victim.learn()
    assert sum(victim.whole[path] != victim.before[path] for path in victim.before) == 12
    victim.go_on(kills(4))


def test_a_killed_manifest_of_the_sources_is_the_old_one_or_the_new_one(
    site: Workbench, folder: Path
) -> None:
    assert site.run("verify", "--sources", "--write").code == 0
    site.bulletin("2021/02/moi.md", date="2021-02-03")
    victim = Victim(site, folder, "verify", "--sources", "--write")
    victim.learn()
    assert victim.whole != victim.before
    victim.go_on(kills(3))


def test_what_killed_builds_have_left_is_no_more_to_verify(site: Workbench, folder: Path) -> None:
    """After a kill the folder may be between two sites, which is told; after the next build all is
    well."""
    site.build()
    site.bulletin("2021/02/moi.md", date="2021-02-03", tags=["họp dân"])
    victim = Victim(site, folder, "build", "--jobs", "2")
    victim.learn()

    def look() -> None:
        outcome = site.run("verify")
        assert outcome.code in (0, 1) and "Traceback" not in outcome.stderr, outcome.stderr

    victim.go_on(kills(3), look)
    assert site.run("verify").code == 0


def test_a_killed_draft_is_whole_or_not_there(site: Workbench, folder: Path) -> None:
    victim = Victim(site, folder, "new", "Họp dân", "--date", "2021-03-04")
    victim.learn()
    assert len(victim.whole.keys() - victim.before.keys()) == 1

    def look() -> None:
        # The next one of that title has a name of its own: each is begun anew.
        victim.restore()

    victim.go_on(kills(3), look)


def test_a_killed_beginning_of_a_site_touches_nothing_that_was_there(
    site: Workbench, folder: Path
) -> None:
    """A site that is begun halfway is refused and named, as any other that is there; its files are
    whole."""
    site.write("moi/ghi-chu.txt", "của tôi")
    victim = Victim(site, folder, "init", "moi", SOURCE_DATE_EPOCH="1796004000")
    victim.learn()
    victim.go_on(kills(3), victim.restore)
