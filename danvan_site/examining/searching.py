"""The search index that was made: does it find what is there, and score it as lunr does?

Totals are compared with a count through the token streams of all bulletins; matches, and in an
archive that is all in the second segment scores and order, too, with lunr's own index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from lunr.query import QueryPresence  # type: ignore[import-untyped]

from danvan_site import vietnamese
from danvan_site.content import Bulletin
from danvan_site.errors import Place, Problem
from danvan_site.library import standing
from danvan_site.search import analysis, lunr_index, query
from danvan_site.search.documents import ASIDE, BLOCK
from danvan_site.search.layout import SEGMENT
from danvan_site.search.reader import IndexDamaged, Published
from danvan_site.stages import Examined
from danvan_site.state import Reader, reader

# lunr takes some 9 ms a bulletin.  It has all of an archive that its scores can be compared for,
# of a larger one a sample.
_SAMPLE = 300
_QUERIES = 20
_STREAMS_AT_A_TIME = 1_000
# Below this a score is lunr's; from here on it says that words stand side by side.
_SIDE_BY_SIDE = 1e6
# Both add up numbers with three decimals, and round binary fractions in ways of their own.
_NEAR = 1e-3


def examine(site: Examined, folder: Path) -> Iterator[Problem]:
    """Yield the queries that the index in *folder* answers otherwise than it should."""
    bulletins = standing(site.library.bulletins)
    if not bulletins:
        return
    place = Place(site.options.shown(site.options.output) + "/tim-kiem.html")
    state = reader(str(site.state))
    sample = _sample(bulletins, _SAMPLE if len(bulletins) >= SEGMENT else len(bulletins))
    index = lunr_index.index_of([(each.path, str(n)) for n, each in sample.items()], state)
    texts = _queries([sample[number].head.title for number in sample])
    expected = _counted(state, bulletins, texts)
    site.progress.stage("compare", len(texts))
    for text in texts:
        try:
            published = Published(folder)
            found = query.ranked(published, text)
            first = query.result_of(published, *found[0]).url if found else ""
        except (IndexDamaged, OSError) as error:
            yield Problem("index-damaged", Place(f"{place.file}: {error}"))
            return
        fault = _fault(found, expected[text], _lunr(index, text), set(sample), len(bulletins))
        if not fault and found and first != bulletins[found[0][1]].url:
            fault = f"{first} ≠ {bulletins[found[0][1]].url}"
        if fault:
            yield Problem("search-differs", place, {"query": text, "difference": fault})
        site.progress.advance(1)


def _fault(
    found: Sequence[tuple[float, int]],
    expected: frozenset[int],
    lunr: Mapping[int, float],
    sample: set[int],
    bulletins: int,
) -> str:
    """Return in short what is wrong with an answer, '' where nothing is."""
    ours = {number: score for score, number in found}
    if ours.keys() != expected:
        return f"{len(ours)} ≠ {len(expected)}"
    if ours.keys() & sample != lunr.keys():
        return f"lunr: {len(ours.keys() & sample)} ≠ {len(lunr)}"
    if len(sample) < bulletins:
        return ""
    last = None
    for score, number in found:
        if score >= _SIDE_BY_SIDE:
            continue
        if abs(score - lunr[number]) > _NEAR:
            return f"lunr: {score:.3f} ≠ {lunr[number]:.3f}"
        if last is not None and lunr[number] > last + _NEAR:
            return f"lunr: {lunr[number]:.3f} > {last:.3f}"
        last = lunr[number]
    return ""


def _sample(bulletins: Sequence[Bulletin], size: int) -> dict[int, Bulletin]:
    """Return some bulletins by their numbers, the same ones each time."""

    def key(number: int) -> bytes:
        return hashlib.blake2b(bulletins[number].path.encode(), digest_size=8).digest()

    chosen = sorted(range(len(bulletins)), key=key)[:size]
    return {number: bulletins[number] for number in chosen}


def _queries(titles: Sequence[str]) -> list[str]:
    """Return queries of one to three words of titles, with marks and without."""
    found: dict[str, None] = {}
    for number, title in enumerate(titles):
        words = [word for word in analysis.words(title) if word.isalnum()]
        if len(words) < 4:
            continue
        start = number % (len(words) - 3)
        some = words[start : start + 4]
        kinds = (some[:1], some[:2], [some[0], some[3]], some[:3])
        text = " ".join(kinds[number % len(kinds)])
        found[vietnamese.fold(text) if number % 3 == 2 else text] = None
        if len(found) >= _QUERIES:
            break
    return list(found)


def _terms(text: str) -> list[str]:
    level = 0 if analysis.has_marks(text) else 1
    return list(dict.fromkeys(analysis.terms_of(word)[level] for word in analysis.words(text)))


def _lunr(index: object, text: str) -> dict[int, float]:
    """Return what lunr finds for the words of a query, all of them required."""
    asked = index.create_query()  # type: ignore[attr-defined]
    for term in _terms(text):
        asked.term(term, presence=QueryPresence.REQUIRED, use_pipeline=False)
    return {int(each["ref"]): each["score"] for each in index.query(asked)}  # type: ignore[attr-defined]


def _counted(
    state: Reader, bulletins: Sequence[Bulletin], texts: Sequence[str]
) -> dict[str, frozenset[int]]:
    """Return for each query the numbers of the bulletins that have all of its words, by going
    through all streams."""
    bits = {
        term: 1 << n for n, term in enumerate(dict.fromkeys(t for x in texts for t in _terms(x)))
    }
    # Word's number → the terms that it is; the last entry is for what is no word.
    words = state.words()
    table = np.zeros(len(words) + 1, np.uint64)
    for number, word in enumerate(words):
        table[number] = sum(bits.get(term, 0) for term in set(analysis.terms_of(word)))
    has = np.zeros(len(bulletins), np.uint64)
    for start in range(0, len(bulletins), _STREAMS_AT_A_TIME):
        some = bulletins[start : start + _STREAMS_AT_A_TIME]
        streams = [np.frombuffer(state.stream(each.path), np.uint32) for each in some]
        ends = np.cumsum([len(each) + 1 for each in streams])
        end = np.array([BLOCK], np.uint32)
        numbers = np.concatenate([part for each in streams for part in (each, end)])
        places = np.where(numbers >= BLOCK, len(words), numbers & ~np.uint32(ASIDE))
        starts = np.concatenate(([0], ends[:-1]))
        has[start : start + len(some)] = np.bitwise_or.reduceat(table[places], starts)
    needed = {text: np.uint64(sum(bits[term] for term in _terms(text))) for text in texts}
    return {
        text: frozenset(np.flatnonzero((has & need) == need).tolist())
        for text, need in needed.items()
    }
