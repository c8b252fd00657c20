"""The content of a WordPress post as WordPress would show it: blocks, shortcodes, paragraphs.

What the database holds is not yet HTML with paragraphs: the dynamic blocks and shortcodes stand for
things that plug-ins make, and an empty line ends a paragraph.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_BLOCK = re.compile(r"<!--\s+(/?)wp:([a-z0-9/_-]+)\s+(\{[^\n]*?\}\s+)?(/?)-->")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SHORTCODE = re.compile(
    r"(\[?)\[(/?)([a-zA-Z][a-zA-Z0-9_-]{0,60})(?![\w-])"
    r"((?:[^\[\]\"']|\"[^\"]{0,3000}\"|'[^']{0,3000}'){0,3000}?)(/?)\](\]?)"
)
_ATTRIBUTE = re.compile(
    r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))|\"([^\"]*)\"|'([^']*)'|(\S+)"
)
_CURLY = str.maketrans("“”″«»", '"""""')
_PICTURE = re.compile(r"(?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s<>\"'\[\]]+")
# A line that is nothing but an address: WordPress shows there what the address leads to.
_ADDRESS_LINE = re.compile(r"^[ \t]*(https?://[^\s<>\"]+)[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"(</?[A-Za-z][A-Za-z0-9:]*[^<>]*>)")
_TAG_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_BETWEEN_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "br", "caption", "center", "col", "colgroup", "dd",
    "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "legend", "li", "main", "menu", "nav", "ol", "option",
    "p", "pre", "script", "section", "select", "style", "summary", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "ul",
))  # fmt: skip
_AS_THEY_ARE = frozenset(("pre", "script", "style", "textarea", "svg", "math"))
_PLAYED = ("src", "mp4", "m4v", "webm", "ogv", "mp3", "m4a", "ogg", "wav", "flv", "wmv")
_NOTE = re.compile(
    r"<sup[^<>]*\bdata-fn=\"([^\"<>]{1,80})\"[^<>]*>\s*(?:<a\b[^<>]*>)?([^<>]{0,10})(?:</a>)?\s*</sup>"
)
_DOWNLOAD_BUTTON = re.compile(r"<a\b[^<>]*wp-block-file__button[^<>]*>.*?</a>", re.DOTALL)
_MOST_NESTED = 40
_MOST_REUSED = 3

# Blocks that hold nothing themselves and stand for nothing that belongs to the bulletin.
_QUIET_BLOCKS = frozenset(("separator", "spacer", "more", "nextpage", "footnotes"))


class Picture(NamedTuple):
    """A picture of the media library."""

    address: str
    alt: str
    caption: str


Gallery = Callable[[Mapping[str, str]], list[Picture]]


class Shown(NamedTuple):
    """Content as WordPress would show it, in HTML, and what of it only a plug-in could have shown:
    its name and how often."""

    html: str
    losses: Mapping[str, int]


def shown(content: str, gallery: Gallery, reused: Mapping[int, str], footnotes: str = "") -> Shown:
    """Return the content of a post as HTML.

    *gallery* gives the pictures that a gallery's attributes name; *reused* the contents of blocks
    that several posts share, by their numbers; *footnotes* is the custom field of that name (JSON).
    """
    losses: Counter[str] = Counter()
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    has_blocks = "<!-- wp:" in text
    for _ in range(_MOST_REUSED if has_blocks else 0):
        text = _without_blocks(text, reused, losses)
    text = _COMMENT.sub("", text)
    text = _DOWNLOAD_BUTTON.sub("", text)
    if "data-fn" in text:
        text = _with_footnotes(text, footnotes)
    if "[" in text:
        text = _Shortcodes(gallery, losses).expanded(text)
    text = _ADDRESS_LINE.sub(r'<p><a href="\1">\1</a></p>', text)
    return Shown(text if has_blocks else _with_paragraphs(text), losses)


# ---- blocks


def _without_blocks(text: str, reused: Mapping[int, str], losses: Counter[str]) -> str:
    """Take away the comments that mark blocks; put in what blocks shared by posts hold."""

    def one(found: re.Match[str]) -> str:
        closing, name, attributes, alone = found.groups()
        if not alone or closing or name in _QUIET_BLOCKS:
            return ""
        if name == "block":
            number = _attributes(attributes).get("ref")
            if isinstance(number, int) and number in reused:
                return reused[number]
        losses[f"wp:{name}"] += 1
        return ""

    return _BLOCK.sub(one, text)


