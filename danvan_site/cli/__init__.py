"""The command line: one function from arguments to an exit code.

Whatever a command needs is imported when that command runs, so that ``--help`` and ``--version``
are there at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from danvan_site import catalog
from danvan_site.catalog import Catalog

DONE, PROBLEMS, WRONG_USAGE, BUG, INTERRUPTED = 0, 1, 2, 70, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (without the program's name) and return its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    _use_utf8()
    words = catalog.load(_language_of(arguments))
    try:
        return _run(arguments, words)
    except KeyboardInterrupt:
        print("\n" + words.say("interrupted"), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough; what is still buffered must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROBLEMS
    except Exception:
        return _report_bug(words)


def run() -> NoReturn:
    """Run the command line of this process and end the process.

    What a large build had in memory goes back to the system in one go: taking it apart object by
    object would take longer than many a build.
    """
    _name_files_in_utf8()
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def _name_files_in_utf8() -> None:
    """Begin anew where the locale has files named in another encoding: names of bulletins would
    not be what they are elsewhere, nor would addresses."""
    if sys.getfilesystemencoding() != "utf-8" and "utf8" not in sys._xoptions:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _run(arguments: list[str], words: Catalog) -> int:
    import click

    from danvan_site.cli import commands, parser
    from danvan_site.cli.console import Console
    from danvan_site.errors import ContentError, UsageError

    console = Console(words)
    try:
        program = commands.program(words)
        code = program.main(arguments, parser.name_of_program(), standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.UsageError as error:
        console.say_aside(parser.complaint(error, words))
        return WRONG_USAGE
    except ContentError as error:
        console.list_problems(error.problems)
        return PROBLEMS
    except UsageError as error:
        console.list_problems([error.problem])
        return WRONG_USAGE
    return int(code or DONE)


def _report_bug(words: Catalog) -> int:
    import platform
    import traceback

    from danvan_site import __version__

    print(words.say("bug", version=__version__), file=sys.stderr)
    print(f"danvan-site {__version__}, Python {platform.python_version()}, {platform.platform()}",
          file=sys.stderr)  # fmt: skip
    traceback.print_exc()
    return BUG


def _use_utf8() -> None:
    """Make stdout and stderr UTF-8, whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _language_of(arguments: Sequence[str]) -> str:
    """Return the language of ``--language``, else of the settings' line, else the default.

    It is needed before the arguments can be parsed and the settings read: both may go wrong, and
    what is wrong is told in this language.
    """
    wanted = _value_of(arguments, "--language") or _language_of_settings(
        _value_of(arguments, "--config") or "site.yaml"
    )
    return wanted if wanted in catalog.LANGUAGES else catalog.DEFAULT_LANGUAGE


def _language_of_settings(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as lines:
            for line in lines:
                key, _, value = line.partition(":")
                if key == "language":
                    return value.split("#")[0].strip().strip("'\"")
    except (OSError, ValueError):
        pass
    return ""


def _value_of(arguments: Sequence[str], option: str) -> str:
    for position, argument in enumerate(arguments):
        if argument == option:
            return "".join(arguments[position + 1 : position + 2])
        if argument.startswith(option + "="):
            return argument.partition("=")[2]
    return ""
