"""Compare building the site with Hugo and Pagefind: the same bulletins, the same pages.

    python benchmarks/build.py ARCHIVE [ARCHIVE…] [OPTIONS]

ARCHIVE is a folder of bulletins in Markdown with front matter.  What is measured, and how, is
told in README.md beside this file.  It runs on Linux (memory is read from /proc), with the
packages of the tests; the part `preview` needs an installed Chromium.  Whatever fails, fails the
run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from common import (
    PAGEFIND,
    ROOT,
    BenchmarkError,
    Bulletin,
    Row,
    Run,
    as_json,
    build_ours,
    cell,
    files_of,
    find_browser,
    install,
    install_pagefind,
    machine,
    markdown,
    measured,
    our_index_stage,
    parts_of,
    put_aside,
    read_archive,
    say,
    table,
)
from PIL import Image

HUGO = "0.168.0"
PARTS = ("cold", "again", "preview", "pictures")
DAY_SPLIT = 100  # bulletins of a month, from which on each day has a page; ours has the same
SAVES = 11
PHOTOGRAPHS = 60
PHOTOGRAPH = (3000, 2000)
SENTENCE = "Câu này được thêm vào một bài đã đăng từ lâu."


class Ours:
    """The site that the program in this repository builds."""

    def __init__(self, work: Path, archive: Path) -> None:
        self.site = work / "ours"
        self.folder = self.site / "public"
        shutil.copytree(archive, self.site / "content")
        settings = "title: Kho tin\nlanguage: vi\nbase_url: https://example.org/\n"
        (self.site / "site.yaml").write_text(settings, "utf-8")

    def build(self, clean: bool = False) -> Run:
        """Build; *clean* from nothing."""
        return build_ours(self.site, clean)

    def put(self, bulletin: Bulletin) -> None:
        """Write a bulletin's source."""
        _write((self.site / "content" / bulletin.path).with_suffix(".md"), markdown(bulletin))


class Hugo:
    """Hugo with the templates in `hugo/`, which make the pages that ours has."""

    def __init__(self, work: Path, program: Path, bulletins: Sequence[Bulletin]) -> None:
        self.site = work / "hugo"
        self.folder = self.site / "public"
        self._program = program
        shutil.copytree(Path(__file__).parent / "hugo", self.site)
        self._months = Counter(_month(each) for each in bulletins)
        for bulletin in bulletins:
            self.put(bulletin)
        for month in self._months:
            self._index(month, f"Tháng {month.name}/{month.parent.name}", month=int(month.name))
            self._index(month.parent, f"Năm {month.parent.name}", outputs=["html", "bodies"])
        _write(self._file("luu-tru.md"), "---\ntitle: Lưu trữ\ntype: luu-tru\n---\n")

    def _file(self, path: Path | str) -> Path:
        return self.site / "content" / path

    def _index(self, folder: Path, title: str, **values: object) -> None:
        values = {"title": title, "year": int(folder.parts[0]), **values}
        _write(self._file(folder / "_index.md"), f"---\n{json.dumps(values)}\n---\n")

    def build(self, clean: bool = False) -> Run:
        """Build; *clean* from nothing."""
        if clean:
            put_aside(self.folder, self.site)
            put_aside(self.site / "resources", self.site)
        return measured(self._program, "--quiet", folder=self.site)

    def put(self, bulletin: Bulletin) -> None:
        """Write a bulletin's source; where months are long, its day is one of a taxonomy."""
        moment = datetime.strptime(bulletin.date, "%Y-%m-%d %H:%M")
        values: dict[str, object] = {
            "title": bulletin.title,
            "date": f"{moment.isoformat()}+07:00",
            "author": [bulletin.author],
            "unit": [bulletin.unit],
            "category": [bulletin.category],
            "tags": bulletin.tags,
            "views": int(bulletin.views),
            "lead": bulletin.lead,
        }
        if self._months[_month(bulletin)] > DAY_SPLIT:
            values["day"] = [f"{moment:%Y-%m-%d}"]
        front = "\n".join(
            f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()
        )
        body = "\n\n".join(bulletin.paragraphs)
        file = self._file(bulletin.path).with_suffix(".md")
        _write(file, f"---\n{front}\n---\n\n{body}\n")


