"""The launcher as its users meet it: `build.py` in a copy of the repository, started as a process.

The copy holds the real `build.py`, lock files that name one small library, and a stand-in for the
program that prints what it was given. An index on this machine serves the library, so that pip
does its real work without a network; its gate holds a download back for as long as a test needs,
which makes "killed in the middle" and "two at once" exact. The interpreter runs with `-S`: one on
which nothing is installed.
"""

import ast
import base64
import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import build

ROOT = Path(build.__file__).parent
LIMIT = 120  # seconds for anything a test waits for; passing takes a fraction of it
POSIX = pytest.mark.skipif(os.name == "nt", reason="shell scripts and signals of POSIX")
DEBIAN = pytest.mark.skipif(
    not re.search("^ID(_LIKE)?=.*(debian|ubuntu)", build.read("/etc/os-release").decode(), re.M),
    reason="the launcher installs a browser on Debian and Ubuntu only",
)

PROGRAM = """\
import json, os, sys
import sample_library
print(json.dumps({
    "arguments": sys.argv[1:], "library": sample_library.VERSION, "here": os.getcwd(),
    "utf8": sys.flags.utf8_mode, "root": sys.path[0],
}))
sys.exit(7 if "fail" in sys.argv else 0)
"""
PYTEST = """\
import json, os, sys
print(json.dumps({
    "arguments": sys.argv[1:], "here": os.getcwd(),
    "browser": os.environ.get("DANVAN_BROWSER"), "reason": os.environ.get("DANVAN_NO_BROWSER"),
}))
sys.exit(5 if "fail" in sys.argv else 0)
"""


def wheel(version: str) -> bytes:
    """Return a wheel of the sample library, which brings a stand-in for pytest as well."""
    files = {
        "sample_library.py": f"VERSION = {version!r}\n",
        "pytest/__main__.py": PYTEST,
        f"sample_library-{version}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: sample-library\nVersion: {version}\n"
        ),
        f"sample_library-{version}.dist-info/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = f"sample_library-{version}.dist-info/RECORD"
    lines = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest())
        lines.append(f"{name},sha256={digest.rstrip(b'=').decode()},{len(content.encode())}\n")
    files[record] = "".join(lines) + f"{record},,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


WHEELS = {version: wheel(version) for version in ("1.0", "2.0")}


def source() -> bytes:
    """Return the library in source form, which runs a program of its makers to be installed."""
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "own"\n'
        'backend-path = ["."]\n',
        "own.py": "import os\nopen(os.environ['RAN'], 'w').close()\n",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"sample_library-3.0/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    return buffer.getvalue()


SOURCE = source()


def lock(version: str, digest: str = "") -> str:
    digest = digest or hashlib.sha256(WHEELS.get(version, SOURCE)).hexdigest()
    return f"sample-library=={version} \\\n    --hash=sha256:{digest}\n"


