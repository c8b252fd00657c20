"""The body of a bulletin: Markdown to HTML, plain text, headings and links; comments on it.

CommonMark with tables, strikethrough and footnotes.  Links and pictures that name files are left
as numbered references in the HTML (``href="danvan:0"``), because only the whole library knows
what they lead to; `resolve` puts the addresses in.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt, helpers
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from danvan_site import alternatives, citations, limits, vietnamese
from danvan_site.errors import Place, Problem

_OPENING = 400
# What is short, or has few headings, is seen without a table of contents; not so many questions.
_LONG, _SECTIONS, _MANY_SECTIONS = 3_500, 3, 6
# How numbered references are written.
_OWN_SCHEME = "danvan:"
_SEARCHED = "danvan_searched"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:.-]*")
_LINE_END = re.compile("\r\n?")
# After so many addresses that are not found as they were written, no more are looked for.
_MOST_MISSES = 200
_SHOWN = 300  # characters of an address in a message
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WEB_SCHEMES = ("http:", "https:")
_SCHEMES = (*_WEB_SCHEMES, "mailto:", "tel:")
WEB = ("http://", "https://")
_REFERENCE = re.compile(r'(href|src)="danvan:(\d+)"( rel="noopener")?')
_PICTURE = re.compile(r'<img(?:\s+[\w-]+(?:="[^"]*")?)*\s*/?>')
_ATTRIBUTE = re.compile(r'\s([\w-]+)="([^"]*)"')
_ALIGNMENT = re.compile(r"text-align:(left|center|right)")
_CLEAN_TAGS = nh3.ALLOWED_TAGS | {"section", "figure", "figcaption", "details", "summary"}
_CLEAN_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"id", "class", "lang", "title", "role", "tabindex", "aria-label"},
    "a": {"href", "hreflang"},
    "td": {"class", "colspan", "rowspan"},
    "th": {"class", "colspan", "rowspan", "scope"},
}


@dataclass(frozen=True, slots=True)
class Options:
    """How bodies are read, and the words that go into them."""

    html: str = "off"
    table_label: str = ""
    footnote_back: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A link or picture of a body that names something of this site, or of the web: only all
    bulletins together tell whether an address was one of theirs.

    ``target`` is the path as written without its fragment, decoded unless it has parameters; ''
    means the bulletin itself.  Of an address with a host it is all of it.
    """

    target: str
    fragment: str
    line: int
    column: int
    image: bool = False


# A heading of a body: its text, its anchor, the headings below it.
Heading = tuple[str, str, tuple["Heading", ...]]


@dataclass(frozen=True, slots=True)
class Body:
    """A body as read: its HTML with numbered references, how its prose begins, its anchors; its
    headings where it is so long that it needs a table of contents; documents that it cites."""

    html: str
    opening: str
    anchors: tuple[str, ...]
    references: tuple[Reference, ...]
    contents: tuple[Heading, ...] = ()
    documents: tuple[str, ...] = ()


def may_have_faults(text: str) -> bool:
    """Tell, at once, whether `read` could find something wrong with a text: only with pictures, and
    where there is too much of it."""
    return "![" in text or bool(_excess(text))


# What counts as `limits.BODY_MARKS`.
_MARKS = "[]!^*_~`<>|&\\"
# Where the parser stops to look, besides.
_STOPS = "-:=+$%@{}#\"'"
_NEST = re.compile(r"!\[|\^\[")
_TABLE = re.compile(r"^[ \t>]*[|:]?[-:|]*-[-:| \t]*$", re.MULTILINE)
_FORMAT = re.compile(
    r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]+[^\s/>]", re.IGNORECASE
)


def marks_of(text: str) -> int:
    """Return how many characters of a text may mean something to Markdown."""
    return sum(map(text.count, _MARKS))


def _excess(text: str) -> tuple[str, int] | None:
    """Return what there is too much of in a text, as the code of the problem, and the limit.

    All is counted without parsing: what makes a parser slow is found before it is."""
    if len(text) > limits.BODY:
        return "body-too-long", limits.BODY
    if text.count("\n") >= limits.BODY_LINES:
        return "body-too-many-lines", limits.BODY_LINES
    if marks_of(text) > limits.BODY_MARKS:
        return "body-too-marked", limits.BODY_MARKS
    if sum(map(text.count, _STOPS)) > limits.BODY_STOPS:
        return "body-too-marked", limits.BODY_STOPS
    if text.count("[") > limits.BODY_NESTS and len(_NEST.findall(text)) > limits.BODY_NESTS:
        return "body-too-many-pictures", limits.BODY_NESTS
    if "|" in text and _cells(text) > limits.BODY_CELLS:
        return "body-too-many-cells", limits.BODY_CELLS
    if _is_searched_too_far(text):
        return "body-too-marked", limits.BODY_MARKS
    if "<" in text and len(_FORMAT.findall(text)) > limits.BODY_FORMATS:
        return "body-too-many-tags", limits.BODY_FORMATS
    return None


