"""Artifacts to bytes.  Pure: the same kind, template and context give the same bytes anywhere."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from danvan_site import abbreviations, content, markdown, templates
from danvan_site.errors import Place, Problem
from danvan_site.output import Written
from danvan_site.pictures.cache import Cache
from danvan_site.remote import of_build
from danvan_site.render import data, feeds, paper, scripts, styles
from danvan_site.search import files, lunr_index
from danvan_site.search.spool import Spool
from danvan_site.state import Reader, reader

Values = Mapping[str, Any]
PICTURE = "partials/picture.html"
# So many bodies are kept as pages have them: those of a month and the next.
_AT_HAND = 512
# In place of a digest: there is no file.
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a renderer finds what contexts name: plain values, so that any process can have it.

    ``version`` names the state of the templates, ``program`` this program's; renderers are made
    anew when they change.
    """

    content: str
    content_shown: str
    templates: str
    templates_shown: str
    language: str
    cache: str
    state: str
    output: str
    staging: str
    pictures: str
    version: str
    program: str


class Task(NamedTuple):
    """One artifact to render: its context, and the sha256 its file is known to have.

    Where that is '', the file is compared byte for byte if there is one; `ABSENT` where none is.
    """

    path: str
    kind: str
    template: str
    context: Values
    subject: str
    current: str


class SourceChanged(Exception):
    """A source is no longer what was read at the beginning of the build."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Renderer:
    """Renders the artifacts of one site; one of them for each worker process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._templates = templates.shared(
            site.templates,
            site.templates_shown,
            site.language,
            site.cache,
            site.program,
            site.version,
        )
        self._bodies: dict[tuple[str, str], str] = {}
        self._kinds: Mapping[str, Callable[[Values], bytes]] = {
            "atom": feeds.atom,
            "json-feed": feeds.json_feed,
            "sitemap": feeds.sitemap,
            "sitemap-index": feeds.sitemap_index,
            "opensearch": feeds.opensearch,
            "text": lambda context: str(context["text"]).encode(),
            "copy": self._copy,
            "picture": self._picture,
            "share": self._share,
            "script": lambda context: scripts.lean(self._copy(context)),
            "styles": self._styles,
            "data-lines": lambda context: data.lines(context, self._state().records),
            "data-with-bodies": lambda context: data.with_bodies(context, self._state().records),
            "csv": lambda context: data.table(context, self._state().records),
            "search-data": lambda context: files.data(context["name"], context["value"]),
            "old-addresses": lambda context: files.data(
                context["name"], context["value"], "danvanOldAddresses"
            ),
            "search-lunr": lambda context: lunr_index.write(context, self._state()),
        }

    def _state(self) -> Reader:
        return reader(self._site.state)

    def render(self, task: Task) -> bytes:
        """Return the bytes of an artifact.

        Raises TemplateProblem for a fault in a template and SourceChanged for a source that
        changed under the build.
        """
        context = task.context
        if not task.template:
            return self._kinds[task.kind](context)
        if "body" in context:
            self._put_in(context, context["bulletin"], context["body"])
        for bulletin in context.get("bulletins", ()):
            html = self._html(bulletin["body"], context["root"])
            paper.put(context, bulletin, paper.within(html, bulletin["number"]))
        output = self._templates.render(task.template, context, task.subject).encode()
        return scripts.lean(output) if task.kind == "worker" else output

    def _put_in(self, context: Values, bulletin: dict[str, Any], body: Values) -> None:
        """Put into what a page shows of its bulletin the body, and the abbreviations in it."""
        html, found = abbreviations.explained(
            self._html(body, context["root"]), bulletin["lead"], body["abbreviations"]
        )
        paper.put(context, bulletin, html)
        bulletin["abbreviations"] = [{"short": short, "long": long} for short, long in found]

    def _html(self, body: Values, root: str) -> str:
        """Return a body with what its references lead to and show.  A bulletin's page and the
        document of its month are often made soon after each other."""
        key = body["path"], root
        found = self._bodies.get(key)
        if found is None:
            if len(self._bodies) >= _AT_HAND:
                self._bodies.clear()
            pictures = body["pictures"]
            show = partial(self._shown, root, pictures) if pictures else None
            html = self._state().html(body["path"])
            found = markdown.resolve(html, body["addresses"], body["documents"], show)
            self._bodies[key] = found
        return found

    def _shown(
        self, root: str, pictures: Values, number: int, texts: Mapping[str, str]
    ) -> str | None:
        """Return a picture of a body as the theme shows it; *texts* are HTML."""
        picture = pictures.get(str(number))
        if picture is None:
            return None
        alt, title = (Markup(texts.get(name, "")) for name in ("alt", "title"))
        return self._templates.macro(PICTURE, "picture", picture, root, alt, "body", title)

    def _picture(self, context: Values) -> bytes:
        """Return a file made of a picture; the cache has it, but for what was damaged there."""
        key, part = context["key"], context["part"]
        found = Cache(Path(self._site.pictures)).part(key, part)
        if found is not None:
            return found
        from danvan_site.pictures import making

        workshop = making.Workshop(self._site.content, self._site.pictures, context["quality"])
        order = making.Order(context["file"], context["digest"], key)
        _, parts = making.make(workshop, order)
        if part not in parts:
            raise SourceChanged(context["file"])
        return parts[part]

    def _share(self, context: Values) -> bytes:
        from danvan_site.pictures import share

        cache = Cache(Path(self._site.pictures))
        return share.card(cache, context["key"], share.Card(*context["texts"]))

    def _copy(self, context: Values) -> bytes:
        if "asset" in context:
            name = context["asset"]
            file = templates.asset(Path(self._site.templates), name)
            return self._read(file, name, context["digest"])
        path = context["file"]
        return self._read(Path(self._site.content) / path, path, context["digest"])

    def _styles(self, context: Values) -> bytes:
        own = self._copy(context).decode("utf-8", "replace")
        return f"{context['colours']}{styles.lean(own)}".encode()

    def _read(self, file: Path, path: str, digest: str) -> bytes:
        try:
            raw = file.read_bytes()
        except OSError:
            raise SourceChanged(path) from None
        if content.digest_of(raw) != digest:
            raise SourceChanged(path)
        return raw


