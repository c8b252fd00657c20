"""`bag`: bags for archives, one a year."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from danvan_site import __version__, config, vietnamese
from danvan_site.cli import DONE
from danvan_site.cli.building import (
    Bars,
    content_folder,
    now,
    output_folder,
    settings_file,
    templates_folder,
)
from danvan_site.cli.console import Console
from danvan_site.config import Settings
from danvan_site.dates import zone_of
from danvan_site.errors import Place, Problem, Severity, UsageError
from danvan_site.integrity import bag as bags
from danvan_site.integrity import manifest
from danvan_site.integrity.bag import Made
from danvan_site.integrity.contents import REST, Contents, contents
from danvan_site.integrity.manifest import Manifest, shown_as
from danvan_site.integrity.sources import Sources
from danvan_site.locks import locked
from danvan_site.output import MANIFEST
from danvan_site.workers import Workers

_FOLDER = "bags"
_LOCK = ".danvan-bags.lock"
_NAME = 100  # characters


def bag(console: Console, values: Mapping[str, Any]) -> int:
    """Make the bags of the years that the arguments name, or of all; return the exit code."""
    file = settings_file(values)
    settings = config.load(file, file.name)
    sources = Sources.of(file, content_folder(values), templates_folder(values))
    day = _day(values["date"], settings)
    public = output_folder(values)
    target = _target(values, sources, public)
    published = manifest.load(public / MANIFEST, f"{public.as_posix()}/{MANIFEST}")
    waiting = console.words.say("bag-waiting")
    with contextlib.ExitStack() as stack, Workers(values["jobs"]) as workers:
        bars = Bars(console.words, stack, hidden=values["json"])
        bars.stage("read", len(sources.look().files))
        found = contents(
            sources, settings, (public, published), values["year"], (workers, bars.advance)
        )
        with locked(target / _LOCK, lambda: console.say_aside(waiting)):
            bags.clear_begun(target)
            made, there = [], []
            for year, pieces in found.pieces.items():
                folder = target / f"{vietnamese.slugify(settings.title, _NAME)}-{year}"
                if not values["year"] and os.path.lexists(folder):
                    there.append(folder)
                    continue
                bars.stage("bag", 2 * len(pieces))
                info = _info(settings, published, day, year, found)
                made.append(bags.make(folder, pieces, info, workers, bars.advance))
                stack.close()
                if not values["json"]:
                    _tell(console, made[-1])
    if values["json"]:
        console.give({"ok": True, "bags": [_record(each) for each in made],
                      "there": [each.as_posix() for each in there]})  # fmt: skip
    elif there:
        console.say(console.words.say("bag-there", count=console.words.number(len(there))))
    return DONE


def _day(text: str, settings: Settings) -> str:
    """Return the day of the bags, ISO 8601: what is given, or today."""
    if not text:
        return now().astimezone(zone_of(settings.timezone)).date().isoformat()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError("bag-date", target=text) from None


def _target(values: Mapping[str, Any], sources: Sources, public: Path) -> Path:
    """Return the folder for bags; raise UsageError where they would be taken for sources or for
    published files."""
    target = Path(os.path.abspath(values["to"] or sources.root / _FOLDER))
    content, templates = sources.root / sources.content, sources.root / sources.templates
    if any(
        target.resolve().is_relative_to(each.resolve()) for each in (content, templates, public)
    ):
        raise UsageError("bag-inside", Place(target.as_posix()))
    if os.path.lexists(target) and not target.is_dir():
        raise UsageError("bag-not-written", Place(target.as_posix()), reason="")
    return target


def _info(
    settings: Settings, published: Manifest, day: str, year: str, found: Contents
) -> dict[str, str]:
    """Return what ``bag-info.txt`` says; values that are '' are left out."""
    publisher = settings.publisher
    site = settings.base_url or vietnamese.slugify(settings.title)
    inside = "" if year == REST else f"{year}/"
    return {
        "Source-Organization": publisher.name or settings.title,
        "Organization-Address": publisher.address,
        "Contact-Name": publisher.responsible,
        "Contact-Phone": publisher.phone,
        "Contact-Email": publisher.email,
        "External-Description": f"{settings.title} ({year})",
        "Bagging-Date": day,
        "External-Identifier": f"{site}{inside}" if settings.base_url else f"{site}-{year}",
        "Bag-Group-Identifier": site,
        "Internal-Sender-Description": f"{found.bulletins[year]} bulletins; "
        f"manifest-sha256.txt of the published site has the sha256 {published.digest}",
        "Bag-Software-Agent": f"danvan-site {__version__}",
    }


def _tell(console: Console, made: Made) -> None:
    number = console.words.number
    console.say(console.words.say(
        "bag-made", folder=made.folder.as_posix(), files=number(made.files),
        size=number(-(-made.size // 1_000_000)), digest=made.digest,
    ))  # fmt: skip

    console.list_problems(
        Problem("bag-percent", Place(f"data/{shown_as(path)}"), {}, Severity.NOTICE)
        for path in made.encoded
    )


def _record(made: Made) -> dict[str, Any]:
    return {
        "folder": made.folder.as_posix(),
        "files": made.files,
        "bytes": made.size,
        "tagmanifest_sha256": made.digest,
        "encoded": list(made.encoded),
    }
