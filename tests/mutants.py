"""Whether the tests notice: `python -m tests.mutants --module output --share 0.5 --seed S`.

The code that keeps archives safe is altered in one place at a time, in a copy of the repository: a
comparison, a condition, a constant, an operator, a statement left out.  Of the tests that pass
through that statement the quickest are run first; one that fails, or takes far too long, has killed
the mutant.  A run tells what each module came to, and what survived.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import math
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "danvan_site"
BUDGET = 60.0  # s of tests for one mutant, as long as they took without it; the others are left out
PATIENCE = 5  # times as long as they took, and
GRACE = 8.0  # s more is far too long


@dataclass(frozen=True)
class Part:
    """Code and the tests that belong to it.  ``within`` are the functions and constants that are
    looked at (by qualified names, all where there are none); ``syncs`` says whether what asks for
    bytes to be on the disk is looked at alone (True), or is left out; with ``is_kept`` what one
    test has made (a server, a parser) serves the next, so all are taken to pass everywhere."""

    file: str
    tests: tuple[str, ...]
    within: tuple[str, ...] = ()
    syncs: bool = False
    is_kept: bool = False


PARTS = {
    "output": Part("output.py", ("test_output_folder",)),
    "permanence": Part("permanence.py", ("test_ledger",)),
    "plan.permanence": Part("plan/permanence.py", ("test_permanence", "test_old_addresses")),
    "markup": Part("markup.py", ("test_documents", "test_reading_aids")),
    "markdown": Part(
        "markdown.py",
        ("test_markdown", "test_comments"),
        (
            "_ID", "_SCHEME", "_WEB_SCHEMES", "_SCHEMES", "_SHOWN", "_CLEAN_TAGS",
            "_CLEAN_ATTRIBUTES", "_REFERENCE", "_PICTURE", "_ATTRIBUTE", "_OWN_SCHEME", "_set",
            "resolve", "_attribute", "_parser", "_comment_parser", "_is_for_comments",
            "_comment_link", "_typed_picture", "_Reading._link", "_Reading._image",
            "_Reading.address", "_Reading.has_made", "_Reading.note", "_sanitized",
        ),
        is_kept=True,
    ),
    "citations": Part("citations.py", ("test_documents",), ("_MARKED", "marked", "linked")),
    "environment": Part(
        "environment.py",
        ("test_markdown",),
        ("_CodeGenerator._output_child_pre", "Environment.escaped", "_Constants"),
    ),
    "server": Part(
        "server.py",
        ("test_serve",),
        (
            "contained", "_is_number", "_Handler._is_asked_of_us", "_Handler._is_asked_by_us",
            "_Handler.do_GET", "_Handler.refuse", "_Handler._send_path",
        ),
        is_kept=True,
    ),
    "placing": Part(
        "importers/placing.py",
        ("test_placing",),
    ),
    "locks": Part("locks.py", ("test_locks",)),
    "durable": Part("durable.py", ("test_placing", "test_power_cut"), syncs=True),
    "syncs of output": Part("output.py", ("test_power_cut",), syncs=True),
}  # fmt: skip


# ---- mutants


class Mutant(NamedTuple):
    """The source of a module with one change: its number, the line of its statement (1-based),
    what was changed."""

    number: int
    line: int
    change: str
    source: str


# Where a node stands: in a list by its index, or among the fields of another by its name.
_Slot = tuple[Any, Any, ast.AST]
_PAIRS = (
    (ast.Eq, ast.NotEq), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot), (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.FloorDiv),
    (ast.BitOr, ast.BitAnd), (ast.LShift, ast.RShift),
)  # fmt: skip
_SWAPPED = {old: new for pair in _PAIRS for old, new in (pair, pair[::-1])}
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NEVER = frozenset(("annotation", "returns", "decorator_list", "type_comment"))


def mutants(part: Part, text: str) -> Iterator[Mutant]:
    """Yield all mutants of a module's source."""
    tree = ast.parse(text)
    number = 0
    for slot, name, is_run in _statements(tree):
        statement = slot[2]
        head = ast.unparse(statement).partition("\n")[0]
        syncs = part.file == "durable.py" or "durable.settle" in head
        is_wanted = not part.within or f"{name}.".startswith(tuple(f"{x}." for x in part.within))
        if syncs != part.syncs or not is_wanted:
            continue
        for (holder, key, old), new in _changes(slot, is_run):
            number += 1
            was = ast.unparse(old)
            holder[key] = new
            change = f"{name}: {was} → {ast.unparse(new)}".replace("\n", " ")
            yield Mutant(number, statement.lineno, change[:200], ast.unparse(tree))
            holder[key] = old


