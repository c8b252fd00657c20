"""Feeds, sitemaps and the search description, as their standards want them.

Atom is RFC 4287, JSON Feed is version 1.1, the sitemap is sitemaps.org's 0.9, OpenSearch is 1.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

Values = Mapping[str, Any]
_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
_IN_ATTRIBUTES = {'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#09;"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def atom(feed: Values) -> bytes:
    """Return an Atom feed."""
    lines = [
        f'<feed xmlns="{_ATOM}" xml:lang="{_quoted(feed["language"])}">',
        _element(" title", feed["title"]),
        *([_element(" subtitle", feed["description"])] if feed["description"] else []),
        _element(" id", feed["self"]),
        _empty(" link", rel="self", type="application/atom+xml", href=feed["self"]),
        _empty(" link", rel="alternate", type="text/html", href=feed["home"]),
        _element(" updated", feed["updated"]),
        *_author(" ", feed["author"]),
    ]
    for entry in feed["entries"]:
        values = [entry[key] for key in ("title", "url", "published", "updated", "summary")]
        lines.append(_atom_entry(*values, tuple(entry["authors"]), tuple(entry["tags"])))
    return _document(lines, "feed")


# A bulletin is in the feeds of all that it belongs to.
@lru_cache(maxsize=4096)
def _atom_entry(
    title: str,
    url: str,
    published: str,
    updated: str,
    summary: str,
    authors: Sequence[str],
    tags: Sequence[str],
) -> str:
    lines = [
        " <entry>",
        _element("  title", title),
        _element("  id", url),
        _empty("  link", rel="alternate", type="text/html", href=url),
        _element("  published", published),
        _element("  updated", updated),
    ]
    for name in authors:
        lines += _author("  ", name)
    lines += [_empty("  category", term=tag) for tag in tags]
    lines += [_element("  summary", summary), " </entry>"]
    return "\n".join(lines)


def _author(indent: str, name: str) -> list[str]:
    return [f"{indent}<author>", _element(f"{indent} name", name), f"{indent}</author>"]


def json_feed(feed: Values) -> bytes:
    """Return a JSON Feed."""
    items = [
        {
            "id": entry["url"],
            "url": entry["url"],
            "title": entry["title"],
            # An item must have a text; a bulletin may have none.
            "content_text": entry["summary"] or entry["title"],
            "summary": entry["summary"],
            "date_published": entry["published"],
            "date_modified": entry["updated"],
            "authors": [{"name": name} for name in entry["authors"]],
            "tags": entry["tags"],
            "image": entry["image"],
        }
        for entry in feed["entries"]
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed["title"],
        "description": feed["description"],
        "language": feed["language"],
        "home_page_url": feed["home"],
        "feed_url": feed["self"],
        "authors": [{"name": feed["author"]}],
        "items": [{key: value for key, value in item.items() if value} for item in items],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def sitemap(context: Values) -> bytes:
    """Return a sitemap: addresses with the day of their last change where it is known."""
    lines = [f'<urlset xmlns="{_SITEMAP}">']
    for address, changed in context["urls"]:
        lines += [" <url>", _element("  loc", address)]
        lines += [_element("  lastmod", changed), " </url>"] if changed else [" </url>"]
    return _document(lines, "urlset")


def sitemap_index(context: Values) -> bytes:
    """Return the index of a sitemap in parts."""
    lines = [f'<sitemapindex xmlns="{_SITEMAP}">']
    for address in context["addresses"]:
        lines += [" <sitemap>", _element("  loc", address), " </sitemap>"]
    return _document(lines, "sitemapindex")


def opensearch(context: Values) -> bytes:
    """Return the description by which a browser offers the site's search."""
    lines = [
        f'<OpenSearchDescription xmlns="{_OPENSEARCH}">',
        _element(" ShortName", context["title"][:16].strip()),
        _element(" LongName", context["title"][:48].strip()),
        _element(" Description", context["description"][:1024]),
        _element(" Language", context["language"]),
        _element(" InputEncoding", "UTF-8"),
        _empty(" Url", type="text/html", method="get", template=context["search"]),
    ]
    return _document(lines, "OpenSearchDescription")


def _element(name: str, text: str) -> str:
    """Return an element with a text, on a line of its own; its *name* comes with the indent."""
    tag = name.lstrip()
    indent = name[: -len(tag)]
    text = escape(_NOT_XML.sub("", text))
    return f"{indent}<{tag}>{text}</{tag}>" if text else f"{indent}<{tag} />"


def _empty(name: str, **attributes: str) -> str:
    """Return an element with nothing but attributes, likewise."""
    tag = name.lstrip()
    values = "".join([f' {key}="{_quoted(value)}"' for key, value in attributes.items()])
    return f"{name[: -len(tag)]}<{tag}{values} />"


def _quoted(text: str) -> str:
    return escape(_NOT_XML.sub("", text), _IN_ATTRIBUTES)


def _document(lines: Sequence[str], root: str) -> bytes:
    text = "\n".join(lines)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n</{root}>\n'.encode()
