"""What goes wrong around a build: drives, rights, names, clocks, memory, other programs.

Each fault is made in a real run.  It is told in a message with a place and never as a bug; the
published site is what it was, or, where its own drive failed while files moved into place, such
that no reader meets a dead link; and when the fault is gone, the next build gives the bytes of a
clean one.  SECURITY.md has the table.

``DANVAN_FAULTS`` says how many moments of each sweep are tried (0: all).
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.test_full_disk import ALONE, can_mount
from tests.test_kills import Interrupted, published
from tests.test_pictures import saved, scene
from tests.workbench import ROOT, Outcome, Workbench, environment

MOMENTS = int(os.environ.get("DANVAN_FAULTS", "3"))
ADDRESSES = "content/addresses.tsv"
TEMPLATE = (ROOT / "templates/article.html").read_text("utf-8")
# Python runs this in each process of a build: when a file is opened, something happens to it.
HAPPENING = """\
import os, signal, sys
path, deed = os.environ["AT"], os.environ["DEED"]
build = os.environ.setdefault("BUILD", str(os.getpid()))
def watch(event, arguments):
    global path
    if event != "open" or not path or path not in str(arguments[0]):
        return
    if deed == "kill" and os.getpid() != int(build):
        os.kill(os.getpid(), signal.SIGKILL)
    if deed == "memory" and os.getpid() != int(build):
        path = ""
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
        bytearray(1 << 30)
    if deed == "remove":
        path = ""
        os.remove(arguments[0])
    if deed == "alter":
        path = ""
        with open(arguments[0], "ab") as file:
            file.write(b"\\nKh\\xc3\\xa1c.\\n")
sys.addaudithook(watch)
"""


class Site(Workbench):
    """A site of which there are two versions, and what a clean build of each publishes."""

    def __init__(self, folder: Path, bulletins: int = 4) -> None:
        super().__init__(folder / "site")
        self.version = 0
        self._around = folder
        self._bulletins = bulletins
        self.write("templates/article.html", TEMPLATE)
        self.write("templates/giao-dien/them.css", "body { color: black }\n")
        (self.folder / "content/2020").mkdir()
        (self.folder / "content/2020/anh.jpg").write_bytes(saved(scene(320, 200), "JPEG"))
        (self.folder / "content/2020/don.pdf").write_bytes(b"%PDF-1.4 don")
        self.write("content/2020/bai-00.comments.yaml", COMMENTS)
        hook = folder / "hook/sitecustomize.py"
        hook.parent.mkdir()
        hook.write_text(HAPPENING)
        self.turn()
        self.build()

    def turn(self) -> None:
        """Write the other version: one bulletin is changed, one new, one gone."""
        self.version = 1 - self.version
        for number in range(self._bulletins if not (self.folder / ".cache").exists() else 1):
            text = f"Bản {self.version}, ![Cây đa](anh.jpg), [đơn](don.pdf).\n"
            self.bulletin(f"2020/bai-{number:02d}.md", text if number < 2 else "Chữ.\n")
        self.bulletin(f"2020/rieng-{self.version}.md", "Bài riêng.\n")
        (self.folder / f"content/2020/rieng-{1 - self.version}.md").unlink(missing_ok=True)
        (self.folder / "content/2020/don.pdf").write_bytes(f"%PDF-1.4 {self.version}".encode())

    @property
    def clean(self) -> dict[str, bytes]:
        """What a clean build of the sources as they are now publishes."""
        kept = self._around / f"clean-{self.version}"
        if not kept.exists():
            self.build("--output", str(kept), "--cache", str(self._around / "clean-cache"))
        return self.tree(kept)

    def forget_clean(self) -> None:
        """The sources have changed otherwise than by a turn."""
        for version in (0, 1):
            shutil.rmtree(self._around / f"clean-{version}", ignore_errors=True)

    def attempt(self, *arguments: str, before: Sequence[str] = (), **more: str) -> Outcome:
        """Build, by way of a command *before* it."""
        done = subprocess.run(
            [*before, *self.command("build", "--json", "-v", *arguments)],
            cwd=self.folder,
            env=environment(**more),
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def happening(self, at: str, deed: str, *arguments: str, **more: str) -> Outcome:
        """Build while something happens to the file whose path holds *at*."""
        path = os.pathsep.join((str(self._around / "hook"), str(ROOT)))
        return self.attempt(*arguments, PYTHONPATH=path, AT=at, DEED=deed, **more)

    def recovers(self) -> None:
        """Build; what is published is what a clean build publishes."""
        self.build()
        assert self.tree() == self.clean


COMMENTS = """\
- id: 1
  author: Bà Tư
  date: 2020-07-20
  body: Rất hay.
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def large(tmp_path: Path) -> Site:
    """So many bulletins that workers read and render them."""
    return Site(tmp_path, 450)


