"""Building with processes that somebody else has started: a real cluster of two workers gives the
bytes of one process, and what is wrong with a cluster is told before anything is written."""

import contextlib
import importlib.util
import os
import pickle
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

import pytest
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from danvan_site import remote
from danvan_site.errors import ContentError, Place, Problem
from danvan_site.workers import Elsewhere, Workers
from tests.test_incremental import fill
from tests.workbench import ROOT, Outcome, Workbench, environment

LIMIT = 60  # s
STAGING = ".danvan-staging/"
needs_dask = pytest.mark.skipif(
    not importlib.util.find_spec("distributed"),
    reason="no Dask: pip install distributed (the extra danvan-site[dask])",
)

# A cluster


class Process:
    """A process of the cluster, from the line that says that it is ready."""

    def __init__(self, folder: Path, ready: str, *command: str, path: str = str(ROOT)) -> None:
        # What a worker writes is known by its mode; what it looks for in its folder is not there.
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=environment(PYTHONPATH=path),
            stderr=subprocess.PIPE,
            encoding="utf-8",
            umask=0o077 if os.name == "posix" else -1,
        )
        assert self.process.stderr
        said = []
        for line in self.process.stderr:
            said.append(line)
            if ready in line:
                self.address = line.split()[-1]
                break
        else:
            pytest.fail("".join(said))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(LIMIT)
        assert self.process.stderr
        self.process.stderr.close()


class Cluster:
    """A scheduler and its workers, each a process with one thread."""

    def __init__(self, folder: Path, count: int = 2, path: str = str(ROOT)) -> None:
        folder.mkdir(exist_ok=True)
        here = ("--host", "127.0.0.1", "--no-dashboard")
        module = "distributed.cli.dask_scheduler"
        self.processes = [Process(folder, "Scheduler at:", module, "--port", "0", *here)]
        scheduler = self.processes[0].address
        self.address = scheduler.replace("tcp://", "dask://")
        self.workers = []
        options = (scheduler, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        for _ in range(count):
            module = "distributed.cli.dask_worker"
            worker = Process(folder, "Registered to:", module, *options, *here, path=path)
            self.workers.append(worker)
            self.processes.append(worker)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        for each in reversed(self.processes):
            each.kill()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path / "site")
    fill(site, 1100)
    return site


@pytest.fixture
def small(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path / "site")
    site.bulletin("a.md")
    return site


def clean(site: Workbench, *options: str) -> dict[str, bytes]:
    """Return what one process makes of a site, from nothing."""
    places = ("--output", "one", "--cache", "cache-one")
    site.build("--jobs", "1", "--clean", *places, *options)
    return site.tree(site.folder / "one")


def made_by_workers(site: Workbench) -> set[str]:
    """Return the pages that workers wrote: nobody else may read their files."""
    return {
        path for path in site.tree() if (site.output / path).stat().st_mode & 0o777 == 0o600
    }  # fmt: skip


def refused(site: Workbench, executor: str, *options: str, code: int = 2) -> str:
    """Return place and code of the only problem of a build that makes nothing."""
    before = site.tree()
    outcome = site.run("build", "--json", "--executor", executor, *options)
    assert outcome.code == code, outcome.stdout + outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert {path: data for path, data in site.tree().items() if path[0] != "."} == {
        path: data for path, data in before.items() if path[0] != "."
    }
    (problem,) = outcome.problems
    return problem


# The bytes


@needs_dask
def test_a_cluster_gives_the_bytes_of_one_process(site: Workbench, cluster: Cluster) -> None:
    report = site.build("--executor", cluster.address).report
    assert report["written"] == report["artifacts"] > 1000
    assert site.tree() == clean(site)
    if os.name == "posix":
        assert len(made_by_workers(site)) > 900
    assert not [path for path in (site.folder / ".cache").iterdir() if "shared" in path.name]


