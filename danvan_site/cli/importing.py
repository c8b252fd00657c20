"""`import capture`: bringing in captures of old pages, and telling what became of each."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from danvan_site import config
from danvan_site.cli import DONE, PROBLEMS
from danvan_site.cli.building import settings_file
from danvan_site.cli.console import Console
from danvan_site.errors import Severity
from danvan_site.importers.capture import import_captures
from danvan_site.importers.frame import Draft, ImportReport, Outcome

_WIDTH = 100  # characters of a value that are shown


def captures(console: Console, values: Mapping[str, Any]) -> int:
    """Import the captures that the arguments name; return the exit code."""
    file = settings_file(values)
    zone = config.DEFAULT_ZONE
    categories: tuple[str, ...] = ()
    if values["config"] or file.exists():
        settings = config.load(file, file.name)
        zone, categories = settings.timezone, tuple(each.name for each in settings.categories)
    report = import_captures(
        expanded(values["files"]),
        values["to"] or _relative(file.parent / "content"),
        date=values["date"] or None,
        zone=zone,
        categories=categories,
    )
    if values["json"]:
        console.give(_record(console, report))
    else:
        for outcome in report.outcomes:
            _tell(console, outcome)
        _sum_up(console, report)
    return PROBLEMS if report.failed else DONE


def _relative(folder: Path) -> Path:
    """Return *folder* as seen from here, for shorter messages; itself where it lies elsewhere."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def expanded(files: Iterable[Path]) -> list[Path]:
    """Expand patterns such as ``*.txt``, which not every command line does by itself."""
    paths: list[Path] = []
    for file in files:
        found = [] if file.exists() else sorted(glob.glob(str(file)))
        paths += [Path(each) for each in found] or [file]
    return paths


def _tell(console: Console, outcome: Outcome) -> None:
    words = console.words
    if outcome.written:
        path = outcome.written.as_posix()
        console.say(words.say("import-written", source=outcome.source, path=path))
    if outcome.problem:
        console.list_problems([outcome.problem])
    if outcome.written and outcome.draft:
        _tell_draft(console, outcome.draft)


def _tell_draft(console: Console, draft: Draft) -> None:
    words = console.words
    recognised = [f"{key + ':':<16} {_short(value)}" for key, value in draft.recognised]
    _section(console, "import-recognised", recognised)
    dropped = [words.say("import-line", line=each.line, text=_short(each.text))
               for each in draft.dropped]  # fmt: skip
    _section(console, "import-dropped", dropped)
    missing = []
    for problem in draft.missing:
        text, remedy = words.explain(problem)
        line = problem.place.line
        missing.append(words.say("import-line", line=line, text=text) if line else text)
        missing.append(f"  → {remedy}")
    _section(console, "import-missing", missing)
    if draft.visits is not None:
        console.say("  " + words.say("import-visits", count=words.number(draft.visits)))


def _section(console: Console, key: str, lines: Sequence[str]) -> None:
    if lines:
        console.say("  " + console.words.say(key))
        for line in lines:
            console.say("    " + line)


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1].rstrip() + "…"


def _sum_up(console: Console, report: ImportReport) -> None:
    words = console.words
    kinds = [outcome.problem.severity for outcome in report.outcomes if outcome.problem]
    counts = {
        "written": report.written,
        "before": kinds.count(Severity.NOTICE),
        "failed": kinds.count(Severity.ERROR),
    }
    details = {name: words.number(count) for name, count in counts.items()}
    console.say(words.say("import-summary", **details))


def _record(console: Console, report: ImportReport) -> dict[str, Any]:
    return {
        "ok": not report.failed,
        "written": report.written,
        "outcomes": [_outcome_record(console, outcome) for outcome in report.outcomes],
    }


def _outcome_record(console: Console, outcome: Outcome) -> dict[str, Any]:
    words, draft = console.words, outcome.draft
    return {
        "source": outcome.source,
        "written": outcome.written.as_posix() if outcome.written else None,
        "problem": words.record(outcome.problem) if outcome.problem else None,
        "recognised": [list(pair) for pair in draft.recognised] if draft else [],
        "dropped": [{"line": each.line, "text": each.text} for each in draft.dropped]
        if draft
        else [],
        "missing": [words.record(problem) for problem in draft.missing] if draft else [],
        "visits": draft.visits if draft else None,
    }