class Index(ThreadingHTTPServer):
    """A package index of one library; a download waits while the gate is shut."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), IndexPage)
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()

    def shut(self) -> None:
        self.asked.clear()
        self.gate.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/simple"


class IndexPage(BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        if self.path.endswith(".tar.gz"):
            return self.answer(SOURCE)
        if not self.path.endswith(".whl"):
            names = [f"sample_library-{version}-py3-none-any.whl" for version in WHEELS]
            names.append("sample_library-3.0.tar.gz")
            page = "".join(f'<a href="/{name}">{name}</a>' for name in names)
            return self.answer(f"<!DOCTYPE html><html><body>{page}</body></html>".encode())
        self.server.asked.set()
        self.server.gate.wait(LIMIT)
        self.answer(WHEELS[self.path.split("-")[1]])

    def answer(self, content: bytes) -> None:
        with suppress(OSError):  # The client may have been killed.
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@dataclass
class Result:
    code: int
    stdout: str
    stderr: str

    @property
    def said(self) -> dict[str, object]:
        """What the program says it was given; fails where stdout holds anything but that."""
        said = json.loads(self.stdout)
        assert isinstance(said, dict)
        return said


@dataclass
class Checkout:
    """A copy of the repository in a folder with a name that is not ASCII."""

    folder: Path
    index: Index

    @classmethod
    def make(cls, parent: Path, index: Index) -> "Checkout":
        checkout = cls(parent / "bản tin", index)
        (checkout.folder / "danvan_site").mkdir(parents=True)
        shutil.copy(ROOT / "build.py", checkout.folder)
        (checkout.folder / "danvan_site/__init__.py").touch()
        (checkout.folder / "danvan_site/__main__.py").write_text(PROGRAM, encoding="utf-8")
        checkout.lock("1.0")
        return checkout

    def copy(self, parent: Path) -> "Checkout":
        shutil.copytree(self.folder, parent / "bản sao", symlinks=True)
        return Checkout(parent / "bản sao", self.index)

    def lock(self, version: str, digest: str = "") -> None:
        for name in (build.RUNTIME_LOCK, build.TEST_LOCK):
            (self.folder / name).write_text(lock(version, digest), encoding="utf-8")

    def launch(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """Start the launcher from the folder above the copy."""
        ours = ("PIP_", "PYTHON", "DANVAN_", "UV_")
        environment = {k: v for k, v in os.environ.items() if not k.upper().startswith(ours)}
        environment |= {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.index.url,
            "PIP_NO_CACHE_DIR": "1",
            "PIP_RETRIES": "0",
            "NO_PROXY": "127.0.0.1",
        }
        return subprocess.Popen(
            [sys.executable, "-S", str(self.folder / "build.py"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=self.folder.parent,
            env=environment | settings,
        )

    def start(self, *arguments: str, **settings: str) -> Result:
        with self.launch(*arguments, **settings) as process:
            return finish(process)

    @property
    def environment(self) -> Path:
        return self.folder / ".venv"


def finish(process: subprocess.Popen[str], already_read: str = "") -> Result:
    stdout, stderr = process.communicate(timeout=LIMIT)
    return Result(process.returncode, stdout, already_read + stderr)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with Index() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.gate.set()
        server.shutdown()
        thread.join()


@dataclass
class TwoStarts:
    checkout: Checkout
    first: Result
    second: Result


@pytest.fixture(scope="module")
def two_starts(index: Index, tmp_path_factory: pytest.TempPathFactory) -> TwoStarts:
    """A fresh checkout, started twice at once: the second while the first one downloads."""
    checkout = Checkout.make(tmp_path_factory.mktemp("fresh"), index)
    index.shut()
    with checkout.launch("build", "--json", "Đường về", "--language", "en") as first:
        assert index.asked.wait(LIMIT)
        with checkout.launch("fail") as second:
            line = first_line(second)
            index.gate.set()
            return TwoStarts(checkout, finish(first), finish(second, line))


@pytest.fixture
def ready(two_starts: TwoStarts, tmp_path: Path) -> Checkout:
    """A checkout whose environment is installed, for the test to change."""
    return two_starts.checkout.copy(tmp_path)


@pytest.fixture
def fresh(index: Index, tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path, index)


# The first start and the later ones.


def test_a_first_start_installs_and_runs_the_program(two_starts: TwoStarts) -> None:
    first = two_starts.first
    assert first.code == 0
    assert first.said["library"] == "1.0"
    assert "first start: making the environment .venv" in first.stderr
    assert "+ sample-library==1.0" in first.stderr
    assert first.stderr.endswith("build.py: installed.\n")


def test_a_first_start_keeps_stdout_for_the_program(two_starts: TwoStarts) -> None:
    checkout, said = two_starts.checkout, two_starts.first.said
    assert said["arguments"] == ["build", "--json", "Đường về", "--language", "en"]
    assert said["here"] == str(checkout.folder.parent)
    assert said["root"] == str(checkout.folder)
    assert said["utf8"] == 1


def test_a_start_during_an_installation_waits_and_installs_nothing(two_starts: TwoStarts) -> None:
    second = two_starts.second
    assert second.stderr == "build.py: một lần chạy khác đang cài đặt .venv; chờ nó xong …\n"
    assert second.said["library"] == "1.0"


def test_the_exit_code_is_the_programs(two_starts: TwoStarts) -> None:
    assert two_starts.second.code == 7


def test_a_later_start_is_silent(two_starts: TwoStarts) -> None:
    later = two_starts.checkout.start("check", "--cỡ", "*", PIP_INDEX_URL="http://127.0.0.1:1")
    assert (later.code, later.stderr) == (0, "")
    assert later.said["arguments"] == ["check", "--cỡ", "*"]


def test_nothing_is_left_beside_the_environment(two_starts: TwoStarts) -> None:
    names = {path.name for path in two_starts.checkout.folder.iterdir()}
    assert names == {".venv", "build.py", "danvan_site", build.RUNTIME_LOCK, build.TEST_LOCK}


@POSIX
def test_a_later_start_imports_only_what_os_brings(two_starts: TwoStarts) -> None:
    """What keeps the start quick; the program itself runs without the option and adds nothing."""
    path = str(two_starts.checkout.folder / "build.py")
    assert imports_of(path) <= imports_of("-c", "import os, sys")


def imports_of(*command: str) -> set[str]:
    """Return the modules an interpreter with nothing installed imports for a command."""
    listing = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", *command],
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT,
    ).stderr
    return set(re.findall(r"^import time:.*\| +(\S+)$", listing, re.M))


# Changed, cut off, foreign.


def test_a_changed_lock_is_installed_once(ready: Checkout) -> None:
    ready.lock("2.0")
    changed = ready.start("--language=en")
    assert changed.said["library"] == "2.0"
    assert "installing the libraries of requirements.lock" in changed.stderr
    assert "making" not in changed.stderr
    assert ready.start().stderr == ""


def test_an_older_lock_takes_the_environment_back(ready: Checkout) -> None:
    ready.lock("2.0")
    assert ready.start().said["library"] == "2.0"
    ready.lock("1.0")
    assert ready.start().said["library"] == "1.0"


@POSIX
def test_a_killed_installation_is_repaired_after_its_pip_has_ended(ready: Checkout) -> None:
    ready.lock("2.0")
    ready.index.shut()
    with ready.launch() as killed:
        assert ready.index.asked.wait(LIMIT)
        killed.kill()
        killed.wait(LIMIT)
        with ready.launch("--language", "en") as following:
            line = first_line(following)
            ready.index.gate.set()
            repaired = finish(following, line)
    assert line == "build.py: another start is installing .venv; waiting for it …\n"
    assert "half-made" in repaired.stderr
    assert (repaired.code, repaired.said["library"]) == (0, "2.0")
    assert ready.start().stderr == ""


def test_an_environment_whose_python_is_gone_is_made_anew(ready: Checkout) -> None:
    python = ready.folder / Path(build.VENV_PYTHON).relative_to(ROOT)
    python.unlink()
    stale = ready.environment / "tệp cũ"
    stale.touch()
    assert ready.start().said["library"] == "1.0"
    assert not stale.exists()


def test_a_folder_that_is_no_environment_is_left_alone(fresh: Checkout) -> None:
    (fresh.environment / "ảnh").mkdir(parents=True)
    refused = fresh.start("--language", "en")
    assert (refused.code, refused.stdout) == (1, "")
    assert "is no Python environment of this program" in refused.stderr
    assert [path.name for path in fresh.environment.iterdir()] == ["ảnh"]


@POSIX
def test_a_link_to_another_folder_is_left_alone(fresh: Checkout, tmp_path: Path) -> None:
    other = tmp_path / "khác"
    other.mkdir()
    (other / "pyvenv.cfg").touch()
    fresh.environment.symlink_to(other)
    assert fresh.start().code == 1
    assert (other / "pyvenv.cfg").exists()


# What can be missing.


def test_without_a_network_the_message_names_what_is_missing(ready: Checkout) -> None:
    ready.lock("2.0")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # Bound and not listening: connections are refused.
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}/simple"
        offline = ready.start("--language", "en", PIP_INDEX_URL=nowhere)
    assert (offline.code, offline.stdout) == (1, "")
    assert "could not download sample-library==2.0" in offline.stderr
    assert "Traceback" not in offline.stderr


def test_a_library_with_another_digest_is_refused_in_pips_words(ready: Checkout) -> None:
    ready.lock("2.0", digest="0" * 64)
    refused = ready.start("--language", "en")
    assert refused.code == 1
    assert "pip could not install requirements.lock" in refused.stderr
    assert "DO NOT MATCH THE HASHES" in refused.stderr


def test_a_library_in_source_form_is_refused_and_runs_nothing(
    ready: Checkout, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    ready.lock("3.0")
    assert ready.start("--language", "en", RAN=str(ran)).code == 1
    assert not ran.exists()


def test_without_ensurepip_the_message_names_the_package(fresh: Checkout, tmp_path: Path) -> None:
    refused = fresh.start("--language", "en", PYTHONPATH=str(without_ensurepip(tmp_path)))
    assert refused.code == 1
    assert "sudo apt install python3-venv" in refused.stderr
    assert not fresh.environment.exists()


def without_ensurepip(parent: Path) -> Path:
    """Return a folder for PYTHONPATH that makes ensurepip as missing as Debian does."""
    folder = parent / "thiếu ensurepip"
    folder.mkdir()
    (folder / "ensurepip.py").write_text("raise ModuleNotFoundError", encoding="utf-8")
    return folder


def test_an_incomplete_checkout_is_told(fresh: Checkout) -> None:
    (fresh.folder / build.RUNTIME_LOCK).unlink()
    refused = fresh.start("--language", "en")
    assert refused.code == 1
    assert "requirements.lock beside build.py is missing" in refused.stderr


# An environment of the user's own.


def importable(parent: Path, modules: tuple[str, ...]) -> str:
    """Return a folder for PYTHONPATH in which the modules can be imported."""
    folder = parent / "thư viện"
    folder.mkdir()
    for module in modules:
        (folder / f"{module}.py").write_text("", encoding="utf-8")
    return str(folder)


def test_where_the_libraries_are_importable_nothing_is_made(
    fresh: Checkout, tmp_path: Path
) -> None:
    source = "import sys\ndef run():\n    print(sys.argv[1:], sys.executable)\n    sys.exit(4)\n"
    (fresh.folder / "danvan_site/cli.py").write_text(source, encoding="utf-8")
    libraries = importable(tmp_path, build.RUNTIME_MODULES)
    here = fresh.start("dựng", PYTHONPATH=libraries)
    assert (here.code, here.stderr) == (4, "")
    assert here.stdout == f"['dựng'] {sys.executable}\n"
    assert not fresh.environment.exists()


@pytest.mark.parametrize("missing", [build.RUNTIME_MODULES[0], build.RUNTIME_MODULES[-1]])
def test_one_missing_library_is_enough_to_install(
    fresh: Checkout, tmp_path: Path, missing: str
) -> None:
    """It gets as far as making the environment, where the test stops it."""
    rest = tuple(module for module in build.RUNTIME_MODULES if module != missing)
    paths = [importable(tmp_path, rest), str(without_ensurepip(tmp_path))]
    assert "ensurepip" in fresh.start(PYTHONPATH=os.pathsep.join(paths)).stderr


# The language and the encoding of the messages, shown by the cheapest refusal.


@pytest.mark.parametrize(
    ("settings", "arguments", "expected"),
    [
        ("", [], "thiếu tệp"),
        ("title: A\nlanguage: en  # English\n", [], "is missing"),
        ("language: 'en'\n", ["build", "--config", "cấu hình.yaml"], "is missing"),
        ("language: en\n", ["--language", "vi"], "thiếu tệp"),
        ("language: vi\n", ["build", "--language=en"], "is missing"),
    ],
)
def test_messages_follow_the_option_then_the_settings(
    fresh: Checkout, settings: str, arguments: list[str], expected: str
) -> None:
    (fresh.folder / build.RUNTIME_LOCK).unlink()
    name = "cấu hình.yaml" if "--config" in arguments else "site.yaml"
    (fresh.folder.parent / name).write_text(settings, encoding="utf-8")
    assert expected in fresh.start(*arguments).stderr


def test_messages_are_utf8_whatever_the_console(fresh: Checkout) -> None:
    (fresh.folder / build.RUNTIME_LOCK).unlink()
    assert "thiếu tệp" in fresh.start(PYTHONIOENCODING="cp1252").stderr


# The command `test`.


@pytest.fixture(scope="module")
def tested(two_starts: TwoStarts, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which `test` has run once, with a browser named by the user."""
    checkout = two_starts.checkout.copy(tmp_path_factory.mktemp("tested"))
    first = checkout.start("--language", "en", "test", DANVAN_BROWSER=sys.executable)
    assert "installing the libraries of requirements-test.lock" in first.stderr
    assert first.code == 0
    return checkout


