"""Official documents that bulletins cite: their index, by kind, and the list of each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from danvan_site import citations
from danvan_site.library import DOCUMENTS, Term
from danvan_site.plan.frame import Frame, Values
from danvan_site.plan.listings import is_first, lists_of
from danvan_site.plan.model import RANK_LIST, Artifact

INDEX = f"{DOCUMENTS}/index.html"
# So many entries, at some 150 bytes each, are still one page.
PAGE_MOST = 600
# Of each kind that has pages of its own, the index shows so many.
_SHOWN = 20

Page = tuple[str, str, Sequence[Term]]


def plan(frame: Frame) -> Iterator[Artifact]:
    """Yield the index of all documents, its parts where it is long, and the lists of those that
    several bulletins cite."""
    by_kind = _by_kind(frame)
    if not by_kind:
        return
    is_whole = sum(map(len, by_kind.values())) <= PAGE_MOST
    parts = {
        kind: [] if is_whole or len(documents) <= _SHOWN else _pages(kind, documents)
        for kind, documents in by_kind.items()
    }
    make = partial(_index, frame, by_kind, parts)
    yield Artifact(INDEX, "documents", "documents.html", make, RANK_LIST)
    for kind, pages in parts.items():
        for number, (path, *_) in enumerate(pages):
            make = partial(_part, frame, kind, pages, number)
            yield Artifact(path, "documents", "documents.html", make, RANK_LIST)
    for term in frame.library.documents.values():
        if len(term.members) > 1:
            yield from lists_of(frame, term)


def addresses(planned: Sequence[Artifact]) -> list[str]:
    """Return the addresses of what `plan` has planned, but of lists only their first pages."""
    return [each.path for each in planned if each.kind == "documents" or is_first(each.path)]


def _by_kind(frame: Frame) -> dict[str, list[Term]]:
    """Return the documents by kind, in the order of kinds, the newest first."""
    found: dict[str, list[Term]] = {}
    for term in frame.library.documents.values():
        found.setdefault(citations.kind_of(term.name), []).append(term)
    return {kind: sorted(found[kind], key=_newest) for kind in citations.KINDS if kind in found}


def _year(term: Term) -> int:
    """Return the year of a document; where its number holds none, that in which it is first cited:
    a new bulletin does not move it."""
    return citations.year_of(term.name) or term.members[0].year


def _newest(term: Term) -> tuple[int, int, str]:
    return -_year(term), -citations.number_of(term.name), term.slug


def _pages(kind: str, documents: Sequence[Term]) -> list[Page]:
    """Return the pages of a kind that has too many documents for the index: path, year ('' for
    all), those that are on it."""
    if len(documents) <= PAGE_MOST:
        return [(f"{DOCUMENTS}/{kind}/index.html", "", documents)]
    pages: list[Page] = []
    for year, group in itertools.groupby(documents, _year):
        of_year = list(group)
        for part, start in enumerate(range(0, len(of_year), PAGE_MOST), start=1):
            suffix = f"-{part}" if part > 1 else ""
            path = f"{DOCUMENTS}/{kind}/{year}{suffix}.html"
            title = f"{year}{f' ({part})' if part > 1 else ''}"
            pages.append((path, title, of_year[start : start + PAGE_MOST]))
    return pages


def _entry(frame: Frame, term: Term) -> Values:
    """Return what the index shows of a document.  One that a single bulletin cites has no page:
    it leads to the bulletin."""
    count = len(term.members)
    return {
        "name": term.name,
        "title": term.description,
        "url": term.url if count > 1 else term.members[0].url,
        "count": frame.number(count),
    }


def _kind_title(frame: Frame, kind: str) -> str:
    return frame.words.site[f"document_{kind.replace('-', '_')}"]


def _index(
    frame: Frame, by_kind: Mapping[str, Sequence[Term]], parts: Mapping[str, Sequence[Page]]
) -> Values:
    kinds = []
    for kind, documents in by_kind.items():
        shown = documents[:_SHOWN] if parts[kind] else documents
        kinds.append(
            {
                "key": kind,
                "title": _kind_title(frame, kind),
                "count": frame.number(len(documents)),
                "documents": [_entry(frame, term) for term in shown],
                "pages": [{"title": title, "url": path} for path, title, _ in parts[kind]],
            }
        )
    title = frame.grouping_title(DOCUMENTS)
    return frame.page(INDEX, "documents", title) | {
        "title": title,
        "kinds": kinds,
        "total": frame.number(len(frame.library.documents)),
    }


def _part(frame: Frame, kind: str, pages: Sequence[Page], number: int) -> Values:
    path, years, documents = pages[number]
    of_kind = _kind_title(frame, kind)
    title = f"{of_kind} – {years}" if years else of_kind
    crumbs = [(frame.grouping_title(DOCUMENTS), INDEX)]
    others = [{"title": each, "url": url} for url, each, _ in pages if each]
    section = {
        "key": kind,
        "title": "",
        "count": "",
        "documents": [_entry(frame, term) for term in documents],
        "pages": others,
    }
    return frame.page(path, "documents", title, crumbs=crumbs) | {
        "title": title,
        "kinds": [section],
        "total": frame.number(len(documents)),
    }