def told(outcome: Outcome, *problems: str) -> None:
    """Expect a message with a place, of these problems where any are given."""
    assert outcome.code in (1, 2), outcome.stdout + outcome.stderr
    assert "Traceback" not in outcome.stderr, outcome.stderr
    assert outcome.problems, outcome.stdout
    assert all(problem["file"] for problem in outcome.report["problems"]), outcome.problems
    if problems:
        assert outcome.problems == list(problems)


# A drive that stops, or stumbles


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The library that makes calls of the system fail."""
    if sys.platform != "linux" or not shutil.which("gcc"):
        pytest.skip("needs gcc and LD_PRELOAD")
    library = str(tmp_path_factory.mktemp("library") / "failing.so")
    command = ["gcc", "-shared", "-fPIC", "-O1", "-o", library, str(ROOT / "tests/failing.c")]
    subprocess.run([*command, "-ldl"], check=True)
    return library


class Drive:
    """The drive of a folder of the site."""

    def __init__(self, site: Site, folder: str, library: str) -> None:
        self._site = site
        self._library = library
        self._count = site.folder.parent / "count"
        self.folder = site.folder / folder

    def fails(self, first: int, calls: int, number: int, *arguments: str) -> Outcome:
        """Build while calls from the *first* on fail; *calls* of them, or with 0 all."""
        self._count.write_bytes(bytes(8))
        return self._site.attempt(
            *arguments,
            LD_PRELOAD=self._library,
            DRIVE=str(self.folder),
            DRIVE_FROM=str(first),
            DRIVE_CALLS=str(calls),
            DRIVE_ERRNO=str(number),
            DRIVE_COUNT=str(self._count),
        )

    @property
    def calls(self) -> int:
        """How many calls the last build has made."""
        return int.from_bytes(self._count.read_bytes(), sys.byteorder)


def moments(calls: int) -> Iterator[int]:
    """Choose moments from the first call to the last."""
    some = range(1, calls + 1)
    if MOMENTS and calls > MOMENTS:
        some = sorted({1, calls, *random.Random(calls).sample(some, max(MOMENTS - 2, 1))})
    yield from some


FOLDERS = ["public", "content", "templates", ".cache"]
ERRORS = [errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EACCES]


@pytest.mark.parametrize("calls", [0, 1], ids=["stops", "stumbles"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_drive_that_fails_at_any_call(site: Site, library: str, folder: str, calls: int) -> None:
    drive = Drive(site, folder, library)
    site.turn()
    assert drive.fails(1 << 30, 0, errno.EIO).code == 0
    assert site.tree() == site.clean
    site.turn()
    outcomes = []
    for moment in moments(drive.calls):
        before, sites = site.tree(), [published(site.tree()), published(site.clean)]
        outcome = drive.fails(moment, calls, ERRORS[moment % len(ERRORS)])
        now = site.tree()
        outcomes.append(outcome.code)
        if not outcome.code:
            assert now == site.clean, moment
        else:
            told(outcome)
            if folder == "public":
                assert not Interrupted(sites[0], published(now), sites).faults, moment
            else:
                assert now in (before, site.clean), moment
        site.recovers()
        site.turn()
    print(folder, calls, drive.calls, outcomes)
    assert calls or any(outcomes)


# Rights


def without_rights() -> Sequence[str]:
    """Return a command that runs another one to which rights of files apply: to root they do not,
    but for what it may no longer do."""
    if sys.platform == "win32":
        pytest.skip("rights are others there")
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("needs setpriv")
    return "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"


@pytest.mark.parametrize(
    ("path", "problems"),
    [
        ("site.yaml", ["site.yaml settings-unreadable"]),
        ("content", ["content file-unusable"]),
        ("content/2020", ["content/2020 file-unusable"]),
        ("content/2020/bai-00.md", ["content/2020/bai-00.md file-unreadable"]),
        (
            "content/2020/bai-00.comments.yaml",
            ["content/2020/bai-00.comments.yaml file-unreadable"],
        ),
        ("content/2020/anh.jpg", []),
        ("content/2020/don.pdf", []),
        ("templates", ["templates file-unusable"]),
        ("templates/article.html", ["templates/article.html file-unusable"]),
        ("templates/giao-dien/them.css", ["templates/giao-dien/them.css file-unusable"]),
        (".cache", []),
        (".cache/pictures", []),
        ("public", []),
        ("public/2020", []),
        ("public/.danvan-site", ["public/.danvan-site file-unusable"]),
        ("public/manifest-sha256.txt", ["public/manifest-sha256.txt file-unusable"]),
    ],
)
def test_what_may_not_be_read(site: Site, path: str, problems: list[str]) -> None:
    before, denied = site.tree(), site.folder / path
    site.turn()
    (site.folder / "content/2020/anh.jpg").write_bytes(saved(scene(330, 200), "JPEG"))
    site.forget_clean()
    mode = denied.stat().st_mode
    denied.chmod(0)
    try:
        outcome = site.attempt(before=without_rights())
    finally:
        denied.chmod(mode)
    told(outcome, *problems)
    assert all(each["file"].startswith(path.split("/")[0]) for each in outcome.report["problems"])
    assert site.tree() == before
    site.recovers()


needs_mounts = pytest.mark.skipif(not can_mount(), reason="nothing can be mounted here")
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


@needs_mounts
@pytest.mark.parametrize("folder", [".", "public", ".cache"])
def test_a_drive_that_may_only_be_read(site: Site, folder: str) -> None:
    before = site.tree()
    site.turn()
    outcome = site.attempt(before=[*ALONE, READ_ONLY, folder])
    told(outcome)
    assert {each["code"] for each in outcome.report["problems"]} == {"file-unusable"}
    assert site.tree() == before
    site.recovers()


@needs_mounts
def test_sources_that_may_only_be_read(site: Site) -> None:
    """They are enough, where no ledger is to be kept with them."""
    site.turn()
    assert site.attempt(before=[*ALONE, READ_ONLY, "content"]).code == 0
    assert site.tree() == site.clean
    site.write("site.yaml", (site.folder / "site.yaml").read_text("utf-8").replace("false", "true"))
    before = site.tree()
    site.turn()
    outcome = site.attempt(before=[*ALONE, READ_ONLY, "content"])
    told(outcome)
    assert outcome.problems == [f"{ADDRESSES} ledger-unwritable"]
    assert site.tree() == before
    site.build()
    assert (site.folder / ADDRESSES).exists()


@needs_mounts
def test_a_full_disk_under_the_ledger(site: Site) -> None:
    site.write("site.yaml", (site.folder / "site.yaml").read_text("utf-8").replace("false", "true"))
    before = site.tree()
    site.turn()
    full = (
        'cp -a "$0" full && mount -t tmpfs -o size=64k tmpfs content && cp -a full/. content/ && '
        '{ head -c 64k /dev/zero > content/_day 2> /dev/null; :; } && exec "$@"'
    )
    told(site.attempt(before=[*ALONE, full, "content"]), f"{ADDRESSES} ledger-unwritable")
    assert site.tree() == before


# Other programs at work on the same files


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("content/2020/bai-00.md", "file-unreadable"),
        ("content/2020/bai-00.comments.yaml", "file-unreadable"),
        ("content/2020/moi.jpg", ""),
        ("content/2020/don.pdf", "file-unreadable"),
        ("templates/article.html", "file-unusable"),
        ("templates/giao-dien/them.css", "file-unusable"),
    ],
)
@pytest.mark.parametrize("deed", ["remove", "alter"])
def test_files_that_vanish_or_change_while_they_are_read(
    site: Site, path: str, problem: str, deed: str
) -> None:
    (site.folder / "content/2020/moi.jpg").write_bytes(saved(scene(300, 200), "JPEG"))
    site.bulletin("2020/bai-01.md", "![Cây](moi.jpg)\n")
    site.build()
    site.turn()
    site.bulletin("2020/bai-01.md", "![Cây](moi.jpg) và chữ\n")
    (site.folder / "content/2020/moi.jpg").write_bytes(saved(scene(310, 200), "JPEG"))
    site.forget_clean()
    before, data = site.tree(), (site.folder / path).read_bytes()
    outcome = site.happening(path, deed)
    now = site.folder / path
    assert now.read_bytes() != data if deed == "alter" else not now.exists()
    if outcome.code:
        told(outcome)
        assert site.tree() == before
    if deed == "remove" and problem:
        assert problem in outcome.problems[0]
    if deed == "remove" or path.endswith(".yaml"):
        now.write_bytes(data)
    site.recovers()


# Folders in the places of files


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("site.yaml", "site.yaml settings-unreadable"),
        ("content/2020/bai-00.md", ""),
        ("content/2020/anh.jpg", "content/2020/bai-00.md:7:18 image-not-found"),
        (ADDRESSES, f"{ADDRESSES} ledger-unwritable"),
        ("templates/article.html", "templates/article.html file-unusable"),
        ("public/index.html", "public/index.html/x output-foreign-file"),
        ("public/.danvan-site", "public output-not-ours"),
        ("public/.danvan-site.lock", "public/.danvan-site.lock file-unusable"),
        ("public/.danvan-journal", "public/.danvan-journal file-unusable"),
        ("public/manifest-sha256.txt", "public/manifest-sha256.txt file-unusable"),
    ],
)
def test_a_folder_where_a_file_should_be(site: Site, path: str, problem: str) -> None:
    if path == ADDRESSES:
        settings = (site.folder / "site.yaml").read_text("utf-8")
        site.write("site.yaml", settings.replace("false", "true"))
    site.turn()
    site.forget_clean()
    file, kept = site.folder / path, site.folder / "kept"
    if file.exists():
        file.rename(kept)
    file.mkdir()
    (file / "x").write_text("của tôi")
    before = site.tree()
    outcome = site.attempt()
    if problem:
        told(outcome)
        assert outcome.problems[0] == problem
        assert site.tree() == before
    assert (file / "x").read_text() == "của tôi"
    shutil.rmtree(file)
    if kept.exists():
        kept.rename(file)
    site.recovers()


@pytest.mark.parametrize("folder", ["public", "content", ".cache", "templates"])
def test_a_file_where_a_folder_should_be(site: Site, folder: str) -> None:
    site.turn()
    (site.folder / folder).rename(site.folder / "kept")
    site.write(folder, "của tôi")
    outcome = site.attempt()
    if folder != "templates":
        told(outcome)
        assert outcome.problems[0].split()[0].startswith(folder)
    assert (site.folder / folder).read_text("utf-8") == "của tôi"
    (site.folder / folder).unlink()
    (site.folder / "kept").rename(site.folder / folder)
    site.recovers()


# The cache


DAMAGES = ["cut", "emptied", "random", "folder", "removed", "middle"]


def damage(path: Path, data: bytes, kind: str) -> None:
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "emptied":
        path.write_bytes(b"")
    elif kind == "random":
        path.write_bytes(random.Random(len(data)).randbytes(len(data)))
    elif kind == "middle":
        at = len(data) // 2
        path.write_bytes(data[:at] + b"\xff\0\xfe" + data[at + 3 :])


def test_whatever_happens_to_files_of_the_cache(large: Site) -> None:
    """To each alone, and to all of a folder but the list of what is intact."""
    cache = large.folder / ".cache"
    files = sorted(path for path in cache.rglob("*") if path.is_file())
    assert len({path.parent for path in files}) == 4
    alone = [[path] for path in files]
    together = [
        [path for path in files if path.parent == folder and path.name != "intact.json"]
        for folder in sorted({path.parent for path in files})
    ]
    cases = [(some, kind) for some in (*alone, *together) for kind in DAMAGES]
    for number in moments(len(cases)):
        some, kind = cases[number - 1]
        for path in some:
            if path.is_file():
                damage(path, path.read_bytes(), kind)
        large.turn()
        try:
            large.recovers()
        except AssertionError as error:
            raise AssertionError([kind, *some]) from error


# A machine without memory, a worker that is ended


def test_a_worker_that_is_killed_while_it_reads(large: Site) -> None:
    before = large.tree()
    large.turn()
    (large.folder / "content").rename(large.folder / "moved")
    shutil.copytree(large.folder / "moved", large.folder / "content")  # All is new: all is read.
    for deed, code in (("kill", "worker-lost"), ("memory", "no-memory")):
        outcome = large.happening("bai-300.md", deed, "--jobs", "2")
        told(outcome, f"site.yaml {code}")
        assert large.tree() == before
    large.recovers()


def test_a_worker_that_is_killed_while_it_renders(large: Site) -> None:
    before = large.tree()
    large.turn()
    large.write("templates/article.html", TEMPLATE.replace("</article>", "<hr></article>"))
    large.forget_clean()
    for deed, code in (("kill", "worker-lost"), ("memory", "no-memory")):
        outcome = large.happening("2020/07/bai-300.html", deed, "--jobs", "2")
        told(outcome, f"site.yaml {code}")
        assert large.tree() == before
    large.recovers()


def test_a_build_without_memory(site: Site) -> None:
    before = site.tree()
    for at in ("bai-00.md", "2020/07/bai-00.html", "small-0"):
        site.turn()
        told(site.happening(at, "memory", "--jobs", "1", BUILD="0"), "site.yaml no-memory")
        assert site.tree() == before
        site.turn()
    site.turn()
    site.recovers()


# Names


def longest(words: str, ending: str) -> str:
    """Return a name of 255 bytes."""
    letters = (words * 255).encode()[: 255 - len(ending)].decode("utf-8", "ignore").rstrip()
    return letters.ljust(255 - len(ending) - len(letters.encode()) + len(letters), "x") + ending


@pytest.mark.parametrize("words", ["a", "Quyết định về việc "])
def test_names_of_255_bytes(site: Site, words: str) -> None:
    """Files beside them (comments, compressed ones, those that are being written) find names."""
    picture, document, text = (longest(words, ending) for ending in (".jpg", ".pdf", ".md"))
    assert {len(name.encode()) for name in (picture, document, text)} == {255}
    for path in (picture, document):
        (site.folder / "content/2020" / path).write_bytes(saved(scene(300, 200), "JPEG"))
    site.bulletin(f"2020/{text}", f"Dài: ![Cây](<{picture}>) [đơn](<{document}>)\n")
    site.build()
    month = "2020/07/ban-tin.html"
    holding = {path for path, data in site.tree().items() if b"<p>D\xc3\xa0i: <" in data}
    (page,) = holding - {month}
    html = site.page(page)
    assert html.count('src="../../tep/') == 1 and "đơn</a>" in html
    site.forget_clean()
    site.recovers()
    site.build("--precompress")
    assert f"{page}.gz" in site.tree()


def test_names_in_another_normal_form(site: Site) -> None:
    """Systems of Apple's decompose letters in names of files; to people they are the same."""
    name = unicodedata.normalize("NFD", "Lễ hội mùa xuân")
    (site.folder / f"content/2020/{name}.jpg").write_bytes(saved(scene(300, 200), "JPEG"))
    (site.folder / f"content/2020/{name}.pdf").write_bytes(b"%PDF-1.4")
    body = "![Cây](<Lễ hội mùa xuân.jpg>) [đơn](<Lễ hội mùa xuân.pdf>) [bài](bai-00.md)\n"
    site.bulletin(f"2020/{name}.md", body)
    site.bulletin("2020/bai-01.md", "[Lễ](<Lễ hội mùa xuân.md>)\n")
    site.build()
    assert "le-hoi-mua-xuan.html" in site.page("2020/07/bai-01.html")
    site.forget_clean()
    site.recovers()
    before = site.tree()
    site.bulletin("2020/Lễ hội mùa xuân.md", "Hai tệp một tên.\n")
    names = [each for each in os.listdir(site.folder / "content/2020") if each.endswith("n.md")]
    if len(names) > 1:  # On some systems it is the same file.
        told(site.attempt(), "content/2020/Lễ hội mùa xuân.md name-twice")
        assert site.tree() == before