def scripts(parent: Path, **sources: str) -> str:
    """Return a folder for PATH with the given shell scripts and nothing else."""
    folder = parent / "lệnh"
    folder.mkdir()
    for name, source in sources.items():
        script = folder / name.replace("_", "-")
        script.write_text("#!/bin/sh\n" + source, encoding="utf-8")
        script.chmod(0o755)
    return str(folder)


def test_the_tests_get_their_arguments_and_the_browser(tested: Checkout) -> None:
    done = tested.start("test", "-k", "Đường", "fail", DANVAN_BROWSER=sys.executable)
    assert (done.code, done.stderr) == (5, "")
    assert done.said == {
        "arguments": ["-k", "Đường", "fail"],
        "here": str(tested.folder),
        "browser": sys.executable,
        "reason": None,
    }


def test_the_program_needs_no_new_installation_after_the_tests(tested: Checkout) -> None:
    assert tested.start("test", "--help").said["arguments"] == ["test", "--help"]
    assert tested.start("build").stderr == ""


@POSIX
def test_a_browser_that_does_not_start_is_passed_over(tested: Checkout, tmp_path: Path) -> None:
    path = scripts(tmp_path, chromium="exit 1", google_chrome="echo Chrome 1")
    done = tested.start("test", PATH=path)
    assert (done.stderr, done.said["browser"]) == ("", f"{path}/google-chrome")


