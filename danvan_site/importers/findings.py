"""What is being found out about one page: its lines, and the facts seen in them so far."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from danvan_site import vietnamese
from danvan_site.errors import Place, Problem, Severity
from danvan_site.importers import phrases
from danvan_site.importers.blocks import Block, Items, Paragraph, Picture
from danvan_site.importers.frame import Dropped

# From so many characters a line is taken for a paragraph: with a full stop, and without one.
_PROSE, _PROSE_WITHOUT_STOP = 60, 160
_INSIDE_QUOTES = re.compile(r"(?<=[“(\[])\s+|\s+(?=[”)\],;])")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a capture, or what stands for one in a saved page: its number (from 1), the text
    with tidy spaces, and as it was; and the block of the page that it is."""

    number: int
    text: str
    raw: str
    block: Block | None = None

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of which it consists, where there is nothing else in it."""
        if not isinstance(self.block, Paragraph) or not self.block.is_picture:
            return ()
        return tuple(run.picture for run in self.block.runs if run.picture)

    @property
    def is_plain(self) -> bool:
        """Whether it is no more than a paragraph: neither a heading nor a list nor a table."""
        return self.block is None or (isinstance(self.block, Paragraph) and not self.block.level)

    @property
    def is_entries(self) -> bool:
        """Whether it is a list of nothing but links."""
        return isinstance(self.block, Items) and all(
            isinstance(each, Paragraph) and all(run.link for run in each.runs)
            for item in self.block.items
            for each in item
        )

    @property
    def is_hole(self) -> bool:
        """Whether only a hard space is left here: a picture stood in the paragraph."""
        return not self.text and "\u00a0" in self.raw

    @property
    def is_prose(self) -> bool:
        """Whether it reads as a paragraph of a text rather than as a heading or an entry."""
        ends = phrases.STOP.search(self.text) is not None
        return len(self.text) >= (_PROSE if ends else _PROSE_WITHOUT_STOP)


@dataclass(slots=True)
class Findings:
    """What has been understood of one capture so far."""

    file: str
    known: tuple[str, ...]
    fields: dict[str, object] = field(default_factory=dict)
    recognised: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    missing: list[Problem] = field(default_factory=list)
    image: dict[str, object] = field(default_factory=dict)
    names: set[tuple[str, str]] = field(default_factory=set)
    stamp: Line | None = None
    lead_picture: Picture | None = None
    visits: int | None = None

    def recognise(self, key: str, value: object, shown: str = "") -> None:
        """Set a field, once; a second value is dropped by the caller."""
        self.fields[key] = value
        self.recognised.append((key, shown or str(value)))

    def add(self, key: str, values: Iterable[str]) -> None:
        """Add values to a field that may have several; the same name is not added twice."""
        for value in values:
            identity = (key, vietnamese.identity(value))
            if identity not in self.names:
                self.names.add(identity)
                names = self.fields.setdefault(key, [])
                assert isinstance(names, list)
                names.append(value)
                self.recognised.append((key, value))

    def picture(self, key: str, value: str) -> None:
        """Keep a fact about the lead picture."""
        self.image[key] = value
        self.recognised.append((f"image.{key}", value))

    def drop(self, line: Line, text: str = "") -> None:
        """Note what of the capture goes nowhere."""
        self.dropped.append(Dropped(line.number, text or line.text))

    def lacks(self, code: str, number: int = 0, **details: str) -> None:
        """Note a fact that the capture does not have."""
        self.missing.append(Problem(code, Place(self.file, number), details, Severity.NOTICE))


def tidy(text: str) -> str:
    """Return *text* with its white space repaired, also inside quotation marks and brackets."""
    return tidy_quotes(vietnamese.tidy_spaces(text))


def tidy_quotes(text: str) -> str:
    """Return *text* without white space just inside quotation marks and brackets."""
    return _INSIDE_QUOTES.sub("", text)
