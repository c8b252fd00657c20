"""All bulletins together: which are published, in what order, next to which, in which groups."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from danvan_site import citations, vietnamese
from danvan_site.config import Settings, Unit, by_identity
from danvan_site.content import Bulletin

NEIGHBOURS = 5
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Term:
    """One value of a grouping: a category, a tag, a unit, an author, a topic, a document.

    ``members`` go from the oldest to the newest.  ``url`` is its list's newest page; ``address``
    is where a document can be read; ``former`` are the terms of a unit's predecessors whose
    members are among its own.
    """

    grouping: str
    name: str
    slug: str
    members: tuple[Bulletin, ...]
    description: str = ""
    unit: Unit | None = None
    address: str = ""
    former: tuple[Term, ...] = ()

    @property
    def folder(self) -> str:
        """The folder of its pages: ``chuyen-muc/dan-van-kheo``."""
        return f"{self.grouping}/{self.slug}"

    @property
    def url(self) -> str:
        """The address of its list."""
        return f"{self.folder}/index.html"


@dataclass(frozen=True, slots=True)
class Grouping:
    """A taxonomy: its terms by what identifies their names, in dictionary order.

    ``unusual`` has those of the names as written whose term is called otherwise or has not the
    slug of its name, each with what tells so.  All other links to terms follow from the names.
    """

    key: str
    terms: Mapping[str, Term]
    unusual: Mapping[str, str]

    def find(self, names: Iterable[str]) -> list[Term]:
        """Return the terms of some names."""
        return [self.terms[vietnamese.identity(name)] for name in names]


@dataclass(frozen=True, slots=True)
class Library:
    """What is published.  ``bulletins`` go from the oldest to the newest; ``documents`` are those
    that they cite, by identity: each a term, without being a grouping of the front matter.
    ``comments`` are digests of readers' comments, by the paths of the bulletins that have any;
    ``expired`` are bulletins that are not published any more."""

    bulletins: tuple[Bulletin, ...]
    pages: tuple[Bulletin, ...]
    groupings: Mapping[str, Grouping]
    years: Mapping[int, tuple[Bulletin, ...]]
    months: Mapping[tuple[int, int], tuple[Bulletin, ...]]
    left_out: Mapping[str, tuple[str, ...]]
    documents: Mapping[str, Term]
    comments: Mapping[str, str]
    expired: tuple[Bulletin, ...]
    _ranks: Mapping[str, int]

    def shelf(self, bulletin: Bulletin) -> Term | None:
        """Return the first category of a bulletin: the list in which it has its neighbours."""
        names = bulletin.head.category
        if not names:
            return None
        return self.groupings["chuyen-muc"].terms[vietnamese.identity(names[0])]

    def rank(self, bulletin: Bulletin) -> int:
        """Return the place of a bulletin on its shelf, from 0 for the oldest."""
        return self._ranks[bulletin.path]

    def neighbours(self, bulletin: Bulletin) -> tuple[Sequence[Bulletin], Sequence[Bulletin]]:
        """Return the newer and the older bulletins next to one on its shelf, nearest first."""
        shelf = self.shelf(bulletin)
        members = shelf.members if shelf else self.bulletins
        rank = self._ranks[bulletin.path]
        older = members[max(rank - NEIGHBOURS, 0) : rank]
        return members[rank + 1 : rank + 1 + NEIGHBOURS], older[::-1]


# What a bulletin says of each grouping: names as they are written in its front matter.
NAMES_OF: Mapping[str, Callable[[Bulletin], Sequence[str]]] = {
    "chuyen-muc": lambda bulletin: bulletin.head.category,
    "tu-khoa": lambda bulletin: bulletin.head.tags,
    "don-vi": lambda bulletin: (bulletin.head.unit,) if bulletin.head.unit else (),
    "tac-gia": lambda bulletin: bulletin.head.author,
    "su-kien": lambda bulletin: bulletin.head.topic,
}
GROUPINGS = tuple(NAMES_OF)
DOCUMENTS = "van-ban"


def assemble(
    sources: Iterable[Bulletin],
    settings: Settings,
    now: datetime,
    drafts: bool,
    future: bool,
    comments: Mapping[str, str],
) -> Library:
    """Put all bulletins together, as of *now* (aware)."""
    left_out: dict[str, list[str]] = {}
    bulletins: list[Bulletin] = []
    pages: list[Bulletin] = []
    expired: list[Bulletin] = []
    for source in sources:
        reason = _left_out(source, now.timestamp(), drafts, future)
        if reason:
            left_out.setdefault(reason, []).append(source.path)
            if reason == "expired":
                expired.append(source)
        else:
            (pages if source.is_page else bulletins).append(source)
    bulletins.sort(key=lambda each: each.order)
    pages.sort(key=lambda page: (page.head.menu or 10_000, page.path))
    groupings = {key: _grouping(key, bulletins, settings) for key in GROUPINGS}
    years, months = _dated(bulletins)
    return Library(
        tuple(bulletins),
        tuple(pages),
        groupings,
        _frozen(years),
        _frozen(months),
        {reason: tuple(paths) for reason, paths in sorted(left_out.items())},
        _documents(bulletins, settings),
        comments,
        tuple(expired),
        _ranks(bulletins, groupings["chuyen-muc"]),
    )


def _ranks(bulletins: Sequence[Bulletin], categories: Grouping) -> dict[str, int]:
    """Return the place of each bulletin on its shelf, by path."""
    ranks = {each.path: rank for rank, each in enumerate(bulletins)}
    for identity, term in categories.terms.items():
        for rank, each in enumerate(term.members):
            if vietnamese.identity(each.head.category[0]) == identity:
                ranks[each.path] = rank
    return ranks


def grouped(
    bulletins: Iterable[Bulletin], keys: Callable[[Bulletin], Sequence[Key]]
) -> dict[Key, list[Bulletin]]:
    """Group bulletins, keeping their order."""
    groups: dict[Key, list[Bulletin]] = {}
    for bulletin in bulletins:
        found = keys(bulletin)
        for key in found if len(found) < 2 else dict.fromkeys(found):
            groups.setdefault(key, []).append(bulletin)
    return groups


def standing(bulletins: Iterable[Bulletin]) -> list[Bulletin]:
    """Leave out the withdrawn ones: their pages stay, but nothing sends readers there."""
    return [each for each in bulletins if each.head.status != "withdrawn"]


def standing_latest(bulletins: Sequence[Bulletin], number: int) -> list[Bulletin]:
    """Return the last *number* that are not withdrawn, in their order."""
    newest = (each for each in reversed(bulletins) if each.head.status != "withdrawn")
    return list(itertools.islice(newest, number))[::-1]


def _frozen(groups: Mapping[Key, list[Bulletin]]) -> dict[Key, tuple[Bulletin, ...]]:
    return {key: tuple(members) for key, members in sorted(groups.items())}


def _dated(
    bulletins: Iterable[Bulletin],
) -> tuple[dict[int, list[Bulletin]], dict[tuple[int, int], list[Bulletin]]]:
    """Return the bulletins by year, and by month where that is known."""
    years: dict[int, list[Bulletin]] = {}
    months: dict[tuple[int, int], list[Bulletin]] = {}
    for bulletin in bulletins:
        assert bulletin.head.date is not None
        year, month, *_ = bulletin.head.date
        years.setdefault(year, []).append(bulletin)
        if month:
            months.setdefault((year, month), []).append(bulletin)
    return years, months


def _left_out(source: Bulletin, now: float, drafts: bool, future: bool) -> str:
    """Return why a source is not published: draft, review, future, expired; '' where it is."""
    head = source.head
    if head.draft and not drafts:
        return "draft"
    if source.is_page:
        return ""
    if head.held or head.starts is None:
        return "review"
    if head.starts > now and not future:
        return "future"
    if head.expires is not None and head.expires <= now:
        return "expired"
    return ""


def _grouping(key: str, bulletins: Sequence[Bulletin], settings: Settings) -> Grouping:
    """Make the terms of a grouping.

    Two names that give the same slug get it in the order of their first bulletins, the second
    with a number, so that what comes later does not move an address.
    """
    described = {"chuyen-muc": settings.categories, "su-kien": settings.topics}.get(key, ())
    descriptions = {vietnamese.identity(each.name): each for each in described}
    units = by_identity(settings.units) if key == "don-vi" else {}
    groups, spellings, spelled = _named(NAMES_OF[key], vietnamese.identity, bulletins)
    everything: dict[str, Sequence[Bulletin]] = {**dict.fromkeys(units, ()), **groups}
    terms: dict[str, Term] = {}
    unusual: dict[str, str] = {}
    taken: set[str] = set()
    for identity, members in sorted(everything.items(), key=_first_appearance):
        official = descriptions.get(identity) or units.get(identity)
        name = official.name if official else spellings[identity]
        slug = base = vietnamese.slugify(name)
        number = 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        description = descriptions[identity].description if identity in descriptions else ""
        terms[identity] = Term(key, name, slug, tuple(members), description, units.get(identity))
        for written in spelled.get(identity, ()):
            if written != name or slug != base:
                unusual[written] = f"{written}\0{name}\0{slug}"
    ordered = sorted(terms.items(), key=lambda item: vietnamese.sort_key(item[1].name))
    return Grouping(key, dict(ordered), unusual)


def _documents(bulletins: Sequence[Bulletin], settings: Settings) -> dict[str, Term]:
    """Return the documents that bulletins cite, by identity, which is their slug too."""
    known = {citations.identity(each.number): each for each in settings.documents}
    groups, spellings, _ = _named(
        lambda bulletin: bulletin.head.documents, citations.identity, bulletins
    )
    documents: dict[str, Term] = {}
    for identity, members in sorted(groups.items()):
        official = known.get(identity)
        documents[identity] = Term(
            DOCUMENTS,
            official.number if official else spellings[identity],
            identity,
            tuple(members),
            official.title if official else "",
            address=official.url if official else "",
        )
    return documents


def _first_appearance(group: tuple[str, Sequence[Bulletin]]) -> tuple[bool, object, str]:
    identity, members = group
    return not members, members[0].order if members else (), identity


def _named(
    names_of: Callable[[Bulletin], Sequence[str]],
    identify: Callable[[str], str],
    bulletins: Sequence[Bulletin],
) -> tuple[dict[str, list[Bulletin]], dict[str, str], dict[str, list[str]]]:
    """Return the bulletins with each name that they have, the spelling of the name to show (the
    commonest that is not all capitals), and all its spellings."""
    positions: dict[str, list[int]] = {}
    for position, bulletin in enumerate(bulletins):
        for name in names_of(bulletin):
            positions.setdefault(name, []).append(position)
    spelled: dict[str, list[str]] = {}
    for name in positions:
        spelled.setdefault(identify(name), []).append(name)
    groups: dict[str, list[Bulletin]] = {}
    for identity, names in spelled.items():
        places: Iterable[int] = positions[names[0]]
        if len(names) > 1:
            places = sorted({place for name in names for place in positions[name]})
        groups[identity] = [bulletins[place] for place in places]
    spellings = {
        identity: min(names, key=lambda name: (name.isupper(), -len(positions[name]), name))
        for identity, names in spelled.items()
    }
    return groups, spellings, spelled
