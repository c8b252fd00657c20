"""`serve`: the preview, and what it says in the terminal."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any

from danvan_site import builder, server
from danvan_site.cli import DONE
from danvan_site.cli.building import Bars, now, options_of, summarise
from danvan_site.cli.console import Console
from danvan_site.errors import Problem
from danvan_site.options import BuildOptions, BuildReport
from danvan_site.reloading import Words


def serve(console: Console, values: Mapping[str, Any]) -> int:
    """Build, serve and build again until Ctrl+C, which is how a preview ends."""
    words = console.words
    options = options_of(values)

    def build() -> BuildReport:
        # Time goes on: a bulletin dated ten o'clock appears with the first build after ten.
        current = dataclasses.replace(options, now=now())
        with contextlib.ExitStack() as stack:
            bars = Bars(words, stack)
            return builder.build(current, bars, lambda: console.say_aside(words.say("waiting")))

    texts = server.Texts(
        forbidden=words.say("serve-forbidden"),
        not_found=words.say("serve-not-found"),
        nothing_yet=words.say("serve-nothing-yet"),
        over_pages=Words(words.say("serve-wrong"), words.say("serve-close")),
        problem=words.problem,
    )
    listener = _Terminal(console, options, values["open"])
    if values["lan"]:
        console.say_aside(words.say("serve-lan"))
    try:
        server.serve(
            build, options, texts, listener, values["port"], values["lan"], values["polling"]
        )
    except KeyboardInterrupt:
        console.say_aside("\n" + words.say("serve-stopped"))
    return DONE


class _Terminal:
    """Says what happens; the first good build at length, the later ones in a line."""

    def __init__(self, console: Console, options: BuildOptions, open_browser: bool) -> None:
        self._console = console
        self._options = options
        self._open_browser = open_browser
        self._built = False

    def ready(self, url: str) -> None:
        """Say where the site is."""
        self._console.say(self._console.words.say("serve-ready", url=url))
        if self._open_browser:
            import webbrowser

            webbrowser.open(url)

    def built(self, report: BuildReport) -> None:
        """Say what was built."""
        words = self._console.words
        if not self._built:
            summarise(self._console, self._options, report)
        elif report.rendered or report.removed or report.problems:
            self._console.list_problems(report.problems)
            seconds = words.seconds(sum(report.seconds.values()))
            rendered = words.number(report.rendered)
            self._console.say(words.say("serve-rebuilt", rendered=rendered, seconds=seconds))
        self._built = True

    def failed(self, problems: list[Problem]) -> None:
        """List what is wrong."""
        self._console.list_problems(problems)
        if self._built:
            self._console.say_aside(self._console.words.say("serve-kept"))
