"""Date archives: all years, a year, a month, and a day where a month is too long for one page."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from danvan_site.content import Bulletin
from danvan_site.dates import WEEKDAYS, WEEKDAYS_SHORT, Moment
from danvan_site.library import DOCUMENTS, grouped, standing
from danvan_site.plan import heat
from danvan_site.plan.frame import ARCHIVE, Frame, Values, day_of, day_url, month_url, titled
from danvan_site.plan.model import RANK_LIST, Artifact
from danvan_site.plan.same_day import earlier_day, earlier_link

Month = tuple[int, int]
_WEEKS = calendar.Calendar(firstweekday=0)
_TITLES_OF_A_SPLIT_DAY = 3


def plan(frame: Frame) -> Iterator[Artifact]:
    """Yield all pages of the date archives."""
    make = partial(_all_years, frame)
    yield Artifact(ARCHIVE, "archive", "archive.html", make, RANK_LIST)
    years, months = list(frame.library.years), list(frame.library.months)
    for position, year in enumerate(years):
        path = f"{year:04d}/index.html"
        make = partial(_year, frame, years, position, path)
        # It leads to the years beside it, its calendars to the months beside theirs.
        members = frame.library.years[year]
        counts = sorted(Counter((each.month, each.day) for each in members).items())
        imprecise = frame.stamps([each for each in members if not each.month])
        inputs = f"{years}{months}{position}{counts}{imprecise}"
        yield Artifact(path, "year", "year.html", make, RANK_LIST, inputs=inputs)
    for position, month in enumerate(months):
        path = month_url(*month)
        make = partial(_month, frame, months, position, path)
        beside = (*months[max(position - 1, 0) : position], *months[position + 1 : position + 2])
        place = f"{position > 0}{beside}"
        members = frame.library.months[month]
        inputs = f"{place}{_earlier_days(frame, month, members)}{frame.stamps(members)}"
        yield Artifact(path, "month", "month.html", make, RANK_LIST, inputs=inputs)
        if _is_split(frame, month):
            yield from _plan_days(frame, month, place)


def _plan_days(frame: Frame, month: Month, place: str) -> Iterator[Artifact]:
    by_day = days_of(frame, month)
    days = sorted(by_day)
    for position, day in enumerate(days):
        path = _day_page(month, day)
        make = partial(_day, frame, month, days, position)
        members = by_day[day]
        earlier = _earlier_days(frame, month, members[:1])
        inputs = f"{place}{days}{position}{earlier}{frame.stamps(members)}"
        yield Artifact(path, "day", "day.html", make, RANK_LIST, inputs=inputs)


def _earlier_days(frame: Frame, month: Month, members: Sequence[Bulletin]) -> str:
    """Return to which days of earlier years those of a month lead."""
    days = sorted({day_of(each)[2] for each in members})
    return f"{[earlier_day(frame, (*month, day)) for day in days if day]}"


def days_of(frame: Frame, month: Month) -> dict[int, list[Bulletin]]:
    """Return the bulletins of a month by day; those whose day is not known under 0."""
    days = grouped(frame.library.months[month], lambda bulletin: [bulletin.day])
    days.pop(0, None)
    return days


def monthly_url(frame: Frame, month: Month) -> str:
    """Return the address of a month's bulletins as one document, '' where there is none."""
    if not frame.settings.month_bulletin or not standing(frame.library.months[month]):
        return ""
    return f"{month[0]:04d}/{month[1]:02d}/ban-tin.html"


def _is_split(frame: Frame, month: Month) -> bool:
    return len(frame.library.months[month]) > frame.settings.day_split


def _day_page(month: Month, day: int) -> str:
    return f"{month[0]:04d}/{month[1]:02d}/{day:02d}/index.html"


def calendar_of(
    frame: Frame, month: Month, days: dict[int, list[Bulletin]], current: int = 0
) -> Values:
    """Return a month's calendar; each day that has bulletins leads to them.

    *current* is the day on whose own page it stands.  There the others are not counted: a new
    bulletin would change all pages of its month's days.
    """
    language = frame.settings.language
    split = _is_split(frame, month)

    def cell(day: int) -> Values:
        count = len(days.get(day, ()))
        if not day or not count:
            return {"day": day or None, "count": 0, "heat": 0, "url": "", "label": ""}
        moment = Moment(*month, day)
        label = moment.text(language) if current else heat.day_label(frame, moment, count)
        count = 1 if current else count
        url = _day_page(month, day) if split else day_url(*month, day)
        shade = heat.shade(count, heat.OF_DAYS)
        return {"day": day, "count": count, "heat": shade, "url": url, "label": label}

    weekdays = zip(WEEKDAYS_SHORT[language], WEEKDAYS[language], strict=True)
    months = list(frame.library.months)
    position = months.index(month)
    return {
        "title": frame.month_title(*month),
        "url": month_url(*month),
        "current": current,
        "weekdays": [{"short": short, "long": long} for short, long in weekdays],
        "weeks": [[cell(day) for day in week] for week in _WEEKS.monthdayscalendar(*month)],
        "previous": titled(_month_at(frame, months, position - 1)),
        "next": titled(_month_at(frame, months, position + 1)),
    }


