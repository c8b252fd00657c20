"""What comment services give out: Isso, Disqus, Commento, Comentario, Remark42, Staticman, forms.

Each format becomes `Said`s, in the order of the source.  What nobody approved comes along with the
reason, to be counted; mail, network addresses and people's own sites are not even looked at.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from danvan_site import schema, vietnamese
from danvan_site.errors import Place, Problem
from danvan_site.importers.encodings import decode
from danvan_site.importers.frame import ImportFailure, read_source
from danvan_site.importers.placing import reason_of
from danvan_site.importers.table import csv_rows

MAX_BYTES = 200_000_000
_MAX_ENTRY = 1_000_000
_SQLITE = b"SQLite format 3\0"
_GZIP = b"\x1f\x8b"
_ENTRIES = frozenset((".yml", ".yaml", ".json"))
_YES = frozenset(("1", "true", "yes", "y", "x", "co", "duyet", "da duyet", "approved", "published"))
# What forms call their fields, in small letters without marks.
_FIELDS = {
    "author": ("name", "author", "ho va ten", "ho ten", "ten", "ten hien thi"),
    "text": ("message", "comment", "body", "content", "noi dung", "y kien"),
    "date": ("date", "created at", "submitted at", "timestamp", "time", "ngay", "ngay gui"),
    "thread": ("page", "page url", "permalink", "slug", "thread", "trang", "dia chi trang"),
    "approved": ("approved", "duyet", "da duyet", "phe duyet"),
    "id": ("id", "uid"),
    "parent": ("reply to", "replying to", "replying to uid", "parent id", "reply thread"),
}
_KEY_OF = {name: key for key, names in _FIELDS.items() for name in names}


class Said(NamedTuple):
    """One comment as a service has it, all values as they came.

    ``threads`` are the addresses that its page may have, most certain first; ``id`` and ``parent``
    tell comments of this service apart; ``date`` is seconds since 1970, or a date as people write
    it; ``kind`` says what the text is: html, markdown or text; ``state`` is '' where it was
    approved, else why it is not for readers: pending, spam or deleted.
    """

    place: Place
    threads: tuple[str, ...]
    id: str
    parent: str
    author: str
    date: str | float
    text: str
    kind: str
    state: str = ""


def read(path: Path, approved: bool) -> Iterator[Said | Problem]:
    """Yield the comments in a file or folder, a Problem in the place of one that cannot be read;
    those of forms count as approved where they say so, or do not say and *approved* does.

    Raises ImportFailure where it cannot be read (on).
    """
    if path.is_dir():
        yield from _entries(path)
        return
    data = read_source(path, MAX_BYTES)
    place = Place(path.as_posix())
    try:
        if data.startswith(_GZIP):
            data = _unpacked(path)
        if data.startswith(_SQLITE):
            yield from _isso(path)
        elif data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            yield from _disqus(place, data)
        else:
            yield from _lines(place, data, approved)
    except (
        OSError,
        EOFError,
        ValueError,
        RecursionError,
        csv.Error,
        sqlite3.Error,
        zlib.error,
    ) as error:
        reason = reason_of(error)[:200]
        raise ImportFailure("import-comments-unreadable", place, reason=reason) from None
    except etree.LxmlError as error:
        reason = str(error)[:200]
        raise ImportFailure("import-comments-unreadable", place, reason=reason) from None


def _unpacked(path: Path) -> bytes:
    with gzip.open(path) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"> {MAX_BYTES // 1_000_000} MB")
    return data


# ---- Isso


def _isso(path: Path) -> Iterator[Said]:
    """Read the database of Isso; whoever made it, nothing is written beside it."""
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_ENTRY)
        database.text_factory = lambda value: value.decode("utf-8", "replace")
        # A view of such a name could go on without end.
        kinds = database.execute(
            "SELECT type FROM sqlite_master WHERE name IN ('comments', 'threads')"
        )
        if [kind for (kind,) in kinds] != ["table"] * 2:
            raise ValueError("SQLite")
        rows = database.execute(
            "SELECT c.id, c.parent, c.created, c.mode, c.text, c.author, t.uri "
            "FROM comments c JOIN threads t ON t.id = c.tid ORDER BY c.id"
        )
        for number, parent, created, mode, text, author, uri in rows:
            state = {1: "", 2: "pending"}.get(mode, "deleted")
            yield Said(
                Place(path.as_posix(), 0), (_text(uri),), _id("isso", number),
                _id("isso", parent), _text(author), _seconds(created), _text(text),
                "markdown", state,
            )  # fmt: skip


def _seconds(value: object) -> str | float:
    return float(value) if isinstance(value, int | float) else _text(value)


# ---- Disqus


def _disqus(place: Place, data: bytes) -> Iterator[Said]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(data, parser)
    if _name(root) != "disqus":
        raise ValueError(f"<{_name(root)}>"[:100])
    threads = {
        _dsq_id(each): tuple(filter(None, (_child(each, "link"), _child(each, "id"))))
        for each in root
        if _name(each) == "thread"
    }
    for post in root:
        if _name(post) != "post":
            continue
        thread = next((_dsq_id(each) for each in post if _name(each) == "thread"), "")
        parent = next((_dsq_id(each) for each in post if _name(each) == "parent"), "")
        author = next((each for each in post if _name(each) == "author"), None)
        line = post.sourceline
        states = [name for name in ("spam", "deleted") if _flag(post, name)]
        yield Said(
            Place(place.file, line if isinstance(line, int) else 0), threads.get(thread, ()),
            _id("disqus", _dsq_id(post)), _id("disqus", parent),
            _child(author, "name") if author is not None else "", _child(post, "createdAt"),
            _child(post, "message"), "html", states[0] if states else "",
        )  # fmt: skip


def _name(element: Any) -> str:
    tag = element.tag
    return etree.QName(tag).localname if isinstance(tag, str) else ""


def _child(element: Any, name: str) -> str:
    found = next((each for each in element if _name(each) == name), None)
    return "".join(found.itertext()).strip() if found is not None else ""


def _dsq_id(element: Any) -> str:
    return next((v for k, v in element.attrib.items() if etree.QName(k).localname == "id"), "")


def _flag(post: Any, name: str) -> bool:
    return _child(post, f"is{name.capitalize()}").lower() == "true"


# ---- JSON, lines of JSON, CSV


def _lines(place: Place, data: bytes, approved: bool) -> Iterator[Said | Problem]:
    text, encoding = decode(data)
    if not encoding.startswith("utf-"):
        raise ValueError(encoding)
    if not text.lstrip().startswith(("{", "[")):
        yield from _forms(place, ((each.line, each.row) for each in csv_rows(text)), approved)
        return
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if value is None or (isinstance(value, dict) and "locator" in value):
        yield from _remark42(place, text)
    elif isinstance(value, dict) and isinstance(value.get("comments"), list):
        yield from _commento(place, value)
    else:
        rows = value.get("submissions") if isinstance(value, dict) else value
        yield from _forms(place, enumerate(rows if isinstance(rows, list) else (), 1), approved)


def _remark42(place: Place, text: str) -> Iterator[Said | Problem]:
    """Read a backup: what it says of users and posts first, then a comment on each line."""
    count = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        here = Place(place.file, number)
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield Problem("import-bad-row", here)
            continue
        locator = _part(row, "locator")
        if not locator:
            continue
        count += 1
        orig = _text(row.get("orig"))
        yield Said(
            here, (_text(locator.get("url")),),
            _id("remark42", row.get("id")), _id("remark42", row.get("pid")),
            _text(_part(row, "user").get("name")), _text(row.get("time")),
            orig or _text(row.get("text")), "markdown" if orig else "html",
            "deleted" if row.get("delete") else "",
        )  # fmt: skip
    if not count:
        raise ValueError("JSON")


def _commento(place: Place, value: Mapping[str, Any]) -> Iterator[Said]:
    """Read what Commento gives out, or Comentario, of either version."""
    names = {
        _text(each.get("commenterHex") or each.get("id")): _text(each.get("name"))
        for each in _rows(value.get("commenters"))
    }
    pages = {_text(each.get("id")): _text(each.get("path")) for each in _rows(value.get("pages"))}
    for row in _rows(value["comments"]):
        if "commentHex" in row:
            who, page = _text(row.get("commenterHex")), _text(row.get("url") or row.get("path"))
            number, parent, date = row["commentHex"], row.get("parentHex"), row.get("creationDate")
            state = "" if row.get("state") == "approved" else "pending"
        else:
            who, page = _text(row.get("userCreated")), pages.get(_text(row.get("pageId")), "")
            number, parent, date = row.get("id"), row.get("parentId"), row.get("createdTime")
            state = "" if row.get("isApproved") is True else "pending"
        if row.get("deleted") or row.get("isDeleted"):
            state = "deleted"
        text = _text(row.get("markdown"))
        yield Said(
            place, (page,), _id("commento", number), _id("commento", parent),
            names.get(who) or _text(row.get("authorName")), _text(date),
            text or _text(row.get("html")), "markdown" if text else "html", state,
        )  # fmt: skip


def _forms(place: Place, rows: Iterator[tuple[int, Any]], approved: bool) -> Iterator[Said]:
    """Read what people sent by forms, a field of theirs in each column."""
    known = False
    for number, row in rows:
        if not isinstance(row, dict):
            continue
        # Some services keep the fields apart from what they note themselves.
        inner = _part(row, "data") or _part(row, "fields")
        fields = {**row, **inner}
        found = _named(fields)
        known = known or {"text", "thread"} <= {_key_of(name) for name in fields}
        said = vietnamese.fold(found.get("approved", "")).strip()
        yield Said(
            Place(place.file, number), (found.get("thread", ""),), "", "",
            found.get("author", ""), _epoch(found.get("date", "")), found.get("text", ""), "text",
            "" if said in _YES or (approved and "approved" not in found) else "pending",
        )  # fmt: skip
    if not known:
        raise ValueError("name, message, date, page")


def _named(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a row that say something, by what they are."""
    found: dict[str, str] = {}
    for name, value in row.items():
        key = _key_of(name)
        if key and not isinstance(value, dict | list) and _text(value):
            found.setdefault(key, _text(value))
    return found


