"""Every page shows what readers of the old portals look for, line by line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from playwright.sync_api import Page, Request

from tests import made_sites
from tests.sites import (
    BASE_URL,
    ROOT,
    Document,
    Output,
    Window,
    bulletins_of_the_demo,
    links_of,
    resolve,
    words,
)

TITLE = "Bản tin Dân vận Sông Thao"
GATHERING = "2020/10/gap-mat-90-nam.html"
WITHDRAWN = "2024/12/danh-sach-ho-sua-nha.html"


def address_of(bulletin: dict[str, Any]) -> str:
    """Return where a bulletin of the demo is published."""
    parts = re.findall(r"\d+", bulletin["date"])
    month = f"{parts[1]}/" if len(parts) > 1 else ""
    name = bulletin.get("slug") or bulletin["file"].rpartition("/")[2].removesuffix(".md")
    return f"{parts[0]}/{month}{name}.html"


def listed(value: str | list[str] | None) -> list[str]:
    """Return one or several values of front matter as a list."""
    return [value] if isinstance(value, str) else value or []


def of_category(name: str) -> list[dict[str, Any]]:
    """Return the bulletins of a category, oldest first."""
    return [each for each in bulletins_of_the_demo() if name in listed(each.get("category"))]


def headlines(page: Document, element: Element) -> list[str]:
    """Return the addresses to which the titles of a list lead."""
    return [target for _, target in links_of(page, element) if re.match(r"\d{4}/", target)]


# A bulletin


DATELINES = {
    GATHERING: "Thứ Tư, 14/10/2020, 16:20 | Ban Dân vận Tỉnh ủy | "
    "811 lượt xem (tính đến 31/10/2026)",
    "2017/so-tay-hoa-giai-vien.html": "Năm 2017 | Ban Dân vận Tỉnh ủy | "
    "486 lượt xem (tính đến 31/10/2026)",
    "2018/05/hai-muoi-nam-quy-che-dan-chu.html": "Tháng 5/2018 | Ban Dân vận Tỉnh ủy | "
    "392 lượt xem (tính đến 31/10/2026)",
    "2024/09/ung-pho-mua-lu.html": "Thứ Ba, 10/09/2024, 06:45 | "
    "Ủy ban nhân dân huyện Bình Nguyên | 5.230 lượt xem (tính đến 31/10/2026)",
    WITHDRAWN: "Thứ Sáu, 06/12/2024 | Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh",
    "2026/03/cu-tri-binh-nguyen-di-bau.html": "Chủ Nhật, 15/03/2026, 19:40 | "
    "Ủy ban nhân dân xã Bình Nguyên | 2.874 lượt xem (tính đến 31/10/2026)",
}
DAYS = {
    GATHERING: "2020/10/index.html#ngay-14",
    "2017/so-tay-hoa-giai-vien.html": "2017/index.html#khong-ro-ngay",
    "2018/05/hai-muoi-nam-quy-che-dan-chu.html": "2018/05/index.html#khong-ro-ngay",
}


@pytest.mark.parametrize(("path", "expected"), DATELINES.items())
def test_the_date_line_says_day_unit_and_views(demo: Output, path: str, expected: str) -> None:
    line = demo[path].one("p", "dateline")
    assert " | ".join(words(part) for part in line) == expected


@pytest.mark.parametrize(("path", "day"), DAYS.items())
def test_the_date_leads_to_its_day(demo: Output, path: str, day: str) -> None:
    page = demo[path]
    assert links_of(page, page.one("p", "dateline"))[0][1] == day
    target, _, anchor = day.partition("#")
    section = demo[target].section(anchor)
    assert path in headlines(demo[target], section)


def test_a_date_says_for_machines_what_is_known(demo: Output) -> None:
    known = {
        GATHERING: "2020-10-14T16:20:00+07:00",
        "2020/10/ngan-hang-bo.html": "2020-10-07",
        "2018/05/hai-muoi-nam-quy-che-dan-chu.html": "2018-05",
        "2017/so-tay-hoa-giai-vien.html": "2017",
    }
    for path, expected in known.items():
        time = demo[path].one("time", within=demo[path].one("p", "dateline"))
        assert time.get("datetime") == expected


def test_lead_event_picture_and_byline_stand_around_the_text(demo: Output) -> None:
    page = demo[GATHERING]
    assert words(page.one("p", "lead")).startswith("Buổi gặp mặt chiều 13/10 dành phần lớn")
    assert "Ngày diễn ra: Thứ Ba, 13/10/2020" in words(page.one("header", "article-head"))
    figure = page.one("figure")
    assert words(page.one("figcaption")) == (
        "Quang cảnh buổi gặp mặt tại hội trường tỉnh (tranh minh họa). Ảnh: Đức Long"
    )
    picture = page.one("img", within=figure)
    assert picture.get("alt", "").startswith("Hội trường nhìn từ cuối phòng")
    assert resolve(page.path, picture.get("src", "")) in demo.files
    assert words(page.one("p", "byline")) == "Minh Khuê, An Nhiên (Ảnh: Đức Long)"
    assert links_of(page, page.one("p", "byline")) == [
        ("Minh Khuê", "tac-gia/minh-khue/index.html"),
        ("An Nhiên", "tac-gia/an-nhien/index.html"),
    ]


def test_one_author_and_one_photographer_read_as_in_the_old_portals(demo: Output) -> None:
    page = demo["2020/10/nhip-cau-ben-da.html"]
    assert words(page.one("p", "byline")) == "Quốc Hòa (Ảnh: Việt Hà)"


def test_photographers_alone_are_named_in_the_language_of_the_site(english: Output) -> None:
    assert words(english["2021/03/pictures.html"].one("p", "byline")) == "Photo: John Doe"


def test_a_source_is_named_with_its_link(demo: Output) -> None:
    page = demo["2021/08/bep-an-nghia-tinh.html"]
    source = page.one("p", "source")
    assert words(source) == "Theo Báo Sông Thao, Trần Vĩnh Hà, 10/08/2021"
    assert page.one("a", within=source).get("href", "").endswith("bep-an-nghia-tinh-thuy-lien")


NOTICES = {
    "2024/09/ung-pho-mua-lu.html": ("Tiếp tục cập nhật", "11/09/2024", "14/09/2024"),
    "2024/03/doi-thoai-voi-thanh-nien.html": ("Tin đã được đính chính", "28/03/2024"),
    WITHDRAWN: ("Tin đã được thu hồi", "09/12/2024"),
    "2023/07/hoi-dap-ve-luat.html": ("Các lần cập nhật", "21/08/2023"),
}


@pytest.mark.parametrize(("path", "expected"), NOTICES.items())
def test_a_notice_says_what_became_of_a_bulletin(
    demo: Output, path: str, expected: tuple[str, ...]
) -> None:
    page = demo[path]
    notice = page.one("section", "notice")
    assert words(page.one("h2", within=notice)) == expected[0]
    updates = page.all("li", within=notice)
    assert [words(each).partition(": ")[0][-10:] for each in updates] == list(expected[1:])
    assert all(len(words(each)) > 40 for each in updates)


def test_an_ordinary_bulletin_has_no_notice(demo: Output) -> None:
    assert not demo[GATHERING].all("section", "notice")


def test_a_withdrawn_bulletin_keeps_its_page_and_stays_out_of_search_engines(demo: Output) -> None:
    assert demo[WITHDRAWN].meta("robots") == ["noindex"]


def test_categories_topics_and_keywords_are_links(demo: Output) -> None:
    page = demo[GATHERING]
    rows = {words(page.one("dt", within=row)): row for row in page.one("dl", "terms-of")}
    assert [target for _, target in links_of(page, rows["Chuyên mục"])] == [
        "chuyen-muc/tin-tuc-su-kien/index.html",
        "chuyen-muc/dan-van-kheo/index.html",
    ]
    assert links_of(page, rows["Từ khóa"]) == [("đại đoàn kết", "tu-khoa/dai-doan-ket/index.html")]
    assert [text for text, _ in links_of(page, rows["Sự kiện – chuyên đề"])] == [
        "Ngày truyền thống công tác dân vận 15/10"
    ]


def test_the_breadcrumb_leads_from_home_to_the_category(demo: Output) -> None:
    page = demo[GATHERING]
    assert links_of(page, page.one("nav", "crumbs")) == [
        ("Trang chủ", "index.html"),
        ("Chuyên mục", "chuyen-muc/index.html"),
        ("Tin tức – Sự kiện", "chuyen-muc/tin-tuc-su-kien/index.html"),
    ]


def test_print_and_back_are_real_links(demo: Output) -> None:
    page = demo[GATHERING]
    first, *_, last = links_of(page, page.one("ul", "tools"))
    assert first == ("Bản in", f"{GATHERING}#ban_in")
    assert last == ("Quay lại: Tin tức – Sự kiện", "chuyen-muc/tin-tuc-su-kien/index.html")


def test_every_bulletin_has_its_neighbours_and_leads_to_its_place_in_the_list(
    demo: Output,
) -> None:
    for bulletin in bulletins_of_the_demo():
        path = address_of(bulletin)
        page = demo[path]
        shelf = [address_of(each) for each in of_category(listed(bulletin["category"])[0])]
        at = shelf.index(path)
        for name, expected in (
            ("tin_moi_hon", shelf[at + 1 : at + 6]),
            ("tin_da_dua", shelf[max(at - 5, 0) : at][::-1]),
        ):
            present = name in page.ids
            found = headlines(page, page.section(name)) if present else []
            assert found == expected, f"{path} {name}"
        more = links_of(page, page.one("p", "more", page.one("aside", "neighbours")))[0]
        assert more[0].startswith("Xem tiếp")
        target, _, anchor = more[1].partition("#")
        assert path in headlines(demo[target], demo[target].by_id(anchor)), path


def test_in_a_long_list_a_bulletin_leads_to_the_page_where_it_stands(crowded: Output) -> None:
    page = crowded["2021/03/tin-04.html"]
    target, _, anchor = links_of(page, page.one("p", "more", page.one("aside", "neighbours")))[0][
        1
    ].partition("#")
    assert target == "chuyen-muc/tin-trong-thang/trang-2.html"
    assert page.path in headlines(crowded[target], crowded[target].by_id(anchor))


def test_a_bulletin_can_be_cited(demo: Output) -> None:
    assert words(demo[GATHERING].one("p", within=demo[GATHERING].one("details", "cite"))) == (
        "Minh Khuê, An Nhiên. “Gặp mặt kỷ niệm 90 năm Ngày truyền thống công tác dân vận của "
        f"Đảng”. {TITLE}, 14/10/2020. {BASE_URL}{GATHERING}"
    )


def test_attachments_say_their_kind_and_size(demo: Output) -> None:
    page = demo["2023/06/ke-hoach-thi-hanh-luat-dan-chu.html"]
    items = page.all("li", within=page.section("tep_kem"))
    folder = ROOT / "content/2023/06/tai-lieu"
    for item, (title, name, kind) in zip(
        items,
        (
            ("Mẫu biên bản họp thôn, bản, tổ dân phố", "mau-bien-ban-hop-thon.pdf", "PDF"),
            ("danh-muc-noi-dung-cong-khai", "danh-muc-noi-dung-cong-khai.csv", "CSV"),
        ),
        strict=True,
    ):
        kilobytes = len((folder / name).read_bytes()) / 1000
        size = f"{kilobytes:.1f}".replace(".", ",") if kilobytes < 10 else f"{kilobytes:.0f}"
        assert words(item) == f"{title} {kind}, {size} kB"
        target = resolve(page.path, page.one("a", within=item).get("href", ""))
        assert (demo.folder / target).read_bytes() == (folder / name).read_bytes()


@pytest.mark.browser
def test_an_attachment_downloads(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo)).open("2023/06/ke-hoach-thi-hanh-luat-dan-chu.html")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Mẫu biên bản họp thôn").click()
    download = downloading.value
    assert re.fullmatch(r"mau-bien-ban-hop-thon-[0-9a-f]{8}\.pdf", download.suggested_filename)
    assert download.path().read_bytes().startswith(b"%PDF-")


def test_dublin_core_names_what_rules_for_public_sites_ask_for(demo: Output) -> None:
    page = demo[GATHERING]
    assert page.meta("DC.title") == [
        "Gặp mặt kỷ niệm 90 năm Ngày truyền thống công tác dân vận của Đảng"
    ]
    assert page.meta("DC.creator") == ["Minh Khuê", "An Nhiên"]
    assert page.meta("DC.date") == ["2020-10-14T16:20:00+07:00"]
    assert page.meta("DC.description") == page.meta("description")
    assert page.meta("DC.publisher") == ["Ban Tuyên giáo và Dân vận Tỉnh ủy Sông Thao"]
    assert page.meta("DC.identifier") == [BASE_URL + GATHERING]
    assert page.meta("DC.language") == ["vi"]
    assert "đại đoàn kết" in page.meta("DC.subject")
    source = demo["2021/08/bep-an-nghia-tinh.html"].meta("DC.source")
    assert source == ["https://example.org/bao-song-thao/bep-an-nghia-tinh-thuy-lien"]
    assert demo["2025/07/where-to-go-in-english.html"].meta("DC.language") == ["en"]


def test_open_graph_and_json_ld_describe_the_article(demo: Output, homeless: Output) -> None:
    page = demo[GATHERING]
    assert page.meta("og:type") == ["article"]
    assert page.meta("og:title") == page.meta("DC.title")
    assert page.meta("og:url") == [BASE_URL + GATHERING]
    assert page.meta("og:site_name") == [TITLE]
    assert page.meta("article:published_time") == ["2020-10-14T16:20:00+07:00"]
    (picture,) = page.meta("og:image")
    assert picture.removeprefix(BASE_URL) in demo.files
    assert not homeless[GATHERING].meta("og:image")
    news = json_ld(page)
    assert news["@context"] == "https://schema.org"
    assert (news["@type"], news["inLanguage"]) == ("NewsArticle", "vi")
    assert news["headline"] == page.meta("og:title")[0]
    assert news["datePublished"] == "2020-10-14T16:20:00+07:00"
    assert [author["name"] for author in news["author"]] == ["Minh Khuê", "An Nhiên"]
    assert news["url"] == BASE_URL + GATHERING
    assert news["image"].removeprefix(BASE_URL) in demo.files
    assert json_ld(demo["2024/09/ung-pho-mua-lu.html"])["dateModified"] == "2024-09-14"
    assert "url" not in json_ld(homeless[GATHERING])


def json_ld(page: Document) -> dict[str, Any]:
    """Return the structured data of a page."""
    scripts = [each for each in page.all("script") if each.get("type") == "application/ld+json"]
    data: dict[str, Any] = json.loads("".join(scripts[0].itertext()))
    return data


def test_a_bulletin_in_another_language_says_so(demo: Output) -> None:
    page = demo["2025/07/where-to-go-in-english.html"]
    assert page.one("html").get("lang") == "vi"
    assert page.one("h1").get("lang") == page.one("div", "prose").get("lang") == "en"


# Home


def test_home_shows_what_is_featured_and_the_newest_that_are_not(demo: Output) -> None:
    page = demo["index.html"]
    featured = [address_of(each) for each in bulletins_of_the_demo() if "featured" in each][::-1]
    assert headlines(page, page.section("noi-bat")) == featured
    rest = [
        address_of(each)
        for each in bulletins_of_the_demo()
        if "featured" not in each and each.get("status") != "withdrawn"
    ]
    assert headlines(page, page.section("tin-moi")) == rest[:-9:-1]


def test_home_has_a_section_for_each_category_of_the_settings(demo: Output) -> None:
    page = demo["index.html"]
    names = [words(page.one("h2", within=each)) for each in page.all("section", "front-section")]
    assert names == [
        "Tin tức – Sự kiện", "Dân vận khéo", "Dân vận chính quyền",
        "Quy chế dân chủ", "Mặt trận – Đoàn thể", "Dân tộc – Tôn giáo",
    ]  # fmt: skip
    for name, section in zip(names, page.all("section", "front-section"), strict=True):
        newest = [address_of(each) for each in of_category(name)][:-6:-1]
        assert headlines(page, section) == newest, name


def test_the_topic_strip_is_there_when_there_are_topics(demo: Output, bare: Output) -> None:
    page = demo["index.html"]
    assert words(page.by_id("su-kien")) == "Sự kiện – chuyên đề"
    topics = [text for text, _ in links_of(page, page.section("su-kien"))]
    assert topics[0] == "Ngày truyền thống công tác dân vận 15/10 8"
    assert len(topics) == 3
    assert "su-kien" not in bare["index.html"].ids


def test_the_most_viewed_go_down(demo: Output) -> None:
    page = demo["index.html"]
    by_views = sorted(
        (each for each in bulletins_of_the_demo() if "views" in each),
        key=lambda each: -int(each["views"]),
    )
    assert headlines(page, page.section("xem-nhieu")) == [
        address_of(each) for each in by_views[:10]
    ]
    assert "5.230 lượt xem" in words(page.section("xem-nhieu"))


def test_the_visit_counter_is_the_snapshot_and_all_views(demo: Output, bare: Output) -> None:
    page = demo["index.html"]
    views = sum(int(each.get("views", 0)) for each in bulletins_of_the_demo())
    assert words(page.section("luot-truy-cap")) == (
        f"Số lượt truy cập {38_421_907 + views:,} Tính đến 31/10/2026".replace(",", ".")
    )
    assert "luot-truy-cap" not in bare["index.html"].ids


def test_the_calendar_leads_to_the_days_that_have_bulletins(demo: Output) -> None:
    page = demo["index.html"]
    calendar = page.section("xem-theo-ngay")
    assert [words(each) for each in page.all("caption", within=calendar)] == ["Tháng 10/2026"]
    days = page.all("a", within=page.one("tbody", within=calendar))
    assert [(words(each), each.get("aria-label")) for each in days] == [
        ("15", "15 – Thứ Năm, 15/10/2026: 1 tin")
    ]
    assert resolve("index.html", days[0].get("href", "")) == "2026/10/index.html#ngay-15"
    first_week = page.all("tr", within=calendar)[1]
    assert [words(day) for day in first_week] == ["", "", "", "1", "2", "3", "4"]


def test_partners_are_links(demo: Output) -> None:
    page = demo["index.html"]
    assert words(page.by_id("doi-tac")) == "Đối tác của chúng tôi"
    assert len(page.all("a", within=page.section("doi-tac"))) == 4


def test_an_empty_site_says_so(empty: Output) -> None:
    assert words(empty["luu-tru/index.html"].one("main")).startswith(
        "Trang chủ Lưu trữ Chưa có tin"
    )
    assert not empty["index.html"].all("section", "featured")


# Groupings


def test_units_stand_in_dictionary_order_with_their_counts(demo: Output) -> None:
    page = demo["don-vi/index.html"]
    rows = [words(each) for each in page.all("li", within=page.one("div", "term-index"))]
    assert rows == [
        "Ban Dân vận Huyện ủy Bình Nguyên 5 tin Cấp: huyện",
        "Ban Dân vận Huyện ủy Thượng Sơn 4 tin Cấp: huyện",
        "Ban Dân vận Tỉnh ủy 6 tin Cấp: tỉnh",
        "Ban Tuyên giáo Tỉnh ủy 1 tin Cấp: tỉnh",
        "Ban Tuyên giáo và Dân vận Huyện ủy Bình Nguyên 1 tin Cấp: huyện",
        "Ban Tuyên giáo và Dân vận Tỉnh ủy 4 tin Cấp: tỉnh",
        "Ban Xây dựng Đảng, Đảng ủy xã Bình Nguyên 1 tin Cấp: xã",
        "Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh 6 tin Cấp: tỉnh",
        "Ủy ban nhân dân huyện Bình Nguyên 5 tin Cấp: huyện",
        "Ủy ban nhân dân tỉnh 2 tin Cấp: tỉnh",
        "Ủy ban nhân dân xã Bình Nguyên 3 tin Cấp: xã",
        "Ủy ban nhân dân xã Tân Hòa 3 tin Cấp: xã",
    ]


def test_names_of_people_stand_under_their_letters(demo: Output) -> None:
    page = demo["tac-gia/index.html"]
    index = page.one("div", "term-index")
    letters = [words(each) for each in page.all("h2", within=index)]
    assert letters == ["A", "Â", "Đ", "L", "M", "N", "Q", "T"]
    names = [text for text, _ in links_of(page, index)]
    assert names == [
        "An Nhiên", "Ánh Dương", "Ân Thiện", "Đặng Hòa", "Lò Văn Sơn",
        "Minh Khuê", "Ngọc Thủy", "Quốc Hòa", "Thanh Bình",
    ]  # fmt: skip


GROUPINGS = {
    "chuyen-muc": "category",
    "su-kien": "topic",
    "tu-khoa": "tags",
    "don-vi": "unit",
    "tac-gia": "author",
}


@pytest.mark.parametrize(("key", "field"), GROUPINGS.items())
def test_every_term_has_its_count_and_its_list(demo: Output, key: str, field: str) -> None:
    page = demo[f"{key}/index.html"]
    index = page.one("div", "term-index")
    members: dict[str, list[str]] = {}
    for bulletin in bulletins_of_the_demo():
        for name in listed(bulletin.get(field)):
            members.setdefault(name, []).insert(0, address_of(bulletin))
    rows = {words(page.one("a", within=row)): row for row in page.all("li", within=index)}
    assert rows.keys() == members.keys()
    for name, row in rows.items():
        assert f"{len(members[name])} tin" in words(row)
        (target,) = [target for _, target in links_of(page, row)]
        assert headlines(demo[target], demo[target].one("ul", "cards")) == members[name][:20]


def test_a_category_has_its_description(demo: Output) -> None:
    head = demo["chuyen-muc/dan-van-kheo/index.html"].one("header", "list-head")
    assert "cùng bài học khi chưa thành công" in words(head)


UNITS = {
    "ban-dan-van-tinh-uy": "Đơn vị cũ – nay là Ban Tuyên giáo và Dân vận Tỉnh ủy (từ 01/03/2025)",
    "ban-dan-van-huyen-uy-thuong-son": "Đơn vị cũ, nay không còn hoạt động.",
    "uy-ban-nhan-dan-xa-tan-hoa": (
        "Đơn vị cũ – nay là Ủy ban nhân dân xã Bình Nguyên (từ 01/07/2025)"
    ),
    # The unit that came next has gone, too.
    "ban-dan-van-huyen-uy-binh-nguyen": (
        "Đơn vị cũ – nay là Ban Xây dựng Đảng, Đảng ủy xã Bình Nguyên (từ 01/07/2025)"
    ),
}


@pytest.mark.parametrize(("slug", "expected"), UNITS.items())
def test_a_former_unit_says_what_it_is_now(demo: Output, slug: str, expected: str) -> None:
    page = demo[f"don-vi/{slug}/index.html"]
    assert words(page.one("p", "notice")) == expected


def test_a_unit_says_its_level_parent_years_and_predecessors(demo: Output) -> None:
    page = demo["don-vi/uy-ban-nhan-dan-xa-binh-nguyen/index.html"]
    facts = {words(row[0]): row[1] for row in page.one("dl", "facts")}
    assert {name: words(fact) for name, fact in facts.items()} == {
        "Cấp": "xã",
        "Trực thuộc": "Ủy ban nhân dân tỉnh",
        "Từ": "01/07/2025",
        "Trước đây là": (
            "Ủy ban nhân dân huyện Bình Nguyên (đến 30/06/2025); "
            "Ủy ban nhân dân xã Tân Hòa (đến 30/06/2025)"
        ),
    }
    assert links_of(page, facts["Trực thuộc"])[0][1] == "don-vi/uy-ban-nhan-dan-tinh/index.html"
    assert not page.all("p", "notice")


def test_a_unit_shows_its_bulletins_with_those_of_all_that_it_came_from(demo: Output) -> None:
    whole = "don-vi/ban-xay-dung-dang-dang-uy-xa-binh-nguyen/ca-tien-than/index.html"
    own = "don-vi/ban-xay-dung-dang-dang-uy-xa-binh-nguyen/index.html"
    assert ("Xem tin của đơn vị này và của các đơn vị tiền thân", whole) in links_of(
        demo[own], demo[own].one("main")
    )
    page = demo[whole]
    former = ("ban-tuyen-giao-va-dan-van-huyen-uy-binh-nguyen", "ban-dan-van-huyen-uy-binh-nguyen")
    lists = [own, *(f"don-vi/{slug}/index.html" for slug in former)]
    shown = headlines(page, page.one("ul", "cards"))
    assert sorted(shown) == sorted(
        each for path in lists for each in headlines(demo[path], demo[path].one("ul", "cards"))
    )
    # Each says whose it was then; the newest comes first.
    units = [url for _, url in links_of(page, page.one("ul", "cards")) if url in lists]
    assert len(units) == len(shown) and set(units) == set(lists)
    assert units[0] == own and units[-1] == lists[2]
    assert "01/03/2025 – 30/06/2025" in words(page.one("header", "list-head"))


def test_a_long_list_can_be_walked_from_the_newest_to_the_oldest_and_back(
    crowded: Output,
) -> None:
    def walk(path: str, word: str) -> list[str]:
        paths = [path]
        while True:
            links = dict(links_of(crowded[path], crowded[path].one("nav", "pager")))
            if word not in links:
                return paths
            path = links[word]
            paths.append(path)

    folder = "chuyen-muc/tin-trong-thang"
    down = walk(f"{folder}/index.html", "Cũ hơn")
    assert down == [f"{folder}/{name}.html" for name in ("index", "trang-3", "trang-2", "trang-1")]
    titles = [words(title) for path in down for title in crowded[path].all("h2", "card-title")]
    assert len(titles) == len(set(titles)) == 15
    assert titles[0] == made_sites.LONG_TITLE and titles[-1] == "Tin không rõ ngày"
    up = walk(f"{folder}/trang-1.html", "Mới hơn")
    assert [path.rpartition("/")[2] for path in up] == [
        *(f"trang-{number}.html" for number in range(1, 6)),
        "index.html",
    ]


# Date archives


def test_the_archive_has_all_years_and_months_with_their_counts(demo: Output) -> None:
    page = demo["luu-tru/index.html"]
    rows = [
        [words(cell) for cell in row if cell.tag in ("th", "td")]
        for row in page.all("tr", within=page.one("tbody"))
    ]
    assert [row[0] for row in rows] == [str(year) for year in range(2026, 2016, -1)]
    assert sum(int(row[-1]) for row in rows) == len(bulletins_of_the_demo())
    (row,) = (each for each in rows if each[0] == "2020")
    assert (len(row), row[10]) == (14, "6")
    assert ("6", "2020/10/index.html") in links_of(page, page.one("tbody"))
    assert "Trong đó 2 tin không rõ ngày" in words(page.one("main"))


def test_a_year_has_its_months_and_what_is_known_to_the_year_only(demo: Output) -> None:
    page = demo["2017/index.html"]
    months = [words(page.one("h2", within=each)) for each in page.all("section", "year-month")]
    assert months == ["Tháng 4/2017 1 tin", "Tháng 11/2017 1 tin"]
    unknown = page.section("khong-ro-ngay")
    assert words(page.by_id("khong-ro-ngay")) == "Không rõ tháng, ngày"
    assert headlines(page, unknown) == ["2017/so-tay-hoa-giai-vien.html"]
    assert links_of(page, page.all("nav", "steps")[0]) == [("Sau: Năm 2018", "2018/index.html")]


def test_a_month_has_its_days_newest_first(demo: Output) -> None:
    page = demo["2020/10/index.html"]
    days = [words(page.one("h2", within=each)) for each in page.all("section", "day")]
    assert days == [
        "Thứ Tư, 21/10/2020 1 tin", "Thứ Năm, 15/10/2020 1 tin", "Thứ Tư, 14/10/2020 1 tin",
        "Thứ Sáu, 09/10/2020 1 tin", "Thứ Tư, 07/10/2020 1 tin", "Thứ Sáu, 02/10/2020 1 tin",
    ]  # fmt: skip
    assert headlines(page, page.section("ngay-07")) == ["2020/10/ngan-hang-bo.html"]
    cells = page.all("a", within=page.one("tbody"))
    assert [words(each) for each in cells] == ["2", "7", "9", "14", "15", "21"]
    assert resolve(page.path, cells[0].get("href", "")) == "2020/10/index.html#ngay-02"
    assert links_of(page, page.one("nav", "steps")) == [
        ("Trước: Tháng 7/2020", "2020/07/index.html"),
        ("Sau: Tháng 5/2021", "2021/05/index.html"),
    ]


def test_a_month_keeps_apart_what_has_no_day(demo: Output) -> None:
    page = demo["2018/05/index.html"]
    assert words(page.by_id("khong-ro-ngay")) == "Không rõ ngày"
    assert headlines(page, page.section("khong-ro-ngay")) == [
        "2018/05/hai-muoi-nam-quy-che-dan-chu.html"
    ]
    assert "01/05/2018" not in words(page.one("main"))


def test_a_long_month_is_split_into_days(crowded: Output) -> None:
    month = crowded["2021/03/index.html"]
    day = links_of(month, month.by_id("ngay-02"))
    assert day == [("Thứ Ba, 02/03/2021", "2021/03/02/index.html")]
    assert len(headlines(month, month.section("ngay-02"))) == 1 + 3
    page = crowded["2021/03/02/index.html"]
    assert words(page.one("h1")) == "Thứ Ba, 02/03/2021"
    assert len(page.all("h2", "card-title")) == 4
    cells = {words(each): each.get("href", "") for each in page.all("a", within=page.one("tbody"))}
    assert resolve(page.path, cells["4"]) == "2021/03/04/index.html"
    assert links_of(page, page.one("nav", "steps")) == [
        ("Trước: Thứ Hai, 01/03/2021", "2021/03/01/index.html"),
        ("Sau: Thứ Tư, 03/03/2021", "2021/03/03/index.html"),
    ]


# Replies


def test_the_reply_form_is_off_by_default(demo: Output) -> None:
    assert not any("tra_loi" in page.ids for page in demo.pages.values())


def test_a_reply_by_mail_carries_subject_and_required_fields(crowded: Output) -> None:
    page = crowded["2021/03/tin-01.html"]
    section = page.section("tra_loi")
    assert words(page.by_id("tra_loi")) == "Trả lời"
    assert "Địa chỉ của bạn chỉ dùng để trả lời." in words(section)
    form = page.one("form", within=section)
    assert (form.get("action"), form.get("enctype")) == ("mailto:thu@example.org", "text/plain")
    fields = {
        each.get("name"): each for tag in ("input", "textarea") for each in page.all(tag, "", form)
    }
    assert list(fields) == ["subject", "page", "ho-ten", "noi-dung"]
    assert fields["subject"].get("value") == "Trả lời: Tin số 1 trong tháng"
    assert "required" in fields["ho-ten"].attrib and "required" in fields["noi-dung"].attrib


@pytest.mark.browser
def test_a_reply_by_form_reaches_the_service(
    english: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(english), also=made_sites.FORM)
    sent: list[Request] = []

    def answer(route: Any) -> None:
        sent.append(route.request)
        route.fulfill(status=200, content_type="text/html", body="<title>Thanks</title>")

    here.context.route(made_sites.FORM, answer)
    page = here.open("2021/02/story-0.html")
    form = page.locator(".reply form")
    form.get_by_role("button").click()
    assert not sent  # The browser asks for the required fields first.
    form.get_by_label("Name").fill("Reader")
    form.get_by_label("Email").fill("reader@example.net")
    form.locator("textarea").fill("A question")
    form.get_by_role("button").click()
    page.wait_for_url(made_sites.FORM)
    assert sent[0].method == "POST"
    data = sent[0].post_data_json
    assert (data["name"], data["email"]) == ("Reader", "reader@example.net")
    assert (data["subject"], data["message"]) == ("Reply: Story 0", "A question")
    assert data["page"] == "https://bulletin.example.net/2021/02/story-0.html"


# English


VIETNAMESE = re.compile(r"[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
UNMARKED = re.compile(r"\b(Theo|Trang|Xem|Nay|tin|Sau)\b")
SHOWN = ("alt", "title", "aria-label", "content", "placeholder", "value")


def test_a_site_in_english_has_no_vietnamese_words(english: Output) -> None:
    for page in english.pages.values():
        # Addresses are as the program names them, in any language.
        texts = [re.sub(r"https?://\S+", "", "".join(page.root.itertext()))]
        texts += [each.get(name, "") for each in page.elements for name in SHOWN]
        found = [
            text[max(match.start() - 20, 0) : match.end() + 20]
            for text in texts
            for pattern in (VIETNAMESE, UNMARKED)
            for match in pattern.finditer(text)
        ]
        assert not found, f"{page.path}: {found}"


def test_a_site_in_english_writes_dates_and_numbers_its_way(english: Output) -> None:
    page = english["2021/02/story-0.html"]
    assert words(page.one("p", "dateline")[0]) == "Monday, 01/02/2021, 08:00"
    assert "Views: 1,000" in words(page.one("p", "dateline"))
    assert words(english["2021/02/index.html"].one("h1")) == "February 2021"
    assert words(english["index.html"].one("p", "visits-number")) == f"{1234567 + 5010:,}"


# Search


@pytest.fixture
def search(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> Callable[[str], tuple[Page, list[str]]]:
    """Give a function that searches the demo, and gives the titles that were found."""
    page = window(addresses(demo)).open("tim-kiem.html")

    def search(text: str) -> tuple[Page, list[str]]:
        page.locator("#results").evaluate("e => { e.dataset.state = 'waiting'; }")
        page.locator("#q").fill(text)
        page.locator("#q").press("Enter")
        page.locator("#results[data-state=done]").wait_for(state="attached")
        return page, page.locator("#results h3").all_inner_texts()

    return search


@pytest.mark.browser
@pytest.mark.parametrize(
    "text", ["nhịp cầu bến đá", "nhip cau ben da", "NHỊP CẦU", "“nhịp cầu”", "Quốc Hòa nhịp cầu"]
)
def test_search_finds_with_marks_and_without(
    text: str, search: Callable[[str], tuple[Page, list[str]]]
) -> None:
    page, titles = search(text)
    assert titles[0] == "Nhịp cầu Bến Đá nối hai bờ ruộng"
    assert page.locator("#count").inner_text() == f"Có {len(titles)} kết quả"


@pytest.mark.browser
def test_search_says_when_there_is_nothing(
    search: Callable[[str], tuple[Page, list[str]]],
) -> None:
    page, titles = search("khủng long bạo chúa")
    assert titles == []
    assert page.locator("#count").inner_text().startswith("Không tìm thấy tin nào.")
    assert search("nhịp cầu")[1]


@pytest.mark.browser
def test_marks_narrow_and_it_does_not_matter_where_they_stand(
    search: Callable[[str], tuple[Page, list[str]]],
) -> None:
    def total(text: str) -> int:
        return int(search(text)[0].locator("#count").get_attribute("data-total") or "")

    assert 0 < total("hòa giải") == total("hoà giải") < total("hoa giai")


@pytest.mark.browser
def test_many_results_come_in_portions(
    search: Callable[[str], tuple[Page, list[str]]],
) -> None:
    page, titles = search("dân")
    assert len(titles) == 10
    page.get_by_role("button", name="Xem thêm").click()
    page.locator("#results h3").nth(10).wait_for()
    page.locator("#results :focus").wait_for()
    page.go_back()
    assert page.locator("#q").input_value() == ""


@pytest.mark.browser
def test_the_box_on_every_page_leads_to_the_results(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo)).open(GATHERING)
    page.locator("#tim_nhanh").fill("ngân hàng bò")
    page.locator("#tim_nhanh").press("Enter")
    page.locator("#results a").first.click()
    page.wait_for_url("**/2020/10/ngan-hang-bo.html")


def test_without_an_index_the_search_page_says_so(empty: Output) -> None:
    page = empty["tim-kiem.html"]
    assert "chưa có chức năng tìm kiếm" in words(page.one("p", "notice"))
    assert not [each for each in page.all("script") if "search.js" in each.get("src", "")]