def test_names_that_differ_by_letter_case_alone(site: Site) -> None:
    """What is published fits on drives where they are one, from wherever it comes."""
    if os.path.exists(site.folder / "SITE.yaml"):
        pytest.skip("here they are one")
    before = site.tree()
    site.bulletin("2020/Bai-00.md", "Chữ hoa.\n")
    site.bulletin("2020/bai-01.md", "[A](A.pdf) [a](a.pdf) ![x](B.jpg) ![y](b.jpg)\n")
    for name, width in (("A.pdf", 300), ("a.pdf", 310), ("B.jpg", 320), ("b.jpg", 330)):
        (site.folder / "content/2020" / name).write_bytes(saved(scene(width, 200), "JPEG"))
    told(site.attempt(), "content/2020/bai-00.md:1:1 same-address")
    assert site.tree() == before
    (site.folder / "content/2020/Bai-00.md").unlink()
    site.build()
    published = site.tree()
    for name in ("A.pdf", "a.pdf"):
        data = (site.folder / "content/2020" / name).read_bytes()
        assert list(published.values()).count(data) == 1
    assert len({path.lower() for path in published}) == len(published)


def test_a_drive_that_does_not_tell_letter_cases_apart(site: Site, library: str) -> None:
    folded = {"LD_PRELOAD": library, "FOLDED": str(site.folder)}
    site.bulletin("2020/bai-01.md", "[Một](BAI-00.md) [đơn](DON.pdf) ![Cây](Anh.JPG)\n")
    plain = site.attempt()
    outcome = site.attempt(**folded)
    assert (outcome.code, outcome.problems) == (plain.code, plain.problems)
    site.bulletin("2020/bai-01.md", "Chữ.\n")
    (site.folder / "content/2020/bai-00.md").rename(site.folder / "content/2020/Bai-00.md")
    (site.folder / "content/2020/don.pdf").rename(site.folder / "content/2020/Don.pdf")
    site.bulletin("2020/Bai-00.md", "![Cây đa](anh.jpg), [đơn](Don.pdf).\n")
    (site.folder / "content/2020/bai-00.comments.yaml").unlink()
    outcome = site.attempt(**folded)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    site.forget_clean()
    assert site.tree() == site.clean


