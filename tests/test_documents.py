"""Numbers of official documents: what is one, and what the site makes of those that are cited."""

from __future__ import annotations

from pathlib import Path

import pytest

from danvan_site import citations
from tests.sites import Document, Output, links_of, words
from tests.workbench import SETTINGS, Workbench

CASES = {
    # What the National Assembly, its committee and the government write
    "Luật Thực hiện dân chủ ở cơ sở số 10/2022/QH15": ["10/2022/QH15"],
    "Luật số: 72/2025/QH15, có hiệu lực": ["72/2025/QH15"],
    "Nghị quyết 51/2001/QH10.": ["51/2001/QH10"],
    "(10/2022/QH15)": ["10/2022/QH15"],
    "“10/2022/Qh15”": ["10/2022/QH15"],
    "theo 10 / 2022 / QH15 thì": ["10/2022/QH15"],
    "số10/2022/QH15": ["10/2022/QH15"],
    "Pháp lệnh số 34/2007/PL-UBTVQH11;": ["34/2007/PL-UBTVQH11"],
    "892/NQ-UBTVQH13": ["892/NQ-UBTVQH13"],
    "Nghị định 30/2020/NĐ-CP ngày 05/03/2020": ["30/2020/NĐ-CP"],
    "Nghị định 30/2020/ND-CP": ["30/2020/NĐ-CP"],
    "Nghị định 30/2020/N\u00d0-CP": ["30/2020/NĐ-CP"],
    "30/2020/ NĐ-CP": ["30/2020/NĐ-CP"],
    "30/2020/NĐ–CP": ["30/2020/NĐ-CP"],
    "Quyết định 1219/QĐ-TTg": ["1219/QĐ-TTg"],
    "QUYẾT ĐỊNH 1219/QD-TTG": ["1219/QĐ-TTg"],
    "12/2018/QĐ-TTg và 30/2020/NĐ-CP": ["12/2018/QĐ-TTg", "30/2020/NĐ-CP"],
    "Thông tư 22/2023/TT-BTTTT": ["22/2023/TT-BTTTT"],
    "912/2001/TTLT/UBDTMN/BKHĐT": ["912/2001/TTLT/UBDTMN/BKHĐT"],
    "403/2017/NQLT-UBTVQH14-CP-ĐCTUBTWMTTQVN": ["403/2017/NQLT-UBTVQH14-CP-ĐCTUBTWMTTQVN"],
    "848/1997/QĐ-BNV(A11)": ["848/1997/QĐ-BNV"],
    "Công điện 56/CĐ-TTg": ["56/CĐ-TTg"],
    "132/NQ-CP": ["132/NQ-CP"],
    # The Party
    "Kết luận 114-KL/TW": ["114-KL/TW"],
    "Kết luận số 114-KL/TƯ ngày 14-7-2015": ["114-KL/TW"],
    "114 - KL/TW": ["114-KL/TW"],
    "114–KL/TW": ["114-KL/TW"],
    "114-KL / TW": ["114-KL/TW"],
    "217-QĐ/TW": ["217-QĐ/TW"],
    "08-QĐi/TW": ["08-QĐi/TW"],
    "Chỉ thị 05-CT/TU của Tỉnh ủy": ["05-CT/TU"],
    "21-NQ/TW, 60-KL/TW": ["21-NQ/TW", "60-KL/TW"],
    "25-HD/BDVTW": ["25-HD/BDVTW"],
    "983-QĐ/TU": ["983-QĐ/TU"],
    # Localities and others
    "Kế hoạch số 118/KH-UBND": ["118/KH-UBND"],
    "Công văn số 2146/UBND-TCD": ["2146/UBND-TCD"],
    "gửi kèm 2146/UBND-TCD": ["2146/UBND-TCD"],
    "Nghị định 45/CP": ["45/CP"],
    "Sắc lệnh số 65/SL": ["65/SL"],
    "01/BC-MTTQ-BTT": ["01/BC-MTTQ-BTT"],
    # None of them
    "ngày 12/8/2022": [],
    "12-8-2022": [],
    "trực 24/7": [],
    "24/7-Hỗ trợ": [],
    "đạt 3/4 số hộ": [],
    "và/hoặc": [],
    "chạy 40km/h, 40 KM/H": [],
    "thắng 3-2": [],
    "0210/3 846 123": [],
    "028/38.123.456": [],
    "nhà số 12/5A đường Lê Lợi": [],
    "số nhà 3/BT": [],
    "biển số 19A-123.45": [],
    "mã đơn vị H44.12/UB": [],
    "ISO 3166/MA, ISO 9001/TCVN": [],
    "264 / AVC": [],
    "F-9J/DJ": [],
    "công suất 500/TU500": [],
    "năm 2020/2021": [],
    "Covid-19/SARS": [],
    "https://vanban.vn/10/2022/QH15": [],
    "vanban.vn/van-ban/30/2020/NĐ-CP": [],
    "?so=30/2020/NĐ-CP": [],
    "tệp 30/2020/NĐ-CP.pdf": [],
    "10/2022/QH15.docx": [],
    "tep-10/2022/QH15": [],
    "10/2022/QH": [],
    "59/2010/QĐ-ủy ban": [],
    "89/2010/NĐ": [],
    "1234567/KH-UBND": [],
    "9 - FIFA": [],
    "km 12/QL32": [],
    "10/2022/QH15/2": [],
    "1990 - Nguyễn Văn A": [],
}
SAME = [
    ("114-KL/TW", "114-KL/TƯ", "114-kl/tw", "114/KL-TW"),
    ("05-CT/TW", "5-CT/TW", "05-CT/TƯ"),
    ("05-CT/TU", "5-ct/tu"),
    ("30/2020/NĐ-CP", "30/2020/ND-CP", "30/2020/nđ-cp"),
    ("30/NĐ-CP",),
    ("10/2022/QH15",),
]
KINDS = {
    "10/2022/QH15": ("quoc-hoi", 2022),
    "34/2007/PL-UBTVQH11": ("phap-lenh", 2007),
    "403/2017/NQLT-UBTVQH14-CP": ("nghi-quyet", 2017),
    "30/2020/NĐ-CP": ("nghi-dinh", 2020),
    "217-QĐ/TW": ("quyet-dinh", 0),
    "05-CT/TU": ("chi-thi", 0),
    "114-KL/TW": ("ket-luan", 0),
    "22/2023/TT-BTTTT": ("thong-tu", 2023),
    "12-TT/TW": ("khac", 0),
    "118/KH-UBND": ("ke-hoach", 0),
    "2146/UBND-TCD": ("khac", 0),
}


