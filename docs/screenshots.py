"""Take the README's pictures of the demo site: `python docs/screenshots.py`.

Needs the test dependencies and a browser, as `python3 build.py test` sets them up.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "screenshots"
# Name → page, width and height in CSS pixels.
VIEWS = {
    "home": ("index.html", 1280, 1000),
    "article": ("2020/10/gap-mat-90-nam.html", 360, 1300),
}


def main() -> None:
    """Build the demo site in a temporary folder and take one picture for each view."""
    sys.path.insert(0, str(ROOT))
    import build

    browser = build.find_browser()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folders = ["--output", f"{temporary}/public", "--cache", f"{temporary}/cache"]
        settings = ["--config", str(ROOT / "site.yaml")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        command = [sys.executable, "-m", "danvan_site", "build", *settings, *folders]
        subprocess.run(command, env=environment, check=True)
        with sync_playwright() as playwright:
            window = playwright.chromium.launch(executable_path=browser or None)
            for name, (path, width, height) in VIEWS.items():
                page = window.new_page(viewport={"width": width, "height": height})
                page.goto((Path(temporary) / "public" / path).as_uri())
                page.screenshot(path=PICTURES / f"{name}.png")
            window.close()


if __name__ == "__main__":
    main()
