"""What a bulletin's page shows of its day: others of that day, and the day in an earlier year.

Each page shows few, and those that stand next to it: a new bulletin changes five pages of its day
at most, and one that is edited those too of the same day in the next year that has any.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby

from danvan_site.content import Bulletin
from danvan_site.dates import Moment, short
from danvan_site.plan.frame import Day, Frame, Values, day_of, day_url
from danvan_site.plan.model import DIGEST

NEAR = 5
# Of an earlier year: how many are shown, on the pages of how many of a day, from how far back.
EARLIER, _PAGES, _YEARS = 3, 20, 5
# Of a day of so many, as nearly all are, it is not told apart which of them a page may show.
_SHORT = 2 * NEAR + 1


def inputs(frame: Frame) -> Iterator[str]:
    """Yield for each bulletin of the library, in order, what its `same_day` comes from: the stamps
    of all that it may show."""
    stamps = frame.stamps(frame.standing)
    for found, members in groupby(frame.library.bulletins, day_of):
        day = found[0], found[1], found[2]
        if not day[2]:
            yield from ("" for _ in members)
            continue
        run, shown = frame.days.get(day, range(0)), _earlier(frame, day)
        earlier = stamps[shown.start * DIGEST : shown.stop * DIGEST]
        if len(run) <= _SHORT:
            every = f"{stamps[run.start * DIGEST : run.stop * DIGEST]} {earlier}"
            yield from [every for _ in members]
            continue
        place = run.start
        for bulletin in members:
            window = _window(run, place)
            near = stamps[window.start * DIGEST : window.stop * DIGEST]
            yield f"{near} {earlier}" if place - run.start < _PAGES else near
            place += bulletin.head.status != "withdrawn"


def _window(run: range, place: int) -> range:
    """Return the places of a day that a page may show: those near its own."""
    return range(max(place - NEAR, run.start), min(place + NEAR + 1, run.stop))


def earlier_day(frame: Frame, day: Day) -> Day | None:
    """Return the same day of the latest earlier year that has bulletins on it, None where the last
    few years have none."""
    year, month, date = day
    for back in range(1, _YEARS + 1):
        found = year - back, month, date
        if found in frame.days:
            return found
    return None


def _earlier(frame: Frame, day: Day) -> range:
    found = earlier_day(frame, day)
    run = frame.days[found] if found else range(0)
    return range(max(run.stop - EARLIER, run.start), run.stop)


def earlier_link(frame: Frame, day: Day) -> Values | None:
    """Return the way to the same day of an earlier year."""
    found = earlier_day(frame, day)
    if found is None:
        return None
    title = Moment(*found).text(frame.settings.language)
    return {"title": title, "url": day_url(*found), "heading": _heading(frame, day, found)}


def _heading(frame: Frame, day: Day, found: Day) -> str:
    if found[0] == day[0] - 1:
        return frame.text("last_year")
    return frame.text("earlier_year", year=found[0])


def same_day(frame: Frame, bulletin: Bulletin, shown: Sequence[Bulletin]) -> Values:
    """Return what a page shows of its day besides *shown*, its neighbours: ``others`` and
    ``earlier``, each {title, url, items} or None; items have title and url."""
    date = bulletin.head.date
    if not date or not date[2]:
        return {"others": None, "earlier": None}
    day = date[0], date[1], date[2]
    run = frame.days.get(day, range(0))
    place = bisect_left(
        frame.standing, bulletin.order, run.start, run.stop, key=lambda each: each.order
    )
    others: Values | None = None
    if run and not (len(run) == 1 and frame.standing[run.start].path == bulletin.path):
        skipped = {bulletin.path, *(each.path for each in shown)}
        near = [at for at in _window(run, place) if frame.standing[at].path not in skipped]
        near = sorted(sorted(near, key=lambda at: abs(at - place))[:NEAR], reverse=True)
        if near:
            title = frame.text("same_day_all", date=short(*day))
            others = {"title": title, "url": day_url(*day), "items": _links(frame, near)}
    earlier = _earlier_part(frame, day) if place - run.start < _PAGES else None
    return {"others": others, "earlier": earlier}


def _earlier_part(frame: Frame, day: Day) -> Values | None:
    """Return what the pages of a day show of an earlier year; made once for all of them."""
    if day not in frame.earlier:
        part = earlier_link(frame, day)
        if part:
            part["items"] = _links(frame, _earlier(frame, day)[::-1])
        frame.earlier[day] = part
    return frame.earlier[day]


def _links(frame: Frame, places: Sequence[int]) -> list[Values]:
    """Return links to bulletins, of heads alone: a page has several, and cards would have to be
    made for them."""
    heads = [frame.standing[at].head for at in places]
    return [{"title": head.title, "url": head.url} for head in heads]
