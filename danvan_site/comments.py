"""Readers' comments on a bulletin: ``<name>.comments.yaml`` beside ``<name>.md``, read and written.

The file is a list of those comments that were approved, in the order in which they are shown; a
reply stands below what it replies to, wherever it is in the file.  It says nothing of who wrote
them but the name: no mail, no network address, no address of anybody's site.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from danvan_site import limits, schema, vietnamese
from danvan_site.dates import Moment
from danvan_site.errors import Place, nearest

SUFFIX = ".comments.yaml"
# It stands in the file as a name and so speaks the bulletin's language.
NAMELESS = "Ẩn danh"
_ID = "[A-Za-z0-9][A-Za-z0-9._-]{0,79}"
_LINE_END = re.compile("\r\n|[\r\n\u2028\u2029]")
_EMPTY_LINES = re.compile("\n{3,}")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment.  ``author`` is the name that is shown, ``body`` Markdown of paragraphs, line
    breaks, emphasis, links, lists and quotes; neither is ''.  ``id`` is '' or the only one of its
    kind in the file; ``reply_to`` is '' or the ``id`` of another one."""

    author: str
    date: Moment
    body: str
    id: str = ""
    reply_to: str = ""


def tidied(body: str) -> str:
    """Return a body as files have it: normalized, its lines without spaces at their ends, at most
    one empty line between two, none before the first and after the last."""
    lines = (vietnamese.normalize(line).rstrip() for line in _LINE_END.split(body))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _body(source: schema.Source, key: str, node: schema.Node) -> str | None:
    found = schema.raw(source, key, node)
    return None if found is None else tidied(found)


_read_one = schema.record(
    Comment,
    "author",
    "date",
    "body",
    id=schema.matching(_ID, "bad-id"),
    author=schema.text,
    date=schema.moment,
    reply_to=schema.raw,
    body=_body,
)


def read(text: str, source: schema.Source) -> tuple[Comment, ...]:
    """Return the comments of a file in its order; what is wrong with it is noted in *source*.

    What is returned beside problems is not whole.
    """
    root = source.compose(text)
    nodes = schema.entries(root)
    if nodes is None:
        source.fault("comments-no-list", root or Place(source.file, 1, 1))
        return ()
    if len(nodes) > limits.COMMENTS:
        source.fault("comments-too-many", nodes[limits.COMMENTS], limit=str(limits.COMMENTS))
        return ()
    comments: list[Comment] = []
    numbers: dict[str, int] = {}
    for number, node in enumerate(nodes, start=1):
        comment = _read_one(source, str(number), node)
        if not isinstance(comment, Comment):
            continue
        comments.append(comment)
        if comment.id and comment.id in numbers:
            source.fault("comment-id-twice", source.places[f"{number}.id"], id=comment.id)
        elif comment.id:
            numbers[comment.id] = number
        for key, limit in (("author", limits.COMMENT_AUTHOR), ("body", limits.COMMENT_BODY)):
            if len(getattr(comment, key)) > limit:
                place = source.places[f"{number}.{key}"]
                source.fault("comment-too-long", place, key=key, limit=str(limit))
    if not source.problems:
        _check_replies(source, comments, numbers)
    return tuple(comments)


def _check_replies(
    source: schema.Source, comments: Sequence[Comment], numbers: Mapping[str, int]
) -> None:
    """Note replies to what is not there, to themselves, or at too great a depth.  *numbers* tells
    which comment of the file, from 1, has an id."""
    depths = depths_of(comments)
    for number, comment in enumerate(comments, start=1):
        if not comment.reply_to:
            continue
        place = source.places[f"{number}.reply_to"]
        if comment.reply_to not in numbers:
            meant = nearest(comment.reply_to, numbers)
            source.fault("comment-reply-unknown", place, id=comment.reply_to, meant=meant)
        elif not depths[number - 1]:
            source.fault("comment-reply-circle", place, id=comment.reply_to)
        elif depths[number - 1] > limits.COMMENT_DEPTH:
            source.fault(
                "comment-too-deep", place, id=comment.reply_to, limit=str(limits.COMMENT_DEPTH)
            )


