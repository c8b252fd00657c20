"""Dates as bulletins have them: exact to the second, the day, the month or only the year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

from danvan_site import vietnamese

WEEKDAYS = {
    "vi": ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
WEEKDAYS_SHORT = {
    "vi": ("T2", "T3", "T4", "T5", "T6", "T7", "CN"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_WEEKDAY_WORDS = {
    "hai": 0, "2": 0, "ba": 1, "3": 1, "tu": 2, "4": 2, "nam": 3, "5": 3,
    "sau": 4, "6": 4, "bay": 5, "7": 5,
}  # fmt: skip
_WEEKDAY = re.compile(r"\b(?:thứ\s*(hai|ba|tư|năm|sáu|bảy|[2-7])|(chủ\s*nhật|cn))\b", re.IGNORECASE)
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})(?:-(\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?)?"
)
_DAY = re.compile(
    r"(?<![\d.])(?:ngày\s*)?(\d{1,2})(?:\s*[/.-]\s*|\s+tháng\s+)(\d{1,2})"
    r"(?:(?:\s*[/.-]\s*|\s+năm\s+)(\d{4}))?(?!\d)",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})(?::|\s*giờ\s*)(\d{2})(?::(\d{2}))?(?:\s*(AM|PM|SA|CH)\b)?", re.IGNORECASE
)
_ZONE = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2})(?::?(\d{2}))?(?!\d)")


class DateError(ValueError):
    """A date that cannot be read.  ``code`` names the problem, ``details`` fill its message;
    ``weekday:3`` among them is Thursday in the language of the message."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the calendar as precise as it is known.

    ``month`` and ``day`` are 0 where they are not known; ``clock`` is ``HH:MM`` or ``HH:MM:SS``
    in the zone ``zone`` (``+07:00``), or empty where the time of day is not known.
    """

    year: int
    month: int = 0
    day: int = 0
    clock: str = ""
    zone: str = ""

    def is_before(self, other: Moment) -> bool:
        """Tell whether its day is certainly before another's, as far as both are known."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        for one, two in pairs:
            if not one or not two or one != two:
                return 0 < one < two
        return False

    @property
    def iso(self) -> str:
        """The date in ISO 8601, cut where it is no longer known: ``2022-08``."""
        if not self.month:
            return f"{self.year:04d}"
        if not self.day:
            return f"{self.year:04d}-{self.month:02d}"
        day = f"{self.year:04d}-{self.month:02d}-{self.day:02d}"
        if not self.clock:
            return day
        seconds = self.clock if len(self.clock) == 8 else f"{self.clock}:00"
        return f"{day}T{seconds}{self.zone}"

    @property
    def order(self) -> tuple[int, int, int, str]:
        """The key of chronological order; what is not known comes before what is."""
        return self.year, self.month, self.day, self.clock

    @property
    def weekday(self) -> int:
        """Monday is 0.  Only for a date whose day is known."""
        return date(self.year, self.month, self.day).weekday()

    def starts(self, zone: str) -> datetime:
        """The first instant the date can mean, as an aware datetime."""
        clock = time.fromisoformat(self.clock) if self.clock else time()
        day = date(self.year, self.month or 1, self.day or 1)
        return datetime.combine(day, clock, zone_of(self.zone or zone))

    def short(self) -> str:
        """``16/07/2020``, ``08/2022`` or ``2022``."""
        return short(self.year, self.month, self.day)

    def text(self, language: str) -> str:
        """The date line of a page: ``Thứ Năm, 16/07/2020, 13:40``, ``Tháng 8/2022``."""
        if not self.month:
            return f"Năm {self.year}" if language == "vi" else str(self.year)
        if not self.day:
            return month_title(self.year, self.month, language)
        line = f"{WEEKDAYS[language][self.weekday]}, {self.short()}"
        return f"{line}, {self.clock[:5]}" if self.clock else line


@lru_cache(maxsize=1 << 14)
def short(year: int, month: int, day: int) -> str:
    """Return a date in figures, as `Moment.short` does; a page of a bulletin has twenty."""
    parts = [f"{part:02d}" for part in (day, month) if part]
    return "/".join([*parts, f"{year:04d}"])


def month_title(year: int, month: int, language: str) -> str:
    """``Tháng 7/2020`` or ``July 2020``."""
    return f"Tháng {month}/{year}" if language == "vi" else f"{MONTHS_EN[month - 1]} {year}"


def month_short(month: int, language: str) -> str:
    """``Th7`` or ``Jul``, where there is room for no more."""
    return f"Th{month}" if language == "vi" else MONTHS_EN[month - 1][:3]


