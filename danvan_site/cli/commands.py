"""The commands: their arguments, and what each of them starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from danvan_site.catalog import Catalog
from danvan_site.cli.console import Console
from danvan_site.cli.parser import Command, Group, One, Place, Program, Whole, flag, option

_MOST_JOBS = 1024
Options = list[click.Parameter]


def program(words: Catalog) -> Program:
    """Return the whole program."""
    commands = [_build, _init, _new, _import, _views, _check, _verify, _bag, _serve, _search, _test]
    made = [make(words) for make in commands]
    version = flag(words, "--version", _show_version)
    return Program(
        words, "program", params=[version], commands={str(each.name): each for each in made}
    )  # fmt: skip


def _show_version(ctx: click.Context) -> None:
    from danvan_site import __version__

    click.echo(f"danvan-site {__version__}")


def _path(words: Catalog, name: str, metavar: str = "folder", text: str = "") -> click.Option:
    shown = words.say(f"metavar-{metavar}")
    return option(words, name, type=Place(words), metavar=shown, text=text)


def _switch(words: Catalog, *names: str) -> click.Option:
    return option(words, *names, is_flag=True)


def _site(words: Catalog) -> Options:
    """Return the options that name the site and its content."""
    return [_path(words, "--config", "file"), _path(words, "--content")]


def _sources(words: Catalog) -> Options:
    """Return the options that say what a build reads, and how."""
    number = words.say("metavar-number")
    address = words.say("metavar-address")
    return [
        *_site(words),
        _path(words, "--templates"),
        _path(words, "--cache"),
        option(words, "--jobs", type=Whole(words, 0, _MOST_JOBS), metavar=number, default=0),
        _switch(words, "--drafts"),
        _switch(words, "--future"),
        option(words, "--base-url", metavar=address, default=""),
    ]


def _executor(words: Catalog) -> click.Option:
    return option(words, "--executor", metavar=words.say("metavar-address"), default="")


def _command(
    words: Catalog, name: str, params: Options, run: Callable[[Console, dict[str, Any]], int]
) -> Command:
    def callback(**values: Any) -> int:
        return run(Console(words), values)

    return Command(words, name, params=params, callback=callback)


def _build(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import building

        return building.build(console, values)

    switches = [_switch(words, "--clean"), _switch(words, "--strict"), _switch(words, "--json")]
    own = [_switch(words, "--precompress"), _switch(words, "-v", "--verbose")]
    places = [_executor(words), _path(words, "--output")]
    options = [*_sources(words), *places, *switches, *own]
    return _command(words, "build", options, run)


def _check(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import checking

        return checking.check(console, values)

    switches = [_switch(words, "--strict"), _switch(words, "--json")]
    options = [*_sources(words), _executor(words), *switches, *_check_options(words)]
    return _command(words, "check", options, run)


def _verify(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import verifying

        return verifying.verify(console, values)

    number = words.say("metavar-number")
    digest = words.say("metavar-digest")
    pattern = words.say("metavar-pattern")
    text = words.say("metavar-text")
    options = [
        click.Argument(["targets"], metavar=words.say("metavar-targets"), nargs=-1),
        _path(words, "--manifest", "file"),
        option(words, "--expect", metavar=digest, default=""),
        option(words, "--allow", metavar=pattern, multiple=True),
        option(words, "--sample", type=Whole(words, 0, 10_000_000), metavar=number, default=0),
        option(words, "--seed", metavar=text, default=""),
        _switch(words, "--sources"),
        option(words, "--write", is_flag=True, text="verify-write"),
        *_site(words),
        _path(words, "--templates"),
        _path(words, "--output", text="verify-output"),
        option(words, "--jobs", type=Whole(words, 0, _MOST_JOBS), metavar=number, default=0),
        _switch(words, "--json"),
    ]
    return _command(words, "verify", options, run)


def _bag(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import bagging

        return bagging.bag(console, values)

    number = words.say("metavar-number")
    year = words.say("metavar-year")
    options = [
        option(words, "--year", metavar=year, multiple=True),
        _path(words, "--to", text="bag-to"),
        option(words, "--date", metavar=words.say("metavar-date"), default="", text="bag-date"),
        *_site(words),
        _path(words, "--templates"),
        _path(words, "--output", text="verify-output"),
        option(words, "--jobs", type=Whole(words, 0, _MOST_JOBS), metavar=number, default=0),
        _switch(words, "--json"),
    ]
    return _command(words, "bag", options, run)


def _check_options(words: Catalog) -> Options:
    """Return the options that only an examination has."""
    return [
        _choice(words, "--format", ("text", "json", "sarif", "github")),
        _choice(words, "--level", ("error", "warning", "notice")),
        _path(words, "--baseline", "file"),
        _switch(words, "--write-baseline"),
        _switch(words, "--external"),
        _switch(words, "--fix"),
        _switch(words, "--write"),
    ]


def _choice(words: Catalog, name: str, choices: Sequence[str]) -> click.Option:
    return option(words, name, type=One(words, choices), metavar="|".join(choices))


def _serve(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import previewing

        return previewing.serve(console, values)

    port = Whole(words, 0, 65535)
    number = words.say("metavar-number")
    options = [
        *_sources(words),
        _path(words, "--output"),
        option(words, "--port", type=port, metavar=number),
        _switch(words, "--open"),
        _switch(words, "--polling"),
        _switch(words, "--lan"),
    ]
    return _command(words, "serve", options, run)


def _search(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import searching

        return searching.search(console, values)

    limit = Whole(words, 1, 10_000)
    number = words.say("metavar-number")
    options = [
        click.Argument(["query"], metavar=words.say("metavar-query")),
        _path(words, "--config", "file"),
        _path(words, "--output"),
        option(words, "--limit", type=limit, metavar=number, default=10),
        _switch(words, "--json"),
    ]
    return _command(words, "search", options, run)


def _init(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import starting

        return starting.init(console, values["folder"])

    metavar = words.say("metavar-folder")
    folder = click.Argument(["folder"], type=Place(words), metavar=metavar)
    return _command(words, "init", [folder], run)


def _new(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import starting

        return starting.new(console, values)

    name = words.say("metavar-name")
    date = words.say("metavar-date")
    options = [
        click.Argument(["title"], metavar=words.say("metavar-title")),
        option(words, "--unit", metavar=name, default=""),
        option(words, "--category", metavar=name, multiple=True),
        option(words, "--date", metavar=date, default="", text="new-date"),
        *_site(words),
    ]
    return _command(words, "new", options, run)


def _importing(words: Catalog) -> Options:
    """Return the options that every import has."""
    return [
        _path(words, "--to"),
        _switch(words, "--dry-run"),
        _path(words, "--report", "file"),
        _switch(words, "--originals"),
        _path(words, "--config", "file"),
        option(
            words, "--jobs", type=Whole(words, 0, _MOST_JOBS), metavar=words.say("metavar-number"),
            default=0,
        ),
        _switch(words, "--json"),
    ]  # fmt: skip


def _import(words: Catalog) -> Group:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import importing

        return importing.captures(console, values)

    files = words.say("metavar-file") + "…"
    date = words.say("metavar-date")
    options = [
        click.Argument(["files"], type=Place(words), metavar=files, nargs=-1, required=True),
        option(words, "--date", metavar=date, default="", text="import-date"),
        *_importing(words),
    ]
    capture = _command(words, "capture", options, run)
    commands = {
        "capture": capture,
        "comments": _import_comments(words),
        "html": _import_html(words),
        "table": _import_table(words),
        "wordpress": _import_wordpress(words),
    }
    return Group(words, "import", commands=commands)


def _import_html(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import importing

        if not values["files"] and not values["learn"]:
            argument = click.get_current_context().command.params[0]
            raise click.MissingParameter(param=argument)
        return importing.pages(console, values)

    places = words.say("metavar-folder") + "…"
    date = words.say("metavar-date")
    profile = words.say("metavar-profile")
    options = [
        click.Argument(["files"], type=Place(words), metavar=places, nargs=-1),
        option(words, "--profile", metavar=profile, default=""),
        _path(words, "--learn", "file"),
        option(words, "--date", metavar=date, default="", text="import-date"),
        *_importing(words),
    ]
    return _command(words, "html", options, run)


def _import_table(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import importing

        return importing.tables(console, values)

    file = words.say("metavar-file")
    options = [
        click.Argument(["file"], type=Place(words), metavar=file, required=True),
        _path(words, "--map", "file"),
        option(words, "--sheet", metavar=words.say("metavar-name"), default=""),
        *_importing(words),
    ]
    return _command(words, "table", options, run)


def _import_comments(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import importing

        return importing.readers_comments(console, values)

    files = f"{words.say('metavar-file')}…"
    options = [
        click.Argument(["files"], type=Place(words), metavar=files, nargs=-1, required=True),
        _switch(words, "--approved"),
        *_importing(words),
    ]
    return _command(words, "comments", options, run)


def _import_wordpress(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import importing

        return importing.wordpress_exports(console, values)

    files = words.say("metavar-file") + "…"
    options = [
        click.Argument(["files"], type=Place(words), metavar=files, nargs=-1, required=True),
        _path(words, "--uploads"),
        _switch(words, "--download"),
        option(words, "--type", metavar=words.say("metavar-name"), multiple=True),
        *_importing(words),
    ]
    return _command(words, "wordpress", options, run)


def _views(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.cli import counting

        return counting.views(console, values)

    logs = words.say("metavar-log") + "…"
    name = words.say("metavar-name")
    options = [
        click.Argument(["logs"], type=Place(words), metavar=logs, nargs=-1, required=True),
        *_site(words),
        option(words, "--server", metavar=name, default=""),
        option(words, "--period", metavar=words.say("metavar-period"), default=""),
        _switch(words, "--dry-run"),
        _switch(words, "--json"),
    ]
    return _command(words, "views", options, run)


def _test(words: Catalog) -> Command:
    def run(console: Console, values: dict[str, Any]) -> int:
        from danvan_site.errors import UsageError

        raise UsageError("test-needs-launcher")

    metavar = words.say("metavar-tests")
    rest = click.Argument(["rest"], metavar=metavar, nargs=-1, type=click.UNPROCESSED)
    return _command(words, "test", [rest], run)
