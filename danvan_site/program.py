"""What this program is, and what it works with: by that, two machines see that they do the same."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from danvan_site.theme import theme_folder

# The libraries that have a part in what is published.
_LIBRARIES = (
    "fontpkg-noto-serif", "jinja2", "lunr", "markdown-it-py", "markupsafe", "mdit-py-plugins",
    "nh3", "numpy", "pillow", "pyyaml",
)  # fmt: skip


@cache
def program_digest() -> str:
    """Return the digest of this program's own code and words: another program, another state."""
    package = Path(__file__).parent
    files = (file for suffix in ("*.py", "*.toml") for file in sorted(package.rglob(suffix)))
    return _digest(package, files)


def parts() -> dict[str, str]:
    """Return what the bytes of a site depend on besides the site, by name: digests and versions."""
    theme = theme_folder()
    files = (file for file in sorted(theme.rglob("*")) if file.is_file())
    # Which letters there are, and how they are compared, belongs to a Python's minor version.
    python = ".".join(platform.python_version_tuple()[:2])
    own = {"danvan-site": program_digest(), "templates": _digest(theme, files), "Python": python}
    return own | {name: _version(name) for name in _LIBRARIES}


def _digest(folder: Path, files: Iterable[Path]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _version(library: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""
