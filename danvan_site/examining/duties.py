"""What rules for portals of state bodies ask: which of it the site has, which it has not, and what
is not the site's to say.

Each is looked for in the pages as they would be published, and in the settings where these say what
should be there.  What cannot be seen there (whether a portal is backed up, whether its news are
timely) is said to be so, not assumed.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from danvan_site import vietnamese
from danvan_site.examining import pages
from danvan_site.library import standing
from danvan_site.stages import Examined

# So many bulletins' pages are looked at.
_ARTICLES = 100
# What the one list of metadata elements there is calls mandatory, in Dublin Core's names.
_MANDATORY = ("title", "creator", "date", "description", "publisher", "identifier")
_ABOUT = ("gioi-thieu", "co-cau-to-chuc", "chuc-nang-nhiem-vu", "about")
_SEARCH_PAGE, _ARCHIVE = "tim-kiem.html", "luu-tru/index.html"


class State(enum.StrEnum):
    """PRESENT and MISSING were looked for; UNSEEN is what pages and settings do not show."""

    PRESENT = "present"
    MISSING = "missing"
    UNSEEN = "unseen"


class Duty(NamedTuple):
    """One thing that rules ask: its name in the catalogue, what came of looking for it, and where
    it is missing, or what of it."""

    name: str
    state: State
    where: str = ""


class _Site(NamedTuple):
    """What is looked at: the home page, some bulletins' pages by path, all paths."""

    examined: Examined
    folder: Path
    paths: frozenset[str]
    home: pages.Read
    articles: Mapping[str, pages.Read]

    def text(self, path: str) -> str:
        """Return a file's text, '' where there is none."""
        if path not in self.paths:
            return ""
        return (self.folder / path).read_text("utf-8", errors="replace")

    def leads_to(self, page: pages.Read, path: str) -> bool:
        """Tell whether a page of the site's top links to *path*."""
        return path in self.paths and any(each.value == path for each in page.addresses)


def examine(site: Examined, folder: Path) -> list[Duty]:
    """Return all that rules ask, with what came of looking for it in *folder*."""
    paths = frozenset(each.path for each in site.plan.artifacts)
    urls = sorted(
        (each.url for each in standing(site.library.bulletins)),
        key=lambda url: hashlib.blake2b(url.encode(), digest_size=8).digest(),
    )
    articles = {url: _read(folder, url) for url in urls[:_ARTICLES]}
    home = _read(folder, "index.html")
    looked_at = _Site(site, folder, paths, home, articles)
    return [Duty(name, *look(looked_at)) for name, look in _DUTIES]


def _read(folder: Path, path: str) -> pages.Read:
    return pages.read((folder / path).read_text("utf-8", errors="replace"))


Looked = tuple[State, str]


def _judged(lacking: Iterable[str]) -> Looked:
    """Return that it is there where nothing of it is lacking."""
    found = list(lacking)
    return (State.MISSING, ", ".join(found[:5])) if found else (State.PRESENT, "")


def _everywhere(site: _Site, has: Callable[[str, pages.Read], bool]) -> Looked:
    """Judge what every bulletin's page must have; without any page there is nothing to see."""
    if not site.articles:
        return State.UNSEEN, ""
    return _judged(path for path, page in site.articles.items() if not has(path, page))


def _search(site: _Site) -> Looked:
    """All bulletins are in the index, and the home page asks the search page."""
    page = site.text(_SEARCH_PAGE)
    number = len(standing(site.examined.library.bulletins))
    counted = f'"documents":{number},' in page.replace("&#34;", '"').replace("&quot;", '"')
    lacking = [] if counted or not number else [_SEARCH_PAGE]
    asked = any(each.value == _SEARCH_PAGE for each in site.home.addresses)
    return _judged(lacking + ([] if asked else ["index.html"]))


def _links(site: _Site) -> Looked:
    partners = site.examined.settings.partners
    shown = {each.value for each in site.home.addresses}
    return _judged(
        ["partners"] if not partners else [p.url for p in partners if p.url not in shown]
    )


def _printing(site: _Site) -> Looked:
    styles = site.text("giao-dien/theme.css")
    if "@media print" not in styles:
        return State.MISSING, "giao-dien/theme.css"

    def has(path: str, page: pages.Read) -> bool:
        # The way to its print view is a place in the page.
        return "ban_in" in page.ids and any(each.value == "#ban_in" for each in page.addresses)

    return _everywhere(site, has)


