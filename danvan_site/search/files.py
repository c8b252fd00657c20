"""The index's files: classic scripts that hand over what they hold, so that a browser loads them
from a disk and under a strict policy too.

Those with bits are UTF-16 with a byte order mark, which every browser obeys before all else it is
told of the encoding.
"""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from danvan_site.search import spool as spooling
from danvan_site.search.index import LENGTHS, VOCABULARY
from danvan_site.search.layout import SHARE, chunk_name
from danvan_site.search.spool import Spool

Values = Mapping[str, Any]


def data(name: str, value: Any, to: str = "danvanSearch") -> bytes:
    """Return the script that hands over plain values *to* an object of the client's."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'{to}.add("{name}",{safe});\n'.encode("utf-8", "surrogatepass")


def bits(name: str, *texts: bytes) -> bytes:
    """Return the script that hands over packed bits."""
    values = b",\0".join(_QUOTE + text + _QUOTE for text in texts)
    head = f'danvanSearch.add("{name}",'.encode("utf-16-le")
    return b"".join((codecs.BOM_UTF16_LE, head, values, ");".encode("utf-16-le")))


_QUOTE = '"'.encode("utf-16-le")


class _Chunks(NamedTuple):
    """Chunks of a kind: their folder, what makes the texts of consecutive ones, the name of the
    rows of which these are made, and of how many chunks of rows each is."""

    folder: str
    make: Callable[[Spool, range], list[tuple[bytes, ...]]]
    rows: str
    share: int


_CHUNKS: Mapping[str, _Chunks] = {
    "search-sets": _Chunks("tu", spooling.sets, "words", 1),
    "search-weights": _Chunks("nang", spooling.weights, "words", 1),
    "search-unions": _Chunks("goc", spooling.unions, "words", 1),
    "search-pairs": _Chunks("cap", spooling.pairs, "pairs", 1),
    "search-follows": _Chunks("tiep", spooling.follows, "pairs", SHARE),
    "search-small": _Chunks("nho", spooling.small, "small", 1),
}
CHUNK_FOLDERS = {kind: chunks.folder for kind, chunks in _CHUNKS.items()}
# Kinds that are made of posting rows; of what is made of streams; of the index as a whole.
OF_ROWS = frozenset((*_CHUNKS, "search-vocabulary", "search-lengths"))
OF_STREAMS = OF_ROWS | {"search-lunr"}
# So many chunks of rows are read at once: what is sorted then fits into a processor's cache.
_AT_ONCE = 16


def stamps(spool: Spool) -> dict[str, list[str]]:
    """Return for each kind that is made of posting rows, by chunk, what tells whether a file is
    what it was."""
    layout = spool.layout
    small = f"{spool.documents - layout.large} "
    found = {"search-small": [f"{small}{each:x}" for each in spool.sums("small", 1).tolist()]}
    for kind, name in (("search-vocabulary", VOCABULARY), ("search-lengths", LENGTHS)):
        data = Path(spool.path(name)).read_bytes()
        found[kind] = [hashlib.blake2b(data, digest_size=8).hexdigest()]
    if layout.large:
        sets, weights, pairs = (
            [f"{layout.large} {each:x}" for each in spool.sums(kind, spool.blocks).tolist()]
            for kind in ("sets", "weights", "pairs")
        )
        found |= {"search-sets": sets, "search-unions": sets, "search-weights": weights}
        found["search-pairs"] = pairs
        found["search-follows"] = [
            "".join(pairs[at : at + SHARE]) for at in range(0, len(pairs), SHARE)
        ]
    return found


def made_of(kind: str, context: Values) -> tuple[str, int]:
    """Name the posting rows that an artifact is made of."""
    if kind not in _CHUNKS:
        return kind, 0
    chunks = _CHUNKS[kind]
    return chunks.rows, int(context["chunk"]) * chunks.share // _AT_ONCE


def of_rows(kind: str, spool: Spool, contexts: Sequence[Values]) -> list[bytes]:
    """Return the files of some artifacts of one kind, in order."""
    if kind not in _CHUNKS:
        path = VOCABULARY if kind == "search-vocabulary" else LENGTHS
        value = json.loads(Path(spool.path(path)).read_text("utf-8"))
        return [data(context["name"], value) for context in contexts]
    chunks = _CHUNKS[kind]
    files: list[bytes] = []
    for run in _runs([int(context["chunk"]) for context in contexts]):
        for chunk, texts in zip(run, chunks.make(spool, run), strict=True):
            files.append(bits(chunk_name(chunks.folder, chunk), *texts))
    return files


def _runs(numbers: Sequence[int]) -> list[range]:
    """Cut ascending numbers into runs without gaps."""
    runs: list[range] = []
    for number in numbers:
        if runs and runs[-1].stop == number:
            runs[-1] = range(runs[-1].start, number + 1)
        else:
            runs.append(range(number, number + 1))
    return runs
