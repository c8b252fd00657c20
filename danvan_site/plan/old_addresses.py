"""Addresses that moved: a redirect page where one can stand, rules for hosts, and the table in
which the page for missing addresses looks up all of them."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, partial

from danvan_site import addresses
from danvan_site.addresses import Address
from danvan_site.content import Bulletin
from danvan_site.errors import Place, Problem, Severity
from danvan_site.output import folders_of, is_contained
from danvan_site.plan import redirect_rules
from danvan_site.plan.frame import Frame, Values, root_of
from danvan_site.plan.model import RANK_LIST, RANK_MACHINE, Artifact, canonical
from danvan_site.plan.redirect_rules import Move

FOLDER = "dia-chi-cu"
# A file of the table has half as many entries at least, some 3 to 6 KB in all.
_MOST_BITS = 6
# Bytes of a file's path below the published folder; systems take 1,024 in all, or more.
_LONGEST_PATH = 700
# So many kinds of addresses with parameters (?p=, ?tabid=&ndid= …) the pages are told of.
_MOST_SETS = 32


class OldAddresses:
    """The aliases of all bulletins and pages.  ``problems`` are those that are none, and those that
    two claim; *shown* is the content folder's name."""

    def __init__(self, frame: Frame, shown: str) -> None:
        self._frame = frame
        self._shown = shown
        self.problems: list[Problem] = []
        # The newest bulletins come first: some hosts have room for a few rules only.
        self._moves: list[Move] = []
        self._table: dict[str, Move] = {}
        self._settle(list(self._claimed()))

    def _claimed(self) -> Iterator[Move]:
        frame = self._frame
        for bulletin in (*frame.library.pages, *reversed(frame.library.bulletins)):
            claims = frame.references.claims(bulletin) if bulletin.head.aliases else ()
            for number, claim in enumerate(claims, start=1):
                if claim is None:
                    alias = bulletin.head.aliases[number - 1]
                    self._refuse("bad-alias", bulletin, number, found=alias)
                else:
                    yield Move(claim, _static(claim.address), bulletin, number)

    def _settle(self, claimed: Sequence[Move]) -> None:
        """Leave each address to the one whose it is, and refuse what two claim."""
        settled = addresses.settled(each.claim for each in claimed)
        contested: list[Move] = []
        for move in claimed:
            claim = settled[move.address.key]
            if claim is None:
                contested.append(move)
            elif claim.page == move.bulletin.path:
                self._table.setdefault(move.address.key, move)
                self._moves.append(move)
        for move in claimed:
            first = self._table.get(move.address.key)
            if (
                first
                and first.bulletin is not move.bulletin
                and first.claim.host == move.claim.host
            ):
                self._refuse_taken(move, first)
        if contested:
            self._tell_of(contested)

    def _refuse_taken(self, *two: Move) -> None:
        earlier, later = sorted(two, key=lambda each: each.bulletin.path)
        found = later.bulletin.head.aliases[later.number - 1]
        other = f"{self._shown}/{earlier.bulletin.path}"
        self._refuse("alias-taken", later.bulletin, later.number, found=found, other=other)

    def _tell_of(self, contested: Sequence[Move]) -> None:
        """Give an example of addresses that several sites had."""
        one = contested[0]
        key, path = one.address.key, one.bulletin.path
        others = (each.bulletin.path for each in contested if each.address.key == key)
        details = {
            "count": str(len({each.address.key for each in contested})),
            "found": one.bulletin.head.aliases[one.number - 1],
            "other": f"{self._shown}/{next(each for each in others if each != path)}",
        }
        place = one.bulletin.place(f"aliases.{one.number}", self._shown)
        self.problems.append(Problem("alias-contested", place, details, Severity.NOTICE))

    def _refuse(self, code: str, bulletin: Bulletin, number: int, **details: str) -> None:
        place: Place = bulletin.place(f"aliases.{number}", self._shown)
        self.problems.append(Problem(code, place, details))

    @property
    def _bits(self) -> int:
        return max(0, (len(self._table) - 1).bit_length() - _MOST_BITS)

    @cached_property
    def _sets(self) -> Counter[tuple[str, ...]]:
        return Counter(move.address.names for move in self._moves if move.address.pairs)

    def summary(self, queries_only: bool = False) -> str:
        """Return what a page that looks addresses up has to know of the table, as JSON: the bits
        that name a file, and the names of parameters that old addresses have together.  '' where
        there is nothing to look up; with *queries_only*, where no address has parameters."""
        sets = self._sets
        if not self._moves or (queries_only and not sets):
            return ""
        usual = sorted(sets, key=lambda names: (-sets[names], names))[:_MOST_SETS]
        usual.sort(key=lambda names: (-len(names), names))
        return canonical([self._bits, usual])

    def plan(self, paths: Collection[str]) -> Iterator[Artifact]:
        """Yield redirect pages, rules, and the table.  *paths* are those of all other artifacts;
        aliases that are addresses of these become problems."""
        pages = list(self._pages(paths)) if self._moves else []
        yield from pages
        frame = self._frame
        standing = {artifact.path for artifact in pages}
        rest = [move for move in self._moves if move.static not in standing]
        led = [move for move in self._moves if move.static in standing]
        for path, make in redirect_rules.files(frame.settings.redirects):
            values = partial(_rules, make, frame.settings.base_path, rest, led)
            yield Artifact(path, "text", "", values, RANK_MACHINE)
        yield from self._files()

    def _pages(self, paths: Collection[str]) -> Iterator[Artifact]:
        standing = {path.casefold(): path for path in paths}
        folders = {folder for path in standing for folder in folders_of(path)}
        # There the parameters tell what is meant: a page would answer all of them alike.
        asked = {move.address.path_key for move in self._moves if move.address.pairs}
        for move in sorted(self._moves, key=lambda move: move.static):
            if move.address.pairs:
                continue
            path = move.static.casefold()
            page = standing.get(path) or standing.get(move.address.path.casefold())
            if page:
                if page != move.bulletin.url and page in paths:
                    self._refuse(
                        "alias-is-page", move.bulletin, move.number, found=f"/{move.address.path}",
                        page=page,
                    )  # fmt: skip
                continue
            above = list(folders_of(path))
            blocked = path in folders or any(folder in standing for folder in above)
            fits = len(move.static.encode()) <= _LONGEST_PATH and is_contained(move.static)
            if blocked or move.address.key in asked or not fits:
                continue
            standing[path] = move.static
            folders.update(above)
            yield self._page(move)

    def _page(self, move: Move) -> Artifact:
        bulletin = move.bulletin
        make = partial(_redirect, self._frame, move.static, bulletin)
        inputs = f"{bulletin.url}\0{bulletin.head.title}"
        return Artifact(
            move.static, "redirect", "redirect.html", make, RANK_LIST, bulletin.path, inputs
        )

    def _files(self) -> Iterator[Artifact]:
        """Yield the table in files, each entry where the hash of its key says."""
        if not self._table:
            return
        bits = self._bits
        files: list[list[tuple[str, str]]] = [[] for _ in range(1 << bits)]
        for key in sorted(self._table):
            number = zlib.crc32(key.encode()) >> (32 - bits)
            files[number].append((key, self._table[key].bulletin.url))
        for number, entries in enumerate(files):
            name = f"{number:x}"
            inputs = "\0".join(["\0".join(entry) for entry in entries])
            make = partial(_entries, name, entries)
            path = f"{FOLDER}/{name}.js"
            yield Artifact(path, "old-addresses", "", make, RANK_LIST, inputs=f"{name}\0{inputs}")


def _static(address: Address) -> str:
    """Return the file that answers at an address, '' where there are parameters.

    A path that does not end in .html becomes a folder with an index: hosts serve that whatever its
    ending says (``/pages/tin.aspx``).
    """
    if address.pairs:
        return ""
    if address.path.lower().endswith((".html", ".htm")):
        return address.path
    return f"{address.path.rstrip('/')}/index.html"


def _entries(name: str, entries: list[tuple[str, str]]) -> Values:
    return {"name": name, "value": entries}


def _rules(make: redirect_rules.Maker, base: str, rest: list[Move], led: list[Move]) -> Values:
    return {"text": make(base, rest, led)}


def _redirect(frame: Frame, path: str, bulletin: Bulletin) -> Values:
    context = frame.page(path, "redirect", bulletin.head.title, noindex=True)
    context["page"]["canonical"] = (
        frame.settings.base_url + bulletin.url if frame.settings.base_url else ""
    )
    context["root"] = root_of(path)
    return context | {"target": bulletin.url, "title": bulletin.head.title}
