"""Bulletins that are dated outside the life of their unit."""

from __future__ import annotations

from collections.abc import Iterator

from danvan_site.errors import Place, Problem, Severity
from danvan_site.library import Library, Term


def outside(library: Library, shown: str) -> Iterator[Problem]:
    """Yield a notice for each unit that has bulletins from before its first or after its last day;
    *shown* is the content folder's name."""
    for term in library.groupings["don-vi"].terms.values():
        unit = term.unit
        strange = list(_outside(term)) if unit and (unit.start or unit.end) else []
        if unit and strange:
            details = {
                "unit": unit.name,
                "count": str(len(strange)),
                "from": unit.start.short() if unit.start else "…",
                "to": unit.end.short() if unit.end else "…",
            }
            place = Place(f"{shown}/{strange[0]}")
            yield Problem("unit-outside-life", place, details, Severity.NOTICE)


def _outside(term: Term) -> Iterator[str]:
    """Yield the paths of a unit's bulletins that are certainly not of its time.  Members go from
    the oldest, so only those at the two ends are looked at."""
    assert term.unit is not None
    start, end = term.unit.start, term.unit.end
    for each in term.members if start else ():
        if start and each.year > start.year:
            break
        if start and each.date.is_before(start):
            yield each.path
    for each in reversed(term.members) if end else ():
        if end and each.year < end.year:
            break
        if end and end.is_before(each.date):
            yield each.path
