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
    """Return a context as canonical JSON: keys in order, `Json` parts as they are."""
    parts = [f"{_ENCODER.encode(key)}:{_encoded(value[key])}" for key in sorted(value)]
    return Json("{" + ",".join(parts) + "}")


def _encoded(value: Any) -> str:
    if isinstance(value, Json):
        return value
    if isinstance(value, list | tuple) and value and isinstance(value[0], Json):
        return "[" + ",".join(value) + "]"
    return _ENCODER.encode(value)


Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Artifact:
    """One output: its path, the kind that says how it is rendered, and what it shows.

    ``rank`` orders publishing: what is linked to (0) before what links to it.  ``subject`` is the
    source whose page it is, for messages.  ``context`` makes the values, only when asked.
    """

    path: str
    kind: str
    template: str
    context: Callable[[], Context]
    rank: int = 1
    subject: str = ""


RANK_FILE, RANK_BULLETIN, RANK_LIST, RANK_HOME, RANK_MACHINE = range(5)
