"""The published folder by itself: what a path may be, and how files get into their places."""

import hashlib
import sys
from pathlib import Path

import pytest

from danvan_site import output
from danvan_site.errors import UsageError
from danvan_site.output import OutputFolder


@pytest.mark.parametrize(
    "path",
    [
        "index.html", "2020/07/mot.html", "2020/07/mot.html.gz", "tim-kiem/a1.json", "a", "a/b",
        "CNAME", "_headers", ".htaccess", "a/.danvan-site", "ảnh chợ.jpg", "console.html",
        "a" * 255, "ă" * 127, "com.html/x", "a..b", "..a",
    ],
)  # fmt: skip
def test_names_that_any_system_takes_are_published(path: str) -> None:
    assert output.is_contained(path)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/a", "a/", "a//b", ".", "..", "../a.html", "2020/../../a.html", "a/./b", "a/..",
        "a\\b", "C:/a", "a?b", "a*b", "a<b", "a>b", 'a"b', "a|b", "a\0b", "a\nb", "a\x1fb",
        "\ud800", "a ", "a.", "a /b", "a./b", "con", "nul.html", "a/aux.txt", "a" * 256, "ă" * 128,
        ".danvan-site", ".danvan-site.lock", ".danvan-journal", ".danvan-staging/a.html",
    ],
)  # fmt: skip
def test_names_that_lead_out_or_are_not_for_every_system_are_not(path: str) -> None:
    assert not output.is_contained(path)


def test_the_folders_above_a_path_are_told_from_the_nearest() -> None:
    assert list(output.folders_of("a/b/c.html")) == ["a/b", "a"]
    assert list(output.folders_of("c.html")) == []
    assert list(output.folders_of("/c.html")) == []


