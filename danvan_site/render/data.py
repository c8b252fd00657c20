"""Open data: every bulletin with all its front matter, as JSON lines and as CSV.

A record is named by the path of its source, its address and its year.  What is in it was made at
reading (`state.Record`); *records* gives a field of those of all sources, or of some, by path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from danvan_site.records import COLUMNS, cell, line, to_json

Values = Mapping[str, Any]
Records = Callable[..., Mapping[str, bytes]]


def lines(context: Values, records: Records) -> bytes:
    """Return a JSON object a line: address, source path, front matter; ``data`` names the file that
    has it with its body."""
    members = records("members")
    return b"".join(
        [
            b'{%b, %b, "data": "%04d.jsonl"}\n' % (address, members[path], year)
            for address, path, year in _addressed(context)
        ]
    )


def with_bodies(context: Values, records: Records) -> bytes:
    """Return a JSON object a line, the body as Markdown with it."""
    paths = [path for path, *_ in context["records"]]
    members, bodies = records("members", paths), records("body", paths)
    return b"".join(
        [
            b'{%b, %b, "body": %b}\n' % (address, members[path], bodies[path])
            for address, path, _ in _addressed(context)
        ]
    )


def table(context: Values, records: Records) -> bytes:
    """Return a CSV table (RFC 4180) that spreadsheets open with Vietnamese letters intact."""
    base = context["base"]
    cells = records("cells")
    rows = [
        b"%b,%b\r\n" % (cell(base + url).encode(), cells[path])
        for path, url, _ in context["records"]
    ]
    return f"{line(COLUMNS)}\r\n".encode("utf-8-sig") + b"".join(rows)


def _addressed(context: Values) -> list[tuple[bytes, str, int]]:
    """Return the address of each record as a member, its path and its year."""
    base = context["base"]
    return [
        (f'"url": {to_json(base + url)}'.encode(), path, year)
        for path, url, year in context["records"]
    ]
