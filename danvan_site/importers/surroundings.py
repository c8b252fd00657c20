"""What lies around a saved page: its pictures and documents, in the folder that was saved."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from danvan_site import vietnamese
from danvan_site.dates import Moment
from danvan_site.importers.blocks import Picture
from danvan_site.importers.companions import UnusableError, companion_of, kind_of
from danvan_site.importers.frame import Companion

_WEB = re.compile(r"https?://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_KEPT = re.compile(r"(?:mailto|tel):", re.IGNORECASE)

Complain = Callable[[str, str, dict[str, str]], None]


class Surroundings:
    """The files around the page at *path*; nothing outside of *folder* is ever looked at.

    ``companions`` are those that were asked for.  *complain* is told of a file that is there and
    cannot be used: the address, the code of the problem, its details.
    """

    def __init__(self, path: Path, folder: Path, address: str, complain: Complain) -> None:
        self._path = path
        self._folder = folder.resolve()
        self._address = address
        self._complain = complain
        self._among = ""
        self._known: dict[Path, str] = {}
        self.companions: dict[str, Companion] = {}

    def set_folder(self, date: object) -> None:
        """Set in which folder of media the files are to lie: by the bulletin's date."""
        if isinstance(date, Moment):
            self._among = f"{date.year:04d}/{date.month:02d}" if date.month else f"{date.year:04d}"

    def link(self, address: str) -> str | None:
        """Return what a link now leads to: a document that comes along, else the old address in
        full; None where it leads nowhere."""
        if _KEPT.match(address):
            return address
        if address.startswith("#"):
            return None
        return (kind_of(address) and self.local(address)) or self.whole(address)

    def picture(self, picture: Picture) -> str | None:
        """Return where a picture is now: a larger one that it led to, where that lies here."""
        own = self.local(picture.linked) if picture.linked else None
        return own or self.local(picture.address) or self.whole(picture.address)

    def whole(self, address: str) -> str | None:
        """Return *address* in full, None where nothing tells what it is relative to."""
        try:
            address = urljoin(self._address, address)
        except ValueError:
            return None
        return address if _WEB.match(address) else None

    def local(self, address: str) -> str | None:
        """Return the new path of the file at *address*, None where it does not lie here."""
        for path in self._candidates(address):
            try:
                real = path.resolve()
                if real.is_relative_to(self._folder) and real.is_file():
                    return self._taken(real, address)
            except (OSError, ValueError, RuntimeError):
                continue  # no name that a file could have
        return None

    def _taken(self, path: Path, address: str) -> str | None:
        if path not in self._known:
            try:
                companion = companion_of(path, self._among)
            except UnusableError as error:
                self._complain(address, error.code, dict(error.details))
                return None
            self.companions[companion.path] = companion
            self._known[path] = f"/{companion.path}"
        return self._known[path]

    def _candidates(self, address: str) -> list[Path]:
        """Return where the file at *address* could lie: beside the page; below the folder of its
        host, of those that copiers make; at the top of what was saved."""
        try:
            parts = urlsplit(address)
        except ValueError:
            return []
        name = unquote(parts.path)
        forms = dict.fromkeys((name, vietnamese.nfc(name)))
        if not name or "\0" in name or (parts.scheme and not _WEB.match(address)):
            return []
        if not parts.netloc and not name.startswith("/"):
            return [self._path.parent / each for each in forms]
        host = parts.netloc or urlsplit(self._address).netloc
        tops = [self._folder / host] if host else []
        if host and self._folder.name == host:
            tops.append(self._folder)
        if not parts.netloc:
            tops.append(self._folder)
        return [top / each.lstrip("/") for top in tops for each in forms]