class Publisher:
    """Publishes texts into a folder, as a build does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.standing: dict[str, str] = {}

    def publish(self, new: dict[str, str], removed: tuple[str, ...] = ()) -> None:
        with OutputFolder(self.root, "public").locked(lambda: None) as folder:
            for path, text in new.items():
                file = folder.staging / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, "utf-8")
            self.standing |= new
            for path in removed:
                self.standing.pop(path, None)
            digests = {
                path: hashlib.sha256(text.encode()).hexdigest()
                for path, text in self.standing.items()
            }
            folder.publish(list(new), removed, digests)

    def holds(self) -> dict[str, str]:
        return {
            path.relative_to(self.root).as_posix(): path.read_text("utf-8")
            for path in self.root.rglob("*")
            if path.is_file() and not path.name.startswith(".") and path.name != output.MANIFEST
        }


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "public")


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


OWN = {".danvan-site", ".danvan-site.lock", "manifest-sha256.txt"}


def test_files_come_change_and_go_with_their_folders(publisher: Publisher) -> None:
    publisher.publish({"index.html": "1", "a/b/c.html": "2", "a/b/d.html": "3", "e/f.html": "4"})
    publisher.publish({"a/b/c.html": "5", "a/g/h.html": "6"}, ("e/f.html", "a/b/d.html"))
    expected = {"index.html": "1", "a/b/c.html": "5", "a/g/h.html": "6"}
    assert publisher.holds() == expected
    assert names(publisher.root) == {"a", "index.html", *OWN}
    folder = OutputFolder(publisher.root, "public")
    assert folder.is_settled
    assert folder.owned() == {
        path: hashlib.sha256(text.encode()).hexdigest() for path, text in expected.items()
    }
    found = folder.scan()
    assert found.keys() == {*expected, output.MANIFEST}
    stat = (publisher.root / "a/g/h.html").stat()
    assert found["a/g/h.html"] == (1, stat.st_mtime_ns)
    assert folder.manifest() == {output.MANIFEST: found[output.MANIFEST]}


def test_nothing_to_do_writes_nothing(publisher: Publisher) -> None:
    publisher.publish({"index.html": "1"})
    before = (publisher.root / output.MANIFEST).stat()
    publisher.publish({})
    after = (publisher.root / output.MANIFEST).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    (publisher.root / output.MANIFEST).unlink()
    publisher.publish({})
    assert (publisher.root / output.MANIFEST).read_text().endswith("  index.html\n")


def test_what_an_interruption_left_is_told_and_ours(publisher: Publisher) -> None:
    publisher.publish({"index.html": "1"})
    journal = publisher.root / ".danvan-journal"
    journal.write_text("index.html\nnew/a.html\n../a.html\n", "utf-8")
    manifest = publisher.root / output.MANIFEST
    manifest.write_text(manifest.read_text() + f"{'0' * 64}  ../b.html\n")
    folder = OutputFolder(publisher.root, "public")
    assert not folder.is_settled
    assert folder.owned() == {"index.html": "", "new/a.html": ""}
    publisher.publish({"b.html": "2"})
    assert not journal.exists()


@pytest.mark.parametrize("first", [{"a": "1"}, {"a/b/c": "1"}])
def test_a_file_becomes_a_folder_and_back(publisher: Publisher, first: dict[str, str]) -> None:
    second = {"a/b/c": "2"} if "a" in first else {"a": "2"}
    publisher.publish({"index.html": "x"} | first)
    publisher.publish(second, tuple(first))
    assert publisher.holds() == {"index.html": "x"} | second


def test_stale_copies_go_before_what_is_new_comes(publisher: Publisher) -> None:
    publisher.publish({"a.html": "1", "a.html.gz": "1", "b.html": "1", "b.jpg": "1"})
    publisher.root.joinpath("c.html").mkdir()
    publisher.root.joinpath("c.html/x").write_text("quý")
    with OutputFolder(publisher.root, "public").locked(lambda: None) as folder:
        folder.staging.mkdir(parents=True)
        for name in ("a.html", "c.html"):
            (folder.staging / name).write_text("2")
        # What stands in the second file's place stops it half-way.
        with pytest.raises(UsageError):
            folder.publish(["a.html", "c.html"], ["a.html.gz", "b.html"], {}, ["a.html.gz"])
    assert not folder.is_settled
    assert publisher.holds() == {"a.html": "2", "b.html": "1", "b.jpg": "1", "c.html/x": "quý"}
    owned = OutputFolder(publisher.root, "public").owned()
    assert {path for path, digest in owned.items() if not digest} == {
        "a.html", "a.html.gz", "b.html", "c.html",
    }  # fmt: skip


def test_new_pages_come_before_changed_ones_and_the_first_home_page_last(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path, "public")
    (tmp_path / output.MANIFEST).write_text("0  old.html\n0  index.html\n")
    standing = {"old.html": (1, 1), "index.html": (1, 1), "half.html": (1, 1)}
    ranked = ["index.html", "old.html", "half.html", "z.html", "a.html"]
    assert folder.in_order(ranked, standing) == [
        "z.html", "a.html", "half.html", "old.html", "index.html",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("path", ["l/x.html", "l/m/x.html", "d/l/x.html"])
def test_nothing_is_written_or_removed_through_a_link(publisher: Publisher, path: str) -> None:
    publisher.publish({"index.html": "1", "d/e.html": "1"})
    outside = publisher.root.parent / "outside"
    (outside / "m").mkdir(parents=True)
    for kept in ("x.html", "m/x.html"):
        (outside / kept).write_text("quý")
    link = path[: path.index("l") + 1]
    (publisher.root / link).symlink_to(outside)
    for new, removed in (({path: "2"}, ()), ({}, (path,))):
        with pytest.raises(UsageError) as refused:
            publisher.publish(new, removed)
        problem = refused.value.problem
        assert (problem.code, problem.place.file) == ("output-has-link", f"public/{link}")
    assert [(outside / each).read_text() for each in ("x.html", "m/x.html")] == ["quý", "quý"]
    # What is a link itself is not looked into.
    assert all(not each.startswith(link) for each in OutputFolder(publisher.root, "").scan())


def test_a_folder_of_others_in_a_files_place_stops_publishing(publisher: Publisher) -> None:
    publisher.publish({"index.html": "1"})
    (publisher.root / "a.html").mkdir()
    (publisher.root / "a.html/x").write_text("quý")
    with pytest.raises(UsageError) as refused:
        publisher.publish({"a.html": "2"})
    problem = refused.value.problem
    assert (problem.code, problem.place.file) == ("output-foreign-file", "public/a.html")
    (publisher.root / "a.html/x").unlink()
    publisher.publish({"a.html": "2"})
    assert (publisher.root / "a.html").read_text() == "2"


def test_what_is_no_folder_or_not_ours_is_not_claimed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("quý")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "folder").mkdir()
    (tmp_path / "used").mkdir()
    (tmp_path / "used/x").write_text("quý")
    for name, code in (
        ("file", "output-not-folder"), ("link", "output-not-folder"), ("used", "output-not-ours"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as refused:
            Publisher(tmp_path / name).publish({"a": "1"})
        problem = refused.value.problem
        assert (problem.code, problem.place.file) == (code, "public")
    assert (names(tmp_path / "folder"), names(tmp_path / "used")) == (set(), {"x"})
    (tmp_path / "folder/.danvan-site.lock").touch()
    for name in ("folder", "new/below"):
        Publisher(tmp_path / name).publish({"a": "1"})
        assert names(tmp_path / name) == {"a", *OWN}
        text = (tmp_path / name / ".danvan-site").read_text("utf-8")
        assert "danvan-site" in text and text.count("\n") == 2


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_in_place_of_the_staging_folder_is_removed_alone(publisher: Publisher) -> None:
    publisher.publish({"a": "1"})
    kept = publisher.root.parent / "kept"
    kept.mkdir()
    (kept / "x").write_text("quý")
    (publisher.root / ".danvan-staging").symlink_to(kept)
    publisher.publish({"a": "2"})
    assert (names(kept), publisher.holds()) == ({"x"}, {"a": "2"})
    (publisher.root / ".danvan-staging/old").mkdir(parents=True)
    publisher.publish({"b": "2"})
    assert names(publisher.root) == {"a", "b", *OWN}


def test_our_bookkeeping_is_what_we_write(publisher: Publisher) -> None:
    publisher.publish({"a": "1"})
    root = publisher.root
    assert [path for path in sorted(names(root)) if output.is_bookkeeping(root, path)] == [
        ".danvan-site", ".danvan-site.lock",
    ]  # fmt: skip
    (root / ".danvan-site.lock").write_text("x")
    (root / ".danvan-site").rename(root / "b")
    (root / ".danvan-site").symlink_to(root / "b")
    assert not output.is_bookkeeping(root, ".danvan-site.lock")
    assert not output.is_bookkeeping(root, ".danvan-site")
    (root / ".danvan-site").unlink()
    (root / ".danvan-site").mkdir()
    assert not output.is_bookkeeping(root, ".danvan-site")


@pytest.mark.skipif(sys.platform == "win32", reason="the order in which files go is looked at")
def test_pages_go_before_their_pictures_and_copies_before_their_files(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ("a.html", "a.html.gz", "a.jpg", "a.svg", "a.svg.gz")
    publisher.publish(dict.fromkeys(paths, "1"))
    gone: list[str] = []
    unlink = Path.unlink

    def watched(path: Path, missing_ok: bool = False) -> None:
        gone.append(path.name)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    publisher.publish({}, paths)
    assert [each for each in gone if each in paths] == [
        "a.html.gz", "a.html", "a.svg.gz", "a.svg", "a.jpg",
    ]  # fmt: skip