@needs_dask
def test_builds_follow_one_another_here_and_there(site: Workbench, cluster: Cluster) -> None:
    executor = ("--executor", cluster.address)
    site.build(*executor)
    assert site.build(*executor).report["rendered"] == 0
    assert site.build().report["rendered"] == 0, "what the cluster left is what we leave"
    path = "content/2019/02/bai-030.md"
    site.write(path, (site.folder / path).read_text("utf-8").replace("Thân bài", "Phần thân"))
    assert "2019/02/bai-030.html" in site.build(*executor).rendered
    assert site.tree() == clean(site)


@needs_dask
def test_compressed_copies_are_made_there(site: Workbench, cluster: Cluster) -> None:
    options = ("--precompress", "--executor", cluster.address)
    report = site.build(*options).report
    copies = {path for path in site.tree() if path.endswith((".gz", ".br"))}
    assert len(copies) == sum(report["compressed"].values()) > 1000
    assert site.tree() == clean(site, "--precompress")
    if os.name == "posix":
        assert len(copies & made_by_workers(site)) > 1000
    for path in copies:
        name, _, _ = path.rpartition(".")
        assert (site.output / path).stat().st_mtime_ns == (site.output / name).stat().st_mtime_ns
    assert site.build("--precompress").report["rendered"] == 0, "as if they were made here"
    path = "content/2019/02/bai-030.md"
    site.write(path, (site.folder / path).read_text("utf-8").replace("Thân bài", "Phần thân"))
    assert "2019/02/bai-030.html.gz" in site.build(*options).rendered
    assert site.tree() == clean(site, "--precompress")


@needs_dask
def test_workers_forget_the_build_before(site: Workbench, cluster: Cluster) -> None:
    """Under the same name there is another state, and the templates are the same."""
    executor = ("--executor", cluster.address)
    site.build(*executor)
    for number in range(0, 900, 2):
        for path in (site.folder / "content").glob(f"*/*/bai-{number:03d}.md"):
            path.write_text(path.read_text("utf-8").replace("Thân bài", "Nội dung mới"), "utf-8")
    report = site.build("--clean", *executor).report
    assert report["rendered"] > 900
    assert site.tree() == clean(site)
    if os.name == "posix":
        assert len(made_by_workers(site)) > 900


@needs_dask
def test_the_state_of_a_cluster_needs_no_memory_that_machines_share(
    site: Workbench, cluster: Cluster
) -> None:
    def mode() -> str:
        (state,) = (site.folder / ".cache").glob("state-*.sqlite")
        with contextlib.closing(sqlite3.connect(state)) as database:
            return str(database.execute("PRAGMA journal_mode").fetchone()[0])

    site.build("--jobs", "1")
    assert mode() == "wal"
    site.write("site.yaml", (site.folder / "site.yaml").read_text("utf-8").replace("thử", "mới"))
    site.build("--executor", cluster.address)
    assert mode() == "delete"


@needs_dask
def test_check_does_its_work_there_and_publishes_nothing(site: Workbench, cluster: Cluster) -> None:
    site.bulletin("2020/01/hong.md", "Xem [tin](khong-co.md).\n")
    outcome = site.run("check", "--json", "--executor", cluster.address)
    assert outcome.problems == ["content/2020/01/hong.md:7:11 link-not-found"]
    (site.folder / "content/2020/01/hong.md").unlink()
    outcome = site.run("check", "--json", "--executor", cluster.address)
    assert outcome.report["rendered"] > 900
    assert not site.output.exists()


@needs_dask
def test_a_broken_template_is_told_as_ever(site: Workbench, cluster: Cluster) -> None:
    site.write("templates/article.html", "{{ bulletin.nothing.at.all }}\n")
    assert refused(site, cluster.address, code=1) == "templates/article.html:1 template-error"


