"""Files to bulletins: walking the content folder, reading one file into one frozen value."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danvan_site import frontmatter, markdown, schema, vietnamese
from danvan_site.dates import Moment
from danvan_site.errors import Place, Problem, Severity
from danvan_site.frontmatter import Metadata
from danvan_site.markdown import Reference
from danvan_site.state import KnownSource, Stamp

PAGES = "pages/"
MAX_BYTES = 8_000_000
_EXCERPT = 240
_PLACED = ("slug", "id", "image", "attachments", "aliases")
_SKIPPED_ENDINGS = ("~", ".tmp", ".swp", ".bak", ".part", ".crdownload")
_SKIPPED_NAMES = frozenset(("thumbs.db", "desktop.ini"))


@dataclass(frozen=True, slots=True)
class File:
    """A file of the content folder: ``path`` is relative, in NFC; ``name`` is as on disk."""

    path: str
    name: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What reading a file depends on besides the file."""

    root: str
    shown: str
    zone: str
    markdown: markdown.Options


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One Markdown file as read; a plain page (``pages/*.md``) likewise.

    ``path`` is relative to the content folder (``name`` as on disk), ``url`` to the site, ``stem``
    is the address's name.  ``digest`` is of the whole file, ``meta_digest`` of its front matter,
    ``body_digest`` of its body's HTML; ``excerpt`` is how the body begins.  ``places`` are line and
    column of those keys of the front matter that can turn out to be wrong only beside other files.
    """

    path: str
    name: str
    stem: str
    url: str
    digest: str
    meta: Metadata
    meta_digest: str
    body_digest: str
    excerpt: str
    anchors: tuple[str, ...]
    references: tuple[Reference, ...]
    places: Mapping[str, Sequence[int]]

    def place(self, key: str, shown: str) -> Place:
        """Return where a key of the front matter stands; *shown* is the content folder's name."""
        while key not in self.places and "." in key:
            key = key.rpartition(".")[0]
        return Place(f"{shown}/{self.path}", *self.places.get(key, (1, 1)))

    @property
    def is_page(self) -> bool:
        """Whether it is a plain page and not a bulletin."""
        return self.path.startswith(PAGES)


def _stem(path: str, meta: Metadata) -> str:
    """Return the address name: ``slug``, else the file's name made one."""
    return meta.slug or vietnamese.slugify(path.rpartition("/")[2][:-3])


def _url(path: str, stem: str, date: Moment | None) -> str:
    """Return the address, relative to the site: ``2020/07/ten-bai.html``."""
    if path.startswith(PAGES) or date is None:
        return f"{stem}.html"
    month = f"{date.month:02d}/" if date.month else ""
    return f"{date.year:04d}/{month}{stem}.html"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The result of reading one file: what the state keeps of it, and its body's HTML.

    ``known.row`` is None where the file is, by its digest, what it was: only its time differs.
    """

    path: str
    known: KnownSource
    html: str


def read_files(options: ReadOptions, files: Sequence[tuple[File, str]]) -> list[ReadFile]:
    """Read some files, each given with the digest it had at the last build, or ''."""
    return [read_file(file, options, digest) for file, digest in files]


def discover(root: Path, shown: str) -> tuple[dict[str, File], list[Problem]]:
    """Walk the content folder; return its files by path, and links and the like as problems.

    Hidden files, editors' leftovers and whatever a system puts into folders are passed over.
    """
    files: dict[str, File] = {}
    problems: list[Problem] = []
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(root / prefix) as entries:
            for entry in entries:
                path = unicodedata.normalize("NFC", prefix + entry.name)
                if _is_skipped(entry.name):
                    continue
                if entry.is_symlink():
                    place = Place(f"{shown}/{path}")
                    problems.append(Problem("link-in-content", place, {}, Severity.WARNING))
                elif entry.is_dir(follow_symlinks=False):
                    pending.append(prefix + entry.name + "/")
                elif entry.is_file(follow_symlinks=False):
                    stamp = Stamp.of(entry.stat(follow_symlinks=False))
                    files[path] = File(path, prefix + entry.name, stamp)
    return dict(sorted(files.items())), problems


def _is_skipped(name: str) -> bool:
    lower = name.lower()
    return (
        name.startswith((".", "_", "~$"))
        or lower in _SKIPPED_NAMES
        or lower.endswith(_SKIPPED_ENDINGS)
    )


def digest_of(data: bytes) -> str:
    """Return the digest by which contents are told apart (blake2b, 16 bytes, hexadecimal)."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def read_file(file: File, options: ReadOptions, before: str = "") -> ReadFile:
    """Read one Markdown file.  Problems are part of the result, never raised."""
    shown = f"{options.shown}/{file.path}"
    source = schema.Source(shown, options.zone)
    try:
        with open(os.path.join(options.root, file.name), "rb") as handle:
            data = handle.read(MAX_BYTES + 1)
            stamp = Stamp.of(os.fstat(handle.fileno()))
    except OSError as error:
        source.fault("file-unreadable", Place(shown), reason=error.strerror or str(error))
        return _result(file, "", None, None, source.problems)
    file = File(file.path, file.name, stamp)
    digest = digest_of(data)
    if digest == before:
        return ReadFile(file.path, KnownSource(file.stamp, digest, None), "")
    text = _decoded(data, source)
    parts = frontmatter.split(text, source) if text is not None else None
    if parts is None:
        return _result(file, digest, None, None, source.problems)
    meta = frontmatter.read(parts.front, source, file.path.startswith(PAGES))
    body, faults = markdown.read(parts.body, shown, parts.body_line, options.markdown)
    places = {
        key: (place.line, place.column)
        for key, place in source.places.items()
        if key.startswith(_PLACED)
    }
    return _result(file, digest, meta, body, [*source.problems, *faults], places)


def _decoded(data: bytes, source: schema.Source) -> str | None:
    if len(data) > MAX_BYTES:
        source.fault("file-too-large", Place(source.file), limit=str(MAX_BYTES // 1_000_000))
        return None
    try:
        return vietnamese.without_controls(vietnamese.nfc(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        source.fault("not-utf-8", Place(source.file, line, column))
        return None


def _result(
    file: File,
    digest: str,
    meta: Metadata | None,
    body: markdown.Body | None,
    problems: Iterable[Problem],
    places: Mapping[str, Sequence[int]] | None = None,
) -> ReadFile:
    row: list[Any] = [[_problem_row(problem) for problem in problems]]
    if meta and body:
        references = [[getattr(each, key) for key in each.__slots__] for each in body.references]
        html_digest = digest_of(body.html.encode("utf-8", "surrogatepass"))
        front = meta.to_row()
        front_digest = digest_of(json.dumps(front).encode())
        row += [
            front,
            front_digest,
            html_digest,
            _excerpt(body.opening),
            list(body.anchors),
            references,
        ]
        row += [places, file.name]
    known = KnownSource(file.stamp, digest, row)
    return ReadFile(file.path, known, body.html if body else "")


def _excerpt(text: str) -> str:
    """Return how a text begins, cut between words, for readers and lists without a lead."""
    if len(text) <= _EXCERPT:
        return text
    cut = text[: _EXCERPT + 1]
    return cut[: max(cut.rfind(" "), _EXCERPT // 2)].rstrip(" ,;:–-") + "…"


def _problem_row(problem: Problem) -> list[Any]:
    place = problem.place
    return [problem.code, place.file, place.line, place.column, problem.details, problem.severity]


def from_state(path: str, known: KnownSource) -> tuple[Bulletin | None, list[Problem]]:
    """Return the bulletin that the state keeps under *path* (None: unreadable), its problems."""
    row = known.row
    problems = [
        Problem(code, Place(file, line, column), details, Severity(severity))
        for code, file, line, column, details, severity in row[0]
    ]
    if len(row) == 1:
        return None, problems
    _, meta_row, meta_digest, body_digest, excerpt, anchors, references, places, name = row
    meta = Metadata.from_row(meta_row)
    stem = _stem(path, meta)
    bulletin = Bulletin(
        path,
        name,
        stem,
        _url(path, stem, meta.date),
        known.digest,
        meta,
        meta_digest,
        body_digest,
        excerpt,
        tuple(anchors),
        tuple(Reference(*each) for each in references),
        places,
    )
    return bulletin, problems


# In a picture that is only shown none of these would run; opened by its address they would.
_ACTIVE_SVG = re.compile(
    rb"<\s*(?:script|foreignObject|iframe|embed|object|audio|video)\b|\son\w+\s*=|javascript:|"
    rb"<!ENTITY|(?:href|src)\s*=\s*[\"']?\s*(?:https?:|//|data:text)|@import|url\(\s*[\"']?(?:https?:|//)",
    re.IGNORECASE,
)


def read_media(file: File, options: ReadOptions) -> KnownSource:
    """Return what the state keeps of a picture or attachment; ``row`` is [code of its fault, or
    '', and the system's reason]."""
    fault = reason = ""
    try:
        with open(os.path.join(options.root, file.name), "rb") as handle:
            digest = hashlib.file_digest(
                handle, lambda: hashlib.blake2b(digest_size=16)
            ).hexdigest()
            if file.path.lower().endswith(".svg"):
                handle.seek(0)
                fault = "unsafe-svg" if _ACTIVE_SVG.search(handle.read()) else ""
    except OSError as error:
        digest, fault, reason = "", "file-unreadable", error.strerror or str(error)
    return KnownSource(file.stamp, digest, [fault, reason])
