"""Which half hours of a source were counted: whole ones, and the parts of others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

SLOT = 30  # minutes
KEPT_DAYS = 31
_SLOTS = 24 * 60 // SLOT  # of a day
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?")
_PART = re.compile(r"(\d{4}-\d\d-\d\d) ([0-9a-f]{32})((?: [0-9a-f]{6})*)")
# Bytes.  Of what is kept, hundreds of network addresses give each one, whoever knows the page, the
# browser and the key; while logs are counted digests are long enough to be exact.
_KEPT, _DIGEST = 3, 8
_MOST_DAYS = 40_000  # of a range
# Of half hours in parts, and of views in them, so many are kept: some 3 MB of text.
_MOST_PARTS, _MOST_VIEWS = 20_000, 200_000


@dataclass(slots=True)
class Part:
    """What was counted of a half hour: digests of its views, made with ``key``: of those counted
    before what was kept of them, of those counted now all.  ``since`` is the day (since 1970) on
    which the last one was added."""

    key: bytes
    since: int
    before: frozenset[bytes] = frozenset()
    now: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class Ledger:
    """The half hours (numbers since 1970, UTC) that were counted; *today* is a day since 1970,
    *key* (up to 64 bytes) makes the digests of those that are begun now."""

    today: int
    key: bytes
    whole: set[int] = field(default_factory=set)
    parts: dict[int, Part] = field(default_factory=dict)
    ending: set[int] = field(default_factory=set)  # whole as soon as this counting ends

    @classmethod
    def load(cls, row: Mapping[str, Any], today: int, key: bytes) -> Ledger:
        """Read what `save` gave; raise ValueError where it is none."""
        ledger = cls(today, key)
        for days, mask in row.get("whole", {}).items():
            found = _DAYS.fullmatch(days)
            bits = int(mask, 16)
            if not found or bits >> _SLOTS:
                raise ValueError(days)
            first, last = _day(found[1]), _day(found[2] or found[1])
            if last - first > _MOST_DAYS:
                raise ValueError(days)
            for day in range(first, last + 1):
                ledger.whole.update(
                    day * _SLOTS + each for each in range(_SLOTS) if bits >> each & 1
                )
        for time, text in row.get("parts", {}).items():
            part = _PART.fullmatch(text)
            moment = datetime.strptime(time, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
            if not part:
                raise ValueError(time)
            before = frozenset(bytes.fromhex(each) for each in part[3].split())
            slot = int((moment - _EPOCH).total_seconds()) // 60 // SLOT
            ledger.parts[slot] = Part(bytes.fromhex(part[2]), _day(part[1]), before)
        for slot in [s for s, each in ledger.parts.items() if each.since < today - KEPT_DAYS]:
            ledger.close(slot)
        return ledger

    def save(self) -> dict[str, dict[str, str]]:
        """Return the ledger as texts by texts, in order."""
        whole: dict[str, str] = {}
        for first, last, bits in self._runs():
            days = _iso(first) if first == last else f"{_iso(first)}/{_iso(last)}"
            whole[days] = f"{bits:012x}"
        parts = {}
        for slot, part in sorted(self.parts.items()):
            time = (_EPOCH + timedelta(minutes=slot * SLOT)).strftime("%Y-%m-%dT%H:%MZ")
            kept = part.before.union(each[:_KEPT] for each in part.now)
            views = "".join(f" {each.hex()}" for each in sorted(kept))
            parts[time] = f"{_iso(part.since)} {part.key.hex()}{views}"
        return {"whole": whole, "parts": parts}

    def has(self, slot: int) -> bool:
        """Tell whether anything of a half hour was counted."""
        return slot in self.whole or slot in self.parts or slot in self.ending

    def counted(self) -> set[int]:
        """Return all half hours that `has` knows."""
        return self.whole.union(self.parts, self.ending)

    def end(self) -> None:
        """All was counted: of what is whole no more than that is kept."""
        for slot in self.ending:
            self.close(slot)
        self._bound()

    def _bound(self) -> None:
        """Keep of the parts the newest ones, as many as the file of views has room for.  On a site
        with few readers the half hours of years may all be such; what is closed counts no more."""
        views = 0
        for number, slot in enumerate(sorted(self.parts, reverse=True), start=1):
            part = self.parts[slot]
            views += len(part.before) + len(part.now)
            if number > _MOST_PARTS or views > _MOST_VIEWS:
                self.close(slot)

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        """Yield first and last day and the half hours of days that are alike, as bits."""
        masks: dict[int, int] = {}
        for slot in self.whole:
            masks[slot // _SLOTS] = masks.get(slot // _SLOTS, 0) | 1 << slot % _SLOTS
        run: list[int] = []
        for day, bits in sorted(masks.items()):
            if run and run[1:] == [day - 1, bits]:
                run[1] = day
            else:
                if run:
                    yield run[0], run[1], run[2]
                run = [day, day, bits]
        if run:
            yield run[0], run[1], run[2]

    def close(self, slot: int) -> None:
        """A half hour is known whole; what was kept of its views is thrown away."""
        self.parts.pop(slot, None)
        self.whole.add(slot)

    def close_parts(self) -> None:
        """Close all that was counted in part."""
        for slot in list(self.parts):
            self.close(slot)

    def digest(self, slot: int, view: bytes) -> bytes:
        """Return what tells a view of a half hour from others."""
        part = self.parts.get(slot)
        return hashlib.blake2b(
            view, digest_size=_DIGEST, key=part.key if part else self.key
        ).digest()

    def add(self, slot: int, digest: bytes) -> bool:
        """Add a view of a half hour that is not whole; tell whether it is new."""
        part = self.parts.get(slot)
        if part is None:
            part = self.parts[slot] = Part(self.key, self.today)
        if digest in part.now or digest[:_KEPT] in part.before:
            return False
        part.now.add(digest)
        part.since = self.today
        return True


def _day(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH).days


def _iso(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).date().isoformat()
