"""Problems as other programs take them: SARIF 2.1.0 (OASIS), commands of GitHub workflows."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from danvan_site import __version__
from danvan_site.catalog import Catalog
from danvan_site.errors import Place, Problem, Severity
from danvan_site.examining import baseline
from danvan_site.levels import LEVELS
from danvan_site.options import BuildOptions

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# What others take for the folder where the sources begin.
_ROOT = "%SRCROOT%"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}


def _from_here(options: BuildOptions, file: str) -> str:
    """Return the path of a file of the site as it is from where the program was started, which is
    where a repository begins; a file elsewhere has an absolute path.  A link is itself meant."""
    path = options.site / file
    path = path.parent.resolve() / path.name
    here = Path.cwd().resolve()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


# SARIF


def sarif(words: Catalog, options: BuildOptions, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the log of one run with a rule for each code that was, or could have been, found."""
    codes = sorted({*LEVELS, *(each.code for each in problems)})
    numbers = {code: number for number, code in enumerate(codes)}
    driver = {
        "name": "danvan-site",
        "version": __version__,
        "language": words.language,
        "rules": [_rule(words, code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(words, options, each, numbers[each.code]) for each in problems],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(words: Catalog, code: str) -> dict[str, Any]:
    texts = words.problems[code]
    return {
        "id": code,
        "shortDescription": {"text": _general(texts["text"])},
        "help": {"text": _general(texts["remedy"])},
        "defaultConfiguration": {"level": _LEVELS[LEVELS.get(code, Severity.ERROR)]},
    }


def _general(text: str) -> str:
    """Return a text without details: … where they go."""
    pieces = string.Formatter().parse(text)
    return "".join(words + ("…" if name is not None else "") for words, name, *_ in pieces)


def _result(words: Catalog, options: BuildOptions, problem: Problem, rule: int) -> dict[str, Any]:
    text, remedy = words.explain(problem)
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": _LEVELS[problem.severity],
        "message": {"text": f"{text}\n→ {remedy}"},
        "partialFingerprints": {"danvanSite/v1": "/".join(baseline.key(problem)[::2])},
    }
    if problem.place.file:
        result["locations"] = [{"physicalLocation": _location(options, problem.place)}]
    return result


def _location(options: BuildOptions, place: Place) -> dict[str, Any]:
    path = _from_here(options, place.file)
    if Path(path).is_absolute():
        artifact = {"uri": Path(path).as_uri()}
    else:
        artifact = {"uri": quote(path, errors="surrogateescape"), "uriBaseId": _ROOT}
    location: dict[str, Any] = {"artifactLocation": artifact}
    if place.line:
        column = {"startColumn": place.column} if place.column else {}
        location["region"] = {"startLine": place.line} | column
    return location


# GitHub


def github(words: Catalog, options: BuildOptions, problems: Sequence[Problem]) -> Iterator[str]:
    """Yield a workflow command for each problem: what it is stands beside the line in GitHub."""
    for problem in problems:
        text, remedy = words.explain(problem)
        place = problem.place
        values = {
            "file": _from_here(options, place.file) if place.file else "",
            "line": str(place.line or ""),
            "col": str(place.column or ""),
            "title": problem.code,
        }
        given = ",".join(f"{name}={_property(value)}" for name, value in values.items() if value)
        message = _data(f"{text}\n→ {remedy}")
        yield f"::{problem.severity} {given}::{message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
