"""`build --precompress`: beside every text file its compressed copies, as true as all else that is
published."""

import dataclasses
import gzip
import importlib
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from danvan_site.compressing import Compressing
from danvan_site.render import Site
from danvan_site.state import KnownOutput
from danvan_site.workers import Workers
from tests.workbench import Workbench, environment

TEXTS = ("css", "csv", "html", "js", "json", "jsonl", "svg", "txt", "xml")
SVG = f'<svg xmlns="http://www.w3.org/2000/svg">{"<g/>" * 100}</svg>\n'
NOISE = random.Random(3).randbytes(3000)
PAGE = "2020/07/bai-05.html"
MONTH = "2020/07/ban-tin.html"
# Files of the theme keep their names, whatever is in them.
LONG, SHORT = "giao-dien/dai.txt", "giao-dien/ngan.txt"
try:
    BROTLI: ModuleType | None = importlib.import_module("brotli")
except ImportError:
    BROTLI = None
SUFFIXES = [".gz", ".br"] if BROTLI else [".gz"]
needs_brotli = pytest.mark.skipif(BROTLI is None, reason="brotli is not installed")

# Without the optional library, whether it is installed or not.
WITHOUT_BROTLI = """
import sys

sys.modules["brotli"] = None
from danvan_site.cli import main

if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path)
    for number in range(12):
        site.bulletin(f"2020/07/bai-{number:02d}.md", title=f"Bài {number}", category="Tin tức")
    site.write("templates/giao-dien/so-do.svg", SVG)
    site.write(f"templates/{LONG}", "Danh sách thôn. " * 60)
    site.write(f"templates/{SHORT}", "Danh sách thôn. " * 10)
    return site


def files_of(site: Workbench, folder: Path | None = None) -> dict[str, bytes]:
    """Return what is published besides the program's own notes."""
    tree = site.tree(folder)
    return {path: data for path, data in tree.items() if not path.startswith((".", "manifest-"))}


def copies_in(files: dict[str, bytes]) -> set[str]:
    return {path for path in files if path.endswith((".gz", ".br"))}


def unpacked(suffix: str, data: bytes) -> bytes:
    if suffix == ".gz":
        return gzip.decompress(data)
    assert BROTLI
    plain: bytes = BROTLI.decompress(data)
    return plain


def pair(path: str) -> set[str]:
    """Return a file with its copies."""
    return {path, *(path + suffix for suffix in SUFFIXES)}


def assert_as_a_clean_build(site: Workbench, folder: Path) -> None:
    places = "--output", str(folder / "clean"), "--cache", str(folder / "clean-cache")
    site.build("--precompress", "--clean", *places)
    assert site.tree() == site.tree(folder / "clean")


# What is written


def test_every_text_of_some_size_has_copies_that_are_it(site: Workbench) -> None:
    report = site.build("--precompress").report
    files = files_of(site)
    seen = set()
    for path, data in files.items():
        name, _, suffix = path.rpartition(".")
        if f".{suffix}" in (".gz", ".br"):
            assert unpacked(f".{suffix}", data) == files[name], path
            assert len(data) < len(files[name]), path
            assert (site.output / path).stat().st_mtime_ns == (
                site.output / name
            ).stat().st_mtime_ns
        elif suffix in TEXTS and len(data) > 1000:
            seen.add(suffix)
            assert {path + each for each in SUFFIXES} <= files.keys(), path
    assert seen == set(TEXTS)
    assert any(path.startswith("tim-kiem/") and path.endswith(".js.gz") for path in files)
    assert report["compressed"] == {
        suffix: sum(path.endswith(suffix) for path in files) for suffix in sorted(SUFFIXES)
    }
    assert report["artifacts"] == report["written"] == len(files)


