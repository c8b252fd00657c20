"""The documents say what the program does: keys, settings, commands, messages, links."""

import importlib.util
import inspect
import json
import re
import shlex
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from danvan_site import __version__, catalog, config, frontmatter, scaffold, schema
from tests.workbench import ROOT

HANDBOOK = ROOT / "docs" / "huong-dan.md"
README = ROOT / "README.md"
# Heading of the handbook → the schema that the table below it describes.
TABLES = {
    "### Khóa của tin": frontmatter._BULLETIN,
    "### Khóa của trang riêng": frontmatter._PLAIN_PAGE,
    "## Cài đặt của trang: site.yaml": config.SETTINGS,
}
FREE_KEYS = ("search.abbreviations", "check.levels")  # what stands below them is the site's own
LARGEST_PICTURE = 300_000  # bytes


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


updating = _load("cap_nhat")


def _text(document: Path) -> str:
    return document.read_text("utf-8")


# Keys and settings


def _fields(reader: schema.Reader) -> Mapping[str, schema.Reader]:
    """Return the fields of the record that a reader reads, alone or in a list; {} for none."""
    known = inspect.getclosurevars(reader)
    if "fields" in known.nonlocals:
        fields: Mapping[str, schema.Reader] = known.nonlocals["fields"]
        return fields
    inner = [known.nonlocals.get("item")]
    if reader.__module__ != schema.__name__:  # a reader made of others
        inner += known.globals.values()
    found = (_fields(each) for each in inner if inspect.isfunction(each))
    return next((fields for fields in found if fields), {})


def _keys(fields: Mapping[str, schema.Reader], prefix: str = "") -> Iterator[str]:
    """Yield all keys of a schema, nested ones as `image.src`, in its order."""
    for key, reader in fields.items():
        yield prefix + key
        yield from _keys(_fields(reader), f"{prefix}{key}.")


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading of the handbook."""
    section = _text(HANDBOOK).partition(f"\n{heading}\n")[2].partition("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_has_its_row_and_every_row_its_key(heading: str) -> None:
    assert [row[0].strip("`") for row in _rows(heading)] == list(_keys(TABLES[heading]))


@pytest.mark.parametrize("heading", TABLES)
def test_the_examples_of_keys_are_read_without_complaint(heading: str) -> None:
    for key, _, example, _ in _rows(heading):
        key = key.strip("`")
        if not example or key in FREE_KEYS:
            continue
        fields = TABLES[heading]
        for parent in key.split(".")[:-1]:
            fields = _fields(fields[parent])
        source = schema.Source("bảng")
        values = source.read(source.compose(example.strip("`").removeprefix("- ")), fields)
        assert not source.problems, (key, source.problems)
        assert list(values) == [key.split(".")[-1]]


def _written_keys(values: object, prefix: str = "") -> set[str]:
    if isinstance(values, list):
        return set[str]().union(*(_written_keys(each, prefix) for each in values))
    if not isinstance(values, dict) or prefix.rstrip(".") in FREE_KEYS:
        return set()
    found = {prefix + key for key in values}
    return found.union(*(_written_keys(each, f"{prefix}{key}.") for key, each in values.items()))


def test_the_first_settings_of_a_site_show_every_setting(tmp_path: Path) -> None:
    text = scaffold.starter("vi")
    # An example has no space behind its #, or two where it stands below another key.
    shown = re.sub(r"(?m)^#(?=\S|  )", "", text)
    (tmp_path / "site.yaml").write_text(shown, "utf-8")
    config.load(tmp_path / "site.yaml", "site.yaml")
    assert _written_keys(yaml.safe_load(shown)) == set(_keys(config.SETTINGS))


# Commands and messages


@cache
def _commands() -> tuple[str, ...]:
    return tuple(updating.commands())


@pytest.mark.parametrize("document", [README, HANDBOOK], ids=lambda path: path.name)
def test_what_is_quoted_from_the_program_is_what_it_says(document: Path) -> None:
    assert _text(document) == updating.renewed(document), "python docs/cap_nhat.py"


def test_the_handbook_has_the_help_of_every_command_and_all_options() -> None:
    text = _text(HANDBOOK)
    for command in ("", *_commands()):
        assert f"<!-- {f'help {command}'.strip()} -->" in text
        for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", updating.help_of(command, "vi")):
            assert option in text


def test_every_problem_has_its_row() -> None:
    quoted = {match["name"]: match["text"] for match in updating._MARKED.finditer(_text(HANDBOOK))}
    rows = re.findall(r"(?m)^\| `([a-z0-9-]+)` \|", quoted["messages"])
    assert rows == list(catalog.load("vi").problems)


def _command_lines(document: Path) -> list[list[str]]:
    """Return the arguments of every command of the program in a document's fenced blocks."""
    blocks = re.findall(r"(?ms)^ *```(?:sh|bat|yaml)\n(.*?)^ *```", _text(document))
    lines = [line for block in blocks for line in block.splitlines()]
    found = [re.search(r"\b(?:py|python3?) \S*build\.py\b(.*)", line) for line in lines]
    return [shlex.split(match[1].replace("\\", "/")) for match in found if match]


