"""The blocks of a saved page become lines, as a capture has them: see `passes`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from danvan_site.importers.blocks import Block, Items, Paragraph, Picture, Quote, Run, Table
from danvan_site.importers.findings import Line, tidy, tidy_quotes


def lines_of(block: Block) -> Iterator[Line]:
    """Yield the lines that a block is.  A break of the line ends one, as in a capture, where what
    stands above or below it reads as a paragraph, or is a picture."""
    if not isinstance(block, Paragraph):
        number = block.line if isinstance(block, Table) else 0
        words = " ".join(_words_of(block))
        yield Line(number, tidy(words), words, block)
        return
    for run in block.runs:
        run.text = tidy_quotes(run.text) if run.text != "\n" else run.text
    parts: list[list[Run]] = [[]]
    for run in block.runs:
        if run.text == "\n":
            parts.append([])
        else:
            parts[-1].append(run)
    lines: list[list[list[Run]]] = []
    for part in filter(None, parts):
        apart = (
            bool(block.level == 0)
            and lines
            and (_stands_alone(lines[-1][-1]) or _stands_alone(part))
        )
        if apart or not lines:
            lines.append([part])
        else:
            lines[-1].append(part)
    for several in lines:
        runs = several[0]
        for part in several[1:]:
            runs = [*runs, Run("\n"), *part]
        yield _line(Paragraph(runs, block.line, block.level))


def _stands_alone(runs: Sequence[Run]) -> bool:
    return _line(Paragraph(list(runs), 0)).is_prose or any(run.picture for run in runs)


def _line(block: Paragraph) -> Line:
    text = tidy(block.text)
    return Line(block.line, text, text or "\u00a0", block)


def _words_of(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield block.text
    elif isinstance(block, Quote):
        for each in block.blocks:
            yield from _words_of(each)
    elif isinstance(block, Items):
        for item in block.items:
            for each in item:
                yield from _words_of(each)
    elif isinstance(block, Table):
        for row in block.rows:
            for cell in row:
                for each in cell.blocks:
                    yield from _words_of(each)


def pictures_of(lines: Sequence[Line]) -> Iterator[Picture]:
    """Yield the pictures that are lines of their own."""
    for line in lines:
        yield from line.pictures
