"""How many bulletins there are, as shades: a day's, a month's, and the map of a whole year.

A shade is a number from 0 (none) to 4.  The steps between them are fixed: steps that follow the
largest count would give other shades to pages that have nothing new.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from danvan_site.dates import Moment, month_short
from danvan_site.plan.frame import Frame, Values, day_url, month_url

# The least number of bulletins of each shade.
OF_DAYS = (1, 2, 5, 10)
OF_MONTHS = (1, 10, 50, 150)
# Measures of a year's map, in units of its drawing: from one day to the next, and above them.
_STEP, _HEAD = 12, 20
Day = tuple[int, int]


def shade(count: int, steps: Sequence[int]) -> int:
    """Return the shade of a number of bulletins."""
    return bisect_right(steps, count)


def legend(frame: Frame, steps: Sequence[int]) -> list[Values]:
    """Return what each shade means: ``1``, ``2–4`` …"""
    texts = [str(low) if next_low - low == 1 else f"{low}–{next_low - 1}"
             for low, next_low in pairwise(steps)]  # fmt: skip
    texts.append(frame.text("heat_more", count=steps[-1]))
    return [{"heat": heat, "text": text} for heat, text in enumerate(texts, start=1)]


def day_label(frame: Frame, moment: Moment, count: int) -> str:
    """Return ``Thứ Năm, 16/07/2020: 3 tin``."""
    date = moment.text(frame.settings.language)
    return frame.text("calendar_day", date=date, count=frame.number(count))


def year_map(frame: Frame, year: int, counts: Mapping[Day, int]) -> Values:
    """Return the map of a year, a week a column from Monday down: its days with bulletins, the
    outline of all its days, and the names of its months.  *counts* is by month and day."""
    offset = date(year, 1, 1).weekday()
    last = date(year, 12, 31)

    def place(day: date) -> tuple[int, int]:
        column, row = divmod(day.timetuple().tm_yday - 1 + offset, 7)
        return column * _STEP, _HEAD + row * _STEP

    def cells() -> Iterator[Values]:
        for (month, day), count in sorted(counts.items()):
            x, y = place(date(year, month, day))
            label = day_label(frame, Moment(year, month, day), count)
            url = day_url(year, month, day)
            yield {"x": x, "y": y, "heat": shade(count, OF_DAYS), "url": url, "label": label}

    end, bottom = place(last)
    foot = _HEAD + 7 * _STEP
    language = frame.settings.language
    return {
        "width": end + _STEP,
        "height": foot,
        "outline": f"M0 {_HEAD + offset * _STEP}h{_STEP}V{_HEAD}H{end + _STEP}V{bottom + _STEP}"
        f"H{end}V{foot}H0z",
        "months": [
            {"x": place(date(year, month, 1))[0], "title": month_short(month, language)}
            for month in range(1, 13)
        ],
        "days": list(cells()),
    }


def essence(frame: Frame, year: int, counts: Mapping[Day, int]) -> str:
    """Say of a year's map what it shows: how many days have bulletins, and which has most."""
    if not counts:
        return ""
    said = frame.text("year_days", count=frame.number(len(counts)))
    busiest = max(sorted(counts), key=lambda day: counts[day])
    if counts[busiest] > 1:
        day = Moment(year, *busiest).short()
        most = frame.text("year_busiest", date=day, count=frame.number(counts[busiest]))
        said = f"{said}; {most}"
    return f"{said}."


def month_names(frame: Frame) -> list[str]:
    """Return the twelve months as short as they can be."""
    return [month_short(month, frame.settings.language) for month in range(1, 13)]


def coverage(frame: Frame) -> list[Values]:
    """Return the years, newest first, with their months; years without bulletins between them as
    one row without any."""
    rows: list[Values] = []
    later = 0
    for year, members in reversed(list(frame.library.years.items())):
        if later > year + 1:
            gap = f"{year + 1}–{later - 1}" if later > year + 2 else str(year + 1)
            rows.append({"year": gap, "url": "", "count": "", "months": []})
        rows.append(
            {
                "year": year,
                "url": f"{year:04d}/index.html",
                "count": frame.number(len(members)),
                "months": [_month(frame, year, month) for month in range(1, 13)],
            }
        )
        later = year
    return rows


def _month(frame: Frame, year: int, month: int) -> Values | None:
    count = len(frame.library.months.get((year, month), ()))
    if not count:
        return None
    title, shown = frame.month_title(year, month), frame.number(count)
    return {
        "month": month,
        "title": title,
        "url": month_url(year, month),
        "count": shown,
        "heat": shade(count, OF_MONTHS),
        "label": frame.text("calendar_day", date=title, count=shown),
    }
