"""Files that bulletins show or offer, as they lie beside what is imported: which can come along."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from danvan_site import vietnamese
from danvan_site.importers.frame import Companion
from danvan_site.importers.placing import reason_of
from danvan_site.kinds import DOWNLOADS, DRAWING, PICTURES
from danvan_site.pictures import drawing, making

MEDIA = "media"
MAX_BYTES = 500_000_000
_LONGEST = 60  # characters of a name


class UnusableError(Exception):
    """A file that the build would not take: ``code`` and ``details`` of the problem, with the
    ``address`` of the file."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details: Mapping[str, str] = details


def kind_of(address: str) -> str:
    """Return the kind of the file that an address or a path names (``jpg``), '' for one that
    bulletins cannot have."""
    name = address.partition("#")[0].partition("?")[0]
    kind = PurePosixPath(name).suffix[1:].lower()
    return kind if kind in DOWNLOADS else ""


def companion_of(path: Path, folder: str = "") -> Companion:
    """Return the file at *path* as one that goes along, into *folder* of those of the target.

    Its name is that which it had, and what its contents are: so two files never want the same.
    Raises UnusableError for what the build would not take.
    """
    kind = kind_of(path.name)
    if not kind:
        raise UnusableError("import-file-kind", address=path.name, kind=path.suffix)
    try:
        digest = _examined(path, kind)
    except OSError as error:
        raise _unreadable(path, reason_of(error)) from None
    stem = vietnamese.slugify(path.stem)[:_LONGEST].strip("-") or kind
    return Companion(str(PurePosixPath(MEDIA, folder, f"{stem}-{digest[:8]}.{kind}")), path)


def _examined(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > (making.MAX_BYTES if kind in PICTURES else MAX_BYTES):
            raise _unreadable(path, f"{size // 1_000_000} MB")
        if kind not in PICTURES:
            return hashlib.file_digest(file, "sha256").hexdigest()
        data = file.read()
    if kind == DRAWING:
        fault = "unsafe-svg" if drawing.is_active(data) else ""
    else:
        fault = making.fault(data)
    if fault:
        raise _unreadable(path, fault)
    return hashlib.sha256(data).hexdigest()


def _unreadable(path: Path, reason: str) -> UnusableError:
    return UnusableError("import-file-unreadable", address=path.name, reason=reason)
