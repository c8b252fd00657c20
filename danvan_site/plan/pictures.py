"""What pages show of pictures, and the files that are made for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from danvan_site import palette, vietnamese
from danvan_site.config import Settings
from danvan_site.content import Bulletin
from danvan_site.library import Library
from danvan_site.pictures.facts import Variant, share_key
from danvan_site.plan.model import RANK_FILE, Artifact
from danvan_site.plan.references import References, Shown

Values = dict[str, Any]
SHARE_WIDTH, SHARE_HEIGHT = 1200, 630
_TYPES = {"jpg": "image/jpeg", "png": "image/png"}


def values(references: References, picture: Shown) -> Values:
    """Return a picture as templates show it: ``src`` for what reads no WebP, ``src_size``,
    ``width`` and ``height`` of the largest there is (pixels; None where they are not known),
    ``webp`` and ``still``, which does not move, as [{url, width}], from the narrowest."""
    if not picture.key:
        width, height = picture.media.known[0] or (None, None)
        return {
            "src": picture.media.url,
            "src_size": [width, height],
            "width": width,
            "height": height,
            "webp": [],
            "still": [],
        }
    facts = references.facts[picture.key]
    widest = facts.webp[-1]
    return {
        "src": picture.base + facts.fallback.name,
        "src_size": facts.fallback[1:],
        "width": widest.width,
        "height": widest.height,
        "webp": _files_of(picture, facts.webp),
        "still": _files_of(picture, facts.still),
    }


def _files_of(picture: Shown, variants: Sequence[Variant]) -> list[Values]:
    return [{"url": picture.base + each.name, "width": each.width} for each in variants]


def artifacts(references: References, quality: int) -> Iterator[Artifact]:
    """Yield the files that are made of pictures."""
    files: dict[str, Artifact] = {}
    for picture in references.pictures.values():
        file = picture.media.file
        # Where one could not be made, that is a problem, and nothing is rendered.
        facts = references.facts.get(picture.key)
        for variant in facts.variants if facts else ():
            path = picture.base + variant.name
            context: Values = {
                "key": picture.key,
                "part": variant.name,
                "file": file.name,
                "digest": picture.media.digest,
                "quality": quality,
            }
            make: Callable[[], Values] = partial(dict, context)
            files[path] = Artifact(path, "picture", "", make, RANK_FILE, file.path, picture.key)
    yield from files.values()


@dataclass(frozen=True, slots=True)
class Share:
    """A picture with words on it, for those who pass a page on: what stands on it, its address,
    and what names it."""

    texts: tuple[str, str, str, str]
    url: str
    key: str


class Shares:
    """The pictures for those who pass pages on.

    The newest bulletins that have no picture which others can show have one of their own; all
    other pages have that of the site.  A bulletin that is added changes its own page and that of
    the one that is no longer among the newest.
    """

    def __init__(self, settings: Settings, library: Library, references: References) -> None:
        self._settings = settings
        colours = palette.schemes(settings.theme.color, settings.theme.ornament)["light"]
        self._colours = " ".join(colours[name] for name in ("paper", "ink", "main", "on-main"))
        self.own: dict[str, Share] = {}
        self.site: Share | None = None
        number = settings.pictures.share
        if settings.base_url and number:
            self.site = self._share("", settings.description)
            self.own = dict(self._newest(library, references, number))

    def _newest(
        self, library: Library, references: References, number: int
    ) -> Iterator[tuple[str, Share]]:
        for bulletin in reversed(library.bulletins):
            lead = references.picture(bulletin)
            is_standing = bulletin.head.status != "withdrawn"
            if is_standing and not (lead and lead.key):
                foot = " · ".join(filter(None, (bulletin.head.unit, bulletin.date.short())))
                yield bulletin.path, self._share(bulletin.head.title, foot)
                number -= 1
                if not number:
                    return

    def _share(self, title: str, foot: str) -> Share:
        texts = self._settings.title, title, foot, self._colours
        key = share_key(texts)
        name = vietnamese.slugify(title or self._settings.title, 60)
        return Share(texts, f"tep/{name}-{key[:8]}.png", key)

    def stamp(self, bulletin: Bulletin) -> str:
        """Return what tells whether a bulletin's own picture is what it was, '' if it has none."""
        share = self.own.get(bulletin.path)
        return share.url if share else ""

    def of_site(self) -> Values | None:
        """Return the picture of pages that have none of their own, as templates show it."""
        return self._values(self.site, self._settings.title) if self.site else None

    def of(self, bulletin: Bulletin, image: Mapping[str, Any] | None) -> Values | None:
        """Return a bulletin's picture; *image* is its lead picture (`values`), with ``alt``."""
        base = self._settings.base_url
        if base and image and image["webp"]:
            kind = image["src"].rpartition(".")[2]
            width, height = image["src_size"]
            url = base + image["src"]
            alt = image["alt"]
            return {
                "url": url, "width": width, "height": height, "alt": alt, "type": _TYPES[kind],
            }  # fmt: skip
        share = self.own.get(bulletin.path)
        return self._values(share, bulletin.head.title) if share else self.of_site()

    def _values(self, share: Share, alt: str) -> Values:
        return {
            "url": self._settings.base_url + share.url,
            "width": SHARE_WIDTH,
            "height": SHARE_HEIGHT,
            "alt": alt,
            "type": _TYPES["png"],
        }

    def artifacts(self) -> Iterator[Artifact]:
        """Yield the pictures that are drawn."""
        every = [*self.own.values(), *([self.site] if self.site else [])]
        for share in {each.url: each for each in every}.values():
            context: Values = {"key": share.key, "texts": share.texts}
            make: Callable[[], Values] = partial(dict, context)
            yield Artifact(share.url, "share", "", make, RANK_FILE, inputs=share.key)
