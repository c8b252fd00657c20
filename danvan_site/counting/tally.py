"""From logs and reports to views: which requests are views, and which of them are new."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from danvan_site.counting.addresses import NONE, Addresses, Page
from danvan_site.counting.ledger import SLOT, Ledger
from danvan_site.counting.logs import LogFailure, Request, Seen, requests
from danvan_site.counting.reports import Days, is_report, named_days, rows
from danvan_site.errors import Place, Problem, Severity

# Who says so reads for a program.  A make of telephones has such a name, too.
_PROGRAM = re.compile(
    rb"(?<!cu)bot\b|bots\b|bot[/;_-]|crawl|spider|slurp|scrap|curl|wget|python|java/|perl|ruby|"
    rb"go-http|http-?client|libwww|headless|phantom|preview|externalhit|monitor|uptime|pingdom|"
    rb"validat|check_http|feed|fetch|scan|archiver|lighthouse|harvest|\+http",
    re.IGNORECASE,
)
_AT_HAND = 1 << 17
# Requests at either end of a log, and minutes besides: where servers write lines when they have
# answered, these are not in order.
_EDGE = 16
_MARGIN = 5
_DAY = 24 * 60
_MOST_RUNS = 10  # named in a message
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class LogCount:
    """What became of the lines of one log.

    ``views`` are new ones, ``repeats`` views that were known, ``before`` requests of half hours
    that had been counted whole, ``programs`` those of programs; ``others`` are lines that tell of
    no bulletin's page, ``unclear`` those that are no lines of a log.  ``problem`` says why it could
    not be read; then nothing of it counts.  Lines of a report have many views each; ``notices``
    say which of its days were left out.
    """

    source: str
    lines: int = 0
    views: int = 0
    repeats: int = 0
    before: int = 0
    programs: int = 0
    others: int = 0
    unclear: int = 0
    problem: Problem | None = None
    notices: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Extent:
    """Which half hours a log has requests of, and from when to when it is without gaps."""

    slots: set[int] = field(default_factory=set)
    first: list[int] = field(default_factory=list)
    last: deque[int] = field(default_factory=lambda: deque(maxlen=_EDGE))
    latest: int = 0

    def add(self, minutes: Sequence[int]) -> None:
        """Go on with the times of the next requests."""
        self.slots.update({minute // SLOT for minute in minutes})
        self.latest = max(self.latest, max(minutes, default=0))
        self.first += minutes[: max(_EDGE - len(self.first), 0)]
        self.last.extend(minutes[-_EDGE:])

    def whole(self) -> set[int]:
        """Return the half hours of which the log must have every line."""
        if not self.slots:
            return set()
        start, end = max(self.first) + _MARGIN, min(self.last) - _MARGIN
        return {
            slot
            for slot in self.slots
            if start <= slot * SLOT
            and (slot + 1) * SLOT <= end
            and slot - 1 in self.slots
            and slot + 1 in self.slots
        }


class _Agents(dict[bytes, bool]):
    """Tells by User-Agent whether it is a person's."""

    def __missing__(self, agent: bytes) -> bool:
        if len(self) >= _AT_HAND:
            self.clear()
        person = agent not in (b"", b"-") and not _PROGRAM.search(agent)
        self[agent] = person
        return person


# The views of a log: for each half hour its digests, each with the number of its page.
Found = dict[int, dict[bytes, int]]


@dataclass(frozen=True, slots=True)
class Books:
    """What was counted before: the ledger of the server whose logs are counted, that of exports
    (of programs that count for all servers), and those of all ``servers``, this one among them."""

    logs: Ledger
    exports: Ledger
    servers: Sequence[Ledger]

    def closed(self, ledger: Ledger) -> set[int]:
        """Return the half hours that are closed to what is counted in *ledger*: whole ones, and
        those in which servers' logs counted anything for exports, and the other way round."""
        others = self.servers if ledger is self.exports else (self.exports,)
        found = [each.counted() for each in others]
        return ledger.whole.union(*found) if any(found) else ledger.whole

    def has(self, slot: int) -> bool:
        """Tell whether anything of a half hour was counted by anybody."""
        return self.exports.has(slot) or any(each.has(slot) for each in self.servers)


