"""The words of the program and of the site's pages, one catalogue for each language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from danvan_site.errors import Problem, Severity

LANGUAGES = ("vi", "en")
DEFAULT_LANGUAGE = "vi"
_FOLDER = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Catalog:
    """All texts of one language.  A text that is missing raises KeyError: that is a bug."""

    language: str
    cli: Mapping[str, str]
    site: Mapping[str, str]
    problems: Mapping[str, Mapping[str, str]]

    def say(self, key: str, **details: object) -> str:
        """Return a text of the command line with its placeholders filled."""
        return self.cli[key].format(**details) if details else self.cli[key]

    def problem(self, problem: Problem) -> str:
        """Return a problem as one line: place, severity, what is wrong, the way out, its code."""
        texts = self.problems[problem.code]
        words = texts["text"].format(**problem.details)
        if problem.details.get("meant"):
            words += self.say("did-you-mean", meant=problem.details["meant"])
        place = f"{problem.place}: " if problem.place.file else ""
        label = "" if problem.severity is Severity.ERROR else self.cli[problem.severity] + ": "
        remedy = texts["remedy"].format(**problem.details)
        return f"{place}{label}{words} [{problem.code}]\n    → {remedy}"


@cache
def load(language: str) -> Catalog:
    """Return the catalogue of ``vi`` or ``en``."""
    texts = tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
    return Catalog(
        language,
        MappingProxyType(texts["cli"]),
        MappingProxyType(texts["site"]),
        MappingProxyType(texts["problem"]),
    )
