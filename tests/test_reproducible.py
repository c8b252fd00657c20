"""The same sources give the same bytes, whoever builds them, where, when and with what.

Other Pythons are those that DANVAN_PYTHONS names: paths of interpreters that have the libraries of
requirements.lock, with the separator of PATH between them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workbench import ROOT

NOW = "1796004000"  # s: 30 November 2026
OTHERS = [each for each in os.environ.get("DANVAN_PYTHONS", "").split(os.pathsep) if each]
Tree = dict[str, bytes]


def build(
    site: Path, output: Path, *options: str, python: str = sys.executable, **environment: str
) -> Tree:
    """Build a site from nothing in an environment of which nothing is ours; return its files."""
    cache = output.with_name(f"{output.name}.cache")
    places = ("--output", str(output), "--cache", str(cache))
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT") if key in os.environ}
    done = subprocess.run(
        [python, "-m", "danvan_site", "build", *places, *options],
        cwd=site,
        env=kept | {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": NOW, **environment},
        capture_output=True,
        timeout=300,
        umask=int(environment.get("UMASK", "22"), 8) if sys.platform != "win32" else -1,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file()
    }


def copied(target: Path, *, backwards: bool = False) -> Path:
    """Copy the demo site, its files one after the other: most systems list them in this order, or
    in one that follows from it."""
    for name in ("content", "templates", "site.yaml"):
        source = ROOT / name
        files = (
            [source] if source.is_file() else [each for each in source.rglob("*") if each.is_file()]
        )
        for file in sorted(files, reverse=backwards):
            place = target / file.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
    return target


def differing(one: Tree, two: Tree) -> list[str]:
    return sorted(path for path in one.keys() | two.keys() if one.get(path) != two.get(path))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """The demo site, built as we usually do."""
    folder = tmp_path_factory.mktemp("usual")
    return build(copied(folder / "site"), folder / "public", "--precompress", "--jobs", "1")


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (["--jobs", "4"], {}),
        ([], {"TZ": "America/St_Johns", "PYTHONHASHSEED": "1"}),
        ([], {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "4242", "UMASK": "077"}),
        ([], {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ([], {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ([], {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "1"}),
        ([], {"PYTHONOPTIMIZE": "2", "PYTHONDONTWRITEBYTECODE": "1"}),
    ],
    ids=["four", "west", "east", "c", "posix", "turkish", "optimized"],
)
def test_surroundings_change_no_byte(
    usual: Tree, tmp_path: Path, options: list[str], environment: dict[str, str]
) -> None:
    site = copied(tmp_path / "một nơi khác" / "site")
    now = build(site, tmp_path / "ra" / "public", "--precompress", *options, **environment)
    assert differing(usual, now) == []


def test_the_order_in_which_files_are_listed_changes_no_byte(usual: Tree, tmp_path: Path) -> None:
    site = copied(tmp_path / "site", backwards=True)
    assert differing(usual, build(site, tmp_path / "public", "--precompress")) == []


@pytest.mark.skipif(not OTHERS, reason="no other Python: DANVAN_PYTHONS names none")
@pytest.mark.parametrize("python", OTHERS)
def test_another_python_changes_no_byte(usual: Tree, tmp_path: Path, python: str) -> None:
    site = copied(tmp_path / "site")
    now = build(site, tmp_path / "public", "--precompress", python=python)
    if not any(path.endswith(".br") for path in now):
        # That one has no brotli, which is optional.
        usual = {path: data for path, data in usual.items() if not path.endswith(".br")}
        listed = "manifest-sha256.txt"
        usual[listed] = b"".join(
            line for line in usual[listed].splitlines(keepends=True) if b".br\n" not in line
        )
    assert differing(usual, now) == []
