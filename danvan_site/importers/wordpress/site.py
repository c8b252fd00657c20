"""What is known of an old WordPress site: its addresses, its names, its files."""

from __future__ import annotations

import hashlib
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from danvan_site import addresses
from danvan_site.dates import Moment
from danvan_site.importers.wordpress.wxr import Category, Piece, Post

POST_TYPES = ("post", "page")
ATTACHMENT, SHARED_BLOCK = "attachment", "wp_block"
# Everybody could read these; the others are drafts, or nobody was to see them.
PUBLISHED = "publish"
DRAFTS = frozenset(("draft", "pending", "future"))
ORIGIN = re.compile(r"(?:https?:)?//[^/?#]*", re.IGNORECASE)


class Attachment(NamedTuple):
    """A file of the media library: its address, that of its page, its title, the words for who does
    not see it, its caption (HTML)."""

    address: str
    page: str
    title: str
    alt: str
    caption: str


class Facts(NamedTuple):
    """What an item refers to: files of the media library by their numbers, those that belong to it
    (`Post` calls it their parent), and contents of shared blocks."""

    attachments: dict[int, Attachment]
    children: tuple[int, ...]
    blocks: dict[int, str]


class File(NamedTuple):
    """An export as workers know it: its text in UTF-8, the first tag of that, and the address of
    the site's home page without a slash at its end, '' where it says none."""

    text: Path
    root: bytes
    home: str


class Source(NamedTuple):
    """An item on its way to a worker: where it stands, and the digest of its bytes (sha256)."""

    file: File
    piece: Piece
    digest: bytes
    facts: Facts


@dataclass(slots=True)
class Site:
    """What is known of the old site from all of its exports.

    ``pages`` are 64-bit digests, sorted, of the addresses that are going to lead on: its posts and
    pages; ``contested`` those that more than one of them had.  ``written`` is the day of the
    export.
    """

    hosts: frozenset[str]
    authors: dict[str, str]
    categories: dict[str, Category]
    written: Moment | None
    pages: array[int] = field(default_factory=lambda: array("Q"))
    contested: frozenset[int] = frozenset()

    def is_own(self, address: str) -> bool:
        """Tell whether a whole address belongs to the old site."""
        return host_of(address) in self.hosts

    def belongs_to_one(self, key: str) -> bool:
        """Tell whether no two posts had the address with that key."""
        return digest_of(key) not in self.contested

    def leads_on(self, key: str) -> bool:
        """Tell whether the address with that key is one of a post or a page."""
        wanted = digest_of(key)
        at = bisect_left(self.pages, wanted)
        return at < len(self.pages) and self.pages[at] == wanted


@dataclass(frozen=True, slots=True)
class Reading:
    """What making a draft of an item depends on: the old site; ``types`` of posts that become
    bulletins; the folder of uploaded files, if there is one; the zone of dates; where files that
    are not there may be fetched to, None where they may not."""

    site: Site
    types: frozenset[str]
    uploads: Path | None
    zone: str
    fetched: Path | None = None


def host_of(address: str) -> str:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def address_of(post: Post) -> str:
    """Return the address under which the old site had a post, '' for none."""
    return post.text("link").strip() or post.text("guid").strip()


class OldAddress(NamedTuple):
    """An address of a post on the old site, and its normal form (`addresses.Address.key`);
    ``is_sure`` where it is surely its own: its permalink and the one of its number are, those it
    had before may be another's."""

    address: str
    key: str
    is_sure: bool


def old_addresses(post: Post, home: str) -> Iterator[OldAddress]:
    """Yield the addresses of a post on the old site, whole as far as that says its *home*: a site
    may become one archive with others, which had the same paths."""
    link = post.text("link").strip()
    own, before = [link], [post.text("guid").strip()]
    number = post.number("post_id")
    if number:
        own.append(f"{home}/?{'page_id' if post.text('post_type') == 'page' else 'p'}={number}")
    slug = post.text("post_name").strip()
    at = link.rfind(slug) if slug else -1
    if at > 0:
        before += [
            f"{link[:at]}{name}{link[at + len(slug) :]}"
            for key, name in post.meta
            if key == "_wp_old_slug" and name
        ]
    for some, is_sure in ((own, True), (before, False)):
        for address in some:
            found = addresses.read(address)
            if found:
                yield OldAddress(_whole(address, home), found.key, is_sure)


def _whole(address: str, home: str) -> str:
    address = address.partition("#")[0]
    if ORIGIN.match(address):
        return address
    path = address if address.startswith("/") else f"/{address}"
    return f"{origin_of(home)}{path}"


def origin_of(address: str) -> str:
    """Return the scheme and the host with which a whole address begins, '' for another."""
    found = ORIGIN.match(address)
    return found[0] if found else ""


def digest_of(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
