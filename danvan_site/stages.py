"""The stages of a build that has something to do: read, library, plan, index, render, publish."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Protocol

from danvan_site import (
    addresses,
    catalog,
    comments,
    compression,
    config,
    content,
    markdown,
    permanence,
    render,
    views,
)
from danvan_site.compressing import Compressing
from danvan_site.content import Bulletin, ReadFile, ReadOptions
from danvan_site.discovery import File
from danvan_site.errors import ContentError, Place, Problem, Severity
from danvan_site.library import Library, assemble
from danvan_site.options import BuildOptions, BuildReport, Progress
from danvan_site.output import OnDisk, OutputFolder, folders_of
from danvan_site.pictures.cache import Cache
from danvan_site.pictures.facts import Facts
from danvan_site.plan import Plan, References, Shown, plan
from danvan_site.rendering import Rendering
from danvan_site.search.files import stamps
from danvan_site.state import KnownOutput, KnownSource, Rows, Stamp, State, close_readers
from danvan_site.templates import TemplateProblem, Templates
from danvan_site.workers import Elsewhere, Workers

_READ_CHUNK = 100
_WORTH_PICTURES = 2
# What the state keeps is read again a table at a time: each has long runs of the file to itself.
_KEEP_CHUNK = 2_000


class Done(NamedTuple):
    """What came of the stages: the report, the files of the content folder and all sources that can
    be read, what stands in the published folder now."""

    report: BuildReport
    files: Mapping[str, File]
    sources: Mapping[str, Bulletin]
    on_disk: OnDisk


class Examined(NamedTuple):
    """What an examination can look at.  ``files`` are all of the content folder, which messages
    call ``shown``; ``sources`` all bulletins and pages that can be read; ``library`` what of them
    would be published, ``references`` what that leads to; ``state`` is the state's file."""

    options: BuildOptions
    settings: config.Settings
    shown: str
    files: Mapping[str, File]
    sources: Mapping[str, Bulletin]
    library: Library
    workers: Workers
    progress: Progress
    plan: Plan
    references: References
    state: Path


class Examiner(Protocol):
    """Who looks on while a build publishes nothing, and tells what there is to tell."""

    def sources(self, site: Examined) -> Iterable[Problem]:
        """Look at what was read."""

    def output(self, site: Examined, folder: Path) -> Iterable[Problem]:
        """Look at the pages, which are in *folder* as long as this runs."""


