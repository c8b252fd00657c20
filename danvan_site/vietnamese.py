"""Vietnamese text: normal form, tone marks, folding, slugs, dictionary order, grouped numbers.

Everything here is a pure function of its text.  Sources: Unicode Standard Annex 15 (normal
forms); the Vietnamese alphabet and dictionary order as set out by Vũ Xuân Lương (letters before
tones, syllable by syllable).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONE_MARKS = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng: dictionary order

_RANK = {letter: rank for rank, letter in enumerate(ALPHABET, start=100)}
_TONES = frozenset(TONE_MARKS)
_ODD_CHARACTERS: dict[int, str | None] = {
    **dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)),
    **dict.fromkeys((0x00A0, 0x2007, 0x202F), " "),
}
# Letters that stand in real Vietnamese text for another one that looks the same.
_LOOK_ALIKES = str.maketrans("\u00d0\u0189\u00f0\u0256\u01ce\u01cd", "ĐĐđđăĂ")
_LOOK_ALIKE = re.compile("[\u00d0\u0189\u00f0\u0256\u01ce\u01cd]")
# Looking for odd characters first is ten times as fast as translating every text.
_ODD = re.compile("[\u00a0\u00ad\u2007\u200b-\u200d\u202f\u2060\ufeff]")
# What no HTML or XML may hold: controls, half surrogates, noncharacters.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_DASHES = re.compile(r"\s*[\u2010-\u2015\u2212]\s*|\s+-\s+")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_MARKS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")
# The last vowels of a word and what follows them; the u of qu and the i of gi are consonants.
_RHYME = re.compile(
    "(?:(?<=q)u|(?<=^g)i)?(?P<vowels>(?:(?<![q])u|(?<!^g)i|[aăâeêoôơưy])+|(?<=^g)i)"
    "(?P<end>[^aăâeêiouôơưy]*)$"
)
# Device names that Windows will not have as a file name, whatever the extension.
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul"] + [f"{port}{n}" for port in ("com", "lpt") for n in range(10)]
)


def nfc(text: str) -> str:
    """Return *text* in NFC; most text is so already, and asking is cheaper than doing."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def without_controls(text: str) -> str:
    """Return *text* without the characters that no page or feed may hold."""
    return _CONTROLS.sub("", text) if _CONTROLS.search(text) else text


def normalize(text: str) -> str:
    """Return *text* in NFC without invisible characters, its odd spaces made plain."""
    text = nfc(text)
    if text.isprintable():  # what is taken away or changed here is not
        return text
    text = without_controls(text)
    return text.translate(_ODD_CHARACTERS) if _ODD.search(text) else text


def repair(text: str) -> str:
    """Return *text* normalized, with look-alike letters (Ð U+00D0, ǎ) made the Vietnamese ones."""
    text = normalize(text)
    return text.translate(_LOOK_ALIKES) if _LOOK_ALIKE.search(text) else text


@lru_cache(maxsize=1 << 16)
def fold(text: str) -> str:
    """Return *text* in small letters without any mark: ``Đà Nẵng`` gives ``da nang``.

    Marks are those of Latin, Greek and Cyrillic, U+0300 to U+036F; signs of other scripts stay.
    """
    decomposed = unicodedata.normalize("NFD", repair(text).lower().replace("đ", "d"))
    return _MARKS.sub("", decomposed)


@lru_cache(maxsize=1 << 18)
def tone_key(word: str) -> str:
    """Return one word in small letters with its tone mark moved to the end.

    The two placements of the tone mark (hòa, hoà) and misplaced ones (vịêt) get one key, in which
    the mark stands as a combining character of its own, so that no other word can have that key.
    """
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFD", repair(word).lower())
    letters = "".join(c for c in decomposed if c not in _TONES)
    tones = "".join(c for c in decomposed if c in _TONES)
    return unicodedata.normalize("NFC", letters) + tones


