"""What a plan is made of: artifacts, each with what it shows and what that comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Context = Mapping[str, Any]


DIGEST = 16  # characters


def digest(*parts: str) -> str:
    """Return a short digest of some texts."""
    data = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=DIGEST // 2).hexdigest()


def canonical(value: object) -> str:
    """Return plain values as canonical JSON: the same values give the same text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Artifact(NamedTuple):
    """One output: its path, the kind that says how it is rendered, and what it shows.

    ``rank`` orders publishing: what is linked to (0) before what links to it.  ``subject`` is the
    source whose page it is, for messages.  ``context`` makes the values (plain ones: texts,
    numbers, lists, dicts), only when asked; where ``inputs`` is not '', it names all that they
    depend on besides the frame, and they are made only when that has changed.
    """

    path: str
    kind: str
    template: str
    context: Callable[[], Context]
    rank: int = 1
    subject: str = ""
    inputs: str = ""


# The search page comes right after the index that it asks for: what lies between the two is when
# a search may go wrong.
RANK_FILE, RANK_BULLETIN, RANK_LIST, RANK_MACHINE, RANK_INDEX, RANK_SEARCH, RANK_HOME = range(7)