@POSIX
@DEBIAN
def test_the_distributions_browser_is_installed(tested: Checkout, tmp_path: Path) -> None:
    """With stand-ins for the package tools; as another user than root it goes through sudo."""
    log = tmp_path / "log"
    browser = '\'#!/bin/sh\' > "${0%/*}/chromium"; /bin/chmod +x "${0%/*}/chromium"'
    path = scripts(
        tmp_path,
        apt_get=f'echo "$@" >> \'{log}\'; case "$*" in *chromium) echo {browser};; esac',
        sudo='shift; exec "$@"',
        true="",
    )
    done = tested.start("--language", "en", "test", PATH=path)
    assert done.said["browser"] == f"{path}/chromium"
    assert "installing the system's package chromium" in done.stderr
    assert log.read_text(encoding="utf-8").splitlines() == [
        "-qq -o DPkg::Lock::Timeout=300 update",
        "-qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends chromium",
    ]


@POSIX
@pytest.mark.skipif(sys.platform == "darwin", reason="browsers of macOS have fixed places")
def test_without_any_browser_the_reason_is_told(tested: Checkout, tmp_path: Path) -> None:
    done = tested.start("--language", "en", "test", PATH=scripts(tmp_path))
    assert done.code == 0
    assert done.said["browser"] is None
    assert "apt install chromium" in str(done.said["reason"])
    assert f"build.py: {done.said['reason']}\n" == done.stderr


