"""What belongs into the bag of a year: sources, originals of imports, published pages.

What belongs to no year goes into one bag more, `REST`: all bags together hold all sources, all
originals and the whole published site.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import lxml.html

from danvan_site import catalog, content, discovery, markdown, vietnamese
from danvan_site.comments import SUFFIX
from danvan_site.config import Settings
from danvan_site.content import Head, ReadFile, ReadOptions
from danvan_site.errors import ContentError, Problem, Severity, UsageError
from danvan_site.importers.frame import ORIGINALS, ORIGINALS_OF
from danvan_site.integrity.manifest import Manifest
from danvan_site.integrity.sources import Sources
from danvan_site.output import MANIFEST
from danvan_site.workers import Workers

REST = "con-lai"
_CHUNK = 50  # bulletins
_YEAR = re.compile("[0-9]{4}/")
_IN_STYLE = re.compile(r"url\(\s*[\"']?([^\"')]+)")
_SETS = ("srcset", "imagesrcset")
# Pages are led to in hundreds; of a page that is read from a disk these are no part.
_PAGES = (".html", ".xml", ".json", ".jsonl", ".csv")
_OF_BULLETINS = (".md", SUFFIX)
_PARTS = frozenset(("stylesheet", "icon", "apple-touch-icon", "preload"))
_COPIES = (".gz", ".br")


class Piece(NamedTuple):
    """A file for a bag: where it lies, its path under ``data``, and the sha256 (hexadecimal) that
    it has to have, '' where nobody knows one."""

    file: Path
    path: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """The pieces of each bag, by year (``2020``) or `REST`; how many bulletins each has."""

    pieces: Mapping[str, list[Piece]]
    bulletins: Mapping[str, int]


def contents(
    sources: Sources, settings: Settings, published: tuple[Path, Manifest], wanted: Sequence[str],
    work: tuple[Workers, Callable[[int], None]],
) -> Contents:  # fmt: skip
    """Return what belongs into the bags of a site that are *wanted*; '' of none means all.

    Raises UsageError where one of them is of no year that there is, ContentError where bulletins
    have errors: of those nobody can tell the year.
    """
    root = sources.root / sources.content
    files, _ = discovery.discover(root, sources.content)
    heads = _heads(sources, settings, files, work)
    years = {path: str(head.date[0]) if head.date else REST for path, head in heads.items()
             if not path.startswith(content.PAGES)}  # fmt: skip
    known = [*sorted(set(years.values()) - {REST}), REST]
    for each in wanted:
        if each not in known:
            raise UsageError("bag-no-year", target=each, known=", ".join(known))
    places = _Standing(sources, root)
    for_all = {path for path in places.paths if places.is_for_all(path)}
    for_all |= set(places.find(_of_theme(settings)))
    of_year: dict[str, set[str]] = {year: set() for year in known}
    for path, head in heads.items():
        named = places.find(_with_media(path, head))
        (of_year[years[path]] if path in years else for_all).update(named)
    for path, year in places.originals(years):
        of_year[year].add(path)
    of_year[REST] = set(places.paths).difference(
        *(of_year[year] for year in known if year != REST)
    )  # fmt: skip
    pieces = {
        year: [places.piece(path) for path in sorted(of_year[year] | for_all)]
        + list(_pages(published, year))
        for year in (dict.fromkeys(wanted) or known)
    }
    return Contents(pieces, Counter(years.values()))


class _Standing:
    """The files of the sources as they stand, and how they are found."""

    def __init__(self, sources: Sources, root: Path) -> None:
        self._site = sources.root
        self._root = root
        self._prefix = f"{sources.content}/"
        self._originals = f"{sources.content}/{ORIGINALS}/"
        self.paths = sorted(sources.look().files)
        # As bulletins name them, in NFC: as the system has them.
        self._on_disk = {vietnamese.nfc(path): path for path in self.paths}

    def find(self, paths: Iterable[str]) -> list[str]:
        """Return those of some paths of the content folder that stand there, as they stand."""
        found = (self._on_disk.get(vietnamese.nfc(self._prefix) + path) for path in paths)
        return [path for path in found if path]

    def is_for_all(self, path: str) -> bool:
        """Tell whether a file is one for all bulletins: settings, templates, and what stands at the
        top of the content folder, such as the tables of imports and views."""
        if path == self._originals + ORIGINALS_OF:
            return True
        rest = path.removeprefix(self._prefix)
        return rest == path or ("/" not in rest and not rest.endswith(_OF_BULLETINS))

    def originals(self, years: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield originals with the years of the bulletins that were made of them, as far as the
        imports have noted it."""
        year_of: dict[str, str] = {}
        table = self._root / ORIGINALS / ORIGINALS_OF
        lines = table.read_text("utf-8", "replace").splitlines() if table.is_file() else []
        for line in lines:
            name, _, path = line.partition("\t")
            year_of[name] = years.get(vietnamese.nfc(path), "")
        for path in self.paths:
            if path.startswith(self._originals):
                year = year_of.get(posixpath.basename(path), "")
                if year:
                    yield path, year

    def piece(self, path: str) -> Piece:
        """Return the piece that a file becomes."""
        if path.startswith(self._originals):
            return Piece(self._site / path, f"originals/{path.removeprefix(self._originals)}")
        return Piece(self._site / path, f"sources/{path}")


