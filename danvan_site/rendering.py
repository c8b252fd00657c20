"""From the plan to staged files: what is not as it was is rendered, in worker processes.

An artifact's context is made where it is rendered.  Whether it has to be made at all is told by
what goes into it (`Artifact.inputs`), which is cheaper to compare.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from danvan_site import render
from danvan_site.errors import Problem
from danvan_site.output import OnDisk
from danvan_site.plan import Artifact, Plan, canonical
from danvan_site.search.files import OF_STREAMS
from danvan_site.search.spool import Spool
from danvan_site.state import KnownOutput, reader
from danvan_site.templates import Templates
from danvan_site.workers import Workers

# Below this many batches starting processes takes longer than the work.
_WORTH_BATCHES = 4
_WORTH_INDEX_BATCHES = 64
_BATCH = 50
# Where there is so much that it is shared out in any case, what stands in one folder stays together
# up to this number: a month's pages show the same bulletins.
_MANY = 40 * _BATCH
_BATCH_MOST = 200
_INDEX_BATCH = 100
# Each of these is as much work as hundreds of pages: they come first, one by one, so that no
# process is left alone with them at the end.
_LARGE = frozenset(("data-lines", "data-with-bodies", "csv", "sitemap"))


class Wanted(NamedTuple):
    """An artifact to look at: its number in the plan; where it has no inputs, the digest of the
    context that its file was made of, '' where it must be rendered in any case; the file's sha256
    as in `render.Task`."""

    number: int
    context: str
    current: str


class Outcome(NamedTuple):
    """What came of rendering an artifact, None where that was not needed; where it has no inputs,
    the digest of its context."""

    number: int
    context: str
    result: render.Result | None


@dataclass(frozen=True, slots=True)
class Job:
    """All that may have to be rendered, and where."""

    site: render.Site
    artifacts: Sequence[Artifact]


def render_some(job: Job, batches: Sequence[Sequence[Wanted]]) -> list[Outcome]:
    """Make the contexts of some artifacts and render them, but for those that have no inputs and
    whose context is what it was."""
    outcomes = []
    wanted = list(itertools.chain.from_iterable(batches))
    subjects = [job.artifacts[each.number].subject for each in wanted]
    reader(job.site.state).ahead([subject for subject in subjects if subject.endswith(".md")])
    for number, known, current in wanted:
        artifact = job.artifacts[number]
        task = _task(job.site, artifact, current)
        digest = "" if artifact.inputs else _digest(task.kind, canonical(task.context))
        is_known = bool(digest) and digest == known
        result = None if is_known else render.stage(job.site, [task])[0]
        outcomes.append(Outcome(number, digest, result))
    return outcomes


def _task(site: render.Site, artifact: Artifact, current: str) -> render.Task:
    subject = f"{site.content_shown}/{artifact.subject}" if artifact.subject else ""
    return render.Task(
        artifact.path, artifact.kind, artifact.template, artifact.context(), subject, current
    )


def _digest(*parts: str) -> str:
    data = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _stamp(stamps: Mapping[str, Sequence[str]], artifact: Artifact) -> str:
    found = stamps.get(artifact.kind)
    return found[artifact.context()["chunk"]] if found else ""


Batches = Sequence[Sequence[Wanted]]
Outcomes = Iterator[Sequence[Outcome]]


class Rendering:
    """Decides what to render, has it rendered, gathers what came of it.

    *known* are the outputs of the last build, *on_disk* size and time of what stands in the
    folder; *tell* is told of problems, and raises where they end the build.  ``results`` are by
    path; ``reasons`` say why each was rendered.
    """

    def __init__(
        self,
        site: render.Site,
        planned: Plan,
        templates: Templates,
        known: Mapping[str, KnownOutput],
        on_disk: OnDisk,
        tell: Callable[[Iterable[Problem]], None],
    ) -> None:
        self.site = site
        self._frame = planned.frame
        self._templates = templates
        self._known = known
        self._on_disk = on_disk
        self._tell = tell
        self.results: dict[str, render.Result] = {}
        self.reasons: dict[str, str] = {}
        # Path → digests of the template, and of the inputs or the context, as they now are.
        self._digests: dict[str, tuple[str, str]] = {}
        self._indexed = [each for each in planned.artifacts if each.kind in OF_STREAMS]
        self._pages = [each for each in planned.artifacts if each.kind not in OF_STREAMS]

    def pages(self) -> Batches:
        """Return what of the pages may not be as it was."""
        wanted = list(self._wanted(self._pages, self._inputs))
        large = [[each] for each in wanted if self._is_large(each)]
        others = [each for each in wanted if not self._is_large(each)]
        return large + self._batches(others)

    def _batches(self, wanted: Sequence[Wanted]) -> list[list[Wanted]]:
        most = _BATCH_MOST if len(wanted) >= _MANY else _BATCH
        batches: list[list[Wanted]] = []
        room, folder = 0, ""
        for each in wanted:
            here = self._pages[each.number].path.rpartition("/")[0]
            if room <= (most - _BATCH if here != folder else 0):
                batches.append([])
                room = most
            batches[-1].append(each)
            room, folder = room - 1, here
        return batches

    def begin(self, batches: Batches, workers: Workers) -> Outcomes:
        """Begin to render *batches* of the pages; `gather` has to have what comes of it."""
        job = workers.share(Job(self.site, self._pages))
        return workers.map(render_some, job, batches, 1, _WORTH_BATCHES)

    def gather(self, begun: Outcomes, advance: Callable[[int], None]) -> None:
        """Wait for what was begun."""
        for outcomes in begun:
            for number, context, result in outcomes:
                path = self._pages[number].path
                if context:
                    self._digests[path] = self._digests[path][0], context
                if result:
                    self._keep(result)
                    self.reasons.setdefault(path, "content")
            self._tell_problems(outcome.result for outcome in outcomes)
            advance(len(outcomes))

    def _is_large(self, wanted: Wanted) -> bool:
        return self._pages[wanted.number].kind in _LARGE

    def index_tasks(self, stamps: Mapping[str, Sequence[str]]) -> list[render.Task]:
        """Return what of the search index is not as it was, by its stamps: kind → those of its
        chunks."""
        tasks = []
        for number, known, current in self._wanted(self._indexed, partial(_stamp, stamps)):
            artifact = self._indexed[number]
            task = _task(self.site, artifact, current)
            template, stamp = self._digests[artifact.path]
            if not stamp:
                stamp = _digest(task.kind, canonical(task.context))
                self._digests[artifact.path] = template, stamp
                if stamp == known:
                    continue
            self.reasons.setdefault(artifact.path, "content")
            tasks.append(task)
        return tasks

    def index(
        self,
        spool: Spool,
        tasks: Sequence[render.Task],
        workers: Workers,
        advance: Callable[[int], None],
    ) -> None:
        """Render *tasks* of the search index."""
        batches = render.batches(tasks, _INDEX_BATCH)
        work = self.site, spool
        for results in workers.map(render.stage_index, work, batches, 1, _WORTH_INDEX_BATCHES):
            for result in results:
                self._keep(result)
            self._tell_problems(results)
            advance(len(results))

    def _keep(self, result: render.Result) -> None:
        self.results[result.path] = result

    def _tell_problems(self, results: Iterable[render.Result | None]) -> None:
        """One line of a template goes wrong on thousands of pages: one of them tells enough."""
        problems = [each.problem for each in results if each and each.problem]
        first = {problem.place: problem for problem in reversed(problems)}
        self._tell(first.values())

    def _inputs(self, artifact: Artifact) -> str:
        return f"{self._frame}{_digest(artifact.inputs)}" if artifact.inputs else ""

    def _wanted(
        self, artifacts: Sequence[Artifact], inputs_of: Callable[[Artifact], str]
    ) -> Iterator[Wanted]:
        """Yield the artifacts that may not be as they were."""
        names = {artifact.template for artifact in artifacts}
        templates = {name: self._templates.digest(name) for name in names}
        for number, artifact in enumerate(artifacts):
            template = templates[artifact.template]
            inputs = inputs_of(artifact)
            known = self._known.get(artifact.path)
            is_intact = self._is_intact(artifact.path, known)
            self._digests[artifact.path] = template, inputs
            if known and is_intact and known.template == template:
                if not inputs or known.inputs != inputs:
                    yield Wanted(number, known.inputs, known.digest)
            else:
                is_template = known is not None and known.template != template
                reason = "template" if is_template else "output" if known else "new"
                self.reasons[artifact.path] = reason
                current = render.ABSENT
                if artifact.path in self._on_disk:
                    current = known.digest if known and is_intact else ""
                yield Wanted(number, "", current)

    def _is_intact(self, path: str, known: KnownOutput | None) -> bool:
        return known is not None and self._on_disk.get(path) == (known.size, known.mtime_ns)

    def outputs(self) -> dict[str, KnownOutput]:
        """Return all outputs as they are to stand in the folder."""
        known = self._known
        outputs = {path: known[path] for path in self._digests if path in known}
        for path, (template, inputs) in self._digests.items():
            result = self.results.get(path)
            written = result.written if result else None
            if written:
                outputs[path] = KnownOutput(
                    template, inputs, written.digest, written.size, written.mtime_ns
                )
            elif known[path].inputs != inputs or known[path].template != template:
                outputs[path] = known[path]._replace(template=template, inputs=inputs)
        return outputs
