"""Feeds, sitemaps and the search description, as their standards want them.

Atom is RFC 4287, JSON Feed is version 1.1, the sitemap is sitemaps.org's 0.9, OpenSearch is 1.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

Values = Mapping[str, Any]
_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def atom(feed: Values) -> bytes:
    """Return an Atom feed."""
    root = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": feed["language"]})
    _add(root, "title", feed["title"])
    if feed["description"]:
        _add(root, "subtitle", feed["description"])
    _add(root, "id", feed["self"])
    _add(root, "link", rel="self", type="application/atom+xml", href=feed["self"])
    _add(root, "link", rel="alternate", type="text/html", href=feed["home"])
    _add(root, "updated", feed["updated"])
    _add(_add(root, "author"), "name", feed["author"])
    for entry in feed["entries"]:
        _atom_entry(_add(root, "entry"), entry)
    return _document(root)


def _atom_entry(node: ElementTree.Element, entry: Values) -> None:
    _add(node, "title", entry["title"])
    _add(node, "id", entry["url"])
    _add(node, "link", rel="alternate", type="text/html", href=entry["url"])
    _add(node, "published", entry["published"])
    _add(node, "updated", entry["updated"])
    for name in entry["authors"]:
        _add(_add(node, "author"), "name", name)
    for tag in entry["tags"]:
        _add(node, "category", term=tag)
    _add(node, "summary", entry["summary"])


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
    root = ElementTree.Element("urlset", xmlns=_SITEMAP)
    for address, changed in context["urls"]:
        url = _add(root, "url")
        _add(url, "loc", address)
        if changed:
            _add(url, "lastmod", changed)
    return _document(root)


def sitemap_index(context: Values) -> bytes:
    """Return the index of a sitemap in parts."""
    root = ElementTree.Element("sitemapindex", xmlns=_SITEMAP)
    for address in context["addresses"]:
        _add(_add(root, "sitemap"), "loc", address)
    return _document(root)


def opensearch(context: Values) -> bytes:
    """Return the description by which a browser offers the site's search."""
    root = ElementTree.Element("OpenSearchDescription", xmlns=_OPENSEARCH)
    _add(root, "ShortName", context["title"][:16].strip())
    _add(root, "LongName", context["title"][:48].strip())
    _add(root, "Description", context["description"][:1024])
    _add(root, "Language", context["language"])
    _add(root, "InputEncoding", "UTF-8")
    _add(root, "Url", type="text/html", method="get", template=context["search"])
    return _document(root)


def _add(
    parent: ElementTree.Element, tag: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    clean = {name: _NOT_XML.sub("", value) for name, value in attributes.items()}
    node = ElementTree.SubElement(parent, tag, clean)
    if text:
        node.text = _NOT_XML.sub("", text)
    return node


def _document(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()
