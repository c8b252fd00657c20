"""Letters that are not what they look like, tone marks out of place, text for old fonts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from danvan_site import vietnamese
from danvan_site.examining.texts import Edit, Finding, Text
from danvan_site.importers.legacy_fonts import is_syllable

_SEVERAL = "\u0300-\u036f"
# Latin letters of other alphabets' fonts, and Cyrillic and Greek ones that look like Latin.
_TWINS = str.maketrans(
    "\u00d0\u0189\u00f0\u0256\u01ce\u01cd"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406"
    "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "ĐĐđđăĂaeopcyxijsABEKMHOPCTYXIoABEZHIKMNOPTYX",
)
_TWIN = re.compile("[\u00d0\u0189\u00f0\u0256\u01ce\u01cd\u0370-\u04ff]")
_WORD = re.compile(r"[^\W_]+")
_WORD_END = re.compile(r"[^\W_]+\Z")
_LONGEST = 40
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_INVISIBLE = re.compile("(?<=\\w)[\u00ad\u200b\u2060\ufeff]+|[\u00ad\u200b\u2060\ufeff]+(?=\\w)")
_LOOSE = re.compile(f"[A-Za-z\u00c0-\u024f\u1e00-\u1eff][{_SEVERAL}]+")
_VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")
_ONSET = re.compile("(?:b|ch?|d|đ|gh?|gi|h|kh?|l|m|nh?|ngh?|ph?|r|s|th?|tr|v|x)?", re.IGNORECASE)
_END = f"(?![\\w{_SEVERAL}])"
# Found by the letter that has the mark: it is a rare one.
_OLD = re.compile(f"(?:[òóỏõọÒÓỎÕỌ][aeAE]|[ùúủũụÙÚỦŨỤ][yY]){_END}")
_NEW = re.compile(f"[àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸ](?<=[oO].){_END}|[ỳýỷỹỵỲÝỶỸỴ](?<=[uU].){_END}")
_MISPLACED = re.compile(
    "[ùúủũụìíỉĩịỳýỷỹỵừứửữựÙÚỦŨỤÌÍỈĨỊỲÝỶỸỴỪỨỬỮỰ]"
    "(?:(?=[êôâơÊÔÂƠ])|(?<=[qQ][ùúủũụÙÚỦŨỤ])(?=[aăâeêioôơyAĂÂEÊIOÔƠY])"
    "|(?<=[gG][ìíỉĩịÌÍỈĨỊ])(?=[aăâeêoôơuưAĂÂEÊOÔƠUƯ]))"
)


def legacy_fonts(text: Text) -> Iterator[Finding]:
    """Text that is Vietnamese only in a font of before Unicode."""
    for start, encoding in text.legacy[:1]:
        found = text.whole[start : start + 40].split("\n")[0].strip()
        details = {"found": found, "encoding": encoding.upper(), "count": str(len(text.legacy))}
        yield Finding("legacy-font-text", start, details)


def look_alikes(text: Text) -> Iterator[Finding]:
    """Letters of other alphabets within Vietnamese words."""
    if text.prose.isascii():
        return
    for source, is_body in ((text.prose, True), (text.fields, False)):
        for match in whole_words(source, _TWIN):
            word = match[0]
            meant = meant_by(word)
            if meant == word:
                continue
            wrong = next(letter for letter in word if letter.translate(_TWINS) != letter)
            name = f"U+{ord(wrong):04X}"
            edits = (Edit(*match.span(), meant),) if is_body else ()
            details = {"found": word, "letter": name, "meant_word": meant}
            yield Finding("look-alike-letter", match.start() + word.index(wrong), details, edits)


@lru_cache(maxsize=1 << 12)
def meant_by(word: str) -> str:
    """Return what a word with letters of other alphabets was to be; itself where that is not
    certain: it must be all Latin then, and had to be so before for the most part."""
    meant = word.translate(_TWINS)
    letters = [each for each in meant if each.isalpha()]
    if not all(_LATIN.match(each) for each in letters):
        return word
    if is_syllable(meant):
        # “Guðrún” and “ðe” are words of other languages; “ðến” is none.
        rest = re.sub("[\u00f0\u0256]", "", word)
        is_certain = rest == word or bool(_VIETNAMESE.search(rest)) or not rest.isascii()
        return meant if is_certain and any(map(_LATIN.match, word)) else word
    # Documents and offices are called by capitals: NÐ-CP, HÐND.
    capitals = all(each in "\u00d0\u0189" or each.isascii() for each in word) and word.isupper()
    return meant if capitals and len(letters) > 1 else word


def invisible(text: Text) -> Iterator[Finding]:
    """Characters that nobody sees, next to letters."""
    if text.prose.isascii():
        return
    found = list(_INVISIBLE.finditer(text.prose))
    if found:
        names = sorted({f"U+{ord(letter):04X}" for match in found for letter in match[0]})
        edits = tuple(Edit(*match.span(), "") for match in found)
        details = {"letter": ", ".join(names), "count": str(len(found))}
        yield Finding("invisible-character", found[0].start(), details, edits)


def loose_marks(text: Text) -> Iterator[Finding]:
    """Letters and marks that are one character in Unicode's composed form."""
    if text.prose.isascii():
        return
    found: list[tuple[re.Match[str], str]] = []
    for match in _LOOSE.finditer(text.prose):
        composed = unicodedata.normalize("NFC", match[0])
        # Marks of phonetic signs and of other languages stay as they are.
        if len(composed) == 1 or _VIETNAMESE.match(composed):
            found.append((match, composed))
    if found:
        edits = tuple(Edit(*match.span(), new) for match, new in found if new != match[0])
        details = {"found": text.around(*found[0][0].span()), "count": str(len(found))}
        yield Finding("loose-mark", found[0][0].start(), details, edits)


