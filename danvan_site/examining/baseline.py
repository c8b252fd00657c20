"""Baselines: what is known of an old archive, so that only what is new is told.

A file of text, a line for each finding, sorted: code, file, digest of what was found, how often.
Lines and columns are not in it, so what is edited elsewhere in a file brings nothing back.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from danvan_site import durable
from danvan_site.errors import Place, Problem, Severity, UsageError
from danvan_site.levels import LEVELS

_HEADING = "# danvan-site: check --baseline, 1"
# Details that are no part of what was found: they change from day to day, or with other places.
_PASSING = frozenset(("days", "count", "percent", "first", "examined", "pages"))
Key = tuple[str, str, str]


def is_for_baselines(problem: Problem) -> bool:
    """Tell whether a problem can be left for later: not what the build itself stops at."""
    return problem.code in LEVELS or problem.severity is not Severity.ERROR


def key(problem: Problem) -> Key:
    """Return by what a finding is known again: code, file, digest of what was found."""
    said = sorted((k, v) for k, v in problem.details.items() if k not in _PASSING)
    text = json.dumps(said, ensure_ascii=True)
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return problem.code, problem.place.file, digest


def read(path: Path, shown: str) -> Counter[Key]:
    """Return what a baseline knows, and how often.  Raises UsageError where it is none."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise UsageError("no-baseline", Place(shown)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("baseline-unreadable", Place(shown), reason=str(error)) from None
    if not lines or lines[0] != _HEADING:
        raise UsageError("not-a-baseline", Place(shown))
    known: Counter[Key] = Counter()
    for number, line in enumerate(lines[1:], start=2):
        if not line or line.startswith("#"):
            continue
        try:
            code, file, digest, count = line.split("\t")
            known[code, json.loads(f'"{file}"'), digest] += int(count)
        except ValueError:
            # A conflict of a version control system, most often.
            raise UsageError("baseline-line", Place(shown, number)) from None
    return known


def write(path: Path, shown: str, problems: Iterable[Problem]) -> int:
    """Write a baseline of *problems*; return how many they are.

    Raises UsageError where something else stands there, or where it cannot be written.
    """
    if path.exists():
        read(path, shown)
    found = Counter(key(each) for each in problems if is_for_baselines(each))
    rows = sorted(
        "\t".join((code, json.dumps(file, ensure_ascii=False)[1:-1], digest, str(count)))
        for (code, file, digest), count in found.items()
    )
    text = "".join(f"{line}\n" for line in (_HEADING, *rows))
    try:
        # Half a letter in a file's name is written as JSON would.
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.replace(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError("baseline-not-written", Place(shown), reason=reason) from None
    return found.total()


def unknown(problems: Sequence[Problem], known: Counter[Key]) -> tuple[list[Problem], int]:
    """Return the problems that a baseline does not know, and how many of its entries are gone."""
    left = known.copy()
    new: list[Problem] = []
    for problem in problems:
        if is_for_baselines(problem) and left[key(problem)] > 0:
            left[key(problem)] -= 1
        else:
            new.append(problem)
    return new, left.total()
