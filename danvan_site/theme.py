"""Where the program's own theme lies."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).parent / "theme"
_REPOSITORY = Path(__file__).parent.parent / "templates"


def theme_folder() -> Path:
    """Return the program's own theme: in the wheel, or beside the package in the repository."""
    return _INSTALLED if _INSTALLED.is_dir() else _REPOSITORY
