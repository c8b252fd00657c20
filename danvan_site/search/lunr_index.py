"""The plain lunr index of a small site, with the analysis of this program.

The index is lunr's own serialized form, so that any lunr can load it; the file around it is a
classic script, because that is what a browser loads from a disk and under a strict policy.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from lunr.builder import Builder  # type: ignore[import-untyped]

from danvan_site.search import analysis

# Field → boost.
FIELDS = {
    "title": 8,
    "lead": 3,
    "tags": 4,
    "category": 2,
    "unit": 2,
    "author": 3,
    "caption": 1,
    "body": 1,
}
_WITH_PAIRS = ("title", "lead")
_SHOWN = ("url", "title", "date", "unit", "lead")
_TAG = re.compile(r"<[^>]+>")


def write(context: Mapping[str, Any], body: Callable[[str], str]) -> bytes:
    """Return the index as a script; *body* gives a bulletin's HTML by the path of its source."""
    builder = Builder()
    builder.ref("id")
    for name, boost in FIELDS.items():
        builder.field(name, boost=boost)
    abbreviations = [(short, long) for short, long in context["abbreviations"]]
    for number, document in enumerate(context["documents"]):
        texts = {**document, "body": _words(body(document["path"]))}
        fields = {name: _terms(name, texts[name], abbreviations) for name in FIELDS}
        builder.add({"id": str(number), **fields})
    index = builder.build().serialize()
    documents = [[document[name] for name in _SHOWN] for document in context["documents"]]
    data = {"documents": documents, "abbreviations": abbreviations, "index": index}
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    safe = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"danvanSearch.load({safe});\n".encode()


def _words(markup: str) -> str:
    return html.unescape(_TAG.sub(" ", markup))


def _terms(name: str, text: str, abbreviations: list[tuple[str, str]]) -> list[str]:
    text = analysis.expanded(text, abbreviations)
    found = list(analysis.terms(text))
    if name in _WITH_PAIRS:
        found += analysis.pairs(text)
    return found
