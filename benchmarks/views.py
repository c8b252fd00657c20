"""Measure how fast views are counted from an access log that is made for it.

    python benchmarks/views.py [--lines 5000000] [--bulletins 5000]

The log is in combined format: two requests in five are for bulletins, of which some come from
programs and some are repeats; it spans as many days as it has readers for.  Counted is by the
command, as a process of its own, from its start to its end, twice: the second time adds nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_A_DAY = 100_000  # lines
_AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    f"Chrome/{version}.0.0.0 Safari/537.36"
    for version in range(90, 130)
] + ["ExampleBot/2.1 (+https://bot.example/)", "curl/8.5.0"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--bulletins", type=int, default=5_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary)
        make_site(site, wanted.bulletins)
        log = site / "access.log"
        make_log(log, wanted.lines, wanted.bulletins)
        print(f"{wanted.lines:,} lines, {log.stat().st_size / 1e6:,.0f} MB")
        for name in ("first", "again"):
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, str(ROOT / "danvan_site"), "views", "access.log", "--json"],
                cwd=site,
                env={"PYTHONPATH": str(ROOT), "PATH": ""},
                capture_output=True,
                check=True,
            )
            seconds = time.perf_counter() - start
            added = sum(json.loads(done.stdout)["added"].values())
            rate = wanted.lines / seconds
            print(f"{name}: {seconds:.1f} s, {rate:,.0f} lines/s, {60 * rate / 1e6:.1f} million a "
                  f"minute, {added:,} views")  # fmt: skip
    return 0


def make_site(site: Path, bulletins: int) -> None:
    """Write settings and bulletins; only their addresses matter here."""
    (site / "site.yaml").write_text("title: Bản tin\nbase_url: https://example.org/\n", "utf-8")
    for number in range(bulletins):
        file = site / "content" / "2020" / f"tin-{number}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\ntitle: Tin {number}\ndate: 2020-07-16\n---\n\nTin.\n", "utf-8")


def make_log(path: Path, lines: int, bulletins: int) -> None:
    """Write a log; the same for the same arguments."""
    chance = random.Random(20)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    step = timedelta(days=1) / _A_DAY
    with path.open("w", encoding="ascii", newline="\n") as log:
        for number in range(lines):
            page = int(bulletins * chance.random() ** 3)
            target = f"/2020/07/tin-{page}.html" if number % 5 < 2 else "/giao-dien/theme.css"
            address = f"10.{chance.randrange(4)}.{chance.randrange(256)}.{chance.randrange(256)}"
            when = (moment + step * number).strftime("%d/%b/%Y:%H:%M:%S +0000")
            log.write(
                f'{address} - - [{when}] "GET {target} HTTP/1.1" 200 5120 '
                f'"https://example.org/" "{chance.choice(_AGENTS)}"\n'
            )


if __name__ == "__main__":
    sys.exit(main())
