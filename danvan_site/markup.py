"""The HTML of bodies in pieces: what of it is text, and where that stands."""

from __future__ import annotations

import re
from collections.abc import Callable

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^>\"']*)*>")
_LINKS_AND_HEADINGS = frozenset(("a", "h1", "h2", "h3", "h4", "h5", "h6", "summary", "abbr"))
_CODE = frozenset(("code", "pre", "kbd", "samp"))


def rewrite(html: str, change: Callable[[str, bool], str]) -> str:
    """Return well-formed *html* with each text in it put through *change*, which gets it as it is
    written (escaped), and whether it is prose: not in a link or a heading.  Code stays as it is."""
    parts: list[str] = []
    end = linked = code = 0
    for match in _TAG.finditer(html):
        start = match.start()
        if start > end:
            text = html[end:start]
            parts.append(text if code else change(text, not linked))
        parts.append(match[0])
        end = match.end()
        name = match[2].lower()
        if name in _LINKS_AND_HEADINGS:
            linked += -1 if match[1] else 1
        elif name in _CODE:
            code += -1 if match[1] else 1
    rest = html[end:]
    parts.append(rest if code or not rest else change(rest, not linked))
    return "".join(parts)
