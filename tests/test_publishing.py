"""The published folder: nothing of anyone else's is touched, nothing is ever half there."""

import hashlib
import random
import subprocess
import sys
from pathlib import Path

import pytest

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
