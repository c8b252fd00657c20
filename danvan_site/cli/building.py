"""`build`: from arguments to a build, and from its report to words."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from danvan_site import __version__, builder, permanence
from danvan_site.catalog import Catalog
from danvan_site.cli import DONE, PROBLEMS, WRONG_USAGE
from danvan_site.cli.console import Console
from danvan_site.errors import ContentError, Problem, Severity, UsageError
from danvan_site.options import BuildOptions, BuildReport, Progress

_HELD = "held-for-review"
_LISTED = 10


def settings_file(values: Mapping[str, Any]) -> Path:
    """Return the settings file that the arguments name, as an absolute path."""
    return Path(os.path.abspath(values["config"] or "site.yaml"))


def content_folder(values: Mapping[str, Any]) -> Path:
    """Return the content folder that the arguments name, or the one beside the settings."""
    return _folder(values, "content", "content")


def output_folder(values: Mapping[str, Any]) -> Path:
    """Return the published folder that the arguments name, or the one beside the settings."""
    return _folder(values, "output", "public")


def templates_folder(values: Mapping[str, Any]) -> Path:
    """Return the templates folder that the arguments name, or the one beside the settings."""
    return _folder(values, "templates", "templates")


def _folder(values: Mapping[str, Any], key: str, usual: str) -> Path:
    chosen = values.get(key)
    return Path(os.path.abspath(chosen)) if chosen else settings_file(values).parent / usual


def now() -> datetime:
    """Return the time of the build: SOURCE_DATE_EPOCH (s) where it is set, else the clock's."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError("bad-epoch", found=epoch) from None


def options_of(values: Mapping[str, Any]) -> BuildOptions:
    """Return what the arguments ask for."""
    return BuildOptions(
        site=settings_file(values).parent,
        config=settings_file(values),
        content=content_folder(values),
        templates=templates_folder(values),
        output=output_folder(values),
        cache=_folder(values, "cache", ".cache"),
        now=now(),
        jobs=values["jobs"],
        executor=values.get("executor", ""),
        clean=values.get("clean", False),
        drafts=values["drafts"],
        future=values["future"],
        strict=values.get("strict", False),
        base_url=values["base_url"],
        precompress=values.get("precompress", False),
    )


def build(console: Console, values: Mapping[str, Any]) -> int:
    """Build and publish; return the exit code."""
    options = options_of(values)
    # Drafts and what is to come are a preview for oneself: nobody is promised their addresses.
    is_public = not options.drafts and not options.future
    options = dataclasses.replace(options, record=is_public)

    def run(progress: Progress) -> BuildReport:
        return builder.build(options, progress, lambda: _say_waiting(console))

    def tell(report: BuildReport) -> None:
        if values["verbose"]:
            _tell_more(console, report)
        summarise(console, options, report)

    return _run(console, values, run, tell)


def _run(
    console: Console,
    values: Mapping[str, Any],
    run: Callable[[Progress], BuildReport],
    tell: Callable[[BuildReport], None],
) -> int:
    """Run a build with a progress bar; say or give as JSON what came of it."""
    as_json = values["json"]
    # The process ends with the command: looking for garbage at its end would be for nothing.
    gc.disable()
    try:
        with contextlib.ExitStack() as stack:
            report = run(Bars(console.words, stack, hidden=as_json))
    except (ContentError, UsageError) as error:
        problems = error.problems if isinstance(error, ContentError) else [error.problem]
        if as_json:
            console.give(record(console.words, BuildReport(problems=list(problems)), ok=False))
        else:
            console.list_problems(spoken(problems))
        if isinstance(error, UsageError):
            return WRONG_USAGE
        if not as_json:
            totals = [number_of(problems, each) for each in (Severity.ERROR, Severity.WARNING)]
            console.say_aside(_failure(console.words, *totals))
        return PROBLEMS
    if as_json:
        console.give(record(console.words, report, ok=True, verbose=values.get("verbose", False)))
    else:
        tell(report)
    return DONE


def _say_waiting(console: Console) -> None:
    console.say_aside(console.words.say("waiting"))


def _failure(words: Catalog, errors: int, warnings: int) -> str:
    key = "errors-found" if errors else "strict-warnings"
    return words.say(key, errors=errors, warnings=warnings)