def _slots(node: ast.AST) -> Iterator[_Slot]:
    for field, value in ast.iter_fields(node):
        if field not in _NEVER:
            pairs = enumerate(value) if isinstance(value, list) else [(field, value)]
            holder = value if isinstance(value, list) else vars(node)
            yield from ((holder, key, each) for key, each in pairs if isinstance(each, ast.AST))


def _statements(
    node: ast.AST, name: str = "", is_run: bool = False
) -> Iterator[tuple[_Slot, str, bool]]:
    """Yield statements, in what they stand, and whether that is a function."""
    for slot in _slots(node):
        child = slot[2]
        own, runs = name, is_run
        if isinstance(child, ast.Import | ast.ImportFrom | ast.Assert):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, _NAMED):
            own = f"{name}.{child.name}".lstrip(".")
            runs = not isinstance(child, ast.ClassDef)
        elif isinstance(child, ast.Assign | ast.AnnAssign) and not name:
            own = ast.unparse(child).split(" ")[0].rstrip(":")
            if isinstance(child.value, ast.Subscript):
                continue  # the name of a type
        if isinstance(child, ast.stmt):
            yield slot, own, runs and is_run
        yield from _statements(child, own, runs)


def _changes(slot: _Slot, is_run: bool) -> Iterator[tuple[_Slot, ast.AST]]:
    """Yield what is replaced in a statement, and by what."""
    statement = slot[2]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return
    if is_run:
        yield from ((slot, new) for new in _without(statement))
    pending = list(_slots(statement))
    while pending:
        each = pending.pop(0)
        if isinstance(each[2], ast.stmt):
            continue
        yield from ((each, new) for new in _others(each[2]))
        if isinstance(each[2], ast.Compare):
            ops = each[2].ops
            for at, op in enumerate(ops):
                swapped = [*ops[:at], _SWAPPED[type(op)](), *ops[at + 1 :]]
                yield each, ast.Compare(each[2].left, swapped, each[2].comparators)
        elif isinstance(each[2], ast.comprehension):
            for at, _ in enumerate(each[2].ifs):
                yield (each[2].ifs, at, each[2].ifs[at]), ast.Constant(True)
        pending[:0] = _slots(each[2])
    if isinstance(statement, ast.If | ast.While):
        for value in (True, False) if isinstance(statement, ast.If) else (False,):
            yield (vars(statement), "test", statement.test), ast.Constant(value)


