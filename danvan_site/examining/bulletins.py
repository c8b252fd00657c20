"""Examinations of bulletins beside each other: titles that come again, news that go on for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from danvan_site import dates, vietnamese
from danvan_site.content import Bulletin
from danvan_site.errors import Problem
from danvan_site.stages import Examined


def same_titles(site: Examined) -> Iterator[Problem]:
    """Two bulletins of one day have one title: most often one came twice.  On other days readers
    only cannot tell them apart in lists."""
    first: dict[str, Bulletin] = {}
    days: dict[tuple[str, str], Bulletin] = {}
    for bulletin in site.library.bulletins:
        head = bulletin.head
        title = vietnamese.identity(head.title)
        day = str(head.date[:3]) if head.date else ""
        earlier = days.setdefault((title, day), bulletin)
        other = first.setdefault(title, bulletin)
        if other is bulletin:
            continue
        place = bulletin.place("title", site.shown)
        if earlier is not bulletin:
            details = {"title": head.title, "other": f"{site.shown}/{earlier.path}"}
            yield Problem("title-twice", place, details)
        else:
            details = {"title": head.title, "other": f"{site.shown}/{other.path}"}
            yield Problem("title-again", place, details)


def still_updating(site: Examined) -> Iterator[Problem]:
    """What is still being updated has not been for long."""
    now = site.options.now.astimezone(dates.zone_of(site.settings.timezone)).date()
    for bulletin in site.library.bulletins:
        head = bulletin.head
        if head.status != "updating" or len(head.changed) < len("2020-07-16"):
            continue
        days = (now - date.fromisoformat(head.changed)).days
        if days > site.settings.check.updating_days:
            place = bulletin.place("status", site.shown)
            details = {"since": head.changed, "days": str(days)}
            yield Problem("still-updating", place, details)
