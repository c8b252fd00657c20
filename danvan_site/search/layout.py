"""The published index: its segments and files, and how large each is to be.

The bulletins are numbered from the oldest.  All but the last N mod 1024 make the first segment,
which the next bulletin leaves alone; the rest are the second.  How many chunks there are follows
from the number of bulletins alone, in powers of two, so that a client can name the file that
holds a term without asking a directory.

* ``tu/``: in which bulletins of the first segment the words are
* ``cap/``: in which the pairs are; ``tiep/``: what follows each of these
* ``nang/``: which fields hold the words and how often, for ranking
* ``nho/``: all there is of the second segment, under the first word
* ``the/``: result cards, sixteen bulletins a file
"""

from __future__ import annotations

from dataclasses import dataclass

FOLDER = "tim-kiem"
SEGMENT = 1024
# As posting rows have twenty bits for a bulletin.
MOST_DOCUMENTS = 1 << 20
CARDS = 16
# In a file of weights or of what follows stands what belongs to so many chunks of sets or pairs.
SHARE = 2
# Bulletins for each chunk: of pairs in a large archive, some 9 KB; of all in a small one, 6 KB.
_PER_LARGE_CHUNK, _PER_SMALL_CHUNK = 8, 4


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
    def word_bits(self) -> int:
        """Chunks of words, and of what follows pairs, as a power of two; -1 likewise."""
        return self.pair_bits - 1 if self.large else -1

    @property
    def weight_bits(self) -> int:
        """Chunks of weights, as a power of two; -1 likewise."""
        return self.pair_bits - 2 if self.large else -1

    @property
    def small_bits(self) -> int:
        """Chunks of the second segment, as a power of two: as for a full one in a large archive."""
        return _power((SEGMENT if self.large else self.documents) / _PER_SMALL_CHUNK)


def _power(ratio: float) -> int:
    """Return the power of two nearest to *ratio* by proportion."""
    power = 0
    while ratio * ratio > 2 ** (2 * power + 1):
        power += 1
    return power


def chunk_path(kind: str, chunk: int, bits: int) -> str:
    """Return the file of a chunk: ``tim-kiem/cap/0a3.js``."""
    return f"{FOLDER}/{chunk_name(kind, chunk, bits)}.js"


def chunk_name(kind: str, chunk: int, bits: int) -> str:
    """Return a chunk's name: as many hexadecimal digits as the number of chunks needs."""
    return f"{kind}/{chunk:0{max(-(-bits // 4), 1)}x}"


def cards_path(number: int) -> str:
    """Return the file of the cards of bulletins ``16 * number`` and following."""
    return f"{FOLDER}/the/{number:x}.js"
