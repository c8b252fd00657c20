"""`import wordpress`: what of an export becomes a bulletin, a draft, a page, and what is left out.

Workers read the exports twice: once to know the media library and which addresses the old site had,
and once to make the drafts.
"""

from __future__ import annotations

import hashlib
import itertools
import pickle
import re
import sqlite3
from array import array
from collections.abc import Callable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

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
    File,
    Reading,
    Site,
    Source,
    address_of,
    digest_of,
    host_of,
    old_addresses,
)
from danvan_site.importers.wordpress.wxr import Export, Piece, Post, read
from danvan_site.workers import Workers

KIND = "wordpress"
_CHUNK = 25
_GALLERY = re.compile(r"\[gallery\b([^\]]{0,3000})")
_GALLERY_IDS = re.compile(r"\bids\s*=\s*[\"'“”]?([0-9,\s]{1,3000})")
# Words that lead to the number of what is shown, used again, led to.
_REFERRING = {
    "wp-image-": re.compile(r"wp-image-([0-9]{1,12})\b"),
    "wp:block": re.compile(r"wp:block\s+\{\"ref\":([0-9]{1,12})"),
    "attachment_id=": re.compile(r"[?&;]attachment_id=([0-9]{1,12})"),
}
# Who a comment came from, which is nobody's business any more.
_PRIVATE = re.compile(
    rb"(<((?:\w+:)?)(?:comment_author_(?:email|IP|url)|comment_agent|author_email)>).*?(</\2)",
    re.DOTALL,
)


class _Glance(NamedTuple):
    """What is to be known of an item before any draft is made: the digest of its bytes (sha256),
    its address, its number, what it refers to (`_wanted`), digests of the addresses that are going
    to lead on; of a file of the media library what there is to say of it, and the post that it
    belongs to; of a shared block its content."""

    digest: bytes
    address: str
    number: int
    wanted: tuple[int, ...] = ()
    leads_on: tuple[int, ...] = ()
    attachment: Attachment | None = None
    parent: int = 0
    block: str | None = None


class _Known:
    """What is known of all items: where they stand and what they refer to, in the order of the
    files; the media library; the shared blocks.

    There may be hundreds of thousands: it lies in a database of its own for the time of the import,
    and not in memory.
    """

    def __init__(self) -> None:
        self._blocks: dict[int, str] = {}
        self._tables = sqlite3.connect("", isolation_level=None)
        self._tables.executescript(_TABLES)

    def add(self, piece: Piece, glance: _Glance) -> None:
        """Take in the next item."""
        told = piece, glance.digest, glance.address, glance.number, glance.wanted
        kept = pickle.dumps(told, pickle.HIGHEST_PROTOCOL)
        self._tables.execute("INSERT INTO item (told) VALUES (?)", (kept,))
        if glance.attachment:
            file = pickle.dumps(tuple(glance.attachment), pickle.HIGHEST_PROTOCOL)
            self._tables.execute(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?)", (glance.number, glance.parent, file)
            )
        if glance.block is not None:
            self._blocks[glance.number] = glance.block

    def items(self) -> Iterator[tuple[Piece, bytes, str, Facts]]:
        """Yield where each item stands, its digest, its address, what it refers to."""
        for (kept,) in self._tables.execute("SELECT told FROM item ORDER BY rowid"):
            piece, digest, address, number, wanted = pickle.loads(kept)
            yield piece, digest, address, self._facts(number, wanted)

    def _facts(self, number: int, wanted: Sequence[int]) -> Facts:
        ask = self._tables.execute
        children: tuple[int, ...] = ()
        if -1 in wanted:
            found = ask("SELECT number FROM file WHERE parent = ? ORDER BY number", (number,))
            children = tuple(child for (child,) in found)
        files = {}
        for each in dict.fromkeys((*wanted, *children)):
            for (file,) in ask("SELECT told FROM file WHERE number = ?", (each,)):
                files[each] = Attachment(*pickle.loads(file))
        blocks = {each: self._blocks[each] for each in wanted if each in self._blocks}
        return Facts(files, children, blocks)


_TABLES = """
BEGIN;
CREATE TABLE item (told BLOB);
CREATE TABLE file (number INTEGER PRIMARY KEY, parent INTEGER, told BLOB);
CREATE INDEX by_parent ON file (parent);
"""


