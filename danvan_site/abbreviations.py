"""Abbreviations explained where they stand: ``<abbr title="quy chế dân chủ">QCDC</abbr>``.

It is done where a page is rendered: a change of the list then reads no bulletin again, and what is
searched of a body stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from danvan_site import markup, vietnamese

Abbreviations = tuple[tuple[str, str], ...]
_BRACKETS = ("(", "[")


def explained(html: str, lead: str, known: Abbreviations) -> tuple[str, list[tuple[str, str]]]:
    """Return a body's HTML in which the first of each abbreviation in its prose is marked up with
    what it means; and those that stand in *lead* or body, in the order of the list.

    One that the text itself spells out, ``quy chế dân chủ (QCDC)``, is left to it.
    """
    meant = {short: long for short, long in _abbreviations(known) if short in html or short in lead}
    if not meant:
        return html, []
    alternatives = "|".join(sorted(map(re.escape, meant), key=len, reverse=True))
    # Neither part of a word nor of a document's number: UBND, but not 12/KH-UBND.
    pattern = re.compile(rf"(?<![^\W_])(?<![^\W_][-/])(?:{alternatives})(?![^\W_]|[-/][^\W_])")
    found = _Found(pattern, meant)
    found.look_through(lead)
    marked = markup.rewrite(html, found.mark)
    return marked, [pair for pair in meant.items() if pair[0] in found.standing]


@lru_cache(maxsize=4)
def _abbreviations(known: Abbreviations) -> Abbreviations:
    """Return what of *known* is abbreviated: search knows other pairs too, two names of one
    thing."""
    return tuple(
        (short, long)
        for short, long in known
        if " " not in short and sum(map(str.isupper, short)) >= 2
    )


class _Found:
    """What of the abbreviations was met on the way through one text."""

    def __init__(self, pattern: re.Pattern[str], meant: Mapping[str, str]) -> None:
        self._pattern = pattern
        self._meant = meant
        self._spelled_out: set[str] = set()
        self._marked: set[str] = set()
        self._met: set[str] = set()

    @property
    def standing(self) -> set[str]:
        """Those that stand in the text, but for those that it spells out."""
        return self._met - self._spelled_out

    def look_through(self, text: str) -> None:
        """Look at a text in which nothing can be marked up."""
        self.mark(text, False)

    def mark(self, text: str, is_prose: bool) -> str:
        """Return a piece of the text with what is met first in it marked up."""
        parts: list[str] = []
        end = 0
        for match in self._pattern.finditer(text):
            short = match[0]
            if short not in self._met and self._is_spelled_out(text, match):
                self._spelled_out.add(short)
            self._met.add(short)
            if is_prose and short not in self._marked | self._spelled_out:
                self._marked.add(short)
                title = _attribute(self._meant[short])
                parts += text[end : match.start()], f'<abbr title="{title}">{short}</abbr>'
                end = match.end()
        return "".join((*parts, text[end:])) if parts else text

    def _is_spelled_out(self, text: str, match: re.Match[str]) -> bool:
        """Tell whether what it means stands right beside it, one of both in brackets."""
        long = self._meant[match[0]]
        room = 2 * len(long) + 8
        before, after = text[max(match.start() - room, 0) : match.start()], text[match.end() :]
        identity = vietnamese.identity(long)
        opening = before.rstrip()[-1:]
        if opening in _BRACKETS and vietnamese.identity(before.rstrip()[:-1]).endswith(identity):
            return True
        rest = after[:room].lstrip()
        return rest[:1] in _BRACKETS and vietnamese.identity(rest[1:]).startswith(identity)


def _attribute(value: str) -> str:
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
