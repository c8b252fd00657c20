"""Fetching the files of an old site: only from that site, only kinds that bulletins can have."""

from __future__ import annotations

import http.client
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

from danvan_site.importers.companions import MAX_BYTES, UnusableError, companion_of
from danvan_site.importers.frame import Companion
from danvan_site.importers.placing import contained, create_copy, reason_of

_PATIENCE = 60  # seconds without an answer
_CHUNK = 1 << 16
_CALLED = "danvan-site"
_NAME = 100  # characters


class _Within(urllib.request.HTTPRedirectHandler):
    """Follows only where *allows* says that one may go."""

    def __init__(self, allows: Callable[[str], bool]) -> None:
        self._allows = allows

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: http.client.HTTPMessage, newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        if not self._allows(newurl) or urlsplit(newurl).scheme not in ("http", "https"):
            raise OSError(f"→ {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(address: str, target: Path, folder: str, allows: Callable[[str], bool]) -> Companion:
    """Fetch a file and put it into *folder* of the files in *target*.

    *address* is a whole one, of a kind that `companion_of` takes; *allows* tells which addresses
    may be asked, also where one leads on to another.  Raises UnusableError.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not allows(address):
        raise UnusableError("import-file-missing", address=address)
    name = PurePosixPath(unquote(parts.path)).name[-_NAME:].replace("\0", "").replace("\\", "")
    safe = parts._replace(path=quote(parts.path, safe="/%:@!$&'()*+,;=~"), fragment="").geturl()
    try:
        with tempfile.TemporaryDirectory() as here:
            path = Path(here) / name
            _download(safe, path, allows)
            companion = companion_of(path, folder)
            create_copy(contained(target, PurePosixPath(companion.path)), path)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = reason_of(error)
        raise UnusableError("import-file-unreadable", address=address, reason=reason) from None
    return Companion(companion.path, None)


def _download(address: str, path: Path, allows: Callable[[str], bool]) -> None:
    opener = urllib.request.build_opener(_Within(allows))
    request = urllib.request.Request(address, headers={"User-Agent": _CALLED})
    answer: Any
    with opener.open(request, timeout=_PATIENCE) as answer, path.open("wb") as file:
        left = MAX_BYTES
        while chunk := answer.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise OSError(f"> {MAX_BYTES // 1_000_000} MB")
            file.write(chunk)
