"""The frame of pages, and the values that many pages show: dates, cards, terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from danvan_site import citations, palette, vietnamese
from danvan_site.catalog import Catalog
from danvan_site.config import Settings
from danvan_site.content import Bulletin
from danvan_site.dates import Moment, month_title
from danvan_site.library import DOCUMENTS, GROUPINGS, NEIGHBOURS, Library, Term, standing
from danvan_site.plan.model import DIGEST, canonical, digest
from danvan_site.plan.pictures import Shares, values
from danvan_site.plan.references import References
from danvan_site.plan.related import Related
from danvan_site.succession import Succession

Values = dict[str, Any]
Day = tuple[int, int, int]
ARCHIVE = "luu-tru/index.html"


def root_of(path: str) -> str:
    """Return the way from a page up to the site's top: '' or '../' for each folder."""
    return "../" * path.count("/")


def month_url(year: int, month: int) -> str:
    """Return the address of a month."""
    return f"{year:04d}/{month:02d}/index.html"


def day_url(year: int, month: int, day: int) -> str:
    """Return the address of a day: its place in its month, whether or not it has its own page."""
    return f"{month_url(year, month)}#ngay-{day:02d}"


def day_of(bulletin: Bulletin) -> Sequence[int]:
    """Return year, month and day of a bulletin, to group those that stand in order."""
    assert bulletin.head.date is not None
    return bulletin.head.date[:3]


