"""Names as portals print them: people under a bulletin, sections run together on a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from danvan_site import vietnamese

_WORD = re.compile(r"[^\W\d_]+(?:\.?[-'’]?[^\W\d_]+)*\.?")
_SEPARATOR = re.compile(r"\s*(?:[,;&/]|\s[-–]\s|\svà\s)\s*")
_RUN_TOGETHER = re.compile(r",(?=[^\W\d_])")


def spaced(text: str) -> str:
    """Return *text* with the space that is missing after a comma between words."""
    return _RUN_TOGETHER.sub(", ", text)


def split_categories(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the *known* names of which *text* consists, as they are best written, or ().

    Case, the kind of dash and a space missing after a comma do not matter; the longest name that
    fits is taken first.
    """
    words = vietnamese.identity(spaced(text)).split()
    names = _by_words(tuple(known))
    found: list[str] = []
    while words:
        lengths = range(min(len(words), max(map(len, names))), 0, -1)
        length = next((n for n in lengths if tuple(words[:n]) in names), 0)
        if not length:
            return ()
        found.append(names[tuple(words[:length])])
        words = words[length:]
    return tuple(found)


@lru_cache(maxsize=8)
def _by_words(known: tuple[str, ...]) -> Mapping[tuple[str, ...], str]:
    """The names by the words that make them; of two spellings the first counts."""
    return {tuple(vietnamese.identity(name).split()): name for name in reversed(known)}


def split_names(text: str) -> list[str]:
    """Return the names of people written together, capitals made ordinary: MỸ LỆ → Mỹ Lệ."""
    names = (name.strip(" .") for name in _SEPARATOR.split(text))
    return [_ordinary_case(name) for name in names if name]


def is_name(text: str) -> bool:
    """Tell whether *text* can be a name: one to five words, each beginning with a capital."""
    words = text.split()
    return 1 <= len(words) <= 5 and all(
        word[0].isupper() and _WORD.fullmatch(word) is not None for word in words
    )


def _ordinary_case(name: str) -> str:
    # A single word of plain capitals (PV, TTXVN) is an abbreviation.
    if not name.isupper() or (" " not in name and name.isascii()):
        return name
    return re.sub(r"[^\W\d_]+", lambda word: word.group().capitalize(), name)
