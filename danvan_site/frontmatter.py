"""The front matter of a bulletin: reading it with places, writing it for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from danvan_site import alternatives, limits, schema
from danvan_site.dates import Moment
from danvan_site.errors import Place

STATUSES = ("final", "updating", "corrected", "withdrawn")
_OPENING = re.compile(r"\ufeff?---[ \t]*\r?\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Image:
    """The lead picture.  ``original`` names a picture of the old portal still to be found."""

    src: str = ""
    alt: str = ""
    caption: str = ""
    credit: str = ""
    original: str = ""


@dataclass(frozen=True, slots=True)
class SourceNote:
    """Where a bulletin was taken from (``Theo HNMO``)."""

    name: str
    url: str = ""
    author: str = ""
    date: Moment | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """One dated entry of what changed after publishing."""

    date: Moment
    note: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file offered for download."""

    file: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the front matter says, checked.  Absent texts are '', absent lists are ()."""

    title: str
    date: Moment | None
    event_date: Moment | None = None
    author: tuple[str, ...] = ()
    photographer: tuple[str, ...] = ()
    unit: str = ""
    category: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    views: int | None = None
    views_as_of: Moment | None = None
    lead: str = ""
    image: Image | None = None
    source: SourceNote | None = None
    status: str = "final"
    updates: tuple[Update, ...] = ()
    review: tuple[str, ...] = ()
    slug: str = ""
    id: str = ""
    aliases: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    featured: bool = False
    draft: bool = False
    expires: Moment | None = None
    lang: str = ""
    menu: int | None = None

    def to_row(self) -> list[Any]:
        """Return the metadata as JSON values, in the order of the fields."""
        return [_row(getattr(self, key)) for key in KEYS]

    @classmethod
    def from_row(cls, row: list[Any]) -> Metadata:
        """Return the metadata that `to_row` gave."""
        values: dict[str, Any] = dict(zip(KEYS, row, strict=True))
        for key in ("date", "event_date", "views_as_of", "expires"):
            values[key] = _moment(values[key])
        for key in ("author", "photographer", "category", "topic", "tags", "review", "aliases"):
            values[key] = tuple(values[key])
        if values["image"]:
            values["image"] = Image(*values["image"])
        if values["source"]:
            name, url, author, when = values["source"]
            values["source"] = SourceNote(name, url, author, _moment(when))
        values["updates"] = tuple(Update(Moment(*when), note) for when, note in values["updates"])
        values["attachments"] = tuple(Attachment(*each) for each in values["attachments"])
        return cls(**values)


KEYS = tuple(field.name for field in fields(Metadata))
_RECORDS = frozenset((Image, SourceNote, Update, Attachment))


def _row(value: Any) -> Any:
    """A value of the metadata as JSON has it: records and tuples become lists."""
    kind = type(value)
    if kind is tuple:
        return [_row(each) for each in value]
    if kind is Moment or kind in _RECORDS:
        return [_row(getattr(value, name)) for name in value.__slots__]
    return value


def _moment(row: list[Any] | None) -> Moment | None:
    return Moment(*row) if row else None


_WEB = r"https?://[^\s<>\"]+"
_ADDRESS_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"

_TITLE = schema.at_most(limits.TITLE)
_NAME = schema.at_most(limits.NAME)
_FILE = schema.at_most(limits.ADDRESS, schema.raw)
_attachment_record = schema.record(Attachment, "file", file=_FILE, title=_TITLE)


def _many(item: schema.Reader) -> schema.Reader:
    return schema.many(item, or_one=True, most=limits.ENTRIES)


def _attachment(source: schema.Source, key: str, node: schema.Node) -> Attachment | None:
    if isinstance(node.value, str):
        file = _FILE(source, key, node)
        return Attachment(file) if file else None
    found: Attachment | None = _attachment_record(source, key, node)
    return found


_PLAIN_PAGE: dict[str, schema.Reader] = {
    "title": _TITLE,
    "lead": schema.text,
    "slug": schema.matching(_ADDRESS_NAME, "bad-slug", schema.at_most(limits.SLUG)),
    "lang": schema.matching(r"[a-z]{2,3}(?:-[A-Z]{2})?", "bad-lang"),
    "draft": schema.boolean,
    "aliases": schema.many(schema.raw, or_one=True),
    "menu": schema.number,
}
_BULLETIN: dict[str, schema.Reader] = {
    "title": _TITLE,
    "date": schema.moment,
    "event_date": schema.day,
    "author": _many(_NAME),
    "photographer": _many(_NAME),
    "unit": _NAME,
    "category": _many(_NAME),
    "topic": _many(_NAME),
    "tags": _many(_NAME),
    "views": schema.number,
    "views_as_of": schema.day,
    "lead": schema.text,
    "image": schema.record(
        Image,
        src=_FILE,
        alt=schema.text,
        caption=schema.text,
        credit=schema.text,
        original=schema.text,
    ),
    "source": schema.record(
        SourceNote,
        "name",
        name=_NAME,
        url=schema.matching(_WEB, "bad-web-address", _FILE),
        author=_NAME,
        date=schema.moment,
    ),
    "status": schema.one_of(*STATUSES),
    "updates": schema.many(
        schema.record(Update, "date", "note", date=schema.moment, note=schema.text),
        most=limits.ENTRIES,
    ),
    "review": _many(schema.text),
    "slug": _PLAIN_PAGE["slug"],
    "id": schema.matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", "bad-id"),
    "aliases": _PLAIN_PAGE["aliases"],
    "attachments": _many(_attachment),
    "featured": schema.boolean,
    "draft": schema.boolean,
    "expires": schema.day,
    "lang": _PLAIN_PAGE["lang"],
}
BULLETIN_KEYS = tuple(_BULLETIN)
PAGE_KEYS = tuple(_PLAIN_PAGE)


@dataclass(frozen=True, slots=True)
class Parts:
    """A bulletin's file cut in two.  ``body_line`` is the line on which the body begins."""

    front: str
    body: str
    body_line: int


