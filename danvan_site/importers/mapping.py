"""The map of a table: which column is which key of a bulletin; and what it probably is.

columns:
  title: Tiêu đề
  tags: {column: Từ khóa, separator: ","}
  body: {column: Nội dung, format: text}
constants:
  unit: Ban Dân vận Tỉnh ủy
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from danvan_site import schema, vietnamese
from danvan_site.catalog import Catalog
from danvan_site.errors import ContentError, Place, Problem, UsageError, nearest
from danvan_site.importers.placing import reason_of

BODY, ADDRESS = "body", "address"
FORMATS = ("html", "markdown", "text")
# Keys of several values, and where one cell has several, what stands between them.
MANY = frozenset(("author", "photographer", "category", "topic", "tags"))
KEYS = (
    "title", "date", "event_date", "author", "photographer", "unit", "category", "topic", "tags",
    "views", "lead", "source", "caption", "status", "id", "slug", ADDRESS, BODY,
)  # fmt: skip
_SEPARATOR = ";"
_MOST = 100_000
# Names that columns have, in portals and spreadsheets, as they are compared (`_plain`).
_USUAL: Mapping[str, Sequence[str]] = {
    "title": ("tieude", "tieudebaiviet", "tenbai", "tenbaiviet", "title", "linktitle", "headline"),
    "date": ("ngaydang", "ngayxuatban", "ngayphathanh", "thoigiandang", "articlestartdate",
             "publishdate", "publisheddate", "published", "displaydate", "date", "ngay", "created"),
    "event_date": ("ngaydienra", "ngaysukien", "eventdate"),
    "author": ("tacgia", "nguoiviet", "author", "articlebyline", "byline"),
    "photographer": ("nguoichup", "tacgiaanh", "photographer"),
    "unit": ("donvi", "coquan", "phongban", "unit", "department"),
    "category": ("chuyenmuc", "danhmuc", "theloai", "loaitin", "category", "categories"),
    "topic": ("chuyende", "sukien", "topic"),
    "tags": ("tukhoa", "the", "tags", "keywords"),
    "views": ("luotxem", "soluotxem", "luotdoc", "views", "viewcount", "hits", "readcount"),
    "lead": ("tomtat", "trichyeu", "sapo", "loidan", "mota", "summary", "lead", "abstract",
             "description"),
    "source": ("nguon", "nguontin", "source"),
    "caption": ("chuthichanh", "chuthich", "caption"),
    "id": ("ma", "matin", "id", "articleid"),
    ADDRESS: ("duongdan", "diachi", "url", "link", "fileref", "encodedabsurl", "friendlyurl",
              "urltitle"),
    BODY: ("noidung", "noidungtin", "noidungbaiviet", "content", "body", "publishingpagecontent",
           "canvascontent1", "fulltext"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column and how its cells are read."""

    column: str
    separator: str = _SEPARATOR
    format: str = "text"


@dataclass(frozen=True, slots=True)
class Map:
    """Key → column, and key → the value that all rows have."""

    columns: Mapping[str, Column]
    constants: Mapping[str, str]


_record = schema.record(
    Column, "column", column=schema.raw, separator=schema.raw, format=schema.one_of(*FORMATS)
)


def _column(source: schema.Source, key: str, node: schema.Node) -> Column | None:
    if isinstance(node.value, str):
        return Column(node.value.strip())
    found: Column | None = _record(source, key, node)
    return found


def load(path: Path, shown: str, header: Sequence[str]) -> Map:
    """Read the map at *path* for a table with the columns *header*.

    Raises UsageError where it cannot be read, ContentError with all that is wrong in it.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("import-map", Place(shown), reason=reason_of(error)) from None
    source = schema.Source(shown)
    if len(text) > _MOST:
        source.fault("import-map", Place(shown), reason=f"> {_MOST}")
        raise ContentError(source.problems)
    columns = schema.record(dict, **dict.fromkeys(KEYS, _column))
    constants = schema.record(dict, **{key: schema.text for key in KEYS if key != BODY})
    values = source.read(source.compose(text), {"columns": columns, "constants": constants})
    found = Map(values.get("columns") or {}, values.get("constants") or {})
    for key, column in found.columns.items():
        if column.column not in header:
            details = {"column": column.column, "meant": nearest(column.column, header)}
            place = source.places[f"columns.{key}"]
            source.problems.append(Problem("import-map-column", place, details))
    if "title" not in found.columns and not source.problems:
        source.fault("missing-key", Place(shown, 1, 1), key="columns.title")
    if source.problems:
        raise ContentError(source.problems)
    return found


def proposal(first: Mapping[str, object], words: Catalog) -> str:
    """Return a first map, of what the columns are called and what is in the *first* row."""
    header = list(first)
    plain = {_plain(name): name for name in reversed(header)}
    lines = [f"# {words.say('map-heading')}", "columns:"]
    used = set()
    for key in KEYS:
        column = next((plain[name] for name in _USUAL.get(key, ()) if name in plain), "")
        if column and column not in used:
            used.add(column)
            value = json.dumps(column, ensure_ascii=False)
            kind = "html" if "</" in str(first[column]) else "text"
            more = f"{{column: {value}, format: {kind}}}" if key == BODY else value
            lines.append(f"  {key}: {more}")
    left = [name for name in header if name not in used]
    lines += [f"# {words.say('map-left', columns=', '.join(left))}"] if left else []
    lines += [f"# {words.say('map-constants')}", "# constants:", "#   unit: …"]
    return "\n".join(lines) + "\n"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", vietnamese.fold(name))
