"""Vietnamese text: addresses, order, keys."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danvan_site import vietnamese

DICTIONARY_ORDER = [
    "ba", "Ba", "ba lô", "Ba Vì", "bà", "bà con", "Bà Rịa", "bả", "ca", "cá", "dân", "Dân",
    "dân vận", "dẫn", "di", "dy", "Đảng", "đi", "e", "ê", "nga", "ngà", "o", "ô", "ơ", "sa", "ta",
    "tha", "tra", "u", "ư", "xa", "ý",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Đà Nẵng: “Hội nghị” 114-KL/TƯ", "da-nang-hoi-nghi-114-kl-tu"),
        ("Ðảng ủy", "dang-uy"),
        (unicodedata.normalize("NFD", "Hòa giải ở cơ sở"), "hoa-giai-o-co-so"),
        ("CON", "con-1"),
        ("nul", "nul-1"),
        ("com1", "com1-1"),
        ("…", "tin"),
        ("日本", "tin"),
        ("a" * 200, "a" * 80),
        ("từ " * 60, "-".join(["tu"] * 27)),
    ],
)
def test_slugs_are_safe_everywhere(text: str, slug: str) -> None:
    assert vietnamese.slugify(text) == slug


@given(st.text())
def test_any_text_has_a_slug_that_is_its_own_slug(text: str) -> None:
    slug = vietnamese.slugify(text)
    assert 1 <= len(slug) <= 82
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not vietnamese.is_reserved(slug)
    assert vietnamese.slugify(slug) == slug or vietnamese.is_reserved(slug[:-2])


def test_names_sort_as_in_a_dictionary() -> None:
    shuffled = sorted(DICTIONARY_ORDER, key=lambda word: word.encode())
    assert sorted(shuffled, key=vietnamese.sort_key) == DICTIONARY_ORDER


@pytest.mark.parametrize(
    ("text", "initial"),
    [("Ấp Bắc", "Â"), ("ăn", "Ă"), ("Đảng", "Đ"), ("Dân", "D"), ("“Ở", "Ơ"), ("19/8", "#")],
)
def test_index_headings_are_letters_of_the_alphabet(text: str, initial: str) -> None:
    assert vietnamese.initial(text) == initial


@pytest.mark.parametrize(
    "spellings",
    [
        "hòa hoà HÒA",
        "thủy thuỷ",
        "ủy uỷ Ủy",
        "khỏe khoẻ",
        "việt vịêt",
        "quý qúy",
        "đảng ðảng Đảng",
        "tọa toạ",
    ],
)
def test_spellings_of_one_word_have_one_key(spellings: str) -> None:
    forms = ("NFC", "NFD")
    words = [unicodedata.normalize(form, word) for word in spellings.split() for form in forms]
    assert len({vietnamese.tone_key(word) for word in words}) == 1


def test_different_words_have_different_keys() -> None:
    words = "dan dân dần dẫn dấn dận đan đàn đân hoa hòa hóa họa a à ả a1 mùa múa của cua"
    keys = {vietnamese.tone_key(word) for word in words.split(" ")}
    assert len(keys) == len(words.split(" "))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MỸ LỆ", "Mỹ Lệ"),
        ("Tin tức – Sự kiện", "Tin tức - Sự kiện"),
        ("Ban Dân vận Tỉnh ủy", "Ban  dân vận tỉnh uỷ"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert vietnamese.identity(one) == vietnamese.identity(other)


def test_numbers_are_grouped_in_threes() -> None:
    assert vietnamese.group_digits(49986552) == "49.986.552"
    assert vietnamese.group_digits(147) == "147"


@given(st.text())
def test_folded_text_has_no_marks(text: str) -> None:
    folded = vietnamese.fold(text)
    # The signs of other scripts (U+094D) are no marks in this sense, in the browser neither.
    assert not any("\u0300" <= c <= "\u036f" for c in unicodedata.normalize("NFD", folded))
    assert "đ" not in folded and "Đ" not in folded
