"""What a build is asked for, and what it answers."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from danvan_site.errors import Problem


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What to build, from where to where, and how.

    ``jobs`` is the number of worker processes, 0 for one a processor; ``executor`` is the address
    of a cluster that does the work instead (``dask://HOST:PORT``), or ''; ``now`` is aware; with
    ``publish`` False everything is examined and nothing is written outside ``cache``; with
    ``precompress`` text files have compressed copies beside them; with ``record`` the addresses of
    what is published are added to the ledger of the content folder.
    """

    site: Path
    config: Path
    content: Path
    templates: Path
    output: Path
    cache: Path
    now: datetime
    jobs: int = 0
    executor: str = ""
    clean: bool = False
    drafts: bool = False
    future: bool = False
    strict: bool = False
    base_url: str = ""
    publish: bool = True
    precompress: bool = False
    record: bool = False

    def shown(self, path: Path) -> str:
        """Return a path as messages name it: relative to the site's folder where it is inside."""
        with contextlib.suppress(ValueError):
            path = path.resolve().relative_to(self.site.resolve())
        return path.as_posix()


class Progress(Protocol):
    """Told what the build is doing."""

    def stage(self, name: str, total: int) -> None:
        """A stage with *total* steps begins (0: not known)."""

    def advance(self, count: int) -> None:
        """*count* more steps of the stage are done."""


@dataclass(slots=True)
class BuildReport:
    """What a build did.  ``seconds`` is by stage, ``peak_memory`` in bytes over all processes,
    ``left_out`` is reason → sources, ``reasons`` is artifact → why it was rendered, ``compressed``
    is suffix → number of compressed copies that stand in the folder; these are counted with the
    other files.  ``pictures`` is the number of pictures that were made ready for pages,
    ``recorded`` that of addresses that are new in the ledger."""

    bulletins: int = 0
    pages: int = 0
    artifacts: int = 0
    rendered: int = 0
    written: int = 0
    removed: int = 0
    unchanged: int = 0
    pictures: int = 0
    recorded: int = 0
    compressed: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory: int = 0
    problems: list[Problem] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
