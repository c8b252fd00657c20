"""Comments of other services go into the files beside the bulletins that they are on.

All that is given at once for one bulletin is one item.  Comments are only ever added: what the file
has, by its id or by its words, stays as it is, whatever the service says of it now.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from danvan_site import (
    addresses,
    comments,
    content,
    dates,
    discovery,
    limits,
    schema,
    vietnamese,
)
from danvan_site.comments import Comment
from danvan_site.dates import DateError, Moment
from danvan_site.errors import Place, Problem, Severity
from danvan_site.importers import services
from danvan_site.importers.conversion import convert
from danvan_site.importers.frame import (
    Draft,
    Dropped,
    ImportFailure,
    Importing,
    Item,
    LeftOut,
    Outcome,
)
from danvan_site.importers.services import Said
from danvan_site.importers.writing import as_markdown

KIND = "comments"
_SHOWN = 60  # characters of a text that is named in a report


class _Thread(NamedTuple):
    """What is brought for one bulletin: the path of its comments, their file as it is ('' where
    there is none), what came."""

    path: str
    there: str
    came: tuple[Said, ...]


class Pages:
    """The bulletins and plain pages of a content folder, by what others may call them."""

    def __init__(self, folder: Path, zone: str, base_url: str) -> None:
        self._base_url = base_url
        self._base = addresses.read(base_url)
        self._paths: dict[str, str] = {}
        # Where they were on other sites: by the host and the address.
        self._elsewhere: dict[tuple[str, str], str] = {}
        self._names: dict[str, set[str]] = {}
        claims: list[addresses.Claim] = []
        files = discovery.discover(folder, folder.as_posix())[0] if folder.is_dir() else {}
        for path, file in files.items():
            if not path.endswith(".md"):
                continue
            meta = content.read_front(folder / file.name, path, schema.Source(path, zone))
            if meta is None:
                continue
            url = content.address(path, meta)
            own = addresses.read(f"/{url}")
            if own:
                self._paths.setdefault(own.key, path)
            found = (addresses.claim(each, path, base_url) for each in meta.aliases)
            claims += filter(None, found)
            for name in filter(None, (meta.id, PurePosixPath(url).stem)):
                self._names.setdefault(name.lower(), set()).add(path)
        for claim in claims:
            self._elsewhere.setdefault((claim.host, claim.address.key), str(claim.page))
        for leader in filter(None, addresses.settled(claims).values()):
            self._paths.setdefault(leader.address.key, str(leader.page))

    def find(self, thread: str) -> str:
        """Return the path of the bulletin that *thread* names, '' where there is none, or several:
        an address, or a name without a folder."""
        named = self._names.get(thread.strip("/").lower(), ())
        if "/" not in thread.strip("/") and len(named) == 1:
            return next(iter(named))
        found = addresses.read(thread if "://" in thread else f"/{thread.lstrip('/')}",
                               self._base_url)  # fmt: skip
        if not found:
            return ""
        base = self._base.path_key if self._base else "/"
        host = addresses.host(thread)
        for key in (found.key, found.path_key):
            if host and (host, key) in self._elsewhere:
                return self._elsewhere[host, key]
            short = key.removeprefix(base) if base != "/" else key
            for each in (key, f"{key}.html", short, f"{short}.html"):
                if each in self._paths:
                    return self._paths[each]
        return ""


def importing(
    sources: Sequence[Path], folder: Path, zone: str, base_url: str, approved: bool
) -> Importing:
    """Return the import of *sources* into the bulletins of *folder*; *approved* as for
    `services.read`."""
    return Importing(KIND, _items(sources, folder, zone, base_url, approved), _draw, zone, zone)


def _items(
    sources: Sequence[Path], folder: Path, zone: str, base_url: str, approved: bool
) -> Iterator[Item | Outcome]:
    pages = Pages(folder, zone, base_url)
    threads: dict[str, list[Said]] = {}
    lost: dict[str, list[Said]] = {}
    for source in sources:
        try:
            for said in services.read(source, approved):
                if isinstance(said, Problem):
                    yield Outcome(str(said.place), problem=said)
                    continue
                path = next(filter(None, map(pages.find, said.threads)), "")
                name = path or next(iter(said.threads), "")
                (threads if path else lost).setdefault(name, []).append(said)
        except ImportFailure as failure:
            yield Outcome(str(failure.problem.place), problem=failure.problem)
    for name, some in lost.items():
        details = {"thread": name, "count": str(len(some))}
        problem = Problem("import-comments-lost", some[0].place, details)
        yield Outcome(str(some[0].place), problem=problem)
    for path, some in sorted(threads.items()):
        yield _item(folder, comments.path_of(path), some)


def _item(folder: Path, path: str, came: Sequence[Said]) -> Item | Outcome:
    source = came[0].place
    there = ""
    try:
        file = folder / path
        if file.exists():
            there = file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        details = {"reason": str(error)}
        problem = Problem("file-unreadable", Place(f"{folder.as_posix()}/{path}"), details)
        return Outcome(str(source), problem=problem)
    told = sorted({repr(each._replace(place=Place(""))) for each in came})
    digest = hashlib.sha256("\n".join([path, *told]).encode("utf-8", "replace")).hexdigest()
    return Item(source, f"{KIND}:{path}", digest, _Thread(path, there, tuple(came)))


def _draw(zone: str, item: Item) -> Draft:
    thread: _Thread = item.content
    there = _there(thread, zone)
    dropped: list[Dropped] = []
    missing: list[Problem] = []
    came: list[Comment] = []
    for said in thread.came:
        comment = _comment(said, zone, dropped, missing)
        if comment and not _has([*there, *came], comment):
            came.append(comment)
    fitted, left_out = comments.fitted([*there, *came])
    dropped += [Dropped(0, f"{each.id} {_short(each.body)}".strip()) for each in left_out]
    known = set(there)
    new = [each for each in fitted if each not in known]
    name = PurePosixPath(thread.path).name
    recognised = tuple((each.date.short(), f"{each.author}: {_short(each.body)}") for each in new)
    if not new and not thread.there:
        details = {"count": str(len(thread.came))}
        raise LeftOut("import-comments-none", item.source, **details)
    text = _grown(thread.there, new, [*there, *new], zone)
    return Draft({}, "", name, recognised, tuple(dropped), tuple(missing), path=thread.path,
                 text=text)  # fmt: skip


def _there(thread: _Thread, zone: str) -> tuple[Comment, ...]:
    source = schema.Source(thread.path, zone)
    found = comments.read(thread.there, source)
    for problem in source.problems:
        raise ImportFailure(problem.code, problem.place, **problem.details)
    return found


def _has(there: Iterable[Comment], comment: Comment) -> bool:
    if comment.id:
        return any(each.id == comment.id for each in there)
    words = comment.author, comment.date.iso, comment.body
    return any((each.author, each.date.iso, each.body) == words for each in there)


def _grown(before: str, new: Sequence[Comment], all_: Sequence[Comment], zone: str) -> str:
    """Return a file with *new* comments after those that it has, which stay as they are written."""
    if not new:
        return before
    added = comments.compose(new)
    text = f"{before.rstrip()}\n{added}" if before.strip() else added
    source = schema.Source("", zone)
    if comments.read(text, source) == tuple(all_) and not source.problems:
        return text
    return comments.compose(all_)


def _comment(
    said: Said, zone: str, dropped: list[Dropped], missing: list[Problem]
) -> Comment | None:
    """Return a comment as files have it; None, and a note of it, where it is not to be shown."""
    if said.state:
        dropped.append(Dropped(said.place.line, f"{said.state}: {said.id}".strip(": ")))
        return None
    try:
        written = services.iso(said.date) if isinstance(said.date, float) else said.date
        date = _moment(written, zone)
    except (DateError, ValueError):
        details = {"column": "date", "text": str(said.date)}
        missing.append(Problem("import-bad-date", said.place, details, Severity.NOTICE))
        return None
    body, losses = _body(said)
    dropped += [Dropped(said.place.line, each) for each in losses]
    author = vietnamese.tidy_spaces(html.unescape(said.author))
    if "@" in author:  # a mail address that somebody gave as a name
        author = author.partition("@")[0]
    return Comment(
        author[: limits.COMMENT_AUTHOR].rstrip() or comments.NAMELESS,
        date, comments.tidied(body), said.id, said.parent,
    )  # fmt: skip


def _moment(text: str, zone: str) -> Moment:
    # Some write the zone out.
    return dates.parse(re.sub(r" UTC$", "Z", text), zone)


def _body(said: Said) -> tuple[str, list[str]]:
    if said.kind == "html":
        found = convert(said.text, picture=lambda picture: None)
        losses = [f"<{loss.kind}> {loss.text}".strip() for loss in found.losses]
        return found.markdown, [*losses, *(f"<img> {each.address}" for each in found.pictures)]
    if said.kind == "markdown":
        return said.text, []
    lines = (vietnamese.normalize(line).strip() for line in said.text.splitlines())
    return "\n".join(as_markdown(line) if line else "" for line in lines), []


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"
