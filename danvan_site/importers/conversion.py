"""HTML of old portals becomes Markdown that the build accepts, with an account of what did not.

The words of a page all come along, in their order; emphasis, headings, lists, tables, links and
pictures as far as Markdown has them.  What has no place in it is in `Converted.losses`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from danvan_site import alternatives, vietnamese
from danvan_site.importers import soup, tree, writing
from danvan_site.importers.blocks import (
    BOLD,
    Block,
    Cell,
    Code,
    Items,
    Link,
    Loss,
    Paragraph,
    Picture,
    Quote,
    Run,
    Table,
)  # fmt: skip

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SCHEMES = ("http:", "https:", "mailto:", "tel:")
# It stands in the bulletin and so speaks the bulletin's language.
UNDESCRIBED = "Ảnh chưa có lời mô tả"
_MOST_CELLS = 60_000  # of a table; readers of Markdown stop at some more

Rename = Callable[[str], str | None]


def _same(address: str) -> str | None:
    return address


def _same_picture(picture: Picture) -> str | None:
    return picture.address


@dataclass(frozen=True, slots=True)
class Converted:
    """A page as Markdown.

    ``pictures`` are those of the page in their order, ``undescribed`` those among them without
    words of their own (neither an alternative text that is one nor a caption): they stand in the
    Markdown as links to their files, and a person must describe them.  ``links`` are the addresses
    as the source has them.
    """

    markdown: str
    pictures: tuple[Picture, ...]
    undescribed: tuple[Picture, ...]
    links: tuple[str, ...]
    losses: tuple[Loss, ...]


def convert(
    html: str,
    *,
    link: Rename = _same,
    picture: Callable[[Picture], str | None] = _same_picture,
    undescribed: str = UNDESCRIBED,
) -> Converted:
    """Return *html*, a part of a page or a whole one, as Markdown.

    *link* gives the new address of a link, *picture* that of a picture: a path of the content
    folder or an absolute address, of which pictures can only be led to; None where there is none:
    the words of such a link stay without it, such a picture is left out, and both are losses.
    *undescribed* are the words of the link to a picture that has none of its own.  No input raises.
    """
    return written(soup.read(html), link=link, picture=picture, undescribed=undescribed)


def written(
    found: soup.Soup,
    *,
    link: Rename = _same,
    picture: Callable[[Picture], str | None] = _same_picture,
    undescribed: str = UNDESCRIBED,
) -> Converted:
    """Return what was *found* in a page as Markdown; see `convert`."""
    writer = _Writer(link, picture, undescribed, found.losses)
    lines = writer.blocks(found.blocks, top=True)
    markdown = "\n".join(lines)
    return Converted(
        f"{vietnamese.nfc(markdown)}\n" if markdown else "",
        tuple(found.pictures),
        tuple(writer.undescribed),
        tuple(writer.links),
        tuple(sorted(found.losses, key=lambda loss: loss.line)),
    )


@dataclass(slots=True)
class _Writer:
    """Blocks being written, and what is noted on the way."""

    link: Rename
    picture: Callable[[Picture], str | None]
    words: str
    losses: list[Loss]
    undescribed: list[Picture] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    _known: dict[int, str | None] = field(default_factory=dict)
    _levels: dict[int, int] = field(default_factory=dict)
    _last_level: int = 1

    def blocks(self, blocks: Sequence[Block], top: bool = False) -> list[str]:
        """Return the lines of *blocks*, an empty one between two of them."""
        if top:
            levels = sorted(set(_levels_of(blocks)))
            self._levels = {level: rank for rank, level in enumerate(levels, start=2)}
        lines: list[str] = []
        before: Block | None = None
        sign = 0
        for block in blocks:
            if isinstance(block, Items):
                # Two lists in a row are one to Markdown, unless their signs differ.
                follows = isinstance(before, Items) and (before.start is None) == (
                    block.start is None
                )
                sign = 1 - sign if follows else 0
                new = self._items(block, sign)
            else:
                new = self._block(block)
            if not new:
                continue
            if lines:
                lines.append("")
            lines += new
            before = block
        while top and before is not None and lines and lines[-1] == _RULE:
            lines = lines[:-2]
        return lines

    def _block(self, block: Block) -> list[str]:
        if isinstance(block, Paragraph):
            return self._paragraph(block)
        if isinstance(block, Code):
            return writing.code_block(block.text)
        if isinstance(block, Quote):
            return [f"> {line}" if line else ">" for line in self.blocks(block.blocks)]
        if isinstance(block, Table):
            return self._table(block)
        return [_RULE]

    def _paragraph(self, block: Paragraph) -> list[str]:
        if not block.level:
            return self._words(block.runs).split("\n")
        runs = [Run(run.text, run.marks & ~BOLD, run.link, run.picture) for run in block.runs]
        text = self._words(runs).replace("\\\n", " ")
        if not text:
            return []
        self._last_level = min(self._levels[block.level], self._last_level + 1, 6)
        # Signs at the end of a heading would be taken for its other end.
        text = re.sub(r"(?<= )(#+)$", r"\\\1", text)
        return [f"{'#' * self._last_level} {text}"]

    # lists

    def _items(self, block: Items, sign: int) -> list[str]:
        written = [self.blocks(item) for item in block.items]
        tight = all(map(_is_tight, block.items))
        lines: list[str] = []
        number = block.start
        for item in filter(None, written):
            marker = "-*"[sign] if number is None else f"{number}{'.)'[sign]}"
            indent = " " * (len(marker) + 1)
            if lines and not tight:
                lines.append("")
            body = [line for line in item if line] if tight else item
            lines.append(f"{marker} {body[0]}")
            lines += [f"{indent}{line}" if line else "" for line in body[1:]]
            number = None if number is None else min(number + 1, 999_999_999)
        return lines

    # tables

    def _table(self, block: Table) -> list[str]:
        grid = _grid(block)
        columns = max(map(len, grid), default=0)
        if len(grid) * columns > _MOST_CELLS or not grid:
            self.losses.append(Loss("table", "", block.line))
            cells = [cell for row in block.rows for cell in row]
            return self.blocks([each for cell in cells for each in cell.blocks])
        rows = [[self._cell(cell) for cell in row] + [""] * (columns - len(row)) for row in grid]
        head, *rest = (f"| {' | '.join(row)} |" for row in rows)
        return [head, "|" + "---|" * columns, *rest]

    def _cell(self, cell: Cell | None) -> str:
        if cell is None:
            return ""
        paragraphs = [each for each in cell.blocks if isinstance(each, Paragraph)]
        texts = [self._words(_on_one_line(each.runs)) for each in paragraphs]
        return " ".join(filter(None, texts)).replace("|", "\\|")

    # lines

    def _words(self, runs: Sequence[Run]) -> str:
        if len(runs) == 1 and not (runs[0].marks or runs[0].link or runs[0].picture):
            return writing.as_markdown(runs[0].text)
        pictures: dict[int, str] = {}
        links: dict[int, str] = {}
        kept: list[Run] = []
        for run in runs:
            if run.link and id(run.link) not in self._known:
                self._known[id(run.link)] = self._address(run.link, run.text)
            address = self._known[id(run.link)] if run.link else None
            if run.link and address:
                links[id(run.link)] = address
            if run.picture:
                shown = self._shown(run.picture, address)
                if shown is None:
                    continue
                text, alone = shown
                pictures[id(run.picture)] = text
                run = Run(run.text, 0, None if alone else run.link, run.picture)
            elif run.link and not address:
                run = Run(run.text, run.marks)
            kept.append(run)
        text, whole = writing.line(writing.merged(kept), pictures, links)
        if not whole:
            said = tree.shortened("".join(run.text for run in runs))
            self.losses.append(Loss("emphasis", said, 0))
        return text

    def _address(self, link: Link, text: str) -> str | None:
        """Return what a link leads to, as Markdown, or None where it leads nowhere any more."""
        self.links.append(link.address)
        address = f"https:{link.address}" if link.address[:2] == "//" else link.address
        scheme = _SCHEME.match(address)
        new = None
        if not scheme or scheme.group().lower() in _SCHEMES:
            new = self.link(address)
        if not new:
            said = tree.shortened(f"{text.strip()}: {link.address}")
            self.losses.append(Loss("link", said, link.line))
            return None
        return writing.address(new)

    def _shown(self, picture: Picture, around: str | None) -> tuple[str, bool] | None:
        """Return a picture as Markdown, and whether it is a link itself; None if it has gone."""
        new = self.picture(picture)
        if not new:
            said = tree.shortened(picture.alt or picture.caption or picture.address)
            self.losses.append(Loss("img", said, picture.line))
            return None
        words = next((w for w in (picture.alt, picture.caption) if not _fault(w, new)), "")
        if not words:
            self.undescribed.append(picture)
        label = writing.escaped(words or self.words, in_brackets=True)
        address = writing.address(new)
        if _SCHEME.match(new) or new.startswith("//"):
            self.losses.append(Loss("img", tree.shortened(new), picture.line))
        elif words:
            return f"![{label}]({address})", False
        return (f"[{label}]({address})", True)


_RULE = "___"


def _fault(words: str, source: str) -> bool:
    return bool(alternatives.fault(words, source))


def _levels_of(blocks: Sequence[Block]) -> Iterator[int]:
    for block in blocks:
        if isinstance(block, Paragraph):
            if block.level:
                yield block.level
        elif isinstance(block, Quote):
            yield from _levels_of(block.blocks)
        elif isinstance(block, Items):
            for item in block.items:
                yield from _levels_of(item)


def _is_tight(item: Sequence[Block]) -> bool:
    """Whether an item is one paragraph, or that and lists that may follow it at once."""
    first, *rest = item
    return (
        isinstance(first, Paragraph)
        and not first.level
        and len(rest) <= 1
        and all(
            isinstance(each, Items) and each.start in (None, 1) and all(map(_is_tight, each.items))
            for each in rest
        )
    )


def _grid(table: Table) -> list[list[Cell | None]]:
    """Return the rows of *table* with a place for each column; what a cell covers beside and
    below it is empty.  No rows: there would be too many places."""
    places = 0
    rows: list[list[Cell | None]] = []
    hanging: dict[int, int] = {}  # column → rows that a cell from above still covers
    for cells in table.rows:
        row: list[Cell | None] = []
        for cell in cells:
            while hanging.get(len(row)):
                row.append(None)
            for column in range(len(row), len(row) + cell.colspan):
                hanging[column] = max(hanging.get(column, 0), cell.rowspan)
            row += [cell, *[None] * (cell.colspan - 1)]
        places += len(row)
        if places > _MOST_CELLS:
            return []
        hanging = {column: left - 1 for column, left in hanging.items() if left > 1}
        if any(cell and cell.blocks for cell in row):
            rows.append(row)
    return rows


def _on_one_line(runs: Sequence[Run]) -> list[Run]:
    """Return *runs* with breaks made spaces."""
    result: list[Run] = []
    broken = False
    for run in runs:
        if run.text == "\n":
            broken = True
            continue
        text = f" {run.text}" if broken and run.text[:1] != " " else run.text
        result.append(Run(text, run.marks, run.link, run.picture))
        broken = False
    return result
