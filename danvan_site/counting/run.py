"""A counting from beginning to end: the bulletins there are, the logs, and ``views.yaml``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from danvan_site import addresses, content, discovery, durable, schema, views
from danvan_site.config import Settings
from danvan_site.counting.addresses import Addresses, Page
from danvan_site.counting.ledger import Ledger
from danvan_site.counting.reports import Days
from danvan_site.counting.tally import Books, LogCount, Tally
from danvan_site.dates import zone_of
from danvan_site.errors import ContentError, Place, Severity, UsageError
from danvan_site.views import Views

USUAL_SERVER = "main"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = re.compile(r"[a-z0-9][a-z0-9/._-]*[a-z][a-z0-9/._-]*")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be counted: the site's content folder and what it is called in messages, its
    settings, the logs, whose they are (``server``), the time of the counting (aware), whether
    nothing is to be written, the comment that the file begins with, 16 random bytes, and of which
    days the reports are that do not say it."""

    folder: Path
    shown: str
    settings: Settings
    logs: Sequence[Path]
    server: str
    now: datetime
    dry_run: bool
    heading: str
    key: bytes
    period: Days | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of it: each log's count, the new views by what bulletins are counted under, the
    total of all views that were ever counted, to which day; and whether the file was written."""

    logs: tuple[LogCount, ...]
    added: Mapping[str, int]
    total: int
    as_of: str
    written: bool


def count(order: Order) -> Counted:
    """Count the views that logs tell of.

    Raises ContentError where bulletins or the file of views have problems, UsageError where the
    file cannot be written; then everything is as it was.
    """
    pages = _pages(order)
    data, before = _before(order)
    totals, moved = _totals(before, pages, order.settings.base_url)
    servers = {name: _ledger(order, row) for name, row in before.counted.items()}
    ledger = servers.setdefault(order.server, _ledger(order, {}))
    exports = _ledger(order, before.exports)
    if moved:
        # Digests of views have in them what their bulletins were called.
        for each in (*servers.values(), exports):
            each.close_parts()
    known = Addresses(pages, order.settings.base_url, order.settings.base_path)
    books = Books(ledger, exports, tuple(servers.values()))
    zone = zone_of(order.settings.timezone)
    tally = Tally(pages, known, books, order.now, zone, order.period)
    logs = tuple(tally.count(each) for each in order.logs)
    tally.close()
    added = {page.key: more for page, more in zip(pages, tally.views, strict=True) if more}
    for key, more in added.items():
        totals[key] = totals.get(key, 0) + more
    day = _EPOCH + timedelta(minutes=tally.until)
    latest = day.astimezone(zone).date().isoformat()
    as_of = max(before.as_of, latest if tally.until else "")
    counted = {name: each.save() for name, each in servers.items()}
    text = compose(order.heading, as_of, totals, counted, exports.save()).encode()
    text = text if as_of else data
    written = text != data and not order.dry_run
    if written:
        _write(order, text)
    return Counted(logs, added, sum(totals.values()), as_of, written)


def _pages(order: Order) -> list[Page]:
    """Return all bulletins.  What cannot be read would be counted for nobody, once for all."""
    files, _ = discovery.discover(order.folder, order.shown)
    pages, problems = [], []
    for path, file in files.items():
        if not path.endswith(".md") or path.startswith(content.PAGES):
            continue
        source = schema.Source(f"{order.shown}/{path}", order.settings.timezone)
        meta = content.read_front(order.folder / file.name, path, source)
        problems += [each for each in source.problems if each.severity is Severity.ERROR]
        if meta:
            pages.append(Page(path, content.address(path, meta), meta.id, meta.aliases))
    if problems:
        raise ContentError(problems)
    return pages


def _before(order: Order) -> tuple[bytes, Views]:
    """Return the file of views as it is, and what it says."""
    path = order.folder / views.FILE
    shown = f"{order.shown}/{views.FILE}"
    source = schema.Source(shown, order.settings.timezone)
    try:
        if path.is_symlink():
            raise UsageError("link-in-content", Place(shown))
        data = path.read_bytes()
    except FileNotFoundError:
        return b"", Views()
    except OSError as error:
        raise UsageError("file-unreadable", Place(shown), reason=error.strerror or "") from None
    found = views.read(data, source)
    if source.problems:
        raise ContentError(source.problems)
    return data, found


def _totals(before: Views, pages: Sequence[Page], base_url: str) -> tuple[dict[str, int], bool]:
    """Return the totals by what bulletins are counted under now, and whether one of them was
    counted under something else; what nobody has any more stays."""
    own = {page.key for page in pages}
    now = {
        old.key: page.key
        for page in pages
        for old in map(addresses.read, page.aliases, [base_url] * len(page.aliases))
        if old
    }
    now |= {addresses.path_key(page.url): page.key for page in pages}
    totals: dict[str, int] = {}
    moved = False
    for key, number, *_ in before.counts:
        known = key if key in own else now.get(addresses.path_key(key), key)
        moved = moved or known != key
        totals[known] = totals.get(known, 0) + number
    return totals, moved


def _ledger(order: Order, row: Mapping[str, Any]) -> Ledger:
    today = (order.now - _EPOCH).days
    try:
        return Ledger.load(row, today, order.key)
    except (ValueError, OverflowError) as error:
        place = Place(f"{order.shown}/{views.FILE}")
        raise UsageError("views-ledger", place, found=str(error)[:80]) from None


def compose(
    heading: str,
    as_of: str,
    totals: Mapping[str, int],
    counted: Mapping[str, Mapping[str, Any]],
    exports: Mapping[str, Mapping[str, str]],
) -> str:
    """Return the file of views; *heading* says what it is, a comment a line."""
    lines = [f"# {line}".rstrip() for line in heading.strip().splitlines()]
    lines += [f"as_of: {as_of}", "views:"]
    lines += [f"  {_key(key)}: {number}" for key, number in sorted(totals.items())]
    lines += ["counted:"]
    for server, tables in sorted(counted.items()):
        lines.append(f"  {_key(server)}:")
        lines += [f"    {line}" for line in _composed(tables)]
    if any(exports.values()):
        lines += ["exports:", *(f"  {line}" for line in _composed(exports))]
    return "".join(f"{line}\n" for line in lines)


def _composed(tables: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for name, rows in sorted(tables.items(), reverse=True):
        yield f"{name}:"
        yield from (f"  {_key(key)}: {json.dumps(text)}" for key, text in rows.items())


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _write(order: Order, data: bytes) -> None:
    """Put the file in its place whole."""
    path = order.folder / views.FILE
    try:
        durable.replace(path, data)
    except OSError as error:
        place = Place(f"{order.shown}/{views.FILE}")
        raise UsageError("views-not-written", place, reason=error.strerror or "") from None
