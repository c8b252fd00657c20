"""What has to stay: the addresses that were published before, beside those that are planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property, partial
from itertools import chain
from pathlib import PurePosixPath

from danvan_site import permanence
from danvan_site.content import Bulletin
from danvan_site.dates import Moment
from danvan_site.errors import Place, Problem
from danvan_site.kinds import DOWNLOADS, PICTURES
from danvan_site.output import folders_of, is_contained
from danvan_site.permanence import Entry, Ledger
from danvan_site.plan.frame import ARCHIVE, Frame, Values, root_of
from danvan_site.plan.install import OFFLINE_PAGE
from danvan_site.plan.model import RANK_BULLETIN, RANK_LIST, Artifact
from danvan_site.plan.references import NOT_FOUND

_INDEX = "index.html"
_OWN_KINDS = {"article": "bulletin", "page": "page", "redirect": "alias", "expired": "alias"}
_NOT_OF_CONTENT = frozenset((NOT_FOUND, OFFLINE_PAGE))
_OFFERED = DOWNLOADS - PICTURES


class Permanence:
    """The addresses of *ledger* that *artifacts* leave out.  ``problems`` are those that would be
    lost; *shown* is the content folder's name."""

    def __init__(
        self, frame: Frame, ledger: Ledger, artifacts: Sequence[Artifact], shown: str
    ) -> None:
        self._frame = frame
        self._ledger = ledger
        self._shown = shown
        self._shown_file = f"{shown}/{permanence.FILE}"
        self._standing = {artifact.path: artifact for artifact in artifacts}
        self._lost: set[str] = set()
        self.problems: list[Problem] = []

    def plan(self) -> Iterator[Artifact]:
        """Yield pages for those addresses at which nothing stands any more, as far as it is clear
        what is to be there; the others become problems.

        A list that nothing is in leads to the list above it, a file to what has been published of
        the same source since; a bulletin whose time is over leaves a notice.
        """
        standing = self._standing
        lost = [each for each in self._ledger if each not in standing and not self._has_page(each)]
        if not lost:
            return
        published = {each.subject: path for path, each in standing.items() if each.kind == "copy"}
        library = self._frame.library
        expired = {each.path: each for each in library.expired}
        folders = {folder for path in standing for folder in folders_of(path)}
        for address in sorted(lost):
            entry = self._ledger[address]
            if not is_contained(address):
                self.problems.append(permanence.bad_line(self._shown_file, entry.line))
                continue
            page = address if address.endswith(".html") else f"{address}/{_INDEX}"
            above = list(folders_of(page))
            if page in folders or any(folder in standing for folder in above):
                self._lose(address, entry)
            elif entry.kind == "bulletin" and entry.source in expired:
                yield _notice(self._frame, page, expired[entry.source])
            elif entry.kind == "list":
                yield self._moved(page, self._list_above(page))
            elif entry.kind == "file" and entry.source in published:
                yield self._moved(page, published[entry.source])
            else:
                self._lose(address, entry)

    def _has_page(self, address: str) -> bool:
        """Tell whether an alias leads on from what is not a page's address."""
        return f"{address}/{_INDEX}" in self._standing

    def _list_above(self, path: str) -> str:
        indexes = [f"{folder}/{_INDEX}" for folder in folders_of(path)]
        if path[0].isdigit():
            indexes.append(ARCHIVE)
        return next((each for each in indexes if each in self._standing), _INDEX)

    def _moved(self, path: str, target: str) -> Artifact:
        make = partial(_redirect, self._frame, path, target)
        return Artifact(path, "redirect", "redirect.html", make, RANK_LIST, inputs=target)

    def _lose(self, address: str, entry: Entry) -> None:
        """Note an address that would be lost, and what is known of its whereabouts."""
        place = Place(self._shown_file, entry.line, 1)
        details = {"address": address, "source": f"{self._shown}/{entry.source}"}
        by_path, by_id = self._published
        now = by_path.get(entry.source) or by_id.get(entry.id)
        self._lost.add(address)
        if entry.kind == "file":
            self.problems.append(Problem("file-address-lost", place, details))
        elif entry.kind == "alias":
            self.problems.append(Problem("alias-lost", place, details))
        elif now:
            source = f"{self._shown}/{now.path}"
            moved = {"address": address, "source": source, "now": now.url}
            self.problems.append(Problem("address-moved", place, moved))
        elif entry.source in self._left_out:
            self.problems.append(Problem("address-hidden", place, details))
        else:
            self.problems.append(Problem("address-lost", place, details))

    # Asked for where something is lost; then it may be half an archive.
    @cached_property
    def _published(self) -> tuple[dict[str, Bulletin], dict[str, Bulletin]]:
        """All that is published, by paths of sources, and bulletins by their ids."""
        library = self._frame.library
        by_path = {each.path: each for each in (*library.bulletins, *library.pages)}
        return by_path, {each.head.id: each for each in library.bulletins if each.head.id}

    @cached_property
    def _left_out(self) -> frozenset[str]:
        return frozenset(chain.from_iterable(self._frame.library.left_out.values()))

    def ids(self) -> Iterator[Problem]:
        """Yield the bulletins whose ``id`` is not what it was, or was another's; after `plan`."""
        of_id: dict[str, list[str]] = {}
        for address, entry in self._ledger.items():
            if entry.id:
                of_id.setdefault(entry.id, []).append(address)
        for bulletin in self._frame.library.bulletins if of_id else ():
            own, before = bulletin.head.id, self._ledger.get(bulletin.url)
            details = {"id": own, "address": bulletin.url}
            place = partial(bulletin.place, "id", self._shown)
            if before and before.id and before.id != own:
                yield Problem("id-changed", place(), details | {"before": before.id})
            others = (each for each in of_id.get(own, ()) if own and each != bulletin.url)
            other = next((each for each in others if not self._leads(each, bulletin)), None)
            if other:
                yield Problem("id-reused", place(), details | {"address": other})

    def _leads(self, address: str, bulletin: Bulletin) -> bool:
        """Tell whether an alias of a bulletin stands at an address, or nothing at all, which is
        told of already."""
        if address in self._lost:
            return True
        there = self._standing.get(address)
        return bool(there and there.kind == "redirect" and there.subject == bulletin.path)

    def fresh(self, artifacts: Iterable[Artifact]) -> Ledger:
        """Return the entries that the ledger lacks, or has otherwise, for all that is to be
        published.  Where one is led on from an address, what stood there before is remembered."""
        entries: dict[str, Entry] = {}
        ledger = self._ledger
        ids = {each.path: each.head.id for each in self._frame.library.bulletins}
        for artifact in artifacts:
            path, subject = artifact.path, artifact.subject
            kind = _kind_of(artifact)
            known = ledger.get(path)
            if not kind or (known and kind == "alias"):
                continue
            if kind == "alias" and path.removesuffix(f"/{_INDEX}") in ledger:
                continue
            id = ids.get(subject, "") if subject else ""
            if known is None or known[:3] != (kind, id, subject):
                entries[path] = Entry(kind, id, subject)
        return entries


