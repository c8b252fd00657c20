"""Every kind of page looks as it did when somebody last looked at it: docs/screenshots."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import seen
from tests.test_html import KINDS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Serve the sites of which there are pictures."""
    with seen.sites(tmp_path_factory.mktemp("seen")) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def _same_letters(browser: Browser) -> None:
    here, there = seen.made_with(browser), seen.kept_with()
    if here != there:
        pytest.skip(f"letters look otherwise here ({here}) than in the pictures ({there})")


@pytest.mark.usefixtures("_same_letters")
@pytest.mark.parametrize("view", seen.VIEWS, ids=lambda view: view.name)
def test_a_page_looks_as_in_its_picture(
    view: seen.View, browser: Browser, addresses: dict[str, str], tmp_path: Path
) -> None:
    now = seen.take(browser, addresses, view)
    share = seen.difference(view.file.read_bytes(), now)
    (tmp_path / view.file.name).write_bytes(now)
    assert share <= seen.TOLERANCE, (
        f"{share:.2%} of {view.file.name} is otherwise: look at {tmp_path / view.file.name}; "
        "if it is as it should be: python docs/screenshots.py"
    )


def test_every_kind_of_page_has_its_pictures_and_they_are_shown() -> None:
    assert {view.kind for view in seen.VIEWS} == KINDS - {"redirect"}
    assert {file.stem for file in seen.PICTURES.glob("*.png")} == {view.name for view in seen.VIEWS}
    path = seen.PICTURES.with_name("screenshots.py")
    spec = importlib.util.spec_from_file_location("screenshots", path)
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text("utf-8") == script.page(seen.VIEWS)


def test_a_moved_line_is_noticed(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 1100})
    page.set_content("<p>Một dòng chữ.</p>" * 20)
    before = page.screenshot()
    page.evaluate("document.querySelectorAll('p')[9].style.marginTop = '20px'")
    after = page.screenshot()
    page.close()
    assert seen.difference(before, before) == 0
    assert seen.difference(before, after) > seen.TOLERANCE
