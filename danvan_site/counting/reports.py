"""Reports of Matomo: how often each page was seen in some days.

Known is the report of pages as CSV or TSV, in UTF-16 (as Matomo gives it) or UTF-8, packed by gzip
or not, with the columns' own names or those that Matomo shows in English and Vietnamese, for one
period or with a column that says of which days a row is.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from danvan_site import vietnamese
from danvan_site.counting.logs import LogFailure, Seen, opened
from danvan_site.dates import MONTHS_EN

_HEAD = 1 << 16
_LONGEST_HEAD = 1 << 13
_LONGEST = 1 << 18  # of a line
_FIRST_YEAR = 1995
_EPOCH = date(1970, 1, 1).toordinal()
_MOST_VIEWS = 1_000_000_000  # of a row
_NUMBER = re.compile(r"(\d+|\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+)(?:\.0+)?", re.ASCII)
# Matomo's words for columns, without letter case and the plurals of Vietnamese.
_NAMES = {
    "label": ("label", "nhãn", "page url", "url của trang"),
    "url": ("url", "metadata_url", "metadata: url", "siêu dữ liệu: url"),
    # A page counts once for a visit: that is what a view is here, as near as Matomo tells it.
    "visits": ("nb_visits", "unique pageviews", "unique page views", "lượt xem trang duy nhất"),
    "hits": ("nb_hits", "pageviews", "page views", "lượt xem trang"),
    "date": ("date", "ngày"),
    "folder": ("idsubdatatable",),
}
_NAMED = {name: field for field, names in _NAMES.items() for name in names}
_PLURAL = re.compile(r"^(?:các|số) ")
# The parts of a label of several levels; the page of a folder is called "index".
_LEVELS, _INDEX = re.compile(r"\s*>\s*"), re.compile(r"/index/?$")
_COPY = re.compile(r" ?\(\d{1,3}\)$")
_ENDING = re.compile(r"(?:\.(?:csv|tsv|gz))+$", re.IGNORECASE)
_WEEKDAY = re.compile(
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|thứ (?:hai|ba|tư|năm|sáu|bảy)|chủ nhật), "
)
# How days are written: years, months and days of the first (1) and of the last one.
_WRITTEN = (
    "Y", "Y-M", "Y-M-D", "Y1-M1-D1~Y-M-D",
    "N Y", "N D, Y", "N D1 – D, Y", "N1 D1 – N D, Y", "N1 D1, Y1 – N D, Y",
    "tháng M năm Y", "ngày D tháng M năm Y", "D1 – D tháng M, Y", "D1 tháng M1 – D tháng M, Y",
    "ngày D1 tháng M1 năm Y1 – ngày D tháng M năm Y",
)  # fmt: skip
_GROUPS = {"Y": r"\d{4}", "M": r"\d{1,2}", "D": r"\d{1,2}", "N": "|".join(MONTHS_EN).lower()}


def _pattern(written: str) -> re.Pattern[str]:
    text = re.sub(r"([YMND])(1?)", lambda part: f"(?P<{part[0]}>{_GROUPS[part[1]]})", written)
    text = text.replace("~", r"(?:\.\.|/|,)").replace(" – ", " ?[–-] ?")
    return re.compile(f"(?:(?:week|tuần) )?{text}", re.ASCII)


_DAYS = tuple(map(_pattern, _WRITTEN))


class Days(NamedTuple):
    """Days, first and last, as numbers since 1970."""

    first: int
    last: int

    def __str__(self) -> str:
        """``2024-01-31``, or ``2024-01-01..2024-01-31``."""
        first, last = (date.fromordinal(_EPOCH + day).isoformat() for day in self)
        return first if first == last else f"{first}..{last}"


class Row(NamedTuple):
    """How often a page was seen, under the address that the report has for it (b'' where that is
    none of a page); ``days`` is None where the row does not say of which days it is."""

    days: Days | None
    target: bytes
    views: int


def is_report(path: Path) -> bool:
    """Tell whether a file is a report of pages; raise LogFailure where it cannot be read."""
    with opened(path) as file:
        head = file.read(_HEAD)
    # Where it is cut off does not matter here.
    text = head.decode(_encoding(head), "ignore")
    return bool(_fields(text.lstrip("\ufeff\r\n").partition("\n")[0]))


def rows(path: Path, seen: Seen) -> Iterator[Row]:
    """Yield the rows of a report that `is_report`, and count them in *seen*.

    Raises LogFailure where it cannot be read to its end.
    """
    with (
        opened(path) as file,
        # Left to itself it would close the file, and say that nobody did.
        io.TextIOWrapper(file, _encoding(file.peek(2)), newline="") as text,
    ):
        lines = iter(lambda: text.readline(_LONGEST), "")
        head = next((line for line in lines if line.strip("\ufeff\r\n")), "")
        fields = _fields(head)
        if not fields:
            raise LogFailure("views-log-unknown", path)
        for values in csv.reader(lines, delimiter=_separator(head), strict=True):
            if values:
                seen.lines += 1
                row = _row(values, fields)
                seen.unclear += row is None
                if row:
                    yield row


def named_days(path: Path) -> Days | None:
    """Return the days that Matomo wrote at the end of a report's name, if it did:
    ``Export _ Page URLs _ January 2024.csv``."""
    _, mark, told = _COPY.sub("", _ENDING.sub("", path.name)).rpartition(" _ ")
    # A day in a name that somebody else gave may be that of the export.
    return days(told) if mark else None


def days(text: str) -> Days | None:
    """Read a year, a month, a day, or the first and the last day, in ISO 8601 or as Matomo writes
    them in English and Vietnamese; None where it is none of these."""
    text = _WEEKDAY.sub("", vietnamese.tidy_spaces(vietnamese.nfc(text)).lower())
    found = next(filter(None, (pattern.fullmatch(text) for pattern in _DAYS)), None)
    if not found:
        return None
    said = {name: value for name, value in found.groupdict().items() if value}
    last = (_number(said, "Y"), _number(said, "M", "N"), _number(said, "D"))
    first = (
        _number(said, "Y1", "Y"), _number(said, "M1", "N1", "M", "N"), _number(said, "D1", "D"),
    )  # fmt: skip
    try:
        told = Days(_bounds(*first)[0], _bounds(*last)[1])
    except (ValueError, OverflowError):
        return None
    return told if told.first <= told.last else None


def _number(said: Mapping[str, str], *names: str) -> int:
    """Return the first of some numbers that there is, 0 for none; months may be names."""
    text = next((said[name] for name in names if name in said), "0")
    return int(text) if text.isdigit() else _GROUPS["N"].split("|").index(text) + 1


def _bounds(year: int, month: int, day: int) -> Days:
    """Return the days of a year, a month or a day; raise ValueError where there are none."""
    if year < _FIRST_YEAR:
        raise ValueError(year)
    first = date(year, month or 1, day or 1)
    last = first if day else date(year, month or 12, 28) + timedelta(days=4)
    if not day:
        last -= timedelta(days=last.day)
    return Days(first.toordinal() - _EPOCH, last.toordinal() - _EPOCH)


def _encoding(head: bytes) -> str:
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return name
    return "utf-16-le" if head[1:2] == b"\0" else "utf-8"


def _separator(head: str) -> str:
    return max(",;\t", key=head.count)


def _fields(head: str) -> Mapping[str, int]:
    """Return the places of the columns by the first line, nothing where it is of no report; under
    ``""`` how many there are."""
    head = head.lstrip("\ufeff").strip("\r\n")
    if len(head) > _LONGEST_HEAD or "\r" in head:
        return {}
    names = next(csv.reader([head], delimiter=_separator(head)), [])
    fields = {"": len(names)}
    for at, name in enumerate(names):
        small = _PLURAL.sub("", vietnamese.nfc(name).strip().lower())
        if small in _NAMED:
            fields.setdefault(_NAMED[small], at)
    return fields if "label" in fields and ("visits" in fields or "hits" in fields) else {}


def _row(values: Sequence[str], fields: Mapping[str, int]) -> Row | None:
    """Return what a line says, None where it is none of a report."""
    of = None
    if "date" in fields:
        if len(values) == fields[""] + 1 and fields["date"] == 0:
            # Matomo does not quote the days of a week: 2024-01-01,2024-01-07
            values = [",".join(values[:2]), *values[2:]]
        of = days(values[fields["date"]]) if len(values) == fields[""] else None
        if of is None:
            return None
    if len(values) != fields[""]:
        return None
    number = _NUMBER.fullmatch(values[fields["visits" if "visits" in fields else "hits"]].strip())
    views = int(re.sub(r"\D", "", number[1])) if number and len(number[1]) < 16 else -1
    if not 0 <= views <= _MOST_VIEWS:
        return None
    return Row(of, _target(values, fields).encode("utf-8", "replace"), views)


def _target(values: Sequence[str], fields: Mapping[str, int]) -> str:
    if "url" in fields:
        return values[fields["url"]].strip()
    if "folder" in fields and values[fields["folder"]].strip():
        return ""
    label = "/".join(_LEVELS.split(values[fields["label"]].strip()))
    return _INDEX.sub("/", label if "://" in label else f"/{label}")