def misplaced_tones(text: Text) -> Iterator[Finding]:
    """Tone marks on a letter that never has them: qúy, gía, vịêt."""
    for source, is_body in ((text.prose, True), (text.fields, False)):
        for match in whole_words(source, _MISPLACED):
            word = match[0]
            meant = well_placed(word)
            if meant != word:
                edits = (Edit(*match.span(), meant),) if is_body else ()
                details = {"found": word, "meant_word": meant}
                yield Finding("misplaced-tone", match.start(), details, edits)


@lru_cache(maxsize=1 << 12)
def well_placed(word: str) -> str:
    """Return a word with its tone mark where it belongs; itself where it is no syllable."""
    if not is_syllable(word):
        return word
    spelled = vietnamese.spelled(vietnamese.tone_key(word))
    same = len(spelled) == len(word) and vietnamese.fold(spelled) == vietnamese.fold(word)
    if not same:
        return word
    return "".join(
        new.upper() if old.isupper() else new for new, old in zip(spelled, word, strict=True)
    )


def mixed_tones(text: Text) -> Iterator[Finding]:
    """Tone marks of oa, oe, uy in two ways in one bulletin, or not in the way that is set.

    Words that the front matter writes so (names of authors, units) are left as they are there.
    """
    if text.prose.isascii():
        return
    new, old = (_movable(text.prose, pattern) for pattern in (_NEW, _OLD))
    if text.tone_marks == "mixed":
        fewer = (new if len(new) <= len(old) else old) if new and old else []
    else:
        fewer = new if text.tone_marks == "old" else old
    front = set(re.findall(r"\w+", text.whole[: text.body].lower())) if fewer else set()
    wrong = [match for match in fewer if match[0].lower() not in front]
    if wrong:
        edits = tuple(Edit(*match.span(), moved(match[0])) for match in wrong)
        first = wrong[0]
        details = {"found": first[0], "meant_word": moved(first[0]), "count": str(len(wrong))}
        yield Finding("mixed-tones", first.start(), details, edits)


def _movable(source: str, pattern: re.Pattern[str]) -> list[re.Match[str]]:
    """Return the words that *pattern* finds the end of and whose mark could stand elsewhere."""
    return [word for word in whole_words(source, pattern) if _ONSET.fullmatch(word[0][:-2])]


def whole_words(source: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the words, each once, in which *pattern* finds something."""
    end = 0
    for match in pattern.finditer(source):
        at = match.start()
        if at < end:
            continue
        before = _WORD_END.search(source, max(0, at - _LONGEST), at)
        word = _WORD.match(source, before.start() if before else at)
        if word:
            end = word.end()
            yield word


def moved(word: str) -> str:
    """Return a word that ends in oa, oe or uy with its tone mark on the other letter."""
    first, second = (unicodedata.normalize("NFD", letter) for letter in word[-2:])
    pair = (first[0], second + first[1:]) if len(first) > 1 else (first + second[1:], second[0])
    return word[:-2] + unicodedata.normalize("NFC", "".join(pair))