def _is_searched_too_far(text: str) -> bool:
    """Tell whether there are many beginnings whose ends the parser would look for up to the end of
    their paragraphs, each anew."""
    signs = [sign for sign in ("^[", "<!", "<?") if sign in text]
    if not signs:
        return False
    work = 0
    for paragraph in text.split("\n\n"):
        work += sum(map(paragraph.count, signs)) * len(paragraph)
    return work > limits.BODY_SEARCHED


class _Helpers:
    """The parser's helpers, with an end to how far it looks for the ends of links in one body."""

    parseLinkTitle = staticmethod(helpers.parseLinkTitle)

    @staticmethod
    def parseLinkDestination(text: str, start: int, end: int) -> Any:
        """Return what the parser makes of an address; a longer one than may be is none."""
        return helpers.parseLinkDestination(text, start, min(end, start + limits.ADDRESS))

    @staticmethod
    def parseLinkLabel(state: StateInline, start: int, disableNested: bool = False) -> int:
        """Return where the text of a link ends, -1 where it does not."""
        env = state.env
        if env.get(_SEARCHED, 0) > limits.BODY_SEARCHED:
            return -1
        end = helpers.parseLinkLabel(state, start, disableNested)
        env[_SEARCHED] = env.get(_SEARCHED, 0) + (end if end >= 0 else state.posMax) - start
        return end


def _cells(text: str) -> int:
    """Return how many cells the tables of a text can have at most: a row has as many as the line
    under its head, whatever stands in it, and ends with an empty line."""
    lines = text.split("\n")
    cells = columns = 0
    for line in lines:
        if not line.strip(" \t>"):
            columns = 0
        elif "|" in line and _TABLE.fullmatch(line):
            columns = max(columns, line.count("|") + 1)
        cells += columns
    return cells


def read(
    text: str, file: str, first_line: int, options: Options
) -> tuple[Body, tuple[Problem, ...]]:
    """Read the Markdown *text* that begins on *first_line* of *file*."""
    excess = _excess(text)
    if excess:
        code, limit = excess
        problem = Problem(code, Place(file, first_line, 1), {"limit": str(limit)})
        return Body("", "", (), ()), (problem,)
    paragraphs = _plain_paragraphs(text) if options.html == "off" else None
    body, problems = (
        (_set(paragraphs), ()) if paragraphs else _parsed(text, file, first_line, options)
    )
    if citations.may_cite(text):
        html, documents = citations.marked(body.html)
        body = replace(body, html=html, documents=tuple(documents))
    return body, problems


# What could mean something to Markdown: anywhere, at the beginning of a line.  Looking for single
# characters one after another is many times faster than one pattern for all of them.
_SIGNS = tuple("\\`*_~[<\t\r\0")
_ENTITY = re.compile("&(?! )")
_FIRST = frozenset(" #>+=|:-")
_NUMBERED = re.compile(r"\d{1,9}[.)]")


def _plain_paragraphs(text: str) -> list[str] | None:
    """Return the paragraphs of a body in which nothing is marked up, None for any other.

    Most bulletins are such, and need no parser.
    """
    if any(sign in text for sign in _SIGNS) or ("&" in text and _ENTITY.search(text)):
        return None
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        if not line:
            paragraphs.append([])
        elif line != line.strip() or line[0] in _FIRST or _NUMBERED.match(line):
            return None
        else:
            paragraphs[-1].append(line)
    return ["\n".join(lines) for lines in paragraphs if lines] or None


def _set(paragraphs: Sequence[str]) -> Body:
    """Return plain paragraphs as the parser would set them."""
    html = escapeHtml("\0".join(paragraphs)).replace("\0", "</p>\n<p>")
    return Body(f"<p>{html}</p>\n", _beginning(paragraphs), (), ())


