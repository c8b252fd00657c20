"""The published index: its segments and files, and how large each is to be.

The bulletins are numbered from the oldest.  All but the last N mod 1024 make the first segment,
which the next bulletin leaves alone; the rest are the second.  How many chunks there are follows
from the number of bulletins alone, so that a client can name the file that holds a term without
asking a directory: common words have chunks of their own, which come first, and which of the others
(a power of two) holds a term follows from the term's hash.

* ``tu/``: in which bulletins of the first segment the words are
* ``nang/``: which fields hold these words and how often, for ranking
* ``goc/``: in which bulletins the most common words are, in whatever spelling
* ``cap/``: in which the pairs are; ``tiep/``: what follows each of these
* ``nho/``: all there is of the second segment, under the first word
* ``the/``: result cards, sixteen bulletins a file
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from danvan_site.search.common import COMMON

FOLDER = "tim-kiem"
SEGMENT = 1024
# As posting rows have twenty bits for a bulletin.
MOST_DOCUMENTS = 1 << 20
CARDS = 16
# In a file of what follows stands what belongs to so many chunks of pairs.
SHARE = 2
# Bulletins for each chunk of pairs in a large archive, some 7 KB; of the second segment when it is
# full, 3 KB; of all in a small one, 6 KB.
_PER_LARGE_CHUNK, _PER_SMALL_CHUNK, _PER_CHUNK = 8, 2, 4


@dataclass(frozen=True, slots=True)
class Layout:
    """The index of *documents* bulletins, of which the first segment has *large*."""

    documents: int

    def __post_init__(self) -> None:
        if self.documents > MOST_DOCUMENTS:
            raise OverflowError(f"the search index holds {MOST_DOCUMENTS} bulletins at most")

    @property
    def large(self) -> int:
        """The number of bulletins in the first segment."""
        return self.documents // SEGMENT * SEGMENT

    @property
    def pair_bits(self) -> int:
        """Chunks of pairs, as a power of two; -1 where there is no first segment."""
        return _power(self.large / _PER_LARGE_CHUNK) if self.large else -1

    @property
    def follow_bits(self) -> int:
        """Chunks of what follows pairs, as a power of two; -1 likewise."""
        return self.pair_bits - SHARE.bit_length() + 1 if self.large else -1

    @property
    def word_bits(self) -> int:
        """Chunks of words that are not common, as a power of two; -1 likewise."""
        return self.pair_bits - 2 if self.large else -1

    @property
    def common(self) -> int:
        """The number of common words that have chunks of their own."""
        return min(1 << self.pair_bits - 3, len(COMMON)) if self.large else 0

    @property
    def unions(self) -> int:
        """The number of common words of which all spellings together have a list, too."""
        return min(1 << self.pair_bits - 5, self.common) if self.large else 0

    @property
    def small_bits(self) -> int:
        """Chunks of the second segment, as a power of two: as for a full one in a large archive."""
        if self.large:
            return _power(SEGMENT / _PER_SMALL_CHUNK)
        return _power(self.documents / _PER_CHUNK)

    @property
    def chunks(self) -> Mapping[str, int]:
        """How many chunks there are in each folder."""
        words = self.common + (1 << self.word_bits) if self.large else 0
        return {
            "tu": words,
            "nang": words,
            "goc": self.unions,
            "cap": 1 << self.pair_bits if self.large else 0,
            "tiep": 1 << self.follow_bits if self.large else 0,
            "nho": 1 << self.small_bits,
        }


def _power(ratio: float) -> int:
    """Return the power of two nearest to *ratio* by proportion."""
    power = 0
    while ratio * ratio > 2 ** (2 * power + 1):
        power += 1
    return power


def chunk_path(kind: str, chunk: int) -> str:
    """Return the file of a chunk: ``tim-kiem/cap/a3.js``."""
    return f"{FOLDER}/{chunk_name(kind, chunk)}.js"


def chunk_name(kind: str, chunk: int) -> str:
    """Return a chunk's name, with its number in hexadecimal digits."""
    return f"{kind}/{chunk:x}"


def cards_path(number: int) -> str:
    """Return the file of the cards of bulletins ``16 * number`` and following."""
    return chunk_path("the", number)
