"""Text typed for TCVN3 and VNI fonts becomes Unicode; all other text stays what it is."""

import unicodedata

import pytest

from danvan_site.importers import legacy_fonts

TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
LETTERS = [unicodedata.normalize("NFC", v + tone) for v in "aăâeêioôơuưy" for tone in TONES]
SMALL = [letter for letter in (*LETTERS, "đ") if not letter.isascii()]

TEXT = "Hội nghị sơ kết công tác dân vận khéo, bà con xã được mời họp ở nhà văn hóa"
AS_TCVN3 = "Héi nghÞ s¬ kÕt c«ng t¸c d©n vËn khÐo, bµ con x· ®\u00ad\u00eec mêi häp ë nhµ v¨n hãa"
AS_VNI = (
    "Hoäi nghò sô keát coâng taùc daân vaän kheùo, baø con xaõ ñöôïc môøi hoïp ôû nhaø vaên hoùa"
)


@pytest.mark.parametrize(
    ("typed", "encoding"), [(AS_TCVN3, "tcvn3"), (AS_VNI, "vni")], ids=["TCVN3", "VNI"]
)
def test_legacy_text_is_found_by_its_letters_and_reads_right(typed: str, encoding: str) -> None:
    assert legacy_fonts.detect(typed) == (encoding, True)
    assert legacy_fonts.convert(typed, encoding) == TEXT


def test_each_of_the_134_letters_can_be_read() -> None:
    assert len(SMALL) * 2 == 134
    small = {legacy_fonts.convert(each, "tcvn3") for each in map(chr, range(0xA1, 0x100))}
    assert small.issuperset(SMALL)
    capitals = {legacy_fonts.convert(each, "tcvn3", True) for each in map(chr, range(0xA1, 0x100))}
    assert capitals.issuperset(letter.upper() for letter in SMALL)
    signs = ["", *map(chr, range(0xC0, 0x100))]
    letters = "aeiouyAEIOUY" + "".join(signs)
    read = {legacy_fonts.convert(one + two, "vni") for one in letters for two in signs}
    assert read.issuperset(SMALL) and read.issuperset(letter.upper() for letter in SMALL)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        unicodedata.normalize("NFC", "Ủy ban nhân dân tỉnh – 100 m², 25 °C"),
        "L'été dernier, où le théâtre a été très fréquenté, la façade fut réparée à Noël.",
        "Mass mobilisation work, © 2019, naïve café – “quoted” – 5 £",
        "Bà con nhà ta và các bà",
        "",
    ],
)
def test_other_text_is_never_taken_for_it(text: str) -> None:
    found = legacy_fonts.detect(text)
    assert not (found.encoding and found.certain)


def test_fonts_tell_by_their_names() -> None:
    assert legacy_fonts.of_font("'.VnTimeH'") == ("tcvn3", True)
    assert legacy_fonts.of_font(".VnArial") == ("tcvn3", False)
    assert legacy_fonts.of_font("VNI-Times") == ("vni", False)
    assert legacy_fonts.of_font("Times New Roman") == ("", False)
    assert legacy_fonts.detect("Héi nghÞ", [".VnTime"]) == ("tcvn3", True)
    assert not legacy_fonts.detect("Héi nghÞ").certain
