"""Compressed copies of text files, for hosts that send what lies beside a file in its place."""

from __future__ import annotations

import importlib
import zlib
from functools import cache
from types import ModuleType

SUFFIXES = (".gz", ".br")
LEAST = 256  # bytes; what is smaller travels in one packet either way
_TEXTS = frozenset(
    ("css", "csv", "html", "js", "json", "jsonl", "svg", "txt", "webmanifest", "xml")
)
# No name, no time, no system: the head that `gzip` writes differs between versions of Python.
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
# Pages come out 8 % smaller than with gzip and data files 19 %, in half as much time again.  At 10
# pages are 14 % smaller, but take thirteen times as long: too long after each change of a template.
_BROTLI_QUALITY = 8


@cache
def encoders() -> dict[str, str]:
    """Return what can be written here: suffix → what the bytes depend on besides the file's."""
    found = {".gz": f"zlib {zlib.ZLIB_RUNTIME_VERSION}"}
    brotli = _brotli()
    if brotli:
        found[".br"] = f"brotli {getattr(brotli, '__version__', '')}"
    return found


@cache
def _brotli() -> ModuleType | None:
    """Return the library, which is optional."""
    try:
        return importlib.import_module("brotli")
    except ImportError:
        return None


def is_text(path: str) -> bool:
    """Tell by its name whether a file is one to compress."""
    return path.rpartition(".")[2].lower() in _TEXTS


def compress(suffix: str, data: bytes) -> bytes:
    """Return the bytes of a copy: the same for the same data, whenever and wherever it is made
    with the same version of the library."""
    if suffix == ".gz":
        return _GZIP_HEAD + zlib.compress(data, 9, wbits=31)[len(_GZIP_HEAD) :]
    brotli = _brotli()
    assert brotli, "a suffix that `encoders` does not give"
    packed: bytes = brotli.compress(data, quality=_BROTLI_QUALITY)
    return packed
