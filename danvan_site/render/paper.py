"""Bodies for paper: their links are numbered for a list of addresses, and one page can hold many.

All is done on HTML that `markdown` wrote or cleaned, in which every ``"`` of an attribute's value
is escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

_TAG = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*)([^">]*(?:"[^"]*"[^">]*)*)>')
_HREF = re.compile(r' href="([^"]+)"')
_ANCHOR = re.compile(r' href="#(?=[^"])')
_LABEL = re.compile(r' aria-label="([^"]*)"')
# Most bodies are plain paragraphs, in which nothing has a value. Looking for one character is many
# times faster than looking for several.
_QUOTE = '"'
_SCHEMES = ("http:", "https:")
_SPOKEN = ("mailto:", "tel:")
# In a page of many bulletins: the page is 1, a category 2, a bulletin 3.
_TOP = 4
_DEEPEST = 6


class LinkNotes:
    """The addresses that a text leads to, each once, in the order in which they are met.

    *page* is the address of the page in the site, *base* the site's own, '' where it is not known:
    then only links to elsewhere can be told.
    """

    def __init__(self, page: str, base: str) -> None:
        self._page = base and base + page
        self._numbers: dict[str, int] = {}

    @property
    def addresses(self) -> list[str]:
        """What has a number, from 1 on."""
        return list(self._numbers)

    def number(self, address: str) -> int:
        """Return the number of an address, 0 where it is of no use on paper."""
        shown = self._shown(address)
        return self._numbers.setdefault(shown, len(self._numbers) + 1) if shown else 0

    def _shown(self, address: str) -> str:
        if address.startswith(_SPOKEN):
            return address.partition(":")[2]
        if address.startswith(_SCHEMES):
            return address
        return urljoin(self._page, address) if self._page and address[:1] != "#" else ""

    def mark(self, text: str) -> str:
        """Return a body in which each link says its number, but for those that are their own
        address."""
        if _QUOTE not in text:
            return text

        def tag(match: re.Match[str]) -> str:
            found = _HREF.search(match[3]) if match[2] == "a" and not match[1] else None
            address = html.unescape(found[1]) if found else ""
            end = text.find("</a>", match.end()) if address else -1
            written = html.unescape(text[match.end() : end]) if end >= 0 else ""
            if not address or written == self._shown(address):
                return match[0]
            number = self.number(address)
            return f'<a{match[3]} data-link="{number}">' if number else match[0]

        return _TAG.sub(tag, text)


def put(context: Mapping[str, Any], bulletin: dict[str, Any], body: str) -> None:
    """Put a body into the values of its bulletin: ``body`` as HTML, and in ``links`` the addresses
    that it and the source have, which have their numbers in turn."""
    notes = LinkNotes(context["page"]["url"], context["site"]["base_url"])
    bulletin["body"] = notes.mark(body)
    source = bulletin.get("source")
    if source:
        number = notes.number(source["url"]) if source["url"] else 0
        bulletin["source"] = source | {"link": number}
    bulletin["links"] = notes.addresses


class _Within:
    """Fits one body into a page of many, tag by tag."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._above: list[int] = []
        self._tables = 0

    def tag(self, match: re.Match[str]) -> str:
        """Return a tag as it is to be in the page."""
        closing, name, rest = match.groups()
        if len(name) == 2 and name[0] == "h" and name[1].isdigit():
            name = self._heading(int(name[1]), bool(closing))
        if rest:
            rest = rest.replace(' id="', f' id="tin_{self._number}-')
            rest = _ANCHOR.sub(f' href="#tin_{self._number}-', rest)
        if ' role="region"' in rest:
            # Two regions of a page must not have one name.
            self._tables += 1
            rest = _LABEL.sub(rf' aria-label="\1 {self._number}.{self._tables}"', rest)
        return f"<{closing}{name}{rest}>"

    def _heading(self, level: int, closing: bool) -> str:
        if not closing:
            while self._above and self._above[-1] >= level:
                self._above.pop()
            self._above.append(level)
        return f"h{min(_TOP + len(self._above) - 1, _DEEPEST)}"


def within(body: str, number: int) -> str:
    """Return the body of the bulletin *number* (from 1) as part of a page of many: its ids and
    what leads to them begin with ``tin_1-``, its headings stand below the bulletin's and skip no
    level, its tables have names of their own."""
    is_plain = _QUOTE not in body and "</h" not in body
    return body if is_plain else _TAG.sub(_Within(number).tag, body)