def test_small_files_and_others_have_none(site: Workbench) -> None:
    site.build("--precompress")
    files = files_of(site)
    assert f"{LONG}.gz" in files and "giao-dien/so-do.svg.gz" in files
    assert SHORT in files and f"{SHORT}.gz" not in files
    for path in copies_in(files):
        name, _, _ = path.rpartition(".")
        assert name.endswith(TEXTS) and len(files[name]) >= 256


def test_what_does_not_get_smaller_has_none(site: Workbench, tmp_path: Path) -> None:
    (site.folder / "templates" / LONG).write_bytes(NOISE)
    site.build("--precompress")
    assert [each.name for each in site.output.rglob("dai.txt*")] == ["dai.txt"]
    # Nothing of ours stands there: what somebody else puts there is not overwritten.
    site.write(f"public/{LONG}.gz", "của người khác")
    site.write(f"templates/{LONG}", "Danh sách thôn. " * 60)
    outcome = site.run("build", "--precompress", "--json")
    assert outcome.problems == [f"public/{LONG}.gz output-foreign-file"]
    (site.output / f"{LONG}.gz").unlink()
    assert pair(LONG) <= site.build("--precompress").rendered
    assert_as_a_clean_build(site, tmp_path)


def test_what_did_not_get_smaller_is_not_tried_again_until_it_changes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(NOISE)
    names = (field.name for field in dataclasses.fields(Site))
    place = dataclasses.replace(Site(**dict.fromkeys(names, "")), output=str(tmp_path))
    file = KnownOutput("", "", "a digest", len(NOISE), 0)

    def copies(file: KnownOutput, encoder: str, known: dict[str, KnownOutput]) -> Compressing:
        return Compressing(place, {".gz": encoder}, {"a.txt": file}, (), known, {})

    first = copies(file, "zlib 1", {})
    assert len(first) == 1
    first.run(Workers(1), lambda count: None)
    assert first.staged == first.counts == first.reasons == {}
    assert len(copies(file, "zlib 1", first.outputs)) == 0
    assert len(copies(file._replace(digest="another"), "zlib 1", first.outputs)) == 1
    assert len(copies(file, "zlib 2", first.outputs)) == 1


def test_a_gzip_file_tells_no_time_and_no_name(site: Workbench) -> None:
    site.build("--precompress")
    assert (site.output / "index.html.gz").read_bytes()[:10].hex() == "1f8b08000000000002ff"


def test_without_the_option_there_are_none(site: Workbench) -> None:
    report = site.build().report
    assert not copies_in(files_of(site))
    assert report["compressed"] == {} and "compress" not in report["seconds"]


def test_the_manifest_tells_the_copies_too(site: Workbench) -> None:
    site.build("--precompress")
    lines = site.page("manifest-sha256.txt").splitlines()
    assert {line.split("  ", 1)[1] for line in lines} == files_of(site).keys()


def test_the_summary_counts_the_copies(site: Workbench) -> None:
    said = site.run("build", "--precompress", "--language", "vi").stdout
    count = sum(path.endswith(".gz") for path in files_of(site))
    assert f"{count} .gz" in said
    again = site.run("build", "--precompress", "--language", "vi").stdout
    assert again.startswith("Không có gì thay đổi") and len(again.splitlines()) == 1


@needs_brotli
def test_a_library_that_comes_or_goes_takes_its_copies_along(site: Workbench) -> None:
    script = str(site.write("without.py", WITHOUT_BROTLI))
    command = [sys.executable, script, "build", "--precompress"]

    def build_without() -> dict[str, bytes]:
        subprocess.run(command, cwd=site.folder, env=environment(), check=True, capture_output=True)
        return files_of(site)

    without = build_without()
    assert copies_in(without) and not any(path.endswith(".br") for path in without)
    report = site.build("--precompress").report
    assert list(report["compressed"]) == [".br", ".gz"]
    assert report["written"] == report["compressed"][".br"] > 10
    assert build_without() == without


# From one build to the next


