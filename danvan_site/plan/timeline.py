"""How many bulletins of a list came when: a bar for each year, or for each month of two years."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from danvan_site.content import Bulletin
from danvan_site.dates import Moment
from danvan_site.plan.frame import Frame, Values

# With fewer bulletins there is nothing to see.
_LEAST = 3
_STEP, _BAR, _HEIGHT, _LEAST_HEIGHT = 16, 13, 40, 2


def counts(members: Sequence[Bulletin]) -> Mapping[tuple[int, int], int]:
    """Return how many of *members* (oldest first) each year has, by (year, 0); where all lie within
    two years, by (year, month)."""
    if len(members) < _LEAST:
        return {}
    # What is looked at is a part of the date: year alone, or year and month.
    length = 2 if members[-1].year - members[0].year < 2 else 1

    def period_of(bulletin: Bulletin) -> Any:
        assert bulletin.head.date is not None
        return bulletin.head.date[:length]

    found: dict[tuple[int, int], int] = {}
    start = 0
    while start < len(members):
        period = period_of(members[start])
        end = bisect_right(members, period, start, key=period_of)
        if period[-1]:
            found[period[0], period[1] if length == 2 else 0] = end - start
        start = end
    return found


def timeline(frame: Frame, members: Sequence[Bulletin]) -> Values | None:
    """Return the bars and what they say in words; None where there are not two to compare."""
    found = counts(members)
    if len(found) < 2 or sum(found.values()) < _LEAST:
        return None
    first, last = min(found), max(found)
    most = max(sorted(found), key=lambda period: found[period])
    names = [Moment(*period).short() for period in (first, last, most)]
    by_month = bool(first[1])
    bars = []
    for period, count in sorted(found.items()):
        place = _place(period) - _place(first)
        height = max(_LEAST_HEIGHT, round(_HEIGHT * count / found[most]))
        name = Moment(*period).short()
        bars.append(
            {
                "x": place * _STEP,
                "path": f"M{place * _STEP} {_HEIGHT}v-{height}h{_BAR}v{height}z",
                "period": name,
                "label": frame.text("calendar_day", date=name, count=frame.number(count)),
            }
        )
    width = (_place(last) - _place(first) + 1) * _STEP - (_STEP - _BAR)
    text = _said(frame, by_month, names, found[most])
    return {"width": width, "height": _HEIGHT, "bars": bars, "text": text, "by_month": by_month}


def _said(frame: Frame, by_month: bool, names: Sequence[str], number: int) -> str:
    first, last, most = names
    count = frame.number(number)
    if by_month:
        return frame.text("timeline_months", first=first, last=last, most=most, count=count)
    return frame.text("timeline_years", first=first, last=last, most=most, count=count)


def _place(period: tuple[int, int]) -> int:
    year, month = period
    return year * 12 + month if month else year
