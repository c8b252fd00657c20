"""The file of one bulletin as examinations look at it, and what they find there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


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
    """The file of a bulletin.  ``whole`` is all of it, letter by letter."""

    whole: str
