"""Reading exports of WordPress (WXR 1.0 to 1.2): an item after another, whatever the file is like.

The file is cut into items before anything of it is parsed, so that a fault in one of them costs no
other one, and no more than one is in memory.  Only where they stand is handed on: each process
reads its own.  Elements are known by their names alone: the address of their namespace differs from
one WordPress to the next.
"""

from __future__ import annotations

import codecs
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from danvan_site.errors import Place, UsageError
from danvan_site.importers.placing import reason_of

MAX_ITEM = 50_000_000  # bytes
_CHUNK = 1 << 20
_TAIL = 4096  # bytes among which a file ends
_OPEN, _CLOSE, _CDATA, _CDATA_END = b"<item", b"</item", b"<![CDATA[", b"]]>"
_ITEM = re.compile(rb"<item(?=[\s>])")
_NEXT = re.compile(rb"<!\[CDATA\[|</item\s*>|<item(?=[\s>])")
# An item that ends inside of a text shows that the text's own end is missing.
_ENDED = re.compile(rb"</item\s*>\s*(?:<item[\s>]|</channel\s*>)")
_ROOT = re.compile(rb"<rss\b[^<>]*>")
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})")
_OURS = re.compile(rb"wordpress\.org/export/1\.|<(?:\w+:)?(?:wxr_version|base_site_url)>")
# What XML has no place for, and what it would take for an entity or an end.
_FORBIDDEN = bytes(each for each in range(32) if each not in b"\t\n\r")
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)|\]\]>")
_MENDED = {"&": "&amp;", "]]>": "]]&gt;"}


class Piece(NamedTuple):
    """Where an item stands in a file in UTF-8: its first byte (from 0), its size in bytes, its
    first and its last line (from 1); ``is_whole`` is False where the file ends in it, or its own
    end is missing."""

    start: int
    size: int
    line: int
    last_line: int
    is_whole: bool

    def read(self, path: Path) -> bytes:
        """Return its bytes; raise OSError."""
        with path.open("rb", buffering=0) as file:
            file.seek(self.start)
            return file.read(self.size)


class Comment(NamedTuple):
    """A comment as the export has it, without what says who its writer is beyond the name."""

    id: str
    author: str
    date: str
    date_gmt: str
    content: str
    approved: str
    type: str
    parent: str


class Term(NamedTuple):
    """A category, a tag or another term of an item: its taxonomy, its slug, its name."""

    taxonomy: str
    slug: str
    name: str


@dataclass(slots=True)
class Post:
    """An item, read: the texts of its elements by their names (``post_id``, ``title``,
    ``content:encoded``, ``excerpt:encoded`` …), its terms, custom fields and comments.

    ``faults`` are what the parser found wrong with it.
    """

    texts: dict[str, str]
    terms: list[Term] = field(default_factory=list)
    meta: list[tuple[str, str]] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    faults: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """Return the text of an element, '' where there is none."""
        return self.texts.get(name, "")

    def number(self, name: str) -> int:
        """Return the number in an element, 0 where there is none."""
        text = self.text(name).strip()
        return int(text) if re.fullmatch("[0-9]{1,15}", text) else 0

    def field(self, *names: str) -> str:
        """Return the first custom field of one of these names that says something."""
        return next((value for name, value in self.meta if name in names and value), "")


class Category(NamedTuple):
    """A category of the site: its name and the slug of the one it belongs to, '' for none."""

    name: str
    parent: str


@dataclass(slots=True)
class Head:
    """What an export says of the site: its addresses, when it was written (RFC 822), the names of
    its authors by their logins, its categories by their slugs."""

    addresses: tuple[str, ...] = ()
    written: str = ""
    authors: dict[str, str] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)


