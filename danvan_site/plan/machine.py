"""What machines read: feeds, sitemap, open data; and plain files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from danvan_site import palette
from danvan_site.content import Bulletin
from danvan_site.library import grouped, standing_latest
from danvan_site.plan import host_headers, pictures
from danvan_site.plan.frame import ARCHIVE, Frame, Values
from danvan_site.plan.home import SEARCH_PAGE, SITE_MAP
from danvan_site.plan.listings import with_former
from danvan_site.plan.model import RANK_FILE, RANK_MACHINE, Artifact

FEED_LENGTH = 20
SITEMAP_WHOLE = 5_000
SITEMAP_PART = 45_000
STYLES = "giao-dien/theme.css"


def plan(frame: Frame, assets: Mapping[str, str], documents: Sequence[str]) -> Iterator[Artifact]:
    """Yield all that is no page.  *assets*: published path → digest of the theme's file;
    *documents*: addresses of the pages of documents."""
    yield from _files(frame, assets)
    yield from _data(frame)
    yield _text("robots.txt", _robots(frame))
    settings = frame.settings
    for path, text in host_headers.files(settings.redirects, settings.base_path):
        yield _text(path, text)
    if frame.settings.base_url:
        yield from _feeds(frame)
        yield from _sitemaps(frame, documents)
        make = partial(_opensearch, frame)
        yield Artifact("opensearch.xml", "opensearch", "", make, RANK_MACHINE)


def _text(path: str, text: str) -> Artifact:
    return Artifact(path, "text", "", partial(dict, {"text": text}), RANK_MACHINE)


def _files(frame: Frame, assets: Mapping[str, str]) -> Iterator[Artifact]:
    for path, digest in assets.items():
        values: Values = {"asset": path, "digest": digest}
        kind = "script" if path.endswith(".js") else "copy"
        if path == STYLES:
            theme = frame.settings.theme
            kind = "styles"
            values["colours"] = palette.css(theme.color, theme.ornament)
        yield Artifact(path, kind, "", partial(dict, values), RANK_FILE)
    yield from pictures.artifacts(frame.references, frame.settings.pictures.quality)
    yield from frame.shares.artifacts()
    by_url = {media.url: media for media in frame.references.media.values()}
    for url, media in sorted(by_url.items()):
        values = {"file": media.file.name, "digest": media.digest}
        yield Artifact(url, "copy", "", partial(dict, values), RANK_FILE, media.file.path)


def _robots(frame: Frame) -> str:
    base = frame.settings.base_url
    return "User-agent: *\nAllow: /\n" + (f"Sitemap: {base}sitemap.xml\n" if base else "")


# Feeds


def _feeds(frame: Frame) -> Iterator[Artifact]:
    everything = standing_latest(frame.library.bulletins, FEED_LENGTH)
    title = frame.settings.title
    for path, kind in (("feed.xml", "atom"), ("feed.json", "json-feed")):
        make = partial(_feed, frame, path, title, "index.html", everything)
        yield Artifact(path, kind, "", make, RANK_MACHINE)
    for grouping in frame.library.groupings.values():
        for term in grouping.terms.values():
            if term.members:
                path = f"{term.folder}/feed.xml"
                latest = standing_latest(term.members, FEED_LENGTH)
                make = partial(_feed, frame, path, f"{term.name} – {title}", term.url, latest)
                inputs = f"{term.name}\0{term.slug}{frame.stamps(latest)}"
                yield Artifact(path, "atom", "", make, RANK_MACHINE, inputs=inputs)


def _feed(frame: Frame, path: str, title: str, page: str, members: Sequence[Bulletin]) -> Values:
    base = frame.settings.base_url
    entries = [_entry(frame, bulletin) for bulletin in reversed(members)]
    return {
        "title": title,
        "description": frame.settings.description,
        "language": frame.settings.language,
        "author": frame.settings.publisher.name or frame.settings.title,
        "home": base + page,
        "self": base + path,
        # No bulletins, no time: the beginning of computers' time says so without inventing one.
        "updated": max((entry["updated"] for entry in entries), default="1970-01-01T00:00:00Z"),
        "entries": entries,
    }


def _entry(frame: Frame, bulletin: Bulletin) -> Values:
    head = bulletin.head
    picture = frame.picture(bulletin)
    return {
        "url": frame.settings.base_url + bulletin.url,
        "title": head.title,
        "summary": frame.cards_of([bulletin])[0]["lead"],
        "published": head.published,
        "updated": head.updated,
        "authors": head.author,
        "tags": list(dict.fromkeys([*head.category, *head.tags])),
        "image": frame.settings.base_url + picture["src"] if picture else "",
    }


# Sitemap


def _sitemaps(frame: Frame, documents: Sequence[str]) -> Iterator[Artifact]:
    bulletins = frame.standing
    lists = _list_addresses(frame, documents)
    if len(bulletins) <= SITEMAP_WHOLE:
        yield _sitemap(frame, "sitemap.xml", [*lists, *_changes(bulletins)])
        return
    parts = [("sitemap-trang.xml", lists)]
    years = grouped(bulletins, lambda each: [each.year])
    for year, members in sorted(years.items()):
        for number, start in enumerate(range(0, len(members), SITEMAP_PART)):
            suffix = f"-{number + 1}" if number else ""
            part = _changes(members[start : start + SITEMAP_PART])
            parts.append((f"sitemap-{year}{suffix}.xml", part))
    for path, entries in parts:
        yield _sitemap(frame, path, entries)
    addresses = [frame.settings.base_url + path for path, _ in parts]
    yield Artifact(
        "sitemap.xml", "sitemap-index", "", partial(dict, {"addresses": addresses}), RANK_MACHINE
    )


def _changes(bulletins: Sequence[Bulletin]) -> list[tuple[str, str]]:
    """Return address and day of the latest change of some bulletins."""
    return [(each.url, each.head.changed) for each in bulletins]


def _list_addresses(frame: Frame, documents: Sequence[str]) -> list[tuple[str, str]]:
    """Return the first pages of all lists and the pages of which there is one; their changes are
    not told."""
    paths = ["index.html", SEARCH_PAGE, SITE_MAP, ARCHIVE]
    paths += [page.url for page in frame.library.pages]
    for grouping in frame.library.groupings.values():
        paths.append(f"{grouping.key}/index.html")
        for term in grouping.terms.values():
            whole = with_former(frame, term)
            paths += [each.url for each in (term, whole) if each]
    paths += documents
    paths += [f"{year:04d}/index.html" for year in frame.library.years]
    paths += [f"{year:04d}/{month:02d}/index.html" for year, month in frame.library.months]
    return [(path, "") for path in paths]


def _sitemap(frame: Frame, path: str, entries: Sequence[tuple[str, str]]) -> Artifact:
    make = partial(_urls, frame.settings.base_url, entries)
    inputs = "\0".join(itertools.chain.from_iterable(entries))
    return Artifact(path, "sitemap", "", make, RANK_MACHINE, inputs=inputs)


def _urls(base: str, entries: Sequence[tuple[str, str]]) -> Values:
    return {"urls": [(base + path, changed) for path, changed in entries]}


def _opensearch(frame: Frame) -> Values:
    return {
        "title": frame.settings.title,
        "description": frame.settings.description or frame.settings.title,
        "language": frame.settings.language,
        "search": frame.settings.base_url + SEARCH_PAGE + "?q={searchTerms}",
    }


# Open data


def _data(frame: Frame) -> Iterator[Artifact]:
    """Everything as data: all front matter in one file, and with the bodies a file for a year."""
    all_of_them = frame.library.bulletins
    for path, kind in (("du-lieu/bai-viet.jsonl", "data-lines"), ("du-lieu/bai-viet.csv", "csv")):
        make = partial(_records, frame, all_of_them)
        yield Artifact(path, kind, "", make, RANK_MACHINE, inputs=frame.everything)
    for year, members in frame.library.years.items():
        make = partial(_records, frame, members)
        inputs = "\0".join(
            [f"{each.path}\0{each.url}\0{each.digest}\0{each.head.meta_digest}" for each in members]
        )
        path = f"du-lieu/{year:04d}.jsonl"
        yield Artifact(path, "data-with-bodies", "", make, RANK_MACHINE, inputs=inputs)


def _records(frame: Frame, members: Sequence[Bulletin]) -> Values:
    """Name the records and their views; the renderer takes the rest from the state, by path."""
    return {
        "base": frame.settings.base_url,
        "records": [
            (each.path, each.url, each.year, each.head.views, each.head.views_as_of)
            for each in members
        ],
    }
