"""What every importer shares: items of a source, drafts of bulletins, and how these get a place.

An importer gives `Item`s, the pieces of its source, and a pure function that makes a `Draft` of
each, which runs in worker processes; `bring` gives the drafts a place under the target folder.
Nothing is ever overwritten.  What has been imported is known by its original address, or else by
its digest, in a ledger (`ledger`).
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from danvan_site import durable, frontmatter, markdown, schema, vietnamese
from danvan_site.dates import Moment
from danvan_site.errors import Place, Problem, Severity
from danvan_site.importers.ledger import LEDGER, Entry, Ledger
from danvan_site.importers.placing import (
    contained,
    create,
    create_copy,
    is_hollow,
    reason_of,
)
from danvan_site.workers import Workers

UNDATED = "chua-ro-ngay"  # the folder of bulletins whose date a person must still settle
PAGES = "pages"
ORIGINALS = "originals"
ORIGINALS_OF = "bulletins.tsv"  # which original, which file was written of it
_CHUNK = 25
_MOST_OF_ONE_NAME = 10_000


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of a source that may become a bulletin.

    ``source`` is where messages place it, ``key`` its original address ('' where it has none),
    ``digest`` that of all that its draft is made of (sha256, hexadecimal); ``content`` is for the
    importer's function; ``original`` is the piece as it came, with ``suffix`` as that of its file
    (``.txt``); ``size`` is how far it brings the import on.
    """

    source: Place
    key: str
    digest: str
    content: Any
    original: bytes = b""
    suffix: str = ""
    size: int = 1


@dataclass(frozen=True, slots=True)
class Dropped:
    """A piece of the source that went nowhere: its line (from 1) and its words."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that a bulletin shows or offers: ``path`` is relative to the target folder, ``source``
    the local file whose bytes go there; None where they are there already."""

    path: str
    source: Path | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A bulletin as an importer understood it, or a plain page.

    ``fields`` are keys and values of the front matter's schema; ``name`` is the file's name without
    extension.  ``recognised`` and ``dropped`` account for the whole source, ``missing`` says which
    facts it does not have (notices with their places).  ``visits`` is the count of visits to the
    whole portal that was printed on the page; it does not belong to the bulletin.  ``path`` is that
    of its file, where that is known; otherwise it goes into the habitual folder.  ``companions`` go
    along with it; ``beside`` are files that have its name but for the ending: (ending, text).
    Where ``text`` is not '', it is no bulletin: the whole of the file at ``path``, to which later
    imports may add.
    """

    fields: Mapping[str, object]
    body: str
    name: str
    recognised: tuple[tuple[str, str], ...] = ()
    dropped: tuple[Dropped, ...] = ()
    missing: tuple[Problem, ...] = ()
    visits: int | None = None
    is_page: bool = False
    path: str = ""
    companions: tuple[Companion, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    text: str = ""

    @property
    def folder(self) -> PurePosixPath:
        """The habitual folder: ``2020/07``, ``2022`` where only a year is known."""
        if self.is_page:
            return PurePosixPath(PAGES)
        date = self.fields.get("date")
        if not isinstance(date, Moment):
            return PurePosixPath(UNDATED)
        month = f"{date.month:02d}" if date.month else ""
        return PurePosixPath(f"{date.year:04d}", month)

    @property
    def needs_a_person(self) -> bool:
        """Whether something has to be settled before it can be published."""
        return bool(self.fields.get("review"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one piece of the source.

    Either ``written`` is the new file (with a dry run: the file that there would be), or
    ``problem`` says why nothing was written: an error, or a notice that it came before, is left out
    for a reason, or has changed since; then ``difference`` is that between the bulletin as it is
    and as it would be now, in the unified format.  ``draft`` is None where it was not read at all.
    """

    source: str
    written: Path | None = None
    problem: Problem | None = None
    draft: Draft | None = None
    difference: str = ""
    size: int = 1


class ImportFailure(Exception):
    """One piece cannot be imported; the others of the run go on."""

    severity = Severity.ERROR

    def __init__(self, code: str, place: Place, **details: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, place, details, self.severity)


class LeftOut(ImportFailure):
    """One piece is not for the archive, and that is no fault of it."""

    severity = Severity.NOTICE


Draw = Callable[[Any, Item], Draft]