def _without(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands for a statement that is left out."""
    match statement:
        case ast.Return(value=ast.expr()) if ast.unparse(statement) != "return None":
            yield ast.Return(ast.Constant(None))
        case (
            ast.Expr() | ast.Raise() | ast.Assign() | ast.AugAssign() | ast.Delete()
            | ast.Continue() | ast.Break() | ast.AnnAssign(value=ast.expr())
        ):  # fmt: skip
            yield ast.Pass()


def _others(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in the place of an expression."""
    match node:
        case ast.BoolOp(op, values):
            yield ast.BoolOp(_SWAPPED[type(op)](), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, op, right) if type(op) in _SWAPPED:
            yield ast.BinOp(left, _SWAPPED[type(op)](), right)
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value)):
            yield ast.Constant(0 if value == 1 else value + 1)
        case ast.Constant(float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(str(value) | bytes(value)) if value:
            yield ast.Constant(value[:0])


# What a module under test begins with, for `traced`.
_NOTING = """
def _note(line, noted=set()):
    import os
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
    if test and (test, line) not in noted:
        noted.add((test, line))
        with open({file!r}, "a") as notes:
            notes.write(f"{{line}} {{test}}\\n")
"""


def traced(text: str, file: Path) -> str:
    """Return a module's source that notes in *file* which tests come to which lines.  Programs that
    a test starts know its name, too."""
    tree = ast.parse(text)
    run = [slot for slot, _, is_run in _statements(tree) if is_run]
    for block, at, statement in reversed(run):
        assert isinstance(statement, ast.stmt)
        block.insert(at, ast.parse(f"_note({statement.lineno})").body[0])
    futures = [at for at, each in enumerate(tree.body) if _is_future(each)]
    tree.body[futures[0] + 1 : futures[0] + 1] = ast.parse(_NOTING.format(file=str(file))).body
    return ast.unparse(ast.fix_missing_locations(tree))


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


# ---- running tests


class Run(NamedTuple):
    """What a run of tests came to: its exit code (None where it took too long), the seconds of each
    test, those that failed."""

    code: int | None
    seconds: dict[str, float]
    failed: list[str]


class _Notes:
    """A plug-in that writes down the seconds of tests, and those that fail."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: Any) -> None:
        with self._file.open("a") as notes:
            notes.write(json.dumps([report.nodeid, report.duration, report.failed]) + "\n")


def run(checkout: Path, arguments: Sequence[str], limit: float) -> Run:
    """Run tests in a copy of the repository, in a process that has the libraries already."""
    notes = checkout.parent / "notes.jsonl"
    notes.write_text("")
    process = multiprocessing.get_context("fork").Process(
        target=_run, args=(checkout, [*arguments, f"--basetemp={checkout.parent}/tests"], notes)
    )
    process.start()
    assert process.pid
    process.join(limit)
    code = process.exitcode  # None: it goes on
    # Whatever a test has left running goes, too.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.join()
    seconds: dict[str, float] = {}
    failed = []
    for line in notes.read_text().splitlines():
        test, took, has_failed = json.loads(line)
        seconds[test] = seconds.get(test, 0.0) + took
        failed += [test] if has_failed else []
    return Run(code, seconds, failed)


def _run(checkout: Path, arguments: Sequence[str], notes: Path) -> None:
    os.setsid()
    os.chdir(checkout)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    for name in [name for name in sys.modules if name.partition(".")[0] in (PACKAGE, "tests")]:
        del sys.modules[name]
    sys.path[:] = [str(checkout), *(each for each in sys.path if Path(each).resolve() != ROOT)]
    quiet = os.open(checkout.parent / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    # Nothing is to be cleaned up of the process that this one is a copy of.
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *arguments], [_Notes(notes)]))


# ---- a module


class Tests(NamedTuple):
    """What is known of a module's tests: their seconds, and which come to which lines."""

    seconds: dict[str, float]
    of_line: dict[int, set[str]]


def baseline(checkout: Path, part: Part) -> Tests:
    """Run the tests of a module as it is."""
    traces = checkout.parent / "traces"
    traces.write_text("")
    file = checkout / PACKAGE / part.file
    text = file.read_text("utf-8")
    file.write_text(traced(text, traces), "utf-8")
    names = [f"tests/{name}.py" for name in part.tests]
    # Time is no object here, and a browser would be started for each mutant.
    done = run(checkout, ["-m", "not browser", *names], 3600)
    file.write_text(text, "utf-8")
    if done.code != 0:
        raise SystemExit(f"the tests of {part.file} fail as it is: {done.failed}")
    of_line: dict[int, set[str]] = {}
    for line in traces.read_text().splitlines():
        number, _, test = line.partition(" ")
        of_line.setdefault(int(number), set()).add(test)
    return Tests(done.seconds, of_line)


def verdict(part: Part, tests: Tests, mutant: Mutant) -> tuple[Mutant, str]:
    """Return what killed a mutant, '' where nothing did; for a worker."""
    file = _checkout / PACKAGE / part.file
    text = file.read_text("utf-8")
    # A statement that is run when a module is read is passed by every test.
    everywhere = part.is_kept or mutant.line not in tests.of_line
    touching = set(tests.seconds) if everywhere else tests.of_line[mutant.line]
    by_cost = sorted(touching, key=lambda test: (tests.seconds[test] / (1 + _kills[test]), test))
    chosen: list[str] = []
    cost = 0.0
    for test in by_cost:
        cost += tests.seconds[test]
        if chosen and cost > BUDGET:
            break
        chosen.append(test)
    file.write_text(mutant.source, "utf-8")
    try:
        done = run(_checkout, chosen, cost * PATIENCE + GRACE)
    finally:
        file.write_text(text, "utf-8")
    _kills.update(done.failed)
    if done.code is None:
        return mutant, "took too long"
    if done.failed or done.code == 0:
        return mutant, "".join(done.failed[:1])
    # A module that cannot even be imported fails before any test does.
    assert done.code in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR), done
    return mutant, "cannot be imported"


