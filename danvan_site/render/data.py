"""Open data: every bulletin with all its front matter, as JSON lines and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from danvan_site import frontmatter
from danvan_site.frontmatter import Metadata

Values = Mapping[str, Any]
Lookup = Callable[[str], Metadata]
_COLUMNS = (
    "url", "title", "date", "event_date", "author", "photographer", "unit", "category", "topic",
    "tags", "views", "lead", "source", "status", "id", "path",
)  # fmt: skip


def _records(context: Values, lookup: Lookup) -> Iterator[dict[str, Any]]:
    for path, url, *_ in context["records"]:
        yield {"url": context["base"] + url, "path": path, **frontmatter.export(lookup(path))}


def lines(context: Values, lookup: Lookup) -> bytes:
    """Return a JSON object a line: address, source path, front matter; ``data`` names the file
    that has it with its body."""
    records = (
        {**record, "data": f"{record['date'][:4]}.jsonl"} for record in _records(context, lookup)
    )
    return _json_lines(records)


def lines_with_bodies(
    context: Values, lookup: Lookup, body: Callable[[str, str, str], str]
) -> bytes:
    """Return a JSON object a line, the body as Markdown with it.

    *body* gives the Markdown of a source by path, path on disk and digest.
    """
    records = (
        {**record, "body": body(path, name, digest)}
        for record, (path, _, digest, name) in zip(
            _records(context, lookup), context["records"], strict=True
        )
    )
    return _json_lines(records)


def table(context: Values, lookup: Lookup) -> bytes:
    """Return a CSV table (RFC 4180) that spreadsheets open with Vietnamese letters intact."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for record in _records(context, lookup):
        writer.writerow([_cell(record.get(column, "")) for column in _COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("name", "")
    if isinstance(value, list):
        value = "; ".join(str(each) for each in value)
    # A spreadsheet would take these for formulas and run them.
    return f"'{value}" if str(value).startswith(("=", "+", "-", "@", "\t", "\r")) else str(value)


def _json_lines(records: Iterator[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records).encode()
