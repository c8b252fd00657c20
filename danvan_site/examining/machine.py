"""Feeds, sitemaps and other files for machines: well-formed, and with what their standards require.

Atom is RFC 4287, JSON Feed 1.1, sitemaps those of sitemaps.org 0.9, OpenSearch 1.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from danvan_site.examining.pages import Fault

_ATOM = "{http://www.w3.org/2005/Atom}"
_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_WHOLE = re.compile(r"https?://[^\s<>\"]+")
_CLOCK = r"T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
_RFC_3339 = re.compile(rf"\d{{4}}-\d\d-\d\d{_CLOCK}")
# A day, or less of it: what W3C's profile of ISO 8601 admits.
_DAY = re.compile(rf"\d{{4}}(-\d\d(-\d\d({_CLOCK})?)?)?")
_MOST_ADDRESSES = 50_000

Reader = Callable[[bytes, str], Iterator[Fault]]


def _absent(what: str, line: int = 1) -> Fault:
    return Fault("file-lacks", line, 1, {"what": what})


def _of_xml(read: Callable[[Element, str], Iterator[Fault]]) -> Reader:
    def reader(raw: bytes, base: str) -> Iterator[Fault]:
        # None of ours has one, and there are no entities without it.
        if b"<!DOCTYPE" in raw:
            yield Fault("file-malformed", 1, 1, {"reason": "<!DOCTYPE"})
            return
        try:
            root = ElementTree.fromstring(raw)
        except ElementTree.ParseError as error:
            line, column = error.position
            yield Fault("file-malformed", line, column + 1, {"reason": str(error)})
            return
        yield from read(root, base)

    return reader


def _of_json(read: Callable[[Any, str], Iterator[Fault]]) -> Reader:
    def reader(raw: bytes, base: str) -> Iterator[Fault]:
        try:
            value = json.loads(raw.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", 1)
            yield Fault("file-malformed", line, getattr(error, "colno", 1), {"reason": str(error)})
            return
        if isinstance(value, Mapping):
            yield from read(value, base)
        else:
            yield _absent("{}")

    return reader


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _atom(root: Element, base: str) -> Iterator[Fault]:
    if root.tag != f"{_ATOM}feed":
        yield _absent("<feed>")
        return
    links = {
        each.get("rel", "alternate"): each.get("href", "") for each in root.iter(f"{_ATOM}link")
    }
    own = [each for each in root.findall(f"{_ATOM}link") if each.get("rel") == "self"]
    if not own or not _WHOLE.fullmatch(own[0].get("href", "")):
        yield _absent('<link rel="self">')
    yield from (
        _absent(f'<link rel="{rel}" href="{href}">')
        for rel, href in links.items()
        if not _WHOLE.fullmatch(href)
    )
    ids: set[str] = set()
    for each in (root, *root.findall(f"{_ATOM}entry")):
        named = _text(each, f"{_ATOM}id")
        label = named or "<entry>"
        for name in ("id", "title", "updated"):
            if not _text(each, f"{_ATOM}{name}"):
                yield _absent(f"<{name}>: {label}")
        for name in ("updated", "published"):
            date = _text(each, f"{_ATOM}{name}")
            if date and not _RFC_3339.fullmatch(date):
                yield _absent(f"<{name}> RFC 3339: {date}")
        if each is not root and named in ids:
            yield _absent(f"<id>: {named} ×2")
        ids.add(named)
    if root.find(f"{_ATOM}author") is None:
        yield _absent("<author>")


def _json_feed(feed: Mapping[str, Any], base: str) -> Iterator[Fault]:
    if not str(feed.get("version", "")).startswith("https://jsonfeed.org/version/1"):
        yield _absent("version")
    if not feed.get("title"):
        yield _absent("title")
    for key in ("home_page_url", "feed_url"):
        if not _WHOLE.fullmatch(str(feed.get(key, ""))):
            yield _absent(key)
    items = feed.get("items")
    if not isinstance(items, list):
        yield _absent("items")
        return
    ids: set[str] = set()
    for item in items:
        named = str(item.get("id", ""))
        if not named or named in ids:
            yield _absent(f"id: {named}")
        ids.add(named)
        if not _WHOLE.fullmatch(str(item.get("url", ""))):
            yield _absent(f"url: {named}")
        if not (item.get("content_text") or item.get("content_html")):
            yield _absent(f"content_text: {named}")
        for key in ("date_published", "date_modified"):
            if key in item and not _RFC_3339.fullmatch(str(item[key])):
                yield _absent(f"{key} RFC 3339: {item[key]}")


def _sitemap(root: Element, base: str) -> Iterator[Fault]:
    if root.tag not in (f"{_SITEMAP}urlset", f"{_SITEMAP}sitemapindex"):
        yield _absent("<urlset>")
        return
    seen: set[str] = set()
    for each in root:
        address, changed = _text(each, f"{_SITEMAP}loc"), _text(each, f"{_SITEMAP}lastmod")
        if not _WHOLE.fullmatch(address) or not address.startswith(base):
            yield _absent(f"<loc>: {address}")
        if address in seen:
            yield _absent(f"<loc>: {address} ×2")
        seen.add(address)
        if changed and not _DAY.fullmatch(changed):
            yield _absent(f"<lastmod> ISO 8601: {changed}")
    if len(seen) > _MOST_ADDRESSES:
        yield _absent(f"≤ {_MOST_ADDRESSES} <url>")


def _opensearch(root: Element, base: str) -> Iterator[Fault]:
    if root.tag != f"{_OPENSEARCH}OpenSearchDescription":
        yield _absent("<OpenSearchDescription>")
        return
    for name, most in (("ShortName", 16), ("Description", 1024)):
        found = _text(root, f"{_OPENSEARCH}{name}")
        if not found or len(found) > most:
            yield _absent(f"<{name}> 1–{most}")
    template = root.find(f"{_OPENSEARCH}Url")
    address = template.get("template", "") if template is not None else ""
    if "{searchTerms}" not in address or not _WHOLE.fullmatch(address):
        yield _absent("<Url template>")


def _manifest(manifest: Mapping[str, Any], base: str) -> Iterator[Fault]:
    for key in ("name", "start_url", "icons"):
        if not manifest.get(key):
            yield _absent(key)


# Kind of an artifact → what examines it.
READERS: Mapping[str, Reader] = {
    "atom": _of_xml(_atom),
    "json-feed": _of_json(_json_feed),
    "sitemap": _of_xml(_sitemap),
    "sitemap-index": _of_xml(_sitemap),
    "opensearch": _of_xml(_opensearch),
    "manifest": _of_json(_manifest),
}
