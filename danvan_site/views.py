"""``views.yaml`` of the content folder: what was counted from access logs, beside the sources.

A machine writes it (`counting`), a person can read it: ``views`` has a number for each bulletin,
under its ``id`` or, where it has none, under its address (``2020/07/ten-bai.html``); ``as_of`` is
the day to which all of them were counted.  The number is added to ``views`` of the front matter,
which stays as it is.  ``counted`` and ``exports`` are for the next counting alone
(`counting.ledger`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from danvan_site import schema
from danvan_site.dates import Moment
from danvan_site.errors import Place

FILE = "views.yaml"
MAX_BYTES = 32_000_000
_MOST_NODES = 5_000_000


class Count(NamedTuple):
    """The views of one bulletin, and where they stand in the file."""

    key: str
    views: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Views:
    """The file as read.  ``as_of`` is ISO 8601, '' where nothing was counted.  ``counted`` is what
    lies in the file for the next counting, by the name of the server; ``exports`` the same of what
    came from programs that count by themselves."""

    as_of: str = ""
    counts: tuple[Count, ...] = ()
    counted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    exports: Mapping[str, Any] = field(default_factory=dict)


_LEDGER = schema.record(dict, whole=schema.table(schema.raw), parts=schema.table(schema.raw))
_FIELDS: dict[str, schema.Reader] = {
    "as_of": schema.day,
    "views": schema.table(schema.number),
    "counted": schema.table(_LEDGER),
    "exports": _LEDGER,
}


def read(data: bytes, source: schema.Source) -> Views:
    """Return what the file says; what is wrong with it is noted in *source*."""
    if len(data) > MAX_BYTES:
        source.fault("file-too-large", Place(source.file), limit=str(MAX_BYTES // 1_000_000))
        return Views()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        source.fault("not-utf-8", Place(source.file, line, 1))
        return Views()
    values = source.read(source.compose(text, _MOST_NODES), _FIELDS)
    counts = []
    for key, number in values.get("views", {}).items():
        place = source.places[f"views.{key}"]
        counts.append(Count(key, number, place.line, place.column))
    as_of: Moment | None = values.get("as_of")
    if counts and not as_of and "as_of" not in source.places:
        source.fault("missing-key", Place(source.file, 1, 1), key="as_of")
    return Views(
        as_of.iso[:10] if as_of else "",
        tuple(counts),
        values.get("counted", {}),
        values.get("exports", {}),
    )
