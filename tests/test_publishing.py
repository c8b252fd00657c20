"""The published folder: nothing of anyone else's is touched, nothing is ever half there."""

import hashlib
import itertools
import multiprocessing
import random
import subprocess
import sys
from pathlib import Path

import pytest

from danvan_site import locks, output
from danvan_site.errors import UsageError
from danvan_site.output import OutputFolder
from tests.workbench import Workbench, environment


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path)
    for number in range(30):
        site.bulletin(f"2020/07/bai-{number:02d}.md", title=f"Bài {number}", category="Tin tức")
    return site


def test_a_folder_that_is_not_ours_is_refused_and_left_alone(site: Workbench) -> None:
    site.write("public/cua-toi.txt", "quý")
    outcome = site.run("build", "--json")
    assert outcome.code == 2
    assert site.tree() == {"cua-toi.txt": "quý".encode()}


@pytest.mark.parametrize("output", ["content", "content/public", ".", "templates", ".cache"])
def test_an_output_among_the_sources_is_refused(site: Workbench, output: str) -> None:
    site.write("templates/x.txt", "x")
    before = site.tree(site.folder / "content")
    assert site.run("build", "--output", output).code == 2
    assert site.tree(site.folder / "content") == before


def test_files_that_others_put_into_the_published_folder_stay(site: Workbench) -> None:
    site.build()
    site.write("public/CNAME", "tin.example.org\n")
    site.write("public/.well-known/security.txt", "x")
    (site.folder / "content/2020/07/bai-00.md").unlink()
    site.build()
    site.build("--clean")
    assert (site.output / "CNAME").read_text() == "tin.example.org\n"
    assert (site.output / ".well-known/security.txt").exists()
    assert not (site.output / "2020/07/bai-00.html").exists()


def test_a_file_of_others_in_a_pages_place_is_not_overwritten(site: Workbench) -> None:
    site.build()
    site.write("public/2020/08/moi.html", "của người khác")
    site.bulletin("2020/08/moi.md", date="2020-08-01")
    before = site.tree()
    outcome = site.run("build", "--json")
    assert outcome.code == 1
    assert outcome.problems == ["public/2020/08/moi.html output-foreign-file"]
    assert site.tree() == before
    (site.output / "2020/08/moi.html").unlink()
    site.build()
    assert "Bài 2020/08/moi.md" in site.page("2020/08/moi.html")


def test_files_of_others_around_a_pages_place_are_not_touched(site: Workbench) -> None:
    site.build()
    site.write("public/cu", "của người khác")
    site.write("public/xua/bai.html/anh.png", "của người khác")
    site.bulletin("2020/08/moi.md", date="2020-08-01", aliases=["/cu/x.html", "/xua/bai.html"])
    before = site.tree()
    outcome = site.run("build", "--json")
    assert outcome.code == 1
    assert outcome.problems == [
        "public/cu output-foreign-file",
        "public/xua/bai.html/anh.png output-foreign-file",
    ]
    assert site.tree() == before


@pytest.mark.parametrize("arguments", [(), ("--precompress",)])
def test_a_page_becomes_a_folder_and_a_folder_a_page(
    site: Workbench, arguments: tuple[str, ...]
) -> None:
    page, within = "cu/x.html", "cu/x.html/y/index.html"
    for alias, path, gone in [
        ("/cu/x.html", page, within),
        ("/cu/x.html/y/", within, page),
        ("/cu/x.html", page, within),
    ]:
        site.bulletin("2020/07/doi-cho.md", aliases=[alias])
        site.build(*arguments)
        assert "doi-cho.html" in site.page(path)
        assert not (site.output / gone).is_file()
    site.build("--clean", *arguments)


def test_an_empty_folder_in_a_pages_place_is_no_hindrance(site: Workbench) -> None:
    site.build()
    (site.output / "2020/07/moi.html").mkdir()
    site.bulletin("2020/07/moi.md")
    site.build()
    assert "Bài 2020/07/moi.md" in site.page("2020/07/moi.html")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names differ by letter case")
def test_a_file_inside_another_is_refused_with_both_named(site: Workbench) -> None:
    site.write("templates/giao-dien/x.txt", "một")
    site.write("templates/giao-dien/X.txt/y.txt", "hai")
    outcome = site.run("build", "--json")
    assert outcome.code == 1
    assert outcome.problems == ["giao-dien/x.txt:1:1 address-is-folder"]
    assert outcome.report["problems"][0]["text"].endswith("giao-dien/X.txt/y.txt")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_in_the_published_folder_does_not_lead_writing_out_of_it(site: Workbench) -> None:
    site.build()
    outside = site.folder / "ngoai"
    outside.mkdir()
    (site.output / "2021").symlink_to(outside, target_is_directory=True)
    site.bulletin("2021/07/x.md", date="2021-07-01")
    assert site.run("build").code == 2
    assert list(outside.iterdir()) == []