# What is wrong with a cluster


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("spark://127.0.0.1:7077", "executor-unknown"),
        ("127.0.0.1:8786", "executor-bad-address"),
        ("dask://127.0.0.1", "executor-bad-address"),
        ("dask://:8786", "executor-bad-address"),
        ("dask://127.0.0.1:port", "executor-bad-address"),
        ("dask://127.0.0.1:99999", "executor-bad-address"),
        ("dask://127.0.0.1:0", "executor-bad-address"),
        ("dask://me:secret@127.0.0.1:8786", "executor-bad-address"),
        ("dask://127.0.0.1:8786/path", "executor-bad-address"),
        ("dask://[::1:8786", "executor-bad-address"),
    ],
)
def test_what_is_no_address_is_refused(small: Workbench, address: str, code: str) -> None:
    assert refused(small, address) == f"{address} {code}"
    assert not small.output.exists()


def test_a_missing_library_is_named_with_what_to_install(small: Workbench) -> None:
    program = "import sys; sys.modules['distributed'] = None; import danvan_site.cli as cli; "
    command = [sys.executable, "-c", program + "sys.exit(cli.main())", "build"]
    done = subprocess.run(
        [*command, "--executor", "dask://127.0.0.1:8786"],
        cwd=small.folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT,
    )
    assert done.returncode == 2
    assert "[executor-not-installed]" in done.stderr
    assert "danvan-site[dask]" in done.stderr