@dataclass(frozen=True, slots=True)
class Importing:
    """What is to be imported: the ``kind`` for the ledger; the ``items``, or at once what became of
    those that are none; ``draw``, which makes a draft of ``options`` and an item, or raises
    ImportFailure; the zone of dates that say none; and the sum of the items' sizes, 0 where it is
    not known."""

    kind: str
    items: Iterable[Item | Outcome]
    draw: Draw
    options: Any
    zone: str
    total: int = 0


@dataclass(slots=True)
class Target:
    """Where bulletins go: the folder of ``ledger``; with ``is_trial`` nothing is written, and with
    ``with_originals`` the pieces are kept as they came, too."""

    ledger: Ledger
    is_trial: bool = False
    with_originals: bool = False
    # What a trial would have written.
    _taken: set[PurePosixPath] = field(default_factory=set)
    # Folders that were found to lie in the target: to resolve each path takes longer than to write.
    _inside: set[PurePosixPath] = field(default_factory=set)
    # The lines of the table of originals, once it has been read.
    _listed: set[bytes] | None = None

    @property
    def folder(self) -> Path:
        """The folder itself."""
        return self.ledger.folder

    def place(self, item: Item, kind: str, draft: Draft, content: bytes) -> Outcome:
        """Write *draft*, whose file is *content*, under a name that is still free, with all that
        goes along with it, and record it."""
        try:
            for relative in _names(draft):
                is_same = self._holds(relative, content)
                if is_same is False or not self._accompany(draft, relative):
                    continue
                path = self._contained(relative)
                # Also over the same content: what a killed run left beside it goes.
                if not self._create(relative, path, content) and not is_same:
                    continue
                self._keep_original(item, relative)
                self._record(item, kind, relative, content)
                if is_same:
                    # Written by a run that ended before its record, or whose ledger was lost.
                    return _seen(item, relative.as_posix(), draft)
                return Outcome(_shown(item), written=path, draft=draft, size=item.size)
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
        except OSError as error:
            details = {"folder": self.folder.as_posix(), "reason": reason_of(error)}
            problem = Problem("import-not-written", item.source, details)
            return Outcome(_shown(item), problem=problem, draft=draft, size=item.size)

    def compare(self, item: Item, entry: Entry, draft: Draft, content: bytes) -> Outcome:
        """Tell in what the draft of a changed source differs from the bulletin that there is."""
        relative = PurePosixPath(entry.path)
        there = self._read(relative)
        parts = [(relative, there, content)]
        if entry.written in ("", _digest(content)) or there == content:
            parts = []
        for each, text in _beside(draft, relative):
            parts.append((each, self._read(each), text))
        differences = [_difference(item, *part) for part in parts if part[1] != part[2]]
        if not differences:
            return _seen(item, entry.path, draft)
        details = {"written": entry.path, "ledger": LEDGER}
        code = "import-changed-edited" if there else "import-changed-moved"
        if _digest(there) == entry.written:
            code = "import-changed"
        problem = Problem(code, item.source, details, Severity.WARNING)
        difference = "\n".join(differences) if there else ""
        return Outcome(
            _shown(item), problem=problem, draft=draft, difference=difference, size=item.size
        )

    def add(
        self, item: Item, kind: str, entry: Entry | None, draft: Draft, content: bytes
    ) -> Outcome:
        """Write a file that has one name alone: a new one, or in place of one that is, by its
        *entry*, still as an import wrote it; tell in what it differs from any other."""
        relative = PurePosixPath(draft.path)
        try:
            path = self._contained(relative)
            is_free = not os.path.lexists(path) or is_hollow(path)
            there = b"" if is_free else path.read_bytes()
            is_ours = entry is not None and entry.written == _digest(there)
            if there == content:
                self._record(item, kind, relative, content if is_ours else b"")
                return _seen(item, draft.path, draft)
            if there and not is_ours:
                problem = Problem(
                    "import-changed-beside", item.source, {"written": draft.path}, Severity.WARNING
                )
                difference = _difference(item, relative, there, content)
                return Outcome(
                    _shown(item), None, problem, draft, difference=difference, size=item.size
                )
            if not self.is_trial:
                (durable.replace if there else create)(path, content)
            self._keep_original(item, relative)
            self._record(item, kind, relative, content)
        except OSError as error:
            details = {"folder": self.folder.as_posix(), "reason": reason_of(error)}
            problem = Problem("import-not-written", item.source, details)
            return Outcome(_shown(item), problem=problem, draft=draft, size=item.size)
        return Outcome(_shown(item), written=path, draft=draft, size=item.size)

    def _contained(self, relative: PurePosixPath) -> Path:
        """Return the path of *relative*; raise OSError where a link leads out of the folder."""
        path = self.folder / relative
        if relative.parent not in self._inside or path.is_symlink():
            contained(self.folder, relative)
            if path.parent.is_dir():
                self._inside.add(relative.parent)
        return path

    def _holds(self, relative: PurePosixPath, content: bytes) -> bool | None:
        """Tell whether the file of that name has that content, None where there is no such file."""
        if self.is_trial and relative in self._taken:
            return False
        path = self._contained(relative)
        if not os.path.lexists(path) or is_hollow(path):
            return None
        return path.is_file() and path.read_bytes() == content

    def _read(self, relative: PurePosixPath) -> bytes:
        try:
            return self._contained(relative).read_bytes()
        except OSError:
            return b""

    def _accompany(self, draft: Draft, relative: PurePosixPath) -> bool:
        """Write what goes along with a bulletin, before it: one without them must not be taken for
        one that came whole.  False where the name of one that stands beside it is not free."""
        beside = list(_beside(draft, relative))
        if any(self._holds(each, content) is False for each, content in beside):
            return False
        for each, content in beside:
            self._create(each, self._contained(each), content)
        for companion in draft.companions if not self.is_trial else ():
            if companion.source:
                place = self._contained(PurePosixPath(companion.path))
                create_copy(place, companion.source)
        return True

    def _create(self, relative: PurePosixPath, path: Path, content: bytes) -> bool:
        if not self.is_trial:
            return create(path, content)
        if relative in self._taken or os.path.lexists(path):
            return False
        self._taken.add(relative)
        return True

    def _record(self, item: Item, kind: str, relative: PurePosixPath, content: bytes) -> None:
        # What a person wrote is not known by what is in it: it may not be written over later.
        written = _digest(content) if content else ""
        entry = Entry(item.key, item.digest, kind, relative.as_posix(), written)
        self.ledger.record(entry, is_kept=not self.is_trial)

    def _keep_original(self, item: Item, written: PurePosixPath) -> None:
        if not self.with_originals or self.is_trial or not item.original:
            return
        path = self._original(item)
        create(path, item.original)
        # What the ledger knows of a source is not the digest of its bytes.
        self._list_original(f"{path.name}\t{written}".encode())

    def _list_original(self, line: bytes) -> None:
        """Add a line to the table of originals, unless a run has that was killed before its record;
        what one has only begun is ended."""
        with self._contained(PurePosixPath(ORIGINALS, ORIGINALS_OF)).open("a+b") as table:
            if self._listed is None:
                table.seek(0)
                *whole, begun = table.read().split(b"\n")
                self._listed = set(whole)
                if begun and line.startswith(begun):
                    table.truncate(table.seek(0, os.SEEK_END) - len(begun))
                elif begun:
                    table.write(b"\n")
                    self._listed.add(begun)
            if line not in self._listed:
                table.write(line + b"\n")
                self._listed.add(line)

    def mend_original(self, item: Item) -> None:
        """Keep the original of what came before anew, where a power cut has emptied it."""
        if self.with_originals and not self.is_trial and item.original:
            path = self._original(item)
            if is_hollow(path):
                create(path, item.original)

    def _original(self, item: Item) -> Path:
        name = hashlib.sha256(item.original).hexdigest()
        return self._contained(PurePosixPath(ORIGINALS, name[:2], f"{name}{item.suffix}"))


