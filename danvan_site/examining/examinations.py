"""All examinations there are.  Each is a plain function that yields what it finds.

To add one: write the function, put it into the list here that has what it looks at, its codes into
`levels.LEVELS`, and their words into both catalogues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from danvan_site.errors import Problem
from danvan_site.examining import bulletins, letters, searching, site, spacing, wording
from danvan_site.examining.texts import Finding, Text
from danvan_site.stages import Examined

# The file of one bulletin, in worker processes.
TEXTS: tuple[Callable[[Text], Iterable[Finding]], ...] = (
    letters.legacy_fonts,
    letters.look_alikes,
    letters.invisible,
    letters.loose_marks,
    letters.misplaced_tones,
    letters.mixed_tones,
    spacing.stray_spaces,
    spacing.missing_spaces,
    spacing.double_spaces,
    wording.weekdays,
    wording.empty_alternatives,
)
# All that was read, before anything is rendered.
SOURCES: tuple[Callable[[Examined], Iterable[Problem]], ...] = (
    bulletins.same_titles,
    bulletins.still_updating,
)
# The pages as they would be published, in a folder that is there for the time of the call.
OUTPUT: tuple[Callable[[Examined, Path], Iterable[Problem]], ...] = (
    site.examine,
    searching.examine,
)
