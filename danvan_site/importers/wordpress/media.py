"""Pictures, documents and links of a WordPress post: what they become here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin

from danvan_site import addresses, alternatives, vietnamese
from danvan_site.importers import blocks, tree
from danvan_site.importers.companions import UnusableError, companion_of, kind_of
from danvan_site.importers.fetching import fetch
from danvan_site.importers.frame import Companion
from danvan_site.importers.wordpress import showing
from danvan_site.importers.wordpress.site import (
    ORIGIN,
    Attachment,
    Reading,
    Source,
    address_of,
    origin_of,
)
from danvan_site.importers.wordpress.wxr import Post
from danvan_site.kinds import PICTURES

# Where WordPress keeps files, on a site of its own or on one of several of an installation.
_UPLOADS = re.compile(
    r"/(?:wp-content/uploads|wp-content/blogs\.dir/\d+/files|files)/", re.IGNORECASE
)
_SIZED = re.compile(r"-\d{1,5}x\d{1,5}(?=\.[A-Za-z0-9]{2,5}$)")
_ATTACHMENT_PAGE = re.compile(r"[?&]attachment_id=([0-9]{1,12})")
_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
# A picture with what belongs to it: its caption, or the link around it.
_PICTURE = re.compile(
    r"<figure\b[^<>]*>(?:(?!</?figure\b).)*</figure>|<a\b[^<>]*>\s*<img\b[^<>]*>\s*</a>|<img\b[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
_CAPTION = re.compile(r"<figcaption\b[^<>]*>(.*?)</figcaption>", re.IGNORECASE | re.DOTALL)
_BEGINNING = 300  # characters before which a picture is at the beginning


class Media:
    """The files that a post shows or leads to: ``companions`` by their paths, ``faults`` of those
    that could not come along; ``lead`` is the picture of the front matter."""

    def __init__(self, reading: Reading, source: Source, post: Post) -> None:
        facts = source.facts
        self.companions: dict[str, Companion] = {}
        self.faults: list[tuple[str, Mapping[str, str]]] = []
        self._reading = reading
        self._facts = facts
        self._page = address_of(post)
        self._origin = origin_of(source.file.home)
        self._known: dict[str, str] = {}
        self._by_address = {_bare(each.address): each for each in facts.attachments.values()}
        pages = ((addresses.read(each.page), each.address) for each in facts.attachments.values())
        self._pages = {page.key: address for page, address in pages if page}
        number = post.field("_thumbnail_id")
        chosen = int(number) if number.isascii() and number.isdigit() else 0
        self._lead_file = facts.attachments.get(chosen)
        self.lead: dict[str, object] = {}

    def without_lead(self, html: str, title: str) -> str:
        """Settle the lead picture of a post with that *title*; return *html* without it, where it
        stands at the beginning once more: what themes did that show none of their own."""
        file = self._lead_file
        path = self._brought(file.address) if file else ""
        if not file or kind_of(path) not in PICTURES:
            return html
        alt, caption = file.alt, _text(file.caption)
        found = self._repeated(html, _bare(file.address).rpartition("/")[2])
        if found:
            alt = alt or _attribute(found[0], "alt")
            caption = caption or _text("".join(_CAPTION.findall(found[0])))
            html = html[: found.start()] + html[found.end() :]
        words = next((w for w in (alt, caption) if not alternatives.fault(w, path)), "")
        if not words:
            # It says what the picture is there for, which is all that is known of it.
            words = f"Ảnh minh họa cho bài “{_text(title)}”"
            self.faults.append(("import-picture-undescribed", {"image": file.address}))
        self.lead = {"src": path, "alt": words, "caption": caption}
        return html

    def _repeated(self, html: str, name: str) -> re.Match[str] | None:
        """Return the part of *html* that is the picture of that file alone, at its beginning."""
        for found in _PICTURE.finditer(html):
            if len(tree.without_tags(html[: found.start()])) > _BEGINNING:
                return None
            if f"/{name}" in _bare(_attribute(found[0], "src")):
                return found if len(_IMAGE.findall(found[0])) == 1 else None
        return None

    def gallery(self, attributes: Mapping[str, str]) -> list[showing.Picture]:
        """Return the pictures of a gallery: those that it names, or those that belong to the
        post."""
        named = re.findall("[0-9]{1,12}", attributes.get("ids", attributes.get("include", "")))
        numbers = map(int, named) if named else self._facts.children
        files = (self._facts.attachments.get(number) for number in numbers)
        return [
            showing.Picture(each.address, _words_of(each), each.caption)
            for each in files
            if each and (kind_of(each.address) in PICTURES)
        ]

    def picture(self, picture: blocks.Picture) -> str | None:
        """Return where a picture of the body is now."""
        known = self._by_address.get(_bare(self._whole(picture.address)))
        if known and alternatives.fault(picture.alt, picture.address):
            picture.alt = _words_of(known)
        address = self._whole(picture.address)
        path = self._brought(address)
        return path if path and kind_of(path) in PICTURES else address or None

    def link(self, address: str) -> str | None:
        """Return what a link of the body leads to now; None for a place on a page, of which there
        are none any more."""
        if address.startswith("#"):
            return None
        whole = self._whole(address)
        if not self._reading.site.is_own(whole):
            return whole or None
        attachment = _ATTACHMENT_PAGE.search(whole)
        if attachment and int(attachment[1]) in self._facts.attachments:
            whole = self._facts.attachments[int(attachment[1])].address
        if kind_of(whole):
            return self._brought(whole) or whole
        found = addresses.read(whole)
        if found and found.key in self._pages:
            whole = self._pages[found.key]
            return self._brought(whole) or whole
        if found and self._reading.site.leads_on(found.key):
            # A site may have had several names: the build knows its posts by that of the export.
            return (self._origin + ORIGIN.sub("", whole)).partition("#")[0]
        self.faults.append(("import-link-to-old-site", {"address": whole}))
        return whole

    def _whole(self, address: str) -> str:
        try:
            return urljoin(self._page, address)
        except ValueError:
            return ""

    def _brought(self, address: str) -> str:
        """Return the path, from the target folder, of a file of the old site that comes along; ''
        where it does not."""
        if not kind_of(address) or not self._reading.site.is_own(address):
            return ""
        if address not in self._known:
            self._known[address] = self._bring(address)
        return self._known[address]

    def _bring(self, address: str) -> str:
        uploaded = _UPLOADS.search(address)
        name = unquote(address[uploaded.end() if uploaded else 0 :].partition("?")[0])
        folder = "/".join(filter(None, map(vietnamese.slugify, PurePosixPath(name).parts[:-1])))
        folder = folder if uploaded else ""
        try:
            path = self._uploaded(name) if uploaded else None
            if path:
                companion = companion_of(path, folder)
            elif self._reading.fetched:
                companion = fetch(address, self._reading.fetched, folder, self._reading.site.is_own)
            else:
                raise UnusableError("import-file-missing", address=address)
        except UnusableError as error:
            self.faults.append((error.code, {**error.details, "address": address}))
            return ""
        self.companions[companion.path] = companion
        return f"/{companion.path}"

    def _uploaded(self, name: str) -> Path | None:
        """Return an uploaded file: as it was uploaded where the post shows it in another size."""
        root = self._reading.uploads
        if not root:
            return None
        for each in dict.fromkeys((_SIZED.sub("", name), name)):
            try:
                path = (root / each).resolve()
                if path.is_relative_to(root) and path.is_file():
                    return path
            except (OSError, ValueError):
                continue
        return None


def _bare(address: str) -> str:
    """Return an address without what tells sizes of the same picture apart."""
    path = address.partition("?")[0].partition("#")[0]
    return _SIZED.sub("", path).replace("-scaled.", ".")


def _attribute(html: str, name: str) -> str:
    found = re.search(
        rf"<img\b[^<>]*\s{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", html, re.IGNORECASE
    )
    return unescape(found[1] or found[2] or "").strip() if found else ""


def _text(html: str) -> str:
    return vietnamese.tidy_spaces(tree.without_tags(html))


def _words_of(file: Attachment) -> str:
    """Return the words that stand in for a picture of the library, '' where there are none."""
    words = (file.alt, _text(file.caption), file.title)
    return next((each for each in words if not alternatives.fault(each, file.address)), "")