def _kind_of(artifact: Artifact) -> str:
    """Return what an artifact is in the ledger, '' where it is nothing that has to stay."""
    path, kind = artifact.path, artifact.kind
    if kind == "copy":
        is_offered = artifact.subject and PurePosixPath(path).suffix[1:] in _OFFERED
        return "file" if is_offered else ""
    if not path.endswith(".html") or path in _NOT_OF_CONTENT:
        return ""
    return _OWN_KINDS.get(kind, "list")


def _redirect(frame: Frame, path: str, target: str) -> Values:
    context = frame.page(path, "redirect", frame.text("emptied"), noindex=True)
    base = frame.settings.base_url
    context["page"]["canonical"] = base + target if base else ""
    context["root"] = root_of(path)
    return context | {"target": target, "title": frame.text("emptied")}


def _notice(frame: Frame, path: str, bulletin: Bulletin) -> Artifact:
    make = partial(_expired, frame, path, bulletin)
    return Artifact(path, "expired", "expired.html", make, RANK_BULLETIN, bulletin.path)


def _expired(frame: Frame, path: str, bulletin: Bulletin) -> Values:
    meta = bulletin.meta
    assert meta.expires is not None
    context = frame.page(path, "expired", meta.title, lang=meta.lang, noindex=True)
    return context | {
        "bulletin": {
            "title": meta.title,
            "date": frame.date(bulletin.date),
            "until": _last(meta.expires).text(frame.settings.language),
        }
    }


def _last(expires: Moment) -> Moment:
    """Return when a bulletin stood on the site last: the day before, where no hour is given."""
    if expires.clock:
        return expires
    day = date(expires.year, expires.month, expires.day) - timedelta(days=1)
    return Moment(day.year, day.month, day.day)
