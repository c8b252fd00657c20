"""The examination: a build that publishes nothing, with an examiner looking on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from danvan_site.builder import build
from danvan_site.errors import ContentError, Place, Problem, Severity
from danvan_site.examining import baseline, examinations, reading
from danvan_site.levels import LEVELS, OFF
from danvan_site.options import BuildOptions, BuildReport, Progress
from danvan_site.stages import Examined

_WEIGHT = {Severity.NOTICE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of an examination.

    What is below ``level`` is neither told nor counted.  What the file ``baseline`` knows is not
    told again; with ``renew`` it is written anew with all that there is now.
    """

    level: Severity = Severity.NOTICE
    baseline: Path | None = None
    renew: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it.  ``whole`` tells whether all could be looked at, ``known`` how many findings
    the baseline knows, ``written`` how many were put into it, None where it was not written."""

    report: BuildReport
    ok: bool
    whole: bool
    known: int = 0
    written: int | None = None


class _Examiner:
    """Calls the examinations, and gives what they find the levels of the settings."""

    def sources(self, site: Examined) -> Iterator[Problem]:
        """Examine what was read."""
        levels = levels_of(site.settings.check.levels)
        yield from _with_levels(reading.files(site), levels)
        for examine in examinations.SOURCES:
            yield from _with_levels(examine(site), levels)

    def output(self, site: Examined, folder: Path) -> Iterator[Problem]:
        """Examine the pages that were rendered into *folder*."""
        levels = levels_of(site.settings.check.levels)
        for examine in examinations.OUTPUT:
            yield from _with_levels(examine(site, folder), levels)


def levels_of(chosen: Iterable[tuple[str, str]]) -> dict[str, Severity | None]:
    """Return the level of each code, None where it is turned off."""
    levels: dict[str, Severity | None] = dict(LEVELS)
    return levels | {code: None if level == OFF else Severity(level) for code, level in chosen}


def _with_levels(
    problems: Iterable[Problem], levels: Mapping[str, Severity | None]
) -> Iterator[Problem]:
    for problem in problems:
        severity = levels.get(problem.code, problem.severity)
        if severity:
            yield dataclasses.replace(problem, severity=severity)


def check(
    options: BuildOptions, wanted: Wanted, progress: Progress, waiting: Callable[[], None]
) -> Checked:
    """Build everything, publish nothing, examine all of it.

    The report has what there is to tell; it is not ``ok`` where that has errors, or warnings with
    ``options.strict``.  Raises UsageError, as `build` does.
    """
    shown = options.shown(wanted.baseline) if wanted.baseline else ""
    known = baseline.read(wanted.baseline, shown) if wanted.baseline and not wanted.renew else None
    # Warnings must not keep the rest from being looked at.
    lenient = dataclasses.replace(options, publish=False, strict=False)
    whole = True
    try:
        report = build(lenient, progress, waiting, _Examiner())
    except ContentError as error:
        whole = False
        report = BuildReport(problems=list(error.problems))
    found = report.problems
    report.problems = [each for each in found if _WEIGHT[each.severity] >= _WEIGHT[wanted.level]]
    count, written = 0, None
    if known is not None:
        new, gone = baseline.unknown(report.problems, known)
        count = len(report.problems) - len(new)
        report.problems = new
        if gone and whole and wanted.level is Severity.NOTICE:
            details = {"count": str(gone)}
            report.problems.append(
                Problem("baseline-outdated", Place(shown), details, Severity.NOTICE)
            )
    elif wanted.baseline and whole:
        written = baseline.write(wanted.baseline, shown, report.problems)
        report.problems = [each for each in found if not baseline.is_for_baselines(each)]
    fatal = {Severity.ERROR, Severity.WARNING} if options.strict else {Severity.ERROR}
    ok = not any(each.severity in fatal for each in report.problems)
    return Checked(report, ok, whole, count, written)
