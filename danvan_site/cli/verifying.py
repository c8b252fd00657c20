"""`verify`: whether a site, a copy of it or its sources are what a manifest says."""

from __future__ import annotations

import contextlib
import itertools
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from danvan_site.cli import DONE, PROBLEMS
from danvan_site.cli.building import (
    Bars,
    content_folder,
    output_folder,
    settings_file,
    templates_folder,
)
from danvan_site.cli.console import Console
from danvan_site.errors import Place, Problem, UsageError
from danvan_site.integrity import comparing, manifest, sources, web
from danvan_site.integrity.comparing import Finding
from danvan_site.integrity.manifest import Manifest
from danvan_site.integrity.sources import Sources
from danvan_site.output import MANIFEST, is_bookkeeping
from danvan_site.workers import Workers

_LIST_BYTES = 1_000_000
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(slots=True)
class Verified:
    """What came of one target: how many files its manifest names, of how many the bytes were
    compared, and what is not as it should be.  ``shown`` stands before the paths of findings."""

    target: str
    shown: str
    manifest: str
    expected: bool
    files: int
    compared: int
    findings: list[Finding]
    seed: str = ""
    counts: web.Counts | None = None

    @property
    def is_right(self) -> bool:
        """Whether nothing was found."""
        return self.expected and not self.findings


@dataclass(slots=True)
class _Means:
    """What all targets have in common."""

    values: Mapping[str, Any]
    workers: Workers
    bars: Bars
    given: Manifest | None = None
    seed: str = field(default_factory=lambda: secrets.token_hex(4))

    def chosen(self, named: Manifest, stage: str) -> list[str]:
        """Return the paths of what is to be compared, and begin the bar for it."""
        chosen = comparing.sampled(named, self.values["sample"], self.seed)
        self.bars.stage(stage, len(chosen))
        return chosen

    def result(
        self, target: str, shown: str, named: Manifest, compared: tuple[int, list[Finding]],
        counts: web.Counts | None = None,
    ) -> Verified:  # fmt: skip
        """Return what came of a target."""
        expected = self.values["expect"].lower() in ("", named.digest)
        number, findings = compared
        seed = self.seed if number < len(named.files) else ""
        return Verified(
            target, shown, named.digest, expected, len(named.files), number,
            findings, seed, counts,
        )  # fmt: skip


def verify(console: Console, values: Mapping[str, Any]) -> int:
    """Compare what the arguments name with its manifest; return the exit code."""
    _check_options(values)
    results = []
    with contextlib.ExitStack() as stack, Workers(values["jobs"]) as workers:
        bars = Bars(console.words, stack, hidden=values["json"])
        means = _Means(values, workers, bars)
        means.seed = values["seed"] or means.seed
        if values["write"]:
            return _write(console, means)
        if values["manifest"]:
            path = values["manifest"]
            means.given = manifest.load(path, path.as_posix())
        for result in _verified(means):
            stack.close()
            results.append(result)
            if not values["json"]:
                _tell(console, result, values["expect"])
    if values["json"]:
        console.give(_record(results))
    return DONE if all(each.is_right for each in results) else PROBLEMS


def _check_options(values: Mapping[str, Any]) -> None:
    if values["sources"] and (values["targets"] or values["manifest"]):
        raise UsageError("verify-sources-alone")
    if values["write"] and not values["sources"]:
        raise UsageError("verify-write-sources")
    if values["expect"] and not _SHA256.fullmatch(values["expect"].lower()):
        raise UsageError("verify-expect", target=values["expect"])


def _verified(means: _Means) -> Iterator[Verified]:
    """Verify one target after the other; a file is a list of addresses, one a line."""
    if means.values["sources"]:
        yield _sources(means)
        return
    targets = means.values["targets"] or [str(output_folder(means.values))]
    # All of them are looked at before the first, which may take an hour.
    for target in list(itertools.chain.from_iterable(map(_listed, targets))):
        if web.is_address(target):
            yield _web(means, web.root_of(target))
        else:
            yield _folder(means, Path(target))


def _listed(target: str) -> list[str]:
    if web.is_address(target):
        web.root_of(target)
        return [target]
    path = Path(target)
    if path.is_dir():
        return [target]
    if not path.is_file():
        raise UsageError("verify-no-folder", Place(path.as_posix()))
    with path.open("rb") as file:
        data = file.read(_LIST_BYTES + 1)
    text = data.decode("utf-8-sig", "replace")
    lines = [line.strip() for line in text.splitlines()]
    for number, line in enumerate(lines, start=1):
        if line and not line.startswith("#") and not web.is_address(line):
            raise UsageError("verify-list", Place(path.as_posix(), number))
    found = [line for line in lines if web.is_address(line)]
    if not found or len(data) > _LIST_BYTES:
        raise UsageError("verify-list", Place(path.as_posix(), 1))
    for line in found:
        web.root_of(line)
    return found


