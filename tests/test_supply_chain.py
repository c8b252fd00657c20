"""What the program is made of is locked, listed, and free to use."""

import json
import re
from typing import Any

import pytest

from tests.workbench import ROOT

LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-dev.lock")
# Those that ask for no more than to be named.
FREE = frozenset(
    ("0BSD", "Apache-2.0", "BSD License", "BSD-3-Clause", "CC0-1.0", "MIT", "MIT-CMU", "OFL-1.1",
     "Zlib")
)  # fmt: skip


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(name: str) -> dict[str, set[str]]:
    """The versions that a lock file names, by package."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", line)
        if match:
            found.setdefault(canonical(match[1]), set()).add(match[2])
    return found


@pytest.fixture
def parts() -> list[dict[str, Any]]:
    bill = json.loads((ROOT / "docs/sbom.cdx.json").read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    found: list[dict[str, Any]] = bill["components"]
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_locked_with_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    entries = [each for each in entries if each.strip()]
    assert len(entries) >= len(locked(name)) > 10
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert not re.search(r"https?://|--(?:extra-)?index-url|git\+", text)


def test_what_is_run_is_what_is_tested() -> None:
    run, tested, made = map(locked, LOCKS)
    assert run.items() <= tested.items()
    assert tested.items() <= made.items()


def test_the_bill_of_materials_is_of_the_lock(parts: list[dict[str, Any]]) -> None:
    lock = locked("requirements.lock")
    assert {canonical(each["name"]) for each in parts} == lock.keys()
    for each in parts:
        assert each["version"] in lock[canonical(each["name"])], each["name"]


def test_every_licence_is_listed_and_free(parts: list[dict[str, Any]]) -> None:
    rows = (ROOT / "docs/licences.md").read_text("utf-8").splitlines()
    listed = {}
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 4 and cells[1][:1].isdigit():
            listed[cells[0]] = (cells[1], cells[2])
    assert listed.keys() == {each["name"] for each in parts}
    for name, (version, licence) in listed.items():
        assert {version} == {each["version"] for each in parts if each["name"] == name}
        assert licence and set(re.split(r" AND | OR |; ", licence)) <= FREE, name
