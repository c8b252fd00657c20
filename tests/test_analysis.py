"""The analysis of text for search, in Python and in the client's own code."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from danvan_site.search import analysis
from tests.workbench import ROOT

VECTORS: list[dict[str, object]] = json.loads(
    (Path(__file__).parent / "analysis-vectors.json").read_text("utf-8")
)


def words_of(text: str) -> list[str]:
    return [words[0] for words in analysis.tokens(text)]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["text"]))
def test_text_becomes_words_and_keys(vector: dict[str, object]) -> None:
    words = words_of(str(vector["text"]))
    assert words == vector["words"]
    assert [list(analysis.keys(word)) for word in words] == vector["keys"]


@pytest.mark.browser
def test_the_client_analyses_as_the_program_does(tmp_path: Path, browser: Browser) -> None:
    page_file = tmp_path / "trang.html"
    script = (ROOT / "templates/giao-dien/search.js").as_uri()
    page_file.write_text(f'<!DOCTYPE html><script src="{script}"></script>', "utf-8")
    page = browser.new_page()
    page.goto(page_file.as_uri())
    found = page.evaluate(
        """texts => texts.map(text => {
             const words = danvanSearch.tokens(text);
             return [words, words.map(danvanSearch.keys)];
           })""",
        [vector["text"] for vector in VECTORS],
    )
    page.close()
    assert found == [[vector["words"], vector["keys"]] for vector in VECTORS]


def test_pieces_of_a_document_number_are_found_too() -> None:
    terms = set(analysis.terms("Kết luận 114-KL/TƯ"))
    assert {"114-kl-tw", "114", "kl", "tw", "ket", "luan"} <= terms
    assert terms == set(analysis.terms("KẾT LUẬN 114-KL/TW"))


def test_an_abbreviation_is_found_under_its_long_form_and_the_other_way_round() -> None:
    pairs = [("QCDC", "quy chế dân chủ")]
    assert "quy chế dân chủ" in analysis.expanded("Thực hiện QCDC ở cơ sở", pairs)
    assert "QCDC" in analysis.expanded("Thực hiện Quy chế dân chủ ở cơ sở", pairs)
    assert analysis.expanded("Dân chủ ở cơ sở", pairs) == "Dân chủ ở cơ sở"