# The files the launcher stands on.


def test_an_old_python_can_parse_the_launcher() -> None:
    ast.parse((ROOT / "build.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_the_launcher_knows_the_modules_of_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    other_names = {"pyyaml": "yaml", "markdown_it_py": "markdown_it", "pillow": "PIL"}

    def modules(requirements: list[str]) -> set[str]:
        names = (re.split("[<>=~! ]", line)[0].lower().replace("-", "_") for line in requirements)
        return {other_names.get(name, name) for name in names}

    assert modules(project["dependencies"]) == set(build.RUNTIME_MODULES)
    assert modules(project["optional-dependencies"]["test"]) == set(build.TEST_MODULES)


def test_every_message_has_the_same_blanks_in_both_languages() -> None:
    for vietnamese, english in build.MESSAGES.values():
        assert set(re.findall(r"{\w+}", vietnamese)) == set(re.findall(r"{\w+}", english))


def pins(name: str) -> dict[str, str]:
    """Return each requirement of a lock file (with its marker) and all its digests."""
    content = (ROOT / name).read_text(encoding="utf-8")
    entries = re.findall(r"^(\S+==[^\\\n]+?) \\\n((?:    --hash=\S+(?: \\)?\n)+)", content, re.M)
    assert len(entries) == len(re.findall(r"^[^\s#]", content, re.M))
    return dict(entries)


def test_the_locks_agree_and_name_no_machine() -> None:
    runtime, test, dev = (
        pins(name) for name in (build.RUNTIME_LOCK, build.TEST_LOCK, "requirements-dev.lock")
    )
    assert runtime.items() <= test.items() <= dev.items()
    for name in (build.RUNTIME_LOCK, build.TEST_LOCK, "requirements-dev.lock"):
        assert not re.search("https?:|/[a-z]+/", (ROOT / name).read_text(encoding="utf-8"))
