"""Related bulletins: older ones about the same matter, and no more work for it than it is worth."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made_sites import WITHDRAWN
from tests.sites import BASE_URL, Document, Output, links_of
from tests.workbench import Workbench


def related(site: Workbench, path: str) -> list[str]:
    """Return the titles that a page shows as related."""
    document = Document(path, site.page(path))
    sections = document.all("section", "related")
    return [text for each in sections for text, _ in links_of(document, each)]


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    """A site of 40 bulletins in two categories, of which some have something in common."""
    site = Workbench(tmp_path)
    for number in range(40):
        site.bulletin(
            f"{number:02d}.md",
            title=f"Bài {number:02d}",
            date=f"2020-01-{number // 2 + 1:02d}",
            category=f"Mục {number % 2}",
            tags=["hay gặp"] + (["hiếm gặp"] if number in (3, 12, 39) else []),
        )
    return site


def test_rare_keywords_count_and_frequent_ones_do_not(site: Workbench) -> None:
    site.build()
    # The nearer one is of the same category.
    assert related(site, "2020/01/39.html") == ["Bài 03", "Bài 12"]
    assert related(site, "2020/01/12.html") == ["Bài 03"]
    assert related(site, "2020/01/38.html") == []


def test_documents_topics_and_titles_count(site: Workbench) -> None:
    site.bulletin("40.md", "Theo 114-KL/TW.\n", title="Một", date="2020-02-01", category="A")
    site.bulletin("41.md", "Khác.\n", title="Hai", date="2020-02-01", topic="Lũ", category="B")
    site.bulletin(
        "42.md", "Kết luận 114-KL/TƯ.\n", title="Ba", date="2020-02-02", topic="Lũ", category="C",
    )  # fmt: skip
    site.bulletin("43.md", title="Nhịp cầu Bến Đá", date="2020-02-03", category="D", unit="Xã A")
    site.bulletin("44.md", title="Cuộc thi chạy", date="2020-02-04", category="E", unit="Xã A")
    site.bulletin("45.md", title="Về nhịp cầu Bến Đá", date="2020-02-05", category="F", unit="Xã A")
    site.build()
    assert sorted(related(site, "2020/02/42.html")) == ["Hai", "Một"]
    assert related(site, "2020/02/45.html") == ["Nhịp cầu Bến Đá"]


def test_neighbours_and_withdrawn_bulletins_are_not_shown(site: Workbench) -> None:
    site.bulletin("40.md", title="Mới", date="2020-02-01", category="Mục 1", tags=["hiếm gặp"])
    site.build()
    # Bài 39 stands among the neighbours.
    assert related(site, "2020/02/40.html") == ["Bài 03", "Bài 12"]
    text = (site.folder / "content/12.md").read_text("utf-8")
    site.write("content/12.md", text.replace("title:", f"{WITHDRAWN}\ntitle:"))
    site.build()
    assert related(site, "2020/02/40.html") == ["Bài 03"]


def test_a_new_bulletin_changes_no_older_page_but_its_neighbours(site: Workbench) -> None:
    site.build()
    site.bulletin("40.md", title="Mới", date="2020-02-01", category="Mục 3", tags=["hiếm gặp"])
    rendered = site.build().rendered_pages
    assert {each for each in rendered if each.startswith("2020/0")} == {
        "2020/02/40.html", "2020/02/index.html", "2020/01/index.html", "2020/02/ban-tin.html",
    }  # fmt: skip


def test_a_new_title_reaches_those_related_and_nobody_who_is_far(site: Workbench) -> None:
    site.build()
    text = (site.folder / "content/03.md").read_text("utf-8")
    site.write("content/03.md", text.replace("Bài 03", "Tên mới"))
    rendered = site.build().rendered_pages
    assert related(site, "2020/01/39.html") == ["Tên mới", "Bài 12"]
    pages = {each for each in rendered if each.startswith("2020/01/") and "index" not in each}
    # Neighbours, the next eight with the frequent keyword, all with the rare one.
    far = {f"2020/01/{number:02d}.html" for number in (*range(0, 14), 39)}
    assert pages <= far | {"2020/01/ban-tin.html"}


def test_the_demo_has_related_bulletins(demo: Output) -> None:
    page = demo["2025/10/chin-muoi-lam-nam-va-nhung-nguoi-moi.html"]
    found = links_of(page, page.section("tin_lien_quan"))
    assert found[0] == ("Đọc lại bài báo “Dân vận”", "2020/10/doc-lai-bai-bao-dan-van.html")
    shown = links_of(page, page.one("aside", "neighbours"))
    assert len(found) == 5 and not {url for _, url in found} & {url for _, url in shown}
    assert BASE_URL not in "".join(url for _, url in found)
