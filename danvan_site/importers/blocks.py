"""What stands between an old portal's HTML and our Markdown: blocks, freed of the soup.

Emphasis is flat: a `Run` knows its marks, and nothing is nested in it.  So tags that close in the
wrong order, or twenty fonts around one word, come to the same as tidy ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BOLD, ITALIC, STRIKE, CODE, UNDERLINE = 1, 2, 4, 8, 16
# What Markdown has a sign for, and may stand around a word at the same time.
EMPHASIS = (BOLD, ITALIC, STRIKE)


@dataclass(frozen=True, slots=True)
class Loss:
    """A piece of the source that did not come along: what it was (the element's name, ``link``,
    ``depth`` …), its words or address, shortened, and its line in the HTML (from 1)."""

    kind: str
    text: str
    line: int


@dataclass(slots=True, eq=False)
class Picture:
    """A picture as the source shows it.

    ``width`` is that at which it was shown, in CSS pixels, 0 where the source does not tell;
    ``linked`` is the address of a larger one that it led to; ``line`` that of the HTML (from 1).
    """

    address: str
    alt: str = ""
    caption: str = ""
    width: int = 0
    linked: str = ""
    line: int = 1


@dataclass(slots=True, eq=False)
class Link:
    """What leads somewhere: runs that have the same object belong to the same link."""

    address: str
    line: int


@dataclass(slots=True, eq=False)
class Run:
    """Words with the same marks, a break (``text`` is a line feed) or a picture.

    White space between two runs stands at the beginning of the second one.
    """

    text: str
    marks: int = 0
    link: Link | None = None
    picture: Picture | None = None


@dataclass(slots=True)
class Paragraph:
    """A paragraph, or a heading where ``level`` is not 0."""

    runs: list[Run]
    line: int
    level: int = 0

    @property
    def text(self) -> str:
        """Its words without any mark."""
        return "".join(run.text for run in self.runs).strip()

    @property
    def is_picture(self) -> bool:
        """Whether there is nothing in it but pictures."""
        return bool(self.runs) and all(run.picture or run.text.isspace() for run in self.runs)


@dataclass(slots=True)
class Code:
    """Lines that stay as they are."""

    text: str


@dataclass(slots=True)
class Rule:
    """A line between two parts."""


@dataclass(slots=True)
class Cell:
    """A cell of a table, as wide and as high as the source says."""

    blocks: list[Block]
    colspan: int = 1
    rowspan: int = 1
    is_header: bool = False


@dataclass(slots=True)
class Table:
    """A table: its rows of cells as the source has them."""

    line: int
    rows: list[list[Cell]] = field(default_factory=list)


@dataclass(slots=True)
class Quote:
    """A quotation."""

    blocks: list[Block]


@dataclass(slots=True)
class Items:
    """A list: the blocks of each item.  ``start`` is the first number where it has numbers."""

    start: int | None
    items: list[list[Block]] = field(default_factory=list)


Block = Paragraph | Code | Rule | Table | Quote | Items