def _attributes(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _with_footnotes(text: str, footnotes: str) -> str:
    """Put the footnotes under the text, each behind its sign."""
    try:
        notes = {each["id"]: str(each["content"]) for each in json.loads(footnotes)}
    except (ValueError, TypeError, KeyError, RecursionError):
        notes = {}
    below: dict[str, str] = {}

    def sign(found: re.Match[str]) -> str:
        below.setdefault(found[1], found[2].strip() or str(len(below) + 1))
        return f"<sup>{below[found[1]]}</sup>"

    text = _NOTE.sub(sign, text)
    lines = [f"<p><sup>{number}</sup> {notes[id_]}</p>" for id_, number in below.items()
             if id_ in notes]  # fmt: skip
    return f"{text}\n{''.join(lines)}"


# ---- shortcodes


@dataclass(slots=True)
class _Opened:
    name: str
    attributes: str
    raw: str
    at: int  # where its place is among the parts


@dataclass(slots=True)
class _Shortcodes:
    """Shortcodes being expanded.  What is between two of them is kept whatever they are."""

    gallery: Gallery
    losses: Counter[str]
    _parts: list[str] = field(default_factory=list)
    _opened: list[_Opened] = field(default_factory=list)

    def expanded(self, text: str) -> str:
        """Return *text* with its shortcodes as HTML."""
        at = 0
        for found in _SHORTCODE.finditer(text):
            self._parts.append(text[at : found.start()])
            at = found.end()
            before, closing, name, attributes, alone, after = found.groups()
            if before and after:
                self._parts.append(found[0][1:-1])  # [[name]]: it is spoken of
                continue
            self._parts.append(before)
            raw = found[0][len(before) : len(found[0]) - len(after)]
            if closing:
                self._close(name.lower(), raw)
            else:
                self._opened.append(_Opened(name.lower(), attributes, raw, len(self._parts)))
                self._parts.append("")
                if alone or len(self._opened) > _MOST_NESTED:
                    self._settle(self._opened.pop())
            self._parts.append(after)
        self._parts.append(text[at:])
        while self._opened:
            self._settle(self._opened.pop())
        return "".join(self._parts)

    def _close(self, name: str, raw: str) -> None:
        if not any(each.name == name for each in self._opened):
            self._parts.append(raw)
            return
        while self._opened[-1].name != name:
            self._settle(self._opened.pop())
        opened = self._opened.pop()
        content = "".join(self._parts[opened.at :])
        del self._parts[opened.at :]
        self._parts.append(self._one(opened, content, is_pair=True))

    def _settle(self, opened: _Opened) -> None:
        """A shortcode without an end holds nothing."""
        self._parts[opened.at] = self._one(opened, "", is_pair=False)

    def _one(self, opened: _Opened, content: str, is_pair: bool) -> str:
        named, bare = _read_attributes(opened.attributes)
        name = opened.name
        if name in ("caption", "wp_caption"):
            return _figure(named, content)
        if name == "gallery":
            return "".join(map(_figure_of, self.gallery(named)))
        if name == "embed":
            return _led_to(content.strip() or named.get("src", ""))
        if name in ("audio", "video"):
            return _led_to(next(filter(None, map(named.get, _PLAYED)), "") or content.strip())
        is_one = is_pair or named or "_" in name or "-" in name or opened.raw.endswith("/]")
        if not is_one:
            return opened.raw  # words in brackets: [sic]
        self.losses[f"[{name}]"] += 1
        addresses = [each for each in (*named.values(), *bare) if _WEB.fullmatch(each)]
        return content + "".join(map(_led_to, addresses))


def _read_attributes(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the attributes that have names, and the others."""
    named: dict[str, str] = {}
    bare: list[str] = []
    for found in _ATTRIBUTE.finditer(html.unescape(text).translate(_CURLY)):
        name, *values = found.groups()
        value = next((each for each in values if each is not None), "")
        if name:
            named.setdefault(name.lower(), value.strip())
        else:
            bare.append(value)
    return named, bare


def _figure(attributes: Mapping[str, str], content: str) -> str:
    """A picture with its caption, which is an attribute in old posts, and stands behind the picture
    in newer ones."""
    found = _PICTURE.search(content)
    if not found:
        return content
    caption = attributes.get("caption", "") or content.replace(found[0], "", 1).strip()
    said = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f"<figure>{found[0]}{said}</figure>"


def _figure_of(picture: Picture) -> str:
    alt, address = html.escape(picture.alt), html.escape(picture.address)
    caption = f"<figcaption>{picture.caption}</figcaption>" if picture.caption else ""
    return f'<figure><img src="{address}" alt="{alt}">{caption}</figure>'


def _led_to(address: str) -> str:
    if not _WEB.fullmatch(address):
        return html.escape(address)
    address = html.escape(address)
    return f'<p><a href="{address}">{address}</a></p>'


# ---- paragraphs


def _with_paragraphs(text: str) -> str:
    """Return *text* with the breaks that its line feeds are: one ends a line, two a paragraph.

    Those beside the tags of blocks are only the writer's.
    """
    parts = _TAG.split(text)
    result: list[str] = []
    untouched = ""
    after_block = True
    for position, part in enumerate(parts):
        if position % 2:
            closing, name = _TAG_NAME.match(part).groups()  # type: ignore[union-attr]
            name = name.lower()
            if untouched:
                untouched = "" if closing and name == untouched else untouched
            elif name in _AS_THEY_ARE and not closing and not part.endswith("/>"):
                untouched = name
            after_block = name in _BETWEEN_BLOCKS
            result.append(part)
            continue
        if untouched or "\n" not in part:
            result.append(part)
            continue
        before_block = _is_block(parts[position + 1]) if position + 1 < len(parts) else True
        if after_block:
            part = part.lstrip("\n\t ")
        if before_block:
            part = part.rstrip("\n\t ")
        result.append(part.replace("\n", "<br>"))
    return "".join(result)


def _is_block(tag: str) -> bool:
    found = _TAG_NAME.match(tag)
    return bool(found) and found[2].lower() in _BETWEEN_BLOCKS  # type: ignore[index]
