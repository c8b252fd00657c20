"""The home page, the search page, and the page for addresses that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from danvan_site import vietnamese
from danvan_site.content import Bulletin
from danvan_site.library import Term
from danvan_site.plan import heat
from danvan_site.plan.archives import calendar_of, days_of
from danvan_site.plan.bulletins import script_json
from danvan_site.plan.frame import Frame, Values, link
from danvan_site.plan.model import RANK_HOME, RANK_LIST, RANK_SEARCH, Artifact, canonical
from danvan_site.plan.old_addresses import OldAddresses
from danvan_site.plan.references import NOT_FOUND
from danvan_site.plan.timeline import timeline

SEARCH_PAGE, SITE_MAP = "tim-kiem.html", "so-do.html"
# Of these a site has few enough to name them all; of the others it may have thousands.
_NAMED = ("chuyen-muc", "su-kien", "don-vi")
_TOPICS = 6


def plan(frame: Frame, index: str, old: OldAddresses) -> Iterator[Artifact]:
    """Yield the pages of which there is one.  *index* is what the search page tells the client."""
    make = partial(_home, frame, old.summary(queries_only=True))
    yield Artifact("index.html", "home", "home.html", make, RANK_HOME)
    make = partial(_search, frame, index)
    yield Artifact(SEARCH_PAGE, "search", "search.html", make, RANK_SEARCH)
    make = partial(_site_map, frame)
    yield Artifact(SITE_MAP, "site-map", "site-map.html", make, RANK_LIST)
    make = partial(_not_found, frame, old.summary())
    yield Artifact(NOT_FOUND, "not-found", "not-found.html", make, RANK_LIST)


def _home(frame: Frame, old: str) -> Values:
    settings = frame.settings
    bulletins = frame.standing
    featured = [each for each in bulletins if each.head.featured][-3:]
    rest = [each for each in bulletins if each not in featured]
    context = frame.page(
        "index.html",
        "home",
        settings.title,
        description=settings.description,
    )
    return context | {
        "featured": frame.newest_first(featured),
        "latest": frame.newest_first(rest[-settings.home.latest :] if settings.home.latest else []),
        "sections": _sections(frame),
        "topics": _topics(frame),
        "most_viewed": frame.cards_of(_most_viewed(bulletins, settings.home.most_viewed)),
        "calendar": _calendar(frame),
        "legend": heat.legend(frame, heat.OF_DAYS),
        "visits": _visits(frame),
        "old_addresses": old,
        "partners": [{"name": each.title, "url": each.url} for each in settings.partners],
        "website_jsonld": script_json(
            {
                "@context": "https://schema.org",
                "@type": "WebSite",
                "name": settings.title,
                "inLanguage": settings.language,
                **({"url": settings.base_url} if settings.base_url else {}),
            }
        ),
    }


def _sections(frame: Frame) -> list[Values]:
    """Return the categories with their newest: those of the settings, or all, in their order."""
    terms = frame.library.groupings["chuyen-muc"].terms
    wanted = frame.settings.home.categories or [each.name for each in frame.settings.categories]
    named = [terms.get(vietnamese.identity(name)) for name in wanted]
    chosen = [term for term in named if term] or list(terms.values())
    number = frame.settings.home.per_category
    return [
        {
            "title": term.name,
            "url": term.url,
            "items": frame.newest_first(term.members[-number:] if number else ()),
        }
        for term in chosen
        if term.members
    ]


def _topics(frame: Frame) -> list[Values]:
    terms = frame.library.groupings["su-kien"].terms.values()
    newest = sorted(terms, key=_last_order, reverse=True)[:_TOPICS]
    return [
        {"name": term.name, "url": term.url, "count": frame.number(len(term.members))}
        for term in newest
    ]


def _last_order(term: Term) -> tuple[object, ...]:
    return term.members[-1].order


def _most_viewed(bulletins: list[Bulletin], number: int) -> list[Bulletin]:
    viewed = [each for each in bulletins if each.head.views]
    return sorted(viewed, key=lambda each: (-(each.head.views or 0), each.path))[:number]


def _calendar(frame: Frame) -> Values | None:
    """Return the calendar of the newest month, not of today: pages do not know the time."""
    if not frame.library.months:
        return None
    month = max(frame.library.months)
    return calendar_of(frame, month, days_of(frame, month))


def _visits(frame: Frame) -> Values | None:
    """Return the visit counter: the snapshot of the settings and the views of all bulletins."""
    visits = frame.settings.visits
    if not visits:
        return None
    total = visits.count + sum(each.head.views or 0 for each in frame.library.bulletins)
    return {
        "text": frame.number(total),
        "as_of": visits.as_of.short() if visits.as_of else "",
    }


def _search(frame: Frame, index: str) -> Values:
    context = frame.page(SEARCH_PAGE, "search", frame.text("search_title"))
    return context | {
        "ways": frame.ways(),
        # A text for an attribute, not values for the template.
        "index": str(index),
        "former": _former(frame),
        "count": frame.number(len(frame.library.bulletins)),
        "timeline": timeline(frame, frame.standing) if index else None,
    }


def _former(frame: Frame) -> str:
    """Return the units whose bulletins are searched with those of each unit, as JSON; '' where no
    unit has any."""
    units = {
        term.name: [each.name for each in frame.succession.all_before(term.unit)]
        for term in frame.library.groupings["don-vi"].terms.values()
        if term.unit
    }
    known = {name: former for name, former in units.items() if former}
    return canonical(known) if known else ""


def _site_map(frame: Frame) -> Values:
    context = frame.page(SITE_MAP, "site-map", frame.text("site_map"))
    years = [
        link(frame.text("year_title", year=year), f"{year:04d}/index.html")
        for year in reversed(list(frame.library.years))
    ]
    machine = [link("CSV", "du-lieu/bai-viet.csv"), link("JSON Lines", "du-lieu/bai-viet.jsonl")]
    machine += [
        link(f"{'JSON Feed' if feed['url'].endswith('.json') else 'Atom'}", feed["url"])
        for feed in context["page"]["feeds"]
    ]
    pages = [link(page.head.title, page.url) for page in frame.library.pages]
    start = [link(frame.text("home"), "index.html"), link(frame.text("search_title"), SEARCH_PAGE)]
    groups = [_group(frame.text("plain_pages"), "", [*start, *pages])]
    for way in frame.ways()[1:]:
        key = way["url"].partition("/")[0]
        terms = frame.library.groupings[key].terms.values() if key in _NAMED else ()
        links = [link(term.name, term.url) for term in terms]
        groups.append(_group(way["title"], way["url"], years if key == "luu-tru" else links))
    groups.append(_group(frame.text("machine_heading"), "", machine))
    return context | {"groups": groups}


def _group(title: str, url: str, links: list[Values]) -> Values:
    return {"title": title, "url": url, "links": links}


def _not_found(frame: Frame, old: str) -> Values:
    """A host serves this page at any depth, so with a known address its links start there."""
    context = frame.page(NOT_FOUND, "not-found", frame.text("not_found"), noindex=True)
    if frame.settings.base_url:
        context["root"] = frame.settings.base_path
    return context | {"ways": frame.ways(), "old_addresses": old}