@pytest.mark.parametrize("document", [README, HANDBOOK], ids=lambda path: path.name)
def test_the_commands_shown_are_commands_of_the_program(document: Path) -> None:
    lines = {tuple(line) for line in _command_lines(document)}
    assert len(lines) > 5
    for line in lines:
        done = updating.run(*line, "--help")
        assert done.returncode == 0, done.stdout


def test_the_five_minutes_of_the_readme_lead_to_a_site(tmp_path: Path) -> None:
    beside = tmp_path / "danvan-site"
    shutil.copytree(ROOT / "tests" / "captures", beside / "captures")
    for line in _command_lines(README):
        if line and line[0] in ("test", "serve"):
            continue
        if line:
            done = updating.run(*line, folder=beside)
            assert done.returncode == 0, done.stdout
    site = tmp_path / "my-bulletin"
    assert (site / "public" / "index.html").is_file()
    assert (site / "content" / "2021" / "03").is_dir()


def test_the_bulletin_of_the_readme_is_enough(tmp_path: Path) -> None:
    shown = re.search(r"(?s)```markdown\n(.*?)```", _text(README))
    assert shown
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "tin.md").write_text(shown[1], "utf-8")
    (tmp_path / "site.yaml").write_text("title: Thử\n", "utf-8")
    done = updating.run("check", "--strict", "--json", "--future", "--jobs", "1", folder=tmp_path)
    assert json.loads(done.stdout)["bulletins"] == 1


# The documents among themselves


def _tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-z", "--", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    if done.returncode:
        pytest.skip("not a git clone")
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def _anchor(heading: str) -> str:
    """Return the anchor that code hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _anchors(document: Path) -> set[str]:
    text = re.sub(r"(?ms)^ *```.*?^ *```", "", _text(document))
    return {_anchor(heading) for heading in re.findall(r"(?m)^#+ (.+)$", text)}


def _documents() -> list[Path]:
    return [path for path in _tracked("*.md") if "content" not in path.relative_to(ROOT).parts]


def test_links_between_the_documents_lead_somewhere() -> None:
    for document in _documents():
        text = re.sub(r"(?ms)^ *```.*?^ *```|`[^`\n]*`", "", _text(document))
        links = re.findall(r"(?<!\\)\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
        for link in links:
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = document.parent / path if path else document
            assert target.exists(), (document.name, link)
            assert not anchor or anchor in _anchors(target), (document.name, link)


def test_files_that_the_documents_name_are_there() -> None:
    for document in _documents():
        names = re.findall(r"`((?:danvan_site|docs|templates|tests)/[\w./-]+)`", _text(document))
        for name in names:
            assert (ROOT / name).exists(), (document.name, name)


def test_tests_that_the_table_of_security_names_are_there() -> None:
    for row in _text(ROOT / "SECURITY.md").splitlines():
        holder = ""
        for file, name in re.findall(r"`(?:(tests/\w+\.py)::)?(test_\w+)`", row):
            holder = file or holder
            assert f"\ndef {name}(" in _text(ROOT / holder), (holder, name)


def test_the_changelog_has_this_version() -> None:
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize(("name", "width"), [("home-1280-light", 1280), ("article-360-light", 360)])
def test_the_pictures_of_the_readme_are_light(name: str, width: int) -> None:
    picture = (ROOT / "docs" / "screenshots" / f"{name}.png").read_bytes()
    assert struct.unpack(">I", picture[16:20])[0] == width
    assert len(picture) < LARGEST_PICTURE


def test_no_file_names_a_machine_or_a_package_registry() -> None:
    # With a letter in brackets, or this file would be the first to be found.
    folders = "|".join(["work", "tmp", "root"])
    hosts = "|".join(["py[p]i[.]org", "python[h]osted[.]org", "npm[j]s[.](?:org|com)"])
    forbidden = re.compile(rf"(?<!\w)/(?:{folders})/|{hosts}")
    for path in _tracked():
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            found = forbidden.search(data.decode("utf-8", "replace"))
            assert not found, (path.relative_to(ROOT), found)


def test_the_handbook_puts_tone_marks_in_one_way() -> None:
    """hòa, khóa, ủy: on the first vowel of oa, oe, uy, where no letter follows."""
    text = _text(HANDBOOK)
    own = updating._MARKED.sub("", text)
    newer = re.findall(r"\w*(?:o[àáảãạèéẻẽẹ]|(?<![qQ])u[ỳýỷỹỵ])(?!\w)", own)
    assert newer == ["hoà"], "once, where both ways are named"