class Stages:
    """The stages, in the order in which they run.  *program* is this program's digest, *seconds*
    what has been done already.  What *examiner* finds never stops a stage."""

    def __init__(
        self,
        options: BuildOptions,
        settings: config.Settings,
        folder: OutputFolder,
        state: State,
        progress: Progress,
        program: str,
        seconds: Mapping[str, float],
        examiner: Examiner | None,
    ) -> None:
        self._options = options
        self._examiner = examiner
        self._settings = settings
        self._folder = folder
        self._state = state
        self._rows = Rows(str(state.path))
        find = self._found if options.executor else None
        self._workers = Workers(options.jobs, find, Place(options.shown(options.config)))
        self._progress = progress
        self._program = program
        self._reading = _read_options(options, settings)
        self._encoders = compression.encoders() if options.precompress else {}
        self._report = BuildReport(seconds=dict(seconds))
        self._problems: list[Problem] = []
        self._findings: list[Problem] = []
        self._media: dict[str, KnownSource] = {}
        self._comments: dict[str, str] = {}
        self._trusted_before = 0
        self._files: Mapping[str, File] = {}
        self._pictures_folder = options.cache / "pictures"

    def run(
        self,
        files: Mapping[str, File],
        problems: Iterable[Problem],
        on_disk: OnDisk,
        trusted_before: int,
    ) -> Done:
        """Run all stages.  The times of *files* that are older than *trusted_before* (ns) tell
        whether they changed; *on_disk* is what stands in the published folder."""
        self._problems += problems
        self._trusted_before = trusted_before
        self._files = files
        with contextlib.ExitStack() as stack:
            stack.callback(close_readers)
            with self._stage("read"):
                stack.enter_context(self._workers)
                sources = self._read(files)
            with self._stage("library"):
                library, references = self._assemble(files, sources)
            with self._stage("pictures"):
                self._pictures(references)
            with self._stage("plan"):
                templates = self._templates()
                ledger = self._ledger(files)
                planned = self._plan(library, references, templates, ledger)
            site = self._examined(files, sources, library, planned, references)
            if self._examiner:
                with self._stage("examine"):
                    self._findings += self._examiner.sources(site)
            self._stop_on_errors()
            self._state_media(files)
            if self._options.publish:
                record = partial(self._record, planned.fresh)
                on_disk = self._publish_all(planned, templates, on_disk, record)
            else:
                self._examine(planned, templates, site)
            self._report.peak_memory = self._workers.memory
        problems = [*self._problems, *self._findings]
        self._report.problems = sorted(problems, key=lambda problem: problem.order)
        return Done(self._report, self._files, sources, on_disk)

    @contextlib.contextmanager
    def _stage(self, name: str, total: int = 0) -> Iterator[None]:
        self._progress.stage(name, total)
        start = time.perf_counter()
        yield
        seconds = self._report.seconds
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - start

    def _stop_on_errors(self) -> None:
        fatal = {Severity.ERROR, Severity.WARNING} if self._options.strict else {Severity.ERROR}
        if any(problem.severity in fatal for problem in self._problems):
            raise ContentError([*self._problems, *self._findings])

    def _examined(
        self,
        files: Mapping[str, File],
        sources: Mapping[str, Bulletin],
        library: Library,
        planned: Plan,
        references: References,
    ) -> Examined:
        return Examined(
            self._options, self._settings, self._reading.shown, files, sources, library,
            self._workers, self._progress, planned, references, self._state.path,
        )  # fmt: skip

    def _found(self) -> Elsewhere:
        """Find the workers that somebody else has started, and see that they can do the work."""
        from danvan_site import cluster

        options = self._options
        folder = self._state.path.with_suffix(".shared")
        written = [folder, self._pictures_folder]
        written += [self._folder.staging] if options.publish else []
        read = [options.content, options.templates]
        return cluster.find(options.executor, folder, read, written, self._encoders)

    # read

    def _read(self, files: Mapping[str, File]) -> dict[str, Bulletin]:
        """Read what changed; return all bulletins by path."""
        known = self._state.sources()
        texts = [file for path, file in files.items() if _is_text(path)]
        changed = [file for file in texts if not self._is_fresh(file, known.get(file.path))]
        self._progress.stage("read", len(changed))
        with self._state.changing():
            self._state.forget_sources(path for path in known if path not in files)
            self._read_changed(changed, known)
        self._media = {path: each for path, each in known.items() if not _is_text(path)}
        bulletins: dict[str, Bulletin] = {}
        for file in texts:
            if content.is_of_comments(file.path):
                self._add_comments(file.path, known[file.path], files)
                continue
            bulletin, problems = content.from_state(file.path, known[file.path], self._rows)
            self._problems += problems
            if bulletin:
                bulletins[file.path] = bulletin
        return self._with_views(files.get(views.FILE), bulletins)

    def _add_comments(self, path: str, known: KnownSource, files: Mapping[str, File]) -> None:
        """Put the comments in a file to the bulletin beside it."""
        self._problems += map(Problem.from_row, known.problems)
        bulletin = f"{path.removesuffix(comments.SUFFIX)}.md"
        if bulletin not in files:
            place = Place(f"{self._reading.shown}/{path}")
            details = {"bulletin": PurePosixPath(bulletin).name}
            self._problems.append(
                Problem("comments-without-bulletin", place, details, Severity.WARNING)
            )
        elif known.head:
            self._comments[bulletin] = known.digest

    def _with_views(self, file: File | None, bulletins: dict[str, Bulletin]) -> dict[str, Bulletin]:
        """Return the bulletins with what was counted from logs added to their views."""
        if file is None:
            return bulletins
        known = self._known(file, content.read_views)
        self._problems += map(Problem.from_row, known.problems)
        as_of, rows = known.head
        keys = content.by_key(bulletins.values())
        if any(key not in keys for key, *_ in rows):
            older = content.by_old_address(bulletins.values(), self._settings.base_url)
            keys = {key: older.get(addresses.path_key(key), "") for key, *_ in rows} | keys
        for key, number, line, column in rows:
            path = keys.get(key)
            if path:
                bulletins[path] = content.with_views(bulletins[path], number, as_of)
            else:
                place = Place(f"{self._reading.shown}/{file.path}", line, column)
                details = {"key": key}
                self._problems.append(Problem("views-unknown", place, details, Severity.NOTICE))
        return bulletins

    def _is_fresh(self, file: File, known: KnownSource | None) -> bool:
        return (
            known is not None
            and known.stamp == file.stamp
            and file.stamp.latest_ns < self._trusted_before
        )

    def _read_changed(self, changed: Sequence[File], known: dict[str, KnownSource]) -> None:
        work = [(file, known[file.path].digest if file.path in known else "") for file in changed]
        gathered: list[ReadFile] = []
        for results in self._workers.map(content.read_files, self._reading, work, _READ_CHUNK):
            for read in results:
                if read.row is None:
                    known[read.path] = known[read.path]._replace(stamp=read.known.stamp)
                else:
                    known[read.path] = read.known
            gathered += results
            if len(gathered) >= _KEEP_CHUNK:
                self._keep_read(gathered, known)
                gathered = []
            self._progress.advance(len(results))
        self._keep_read(gathered, known)

    def _keep_read(self, some: Sequence[ReadFile], known: Mapping[str, KnownSource]) -> None:
        self._state.keep_sources((read.path, known[read.path]) for read in some)
        self._state.keep_rows(
            (each.path, each.row, each.html) for each in some if each.row is not None
        )
        self._state.keep_briefs((read.path, read.brief) for read in some if read.brief)
        self._state.keep_records((each.path, each.record) for each in some if each.record)

    # library

    def _assemble(
        self, files: Mapping[str, File], sources: Mapping[str, Bulletin]
    ) -> tuple[Library, References]:
        options = self._options
        library = assemble(
            sources.values(), self._settings, options.now, options.drafts, options.future,
            self._comments,
        )  # fmt: skip
        published = {each.path: each for each in (*library.bulletins, *library.pages)}
        references = References(
            files,
            published,
            frozenset(path for paths in library.left_out.values() for path in paths),
            self._known_media,
            self._reading.shown,
            self._settings,
        )
        for bulletin in published.values():
            references.resolve(bulletin)
        named = self._settings.theme_pictures
        references.resolve_site({name: (path, place) for name, path, place in named})
        self._problems += references.problems
        self._problems += _duplicate_ids(library.bulletins, self._reading.shown)
        self._problems += self._notices(library, sources)
        self._report.bulletins = len(library.bulletins)
        self._report.pages = len(library.pages)
        self._report.left_out = library.left_out
        return library, references

    def _known_media(self, file: File) -> KnownSource:
        return self._known(file, content.read_media)

    def _known(self, file: File, read: Callable[[File, ReadOptions], KnownSource]) -> KnownSource:
        """Return what is known of a file that is no bulletin; *read* it where it changed."""
        known = self._media.get(file.path)
        if known is None or not self._is_fresh(file, known):
            known = read(file, self._reading)
            self._media[file.path] = known
        return known

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

    # pictures

    def _pictures(self, references: References) -> None:
        """Have the pictures made that pages show, but for those that were made before."""
        missing: dict[str, Shown] = {}
        cache = Cache(self._pictures_folder)
        for picture in references.pictures.values():
            row = picture.media.known[0]
            if not row or row[0] != picture.key:
                row = cache.head(picture.key)
            if row:
                self._keep_facts(references, picture, row)
            else:
                missing[picture.key] = picture
        self._progress.stage("pictures", len(missing))
        if not missing:
            return
        from danvan_site.pictures import making

        cache.tidy()
        workshop = making.Workshop(
            str(self._options.content), str(self._pictures_folder), self._settings.pictures.quality
        )
        orders = [
            making.Order(each.media.file.name, each.media.digest, key)
            for key, each in missing.items()
        ]
        for results in self._workers.map(making.make_some, workshop, orders, 1, _WORTH_PICTURES):
            for made in results:
                picture = missing[made.key]
                if made.facts:
                    self._report.pictures += 1
                    self._keep_facts(references, picture, made.facts)
                else:
                    details = {"target": picture.media.file.path} | dict(made.details)
                    place = references.place_of(picture)
                    self._problems.append(Problem(made.fault, place, details))
            self._progress.advance(len(results))

    def _keep_facts(self, references: References, picture: Shown, row: Sequence[Any]) -> None:
        references.facts[picture.key] = Facts.from_row(row)
        path = picture.media.file.path
        fault, reason, _ = self._media[path].head
        self._media[path] = self._media[path]._replace(head=[fault, reason, row])

    # plan

    def _templates(self) -> Templates:
        options = self._options
        return Templates(
            options.templates,
            options.shown(options.templates),
            self._settings.language,
            options.cache / "templates",
            self._program[:8],
        )

    def _ledger(self, files: Mapping[str, File]) -> permanence.Ledger | None:
        """Return the addresses that must not be lost; None where the settings let them be."""
        if not self._settings.keep_addresses:
            return None
        file = files.get(permanence.FILE)
        if file is None:
            return {}
        shown = f"{self._reading.shown}/{file.path}"
        try:
            data = Path(self._options.content, file.name).read_bytes()
        except OSError as error:
            details = {"reason": error.strerror or str(error)}
            self._problems.append(Problem("file-unreadable", Place(shown), details))
            return {}
        self._media[file.path] = KnownSource(file.stamp, content.digest_of(data), (), [])
        ledger, problems = permanence.read(data, shown)
        # What is not there because its source is wrong is told of once.
        wrong = {each.place.file for each in self._problems if each.severity is Severity.ERROR}
        self._problems += problems
        if not wrong:
            return ledger
        shown = self._reading.shown
        return {
            address: entry
            for address, entry in ledger.items()
            if f"{shown}/{entry.source}" not in wrong
        }

    def _record(self, fresh: permanence.Ledger) -> None:
        """Write what is *fresh* into the ledger.  It comes before what it tells of: nothing that a
        reader may have seen is missing there, whenever the build is killed."""
        if not fresh or not self._options.record:
            return
        path = self._options.content / permanence.FILE
        shown = f"{self._reading.shown}/{permanence.FILE}"
        # Somebody may have added lines since it was read.
        before = permanence.load(path, shown)
        ledger = {**before, **fresh}
        data = permanence.compose(ledger)
        permanence.write(path, shown, data)
        self._report.recorded = len(ledger) - len(before)
        stamp = Stamp.of(path.stat())
        file = File(permanence.FILE, permanence.FILE, stamp)
        self._files = dict(sorted({**self._files, file.path: file}.items()))
        known = KnownSource(stamp, content.digest_of(data), (), [])
        with self._state.changing():
            self._state.keep_sources([(permanence.FILE, known)])

    def _plan(
        self,
        library: Library,
        references: References,
        templates: Templates,
        ledger: permanence.Ledger | None,
    ) -> Plan:
        words = catalog.load(self._settings.language)
        assets = templates.assets()
        planned = plan(
            self._settings, words, library, references, assets, self._reading.shown,
            self._program, self._encoders, ledger,
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
        self, planned: Plan, templates: Templates, on_disk: OnDisk, record: Callable[[], None]
    ) -> OnDisk:
        """Publish what is not as it was, after *record*; return what then stands in the folder."""
        folder = self._folder
        known = self._state.outputs()
        rendering = self._rendering(planned, templates, known, on_disk, folder.staging)
        with self._stage("plan"):
            pages = rendering.pages()
            # Where it is little, all of it is given out, and the index is made beside it.
            is_little = len(pages) <= self._workers.at_once
            begun = rendering.begin(pages, self._workers) if is_little else None
        with self._stage("index"):
            self._index(planned, rendering)
        with self._stage("render", sum(map(len, pages))):
            begun = begun or rendering.begin(pages, self._workers)
            rendering.gather(begun, self._progress.advance)
            outputs = rendering.outputs()
        files = {path for path, each in rendering.results.items() if each.staged}
        copies = self._compress(rendering.site, outputs, files, known, on_disk)
        with self._stage("publish"):
            kept = outputs | copies.outputs
            outputs |= {path: each for path, each in copies.outputs.items() if each.digest}
            ranked = (artifact.path for artifact in planned.artifacts)
            moving = (path for path in ranked if path in files or path in copies.staged)
            staged = _with_copies(folder.in_order(moving, on_disk), files, copies.staged)
            record()
            removed = self._replace(staged, outputs, known, on_disk)
            changed = {path: each for path, each in kept.items() if known.get(path) is not each}
            forgotten = [path for path in known if path not in kept]
            with self._state.changing():
                self._state.keep_outputs(changed.items(), forgotten)
        report = self._report
        report.reasons = rendering.reasons | copies.reasons
        report.rendered = len(rendering.results) + len(copies.reasons)
        report.written, report.removed = len(staged), len(removed)
        report.artifacts, report.unchanged = len(outputs), len(outputs) - len(staged)
        report.compressed = copies.counts
        gone = set(removed)
        standing = {path: stat for path, stat in on_disk.items() if path not in gone}
        standing |= {path: (each.size, each.mtime_ns) for path, each in outputs.items()}
        return standing | folder.manifest()

    def _compress(
        self,
        site: render.Site,
        outputs: Mapping[str, KnownOutput],
        staged: Collection[str],
        known: Mapping[str, KnownOutput],
        on_disk: OnDisk,
    ) -> Compressing:
        """Make what of the compressed copies is not as it was."""
        copies = Compressing(site, self._encoders, outputs, staged, known, on_disk)
        if self._encoders:
            with self._stage("compress", len(copies)):
                copies.run(self._workers, self._progress.advance)
        return copies

    def _replace(
        self,
        staged: Sequence[str],
        outputs: Mapping[str, KnownOutput],
        known: Mapping[str, KnownOutput],
        on_disk: OnDisk,
    ) -> Sequence[str]:
        """Publish what is *staged*; return what was removed."""
        owned = self._folder.owned()
        foreign = [path for path in on_disk if path not in owned and not _is_known(path, known)]
        self._refuse_foreign(foreign, staged)
        removed = [path for path in owned if path not in outputs and path in on_disk]
        copies = {path + suffix for path in staged for suffix in compression.SUFFIXES}
        digests = {path: each.digest for path, each in outputs.items()}
        self._folder.publish(staged, removed, digests, copies.intersection(removed))
        return removed

    def _rendering(
        self,
        planned: Plan,
        templates: Templates,
        known: Mapping[str, KnownOutput],
        on_disk: OnDisk,
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
            pictures=str(self._pictures_folder),
            version=hashlib.blake2b(version.encode(), digest_size=8).hexdigest(),
            program=self._program[:8],
        )
        return Rendering(site, planned, templates, known, on_disk, self._tell)

    def _tell(self, problems: Iterable[Problem]) -> None:
        self._problems += problems
        self._stop_on_errors()

    def _index(self, planned: Plan, rendering: Rendering) -> None:
        """Make what of the search index is not as it was."""
        folder = self._state.path.with_suffix(".search")
        spool = planned.index.spooled(self._state, self._workers, folder)
        tasks = rendering.index_tasks(stamps(spool))
        self._progress.stage("index", len(tasks))
        rendering.index(spool, tasks, self._workers, self._progress.advance)

    def _refuse_foreign(self, foreign: Collection[str], staged: Sequence[str]) -> None:
        """A file that somebody else put where a page or its folder is to stand is not touched."""
        if not foreign:
            return
        pages = set(staged)
        needed = pages.union(*map(folders_of, staged))
        shown = self._options.shown(self._options.output)
        self._tell(
            Problem("output-foreign-file", Place(f"{shown}/{path}"))
            for path in sorted(foreign)
            if path in needed or not pages.isdisjoint(folders_of(path))
        )

    def _examine(self, planned: Plan, templates: Templates, site: Examined) -> None:
        """Render everything, look at it, and throw it away: templates go wrong only then."""
        staging = self._state.path.with_suffix(".check")
        shutil.rmtree(staging, ignore_errors=True)
        try:
            with self._stage("render", len(planned.artifacts)):
                rendering = self._rendering(planned, templates, {}, {}, staging)
                begun = rendering.begin(rendering.pages(), self._workers)
                rendering.gather(begun, self._progress.advance)
            if self._examiner:
                with self._stage("index"):
                    self._index(planned, rendering)
                with self._stage("examine"):
                    self._findings += self._examiner.output(site, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self._report.rendered = len(rendering.results)


def _read_options(options: BuildOptions, settings: config.Settings) -> ReadOptions:
    words = catalog.load(settings.language).site
    return ReadOptions(
        str(options.content),
        options.shown(options.content),
        settings.timezone,
        markdown.Options(settings.markdown.html, words["table_label"], words["footnote_back"]),
    )


def _is_known(path: str, known: Mapping[str, KnownOutput]) -> bool:
    return path in known and bool(known[path].digest)


def _with_copies(
    paths: Iterable[str], files: Collection[str], copies: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return all that is staged in the order in which it moves, which *paths* have.

    *files* are staged themselves, *copies* are staged compressed copies by file.  These go before
    their file, for a host sends them in its place: they must not be the older ones.
    """
    order: list[str] = []
    for path in paths:
        order += copies.get(path, ())
        order += [path] if path in files else []
    return order


def _is_text(path: str) -> bool:
    """Tell whether a file is a bulletin, or has the comments on one."""
    return path.endswith(".md") or content.is_of_comments(path)


def _duplicate_ids(bulletins: Sequence[Bulletin], shown: str) -> Iterator[Problem]:
    first: dict[str, Bulletin] = {}
    for bulletin in sorted(bulletins, key=lambda each: each.path):
        if bulletin.head.id:
            other = first.setdefault(bulletin.head.id, bulletin)
            if other is not bulletin:
                details = {"id": bulletin.head.id, "other": f"{shown}/{other.path}"}
                yield Problem("duplicate-id", bulletin.place("id", shown), details)
