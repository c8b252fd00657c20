"""`check`: from arguments to an examination, and from what it found to people and programs."""

from __future__ import annotations

import contextlib
import gc
import math
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from danvan_site import config
from danvan_site.catalog import Catalog
from danvan_site.cli import DONE, PROBLEMS, WRONG_USAGE
from danvan_site.cli.annotations import github, sarif
from danvan_site.cli.building import (
    Bars,
    counts,
    list_left_out,
    number_of,
    options_of,
    record,
    spoken,
)
from danvan_site.cli.console import Console
from danvan_site.errors import Severity, UsageError
from danvan_site.examining import checking, fixing
from danvan_site.examining.checking import Checked, Wanted
from danvan_site.options import BuildOptions, BuildReport


def check(console: Console, values: Mapping[str, Any]) -> int:
    """Examine and publish nothing; return the exit code."""
    _refuse_contradictions(console.words, values)
    options = options_of(values)
    if values["fix"]:
        return _fix(console, options, write=values["write"])
    shape = "json" if values["json"] else values["format"] or "text"
    chosen = values["baseline"]
    wanted = Wanted(
        Severity(values["level"] or Severity.NOTICE),
        Path(os.path.abspath(chosen)) if chosen else None,
        values["write_baseline"],
        values["external"],
    )
    # The process ends with the command: looking for garbage at its end would be for nothing.
    gc.disable()
    try:
        with contextlib.ExitStack() as stack:
            bars = Bars(console.words, stack, hidden=shape != "text")
            waiting = console.words.say("waiting")
            found = checking.check(
                options,
                wanted,
                bars,
                lambda: console.say_aside(waiting),
                partial(_say_estimate, console),
            )
    except UsageError as error:
        report = BuildReport(problems=[error.problem])
        _give(console, options, shape, Checked(report, ok=False, whole=False))
        return WRONG_USAGE
    _give(console, options, shape, found)
    return DONE if found.ok else PROBLEMS


def _refuse_contradictions(words: Catalog, values: Mapping[str, Any]) -> None:
    given = {
        name
        for name in ("json", "format", "baseline", "level", "strict", "external")
        if values[name]
    }
    pairs = (
        ("json", "format"),
        *(("fix", name) for name in ("json", "format", "baseline", "external")),
    )
    for one, other in pairs:
        if values[one] and other in given:
            text = words.say("not-together", one=f"--{one}", other=f"--{other}")
            raise click.UsageError(text, click.get_current_context())
    for one, other in (("write", "fix"), ("write_baseline", "baseline")):
        if values[one] and not values[other]:
            name = one.replace("_", "-")
            text = words.say("only-together", one=f"--{name}", other=f"--{other}")
            raise click.UsageError(text, click.get_current_context())


def _give(console: Console, options: BuildOptions, shape: str, found: Checked) -> None:
    """Tell what was found in the shape that is wanted."""
    words, report = console.words, found.report
    if shape == "json":
        own = {"known": found.known, "duties": _recorded(words, found)}
        console.give(record(words, report, ok=found.ok) | own)
    elif shape == "sarif":
        console.give(sarif(words, options, report.problems))
    elif shape == "github":
        for line in github(words, options, report.problems):
            console.say(line)
    else:
        _say(console, options, found)


def _say_estimate(console: Console, addresses: int, hosts: int, seconds: float) -> None:
    words = console.words
    details = {"addresses": words.number(addresses), "hosts": words.number(hosts)}
    minutes = words.number(math.ceil(seconds / 60))
    console.say_aside(words.say("external-estimate", minutes=minutes, **details))


def _recorded(words: Catalog, found: Checked) -> list[dict[str, str]]:
    """Return what rules ask as JSON values."""
    return [
        {
            "name": name,
            "state": state.value,
            "where": where,
            "text": words.say(f"duty-{name}"),
            "source": words.say(f"duty-source-{name}"),
        }
        for name, state, where in found.duties
    ]


def _say_duties(console: Console, found: Checked) -> None:
    words = console.words
    if found.duties:
        console.say(words.say("duty-heading"))
    for each in _recorded(words, found):
        state = words.say(f"duty-state-{each['state']}")
        where = f": {each['where']}" if each["where"] else ""
        console.say(f"  [{state}] {each['text']}{where} ({each['source']})")


def _say(console: Console, options: BuildOptions, found: Checked) -> None:
    words, report = console.words, found.report
    console.list_problems(spoken(report.problems))
    if not found.whole and any(each.place.file == "" for each in report.problems):
        return
    list_left_out(console, options, report)
    _say_duties(console, found)
    if found.known:
        console.say(words.say("check-known", count=words.number(found.known)))
    if found.written is not None:
        console.say(words.say("baseline-written", count=words.number(found.written)))
    errors, warnings, notices = (number_of(report.problems, each) for each in Severity)
    if found.ok and found.whole:
        details = counts(words, report)
        console.say(words.say("check-passed", warnings=warnings, notices=notices, **details))
    else:
        text = words.say("check-failed", errors=errors, warnings=warnings, notices=notices)
        console.say_aside(text)


def _fix(console: Console, options: BuildOptions, *, write: bool) -> int:
    """Show what certain corrections would change, or make them; return the exit code."""
    words = console.words
    shown = options.shown(options.config)
    settings = config.load(options.config, shown, options.base_url)
    with contextlib.ExitStack() as stack:
        bars = Bars(words, stack)
        fixes = fixing.find(options, settings, bars)
    for fix in fixes:
        for line in fix.difference():
            console.say(line)
    details = {
        "files": words.number(len(fixes)),
        "count": words.number(sum(fix.count for fix in fixes)),
    }
    if not fixes:
        console.say(words.say("nothing-to-fix"))
    elif not write:
        console.say(words.say("fixes-found", **details))
    else:
        problems = [problem for fix in fixes for problem in fix.write()]
        console.list_problems(problems)
        written = words.number(len(fixes) - len(problems))
        console.say(words.say("fixes-written", files=written))
        return PROBLEMS if problems else DONE
    return DONE