def bring(importing: Importing, target: Target, workers: Workers) -> Iterator[Outcome]:
    """Import; yield what became of each piece, in the order of the source."""
    share = workers.share((importing.draw, importing.options, importing.zone))
    # What is drawn from the source and not settled yet.
    waiting: deque[Item | Outcome] = deque()
    asked = _asked(importing.items, target, waiting)
    for results in workers.map(_draw_some, share, asked, _CHUNK, _CHUNK * 2):
        for result in results:
            item = waiting.popleft()
            yield (
                item if isinstance(item, Outcome) else _settle(importing.kind, target, item, result)
            )


def _asked(
    items: Iterable[Item | Outcome], target: Target, waiting: deque[Item | Outcome]
) -> Iterator[Item | None]:
    """Yield what drafts are to be made of; None in the place of what is settled, as what came
    before and is as it was."""
    for item in items:
        if isinstance(item, Item):
            entry = target.ledger.find(item.key, item.digest)
            if entry and entry.digest == item.digest:
                target.mend_original(item)
                item = _seen(item, entry.path)
        waiting.append(item)
        yield item if isinstance(item, Item) else None


# A draft with its file, or why there is none; None where none was asked for.
Drawn = tuple[Draft, bytes] | Problem | None


def _draw_some(work: tuple[Draw, Any, str], some: Sequence[Item | None]) -> list[Drawn]:
    draw, options, zone = work
    return [_drawn(draw, options, zone, item) if item else None for item in some]


