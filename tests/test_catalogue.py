"""Every word the program says stands in the catalogue, in both languages, and fits its place."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import jinja2
import pytest
from jinja2 import nodes

from danvan_site import catalog
from danvan_site.errors import Place, Problem, Severity

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = catalog.LANGUAGES
VIETNAMESE, ENGLISH = (catalog.load(language) for language in LANGUAGES)
# Written tòa, hóa, thủy, khỏe; «quý» is q + uý and stays.
NEW_STYLE_TONE = re.compile(r"(?:o[àáảãạèéẻẽẹ]|(?<!q)u[ỳýỷỹỵ])(?![^\W_])", re.IGNORECASE)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def all_texts(words: catalog.Catalog) -> dict[str, str]:
    problems = {
        f"problem.{code}.{part}": text
        for code, texts in words.problems.items()
        for part, text in texts.items()
    }
    return {
        **{f"cli.{key}": text for key, text in words.cli.items()},
        **{f"site.{key}": text for key, text in words.site.items()},
        **problems,
    }


# The two languages


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    vietnamese, english = all_texts(VIETNAMESE), all_texts(ENGLISH)
    assert set(vietnamese) == set(english)
    for key in vietnamese:
        assert placeholders(vietnamese[key]) == placeholders(english[key]), key


@pytest.mark.parametrize("words", [VIETNAMESE, ENGLISH], ids=LANGUAGES)
def test_every_text_formats(words: catalog.Catalog) -> None:
    for key, text in all_texts(words).items():
        assert text.strip(), key
        assert all(name.isidentifier() for name in placeholders(text)), key
        filled = text.format(**{name: f"<{name}>" for name in placeholders(text)})
        assert all(f"<{name}>" in filled for name in placeholders(text)), key


@pytest.mark.parametrize("words", [VIETNAMESE, ENGLISH], ids=LANGUAGES)
def test_every_problem_says_what_is_wrong_and_what_to_do(words: catalog.Catalog) -> None:
    for code, texts in words.problems.items():
        assert set(texts) == {"text", "remedy"}, code
        assert "\n" not in texts["text"] + texts["remedy"], code
        assert texts["remedy"].endswith((".", "?", "build.py test")), code


def test_vietnamese_is_composed_and_tones_stand_where_they_used_to() -> None:
    for key, text in all_texts(VIETNAMESE).items():
        assert unicodedata.is_normalized("NFC", text), key
        assert not NEW_STYLE_TONE.search(text), key


# Problems in the source


class Call(NamedTuple):
    """Where the source names a problem: its code, and its details where they are plain."""

    code: str
    details: set[str] | None
    where: str


@cache
def trees() -> Mapping[Path, ast.Module]:
    files = sorted((ROOT / "danvan_site").rglob("*.py"))
    return {file: ast.parse(file.read_text("utf-8")) for file in files}


def functions(tree: ast.AST) -> Iterator[tuple[str, list[str], bool]]:
    """Yield the functions of a module: name, parameters without self, whether it takes any key."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    names = [each.arg for each in method.args.args[1:]]
                    yield node.name, names, method.args.kwarg is not None
        elif isinstance(node, ast.FunctionDef):
            names = [each.arg for each in node.args.args if each.arg != "self"]
            yield node.name, names, node.args.kwarg is not None


@cache
def takers_of_codes() -> Mapping[str, tuple[int, bool]]:
    """Return the functions that take a problem's code: at which position, and whether the
    keywords of a call are its details."""
    found = {"Problem": (0, False)}
    for tree in trees().values():
        for name, parameters, any_key in functions(tree):
            if "code" in parameters:
                found[name] = parameters.index("code"), any_key
    return found


