"""Files to bulletins: walking the content folder, reading one file into one frozen value."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from danvan_site import (
    addresses,
    citations,
    comments,
    frontmatter,
    limits,
    markdown,
    records,
    schema,
    vietnamese,
    views,
)
from danvan_site.dates import Moment
from danvan_site.discovery import File, file_digest
from danvan_site.errors import Place, Problem
from danvan_site.frontmatter import Metadata
from danvan_site.markdown import Reference
from danvan_site.pictures import drawing
from danvan_site.pictures.facts import svg_size
from danvan_site.remote import of_build
from danvan_site.state import Brief, KnownSource, Record, Rows, Stamp

PAGES = "pages/"
_EXCERPT = 240
# Keys of the front matter that heads have as they are; those that are searched.
_SAME = (
    "draft", "status", "featured", "views", "id", "category", "topic", "tags", "unit", "author",
    "aliases",
)  # fmt: skip
_SEARCHED = ("title", "lead", "tags", "topic", "category", "unit", "author", "photographer")
_PLACED = ("title", "status", "slug", "id", "image", "attachments", "aliases")


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What reading a file depends on besides the file."""

    root: str
    shown: str
    zone: str
    markdown: markdown.Options


class Head(NamedTuple):
    """What is asked of every bulletin to put them in order and groups: plain JSON values.

    ``name`` is the path as on disk, ``url`` the address relative to the site; ``date`` a row of
    `Moment`; ``starts`` and ``expires`` seconds since 1970; ``changed`` the day of the latest
    change, ISO 8601, or ''; ``published`` and ``updated`` the instants that feeds tell;
    ``views_as_of`` is ISO 8601, or ''; ``held`` tells whether it waits for review; ``documents``
    are the numbers of those that it cites.  The digests are of the front matter, of what lists
    show, of the body's HTML, and of what is searched besides the body.
    """

    name: str
    url: str
    title: str
    date: Sequence[Any] | None
    starts: float | None
    expires: float | None
    changed: str
    published: str
    updated: str
    held: bool
    draft: bool
    status: str
    featured: bool
    views: int | None
    views_as_of: str
    menu: int | None
    id: str
    category: Sequence[str]
    topic: Sequence[str]
    tags: Sequence[str]
    unit: str
    author: Sequence[str]
    aliases: Sequence[str]
    picture: str
    attachments: Sequence[str]
    references: Sequence[Sequence[Any]]
    documents: Sequence[str]
    meta_digest: str
    card_digest: str
    body_digest: str
    search_digest: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One Markdown file as read; a plain page (``pages/*.md``) likewise.

    ``path`` is relative to the content folder, ``digest`` is of the whole file.  What is not in
    its head is read from the state when it is asked for.
    """

    path: str
    digest: str
    head: Head
    rows: Rows

    @property
    def url(self) -> str:
        """The address, relative to the site."""
        return self.head.url

    @property
    def date(self) -> Moment:
        """When it was published; only for a bulletin that is dated."""
        assert self.head.date is not None
        return Moment(*self.head.date)

    @property
    def year(self) -> int:
        """The year of its date."""
        assert self.head.date is not None
        return int(self.head.date[0])

    @property
    def month(self) -> int:
        """The month of its date, 0 where it is not known."""
        assert self.head.date is not None
        return int(self.head.date[1])

    @property
    def day(self) -> int:
        """The day of its date, 0 where it is not known."""
        assert self.head.date is not None
        return int(self.head.date[2])

    @property
    def order(self) -> tuple[Any, ...]:
        """The key of chronological order: year, month, day, clock, then the path."""
        assert self.head.date is not None
        return (*self.head.date[:4], self.path)

    @property
    def references(self) -> list[Reference]:
        """What the body leads to and shows."""
        return [Reference(*each) for each in self.head.references]

    @property
    def meta(self) -> Metadata:
        """All of the front matter."""
        return _rest(self.rows, self.path, self.digest).meta

    @property
    def brief(self) -> Brief:
        """What lists show of it besides its head."""
        return _brief(self.rows, self.path, self.digest)

    @property
    def anchors(self) -> Sequence[str]:
        """The places in the body that links can lead to."""
        return _rest(self.rows, self.path, self.digest).anchors

    @property
    def contents(self) -> Sequence[markdown.Heading]:
        """The headings of a long body, in two levels; none of any other."""
        return _rest(self.rows, self.path, self.digest).contents

    def place(self, key: str, shown: str) -> Place:
        """Return where a key of the front matter stands; *shown* is the content folder's name."""
        places = _rest(self.rows, self.path, self.digest).places
        while key not in places and "." in key:
            key = key.rpartition(".")[0]
        return Place(f"{shown}/{self.path}", *places.get(key, (1, 1)))

    @property
    def is_page(self) -> bool:
        """Whether it is a plain page and not a bulletin."""
        return self.path.startswith(PAGES)


class _Rest(NamedTuple):
    """What of a bulletin is not in its head.  ``places`` are line and column of those keys of the
    front matter that can turn out to be wrong only beside other files."""

    meta: Metadata
    anchors: Sequence[str]
    places: Mapping[str, Sequence[int]]
    contents: Sequence[markdown.Heading]


# A page asks for its bulletin's many times over, and for its neighbours'.
@of_build
@lru_cache(maxsize=1024)
def _rest(rows: Rows, path: str, _digest: str) -> _Rest:
    front, *others = rows(path)
    return _Rest(Metadata.from_row(front), *others)


# Lists need of many what is little: of all the rest only few would be at hand.
@of_build
@lru_cache(maxsize=1024)
def _brief(rows: Rows, path: str, _digest: str) -> Brief:
    return rows.brief(path)


def _stem(path: str, meta: Metadata) -> str:
    """Return the address name: ``slug``, else the file's name made one."""
    return meta.slug or vietnamese.slugify(path.rpartition("/")[2][:-3])


def address(path: str, meta: Metadata) -> str:
    """Return the address of the bulletin of a file, relative to the site."""
    return _url(path, _stem(path, meta), meta.date)


def _url(path: str, stem: str, date: Moment | None) -> str:
    """Return the address, relative to the site: ``2020/07/ten-bai.html``."""
    if path.startswith(PAGES) or date is None:
        return f"{stem}.html"
    month = f"{date.month:02d}/" if date.month else ""
    return f"{date.year:04d}/{month}{stem}.html"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The result of reading one file: what the state keeps of it, and its body's HTML.

    ``row`` is JSON; it is '' where the file cannot be read, and None where it is, by its digest,
    what it was: only its time differs.  ``brief`` and ``record`` are what lists and open data have
    of it, None likewise.
    """

    path: str
    known: KnownSource
    row: str | None
    html: str = ""
    brief: Brief | None = None
    record: Record | None = None


def read_files(options: ReadOptions, files: Sequence[tuple[File, str]]) -> list[ReadFile]:
    """Read some files, each given with the digest it had at the last build, or ''."""
    return [
        (read_comments if is_of_comments(file.path) else read_file)(file, options, digest)
        for file, digest in files
    ]


def is_of_comments(path: str) -> bool:
    """Tell whether a file has the readers' comments on the bulletin beside it."""
    return path.endswith(comments.SUFFIX)


def digest_of(data: bytes) -> str:
    """Return the digest by which contents are told apart (blake2b, 16 bytes, hexadecimal)."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def read_file(file: File, options: ReadOptions, before: str = "") -> ReadFile:
    """Read one Markdown file.  Problems are part of the result, never raised."""
    shown = f"{options.shown}/{file.path}"
    source = schema.Source(shown, options.zone)
    opened = _opened(file, options, source, before)
    if isinstance(opened, ReadFile):
        return opened
    file, data, digest = opened
    text = _decoded(data, source)
    parts = frontmatter.split(text, source) if text is not None else None
    if parts is None:
        return _unreadable(file, digest, source.problems)
    meta = frontmatter.read(parts.front, source, file.path.startswith(PAGES))
    body, faults = markdown.read(parts.body, shown, parts.body_line, options.markdown)
    problems = [*source.problems, *faults]
    if not meta or not body:
        return _unreadable(file, digest, problems)
    places = {
        key: (place.line, place.column)
        for key, place in source.places.items()
        if key.startswith(_PLACED)
    }
    alt = meta.image.alt if meta.image else ""
    brief = Brief(meta.lead or _excerpt(body.opening), alt)
    front = records.to_json(meta.to_row())
    row = f"[{front}, {records.to_json([body.anchors, places, body.contents])[1:]}"
    record = records.of(file.path, meta, parts.body)
    head = _head(file, meta, body, options.zone, (front, "" if meta.lead else brief.summary))
    known = KnownSource(file.stamp, digest, [each.to_row() for each in problems], head)
    return ReadFile(file.path, known, row, body.html, brief, record)


def _opened(
    file: File, options: ReadOptions, source: schema.Source, before: str
) -> ReadFile | tuple[File, bytes, str]:
    """Return a file with its stamp as it was read, its bytes and their digest; the result at once
    where it cannot be read, or is by its digest what it was *before*."""
    try:
        with open(os.path.join(options.root, file.name), "rb") as handle:
            stamp = Stamp.of(os.fstat(handle.fileno()))
            # A limit given to `read` would have memory for all of it taken each time.
            data = (
                handle.read(limits.FILE_BYTES + 1)
                if stamp.size > limits.FILE_BYTES
                else handle.read()
            )
    except OSError as error:
        source.fault("file-unreadable", Place(source.file), reason=error.strerror or str(error))
        return _unreadable(file, "", source.problems)
    file = File(file.path, file.name, stamp)
    digest = digest_of(data)
    if digest == before:
        return ReadFile(file.path, KnownSource(file.stamp, digest, (), None), None)
    return file, data, digest


def read_comments(file: File, options: ReadOptions, before: str = "") -> ReadFile:
    """Read a file of comments, as `read_file` does: its head is how many there are, its row has of
    each its anchor, author, date (a row of `Moment`), the place of what it replies to (from 0, or
    None), its body as HTML and as text."""
    source = schema.Source(f"{options.shown}/{file.path}", options.zone)
    opened = _opened(file, options, source, before)
    if isinstance(opened, ReadFile):
        return opened
    file, data, digest = opened
    text = _decoded(data, source)
    found = comments.read(text, source) if text is not None else ()
    if source.problems:
        return _unreadable(file, digest, source.problems)
    numbers = {each.id: number for number, each in enumerate(found) if each.id}
    rows = [
        [anchor, each.author, _moment_row(each.date), numbers.get(each.reply_to),
         *markdown.read_comment(each.body)]
        for anchor, each in zip(comments.anchors(found), found, strict=True)
    ]  # fmt: skip
    known = KnownSource(file.stamp, digest, (), len(found))
    return ReadFile(file.path, known, records.to_json(rows))


def _unreadable(file: File, digest: str, problems: Iterable[Problem]) -> ReadFile:
    known = KnownSource(file.stamp, digest, [each.to_row() for each in problems], None)
    return ReadFile(file.path, known, "")


def read_front(file: Path, path: str, source: schema.Source) -> Metadata | None:
    """Return the front matter of a file, whose *path* is in the content folder, without a look at
    its body; what is wrong with it is noted in *source*."""
    try:
        data = file.read_bytes()
    except OSError as error:
        source.fault("file-unreadable", Place(source.file), reason=error.strerror or str(error))
        return None
    text = _decoded(data, source)
    parts = frontmatter.split(text, source) if text is not None else None
    return frontmatter.read(parts.front, source, path.startswith(PAGES)) if parts else None


def read_views(file: File, options: ReadOptions) -> KnownSource:
    """Return what the state keeps of the file of counted views: its ``head`` is the day to which
    they were counted and the row of each `views.Count`."""
    source = schema.Source(f"{options.shown}/{file.path}", options.zone)
    try:
        data = Path(options.root, file.name).read_bytes()
    except OSError as error:
        source.fault("file-unreadable", Place(source.file), reason=error.strerror or str(error))
        data = b""
    found = views.read(data, source)
    problems = [each.to_row() for each in source.problems]
    return KnownSource(file.stamp, digest_of(data), problems, [found.as_of, found.counts])


def _decoded(data: bytes, source: schema.Source) -> str | None:
    if len(data) > limits.FILE_BYTES:
        limit = str(limits.FILE_BYTES // 1_000_000)
        source.fault("file-too-large", Place(source.file), limit=limit)
        return None
    try:
        return vietnamese.without_controls(vietnamese.nfc(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        source.fault("not-utf-8", Place(source.file, line, column))
        return None


def _head(
    file: File, meta: Metadata, body: markdown.Body, zone: str, shown: tuple[str, str]
) -> Head:
    dates = [each for each in (meta.date, *(update.date for update in meta.updates)) if each]
    latest = max(dates, key=lambda each: each.order, default=None)
    instants = [each.starts(zone) for each in dates]
    searched = [getattr(meta, key) for key in _SEARCHED]
    caption = meta.image.caption if meta.image else ""
    return Head(
        name=file.name,
        url=address(file.path, meta),
        title=meta.title,
        date=_moment_row(meta.date),
        starts=instants[0].timestamp() if meta.date else None,
        expires=meta.expires.starts(zone).timestamp() if meta.expires else None,
        changed=latest.iso[:10] if latest and latest.month else "",
        published=instants[0].isoformat() if instants else "",
        updated=max(instants).isoformat() if instants else "",
        held=bool(meta.review),
        views_as_of=meta.views_as_of.iso if meta.views_as_of else "",
        menu=meta.menu,
        picture=meta.image.src if meta.image else "",
        attachments=[each.file for each in meta.attachments],
        references=[[getattr(each, key) for key in each.__slots__] for each in body.references],
        documents=_documents(meta, body),
        meta_digest=digest_of(shown[0].encode()),
        card_digest=digest_of("".join(shown).encode()),
        body_digest=digest_of(body.html.encode()),
        search_digest=digest_of(records.to_json([searched, caption]).encode()),
        **{key: getattr(meta, key) for key in _SAME},
    )


def _documents(meta: Metadata, body: markdown.Body) -> list[str]:
    """Return the documents that a bulletin cites, in the order of reading, each once."""
    names = [each.name for text in (meta.title, meta.lead) for each in citations.find(text)]
    names += body.documents
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(citations.identity(name), name)
    return list(found.values())


def _moment_row(moment: Moment | None) -> list[Any] | None:
    return [getattr(moment, key) for key in Moment.__slots__] if moment else None


def _excerpt(text: str) -> str:
    """Return how a text begins, cut between words, for readers and lists without a lead."""
    if len(text) <= _EXCERPT:
        return text
    cut = text[: _EXCERPT + 1]
    return cut[: max(cut.rfind(" "), _EXCERPT // 2)].rstrip(" ,;:–-") + "…"


def from_state(path: str, known: KnownSource, rows: Rows) -> tuple[Bulletin | None, list[Problem]]:
    """Return the bulletin that the state keeps under *path* (None: unreadable), its problems."""
    problems = list(map(Problem.from_row, known.problems))
    if known.head is None:
        return None, problems
    return Bulletin(path, known.digest, Head._make(known.head), rows), problems


def by_key(bulletins: Iterable[Bulletin]) -> dict[str, str]:
    """Return the paths of bulletins by what views are counted under: the ``id``, else the address.

    A bulletin that has got an ``id`` since is found under its address, too.
    """
    some = [each for each in bulletins if not each.is_page]
    keys = {each.url: each.path for each in some}
    return keys | {each.head.id: each.path for each in some if each.head.id}


def by_old_address(bulletins: Iterable[Bulletin], base_url: str) -> dict[str, str]:
    """Return the paths of bulletins by the keys of their old addresses (`addresses.Address`)."""
    found = (
        (addresses.read(alias, base_url), each.path)
        for each in bulletins
        if not each.is_page
        for alias in each.head.aliases
    )
    return {address.key: path for address, path in found if address}


def with_views(bulletin: Bulletin, views: int, as_of: str) -> Bulletin:
    """Return a bulletin with *views* more, counted to the day *as_of* (ISO 8601)."""
    head = bulletin.head
    total = (head.views or 0) + views
    shown = head._replace(
        views=total,
        views_as_of=as_of,
        meta_digest=f"{head.meta_digest} {total} {as_of}",
        card_digest=f"{head.card_digest} {total}",
    )
    return Bulletin(bulletin.path, bulletin.digest, shown, bulletin.rows)


def read_media(file: File, options: ReadOptions) -> KnownSource:
    """Return what the state keeps of a picture or attachment; its ``head`` is [code of its fault,
    or '', the system's reason, what is known of it: of a drawing [width, height] or None, of
    another picture its facts as soon as there are any]."""
    fault = reason = ""
    size = None
    try:
        with open(os.path.join(options.root, file.name), "rb") as handle:
            digest = file_digest(handle)
            if file.path.lower().endswith(".svg"):
                handle.seek(0)
                data = handle.read()
                fault = "unsafe-svg" if drawing.is_active(data) else ""
                size = svg_size(data)
    except OSError as error:
        digest, fault, reason = "", "file-unreadable", error.strerror or str(error)
    return KnownSource(file.stamp, digest, (), [fault, reason, size])