class Export:
    """An export file.  ``text`` is that in UTF-8, itself or a copy in the folder *copies*; ``size``
    is in bytes of it, ``count`` how many items were found there.  ``root`` is its first tag, which
    says what the names of the others mean; ``is_whole`` tells whether it ends as one that was
    written to its end."""

    count = 0

    def __init__(self, path: Path, copies: Path) -> None:
        """Read the head; raise UsageError where the file is no export of WordPress."""
        self.path = path
        self.shown = path.as_posix()
        place = Place(self.shown)
        try:
            encoding = _told(path)
            self.text = path if encoding in ("utf-8", "ascii") else self._copied(encoding, copies)
            self.size = self.text.stat().st_size
            head = next(self._cut(), Piece(0, 0, 1, 1, True)).read(self.text)
            self.is_whole = self._ends()
        except (OSError, LookupError) as error:
            raise UsageError("import-unreadable", place, reason=reason_of(error)) from None
        root = _ROOT.search(head)
        if not root or not _OURS.search(head):
            raise UsageError("import-no-wordpress", place)
        if re.search(rb"<!(?:DOCTYPE|ENTITY)", head[: root.start()]):
            raise UsageError("import-xml-doctype", place)
        self.root = root[0]
        self.head = _head_of(self._element(head[root.end() :]))

    def pieces(self) -> Iterator[Piece]:
        """Yield the items; raise OSError where the file cannot be read on."""
        parts = self._cut()
        next(parts, None)
        yield from parts

    def _ends(self) -> bool:
        with self.text.open("rb") as file:
            file.seek(max(self.size - _TAIL, 0))
            return b"</rss" in file.read()

    def _element(self, data: bytes) -> etree._Element:
        element, _ = _parsed(self.root, data)
        return element

    def _copied(self, encoding: str, copies: Path) -> Path:
        copy = Path(tempfile.mkdtemp(dir=copies), "export.xml")
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        with self.path.open("rb") as file, copy.open("wb") as text:
            while chunk := file.read(_CHUNK):
                text.write(decoder.decode(chunk).encode("utf-8", "replace"))
        return copy

    def _cut(self) -> Iterator[Piece]:
        """Yield what stands before the first item, then the items."""
        cutter = _Cutter()
        with self.text.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield from cutter.feed(chunk)
        yield from cutter.end()


def _told(path: Path) -> str:
    """Return the encoding that a file says it is in."""
    with path.open("rb") as file:
        begin = file.read(300)
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if begin.startswith(mark):
            return name
    found = _DECLARED.search(begin)
    return codecs.lookup(found[1].decode("ascii")).name if found else "utf-8"


class _Cutter:
    """Cuts what it is fed into what stands before the first item, and the items."""

    def __init__(self) -> None:
        self._buffer = b""
        self._passed = 0  # bytes that were before the buffer
        self._start = 0  # all before it was given
        self._at = 0  # all before it was looked at
        self._line = 1
        self._inside = self._begun = False

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """Yield what is whole with *chunk*."""
        self._buffer = self._buffer[self._start :] + chunk
        self._at -= self._start
        self._passed += self._start
        self._start = 0
        while True:
            if not self._inside:
                found = _ITEM.search(self._buffer, self._at)
                if not found:
                    yield from self._pass_over()
                    return
                before = self._take(found.start())
                if not self._begun:
                    self._begun = True
                    yield before
                self._inside, self._at = True, found.end()
            end, is_whole = self._end()
            if not end:
                return
            self._inside = False
            yield self._take(end)._replace(is_whole=is_whole)

    def end(self) -> Iterator[Piece]:
        """Yield what is left: the head, where there was nothing else, or an item cut off."""
        if self._inside or not self._begun:
            yield self._take(len(self._buffer))._replace(is_whole=not self._inside)

    def _pass_over(self) -> Iterator[Piece]:
        """No item begins in the buffer, but for what may be the beginning of its tag: all of it is
        between two items, or belongs to the head."""
        self._at = max(len(self._buffer) - len(_OPEN), self._start)
        if self._begun:
            self._take(self._at)
        elif len(self._buffer) > MAX_ITEM:
            self._begun = True
            yield self._take(len(self._buffer))

    def _end(self) -> tuple[int, bool]:
        """Return where the item ends that begins at the start, and whether it is whole; 0 where
        that is not in the buffer."""
        while len(self._buffer) - self._start <= MAX_ITEM:
            found = _NEXT.search(self._buffer, self._at)
            if not found:
                # What is at the end may be the beginning of a tag.
                self._at = max(len(self._buffer) - len(_CDATA) - 2, self._at)
                return 0, False
            if found[0].startswith(_OPEN):
                return found.start(), False
            if found[0].startswith(_CLOSE):
                return found.end(), True
            end = self._buffer.find(_CDATA_END, found.end())
            missing = _ENDED.search(self._buffer, found.end(), end if end >= 0 else _ANY)
            if missing:
                return self._buffer.index(b">", missing.start()) + 1, False
            if end < 0:
                self._at = found.start()
                return 0, False
            self._at = end + len(_CDATA_END)
        return len(self._buffer), False

    def _take(self, end: int) -> Piece:
        line, start = self._line, self._start
        self._line += self._buffer.count(b"\n", start, end)
        self._start = self._at = end
        return Piece(self._passed + start, end - start, line, self._line, True)


_ANY = 1 << 62


def read(root: bytes, data: bytes) -> Post:
    """Return the item in *data*, which stands in an export whose first tag is *root*."""
    element, faults = _parsed(root, data)
    item = element.find("item")
    post = Post({}, faults=faults)
    for child in item if item is not None else ():
        if not isinstance(child.tag, str):
            continue
        name = _name(child.tag)
        if name == "category":
            term = Term(child.get("domain", ""), child.get("nicename", ""), _text(child))
            post.terms.append(term)
        elif name == "postmeta":
            parts = _texts(child)
            post.meta.append((parts.get("meta_key", ""), parts.get("meta_value", "")))
        elif name == "comment":
            post.comments.append(_comment(_texts(child)))
        else:
            post.texts.setdefault(name, _text(child))
    return post


