"""Numbers by which bulletins cite official documents: ``10/2022/QH15``, ``114-KL/TW``.

A number is a running number, the year in some, the letters of the kind, those of who issued it.
Only what can be nothing else is one: kinds are a closed list, and letters that are not in it count
right after the word for a kind (``Công văn số 2146/UBND-TCD``).  What is written differently and
is one document has one identity; ``TƯ`` is ``TW`` there, as in search, but ``TU`` is not: that is
a province's committee, whose directive 05 is not the Politburo's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from danvan_site import markup, vietnamese

# Letters of the kind → the kind's key; '' where the letters are known and the kind is not listed.
_KIND_OF = {
    "PL": "phap-lenh",
    "NQ": "nghi-quyet",
    "NQLT": "nghi-quyet",
    "NĐ": "nghi-dinh",
    "QĐ": "quyet-dinh",
    "QĐi": "quyet-dinh",
    "CT": "chi-thi",
    "KL": "ket-luan",
    "TT": "thong-tu",
    "TTLT": "thong-tu",
    "KH": "ke-hoach",
    "HD": "huong-dan",
    "CTr": "chuong-trinh",
    "TB": "thong-bao",
    "BC": "bao-cao",
    "CĐ": "cong-dien",
    "SL": "sac-lenh",
    **dict.fromkeys(("CV", "TTr", "ĐA", "QC", "NQĐH", "HDLT", "KHLT", "QCPH"), ""),
}
OTHER = "khac"
ASSEMBLY = "quoc-hoi"
# The order in which kinds are shown.
KINDS = (ASSEMBLY, *dict.fromkeys(filter(None, _KIND_OF.values())), OTHER)
# Who writes letters, in which no kind stands.
_SENDERS = frozenset(("UBND", "HĐND", "TTg", "VPCP", "MTTQ", "MTTW", "BNV", "BTC"))
_ALONE = frozenset(("SL",))
# How they are written right, by what is left of them in capitals without Đ.
_RIGHT = {
    each.upper().replace("Đ", "D"): each
    for each in (*_KIND_OF, *_SENDERS)
    # HĐ is a contract, HD a guideline.
    if each not in ("HD", "HDLT")
}

_SPACE = "[ \u00a0]?"
_DASH = "[-\u2010-\u2015\u2212]"
_LETTERS = "[A-ZĐÐƯÂĂÊÔƠ][A-Za-zĐđÐƯưÂĂÊÔƠ]{1,19}(?:[0-9]{1,2})?"
# What a number follows: white space, an opening sign, or "số" without a space.
_START = r"(?:(?<=[sS]ố)|(?<![^\s(\[“”\"'‘«;:>]))"
_NUMBER = re.compile(
    rf"{_START}(?P<number>[0-9]{{1,5}}[a-d]?)"
    rf"(?:{_SPACE}/{_SPACE}(?P<year>19[4-9][0-9]|20[0-9][0-9]))?"
    rf"(?P<mark>{_SPACE}(?:{_DASH}|/){_SPACE})(?P<kind>{_LETTERS})"
    rf"(?P<issuer>(?:(?:{_DASH}|{_SPACE}/{_SPACE}){_LETTERS})?(?:(?:{_DASH}|/){_LETTERS}){{0,4}})"
    # A file's name or an address goes on.
    r"(?![\w/@]|[-.\u2010-\u2015][^\W_])"
)
# There is a slash before a capital in every number; looking for it is fifteen times as fast.
_CANDIDATE = re.compile("/[ \u00a0]?[A-ZĐÐƯ]")
_CUE = re.compile(
    r"(?:văn bản|công văn|công điện|luật|pháp lệnh|nghị quyết|nghị định|quyết định|quy định|chỉ thị"
    r"|kết luận|kế hoạch|hướng dẫn|thông tư|thông tri|thông báo|báo cáo|sắc lệnh|tờ trình|đề án"
    r"|chương trình|quy chế)\s+(?:số\s*:?\s*)?$",
    re.IGNORECASE,
)
_CUE_LENGTH = 24
_ANY_DASH = re.compile(_DASH)
_QH = re.compile("QH[0-9]{1,2}")
_PIECES = re.compile("[-/]")
_BLANK = re.compile("[ \u00a0]")


# Where a body's HTML cites a document; nothing else can write such an address.
_MARKED = re.compile('<a href="danvan-document:([^"]*)">([^<]*)</a>')


class Citation(NamedTuple):
    """A document cited in a text: its number as it should be written, and where it stands."""

    name: str
    start: int
    end: int


def may_cite(text: str) -> bool:
    """Tell quickly whether there can be a number in a text."""
    return _CANDIDATE.search(text) is not None


def find(text: str) -> Iterator[Citation]:
    """Yield the documents cited in a plain text, in their order."""
    for match in _NUMBER.finditer(text) if may_cite(text) else ():
        cue = text[max(match.start() - _CUE_LENGTH, 0) : match.start()]
        name = _name(match, bool(_CUE.search(cue)))
        if name:
            yield Citation(name, *match.span())


def read(text: str) -> str:
    """Return a number that stands by itself as it should be written, '' if it is none."""
    match = _NUMBER.fullmatch(text)
    return _name(match, True) if match else ""


def marked(html: str) -> tuple[str, list[str]]:
    """Return a body's HTML in which the first mention of each document in its prose is marked up,
    for `linked`; and the documents that it cites, each once."""
    names: dict[str, str] = {}
    seen: set[str] = set()

    def mark(text: str, is_prose: bool) -> str:
        parts: list[str] = []
        end = 0
        for name, start, stop in find(text):
            key = identity(name)
            names.setdefault(key, name)
            if is_prose and key not in seen:
                seen.add(key)
                parts += text[end:start], f'<a href="danvan-document:{key}">{text[start:stop]}</a>'
                end = stop
        return "".join((*parts, text[end:])) if parts else text

    return markup.rewrite(html, mark), list(names.values())


def linked(html: str, addresses: Mapping[str, str]) -> str:
    """Return HTML in which what `marked` marked up leads to its document's address, by identity;
    where there is none, it is plain text."""
    if "danvan-document:" not in html:
        return html

    def link(match: re.Match[str]) -> str:
        address = addresses.get(match[1])
        return f'<a href="{address}">{match[2]}</a>' if address else match[2]

    return _MARKED.sub(link, html)


def _name(match: re.Match[str], is_announced: bool) -> str:
    number, year, mark, kind, issuer = (each or "" for each in match.groups())
    first = _right(kind)
    issuers = _ANY_DASH.sub("-", _BLANK.sub("", issuer))
    if _QH.fullmatch(first):
        is_known = bool(year)
    elif first in _KIND_OF:
        is_known = bool(issuers) or (first in _ALONE and is_announced)
    else:
        is_sender = first in _SENDERS
        is_written = is_sender or (kind.isupper() and not _BLANK.search(mark))
        is_known = is_written and (is_announced or (bool(issuers) and is_sender))
    if not is_known:
        return ""
    plain = _ANY_DASH.sub("-", _BLANK.sub("", mark))
    if "/" not in (*plain, *issuers):
        return ""  # a house, a vehicle, a score
    rest = re.sub(r"[^-/]+", lambda piece: _right(piece[0]), issuers)
    return f"{number}/{year}{plain}{first}{rest}" if year else f"{number}{plain}{first}{rest}"


def _right(letters: str) -> str:
    """Return one piece of a number as it should be written."""
    plain = vietnamese.repair(letters)
    if plain.lower() == "tư":
        return "TW"
    if plain.upper().startswith(("QH", "UBTVQH")):
        return plain.upper()
    return _RIGHT.get(plain.upper(), _RIGHT.get(plain.upper().replace("Đ", "D"), plain))


def piece(word: str) -> str:
    """Return what a piece of a number, in small letters, is known by: ``tư`` is ``tw``."""
    return "tw" if word == "tư" else word


@lru_cache(maxsize=1 << 16)
def identity(name: str) -> str:
    """Return what makes two spellings of a number the same document's: ``114-kl-tw``.

    It is made of ``[0-9a-z]`` and dashes, and begins with a digit.
    """
    number, *pieces = _PIECES.split(vietnamese.repair(name).lower())
    return "-".join([number.lstrip("0") or "0", *(vietnamese.fold(piece(each)) for each in pieces)])


@lru_cache(maxsize=1 << 16)
def kind_of(name: str) -> str:
    """Return the key of the kind of a document: one of `KINDS`, as far as its letters say it."""
    match = _NUMBER.fullmatch(name)
    if not match:
        return OTHER
    kind = match["kind"]
    if _QH.fullmatch(kind):
        return ASSEMBLY
    # The Party's TT are no circulars.
    is_circular = kind == "TT" and match["mark"] == "-"
    return OTHER if is_circular else _KIND_OF.get(kind) or OTHER


def year_of(name: str) -> int:
    """Return the year that a number holds, 0 where it holds none."""
    match = _NUMBER.fullmatch(name)
    return int(match["year"] or 0) if match else 0


def number_of(name: str) -> int:
    """Return the running number."""
    return int(re.match("[0-9]*", name)[0] or 0)  # type: ignore[index]