def path_of(bulletin: str) -> str:
    """Return the path of the file with the comments on the bulletin in the file *bulletin*."""
    return bulletin.removesuffix(".md") + SUFFIX


def anchors(comments: Iterable[Comment]) -> list[str]:
    """Return for each comment the id of its place on the page, which stays where it is when others
    come and go: it is made of its ``id``, or of what it says.

    With the underscore no heading of a text has the same.
    """
    found: dict[str, int] = {}
    names = []
    for comment in comments:
        name = comment.id
        if not name:
            said = f"{comment.author}\0{comment.date.iso}\0{comment.body}"
            name = hashlib.blake2b(said.encode(), digest_size=4).hexdigest()
        found[name] = found.get(name, 0) + 1
        # An id has no colon.
        names.append(f"y_kien-{name}" + (f":{found[name]}" if found[name] > 1 else ""))
    return names


def depths_of(comments: Sequence[Comment]) -> list[int]:
    """Return how deep each comment stands, from 1; 0 where its replies lead round in a circle.

    A reply to what is not there stands at 1.
    """
    parents = {each.id: each.reply_to for each in comments if each.id}
    known: dict[str, int] = {"": 0}
    for comment in comments:
        way: list[str] = []
        at = comment.reply_to
        while at in parents and at not in known:
            known[at] = -1  # it is being looked at: who comes back here goes round
            way.append(at)
            at = parents[at]
        depth = known.get(at, 0)
        for each in reversed(way):
            depth = known[each] = depth + 1 if depth >= 0 else -1
    return [known.get(each.reply_to, 0) + 1 for each in comments]


def fitted(comments: Iterable[Comment]) -> tuple[tuple[Comment, ...], tuple[Comment, ...]]:
    """Return comments of another program as a file can have them, the oldest first, and those that
    it cannot have: without any text, too long, or too many.

    A name that is too long is cut, one that is missing becomes `NAMELESS`.  An ``id`` that is none
    goes.  A reply whose comment is missing becomes one that is no reply; one that stands too deep
    replies to the deepest that may be replied to.
    """
    kept: dict[str, Comment] = {}
    left_out: list[Comment] = []
    for number, comment in enumerate(sorted(comments, key=lambda each: each.date.order)):
        body = tidied(comment.body)
        author = (
            vietnamese.tidy_spaces(comment.author)[: limits.COMMENT_AUTHOR].rstrip() or NAMELESS
        )
        is_known = re.fullmatch(_ID, comment.id) and comment.id not in kept
        if not body or len(body) > limits.COMMENT_BODY or len(kept) == limits.COMMENTS:
            left_out.append(comment)
        else:
            name = comment.id if is_known else ""
            # Without an id nothing replies to it: any key that is none will do.
            key = name or f" {number}"
            kept[key] = replace(comment, author=author, body=body, id=name)
    return _rehung(kept), tuple(left_out)


def _rehung(kept: Mapping[str, Comment]) -> tuple[Comment, ...]:
    """Return comments with replies that a file can have; *kept* has them by what they are known
    by, their ``id`` where they have one."""
    depths = dict(zip(kept, depths_of(tuple(kept.values())), strict=True))
    found: list[Comment] = []
    for key, comment in kept.items():
        parent = comment.reply_to if comment.reply_to in kept and depths[key] else ""
        while parent and depths[parent] >= limits.COMMENT_DEPTH:
            parent = kept[parent].reply_to
        found.append(replace(comment, reply_to=parent))
    return tuple(found)


def compose(comments: Iterable[Comment]) -> str:
    """Return a file of comments for people to read; `read` gives the same comments back, where
    their bodies are `tidied` and they are within the limits (`fitted`)."""
    lines: list[str] = []
    for comment in comments:
        values = {"id": comment.id, "author": comment.author, "date": comment.date}
        values |= {"reply_to": comment.reply_to}
        entry = [f"{key}: {schema.scalar(value)}" for key, value in values.items() if value]
        entry.append("body: |-")
        entry += [f"  {line}" if line else "" for line in tidied(comment.body).split("\n")]
        lines += ["- " + entry[0], *(f"  {line}" if line else "" for line in entry[1:])]
    return "".join(f"{line}\n" for line in lines)
