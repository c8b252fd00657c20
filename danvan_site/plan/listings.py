"""Groupings: an index of each, and the paged list of each term, numbered from the oldest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from danvan_site import vietnamese
from danvan_site.config import by_identity
from danvan_site.content import Bulletin
from danvan_site.library import DOCUMENTS, Grouping, Term
from danvan_site.plan.frame import Frame, Values
from danvan_site.plan.model import RANK_LIST, Artifact, canonical
from danvan_site.plan.timeline import counts, timeline


def plan(frame: Frame) -> Iterator[Artifact]:
    """Yield the index of every grouping and all pages of every list."""
    for grouping in frame.library.groupings.values():
        path = f"{grouping.key}/index.html"
        make = partial(_index, frame, grouping, path)
        yield Artifact(path, "terms", "terms.html", make, RANK_LIST)
        for term in grouping.terms.values():
            yield from lists_of(frame, term)


def lists_of(frame: Frame, term: Term) -> Iterator[Artifact]:
    """Yield all pages of one term's list."""
    unit = canonical(_unit(frame, term)) if term.unit else ""
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


def has_feed(term: Term) -> bool:
    """Tell whether one can subscribe to a term: of a document hardly anything new comes."""
    return bool(term.members) and term.grouping != DOCUMENTS


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
    context = frame.page(
        path,
        "listing",
        term.name if number is None else f"{term.name} – {frame.text('pager_page', number=number)}",
        description=term.description,
        crumbs=[(title, f"{term.grouping}/index.html")],
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
            "unit": _unit(frame, term) if term.unit else None,
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


def _unit(frame: Frame, term: Term) -> Values:
    """Return a unit in time: what it belonged to, when it was, what it is now, what it was."""
    unit = term.unit
    assert unit is not None
    identity = vietnamese.identity(unit.name)
    predecessors = [
        each.name
        for each in by_identity(frame.settings.units).values()
        if vietnamese.identity(each.successor) == identity
    ]
    parent = frame.terms("don-vi", [unit.parent]) if unit.parent else [None]
    successor = frame.terms("don-vi", [unit.successor]) if unit.successor else [None]
    return {
        "level": unit.level,
        "parent": parent[0],
        "from": unit.start.short() if unit.start else "",
        "to": unit.end.short() if unit.end else "",
        "successor": successor[0],
        "former": bool(unit.successor or unit.end),
        "predecessors": frame.terms("don-vi", predecessors),
        "note": unit.note,
    }
