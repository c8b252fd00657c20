"""`import`: bringing in what old portals left, and telling what became of it."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from danvan_site import config
from danvan_site.cli import DONE, PROBLEMS
from danvan_site.cli.building import Bars, settings_file
from danvan_site.cli.console import Console
from danvan_site.config import Settings
from danvan_site.errors import Place, Problem, UsageError
from danvan_site.importers import (
    capture,
    comments,
    learning,
    mapping,
    passes,
    profile,
    table,
)
from danvan_site.importers import pages as html
from danvan_site.importers.frame import Draft, Importing, Outcome, Target, bring
from danvan_site.importers.ledger import open_ledger
from danvan_site.importers.placing import create, reason_of
from danvan_site.importers.report import Fate, Report, fate, record_of
from danvan_site.importers.wordpress import importing as wordpress
from danvan_site.workers import Workers

_WIDTH = 100  # characters of a value that are shown
_TOLD = 20  # pieces that are told of in full; of more, only what is wrong


def captures(console: Console, values: Mapping[str, Any]) -> int:
    """Import the captures that the arguments name; return the exit code."""
    settings = _settings(values)
    zone = settings.timezone if settings else config.DEFAULT_ZONE
    categories = [each.name for each in settings.categories] if settings else []
    files = expanded(values["files"])
    date = values["date"] or None
    return _run(
        console, values, capture.importing(files, date=date, zone=zone, categories=categories)
    )


def pages(console: Console, values: Mapping[str, Any]) -> int:
    """Import the saved pages that the arguments name; return the exit code."""
    if values["learn"]:
        return _learn(console, values)
    settings = _settings(values)
    zone = settings.timezone if settings else config.DEFAULT_ZONE
    categories = [each.name for each in settings.categories] if settings else []
    reading = passes.reading(values["date"] or None, zone, categories)
    name = values["profile"]
    profiles = (profile.named(name),) if name else profile.shipped()
    return _run(console, values, html.importing(expanded(values["files"]), reading, profiles))


def _learn(console: Console, values: Mapping[str, Any]) -> int:
    """Ask what is what on a page; where that has been answered, write the profile."""
    page: Path = values["learn"]
    answers = learning.answers_of(page)
    if not answers.exists():
        if not page.is_file():
            raise UsageError("import-unreadable", Place(page.as_posix()), reason="")
        return _give(console, values, answers, learning.questions(console.words), "learn-asked")
    learnt = learning.learn(page, console.words)
    path = Path(values["profile"] or page.with_suffix(".profile.yaml"))
    done = _give(console, values, path, learnt.text, "learn-done")
    rules = {key: (profile.Rule(each),) for key, each in learnt.selectors.items()}
    found = profile.Profile(path.stem, rules=rules)
    total, counts = learning.fits(found, expanded(values["files"]) or [page])
    for key, count in counts.items():
        shown = {"count": console.words.number(count), "total": console.words.number(total)}
        selector = learnt.selectors[key]
        console.say("  " + console.words.say("learn-fits", key=key, selector=selector, **shown))
    return done


def _give(console: Console, values: Mapping[str, Any], path: Path, text: str, message: str) -> int:
    """Write a new file and say so; with a trial, show it."""
    if values["dry_run"]:
        console.say(text)
        return DONE
    try:
        is_new = create(path, text.encode("utf-8", "replace"))
    except OSError as error:
        place = Place(path.as_posix())
        raise UsageError("import-profile", place, reason=reason_of(error)) from None
    if not is_new:
        raise UsageError("import-profile-exists", Place(path.as_posix()))
    console.say(console.words.say(message, file=path.as_posix()))
    return DONE


def tables(console: Console, values: Mapping[str, Any]) -> int:
    """Import the rows of a table; where its map is still to be written, write what it may be."""
    settings = _settings(values)
    zone = settings.timezone if settings else config.DEFAULT_ZONE
    source = table.Table(values["file"], values["sheet"] or "")
    path: Path | None = values["map"]
    if source.is_own and not path:
        return _run(console, values, table.importing(source, None, zone))
    if not path:
        example = values["file"].with_suffix(".map.yml").as_posix()
        raise UsageError("import-map-needed", Place(source.shown), example=example)
    if not path.exists():
        return _propose(console, values, path, source.first)
    found = mapping.load(path, path.as_posix(), source.header)
    return _run(console, values, table.importing(source, found, zone))


def readers_comments(console: Console, values: Mapping[str, Any]) -> int:
    """Import the comments in the files and folders that the arguments name."""
    settings = _settings(values)
    zone = settings.timezone if settings else config.DEFAULT_ZONE
    base_url = settings.base_url if settings else ""
    sources = expanded(values["files"])
    return _run(
        console, values,
        comments.importing(sources, _target(values), zone, base_url, values["approved"]),
    )  # fmt: skip


def wordpress_exports(console: Console, values: Mapping[str, Any]) -> int:
    """Import exports of WordPress; return the exit code."""
    settings = _settings(values)
    files = expanded(values["files"])
    beside = [folder for file in files for folder in _uploads_beside(file)]
    uploads: Path | None = values["uploads"] or next(iter(beside), None)
    if values["uploads"] and not values["uploads"].is_dir():
        place = Place(values["uploads"].as_posix())
        raise UsageError("import-unreadable", place, reason=os.strerror(errno.ENOTDIR))
    with tempfile.TemporaryDirectory() as copies:
        with contextlib.ExitStack() as stack:
            bars = Bars(console.words, stack, values["json"])

            def begin(total: int) -> Callable[[int], None]:
                bars.stage("look-through", total)
                return bars.advance

            importing = wordpress.importing(
                files,
                types=values["type"],
                uploads=uploads.resolve() if uploads else None,
                zone=settings.timezone if settings else config.DEFAULT_ZONE,
                fetched=_target(values) if values["download"] and not values["dry_run"] else None,
                with_originals=values["originals"],
                jobs=values["jobs"],
                begin=begin,
                copies=Path(copies),
            )
        return _run(console, values, importing)


def _uploads_beside(file: Path) -> list[Path]:
    folders = (file.parent / name for name in ("wp-content/uploads", "uploads"))
    return [folder for folder in folders if folder.is_dir()]


def _propose(
    console: Console, values: Mapping[str, Any], path: Path, first: Mapping[str, Any]
) -> int:
    text = mapping.proposal(first, console.words)
    if values["dry_run"]:
        console.say(text)
        return PROBLEMS
    try:
        create(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError("import-map", Place(path.as_posix()), reason=reason_of(error)) from None
    console.say(console.words.say("import-map-written", file=path.as_posix()))
    return PROBLEMS


def _settings(values: Mapping[str, Any]) -> Settings | None:
    """Return the site's settings, None where there is no site here."""
    file = settings_file(values)
    return config.load(file, file.name) if values["config"] or file.exists() else None