@pytest.mark.parametrize("text", CASES)
def test_documents_are_found_and_nothing_else(text: str) -> None:
    assert [each.name for each in citations.find(text)] == CASES[text]


def test_the_first_mention_in_the_prose_is_a_link_where_there_is_something_to_lead_to() -> None:
    html = (
        "<h2>10/2022/QH15</h2>\n<p>Luật 10/2022/QH15, lại 10/2022/QH15 &amp; 30/2020/NĐ-CP,"
        " hết.</p>\n<p>10 / 2022 / QH15; 12/2021/NĐ-CP</p><p>không</p>"
    )
    known, documents = citations.marked(html)
    assert documents == ["10/2022/QH15", "30/2020/NĐ-CP", "12/2021/NĐ-CP"]
    addresses = {"10-2022-qh15": "van-ban/a.html", "12-2021-nd-cp": "van-ban/b.html"}
    linked = html.replace(
        "Luật 10/2022/QH15", 'Luật <a href="van-ban/a.html">10/2022/QH15</a>'
    ).replace("12/2021/NĐ-CP", '<a href="van-ban/b.html">12/2021/NĐ-CP</a>')
    assert citations.linked(known, addresses) == linked
    assert citations.linked(known, {}) == html
    assert citations.linked(html, addresses) == html


def test_one_document_has_one_identity_however_it_is_written() -> None:
    found = [{citations.identity(spelling) for spelling in group} for group in SAME]
    assert [len(each) for each in found] == [1] * len(SAME)
    assert len(set.union(*found)) == len(SAME)


@pytest.mark.parametrize("name", KINDS)
def test_kind_and_year_are_what_the_number_says(name: str) -> None:
    assert (citations.kind_of(name), citations.year_of(name)) == KINDS[name]


# The site


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path)
    site.write(
        "site.yaml",
        SETTINGS + "documents:\n  - number: 114-KL/TƯ\n    title: Kết luận về dân vận\n"
        "    url: https://example.org/114\n",
    )
    site.bulletin(
        "a.md",
        "Theo Kết luận số 114-KL/TƯ và `30/2020/NĐ-CP`; xem [bản 114-KL/TW](b.md).\n\n"
        "## Về 217-QĐ/TW\n\nRồi 114 - KL/TW, 217-QĐ/TW.\n",
        title="Bài đầu",
        date="2020-01-01",
    )
    site.bulletin("b.md", "Không nhắc đến gì.\n", title="Bài hai", date="2020-01-02")
    return site


def page(site: Workbench, path: str) -> Document:
    return Document(path, site.page(path))


def cited(document: Document) -> list[str]:
    """Return the row of documents under the text, as a reader sees it."""
    rows = [each for each in document.all("div") if list(each) and each[0].tag == "dt"]
    found = [row for row in rows if words(row[0]) == "Documents mentioned"]
    return [words(item) for row in found for item in document.all("li", within=row)]


def prose_links(document: Document) -> list[tuple[str, str]]:
    return links_of(document, document.one("div", "prose"))