def record(
    words: Catalog, report: BuildReport, *, ok: bool, verbose: bool = False
) -> dict[str, Any]:
    """Return a report as JSON values: seconds by stage, memory in bytes, problems with words."""
    values: dict[str, Any] = {
        "ok": ok,
        "version": __version__,
        "bulletins": report.bulletins,
        "pages": report.pages,
        "artifacts": report.artifacts,
        "rendered": report.rendered,
        "written": report.written,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "pictures": report.pictures,
        "recorded": report.recorded,
        "compressed": dict(report.compressed),
        "left_out": {reason: list(paths) for reason, paths in report.left_out.items()},
        "seconds": {name: round(seconds, 4) for name, seconds in report.seconds.items()},
        "peak_memory": report.peak_memory,
        "problems": [words.record(problem) for problem in report.problems],
    }
    return values | ({"reasons": dict(report.reasons)} if verbose else {})


def summarise(console: Console, options: BuildOptions, report: BuildReport) -> None:
    """Say what was published, what was left out and why, and what to look at again."""
    words = console.words
    console.list_problems(spoken(report.problems))
    warnings = number_of(report.problems, Severity.WARNING)
    if warnings:
        console.say_aside(words.say("warnings-found", count=words.number(warnings)))
    list_left_out(console, options, report)
    changes = {
        name: words.number(getattr(report, name))
        for name in ("rendered", "written", "removed", "unchanged")
    }
    details = counts(words, report) | {"folder": options.shown(options.output)}
    if report.rendered or report.written or report.removed:
        console.say(words.say("changed", **changes))
        if report.compressed:
            copies = [f"{words.number(n)} {suffix}" for suffix, n in report.compressed.items()]
            console.say(words.say("compressed", counts=", ".join(copies)))
        if report.recorded:
            file = f"{options.shown(options.content)}/{permanence.FILE}"
            console.say(words.say("recorded", count=words.number(report.recorded), file=file))
        console.say(words.say("built", **details))
    else:
        console.say(words.say("nothing-changed", **details | changes))


def counts(words: Catalog, report: BuildReport) -> dict[str, str]:
    """Return how much a report is about, for the words that end it."""
    found = {name: words.number(getattr(report, name)) for name in ("bulletins", "pages")}
    seconds = words.seconds(sum(report.seconds.values()))
    return found | {"artifacts": words.number(report.artifacts), "seconds": seconds}


def list_left_out(console: Console, options: BuildOptions, report: BuildReport) -> None:
    """List what is not published, by reason; of what is to be settled, say what it is."""
    words, shown = console.words, options.shown(options.content)
    held = {each.place.file: each.details["review"] for each in report.problems
            if each.code == _HELD}  # fmt: skip
    for reason, paths in report.left_out.items():
        console.say(words.say(f"left-out-{reason}", count=words.number(len(paths))))
        for path in paths[:_LISTED]:
            file = f"{shown}/{path}"
            console.say(f"  {file}: {held[file]}" if file in held else f"  {file}")
        if len(paths) > _LISTED:
            console.say("  " + words.say("and-more", count=words.number(len(paths) - _LISTED)))


def spoken(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems that are listed on their own, not beside what was left out."""
    return [problem for problem in problems if problem.code != _HELD]


def number_of(problems: Sequence[Problem], severity: Severity) -> int:
    """Return how many problems are of a severity."""
    return sum(problem.severity is severity for problem in problems)


def _tell_more(console: Console, report: BuildReport) -> None:
    """List every file that was made again with the reason, and how long the stages took."""
    words = console.words
    for path, reason in sorted(report.reasons.items()):
        console.say(words.say("rendered", path=path, reason=words.say(f"reason-{reason}")))
    stages = [
        f"{words.say(f'stage-{name}')} {words.seconds(seconds)}"
        for name, seconds in report.seconds.items()
    ]
    console.say(words.say("seconds-by-stage", stages=" · ".join(stages)))


class Bars:
    """A bar on stderr for each stage whose length is known, where that is a terminal; *stack*
    ends the last one."""

    def __init__(self, words: Catalog, stack: contextlib.ExitStack, hidden: bool = False) -> None:
        self._words = words
        self._stack = stack
        self._hidden = hidden or not sys.stderr.isatty()
        self._update: Callable[[int], None] = lambda count: None

    def stage(self, name: str, total: int) -> None:
        """End the bar of the stage before and begin this one's."""
        self._stack.close()
        self._update = lambda count: None
        if total and not self._hidden:
            label = self._words.say(f"stage-{name}")
            bar = click.progressbar(length=total, label=label, file=sys.stderr)
            self._update = self._stack.enter_context(bar).update

    def advance(self, count: int) -> None:
        """Move the bar on."""
        self._update(count)