def test_a_second_build_compresses_nothing(site: Workbench) -> None:
    first = site.build("--precompress").report
    before = {path: (site.output / path).stat().st_mtime_ns for path in site.tree()}
    second = site.build("--precompress").report
    assert (second["rendered"], second["written"], second["removed"]) == (0, 0, 0)
    assert second["unchanged"] == second["artifacts"] == first["artifacts"]
    assert second["compressed"] == first["compressed"]
    assert {path: (site.output / path).stat().st_mtime_ns for path in site.tree()} == before


def test_an_edit_touches_the_files_that_changed_and_their_copies(
    site: Workbench, tmp_path: Path
) -> None:
    site.build("--precompress")
    site.bulletin("2020/07/bai-05.md", "Khác.\n", title="Bài 5", category="Tin tức")
    outcome = site.build("--precompress")
    assert outcome.rendered_pages == pair(PAGE) | pair(MONTH) | pair("du-lieu/2020.jsonl")
    assert outcome.report["written"] == outcome.report["rendered"] == len(outcome.rendered)
    assert_as_a_clean_build(site, tmp_path)


def test_a_withdrawn_file_takes_its_copies_with_it(site: Workbench, tmp_path: Path) -> None:
    site.build("--precompress")
    (site.folder / "content/2020/07/bai-05.md").unlink()
    site.build("--precompress")
    assert not list(site.output.rglob("bai-05*"))
    assert_as_a_clean_build(site, tmp_path)


def test_a_file_that_gets_small_loses_its_copies(site: Workbench, tmp_path: Path) -> None:
    site.build("--precompress")
    site.write(f"templates/{LONG}", "Ngắn.\n")
    site.build("--precompress")
    assert [each.name for each in site.output.rglob("dai.txt*")] == ["dai.txt"]
    assert_as_a_clean_build(site, tmp_path)


def test_switching_on_and_off_touches_the_copies_alone(site: Workbench) -> None:
    site.build()
    plain = site.tree()
    times = {path: (site.output / path).stat().st_mtime_ns for path in files_of(site)}
    on = site.build("--precompress")
    assert on.rendered == copies_in(files_of(site)) != set()
    off = site.build()
    assert off.rendered == set()
    assert off.report["removed"] == len(on.rendered)
    assert site.tree() == plain
    assert {path: (site.output / path).stat().st_mtime_ns for path in files_of(site)} == times


def test_a_copy_that_was_lost_or_altered_is_made_again(site: Workbench) -> None:
    site.build("--precompress")
    before = site.tree()
    (site.output / "index.html.gz").unlink()
    (site.output / "2020/07/bai-04.html.gz").write_bytes(b"khac")
    outcome = site.build("--precompress")
    assert outcome.rendered == {"index.html.gz", "2020/07/bai-04.html.gz"}
    assert set(outcome.report["reasons"].values()) == {"output"}
    assert site.tree() == before
    (site.output / "index.html").unlink()
    site.build("--precompress")
    assert site.tree() == before
    stat, packed = ((site.output / f"index.html{each}").stat() for each in ("", ".gz"))
    assert packed.st_mtime_ns == stat.st_mtime_ns


def test_a_lost_cache_costs_time_and_no_file(site: Workbench) -> None:
    site.build("--precompress")
    before = site.tree()
    report = site.build("--precompress", "--clean").report
    assert report["rendered"] == report["artifacts"]
    assert report["written"] == 0
    assert site.tree() == before