def name_of(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def literal_keys(node: ast.expr | None, inside: ast.AST) -> set[str] | None:
    """Return the keys of a dict that is written out, here or just before in the function."""
    if isinstance(node, ast.Name):
        before = [
            each
            for each in ast.walk(inside)
            if isinstance(each, ast.Assign)
            and name_of(each.targets[0]) == node.id
            and each.lineno <= node.lineno
        ]
        node = max(before, key=lambda each: each.lineno).value if before else None
    if not isinstance(node, ast.Dict):
        return None
    return {key.value for key in node.keys if isinstance(key, ast.Constant)}


def details_of(call: ast.Call, inside: ast.AST) -> set[str] | None:
    """Return the details that a call gives, None where they are made elsewhere."""
    if name_of(call.func) == "Problem":
        return literal_keys(call.args[2] if len(call.args) > 2 else ast.Dict([], []), inside)
    if not takers_of_codes()[name_of(call.func)][1]:
        return None
    keywords = {each.arg for each in call.keywords}
    return None if None in keywords else {key for key in keywords if key}


def calls() -> Iterator[Call]:
    for file, tree in trees().items():
        scopes: dict[ast.Call, ast.AST] = {}
        for scope in (tree, *ast.walk(tree)):  # from the outside in: the innermost one stays
            if scope is tree or isinstance(scope, ast.FunctionDef):
                inside = (node for node in ast.walk(scope) if isinstance(node, ast.Call))
                scopes.update(dict.fromkeys(inside, scope))
        for node, scope in scopes.items():
            if name_of(node.func) in takers_of_codes():
                position, _ = takers_of_codes()[name_of(node.func)]
                code = node.args[position] if len(node.args) > position else None
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    yield Call(code.value, details_of(node, scope), f"{file.name}:{node.lineno}")


def chosen_codes() -> Iterator[str]:
    """Yield codes that are not arguments: those that a variable `code` or `fault` is set to, and
    those of a table of codes."""
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and name_of(node.targets[0]) in (
                "code", "fault", "_YAML_FAULTS",
            ):  # fmt: skip
                for each in ast.walk(node.value):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.value


@cache
def literals() -> frozenset[str]:
    return frozenset(
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_every_code_of_the_source_has_its_text() -> None:
    codes = {call.code for call in calls()}
    codes |= {code for code in chosen_codes() if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", code)}
    assert {"unknown-key", "yaml-tab", "image-external", "bad-slug", "import-no-title"} <= codes
    assert codes <= set(VIETNAMESE.problems)


def test_no_problem_is_in_the_catalogue_for_nothing() -> None:
    assert not set(VIETNAMESE.problems) - literals()


def test_problems_are_told_with_details_that_their_places_give() -> None:
    checked = 0
    for call in calls():
        if call.details is not None:
            texts = VIETNAMESE.problems[call.code]
            wanted = placeholders(texts["text"]) | placeholders(texts["remedy"])
            assert wanted <= call.details, f"{call.where}: {call.code}"
            checked += 1
    assert checked > 60


def test_a_problem_reads_place_text_code_and_remedy() -> None:
    details = {"key": "athor", "meant": "author"}
    problem = Problem("unknown-key", Place("content/a.md", 3, 1), details, Severity.WARNING)
    assert VIETNAMESE.problem(problem).split("\n")[0] == (
        "content/a.md:3:1: cảnh báo: không có khóa “athor” – có phải ý là “author”? [unknown-key]"
    )
    assert ENGLISH.problem(problem).split("\n")[1].startswith("    → ")
    assert ENGLISH.record(problem) | {"text": "", "remedy": ""} == {
        "code": "unknown-key", "severity": "warning", "file": "content/a.md", "line": 3,
        "column": 1, "text": "", "remedy": "",
    }  # fmt: skip


def test_what_is_known_of_a_file_is_told_even_where_the_text_has_no_place_for_it() -> None:
    details = {"target": "anh/a.jpg", "reason": "Permission denied"}
    text, _ = ENGLISH.explain(Problem("file-unreadable", Place("content/a.md"), details))
    assert text == "the file cannot be read (anh/a.jpg; Permission denied)"


# The command line and the pages


@cache
def beginnings() -> frozenset[str]:
    """Return how the keys begin that the source puts together: f"stage-{name}"."""
    return frozenset(
        node.values[0].value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        and isinstance(node.values[0], ast.Constant)
        and re.fullmatch(r"[a-z]+(?:-[a-z]+)*[-_]", str(node.values[0].value))
    )  # fmt: skip


def is_put_together(key: str) -> bool:
    return any(key.startswith(beginning) for beginning in beginnings())


def spoken() -> Iterator[tuple[str, set[str] | None, str]]:
    """Yield what the source says: key, details (None: not all written out), where."""
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of(node.func) == "say" and node.args:
                key, keywords = node.args[0], {each.arg for each in node.keywords}
                if isinstance(key, ast.Constant) and (node.keywords or isinstance(key.value, str)):
                    details = None if None in keywords else {each for each in keywords if each}
                    yield str(key.value), details, f"{file.name}:{node.lineno}"


def test_what_the_command_line_says_fits_its_texts_exactly() -> None:
    said = [each for each in spoken() if each[0] in VIETNAMESE.cli]
    assert len(said) > 50
    for key, details, where in said:
        if details is not None:
            assert placeholders(VIETNAMESE.cli[key]) == details, f"{where}: {key}"


def test_the_command_line_has_no_unused_and_no_missing_texts() -> None:
    assert not {key for key, _, _ in spoken() if re.fullmatch(r"[a-z-]+", key)} - set(
        VIETNAMESE.cli
    )
    unused = {key for key in VIETNAMESE.cli if key not in literals() and not is_put_together(key)}
    assert not unused


def template_calls() -> Iterator[tuple[str, set[str], str]]:
    """Yield each t('key', name=…) of the theme: key, names, where."""
    environment = jinja2.Environment()
    theme = ROOT / "templates"
    for file in sorted([*theme.rglob("*.html"), *theme.glob("*.js")]):
        for node in environment.parse(file.read_text("utf-8")).find_all(nodes.Call):
            if isinstance(node.node, nodes.Name) and node.node.name == "t":
                key = node.args[0]
                assert isinstance(key, nodes.Const), f"{file.name}:{node.lineno}"
                names = {each.key for each in node.kwargs}
                yield str(key.value), names, f"{file.name}:{node.lineno}"


def test_the_theme_uses_texts_that_are_there_with_what_they_need() -> None:
    for key, names, where in template_calls():
        assert key in VIETNAMESE.site, where
        assert placeholders(VIETNAMESE.site[key]) == names, f"{where}: {key}"


def test_the_plan_uses_texts_that_are_there() -> None:
    for file, tree in trees().items():
        if "plan" not in file.parts:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of(node.func) == "text" and node.args:
                key = node.args[0]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    where = f"{file.name}:{node.lineno}: {key.value}"
                    names = {each.arg for each in node.keywords}
                    assert placeholders(VIETNAMESE.site[key.value]) == names, where


def test_the_pages_have_no_unused_texts() -> None:
    used = {key for key, _, _ in template_calls()} | literals()
    assert not {key for key in VIETNAMESE.site if key not in used and not is_put_together(key)}
