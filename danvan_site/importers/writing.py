"""Words and blocks become Markdown that our build reads as what they are.

Signs that Markdown would take for its own are escaped, but only where it would: webmasters go on
working with these files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from danvan_site import vietnamese
from danvan_site.importers.blocks import BOLD, CODE, EMPHASIS, ITALIC, STRIKE, Link, Run

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_MARKED = re.compile(r"[\\`*_\[\]~<&]")
_INLINE = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|$)|`|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])"
    r"|^~|~(?=~|$)|(?<=~)~|<(?=[A-Za-z/!?])|&(?=#?\w{1,32};)"
)
# Brackets mean something only before or after certain signs; at the edges of a run these may come.
_BRACKETED = re.compile(r"\](?:[\[(:]|$)|\^\[|\[\^|^\[")
_BRACKET = re.compile(r"[\[\]]")
_BLOCK = re.compile(
    r"(?P<lead>\d{1,9})[.)](?=\s|$)|#{1,6}(?=\s|$)|>|[-+](?=\s|$)|=+\s*$|[-:|][-:|\s]*$"
)
_TICKS = re.compile("`+")
_SIGNS = {BOLD: "**", ITALIC: "*", STRIKE: "~~"}
_UNSAFE_IN_ADDRESS = {
    " ": "%20", "<": "%3C", ">": "%3E", "\\": "%5C", '"': "%22", "`": "%60", "|": "%7C",
    "[": "%5B", "]": "%5D", "^": "%5E",
}  # fmt: skip
_ADDRESS = re.compile(r'[ <>\\"`|\[\]^]')
_PARENTHESES = re.compile(r"[()]")
_ENTITY = re.compile(r"&(?=#?\w{1,32};)")

Mark = int | Link


def as_markdown(text: str) -> str:
    """Return one line of plain text as a Markdown paragraph that reads the same."""
    return at_start(escaped(text))


def escaped(text: str, in_brackets: bool = False) -> str:
    """Return plain *text* (no line feeds) so that it reads the same anywhere within a line.

    Where it stands *in_brackets* (of a link, of a picture) all its own are escaped.
    """
    if not _MARKED.search(text):
        return text
    bracketed = in_brackets or _BRACKETED.search(text)
    text = _INLINE.sub(lambda match: "\\" + match.group(), text)
    return _BRACKET.sub(r"\\\g<0>", text) if bracketed else text


def at_start(text: str) -> str:
    """Return escaped *text* so that it reads the same at the beginning of a line, too."""
    block = _BLOCK.match(text)
    if not block:
        return text
    at = block.end("lead") if block["lead"] else 0
    return f"{text[:at]}\\{text[at:]}"


def address(text: str) -> str:
    """Return an address as it stands in a Markdown link; its parentheses may be without a pair."""
    text = _ADDRESS.sub(lambda match: _UNSAFE_IN_ADDRESS[match.group()], text)
    if not _balanced(text):
        text = _PARENTHESES.sub(r"\\\g<0>", text)
    return _ENTITY.sub("&amp;", text)


def _balanced(text: str) -> bool:
    depth = 0
    for sign in _PARENTHESES.findall(text):
        depth += 1 if sign == "(" else -1
        if not 0 <= depth < 8:
            return False
    return depth == 0


def code_span(text: str) -> str:
    """Return *text* as code within a line."""
    ticks = "`" * (max(map(len, _TICKS.findall(text)), default=0) + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def code_block(text: str) -> list[str]:
    """Return the lines of *text* as a block of code."""
    fence = "`" * max(3, max(map(len, _TICKS.findall(text)), default=0) + 1)
    return [fence, *text.split("\n"), fence]


# ---- emphasis


class Line:
    """Runs being written: pieces of Markdown, of which some are signs that open or close.

    ``pictures`` and ``links`` have the Markdown of each picture and the new address of each link,
    by identity.  After `write`, ``suspicious`` tells that a parser should be asked.
    """

    def __init__(
        self, runs: Sequence[Run], pictures: Mapping[int, str], links: Mapping[int, str]
    ) -> None:
        self._runs = runs
        self._pictures = pictures
        self._links = links
        self._pieces: list[tuple[str, str]] = []  # what it is ('', 'open', 'close', 'link'), text
        self._open: list[Mark] = []
        self._wanted = [self._marks(run) for run in runs]
        self._ends = self._find_ends()
        self.suspicious = False

    def write(self) -> str:
        """Return the runs as Markdown."""
        runs = self._runs
        for number, run in enumerate(runs):
            if run.text == "\n":
                self._close_down_to(0)
                self._pieces.append(("", "\\\n"))
                continue
            self._change_to(number, run)
            if run.picture:
                self._pieces.append(("link", self._pictures[id(run.picture)]))
            else:
                self._pieces.append(("", self._words(run)))
        self._close_down_to(0)
        return self._joined()

    def _words(self, run: Run) -> str:
        text = run.text.lstrip()
        if run.marks & CODE:
            return code_span(text)
        text = escaped(text, in_brackets=any(isinstance(mark, Link) for mark in self._open))
        at_line_start = not self._pieces or self._pieces[-1][1].endswith("\n")
        return at_start(text) if at_line_start else text

    def _marks(self, run: Run) -> list[Mark]:
        if run.text == "\n":
            return []
        marks: list[Mark] = [bit for bit in EMPHASIS if run.marks & bit]
        if run.link and id(run.link) in self._links:
            marks.append(run.link)
        return marks

    def _change_to(self, number: int, run: Run) -> None:
        """Close what does not go on at this run, write the space before it, open what begins."""
        wanted = self._wanted[number]
        if not wanted and not self._open:
            if run.text[:1] == " ":
                self._pieces.append(("", " "))
            return
        keep = 0
        while keep < len(self._open) and self._open[keep] in wanted:
            keep += 1
        new = [mark for mark in wanted if mark not in self._open[:keep]]
        if new:
            ends = self._ends[number]
            link = next((mark for mark in new if isinstance(mark, Link)), None)
            if link is not None:
                # A link stays whole: emphasis that ends in it begins anew in it.
                first = (k for k in range(keep) if ends[self._open[k]] < ends[link])
                keep = next(first, keep)
                new = [mark for mark in wanted if mark not in self._open[:keep]]
            new.sort(key=lambda mark: (-ends[mark], not isinstance(mark, Link)))
        self._close_down_to(keep)
        if run.text[:1] == " ":
            self._pieces.append(("", " "))
        for mark in new:
            self._open.append(mark)
            self._pieces.append(("link", "[") if isinstance(mark, Link) else ("open", _SIGNS[mark]))

    def _find_ends(self) -> list[dict[Mark, int]]:
        """For each run, with which run each of its marks ends."""
        ends: list[dict[Mark, int]] = [{} for _ in self._runs]
        after: dict[Mark, int] = {}
        for number in range(len(self._runs) - 1, -1, -1):
            after = {mark: after.get(mark, number + 1) for mark in self._wanted[number]}
            ends[number] = after
        return ends

    def _close_down_to(self, number: int) -> None:
        while len(self._open) > number:
            mark = self._open.pop()
            if isinstance(mark, Link):
                self._pieces.append(("link", f"]({self._links[id(mark)]})"))
            else:
                self._pieces.append(("close", _SIGNS[mark]))

    def _joined(self) -> str:
        pieces = [text for _, text in self._pieces]
        kinds = [kind for kind, _ in self._pieces]
        for number, kind in enumerate(kinds):
            if kind == "open" or kind == "close":
                self._flank(number, kind, kinds, pieces)
            elif kind == "link" and pieces[number].startswith("[") and number:
                # An exclamation mark would make a picture of the link, a caret a footnote.
                before = pieces[number - 1]
                if kinds[number - 1] == "" and before.endswith(("!", "^")):
                    pieces[number - 1] = f"{before[:-1]}\\{before[-1]}"
        return "".join(pieces)

    def _flank(self, number: int, kind: str, kinds: Sequence[str], pieces: list[str]) -> None:
        """See to it that signs open or close: they do not where they stand between punctuation
        and a letter.  An entity is punctuation to Markdown and a letter to readers."""
        step, edge = (-1, -1) if kind == "open" else (1, 0)
        outer, inner = number + step, number - step
        while 0 <= outer < len(pieces) and kinds[outer] == kind and pieces[outer][0] == "*":
            outer += step
        if not 0 <= outer < len(pieces):
            return
        beyond, within = pieces[outer][edge], pieces[inner][-1 - edge]
        if kinds[outer] in ("open", "close"):
            self.suspicious = True
        if beyond.isspace() or (_is_punctuation(beyond) and not _is_punctuation(within)):
            return
        self.suspicious = True  # the signs could both open and close
        if not _is_punctuation(beyond) and _is_punctuation(within):
            text = pieces[outer]
            entity = f"&#{ord(beyond)};"
            pieces[outer] = text[:-1] + entity if edge else entity + text[1:]


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def line(
    runs: Sequence[Run], pictures: Mapping[int, str], links: Mapping[int, str]
) -> tuple[str, bool]:
    """Return *runs* as Markdown, and whether all their emphasis came along.

    In the few places where signs meet within a word the parser itself is asked; what it would
    misread is written without some of the emphasis.
    """
    kept = ~0
    for kept in (~0, ~(ITALIC | STRIKE), ~(BOLD | ITALIC | STRIKE)):
        now = runs if kept == ~0 else merged(_with_marks(runs, kept))
        writer = Line(now, pictures, links)
        text = writer.write()
        if not writer.suspicious or _reads_as(text, now):
            break
    return text, kept == ~0


def _with_marks(runs: Iterable[Run], kept: int) -> list[Run]:
    return [Run(run.text, run.marks & kept, run.link, run.picture) for run in runs]


def merged(runs: Iterable[Run]) -> list[Run]:
    """Return *runs* with neighbours of the same marks made one, in NFC."""
    result: list[Run] = []
    texts: list[list[str]] = []  # of each run of the result, put together once
    for run in runs:
        last = result[-1] if result else None
        if (
            last
            and last.marks == run.marks
            and last.link is run.link
            and not (last.picture or run.picture)
            and "\n" not in (last.text, run.text)
        ):
            texts[-1].append(run.text)
        else:
            result.append(run)
            texts.append([run.text])
    for number, several in enumerate(texts):
        if len(several) > 1:
            first = result[number]
            result[number] = Run(vietnamese.nfc("".join(several)), first.marks, first.link)
    return result


def _reads_as(text: str, runs: Sequence[Run]) -> bool:
    wanted = [
        (character, run.marks & (BOLD | ITALIC | STRIKE))
        for run in runs
        if not run.picture
        for character in run.text
        if not character.isspace()
    ]
    return list(_read(_parser().parseInline(text)[0].children or ())) == wanted


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # few pages need it

    return MarkdownIt("commonmark", {"html": False}).enable("strikethrough")


def _read(tokens: Iterable[Token]) -> Iterable[tuple[str, int]]:
    bits = {"strong": BOLD, "em": ITALIC, "s": STRIKE}
    marks = 0
    for token in tokens:
        name, _, end = token.type.rpartition("_")
        if name in bits:
            marks = marks | bits[name] if end == "open" else marks & ~bits[name]
        elif token.type in ("text", "code_inline"):
            yield from ((each, marks) for each in token.content if not each.isspace())
