"""Open data: what one bulletin has in it, ready to be put together with others.

An archive is put together anew with each new bulletin; its parts are made once, at reading.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from danvan_site import frontmatter
from danvan_site.frontmatter import Metadata
from danvan_site.state import Record

# Of these the address is known only when all is put together.
COLUMNS = (
    "url", "title", "date", "event_date", "author", "photographer", "unit", "category", "topic",
    "tags", "views", "lead", "source", "status", "id", "path",
)  # fmt: skip
# Views are known only when all is put together, too: what was counted from logs is added.  They
# have their place here, where neither JSON nor CSV has this byte.
SEAM = b"\0"
_VIEWS = COLUMNS.index("views")
_KEYS = ("path", *frontmatter.KEYS)
_BEFORE_VIEWS = frozenset(_KEYS[: _KEYS.index("views")])
_AFTER_VIEWS = frozenset(_KEYS[_KEYS.index("views_as_of") + 1 :])


def of(path: str, meta: Metadata, markdown: str) -> Record:
    """Return what open data have of the source *path*."""
    values = {"path": path} | frontmatter.export(meta)
    before = {key: value for key, value in values.items() if key in _BEFORE_VIEWS}
    after = {key: value for key, value in values.items() if key in _AFTER_VIEWS}
    body = markdown.replace("\r\n", "\n").strip() + "\n"
    return Record(
        SEAM.join([to_json(some)[1:-1].encode() for some in (before, after)]),
        SEAM.join(
            [
                line(values.get(column, "") for column in some).encode()
                for some in (COLUMNS[1:_VIEWS], COLUMNS[_VIEWS + 1 :])
            ]
        ),
        to_json(body).encode(),
    )


def to_json(value: Any) -> str:
    """Return a value as JSON, its letters as they are."""
    return _ENCODER.encode(value)


def views_of(views: int | None, as_of: str) -> bytes:
    """Return the members of a JSON object that tell the views, b'' where there are none."""
    found = {"views": views, "views_as_of": as_of}
    return to_json({key: value for key, value in found.items() if value})[1:-1].encode()


def cell(address: str) -> str:
    """Return an address as a cell of CSV."""
    return address if _PLAIN.fullmatch(address) else line([address])


def line(values: Any) -> str:
    """Return values as cells of a line of CSV (RFC 4180), without its end."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow([_cell(value) for value in values])
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("name", "")
    if isinstance(value, list):
        value = "; ".join(str(each) for each in value)
    text = str(value)
    # A spreadsheet would take these for formulas and run them.
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text


# Addresses are like this, and need no quotes.
_PLAIN = re.compile("[a-z0-9][a-z0-9:/._-]*")
_ENCODER = json.JSONEncoder(ensure_ascii=False)
