"""What bulletins refer to: links between them, pictures, attachments; each found or a problem."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from danvan_site import vietnamese
from danvan_site.content import Bulletin
from danvan_site.discovery import File
from danvan_site.errors import Place, Problem, Severity, nearest

PICTURES = frozenset(("jpg", "jpeg", "png", "webp", "avif", "gif", "svg", "bmp"))
DOWNLOADS = PICTURES | {
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf", "txt", "csv",
    "zip", "epub", "mp3", "m4a", "mp4", "webm", "ogg",
}  # fmt: skip
NOT_FOUND = "404.html"


@dataclass(frozen=True, slots=True)
class Media:
    """A file that is published with the bulletins: where it lies, where it goes, its digest."""

    file: File
    url: str
    digest: str


class References:
    """Resolves what bulletins name against the files and bulletins that there are.

    *digest* gives the digest of a file, the code of what is wrong with it ('' if nothing) and the
    system's reason.  What is found is kept by the naming bulletin's path; ``problems`` and
    ``media`` gather what turns up.
    """

    def __init__(
        self,
        files: Mapping[str, File],
        bulletins: Mapping[str, Bulletin],
        unpublished: frozenset[str],
        digest: Callable[[File], tuple[str, str, str]],
        shown: str,
    ) -> None:
        self._files = files
        self._bulletins = bulletins
        self._unpublished = unpublished
        self._digest = digest
        self._shown = shown
        self.media: dict[str, Media] = {}
        self.problems: list[Problem] = []
        self.addresses: dict[str, list[str]] = {}
        self.outputs: list[tuple[Place, str]] = []
        self._pictures: dict[str, str] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What was found goes to other processes; the means of finding stay."""
        means = ("_files", "_bulletins", "_unpublished", "_digest")
        return {key: value for key, value in vars(self).items() if key not in means}

    def resolve(self, bulletin: Bulletin) -> None:
        """Find everything that a bulletin names."""
        self.addresses[bulletin.path] = [
            self._address(bulletin, each.target, each.fragment, each.image, place)
            for each in bulletin.references
            for place in [Place(f"{self._shown}/{bulletin.path}", each.line, each.column)]
        ]
        if bulletin.head.picture:
            place = partial(bulletin.place, "image.src", self._shown)
            picture = bulletin.head.picture
            found = self._file(bulletin, picture, PICTURES, "image-not-found", place)
            self._pictures[bulletin.path] = found.url if found else ""
        for number, file in enumerate(bulletin.head.attachments, start=1):
            place = partial(bulletin.place, f"attachments.{number}", self._shown)
            self._file(bulletin, file, DOWNLOADS, "attachment-not-found", place)

    def picture(self, bulletin: Bulletin) -> str:
        """Return the address of a bulletin's lead picture, or ''."""
        return self._pictures.get(bulletin.path, "")

    def attachment(self, bulletin: Bulletin, name: str) -> Media | None:
        """Return an attachment that `resolve` found."""
        return self.media.get(self._path(bulletin, name))

    def _path(self, bulletin: Bulletin, target: str) -> str:
        """Return the path in the content folder that *target* names, '' where it leads out."""
        base = "" if target.startswith("/") else posixpath.dirname(bulletin.path)
        path = posixpath.normpath(posixpath.join(base, target.lstrip("/")))
        return "" if path.startswith("..") else vietnamese.nfc(path)

    def _address(
        self, bulletin: Bulletin, target: str, fragment: str, image: bool, place: Place
    ) -> str:
        if not target:
            self._check_anchor(bulletin, fragment, place)
            return f"#{fragment}"
        path = self._path(bulletin, target)
        root = "../" * bulletin.url.count("/")
        suffix = f"#{fragment}" if fragment else ""
        if image:
            media = self._file(bulletin, target, PICTURES, "image-not-found", lambda: place)
            return root + media.url if media else "#"
        if path in self._bulletins:
            other = self._bulletins[path]
            if fragment:
                self._check_anchor(other, fragment, place)
            return root + other.url + suffix
        if path in self._unpublished:
            details = {"target": target}
            self.problems.append(Problem("link-to-unpublished", place, details, Severity.WARNING))
            return root + NOT_FOUND
        if target.startswith("/") and path not in self._files:
            # It may name a page that the program makes; known when all are planned.
            self.outputs.append((place, path))
            return root + path + suffix
        media = self._file(bulletin, target, DOWNLOADS, "link-not-found", lambda: place)
        return root + media.url if media else "#"

    def _check_anchor(self, bulletin: Bulletin, fragment: str, place: Place) -> None:
        if fragment not in bulletin.anchors:
            meant = nearest(fragment, bulletin.anchors)
            details = {"anchor": fragment, "meant": meant}
            self.problems.append(Problem("anchor-not-found", place, details))

    def _file(
        self,
        bulletin: Bulletin,
        target: str,
        kinds: frozenset[str],
        code: str,
        place: Callable[[], Place],
    ) -> Media | None:
        """Return the file that *target* names; where it stands is worked out only for problems."""
        path = self._path(bulletin, target)
        if path in self.media:
            return self.media[path]
        if path not in self._files:
            meant = self._near(bulletin, path)
            self.problems.append(Problem(code, place(), {"target": target, "meant": meant}))
            return None
        kind = PurePosixPath(path).suffix[1:].lower()
        if kind not in kinds:
            details = {"target": target, "known": ", ".join(sorted(kinds))}
            self.problems.append(Problem("file-kind", place(), details))
            return None
        file = self._files[path]
        digest, fault, reason = self._digest(file)
        if fault:
            details = {"target": target, "reason": reason}
            self.problems.append(Problem(fault, place(), details))
            return None
        name = vietnamese.slugify(PurePosixPath(path).stem, 60)
        self.media[path] = Media(file, f"tep/{name}-{digest[:8]}.{kind}", digest)
        return self.media[path]

    def _near(self, bulletin: Bulletin, path: str) -> str:
        """Return what *path* was probably meant to be, as the bulletin would name it, or ''.

        It is a file of that folder with nearly that name, or one of that very name elsewhere.
        """
        folder, name = posixpath.split(path)
        text = name.lower().endswith(".md")
        alike = [each for each in self._files if each.lower().endswith(".md") == text]
        beside = {
            posixpath.basename(each).lower(): each
            for each in alike
            if posixpath.dirname(each) == folder
        }
        elsewhere = (each for each in alike if posixpath.basename(each).lower() == name.lower())
        found = beside.get(nearest(name, beside)) or next(elsewhere, "")
        here = posixpath.dirname(bulletin.path) or "."
        return posixpath.relpath(found, here) if found else ""
