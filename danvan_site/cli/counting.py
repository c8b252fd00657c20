"""`views`: counting views from access logs, and telling what became of their lines."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from danvan_site import catalog, config
from danvan_site.cli import DONE, PROBLEMS
from danvan_site.cli.building import content_folder, now, settings_file
from danvan_site.cli.console import Console
from danvan_site.cli.importing import expanded
from danvan_site.counting.reports import Days, days
from danvan_site.counting.run import USUAL_SERVER, Counted, Order, count
from danvan_site.counting.tally import LogCount
from danvan_site.errors import Place, UsageError
from danvan_site.locks import locked

_SHOWN = 10


def views(console: Console, values: Mapping[str, Any]) -> int:
    """Count the logs that the arguments name; return the exit code."""
    file = settings_file(values)
    settings = config.load(file, file.name)
    folder = content_folder(values)
    shown = os.path.relpath(folder, file.parent).replace(os.sep, "/")
    if not folder.is_dir():
        raise UsageError("no-content", Place(shown))
    order = Order(
        folder,
        shown,
        settings,
        expanded(values["logs"]),
        values["server"] or USUAL_SERVER,
        now(),
        values["dry_run"],
        catalog.load(settings.language).say("views-heading"),
        os.urandom(16),
        _period(values["period"]),
    )
    waiting = console.words.say("views-waiting")
    with locked(file.parent / ".cache" / "views.lock", lambda: console.say_aside(waiting)):
        counted = count(order)
    if values["json"]:
        console.give(_record(console, counted))
    else:
        for log in counted.logs:
            _tell(console, log)
        _sum_up(console, counted)
    return PROBLEMS if any(log.problem for log in counted.logs) else DONE


def _period(text: str) -> Days | None:
    found = days(text) if text else None
    if text and not found:
        raise UsageError("views-period", found=text[:80])
    return found


def _tell(console: Console, log: LogCount) -> None:
    if log.problem:
        console.list_problems([log.problem])
        return
    words = console.words
    names = ("lines", "views", "repeats", "before", "programs", "others", "unclear")
    details = {name: words.number(getattr(log, name)) for name in names}
    console.say(words.say("views-log", source=log.source, **details))
    console.list_problems(log.notices)


def _sum_up(console: Console, counted: Counted) -> None:
    words = console.words
    most = sorted(counted.added.items(), key=lambda item: (-item[1], item[0]))
    for key, number in most[:_SHOWN]:
        console.say(f"  {words.number(number):>9}  {key}")
    added, total = sum(counted.added.values()), counted.total
    details = {"added": words.number(added), "bulletins": words.number(len(most))}
    console.say(words.say("views-summary", total=words.number(total), **details))
    console.say(words.say("views-written" if counted.written else "views-as-it-was"))


def _record(console: Console, counted: Counted) -> dict[str, Any]:
    logs = []
    for log in counted.logs:
        values = dataclasses.asdict(log)
        values["problem"] = console.words.record(log.problem) if log.problem else None
        values["notices"] = [console.words.record(each) for each in log.notices]
        logs.append(values)
    return {
        "ok": not any(log.problem for log in counted.logs),
        "written": counted.written,
        "as_of": counted.as_of,
        "added": dict(sorted(counted.added.items())),
        "total": counted.total,
        "logs": logs,
    }
