"""Reading the files of bulletins once, in worker processes, for all examinations of texts."""

from __future__ import annotations

from collections.abc import Iterator

from danvan_site.errors import Problem
from danvan_site.stages import Examined


def texts(site: Examined) -> Iterator[Problem]:
    """Yield what is found in the files of all bulletins and pages, and among their bodies."""
    yield from ()
