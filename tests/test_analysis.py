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
    assert [[list(part) for part in token] for token in analysis.tokens(text)] == vector["tokens"]
    assert analysis.words(text) == vector["words"]
    assert terms_of(text) == vector["terms"]


def terms_of(text: str) -> list[str]:
    """Return the terms under which a text is found, at both levels."""
    words = (word for wholes, row in analysis.tokens(text) for word in (*wholes, *row))
    return [term for word in words for term in analysis.terms_of(word)]


# What random texts are made of: what Vietnamese is typed with, rightly and wrongly, and the rest.
ALPHABETS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂBCDĐEÊ",
    "\u0300\u0309\u0303\u0301\u0323\u0302\u0306\u031b",
    " .-/–—,;:!?'\"()[]_\u00a0\u200b\u00ad\u2060\ufeff%&@#\n\t",
    "0123456789²½Ⅷ٣",
    "ÐðƉɖǎǍİıŁłßﬁÆŒŞșΣςσ",
)
CHANCES = (50, 12, 16, 10, 3)
RANDOM_TEXTS = 100_000


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
             return [words(text), tokens(text).flat(2).flatMap(termsOf)];
           })""",
        texts,
    )
    page.close()
    for text, (words, terms) in zip(texts, found, strict=True):
        assert words == analysis.words(text), text
        assert terms == terms_of(text), text


def test_pieces_of_a_document_number_are_found_too() -> None:
    terms = set(terms_of("Kết luận 114-KL/TƯ"))
    assert {"114", "kl", "tw", "ket", "luan"} <= terms
    for other in ("KẾT LUẬN 114-KL/TW", "kết luận 114 kl tw"):
        assert set(terms_of(other)) == terms
