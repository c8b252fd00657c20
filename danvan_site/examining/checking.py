"""The examination: a build that publishes nothing, with an examiner looking on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from danvan_site.builder import build
from danvan_site.errors import ContentError, Place, Problem, Severity
from danvan_site.examining import baseline, duties, examinations, outside, reading
from danvan_site.examining.duties import Duty
from danvan_site.examining.outside import Estimate, Link
from danvan_site.levels import LEVELS, OFF
from danvan_site.locks import locked
from danvan_site.options import BuildOptions, BuildReport, Progress
from danvan_site.stages import Examined

_WEIGHT = {Severity.NOTICE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of an examination.

    What is below ``level`` is neither told nor counted.  What the file ``baseline`` knows is not
    told again; with ``renew`` it is written anew with all that there is now.  With ``external``
    other sites are asked whether links to them still lead somewhere.
    """

    level: Severity = Severity.NOTICE
    baseline: Path | None = None
    renew: bool = False
    external: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it.  ``whole`` tells whether all could be looked at, ``known`` how many findings
    the baseline knows, ``written`` how many were put into it, None where it was not written.
    ``duties`` are what rules ask, where there were pages to look at."""

    report: BuildReport
    ok: bool
    whole: bool
    known: int = 0
    written: int | None = None
    duties: Sequence[Duty] = ()


class _Examiner:
    """Calls the examinations, and gives what they find the levels of the settings.  Others are
    not asked before the build is over: meanwhile nobody else could build."""

    def __init__(self, external: bool) -> None:
        self._external = external
        self._levels: Mapping[str, Severity | None] = LEVELS
        self._agent = ""
        self._links: list[Link] = []
        self.duties: list[Duty] = []

    def sources(self, site: Examined) -> Iterator[Problem]:
        """Examine what was read."""
        levels = self._levels = levels_of(site.settings.check.levels)
        if self._external:
            self._agent = outside.agent_of(site.settings)
            self._links = outside.links_of(site)
        yield from _with_levels(reading.files(site), levels)
        for examine in examinations.SOURCES:
            yield from _with_levels(examine(site), levels)

    def output(self, site: Examined, folder: Path) -> Iterator[Problem]:
        """Examine the pages that were rendered into *folder*."""
        levels = levels_of(site.settings.check.levels)
        for examine in examinations.OUTPUT:
            yield from _with_levels(examine(site, folder), levels)
        self.duties = duties.examine(site, folder)

    def others(self, cache: Path, progress: Progress, estimate: Estimate) -> Iterator[Problem]:
        """Ask other sites; *estimate* is told how much there is to ask."""
        manner = outside.Manner(self._agent)
        found = outside.examine(self._links, cache, manner, progress, estimate)
        yield from _with_levels(found, self._levels)


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
    options: BuildOptions,
    wanted: Wanted,
    progress: Progress,
    waiting: Callable[[], None],
    estimate: Estimate,
) -> Checked:
    """Build everything, publish nothing, examine all of it.  *estimate* is told how many addresses
    at how many hosts have to be asked, and about how many seconds that takes.

    The report has what there is to tell; it is not ``ok`` where that has errors, or warnings with
    ``options.strict``.  Raises UsageError, as `build` does.
    """
    shown = options.shown(wanted.baseline) if wanted.baseline else ""
    known = baseline.read(wanted.baseline, shown) if wanted.baseline and not wanted.renew else None
    # Warnings must not keep the rest from being looked at.
    lenient = dataclasses.replace(options, publish=False, strict=False)
    whole = True
    examiner = _Examiner(wanted.external)
    try:
        report = build(lenient, progress, waiting, examiner)
    except ContentError as error:
        whole = False
        report = BuildReport(problems=list(error.problems))
    if wanted.external:
        with locked(options.cache / "links.lock", waiting):
            report.problems += examiner.others(options.cache, progress, estimate)
    found = sorted(report.problems, key=lambda problem: problem.order)
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
    return Checked(report, ok, whole, count, written, examiner.duties)
