"""Renew what the documents quote from the program: `python docs/cap_nhat.py`.

A quoted part stands between `<!-- NAME -->` and `<!-- /NAME -->`: the help of every command, two
sample reports, the table of messages. `tests/test_docs.py` fails where one is not what the program
says now.
"""

from __future__ import annotations

import os
import re
import string
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HANDBOOK = ROOT / "docs" / "huong-dan.md"
README = ROOT / "README.md"
LANGUAGE_OF = {HANDBOOK: "vi", README: "en"}

_MARKED = re.compile(
    r"<!-- (?P<name>[^/\n][^\n]*?) -->\n(?P<text>.*?)<!-- /(?P=name) -->", re.DOTALL
)
_HEADING_OF_COMMANDS = "\nCommands:\n"
_SECONDS = re.compile(r"\([\d.,]+ giây\)")
_TIME = "1796004000"  # s: 30 November 2026, so that the samples do not depend on the day


def run(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the program of this repository in *folder* as a terminal of 80 columns would show it."""
    kept = {key: value for key, value in os.environ.items() if key not in ("LANG", "LC_ALL", "TZ")}
    environment = kept | {
        "COLUMNS": "80",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "SOURCE_DATE_EPOCH": _TIME,
    }
    return subprocess.run(
        [sys.executable, "-m", "danvan_site", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def help_of(command: str, language: str) -> str:
    """Return what `--help` prints for a command such as `import capture`, '' for the program."""
    done = run("--language", language, *command.split(), "--help")
    if done.returncode:
        raise RuntimeError(done.stdout)
    return done.stdout.rstrip() + "\n"


def commands(parent: str = "") -> list[str]:
    """Return all commands that the program's help names, those of commands included."""
    _, _, listed = help_of(parent, "en").partition(_HEADING_OF_COMMANDS)
    # A deeper line goes on with the text of the command above it.
    names = [line.split()[0] for line in listed.splitlines() if line[2:3] > " "]
    full = [f"{parent} {name}".strip() for name in names]
    return [each for name in full for each in (name, *commands(name))]


# The sample reports


def _bulletin(title: str, *lines: str, body: str = "Nội dung.") -> str:
    return "\n".join(["---", f"title: {title}", *lines, "---", "", body, ""])


def _report_of(bulletins: dict[str, str]) -> str:
    """Return what a build of a new site with these bulletins prints."""
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary) / "trang"
        made = run("--language", "vi", "init", str(site))
        if made.returncode:
            raise RuntimeError(made.stdout)
        for path, text in bulletins.items():
            file = site / "content" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="\n")
        printed = run("--jobs", "1", folder=site).stdout
    return _SECONDS.sub("(0,4 giây)", printed).rstrip() + "\n"


def sample_report() -> str:
    """Return the report of a site with a draft and a bulletin for a later day."""
    return _report_of(
        {
            "2026/11/so-ket-quy.md": _bulletin("Sơ kết quý", "date: 2026-11-25", "draft: true"),
            "2026/12/ngay-hoi.md": _bulletin("Ngày hội đại đoàn kết", "date: 2026-12-22 07:00"),
        }
    )


def sample_problems() -> str:
    """Return the report of a site with three frequent mistakes."""
    mistaken = ("date: Thứ Hai, 25/11/2026", "athor: Minh Khuê")
    body = "Xem [tin trước](../10/hop-thom.md)."
    return _report_of(
        {
            "2026/10/hop-thon.md": _bulletin("Họp thôn", "date: 2026-10-30"),
            "2026/11/le-ra-mat.md": _bulletin("Lễ ra mắt", "date: 2026-11-20", body=body),
            "2026/11/tin-moi.md": _bulletin("Tin mới", *mistaken),
        }
    )


# The tables of messages


def _shown(text: str) -> str:
    """Return a text for a table: … where a detail goes, nothing that Markdown would act on."""
    pieces = string.Formatter().parse(text)
    plain = "".join(literal + ("…" if field is not None else "") for literal, field, *_ in pieces)
    return re.sub(r"[|*\[\]<]", r"\\\g<0>", " ".join(plain.split()))


def _grouped_codes(catalogue: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the catalogue's groups of problems: the comment above each, and its codes."""
    heading, codes = "", list[str]()
    for line in catalogue.splitlines():
        comment = re.fullmatch(r"# (.+)", line)
        code = re.fullmatch(r"\[problem\.([a-z0-9-]+)\]", line)
        if comment:
            if codes:
                yield heading, codes
            heading, codes = comment[1], []
        elif code:
            codes.append(code[1])
    if codes:
        yield heading, codes


def messages() -> str:
    """Return every problem of the catalogue with its remedy, a table for each group."""
    text = (ROOT / "danvan_site" / "locale" / "vi.toml").read_text("utf-8")
    problems = tomllib.loads(text)["problem"]
    lines: list[str] = []
    for heading, codes in _grouped_codes(text):
        lines += [f"### {heading}", "", "| Mã | Điều gì sai | Cần làm gì |", "|---|---|---|"]
        for code in codes:
            words = problems[code]
            lines.append(f"| `{code}` | {_shown(words['text'])} | {_shown(words['remedy'])} |")
        lines.append("")
    return "\n".join(lines)


def launcher_messages() -> str:
    """Return what the launcher can say while it sets things up."""
    sys.path.insert(0, str(ROOT))
    try:
        from build import MESSAGES, TOO_OLD
    finally:
        sys.path.remove(str(ROOT))
    texts = [TOO_OLD.splitlines()[0].removeprefix("build.py: ")]
    # What begins with a space is no message of its own: the list of what is being installed.
    texts += [vietnamese for vietnamese, _ in MESSAGES.values() if vietnamese[0] != " "]
    return "".join(f"- {_shown(text.replace('{venv}', '`.venv`'))}\n" for text in texts)


# Putting it in


def _fenced(text: str) -> str:
    return f"```text\n{text}```\n"


def _help_part(command: str, language: str) -> str:
    return _fenced(help_of(command, language))


def parts(language: str) -> dict[str, Callable[[], str]]:
    """Return how each part that a document can quote is made."""
    made: dict[str, Callable[[], str]] = {
        "sample report": lambda: _fenced(sample_report()),
        "sample problems": lambda: _fenced(sample_problems()),
        "messages": messages,
        "launcher": launcher_messages,
    }
    for command in ("", *commands()):
        made[f"help {command}".strip()] = partial(_help_part, command, language)
    return made


def renewed(document: Path) -> str:
    """Return a document's text with all its quoted parts as they should be."""
    made = parts(LANGUAGE_OF[document])

    def part(match: re.Match[str]) -> str:
        name = match["name"]
        return f"<!-- {name} -->\n{made[name]()}<!-- /{name} -->"

    return _MARKED.sub(part, document.read_text("utf-8"))


def main() -> None:
    """Write the documents anew where something has changed."""
    for document in LANGUAGE_OF:
        before, after = document.read_text("utf-8"), renewed(document)
        if after != before:
            document.write_text(after, "utf-8", newline="\n")
            print(f"{document.relative_to(ROOT).as_posix()}: mới")


if __name__ == "__main__":
    main()
