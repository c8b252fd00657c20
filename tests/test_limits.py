"""More than there may be of anything is told in a message; limits are as the handbook says."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from danvan_site import limits, markdown
from danvan_site.content import ReadOptions, read_files
from danvan_site.discovery import File
from danvan_site.state import Stamp
from tests.workbench import ROOT, Workbench

HEAD = "---\ntitle: a\ndate: 2020-07-16\n"


def codes(folder: Path, text: str, name: str = "a.md", html: str = "off") -> set[str]:
    """Return the codes of what is wrong with a file."""
    path = folder / name
    path.write_text(text, "utf-8")
    options = ReadOptions(str(folder), "content", "+07:00", markdown.Options(html))
    (found,) = read_files(options, [(File(name, name, Stamp.of(path.stat())), "")])
    return {row[0] for row in found.known.problems}


FRONTS = {
    f"tags: [{', '.join(f'a{n}' for n in range(1001))}]": "list-too-long",
    f"tags: [{'a' * 301}]": "text-too-long",
    f"unit: {'a' * 301}": "text-too-long",
    f"lead: {'a ' * 20_000}": "text-too-long",
    f"slug: {'a' * 101}": "text-too-long",
    f"source: {{name: a, url: 'https://a.vn/{'a' * 2001}'}}": "text-too-long",
    f"attachments: [{'a' * 2001}.pdf]": "text-too-long",
    f"views: {'9' * 5000}": "number-too-large",
    f"views: {10**13}": "number-too-large",
    f"tags: {'[' * 2000}{']' * 2000}": "yaml-deep",
    "unit: &a b": "yaml-alias",
    "unit: *a": "yaml-alias",
    "unit: !!str b": "yaml-alias",
    "unit: !important b": "yaml-alias",
    "tags: &a [b]\nauthor: *a": "yaml-alias",
    "<<: {unit: a}": "unknown-key",
    "unit: a\nunit: b": "duplicate-key",
    f"x: '{'a' * 100_000}'": "front-matter-too-long",
}


@pytest.mark.parametrize("front", FRONTS, ids=range(len(FRONTS)))
def test_front_matter_has_limits(tmp_path: Path, front: str) -> None:
    assert FRONTS[front] in codes(tmp_path, f"{HEAD}{front}\n---\n")


BODIES = {
    "a" * 300_001: "body-too-long",
    "a\n" * 10_001: "body-too-many-lines",
    "[" * 15_001: "body-too-marked",
    "[" * 1_500 + ":" * 40_000: "body-too-marked",
    "-:" * 30_000: "body-too-marked",
    "^[" * 1_500 + "a" * 100_000: "body-too-marked",
    "![a](b) " * 2_001: "body-too-many-pictures",
    "|".join("a" * 200) + "\n" + "|".join("-" * 200) + "\n" + "a\n" * 200: "body-too-many-cells",
    "".join(f"<b id={n}>" for n in range(60)): "body-too-many-tags",
}


@pytest.mark.parametrize("body", BODIES, ids=BODIES.values())
def test_bodies_have_limits(tmp_path: Path, body: str) -> None:
    assert BODIES[body] in codes(tmp_path, f"{HEAD}---\n\n{body}")


# Each was quadratic in what there was of it, or worse.
SLOW = (
    f"{HEAD}---\n\n" + "# a\n" * 3_000,
    f"{HEAD}---\n\n" + "[a](https://a.vn)\n" * 3_000,
    f"{HEAD}---\n\n" + "".join(f"[a](https://a\\.vn/{n}) " for n in range(2_500)),
    f"{HEAD}---\n\n" + "[a](" * 3_000 + "a" * 250_000,
    f"{HEAD}---\n\n" + "[" * 300 + ":" * 40_000,
    f"{HEAD}updates: [{', '.join('{}' for _ in range(900))}]\n---\n",
    HEAD + "".join(f"k{n}: a\n" for n in range(9_000)) + "---\n",
    HEAD + f"{'k' * 90_000}: a\n---\n",
)


@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_no_file_takes_long(tmp_path: Path, text: str) -> None:
    """Far from what it took: minutes, some of them."""
    start = time.process_time()
    codes(tmp_path, text, html="sanitize")
    assert time.process_time() - start < 5


def test_settings_have_limits(tmp_path: Path) -> None:
    bench = Workbench(tmp_path / "trang")
    bench.write("site.yaml", "title: a\n" + "# x\n" * 600_000)
    outcome = bench.run("build")
    assert (outcome.code, "settings-too-large" in outcome.stderr) == (2, True)
    bench.write("site.yaml", "title: a\nsearch: {abbreviations: {[a, b]: c}}\n")
    assert bench.run("build", "--json").problems == ["site.yaml:2:26 expected-text"]


def test_hosts_are_given_headers(tmp_path: Path) -> None:
    bench = Workbench(tmp_path / "trang")
    settings = (
        "title: a\nbase_url: https://example.org/ban-tin/\nredirects: [netlify, apache, nginx]\n"
    )
    bench.write("site.yaml", settings)
    bench.bulletin("a.md")
    bench.build()
    for path in ("_headers", ".htaccess", "nginx-headers.conf"):
        text = bench.page(path)
        assert "frame-ancestors 'self'" in text and "nosniff" in text
    assert bench.page("_headers").startswith("/ban-tin/*\n  Content-Security-Policy: ")


def test_the_handbook_names_the_limits() -> None:
    handbook = (ROOT / "docs/huong-dan.md").read_text("utf-8")
    section = handbook.partition("\n## Giới hạn\n")[2].partition("\n## ")[0]
    numbers = {int(each.replace(".", "")) for each in re.findall(r"\d[\d.]*\d|\d", section)}
    for name, value in vars(limits).items():
        if name.isupper():
            shown = value // 1_000_000 if name.endswith("BYTES") else value
            assert shown in numbers, name


def test_nothing_that_can_be_written_is_too_much_for_the_reader() -> None:
    """Whether it is fast is for `python -m tests.fuzz` to say, where nothing else runs."""
    command = [sys.executable, "-m", "tests.fuzz", "--count", "3000", "--seed", "suite"]
    done = subprocess.run(
        [*command, "--jobs", "2", "--limit", "20"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3000 read" in done.stdout
