"""Open data: every bulletin with all its front matter, as JSON lines and as CSV.

A record is named by the path of its source, its address and its year, and has its views.  What
else is in it was made at reading (`state.Record`); *records* gives a field of those of all
sources, or of some, by path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from danvan_site.records import COLUMNS, SEAM, cell, line, to_json, views_of

Values = Mapping[str, Any]
Records = Callable[..., Mapping[str, bytes]]


def lines(context: Values, records: Records) -> bytes:
    """Return a JSON object a line: address, source path, front matter; ``data`` names the file that
    has it with its body."""
    members = records("members")
    return b"".join(
        [
            b'{%b, "data": "%04d.jsonl"}\n' % (_with_views(address, members[path], views), year)
            for address, path, year, views in _addressed(context)
        ]
    )


def with_bodies(context: Values, records: Records) -> bytes:
    """Return a JSON object a line, the body as Markdown with it."""
    paths = [path for path, *_ in context["records"]]
    members, bodies = records("members", paths), records("body", paths)
    return b"".join(
        [
            b'{%b, "body": %b}\n' % (_with_views(address, members[path], views), bodies[path])
            for address, path, _, views in _addressed(context)
        ]
    )


def table(context: Values, records: Records) -> bytes:
    """Return a CSV table (RFC 4180) that spreadsheets open with Vietnamese letters intact."""
    base = context["base"]
    cells = records("cells")
    rows = [
        b"%b,%b\r\n"
        % (cell(base + url).encode(), cells[path].replace(SEAM, f",{views or ''},".encode()))
        for path, url, _, views, _ in context["records"]
    ]
    return f"{line(COLUMNS)}\r\n".encode("utf-8-sig") + b"".join(rows)


def _with_views(address: bytes, members: bytes, views: bytes) -> bytes:
    """Return all members of a record, those that tell its views in their place."""
    before, after = members.split(SEAM)
    return b", ".join([part for part in (address, before, views, after) if part])


def _addressed(context: Values) -> list[tuple[bytes, str, int, bytes]]:
    """Return the address of each record as a member, its path, its year and the members that tell
    its views."""
    base = context["base"]
    return [
        (f'"url": {to_json(base + url)}'.encode(), path, year, views_of(views, as_of))
        for path, url, year, views, as_of in context["records"]
    ]
