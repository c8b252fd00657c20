"""The report of an import: what came, what did not and why, what needs a person; each placed."""

from __future__ import annotations

import contextlib
import enum
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import jinja2

from danvan_site import durable
from danvan_site.catalog import Catalog
from danvan_site.errors import Place, Severity, UsageError
from danvan_site.importers.frame import Draft, Outcome
from danvan_site.importers.placing import reason_of

# So many of a kind the page lists; the JSON file has all of them.
_LISTED = 1000
# What every report of ours has near its beginning; no other file is written over.
_OURS = "danvan-site import report"
_LOOKED_AT = 400
# What else pieces are listed for.
_LISTS = ("review", "missing", "dropped")


class Fate(enum.StrEnum):
    """What can become of a piece of a source."""

    WRITTEN = "written"
    BEFORE = "before"
    CHANGED = "changed"
    SKIPPED = "skipped"
    FAILED = "failed"


def fate(outcome: Outcome) -> Fate:
    """Return what became of a piece."""
    problem = outcome.problem
    if not problem:
        return Fate.WRITTEN
    if problem.severity is Severity.ERROR:
        return Fate.FAILED
    if problem.code == "import-already":
        return Fate.BEFORE
    return Fate.CHANGED if problem.code.startswith("import-changed") else Fate.SKIPPED


class Report:
    """Counts outcomes as they come, by fate, and ``held``, those that need a person; with a *path*
    it writes a page there and a JSON file beside it when it is closed."""

    def __init__(self, words: Catalog, path: Path | None, is_trial: bool) -> None:
        self._words = words
        self._is_trial = is_trial
        self._path = path
        self._json: IO[str] | None = None
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in (*Fate, *_LISTS)}
        self.counts: Counter[str] = Counter()
        self.held = 0

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Write the report of the outcomes added in the block, if only of some of them.

        Raises UsageError where it cannot be written, or where another file stands there.
        """
        if not self._path:
            yield
            return
        page, lines = self._path, self._path.with_suffix(".json")
        for file in (page, lines):
            _refuse_foreign(file)
        begun = lines.with_name(f".{lines.name}.part")
        try:
            with begun.open("w", encoding="utf-8", errors="replace", newline="\n") as self._json:
                self._json.write(f'{{"report": "{_OURS}",\n"outcomes": [')
                try:
                    yield
                finally:
                    self._json.write(f"\n],\n{json.dumps(self.summary())[1:]}\n")
            os.replace(begun, lines)
            durable.replace(page, self._page().encode("utf-8", "replace"))
        except OSError as error:
            raise UsageError(
                "import-report", Place(page.as_posix()), reason=reason_of(error)
            ) from None
        finally:
            begun.unlink(missing_ok=True)

    def add(self, outcome: Outcome) -> None:
        """Take in what became of a piece."""
        kind = fate(outcome)
        self.counts[kind] += 1
        self.held += bool(outcome.written and outcome.draft and outcome.draft.needs_a_person)
        if not self._json:
            return
        record = record_of(self._words, outcome)
        line = json.dumps(record, ensure_ascii=False)
        self._json.write(f"{',' if self.counts.total() > 1 else ''}\n{line}")
        for name in (kind, *(each for each in _LISTS if record[each])):
            rows = self._rows[name]
            if len(rows) < _LISTED:
                rows.append(record)

    def summary(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        counts = {str(each): self.counts[each] for each in Fate}
        failed = self.counts[Fate.FAILED]
        return {"ok": not failed, "dry_run": self._is_trial, **counts, "held": self.held}

    def _page(self) -> str:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        template = environment.get_template("report.html")
        return template.render(
            ours=_OURS,
            language=self._words.language,
            say=lambda key, **details: self._words.say(f"report-{key}", **details),
            number=self._words.number,
            total=self.counts.total(),
            counts={str(each): self.counts[each] for each in Fate},
            held=self.held,
            rows=self._rows,
            most=_LISTED,
            is_trial=self._is_trial,
            json=self._path.with_suffix(".json").name if self._path else "",
        )


def record_of(words: Catalog, outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON values, its problems with their words."""
    draft = outcome.draft
    return {
        "source": outcome.source,
        "fate": str(fate(outcome)),
        "written": outcome.written.as_posix() if outcome.written else None,
        "problem": words.record(outcome.problem) if outcome.problem else None,
        "review": _reviews(draft) if draft else [],
        "recognised": [list(pair) for pair in draft.recognised] if draft else [],
        "dropped": [{"line": each.line, "text": each.text} for each in draft.dropped]
        if draft
        else [],
        "missing": [words.record(problem) for problem in draft.missing] if draft else [],
        "visits": draft.visits if draft else None,
        "difference": outcome.difference,
    }


def _reviews(draft: Draft) -> list[str]:
    review = draft.fields.get("review") or []
    return [str(each) for each in (review if isinstance(review, list | tuple) else [review])]


def _refuse_foreign(path: Path) -> None:
    try:
        with path.open("rb") as file:
            is_ours = _OURS.encode() in file.read(_LOOKED_AT)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError("import-report", Place(path.as_posix()), reason=reason_of(error)) from None
    if not is_ours:
        raise UsageError("import-report-foreign", Place(path.as_posix()))