class Tally:
    """Counts logs, with the `Addresses` of the *pages*, at the time *now* (aware); the ledgers of
    *books* are gone on with.  Days of reports are those of *zone*; reports that do not say of
    which days they are, are of the *period*.

    ``views`` has the new ones of each page, ``until`` the minute of the latest request.
    """

    def __init__(
        self,
        pages: Sequence[Page],
        known: Addresses,
        books: Books,
        now: datetime,
        zone: tzinfo,
        period: Days | None,
    ) -> None:
        self._addresses = known
        self._keys = [page.key.encode() for page in pages]
        self._agents = _Agents()
        self._books = books
        self._latest = int((now - _EPOCH).total_seconds()) // 60 + _DAY
        offset = now.astimezone(zone).utcoffset() or timedelta()
        self._offset = int(offset.total_seconds()) // 60
        self._period = period
        self.views = [0] * len(pages)
        self.until = 0

    def count(self, log: Path) -> LogCount:
        """Count the requests of a log, or the views of a report."""
        # It counts when it was read to its end: until then what it says is kept aside.
        try:
            return self._report(log) if is_report(log) else self._log(log)
        except LogFailure as failure:
            return LogCount(log.as_posix(), problem=failure.problem)

    def _log(self, log: Path) -> LogCount:
        result, seen, extent, views = LogCount(log.as_posix()), Seen(), Extent(), Found()
        ledger, closed = self._books.logs, None
        for some in requests(log, seen):
            if closed is None:
                ledger = self._books.exports if seen.export else ledger
                closed = self._books.closed(ledger)
            good = [each for each in some if 0 <= each.minute <= self._latest]
            seen.unclear += len(some) - len(good)
            extent.add([each.minute for each in good])
            self._sort(good, ledger, closed, views, result)
        self._keep(views, ledger, result)
        ledger.ending |= extent.whole() - (closed or set())
        self.until = max(self.until, extent.latest)
        result.lines, result.unclear = seen.lines, seen.unclear
        told = result.views + result.repeats + result.before + result.programs + result.unclear
        result.others = max(seen.lines - told, 0)
        return result

    def _sort(
        self,
        some: Sequence[Request],
        ledger: Ledger,
        closed: set[int],
        views: Found,
        result: LogCount,
    ) -> None:
        """Find the views among some requests."""
        addresses, agents = self._addresses, self._agents
        for minute, target, client, agent in some:
            page = addresses[target]
            if page == NONE:
                continue
            if agent is not None and not agents[agent]:
                result.programs += 1
                continue
            slot = minute // SLOT
            if slot in closed:
                result.before += 1
                continue
            view = b"\0".join((self._keys[page], client.strip(), agent or b""))
            digest = ledger.digest(slot, view)
            known = views.setdefault(slot, {})
            if digest in known:
                result.repeats += 1
            else:
                known[digest] = page

    def _keep(self, views: Found, ledger: Ledger, result: LogCount) -> None:
        for slot, pages in views.items():
            for digest, page in pages.items():
                if ledger.add(slot, digest):
                    self.views[page] += 1
                    result.views += 1
                else:
                    result.repeats += 1

    def _report(self, report: Path) -> LogCount:
        result, seen = LogCount(report.as_posix()), Seen()
        sums: dict[Days, Counter[int]] = {}
        lines: Counter[Days] = Counter()
        told = named_days(report) or self._period
        for row in rows(report, seen):
            days = row.days or told
            if days is None:
                raise LogFailure("views-period-unknown", report)
            of_days = sums.setdefault(days, Counter())
            page = self._addresses[row.target]
            if page != NONE:
                of_days[page] += row.views
                lines[days] += 1
        if not lines:
            raise LogFailure("views-report-empty", report)
        for days, of_days in sorted(sums.items()):
            problem = self._overlap(days)
            if problem:
                code, details = problem
                place = Place(report.as_posix())
                result.notices.append(Problem(code, place, details, Severity.NOTICE))
                result.before += lines[days]
            else:
                self._add(days, of_days)
                result.views += of_days.total()
        result.lines, result.unclear = seen.lines, seen.unclear
        result.others = seen.lines - seen.unclear - lines.total()
        return result

    def _overlap(self, days: Days) -> tuple[str, dict[str, str]] | None:
        """Return why a sum of some days cannot count: they are not over, or of one of them
        something was counted before."""
        if self._slots(days).stop * SLOT > self._latest - _DAY:
            return "views-days-not-over", {"days": str(days)}
        taken = [
            day
            for day in range(days.first, days.last + 1)
            if any(map(self._books.has, self._slots(Days(day, day))))
        ]
        if not taken:
            return None
        return "views-days-counted", {"days": str(days), "counted": _runs(taken)}

    def _add(self, days: Days, views: Counter[int]) -> None:
        slots = self._slots(days)
        self._books.exports.whole.update(slots)
        self.until = max(self.until, slots.stop * SLOT - 1)
        for page, more in views.items():
            self.views[page] += more

    def _slots(self, days: Days) -> range:
        """Return the half hours of some days; where a zone's midnight lies within one, it belongs
        to the day that begins."""
        first, stop = days.first * _DAY - self._offset, (days.last + 1) * _DAY - self._offset
        return range(first // SLOT, stop // SLOT)

    def close(self) -> None:
        """All was counted."""
        self._books.logs.end()
        self._books.exports.end()


def _runs(days: Sequence[int]) -> str:
    """Return days as text, those that follow each other as one; at most a few of them."""
    runs: list[Days] = []
    for day in days:
        if runs and runs[-1].last == day - 1:
            runs[-1] = Days(runs[-1].first, day)
        else:
            runs.append(Days(day, day))
    more = ["…"] if len(runs) > _MOST_RUNS else []
    return ", ".join([*map(str, runs[:_MOST_RUNS]), *more])
