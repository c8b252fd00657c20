"""What both benchmarks share: the archive, processes that are measured, the table."""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGEFIND = "1.5.2"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class BenchmarkError(Exception):
    """The run cannot go on, or what it would measure is not there."""


def say(text: str) -> None:
    """Tell on stderr how far the run has come."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


# The archive


@dataclass(frozen=True)
class Bulletin:
    """A bulletin's texts; ``path`` is where its page stands on both sides."""

    path: str
    date: str
    title: str
    lead: str
    author: str
    unit: str
    category: str
    tags: tuple[str, ...]
    views: str
    paragraphs: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """All the texts under which it must be found, each field or paragraph on its own."""
        names = (*self.tags, self.author, self.unit, self.category)
        return (self.title, self.lead, *self.paragraphs, *names)


def read_bulletin(file: Path, archive: Path) -> Bulletin:
    """Read one bulletin; every value of its front matter is text."""
    _, matter, body = file.read_text("utf-8").split("---\n", 2)
    values = yaml.load(matter, getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    texts = {key: values.get(key) or "" for key in ("title", "date", "lead", "author", "unit")}
    views = values.get("views") or "0"
    return Bulletin(
        path=file.relative_to(archive).with_suffix(".html").as_posix(),
        category=values.get("category") or "",
        tags=tuple(values.get("tags") or ()),
        paragraphs=tuple(filter(None, map(str.strip, body.split("\n\n")))),
        views=views,
        **texts,
    )


def read_archive(archive: Path) -> list[Bulletin]:
    """Read all bulletins, oldest first."""
    bulletins = [read_bulletin(file, archive) for file in archive.rglob("*.md")]
    if not bulletins:
        raise BenchmarkError(f"no bulletins in {archive}")
    return sorted(bulletins, key=lambda each: (each.date, each.path))


def markdown(bulletin: Bulletin) -> str:
    """Return a bulletin as its source."""
    names = ("title", "date", "author", "unit", "category", "tags", "lead")
    values = {name: getattr(bulletin, name) for name in names} | {"views": int(bulletin.views)}
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "---\n" + "\n".join(lines) + "\n---\n\n" + "\n\n".join(bulletin.paragraphs) + "\n"


# Processes


@dataclass(frozen=True)
class Run:
    """What a command took: seconds by the clock and of all processors, bytes at the peak."""

    wall: float
    processor: float
    peak: int
    stdout: str


class MemoryWatch(threading.Thread):
    """Watches the memory of a process and all that it started."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._over = threading.Event()

    def run(self) -> None:
        """Look until told to stop; looking may take a tenth of the time at most."""
        while not self._over.is_set():
            begun = time.perf_counter()
            self.peak = max(self.peak, sum(map(memory_of, family(self._pid))))
            self._over.wait(max(0.03, 10 * (time.perf_counter() - begun)))

    def stop(self) -> int:
        """End the watch and return the highest sum seen."""
        self._over.set()
        self.join()
        return self.peak


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
            children[parent].append(int(entry.parent.name))
    found = [pid]
    for each in found:
        found.extend(children[each])
    return found


def memory_of(pid: int) -> int:
    """Return a process's share of memory in bytes (PSS; RSS where that is not to be had)."""
    for file, name in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
                if line.startswith(name):
                    return int(line.split()[1]) * 1024
    return 0


def measured(*command: str | Path, folder: Path = ROOT) -> Run:
    """Run a command in *folder* to its end and measure it."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as stdout,
        tempfile.TemporaryFile("w+", encoding="utf-8") as stderr,
    ):
        begun = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)), cwd=folder, stdout=stdout, stderr=stderr,
            env=os.environ | {"PYTHONUTF8": "1"},
        )  # fmt: skip
        watch = MemoryWatch(process.pid)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = watch.stop()
        for file in (stdout, stderr):
            file.seek(0)
        said, complaint = stdout.read(), stderr.read()
    if process.returncode:
        raise BenchmarkError(
            f"{' '.join(map(str, command))}: {process.returncode}\n{complaint or said[-4000:]}"
        )
    return Run(wall, usage.ru_utime + usage.ru_stime, peak, said)


def put_aside(folder: Path, place: Path) -> None:
    """Move a folder, if there is one, to *place* without deleting it: for minutes after thousands
    of files were deleted, some file systems make new ones many times as slowly."""
    if folder.exists():
        folder.rename(Path(tempfile.mkdtemp(prefix="aside-", dir=place)) / folder.name)


def build_ours(site: Path, clean: bool = False) -> Run:
    """Build the site in the folder *site* as an editor would; only *clean* from nothing."""
    if clean:
        put_aside(site / "public", site)
        put_aside(site / "cache", site)
    return measured(
        sys.executable, ROOT / "build.py", "build", "--json",
        "--config", site / "site.yaml", "--content", site / "content",
        "--templates", ROOT / "templates", "--output", site / "public",
        "--cache", site / "cache",
    )  # fmt: skip


def our_index_stage(run: Run) -> float | None:
    """Return the seconds of a build that went into the index, as its report tells them."""
    stages = json.loads(run.stdout)["seconds"]
    found = [seconds for name, seconds in stages.items() if "search" in name or "index" in name]
    return sum(found) if found else None


def install(folder: Path, name: str, requirement: str) -> Path:
    """Install a package of the registry into an environment of its own; return its folder of
    programs."""
    programs = folder / f"{name}-env" / "bin"
    if not programs.exists():
        measured(sys.executable, "-m", "venv", programs.parent)
    measured(programs / "python", "-m", "pip", "install", "--quiet", requirement)
    return programs


def install_pagefind(folder: Path) -> Path:
    """Install Pagefind into an environment of its own; return that environment's Python."""
    program = install(folder, "pagefind", f"pagefind[extended]=={PAGEFIND}") / "python"
    version = measured(program, "-m", "pagefind", "--version").stdout
    if PAGEFIND not in version:
        raise BenchmarkError(f"Pagefind {PAGEFIND} is wanted, this is {version}")
    return program


def files_of(folder: Path) -> dict[str, tuple[int, str]]:
    """Return size and digest of every file in a folder."""
    found = {}
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            found[str(file.relative_to(folder))] = len(content), hashlib.sha256(content).hexdigest()
    return found


# The table


@dataclass
class Row:
    """A line of the table: the two sides' figures, or pairs such as median and p95."""

    label: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> str:
        """Ours by theirs."""
        if not self.ours or not self.theirs:
            return "–"
        pairs = zip(self.ours, self.theirs, strict=True)
        return " / ".join(f"{one / other:.2f}" if other else "–" for one, other in pairs)


def figure(value: float) -> str:
    """Return a number with three digits that count."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def cell(values: tuple[float, ...]) -> str:
    """Return figures as the table shows them."""
    return " / ".join(map(figure, values)) if values else "–"


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return median and 95th percentile."""
    return statistics.median(values), sorted(values)[math.ceil(0.95 * len(values)) - 1]


def table(results: Mapping[str, Sequence[Row]], other: str) -> str:
    """Return all rows as Markdown, three columns for each archive."""
    names = list(results)
    head = ["Measure"] + [f"{name}: {side}" for name in names for side in ("ours", other, "×")]
    lines = [head, ["---"] + ["---:"] * (3 * len(names))]
    by_label = {name: {row.label: row for row in results[name]} for name in names}
    for label in dict.fromkeys(row.label for rows in results.values() for row in rows):
        line = [label]
        for name in names:
            row = by_label[name].get(label) or Row(label, (), ())
            line += [cell(row.ours), cell(row.theirs), row.ratio]
        lines.append(line)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# The run


def machine(*tools: str) -> list[str]:
    """Return the facts without which the figures say little."""
    processors = re.findall(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    counted = ", ".join(f"{count} × {name}" for name, count in Counter(processors).items())
    return [
        f"Processor: {counted or platform.machine()}",
        f"Memory: {int(memory.group(1)) / 1e6:.1f} GB" if memory else "Memory: unknown",
        f"System: {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "; ".join([*tools, f"danvan-site {revision.stdout.strip() or 'unknown'}"]),
    ]


def find_browser() -> str:
    """Return the installed Chromium: the one in DANVAN_BROWSER, or the first on the path."""
    found = os.environ.get("DANVAN_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), "")
    if not found:
        raise BenchmarkError("no Chromium found; name it in DANVAN_BROWSER")
    return found


def as_json(
    facts: Sequence[str], results: Mapping[str, Sequence[Row]], notes: Sequence[str]
) -> str:
    rows = {name: [asdict(row) for row in each] for name, each in results.items()}
    values = {"machine": facts, "results": rows, "notes": notes}
    return json.dumps(values, ensure_ascii=False, indent=1)


def parts_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return what reads the value of --parts: some of *known*."""

    def read(text: str) -> list[str]:
        parts = text.split(",")
        unknown = set(parts) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
        return parts

    return read
