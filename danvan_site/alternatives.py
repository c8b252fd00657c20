"""Words that stand in for a picture: whether they are any."""

from __future__ import annotations

import re

from danvan_site import vietnamese

_FILE = re.compile(r"\S+\.(?:jpe?g|png|webp|avif|gif|bmp|tiff?|svg|heic)", re.IGNORECASE)
# What cameras, telephones, messengers and people in a hurry call pictures.
_CALLED = re.compile(
    r"(?:img|dsc[fn]?|pxl|mvimg|gopr|dji|scan|screen ?shot(?: from)?|whatsapp image|zalo|image|"
    r"photo|picture|untitled|unnamed|download|anh|hinh|pic|[hpz])[ _(-]*"
    r"\d[\d _().:-]*(?:_[\da-f_]+)?(?: ?[ap]m)?",
)
_NUMBERED = re.compile(r"[\d _().-]+")


def fault(alt: str, source: str) -> str:
    """Return the code of what is wrong with the words *alt* for the picture *source* (a path):
    there are none, or they are but the name of a file; '' where nothing is."""
    alt = alt.strip()
    if not alt:
        return "image-without-alt"
    name = source.replace("\\", "/").rpartition("/")[2].casefold()
    own = (name, name.rpartition(".")[0])
    if _FILE.fullmatch(alt) or (" " not in alt and alt.casefold() in own):
        return "image-alt-is-file-name"
    plain = vietnamese.fold(alt)
    is_name = _CALLED.fullmatch(plain) or _NUMBERED.fullmatch(plain)
    return "image-alt-is-file-name" if is_name else ""