# Of a worker: its copy of the repository, how many mutants each test has killed.
_checkout = Path()
_kills: Counter[str] = Counter()


def _begin_worker(folder: Path) -> None:
    global _checkout
    _checkout = copied(folder)
    with contextlib.suppress(ImportError):
        # They take longer than most tests.
        import html5lib, jinja2, lxml.html, openpyxl, PIL.Image, playwright.sync_api  # noqa: E401, F401, I001
        import watchdog.observers  # noqa: F401


def copied(folder: Path) -> Path:
    """Return a copy of the repository in a new folder below *folder*."""
    checkout = Path(tempfile.mkdtemp(dir=folder)) / "checkout"
    passed_over = shutil.ignore_patterns(".*", "public", "benchmarks", "__pycache__")
    shutil.copytree(ROOT, checkout, ignore=passed_over)
    return checkout


def examine(name: str, wanted: argparse.Namespace) -> tuple[int, int]:
    """Try the mutants of a module; return how many there were, and how many were killed."""
    part = PARTS[name]
    every = list(mutants(part, (ROOT / PACKAGE / part.file).read_text("utf-8")))
    chance = random.Random(f"{wanted.seed} {name}")
    chosen = chance.sample(every, math.ceil(len(every) * wanted.share))
    if wanted.number:
        chosen = [each for each in every if each.number in wanted.number]
    began = time.monotonic()
    survivors = []
    with tempfile.TemporaryDirectory(prefix="danvan-", ignore_cleanup_errors=True) as folder:
        tests = baseline(copied(Path(folder)), part)
        context = multiprocessing.get_context("fork")
        workers = (wanted.jobs, context, _begin_worker, (Path(folder),))
        with ProcessPoolExecutor(*workers) as pool:
            for mutant, killer in pool.map(partial(verdict, part, tests), chosen):
                shown = f"{name} {mutant.number}, line {mutant.line}, {mutant.change}"
                if not killer:
                    survivors.append(shown)
                if wanted.verbose:
                    print(f"{shown}: {killer or 'SURVIVED'}", flush=True)
    for survivor in survivors:
        print(f"survived: {survivor}")
    killed = len(chosen) - len(survivors)
    print(
        f"{name}: {killed} of {len(chosen)} killed ({killed / max(len(chosen), 1):.0%};"
        f" {len(every)} in all), {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return len(chosen), killed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", action="append", choices=PARTS)
    parser.add_argument("--number", action="append", type=int, help="these alone")
    parser.add_argument("--share", type=float, default=1.0, help="of the mutants of each module")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="tell of each mutant")
    wanted = parser.parse_args()
    counts = [examine(name, wanted) for name in wanted.module or PARTS]
    tried, killed = (sum(column) for column in zip(*counts, strict=True))
    print(f"{killed} of {tried} killed ({killed / max(tried, 1):.1%})")
    return 0 if killed >= 0.9 * tried else 1


if __name__ == "__main__":
    sys.exit(main())
