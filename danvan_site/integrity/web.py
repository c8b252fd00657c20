"""Comparing a site on the web with a manifest: each file is fetched as a reader's browser would.

Whoever names an address wants it asked: where it lies is their own concern.  Nothing but the
address and the program's name goes there.
"""

from __future__ import annotations

import email.message
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any
from urllib.parse import quote, urlsplit

from danvan_site.errors import Place, UsageError
from danvan_site.integrity import manifest
from danvan_site.integrity.comparing import Fate, Finding
from danvan_site.integrity.manifest import Manifest
from danvan_site.output import HOME, MANIFEST

MAX_BYTES = 2 << 30  # of one file
_AT_ONCE = 4
_PATIENCE = 30  # s without an answer
_LONGEST = 600  # s for one file
_TRIES = 3
_PAUSE = 30  # s; no host is waited for longer before it is asked again
_CHUNK = 1 << 16
_CALLED = "danvan-site"
_BUSY = (429, 502, 503, 504)
# Files for the host itself, which most hosts show to nobody.
_RULES = frozenset((".htaccess", "_headers", "_redirects", "rewritemaps.config", "web.config"))
_NOT_FOUND_PAGE = "404.html"


def is_address(text: str) -> bool:
    """Tell whether an argument is an address of the web and not a path."""
    return text.lower().startswith(("http://", "https://"))


def root_of(address: str) -> str:
    """Return the address of a site's folder, with a slash at its end; of a home page likewise.

    Raises UsageError where it is none, or has a name, a password or parameters in it.
    """
    try:
        parts = urlsplit(address)
        is_right = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_right = False
    if not is_right or "@" in parts.netloc or parts.query or not address.isprintable():
        raise UsageError("verify-address", Place(""), target=address)
    path = parts.path.removesuffix(HOME).rstrip("/") + "/"
    return parts._replace(path=quote(path, safe="/%:@!$&'()*+,;=~"), fragment="").geturl()


@dataclass(slots=True)
class Counts:
    """What came along: pages that led on within the site, files that the host keeps to itself."""

    redirected: int = 0
    kept: list[str] = field(default_factory=list)


class _Within(urllib.request.HTTPRedirectHandler):
    """Follows only within the site, to the same address by https too; counts."""

    def __init__(self, root: str) -> None:
        self._root = urlsplit(root)

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: http.client.HTTPMessage, newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        now = urlsplit(newurl)
        is_near = now.hostname == self._root.hostname and (now.path or "/").startswith(
            self._root.path
        )
        is_kept = now.scheme == self._root.scheme or now.scheme == "https"
        if not is_near or not is_kept or "@" in now.netloc:
            raise OSError(0, f"→ {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch_manifest(root: str) -> Manifest:
    """Return the manifest that stands at a site; raise UsageError where there is none."""
    address = root + MANIFEST
    try:
        with _answer(_opener(root), address) as answer:
            if answer.status != http.client.OK:
                raise OSError(0, f"{answer.status} {answer.reason}")
            return manifest.read(answer, address)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UsageError("no-manifest", Place(address), reason=_reason(error)) from None


def compare(
    root: str, manifest: Manifest, paths: Iterable[str], counts: Counts,
    advance: Callable[[int], None],
) -> Iterator[Finding]:  # fmt: skip
    """Fetch the files at *paths* of the site at *root* and yield what is not as it should be.

    Nobody lists what else stands there, so extra files are never found.
    """
    opener = _opener(root)

    def look(path: str) -> Finding | None:
        return _look(opener, root, path, manifest.files[path], counts)

    remaining = iter(paths)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting: list[Future[Finding | None]] = []
        try:
            while True:
                fresh = islice(remaining, _AT_ONCE * 2 - len(waiting))
                waiting += [pool.submit(look, each) for each in fresh]
                if not waiting:
                    return
                found = waiting.pop(0).result()
                advance(1)
                if found:
                    yield found
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _opener(root: str) -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_Within(root))


def _look(
    opener: urllib.request.OpenerDirector, root: str, path: str, digest: bytes, counts: Counts
) -> Finding | None:
    address = root + quote(path.encode("utf-8", "surrogateescape"), safe="/!$'()*,;=:@~")
    try:
        with _answer(opener, address) as answer:
            status = answer.status
            if status in (403, 404) and path in _RULES:
                counts.kept.append(path)
                return None
            if status in (404, 410) and path != _NOT_FOUND_PAGE:
                return Finding(Fate.MISSING, path)
            if status != http.client.OK and (status, path) != (404, _NOT_FOUND_PAGE):
                return Finding(Fate.UNREADABLE, path, f"{status} {answer.reason}")
            found = _digest(answer)
            counts.redirected += answer.url != address
            encoding = answer.headers.get("Content-Encoding", "identity").lower()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Finding(Fate.UNREADABLE, path, _reason(error))
    if found == digest:
        return None
    if encoding not in ("", "identity"):
        return Finding(Fate.UNREADABLE, path, f"Content-Encoding: {encoding[:40]}")
    return Finding(Fate.CHANGED, path)


def _answer(opener: urllib.request.OpenerDirector, address: str) -> Any:
    """Ask for an address; a host that is busy is asked again, when it wants to be."""
    headers = {"User-Agent": _CALLED, "Accept-Encoding": "identity", "Cache-Control": "no-cache"}
    for tried in range(1, _TRIES + 1):
        request = urllib.request.Request(address, headers=headers)
        try:
            return opener.open(request, timeout=_PATIENCE)
        except urllib.error.HTTPError as error:
            if error.code not in _BUSY or tried == _TRIES:
                return error
            error.close()
            time.sleep(_pause(error.headers, tried))
    raise AssertionError  # the last try returns or raises


def _pause(headers: email.message.Message, tried: int) -> float:
    wanted = headers.get("Retry-After", "")
    return min(int(wanted) if wanted.isascii() and wanted.isdigit() else tried, _PAUSE)


def _digest(answer: Any) -> bytes:
    digest = hashlib.sha256()
    left, until = MAX_BYTES, time.monotonic() + _LONGEST
    while chunk := answer.read1(_CHUNK):
        digest.update(chunk)
        left -= len(chunk)
        if left < 0:
            raise OSError(0, f"> {MAX_BYTES >> 20} MB")
        if time.monotonic() > until:
            raise OSError(0, f"> {_LONGEST} s")
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)
    return digest.digest()


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        error = error.reason
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
