"""Open pages of the preview follow the builds: a script that stands in them only while they are
served, and the news that it listens to (server-sent events)."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Below it stand the files of this module; no published path begins with a dot.
PREFIX = "/.danvan/"
EVENTS = f"{PREFIX}events"
_FOLDER = Path(__file__).parent / "preview"
FILES = {f"{PREFIX}{name}": _FOLDER / name for name in ("preview.js", "preview.css")}
# A page that leads elsewhere at once is never looked at, and allows no script.
_LEADS_ON = b'http-equiv="refresh"'


@dataclass(frozen=True, slots=True)
class Words:
    """What the pages say of problems, and of putting them away."""

    title: str
    close: str


class News:
    """What the pages have to know: which build the page and its styles are of, what is wrong."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._changed = threading.Condition()
        # A page that was served by another run of the preview is told from this one's.
        self._run = secrets.token_hex(4)
        self._page = self._style = 0
        self._problems: Sequence[str] = ()

    def built(self, changed: Iterable[str], others: bool) -> None:
        """Tell of a build that went well: the paths that were made again, and whether anything
        besides them is different."""
        paths = list(changed)
        with self._changed:
            if others or not all(path.endswith(".css") for path in paths):
                self._page += 1
            elif paths:
                self._style += 1
            self._problems = ()
            self._changed.notify_all()

    def failed(self, problems: Sequence[str]) -> None:
        """Tell what is wrong."""
        with self._changed:
            self._problems = problems
            self._changed.notify_all()

    def wait(self, known: str, seconds: float) -> str:
        """Return the news as JSON as soon as they are not what is *known*, or after a while."""
        with self._changed:
            self._changed.wait_for(lambda: self._json() != known, seconds)
            return self._json()

    def _json(self) -> str:
        value = {
            "page": f"{self._run}-{self._page}",
            "style": f"{self._run}-{self._style}",
            "problems": list(self._problems),
            "title": self._words.title,
            "close": self._words.close,
        }
        return json.dumps(value)

    def script(self) -> bytes:
        """Return the script that listens, for a page that is read after this: one of a later build
        is then loaded once more, and none ever counts as later than it is."""
        with self._changed:
            page, style = f"{self._run}-{self._page}", f"{self._run}-{self._style}"
        tag = f'<script src="{PREFIX}preview.js" data-page="{page}" data-style="{style}"></script>'
        return tag.encode()


def injected(page: bytes, script: bytes) -> bytes:
    """Return a page with a script in it."""
    if _LEADS_ON in page:
        return page
    before, end, after = page.rpartition(b"</body>")
    return before + script + end + after if end else page + script
