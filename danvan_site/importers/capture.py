"""Plain-text captures of portal pages become bulletins: see `passes`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from danvan_site.dates import Moment
from danvan_site.errors import Place
from danvan_site.importers import frame, passes, phrases
from danvan_site.importers.findings import Findings, Line, tidy
from danvan_site.importers.frame import Draft, ImportFailure, Importing, Item, Outcome
from danvan_site.importers.writing import as_markdown

KIND = "capture"
MAX_BYTES = 1_000_000

# Characters that steer a terminal, turn the direction of writing or that YAML will not have.
_UNSAFE = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)

# ---- the import


def importing(
    files: Sequence[Path],
    *,
    date: str | None = None,
    zone: str = "+07:00",
    categories: Sequence[str] = (),
) -> Importing:
    """Return the import of *files*, one bulletin of each; for the rest see `passes.reading`."""
    options = passes.reading(date, zone, categories)
    return Importing(KIND, map(_item, files), _draw, options, zone, len(files))


def _item(path: Path) -> Item | Outcome:
    place = Place(path.as_posix())
    try:
        original = frame.read_source(path, MAX_BYTES)
        text = decode(original, place.file)
    except ImportFailure as failure:
        return Outcome(place.file, problem=failure.problem)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Item(place, "", digest, text, original, ".txt")


def _draw(options: passes.Reading, item: Item) -> Draft:
    return read_capture(
        item.content,
        item.source.file,
        known=options.known,
        given=options.given,
        zone=options.zone,
    )


def decode(content: bytes, file: str) -> str:
    """Return a capture's text with plain line ends; raise ImportFailure where it is no text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ImportFailure("import-not-utf8", Place(file, line)) from None
    if "\0" in text:
        raise ImportFailure("import-binary", Place(file, text.count("\n", 0, text.index("\0")) + 1))
    text = re.sub(r"\r\n?", "\n", text)
    if not text.strip():
        raise ImportFailure("import-empty", Place(file))
    return text.rstrip("\n")


def read_capture(
    text: str,
    file: str,
    *,
    known: tuple[str, ...] = phrases.CATEGORIES,
    given: Moment | None = None,
    zone: str = "+07:00",
) -> Draft:
    """Understand the *text* of one capture; raise ImportFailure where it cannot be a bulletin."""
    found = Findings(file, known)
    title, body = passes.read_lines(split_lines(text), found)
    markdown = "\n\n".join(as_markdown(line.text) for line in body)
    passes.settle(found, title, body, given, zone)
    return passes.draft_of(found, title, markdown)


def split_lines(text: str) -> list[Line]:
    """Return the lines of *text* that say something, and the holes that pictures left."""
    raw = [_UNSAFE.sub(" ", line) for line in text.split("\n")]
    lines = [Line(number, tidy(line), line) for number, line in enumerate(raw, start=1)]
    return [line for line in lines if line.text or line.is_hole]
