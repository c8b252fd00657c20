"""Imported files: inside the target folder, whole, and never over what is there."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path, PurePosixPath

import pytest

from danvan_site import durable
from danvan_site.importers import placing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


def test_a_link_leads_no_file_out_of_the_folder(tmp_path: Path) -> None:
    folder, outside = tmp_path / "content", tmp_path / "outside"
    (folder / "inside").mkdir(parents=True)
    outside.mkdir()
    (folder / "out").symlink_to(outside)
    (folder / "in").symlink_to(folder / "inside")
    for path in ("a.md", "x/a.md", "in/a.md"):
        assert placing.contained(folder, PurePosixPath(path)) == folder / path
    for path in ("out/a.md", "../a.md", "in/../../a.md"):
        with pytest.raises(OSError) as refused:
            placing.contained(folder, PurePosixPath(path))
        assert refused.value.errno == errno.ELOOP
        assert refused.value.filename == str(folder / path)
        assert placing.reason_of(refused.value) == os.strerror(errno.ELOOP)


def test_reasons_are_the_systems_words() -> None:
    assert placing.reason_of(ValueError("abc")) == "abc"
    assert placing.reason_of(OSError("abc")) == "abc"


@pytest.mark.parametrize(
    "path", ["a.md", "2020/07/bai-01.md", "Tin tức/họp dân.md", "a" * 97 + ".md"]
)
def test_plain_paths_are_taken_over(path: str) -> None:
    assert placing.is_plain_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "", "a", "a.txt", ".md", "/a.md", "a//b.md", "../a.md", "a/../b.md", ".a/b.md", "_a/b.md",
        "a\\b.md", "C:a.md", "a?.md", "a*.md", 'a".md', "<a>.md", "a|b.md", "a\0b.md", "a\x7fb.md",
        "a /b.md", "a./b.md", "a" * 98 + ".md", "a.md/", "a.md ",
    ],
)  # fmt: skip
def test_other_paths_are_not(path: str) -> None:
    assert not placing.is_plain_path(path)


def test_a_new_file_is_written_whole_and_never_over_another(tmp_path: Path) -> None:
    path, source = tmp_path / "a" / "b" / "x.md", tmp_path / "source"
    assert placing.create(path, b"mot") is True
    assert placing.create(path, b"hai") is False
    source.write_bytes(b"hai")
    assert placing.create_copy(path, source) is False
    assert placing.create_copy(path.with_name("y.md"), source) is True
    (path.parent / "z.md").symlink_to(tmp_path / "nowhere")
    assert placing.create(path.parent / "z.md", b"ba") is False
    (path.parent / "empty.md").touch()
    assert placing.create(path.parent / "empty.md", b"bon") is True
    assert {each.name: each.read_bytes() for each in path.parent.iterdir() if each.exists()} == {
        "x.md": b"mot",
        "y.md": b"hai",
        "empty.md": b"bon",
    }
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("data", "hollow"),
    [
        (b"", True),
        (b"\0", True),
        (b"\0" * 9, True),
        (b"\0\0a", False),
        (b"a\0", False),
        (b"0", False),
    ],
)
def test_what_holds_nothing_is_hollow(tmp_path: Path, data: bytes, hollow: bool) -> None:
    path = tmp_path / "x.md"
    path.write_bytes(data)
    (tmp_path / "link.md").symlink_to(path)
    assert placing.is_hollow(path) is hollow
    found = [placing.is_hollow(tmp_path / name) for name in ("link.md", "nowhere.md", ".")]
    assert found == [False, False, False]


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / ("ă" * 120)
    path.write_bytes(b"mot")
    path.chmod(0o640)
    mine = tmp_path / "mine"
    mine.write_bytes(b"cua toi")
    (tmp_path / f".{'ă' * 40}.part").symlink_to(mine)
    durable.replace(path, b"hai")
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {
        path.name: b"hai",
        "mine": b"cua toi",
    }
    assert sys.platform == "win32" or path.stat().st_mode & 0o777 == 0o640
    durable.replace(path, b"ba", tmp_path / "by")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["mine", path.name]
    assert path.read_bytes() == b"ba"


def test_what_a_killed_run_left_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / ".x.md.part").write_bytes(b"half of what")
    assert placing.create(tmp_path / "x.md", b"mot")
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"x.md": b"mot"}


def test_a_file_that_cannot_be_written_leaves_no_half(tmp_path: Path) -> None:
    (tmp_path / "x.md").mkdir()
    with pytest.raises(OSError):
        durable.replace(tmp_path / "x.md", b"mot")
    with pytest.raises(OSError):
        placing.create_copy(tmp_path / "y.md", tmp_path / "nowhere")
    with pytest.raises(OSError):
        placing.create_copy(tmp_path / "y.md", tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["x.md"]


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_file_system_without_links_serves_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    path = tmp_path / "x.md"

    def link(begun: Path, target: Path) -> None:
        # Between the first look and this moment another program may have come.
        if is_taken:
            target.write_bytes(b"hai")
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    assert placing.create(path, b"mot") is not is_taken
    assert path.read_bytes() == (b"hai" if is_taken else b"mot")
    assert list(tmp_path.iterdir()) == [path]


def test_another_program_that_is_quicker_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, link = tmp_path / "x.md", os.link

    def later(begun: Path, target: Path) -> None:
        target.write_bytes(b"hai")
        link(begun, target)

    monkeypatch.setattr(os, "link", later)
    assert placing.create(path, b"mot") is False
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"x.md": b"hai"}
