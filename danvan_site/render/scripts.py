"""Scripts of the theme as readers' browsers get them: without comments and indentation."""

from __future__ import annotations

import re

# Where none of these stands, no line begins inside a string, a pattern or a comment.
_SPANNING = re.compile(rb"`|/\*|\\\r?\n")


def lean(source: bytes) -> bytes:
    """Return a script without the lines that are comments, empty lines and the space at the ends
    of lines.  One in which anything could go on from line to line is returned as it is."""
    if _SPANNING.search(source):
        return source
    lines = (line.strip() for line in source.splitlines())
    return b"\n".join(line for line in lines if line and not line.startswith(b"//")) + b"\n"
