"""`search`: a query over the published index, answered in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from danvan_site.cli import DONE
from danvan_site.cli.building import output_folder
from danvan_site.cli.console import Console
from danvan_site.errors import Place, UsageError
from danvan_site.search import query
from danvan_site.search.reader import IndexDamaged, Published


def search(console: Console, values: Mapping[str, Any]) -> int:
    """Answer; return the exit code.  Raises UsageError where there is no index to ask."""
    folder = output_folder(values)
    try:
        answer = query.search(_published(folder), values["query"], values["limit"])
    except IndexDamaged as error:
        raise UsageError("index-damaged", Place(f"{folder}/{error}")) from None
    if values["json"]:
        results = [each._asdict() for each in answer.results]
        console.give({"total": answer.total, "results": results})
        return DONE
    console.say(console.words.say("search-total", total=answer.total))
    for each in answer.results:
        details = " · ".join(part for part in (each.date, each.unit) if part)
        console.say(f"\n{each.title}\n  {details}\n  {each.url}")
    return DONE


def _published(folder: Path) -> Published:
    try:
        published = Published(folder)
    except (OSError, UnicodeDecodeError):
        raise UsageError("no-index", Place(str(folder))) from None
    if not published.summary:
        raise UsageError("no-index", Place(str(folder)))
    return published
