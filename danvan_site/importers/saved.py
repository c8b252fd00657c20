"""A saved page: its tree in Unicode, where it came from, and what its head says of it."""

from __future__ import annotations

import email
import email.policy
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urljoin

from lxml import etree

from danvan_site import addresses
from danvan_site.importers import legacy_fonts, retyped, tree
from danvan_site.importers.blocks import Loss
from danvan_site.importers.encodings import decode
from danvan_site.importers.retyped import Retyped

_SAVED_FROM = re.compile(
    r"<!--\s*saved from url=\(\d{1,6}\)\s*(\S{1,2000}?)\s*-->|"
    r"<!--\s*Mirrored from\s+(\S{1,2000})\s+by HTTrack",
    re.IGNORECASE,
)
_TAGS_OF_HEAD = re.compile(r"<(link|meta|base)\b([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-zA-Z:-]{1,40})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_HEAD = 60_000  # bytes among which browsers and copiers say where a page came from
_WEB = re.compile(r"https?://[^\s/]+", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?:[:+]\d{2,5})?")
# A copier's names: `default.aspx@ItemID=5.html`, `bai.php.html`.
_QUERY_SIGN = re.compile(r"(?<=\.)(aspx?|php|jsp|html?)@", re.IGNORECASE)
_ADDED_ENDING = re.compile(r"(\.(?:aspx?|php|jsp)(?:\?.*)?)\.html?$", re.IGNORECASE)
_ARTICLES = frozenset(("Article", "NewsArticle", "BlogPosting", "ReportageNewsArticle"))
_MOST_PARTS = 5_000
_MOST_SCRIPTS = 20
_MOST_SCRIPT = 500_000
_MOST_NODES = 20_000
_NOT_LATIN = re.compile(r"[^\s\x00-\xff]*[^\x00-\xff]\S*")
_TAGS = re.compile(r"<[^<>]{0,2000}>")


@dataclass(slots=True)
class Page:
    """A page as it was saved: ``root`` is None where there is nothing in it; ``address`` the one
    it had on the web, '' where nothing tells; ``lost`` what did not come into the tree."""

    root: etree._Element | None
    address: str = ""
    lost: list[Loss] = field(default_factory=list)
    retyped: Retyped = field(default_factory=Retyped)

    @property
    def host(self) -> str:
        """The name of the host that it came from."""
        match = _WEB.match(self.address)
        return match[0].partition("://")[2].lower() if match else ""

    def meta(self, *names: str) -> str:
        """Return what the page's head says under one of some names (``og:title``)."""
        assert self.root is not None
        for element in self.root.iter("meta"):
            name = element.get("property") or element.get("name") or ""
            content = tree.plain(element.get("content") or "").strip()
            if name.lower() in names and content:
                return content
        return ""


@dataclass(frozen=True, slots=True)
class Bytes:
    """The HTML of a saved page: its encoding where something beside it tells that, the address it
    had on the web, '' where nothing tells."""

    html: bytes
    declared: str
    address: str


def opened(data: bytes, relative: str) -> Bytes:
    """Return the page in the file *relative* (its path in the folder that is imported, that
    folder's own name at the beginning), also out of an archive (MHTML); nothing raises."""
    declared, located = "", ""
    if relative.lower().endswith((".mht", ".mhtml")):
        data, declared, located = _from_archive(data)
    head = data[:_HEAD].replace(b"\0", b"").decode("utf-8", "replace")
    return Bytes(data, declared, _address(head, located, relative))


def read(given: Bytes) -> Page:
    """Return a page as a tree in Unicode; nothing raises."""
    text = _text(given.html, given.declared)
    root, lost = tree.parse(text)
    page = Page(root, given.address, lost)
    if root is not None:
        page.retyped = retyped.to_unicode(root, text)
    return page


def _from_archive(data: bytes) -> tuple[bytes, str, str]:
    """Return the page in an archive of a page (MHTML), its encoding, and its address."""
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        located = str(message.get("Snapshot-Content-Location") or "")
        for number, part in enumerate(message.walk()):
            if number > _MOST_PARTS or not isinstance(part, EmailMessage):
                break
            if part.get_content_type() in ("text/html", "application/xhtml+xml"):
                content = part.get_payload(decode=True)
                located = located or str(part.get("Content-Location") or "")
                charset = part.get_content_charset() or ""
                return content if isinstance(content, bytes) else b"", charset, located.strip()
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, IndexError):
        pass  # the library raises anything on headers that are none
    except RecursionError:
        pass
    return b"", "", ""


