"""Drawings (SVG) that only draw: in a page they cannot run anything, but opened by their own
address they would be pages of the site.  So only those are taken that have nothing to run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat

_SVG = "http://www.w3.org/2000/svg"
_XHTML = "http://www.w3.org/1999/xhtml"
# Whatever namespace they are in: what runs, what holds other pages, what plays.
_ACTIVE = frozenset(
    ("script", "foreignobject", "iframe", "frame", "embed", "object", "applet", "audio", "video",
     "handler", "listener", "html", "body", "meta", "link", "base", "form")
)  # fmt: skip
_ADDRESSES = frozenset(("href", "src", "base", "data", "action", "formaction"))
# What animations put into other attributes, addresses among them.
_PUT = frozenset(("from", "to", "by", "values"))
_FOREIGN = re.compile(r":|//|\\")
_SPACE = re.compile(r"[\x00-\x20]+")
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")
# Words that make a value one that runs or loads; white space and controls count for nothing there.
_RUNS = re.compile(
    r"javascript:|vbscript:|data:text|data:application|data:image/svg|@import|image-set|src\("
)
_LOADS = re.compile(r"url\(\s*['\"]?\s*(?!#|data:image/(?:png|jpeg|gif|webp);|['\")\s])", re.I)
_IGNORED = re.compile(r"[\x00-\x20\\]+")
_ENCODING = re.compile(rb"<\?xml[^>]*\bencoding\s*=\s*[\"']\s*([A-Za-z0-9._-]+)")


class _ActiveError(Exception):
    """The drawing holds more than drawing."""


def is_active(data: bytes) -> bool:
    """Tell whether a drawing holds what could run or ask somebody else for something; so may one
    that is not well-formed, or not UTF-8: others might read it otherwise."""
    declared = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf").lstrip())
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii"):
        return True
    try:
        data.decode("utf-8")
        _parse(data)
    except (_ActiveError, UnicodeDecodeError, expat.ExpatError, ValueError):
        return True
    return False


def _parse(data: bytes) -> None:
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler = _element
    parser.StartDoctypeDeclHandler = _doctype
    parser.ProcessingInstructionHandler = _refuse
    parser.EntityDeclHandler = _refuse
    texts: list[str] = []
    parser.CharacterDataHandler = texts.append
    parser.Parse(data, True)
    text = "".join(texts)
    _check_value(text)
    # In styles anything may be written in other letters.
    if b"style" in data and "\\" in text:
        raise _ActiveError


def _refuse(*_: object) -> None:
    raise _ActiveError


def _doctype(name: str, system: str | None, public: str | None, has_subset: int) -> None:
    if has_subset:
        raise _ActiveError


def _element(name: str, attributes: Mapping[str, str]) -> None:
    space, _, local = name.rpartition(" ")
    if space == _XHTML or local.lower() in _ACTIVE:
        raise _ActiveError
    for full, value in attributes.items():
        attribute = full.rpartition(" ")[2].lower()
        if attribute.startswith("on") and space == _SVG:
            raise _ActiveError
        if attribute in _ADDRESSES:
            _check_address(value)
        # White space and controls within an address count for nothing.
        if attribute in _PUT and _FOREIGN.search(_SPACE.sub("", value)):
            raise _ActiveError
        _check_value(value)
        if attribute == "style" and "\\" in value:
            raise _ActiveError


def _check_address(value: str) -> None:
    """An address leads to a part of the drawing, or is a picture."""
    inside = value.strip()
    if inside and inside[0] != "#" and not _PICTURE.fullmatch(inside):
        raise _ActiveError


def _check_value(value: str) -> None:
    if _RUNS.search(_IGNORED.sub("", value).lower()) or _LOADS.search(value):
        raise _ActiveError
