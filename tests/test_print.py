"""On paper: the month's document, addresses of links, and what a browser really prints."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.sites import BASE_URL, Document, Output, Window, links_of, words
from tests.workbench import WITHDRAWN, Workbench

A4 = (595, 842)  # points
MONTH = "2020/10/ban-tin.html"
NAVIGATION = ("Trình đơn chính", "Xem theo ngày", "Tin cùng chuyên mục", "Quay lại", "Trở lại")


# The month's document


def contents(page: Document) -> list[str]:
    """Return the entries of the contents."""
    return [words(each) for each in page.one("nav", "issue").iter("a")]


def test_a_month_has_every_bulletin_in_full_by_categories_of_the_settings(demo: Output) -> None:
    page = demo[MONTH]
    assert words(page.one("h1")) == "Bản tin tháng 10/2020"
    sections = [words(each) for each in page.all("h2") if each.get("id") != "muc_luc"][:2]
    assert sections == ["Tin tức – Sự kiện", "Dân vận khéo"]
    titles = [words(each) for each in page.all("h3")]
    assert contents(page) == titles
    assert [title.partition(".")[0] for title in titles] == ["1", "2", "3", "4", "5", "6"]
    assert titles[1] == "2. Phát động tháng cao điểm “Dân vận khéo” trên toàn huyện"
    dates = [words(each) for each in page.all("time")]
    assert dates.index("Thứ Sáu, 02/10/2020, 08:30") < dates.index("Thứ Tư, 07/10/2020")
    shown = words(page.one("main"))
    for name in ("gap-mat-90-nam", "ngan-hang-bo", "nhip-cau-ben-da", "moi-nha-muoi-cay-xanh"):
        paragraphs = demo[f"2020/10/{name}.html"].one("div", "prose").iter("p")
        assert all(words(each) in shown for each in paragraphs)
        assert f"{BASE_URL}2020/10/{name}.html" in shown


def test_its_cover_says_whose_it_is_and_it_stays_out_of_search_engines(demo: Output) -> None:
    cover = words(demo[MONTH].one("header", "cover"))
    for said in (
        "Ban Tuyên giáo và Dân vận Tỉnh ủy Sông Thao", "6 tin",
        "Chịu trách nhiệm: Ban biên tập Bản tin Dân vận Sông Thao",
        "Khi đăng lại, ghi rõ nguồn", BASE_URL + MONTH,
    ):  # fmt: skip
        assert said in cover
    assert demo[MONTH].meta("robots") == ["noindex"]
    assert "ban-tin.html" not in demo.text("sitemap.xml")


def test_the_page_of_the_month_leads_to_it_and_back(demo: Output) -> None:
    page = demo["2020/10/index.html"]
    assert ("Bản in cả tháng", MONTH) in links_of(page, page.one("header", "list-head"))
    back = links_of(demo[MONTH], demo[MONTH].one("ul", "tools"))
    assert back[1] == ("Quay lại: Tháng 10/2020", "2020/10/index.html")


def test_the_withdrawn_are_left_out(english: Output) -> None:
    page = english["2021/02/ban-tin.html"]
    assert contents(page) == ["1. Story 0", "2. Story 1", "3. Story 2", "4. Story 4"]
    assert "Story 3" not in page.source and "story 3" not in page.source


def test_what_has_no_category_and_no_day_comes_last(crowded: Output) -> None:
    page = crowded["2021/03/ban-tin.html"]
    assert contents(page)[0] == "1. Tin số 1 trong tháng"
    assert contents(page)[-1] == "15. Tin không rõ ngày"
    assert [words(each) for each in page.all("h2")[1:2]] == ["Tin trong tháng"]


def test_bodies_keep_their_order_of_headings_and_their_anchors(crowded: Output) -> None:
    page = crowded["2021/03/ban-tin.html"]
    (article,) = [each for each in page.all("article") if "chữ nghiêng" in words(each)]
    number = article.get("aria-labelledby", "").removeprefix("tin_")
    headings = [(each.tag, words(each)) for each in article.iter() if each.tag in ("h4", "h5")]
    assert ("h4", "Bảng rất rộng") in headings and ("h5", "Danh sách") in headings
    own = {each.get("href", "") for each in article.iter("a")}
    assert {f"#tin_{number}-bang-rat-rong", f"#tin_{number}-fn1"} <= own
    assert f"tin_{number}-bang-rat-rong" in page.ids
    (table,) = [each for each in article.iter("div") if each.get("role") == "region"]
    assert table.get("aria-label") == f"Bảng số liệu {number}.1"


def test_a_bulletin_in_another_language_says_so_there_too(demo: Output) -> None:
    page = demo["2025/07/ban-tin.html"]
    title = "Where"
    foreign = [each.tag for each in page.all() if each.get("lang") == "en"]
    assert {"a", "h3", "div"} <= set(foreign) and title in page.source


def test_it_is_made_where_it_is_wanted_and_there_is_something_to_show(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    site.bulletin("a.md", date="2020-07-01", **WITHDRAWN)
    site.bulletin("b.md", date="2020")
    site.bulletin("c.md", date="2020-08-01")
    site.build()
    assert [path for path in site.tree() if path.endswith("ban-tin.html")] == [
        "2020/08/ban-tin.html"
    ]
    assert "ban-tin.html" not in site.page("2020/07/index.html")
    with (site.folder / "site.yaml").open("a", encoding="utf-8") as settings:
        settings.write("month_bulletin: false\n")
    site.bulletin("ban-tin.md", "Thân bài.\n", date="2020-08-02", title="Một tin")
    site.build()
    assert "Một tin" in site.page("2020/08/ban-tin.html")
    assert "Print the whole month" not in site.page("2020/08/index.html")


def test_a_bulletin_at_its_address_is_told_the_way_out(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    site.bulletin("ban-tin.md", date="2020-08-02")
    outcome = site.run("build", "--language", "vi")
    assert outcome.code == 1
    said = outcome.stdout + outcome.stderr
    assert "content/ban-tin.md:1:1" in said and "month-bulletin-address" in said
    assert "month_bulletin: false" in said


# Addresses of links


def noted(page: Document) -> tuple[list[str], list[str]]:
    """Return the marks in the text and the list of addresses."""
    marks = [each.get("data-link", "") for each in page.all("a") if "data-link" in each.attrib]
    lists = page.all("div", "link-list")
    return marks, [words(item) for each in lists for item in each.iter("li")]


LINKS = """\
[Một](https://a.example/?a=1&b=2), [hai](b.md), [một lần nữa](https://a.example/?a=1&b=2).
<https://c.example/tu-noi-minh>, [thư](mailto:d@example.org), <d@example.org>, [chỗ này](#muc).

## Mục
"""


def test_each_address_has_one_number_and_links_without_use_on_paper_have_none(
    tmp_path: Path,
) -> None:
    site = Workbench(tmp_path)
    site.bulletin("a.md", LINKS, source={"name": "Báo", "url": "https://e.example/"})
    site.bulletin("b.md", "Không có liên kết.\n")
    site.build()
    page = Document("2020/07/a.html", site.page("2020/07/a.html"))
    addresses = [
        "L1. https://a.example/?a=1&b=2",
        "L2. https://example.org/ban-tin/2020/07/b.html",
        "L3. d@example.org",
        "L4. https://e.example/",
    ]
    assert noted(page) == (["1", "2", "1", "3", "4"], addresses)
    month = Document("2020/07/ban-tin.html", site.page("2020/07/ban-tin.html"))
    assert noted(month) == noted(page)
    bare = Document("2020/07/b.html", site.page("2020/07/b.html"))
    assert noted(bare) == ([], [])
    site.build("--base-url", "https://moved.example")
    assert "L2. https://moved.example/2020/07/b.html" in site.page("2020/07/a.html")


def test_without_an_address_of_its_own_a_site_tells_only_those_elsewhere(homeless: Output) -> None:
    told = [each for page in homeless.pages.values() for each in noted(page)[1]]
    assert told and all(re.match(r"L\d+\. (https?://|[^/]+$)", each) for each in told)


# What the browser prints


def squeezed(text: str) -> str:
    """Return a text without spaces: where letters of several fonts meet, readers of PDF see
    spaces that nobody wrote."""
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


@pytest.fixture
def printed(
    demo: Output, crowded: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> Callable[[str, str], PdfReader]:
    """Give a function that prints a page of a site."""

    def print_page(name: str, path: str) -> PdfReader:
        site = {"demo": demo, "crowded": crowded}[name]
        page: Page = window(addresses(site), color_scheme="dark").open(path)
        return PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))

    return print_page


def check_sheets(pdf: PdfReader, pages: range, head: str) -> list[str]:
    """Look at what all printed pages have; return their texts without spaces."""
    assert len(pdf.pages) in pages
    texts = [squeezed(each.extract_text()) for each in pdf.pages]
    for number, sheet in enumerate(pdf.pages, start=1):
        size = round(sheet.mediabox.width), round(sheet.mediabox.height)
        assert size == A4
        if number > 1:
            assert squeezed(head) in texts[number - 1]
            foot = f"Trang{number}/{len(texts)}"
            assert foot in texts[number - 1]
            assert len(texts[number - 1]) > len(squeezed(head) + foot), "an empty sheet"
    whole = "".join(texts)
    assert not [each for each in NAVIGATION if squeezed(each) in whole]
    return texts


def check_order(texts: list[str], parts: list[str]) -> None:
    """See that *parts* stand in the text in this order."""
    whole, at = "".join(texts), 0
    for part in parts:
        at = whole.find(squeezed(part), at)
        assert at >= 0, part


@pytest.mark.browser
def test_an_article_is_printed_with_its_address_and_those_of_its_links(
    printed: Callable[[str, str], PdfReader],
) -> None:
    pdf = printed("demo", "2023/06/ke-hoach-thi-hanh-luat-dan-chu.html")
    texts = check_sheets(pdf, range(2, 4), "Bản tin Dân vận Sông Thao")
    assert "Trang1/" in texts[0]
    check_order(texts, [
        "Kế hoạch phổ biến, tập huấn", "Thứ Tư, 14/06/2023", "10/2022/QH15 L1",
        "Ủy ban nhân dân cấp xã", "Hỏi đáp về Luật L2", "Tài liệu kèm theo",
        f"{BASE_URL}2023/06/ke-hoach-thi-hanh-luat-dan-chu.html",
        "Địa chỉ liên kết", f"L1. {BASE_URL}van-ban/10-2022-qh15/index.html",
        f"L2. {BASE_URL}2023/07/hoi-dap-ve-luat.html",
    ])  # fmt: skip


@pytest.mark.browser
def test_a_wide_table_and_long_words_are_not_cut(
    printed: Callable[[str, str], PdfReader],
) -> None:
    texts = check_sheets(printed("crowded", "2021/03/du-thu.html"), range(3, 6), "Bản tin đông")
    check_order(
        texts, ["Thôn", "Không tán thành", "Người ghi biên bản thứ hai", "L1.", "Ý kiến bạn đọc"]
    )


@pytest.mark.browser
def test_lists_are_printed_without_calendar_and_navigation(
    printed: Callable[[str, str], PdfReader],
) -> None:
    texts = check_sheets(printed("demo", "2020/10/index.html"), range(1, 4), "Bản tin Dân vận")
    check_order(texts, [
        "Tháng 10/2020", "Thứ Tư, 21/10/2020", "Mỗi nhà mười cây xanh", "bốn xã của huyện",
        "Thứ Sáu, 02/10/2020",
    ])  # fmt: skip
    day = check_sheets(printed("crowded", "2021/03/02/index.html"), range(1, 2), "Bản tin đông")
    check_order(day, ["Thứ Ba, 02/03/2021", "Tin số 7", "Nội dung của tin số 7", "Tin số 4"])
    for each in (*texts, *day):
        assert "T2T3T4" not in each and "Bảnincảtháng" not in each


@pytest.mark.browser
def test_a_month_is_printed_with_cover_contents_and_all_bulletins(
    printed: Callable[[str, str], PdfReader],
) -> None:
    pdf = printed("demo", MONTH)
    texts = check_sheets(pdf, range(6, 13), "Bản tin Dân vận Sông Thao")
    assert "Trang" not in texts[0].replace("trang", "") and "Bảntintháng10/2020" in texts[0]
    titles = ["1. Gặp mặt kỷ niệm", "2. Phát động tháng", "6. Mỗi nhà mười cây xanh"]
    check_order([texts[1]], ["Trong số này", *titles])
    check_order(texts[2:], [*titles, "Chưa phải đã trọn", "Ánh Dương"])
    links = [each.get_object() for each in pdf.pages[1]["/Annots"]]  # type: ignore[attr-defined]
    inside = [each for each in links if "/Dest" in each or "/D" in each.get("/A", {})]
    assert len(links) == len(inside) >= 6
