"""Addresses as logs have them, to the bulletins that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from danvan_site import addresses
from danvan_site.addresses import Address

_LONGEST = 4096
_AT_HAND = 1 << 18
NONE = -1


class Page(NamedTuple):
    """A bulletin as counting knows it: its source, its address relative to the site, its id or '',
    and its older addresses."""

    path: str
    url: str
    id: str
    aliases: tuple[str, ...]

    @property
    def key(self) -> str:
        """What its views are counted under."""
        return self.id or self.url


class Addresses(dict[bytes, int]):
    """The number of the page (`NONE`: of none) by the target of a request, as it was sent.

    Of the site at *base_url* old addresses are known below its own folder and at the root of its
    host; a server behind another one may have all addresses without the folder.
    """

    def __init__(self, pages: Sequence[Page], base_url: str, base_path: str) -> None:
        super().__init__()
        self._base = addresses.path_key(base_path).rstrip("/")
        self._paths = {addresses.path_key(each.url): number for number, each in enumerate(pages)}
        self._queries: dict[str, int] = {}
        # Which parameters old addresses of one path have together, the most first.
        self._sets: dict[str, list[tuple[str, ...]]] = {}
        for number, page in enumerate(pages):
            for alias in page.aliases:
                self._add(number, addresses.read(alias, base_url))

    def _add(self, number: int, old: Address | None) -> None:
        if not old:
            return
        if not old.pairs:
            self._paths.setdefault(old.path_key, number)
            return
        self._queries.setdefault(old.key, number)
        sets = self._sets.setdefault(old.path_key, [])
        if old.names not in sets:
            sets.append(old.names)
            sets.sort(key=len, reverse=True)

    def __missing__(self, target: bytes) -> int:
        """Find what was not asked for before."""
        if len(target) > _LONGEST:
            return NONE
        if len(self) >= _AT_HAND:
            self.clear()
        self[target] = found = self._of(target.decode("utf-8", "replace"))
        return found

    def _of(self, target: str) -> int:
        # Two slashes at the beginning are no host here: requests name theirs with its scheme.
        asked = addresses.read(f"/{target.lstrip('/')}" if target.startswith("/") else target)
        if not asked:
            return NONE
        found = self._find(asked.path_key, asked)
        if found == NONE and self._base and f"{asked.path_key}/".startswith(f"{self._base}/"):
            found = self._find(asked.path_key.removeprefix(self._base) or "/", asked)
        return found

    def _find(self, path: str, asked: Address) -> int:
        for names in self._sets.get(path, ()):
            found = self._queries.get(f"{path}?{asked.query_key(names)}", NONE)
            if found != NONE:
                return found
        # Some hosts leave the ending out of addresses.
        return self._paths.get(path, self._paths.get(f"{path}.html", NONE))
