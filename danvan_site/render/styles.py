"""Style sheets of the theme as readers' browsers get them: without comments and spare space."""

from __future__ import annotations

import re

# A text is kept as it is; a comment goes; white space becomes one space.
_PART = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(/\*.*?\*/)|\s+""", re.DOTALL)
_SPARE = re.compile(r""" ?([{};,]) ?|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""", re.DOTALL)


def lean(source: str) -> str:
    """Return a style sheet that means the same in fewer bytes."""
    short = _PART.sub(lambda part: part[1] or ("" if part[2] else " "), source)
    short = _SPARE.sub(lambda part: part[1] or part[2], short)
    return short.replace(";}", "}").strip() + "\n"
