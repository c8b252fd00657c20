"""Stray spaces around Vietnamese punctuation.

Where other languages or other signs could be meant (French, numbers, ellipses, emoticons), nothing
is told.  Most texts are tidy, and seeing that takes a look for two characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from danvan_site.examining.texts import Edit, Finding, Text

# Latin letters: other scripts have other rules.
_LETTER = "[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"
_SPACE = "[ \u00a0]"
# The space itself is the group that matches.
_BEFORE_SIGN = re.compile(
    rf"(?<={_LETTER})({_SPACE}+)[,;:!?.](?=\s|$)|(?<=[\d”\")%])({_SPACE}+)[,;](?:(?=\s(?!\d))|$)",
    re.MULTILINE,
)
_AFTER_OPENING = re.compile(rf"(?:^|(?<=[\s(“—–-]))[“(]({_SPACE}+)(?=\w)", re.MULTILINE)
_BEFORE_CLOSING = re.compile(
    rf"“[^“”\n]*[\w.,!?…%)]({_SPACE}+)”(?!\w)|\([^()\n]*[\w.!?…%”]({_SPACE}+)\)"
)
_STRAY = (
    (_BEFORE_SIGN, tuple(space + sign for space in " \u00a0" for sign in ",;:!?.")),
    (_AFTER_OPENING, ("“ ", "( ", "“\u00a0", "(\u00a0")),
    (_BEFORE_CLOSING, (" ”", " )", "\u00a0”", "\u00a0)")),
)
_NO_SPACE = re.compile(rf"[,;](?={_LETTER}{{2}})")
_WORD_BEFORE = re.compile(rf"(?<!\w){_LETTER}{{2,}}\Z")
_RUN = re.compile(rf"(?<=\S)(?<!{_SPACE}){_SPACE}{{2,}}(?=\S)")


def stray_spaces(text: Text) -> Iterator[Finding]:
    """Spaces before commas and the like, behind opening signs and before closing ones."""
    for source in (text.prose, text.fields):
        for pattern, signs in _STRAY:
            if not any(sign in source for sign in signs):
                continue
            for match in pattern.finditer(source):
                start, end = match.span(match.lastindex or 0)
                edits = (Edit(start, end, ""),) if source is text.prose else ()
                yield Finding("stray-space", start, {"found": text.around(start, end)}, edits)


def missing_spaces(text: Text) -> Iterator[Finding]:
    """A comma between two words without a space behind it."""
    for source in (text.prose, text.fields):
        for match in _NO_SPACE.finditer(source):
            start, end = match.span()
            if _WORD_BEFORE.search(source[max(0, start - 12) : start]):
                edits = (Edit(end, end, " "),) if source is text.prose else ()
                yield Finding("missing-space", start, {"found": text.around(start, end)}, edits)


def double_spaces(text: Text) -> Iterator[Finding]:
    """More than one space between two words, told once for each bulletin."""
    if not any(run in text.prose for run in ("  ", "\u00a0 ", " \u00a0", "\u00a0\u00a0")):
        return
    runs = list(_RUN.finditer(text.prose))
    if runs:
        details = {"found": text.around(*runs[0].span()), "count": str(len(runs))}
        edits = tuple(Edit(*each.span(), " ") for each in runs)
        yield Finding("double-space", runs[0].start(), details, edits)