def _archive(site: _Site) -> Looked:
    if not site.leads_to(site.home, _ARCHIVE):
        return State.MISSING, _ARCHIVE
    archive = _read(site.folder, _ARCHIVE)
    leads_to = {each.value for each in archive.addresses}
    years = (f"../{year:04d}/index.html" for year in site.examined.library.years)
    return _judged(year for year in years if year not in leads_to)


def _contact(site: _Site) -> Looked:
    publisher = site.examined.settings.publisher
    shown = " ".join(site.home.text.split())
    return _judged(
        f"publisher.{name}"
        for name in ("name", "address", "phone", "email")
        for value in [" ".join(getattr(publisher, name).split())]
        if not value or value not in shown
    )


def _about(site: _Site) -> Looked:
    slugs = {page.url for page in site.examined.library.pages}
    linked = {each.value for each in site.home.addresses}
    found = [url for url in slugs & linked if url.removesuffix(".html") in _ABOUT]
    return _judged([] if found else [f"{_ABOUT[0]}.html"])


def _english(site: _Site) -> Looked:
    texts = [page.url for page in site.examined.library.pages] + ["index.html"]
    found = any(
        any(each.partition("-")[0] == "en" for each in _read(site.folder, url).languages)
        for url in texts
        if url in site.paths
    )
    return _judged([] if found else ["lang: en"])


def _metadata(site: _Site) -> Looked:
    if not site.articles:
        return State.UNSEEN, ""
    return _judged(
        f"dc.{name}: {path}"
        for path, page in site.articles.items()
        for name in _MANDATORY
        if not page.metadata.get(f"dc.{name}", "").strip()
    )


def _structured(site: _Site) -> Looked:
    return _everywhere(site, lambda path, page: bool(page.data))


def _exchange(site: _Site) -> Looked:
    """Other systems can fetch the news: a feed, and all of it as open data."""
    wanted = ("feed.xml", "feed.json", "du-lieu/bai-viet.jsonl")
    return _judged(path for path in wanted if not site.text(path).strip())


def _measured(site: _Site) -> Looked:
    """The pages have no other's script, or they are measured: by whom, they do not say."""
    foreign = [each.value for each in site.home.addresses if each.loaded and "//" in each.value]
    return (State.UNSEEN, ", ".join(foreign[:5])) if foreign else (State.MISSING, "EMC")


def _accessible(site: _Site) -> Looked:
    """Of what accessibility needs that which a program sees: language, titles, texts of pictures,
    levels of headings, a way past the menu."""
    some = {"index.html": site.home} | dict(site.articles)
    codes = {"page-no-language", "page-no-title", "page-image-alt", "page-heading-skip"}
    return _judged(
        path
        for path, page in some.items()
        if codes & {fault.code for fault in page.faults} or not _has_skip_link(page)
    )


def _has_skip_link(page: pages.Read) -> bool:
    first = next((each.value for each in page.addresses if each.tag == "a"), "")
    return first.startswith("#") and first[1:] in page.ids


def _display(site: _Site) -> Looked:
    signs = {"A−", "A+"}
    return _judged([] if all(each in site.home.text for each in signs) else ["A− A A+"])


def _private(site: _Site) -> Looked:
    """Pages fetch nothing of others, and their policy sees to it."""
    some = {"index.html": site.home} | dict(site.articles)
    codes = {"page-no-policy", "page-weak-policy", "page-inline"}
    return _judged(
        path
        for path, page in some.items()
        if codes & {fault.code for fault in page.faults}
        or any(each.loaded and "://" in each.value for each in page.addresses)
    )


def _sources(site: _Site) -> Looked:
    """A bulletin taken from elsewhere names its source."""
    by_url = {each.url: each for each in site.examined.library.bulletins}
    lacking = []
    for path, page in site.articles.items():
        source = by_url[path].meta.source
        if source and vietnamese.nfc(source.name) not in vietnamese.nfc(page.text):
            lacking.append(path)
    return _judged(lacking)


def _unseen(site: _Site) -> Looked:
    return State.UNSEEN, ""


# What rules ask, in the order in which it is told.
_DUTIES: Sequence[tuple[str, Callable[[_Site], Looked]]] = (
    ("search", _search),
    ("links", _links),
    ("print", _printing),
    ("archive", _archive),
    ("english", _english),
    ("contact", _contact),
    ("about", _about),
    ("timely", _unseen),
    ("unified", _unseen),
    ("structured", _structured),
    ("exchange", _exchange),
    ("measured", _measured),
    ("backup", _unseen),
    ("metadata", _metadata),
    ("accessible", _accessible),
    ("display", _display),
    ("sources", _sources),
    ("private", _private),
)
