"""The list of every output.  All that can go wrong before rendering goes wrong here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from danvan_site import compression
from danvan_site.catalog import Catalog
from danvan_site.config import Settings
from danvan_site.errors import Place, Problem, nearest
from danvan_site.library import Library
from danvan_site.output import folders_of, is_contained
from danvan_site.permanence import Ledger
from danvan_site.plan import (
    archives,
    bulletins,
    documents,
    home,
    install,
    listings,
    machine,
    monthly,
    permanence,
    search,
    units,
)
from danvan_site.plan.frame import Frame
from danvan_site.plan.model import Artifact, Context, canonical
from danvan_site.plan.old_addresses import OldAddresses
from danvan_site.plan.references import References, Shown
from danvan_site.search.index import Index

__all__ = ["Artifact", "Context", "Plan", "References", "Shown", "canonical", "plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be published, in the order of publishing, and what is wrong with it; what the
    search index is of; the digest of what all pages are made with; and what is
    new for the ledger of addresses."""

    artifacts: Sequence[Artifact]
    problems: Sequence[Problem]
    index: Index
    frame: str
    fresh: Ledger


def plan(
    settings: Settings,
    words: Catalog,
    library: Library,
    references: References,
    assets: Mapping[str, str],
    shown: str,
    program: str,
    suffixes: Collection[str],
    ledger: Ledger | None,
) -> Plan:
    """Plan the site.  *references* is resolved already; *shown* is the content folder's name,
    *program* this program's version, *suffixes* are those of compressed copies that are to stand
    beside text files, *ledger* has the addresses that must not be lost (None: they may be)."""
    frame = Frame(settings, words, library, references)
    index = search.index_of(frame, program)
    old = OldAddresses(frame, shown)
    documented = list(documents.plan(frame))
    artifacts = [
        *bulletins.plan(frame),
        *monthly.plan(frame),
        *listings.plan(frame),
        *documented,
        *archives.plan(frame),
        *home.plan(frame, search.summary(frame, index) if index.sources else "", old),
        *machine.plan(frame, assets, documents.addresses(documented)),
        *install.plan(frame, assets),
        *search.plan(frame, index),
    ]
    artifacts += list(old.plan({artifact.path for artifact in artifacts}))
    kept = permanence.Permanence(frame, ledger or {}, artifacts, shown)
    artifacts += list(kept.plan())
    paths = {artifact.path for artifact in artifacts}
    problems = [
        *old.problems,
        *kept.problems,
        *kept.ids(),
        *_collisions(artifacts, shown),
        *units.outside(library, shown),
    ]
    if suffixes:
        problems += _in_place_of_copies(artifacts, shown, suffixes)
    problems += _dead_links(references.outputs, paths)
    problems += _dead_menu(settings, paths)
    artifacts.sort(key=attrgetter("path"))
    artifacts.sort(key=attrgetter("rank"))
    fresh = {} if ledger is None else kept.fresh(artifacts)
    return Plan(artifacts, problems, index, frame.digest, fresh)


def _collisions(artifacts: Sequence[Artifact], shown: str) -> list[Problem]:
    """Return the artifacts that would stand on another's path, or where another needs a folder,
    whatever the file system's case."""
    problems = []
    first: dict[str, Artifact] = {}
    for artifact in artifacts:
        other = first.setdefault(artifact.path.casefold(), artifact)
        if other is not artifact:
            later, earlier = sorted((artifact, other), key=lambda each: each.subject, reverse=True)
            place = Place(f"{shown}/{later.subject}" if later.subject else later.path, 1, 1)
            details = {"path": artifact.path, "other": earlier.subject or earlier.path}
            is_monthly = monthly.KIND in (artifact.kind, other.kind)
            code = "month-bulletin-address" if is_monthly else "same-address"
            problems.append(Problem(code, place, details))
        if not is_contained(artifact.path):
            place = Place(f"{shown}/{artifact.subject}", 1, 1)
            problems.append(Problem("bad-path", place, {"path": artifact.path}))
    within = {path.rpartition("/")[0]: artifact for path, artifact in first.items()}
    folders = {above: artifact for path, artifact in within.items() for above in folders_of(path)}
    folders |= within
    for folder in first.keys() & folders.keys():
        here, inside = first[folder], folders[folder]
        place = Place(f"{shown}/{here.subject}" if here.subject else here.path, 1, 1)
        details = {"path": here.path, "other": inside.subject or inside.path}
        problems.append(Problem("address-is-folder", place, details))
    return problems


def _in_place_of_copies(
    artifacts: Sequence[Artifact], shown: str, suffixes: Collection[str]
) -> Iterator[Problem]:
    """Yield the artifacts that stand where the compressed copy of another is to stand."""
    standing = {artifact.path.casefold(): artifact for artifact in artifacts}
    for artifact in artifacts:
        for suffix in suffixes if compression.is_text(artifact.path) else ():
            other = standing.get(f"{artifact.path}{suffix}".casefold())
            if other:
                place = Place(f"{shown}/{other.subject}" if other.subject else other.path, 1, 1)
                details = {"path": other.path, "other": artifact.path}
                yield Problem("compressed-address", place, details)


def _dead_links(links: Sequence[tuple[Place, str]], paths: set[str]) -> list[Problem]:
    return [
        Problem("link-not-found", place, {"target": f"/{path}", "meant": nearest(path, paths)})
        for place, path in links
        if path not in paths
    ]


def _dead_menu(settings: Settings, paths: set[str]) -> list[Problem]:
    return [
        Problem("menu-not-found", place, {"found": link.url})
        for link, place in zip(settings.menu, settings.menu_places, strict=True)
        if "://" not in link.url and link.url.partition("#")[0] not in paths
    ]
