"""Starting: a new site, a new bulletin.  Nothing that is there is ever overwritten."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from danvan_site import dates, frontmatter, vietnamese
from danvan_site.catalog import Catalog
from danvan_site.dates import DateError, Moment
from danvan_site.errors import Place, UsageError
from danvan_site.importers.placing import create, create_copy
from danvan_site.theme import theme_folder

SETTINGS = "site.yaml"
STARTER = Path(__file__).parent / "starter" / SETTINGS
_WELCOME = "chao-mung"
_ABOUT = "gioi-thieu"


@dataclass(frozen=True, slots=True)
class NewBulletin:
    """What is known of a bulletin to be written.  ``date`` is as a person types it."""

    title: str
    date: str
    unit: str = ""
    categories: Sequence[str] = ()
    zone: str = "+07:00"


def init(folder: Path, words: Catalog, today: date) -> None:
    """Start a new site in *folder*, which is made; *today* dates its first bulletin.

    Raises UsageError where something of a site is there already or nothing can be written.
    """
    names = (SETTINGS, "templates", "content")
    taken = next((name for name in names if (folder / name).exists()), "")
    if taken:
        raise UsageError("init-not-free", Place(folder.as_posix()), found=taken)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(theme_folder(), folder / "templates", ignore=ignored, copy_function=_copy)
        for path, text in _first_files(words, today):
            if not create(folder / path, text.encode()):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    except OSError as error:
        raise _cannot_write(folder, error) from None


def _first_files(words: Catalog, today: date) -> Iterator[tuple[str, str]]:
    """Yield the files of a new site, its settings last: with them it is complete."""
    day = Moment(today.year, today.month, today.day)
    welcome = {
        "title": words.say("init-welcome-title"),
        "date": day,
        "category": [words.say("init-welcome-category")],
        "lead": words.say("init-welcome-lead"),
    }
    text = frontmatter.compose(welcome, words.say("init-welcome-body"))
    yield f"content/{today:%Y/%m}/{_WELCOME}.md", text
    title, lead = words.say("init-about-title"), words.say("init-about-lead")
    about = frontmatter.compose(
        {"title": title, "lead": lead, "menu": 1}, words.say("init-about-body")
    )
    yield f"content/pages/{_ABOUT}.md", about
    yield SETTINGS, starter(words.language)


def starter(language: str) -> str:
    """Return the settings that a new site begins with."""
    return STARTER.read_text("utf-8").replace("\nlanguage: vi\n", f"\nlanguage: {language}\n")


def new(content: Path, bulletin: NewBulletin, words: Catalog) -> Path:
    """Make the file of a bulletin below *content*, ready to be written; return its path.

    Raises UsageError for a title or date that cannot be and where nothing can be written.
    """
    if not content.is_dir():
        raise UsageError("no-content", Place(content.as_posix()))
    title = vietnamese.tidy_spaces(bulletin.title)
    if not title:
        raise UsageError("empty-title")
    try:
        day = dates.parse(bulletin.date, bulletin.zone)
    except DateError as error:
        raise UsageError(error.code, Place("--date"), **error.details) from None
    folder = content / f"{day.year:04d}" / (f"{day.month:02d}" if day.month else "")
    text = _draft(title, day, bulletin, words)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return next(path for path in _names(folder, title) if create(path, text.encode()))
    except OSError as error:
        raise _cannot_write(folder, error) from None


def _draft(title: str, day: Moment, bulletin: NewBulletin, words: Catalog) -> str:
    """Return the file's text: what is known, then the other useful keys, each with a hint."""
    known = {
        "title": title,
        "date": day,
        "unit": bulletin.unit,
        "category": list(bulletin.categories),
    }
    text = frontmatter.compose(known, words.say("new-body"))
    head, _, body = text.removeprefix("---\n").partition("---\n")
    given = {key for key, value in known.items() if value}
    hints = [
        line
        for line in words.say("new-hints").strip().splitlines(keepends=True)
        if line.partition(":")[0] not in given
    ]
    return f"---\n{head}{''.join(hints)}\n---\n{body}"


def _names(folder: Path, title: str) -> Iterator[Path]:
    """Yield the paths under which a bulletin may be written, the plainest first."""
    slug = vietnamese.slugify(title)
    yield folder / f"{slug}.md"
    for number in itertools.count(2):
        yield folder / f"{slug}-{number}.md"


def _copy(source: str, target: str) -> None:
    create_copy(Path(target), Path(source))


def _cannot_write(folder: Path, error: OSError) -> UsageError:
    reason = error.strerror or str(error)
    return UsageError("cannot-write", Place(folder.as_posix()), reason=reason)
