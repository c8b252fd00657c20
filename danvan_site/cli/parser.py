"""click in the program's own words, with ``build`` as the command where none is named."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from danvan_site.catalog import LANGUAGES, Catalog

DEFAULT_COMMAND = "build"
_SOURCE_LAUNCHER = Path(__file__).parents[2] / "build.py"


def name_of_program() -> str:
    """Return the name under which the program was started."""
    started_as = Path(sys.argv[0]).stem
    return "danvan" if started_as == "danvan" or not _SOURCE_LAUNCHER.is_file() else "build.py"


def way_to_call() -> str:
    """Return what to type to start the program."""
    if name_of_program() == "danvan":
        return "danvan"
    return "py build.py" if sys.platform == "win32" else "python3 build.py"


class Command(click.Command):
    """A command whose help is the catalogue's: its text under ``help-…``, its headings."""

    # What is left over is complained about here, in our words.
    allow_extra_args = True

    def __init__(self, words: Catalog, name: str, **attributes: Any) -> None:
        attributes.setdefault("help", words.say(f"help-{name}"))
        attributes.setdefault("options_metavar", words.say("options-metavar"))
        super().__init__(name, add_help_option=False, **attributes)
        self.words = words
        self.params += _general_options(words)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; what no argument takes is an error."""
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise
        if rest and not isinstance(self, click.Group):
            self._complain_of(rest, ctx)
        return rest

    def _complain_of(self, rest: Sequence[str], ctx: click.Context) -> NoReturn:
        program = ctx.find_root().command
        if isinstance(program, click.Group) and rest[0] in program.commands:
            command = f"{ctx.find_root().command_path} {rest[0]} …"
            raise click.UsageError(self.words.say("command-not-first", command=command), ctx)
        raise click.UsageError(self.words.say("extra-arguments", names=" ".join(rest)), ctx)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line that shows how the command is called."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, self.words.say("usage") + " ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what options there are."""
        records = [option.get_help_record(ctx) for option in self.get_params(ctx)
                   if isinstance(option, click.Option)]  # fmt: skip
        with formatter.section(self.words.say("options-heading")):
            formatter.write_dl([record for record in records if record])


class Group(Command, click.Group):
    """A command that has commands of its own."""

    def __init__(self, words: Catalog, name: str, **attributes: Any) -> None:
        attributes.setdefault("subcommand_metavar", words.say("command-metavar"))
        attributes.setdefault("no_args_is_help", False)
        super().__init__(words, name, **attributes)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; without a command there is only help to give."""
        if not args:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named."""
        command = self.get_command(ctx, args[0])
        if command is None:
            text = self.words.say("no-such-command", name=args[0])
            meant = difflib.get_close_matches(args[0], self.commands, n=2)
            raise click.UsageError(text + _one_of(meant, self.words), ctx)
        return args[0], command, args[1:]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what options and commands there are, each command with its first sentence."""
        super().format_options(ctx, formatter)
        rows = [(name, (self.commands[name].help or "").strip().split("\n")[0])
                for name in self.commands]  # fmt: skip
        with formatter.section(self.words.say("commands-heading")):
            formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which one meets them."""
        return list(self.commands)


class Program(Group):
    """The program itself: what begins with an option of `build` is for `build`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, with the default command put in where none is named."""
        position = 0
        while position < len(args) and args[position].split("=")[0] == "--language":
            position += 1 if "=" in args[position] else 2
        first = args[position] if position < len(args) else "-"
        own = first in ("--help", "--version") or position > len(args)
        if first.startswith("-") and not own:
            args = [*args[:position], DEFAULT_COMMAND, *args[position:]]
        return super().parse_args(ctx, args)


class Whole(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """A whole number of a range."""

    name = "number"

    def __init__(self, words: Catalog, least: int, most: int) -> None:
        self._words = words
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number that *value* is; complain where it is none."""
        text = str(value)
        if text.isascii() and text.isdigit() and self._least <= int(text) <= self._most:
            return int(text)
        details = {"value": text, "least": self._least, "most": self._most}
        self.fail(self._words.say("not-a-number", **details), param, ctx)


class One(click.ParamType):  # type: ignore[type-arg]
    """One of some words."""

    name = "choice"

    def __init__(self, words: Catalog, choices: Sequence[str]) -> None:
        self._words = words
        self._choices = choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return *value*; complain where it is none of the choices."""
        if value in self._choices:
            return str(value)
        choices = ", ".join(self._choices)
        self.fail(self._words.say("not-a-choice", value=value, choices=choices), param, ctx)


class Place(click.ParamType):  # type: ignore[type-arg]
    """The path of a file or folder, there or not."""

    name = "path"

    def __init__(self, words: Catalog) -> None:
        self._words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path; complain where there is nothing at all."""
        if not str(value).strip() or "\0" in str(value):
            self.fail(self._words.say("empty-value"), param, ctx)
        return Path(value)


def option(words: Catalog, *names: str, text: str = "", **attributes: Any) -> click.Option:
    """Return an option with the catalogue's help ``option-…`` under *text* or its last name."""
    key = text or names[-1].lstrip("-")
    return click.Option(list(names), help=words.say(f"option-{key}"), **attributes)


def _general_options(words: Catalog) -> list[click.Parameter]:
    """Return the options that every command has."""
    language = One(words, LANGUAGES)
    return [
        # Read before parsing (see `main`); here it is only taken from among the arguments.
        option(words, "--language", type=language, metavar="|".join(LANGUAGES), expose_value=False),
        flag(words, "--help", _show_help),
    ]


def flag(words: Catalog, name: str, act: Callable[[click.Context], None]) -> click.Option:
    """Return an option that acts at once and ends the program."""

    def callback(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            act(ctx)
            ctx.exit()

    return option(
        words, name, is_flag=True, is_eager=True, expose_value=False, callback=callback
    )  # fmt: skip


def _show_help(ctx: click.Context) -> None:
    click.echo(ctx.get_help())


def complaint(error: click.UsageError, words: Catalog) -> str:
    """Return what is wrong with a command line, and where to read on."""
    lines = [words.say("usage-error", text=_fault(error, words))]
    if error.ctx:
        lines.append(words.say("usage-hint", command=error.ctx.command_path))
    return "\n".join(lines)


def _fault(error: click.UsageError, words: Catalog) -> str:
    """Return what is wrong, in our words where click has its own."""
    if isinstance(error, click.NoSuchOption):
        meant = sorted(error.possibilities or ())
        return words.say("no-such-option", name=error.option_name) + _one_of(meant, words)
    if isinstance(error, click.BadOptionUsage):
        command = error.ctx.command if error.ctx else None
        wordless = any(
            error.option_name in param.opts and getattr(param, "is_flag", False)
            for param in (command.params if command else ())
        )
        key = "option-takes-no-value" if wordless else "option-needs-value"
        return words.say(key, name=error.option_name)
    if isinstance(error, click.MissingParameter):
        key = "missing-option" if isinstance(error.param, click.Option) else "missing-argument"
        return words.say(key, name=_name_of(error.param))
    if isinstance(error, click.BadParameter):
        return words.say("bad-value", name=_name_of(error.param), text=error.message)
    return error.message


def _name_of(param: click.Parameter | None) -> str:
    if isinstance(param, click.Option):
        return " / ".join(param.opts)
    return str(param.metavar or param.name).rstrip("…") if param else ""


def _one_of(names: Sequence[str], words: Catalog) -> str:
    return words.say("one-of-meant", names=", ".join(names)) if names else ""