class Frame:
    """What every page is made with: settings, words, the library, and what stands in many pages."""

    def __init__(
        self, settings: Settings, words: Catalog, library: Library, references: References
    ) -> None:
        self.settings = settings
        self.words = words
        self.library = library
        self.references = references
        self.succession = Succession(settings.units)
        self.shares = Shares(settings, library, references)
        self.site = self._site()
        self.menu = self._menu()
        self._entries = {entry["url"] for entry in self.menu}
        self._share = self.shares.of_site()
        self.digest = digest(repr(settings), canonical([self.site, self.menu, self._share]))
        self._cards: dict[str, Values] = {}
        # What bulletins' own pages and the documents of their months show of them (`bulletins`).
        self.whole: dict[str, tuple[Values, Values]] = {}
        self._links: dict[str, dict[str, Values]] = {key: {} for key in GROUPINGS}
        self._shelves: dict[str, str] = {}
        # What pages show of the same day in an earlier year (`same_day`).
        self.earlier: dict[Day, Values | None] = {}
        self._feeds: dict[tuple[tuple[str, str], ...], list[Values]] = {}
        self._unusual_units = library.groupings["don-vi"].unusual
        self._unusual_categories = library.groupings["chuyen-muc"].unusual
        self._stamps = {each.path: self._stamp(each) for each in library.bulletins}
        self.related = Related(library, self._stamps)

    def text(self, key: str, **details: object) -> str:
        """Return a text of the pages' catalogue."""
        return self.words.site[key].format(**details)

    def number(self, number: int) -> str:
        """Return a whole number grouped in the site's language."""
        grouped = vietnamese.group_digits(number)
        return grouped.replace(".", self.words.site["thousands_separator"])

    def grouping_title(self, key: str) -> str:
        """Return the name of a grouping: ``Chuyên mục``."""
        return self.words.site[f"grouping_{key.replace('-', '_')}"]

    def _site(self) -> Values:
        settings = self.settings
        colours = palette.schemes(settings.theme.color, settings.theme.ornament)["light"]
        publisher = {key: getattr(settings.publisher, key) for key in settings.publisher.__slots__}
        return {
            "title": settings.title,
            "description": settings.description,
            "language": settings.language,
            "base_url": settings.base_url,
            "publisher": publisher,
            "feeds": bool(settings.base_url),
            "colours": {name: colours[name] for name in ("main", "paper")},
            **{name: self._picture_of_site(name) for name in ("emblem", "banner")},
            "offline": settings.offline,
        }

    def _picture_of_site(self, name: str) -> Values | None:
        found = self.references.site.get(name)
        # Where it could not be made, that is a problem, and nothing is rendered.
        is_made = found and (not found.key or found.key in self.references.facts)
        return values(self.references, found) if found and is_made else None

    def _menu(self) -> list[Values]:
        entries = [(link.title, link.url) for link in self.settings.menu]
        if not entries:
            entries = [(self.text("home"), "index.html")]
            entries += [
                (self.grouping_title(key), f"{key}/index.html")
                for key in ("chuyen-muc", "su-kien", "don-vi")
                if self.library.groupings[key].terms
            ]
            entries.append((self.text("archive"), ARCHIVE))
            pages = [page for page in self.library.pages if page.head.menu is not None]
            entries += [(page.head.title, page.url) for page in pages]
        return [{"title": title, "url": url, "external": "://" in url} for title, url in entries]

    def page(self, path: str, kind: str, title: str, **more: Any) -> Values:
        """Return the context that every page has.

        *more*: description, crumbs [(title, url)], feeds [(title, url)], lang, noindex, og_type,
        share (`Shares.of`).
        """
        base = self.settings.base_url
        crumbs = [(self.text("home"), "index.html"), *more.get("crumbs", ())]
        return {
            "site": self.site,
            "menu": self.menu,
            "root": root_of(path),
            "crumbs": [] if kind == "home" else _links(crumbs),
            "page": {
                "kind": kind,
                "title": title,
                "description": more.get("description") or self._description(title),
                "url": path,
                "entry": path if path in self._entries else "",
                "canonical": base + path if base and not more.get("noindex") else "",
                "lang": more.get("lang") or self.settings.language,
                "noindex": bool(more.get("noindex")),
                "feeds": self._feeds_with(*more.get("feeds", ())),
                "og_type": more.get("og_type", "website"),
                "share": more.get("share") or self._share,
            },
        }

    def _feeds_with(self, *own: tuple[str, str]) -> list[Values]:
        """Return the site's feeds and those of a page; one list for all pages that have the same,
        which so render what shows them once."""
        if own not in self._feeds:
            title = self.settings.title
            feeds = [(title, "feed.xml"), (title, "feed.json"), *own]
            self._feeds[own] = _links(feeds) if self.settings.base_url else []
        return self._feeds[own]

    def _description(self, title: str) -> str:
        """Say what a page without words of its own is: its title, and whose it is."""
        site = self.settings.description or self.settings.title
        return site if title in (site, self.settings.title) else f"{title} – {site}"

    def date(self, moment: Moment) -> Values:
        """Return a date as pages show it, with the address of its day, or of what has none."""
        if not moment.month:
            url = f"{moment.year:04d}/index.html"
        else:
            url = month_url(moment.year, moment.month)
        url += f"#ngay-{moment.day:02d}" if moment.day else "#khong-ro-ngay"
        text = moment.text(self.settings.language)
        return {"iso": moment.iso, "text": text, "short": moment.short(), "url": url}

    def terms(self, key: str, names: Sequence[str]) -> list[Values]:
        """Return the names of a grouping's terms with their addresses."""
        links = self._links[key]
        return [links.get(name) or self._link(key, name) for name in names]

    def documents(self, names: Sequence[str]) -> list[Values]:
        """Return documents by their numbers; those that one bulletin alone cites have no page, and
        '' as address."""
        return [self._document(self.library.documents.get(citations.identity(n)), n) for n in names]

    def _document(self, term: Term | None, name: str) -> Values:
        if not term:
            return {"name": name, "title": "", "url": ""}  # on a plain page alone
        url = term.url if len(term.members) > 1 else ""
        return {"name": term.name, "title": term.description, "url": url}

    def document_stamps(self, names: Sequence[str]) -> list[str]:
        """Return what tells whether `documents` are what they were."""
        stamps = []
        for name in names:
            term = self.library.documents[citations.identity(name)]
            stamps.append(f"{term.name}\0{len(term.members) > 1}")
        return stamps

    def _link(self, key: str, name: str) -> Values:
        (term,) = self.library.groupings[key].find([name])
        link = self._links[key][name] = term_link(term)
        return link

    def card(self, bulletin: Bulletin) -> Values:
        """Return what lists show of a bulletin."""
        # Reading its front matter would take longer than all the rest.
        head = bulletin.head
        units = self.terms("don-vi", [head.unit] if head.unit else [])
        categories = self.terms("chuyen-muc", head.category[:1])
        return {
            "id": head.id or bulletin.url[:-5],
            "title": head.title,
            "url": bulletin.url,
            "anchor": anchor(bulletin),
            "date": self.date(bulletin.date),
            "lead": bulletin.brief.summary,
            "category": categories[0] if categories else None,
            "unit": units[0] if units else None,
            "image": self.picture(bulletin),
            "views": head.views,
            "views_text": self.number(head.views) if head.views is not None else "",
            "status": head.status,
            "draft": head.draft,
        }

    def picture(self, bulletin: Bulletin) -> Values | None:
        """Return a bulletin's lead picture (`pictures.values`) with its ``alt``, or None."""
        picture = self.references.picture(bulletin)
        if not picture:
            return None
        return values(self.references, picture) | {"alt": bulletin.brief.alt}

    def cards_of(self, bulletins: Sequence[Bulletin]) -> list[Values]:
        """Return the cards of some bulletins, in their order; each is made once in a process."""
        return [self._cards.get(each.path) or self._made(each) for each in bulletins]

    def _made(self, bulletin: Bulletin) -> Values:
        card = self._cards[bulletin.path] = self.card(bulletin)
        return card

    def _stamp(self, bulletin: Bulletin) -> str:
        head = bulletin.head
        parts = [head.url, head.card_digest, self.references.stamp(bulletin)]
        if head.unit in self._unusual_units:
            parts.append(self._unusual_units[head.unit])
        if head.category and head.category[0] in self._unusual_categories:
            parts.append(self._unusual_categories[head.category[0]])
        return digest(*parts)

    def stamps_around(self, bulletin: Bulletin) -> str:
        """Return the stamps of a bulletin and its neighbours: see `stamps`."""
        shelf = self.library.shelf(bulletin)
        key = shelf.slug if shelf else ""
        stamps = self._shelves.get(key)
        if stamps is None:
            stamps = self.stamps(shelf.members if shelf else self.library.bulletins)
            self._shelves[key] = stamps
        rank = self.library.rank(bulletin)
        own, first = rank * DIGEST, max(rank - NEIGHBOURS, 0) * DIGEST
        around = stamps[first : own + (NEIGHBOURS + 1) * DIGEST]
        return f"{stamps[own : own + DIGEST]}{around}"

    def stamps(self, bulletins: Sequence[Bulletin]) -> str:
        """Return what tells whether the cards of some bulletins are what they were."""
        stamps = self._stamps
        return "".join([stamps[each.path] for each in bulletins])

    @cached_property
    def standing(self) -> list[Bulletin]:
        """All bulletins that are not withdrawn."""
        return standing(self.library.bulletins)

    @cached_property
    def days(self) -> dict[Day, range]:
        """The places of each day's bulletins among those that are `standing`."""
        runs: dict[Day, range] = {}
        start = 0
        for found, members in groupby(self.standing, day_of):
            end = start + sum(1 for _ in members)
            if found[2]:
                runs[found[0], found[1], found[2]] = range(start, end)
            start = end
        return runs

    @cached_property
    def everything(self) -> str:
        """What tells whether the front matter of all bulletins is what it was."""
        return digest(
            *(
                f"{each.path}\0{each.url}\0{each.head.meta_digest}"
                for each in self.library.bulletins
            )
        )

    def newest_first(self, bulletins: Sequence[Bulletin]) -> list[Values]:
        """Return the cards of bulletins that go from the oldest, newest first."""
        return self.cards_of(bulletins[::-1])

    def month_title(self, year: int, month: int) -> str:
        """Return ``Tháng 7/2020``."""
        return month_title(year, month, self.settings.language)

    def ways(self) -> list[Values]:
        """Return the ways into the archive, for pages from which one has to go on."""
        ways = [(self.text("archive"), ARCHIVE)]
        ways += [
            (self.grouping_title(key), f"{key}/index.html")
            for key in GROUPINGS
            if self.library.groupings[key].terms
        ]
        if self.library.documents:
            ways.append((self.grouping_title(DOCUMENTS), f"{DOCUMENTS}/index.html"))
        return _links([(self.text("home"), "index.html"), *ways])


def anchor(bulletin: Bulletin) -> str:
    """Return the id of a bulletin's card in a list: its address, since names repeat in months."""
    return "tin-" + bulletin.url[:-5].replace("/", "_")


def term_link(term: Term) -> Values:
    """Return a term as a link."""
    return {"name": term.name, "url": term.url}


def link(title: str, url: str) -> Values:
    """Return a link to a page of the site."""
    return {"title": title, "url": url}


def _links(pairs: Sequence[tuple[str, str]]) -> list[Values]:
    return [link(title, url) for title, url in pairs]


def titled(pair: tuple[str, str] | None) -> Mapping[str, str] | None:
    """Return a (title, url) pair as a link, or None."""
    return link(*pair) if pair else None
