"""Take the pictures of the demo site's pages anew: `python docs/screenshots.py`.

They are shown in the README and in screenshots.md, and the tests hold the pages against them.
Needs the test dependencies and a browser, as `python3 build.py test` sets them up.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "screenshots.md"
TITLES = {
    "home": "Home page",
    "article": "A bulletin",
    "listing": "A category",
    "month": "A month",
    "search": "Search",
    "year": "A year",
    "day": "A day of a month that has a page for each",
    "month-bulletin": "A month as one document for paper",
    "archive": "All years",
    "terms": "Index of units",
    "documents": "Documents that bulletins cite",
    "page": "A plain page",
    "site-map": "Site map",
    "not-found": "Page for what is not there",
    "expired": "What a bulletin leaves that has expired",
    "offline": "Pages kept for reading offline",
}


def main() -> None:
    """Build the demo in a temporary folder, take a picture of each view, write the page."""
    sys.path.insert(0, str(ROOT))
    import build
    from tests import seen

    seen.PICTURES.mkdir(exist_ok=True)
    for old in seen.PICTURES.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=build.find_browser() or None)
        with seen.sites(Path(temporary)) as addresses:
            for view in seen.VIEWS:
                view.file.write_bytes(seen.take(browser, addresses, view))
        made_with = json.dumps(seen.made_with(browser), ensure_ascii=False, indent=1)
        seen.MADE_WITH.write_text(f"{made_with}\n", "utf-8")
        browser.close()
    PAGE.write_text(page(seen.VIEWS), "utf-8")


def page(views: list[object]) -> str:
    """Return the page that shows all pictures, a kind of page a section."""
    from tests.seen import View

    lines = [
        "# The pages of the demo site",
        "",
        "Taken by `python docs/screenshots.py`; the tests hold every page against its picture.",
    ]
    shown = [each for each in views if isinstance(each, View)]
    for kind, title in TITLES.items():
        lines += ["", f"## {title}", ""]
        for each in shown:
            if each.kind == kind:
                size = f"{each.width} px, {each.scheme}"
                width = 240 if each.width == 360 else 620
                source = f"screenshots/{each.file.name}"
                lines.append(f'<img src="{source}" alt="{title}, {size}" width="{width}">')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
