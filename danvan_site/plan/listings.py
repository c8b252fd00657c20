"""Groupings: an index of each, and the paged list of each term, numbered from the oldest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from danvan_site import vietnamese
from danvan_site.config import Unit
from danvan_site.content import Bulletin
from danvan_site.library import DOCUMENTS, Grouping, Term
from danvan_site.plan.frame import Frame, Values
from danvan_site.plan.model import RANK_LIST, Artifact, canonical
from danvan_site.plan.timeline import counts, timeline

# The folder, below a unit's own, of the list that has its predecessors' bulletins, too.
FORMER = "ca-tien-than"


def plan(frame: Frame) -> Iterator[Artifact]:
    """Yield the index of every grouping and all pages of every list."""
    for grouping in frame.library.groupings.values():
        path = f"{grouping.key}/index.html"
        make = partial(_index, frame, grouping, path)
        yield Artifact(path, "terms", "terms.html", make, RANK_LIST)
        for term in grouping.terms.values():
            yield from lists_of(frame, term)
            whole = with_former(frame, term)
            if whole:
                yield from lists_of(frame, whole)


def lists_of(frame: Frame, term: Term) -> Iterator[Artifact]:
    """Yield all pages of one term's list."""
    unit = canonical(_of_unit(frame, term)) if term.unit else ""
    pages = _numbered(term, frame.settings.page_size)
    for number in (None, *range(1, pages + 1)):
        make = partial(_list, frame, term, number)
        # What stands around the members depends on how many pages there are, and that
        # on whether this is the last.
        shown = _members(frame, term, number)
        place = _totals(term, shown) if number is None else f"{number < pages}"
        members = frame.stamps(shown)
        inputs = f"{term.name}\0{term.slug}\0{term.description}\0{unit}{place}{members}"
        path = _path(term, number)
        yield Artifact(path, "listing", "listing.html", make, RANK_LIST, inputs=inputs)


def with_former(frame: Frame, term: Term) -> Term | None:
    """Return a unit's term with the bulletins of all units that it came from, or None where it came
    from none, or these have no bulletins."""
    before = frame.succession.all_before(term.unit) if term.unit else []
    former = tuple(frame.library.groupings[term.grouping].find(each.name for each in before))
    if not any(each.members for each in former):
        return None
    members = sorted(
        (each for one in (term, *former) for each in one.members), key=lambda each: each.order
    )
    name = frame.text("unit_with_former", unit=term.name)
    slug = f"{term.slug}/{FORMER}"
    return Term(term.grouping, name, slug, tuple(members), unit=term.unit, former=former)


def has_feed(term: Term) -> bool:
    """Tell whether one can subscribe to a term: of a document hardly anything new comes, and of
    units that are no more nothing."""
    return bool(term.members) and term.grouping != DOCUMENTS and not term.former


def _totals(term: Term, shown: Sequence[Bulletin]) -> str:
    """Return what a first page says of all members besides those *shown* on it."""
    number = len(term.members)
    return f"{number}{counts(term.members)}" if len(shown) < number else f"{number}"


