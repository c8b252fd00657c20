"""What all tests share."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import made_sites
from tests.sites import BASE_URL, Output, Window, run_build, serving

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `browser` where the launcher has found and installed none."""
    if os.environ.get("DANVAN_BROWSER"):
        return
    reason = os.environ.get("DANVAN_NO_BROWSER", "no browser: start with `python build.py test`")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with the archive's samples, which is not part of the repository."""
    folder = Path(os.environ.get("DANVAN_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip("the samples beside the repository are not here (DANVAN_SHARED)")
    return folder


# The sites that the whole-site tests look at, and a browser to look with. See sites.py.


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of this run's sites."""
    return tmp_path_factory.mktemp("sites")


@pytest.fixture(scope="session")
def demo(work: Path) -> Output:
    """Build the repository's own site, with an address."""
    # Whatever the clock of this machine says, all its bulletins count as out.
    return run_build(work / "demo", work / "cache", "--future", "--base-url", BASE_URL)


@pytest.fixture(scope="session")
def homeless(work: Path) -> Output:
    """Build the repository's own site as one that does not know its address."""
    settings = (ROOT / "site.yaml").read_text("utf-8")
    config = work / "homeless.yaml"
    config.write_text(re.sub(r"(?m)^base_url:.*\n", "", settings), "utf-8")
    folders = ("--content", str(ROOT / "content"), "--templates", str(ROOT / "templates"))
    return run_build(
        work / "homeless", work / "cache", "--future", "--config", str(config), *folders
    )


def _made(work: Path, write: Callable[[Path], None]) -> Output:
    folder = work / write.__name__
    write(folder)
    output = work / "made" / folder.name
    return run_build(output, folder / "cache", "--jobs", "1", site=folder)


@pytest.fixture(scope="session")
def crowded(work: Path) -> Output:
    """Build a site with long lists, split months, a mail reply form."""
    return _made(work, made_sites.crowded)


@pytest.fixture(scope="session")
def english(work: Path) -> Output:
    """Build a site in English, with a reply form that a service receives."""
    return _made(work, made_sites.english)


@pytest.fixture(scope="session")
def dated(work: Path) -> Output:
    """Build a site whose bulletins meet on days, and on the same days of other years."""
    return _made(work, made_sites.dated)


@pytest.fixture(scope="session")
def bare(work: Path) -> Output:
    """Build a site with one bulletin that has a title and a date."""
    return _made(work, made_sites.bare)


@pytest.fixture(scope="session")
def empty(work: Path) -> Output:
    """Build a site without bulletins."""
    return _made(work, made_sites.empty)


@pytest.fixture(scope="session")
def addresses() -> Iterator[Callable[[Output, str], str]]:
    """Give a function that serves a site under a path for the whole run, and tells where."""
    with ExitStack() as stack:

        @cache
        def address(output: Output, mount: str = "/") -> str:
            return stack.enter_context(serving(output.folder, mount))

        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser that the launcher found."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=os.environ["DANVAN_BROWSER"])
        yield started
        started.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Window]]:
    """Give a function that opens a window on a site; whatever goes wrong in it fails the test."""
    windows: list[Window] = []

    def open_window(home: str, **options: object) -> Window:
        windows.append(Window(browser, home, **options))
        return windows[-1]

    yield open_window
    for each in windows:
        each.context.close()
    assert not [fault for each in windows for fault in each.faults]
