"""Saved pages of portals become bulletins, through profiles (`profile`).

What a profile points at and what the page's own data say is known before its lines are read; these
are then read as those of a capture (`passes`), so that one text gives one bulletin, however it was
saved.  Pages that are no bulletins are left out with the reason.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from danvan_site.errors import Place
from danvan_site.importers import frame, passes, portal, profile, saved
from danvan_site.importers.companions import kind_of
from danvan_site.importers.frame import Draft, ImportFailure, Importing, Item, LeftOut, Outcome
from danvan_site.importers.profile import Profile

KIND = "html"
MAX_BYTES = 5_000_000
_MAX_ARCHIVE = 60_000_000  # of a page with all its pictures
_PAGES = frozenset((".html", ".htm", ".xhtml", ".shtml", ".aspx", ".asp", ".php", ".jsp", ".mht",
                    ".mhtml"))  # fmt: skip
_LOOKS = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|!--)", re.IGNORECASE)
_OTHERS = frozenset((".css", ".js", ".json", ".xml", ".txt", ".md", ".yaml", ".ico", ".woff",
                     ".woff2", ".ttf", ".map"))  # fmt: skip
# Folders in which browsers and copiers put what belongs to a page.
_PARTS = re.compile(r"(?:.*_files|.*\.files|.*_tep_tin|hts-cache)", re.IGNORECASE)


class Options(NamedTuple):
    """What making a draft depends on besides the page: how dates and names are read; the profiles
    among which that of the page is found, the last one for any page."""

    reading: passes.Reading
    profiles: tuple[Profile, ...]


class Found(NamedTuple):
    """A file: its path, and the folder that is imported with it."""

    path: Path
    folder: Path


class Content(NamedTuple):
    """What an item holds: the page, and where its file lies."""

    page: saved.Bytes
    found: Found


def importing(
    places: Sequence[Path], reading: passes.Reading, profiles: tuple[Profile, ...]
) -> Importing:
    """Return the import of the pages in *places*, folders or files."""
    files = list(dict.fromkeys(found for place in places for found in found_files(place)))
    return Importing(
        KIND, map(_item, files), _draw, Options(reading, profiles), reading.zone, len(files)
    )


def found_files(place: Path) -> Iterator[Found]:
    """Yield the pages in a folder, in the order of their names, or the one file that it is."""
    if not place.is_dir():
        yield Found(place, place.parent)
        return
    whole = place.resolve()
    for folder, names, files in os.walk(place):
        names[:] = sorted(each for each in names if each[0] != "." and not _PARTS.fullmatch(each))
        for name in sorted(files):
            path = Path(folder, name)
            if name[0] != "." and path.resolve().is_relative_to(whole) and _is_page(path):
                yield Found(path, place)


def _is_page(path: Path) -> bool:
    ending = path.suffix.lower()
    if ending in _PAGES:
        return True
    if ending in _OTHERS or kind_of(path.name):
        return False
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _LOOKS.match(file.read(512)) is not None
    except OSError:
        return False


def _item(found: Found) -> Item | Outcome:
    place = Place(found.path.as_posix())
    try:
        data, page = opened(found)
    except ImportFailure as failure:
        return Outcome(place.file, problem=failure.problem)
    digest = hashlib.sha256(page.html).hexdigest()
    ending = found.path.suffix.lower() if found.path.suffix.lower() in _PAGES else ".html"
    return Item(place, page.address, digest, Content(page, found), data, ending)


def opened(found: Found) -> tuple[bytes, saved.Bytes]:
    """Return the bytes of a file, and the page in it; raise ImportFailure where it cannot be read
    or is too large."""
    is_archive = found.path.suffix.lower() in (".mht", ".mhtml")
    data = frame.read_source(found.path, _MAX_ARCHIVE if is_archive else MAX_BYTES)
    relative = found.path.relative_to(found.folder).as_posix()
    page = saved.opened(data, f"{found.folder.resolve().name}/{relative}")
    if len(page.html) > MAX_BYTES:
        place = Place(found.path.as_posix())
        raise ImportFailure("import-too-large", place, limit=f"{MAX_BYTES / 1_000_000:g}")
    return data, page


def _draw(options: Options, item: Item) -> Draft:
    page = saved.read(item.content.page)
    if page.root is None:
        raise LeftOut("import-page-empty", item.source)
    kind = profile.recognised(options.profiles, page.root, page.host, page.meta("generator"))
    if profile.selects(kind.skip, page.root):
        raise LeftOut("import-page-other", item.source, profile=kind.name)
    found = item.content.found
    return portal.Reader(options.reading, item.source, page, kind, found.path, found.folder).draft()