def _parsed(
    text: str, file: str, first_line: int, options: Options
) -> tuple[Body, tuple[Problem, ...]]:
    parser = _parser(options)
    env: dict[str, Any] = {}
    tokens = parser.parse(text.replace("\0", "\ufffd"), env)
    if env.get(_SEARCHED, 0) > limits.BODY_SEARCHED:
        details = {"limit": str(limits.BODY_MARKS)}
        return Body("", "", (), ()), (
            Problem("body-too-marked", Place(file, first_line, 1), details),
        )
    reading = _Reading(file, text, first_line)
    anchors = _name_headings(tokens)
    _classify_cells(tokens)
    reading.visit(tokens)
    html = parser.renderer.render(tokens, parser.options, {})
    if options.html == "sanitize":
        html = _sanitized(html, reading)
    anchors += re.findall(r'id="(fn(?:ref)?[^"]*)"', html)
    references = tuple(reading.references)
    body = Body(html, _opening(tokens), tuple(anchors), references, _contents(tokens))
    return body, tuple(reading.problems)


def read_comment(text: str) -> tuple[str, str]:
    """Return what a reader wrote as HTML and as plain text.

    There are paragraphs, line breaks, emphasis, links into the web, lists and quotes; whatever else
    Markdown or HTML would make of it comes out as it was typed.
    """
    parser = _comment_parser()
    tokens = parser.parse(text)
    plain = "\n".join(_inline_text(each.children or ()) for each in tokens if each.children)
    return parser.renderer.render(tokens, parser.options, {}), plain


Show = Callable[[int, Mapping[str, str]], str | None]


def resolve(
    html: str, addresses: Sequence[str], documents: Mapping[str, str], show: Show | None = None
) -> str:
    """Put *addresses*, one for each reference, into a body's HTML, and those of *documents*.

    *show* gives the HTML of the picture with a reference's number, of its attributes (which are
    HTML, too), or None where it knows none.
    """
    html = citations.linked(html, documents)
    if "danvan:" not in html:
        return html

    def picture(match: re.Match[str]) -> str:
        attributes = dict(_ATTRIBUTE.findall(match[0]))
        _, _, number = attributes.get("src", "").partition("danvan:")
        found = show(int(number), attributes) if show and number.isdecimal() else None
        return match[0] if found is None else found

    if show:
        html = _PICTURE.sub(picture, html)

    def address(match: re.Match[str]) -> str:
        number = int(match[2])
        found = addresses[number] if number < len(addresses) else "#"
        rel = match[3] if match[3] and _SCHEME.match(found) else ""
        return f'{match[1]}="{_attribute(found)}"{rel}'

    return _REFERENCE.sub(address, html)


def _attribute(value: str) -> str:
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


@cache
def _parser(options: Options) -> MarkdownIt:
    """One parser for each way of reading; building it takes as long as reading ten bodies."""
    parser = MarkdownIt("commonmark", {"html": options.html == "sanitize"})
    parser.helpers = _Helpers  # type: ignore[assignment]
    parser.enable(["table", "strikethrough"]).use(footnote_plugin)
    # Schemes are judged here, with a message; markdown-it would show the link as text in silence.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    label = _attribute(options.table_label)
    parser.add_render_rule("table_open", _table_opening(label))
    parser.add_render_rule("table_close", _table_closing)
    parser.add_render_rule("footnote_block_open", _footnotes_opening)
    parser.add_render_rule("footnote_block_close", _footnotes_closing)
    parser.add_render_rule("footnote_anchor", _footnote_anchor(_attribute(options.footnote_back)))
    return parser


@cache
def _comment_parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"breaks": True})
    parser.helpers = _Helpers  # type: ignore[assignment]
    parser.enable(["blockquote", "list"])
    parser.enable(["newline", "escape", "emphasis", "link", "image", "autolink", "entity"])
    parser.validateLink = _is_for_comments  # type: ignore[assignment,method-assign]
    parser.add_render_rule("link_open", _comment_link)
    parser.add_render_rule("image", _typed_picture)
    return parser


def _is_for_comments(address: str) -> bool:
    scheme = _SCHEME.match(address)
    return scheme is not None and scheme.group().lower() in _SCHEMES


_Rule = Callable[[RendererHTML, Sequence[Token], int, Any, Any], str]


def _table_opening(label: str) -> _Rule:
    """Wide tables scroll in a region of their own, which the keyboard can reach."""

    def rule(
        renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
    ) -> str:
        return f'<div class="table" role="region" tabindex="0" aria-label="{label}">\n<table>\n'

    return rule


