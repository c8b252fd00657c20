"""The pages as they are seen: a picture of each kind, and how far two pictures are from each other.

`docs/screenshots.py` takes the pictures and keeps them; the tests compare with them.  How letters
look differs from machine to machine, so what made the pictures is kept beside them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser

from tests.sites import ROOT, run_build, serving

PICTURES = ROOT / "docs" / "screenshots"
MADE_WITH = PICTURES / "made-with.json"
# A picture may differ in so much of its area: the edges of letters, never a line of text.
TOLERANCE = 0.002
_NOTICEABLE = 48
_SIZES = {360: 1100, 1280: 900}
# Pictures in sight are shown once they are decoded, the lazy ones some time after the page.
_PICTURES_SHOWN = """() => Promise.all([...document.images]
    .filter(each => each.getBoundingClientRect().top < innerHeight && each.checkVisibility())
    .map(each => each.decode()))"""
_HOST_PATH = "/ban-tin/"
_DEMO, _OTHER = "demo", "other"


@dataclass(frozen=True)
class View:
    """A page of one of the sites, as wide as a telephone or a desk's screen (CSS pixels)."""

    kind: str
    site: str
    path: str
    width: int
    scheme: str

    @property
    def name(self) -> str:
        """The picture's name without its ending."""
        return f"{self.kind}-{self.width}-{self.scheme}"

    @property
    def file(self) -> Path:
        """Where the picture is kept."""
        return PICTURES / f"{self.name}.png"


_KINDS = {
    "home": (_DEMO, "index.html"),
    "article": (_DEMO, "2020/10/gap-mat-90-nam.html"),
    "listing": (_DEMO, "chuyen-muc/dan-van-kheo/index.html"),
    "month": (_DEMO, "2020/10/index.html"),
    "search": (_DEMO, "tim-kiem.html?q=dan+van"),
    "year": (_DEMO, "2020/index.html"),
    "day": (_OTHER, "2020/10/14/index.html"),
    "archive": (_DEMO, "luu-tru/index.html"),
    "month-bulletin": (_DEMO, "2020/10/ban-tin.html"),
    "terms": (_DEMO, "don-vi/index.html"),
    "documents": (_DEMO, "van-ban/index.html"),
    "page": (_DEMO, "gioi-thieu.html"),
    "site-map": (_DEMO, "so-do.html"),
    "not-found": (_DEMO, "404.html"),
    "expired": (_DEMO, "2024/04/lay-y-kien-quy-che-nha-van-hoa.html"),
    "offline": (_OTHER, "ngoai-tuyen.html"),
}
# Of the pages that are read most, all four.
_ALL_FOUR = ("home", "article", "listing", "month", "search")
VIEWS = [
    View(kind, *_KINDS[kind], width, scheme)
    for kind in _KINDS
    for width, scheme in ((360, "light"), (360, "dark"), (1280, "light"), (1280, "dark"))
    if kind in _ALL_FOUR or (width == 360) == (scheme == "light")
]


@contextmanager
def sites(work: Path) -> Iterator[dict[str, str]]:
    """Build the demo site, and once more with a page for each day and to be read offline; serve
    both and give their addresses."""
    settings = (ROOT / "site.yaml").read_text("utf-8")
    for usual, changed in (("day_split: 100", "day_split: 2"), ("offline: false", "offline: true")):
        settings = settings.replace(f"\n{usual}\n", f"\n{changed}\n")
    other = work / "other.yaml"
    other.write_text(settings, "utf-8")
    folders = ("--content", str(ROOT / "content"), "--templates", str(ROOT / "templates"))
    with ExitStack() as stack:
        addresses = {}
        for name, config in ((_DEMO, ROOT / "site.yaml"), (_OTHER, other)):
            options = ("--future", "--config", str(config), *folders)
            built = run_build(work / name, work / f"{name}-cache", *options)
            addresses[name] = stack.enter_context(serving(built.folder, _HOST_PATH))
        yield addresses


def take(browser: Browser, addresses: dict[str, str], view: View) -> bytes:
    """Return a picture of a page, PNG with few colours."""
    page = browser.new_page(
        viewport={"width": view.width, "height": _SIZES[view.width]},
        color_scheme=view.scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    page.goto(addresses[view.site] + view.path)
    if "?q=" in view.path:
        page.locator("#results[data-state=done]").wait_for(state="attached")
        page.wait_for_load_state("networkidle")
    page.evaluate(_PICTURES_SHOWN)
    shown = page.screenshot()
    page.close()
    picture = Image.open(io.BytesIO(shown)).convert("RGB")
    few = picture.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def difference(one: bytes, other: bytes) -> float:
    """Return in what share of their area two pictures differ, looked at from some way off; 1 where
    they have not the same size."""
    first, second = (Image.open(io.BytesIO(each)).convert("RGB") for each in (one, other))
    if first.size != second.size:
        return 1.0
    size = first.width // 2, first.height // 2
    small = [each.resize(size, Image.Resampling.BOX) for each in (first, second)]
    channels = ImageChops.difference(*small).split()
    most = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    return sum(most.histogram()[_NOTICEABLE:]) / (size[0] * size[1])


def made_with(browser: Browser) -> dict[str, object]:
    """Return what decides how letters look here: the browser, and how wide its faces are."""
    page = browser.new_page()
    text = "Ủy ban nhân dân xã Nguyễn Huệ, khóa XVI: 1.234 hộ"
    measure = """([text, family]) => {
        const span = document.body.appendChild(document.createElement('span'));
        span.style.cssText = `font: 100px ${family}; white-space: nowrap`;
        span.textContent = text;
        const box = span.getBoundingClientRect();
        return `${box.width.toFixed(1)} × ${box.height.toFixed(1)}`;
    }"""
    theme = (ROOT / "templates/giao-dien/theme.css").read_text("utf-8")
    faces = {
        name: page.evaluate(measure, [text, theme.partition(f"--{name}: ")[2].partition(";")[0]])
        for name in ("serif", "sans")
    }
    page.close()
    return {"browser": browser.version.partition(".")[0], **faces}


def kept_with() -> dict[str, object]:
    """Return what the kept pictures were made with."""
    found: dict[str, object] = json.loads(MADE_WITH.read_text("utf-8"))
    return found