def _month_at(frame: Frame, months: Sequence[Month], position: int) -> tuple[str, str] | None:
    if not 0 <= position < len(months):
        return None
    return frame.month_title(*months[position]), month_url(*months[position])


def _year_at(frame: Frame, years: Sequence[int], position: int) -> tuple[str, str] | None:
    if not 0 <= position < len(years):
        return None
    return _year_title(frame, years[position]), f"{years[position]:04d}/index.html"


def _year_title(frame: Frame, year: int) -> str:
    return frame.text("year_title", year=year)


def _archive_crumb(frame: Frame) -> tuple[str, str]:
    return frame.text("archive"), ARCHIVE


def _months_of(frame: Frame, year: int) -> list[Month]:
    return [month for month in frame.library.months if month[0] == year]


def _is_imprecise(bulletin: Bulletin) -> bool:
    return not bulletin.day


def _all_years(frame: Frame) -> Values:
    context = frame.page(ARCHIVE, "archive", frame.text("archive"))
    undated = sum(_is_imprecise(bulletin) for bulletin in frame.library.bulletins)
    return context | {
        "years": heat.coverage(frame),
        "months": heat.month_names(frame),
        "legend": heat.legend(frame, heat.OF_MONTHS),
        "undated": undated,
        "documents": f"{DOCUMENTS}/index.html" if frame.library.documents else "",
    }


def _year(frame: Frame, years: Sequence[int], position: int, path: str) -> Values:
    year = years[position]
    members = frame.library.years[year]
    months = [
        {
            "title": frame.month_title(*month),
            "url": month_url(*month),
            "count": frame.number(len(frame.library.months[month])),
            "calendar": calendar_of(frame, month, days_of(frame, month)),
        }
        for month in _months_of(frame, year)
    ]
    imprecise = [each for each in members if not each.month]
    counts = Counter((each.month, each.day) for each in members if each.day)
    title = _year_title(frame, year)
    context = frame.page(path, "year", title, crumbs=[_archive_crumb(frame)])
    return context | {
        "year": year,
        "count": frame.number(len(members)),
        "essence": heat.essence(frame, year, counts),
        "map": heat.year_map(frame, year, counts) if counts else None,
        "legend": heat.legend(frame, heat.OF_DAYS),
        "months": months,
        "imprecise": frame.newest_first(imprecise),
        "previous": titled(_year_at(frame, years, position - 1)),
        "next": titled(_year_at(frame, years, position + 1)),
    }


def crumbs_to(frame: Frame, month: Month) -> list[tuple[str, str]]:
    """Return the way to a month."""
    year = month[0]
    return [_archive_crumb(frame), (_year_title(frame, year), f"{year:04d}/index.html")]


def _month(frame: Frame, months: Sequence[Month], position: int, path: str) -> Values:
    month = months[position]
    days = days_of(frame, month)
    split = _is_split(frame, month)
    sections = [
        {
            "title": Moment(*month, day).text(frame.settings.language),
            "anchor": f"ngay-{day:02d}",
            "iso": Moment(*month, day).iso,
            "count": frame.number(len(members)),
            "url": _day_page(month, day) if split else "",
            "earlier": earlier_link(frame, (*month, day)),
            "items": frame.newest_first(members[-_TITLES_OF_A_SPLIT_DAY:] if split else members),
        }
        for day, members in sorted(days.items(), reverse=True)
    ]
    members = frame.library.months[month]
    title = frame.month_title(*month)
    context = frame.page(path, "month", title, crumbs=crumbs_to(frame, month))
    return context | {
        "title": title,
        "count": frame.number(len(members)),
        "calendar": calendar_of(frame, month, days),
        "legend": heat.legend(frame, heat.OF_DAYS),
        "days": sections,
        "imprecise": frame.newest_first([each for each in members if _is_imprecise(each)]),
        "monthly_url": monthly_url(frame, month),
        "previous": titled(_month_at(frame, months, position - 1)),
        "next": titled(_month_at(frame, months, position + 1)),
    }


def _day(frame: Frame, month: Month, days: Sequence[int], position: int) -> Values:
    by_day = days_of(frame, month)

    def beside(offset: int) -> tuple[str, str] | None:
        if not 0 <= position + offset < len(days):
            return None
        day = days[position + offset]
        return Moment(*month, day).text(frame.settings.language), _day_page(month, day)

    moment = Moment(*month, days[position])
    members = by_day[days[position]]
    title = moment.text(frame.settings.language)
    crumbs = [*crumbs_to(frame, month), (frame.month_title(*month), month_url(*month))]
    context = frame.page(_day_page(month, days[position]), "day", title, crumbs=crumbs)
    return context | {
        "title": title,
        "iso": moment.iso,
        "count": frame.number(len(members)),
        "items": frame.newest_first(members),
        "earlier": earlier_link(frame, (*month, days[position])),
        "calendar": calendar_of(frame, month, by_day, days[position]),
        "previous": titled(beside(-1)),
        "next": titled(beside(1)),
    }
