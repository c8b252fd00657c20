"""The rendered site: pages, the links between them, feeds and the other files for machines.

What can be wrong there are templates of the site's own, HTML that bulletins bring along, and this
program.  Where there are so many pages that examining all of them would take minutes, it is done
for one of each template and a sample, which is the same each time.
"""

from __future__ import annotations

import hashlib
import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from danvan_site.errors import Place, Problem, nearest
from danvan_site.examining import machine, pages
from danvan_site.remote import of_build
from danvan_site.stages import Examined

# So many pages are examined one and all; of more, this sample, which takes some ten seconds.
ALL_PAGES, SAMPLE = 4_000, 2_000
_CHUNK = 25
_WORTH = 200
_NOT_FOUND = "404.html"
_ID = re.compile(r"""\sid=(?:"([^"]*)"|'([^']*)')""")


class Item(NamedTuple):
    """A file to examine: its path, its kind, the template and the source it is made of."""

    path: str
    kind: str
    template: str
    subject: str


@dataclass(frozen=True, slots=True)
class Job:
    """What examining any file needs: the folder where it stands, all paths of the site, the
    site's address."""

    folder: str
    paths: frozenset[str]
    base_url: str
    base_path: str


class Found(NamedTuple):
    """A fault in a file: the problem's code, line and column, details."""

    item: Item
    code: str
    line: int
    column: int
    details: Mapping[str, str]


class Shown(NamedTuple):
    """The folders' names in messages."""

    output: str
    content: str
    templates: str


def chosen(items: Sequence[Item], most: int = ALL_PAGES, sample: int = SAMPLE) -> list[Item]:
    """Return the pages to examine: all, or the first of each template and a sample."""
    if len(items) <= most:
        return list(items)
    first = {item.template: item for item in reversed(items)}
    rest = sorted(items, key=lambda item: hashlib.blake2b(item.path.encode()).digest())
    return list(dict.fromkeys([*first.values(), *rest[:sample]]))


def examine(site: Examined, folder: Path) -> Iterator[Problem]:
    """Yield what is wrong with the files that were rendered into *folder*."""
    items = [
        Item(each.path, each.kind, each.template, each.subject) for each in site.plan.artifacts
    ]
    html = [item for item in items if item.path.endswith(".html")]
    others = [item for item in items if item.kind in machine.READERS]
    some = chosen(html)
    paths = frozenset(item.path for item in items)
    job = Job(str(folder), paths, site.settings.base_url, site.settings.base_path)
    site.progress.stage("examine", len(some) + len(others))
    found: list[Found] = []
    shared = site.workers.share(job)
    for results in site.workers.map(examine_some, shared, some + others, _CHUNK, _WORTH):
        found += itertools.chain.from_iterable(results)
        site.progress.advance(len(results))
    options = site.options
    shown = Shown(options.shown(options.output), site.shown, options.shown(options.templates))
    yield from told(found, shown)
    if len(some) < len(html):
        details = {"examined": str(len(some)), "pages": str(len(html))}
        yield Problem("pages-sampled", Place(shown.output), details)


def told(found: Iterable[Found], shown: Shown) -> Iterator[Problem]:
    """Yield a problem for each fault, but one alone for what a template does on all its pages."""
    alike: dict[tuple[object, ...], list[Found]] = {}
    for each in found:
        key = each.code, each.item.template, *sorted(each.details.items())
        alike.setdefault(key, []).append(each)
    for some in alike.values():
        first, item = some[0], some[0].item
        made_of = [
            f"{folder}/{name}"
            for folder, name in ((shown.templates, item.template), (shown.content, item.subject))
            if name
        ]
        details = dict(first.details) | {"made_of": " + ".join(made_of) or "–"}
        details["count"] = str(len({each.item.path for each in some}))
        place = Place(f"{shown.output}/{item.path}", first.line, first.column)
        yield Problem(first.code, place, details)


def examine_some(job: Job, items: Sequence[Item]) -> list[list[Found]]:
    """Return what is wrong with each of some files."""
    return [list(_examine(job, item)) for item in items]


def _examine(job: Job, item: Item) -> Iterator[Found]:
    raw = Path(job.folder, item.path).read_bytes()
    if item.kind in machine.READERS:
        for fault in machine.READERS[item.kind](raw, job.base_url):
            yield Found(item, *fault)
        return
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        yield Found(item, "page-unreadable", 1, 1, {"reason": str(error)})
        return
    page = pages.read(text)
    for code, line, column, details in page.faults:
        yield Found(item, code, line, column, details)
    for address in page.addresses:
        wrong = _wrong_with(job, item.path, page, address)
        if wrong:
            yield Found(item, wrong[0], address.line, address.column, wrong[1])


def _wrong_with(
    job: Job, page: str, read: pages.Read, address: pages.Address
) -> tuple[str, dict[str, str]] | None:
    """Return code and details of what is wrong with an address in a page."""
    value = address.value
    try:
        parts = urlsplit(value)
    except ValueError:
        return "page-dead-link", {"target": value, "meant": ""}
    is_own = bool(job.base_url) and f"{value}/".startswith(job.base_url)
    if (parts.scheme or parts.netloc) and not is_own:
        return ("page-foreign", {"target": value}) if address.loaded else None
    inside = value[len(job.base_url) :] if is_own else value
    target, fragment = _target(job, page, inside, is_own)
    if target is None or (target not in job.paths and f"{target}/index.html" not in job.paths):
        meant = nearest(target or "", _beside(job, target or ""))
        return "page-dead-link", {"target": value, "meant": meant}
    if not fragment or not target.endswith(".html") or fragment == "top":
        return None
    ids = read.ids if target == page else _ids(job.folder, target)
    return None if fragment in ids else ("page-dead-anchor", {"target": value})


def _target(job: Job, page: str, value: str, is_own: bool) -> tuple[str | None, str]:
    """Return the file that an address within the site names, None where it leads out, and the
    place in it."""
    path, _, fragment = value.partition("#")
    path = unquote(path.partition("?")[0])
    if not is_own and path.startswith("/"):
        # Only the page for lost addresses knows where the site lies at its host: it has to.
        if page != _NOT_FOUND or not path.startswith(job.base_path):
            return None, ""
        path, is_own = path[len(job.base_path) :], True
    if not path:
        return ("index.html" if is_own else page), unquote(fragment)
    base = "" if is_own else posixpath.dirname(page)
    whole = posixpath.normpath(posixpath.join(base, path))
    if whole.startswith(".."):
        return None, ""
    if path.endswith("/") or whole == ".":
        whole = posixpath.join("" if whole == "." else whole, "index.html")
    return whole, unquote(fragment)


def _beside(job: Job, target: str) -> list[str]:
    folder = posixpath.dirname(target)
    some = [path for path in job.paths if posixpath.dirname(path) == folder]
    return some[:2000]


@of_build
@lru_cache(maxsize=512)
def _ids(folder: str, path: str) -> frozenset[str]:
    text = Path(folder, path).read_text("utf-8", errors="replace")
    return frozenset(unescape(first or second) for first, second in _ID.findall(text))
