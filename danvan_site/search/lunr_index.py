"""The plain lunr index, for other clients: every lunr loads it.

Its terms are those of `analysis`, at both levels, so a client has to hand over terms, not words.
A bulletin's reference is its address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from lunr.builder import Builder  # type: ignore[import-untyped]

from danvan_site.search import analysis
from danvan_site.search.documents import ASIDE, BLOCK, FIELDS
from danvan_site.state import Reader


def write(context: Mapping[str, Any], state: Reader) -> bytes:
    """Return the index in lunr's own serialized form, as JSON.  *state* has the streams."""
    index = index_of(context["documents"], state).serialize()
    return json.dumps(index, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def index_of(documents: Iterable[Sequence[str]], state: Reader) -> Any:
    """Return lunr's index of some bulletins, given as their paths and their names in it."""
    words = state.words()
    builder = Builder()
    builder.ref("url")
    for name, boost in FIELDS.items():
        builder.field(name, boost=boost)
    for path, url in documents:
        builder.add({"url": url, **_fields(state.stream(path), words)})
    return builder.build()


def _fields(stream: bytes, words: list[str]) -> dict[str, list[str]]:
    names = list(FIELDS)
    fields: dict[str, list[str]] = {name: [] for name in names}
    field = names[0]
    for number in np.frombuffer(stream, np.uint32).tolist():
        if number >= BLOCK:
            field = names[number & 0xFF]
        else:
            fields[field] += analysis.terms_of(words[number & ~ASIDE])
    return fields
