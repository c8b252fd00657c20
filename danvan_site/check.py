"""Examining a site: a build of which nothing is published."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from danvan_site.builder import build
from danvan_site.options import BuildOptions, BuildReport, Progress


def check(options: BuildOptions, progress: Progress, waiting: Callable[[], None]) -> BuildReport:
    """Build everything and publish nothing.

    Raises ContentError with all problems and UsageError, as `build` does.
    """
    return build(dataclasses.replace(options, publish=False), progress, waiting)
