"""`search`: the terminal answers as the search page does."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sites import Output, Window
from tests.workbench import Workbench

QUERIES = [
    "dân", "dân vận", "dan van kheo", "hoà giải", '"quy chế dân chủ"', '"quy che" -huyện',
    "tieu-de:dân vận", "don-vi:huyện dân", "-vận dân", "19/8", "114-KL/TƯ", "khủng long",
]  # fmt: skip


@pytest.mark.browser
def test_the_terminal_answers_as_the_page_does(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window], tmp_path: Path
) -> None:
    page = window(addresses(demo)).open("tim-kiem.html")
    site = Workbench(tmp_path)
    for text in QUERIES:
        shown = page.evaluate("text => danvanSearch.query(text, {limit: 100})", text)
        outcome = site.run(
            "search", "--output", str(demo.folder), "--limit", "100", "--json", "--", text
        )
        told = json.loads(outcome.stdout)
        assert told["total"] == shown["total"], text
        urls = [[each["url"] for each in answer["results"]] for answer in (told, shown)]
        assert urls[0] == urls[1], text


def test_results_are_printed_with_date_unit_and_address(demo: Output, tmp_path: Path) -> None:
    outcome = Workbench(tmp_path).run(
        "search", "--output", str(demo.folder), "--limit", "1", "nhịp cầu bến đá"
    )
    assert outcome.code == 0
    assert outcome.stdout.startswith("Bulletins found: ")
    assert "Nhịp cầu Bến Đá nối hai bờ ruộng\n  20" in outcome.stdout
    assert outcome.stdout.rstrip().endswith(".html")


def test_a_folder_without_a_search_page_and_a_damaged_index_are_told(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    outcome = site.run("search", "dân")
    assert outcome.code == 2 and "[no-index]" in outcome.stderr
    site.bulletin("2020/07/a.md", title="Dân vận khéo")
    site.build()
    assert "found: 1." in site.run("search", "khéo").stdout
    for file in (site.output / "tim-kiem/nho").iterdir():
        file.write_bytes(file.read_bytes()[:40])
    outcome = site.run("search", "khéo")
    assert outcome.code != 0 and "[index-damaged]" in outcome.stderr
    site.build()
    assert "found: 1." in site.run("search", "khéo").stdout