def _heads(
    sources: Sources, settings: Settings, files: Mapping[str, discovery.File],
    work: tuple[Workers, Callable[[int], None]],
) -> dict[str, Head]:  # fmt: skip
    workers, advance = work
    words = catalog.load(settings.language).site
    options = ReadOptions(
        str(sources.root / sources.content),
        sources.content,
        settings.timezone,
        markdown.Options(settings.markdown.html, words["table_label"], words["footnote_back"]),
    )
    texts = [(file, "") for path, file in files.items() if path.endswith(".md")]
    heads: dict[str, Head] = {}
    problems: list[Problem] = []
    for results in workers.map(_read_some, options, texts, _CHUNK):
        advance(len(results))
        for path, head, rows in results:
            found = [Problem.from_row(row) for row in rows]
            problems += [each for each in found if each.severity is Severity.ERROR]
            if head is not None:
                heads[path] = head
    if problems:
        raise ContentError(problems)
    return heads


def _read_some(
    options: ReadOptions, files: Sequence[tuple[discovery.File, str]]
) -> list[tuple[str, Head | None, list[list[object]]]]:
    """Read bulletins; their bodies stay here."""
    found: list[ReadFile] = content.read_files(options, files)
    return [(each.path, each.known.head, list(each.known.problems)) for each in found]


def _with_media(path: str, head: Head) -> Iterator[str]:
    """Yield the paths of a bulletin, its comments, and what it names in the content folder."""
    yield path
    yield path.removesuffix(".md") + SUFFIX
    named = [head.picture, *head.attachments]
    named += [unquote(str(each[0])) if "?" in str(each[0]) else str(each[0])
              for each in head.references]  # fmt: skip
    for target in named:
        if not target or target.startswith(markdown.WEB):
            continue
        base = "" if target.startswith("/") else posixpath.dirname(path)
        found = vietnamese.nfc(posixpath.normpath(posixpath.join(base, target.lstrip("/"))))
        if not found.endswith(".md"):
            yield found


def _of_theme(settings: Settings) -> Iterator[str]:
    for _, path, _ in settings.theme_pictures:
        yield vietnamese.nfc(posixpath.normpath(path.lstrip("/")))


def _pages(published: tuple[Path, Manifest], year: str) -> Iterator[Piece]:
    """Yield the published files of a year and what they show; for `REST` those of no year."""
    root, manifest = published
    if year == REST:
        paths = {path for path in manifest.files if not _YEAR.match(path)}
        paths.add(MANIFEST)
    else:
        own = {path for path in manifest.files if path.startswith(f"{year}/")}
        paths = own | _shown(root, manifest, own)
        copies = {path + suffix for path in paths for suffix in _COPIES}
        paths |= copies & manifest.files.keys()
    for path in sorted(paths):
        digest = bytes.fromhex(manifest.digest) if path == MANIFEST else manifest.files[path]
        yield Piece(root / path, f"pages/{path}", digest.hex())


def _shown(root: Path, manifest: Manifest, pages: Iterable[str]) -> set[str]:
    """Return what pages are shown with, and the documents and pictures that they offer."""
    found: set[str] = set()
    pending = [path for path in pages if path.endswith(".html")]
    while pending:
        path = pending.pop()
        for target in _targets(root, path):
            here = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if here in manifest.files and here not in found:
                found.add(here)
                if here.endswith(".css"):
                    pending.append(here)
    return found


def _targets(root: Path, path: str) -> Iterator[str]:
    try:
        data = (root / path).read_bytes()
    except OSError:
        return  # It is missed when it is copied.
    if path.endswith(".css"):
        named = _IN_STYLE.findall(data.decode("utf-8", "replace"))
    else:
        named = list(_named(data))
    for each in named:
        parts = urlsplit(each)
        if not parts.scheme and not parts.netloc and parts.path:
            yield unquote(parts.path)


def _named(data: bytes) -> Iterator[str]:
    for element in lxml.html.document_fromstring(data).iter("*"):
        for key in _SETS:
            for each in element.get(key, "").split(","):
                yield each.strip().partition(" ")[0]
        if "src" in element.attrib:
            yield element.get("src", "")
        target = element.get("href", "")
        if (element.tag == "link" and _PARTS & set(element.get("rel", "").split())) or (
            element.tag in ("a", "use", "image") and not target.split("#")[0].endswith(_PAGES)
        ):
            yield target
