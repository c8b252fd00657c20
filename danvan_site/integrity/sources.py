"""The sources of a site: which files they are, and the manifest of them.

They are the settings file, the content folder and the templates folder, which lie in the site's
folder.  The manifest stands there too, beside the settings, and goes wherever the sources go; only
the command that is asked to writes it, since a build writes nothing among the sources.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from danvan_site import durable
from danvan_site.discovery import is_of_system
from danvan_site.errors import ContentError, Place, UsageError
from danvan_site.integrity import comparing, manifest
from danvan_site.integrity.comparing import Fate, Finding, Standing, is_allowed
from danvan_site.integrity.manifest import Manifest
from danvan_site.output import MANIFEST
from danvan_site.workers import Workers


@dataclass(frozen=True, slots=True)
class Sources:
    """Where sources lie: the site's folder, and in it, relative and with slashes, the settings
    file, the content folder and the templates folder."""

    root: Path
    settings: str
    content: str
    templates: str

    @classmethod
    def of(cls, settings: Path, content: Path, templates: Path) -> Sources:
        """Return the sources at absolute paths; raise UsageError where one is outside the folder of
        the settings: a manifest there could not name it."""
        root = settings.parent
        names = []
        for path in (settings, content, templates):
            if path == root or not path.is_relative_to(root):
                raise UsageError("sources-outside", Place(path.as_posix()))
            names.append(path.relative_to(root).as_posix())
        if not settings.is_file():
            raise UsageError("no-settings", Place(names[0]))
        if not content.is_dir():
            raise UsageError("no-content", Place(names[1]))
        return cls(root, *names)

    def look(self, allowed: Collection[str] = ()) -> Standing:
        """Return what stands there.  Hidden files and those that systems put into folders are no
        sources; extra ones that match a pattern *allowed* are passed over, too."""
        own = (self.settings, self.content, self.templates)

        def passed_over(path: str) -> bool:
            inside = any(path == each or path.startswith(f"{each}/") for each in own)
            if not inside:
                return not any(each.startswith(f"{path}/") for each in own)
            return is_of_system(path.rpartition("/")[2]) or is_allowed(path, allowed)

        return comparing.look(self.root, passed_over)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the manifest: its digest (sha256, hexadecimal), how many files it names, and
    in what it differs from the one before."""

    digest: str
    files: int
    changed: int
    added: int
    removed: int


def write(
    sources: Sources, shown: str, workers: Workers, advance: Callable[[int], None]
) -> Written:
    """Write the manifest of the sources as they are now, in place of the one that there may be.

    Raises UsageError where something else stands in its place or it cannot be written, ContentError
    with all that is no file or cannot be read: one that leaves files out would vouch for them.
    """
    path = sources.root / MANIFEST
    before: Mapping[str, bytes] = {}
    if os.path.lexists(path):
        before = manifest.load(path, shown).files
    standing = sources.look()
    found = [Finding(Fate.NO_FILE, each) for each in standing.others]
    found += [Finding(Fate.UNREADABLE, each, why) for each, why in standing.closed.items()]
    digests: dict[str, bytes] = {}
    for each, digest, reason in comparing.digests(
        sources.root, sorted(standing.files), workers, advance
    ):
        digests[each] = digest
        if reason:
            found.append(Finding(Fate.UNREADABLE, each, reason))
    if found:
        raise ContentError(comparing.problem_of(each, "") for each in found)
    data = manifest.compose({each: digest.hex() for each, digest in digests.items()})
    _replace(path, data, shown)
    same = digests.keys() & before.keys()
    return Written(
        digest=manifest.parse(data, shown).digest,
        files=len(digests),
        changed=sum(digests[each] != before[each] for each in same),
        added=len(digests) - len(same),
        removed=len(before) - len(same),
    )


def read(sources: Sources, shown: str) -> Manifest:
    """Return the manifest of the sources; raise UsageError where there is none."""
    return manifest.load(sources.root / MANIFEST, shown)


def _replace(path: Path, data: bytes, shown: str) -> None:
    """Put the manifest in its place whole."""
    try:
        durable.replace(path, data)
    except OSError as error:
        raise UsageError(
            "manifest-not-written", Place(shown), reason=error.strerror or ""
        ) from None
