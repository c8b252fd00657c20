"""What a plan is made of: artifacts, and their contexts as canonical JSON.

A context is encoded once, in the planning process: the same text is what the fingerprint is
taken of, what travels to a worker, and what the template gets.  Parts that stand in many pages
(the frame, the cards) are encoded once and put in as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# `json.dumps` with these arguments would make an encoder anew for each of a million values.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Json(str):
    """A text that is JSON already."""

    __slots__ = ()


def encode(value: Mapping[str, Any]) -> Json:
    """Return a context as canonical JSON: its plain values in the order of their keys, in one go,
    then the parts that are JSON already (or lists of such), as they are."""
    plain: dict[str, Any] = {}
    ready: list[str] = []
    for key in sorted(value):
        part = value[key]
        if isinstance(part, Json):
            ready.append(f'"{key}":{part}')
        elif isinstance(part, list | tuple) and part and isinstance(part[0], Json):
            ready.append(f'"{key}":[{",".join(part)}]')
        else:
            plain[key] = part
    text = _ENCODER.encode(plain)
    if not ready:
        return Json(text)
    return Json(f"{text[:-1]}{',' if plain else ''}{','.join(ready)}}}")


Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Artifact:
    """One output: its path, the kind that says how it is rendered, and what it shows.

    ``rank`` orders publishing: what is linked to (0) before what links to it.  ``subject`` is the
    source whose page it is, for messages.  ``context`` makes the values, only when asked; where
    ``inputs`` is not '', it names all that they depend on besides the frame.
    """

    path: str
    kind: str
    template: str
    context: Callable[[], Context]
    rank: int = 1
    subject: str = ""
    inputs: str = ""


RANK_FILE, RANK_BULLETIN, RANK_LIST, RANK_HOME, RANK_MACHINE = range(5)
