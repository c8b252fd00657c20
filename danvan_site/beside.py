"""Work that is done beside this process, where beginning it costs nothing."""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

Value = TypeVar("Value")


@contextlib.contextmanager
def beside(function: Callable[[], Value]) -> Iterator[Callable[[], Value]]:
    """Begin a function in a process of its own; give what waits for its value, which must be plain
    (texts, numbers, tuples, lists, dicts).

    It is for what mostly waits for the system.  A thread would not do: it waits for the interpreter
    again after each call of the system, thousands of times.  Where a process cannot be forked or
    does not end well, the function is called here, when its value is asked for.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        yield cache(function)
        return
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        # With this end open in it, it would wait for itself when nobody else reads any more.
        os.close(reading)
        _answer(function, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:

        @cache
        def value() -> Value:
            data = pipe.read()
            try:
                found: Value = marshal.loads(data)
            except (EOFError, ValueError, TypeError):
                return function()
            return found

        try:
            yield value
        finally:
            pipe.close()  # Whoever still writes there ends by that.
            os.waitpid(process, 0)


def _answer(function: Callable[[], Any], writing: int) -> None:
    """In the forked process: write the value and end, without any of our own endings."""
    try:
        with open(writing, "wb") as pipe:
            pipe.write(marshal.dumps(function()))
    finally:
        os._exit(0)
