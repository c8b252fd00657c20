"""The index's files: classic scripts that hand over what they hold, so that a browser loads them
from a disk and under a strict policy too.

Those with bits are UTF-16 with a byte order mark, which every browser obeys before all else it is
told of the encoding.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from danvan_site.search import spool as spooling
from danvan_site.search.index import LENGTHS, VOCABULARY
from danvan_site.search.layout import chunk_name
from danvan_site.search.spool import Spool

Values = Mapping[str, Any]


def data(name: str, value: Any) -> bytes:
    """Return the script that hands over plain values."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'danvanSearch.add("{name}",{safe});\n'.encode("utf-8", "surrogatepass")


def bits(name: str, *texts: bytes) -> bytes:
    """Return the script that hands over packed bits."""
    values = b",\0".join(_QUOTE + text + _QUOTE for text in texts)
    head = f'danvanSearch.add("{name}",'.encode("utf-16-le")
    return b"".join((codecs.BOM_UTF16_LE, head, values, ");".encode("utf-16-le")))


_QUOTE = '"'.encode("utf-16-le")


# Kind of artifact → folder, and what makes the texts of consecutive chunks.
_CHUNKS: Mapping[str, tuple[str, Callable[[Spool, range], list[tuple[bytes, ...]]]]] = {
    "search-sets": ("tu", spooling.sets),
    "search-pairs": ("cap", spooling.pairs),
    "search-follows": ("tiep", spooling.follows),
    "search-weights": ("nang", spooling.weights),
    "search-small": ("nho", spooling.small),
}
KINDS = frozenset(_CHUNKS)
# All kinds that are made of streams.
OF_STREAMS = KINDS | {"search-vocabulary", "search-lengths", "search-lunr"}
OF_INDEX = OF_STREAMS | {"search-data"}


def folder_of(kind: str) -> str:
    """Return the folder of a kind's chunks."""
    return _CHUNKS[kind][0]


def chunks(kind: str, spool: Spool, contexts: Sequence[Values]) -> list[bytes]:
    """Return the files of some chunks of one kind, in order."""
    folder, make = _CHUNKS[kind]
    files: list[bytes] = []
    for run in _runs([int(context["chunk"]) for context in contexts]):
        for chunk, texts in zip(run, make(spool, run), strict=True):
            files.append(bits(chunk_name(folder, chunk, int(contexts[0]["bits"])), *texts))
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


def vocabulary(spool: Spool, context: Values) -> bytes:
    """Return the file of frequent words."""
    words = json.loads(Path(spool.path(VOCABULARY)).read_text("utf-8"))
    return data(context["name"], " ".join(words))


def lengths(spool: Spool, context: Values) -> bytes:
    """Return the file of the second segment's lengths."""
    return data(context["name"], json.loads(Path(spool.path(LENGTHS)).read_text("utf-8")))