def _comment(parts: dict[str, str]) -> Comment:
    return Comment(*(parts.get(f"comment_{name}", "") for name in Comment._fields))


def _head_of(root: etree._Element) -> Head:
    head = Head()
    addresses = []
    for child in root.iter():
        if not isinstance(child.tag, str):
            continue
        name = _name(child.tag)
        if name in ("base_site_url", "base_blog_url", "link"):
            addresses.append(_text(child).strip())
        elif name == "pubDate":
            head.written = head.written or _text(child).strip()
        elif name == "author":
            parts = _texts(child)
            head.authors[parts.get("author_login", "").strip()] = _name_of_author(parts)
        elif name == "category" and len(child):
            parts = _texts(child)
            named = Category(parts.get("cat_name", "").strip(), parts.get("category_parent", ""))
            head.categories[parts.get("category_nicename", "")] = named
    head.addresses = tuple(dict.fromkeys(filter(None, addresses)))
    return head


def _name_of_author(parts: dict[str, str]) -> str:
    """Return the name that an author shows; one that is but the login tells nothing to readers."""
    login, shown = (parts.get(f"author_{name}", "").strip() for name in ("login", "display_name"))
    if shown and shown != login:
        return shown
    # In Vietnamese the family's name comes first.
    return f"{parts.get('author_last_name', '')} {parts.get('author_first_name', '')}".strip()


def _parsed(root: bytes, data: bytes) -> tuple[etree._Element, tuple[str, ...]]:
    """Return the element that *root* begins and *data* fills, and what was wrong with it."""
    try:
        return etree.fromstring(b"%s%s</rss>" % (root, data), _strict()), ()
    except etree.XMLSyntaxError:
        return _recovered(root, data)


@cache
def _strict() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip


def _recovered(root: bytes, data: bytes) -> tuple[etree._Element, tuple[str, ...]]:
    """Like `_parsed`, whatever *data* is like."""
    parser = etree.XMLParser(
        recover=True, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True,
        remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    text = data.translate(None, _FORBIDDEN).decode("utf-8", "replace")
    text = text.replace("\ufffe", "").replace("\uffff", "")
    is_decoded = "\ufffd" not in text
    mended, is_cut = _mended(text)
    try:
        element = etree.fromstring(root + mended.encode() + b"</rss>", parser)
    except etree.XMLSyntaxError as error:
        return etree.Element("rss"), (str(error),)
    faults = [entry.message for entry in parser.error_log if entry.type_name not in _HARMLESS]
    if not is_decoded:
        faults.append("U+FFFD")
    if is_cut and not faults:
        faults.append("<![CDATA[")
    return element if element is not None else etree.Element("rss"), tuple(faults[:3])


# The namespace of a prefix is not told: names are enough.
_HARMLESS = frozenset(("NS_ERR_UNDEFINED_NAMESPACE", "WAR_NS_URI", "WAR_NS_URI_RELATIVE"))


def _mended(text: str) -> tuple[str, bool]:
    """Return XML in which nothing but tags and known entities begins with a sign of theirs, and
    whether a text in it had no end."""
    parts: list[str] = []
    at, end = 0, len(text)
    while (begin := text.find("<![CDATA[", at)) >= 0:
        parts.append(_outside(text[at:begin]))
        end = text.find("]]>", begin)
        if end < 0:
            return "".join((*parts, text[begin:], "]]>")), True
        at = end + 3
        parts.append(text[begin:at])
    return "".join((*parts, _outside(text[at:]))), False


def _outside(text: str) -> str:
    return _BARE.sub(lambda found: _MENDED[found[0]], text)


@lru_cache(maxsize=1024)
def _name(tag: str) -> str:
    """Return an element's name without its namespace; ``encoded`` says what it is."""
    space, _, name = tag.rpartition("}")
    if not space and ":" in name:
        space, _, name = name.rpartition(":")
    if name == "encoded":
        return f"{'excerpt' if 'excerpt' in space else 'content'}:encoded"
    return name


def _texts(element: etree._Element) -> dict[str, str]:
    return {_name(child.tag): _text(child) for child in element if isinstance(child.tag, str)}


def _text(element: etree._Element) -> str:
    """Return all text in an element; with its tags where it has some, which were not quoted."""
    if not len(element):
        return element.text or ""
    inner: Sequence[str] = [
        etree.tostring(child, encoding="unicode", with_tail=True) for child in element
    ]
    return (element.text or "") + "".join(inner)
