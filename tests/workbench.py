"""A site to build in tests: files in, the real command line as a process, the site out."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Most tests take away what they published before; those of the ledger (test_permanence) do not.
SETTINGS = (
    'title: "Bản tin thử"\nlanguage: en\nbase_url: https://example.org/ban-tin/\n'
    "keep_addresses: false\n"
)
# Front matter of a bulletin that is withdrawn.
WITHDRAWN = {"status": "withdrawn", "updates": [{"date": "2021-05-01", "note": "Nêu sai."}]}


def environment(**more: str) -> dict[str, str]:
    """The environment of a program under test: this repository's code, nothing of the machine's."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key not in ("SOURCE_DATE_EPOCH", "COLUMNS", "LANG", "LC_ALL", "TZ")
    }
    return inherited | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **more}


@dataclass(frozen=True)
class Outcome:
    """What a run of the program came to."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.stdout)
        return report

    @property
    def rendered(self) -> set[str]:
        """The paths that were rendered."""
        return set(self.report["reasons"])

    @property
    def rendered_pages(self) -> set[str]:
        """The paths that were rendered, without the search index and the page that leads to it."""
        return {path for path in self.rendered if not path.startswith("tim-kiem")}

    @property
    def problems(self) -> list[str]:
        """Place and code of each problem: ``content/a.md:3:7 unknown-key``."""
        return [
            ":".join(str(problem[key]) for key in ("file", "line", "column") if problem[key])
            + f" {problem['code']}"
            for problem in self.report["problems"]
        ]


class Workbench:
    """A site in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "public"
        self.write("site.yaml", SETTINGS)
        (folder / "content").mkdir()

    def write(self, path: str, text: str) -> Path:
        """Write a file of the site."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\n")
        return file

    def bulletin(self, path: str, body: str = "Nội dung.\n", **front: object) -> Path:
        """Write a bulletin; *front* is its front matter (title and date have defaults)."""
        values = {"title": f"Bài {path}", "date": "2020-07-16", "lead": "Tóm tắt."} | front
        lines = [
            f"{key}: {json.dumps(value, ensure_ascii=False)}"
            for key, value in values.items()
            if value is not None
        ]
        return self.write(f"content/{path}", "---\n" + "\n".join(lines) + f"\n---\n\n{body}")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "danvan_site", *arguments]

    def run(self, *arguments: str, **more: str) -> Outcome:
        """Run the program in the site's folder."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=environment(**more),
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def build(self, *arguments: str, **more: str) -> Outcome:
        """Build with a report and reasons, and expect that it went well."""
        outcome = self.run("build", "--json", "-v", *arguments, **more)
        assert outcome.code == 0, outcome.stdout + outcome.stderr
        return outcome

    def kill(self, seconds: float, *arguments: str) -> None:
        """Begin a build and kill it after some *seconds*, if it is not done by then."""
        process = self.start("build", *arguments)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
        process.kill()
        process.wait()

    def rebuild(self) -> set[str]:
        """Build, expect what a build from nothing gives; return the pages that were rendered."""
        rendered = self.build().rendered_pages
        incremental = self.tree()
        self.build("--clean")
        assert incremental == self.tree()
        return rendered

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the program in the site's folder."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def page(self, path: str) -> str:
        """Return a published file's text."""
        return (self.output / path).read_text("utf-8")

    def tree(self, folder: Path | None = None) -> dict[str, bytes]:
        """Return every file of a folder (the published one) with its bytes."""
        base = folder or self.output
        return {
            file.relative_to(base).as_posix(): file.read_bytes()
            for file in sorted(base.rglob("*"))
            if file.is_file()
        }