def zone_of(offset: str) -> timezone:
    """Return the zone of an offset ``+07:00``; raise ValueError where it is none."""
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", offset)
    if offset in ("Z", "UTC"):
        return UTC
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        raise ValueError(offset)
    minutes = int(match[2]) * 60 + int(match[3])
    return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))


def parse(text: str, zone: str = "+07:00") -> Moment:
    """Read a date of front matter: ISO 8601 (day, month or year) or a portal's date line.

    A time with another zone is turned into *zone*.  Raises DateError with the codes
    ``date-unreadable``, ``date-impossible``, ``date-no-year`` or ``weekday-mismatch``.
    """
    text = vietnamese.tidy_spaces(text)
    if re.fullmatch(r"\d{4}", text):
        return _checked(int(text), 0, 0)
    match = _ISO.fullmatch(text)
    if not match:
        return parse_stamp(text, zone)
    year, month, day = int(match[1]), int(match[2]), int(match[3] or 0)
    if not match[4]:
        return _checked(year, month, day)
    moment = _checked(year, month, day, f"{int(match[4]):02d}:{match[5]}", match[6], zone)
    return _in_zone(moment, match[7], zone) if match[7] else moment


def parse_stamp(text: str, zone: str = "+07:00", year: int = 0) -> Moment:
    """Read a date line as portals print it, in any of their orders and separators.

    Known shapes: ``Thứ Năm, 16/07/2020, 13:40``; ``Thứ 4, 11.09.2019 | 18:11:27``;
    ``10:23:48 28-09-2020 GMT+0700``; ``ngày 05 tháng 9 năm 2020``; ``09.06.2023 | 19:39 PM``.
    *year* stands in for a missing one.  Raises DateError as `parse` does.
    """
    text = vietnamese.tidy_spaces(text)
    clock = _CLOCK.search(text)
    rest = text[: clock.start()] + " " + text[clock.end() :] if clock else text
    found = _DAY.search(rest)
    if not found:
        month = re.fullmatch(r"(?:tháng\s*)?(\d{1,2})\s*[/-]\s*(\d{4})", text, re.IGNORECASE)
        if month:
            return _checked(int(month[2]), int(month[1]), 0)
        raise DateError("date-unreadable", text=text)
    known = int(found[3] or year)
    if not known:
        raise DateError("date-no-year", text=text)
    hour, second = _hour(clock) if clock else "", clock[3] if clock else None
    moment = _checked(known, int(found[2]), int(found[1]), hour, second, zone)
    _check_weekday(text, moment)
    offset = _ZONE.search(rest, found.end()) if clock else None
    if offset:
        written = f"{offset[1]}{int(offset[2]):02d}:{offset[3] or '00'}"
        return _in_zone(moment, written, zone)
    return moment


def _hour(clock: re.Match[str]) -> str:
    hour = int(clock[1])
    half = (clock[4] or "").upper()
    if half in ("PM", "CH") and hour < 12:
        hour += 12
    elif half in ("AM", "SA") and hour == 12:
        hour = 0
    return f"{hour:02d}:{clock[2]}"


def _checked(
    year: int, month: int, day: int, clock: str = "", second: str | None = None, zone: str = ""
) -> Moment:
    full = f"{clock}:{second}" if second else clock
    try:
        date(year, month or 1, day or 1)
        if full:
            time.fromisoformat(full)
        if (day and not month) or (full and not day) or not 1900 <= year <= 2200:
            raise ValueError(year)
    except ValueError:
        written = Moment(year, month, day).short() + (f", {full}" if full else "")
        raise DateError("date-impossible", text=written) from None
    return Moment(year, month, day, full, zone if full else "")


def _check_weekday(text: str, moment: Moment) -> None:
    match = _WEEKDAY.search(text)
    if not match:
        return
    said = 6 if match[2] else _WEEKDAY_WORDS[vietnamese.fold(match[1])]
    if said != moment.weekday:
        raise DateError(
            "weekday-mismatch",
            said=f"weekday:{said}",
            date=moment.short(),
            actual=f"weekday:{moment.weekday}",
        )


def _in_zone(moment: Moment, written: str, zone: str) -> Moment:
    """Turn a time written with its own offset into the site's zone."""
    try:
        there = zone_of(written)
    except ValueError:
        raise DateError("date-unreadable", text=written) from None
    here = zone_of(zone)
    local = datetime.combine(
        date(moment.year, moment.month, moment.day), time.fromisoformat(moment.clock), there
    ).astimezone(here)
    clock = f"{local:%H:%M:%S}" if len(moment.clock) == 8 else f"{local:%H:%M}"
    return Moment(local.year, local.month, local.day, clock, zone)