def split(text: str, source: schema.Source) -> Parts | None:
    """Cut a file's text into front matter and body; note a problem and return None if it has none.

    Windows line ends and a byte order mark are taken as they come.
    """
    opening = _OPENING.match(text)
    if not opening:
        source.fault("no-front-matter", Place(source.file, 1, 1))
        return None
    closing = _CLOSING.search(text, opening.end())
    if not closing:
        source.fault("front-matter-not-closed", Place(source.file, 1, 1))
        return None
    front = text[opening.end() : closing.start()]
    if len(front) > limits.FRONT_MATTER:
        limit = str(limits.FRONT_MATTER)
        source.fault("front-matter-too-long", Place(source.file, 1, 1), limit=limit)
        return None
    return Parts(front, text[closing.end() :], text.count("\n", 0, closing.end()) + 1)


def read(front: str, source: schema.Source, plain_page: bool = False) -> Metadata | None:
    """Return the metadata of front matter text, or None where required facts are missing.

    Problems are noted in *source*; a result can stand beside problems.
    """
    source.first_line = 2
    root = source.compose(front)
    if root is None and source.problems:
        return None
    values = source.read(root, _PLAIN_PAGE if plain_page else _BULLETIN)
    dated = plain_page or "date" in source.places or values.get("review")
    for key, present in (
        ("title", "title" in source.places and "title" in values),
        ("date", dated),
    ):
        if not present and not _is_misspelt(key, source):
            place = source.places.get(key, Place(source.file, 1, 1))
            source.fault("missing-key", place, key=key)
    if "title" not in values or (not plain_page and "date" not in values and not dated):
        return None
    if values.get("status") == "withdrawn" and "updates" not in source.places:
        source.fault("withdrawn-unexplained", source.places["status"])
    image: Image | None = values.get("image")
    code = alternatives.fault(image.alt, image.src) if image and image.src else ""
    if image and code:
        place = source.places.get("image.alt", source.places["image"])
        details = {"alt": image.alt} if image.alt else {}
        source.fault(code, place, key="image.alt", src=image.src, **details)
    values.setdefault("date", None)
    return Metadata(**values)


def _is_misspelt(key: str, source: schema.Source) -> bool:
    """Tell whether the key is there with a slip, which has been noted already."""
    return any(problem.details.get("meant") == key for problem in source.problems)


def compose(front: Mapping[str, object], body: str) -> str:
    """Return a bulletin's file: *front* as readable YAML in the schema's order, then *body*.

    Values are str, int, bool, Moment, lists and dicts of these, or small records; empty ones are
    left out.  Reading the result with `read` gives the same values back.
    """
    unknown = sorted(set(front) - set(KEYS))
    if unknown:
        raise ValueError(f"not keys of the front matter: {unknown}")
    lines: list[str] = []
    for key in KEYS:
        lines += _entry(key, front.get(key), "")
    return "---\n" + "".join(f"{line}\n" for line in lines) + "---\n\n" + body.strip() + "\n"


def export(meta: Metadata) -> dict[str, Any]:
    """Return the metadata as plain JSON values under the keys of the front matter.

    Empty values are left out; read as YAML the result gives the same metadata again.
    """
    found = ((key, getattr(meta, key)) for key in KEYS)
    return {
        key: _plain(value)
        for key, value in found
        if value and (key != "status" or value != "final")
    }


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is Moment:
        return value.iso
    if kind is tuple:
        return [_plain(each) for each in value]
    if kind in _RECORDS:
        pairs = ((name, _plain(getattr(value, name))) for name in value.__slots__)
        return {name: each for name, each in pairs if each}
    return value


def _entry(key: str, value: object, indent: str) -> list[str]:
    if value is None or value in ("", [], (), {}):
        return []
    if isinstance(value, Mapping):
        inner = [line for name, each in value.items() for line in _entry(name, each, indent + "  ")]
        return [f"{indent}{key}:", *inner] if inner else []
    if isinstance(value, list | tuple):
        if all(not isinstance(each, Mapping) for each in value):
            simple = [schema.scalar(each) for each in value]
            joined = f"{indent}{key}: [{', '.join(simple)}]"
            if len(joined) <= 100 and all(each.startswith('"') for each in simple):
                return [joined]
            return [f"{indent}{key}:", *(f"{indent}  - {each}" for each in simple)]
        return [f"{indent}{key}:", *(line for each in value for line in _item(each, indent))]
    return [f"{indent}{key}: {schema.scalar(value)}"]


def _item(value: object, indent: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{indent}  - {schema.scalar(value)}"]
    lines = [line for name, each in value.items() for line in _entry(name, each, indent + "    ")]
    return [f"{indent}  - {lines[0].strip()}", *lines[1:]] if lines else []
