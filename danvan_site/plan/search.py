"""The search index: what is searched, and the artifacts of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from danvan_site import vietnamese
from danvan_site.content import Bulletin
from danvan_site.library import NAMES_OF, standing
from danvan_site.plan.frame import Frame, Values
from danvan_site.plan.model import RANK_INDEX, Artifact, canonical
from danvan_site.search.documents import Source
from danvan_site.search.files import CHUNK_FOLDERS
from danvan_site.search.index import Index
from danvan_site.search.layout import CARDS, FOLDER, cards_path, chunk_path

# Name of a filter → the grouping, which also names the file.
_FILTERS: Mapping[str, str] = {
    "category": "chuyen-muc",
    "unit": "don-vi",
    "author": "tac-gia",
    "tag": "tu-khoa",
    "topic": "su-kien",
}
# Codes of a column are characters from here on, without the backslash; a space ends a bulletin's.
_FIRST_CODE, _BACKSLASH = 0x23, 0x5C


def index_of(frame: Frame, program: str) -> Index:
    """Return what the index is to be of."""
    sources = [
        Source(each.path, f"{each.head.search_digest[:16]}{each.head.body_digest[:16]}")
        for each in frame.standing
    ]
    return Index.of(sources, frame.settings.search.abbreviations, program)


def summary(frame: Frame, index: Index) -> str:
    """Return what the client has to know before it fetches anything, as JSON."""
    layout = index.layout
    bulletins = frame.standing
    years: list[list[int]] = []
    for number, bulletin in enumerate(bulletins):
        year = bulletin.year
        if not years or years[-1][0] != year:
            years.append([year, number])
    return canonical(
        {
            "documents": layout.documents,
            "large": layout.large,
            "bits": [layout.word_bits, layout.pair_bits, layout.follow_bits, layout.small_bits],
            "common": [layout.common, layout.unions],
            "versions": [index.digest[:8], index.first_digest[:8]],
            "years": years,
            "filters": {name: key for name, key in _FILTERS.items() if _is_used(frame, key)},
        }
    )


def plan(frame: Frame, index: Index) -> Iterator[Artifact]:
    """Yield the files of the index.  They stand before the page that uses them."""
    for kind, folder in CHUNK_FOLDERS.items():
        for chunk in range(index.layout.chunks[folder]):
            context: Values = {"chunk": chunk}
            path = chunk_path(folder, chunk)
            yield Artifact(path, kind, "", partial(dict, context), RANK_INDEX)
    for kind, name in (("search-vocabulary", "tu-vung"), ("search-lengths", "do-dai")):
        context = {"chunk": 0, "name": name}
        yield Artifact(f"{FOLDER}/{name}.js", kind, "", partial(dict, context), RANK_INDEX)
    bulletins = frame.standing
    for number, start in enumerate(range(0, len(bulletins), CARDS)):
        some = bulletins[start : start + CARDS]
        make = partial(_cards, number, some)
        inputs = frame.stamps(some)
        yield Artifact(cards_path(number), "search-data", "", make, RANK_INDEX, inputs=inputs)
    for key in _FILTERS.values():
        if _is_used(frame, key):
            yield _data(frame, f"loc/{key}", partial(_column, frame, key))
    if frame.settings.search.export == "lunr":
        documents = [[each.path, each.url] for each in bulletins]
        context = {"documents": documents, "digest": index.digest}
        yield Artifact(f"{FOLDER}/lunr.json", "search-lunr", "", partial(dict, context), RANK_INDEX)
    yield _data(frame, "loc/luot-xem", partial(_views, bulletins))
    yield _data(frame, "loc/ngay", partial(_days, bulletins))


def _data(frame: Frame, name: str, make: Callable[[], object]) -> Artifact:
    context, inputs = partial(_named, name, make), frame.everything
    return Artifact(f"{FOLDER}/{name}.js", "search-data", "", context, RANK_INDEX, inputs=inputs)


def _named(name: str, make: Callable[[], object]) -> Values:
    return {"name": name, "value": make()}


def _cards(number: int, bulletins: Sequence[Bulletin]) -> Values:
    """Return result cards: title, address, date, unit.

    An address that is as titles and dates give it is only what it has besides: ``~-2``.
    """
    cards = []
    for each in bulletins:
        date = each.date.iso[:10]
        usual = "/".join([*date.split("-")[:2], vietnamese.slugify(each.head.title)])
        rest = each.url.removeprefix(usual)
        url = each.url if rest == each.url else f"~{rest.removesuffix('.html')}"
        cards.append([each.head.title, url, date, each.head.unit])
    return {"name": f"the/{number:x}", "value": cards}


def _is_used(frame: Frame, key: str) -> bool:
    return any(standing(term.members) for term in frame.library.groupings[key].terms.values())


def _column(frame: Frame, key: str) -> object:
    """Return the names of a grouping's terms in the order in which they first appear, and those
    of each bulletin as codes."""
    grouping, names_of = frame.library.groupings[key], NAMES_OF[key]
    codes: dict[str, str] = {}
    written: dict[str, str] = {}
    rows: list[str] = []
    for bulletin in frame.standing:
        names = names_of(bulletin)
        for name in names:
            if name not in written:
                (term,) = grouping.find([name])
                written[name] = codes.setdefault(term.name, _code(len(codes)))
        # Two spellings may be one term.
        rows.append("".join(dict.fromkeys([written[name] for name in names])))
    return [list(codes), "".join([f"{row} " for row in rows])]


def _code(number: int) -> str:
    code = _FIRST_CODE + number
    code += code >= _BACKSLASH
    # Past ASCII: no controls, no halves of surrogate pairs.
    code += 0x22 if code >= 0x7F else 0
    return chr(code + 0x800 if code >= 0xD800 else code)


def _views(bulletins: Sequence[Bulletin]) -> object:
    return " ".join(str(each.head.views or 0) for each in bulletins)


def _days(bulletins: Sequence[Bulletin]) -> object:
    """Return days and how many bulletins each has, as distances: ``days count`` in one row."""
    row: list[int] = []
    last = 0
    for bulletin in bulletins:
        day = bulletin.year * 512 + bulletin.month * 32 + bulletin.day
        if day != last or not row:
            row += [day - last, 1]
            last = day
        else:
            row[-1] += 1
    return row
