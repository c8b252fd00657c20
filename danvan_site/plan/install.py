"""What lets a site be put on a home screen and be read offline: manifest, worker, offline page."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import partial

from danvan_site.plan.frame import Frame, Values
from danvan_site.plan.home import SEARCH_PAGE
from danvan_site.plan.model import RANK_LIST, RANK_MACHINE, Artifact

# Not .webmanifest: IIS, among others, sends no file whose kind it does not know.
MANIFEST = "manifest.json"
WORKER = "sw.js"
OFFLINE_PAGE = "ngoai-tuyen.html"
_EMBLEM = "giao-dien/emblem.svg"
# PNG icons of the site or its theme, where there are any: icon-192.png, icon-maskable-512.png.
_ICON = re.compile(r"giao-dien/icon-(maskable-)?(\d+)\.png")
# With the emblem: what the offline page looks like without a network.
_CORE = ("giao-dien/theme.css", "giao-dien/ui.js")


def plan(frame: Frame, assets: Collection[str]) -> Iterator[Artifact]:
    """Yield the manifest and the worker: where the setting is off, the one that removes what an
    earlier one left in readers' browsers.  *assets* are the published paths of the theme's files.
    """
    make = partial(_manifest, frame, sorted(assets))
    yield Artifact(MANIFEST, "manifest", "manifest.json", make, RANK_MACHINE)
    if not frame.settings.offline:
        yield Artifact(WORKER, "worker", "sw-removal.js", partial(dict, {}), RANK_MACHINE)
        return
    core = [path for path in _CORE if path in assets] + _shown_emblem(frame.site["emblem"])
    make = partial(_worker, core)
    yield Artifact(WORKER, "worker", "sw.js", make, RANK_MACHINE)
    make = partial(_offline_page, frame)
    yield Artifact(OFFLINE_PAGE, "offline", "offline.html", make, RANK_LIST)


def _manifest(frame: Frame, assets: Collection[str]) -> Values:
    icons = [_emblem(frame.site["emblem"])]
    for path in assets:
        found = _ICON.fullmatch(path)
        if found:
            icon = {"src": path, "type": "image/png", "sizes": f"{found[2]}x{found[2]}"}
            icons.append(icon | ({"purpose": "maskable"} if found[1] else {}))
    short = frame.settings.short_name or frame.settings.title
    return {"site": frame.site, "short_name": short, "icons": icons}


def _emblem(own: Values | None) -> Values:
    """Return the emblem as an icon: the site's own, or the theme's."""
    if not own:
        return {"src": _EMBLEM, "type": "image/svg+xml", "sizes": "any"}
    width, height = own["src_size"]
    if own["webp"]:
        kind = "png" if own["src"].endswith(".png") else "jpeg"
        return {"src": own["src"], "type": f"image/{kind}", "sizes": f"{width}x{height}"}
    return {"src": own["src"], "type": "image/svg+xml", "sizes": "any"}


def _shown_emblem(own: Values | None) -> list[str]:
    """Return the file that pages show as emblem: of several widths the least, which is enough for
    three pixels to a point.  What has workers reads WebP."""
    if not own:
        return [_EMBLEM]
    return [own["still"][0]["url"] if own["still"] else own["src"]]


def _worker(assets: Collection[str]) -> Values:
    return {
        "core": [OFFLINE_PAGE, *assets],
        "offline_page": OFFLINE_PAGE,
        "search_page": SEARCH_PAGE,
        "manifest": MANIFEST,
    }


def _offline_page(frame: Frame) -> Values:
    context = frame.page(OFFLINE_PAGE, "offline", frame.text("kept_title"), noindex=True)
    # The worker shows it at other addresses, too, and has to know what to put in place of this.
    context["root"] = "./"
    return context
