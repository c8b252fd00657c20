"""Text typed for the fonts of before Unicode: TCVN3 (ABC: .VnTime) and VNI (VNI-Times).

Such text is Latin letters that only those fonts show as Vietnamese.  TCVN 5712:1993 VN3 gives each
small letter a byte, read here through windows-1252; capitals with tones are the same bytes in fonts
whose names end in H.  VNI writes a letter, then a sign for its marks.  The soft hyphen is a letter
of TCVN3 (ư), so this has to be done before anything is tidied.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

TCVN3, VNI = "tcvn3", "vni"
_ENOUGH = 5  # different words that speak for an encoding
_CERTAIN, _POSSIBLE = 0.8, 0.4  # share of the words with marks that do
_DOUBTFUL = 0.65  # share of them that could be Unicode as they are

_TCVN3 = dict(
    zip(
        "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
_TCVN3_TABLE = str.maketrans(_TCVN3)


def _vni_pairs() -> dict[str, str]:
    tones = dict(zip("ùøûõï", "\u0301\u0300\u0309\u0303\u0323", strict=True))
    pairs = {
        "ô": "ơ",
        "ö": "ư",
        "ñ": "đ",
        "í": "í",
        "ì": "ì",
        "æ": "ỉ",
        "ó": "ĩ",
        "ò": "ị",
        "î": "ỵ",
    }
    for letter, plain in (*((each, each) for each in "aeouy"), ("ô", "ơ"), ("ö", "ư")):
        for sign, tone in tones.items():
            pairs[letter + sign] = unicodedata.normalize("NFC", plain + tone)
    pairs.pop("yï")
    for signs, mark, letters in (("âáàåãä", "\u0302", "aeo"), ("êéèúüë", "\u0306", "a")):
        toned = zip(signs, ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), strict=True)
        for sign, tone in toned:
            for letter in letters:
                marked = unicodedata.normalize("NFC", letter + mark)
                pairs[letter + sign] = unicodedata.normalize("NFC", marked + tone)
    return pairs | {old.upper(): new.upper() for old, new in pairs.items()}


_VNI = _vni_pairs()
# A capital may have a small sign behind it: people typed on.
_VNI |= {old[0].upper() + old[1]: new.upper() for old, new in _VNI.items() if len(old) == 2}
_VNI_SIGN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))
_WORD = re.compile("[A-Za-z\u00a1-\u00ff]+")
_UNICODE = re.compile("[ĂăĐđĨĩŨũƠơƯư\u1ea0-\u1ef9]")
_SYLLABLE = re.compile(
    "(?:b|ch?|d|đ|gh?|gi|h|kh?|l|m|nh?|ngh?|ph?|qu|r|s|th?|tr|v|x)?"
    "[aăâeêioôơuưy]{1,3}(?:ch?|m|n|ng|nh|p|t)?"
)
_TONE = re.compile("[\u0300\u0301\u0303\u0309\u0323]")


class Detected(NamedTuple):
    """What a text was typed for: ``tcvn3``, ``vni`` or ''; where it is not ``certain``, it must
    not be converted but named to a person."""

    encoding: str
    certain: bool


def of_font(name: str) -> tuple[str, bool]:
    """Return the encoding that a font's *name* speaks for ('' for any other), and whether it
    shows all letters as capitals."""
    name = name.strip().strip("\"'").casefold()
    if name.startswith(".vn"):
        return TCVN3, name.endswith("h")
    return (VNI, False) if name.startswith("vni-") else ("", False)


def detect(text: str, fonts: Iterable[str] = ()) -> Detected:
    """Return for what *text* was typed, by its letters; *fonts* that it names decide a doubt."""
    if text.isascii() or _UNICODE.search(text):
        return Detected("", True)
    words = {word for word in _WORD.findall(text) if not word.isascii()}
    if not words:
        return Detected("", True)
    shares = {each: _share(words, each) for each in (TCVN3, VNI)}
    named = {encoding for encoding, _ in map(of_font, fonts) if encoding}
    best = max(shares, key=lambda each: (each in named, shares[each]))
    as_it_is = _share(words, "")  # «Bà con nhà ta» has nothing but letters of Latin-1
    if shares[best] < _POSSIBLE or as_it_is >= min(shares[best], _CERTAIN):
        return Detected("", True)
    enough = len(words) >= _ENOUGH or best in named
    return Detected(best, enough and shares[best] >= _CERTAIN and as_it_is < _DOUBTFUL)


def convert(text: str, encoding: str, capitals: bool = False) -> str:
    """Return *text* of a legacy *encoding* in Unicode, NFC; *capitals* for fonts that show such."""
    if encoding == TCVN3:
        text = text.translate(_TCVN3_TABLE)
        return text.upper() if capitals else text
    return _VNI_SIGN.sub(lambda match: _VNI[match.group()], text)


def is_unicode(text: str) -> bool:
    """Tell whether *text* has Vietnamese letters that the old fonts did not know."""
    return bool(_UNICODE.search(text))


def reads_better(text: str, encoding: str) -> bool:
    """Tell whether more of *text* are syllables when it is read in *encoding* than as it stands."""
    words = {word for word in _WORD.findall(text) if not word.isascii()}
    return bool(words) and _share(words, encoding) > _share(words, "")


def _share(words: Iterable[str], encoding: str) -> float:
    """Return which part of *words* are syllables when they are read in *encoding*."""
    read = [convert(word, encoding) if encoding else word for word in words]
    return sum(map(is_syllable, read)) / len(read)


def is_syllable(word: str) -> bool:
    """Tell whether a word can be a Vietnamese syllable."""
    decomposed = unicodedata.normalize("NFD", word.lower())
    letters = unicodedata.normalize("NFC", _TONE.sub("", decomposed))
    return len(_TONE.findall(decomposed)) <= 1 and bool(_SYLLABLE.fullmatch(letters))
