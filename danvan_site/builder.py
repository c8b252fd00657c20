"""The one way from sources to a published site: discover, read, library, plan, render, publish.

A clean build, an incremental one, the preview and the check all go through `build`.  Incremental
means that steps whose inputs' digests are unchanged are skipped, and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from danvan_site import catalog, config, content, markdown, render
from danvan_site.content import Bulletin, File, ReadOptions
from danvan_site.errors import ContentError, Place, Problem, Severity, UsageError
from danvan_site.library import Library, assemble
from danvan_site.locks import locked
from danvan_site.output import OutputFolder
from danvan_site.plan import Plan, References, plan
from danvan_site.rendering import Rendering
from danvan_site.search.index import Needs
from danvan_site.state import KnownOutput, KnownSource, Rows, State
from danvan_site.templates import TemplateProblem, Templates, theme_folder
from danvan_site.workers import Workers, collection_paused

# A file changed this shortly before it was looked at may change again within the same tick of
# the file system's clock, so its time proves nothing (git calls such entries racy).
_RACY_NS = 2_000_000_000
_READ_CHUNK = 100


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What to build, from where to where, and how.

    ``jobs`` is the number of worker processes, 0 for one a processor; ``now`` is aware; with
    ``publish`` False everything is examined and nothing is written outside ``cache``.
    """

    site: Path
    config: Path
    content: Path
    templates: Path
    output: Path
    cache: Path
    now: datetime
    jobs: int = 0
    clean: bool = False
    drafts: bool = False
    future: bool = False
    strict: bool = False
    base_url: str = ""
    publish: bool = True

    def shown(self, path: Path) -> str:
        """Return a path as messages name it: relative to the site's folder where it is inside."""
        with contextlib.suppress(ValueError):
            path = path.resolve().relative_to(self.site.resolve())
        return path.as_posix()


class Progress(Protocol):
    """Told what the build is doing."""

    def stage(self, name: str, total: int) -> None:
        """A stage with *total* steps begins (0: not known)."""

    def advance(self, count: int) -> None:
        """*count* more steps of the stage are done."""


@dataclass(slots=True)
class BuildReport:
    """What a build did.  ``seconds`` is by stage, ``peak_memory`` in bytes over all processes,
    ``left_out`` is reason → sources, ``reasons`` is artifact → why it was rendered."""

    bulletins: int = 0
    pages: int = 0
    artifacts: int = 0
    rendered: int = 0
    written: int = 0
    removed: int = 0
    unchanged: int = 0
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory: int = 0
    problems: list[Problem] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)


def build(options: BuildOptions, progress: Progress, waiting: Callable[[], None]) -> BuildReport:
    """Build the site.  *waiting* is called when another build has to finish first.

    Raises ContentError with all problems of the sources, and UsageError; either way the
    published folder is as it was.
    """
    settings = config.load(options.config, options.shown(options.config), options.base_url)
    _check_folders(options)
    with collection_paused(), contextlib.ExitStack() as stack:
        if options.publish:
            folder = OutputFolder(options.output, options.shown(options.output))
            stack.enter_context(folder.locked(waiting))
        path = _state_path(options)
        # Also an examination that publishes nothing reads the sources into the state.
        stack.enter_context(locked(path.with_suffix(".lock"), waiting))
        if options.clean:
            State.remove(path)
        state = State(path, f"{program_digest()} {_read_options(options, settings)!r}")
        stack.callback(state.close)
        workers = stack.enter_context(Workers(options.jobs))
        rows = Rows(path)
        stack.callback(rows.close)
        return _Build(options, settings, state, rows, workers, progress).run()


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


@cache
def program_digest() -> str:
    """Return the digest of this program's own code and words: another program, another state."""
    package = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=16)
    for suffix in ("*.py", "*.toml"):
        for file in sorted(package.rglob(suffix)):
            digest.update(file.relative_to(package).as_posix().encode() + b"\0")
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _read_options(options: BuildOptions, settings: config.Settings) -> ReadOptions:
    words = catalog.load(settings.language).site
    return ReadOptions(
        str(options.content),
        options.shown(options.content),
        settings.timezone,
        markdown.Options(settings.markdown.html, words["table_label"], words["footnote_back"]),
    )


