"""Related bulletins: older ones that share rare tags, topics or documents with this one.

Candidates come from windows: of each term of a bulletin the members just before it.  So a new
bulletin changes no page of an older one, and what is changed in a bulletin reaches a bounded
number of pages.  How rare a term is counts as of the bulletin, too, and in powers of two: what is
put in or taken out further back moves few others over such a border.  Only where nobody has said
what a bulletin is about, as in imported archives, is it looked for among those of its unit.
"""

from __future__ import annotations

import itertools
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from danvan_site import citations, vietnamese
from danvan_site.content import Bulletin
from danvan_site.library import Library, Term
from danvan_site.plan.model import digest

MOST = 5
WINDOW = 8
# Of so many that share the most, titles, categories and units are compared.
_NEAREST = 12
# What a shared term counts for, times its rarity from 0 to 1.
_WEIGHTS = {"van-ban": 3.0, "su-kien": 3.0, "tu-khoa": 2.0, "don-vi": 0.75}
# What all else in common adds: each pair of words in the titles, the first category, the unit.
_PAIR, _PAIRS_MOST, _CATEGORY, _UNIT = 0.25, 4, 0.25, 0.25
# Below this two bulletins have hardly anything to do with each other: a unit and a category, say.
_LEAST = 1.0
_MASK = (1 << 64) - 1
# Those looked at together stand near each other, in the library and so among these.
_TITLES_AT_HAND = 1 << 12


class Related:
    """Finds the related ones in *library*; *stamps* tell by path whether a card is what it was."""

    def __init__(self, library: Library, stamps: Mapping[str, str]) -> None:
        self._library = library
        self._sums = _sums(library, stamps)
        self._ranks: dict[str, int] = {}
        self._members: dict[tuple[str, str], array[int]] = {}
        self._pairs: dict[int, frozenset[int]] = {}
        self._numbers: dict[tuple[str, str], int] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What is only at hand is made anew in each process."""
        return vars(self) | {"_ranks": {}, "_members": {}, "_pairs": {}, "_numbers": {}}

    def stamp(self, bulletin: Bulletin) -> str:
        """Return what tells whether `of` is what it was."""
        return f"{self._sums.get(bulletin.path, 0):x}"

    def of(self, bulletin: Bulletin, shown: Sequence[Bulletin]) -> list[Bulletin]:
        """Return those related to a bulletin, the nearest first, without those *shown* already."""
        if len(self._pairs) >= _TITLES_AT_HAND:
            self._pairs.clear()
            self._numbers.clear()
        # Ranks in the library stand for bulletins: most candidates need not be looked at.
        rank = self._rank(bulletin)
        scores: dict[int, float] = {}
        for term in _terms_of(self._library, bulletin):
            members = self._ranks_of(term)
            place = bisect_left(members, rank)
            weight = _WEIGHTS[term.grouping] * _rarity(rank, place)
            for each in members[max(place - WINDOW, 0) : place]:
                scores[each] = scores.get(each, 0.0) + weight
        for one in shown:
            scores.pop(self._rank(one), None)
        nearest = sorted(scores, key=scores.__getitem__, reverse=True)[:_NEAREST]
        ranked = []
        own, pairs = bulletin.head, self._title_pairs(rank)
        for each in nearest:
            found = self._library.bulletins[each]
            head = found.head
            common = len(pairs & self._title_pairs(each))
            score = scores[each] + _PAIR * min(common, _PAIRS_MOST)
            if own.category and head.category and own.category[0] == head.category[0]:
                score += _CATEGORY
            if own.unit and own.unit == head.unit:
                score += _UNIT
            if score >= _LEAST and head.status != "withdrawn":
                ranked.append((score, head.starts or 0, head.url, found))
        ranked.sort(key=itemgetter(0, 1, 2), reverse=True)
        return [found for *_, found in ranked[:MOST]]

    def _rank(self, bulletin: Bulletin) -> int:
        """Return the place of a bulletin in the library."""
        if not self._ranks:
            bulletins = self._library.bulletins
            self._ranks.update((each.path, rank) for rank, each in enumerate(bulletins))
        return self._ranks[bulletin.path]

    def _ranks_of(self, term: Term) -> array[int]:
        """Return the ranks of a term's members."""
        key = term.grouping, term.slug
        found = self._members.get(key)
        if found is None:
            found = self._members[key] = array("I", map(self._rank, term.members))
        return found

    def _title_pairs(self, rank: int) -> frozenset[int]:
        """Return the numbers of the pairs of words in the title of a bulletin."""
        found = self._pairs.get(rank)
        if found is None:
            # Two placements of a tone mark differ here: telling them the same takes as long as all
            # the rest, and it is a word in a hundred.
            words = self._library.bulletins[rank].head.title.lower().split()
            numbers = self._numbers
            found = self._pairs[rank] = frozenset(
                [numbers.setdefault(pair, len(numbers)) for pair in itertools.pairwise(words)]
            )
        return found


def _rarity(rank: int, place: int) -> float:
    """Return how rare a term is of which the bulletin of a rank has *place*."""
    bits = rank.bit_length()
    return (bits - place.bit_length() + 1) / (bits + 1)


def _terms_of(library: Library, bulletin: Bulletin) -> Iterator[Term]:
    head = bulletin.head
    for key, names in (("su-kien", head.topic), ("tu-khoa", head.tags)):
        # Two spellings may be one term.
        for identity in dict.fromkeys(map(vietnamese.identity, names)):
            yield library.groupings[key].terms[identity]
    for name in head.documents:
        yield library.documents[citations.identity(name)]
    if head.unit and _is_mute(bulletin):
        yield library.groupings["don-vi"].terms[vietnamese.identity(head.unit)]


def _is_mute(bulletin: Bulletin) -> bool:
    """Tell whether nobody has said what a bulletin is about."""
    return not (bulletin.head.tags or bulletin.head.topic)


def _sums(library: Library, stamps: Mapping[str, str]) -> dict[str, int]:
    """Return by path what tells whether a bulletin's windows and ranks are what they were.

    A window's stamps are added up, which from one place to the next is one addition and one
    subtraction; times a number of the term's, lest two windows exchange their members unseen.
    """
    numbers = {path: int(stamp, 16) for path, stamp in stamps.items()}
    sums = {each.path: place.bit_length() for place, each in enumerate(library.bulletins)}
    groups = [library.groupings[key].terms.values() for key in _WEIGHTS if key in library.groupings]
    for term in itertools.chain(*groups, library.documents.values()):
        if len(term.members) < 2:
            continue
        factor = int(digest(term.grouping, term.slug), 16) | 1
        totals = [0, *itertools.accumulate([numbers[each.path] for each in term.members])]
        for place, each in enumerate(term.members[1:], start=1):
            if term.grouping == "don-vi" and not _is_mute(each):
                continue
            window = totals[place] - totals[place - WINDOW if place > WINDOW else 0]
            seen = (window + place.bit_length() + 1) * factor
            sums[each.path] = (sums[each.path] + seen) & _MASK
    return sums