# Clocks


def test_clocks_that_go_back_and_forth(site: Site, library: str) -> None:
    year = 365 * 24 * 3600
    for shift in (-3 * year, year, -60, 0, -year, 60):
        site.turn()
        outcome = site.attempt(LD_PRELOAD=library, CLOCK=str(shift))
        assert outcome.code == 0
        assert site.tree() == site.clean, shift


def test_files_of_another_time(site: Site) -> None:
    """A change is seen though size and time are those of before, or the time is years away."""
    file = site.folder / "content/2020/bai-00.md"
    for stamp in (0, 4_000_000_000, 4_000_000_000, 1):
        site.turn()
        os.utime(file, (stamp, stamp))
        site.recovers()


def test_a_clock_at_its_beginning_loses_no_address(site: Site, library: str) -> None:
    """All bulletins are of days that are yet to come."""
    site.write("site.yaml", (site.folder / "site.yaml").read_text("utf-8").replace("false", "true"))
    site.build()
    before = site.tree()
    outcome = site.attempt(LD_PRELOAD=library, CLOCK=str(-int(time.time()) + 3600))
    told(outcome)
    assert site.tree() == before
    site.build()
    assert site.tree() == before


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes that are no text")
@pytest.mark.parametrize("command", ["build", "check"])
def test_a_name_that_is_no_text_is_told(tmp_path: Path, command: str) -> None:
    site = Workbench(tmp_path)
    site.bulletin("2020/07/bai.md")
    site.build()
    before = site.tree()
    folder = site.folder / "content" / "2020"
    for name in (b"t\xe9.md", b"t\xe9"):
        path = os.path.join(os.fsencode(folder), name)
        if name.endswith(b"md"):
            with open(path, "wb") as file:
                file.write((folder / "07" / "bai.md").read_bytes())
        else:
            os.mkdir(path)
    outcome = site.run(command, "--json")
    assert outcome.code == 1
    assert sorted(outcome.problems) == [
        f"content/2020/t\\udce9{ending} name-not-text" for ending in ("", ".md")
    ]
    assert site.tree() == before
