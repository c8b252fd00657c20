"""One rendered page: whether its elements are closed and nested as they should be, and what else a
template or a bulletin's own HTML can do to it.

The tokens are those of Python's own parser, which knows line and column of each tag.  What it does
not do is kept here: which element ends where.  Libraries that build a tree as browsers do repair
most of this in silence, or are kept by nobody any more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import NamedTuple

Attributes = Mapping[str, str]

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
     "track", "wbr")
)  # fmt: skip
# What ends by itself where its parent does.
_OPTIONAL = frozenset(
    ("body", "caption", "colgroup", "dd", "dt", "head", "html", "li", "optgroup", "option", "p",
     "rp", "rt", "tbody", "td", "tfoot", "th", "thead", "tr")
)  # fmt: skip
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "details", "dialog", "div", "dl", "fieldset",
     "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
     "hgroup", "hr", "main", "menu", "nav", "ol", "p", "pre", "search", "section", "table", "ul")
)  # fmt: skip
_ROWS = frozenset(("tr", "tbody", "thead", "tfoot"))
# What ends where a certain other begins beside it.
_ENDED_BY: Mapping[str, frozenset[str]] = {
    "p": _BLOCKS,
    "li": frozenset(("li",)),
    "dt": frozenset(("dt", "dd")),
    "dd": frozenset(("dt", "dd")),
    "td": _ROWS | {"td", "th"},
    "th": _ROWS | {"td", "th"},
    "tr": _ROWS,
    "thead": frozenset(("tbody", "tfoot")),
    "tbody": frozenset(("tbody", "tfoot")),
    "option": frozenset(("option", "optgroup")),
    "optgroup": frozenset(("optgroup",)),
    "head": frozenset(("body",)),
}
_PHRASING = frozenset(
    ("a", "abbr", "b", "cite", "code", "dfn", "em", "i", "kbd", "mark", "q", "s", "samp", "small",
     "span", "strong", "sub", "sup", "time", "u", "var")
)  # fmt: skip
_HEADING = re.compile("h([1-6])")
_ADDRESSES = ("href", "src", "action", "formaction", "poster", "data")
# What a browser fetches with the page, not when somebody follows it.
_LOADED = frozenset(("src", "srcset", "poster", "data"))
_FOLLOWED_LINKS = frozenset(("canonical", "alternate", "schema.dc", "license", "search", "author"))


class Fault(NamedTuple):
    """What is wrong in a page: the problem's code, line and column from 1, details."""

    code: str
    line: int
    column: int
    details: Mapping[str, str]


class Address(NamedTuple):
    """An address in a page: the element that has it, what it says, where it stands, whether the
    browser fetches it with the page."""

    tag: str
    value: str
    line: int
    column: int
    loaded: bool


class Read(NamedTuple):
    """What a page has: its faults, ids and addresses; the languages of its parts, its metadata by
    name (small letters), its data for machines (JSON-LD), its text."""

    faults: Sequence[Fault]
    ids: frozenset[str]
    addresses: Sequence[Address]
    languages: frozenset[str]
    metadata: Mapping[str, str]
    data: Sequence[object]
    text: str


def read(text: str) -> Read:
    """Read a page."""
    parser = _Page()
    parser.feed(text)
    parser.close()
    parser.finish()
    faults = sorted(parser.faults, key=lambda each: (each.line, each.column, each.code))
    return Read(
        faults, frozenset(parser.ids), parser.addresses, frozenset(parser.languages),
        parser.metadata, parser.data, "".join(parser.texts),
    )  # fmt: skip


def unsafe(policy: str) -> str:
    """Return what a security policy allows that none of ours needs, '' where it is a strict one."""
    directives = {
        name.lower(): values
        for name, *values in (part.split() for part in policy.split(";") if part.strip())
    }
    for name, values in directives.items():
        for value in values:
            if value.startswith(("'unsafe", "data:", "*", "http:")) or value == "https:":
                return f"{name} {value}"
    default = directives.get("default-src")
    return "" if default in (["'none'"], ["'self'"]) else "default-src"