def test_one_worker_and_two_give_the_same_bytes(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    for number in range(420):
        site.bulletin(
            f"2020/{number % 12 + 1:02d}/bai-{number:03d}.md", f"Thân bài {number}. " * 99
        )
    for jobs in ("1", "2"):
        places = "--output", f"public-{jobs}", "--cache", f"cache-{jobs}"
        site.build("--precompress", "--jobs", jobs, *places)
    trees = [files_of(site, tmp_path / f"public-{jobs}") for jobs in ("1", "2")]
    assert trees[0] == trees[1]
    assert len(copies_in(trees[0])) > 420 * len(SUFFIXES)


# Among other files, and when something goes wrong


def test_a_file_of_ones_own_in_the_place_of_a_copy_is_a_problem(site: Workbench) -> None:
    site.write(f"templates/{LONG}.gz", "của tôi")
    site.build()
    before = site.tree()
    assert before[f"{LONG}.gz"].decode() == "của tôi"
    outcome = site.run("build", "--precompress", "--json")
    assert outcome.code == 1
    assert outcome.problems == [f"{LONG}.gz:1:1 compressed-address"]
    assert site.tree() == before


def test_a_file_of_others_in_the_place_of_a_copy_is_not_overwritten(site: Workbench) -> None:
    site.build()
    site.write("public/index.html.gz", "của người khác")
    before = site.tree()
    outcome = site.run("build", "--precompress", "--json")
    assert outcome.code == 1
    assert outcome.problems == ["public/index.html.gz output-foreign-file"]
    assert site.tree() == before
    site.build()
    assert site.tree() == before


def test_a_name_too_long_for_one_more_suffix_is_published_plain(site: Workbench) -> None:
    name = "d" * 250 + ".txt"
    site.write(f"templates/giao-dien/{name}", "Danh sách thôn. " * 60)
    site.build("--precompress")
    assert [each.name for each in (site.output / "giao-dien").glob("ddd*")] == [name]


def test_no_copy_is_older_than_its_file_when_publishing_breaks_off(
    site: Workbench, tmp_path: Path
) -> None:
    site.build("--precompress")
    old = site.tree()
    for number in range(12):
        site.bulletin(f"2020/07/bai-{number:02d}.md", "Khác hẳn.\n", category="Tin tức")
    site.write(f"templates/{LONG}", "Ngắn.\n")
    # Where a folder stands in the way, moving stops: just before this copy.
    (site.output / f"{PAGE}.gz").unlink()
    (site.output / f"{PAGE}.gz/x").mkdir(parents=True)
    assert site.run("build", "--precompress").code == 2
    now = site.tree()
    assert now[LONG].decode() == "Ngắn.\n"
    assert f"{LONG}.gz" not in now
    moved = {path for path in copies_in(now) if now[path] != old[path]}
    assert {"2020/07/bai-04.html.gz", "2020/07/bai-00.html.gz"} <= moved
    assert "2020/07/bai-06.html.gz" not in moved
    for path in copies_in(now):
        name, dot, suffix = path.rpartition(".")
        assert unpacked(dot + suffix, now[path]) == now[name], path
    (site.output / f"{PAGE}.gz/x").rmdir()
    site.build("--precompress")
    assert_as_a_clean_build(site, tmp_path)


def test_a_copy_moves_before_its_file(site: Workbench) -> None:
    site.build("--precompress")
    site.bulletin("2020/07/bai-05.md", "Khác hẳn.\n", title="Bài 5", category="Tin tức")
    (site.output / PAGE).unlink()
    (site.output / PAGE / "x").mkdir(parents=True)  # Here moving stops.
    assert site.run("build", "--precompress").code == 2
    for suffix in SUFFIXES:
        data = (site.output / f"{PAGE}{suffix}").read_bytes()
        assert "Khác hẳn." in unpacked(suffix, data).decode()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_build_leaves_whole_pairs_and_the_next_one_finishes_it(
    site: Workbench, tmp_path: Path
) -> None:
    site.build("--precompress")
    rng = random.Random(11)
    for attempt in range(4):
        old = site.tree()
        for number in range(12):
            site.bulletin(f"2020/07/bai-{number:02d}.md", title=f"Lần {attempt} bài {number}")
        site.kill(0.2 + rng.random() * 0.4, "--precompress")
        gone = old.keys() - site.tree().keys()
        # Pictures with a title on them go with it.
        assert not {path for path in gone if not path.startswith((".", "tep/"))}
        site.build("--precompress")
        assert_as_a_clean_build(site, tmp_path)