class Result(NamedTuple):
    """What came of a task: the file as it is to be, whether it is staged, or the problem.

    ``written`` is None where the file is known to be right already, and where there is a problem.
    """

    path: str
    written: Written | None = None
    staged: bool = False
    problem: Problem | None = None


def stage(site: Site, tasks: Sequence[Task]) -> list[Result]:
    """Render *tasks*; what differs from the published folder goes into the staging folder."""
    renderer = _renderer(site)
    return [_staged(site, renderer, task) for task in tasks]


def batches(tasks: Iterable[Task], most: int) -> list[list[Task]]:
    """Put together the tasks of the search index that are made of the same posting rows; of the
    others *most*."""
    found: dict[object, list[Task]] = {}
    for number, task in enumerate(tasks):
        name: object = number // most
        if task.kind in files.OF_ROWS:
            name = files.made_of(task.kind, task.context)
        found.setdefault(name, []).append(task)
    return list(found.values())


def stage_index(work: tuple[Site, Spool], some: Sequence[Sequence[Task]]) -> list[Result]:
    """Render batches of the search index, as `stage` does; rows come from the spool."""
    site, spool = work
    results = []
    for kind, run in itertools.groupby(itertools.chain.from_iterable(some), lambda task: task.kind):
        tasks = list(run)
        if kind in files.OF_ROWS:
            outputs = files.of_rows(kind, spool, [task.context for task in tasks])
            results += [_kept(site, *each) for each in zip(tasks, outputs, strict=True)]
        else:
            results += stage(site, tasks)
    return results


def _staged(site: Site, renderer: Renderer, task: Task) -> Result:
    try:
        output = renderer.render(task)
    except templates.TemplateProblem as error:
        return Result(task.path, problem=error.problem)
    except SourceChanged as error:
        place = Place(f"{site.content_shown}/{error.path}")
        return Result(task.path, problem=Problem("changed-while-building", place))
    return _kept(site, task, output)


def _kept(site: Site, task: Task, output: bytes) -> Result:
    digest = hashlib.sha256(output).hexdigest()
    if digest == task.current:
        return Result(task.path)
    published = f"{site.output}/{task.path}"
    if not task.current and holds(published, output):
        stat = os.stat(published)
        return Result(task.path, Written(digest, stat.st_size, stat.st_mtime_ns))
    stat = write(f"{site.staging}/{task.path}", output)
    return Result(task.path, Written(digest, stat.st_size, stat.st_mtime_ns), staged=True)


def write(path: str, data: bytes) -> os.stat_result:
    """Write a new file with as few system calls as can be."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle = os.open(path, flags, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
    except OSError as error:
        error.filename = path  # The system names none here.
        raise
    finally:
        os.close(handle)
    # Some systems set the time of a file that is written when it is closed.
    return os.stat(path)


def holds(path: str, expected: bytes) -> bool:
    try:
        with open(path, "rb") as handle:
            return handle.read() == expected
    except OSError:
        return False


# The site of each build has another staging folder.
@of_build
@lru_cache(maxsize=1)
def _renderer(site: Site) -> Renderer:
    return Renderer(site)