def _drawn(draw: Draw, options: Any, zone: str, item: Item) -> Drawn:
    try:
        draft = draw(options, item)
    except ImportFailure as failure:
        return failure.problem
    if draft.text:
        return draft, draft.text.encode()
    text = frontmatter.compose(draft.fields, draft.body)
    fault = _fault_of(text, draft.is_page, item.source, zone)
    return Problem(fault.code, item.source, fault.details) if fault else (draft, text.encode())


def _fault_of(text: str, is_page: bool, place: Place, zone: str) -> Problem | None:
    """Return what a build would not accept of a bulletin's file, None where that is nothing."""
    source = schema.Source(place.file, zone)
    parts = frontmatter.split(text, source)
    if parts:
        frontmatter.read(parts.front, source, is_page)
        if markdown.may_have_faults(parts.body):
            _, faults = markdown.read(parts.body, place.file, 1, markdown.Options())
            source.problems += faults
    errors = (each for each in source.problems if each.severity is Severity.ERROR)
    return next(errors, None)


def _settle(kind: str, target: Target, item: Item, result: Drawn) -> Outcome:
    if isinstance(result, Problem):
        return Outcome(_shown(item), problem=result, size=item.size)
    assert result
    draft, content = result
    # The same piece may have come a second time in this run.
    entry = target.ledger.find(item.key, item.digest)
    if draft.text:
        return target.add(item, kind, entry, draft, content)
    if entry is None:
        return target.place(item, kind, draft, content)
    if entry.digest == item.digest:
        return _seen(item, entry.path, draft)
    return target.compare(item, entry, draft, content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _shown(item: Item) -> str:
    return str(item.source)


def read_source(path: Path, limit: int) -> bytes:
    """Return the bytes of a source of at most *limit* bytes; raise ImportFailure otherwise."""
    place = Place(path.as_posix())
    try:
        if not path.is_file():  # neither a folder nor a device that never ends
            missing = errno.EISDIR if path.is_dir() else errno.ENOENT
            raise OSError(missing, os.strerror(missing))
        with path.open("rb") as source:
            content = source.read(limit + 1)
    except (OSError, ValueError) as error:
        raise ImportFailure("import-unreadable", place, reason=reason_of(error)) from None
    if len(content) > limit:
        raise ImportFailure("import-too-large", place, limit=f"{limit / 1_000_000:g}")
    return content


def _seen(item: Item, written: str, draft: Draft | None = None) -> Outcome:
    details = {"written": written, "ledger": LEDGER}
    problem = Problem("import-already", item.source, details, Severity.NOTICE)
    return Outcome(_shown(item), problem=problem, draft=draft, size=item.size)


def _beside(draft: Draft, relative: PurePosixPath) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield what stands beside a bulletin: the paths and the contents."""
    for ending, text in draft.beside:
        yield relative.with_name(f"{relative.stem}{ending}"), text.encode()


def _difference(item: Item, relative: PurePosixPath, there: bytes, now: bytes) -> str:
    before, after = (text.decode("utf-8", "replace").splitlines() for text in (there, now))
    names = str(relative), f"{relative} ({item.source})"
    return "\n".join(difflib.unified_diff(before, after, *names, lineterm=""))


def _names(draft: Draft) -> Iterator[PurePosixPath]:
    first = PurePosixPath(draft.path or draft.folder / f"{vietnamese.slugify(draft.name)}.md")
    yield first
    for number in range(2, _MOST_OF_ONE_NAME):
        yield first.with_stem(f"{first.stem}-{number}")
