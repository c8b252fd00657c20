"""Open data: every bulletin with all its front matter, as JSON lines and as CSV.

A record is named by the path of its source, its address, its year, the digest of the file and its
path on disk.  What is in it is found by path: the members of its JSON object, its cells of CSV.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from danvan_site.records import COLUMNS, cell, line, to_json

Values = Mapping[str, Any]


def lines(context: Values, members: Mapping[str, str]) -> bytes:
    """Return a JSON object a line: address, source path, front matter (its *members*, by path);
    ``data`` names the file that has it with its body."""
    base = context["base"]
    return "".join(
        [
            f'{{{_place(base + url, path)}, {members[path]}, "data": "{year:04d}.jsonl"}}\n'
            for path, url, year, *_ in context["records"]
        ]
    ).encode()


def lines_with_bodies(
    context: Values, members: Callable[[str], str], body: Callable[[str, str, str], str]
) -> bytes:
    """Return a JSON object a line, the body as Markdown with it.

    *members* gives those of the front matter by path, *body* the Markdown of a source by path, path
    on disk and digest.
    """
    base = context["base"]
    return "".join(
        [
            f"{{{_place(base + url, path)}, {members(path)}, "
            f'"body": {to_json(body(path, name, digest))}}}\n'
            for path, url, _, digest, name in context["records"]
        ]
    ).encode()


def table(context: Values, cells: Mapping[str, str]) -> bytes:
    """Return a CSV table (RFC 4180) that spreadsheets open with Vietnamese letters intact; *cells*
    are those of each record's row, by path."""
    base = context["base"]
    rows = [
        f"{cell(base + url)},{cells[path]},{cell(path)}\r\n" for path, url, *_ in context["records"]
    ]
    return f"{line(COLUMNS)}\r\n{''.join(rows)}".encode("utf-8-sig")


def _place(address: str, path: str) -> str:
    return f'"url": {to_json(address)}, "path": {to_json(path)}'