class _Open(NamedTuple):
    name: str
    line: int
    column: int


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[Fault] = []
        self.ids: dict[str, int] = {}
        self.addresses: list[Address] = []
        self.languages: set[str] = set()
        self.metadata: dict[str, str] = {}
        self.data: list[object] = []
        self.texts: list[str] = []
        self._open: list[_Open] = []
        self._drawings = 0
        self._level = 0
        self._policy: str | None = None
        self._title = ""
        self._language: str | None = None
        self._is_declared = False
        self._text = ""
        self._kind_of_script = ""

    def finish(self) -> None:
        """Say what the page as a whole has not."""
        for each in self._open:
            if each.name not in _OPTIONAL:
                self._fault("page-unclosed", each, tag=each.name)
        top = _Open("", 1, 1)
        if not self._is_declared:
            self._fault("page-no-doctype", top)
        if not self._language:
            self._fault("page-no-language", top)
        if not self._title.strip():
            self._fault("page-no-title", top)
        if self._policy is None:
            self._fault("page-no-policy", top)

    def handle_decl(self, decl: str) -> None:
        """Note the document type, which has to be the first of all."""
        if decl.lower() == "doctype html" and not self._open:
            self._is_declared = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that begins."""
        here = self._here(tag)
        attributes: dict[str, str] = {}
        for name, value in attrs:
            if name in attributes:
                self._fault("page-attribute-twice", here, tag=tag, name=name)
            attributes.setdefault(name, value or "")
        if self._drawings == 0:
            self._end_by(here)
        if tag not in _VOID:
            self._open.append(here)
            self._drawings += tag in ("svg", "math")
        self._text = ""
        self._note(here, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element with ``/>``, which means something only for what has no content, and in
        drawings."""
        self.handle_starttag(tag, attrs)
        if self._drawings:
            self._open.pop()
            self._drawings -= tag in ("svg", "math")

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and what ends with it."""
        here = self._here(tag)
        if tag not in (each.name for each in self._open):
            self._fault("page-stray-end", here, tag=tag)
            return
        while (last := self._open.pop()).name != tag:
            if last.name not in _OPTIONAL:
                self._fault("page-unclosed", last, tag=last.name)
        self._drawings -= tag in ("svg", "math")
        if tag == "title" and not self._drawings:
            self._title = self._title or self._text
        if tag == "script" and self._text.strip():
            self._of_script(last)

    def handle_data(self, data: str) -> None:
        """Keep the text of the element that was opened last."""
        self._text += data
        self.texts.append(data)

    def _here(self, name: str) -> _Open:
        line, offset = self.getpos()
        return _Open(name, line, offset + 1)

    def _fault(self, what: str, place: _Open, **details: str) -> None:
        self.faults.append(Fault(what, place.line, place.column, details))

    def _end_by(self, new: _Open) -> None:
        """End what ends by itself where *new* begins."""
        while self._open and new.name in _ENDED_BY.get(self._open[-1].name, ()):
            self._open.pop()
        if new.name not in _BLOCKS:
            return
        for each in reversed(self._open):
            if each.name == "p":
                self._fault("page-misnested", new, tag=new.name, parent="p")
            if each.name not in _PHRASING:
                return

    def _note(self, here: _Open, attributes: Attributes) -> None:
        tag = here.name
        self._of_all(here, attributes)
        if tag == "meta" and attributes.get("name"):
            self.metadata.setdefault(attributes["name"].lower(), attributes.get("content", ""))
        heading = _HEADING.fullmatch(tag)
        if heading:
            level = int(heading[1])
            if level > self._level + 1:
                before = f"h{self._level}" if self._level else "–"
                self._fault("page-heading-skip", here, tag=tag, before=before)
            self._level = level
        elif tag == "html":
            self._language = attributes.get("lang", "").strip()
        elif tag == "img" and "alt" not in attributes:
            self._fault("page-image-alt", here, src=attributes.get("src", ""))
        elif tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            _, _, address = attributes.get("content", "").partition("url=")
            self._address(here, address, False)
        elif tag == "meta" and attributes.get("http-equiv", "").lower() == (
            "content-security-policy"
        ):
            self._policy = attributes.get("content", "")
            if found := unsafe(self._policy):
                self._fault("page-weak-policy", here, found=found)
        elif tag == "script":
            self._kind_of_script = attributes.get("type", "").strip().lower()
        elif tag == "style":
            self._fault("page-inline", here, found="<style>")
        elif tag in ("base", "iframe", "object", "embed", "frame", "applet"):
            self._fault("page-inline", here, found=f"<{tag}>")

    def _of_all(self, here: _Open, attributes: Attributes) -> None:
        """Note what any element may have: an id, addresses, scripts and styles of its own."""
        if attributes.get("lang"):
            self.languages.add(attributes["lang"].lower())
        name = attributes.get("id")
        if name is not None:
            if name in self.ids:
                first = str(self.ids[name])
                self._fault("page-id-twice", here, id=name, first=first)
            self.ids.setdefault(name, here.line)
        for key, value in attributes.items():
            if key.startswith("on") or key == "style":
                self._fault("page-inline", here, found=f"<{here.name} {key}>")
            elif key in _ADDRESSES:
                self._address(here, value, self._is_loaded(here.name, key, attributes))
            elif key == "srcset":
                for candidate in filter(str.strip, value.split(",")):
                    self._address(here, candidate.split()[0], True)

    def _is_loaded(self, tag: str, key: str, attributes: Attributes) -> bool:
        if tag != "link":
            return key in _LOADED
        return not _FOLLOWED_LINKS.intersection(attributes.get("rel", "").lower().split())

    def _address(self, here: _Open, value: str, loaded: bool) -> None:
        if value.strip().lower().startswith(("javascript:", "vbscript:")):
            self._fault("page-inline", here, found=value.strip()[:40])
        else:
            self.addresses.append(Address(here.name, value.strip(), here.line, here.column, loaded))

    def _of_script(self, here: _Open) -> None:
        """A script with a text may only be data."""
        if self._kind_of_script != "application/ld+json":
            self._fault("page-inline", here, found="<script>")
            return
        try:
            self.data.append(json.loads(self._text))
        except ValueError as error:
            self._fault("page-data", here, reason=str(error))
            return
        if not all(_is_described(each) for each in _things(self.data[-1])):
            self._fault("page-data", here, reason="@context, @type")


def _things(data: object) -> Iterator[object]:
    if isinstance(data, list):
        yield from data
    else:
        yield data


def _is_described(thing: object) -> bool:
    if not isinstance(thing, Mapping) or "@context" not in thing:
        return False
    return "@type" in thing or "@graph" in thing
