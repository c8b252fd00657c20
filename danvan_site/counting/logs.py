"""Access logs: which requests for pages they tell of.  A log's kind shows in what it says.

Known are the common and the combined format of Apache and nginx (with the host before them, too),
the W3C extended format of IIS, and the exports of GoatCounter, versions 1 and 2, which have a line
for each hit; each as it is or packed by gzip.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from danvan_site.errors import Place, Problem

_BLOCK = 1 << 20
_LONGEST = 1 << 20
_HEAD_LINES = 100
_ANSWERED = frozenset((b"200", b"206", b"304"))
_FIRST_YEAR = 1995
_AT_HAND = 1 << 17
NEVER = -1

# [address and names] [time to the minute] [zone] [method] [target] [status] ["User-Agent"]
_ACCESS = re.compile(
    rb"^([^\[\n]*)\[(\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d):\d\d ([+-]\d{4})\] "
    rb'"(?:([A-Z]+) ([^\s"]+)[^"\\\n]*|[^"\\\n]*+(?:\\.[^"\\\n]*+)*+)" (\d{3}) [^"\s]+'
    rb'(?: "[^"\\\n]*+(?:\\.[^"\\\n]*+)*+" ("[^"\\\n]*+(?:\\.[^"\\\n]*+)*+")[^\n]*|[^"\n]*)$',
    re.MULTILINE,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        b"jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1
    )
}
_HIT_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::\d\d(?:\.\d{1,9})?)?(?:Z|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
# By these an export of GoatCounter is known; before the first stands its version.
_HIT_FIELDS = frozenset(("path", "event", "session", "bot", "date"))
_HIT_VERSIONS = ("1path", "2path")
_HITS = 10_000  # in one go
_TIME, _DATE = re.compile(rb"(\d\d):(\d\d)(?::\d\d.*)?"), re.compile(rb"(\d{4})-(\d\d)-(\d\d)")


class Request(NamedTuple):
    """A page that was asked for and given: the minute (since 1970, UTC; `NEVER` where the log has
    no time that there is), the target as it was sent, what tells the client, its User-Agent (None
    where the log has none)."""

    minute: int
    target: bytes
    client: bytes
    agent: bytes | None


@dataclass(slots=True)
class Seen:
    """How many lines a log has, how many of them are none of its kind; and whether it is the
    export of a program that counts by itself, beside the servers."""

    lines: int = 0
    unclear: int = 0
    export: bool = False


class LogFailure(Exception):
    """A log that cannot be read; what it said so far does not count."""

    def __init__(self, code: str, path: Path, **details: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, Place(path.as_posix()), details)


def requests(path: Path, seen: Seen) -> Iterator[Sequence[Request]]:
    """Yield the requests of a log, many at a time; count its lines in *seen* on the way.

    Raises LogFailure where it cannot be read to its end.
    """
    with opened(path) as log:
        blocks = _blocks(log)
        first = next(blocks, b"")
        if first:
            read = _kind(first, path)
            seen.export = read is _hits
            yield from read(first, blocks, seen)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a log for reading, unpacked; what goes wrong meanwhile is a LogFailure."""
    try:
        if path.exists() and not path.is_file():  # neither a folder nor a device that never ends
            raise LogFailure("views-log-unreadable", path, reason="?")
        with path.open("rb") as raw, _unpacked(raw) as log:
            yield log
    except (OSError, EOFError, zlib.error, ValueError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise LogFailure("views-log-unreadable", path, reason=reason or str(error)) from None


def _unpacked(raw: io.BufferedReader) -> io.BufferedReader:
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    return io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw


def _blocks(log: io.BufferedReader) -> Iterator[bytes]:
    """Yield whole lines, a megabyte or so at a time.

    What has no end of line yet is still being written: it waits for the next time.  A line that
    does not end within a megabyte is none.
    """
    rest = b""
    while data := log.read(_BLOCK):
        head, end, tail = data.rpartition(b"\n")
        if end:
            yield rest + head + end
            rest = tail
        elif len(rest) < _LONGEST:
            rest += data


Reader = Callable[[bytes, Iterator[bytes], Seen], Iterator[Sequence[Request]]]


def _kind(first: bytes, path: Path) -> Reader:
    """Return what reads a log that begins with *first*."""
    lines = first[:_LONGEST].lstrip(b"\xef\xbb\xbf\r\n").split(b"\n", _HEAD_LINES)[:_HEAD_LINES]
    if any(line.startswith((b"#Fields:", b"#Version:", b"#Software:")) for line in lines):
        return _extended
    if not first.strip():
        return _access
    if any(_ACCESS.match(line) for line in lines):
        return _access
    if _hit_fields(lines[0].decode("utf-8", "replace").strip().split(",")):
        return _hits
    raise LogFailure("views-log-unknown", path)


# Apache and nginx


def _access(first: bytes, blocks: Iterator[bytes], seen: Seen) -> Iterator[Sequence[Request]]:
    minutes = _Minutes(_access_minute)
    for block in _chained(first, blocks):
        found = _ACCESS.findall(block)
        lines = block.count(b"\n")
        seen.lines += lines
        if len(found) < lines:
            seen.unclear += (
                lines - len(found) - sum(not each.strip() for each in block.split(b"\n")[:-1])
            )
        yield [
            Request(minutes[time + zone], target, client, agent[1:-1] if agent else None)
            for client, time, zone, method, target, status, agent in found
            if method == b"GET" and status in _ANSWERED
        ]


def _access_minute(text: bytes) -> int:
    """Read ``23/Nov/2026:10:05+0700``."""
    day, month, year = int(text[:2]), _MONTHS[text[3:6].lower()], int(text[7:11])
    zone = int(text[18:20]) * 60 + int(text[20:22])
    return _minute(year, month, day, int(text[12:14]), int(text[15:17])) - (
        -zone if text[17:18] == b"-" else zone
    )


def _chained(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield first.removeprefix(b"\xef\xbb\xbf")
    yield from blocks


# IIS


def _extended(first: bytes, blocks: Iterator[bytes], seen: Seen) -> Iterator[Sequence[Request]]:
    """Lines are read by the names that ``#Fields:`` gave last; time is UTC."""
    minutes = _Minutes(_extended_minute)
    fields: dict[bytes, int] = {}
    date = b""
    for block in _chained(first, blocks):
        found = []
        for line in block.split(b"\n")[:-1]:
            seen.lines += 1
            if line.startswith(b"#"):
                name, _, value = line.partition(b":")
                if name == b"#Fields":
                    fields = {each.lower(): at for at, each in enumerate(value.split())}
                elif name == b"#Date":
                    date = value.strip()[:10]
                continue
            values = line.rstrip(b"\r").split(b" ")
            if len(values) == len(fields) and b"cs-uri-stem" in fields:
                request = _extended_request(values, fields, date, minutes)
                found += [request] if request else []
            elif line.strip():
                seen.unclear += 1
        yield found


def _extended_request(
    values: Sequence[bytes], fields: dict[bytes, int], date: bytes, minutes: _Minutes
) -> Request | None:
    def value(name: bytes, usual: bytes = b"") -> bytes:
        return values[fields[name]] if name in fields else usual

    if value(b"cs-method", b"GET") != b"GET" or value(b"sc-status", b"200") not in _ANSWERED:
        return None
    target, query = value(b"cs-uri-stem"), value(b"cs-uri-query", b"-")
    when = value(b"date", date) + b" " + value(b"time")[:5]
    return Request(
        minutes[when],
        target if query == b"-" else target + b"?" + query,
        value(b"c-ip"),
        value(b"cs(user-agent)") if b"cs(user-agent)" in fields else None,
    )


def _extended_minute(text: bytes) -> int:
    """Read ``2026-11-23 10:05``."""
    day, _, clock = text.partition(b" ")
    date, time = _DATE.fullmatch(day), _TIME.fullmatch(clock)
    if not date or not time:
        raise ValueError(text)
    year, month, day_of_month = map(int, date.groups())
    return _minute(year, month, day_of_month, int(time[1]), int(time[2]))


# GoatCounter


def _hits(first: bytes, blocks: Iterator[bytes], seen: Seen) -> Iterator[Sequence[Request]]:
    """A hit is by a session; whether it is a program's, and no event, it says itself."""
    text = (
        line.decode("utf-8", "replace")
        for block in _chained(first, blocks)
        for line in block.lstrip(b"\r\n").splitlines(keepends=True)
    )
    rows = csv.reader(text, strict=True)
    fields = _hit_fields(next(rows))
    found = []
    for row in rows:
        if not row:
            continue
        seen.lines += 1
        if len(row) != len(fields):
            seen.unclear += 1
        elif row[fields["event"]].strip().lower() in ("", "false", "0"):
            found.append(_hit(row, fields))
        if len(found) >= _HITS:
            yield found
            found = []
    yield found


def _hit_fields(names: Sequence[str]) -> dict[str, int]:
    """Return the places of an export's fields, nothing where these are not the names of one."""
    small = [name.strip('"').lower() for name in names]
    if small[0] not in _HIT_VERSIONS:
        return {}
    fields = {name: at for at, name in enumerate(["path", *small[1:]])}
    return fields if fields.keys() >= _HIT_FIELDS and len(fields) == len(names) else {}


def _hit(row: Sequence[str], fields: dict[str, int]) -> Request:
    session = row[fields["session"]]
    if not session.strip("0- "):  # none was kept: who has the same machine is the same client
        about = ("browser", "system", "screen size", "location")
        session = "\t".join(row[fields[name]] for name in about if name in fields)
    return Request(
        _hit_minute(row[fields["date"]]),
        row[fields["path"]].encode("utf-8", "replace"),
        session.encode("utf-8", "replace"),
        None if row[fields["bot"]].strip() in ("", "0") else b"",
    )


def _hit_minute(text: str) -> int:
    """Read ``2026-11-23T10:05:30Z``."""
    found = _HIT_TIME.fullmatch(text.strip())
    if not found:
        return NEVER
    zone = int(found[7] or 0) * 60 + int(found[8] or 0)
    try:
        minute = _minute(*(int(found[at]) for at in range(1, 6)))
    except ValueError:
        return NEVER
    return minute + zone if found[6] == "-" else minute - zone


# Times


class _Minutes(dict[bytes, int]):
    """Minutes since 1970 by the texts that stand for them: there are few for many lines."""

    def __init__(self, read: Callable[[bytes], int]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: bytes) -> int:
        if len(self) >= _AT_HAND:
            self.clear()
        try:
            minute = self._read(text)
        except (ValueError, KeyError):
            minute = NEVER
        self[text] = minute
        return minute


def _minute(year: int, month: int, day: int, hour: int, minute: int) -> int:
    """Return minutes since 1970; raise ValueError for a time that there is not."""
    if year < _FIRST_YEAR:
        raise ValueError(year)
    days = datetime(year, month, day, hour, minute).toordinal() - datetime(1970, 1, 1).toordinal()
    return days * 1440 + hour * 60 + minute
