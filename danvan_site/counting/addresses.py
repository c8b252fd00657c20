"""Addresses as logs have them, to the bulletins that they are of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from danvan_site import vietnamese

_LONGEST = 4096
_AT_HAND = 1 << 18
_HOST = re.compile(rb"(?i:https?://[^/?#]*)")
_INDEX = re.compile(r"(?:^|/)(?:index\.html?)?$")
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

    *base_path* is the folder of the site on its host (``/ban-tin/``); a server behind another one
    may have addresses without it.
    """

    def __init__(self, pages: Iterable[Page], base_path: str) -> None:
        super().__init__()
        self._base = _plain(base_path.encode())
        self._paths: dict[str, int] = {}
        self._queries: dict[str, list[tuple[frozenset[str], int]]] = {}
        some = list(pages)
        for number, page in enumerate(some):
            self._paths[_plain(page.url.encode())] = number
        for number, page in enumerate(some):
            for alias in page.aliases:
                path, query = _parts(alias.encode("utf-8", "replace"))
                if query:
                    self._queries.setdefault(path, []).append((query, number))
                elif path:
                    self._paths.setdefault(path, number)

    def __missing__(self, target: bytes) -> int:
        """Find what was not asked for before."""
        if len(target) > _LONGEST:
            return NONE
        if len(self) >= _AT_HAND:
            self.clear()
        path, query = _parts(target)
        found = self._find(path, query)
        if found == NONE and self._base and path.startswith(f"{self._base}/"):
            found = self._find(path.removeprefix(f"{self._base}/"), query)
        self[target] = found
        return found

    def _find(self, path: str, query: frozenset[str]) -> int:
        known = [each for each in self._queries.get(path, ()) if each[0] <= query]
        if known:
            return max(known, key=lambda each: len(each[0]))[1]
        # Some hosts leave the ending out of addresses.
        return self._paths.get(path, self._paths.get(f"{path}.html", NONE))


def _parts(target: bytes) -> tuple[str, frozenset[str]]:
    """Return the path of an address as it is compared, and the members of its query."""
    path, _, query = target.partition(b"#")[0].partition(b"?")
    members = unquote_to_bytes(query).decode("utf-8", "replace").casefold().split("&")
    return _plain(path), frozenset(filter(None, members))


def _plain(path: bytes) -> str:
    """Return a path without host, index.html, outer slashes, escapes and capitals."""
    text = unquote_to_bytes(_HOST.sub(b"", path, count=1)).decode("utf-8", "replace")
    text = re.sub("/{2,}", "/", vietnamese.nfc(text).casefold())
    return _INDEX.sub("", text).strip("/")
