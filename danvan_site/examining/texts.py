"""The file of one bulletin as examinations look at it, and what they find there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from markdown_it import MarkdownIt

from danvan_site import frontmatter, schema
from danvan_site.errors import Place, Problem
from danvan_site.importers import legacy_fonts
from danvan_site.limits import FILE_BYTES

# Stands for what is no prose: in nothing that examinations look for.
HIDDEN = "\ufffc"
_SPOILT = re.compile(
    r"(?P<code>`+)(?!`).+?(?<!`)(?P=code)(?!`)"  # code
    r"|\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*[^)\n]*\)"  # where a link leads, its title
    r"|^ {0,3}\[[^\]\n]+\]:.*$"  # definitions of links and notes
    r"|\[\^[^\]\s]+\]"
    r"|<[^<>\n]*>"
    r"|(?:https?://|ftp://|www\.)[^\s<>”»]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b[\w/-]+\.[a-z]{2,4}(?:\.vn)?(?:/\S*)?(?![\w])"  # addresses and files without a scheme
    r"|&\#?\w+;|\\."
    r"|^[ \t]*\|.*$|^.*\|[ \t]*$",  # rows of tables
    re.MULTILINE | re.DOTALL,
)
_MAY_BE_SPOILT = re.compile(r"[`\]<@&\\|]|://|[^\W\d]\.[a-z]|\d\.[a-z]")
_BLOCKS = re.compile(r"^(?: {4}|\t| {0,3}(?:```|~~~|<))", re.MULTILINE)
_MARKERS = re.compile(r"^[ \t]*(?:(?:[-*+>]|#{1,6}|\d{1,9}[.)])[ \t\u00a0]+)+", re.MULTILINE)
_FIELD = re.compile(
    r"^(?:title|lead|[ -]*(?:alt|caption|note)):[ \t]*[\"']?(?P<value>\S.*?)[\"']?[ \t]*\r?$",
    re.MULTILINE,
)
_LANGUAGE = re.compile(r"^lang:[ \t]*[\"']?(?!vi\b)[a-z]", re.MULTILINE)
_PARAGRAPH = re.compile(r"[^\r\n]+")


class Edit(NamedTuple):
    """What makes a finding go away: *replacement* for the characters from *start* to *end*."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What an examination of a text found, at a character of it; with edits where it is certain
    what it has to be."""

    code: str
    start: int
    details: Mapping[str, str] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """The file of a bulletin.

    ``whole`` is all of it, letter by letter; ``prose`` as long, with what is no prose of the body
    hidden (front matter, code, addresses, tables, text for old fonts).  ``fields`` is the front
    matter, of which only that is shown that people wrote as prose.  ``body`` is where the body
    begins, ``legacy`` where paragraphs for old fonts do, ``tone_marks`` the setting.
    """

    whole: str
    prose: str
    fields: str
    body: int
    legacy: tuple[tuple[int, str], ...]
    tone_marks: str = "mixed"

    def place(self, file: str, at: int) -> Place:
        """Return the place of a character."""
        line = self.whole.count("\n", 0, at) + 1
        start = self.whole.rfind("\n", 0, at) + 1
        byte_order_mark = line == 1 and self.whole.startswith("\ufeff")
        return Place(file, line, at - start + 1 - byte_order_mark)

    def problem(self, file: str, finding: Finding) -> Problem:
        """Return a finding as a problem of *file*."""
        return Problem(finding.code, self.place(file, finding.start), dict(finding.details))

    def around(self, start: int, end: int) -> str:
        """Return what stands from *start* to *end* with the words next to it, for a message."""
        before = re.search(r"\S{0,14}\s?\Z", self.whole[max(0, start - 16) : start])
        after = re.match(r"\s?\S{0,14}", self.whole[end : end + 16])
        found = self.whole[start:end]
        return " ".join(
            ((before[0] if before else "") + found + (after[0] if after else "")).split("\n")
        ).strip()


def read(data: bytes, tone_marks: str = "mixed") -> Text | None:
    """Return a file to examine; None where the build says what is wrong with it, or where it is in
    a language that is not Vietnamese."""
    if len(data) > FILE_BYTES:
        return None
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        return None
    parts = frontmatter.split(whole, schema.Source(""))
    if parts is None or _LANGUAGE.search(parts.front):
        return None
    begin = len(whole) - len(parts.body)
    body = _prose(parts.body)
    legacy = tuple(
        (begin + match.start(), found)
        for match in _PARAGRAPH.finditer(body)
        if (found := _legacy(match[0]))
    )
    for start, _ in legacy:
        end = _PARAGRAPH.match(body, start - begin)
        length = len(end[0]) if end else 0
        body = body[: start - begin] + HIDDEN * length + body[start - begin + length :]
    hidden = _hide(whole[:begin])
    fields = hidden
    for match in _FIELD.finditer(whole, 0, begin):
        value = re.sub(r"\\.", HIDDEN * 2, match["value"])
        fields = fields[: match.start("value")] + value + fields[match.end("value") :]
    return Text(whole, hidden + body, fields, begin, legacy, tone_marks)


def _legacy(paragraph: str) -> str:
    """Return the encoding of old fonts that a paragraph was certainly typed in, else ''."""
    if paragraph.isascii() or legacy_fonts.is_unicode(paragraph):
        return ""
    found = legacy_fonts.detect(paragraph)
    return found.encoding if found.certain else ""


def _hide(text: str) -> str:
    """Return text of which nothing but the line ends is left."""
    return re.sub(r"[^\n]", HIDDEN, text)


def _prose(body: str) -> str:
    if _BLOCKS.search(body):
        lines = body.split("\n")
        for token in MarkdownIt("commonmark").parse(body):
            if token.type in ("fence", "code_block", "html_block") and token.map:
                first, last = token.map
                lines[first:last] = map(_hide, lines[first:last])
        hidden = "\n".join(lines)
        body = hidden if len(hidden) == len(body) else _hide(body)
    if _MAY_BE_SPOILT.search(body):
        body = _SPOILT.sub(lambda match: _hide(match[0]), body)
    return _MARKERS.sub(lambda match: _hide(match[0]), body)


def edited(whole: str, edits: list[Edit]) -> tuple[str, int]:
    """Return a text with *edits* made, but those that overlap an earlier one, and how many were."""
    pieces: list[str] = []
    at = count = 0
    for edit in sorted(set(edits)):
        if edit.start >= at:
            pieces += [whole[at : edit.start], edit.replacement]
            at = edit.end
            count += 1
    return "".join([*pieces, whole[at:]]), count