def test_a_document_that_one_bulletin_cites_leads_from_the_index_to_it(site: Workbench) -> None:
    site.build()
    index = page(site, "van-ban/index.html")
    assert [words(each) for each in index.all("h2", within=index.one("main"))] == [
        "Decisions and regulations",
        "Conclusions",
    ]
    assert links_of(index, index.one("main"))[-2:] == [
        ("217-QĐ/TW", "2020/01/a.html"),
        ("114-KL/TW", "2020/01/a.html"),
    ]
    assert "Kết luận về dân vận" in site.page("van-ban/index.html")
    article = page(site, "2020/01/a.html")
    assert cited(article) == ["114-KL/TW – Kết luận về dân vận", "217-QĐ/TW"]
    assert prose_links(article) == [("bản 114-KL/TW", "2020/01/b.html")]
    assert "danvan-document" not in site.page("2020/01/a.html")
    assert not (site.output / "van-ban/114-kl-tw").exists()


def test_a_second_citing_bulletin_makes_it_a_page_and_text_a_link(site: Workbench) -> None:
    site.build()
    site.bulletin("c.md", "Theo 114-KL/TW.\n", title="Bài ba", date="2020-01-03")
    rendered = site.build().rendered_pages
    assert {"2020/01/a.html", "van-ban/114-kl-tw/index.html"} <= rendered
    article = page(site, "2020/01/a.html")
    # The first mention alone, as it was written; none in headings, links, code.
    assert prose_links(article) == [
        ("114-KL/TƯ", "van-ban/114-kl-tw/index.html"),
        ("bản 114-KL/TW", "2020/01/b.html"),
    ]
    assert ("114-KL/TW", "van-ban/114-kl-tw/index.html") in links_of(article, article.one("dl"))
    listing = page(site, "van-ban/114-kl-tw/index.html")
    main = links_of(listing, listing.one("main"))
    assert [text for text, _ in main] == [
        "Home", "Documents mentioned", "Read the document", "Bài ba", "Bài đầu",
    ]  # fmt: skip
    assert words(listing.one("h1")) == "114-KL/TW"
    assert "https://example.org/ban-tin/van-ban/114-kl-tw/index.html" in site.page("sitemap.xml")
    assert not [each for each in site.tree() if each.startswith("van-ban/114-kl-tw/feed")]
    # And back.
    (site.folder / "content/c.md").unlink()
    site.build()
    assert not (site.output / "van-ban/114-kl-tw").exists()
    assert prose_links(page(site, "2020/01/a.html")) == [("bản 114-KL/TW", "2020/01/b.html")]


def test_a_body_in_which_nothing_is_marked_up_has_its_links_too(site: Workbench) -> None:
    site.bulletin("c.md", "Có 217-QĐ/TW & <114-KL/TW>\nvà “217-QĐ/TW”.\n", date="2020-01-03")
    site.build()
    assert [text for text, _ in prose_links(page(site, "2020/01/c.html"))][:1] == ["217-QĐ/TW"]
    assert "&amp; &lt;" in site.page("2020/01/c.html")


def test_open_data_and_search_have_the_text_as_it_was_written(site: Workbench) -> None:
    site.bulletin("c.md", "Theo 114-KL/TƯ.\n", title="Bài ba", date="2020-01-03")
    site.build()
    assert '"Theo 114-KL/TƯ.\\n"' in site.page("du-lieu/2020.jsonl")
    found = site.run("search", '"Kết luận số 114-KL/TW"').stdout
    assert "2020/01/a.html" in found


def test_a_site_without_documents_has_no_index(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    site.bulletin("a.md")
    site.build()
    assert not (site.output / "van-ban").exists()
    assert "van-ban" not in site.page("404.html") + site.page("luu-tru/index.html")


def test_the_index_is_linked_from_the_ways_and_the_archive(demo: Output) -> None:
    for path in ("404.html", "tim-kiem.html", "luu-tru/index.html"):
        found = [link.value for link in demo[path].links if "van-ban/index.html" in link.value]
        assert found, path


def test_very_many_documents_are_split_by_kind_and_year(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    for year in range(2015, 2024):
        plans = "; ".join(f"{number}/{year}/KH-UBND" for number in range(1, 101))
        site.bulletin(f"{year}.md", f"Nghị định {year - 2000}/{year}/NĐ-CP; {plans}\n",
                      date=f"{year}-05-05")  # fmt: skip
    site.build()
    index = page(site, "van-ban/index.html")
    assert ("2019", "van-ban/ke-hoach/2019.html") in links_of(index, index.one("main"))
    part = page(site, "van-ban/ke-hoach/2019.html")
    names = [text for text, _ in links_of(part, part.one("section", "documents"))]
    assert names[-100:] == [f"{number}/2019/KH-UBND" for number in range(100, 0, -1)]
    assert [words(each) for each in part.all("span") if each.get("aria-current")] == ["2019"]
    # What the index shows whole needs no page.
    assert not (site.output / "van-ban/nghi-dinh").exists()
    sizes = [len(site.page(path)) for path in site.tree() if path.startswith("van-ban/")]
    assert max(sizes) < 150_000


def test_a_number_in_the_settings_that_is_none_is_told_with_its_place(site: Workbench) -> None:
    site.write("site.yaml", SETTINGS + "documents:\n  - number: Luật Đất đai\n")
    outcome = site.run("build", "--json")
    assert outcome.code == 1
    assert outcome.problems == ["site.yaml:6:13 bad-document-number"]
