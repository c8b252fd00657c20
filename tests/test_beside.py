"""What is done beside a build has the same value when that process cannot do it."""

import subprocess
import sys

import pytest

from tests.workbench import environment

PROGRAM = """
import os, signal, sys, threading
from danvan_site.beside import beside

here = os.getpid()

def value():
    if os.getpid() != here:
        {there}
    elif {is_broken}:
        raise OSError("not to be read")
    return {{"2020/07/bài.html": (1, 2), "where": os.getpid() == here}}

with beside(value) as found:
    print(found()["2020/07/bài.html"], found()["where"], found() is found())
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("nobody left")
"""


def run(there: str, is_broken: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(there=there, is_broken=is_broken)],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")
@pytest.mark.parametrize(
    ("there", "is_here"),
    [
        ("pass", False),
        ("os.kill(os.getpid(), signal.SIGKILL)", True),
        ("raise OSError('no')", True),
        ("raise KeyboardInterrupt", True),
        ("return {1: object()}", True),  # not plain
    ],
)
def test_the_value_is_there_whatever_happens_beside(there: str, is_here: bool) -> None:
    done = run(there)
    assert done.stdout == f"(1, 2) {is_here} True\nnobody left\n", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")
def test_what_goes_wrong_there_and_here_is_told() -> None:
    done = run("raise OSError('no')", is_broken=True)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("OSError: not to be read")


LARGE = """
import os, signal
from danvan_site.beside import beside

with beside(lambda: "x" * 1_000_000):
    {here}
print("ended")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")
@pytest.mark.parametrize(
    ("here", "told"),
    [("pass", "ended\n"), ("os.kill(os.getpid(), signal.SIGKILL)", "")],
    ids=["nobody asks", "killed"],
)
def test_nobody_waits_for_ever_with_a_value_that_nobody_reads(here: str, told: str) -> None:
    # Its output has an end only when both processes have.
    done = subprocess.run(
        [sys.executable, "-c", LARGE.format(here=here)],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=30,
    )
    assert done.stdout == told, done.stderr
