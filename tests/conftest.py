"""What all tests share."""

import os
from pathlib import Path

import pytest

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
