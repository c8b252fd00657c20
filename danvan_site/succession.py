"""Units in time: what they came from, and what they became."""

from __future__ import annotations

from collections.abc import Sequence

from danvan_site import vietnamese
from danvan_site.config import Unit, by_identity


class Succession:
    """What units came from and became; without circles, which the settings refuse."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._units = by_identity(units)
        self._before: dict[str, list[Unit]] = {}
        for unit in self._units.values():
            if unit.successor:
                self._before.setdefault(vietnamese.identity(unit.successor), []).append(unit)

    def before(self, unit: Unit) -> Sequence[Unit]:
        """Return the units that a unit came from at once."""
        return self._before.get(vietnamese.identity(unit.name), ())

    def all_before(self, unit: Unit) -> list[Unit]:
        """Return all units that a unit came from, the nearest first."""
        found = list(self.before(unit))
        for each in found:
            found += self.before(each)
        return found

    def after(self, unit: Unit) -> list[Unit]:
        """Return what a unit became, the next one first."""
        found: list[Unit] = []
        while unit.successor:
            unit = self._units[vietnamese.identity(unit.successor)]
            found.append(unit)
        return found

    @property
    def is_empty(self) -> bool:
        """Whether no unit came from another."""
        return not self._before