def _folder(means: _Means, folder: Path) -> Verified:
    shown = f"{folder.as_posix()}/"
    named = (means.given or manifest.load(folder / MANIFEST, shown + MANIFEST)).with_itself()
    allowed = means.values["allow"]

    def passed_over(path: str) -> bool:
        is_named = path in named.files
        return not is_named and (
            is_bookkeeping(folder, path) or comparing.is_allowed(path, allowed)
        )

    standing = comparing.look(folder, passed_over)
    chosen = means.chosen(named, "verify")
    work = (means.workers, means.bars.advance)
    found = comparing.compare(folder, named, standing, chosen, work)
    return means.result(str(folder), shown, named, (len(chosen), found))


def _sources(means: _Means) -> Verified:
    where = _sources_of(means.values)
    named = sources.read(where, MANIFEST)
    standing = where.look(means.values["allow"])
    chosen = means.chosen(named, "verify")
    work = (means.workers, means.bars.advance)
    found = comparing.compare(where.root, named, standing, chosen, work)
    return means.result(where.settings, "", named, (len(chosen), found))


def _web(means: _Means, root: str) -> Verified:
    named = (means.given or web.fetch_manifest(root)).with_itself()
    chosen = means.chosen(named, "fetch")
    counts = web.Counts()
    found = list(web.compare(root, named, chosen, counts, means.bars.advance))
    return means.result(root, root, named, (len(chosen), found), counts)


def _sources_of(values: Mapping[str, Any]) -> Sources:
    return Sources.of(settings_file(values), content_folder(values), templates_folder(values))


def _write(console: Console, means: _Means) -> int:
    where = _sources_of(means.values)
    means.bars.stage("verify", len(where.look().files))
    written = sources.write(where, MANIFEST, means.workers, means.bars.advance)
    means.bars.stage("", 0)
    if means.values["json"]:
        console.give({"ok": True, "manifest_sha256": written.digest, "files": written.files,
                      "changed": written.changed, "added": written.added,
                      "removed": written.removed})  # fmt: skip
        return DONE
    number = console.words.number
    console.say(console.words.say(
        "manifest-written", files=number(written.files), changed=number(written.changed),
        added=number(written.added), removed=number(written.removed),
    ))  # fmt: skip
    console.say(console.words.say("verify-manifest", digest=written.digest))
    return DONE


def _tell(console: Console, result: Verified, expect: str) -> None:
    words = console.words
    console.say(words.say("verify-target", target=result.target))
    console.say(words.say("verify-manifest", digest=result.manifest))
    if not result.expected:
        place = Place(result.shown + MANIFEST)
        problem = Problem("manifest-unexpected", place, {"wanted": expect.lower()})
        console.list_problems([problem])
    console.list_problems(comparing.problem_of(each, result.shown) for each in result.findings)
    if result.seed:
        console.say(words.say("verify-seed", seed=result.seed))
    if result.counts:
        kept = ", ".join(sorted(result.counts.kept)) or "–"
        redirected = words.number(result.counts.redirected)
        console.say(words.say("verify-web", redirected=redirected, kept=kept))
    compared, files = words.number(result.compared), words.number(result.files)
    found = words.number(len(result.findings))
    if result.is_right:
        console.say(words.say("verify-right", compared=compared, files=files))
    else:
        console.say(words.say("verify-wrong", compared=compared, files=files, found=found))


def _record(results: Sequence[Verified]) -> dict[str, Any]:
    targets = []
    for each in results:
        fates = Counter(finding.fate.value for finding in each.findings)
        values: dict[str, Any] = {
            "target": each.target,
            "ok": each.is_right,
            "manifest_sha256": each.manifest,
            "expected": each.expected,
            "files": each.files,
            "compared": each.compared,
            "seed": each.seed,
            "counts": dict(sorted(fates.items())),
            "findings": [finding._asdict() for finding in each.findings],
        }
        if each.counts:
            values |= {"redirected": each.counts.redirected, "kept": sorted(each.counts.kept)}
        targets.append(values)
    return {"ok": all(each.is_right for each in results), "targets": targets}
