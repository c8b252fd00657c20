"""The words of the program and of the site's pages, one catalogue for each language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from danvan_site.dates import WEEKDAYS
from danvan_site.errors import Problem, Severity

LANGUAGES = ("vi", "en")
DEFAULT_LANGUAGE = "vi"
_FOLDER = Path(__file__).parent / "locale"
# Details that help wherever they are known, also where a text does not mention them.
_ADDED = ("target", "reason")


@dataclass(frozen=True, slots=True)
class Catalog:
    """All texts of one language.  A text that is missing raises KeyError: that is a bug."""

    language: str
    cli: Mapping[str, str]
    site: Mapping[str, str]
    problems: Mapping[str, Mapping[str, str]]

    def __reduce__(self) -> tuple[Callable[[str], Catalog], tuple[str]]:
        """Other processes load it themselves."""
        return load, (self.language,)

    def say(self, key: str, /, **details: object) -> str:
        """Return a text of the command line with its placeholders filled."""
        return self.cli[key].format(**details)

    def number(self, number: int) -> str:
        """Return a whole number grouped in threes: ``49.986.552`` or ``49,986,552``."""
        return f"{number:,}".replace(",", self.cli["thousands"])

    def seconds(self, seconds: float) -> str:
        """Return a time in seconds with one decimal, two below a second: ``3,2``."""
        return f"{seconds:.{1 if seconds >= 1 else 2}f}".replace(".", self.cli["decimal"])

    def explain(self, problem: Problem) -> tuple[str, str]:
        """Return what is wrong and the way out, without place and code."""
        texts = self.problems[problem.code]
        details = {key: self._weekday(value) for key, value in problem.details.items()}
        words = texts["text"].format(**details)
        added = [details[key] for key in _ADDED if details.get(key)]
        unsaid = [each for each in added if each not in words]
        words += f" ({'; '.join(unsaid)})" if unsaid else ""
        if details.get("meant"):
            words += self.say("did-you-mean", meant=details["meant"])
        return words, texts["remedy"].format(**details)

    def _weekday(self, value: str) -> str:
        """Put the name of a weekday where a detail is one (``weekday:3``)."""
        match = re.fullmatch(r"weekday:([0-6])", value)
        return WEEKDAYS[self.language][int(match[1])] if match else value

    def problem(self, problem: Problem) -> str:
        """Return a problem for people: place, severity, what is wrong, its code; the way out."""
        words, remedy = self.explain(problem)
        place = f"{problem.place}: " if problem.place.file else ""
        label = "" if problem.severity is Severity.ERROR else self.cli[problem.severity] + ": "
        return f"{place}{label}{words} [{problem.code}]\n    → {remedy}"

    def record(self, problem: Problem) -> dict[str, object]:
        """Return a problem for programs, as JSON values."""
        words, remedy = self.explain(problem)
        return {
            "code": problem.code,
            "severity": problem.severity.value,
            "file": problem.place.file,
            "line": problem.place.line,
            "column": problem.place.column,
            "text": words,
            "remedy": remedy,
        }


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
