"""Examining a site: a build of which nothing is published."""

from __future__ import annotations

import dataclasses

from danvan_site.builder import BuildOptions, BuildReport, Progress, build


def check(options: BuildOptions, progress: Progress) -> BuildReport:
    """Build everything and publish nothing.

    Raises ContentError with all problems and UsageError, as `build` does.
    """
    return build(dataclasses.replace(options, publish=False), progress, lambda: None)
