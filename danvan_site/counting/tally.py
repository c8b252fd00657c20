"""From logs to views: which requests are views, and which of them are new."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from danvan_site.counting.addresses import NONE, Addresses, Page
from danvan_site.counting.ledger import SLOT, Ledger
from danvan_site.counting.logs import LogFailure, Request, Seen, requests
from danvan_site.errors import Problem

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
_TOMORROW = 24 * 60


@dataclass(slots=True)
class LogCount:
    """What became of the lines of one log.

    ``views`` are new ones, ``repeats`` views that were known, ``before`` requests of half hours
    that had been counted whole, ``programs`` those of programs; ``others`` are lines that tell of
    no bulletin's page, ``unclear`` those that are no lines of a log.  ``problem`` says why it could
    not be read; then nothing of it counts.
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


class Tally:
    """Counts the logs of one server, with the `Addresses` of the *pages*; *now* is in minutes since
    1970, *ledger* is gone on with.

    ``views`` has the new ones of each page, ``until`` the minute of the latest request.
    """

    def __init__(self, pages: Sequence[Page], known: Addresses, ledger: Ledger, now: int) -> None:
        self._addresses = known
        self._keys = [page.key.encode() for page in pages]
        self._agents = _Agents()
        self._ledger = ledger
        self._latest = now + _TOMORROW
        self._whole: set[int] = set()
        self.views = [0] * len(pages)
        self.until = 0

    def count(self, log: Path) -> LogCount:
        """Count the requests of a log."""
        # It counts when it was read to its end: until then what it says is kept aside.
        result, seen, extent, views = LogCount(log.as_posix()), Seen(), Extent(), Found()
        try:
            for some in requests(log, seen):
                good = [each for each in some if 0 <= each.minute <= self._latest]
                seen.unclear += len(some) - len(good)
                extent.add([each.minute for each in good])
                self._sort(good, views, result)
        except LogFailure as failure:
            return LogCount(log.as_posix(), problem=failure.problem)
        self._keep(views, result)
        self._whole |= extent.whole()
        self.until = max(self.until, extent.latest)
        result.lines, result.unclear = seen.lines, seen.unclear
        told = result.views + result.repeats + result.before + result.programs + result.unclear
        result.others = max(seen.lines - told, 0)
        return result

    def _sort(self, some: Sequence[Request], views: Found, result: LogCount) -> None:
        """Find the views among some requests."""
        addresses, agents, whole = self._addresses, self._agents, self._ledger.whole
        for minute, target, client, agent in some:
            page = addresses[target]
            if page == NONE:
                continue
            if agent is not None and not agents[agent]:
                result.programs += 1
                continue
            slot = minute // SLOT
            if slot in whole:
                result.before += 1
                continue
            view = b"\0".join((self._keys[page], client.strip(), agent or b""))
            digest = self._ledger.digest(slot, view)
            known = views.setdefault(slot, {})
            if digest in known:
                result.repeats += 1
            else:
                known[digest] = page

    def _keep(self, views: Found, result: LogCount) -> None:
        for slot, pages in views.items():
            for digest, page in pages.items():
                if self._ledger.add(slot, digest):
                    self.views[page] += 1
                    result.views += 1
                else:
                    result.repeats += 1

    def close(self) -> None:
        """All logs were counted: of what is whole no more than that is kept."""
        for slot in self._whole:
            self._ledger.close(slot)
