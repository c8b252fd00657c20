"""Addresses as logs have them, to the bulletins that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from danvan_site import addresses

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
        self._table: addresses.Table[int] = addresses.Table()
        known = [(addresses.read(f"/{page.url}"), number) for number, page in enumerate(pages)]
        claims = (
            addresses.claim(alias, number, base_url)
            for number, page in enumerate(pages)
            for alias in page.aliases
        )
        known += [
            (leader.address, int(leader.page))
            for leader in addresses.settled(claims).values()
            if leader
        ]
        for address, number in known:
            if address:
                self._table.add(address, number)
        for address, number in known:
            # Some hosts leave the ending out of addresses.
            if address and not address.pairs and address.key.endswith(".html"):
                self._table.add(address._replace(key=address.key[:-5]), number)

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
        found = self._table.find(asked)
        if found is None and self._base and f"{asked.path_key}/".startswith(f"{self._base}/"):
            found = self._table.find(asked, self._base)
        return NONE if found is None else found