def _table_closing(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    return "</table>\n</div>\n"


def _footnotes_opening(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """Not a section as in the plugin: that would want a heading."""
    return '<hr class="footnotes-sep">\n<div class="footnotes">\n<ol class="footnotes-list">\n'


def _footnotes_closing(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    return "</ol>\n</div>\n"


def _footnote_anchor(label: str) -> _Rule:
    def rule(
        renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
    ) -> str:
        meta = tokens[index].meta
        name = f"fnref{meta['id'] + 1}" + (f":{meta['subId']}" if meta["subId"] > 0 else "")
        return f' <a href="#{name}" class="footnote-backref" aria-label="{label}">↩</a>'

    return rule


def _comment_link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """A reader's link is not ours: search engines are told so."""
    href = escapeHtml(str(tokens[index].attrs["href"]))
    return f'<a href="{href}" rel="nofollow ugc noopener">'


def _typed_picture(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    token = tokens[index]
    return escapeHtml(f"![{token.content}]({token.attrs['src']})")


def _name_headings(tokens: Sequence[Token]) -> list[str]:
    """Give every heading an id; where a body uses h1 all go one level down (the title is h1)."""
    headings = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    shift = 1 if any(tokens[index].tag == "h1" for index in headings) else 0
    names: list[str] = []
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for index in headings:
        name = base = vietnamese.slugify(_inline_text(tokens[index + 1].children or ()), 60)
        while name in taken:
            counts[base] = counts.get(base, 1) + 1
            name = f"{base}-{counts[base]}"
        taken.add(name)
        names.append(name)
        tag = f"h{min(int(tokens[index].tag[1]) + shift, 6)}"
        tokens[index].tag = tokens[index + 2].tag = tag
        tokens[index].attrs["id"] = name
    return names


def _contents(tokens: Sequence[Token]) -> tuple[Heading, ...]:
    """Return the headings of a long body, those of the second level below those of the first."""
    headings = [
        (token.tag, _inline_text(tokens[index + 1].children or ()), str(token.attrs["id"]))
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0
    ]
    top = min((tag for tag, _, _ in headings), default="")
    sections = sum(tag == top for tag, _, _ in headings)
    length = sum(len(token.content) for token in tokens if token.type == "inline")
    if sections < (_SECTIONS if length >= _LONG else _MANY_SECTIONS):
        return ()
    found: list[tuple[str, str, list[Heading]]] = []
    for tag, text, anchor in headings:
        if tag == top:
            found.append((text, anchor, []))
        elif found and int(tag[1]) == int(top[1]) + 1:
            found[-1][2].append((text, anchor, ()))
    return tuple((text, anchor, tuple(below)) for text, anchor, below in found)


def _classify_cells(tokens: Sequence[Token]) -> None:
    """Alignment becomes a class: the security policy admits no inline style."""
    for token in tokens:
        if token.type in ("th_open", "td_open"):
            match = _ALIGNMENT.search(str(token.attrs.pop("style", "")))
            if match and match[1] != "left":
                token.attrs["class"] = match[1]
            if token.type == "th_open":
                token.attrs["scope"] = "col"


class _Reading:
    """What the walk through one body's links gathers."""

    def __init__(self, file: str, text: str, first_line: int) -> None:
        self.file = file
        self.first_line = first_line
        self.references: list[Reference] = []
        self.problems: list[Problem] = []
        self._text = _LINE_END.sub("\n", text)
        self._starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
        self._found: dict[str, int] = {}
        self._misses = 0

    def visit(self, tokens: Sequence[Token]) -> None:
        """Classify the links and pictures of all inline tokens."""
        for token in tokens:
            if token.type != "inline" or not token.children:
                continue
            start, end = token.map or (0, len(self._starts))
            for child in token.children:
                if child.type == "link_open":
                    self._link(child, start, end)
                elif child.type == "image":
                    self._image(child, start, end)

    def _link(self, token: Token, start: int, end: int) -> None:
        address = str(token.attrs["href"])
        place = self._place(address, start, end)
        token.attrs["href"] = self.address(address, place, image=False)
        if address.lower().startswith(_WEB_SCHEMES):
            token.attrs["rel"] = "noopener"

    def _image(self, token: Token, start: int, end: int) -> None:
        address = str(token.attrs["src"])
        place = self._place(address, start, end)
        self.check_alt(_inline_text(token.children or ()), unquote(address), place)
        token.attrs["src"] = self.address(address, place, image=True)
        token.attrs["loading"] = "lazy"

    def check_alt(self, alt: str, source: str, place: Place) -> None:
        """Note a picture that is not described."""
        code = alternatives.fault(alt, source)
        if code:
            details = {"key": "![]", "src": source}
            self.note(Problem(code, place, details | ({"alt": alt} if alt.strip() else {})))

    def address(self, address: str, place: Place, image: bool) -> str:
        """Return what to write for *address*: itself, or a numbered reference."""
        scheme = _SCHEME.match(address)
        if scheme or address.startswith(("//", "\\\\")):
            allowed = scheme is not None and scheme.group().lower() in _SCHEMES
            code = "image-external" if image else "link-scheme"
            if image or not allowed:
                self.note(Problem(code, place, {"found": address[:_SHOWN]}))
                return "#"
            if not address.startswith(WEB):
                return address
            target, fragment = address, ""
        else:
            path, _, fragment = address.partition("#")
            target, fragment = path if "?" in path else unquote(path), unquote(fragment)
        self.references.append(Reference(target, fragment, place.line, place.column, image))
        return f"{_OWN_SCHEME}{len(self.references) - 1}"

    def _place(self, address: str, start: int, end: int) -> Place:
        """Find where in its block an address stands; the block's first line where it does not.

        The parser keeps lines of blocks only, so the address is looked up in the source, each
        occurrence once, in order.
        """
        first, last = self._offset(start), self._offset(end)
        spellings = filter(None, dict.fromkeys((address, unquote(address))))
        for spelling in spellings if self._misses < _MOST_MISSES else ():
            at = self._text.find(spelling, max(first, self._found.get(spelling, 0)), last)
            if at >= 0:
                self._found[spelling] = at + len(spelling)
                line = bisect.bisect_right(self._starts, at) - 1
                return Place(self.file, self.first_line + line, at - self._starts[line] + 1)
        self._misses += 1
        return Place(self.file, self.first_line + start, 1)

    def _offset(self, line: int) -> int:
        return self._starts[line] if line < len(self._starts) else len(self._text)

    def place_of(self, address: str) -> Place:
        """Return where an address stands in the text, wherever that is."""
        return self._place(address, 0, len(self._starts))

    def has_made(self, address: str, image: bool) -> bool:
        """Tell whether `address` gave this numbered reference, to a picture or to no picture."""
        number = address.removeprefix(_OWN_SCHEME)
        known = number.isascii() and number.isdecimal() and len(number) <= 6
        return (
            known
            and int(number) < len(self.references)
            and self.references[int(number)].image == image
        )

    def note(self, problem: Problem) -> None:
        """Note a problem, as long as somebody may read it."""
        if len(self.problems) < limits.PROBLEMS:
            self.problems.append(problem)


def _sanitized(html: str, reading: _Reading) -> str:
    """Clean HTML that a bulletin brings along; its file addresses become references too."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "id":
            # Those with an underscore are of the page around it (see base.html).
            return value if _ID.fullmatch(value) else None
        if name not in ("href", "src") or value.startswith("#"):
            return value
        if value.startswith(_OWN_SCHEME):
            return value if reading.has_made(value, image=name == "src") else "#"
        return reading.address(value, reading.place_of(value), image=name == "src")

    return nh3.clean(
        html,
        tags=_CLEAN_TAGS,
        attributes=_CLEAN_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "tel", "danvan"},
        link_rel="noopener",
    )


def _inline_text(children: Sequence[Token], with_images: bool = True) -> str:
    parts = []
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.children and with_images:
            parts.append(_inline_text(child.children))
        elif child.type in ("text", "code_inline"):
            parts.append(child.content)
    return "".join(parts)


def _opening(tokens: Sequence[Token]) -> str:
    """Return the first paragraphs as plain text, enough for an excerpt; no headings, no tables."""
    return _beginning(
        _inline_text(token.children or (), with_images=False)
        for before, token in itertools.pairwise(tokens)
        if token.type == "inline" and before.type == "paragraph_open"
    )


def _beginning(paragraphs: Iterable[str]) -> str:
    found = ""
    for paragraph in paragraphs:
        found = f"{found} {vietnamese.tidy_spaces(paragraph)}".strip()
        if len(found) > _OPENING:
            break
    return found