def _numbered(term: Term, size: int) -> int:
    """Return how many numbered pages a list has: none where all stands on its first page."""
    pages = -(-len(term.members) // size)
    return pages if pages > 1 else 0


def _path(term: Term, number: int | None) -> str:
    return term.url if number is None else f"{term.folder}/trang-{number}.html"


def is_first(path: str) -> bool:
    """Tell whether a page of a list is its first one."""
    return path.endswith("/index.html")


def _members(frame: Frame, term: Term, number: int | None) -> Sequence[Bulletin]:
    """Return the members on one page of a list, from the oldest.  The first page shows the
    newest: the last two numbered pages' worth, so that it is never nearly empty and a new bulletin
    changes it and one numbered page."""
    size = frame.settings.page_size
    pages = _numbered(term, size)
    if number is None:
        return term.members[max(pages - 2, 0) * size :] if pages else term.members
    return term.members[(number - 1) * size : number * size]


def page_of(term: Term, rank: int, size: int) -> str:
    """Return the page of a term's list on which its member of *rank* (from the oldest) stands.

    It never changes when newer members come: pages are filled from the oldest.
    """
    return _path(term, rank // size + 1 if _numbered(term, size) else None)


def _index(frame: Frame, grouping: Grouping, path: str) -> Values:
    title = frame.grouping_title(grouping.key)
    letters: dict[str, list[Values]] = {}
    for term in grouping.terms.values():
        entry = {
            "name": term.name,
            "url": term.url,
            "count": frame.number(len(term.members)),
            "level": term.unit.level if term.unit else "",
        }
        letters.setdefault(vietnamese.initial(term.name), []).append(entry)
    context = frame.page(path, "terms", title)
    context |= {
        "grouping": {"key": grouping.key, "title": title},
        "letters": [{"letter": letter, "terms": terms} for letter, terms in letters.items()],
        "total": frame.number(len(grouping.terms)),
    }
    return context


def _list(frame: Frame, term: Term, number: int | None) -> Values:
    pages = _numbered(term, frame.settings.page_size)
    title = frame.grouping_title(term.grouping)
    path = _path(term, number)
    crumbs = [(title, f"{term.grouping}/index.html")]
    if term.former and term.unit:
        (own,) = frame.library.groupings[term.grouping].find([term.unit.name])
        crumbs.append((own.name, own.url))
    context = frame.page(
        path,
        "listing",
        term.name if number is None else f"{term.name} – {frame.text('pager_page', number=number)}",
        description=term.description,
        crumbs=crumbs,
        feeds=[(term.name, f"{term.folder}/feed.xml")] if has_feed(term) else [],
    )
    context |= {
        "grouping": {"key": term.grouping, "title": title},
        "term": {
            "name": term.name,
            "url": term.url,
            # The number of all members stands on the first page alone: it changes with each.
            "count": frame.number(len(term.members)) if number is None else "",
            "description": term.description,
            "address": term.address,
            **_of_unit(frame, term),
        },
        "timeline": timeline(frame, term.members) if number is None else None,
        "items": frame.newest_first(_members(frame, term, number)),
        "pager": _pager(term, number, pages) if pages else None,
    }
    return context


def _pager(term: Term, number: int | None, pages: int) -> Values:
    """Return the ways from one page to the others; none holds the number of the last page,
    because that would change every page when the list grows by one."""
    if number is None:
        newer, older = "", _path(term, pages - 2) if pages > 2 else ""
    else:
        newer = _path(term, number + 1 if number < pages else None)
        older = _path(term, number - 1) if number > 1 else ""
    return {
        "number": number,
        "newer_url": newer,
        "older_url": older,
        "newest_url": term.url if number is not None else "",
        "oldest_url": _path(term, 1) if number != 1 else "",
    }


def _of_unit(frame: Frame, term: Term) -> Values:
    """Return what the term of a unit has besides others: the facts of its time, or, where it has
    its predecessors' bulletins, these; and where all are together."""
    if not term.unit or term.former:
        former = [_dated(frame, each.unit) for each in term.former if each.unit]
        return {"unit": None, "former": former, "former_url": ""}
    whole = with_former(frame, term)
    return {
        "unit": _unit(frame, term.unit),
        "former": [],
        "former_url": whole.url if whole else "",
    }


def _unit(frame: Frame, unit: Unit) -> Values:
    """Return a unit in time: what it belonged to, when it was, what it is now, what it was."""
    after = frame.succession.after(unit)
    parent = frame.terms("don-vi", [unit.parent]) if unit.parent else [None]
    return {
        "level": unit.level,
        "parent": parent[0],
        "from": unit.start.short() if unit.start else "",
        "to": unit.end.short() if unit.end else "",
        "successor": _dated(frame, after[-1]) if after else None,
        "next": [_dated(frame, each) for each in after[:-1]],
        "former": bool(unit.successor or unit.end),
        "predecessors": [_dated(frame, each) for each in frame.succession.before(unit)],
        "note": unit.note,
    }


def _dated(frame: Frame, unit: Unit) -> Values:
    """Return a link to a unit, with its time."""
    (link,) = frame.terms("don-vi", [unit.name])
    start, end = (each.short() if each else "" for each in (unit.start, unit.end))
    if start and end:
        return link | {"time": f"{start} – {end}"}
    key = "unit_time_from" if start else "unit_time_to"
    return link | {"time": frame.text(key, day=start or end) if start or end else ""}
