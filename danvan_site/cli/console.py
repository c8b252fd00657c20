"""What goes to the terminal: results to stdout, problems and what is said on the way to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from danvan_site.catalog import Catalog
from danvan_site.errors import Problem

# Sources are quoted in messages; nothing in them may steer the terminal or turn its direction.
_STEERING = dict.fromkeys(
    [*range(0x00, 0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F),
     *range(0x2066, 0x206A)],
    "\ufffd",
)  # fmt: skip


class Console:
    """The words of one language, and where they are printed."""

    def __init__(self, words: Catalog) -> None:
        self.words = words

    def say(self, text: str) -> None:
        """Print a line of the result."""
        print(text.translate(_STEERING), flush=True)

    def say_aside(self, text: str) -> None:
        """Print a line that is no part of the result."""
        print(text.translate(_STEERING), file=sys.stderr, flush=True)

    def list_problems(self, problems: Iterable[Problem]) -> None:
        """Print problems, each with its place and the way out."""
        for problem in problems:
            self.say_aside(self.words.problem(problem))

    def give(self, values: Mapping[str, Any]) -> None:
        """Print the result as one JSON object."""
        print(json.dumps(values, ensure_ascii=False, indent=1), flush=True)
