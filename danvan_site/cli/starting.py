"""`init` and `new`: what was made, and what to do next."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from danvan_site import config, scaffold, vietnamese
from danvan_site.catalog import Catalog
from danvan_site.cli import DONE
from danvan_site.cli.building import content_folder, now, settings_file
from danvan_site.cli.console import Console
from danvan_site.cli.parser import way_to_call
from danvan_site.dates import zone_of


def init(console: Console, folder: Path) -> int:
    """Start a new site in *folder*; return the exit code."""
    words = console.words
    today = now().astimezone(zone_of(config.DEFAULT_ZONE)).date()
    scaffold.init(folder, words, today)
    here = Path(os.path.abspath(folder)) == Path.cwd()
    file = f" --config {_typed(folder / 'site.yaml')}" if not here else ""
    shown = folder.as_posix()
    console.say(words.say("init-done", folder=shown))
    console.say(words.say("init-next", folder=shown, call=way_to_call(), file=file).rstrip())
    return DONE


def new(console: Console, values: Mapping[str, Any]) -> int:
    """Make the file of a new bulletin; return the exit code."""
    words = console.words
    file = settings_file(values)
    settings = config.load(file, os.path.relpath(file).replace(os.sep, "/"))
    units = [each.name for each in settings.units]
    categories = [each.name for each in settings.categories]
    unit = _known(console, values["unit"], units, "units") if values["unit"] else ""
    request = scaffold.NewBulletin(
        title=values["title"],
        date=values["date"] or now().astimezone(zone_of(settings.timezone)).date().isoformat(),
        unit=unit,
        categories=[_known(console, each, categories, "categories") for each in values["category"]],
        zone=settings.timezone,
    )
    path = scaffold.new(content_folder(values), request, words)
    console.say(words.say("new-done", path=os.path.relpath(path).replace(os.sep, "/")))
    console.say_aside(_next(words, values))
    return DONE


def _known(console: Console, name: str, known: Iterable[str], key: str) -> str:
    """Return a name as the settings spell it; say so where they do not know it."""
    spelled = {vietnamese.identity(each): each for each in known}
    found = spelled.get(vietnamese.identity(name))
    if not found and spelled:
        console.say_aside(console.words.say("new-unknown", name=name, key=key))
    return found or name


def _next(words: Catalog, values: Mapping[str, Any]) -> str:
    file = f" --config {_typed(values['config'])}" if values["config"] else ""
    return words.say("new-next", call=way_to_call(), file=file)


def _typed(path: Path) -> str:
    """Return a path as one types it."""
    text = str(path)
    return f'"{text}"' if any(c.isspace() or c in "&()'" for c in text) else text
