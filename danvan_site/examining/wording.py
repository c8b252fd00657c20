"""What a text says that cannot be: weekdays of other dates, words for pictures that say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from danvan_site import vietnamese
from danvan_site.examining.texts import Finding, Text

_DAYS = {
    "hai": 0, "2": 0, "ba": 1, "3": 1, "tu": 2, "4": 2, "nam": 3, "5": 3, "sau": 4, "6": 4,
    "bay": 5, "7": 5, "chu nhat": 6,
}  # fmt: skip
# “Kỳ họp lần thứ năm, ngày 16/07/2020” names no weekday: only what can stand before one counts.
_WEEKDAY = re.compile(
    r"(?P<day>[tT][hH][ứỨ][ ]+(?:hai|ba|tư|năm|sáu|bảy|[2-7])|[cC][hH][ủỦ][ ]+nhật)\b"
    r"[ ,(–-]*(?:ngày[ ]+)?"
    r"(?P<d>\d{1,2})(?:(?P<sep>[/.-])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4})"
    r"|[ ]+tháng[ ]+(?P<m2>\d{1,2})[ ]*(?:năm[ ]+|[,/][ ]*)(?P<y2>\d{4}))(?!\d)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:^|[(\[“\"/|;:.,–—-]|\b(?:sáng|chiều|tối|trưa|đêm|hôm|vào|từ|đến|và|hết))[ \t*_]*\Z",
    re.IGNORECASE | re.MULTILINE,
)
_ALT = re.compile(
    r"!\[(?P<alt>[^\]\n]+)\]\(|^[ -]*alt:[ \t]*[\"']?(?P<key>[^\"'\n]+)", re.MULTILINE
)
_EMPTY_WORDS = re.compile(
    r"(?:hinh |buc |tam )?anh(?: minh hoa| bai viet| tu lieu| dai dien)?|hinh(?: minh hoa)?|"
    r"images?|"
    r"pictures?|photos?|pic|img|untitled|no title|khong co tieu de|khong ten|logo|icon|banner|"
    r"thumbnail|alt|avatar"
)


def weekdays(text: Text) -> Iterator[Finding]:
    """A weekday that its date is not; only dates with a year are looked at."""
    for source in (text.prose, text.fields):
        for match in _WEEKDAY.finditer(source):
            start = match.start()
            if not _BEFORE.search(source[max(0, start - 12) : start]):
                continue
            name = vietnamese.fold(" ".join(match["day"].split())).removeprefix("thu ")
            year, month = match["y"] or match["y2"], match["m"] or match["m2"]
            try:
                day = date(int(year), int(month), int(match["d"]))
            except ValueError:
                continue
            if day.weekday() != _DAYS[name]:
                written = source[match.start("day") : match.end()]
                details = {"found": written, "weekday": f"weekday:{day.weekday()}"}
                yield Finding("weekday-of-other-date", match.start("day"), details)


def empty_alternatives(text: Text) -> Iterator[Finding]:
    """Words for a picture that would do for any picture."""
    for match in _ALT.finditer(text.whole):
        group = "alt" if match["alt"] else "key"
        if group == "key" and match.start() > text.body:
            continue
        if group == "alt" and text.prose[match.start()] != "!":
            continue
        alt = match[group].strip()
        if _EMPTY_WORDS.fullmatch(vietnamese.fold(alt).strip(" .:!…-")):
            yield Finding("alt-says-nothing", match.start(group), {"alt": alt})
