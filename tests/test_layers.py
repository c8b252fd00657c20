"""The house stays as ARCHITECTURE.md draws it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "danvan_site"

# A module imports only from layers with a smaller number, and inside its own package.
LAYERS = (
    ("errors", "limits", "vietnamese"),
    (
        "addresses",
        "alternatives",
        "beside",
        "compression",
        "dates",
        "durable",
        "kinds",
        "levels",
        "locks",
        "markup",
        "memory",
        "options",
        "palette",
        "theme",
    ),
    (
        "abbreviations",
        "catalog",
        "citations",
        "environment",
        "failures",
        "program",
        "remote",
        "schema",
    ),
    ("comments", "config", "frontmatter", "markdown", "output", "state", "views", "workers"),
    ("cluster", "discovery", "permanence", "pictures", "records", "succession"),
    ("content",),
    ("library", "search", "templates"),
    ("plan", "render"),
    ("compressing", "rendering"),
    ("stages",),
    ("builder",),
    ("reloading",),
    ("server", "importers", "counting"),
    ("examining", "integrity", "scaffold"),
    ("cli",),
    ("__main__",),
)
LAYER_OF = {name: layer for layer, names in enumerate(LAYERS) for name in names}
LONGEST_FUNCTION = 50


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def unit_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_units(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            pytest.fail(f"{path}:{node.lineno}: a relative import hides what it reaches for")
        if isinstance(node, ast.ImportFrom) and node.module == "danvan_site":
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("danvan_site."):
            yield str(node.module).split(".")[1], node.lineno
        elif isinstance(node, ast.Import):
            for name in node.names:
                if name.name.startswith("danvan_site."):
                    yield name.name.split(".")[1], node.lineno


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_lower_layers(path: Path) -> None:
    unit = unit_of(path)
    if unit == "__init__":
        assert not list(imported_units(path))
        return
    for imported, line in imported_units(path):
        if imported in (unit, "__version__"):
            continue
        assert LAYER_OF[imported] < LAYER_OF[unit], (
            f"{path.name}:{line}: {unit} must not know {imported}"
        )


def test_every_module_has_its_layer() -> None:
    units = {unit_of(path) for path in modules()} - {"__init__"}
    assert units == set(LAYER_OF)


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long


def test_public_things_say_what_they_are() -> None:
    silent = [
        f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 1)}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Module | ast.ClassDef)
        and not ast.get_docstring(node)
        and not getattr(node, "name", "").startswith("_")
        and path.name != "__main__.py"
    ]
    assert not silent