class Pagefind:
    """Pagefind over the pages that Hugo has made: those of bulletins, by their attribute."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder

    def build(self) -> Run:
        """Index the pages; it makes everything anew each time."""
        put_aside(self._folder / "pagefind", self._folder.parent)
        return measured(self._program, "-m", "pagefind", "--site", self._folder, "--quiet")


def _month(bulletin: Bulletin) -> Path:
    return Path(bulletin.path).parent


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


@dataclass
class Bench:
    """One archive under measurement."""

    bulletins: list[Bulletin]
    ours: Ours
    hugo: Hugo | None
    pagefind: Pagefind | None
    repeats: int
    rows: list[Row] = field(default_factory=list)
    indexing: float = 0.0  # seconds that Pagefind takes

    def add(self, label: str, ours: Sequence[float], theirs: Sequence[float] = ()) -> None:
        """Add a row to the table, and tell it at once: a long run may yet fail."""
        row = Row(label, tuple(ours), tuple(theirs))
        self.rows.append(row)
        say(f"  {label}: {cell(row.ours)} · {cell(row.theirs)} · × {row.ratio}")

    def medians(self, label: str, ours: Sequence[float], theirs: Sequence[float]) -> None:
        """Add a row of medians."""
        self.add(label, *([statistics.median(times)] for times in (ours, theirs) if times))

    @property
    def sides(self) -> list[Ours | Hugo]:
        """Both sides; ours alone if so asked."""
        return [self.ours, self.hugo] if self.hugo else [self.ours]


def measure_cold(bench: Bench) -> None:
    """Build from nothing, the sides taking turns."""
    ours: list[Run] = []
    hugo: list[Run] = []
    found: list[Run] = []
    for turn in range(bench.repeats):
        say(f"cold: {turn + 1} of {bench.repeats}")
        ours.append(bench.ours.build(clean=True))
        if bench.hugo and bench.pagefind:
            hugo.append(bench.hugo.build(clean=True))
            found.append(bench.pagefind.build())
        say(" · ".join(f"{runs[-1].wall:.1f}" for runs in (ours, hugo, found) if runs))
    both = list(zip(hugo, found, strict=True))
    bench.indexing = statistics.median(run.wall for run in found) if found else 0.0
    bench.medians(
        "Cold, with search (Hugo + Pagefind), s",
        [run.wall for run in ours],
        [one.wall + other.wall for one, other in both],
    )
    bench.medians(
        "– processor time, s",
        [run.processor for run in ours],
        [one.processor + other.processor for one, other in both],
    )
    bench.medians(
        "– peak memory of all processes, MB",
        [run.peak / 1e6 for run in ours],
        [max(one.peak, other.peak) / 1e6 for one, other in both],
    )
    without = [run.wall - (our_index_stage(run) or 0.0) for run in ours]
    bench.medians("Cold, without search (Hugo), s", without, [run.wall for run in hugo])
    bench.medians(
        "– milliseconds for a bulletin",
        [1000 * each / len(bench.bulletins) for each in without],
        [1000 * run.wall / len(bench.bulletins) for run in hugo],
    )
    per = [1000 * run.wall / len(bench.bulletins) for run in ours]
    bench.add("Cold, with search, milliseconds for a bulletin", [statistics.median(per)])
    for label, is_search in (("without search", False), ("search", True)):
        sizes = [
            [size for path, (size, _) in files_of(side.folder).items()
             if path.startswith(("tim-kiem/", "pagefind/")) == is_search]
            for side in bench.sides
        ]  # fmt: skip
        bench.add(f"Files, {label}", *([len(each)] for each in sizes))
        bench.add(f"MB, {label}", *([sum(each) / 1e6] for each in sizes))


def measure_again(bench: Bench) -> None:
    """Build again: nothing changed, one body edited, one bulletin added; all with search."""
    for side in bench.sides:
        side.build()
    newest, old = bench.bulletins[-1], bench.bulletins[len(bench.bulletins) // 10]
    latest = datetime.strptime(newest.date, "%Y-%m-%d %H:%M")

    def nothing(turn: int) -> None:
        pass

    def edit(turn: int) -> None:
        sentences = (f"{SENTENCE} Lần {turn}.",)
        _put(bench, replace(old, paragraphs=(*old.paragraphs, *sentences)))

    def add(turn: int) -> None:
        moment = latest + timedelta(minutes=turn + 1)
        path = f"{moment:%Y/%m}/tin-moi-them-{turn}.html"
        title = f"Tin mới {turn}: {old.title}"
        _put(bench, replace(newest, path=path, date=f"{moment:%Y-%m-%d %H:%M}", title=title))

    for label, change in (("Nothing changed", nothing), ("Edited", edit), ("Added", add)):
        ours: list[Run] = []
        hugo: list[Run] = []
        changed: list[tuple[int, int]] = []
        for turn in range(bench.repeats):
            say(f"{label}: {turn + 1} of {bench.repeats}")
            before = files_of(bench.ours.folder)
            change(turn)
            ours.append(bench.ours.build())
            changed.append(_changed(before, files_of(bench.ours.folder)))
            if bench.hugo:
                hugo.append(bench.hugo.build())
        times = [run.wall for run in hugo]
        bench.medians(f"{label}, with search (Hugo), s", [run.wall for run in ours], times)
        if bench.indexing and change is not nothing:
            both = [each + bench.indexing for each in times]
            label_of_both = f"{label}, with search (Hugo + Pagefind), s"
            bench.medians(label_of_both, [run.wall for run in ours], both)
        for what, index in (("besides the search", 0), ("of the search", 1)):
            numbers = [each[index] for each in changed]
            bench.add(f"{label}: files changed {what}", [statistics.median(numbers)])


def _put(bench: Bench, bulletin: Bulletin) -> None:
    for side in bench.sides:
        side.put(bulletin)


def _changed(
    before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]
) -> tuple[int, int]:
    """Count the files that are not as they were: all others, those of the search."""
    paths = [path for path in before.keys() | after if before.get(path) != after.get(path)]
    found = sum(path.startswith("tim-kiem/") for path in paths)
    return len(paths) - found, found


def measure_preview(bench: Bench) -> None:
    """Time from saving a file to the reloaded page showing it, in Chromium."""
    from playwright.sync_api import sync_playwright

    bench.ours.build()
    bulletin = bench.bulletins[len(bench.bulletins) // 2]
    site = bench.ours.site
    server = subprocess.Popen(
        [sys.executable, ROOT / "build.py", "serve", "--port", "0",
         "--config", site / "site.yaml", "--content", site / "content",
         "--templates", ROOT / "templates", "--output", bench.ours.folder,
         "--cache", site / "cache"],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUTF8": "1"},
    )  # fmt: skip
    times = []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser())
            page = browser.new_page()
            page.goto(_address(server) + bulletin.path)
            for turn in range(SAVES):
                word = f"{SENTENCE} Lần {turn}."
                begun = time.perf_counter()
                # Asking the page again and again would take time from what is measured.
                with page.expect_event("load", timeout=60_000):
                    bench.ours.put(replace(bulletin, paragraphs=(*bulletin.paragraphs, word)))
                page.get_by_text(word).wait_for(timeout=60_000)
                times.append(time.perf_counter() - begun)
                page.wait_for_load_state("networkidle")
            browser.close()
    finally:
        server.terminate()
        server.wait()
    bench.add("From saving a file to the page showing it, s", [statistics.median(times)])


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout
    for line in server.stdout:
        at = line.find("http://")
        if at >= 0:
            return line[at:].split()[0].rstrip("/") + "/"
    raise BenchmarkError("the preview told no address")


def measure_pictures(bench: Bench) -> None:
    """Build a small site with large photographs; then without its output: none is made again."""
    site = bench.ours.site.parent / "pictures"
    chance = random.Random(5)
    for number in range(PHOTOGRAPHS):
        path = site / f"content/2020/01/anh-{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        width, height = (side // 8 for side in PHOTOGRAPH)
        small = Image.frombytes("RGB", (width, height), chance.randbytes(3 * width * height))
        small.resize(PHOTOGRAPH, Image.Resampling.BICUBIC).save(path, quality=90)
        front = f"title: Tin {number}\ndate: 2020-01-02\nimage: {{src: {path.name}, alt: Ảnh thử}}"
        _write(path.with_suffix(".md"), f"---\n{front}\n---\n\nNội dung.\n")
    _write(site / "site.yaml", "title: Kho ảnh\nlanguage: vi\n")
    times = []
    for _ in range(bench.repeats):
        report = json.loads(build_ours(site, clean=True).stdout)
        if report["pictures"] != PHOTOGRAPHS:
            raise BenchmarkError("not all photographs were made smaller")
        times.append(1000 * report["seconds"]["pictures"] / PHOTOGRAPHS)
    bench.add("Photograph of 6 megapixels, ms", [statistics.median(times)])
    put_aside(site / "public", site)
    again = json.loads(build_ours(site).stdout)
    if again["pictures"]:
        raise BenchmarkError("photographs were made smaller twice")
    took = 1000 * again["seconds"]["pictures"] / PHOTOGRAPHS
    bench.add("– without output, with the cache, ms", [took])


MEASURES: dict[str, Callable[[Bench], None]] = {
    "cold": measure_cold,
    "again": measure_again,
    "preview": measure_preview,
    "pictures": measure_pictures,
}


def run(options: argparse.Namespace, work: Path) -> None:
    """Do everything and print the table."""
    out: Path = options.out or work
    out.mkdir(parents=True, exist_ok=True)
    programs = None
    if not options.alone:
        programs = install(out, "hugo", f"hugo=={HUGO}") / "hugo", install_pagefind(out)
    facts = machine(f"Hugo {HUGO}", f"Pagefind {PAGEFIND}")
    results: dict[str, list[Row]] = {}
    for archive in options.archives:
        place = work / f"{len(results)}"
        bulletins = read_archive(archive.resolve())
        say(f"{archive.name}: {len(bulletins)} bulletins")
        ours = Ours(place, archive.resolve())
        hugo = Hugo(place, programs[0], bulletins) if programs else None
        found = Pagefind(programs[1], hugo.folder) if programs and hugo else None
        bench = Bench(bulletins, ours, hugo, found, options.repeats)
        for part in PARTS:
            if part in options.parts:
                MEASURES[part](bench)
        results[f"{len(bulletins):,}"] = bench.rows
        text = "\n".join([table(results, "theirs"), "", *(f"- {fact}" for fact in facts), ""])
        (out / "build.md").write_text(text, "utf-8")
        (out / "build.json").write_text(as_json(facts, results, []), "utf-8")
    print(text)


def main() -> int:
    """Read the arguments and run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("archives", type=Path, nargs="+", metavar="ARCHIVE")
    parser.add_argument("--out", type=Path, help="keep table, figures and programs in this folder")
    parser.add_argument("--parts", type=parts_of(PARTS), default=list(PARTS), help=",".join(PARTS))
    parser.add_argument("--alone", action="store_true", help="without Hugo and Pagefind")
    parser.add_argument("--repeats", type=int, default=3, help="builds of each kind (3)")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="build-benchmark-") as work:
            run(options, Path(work))
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
