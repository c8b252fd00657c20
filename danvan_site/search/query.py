"""Queries over a published index on the command line: the rules of the client, in its words.

``docs/search.md`` says what a query may hold and how results are ranked.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from danvan_site import vietnamese
from danvan_site.search import analysis, hashing
from danvan_site.search.documents import FIELDS
from danvan_site.search.hashing import NEXT_BITS, SPELLING_BITS
from danvan_site.search.layout import CARDS
from danvan_site.search.lists import Kind
from danvan_site.search.postings import META, POSITION_BITS
from danvan_site.search.reader import (
    Bits,
    Name,
    Postings,
    Published,
    mixed,
    name_of,
    read_beside,
    read_chunk,
    spelled,
)  # fmt: skip

MOST_WORDS = 24
_FIELDS = {
    "tieu-de": "title",
    "chuyen-muc": "category",
    "don-vi": "unit",
    "tac-gia": "author",
    "tu-khoa": "tag",
    "su-kien": "topic",
}
_PART = re.compile(r'(-)?(?:([^\s":]{3,12}):(?=\S))?(?:"([^"]*)"?|(\S+))')
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'))
# Pairs do not tell whether all of a phrase is in the title; the title does, if there are few.
_WORTH_FETCHING = 100
_TOGETHER, _COVERED, _NEAR = 3e6, 2e6, 1e6


class Result(NamedTuple):
    """One result: score, title, address, date (ISO), unit."""

    score: float
    title: str
    url: str
    date: str
    unit: str


class Answer(NamedTuple):
    """How many bulletins match, and the first of them."""

    total: int
    results: Sequence[Result]


@dataclass(slots=True)
class Clause:
    """Words that a bulletin must have (or must not): in a row, quoted, or in a field."""

    text: str
    excluded: bool = False
    field: str = ""
    quoted: bool = False
    words: list[str] = dataclasses.field(default_factory=list)
    row: list[str] = dataclasses.field(default_factory=list)

    @property
    def has_row(self) -> bool:
        """Whether it matters that its words stand together."""
        if len(self.row) < 2:
            return False
        return self.field in ("", "title") if self.quoted else not self.field and not self.excluded

    @property
    def needs_sets(self) -> bool:
        """Whether the sets of its words tell more than its pairs do."""
        return not self.quoted or bool(self.field) or len(self.row) < 2 or self.row != self.words

    @property
    def paired(self) -> list[int]:
        """Where the pairs stand that are looked at."""
        last = len(self.row) - 2
        is_long = last >= 3 and not self.quoted
        return [at for at in range(last + 1) if not is_long or at % 3 < 2 or at == last]

    @property
    def followed(self) -> list[int]:
        """Where the pairs stand of which it has to be known what follows."""
        return self.paired[:-1] if self.quoted or len(self.row) == 3 else []


def parse(text: str) -> list[Clause]:
    """Return the clauses of a query."""
    clauses: list[Clause] = []
    opened: Clause | None = None
    for sign, name, quoted, plain in (
        match.groups() for match in _PART.finditer(text[:2000].translate(_QUOTES))
    ):
        known = _FIELDS.get(re.sub("[^a-z]+", "-", vietnamese.fold(name))) if name else ""
        content = quoted if quoted is not None else plain
        if quoted is not None and name and not known:
            clauses.append(Clause(name))
        if quoted is None and name and not known:
            content = f"{name} {plain}"
        if opened and not sign and not known and quoted is None:
            opened.text += f" {content}"
            continue
        clause = Clause(content, bool(sign), known or "", quoted is not None)
        opened = clause if quoted is None and not known and not sign else None
        clauses.append(clause)
    clauses = [clause for clause in clauses if analysis.words(clause.text)]
    left = MOST_WORDS
    for clause in clauses:
        clause.words = analysis.words(clause.text)[:left]
        clause.row = analysis.row(clause.text)[:left]
        left -= len(clause.words)
    return [clause for clause in clauses if clause.words]


def search(published: Published, text: str, limit: int) -> Answer:
    """Return the answer to a query.  Raises IndexDamaged."""
    found = ranked(published, text)
    return Answer(len(found), [result_of(published, *each) for each in found[:limit]])


def ranked(published: Published, text: str) -> list[tuple[float, int]]:
    """Return score and number of every bulletin that a query asks for, the best first.  Raises
    IndexDamaged."""
    clauses = parse(text)
    if not published.summary or not clauses:
        return []
    marked = any(analysis.has_marks(clause.text) for clause in clauses)
    material = _Material(published, clauses, marked)
    return material.ranked(material.matches())


def result_of(published: Published, score: float, document: int) -> Result:
    """Return what is shown of a bulletin by its number."""
    card = published.data(f"the/{document // CARDS:x}")[document % CARDS]
    title, url, date, unit = card
    if url.startswith("~"):
        parts = [*date.split("-")[:2], vietnamese.slugify(title)]
        url = f"{'/'.join(parts)}{url[1:]}.html"
    return Result(score, title, url, date, unit)


class _Posting(NamedTuple):
    postings: Postings
    number: int
    share: float


_Pairs = Mapping[int, Sequence[_Posting]]


class _Material:
    """What a query's words and pairs are in.  *marked* says whether accents count."""

    def __init__(self, published: Published, clauses: Sequence[Clause], marked: bool) -> None:
        self._published = published
        self._clauses = clauses
        self._marked = marked
        summary = published.summary
        self._large, self._documents = summary["large"], summary["documents"]
        self._bits, self._common = summary["bits"], summary["common"]
        self._small_chunks: dict[int, Bits] = {}

    # Lists

    def _of_words(self, word: str, wide: bool) -> list[Postings]:
        """Return the first segment's lists of a word, with weights if *wide*."""
        if not self._large:
            return []
        name, (own, _) = name_of(word), self._common
        chunk = name.rank if name.rank < own else own + _hashed(name.place, self._bits[0])
        (sets,) = self._published.bits("tu", chunk)
        some: list[Postings] = []
        totals = read_chunk(sets, Kind.SETS, self._large, {name.key}, some.append)
        if wide:
            (weights,) = self._published.bits("nang", chunk)
            read_beside(weights, Kind.WEIGHTS, totals, some)
        return list(spelled(some, name, self._marked))

    def _of_pairs(self, name: Name, followed: bool) -> list[Postings]:
        """Return the first segment's lists of a pair, with what follows if *followed*."""
        if not self._large:
            return []
        chunk, share = _hashed(name.place, self._bits[1]), 1 << self._bits[1] - self._bits[2]
        (pairs,) = self._published.bits("cap", chunk)
        some: list[Postings] = []
        totals = read_chunk(pairs, Kind.PAIRS, self._large, {name.key}, some.append)
        if followed:
            follows = self._published.bits("tiep", chunk // share)[chunk % share]
            read_beside(follows, Kind.FOLLOWS, totals, some)
        return list(spelled(some, name, self._marked))

    def _small(self, word: str) -> list[Postings]:
        """Return the second segment's lists of a word."""
        name = name_of(word)
        chunk = _hashed(name.place, self._bits[3])
        if chunk not in self._small_chunks:
            (self._small_chunks[chunk],) = self._published.bits("nho", chunk)
        some: list[Postings] = []
        bits = self._small_chunks[chunk].again()
        read_chunk(bits, Kind.WORDS, self._documents - self._large, {name.key}, some.append)
        return list(spelled(some, name, self._marked))

    def _words(self, word: str, wide: bool) -> Iterator[tuple[Postings, int]]:
        for postings in self._of_words(word, wide):
            yield postings, 0
        for postings in self._small(word):
            yield postings, self._large

    def _set(self, word: str, in_title: bool) -> set[int]:
        return {
            document + first
            for postings, first in self._words(word, in_title)
            for number, document in enumerate(postings.documents)
            if not in_title or postings.masks[number] & 1
        }

    def _pairs(self, clause: Clause, among: set[int]) -> list[_Pairs]:
        """Return the postings of a clause's pairs by bulletin."""
        found: list[_Pairs] = []
        small = self._small_pairs(clause.row, bool(clause.followed))
        for at in clause.paired:
            name = name_of(clause.row[at], clause.row[at + 1])
            large = self._of_pairs(name, at in clause.followed)
            parts = [(each, 0) for each in large]
            parts += [(each, self._large) for each in small[at]]
            counts: dict[tuple[int, int], int] = {}
            for postings, _ in parts:
                key = postings.key, postings.spelling
                counts[key] = counts.get(key, 0) + len(postings.documents)
            most = max(counts.values(), default=1)
            pairs: dict[int, list[_Posting]] = {}
            for postings, start in parts:
                share = counts[postings.key, postings.spelling] / most
                for number, document in enumerate(postings.documents):
                    if document + start in among:
                        entry = _Posting(postings, number, share)
                        pairs.setdefault(document + start, []).append(entry)
            found.append(pairs)
        return found

    def _small_pairs(self, row: Sequence[str], followed: bool) -> list[list[Postings]]:
        """Return the second segment's postings of the pairs of a row, told from where its words
        stand; with codes if *followed*."""
        words = [self._small(word) for word in row]
        found: list[list[Postings]] = []
        # Where a pair begins in a bulletin → its hash there.
        later: dict[tuple[int, int], int] = {}
        for at in range(len(row) - 2, -1, -1):
            key = name_of(row[at], row[at + 1]).key
            begins: dict[tuple[int, int], int] = {}
            pairs = []
            for one, two in itertools.product(words[at], words[at + 1]):
                spelling = mixed(one.accented, two.accented) >> (32 - SPELLING_BITS)
                pair = Postings(key, spelling, -1, 0)
                seconds = dict(zip(two.documents, two.places, strict=True))
                for document, places in zip(one.documents, one.places, strict=True):
                    after = set(seconds.get(document, ()))
                    places = [place for place in places if place + 1 in after]
                    if not places:
                        continue
                    pair.documents.append(document)
                    pair.masks.append(_classes(places))
                    pair.amounts.append(len(places))
                    for ordinal, place in enumerate(places):
                        name = (key << SPELLING_BITS | spelling) & 0xFFFFFFFF
                        begins[document, place] = hashing.next_of(name, ordinal)
                        if followed:
                            pair.codes.append((NEXT_BITS, later.get((document, place + 1), 0)))
                if pair.documents:
                    pairs.append(pair)
            found.insert(0, pairs)
            later = begins
        return found

    # Matches

    def matches(self) -> set[int]:
        """Return all bulletins that the query asks for."""
        found = set(range(self._documents))
        for clause in self._clauses:
            some = self._of_clause(clause)
            found = found - some if clause.excluded else found & some
        return found

    def _of_clause(self, clause: Clause) -> set[int]:
        if clause.field and clause.field != "title":
            return self._named(clause)
        found = set(range(self._documents))
        if clause.needs_sets:
            for word in clause.words:
                found &= self._set(word, clause.field == "title")
        if clause.quoted and clause.has_row:
            maps = self._pairs(clause, found)
            classes = 1 if clause.field == "title" else 15
            found = {
                document
                for document in _everywhere(maps)
                if _stands_together(maps, document)
                and all(
                    any(each.postings.masks[each.number] & classes for each in pairs[document])
                    for pairs in maps
                )
            }
        if clause.quoted and clause.field == "title" and len(found) <= _WORTH_FETCHING:
            key = vietnamese.tone_key if self._marked else vietnamese.fold
            phrase = f" {' '.join(map(key, clause.row))} "
            titles = {each: result_of(self._published, 0, each).title for each in found}
            found = {
                each
                for each, title in titles.items()
                if phrase in f" {' '.join(map(key, analysis.row(title)))} "
            }
        return found

    def _named(self, clause: Clause) -> set[int]:
        file = self._published.summary["filters"].get(clause.field)
        if not file:
            return set()
        names, codes = self._published.data(f"loc/{file}")
        key = vietnamese.tone_key if self._marked else vietnamese.fold
        asked = {key(word) for word in clause.words}
        phrase = f" {' '.join(map(key, clause.row))} " if clause.quoted else ""
        good = [
            asked
            <= {key(word) for token in analysis.tokens(name) for part in token for word in part}
            and phrase in f" {' '.join(map(key, analysis.row(name)))} "
            for name in names
        ]
        order = list(dict.fromkeys(codes.replace(" ", "")))
        accepted = {code for code, is_good in zip(order, good, strict=True) if is_good}
        bulletins = enumerate(codes.split(" ")[:-1])
        return {number for number, own in bulletins if accepted.intersection(own)}

    # Ranking

    def ranked(self, matches: set[int]) -> list[tuple[float, int]]:
        """Return scores and bulletins, the best first; of equal ones the newer first."""
        rows = [clause for clause in self._clauses if clause.has_row and not clause.excluded]
        maps = [self._pairs(clause, matches) for clause in rows]
        flat = [pairs for some in maps for pairs in some]
        scores: dict[int, float] = {}
        for document in {document for pairs in flat for document in pairs}:
            worth = _worth(flat, document)
            near = sum(document in pairs for pairs in flat) * 1e3 + worth
            if near >= len(flat) * 1e3 and all(_stands_together(some, document) for some in maps):
                scores[document] = _TOGETHER + _in_title(flat, document) + worth
            elif all(map(_covers, rows, maps, itertools.repeat(document))):
                scores[document] = _COVERED + near
            else:
                scores[document] = _NEAR + near
        rest = matches - scores.keys()
        if rest:
            scores |= self._bm25(rest)
        return sorted(
            ((score, document) for document, score in scores.items()),
            key=lambda each: (-each[0], -each[1]),
        )

    def _bm25(self, among: set[int]) -> dict[int, float]:
        """Return the scores of BM25 as lunr has it, each field by itself."""
        words = {
            analysis.terms_of(word)[0 if self._marked else 1]: word
            for clause in self._clauses
            if not clause.excluded and clause.field in ("", "title")
            for word in reversed(clause.words)
        }
        lengths = self._published.data("do-dai")
        scores = dict.fromkeys(among, 0.0)
        for word in words.values():
            amounts: dict[int, dict[int, float]] = {}
            for postings, first in self._words(word, wide=True):
                for number, document in enumerate(postings.documents):
                    own = amounts.setdefault(document + first, {})
                    for each, amount in postings.amounts[number].items():
                        own[each] = own.get(each, 0) + amount
            standing = sum(map(len, amounts.values()))
            idf = math.log(1 + abs((self._documents - standing + 0.5) / (standing + 0.5)))
            for document in among & amounts.keys():
                scores[document] += self._of_fields(amounts[document], document, idf, lengths)
        root = math.sqrt(len(words))
        return {each: math.floor(1e6 * score / root + 0.5) / 1e6 for each, score in scores.items()}

    def _of_fields(
        self,
        amounts: Mapping[int, float],
        document: int,
        idf: float,
        lengths: Mapping[str, Sequence[float]],
    ) -> float:
        total = 0.0
        for number, boost in enumerate(FIELDS.values()):
            if number not in amounts:
                continue
            norm = 1.2
            if document >= self._large:
                at = (document - self._large) * len(FIELDS) + number
                norm *= 0.25 + 0.75 * lengths["lengths"][at] / lengths["averages"][number]
            amount = amounts[number]
            total += math.floor(1000 * idf * boost * 2.2 * amount / (norm + amount) + 0.5) / 1000
        return total


def _hashed(place: int, bits: int) -> int:
    return place >> (32 - bits) if bits else 0


def _classes(places: Sequence[int]) -> int:
    """Return the mask of the classes of the fields that hold some places."""
    mask = 0
    for place in places:
        mask |= 1 << min(place >> POSITION_BITS, META)
    return mask


def _everywhere(maps: Sequence[_Pairs]) -> set[int]:
    return set.intersection(*(set(pairs) for pairs in maps))


def _occurrences(postings: Sequence[_Posting]) -> list[tuple[int, int, int]]:
    """Return for each occurrence of a pair its hash, and length and bits of what follows."""
    found = []
    for each in postings:
        own = each.postings
        name = (own.key << 12 | own.spelling) & 0xFFFFFFFF
        start = sum(own.amounts[: each.number])
        for ordinal in range(own.amounts[each.number]):
            length, bits = own.codes[start + ordinal] if own.codes else (0, 0)
            found.append((hashing.next_of(name, ordinal), length, bits))
    return found


def _stands_together(maps: Sequence[_Pairs], document: int) -> bool:
    now = _occurrences(maps[0][document])
    for pairs in maps[1:]:
        now = [
            later
            for later in _occurrences(pairs[document])
            if any(later[0] >> (NEXT_BITS - length) == bits for _, length, bits in now)
        ]
    return bool(now)


def _worth(maps: Sequence[_Pairs], document: int) -> float:
    """Return how well a bulletin's pairs answer: a title most, then how often."""
    total = 0.0
    for pairs in maps:
        best = 0.0
        for each in pairs.get(document, ()):
            mask, count = each.postings.masks[each.number], each.postings.amounts[each.number]
            own = 2.0 * (mask & 1) + 0.25 * (mask & 2)
            own += count / (count + 1) if mask & 7 else 0.1
            best = max(best, own * each.share)
        total += best
    return total / len(maps)


def _in_title(maps: Sequence[_Pairs], document: int) -> float:
    """Tell whether all pairs are in the title: 10.0, less where the spelling is a rarer one."""
    shares = (
        max(each.share * (each.postings.masks[each.number] & 1) for each in pairs[document])
        for pairs in maps
    )
    return 10.0 * min(shares) ** 3


def _covers(clause: Clause, maps: Sequence[_Pairs], document: int) -> bool:
    """Tell whether each word of a row stands beside a neighbour of it."""
    there = [at for at, pairs in zip(clause.paired, maps, strict=True) if document in pairs]
    return {*there, *(at + 1 for at in there)} == set(range(len(clause.row)))
