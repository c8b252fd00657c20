"""What bulletins refer to: links between them, pictures, attachments; each found or a problem."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from danvan_site import addresses, vietnamese
from danvan_site.addresses import Address, Claim, Table
from danvan_site.config import Settings
from danvan_site.content import Bulletin
from danvan_site.discovery import File
from danvan_site.errors import Place, Problem, Severity, nearest
from danvan_site.kinds import DOWNLOADS, DRAWING, PICTURES
from danvan_site.markdown import WEB
from danvan_site.pictures.facts import Facts, key_of
from danvan_site.state import KnownSource

NOT_FOUND = "404.html"
_INDEX = re.compile(r"(?:.*/)?(?:index|default)\.html?|", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Media:
    """A file beside the bulletins: where it lies, where it goes where it is published as it is, its
    digest; and what is known of it besides (`content.read_media`)."""

    file: File
    url: str
    digest: str
    known: Any


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that pages show: its file, what the addresses of what is made of it begin with,
    and what names all of that (`pictures.facts.key_of`; '' for a drawing, which stays as it is)."""

    media: Media
    base: str
    key: str


class References:
    """Resolves what bulletins name against the files and bulletins that there are.

    *look* gives the digest of a file and what else is known of it, which begins with the code of
    what is wrong with it ('' if nothing) and the system's reason.  What is found is kept by the
    naming bulletin's path; ``problems``, ``media`` (what is published as it is) and ``pictures``
    (what is made for pages) gather what turns up; ``site`` has what the settings name.  ``facts``
    tell of pictures, by their keys, as soon as they are made.
    """

    def __init__(
        self,
        files: Mapping[str, File],
        bulletins: Mapping[str, Bulletin],
        unpublished: frozenset[str],
        look: Callable[[File], KnownSource],
        shown: str,
        settings: Settings,
    ) -> None:
        self._files = files
        self._bulletins = bulletins
        self._unpublished = unpublished
        self._look = look
        self._shown = shown
        self._base_url = settings.base_url
        self._made_with = settings.pictures
        self._found: dict[str, Media] = {}
        self._places: dict[str, Callable[[], Place]] = {}
        self.media: dict[str, Media] = {}
        self.pictures: dict[str, Shown] = {}
        self.facts: dict[str, Facts] = {}
        self.site: dict[str, Shown] = {}
        self.problems: list[Problem] = []
        self.addresses: dict[str, list[str]] = {}
        self.outputs: list[tuple[Place, str]] = []
        self._aliases: dict[str, list[Claim | None]] = {}
        self._leads: dict[str, Shown] = {}
        self._bodies: dict[str, dict[int, Shown]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What was found goes to other processes; the means of finding stay."""
        means = ("_files", "_bulletins", "_unpublished", "_look", "_found", "_places")
        old = ("_old", "_aliases")
        return {key: value for key, value in vars(self).items() if key not in means + old}

    def resolve(self, bulletin: Bulletin) -> None:
        """Find everything that a bulletin names."""
        self.addresses[bulletin.path] = [
            self._body_picture(bulletin, number, each.target, place)
            if each.image
            else self._address(bulletin, each.target, each.fragment, place)
            for number, each in enumerate(bulletin.references)
            for place in [Place(f"{self._shown}/{bulletin.path}", each.line, each.column)]
        ]
        if bulletin.head.picture:
            place = partial(bulletin.place, "image.src", self._shown)
            found = self._picture(_folder_of(bulletin), bulletin.head.picture, place)
            if found:
                self._leads[bulletin.path] = found
                if self._made_with.originals:
                    self.media[found.media.file.path] = found.media
        for number, file in enumerate(bulletin.head.attachments, start=1):
            place = partial(bulletin.place, f"attachments.{number}", self._shown)
            self._download(_folder_of(bulletin), file, "attachment-not-found", place)

    def resolve_site(self, named: Mapping[str, tuple[str, Place]]) -> None:
        """Find the pictures that the settings name for the whole site."""
        for name, (target, place) in named.items():
            found = self._picture("", target, partial(_given, place))
            if found:
                self.site[name] = found

    def picture(self, bulletin: Bulletin) -> Shown | None:
        """Return a bulletin's lead picture."""
        return self._leads.get(bulletin.path)

    def stamp(self, bulletin: Bulletin) -> str:
        """Return what tells whether a bulletin's lead picture is what it was, '' if it has none."""
        found = self._leads.get(bulletin.path)
        return found.base if found else ""

    def pictures_of(self, bulletin: Bulletin) -> Mapping[int, Shown]:
        """Return the pictures of a bulletin's body, by the numbers of their references."""
        return self._bodies.get(bulletin.path, {})

    def place_of(self, picture: Shown) -> Place:
        """Return where a picture was named first."""
        return self._places[picture.media.file.path]()

    def attachment(self, bulletin: Bulletin, name: str) -> Media | None:
        """Return an attachment that `resolve` found."""
        return self.media.get(self._path(_folder_of(bulletin), name))

    def _path(self, folder: str, target: str) -> str:
        """Return the path in the content folder that *target* names in one of its folders, ''
        where it leads out."""
        base = "" if target.startswith("/") else folder
        path = posixpath.normpath(posixpath.join(base, target.lstrip("/")))
        return "" if path.startswith("..") else vietnamese.nfc(path)

    def _body_picture(self, bulletin: Bulletin, number: int, target: str, place: Place) -> str:
        found = self._picture(_folder_of(bulletin), target, lambda: place)
        if not found:
            return "#"
        self._bodies.setdefault(bulletin.path, {})[number] = found
        return found.base

    def _address(self, bulletin: Bulletin, target: str, fragment: str, place: Place) -> str:
        if not target:
            self._check_anchor(bulletin, fragment, place)
            return f"#{fragment}"
        root = "../" * bulletin.url.count("/")
        suffix = f"#{fragment}" if fragment else ""
        if target.startswith(WEB):
            whole, _, anchor = target.partition("#")
            moved = self._moved(whole, addresses.host(whole))
            return f"{root}{moved.url}{anchor and '#'}{anchor}" if moved else target
        asked, target = target, unquote(target) if "?" in target else target
        path = self._path(_folder_of(bulletin), target)
        if path in self._bulletins:
            other = self._bulletins[path]
            if fragment:
                self._check_anchor(other, fragment, place)
            return root + other.url + suffix
        if path in self._unpublished:
            details = {"target": target}
            self.problems.append(Problem("link-to-unpublished", place, details, Severity.WARNING))
            return root + NOT_FOUND
        moved = self._moved(f"/{asked.lstrip('/')}", "") if path not in self._files else None
        if moved:
            return root + moved.url + suffix
        if target.startswith("/") and path not in self._files:
            # It may name a page that the program makes; known when all are planned.
            self.outputs.append((place, path))
            return root + path + suffix
        media = self._download(_folder_of(bulletin), target, "link-not-found", lambda: place)
        return root + media.url if media else "#"

    def claims(self, bulletin: Bulletin) -> list[Claim | None]:
        """Return what the aliases of a bulletin claim, None for what is no address; their pages are
        paths of sources."""
        found = self._aliases.get(bulletin.path)
        if found is None:
            path, base = bulletin.path, self._base_url
            found = [addresses.claim(alias, path, base) for alias in bulletin.head.aliases]
            self._aliases[path] = found
        return found

    @cached_property
    def _old(self) -> dict[str, Table[tuple[Address, Bulletin]]]:
        """What moved, by hosts that aliases name; that of the site's own, and '', has all."""
        tables: dict[str, Table[tuple[Address, Bulletin]]] = {"": Table()}
        tables[addresses.host(self._base_url)] = tables[""]
        named = [each for each in self._bulletins.values() if each.head.aliases]
        claims = list(filter(None, itertools.chain.from_iterable(map(self.claims, named))))
        for claim in claims:
            if claim.host:
                page = claim.address, self._bulletins[str(claim.page)]
                tables.setdefault(claim.host, Table()).add(claim.address, page)
        for leader in filter(None, addresses.settled(claims).values()):
            page = leader.address, self._bulletins[str(leader.page)]
            tables[""].add(leader.address, page)
        return tables

    def _moved(self, target: str, host: str) -> Bulletin | None:
        """Return the bulletin that was at an address of a host, '' for an address of this site."""
        table = self._old.get(host)
        asked = addresses.read(target, self._base_url) if table else None
        found = table.find(asked) if table and asked else None
        if not asked or not found:
            return None
        address, bulletin = found
        # A folder's page has its key: it is meant, where nothing else was called so exactly.
        if not address.pairs and _INDEX.fullmatch(asked.path):
            return bulletin if address.path.lower() == asked.path.lower() else None
        return bulletin

    def _check_anchor(self, bulletin: Bulletin, fragment: str, place: Place) -> None:
        if fragment not in bulletin.anchors:
            meant = nearest(fragment, bulletin.anchors)
            details = {"anchor": fragment, "meant": meant}
            self.problems.append(Problem("anchor-not-found", place, details))

    def _picture(self, folder: str, target: str, place: Callable[[], Place]) -> Shown | None:
        """Return the picture that *target* names, to be shown."""
        media = self._file(folder, target, PICTURES, "image-not-found", place)
        if not media:
            return None
        path = media.file.path
        if media.url.endswith(f".{DRAWING}"):
            self.media[path] = media
            return Shown(media, media.url, "")
        if path not in self.pictures:
            key = key_of(media.digest, self._made_with.quality)
            self.pictures[path] = Shown(media, _address_of(path, key), key)
            self._places[path] = place
        return self.pictures[path]

    def _download(
        self, folder: str, target: str, code: str, place: Callable[[], Place]
    ) -> Media | None:
        """Return the file that *target* names, to be published as it is."""
        media = self._file(folder, target, DOWNLOADS, code, place)
        if media:
            self.media[media.file.path] = media
        return media

    def _file(
        self,
        folder: str,
        target: str,
        kinds: frozenset[str],
        code: str,
        place: Callable[[], Place],
    ) -> Media | None:
        """Return the file that *target* names; where it stands is worked out only for problems."""
        path = self._path(folder, target)
        kind = PurePosixPath(path).suffix[1:].lower()
        if path in self._found and kind in kinds:
            return self._found[path]
        if path not in self._files:
            meant = self._near(folder, path)
            self.problems.append(Problem(code, place(), {"target": target, "meant": meant}))
            return None
        if kind not in kinds:
            details = {"target": target, "known": ", ".join(sorted(kinds))}
            self.problems.append(Problem("file-kind", place(), details))
            return None
        file = self._files[path]
        known = self._look(file)
        fault, reason, *more = known.head
        if fault:
            details = {"target": target, "reason": reason}
            self.problems.append(Problem(fault, place(), details))
            return None
        url = f"{_address_of(path, known.digest)}.{kind}"
        self._found[path] = Media(file, url, known.digest, more)
        return self._found[path]

    def _near(self, here: str, path: str) -> str:
        """Return what *path* was probably meant to be, as one names it in the folder *here*, or ''.

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
        return posixpath.relpath(found, here or ".") if found else ""


def _folder_of(bulletin: Bulletin) -> str:
    return posixpath.dirname(bulletin.path)


def _given(place: Place) -> Place:
    return place


def _address_of(path: str, digest: str) -> str:
    """Return the address of what a file becomes, without what its name ends with."""
    return f"tep/{vietnamese.slugify(PurePosixPath(path).stem, 60)}-{digest[:8]}"
