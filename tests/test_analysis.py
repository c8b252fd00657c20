"""The analysis of text for search, in Python and in the client's own code."""

import json
import random
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from danvan_site.search import analysis
from tests.workbench import ROOT

VECTORS: list[dict[str, object]] = json.loads(
    (Path(__file__).parent / "analysis-vectors.json").read_text("utf-8")
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["text"]))
def test_text_becomes_tokens_words_and_terms(vector: dict[str, object]) -> None:
    text = str(vector["text"])
    assert [list(token) for token in analysis.tokens(text)] == vector["tokens"]
    assert analysis.words(text) == vector["words"]
    assert list(analysis.terms(text)) == vector["terms"]
    assert list(analysis.pairs(text)) == vector["pairs"]


# What random texts are made of: what Vietnamese is typed with, rightly and wrongly, and the rest.
ALPHABETS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂBCDĐEÊ",
    "\u0300\u0309\u0303\u0301\u0323\u0302\u0306\u031b",
    " .-/–—,;:!?'\"()[]_\u00a0\u200b\u00ad\u2060\ufeff%&@#\n\t",
    "0123456789²½Ⅷ٣",
    "ÐðƉɖǎǍİıŁłßﬁÆŒŞșΣςσ",
)
CHANCES = (50, 12, 16, 10, 3)
RANDOM_TEXTS = 20_000


def random_text(rng: random.Random) -> str:
    kinds = rng.choices(range(len(ALPHABETS) + 1), (*CHANCES, 9), k=rng.randrange(1, 25))
    return "".join(
        rng.choice(ALPHABETS[kind]) if kind < len(ALPHABETS) else random_character(rng)
        for kind in kinds
    )


def random_character(rng: random.Random) -> str:
    code = rng.choice((rng.randrange(0x20, 0x2500), rng.randrange(0x11000)))
    return "?" if 0xD800 <= code < 0xE000 else chr(code)


@pytest.mark.browser
def test_the_client_analyses_as_the_program_does(tmp_path: Path, browser: Browser) -> None:
    rng = random.Random(1930)
    texts = [str(vector["text"]) for vector in VECTORS]
    texts += [random_text(rng) for _ in range(RANDOM_TEXTS)]
    page_file = tmp_path / "trang.html"
    script = (ROOT / "templates/giao-dien/search.js").as_uri()
    page_file.write_text(f'<!DOCTYPE html><script src="{script}"></script>', "utf-8")
    page = browser.new_page()
    page.goto(page_file.as_uri())
    found = page.evaluate(
        """texts => texts.map(text => {
             const {tokens, words, termsOf} = danvanSearch;
             return [words(text), tokens(text).map(token => token.map(termsOf))];
           })""",
        texts,
    )
    page.close()
    for text, (words, terms) in zip(texts, found, strict=True):
        assert words == analysis.words(text), text
        ours = [
            [list(analysis.terms_of(word)) for word in token] for token in analysis.tokens(text)
        ]
        assert terms == ours, text


def test_pieces_of_a_document_number_are_found_too() -> None:
    terms = set(analysis.terms("Kết luận 114-KL/TƯ"))
    assert {"114", "kl", "tw", "ket", "luan"} <= terms
    for other in ("KẾT LUẬN 114-KL/TW", "kết luận 114 kl tw"):
        assert set(analysis.terms(other)) == terms


def test_an_abbreviation_is_found_under_its_long_form_and_the_other_way_round() -> None:
    pairs = [("QCDC", "quy chế dân chủ")]
    assert "quy chế dân chủ" in analysis.expanded("Thực hiện QCDC ở cơ sở", pairs)
    assert "QCDC" in analysis.expanded("Thực hiện Quy chế dân chủ ở cơ sở", pairs)
    assert analysis.expanded("Dân chủ ở cơ sở", pairs) == "Dân chủ ở cơ sở"
