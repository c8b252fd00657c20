"""Bytes of old pages become text: in which encoding, by what they say and by what they hold."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE
)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})")
_HEAD = 4096  # bytes among which a page says its encoding
# What pages mean by these names is what browsers take them for.
_MEANT = {
    **dict.fromkeys(("iso8859-1", "ascii", "iso-8859-1", "latin-1"), "cp1252"),
    "iso8859-9": "cp1254",
}
# Bytes that windows-1258 has for Vietnamese alone: tone marks after their letters, and ă ơ ư đ.
_VIETNAMESE = re.compile(rb"[A-Za-z\xc0-\xff][\xcc\xd2\xde\xec\xf2]")


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """Return the text of *data* and the name of the encoding that it was read by.

    A byte order mark counts most, then what is valid UTF-8 (pages often say something else), then
    the encoding that the page itself or *declared* (that of a header) names, and at last
    windows-1258 or windows-1252, whichever the letters speak for.  Nothing raises: a byte that is
    none is U+FFFD.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), name
    named = [name for name in map(_known, (_named(data), declared)) if name]
    wide = next((name for name in named if name.startswith("utf-16")), "")
    if wide and b"\0" in data[:200]:
        return data.decode(wide, "replace"), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    for name in named:
        if name not in ("utf-8", "cp1252", "cp1258") and not name.startswith("utf-16"):
            return data.decode(name, "replace"), name
    if "utf-8" in named and _mostly_utf8(data):
        return data.decode("utf-8", "replace"), "utf-8"
    guess = "cp1258" if "cp1258" in named or _VIETNAMESE.search(data) else "cp1252"
    return data.decode(guess, "replace"), guess


def _named(data: bytes) -> str:
    found = _META.search(data[:_HEAD]) or _XML.match(data[:_HEAD])
    return found[1].decode("ascii") if found else ""


def _known(name: str) -> str | None:
    """Return Python's name of a text encoding, None for what is none."""
    try:
        info = codecs.lookup(name.strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    if not getattr(info, "_is_text_encoding", True) or info.name in ("idna", "punycode"):
        return None
    return _MEANT.get(info.name, info.name)


def _mostly_utf8(data: bytes) -> bool:
    """Whether *data* is UTF-8 with some damage: a broken letter here and there."""
    text = data.decode("utf-8", "replace")
    letters = sum(each > "\x7f" for each in text[:100_000])
    return text[:100_000].count("\ufffd") * 4 < letters