def _text(data: bytes, declared: str) -> str:
    text, encoding = decode(data, declared)
    if encoding == "cp1258":
        # Bytes of the old fonts look like the tone marks of windows-1258.
        latin = data.decode("cp1252", "replace")
        words = _NOT_LATIN.sub(" ", html.unescape(_TAGS.sub(" ", latin))[:100_000])
        if legacy_fonts.detect(words).encoding:
            return latin
    return text


# ---- where it came from


def _address(head: str, located: str, relative: str) -> str:
    noted = _SAVED_FROM.search(head)
    mirrored = "" if not noted else noted[1] or f"http://{noted[2]}"
    copied = _of_mirror(relative)
    said: dict[str, list[str]] = {"canonical": [], "og:url": [], "base": []}
    for tag in _TAGS_OF_HEAD.finditer(head):
        given = {name.lower(): html.unescape(a or b or c)
                 for name, a, b, c in _ATTRIBUTE.findall(tag[2])}  # fmt: skip
        name = tag[1].lower()
        key = given.get("rel" if name == "link" else "property", "base").lower()
        if key in said and (key == "base") == (name == "base"):
            said[key].append(tree.clean_address(given.get("href") or given.get("content")))
    known = next(filter(_is_web, (located, mirrored, *said["base"], copied)), "")
    for each in (*said["canonical"], *said["og:url"], located, mirrored, copied, *said["base"]):
        whole = _joined(known, each)
        # What names no more than a host is the same on all its pages.
        if _is_web(whole) and addresses.read(whole):
            return whole
    return ""


def _is_web(address: str | None) -> bool:
    return bool(address and _WEB.match(address))


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address) if address else ""
    except ValueError:
        return ""


def _of_mirror(relative: str) -> str:
    """Return the address of a page in a copier's folders, which are named by host and path."""
    parts = relative.replace("\\", "/").split("/")
    first = next((n for n, part in enumerate(parts[:-1]) if _HOST.fullmatch(part.lower())), -1)
    if first < 0:
        return ""
    path = "/".join(map(unquote, parts[first + 1 :]))
    path = _ADDED_ENDING.sub(r"\1", _QUERY_SIGN.sub(r"\1?", path))
    return f"http://{parts[first].replace('+', ':')}/{path}"


# ---- what the head says


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page's own data (JSON-LD, Open Graph) say of it; absent texts are ''."""

    title: str = ""
    published: str = ""
    lead: str = ""
    sections: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def facts_of(page: Page) -> Facts:
    """Return what the head of *page* says of it."""
    article = next(_articles(page), {})
    meta = page.meta
    tags = _many(article.get("keywords"))
    return Facts(
        _one(article.get("headline")) or meta("og:title"),
        _one(article.get("datePublished")) or meta("article:published_time"),
        _one(article.get("description")) or meta("og:description"),
        _many(article.get("articleSection") or meta("article:section")),
        _many(article.get("author")),
        tuple(each.strip() for tag in tags for each in tag.split(",") if each.strip()),
    )


def _articles(page: Page) -> Iterator[Mapping[str, Any]]:
    """Yield what JSON-LD says of articles."""
    assert page.root is not None
    scripts = (each for each in page.root.iter("script") if "ld+json" in (each.get("type") or ""))
    for _, script in zip(range(_MOST_SCRIPTS), scripts, strict=False):
        text = (script.text or "")[:_MOST_SCRIPT]
        try:
            waiting = [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            continue
        for _ in range(_MOST_NODES):
            if not waiting:
                break
            value = waiting.pop(0)
            if isinstance(value, list):
                waiting += value
            elif isinstance(value, dict):
                if _ARTICLES.intersection(_many(value.get("@type"))):
                    yield value
                waiting += [each for key in ("@graph", "mainEntity") if (each := value.get(key))]


def _one(value: object) -> str:
    return next(iter(_many(value)), "")


def _many(value: object) -> tuple[str, ...]:
    """Return the texts that a value of JSON-LD is, as far as it is any: things by their name, or
    their address."""
    values = value if isinstance(value, list) else [value]
    texts = []
    for each in values[:100]:
        if isinstance(each, dict):
            each = each.get("name") or each.get("url") or each.get("@id")
        if isinstance(each, str) and each.strip():
            texts.append(tree.plain(each).strip())
    return tuple(texts)