def importing(
    files: Sequence[Path],
    *,
    types: Sequence[str],
    uploads: Path | None,
    zone: str,
    copies: Path,
    fetched: Path | None = None,
    with_originals: bool = False,
    jobs: int = 1,
    begin: Callable[[int], Callable[[int], None]] = lambda total: lambda size: None,
) -> Importing:
    """Return the import of *files*, exports of one site, which *jobs* processes look through.

    Posts of *types* become bulletins, too.  Files that are not in UTF-8 are copied into the folder
    *copies*, which must be there as long as there are drafts to be made.  *begin* is told how long
    the looking through is, in bytes, and gives what is told how far it has come on.

    Raises UsageError where one of the files is no export.
    """
    exports = [Export(path, copies) for path in files]
    site = _site_of(exports, zone)
    reading = Reading(site, frozenset((*POST_TYPES, *types)), uploads, zone, fetched)
    with Workers(jobs) as workers:
        total = sum(each.size for each in exports)
        known = _look_through(exports, reading, workers, begin(total))
    items = _items(exports, known, with_originals)
    return Importing(KIND, items, draw, reading, zone, total)


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


def _look_through(
    exports: Sequence[Export], reading: Reading, workers: Workers, advance: Callable[[int], None]
) -> _Known:
    known = _Known()
    pages = array("Q")
    for export in exports:
        argument = _file_of(export), reading.types
        try:
            for seen in workers.map(_look_at_some, argument, export.pieces(), _CHUNK):
                for piece, glance in seen:
                    known.add(piece, glance)
                    pages.extend(glance.leads_on)
                    advance(piece.size)
                export.count += len(seen)
        except (OSError, sqlite3.Error) as error:
            place = Place(export.shown)
            raise UsageError("import-unreadable", place, reason=reason_of(error)) from None
    pages = array("Q", sorted(pages))
    reading.site.pages = pages
    reading.site.contested = frozenset(
        one for one, other in itertools.pairwise(pages) if one == other
    )
    return known


def _look_at_some(
    argument: tuple[File, frozenset[str]], pieces: Sequence[Piece]
) -> list[tuple[Piece, _Glance]]:
    return [(each, _look_at(*argument, each.read(argument[0].text))) for each in pieces]


def _look_at(file: File, types: frozenset[str], data: bytes) -> _Glance:
    post = read(file.root, data)
    number, kind = post.number("post_id"), post.text("post_type")
    seen = _Glance(hashlib.sha256(data).digest(), address_of(post), number)
    if kind == ATTACHMENT:
        return seen._replace(attachment=_attachment(post), parent=post.number("post_parent"))
    if kind == SHARED_BLOCK:
        return seen._replace(block=post.text("content:encoded"))
    if kind not in types:
        return seen
    is_going_to = post.text("status") in (PUBLISHED, *DRAFTS)
    found = old_addresses(post, file.home) if is_going_to else ()
    keys = {digest_of(each.key) for each in found}
    return seen._replace(wanted=tuple(dict.fromkeys(_wanted(post))), leads_on=tuple(keys))


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
    for words, pattern in _REFERRING.items():
        if words in content:
            yield from map(int, pattern.findall(content))
    for gallery in _GALLERY.finditer(content) if "[gallery" in content else ():
        ids = _GALLERY_IDS.search(gallery[1])
        yield from map(int, re.findall("[0-9]{1,12}", ids[1])) if ids else (-1,)


def _items(
    exports: Sequence[Export], known: _Known, with_originals: bool
) -> Iterator[Item | Outcome]:
    items = known.items()
    for export in exports:
        piece, file = _NOTHING, _file_of(export)
        for piece, digest, address, facts in itertools.islice(items, export.count):
            of_all = hashlib.sha256(digest)
            of_all.update(repr(facts).encode("utf-8", "surrogatepass"))
            yield Item(
                Place(export.shown, piece.line),
                address,
                of_all.hexdigest(),
                Source(file, piece, digest, facts),
                _original(export, piece) if with_originals else b"",
                ".xml",
                piece.size,
            )
        if piece.is_whole and not export.is_whole:
            problem = Problem("import-xml-cut-off", Place(export.shown, piece.last_line))
            yield Outcome(str(problem.place), problem=problem)


def _file_of(export: Export) -> File:
    told = (each for each in export.head.addresses if each.startswith(("http://", "https://")))
    return File(export.text, export.root, next(told, "").rstrip("/"))


_NOTHING = Piece(0, 0, 1, 1, True)


def _original(export: Export, piece: Piece) -> bytes:
    """Return an item as it stands in the file; nothing where that cannot be read any more, which
    is told of its draft."""
    try:
        return _PRIVATE.sub(rb"\1\3", piece.read(export.text))
    except OSError:
        return b""