def _key_of(name: object) -> str:
    return _KEY_OF.get(re.sub(r"[\s_-]+", " ", vietnamese.fold(str(name))).strip(), "")


# ---- Staticman


def _entries(folder: Path) -> Iterator[Said | Problem]:
    """Read a folder in which each comment is a file, in a folder named by the page."""
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in _ENTRIES):
        if path.is_symlink() or not path.is_file():
            continue
        place = Place(path.as_posix())
        try:
            row = _entry(path, place)
        except ImportFailure as failure:
            yield failure.problem
            continue
        found = _named(row)
        relative = path.parent.relative_to(folder).as_posix()
        thread = _text(folder.resolve().name if relative == "." else relative)
        yield Said(
            place, (thread,), _id("staticman", row.get("_id")),
            _id("staticman", found.get("parent", "")), found.get("author", ""),
            _epoch(found.get("date", "")), found.get("text", ""), "markdown",
        )  # fmt: skip


def _entry(path: Path, place: Place) -> dict[str, Any]:
    data = read_source(path, _MAX_ENTRY)
    if path.suffix.lower() == ".json":
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(data)
            if isinstance(found, dict):
                return found
        raise ImportFailure("import-comments-unreadable", place, reason="JSON")
    source = schema.Source(place.file)
    values = schema.scalars(source.compose(decode(data)[0]))
    for problem in source.problems:
        raise ImportFailure(problem.code, problem.place, **problem.details)
    if values is None:
        raise ImportFailure("import-comments-unreadable", place, reason="YAML")
    return dict(values)


def _epoch(text: str) -> str | float:
    """Return a date of digits alone as seconds: services count these, or thousandths of them."""
    if not re.fullmatch(r"\d{9,13}(\.\d+)?", text):
        return text
    number = float(text)
    return number / 1000 if number > 1e11 else number


def iso(seconds: float) -> str:
    """Return an instant as ISO 8601 in UTC; raise ValueError where it is none."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (OverflowError, OSError) as error:
        raise ValueError(str(error)) from None


# ---- values of any kind


def _text(value: object) -> str:
    if value is None or isinstance(value, bool | dict | list | bytes):
        return ""
    return vietnamese.without_controls(str(value)).strip()


def _part(row: object, key: str) -> dict[str, Any]:
    found = row.get(key) if isinstance(row, dict) else None
    return found if isinstance(found, dict) else {}


def _rows(value: object) -> Sequence[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _id(service: str, value: object) -> str:
    """Return what tells a comment from those of other services; '' for none."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", _text(value))
    return f"{service}-{name}"[:80] if name else ""