@lru_cache(maxsize=1 << 14)
def spelled(key: str) -> str:
    """Return the word of a tone key, the mark on the letter where most write it: ``hòa``, ``quý``.

    Letters that have a mark of their own take it (``thuở``, ``đường``); else the last vowel before
    a consonant, and of vowels at the end the last but one (``thủy``, ``của``, ``người``).
    """
    letters = key.rstrip(TONE_MARKS)
    match = _RHYME.search(letters)
    if letters == key or not match:
        return nfc(key)
    start, vowels = match.start("vowels"), match["vowels"]
    marked = [at for at, letter in enumerate(vowels) if letter in "ăâêôơư"]
    last = len(vowels) - (1 if match["end"] or len(vowels) == 1 else 2)
    place = start + (marked[-1] if marked else last) + 1
    return nfc(letters[:place] + key[len(letters) :] + letters[place:])


def identity(name: str) -> str:
    """Return what makes two spellings of a name the same name.

    Case, the tone mark's placement, the kind of dash and repeated spaces do not matter:
    ``MỸ LỆ`` and ``Mỹ Lệ``, ``Tin tức – Sự kiện`` and ``Tin tức - Sự kiện`` are one.
    """
    # Names come again and again; whole paragraphs, kept, would take a worker's memory.
    return _known_identity(name) if len(name) <= _LONGEST_NAME else _identity(name)


_LONGEST_NAME = 200


def _identity(name: str) -> str:
    plain = " ".join(_DASHES.sub(" - ", repair(name)).split())
    return _WORD.sub(lambda match: tone_key(match.group()), plain.lower())


_known_identity = lru_cache(maxsize=1 << 16)(_identity)


def tidy_spaces(text: str) -> str:
    """Return *text* normalized, with runs of white space made one space and none at the ends."""
    text = normalize(text)
    # Most texts are tidy, and seeing that takes half the time.
    if "  " not in text and text.isprintable() and text == text.strip():
        return text
    return " ".join(text.split())


@lru_cache(maxsize=1 << 16)
def slugify(text: str, limit: int = 80) -> str:
    """Return an address name for *text*: ``[a-z0-9-]``, 1 to *limit* characters, safe everywhere.

    It is cut between words, is never empty (``tin``) and never a device name of Windows.
    """
    slug = _NOT_SLUG.sub("-", fold(text)).strip("-")
    if len(slug) > limit:
        cut = slug[: limit + 1].rfind("-")
        slug = slug[: cut if cut > limit // 2 else limit].strip("-")
    if not slug:
        return "tin"
    return f"{slug}-1" if slug in _RESERVED else slug


def is_reserved(name: str) -> bool:
    """Tell whether Windows reserves *name* (without extension) as a device."""
    return name.split(".", 1)[0].lower() in _RESERVED


SortKey = tuple[tuple[tuple[tuple[int, ...], int], ...], str]


@lru_cache(maxsize=1 << 16)
def sort_key(text: str) -> SortKey:
    """Return the key of dictionary order: syllable by syllable, letters before tones.

    Small letters come before capitals where all else is equal; digits come before letters.
    """
    syllables = tuple(_syllable_rank(word) for word in _WORD.findall(repair(text)))
    return syllables, text.swapcase()


def _syllable_rank(word: str) -> tuple[tuple[int, ...], int]:
    key = tone_key(word)
    letters = key.rstrip(TONE_MARKS)
    ranks = tuple(_RANK.get(letter, _foreign_rank(letter)) for letter in letters)
    tone = TONE_MARKS.index(key[len(letters)]) + 1 if len(key) > len(letters) else 0
    return ranks, tone


def _foreign_rank(letter: str) -> int:
    """Digits before all letters; letters of other alphabets after them."""
    return int(letter) if letter.isascii() and letter.isdigit() else 1000 + ord(letter)


def initial(text: str) -> str:
    """Return the heading under which *text* stands in an index: ``Ă``, ``Đ``, … or ``#``."""
    match = _WORD.search(repair(text))
    letter = tone_key(match.group())[0].upper() if match else "#"
    return letter if letter.lower() in _RANK else "#"


def group_digits(number: int) -> str:
    """Return a whole number grouped in threes as Vietnamese does: ``49.986.552``."""
    return f"{number:,}".replace(",", ".")
