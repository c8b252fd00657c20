"""The one way from sources to a published site: discover, read, library, plan, render, publish.

A clean build, an incremental one, the preview and the check all go through `build`.  Incremental
means that steps whose inputs' digests are unchanged are skipped, and nothing else.  Here stands
what every build does, and how it sees that there is nothing else to do; the stages are in `stages`,
which is loaded only when there is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import marshal
import math
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from danvan_site import compression, config, discovery, failures
from danvan_site.beside import beside
from danvan_site.discovery import File
from danvan_site.errors import Place, Problem, Severity, UsageError, named
from danvan_site.locks import locked
from danvan_site.memory import collection_paused, peak_memory
from danvan_site.options import BuildOptions, BuildReport, Progress
from danvan_site.output import OnDisk, OutputFolder
from danvan_site.program import program_digest
from danvan_site.state import State
from danvan_site.theme import theme_folder

if TYPE_CHECKING:
    from danvan_site.content import Bulletin
    from danvan_site.stages import Examiner

# A file changed this shortly before it was looked at may change again within the same tick of
# the file system's clock, so its time proves nothing (git calls such entries racy).
_RACY_NS = 2_000_000_000


def build(
    options: BuildOptions,
    progress: Progress,
    waiting: Callable[[], None],
    examiner: Examiner | None = None,
) -> BuildReport:
    """Build the site.  *waiting* is called when another build has to finish first; *examiner*
    looks on where nothing is published.

    Raises ContentError with all problems of the sources, and UsageError; either way the
    published folder is as it was, or, where a drive failed in the end, whole as after a kill.
    """
    settings = config.load(options.config, options.shown(options.config), options.base_url)
    with failures.told(options, path := _state_path(options)):
        try:
            return _build(options, settings, path, progress, waiting, examiner)
        except sqlite3.Error as error:
            if not failures.is_damage(error):
                raise
            # The state is a cache: with a new one all is as it was.
            anew = dataclasses.replace(options, clean=True)
            return _build(anew, settings, path, progress, waiting, examiner)


def _build(
    options: BuildOptions,
    settings: config.Settings,
    path: Path,
    progress: Progress,
    waiting: Callable[[], None],
    examiner: Examiner | None,
) -> BuildReport:
    """Build with the state file *path*."""
    _check_folders(options)
    if options.executor:
        from danvan_site import cluster

        cluster.check(options.executor)
    folder = OutputFolder(options.output, options.shown(options.output))
    with collection_paused(), contextlib.ExitStack() as stack:
        if options.publish:
            stack.enter_context(folder.locked(waiting))
        # Also an examination that publishes nothing reads the sources into the state.
        stack.enter_context(locked(path.with_suffix(".lock"), waiting))
        if options.clean:
            State.remove(path)
        state = State(path, _identity(options, settings), shared=bool(options.executor))
        stack.callback(state.close)
        return _Build(options, settings, folder, state, progress, examiner).run()


def _check_folders(options: BuildOptions) -> None:
    """The output may lie beside the sources, never around or inside them."""
    if not options.content.is_dir():
        raise UsageError("no-content", Place(options.shown(options.content)))
    output = options.output.resolve()
    for source in (options.content, options.templates, options.cache):
        path = source.resolve()
        if output == path or output.is_relative_to(path) or path.is_relative_to(output):
            raise UsageError(
                "output-among-sources",
                Place(options.shown(options.output)),
                source=options.shown(source),
            )
    if options.config.resolve().is_relative_to(output):
        raise UsageError(
            "output-among-sources",
            Place(options.shown(options.output)),
            source=options.shown(options.config),
        )


def _identity(options: BuildOptions, settings: config.Settings) -> str:
    """Return what a state is of: this program, what reading depends on."""
    content = str(options.content), options.shown(options.content)
    read = settings.language, settings.timezone, settings.markdown
    return f"{program_digest()} {(*content, *read)!r}"


def _state_path(options: BuildOptions) -> Path:
    """Return the state file of these two folders."""
    folders = f"{options.content.resolve()}\0{options.output.resolve()}"
    name = hashlib.blake2b(folders.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return options.cache / f"state-{name}.sqlite"


class _Build:
    """One build under way."""

    def __init__(
        self,
        options: BuildOptions,
        settings: config.Settings,
        folder: OutputFolder,
        state: State,
        progress: Progress,
        examiner: Examiner | None,
    ) -> None:
        self._examiner = examiner
        self._options = options
        self._settings = settings
        self._folder = folder
        self._state = state
        self._progress = progress
        # As they are before anything is made with them: what changes meanwhile is seen next time.
        self._asked = _asked(options, settings)
        self._sources = ""

    def run(self) -> BuildReport:
        """Look at the sources; do what there is to do."""
        if not self._options.publish:
            return self._run(dict)
        with beside(self._folder.scan) as scan:
            return self._run(scan)

    def _run(self, scan: Callable[[], OnDisk]) -> BuildReport:
        """*scan* tells what stands in the published folder."""
        start = time.perf_counter()
        self._progress.stage("discover", 0)
        options = self._options
        shown = options.shown(options.content)
        files, problems = discovery.discover(options.content, shown)
        trusted_before = self._state.mark_seen() - _RACY_NS
        is_told_of = any(each.severity is Severity.ERROR for each in problems)
        is_same = options.publish and not is_told_of
        report = self._as_it_was(files, scan, trusted_before) if is_same else None
        if report:
            report.seconds["discover"] = time.perf_counter() - start
            return report
        self._state.keep_last(None)
        # Loading the libraries that do the work takes longer than seeing that there is none.
        from danvan_site.stages import Stages

        on_disk = scan()
        seconds = {"discover": time.perf_counter() - start}
        stages = Stages(
            options, self._settings, self._folder, self._state, self._progress,
            program_digest(), seconds, self._examiner,
        )  # fmt: skip
        done = stages.run(files, problems, on_disk, trusted_before)
        if options.publish:
            self._keep_last(done.report, done.files, done.sources, done.on_disk)
        return done.report

    def _as_it_was(
        self, files: Mapping[str, File], scan: Callable[[], OnDisk], trusted_before: int
    ) -> BuildReport | None:
        """Report as the last build did where nothing at all has changed since; else None.

        The times of files that are older than *trusted_before* (ns) tell whether they did.
        """
        last = self._state.last()
        now = self._options.now.timestamp()
        if not last or not last["since"] <= now < last["until"] or not self._folder.is_settled:
            return None
        if last["signature"] != self._signature(files):
            return None
        if last["on_disk"] != _digest(sorted(scan().items())):
            return None
        for file in files.values():
            # What changed about when it was last looked at proves nothing by its time.
            if file.stamp.latest_ns >= trusted_before:
                digest = discovery.digest_of_file(self._options.content, file)
                if digest != self._state.source_digest(file.path):
                    return None
        problems = [Problem.from_row(row) for row in last["problems"]]
        report = BuildReport(**last["report"], problems=problems)
        report.unchanged = report.artifacts
        report.peak_memory = peak_memory()
        return report

    def _keep_last(
        self,
        report: BuildReport,
        files: Mapping[str, File],
        sources: Mapping[str, Bulletin],
        on_disk: OnDisk,
    ) -> None:
        """Keep what tells the next build that it has nothing to do."""
        self._sources = ""  # The ledger of addresses may have been written since.
        now = self._options.now.timestamp()
        moments = [
            moment
            for source in sources.values()
            for moment in (source.head.starts, source.head.expires)
            if moment is not None and moment > now
        ]
        names = ("bulletins", "pages", "artifacts", "compressed", "left_out")
        last = {
            "signature": self._signature(files),
            "on_disk": _digest(sorted(on_disk.items())),
            "since": now,
            "until": min(moments, default=math.inf),
            "report": {name: getattr(report, name) for name in names},
            "problems": [problem.to_row() for problem in report.problems],
        }
        self._state.keep_last(last)

    def _signature(self, files: Mapping[str, File]) -> str:
        """Return what is different when anything is that a build depends on."""
        if not self._sources:
            self._sources = _digest([(path, name, *stamp) for path, name, stamp in files.values()])
        return f"{self._asked} {self._sources}"


def _digest(values: list[Any]) -> str:
    # The second version of the format depends on values alone, not on where they are used twice.
    return hashlib.blake2b(marshal.dumps(values, 2), digest_size=16).hexdigest()


def _asked(options: BuildOptions, settings: config.Settings) -> str:
    """Return the digest of settings, options and templates."""
    asked = options.drafts, options.future, options.strict, options.shown(options.templates)
    encoders = compression.encoders() if options.precompress else {}
    digest = hashlib.blake2b(repr((settings, asked, encoders)).encode("utf-8", "surrogatepass"))
    for folder in dict.fromkeys((options.templates, theme_folder())):
        for path in discovery.files_beneath(folder):
            digest.update(f"\0{path}\0".encode("utf-8", "surrogatepass"))
            with named(path):
                digest.update(path.read_bytes())
    return digest.hexdigest()