def _state_path(options: BuildOptions) -> Path:
    """Return the state file of these two folders."""
    folders = f"{options.content.resolve()}\0{options.output.resolve()}"
    name = hashlib.blake2b(folders.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return options.cache / f"state-{name}.sqlite"


class _Build:
    """One build under way; its stages in the order in which they run."""

    def __init__(
        self,
        options: BuildOptions,
        settings: config.Settings,
        state: State,
        rows: Rows,
        workers: Workers,
        progress: Progress,
    ) -> None:
        self._options = options
        self._settings = settings
        self._folder = OutputFolder(options.output, options.shown(options.output))
        self._state = state
        self._workers = workers
        self._progress = progress
        self._reading = _read_options(options, settings)
        self._report = BuildReport()
        self._problems: list[Problem] = []
        self._rows = rows
        self._media: dict[str, KnownSource] = {}
        self._trusted_before = 0

    def run(self) -> BuildReport:
        """Run all stages."""
        with self._stage("discover"):
            files, problems = content.discover(self._options.content, self._reading.shown)
            self._problems += problems
            on_disk = self._folder.scan() if self._options.publish else {}
            self._trusted_before = self._state.mark_seen() - _RACY_NS
            if self._options.publish and self._is_as_it_was(files, on_disk):
                return self._report
            self._state.keep_last(None)
        with self._stage("read"):
            sources = self._read(files)
        with self._stage("library"):
            library, references = self._assemble(files, sources)
        with self._stage("plan"):
            templates = self._templates()
            planned = self._plan(library, references, templates)
        self._stop_on_errors()
        self._state_media(files)
        if self._options.publish:
            on_disk = self._publish_all(planned, templates, on_disk)
        else:
            self._examine(planned, templates)
        self._report.peak_memory = self._workers.memory
        self._report.problems = sorted(self._problems, key=lambda problem: problem.order)
        if self._options.publish:
            self._keep_last(files, sources, on_disk)
        return self._report

    # what was

    def _is_as_it_was(
        self, files: Mapping[str, File], on_disk: Mapping[str, tuple[int, int]]
    ) -> bool:
        """Tell whether nothing at all has changed since the last build; if so, report as it did."""
        last = self._state.last()
        now = self._options.now.timestamp()
        if not last or not last["since"] <= now < last["until"] or not self._folder.is_settled:
            return False
        if last["signature"] != self._signature(files, on_disk):
            return False
        for file in files.values():
            # What changed about when it was last looked at proves nothing by its time.
            if file.stamp.latest_ns >= self._trusted_before:
                digest = content.digest_of_file(file, self._reading)
                if digest != self._state.source_digest(file.path):
                    return False
        problems = [Problem.from_row(row) for row in last["problems"]]
        report = BuildReport(**last["report"], problems=problems, seconds=self._report.seconds)
        report.unchanged = report.artifacts
        report.peak_memory = self._workers.memory
        self._report = report
        return True

    def _keep_last(
        self,
        files: Mapping[str, File],
        sources: Mapping[str, Bulletin],
        on_disk: Mapping[str, tuple[int, int]],
    ) -> None:
        """Keep what tells the next build that it has nothing to do."""
        now = self._options.now.timestamp()
        report = self._report
        moments = [
            moment
            for source in sources.values()
            for moment in (source.head.starts, source.head.expires)
            if moment is not None and moment > now
        ]
        names = ("bulletins", "pages", "artifacts", "left_out")
        last = {
            "signature": self._signature(files, on_disk),
            "since": now,
            "until": min(moments, default=math.inf),
            "report": {name: getattr(report, name) for name in names},
            "problems": [problem.to_row() for problem in report.problems],
        }
        self._state.keep_last(last)

    def _signature(self, files: Mapping[str, File], on_disk: Mapping[str, tuple[int, int]]) -> str:
        """Return what is different when anything is that a build depends on or leaves behind."""
        options = self._options
        digest = hashlib.blake2b(digest_size=16)
        asked = options.drafts, options.future, options.strict, options.shown(options.templates)
        digest.update(repr((self._settings, asked)).encode("utf-8", "surrogatepass"))
        for folder in (options.templates, theme_folder()):
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    digest.update(f"\0{path}\0".encode("utf-8", "surrogatepass"))
                    digest.update(path.read_bytes())
        lines = [f"{path}\0{file.name}\0{file.stamp}" for path, file in files.items()]
        lines += [f"{path}\0{on_disk[path]}" for path in sorted(on_disk)]
        digest.update("\n".join(lines).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    @contextlib.contextmanager
    def _stage(self, name: str, total: int = 0) -> Iterator[None]:
        self._progress.stage(name, total)
        start = time.perf_counter()
        yield
        self._report.seconds[name] = time.perf_counter() - start

    def _stop_on_errors(self) -> None:
        fatal = {Severity.ERROR, Severity.WARNING} if self._options.strict else {Severity.ERROR}
        if any(problem.severity in fatal for problem in self._problems):
            raise ContentError(self._problems)

    # read

    def _read(self, files: Mapping[str, File]) -> dict[str, Bulletin]:
        """Read what changed; return all bulletins by path."""
        known = self._state.sources()
        texts = [file for path, file in files.items() if path.endswith(".md")]
        changed = [file for file in texts if not self._is_fresh(file, known.get(file.path))]
        self._progress.stage("read", len(changed))
        with self._state.changing():
            self._state.forget_sources(path for path in known if path not in files)
            self._read_changed(changed, known)
        self._media = {path: each for path, each in known.items() if not path.endswith(".md")}
        bulletins: dict[str, Bulletin] = {}
        for file in texts:
            bulletin, problems = content.from_state(file.path, known[file.path], self._rows)
            self._problems += problems
            if bulletin:
                bulletins[file.path] = bulletin
        return bulletins

    def _is_fresh(self, file: File, known: KnownSource | None) -> bool:
        return (
            known is not None
            and known.stamp == file.stamp
            and file.stamp.latest_ns < self._trusted_before
        )

    def _read_changed(self, changed: Sequence[File], known: dict[str, KnownSource]) -> None:
        work = [(file, known[file.path].digest if file.path in known else "") for file in changed]
        for results in self._workers.map(content.read_files, self._reading, work, _READ_CHUNK):
            news = []
            for read in results:
                if read.row is None:
                    known[read.path] = known[read.path]._replace(stamp=read.known.stamp)
                else:
                    known[read.path] = read.known
                    news.append((read.path, read.row, read.html))
            self._state.keep_sources((read.path, known[read.path]) for read in results)
            self._state.keep_rows(news)
            self._progress.advance(len(results))

    # library

    def _assemble(
        self, files: Mapping[str, File], sources: Mapping[str, Bulletin]
    ) -> tuple[Library, References]:
        options = self._options
        library = assemble(
            sources.values(), self._settings, options.now, options.drafts, options.future
        )
        published = {each.path: each for each in (*library.bulletins, *library.pages)}
        references = References(
            files,
            published,
            frozenset(path for paths in library.left_out.values() for path in paths),
            self._media_digest,
            self._reading.shown,
        )
        for bulletin in published.values():
            references.resolve(bulletin)
        self._problems += references.problems
        self._problems += _duplicate_ids(library.bulletins, self._reading.shown)
        self._problems += self._notices(library, sources)
        self._report.bulletins = len(library.bulletins)
        self._report.pages = len(library.pages)
        self._report.left_out = library.left_out
        return library, references

    def _media_digest(self, file: File) -> tuple[str, str, str]:
        known = self._media.get(file.path)
        if known is None or not self._is_fresh(file, known):
            known = content.read_media(file, self._reading)
            self._media[file.path] = known
        fault, reason = known.head
        return known.digest, fault, reason

    def _state_media(self, files: Mapping[str, File]) -> None:
        with self._state.changing():
            self._state.keep_sources(
                (path, each) for path, each in self._media.items() if path in files
            )

    def _notices(self, library: Library, sources: Mapping[str, Bulletin]) -> Iterator[Problem]:
        """Say of every bulletin held for review what it waits for."""
        for path in library.left_out.get("review", ()):
            if not sources[path].head.held:
                continue  # its date could not be read, which is a problem of its own
            place = Place(f"{self._reading.shown}/{path}")
            details = {"review": "; ".join(sources[path].meta.review)}
            yield Problem("held-for-review", place, details, Severity.NOTICE)

    # plan

    def _templates(self) -> Templates:
        options = self._options
        return Templates(
            options.templates,
            options.shown(options.templates),
            self._settings.language,
            options.cache / "templates",
            program_digest()[:8],
        )

    def _plan(self, library: Library, references: References, templates: Templates) -> Plan:
        words = catalog.load(self._settings.language)
        assets = templates.assets()
        planned = plan(
            self._settings, words, library, references, assets, self._reading.shown,
            program_digest(),
        )  # fmt: skip
        self._problems += planned.problems
        broken: dict[Place, Problem] = {}
        for name in sorted({artifact.template for artifact in planned.artifacts}):
            try:
                templates.digest(name)
            except TemplateProblem as error:
                broken.setdefault(error.problem.place, error.problem)
        self._problems += broken.values()
        self._report.artifacts = len(planned.artifacts)
        return planned

    # render and publish

    def _publish_all(
        self, planned: Plan, templates: Templates, on_disk: Mapping[str, tuple[int, int]]
    ) -> dict[str, tuple[int, int]]:
        """Publish what is not as it was; return what then stands in the folder."""
        folder = self._folder
        known = self._state.outputs()
        rendering = self._rendering(planned, templates, known, on_disk, folder.staging)
        with self._stage("index"):
            self._index(planned, rendering)
        with self._stage("render", len(planned.artifacts)):
            rendering.pages(self._workers, self._progress.advance)
        results = rendering.results
        with self._stage("publish"):
            staged = [path for path, result in results.items() if result.staged]
            staged.sort(key=lambda path: path in on_disk)  # stable: new ones first, then by rank
            outputs = rendering.outputs()
            owned = folder.owned()
            foreign = on_disk.keys() - owned.keys() - known.keys()
            self._refuse_foreign(path for path in staged if path in foreign)
            removed = [path for path in owned if path not in outputs and path in on_disk]
            digests = {path: each.digest for path, each in outputs.items()}
            folder.publish(staged, removed, digests)
            changed = {path: each for path, each in outputs.items() if known.get(path) != each}
            forgotten = [path for path in known if path not in outputs]
            with self._state.changing():
                self._state.keep_outputs(changed.items(), forgotten)
        report = self._report
        report.reasons = rendering.reasons
        report.rendered, report.written, report.removed = len(results), len(staged), len(removed)
        report.unchanged = len(outputs) - len(staged)
        gone = set(removed)
        standing = {path: stat for path, stat in on_disk.items() if path not in gone}
        standing |= {path: (each.size, each.mtime_ns) for path, each in outputs.items()}
        return standing | folder.manifest()

    def _rendering(
        self,
        planned: Plan,
        templates: Templates,
        known: Mapping[str, KnownOutput],
        on_disk: Mapping[str, tuple[int, int]],
        staging: Path,
    ) -> Rendering:
        options = self._options
        names = sorted({artifact.template for artifact in planned.artifacts})
        version = repr([templates.digest(name) for name in names])
        site = render.Site(
            content=str(options.content),
            content_shown=options.shown(options.content),
            templates=str(options.templates),
            templates_shown=options.shown(options.templates),
            language=self._settings.language,
            cache=str(options.cache / "templates"),
            state=str(self._state.path),
            output=str(options.output) if options.publish else "",
            staging=str(staging),
            version=hashlib.blake2b(version.encode(), digest_size=8).hexdigest(),
            program=program_digest()[:8],
        )
        return Rendering(site, planned, templates, known, on_disk, self._tell)

    def _tell(self, problems: Iterable[Problem]) -> None:
        self._problems += problems
        self._stop_on_errors()

    def _index(self, planned: Plan, rendering: Rendering) -> None:
        """Make what of the search index is not as it was; its files stand before all pages."""
        tasks = rendering.index_tasks()
        self._progress.stage("index", len(tasks))
        needs = Needs.of({task.kind for task in tasks})
        folder = self._state.path.with_suffix(".search")
        with contextlib.ExitStack() as stack:
            spool = None
            if needs.anything:
                spooled = planned.index.spooled(needs, self._state, self._workers, folder)
                spool = stack.enter_context(spooled)
            rendering.index(spool, tasks, self._workers, self._progress.advance)

    def _refuse_foreign(self, paths: Iterable[str]) -> None:
        """A file that somebody else put where a page is to stand is not overwritten."""
        shown = self._options.shown(self._options.output)
        self._tell(Problem("output-foreign-file", Place(f"{shown}/{path}")) for path in paths)

    def _examine(self, planned: Plan, templates: Templates) -> None:
        """Render everything, and throw it away: templates go wrong only then."""
        staging = self._state.path.with_suffix(".check")
        shutil.rmtree(staging, ignore_errors=True)
        with self._stage("render", len(planned.artifacts)):
            try:
                rendering = self._rendering(planned, templates, {}, {}, staging)
                # In the search index nothing can be wrong.
                rendering.pages(self._workers, self._progress.advance)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
        self._report.rendered = len(rendering.results)


def _duplicate_ids(bulletins: Sequence[Bulletin], shown: str) -> Iterator[Problem]:
    first: dict[str, Bulletin] = {}
    for bulletin in sorted(bulletins, key=lambda each: each.path):
        if bulletin.head.id:
            other = first.setdefault(bulletin.head.id, bulletin)
            if other is not bulletin:
                details = {"id": bulletin.head.id, "other": f"{shown}/{other.path}"}
                yield Problem("duplicate-id", bulletin.place("id", shown), details)
