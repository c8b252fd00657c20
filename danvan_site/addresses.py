"""Old addresses: what of them counts, so that all spellings of one have the same key; and tables
in which they are looked up.

The theme's script (`giao-dien/dia-chi-cu.js`) makes the same keys of what a browser asks for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes

_ORIGIN = re.compile(r"(?:https?:)?//(?:[^/?#@]*@)?(?:www\.)?([^/?#@:]*)[^/?#]*", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# Most aliases are such: nothing to decode, nothing to fold.
_PLAIN = re.compile(r"(?:/[a-z0-9_-][a-z0-9_.-]*)+/?")
# What hosts give where a folder is asked for.
_INDEX = re.compile(r"(?:index|default)\.(?:html?|aspx?|php|jsp)")
# What those who pass addresses on hang on them: it says nothing of the page.
_TRACKING = re.compile(
    r"utm_.*|fbclid|[gd]clid|twclid|ttclid|msclkid|yclid|[gw]braid|igshid|mc_[ce]id|zarsrc|_g[al]"
)

Pairs = tuple[tuple[str, str], ...]


class Address(NamedTuple):
    """An old address: the path, decoded and without the slash at its beginning, and the parameters
    as (name, value), both as they were written; and what of them counts.

    ``key`` tells two old addresses apart (``/tin/bai.aspx``, ``/?itemid=5&tabid=12``);
    ``path_key`` is that of the path alone: without letter case, empty parts, an index file's name.
    """

    path: str
    pairs: Pairs
    path_key: str
    key: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, as far as they count."""
        return tuple(sorted({_folded(name) for name, _ in self.pairs}))

    def query_key(self, names: Collection[str]) -> str:
        """Return what counts of the parameters that are called one of *names*."""
        return _query_key([pair for pair in self.pairs if _folded(pair[0]) in names])


Value = TypeVar("Value")


class Table(Generic[Value]):
    """Values by old addresses; of two values for one address the first stays."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        # Which parameters the addresses of one path have together, the most first.
        self._sets: dict[str, list[tuple[str, ...]]] = {}

    def add(self, address: Address, value: Value) -> None:
        """Put a value in."""
        self._values.setdefault(address.key, value)
        if address.pairs:
            sets = self._sets.setdefault(address.path_key, [])
            if address.names not in sets:
                sets.append(address.names)
                sets.sort(key=lambda names: (-len(names), names))

    def find(self, address: Address, below: str = "") -> Value | None:
        """Return the value of an address: with the most of its parameters with which there is one,
        or without any; *below* is the key of a folder in which the address is to be looked for."""
        path = address.path_key.removeprefix(below) or "/"
        for names in self._sets.get(path, ()) if address.pairs else ():
            found = self._values.get(f"{path}?{address.query_key(names)}")
            if found is not None:
                return found
        return self._values.get(path)


class Claim(NamedTuple):
    """That an old address was a page's: the page's name, or its number; the host of the old site,
    '' where it is a path of this one."""

    address: Address
    page: str | int
    host: str


def claim(alias: str, page: str | int, base_url: str) -> Claim | None:
    """Return what the *alias* of a page claims, None where it is no address."""
    address = read(alias, base_url)
    there = host(alias)
    return Claim(address, page, "" if there == host(base_url) else there) if address else None


def settled(claims: Iterable[Claim | None]) -> dict[str, Claim | None]:
    """Return which claim each key leads on by, None where nobody can tell.

    An archive may have come from several sites that had the same paths.  A path leads to the page
    whose it is on this site; where only others had it, and more than one of them, it may be either.
    Of two claims of one site the first counts.
    """
    found: dict[str, Claim | None] = {}
    for claim in filter(None, claims):
        key = claim.address.key
        first = found.setdefault(key, claim)
        if not claim.host and (first is None or first.host):
            found[key] = claim
        elif first and first.host and first.host != claim.host and first.page != claim.page:
            found[key] = None
    return found


def host(text: str) -> str:
    """Return the host of a whole address, small and without ``www.``, '' where it has none."""
    origin = _ORIGIN.match(text.strip())
    return origin[1].lower() if origin else ""


def read(text: str, base_url: str = "") -> Address | None:
    """Return an old address: a path, a path with parameters, or a whole address, of which the host
    is left out (and the site's own folder, where it is below *base_url*).

    None where it names nothing, leads upwards, or belongs to no web page.
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        key = path_key(text)
        return Address(text[1:], (), key, key)
    origin = _ORIGIN.match(text)
    if origin:
        own = _ORIGIN.match(base_url)
        text = text[origin.end() :]
        if own and own[1].lower() == origin[1].lower() and text.startswith(base_url[own.end() :]):
            text = "/" + text.removeprefix(base_url[own.end() :])
    elif _OTHER_SCHEME.match(text):
        return None
    path, _, query = text.partition("#")[0].partition("?")
    path = _composed(_decoded(path)).replace("\\", "/")
    pairs = _pairs(query) if query else ()
    parts = [part for part in path.split("/") if part]
    if (not parts and not pairs) or "." in parts or ".." in parts:
        return None
    if _CONTROL.search(path) or any(_CONTROL.search(name + value) for name, value in pairs):
        return None
    slash = "/" if parts and path.endswith("/") else ""
    folded = path_key(path)
    key = f"{folded}?{_query_key(pairs)}" if pairs else folded
    return Address("/".join(parts) + slash, pairs, folded, key)


def path_key(path: str) -> str:
    """Return what counts of a path that is decoded already: `Address.path_key`."""
    parts = [part for part in _folded(path).split("/") if part]
    if parts and _INDEX.fullmatch(parts[-1]):
        parts.pop()
    return "/" + "/".join(parts)


def _query_key(pairs: Sequence[tuple[str, str]]) -> str:
    found = [f"{_folded(name)}={value}" for name, value in pairs]
    if len(found) > 1:
        # Browsers compare texts by UTF-16 code units.
        found.sort(key=lambda each: each.encode("utf-16-be"))
    return "&".join(found)


def _pairs(query: str) -> Pairs:
    found = []
    for part in query.split("&"):
        name, _, value = part.replace("+", " ").partition("=")
        name = _decoded(name)
        if name and not _TRACKING.fullmatch(_folded(name)):
            found.append((name, _composed(_decoded(value))))
    return tuple(found)


def _decoded(text: str) -> str:
    """Decode what is UTF-8; leave what is not as it stands."""
    return _ENCODED.sub(_decoded_run, text) if "%" in text else text


def _decoded_run(found: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(found[0]).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return _composed(_composed(text).lower())