@needs_dask
def test_a_scheduler_that_is_not_there(small: Workbench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"dask://127.0.0.1:{server.getsockname()[1]}"
    outcome = small.run("build", "--executor", address)
    assert outcome.code == 2
    assert f"{address}: " in outcome.stderr
    assert "[executor-unreachable]" in outcome.stderr
    assert "distributed" not in outcome.stderr, "told in our words alone"


@needs_dask
def test_a_scheduler_without_workers(small: Workbench, tmp_path: Path) -> None:
    with Cluster(tmp_path / "cluster", 0) as cluster:
        assert refused(small, cluster.address) == f"{cluster.address} executor-no-workers"


@needs_dask
def test_a_worker_without_the_program(small: Workbench, tmp_path: Path) -> None:
    with Cluster(tmp_path / "cluster", 1, path="") as cluster:
        outcome = small.run("build", "--executor", cluster.address)
    assert outcome.code == 2
    assert "[executor-worker-unable]" in outcome.stderr
    assert "No module named 'danvan_site'" in outcome.stderr


@needs_dask
def test_a_worker_with_another_version(small: Workbench, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(ROOT / "danvan_site", other / "danvan_site")
    shutil.copytree(ROOT / "templates", other / "templates")
    with (other / "danvan_site" / "dates.py").open("a", encoding="utf-8") as file:
        file.write("# one line more\n")
    with Cluster(tmp_path / "cluster", 1, path=str(other)) as cluster:
        assert refused(small, cluster.address).endswith(" executor-worker-differs")


@needs_dask
def test_a_worker_that_compresses_otherwise(small: Workbench, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    program = "import zlib\nzlib.ZLIB_RUNTIME_VERSION = 'another'\n"
    (other / "sitecustomize.py").write_text(program, "utf-8")
    with Cluster(tmp_path / "cluster", 1, path=f"{other}{os.pathsep}{ROOT}") as cluster:
        problem = refused(small, cluster.address, "--precompress")
        assert problem.endswith(" executor-worker-differs")
        small.build("--executor", cluster.address)  # nothing is compressed


@needs_dask
def test_a_program_that_lies_elsewhere_is_the_same_program(site: Workbench, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(ROOT / "danvan_site", other / "danvan_site")
    shutil.copytree(ROOT / "templates", other / "templates")
    with Cluster(tmp_path / "cluster", 1, path=str(other)) as cluster:
        site.build("--executor", cluster.address)
    assert site.tree() == clean(site)


@needs_dask
@pytest.mark.skipif(sys.platform != "linux", reason="a path that is another for each process")
@pytest.mark.parametrize("option", ["content", "cache"])
def test_a_folder_that_workers_do_not_see(small: Workbench, cluster: Cluster, option: str) -> None:
    folder = f"/proc/self/cwd/{option}"
    problem = refused(small, cluster.address, f"--{option}", folder)
    assert problem.endswith(" executor-folder-unseen")


class _FirstFile(FileSystemEventHandler):
    """Calls *act* when the first page is staged."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self.seen = threading.Event()

    def on_created(self, event: FileSystemEvent) -> None:
        if not event.is_directory and str(event.src_path).endswith(".html") and not (
            self.seen.is_set()
        ):  # fmt: skip
            self.seen.set()
            self._act()


# A folder made while its parent is looked through is met twice by the watch, which tells of it.
met_twice = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")


def while_rendering(site: Workbench, address: str, act: Callable[[], None]) -> Outcome:
    """Build everything anew on a cluster; call *act* in the middle of rendering."""
    site.write("site.yaml", (site.folder / "site.yaml").read_text("utf-8").replace("thử", "mới"))
    first, observer = _FirstFile(act), Observer()
    observer.schedule(first, str(site.output), recursive=True)
    observer.start()
    try:
        outcome = site.run("build", "--json", "--executor", address)
    finally:
        observer.stop()
        observer.join()
    assert first.seen.is_set()
    assert "Traceback" not in outcome.stderr, outcome.stderr
    return outcome


@needs_dask
@met_twice
def test_a_worker_that_is_lost_ends_the_build_and_nothing_else(
    site: Workbench, tmp_path: Path
) -> None:
    site.build("--jobs", "1")
    before = site.tree()
    with Cluster(tmp_path / "cluster") as cluster:
        outcome = while_rendering(site, cluster.address, cluster.workers[0].process.kill)
        assert outcome.code == 1
        (problem,) = outcome.problems
        assert problem.endswith(" executor-worker-lost")
        assert site.tree() == before
        site.build("--executor", cluster.address)  # with the one that is left
    assert site.tree() == clean(site)


@needs_dask
@met_twice
def test_a_scheduler_that_is_lost_ends_the_build_and_nothing_else(
    site: Workbench, tmp_path: Path
) -> None:
    site.build("--jobs", "1")
    before = site.tree()
    with Cluster(tmp_path / "cluster") as cluster:
        outcome = while_rendering(site, cluster.address, cluster.processes[0].process.kill)
    assert outcome.code == 1
    assert outcome.problems == [f"{cluster.address} executor-lost"]
    # Nobody can tell workers any more to end: one may have staged something a moment later.
    after = {path: data for path, data in site.tree().items() if not path.startswith(STAGING)}
    assert after == before
    site.build("--jobs", "1")
    assert not [path for path in site.tree() if path.startswith(STAGING)]


# Any executor


@lru_cache(maxsize=8)
def _kept(key: str) -> list[str]:
    return []


remote.of_build(_kept)


def remember(key: str, items: Sequence[int]) -> list[tuple[int, int]]:
    """Return process and how much is kept under *key*, for each item one more."""
    kept = _kept(key)
    for item in items:
        kept.append(str(item))
    return [(os.getpid(), len(kept))]


closed: list[str] = []


@remote.after_work
def close() -> None:
    closed.append("work")


def count_closed(_: None, items: Sequence[int]) -> list[int]:
    """Return how often all was closed before each item."""
    return [len(closed) for _ in items]


def doubled(factors: dict[str, int], items: Sequence[int]) -> list[int]:
    assert remote.is_elsewhere()
    return [factors["twice"] * item for item in items]


def broken(_: None, items: Sequence[int]) -> list[int]:
    raise ZeroDivisionError(items[0])


def there(executor: Executor, folder: Path, size: int = 1) -> Callable[[], Elsewhere]:
    def find() -> Elsewhere:
        folder.mkdir()
        return Elsewhere(
            executor,
            size,
            folder,
            lambda: None,
            lambda build: executor.submit(remote.finish, build).result(LIMIT),
        )

    return find


@pytest.fixture(scope="module")
def one_process() -> Iterator[Executor]:
    with ProcessPoolExecutor(1) as executor:
        yield executor


def test_any_executor_does(one_process: Executor, tmp_path: Path) -> None:
    with Workers(1, there(one_process, tmp_path / "shared")) as some:
        factors = some.share({"twice": 2})
        results = some.map(doubled, factors, range(1000), 7)
        assert [each for chunk in results for each in chunk] == list(range(0, 2000, 2))
        assert list((tmp_path / "shared").iterdir())
        with pytest.raises(ZeroDivisionError):
            list(some.map(broken, None, range(1000), 7))
    assert not (tmp_path / "shared").exists()


def test_little_work_is_done_here(one_process: Executor, tmp_path: Path) -> None:
    with Workers(2, there(one_process, tmp_path / "shared")) as some:
        assert [list(each) for each in some.map(remember, "a", [1], 1)] == [[(os.getpid(), 1)]]
    _kept.cache_clear()


def test_a_process_that_stays_forgets_each_build(one_process: Executor, tmp_path: Path) -> None:
    for _ in range(2):
        with Workers(2, there(one_process, tmp_path / "shared")) as some:
            (*_, [(process, count)]) = some.map(remember, "a", range(1000), 10)
            assert (process != os.getpid(), count) == (True, 1000)


def test_what_is_open_is_closed_after_each_piece_of_work(
    one_process: Executor, tmp_path: Path
) -> None:
    """What was written between two kinds of work is not seen through what is still open."""
    with Workers(2, there(one_process, tmp_path / "shared")) as some:
        results = [each for (*_, each) in some.map(count_closed, None, range(1000), 10)]
    assert results == list(range(results[0], results[0] + 100))
    assert not closed, "here nothing was closed"


def test_work_of_a_build_that_is_over_is_not_done(one_process: Executor) -> None:
    one_process.submit(remote.finish, "over").result(LIMIT)
    with pytest.raises(RuntimeError, match="is over"):
        one_process.submit(remote.run_for_build, "over", b"").result(LIMIT)


def linger(_: None, items: Sequence[int]) -> list[int]:
    begun.set()
    assert ended.wait(LIMIT)
    return list(items)


begun, ended = threading.Event(), threading.Event()


def test_a_process_says_what_it_is_only_when_it_is_done_with_the_build_before() -> None:
    """The one before may have been killed, and its last work write where the next build's does."""
    work = pickle.dumps((linger, None, [1]))
    last = threading.Thread(target=remote.run_for_build, args=("killed", work))
    settling = threading.Thread(target=remote.settle)
    try:
        last.start()
        assert begun.wait(LIMIT)
        settling.start()
        settling.join(0.2)
        assert settling.is_alive()
    finally:
        ended.set()
        last.join(LIMIT)
    settling.join(LIMIT)
    assert not settling.is_alive()
    remote.finish("killed")
    closed.clear()  # It was here that it worked.


def test_nothing_is_yielded_before_all_is_read(one_process: Executor, tmp_path: Path) -> None:
    drawn = []

    def items() -> Iterator[int]:
        for number in range(1000):
            drawn.append(number)
            yield number

    with Workers(2, there(one_process, tmp_path / "shared")) as some:
        next(some.map(remember, "a", items(), 10))
        assert len(drawn) < 1000
        drawn.clear()
        next(some.map(remember, "a", items(), 10, still=True))
        assert len(drawn) == 1000


def test_a_loss_is_told_even_where_all_results_are_there(
    one_process: Executor, tmp_path: Path
) -> None:
    def lost() -> None:
        raise ContentError([Problem("executor-worker-lost", Place("tcp://127.0.0.1:1"))])

    find = there(one_process, tmp_path / "shared")

    def find_lost() -> Elsewhere:
        found = find()
        return Elsewhere(found.executor, found.size, found.folder, lost, found.leave)

    with Workers(2, find_lost) as some, pytest.raises(ContentError):
        list(some.map(remember, "a", range(1000), 10))