@dataclass(slots=True)
class _Telling:
    """What of the outcomes goes to the terminal: all of few; of many, each kind of problem a few
    times."""

    console: Console
    outcomes: list[Outcome] = field(default_factory=list)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    records: list[dict[str, Any]] | None = None

    def add(self, outcome: Outcome) -> None:
        if self.records is not None:
            self.records.append(record_of(self.console.words, outcome))
            return
        if len(self.outcomes) <= _TOLD:
            self.outcomes.append(outcome)
        if fate(outcome) is Fate.BEFORE:
            return
        missing = outcome.draft.missing if outcome.draft else ()
        for problem in (*filter(None, (outcome.problem,)), *missing):
            self.counts[problem.code] = self.counts.get(problem.code, 0) + 1
            few = self.problems.setdefault(problem.code, [])
            if len(few) < 3:
                few.append(problem)

    def tell(self) -> None:
        if len(self.outcomes) <= _TOLD:
            for outcome in self.outcomes:
                _tell(self.console, outcome)
            return
        words = self.console.words
        for code, few in self.problems.items():
            self.console.list_problems(few)
            more = self.counts[code] - len(few)
            if more:
                self.console.say_aside(
                    "  " + words.say("and-more-problems", count=words.number(more))
                )


def _run(console: Console, values: Mapping[str, Any], importing: Importing) -> int:
    is_trial = values["dry_run"]
    to = _target(values)
    report = Report(console.words, values["report"], is_trial)
    telling = _Telling(console, records=[] if values["json"] else None)

    def waiting() -> None:
        console.say_aside(console.words.say("import-waiting"))

    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(to, waiting, is_trial))
        target = Target(ledger, is_trial, values["originals"])
        workers = stack.enter_context(Workers(values["jobs"]))
        stack.enter_context(report.writing())
        bars = Bars(console.words, stack.enter_context(contextlib.ExitStack()), values["json"])
        bars.stage("import", importing.total)
        for outcome in bring(importing, target, workers):
            report.add(outcome)
            telling.add(outcome)
            bars.advance(outcome.size)
    if telling.records is not None:
        console.give(report.summary() | {"outcomes": telling.records})
    else:
        telling.tell()
        _sum_up(console, report, values["report"], is_trial)
    return PROBLEMS if report.counts[Fate.FAILED] else DONE


def _target(values: Mapping[str, Any]) -> Path:
    folder: Path | None = values["to"]
    return folder or _relative(settings_file(values).parent / "content")


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
    if outcome.difference:
        console.say(outcome.difference)
    if outcome.written and outcome.draft:
        _tell_draft(console, outcome.draft)


def _tell_draft(console: Console, draft: Draft) -> None:
    words = console.words
    recognised = [f"{key + ':':<16} {_short(value)}" for key, value in draft.recognised]
    _section(console, "import-recognised", recognised)
    dropped = [
        words.say("import-line", line=each.line, text=_short(each.text))
        if each.line
        else _short(each.text)
        for each in draft.dropped
    ]
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


def _sum_up(console: Console, report: Report, file: Path | None, is_trial: bool) -> None:
    words = console.words
    counts = {str(each): words.number(report.counts[each]) for each in Fate}
    total = words.number(report.counts.total())
    console.say(words.say("import-summary", total=total, **counts))
    if report.held:
        console.say(words.say("import-held", count=words.number(report.held)))
    if file:
        console.say(words.say("import-report", file=file.as_posix()))
    if is_trial:
        console.say(words.say("import-trial"))
