"""When a page was published: from its date line, from the person importing it, or asked for.

A date is never made up.  What is not printed goes into a ``review`` entry with the guess and the
reason for it; such a bulletin is not published until a person has settled it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from danvan_site import dates
from danvan_site.dates import DateError, Moment
from danvan_site.errors import Place
from danvan_site.importers import phrases
from danvan_site.importers.findings import Findings, Line
from danvan_site.importers.frame import ImportFailure

_EVENT_WINDOW = 31  # days between an event and the bulletin that opens with it


@dataclass(frozen=True, slots=True)
class Clues:
    """What a text says about its own time: the day it opens with, the year it speaks of.

    ``event`` is (day, month, year or 0) with its words; ``year`` is 0 where none is told.
    """

    event: tuple[int, int, int] | None = None
    event_words: str = ""
    year: int = 0
    year_reason: str = ""


def clues_of(found: Findings, title: str, body: list[Line]) -> Clues:
    """Return what the title, the lead and the body say about the bulletin's time."""
    paragraphs = [str(found.fields.get("lead", "")), *(line.text for line in body)]
    opening = phrases.EVENT.match(next(filter(None, paragraphs), ""))
    clues = Clues()
    if opening:
        event = (int(opening["day"]), int(opening["month"]), int(opening["year"] or 0))
        clues = Clues(event, opening["value"])
    told = ((title, "năm {} trong tiêu đề"), ("\n".join(paragraphs), "bài nhắc năm {}"))
    for text, reason in told:
        years = [int(year) for year in phrases.YEAR.findall(text)]
        if years:
            return replace(clues, year=max(years), year_reason=reason.format(max(years)))
    return clues


def settle_date(found: Findings, clues: Clues, given: Moment | None, zone: str) -> None:
    """Set the date, or ask for it in a review entry; set the day of the event if it is certain.

    Raises ImportFailure where the printed date and the *given* one contradict each other.
    """
    moment = _stamped(found, clues, given, zone) if found.stamp else given
    if moment:
        found.recognise("date", moment, _shown(moment))
    elif not found.stamp:
        guess = _guess_from_event(clues)
        unknown = f"; bài kể việc của “{clues.event_words}”, không rõ năm" if clues.event else ""
        _ask(found, f"thiếu ngày đăng{'' if guess else unknown}", guess, "import-no-date")
    event = _certain_event(clues, moment)
    if event:
        found.recognise("event_date", event, event.short())


def _stamped(found: Findings, clues: Clues, given: Moment | None, zone: str) -> Moment | None:
    """Return the date of the printed line, completed by the *given* one, or ask for it."""
    assert found.stamp is not None
    stamp = found.stamp.text
    if given and given.day:
        # Which day it was is settled by a person, even where the line names a wrong weekday.
        stamp = phrases.WEEKDAY.sub("", stamp)
    try:
        moment = _read_stamp(stamp, zone, given.year if given else 0)
    except DateError as error:
        if given:
            raise _contradiction(found, given) from None
        _ask_about_stamp(found, clues, error, zone)
        return None
    if given and not _agree(moment, given):
        raise _contradiction(found, given)
    return given if given and given.clock and not moment.clock else moment


def _read_stamp(text: str, zone: str, year: int = 0) -> Moment:
    iso = re.search(r"\d{4}-\d{2}-\d{2}.*", text)
    return dates.parse(iso.group(), zone) if iso else dates.parse_stamp(text, zone, year)


def _agree(moment: Moment, given: Moment) -> bool:
    return (
        moment.year == given.year
        and given.month in (0, moment.month)
        and given.day in (0, moment.day)
        and (not moment.clock or moment.clock.startswith(given.clock[:5]))
    )


def _contradiction(found: Findings, given: Moment) -> ImportFailure:
    assert found.stamp is not None
    place = Place(found.file, found.stamp.number)
    details = {"stamp": found.stamp.text, "given": _shown(given)}
    return ImportFailure("import-date-contradiction", place, **details)


def _ask_about_stamp(found: Findings, clues: Clues, error: DateError, zone: str) -> None:
    assert found.stamp is not None
    stamp = found.stamp.text
    if error.code != "date-no-year":
        found.fields["review"] = (
            f"ngày đăng “{stamp}” không có thật hoặc sai thứ trong tuần – "
            "hãy điền date rồi xóa dòng này"
        )
        found.lacks("import-wrong-stamp", found.stamp.number, stamp=stamp)
        return
    guess = ""
    if clues.year:
        try:
            moment = _read_stamp(stamp, zone, clues.year)
            guess = f"{_shown(moment)} ({clues.year_reason})"
        except DateError:
            pass
    _ask(found, f"thiếu năm của ngày đăng “{stamp}”", guess, "import-no-year")


def _ask(found: Findings, what: str, guess: str, code: str) -> None:
    """Write the review entry.  It stands in the bulletin and so speaks the bulletin's language."""
    maybe = f"; có thể là {guess}" if guess else ""
    found.fields["review"] = f"{what}{maybe} – hãy điền date rồi xóa dòng này"
    stamp = found.stamp or Line(0, "", "")
    found.lacks(code, stamp.number, stamp=stamp.text, guess=guess or "–")


def _guess_from_event(clues: Clues) -> str:
    if not clues.event:
        return f"năm {clues.year} ({clues.year_reason})" if clues.year else ""
    day, month, printed = clues.event
    moment = _day(printed or clues.year, month, day)
    if not moment:
        return ""
    reason = f"ngày diễn ra sự việc “{clues.event_words}”"
    return f"{moment.short()} ({reason}{'' if printed else ', ' + clues.year_reason})"


def _certain_event(clues: Clues, published: Moment | None) -> Moment | None:
    """Return the day the text opens with where no part of it is guessed.

    Its year is printed with it, or is the year of publishing; then it must not lie after the
    bulletin nor long before it, else it could be of another year.
    """
    if not clues.event:
        return None
    day, month, printed = clues.event
    event = _day(printed or (published.year if published else 0), month, day)
    if not event or printed or not published:
        return event
    if not published.month:
        return event if clues.year in (0, published.year) else None
    if not published.day:
        return event if event.month == published.month else None
    days = (published.starts("+07:00").date() - event.starts("+07:00").date()).days
    return event if 0 <= days <= _EVENT_WINDOW else None


def _day(year: int, month: int, day: int) -> Moment | None:
    try:
        return dates.parse(f"{year:04d}-{month:02d}-{day:02d}")
    except DateError:
        return None


def _shown(moment: Moment) -> str:
    return f"{moment.short()} {moment.clock}".strip()
