"""`import wordpress`: what of an export becomes a bulletin, a draft, a page, and what is left out.

The exports are read twice: once to know the media library and which addresses the old site had,
and once to hand the items on to workers one after another.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

from danvan_site.dates import Moment, zone_of
from danvan_site.errors import Place, Problem, UsageError
from danvan_site.importers.frame import Importing, Item, Outcome
from danvan_site.importers.placing import reason_of
from danvan_site.importers.wordpress.drafts import draw
from danvan_site.importers.wordpress.site import (
    ATTACHMENT,
    DRAFTS,
    POST_TYPES,
    PUBLISHED,
    SHARED_BLOCK,
    Attachment,
    Facts,
    Reading,
    Site,
    Source,
    address_of,
    digest_of,
    host_of,
    keys_of,
)
from danvan_site.importers.wordpress.wxr import Export, Post

KIND = "wordpress"
_GALLERY = re.compile(r"\[gallery\b([^\]]{0,3000})")
_GALLERY_IDS = re.compile(r"\bids\s*=\s*[\"'“”]?([0-9,\s]{1,3000})")
_SHOWN = re.compile(r"\bwp-image-([0-9]{1,12})\b")
_LED_TO = re.compile(r"[?&;]attachment_id=([0-9]{1,12})")
_REUSED = re.compile(r"wp:block\s+\{\"ref\":([0-9]{1,12})")
# Who a comment came from, which is nobody's business any more.
_PRIVATE = re.compile(
    rb"(<((?:\w+:)?)(?:comment_author_(?:email|IP|url)|comment_agent|author_email)>).*?(</\2)",
    re.DOTALL,
)


@dataclass(slots=True)
class _Library:
    """The media library and the shared blocks, and what each item wants of them."""

    attachments: dict[int, Attachment] = field(default_factory=dict)
    children: dict[int, list[int]] = field(default_factory=dict)
    blocks: dict[int, str] = field(default_factory=dict)
    # One for each item, in the order of the files: its address, its number, what it refers to.
    items: list[tuple[str, int, tuple[int, ...]]] = field(default_factory=list)

    def facts(self, number: int, wanted: Sequence[int]) -> Facts:
        """Return what an item refers to."""
        children = tuple(self.children.get(number, ())) if -1 in wanted else ()
        named = {
            each: self.attachments[each]
            for each in (*wanted, *children)
            if each in self.attachments
        }
        blocks = {each: self.blocks[each] for each in wanted if each in self.blocks}
        return Facts(named, children, blocks)


def importing(
    files: Sequence[Path],
    *,
    types: Sequence[str],
    uploads: Path | None,
    zone: str,
    fetched: Path | None = None,
    with_originals: bool = False,
) -> Importing:
    """Return the import of *files*, exports of one site.

    Posts of *types* become bulletins, too.  Raises UsageError where one of the files is no export.
    """
    exports = [Export(path) for path in files]
    site = _site_of(exports, zone)
    library = _Library()
    reading = Reading(site, frozenset((*POST_TYPES, *types)), uploads, zone, fetched)
    _look_through(exports, reading, library)
    items = _items(exports, library, with_originals)
    return Importing(KIND, items, draw, reading, zone, sum(each.size for each in exports))


def _site_of(exports: Sequence[Export], zone: str) -> Site:
    heads = [each.head for each in exports]
    return Site(
        frozenset(host_of(address) for head in heads for address in head.addresses) - {""},
        {login: name for head in heads for login, name in head.authors.items()},
        {slug: each for head in heads for slug, each in head.categories.items()},
        max(
            filter(None, (_day(head.written, zone) for head in heads)),
            key=lambda day: day.order,
            default=None,
        ),
    )


def _day(written: str, zone: str) -> Moment | None:
    try:
        moment = parsedate_to_datetime(written).astimezone(zone_of(zone))
    except (ValueError, TypeError, OverflowError):
        return None
    return Moment(moment.year, moment.month, moment.day)


def _look_through(exports: Sequence[Export], reading: Reading, library: _Library) -> None:
    pages: set[int] = set()
    contested: set[int] = set()
    for export in exports:
        try:
            for piece in export.pieces():
                post = export.read(piece)
                number, kind = post.number("post_id"), post.text("post_type")
                library.items.append((address_of(post), number, tuple(_wanted(post))))
                if kind == ATTACHMENT:
                    library.attachments[number] = _attachment(post)
                    library.children.setdefault(post.number("post_parent"), []).append(number)
                elif kind == SHARED_BLOCK:
                    library.blocks[number] = post.text("content:encoded")
                elif kind in reading.types and post.text("status") in (PUBLISHED, *DRAFTS):
                    own = {digest_of(key) for key in keys_of(post)}
                    contested |= pages & own
                    pages |= own
        except OSError as error:
            place = Place(export.shown)
            raise UsageError("import-unreadable", place, reason=reason_of(error)) from None
    reading.site.pages = array("Q", sorted(pages))
    reading.site.contested = frozenset(contested)


def _attachment(post: Post) -> Attachment:
    return Attachment(
        post.text("attachment_url").strip() or post.text("guid").strip(),
        post.text("link").strip(),
        post.text("title").strip(),
        post.field("_wp_attachment_image_alt").strip(),
        post.text("excerpt:encoded").strip(),
    )


def _wanted(post: Post) -> Iterator[int]:
    """Yield the numbers of what a post refers to; -1 for the files that belong to it."""
    content = post.text("content:encoded")
    lead = post.field("_thumbnail_id")
    if lead.isascii() and lead.isdigit():
        yield int(lead[:12])
    for pattern in (_SHOWN, _REUSED, _LED_TO):
        yield from map(int, pattern.findall(content))
    for gallery in _GALLERY.finditer(content):
        ids = _GALLERY_IDS.search(gallery[1])
        yield from map(int, re.findall("[0-9]{1,12}", ids[1])) if ids else (-1,)


def _items(
    exports: Sequence[Export], library: _Library, with_originals: bool
) -> Iterator[Item | Outcome]:
    known = iter(library.items)
    for export in exports:
        at, is_whole = 0, True
        try:
            for piece in export.pieces():
                address, number, wanted = next(known, ("", 0, ()))
                facts = library.facts(number, wanted)
                digest = hashlib.sha256(piece.data)
                digest.update(repr(facts).encode("utf-8", "surrogatepass"))
                original = _PRIVATE.sub(rb"\1\3", piece.data) if with_originals else b""
                at, is_whole = piece.line + piece.data.count(b"\n"), piece.is_whole
                yield Item(
                    Place(export.shown, piece.line),
                    address,
                    digest.hexdigest(),
                    Source(export.root, piece, facts),
                    original,
                    ".xml",
                    len(piece.data),
                )
        except OSError as error:
            problem = Problem(
                "import-unreadable", Place(export.shown, at), {"reason": reason_of(error)}
            )
            yield Outcome(str(problem.place), problem=problem)
        if is_whole and not export.is_whole():
            problem = Problem("import-xml-cut-off", Place(export.shown, at))
            yield Outcome(str(problem.place), problem=problem)