def test_a_template_that_fails_publishes_nothing_and_is_placed(site: Workbench) -> None:
    site.build()
    before = site.tree()
    site.write(
        "templates/article.html",
        "{% extends 'base.html' %}\n{% block content %}\n{{ bulletin.titel }}\n{% endblock %}\n",
    )
    outcome = site.run("build", "--json")
    assert outcome.code == 1
    assert outcome.problems[0] == "templates/article.html:3 template-error"
    assert "titel" in outcome.stdout and "content/2020/07/bai-00.md" in outcome.stdout
    assert site.tree() == before
    site.write("templates/article.html", "{% if %}\n")
    assert site.run("build", "--json").problems == ["templates/article.html:1 template-error"]
    site.write("templates/article.html", "{% include bulletin.title %}\n")
    assert site.run("build", "--json").problems == ["templates/article.html:1 template-dynamic"]
    site.write("templates/article.html", "{% include 'khong-co.html' %}\n")
    assert site.run("build", "--json").problems == ["templates/article.html template-missing"]
    assert site.tree() == before


def test_the_manifest_tells_every_published_file(site: Workbench) -> None:
    site.build()
    lines = site.page("manifest-sha256.txt").splitlines()
    listed = dict(reversed(line.split("  ", 1)) for line in lines)
    files = {
        path: hashlib.sha256(data).hexdigest()
        for path, data in site.tree().items()
        if not path.startswith(".") and path != "manifest-sha256.txt"
    }
    assert listed == files


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_build_leaves_a_whole_site_and_the_next_one_finishes_it(
    site: Workbench, tmp_path: Path
) -> None:
    site.build()
    rng = random.Random(7)
    for attempt in range(8):
        old = site.tree()
        for number in range(30):
            site.bulletin(f"2020/07/bai-{number:02d}.md", title=f"Lần {attempt} bài {number}")
        site.bulletin(f"2020/08/them-{attempt}.md", date="2020-08-01")
        site.kill(0.15 + rng.random() * 0.6)
        now = site.tree()
        assert "index.html" in now
        for path in old.keys() - now.keys():
            pytest.fail(f"{path} was removed by a build that did not finish")
        site.build()
        clean = ["--output", str(tmp_path / "clean"), "--cache", str(tmp_path / "cache")]
        site.build(*clean)
        assert site.tree() == site.tree(tmp_path / "clean")


def test_two_builds_at_once_both_end_well(site: Workbench, tmp_path: Path) -> None:
    builds = [
        subprocess.Popen(
            site.command("build"),
            cwd=site.folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    errors = [process.communicate(timeout=120)[1] for process in builds]
    assert [process.returncode for process in builds] == [0, 0, 0], errors
    site.build("--output", str(tmp_path / "clean"), "--cache", str(tmp_path / "cache"))
    assert site.tree() == site.tree(tmp_path / "clean")


def test_examining_while_building_disturbs_neither(site: Workbench, tmp_path: Path) -> None:
    commands = [site.command(name) for name in ("build", "check", "build", "check", "check")]
    processes = [
        subprocess.Popen(
            command,
            cwd=site.folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for command in commands
    ]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 5, errors
    site.build("--output", str(tmp_path / "clean"), "--cache", str(tmp_path / "cache"))
    assert site.tree() == site.tree(tmp_path / "clean")


# What a path may be, and how files get into their places


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


def _hold(path: Path, begun: object, end: object) -> None:
    with locks.locked(path, lambda: None):
        begun.set()  # type: ignore[attr-defined]
        end.wait(60)  # type: ignore[attr-defined]


def test_a_lock_is_waited_for_and_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.lock"
    context = multiprocessing.get_context("spawn")
    begun, end = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(path, begun, end))
    holder.start()
    assert begun.wait(60)
    said = itertools.count()

    def waiting() -> None:
        next(said)
        end.set()

    with locks.locked(path, waiting):
        # The other had to let go first.
        holder.join(60)
        assert (next(said), holder.exitcode) == (1, 0)
    for _ in range(2):  # free again, and nobody is told to wait
        with locks.locked(path, waiting):
            pass
    assert next(said) == 2
    assert path.exists()
