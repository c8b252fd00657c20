"""Browsing by day: calendars and their shades, the map of a year, the table of all months, what
else came on a day, the date to go to, and timelines."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import made_sites
from tests.sites import Document, Output, Window, links_of, resolve, tab_to, words
from tests.workbench import WITHDRAWN, Workbench

SVG = "{http://www.w3.org/2000/svg}"
DAY = "2020/10/index.html#ngay-15"


def titles(page: Document, name: str) -> list[str]:
    """Return the numbers of the bulletins that a section shows; [] where there is no section."""
    if name not in page.ids:
        return []
    found = page.all("li", within=page.section(name))
    return [words(each).split()[1] for each in found]


# Shades and calendars


def test_a_calendar_has_shades_by_fixed_steps_and_says_each_count(dated: Output) -> None:
    page = dated["2020/10/index.html"]
    shades = {
        words(cell): (cell.get("class"), page.one("a", within=cell).get("aria-label"))
        for cell in page.all("td")
        if cell.get("class")
    }
    assert shades == {
        "15": ("heat-4", "15 – Thứ Năm, 15/10/2020: 12 tin"),
        "16": ("heat-2", "16 – Thứ Sáu, 16/10/2020: 2 tin"),
    }
    assert words(page.one("p", "legend")) == "Số tin mỗi ngày: 1 2–4 5–9 10 trở lên"


def test_the_page_of_a_day_marks_it_and_does_not_count_the_others(dated: Output) -> None:
    page = dated["2020/10/15/index.html"]
    days = page.all("a", within=page.one("tbody"))
    assert [each.get("aria-current") for each in days] == ["date", None]
    assert [each.get("aria-label") for each in days] == [
        "15 – Thứ Năm, 15/10/2020",
        "16 – Thứ Sáu, 16/10/2020",
    ]
    assert "legend" not in page.source.partition("<main")[2]


# The map of a year


def cells(page: Document) -> dict[str, tuple[str, str, str]]:
    """Return the days on a year's map: label → shade, place, and where it leads."""
    found = {}
    for link in (each for each in page.elements if each.tag == f"{SVG}a"):
        assert link.get("tabindex") == "-1"
        title, square = link[0], link[1]
        place = square.get("d", "").partition("h")[0]
        target = resolve(page.path, link.get("href", ""))
        found[words(title)] = square.get("class", ""), place, target
    return found


def test_the_map_of_a_year_has_each_day_where_it_belongs(dated: Output) -> None:
    page = dated["2020/index.html"]
    # 01/01/2020 was a Wednesday: the column of a day is that of its week, the row its weekday.
    assert cells(page) == {
        "Thứ Bảy, 29/02/2020: 1 tin": ("heat-1", "M96 80", "2020/02/index.html#ngay-29"),
        "Thứ Năm, 15/10/2020: 12 tin": ("heat-4", "M492 56", "2020/10/index.html#ngay-15"),
        "Thứ Sáu, 16/10/2020: 2 tin": ("heat-2", "M492 68", "2020/10/index.html#ngay-16"),
    }
    (drawing,) = (each for each in page.elements if each.tag == f"{SVG}svg")
    assert drawing.get("aria-hidden") == "true"
    assert drawing.get("viewBox") == "0 0 636 104"  # 53 weeks
    months = [words(each) for each in drawing.iter(f"{SVG}text")]
    assert months == [f"Th{month}" for month in range(1, 13)]


def test_a_leap_year_that_begins_on_a_sunday_has_54_columns(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    site.bulletin("a.md", date="2012-01-01")
    site.bulletin("b.md", date="2012-12-31")
    site.build()
    page = Document("2012/index.html", site.page("2012/index.html"))
    assert [place for _, place, _ in cells(page).values()] == ["M0 92", "M636 20"]
    assert 'viewBox="0 0 648 104"' in page.source


def test_words_say_what_the_map_shows(dated: Output) -> None:
    def said(year: int) -> str:
        return words(dated[f"{year}/index.html"].one("header", "list-head"))

    assert "3 ngày có tin; nhiều nhất là ngày 15/10/2020: 12 tin." in said(2020)
    assert said(2021).endswith("2 ngày có tin.")


def test_a_year_without_any_known_day_has_no_map(crowded: Output) -> None:
    page = crowded["2020/index.html"]
    assert not cells(page) and "year-map" not in page.source


# All years


def test_the_archive_shows_every_month_of_every_year_and_the_gaps(dated: Output) -> None:
    page = dated["luu-tru/index.html"]
    table = page.one("table")
    heads = [words(each) for each in page.all("th", within=page.one("thead"))]
    assert heads == ["Năm", *(f"Th{month}" for month in range(1, 13)), "Cả năm"]
    rows = [[words(cell) for cell in row] for row in page.all("tr", within=page.one("tbody"))]
    assert [row[0] for row in rows] == [
        "2022", "2021", "2020", "2019", "2018", "2017", "2016", "2011–2015", "2010",
    ]  # fmt: skip
    assert rows[2] == ["2020", "", "1", *[""] * 7, "14", "", "", "15"]
    # What is known to the year alone counts for it, and for no month.
    assert rows[4] == ["2018", *[""] * 9, "2", "", "", "3"]
    assert rows[5] == ["2017", "Chưa có tin nào."] and rows[7][1:] == ["Chưa có tin nào."]
    link = next(each for each in page.all("a", within=table) if words(each) == "14")
    assert link.get("aria-label") == "Tháng 10/2020: 14 tin"
    assert resolve(page.path, link.get("href", "")) == "2020/10/index.html"
    assert ("2010", "2010/index.html") in links_of(page, table)


# The same day


def test_a_bulletin_shows_those_of_its_day_that_are_not_beside_it_already(dated: Output) -> None:
    page = dated["2020/10/tin-05.html"]  # The sixth of twelve.
    beside = {words(each).split()[1] for each in page.all("li", within=page.one("", "neighbours"))}
    others = titles(page, "cung_ngay")
    assert others and not beside & set(others)
    assert others == sorted(others, reverse=True)
    assert set(others) == {"00", "03", "06", "09"}
    section = page.section("cung_ngay")
    assert links_of(page, section)[-1] == ("Tất cả tin ngày 15/10/2020", DAY)


def test_no_more_than_five_are_shown_nearest_first(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    for number in range(12):  # Each has another category: there are no neighbours.
        site.bulletin(f"{number:02d}.md", title=f"Bài {number:02d}", category=f"Mục {number}")
    site.build()
    page = Document("2020/07/07.html", site.page("2020/07/07.html"))
    assert titles(page, "cung_ngay") in (
        ["10", "09", "08", "06", "05"], ["09", "08", "06", "05", "04"],
    )  # fmt: skip


def test_what_is_withdrawn_still_leads_to_the_only_other_of_its_day(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    site.write("site.yaml", "title: Trang thử\n")
    site.bulletin("a.md", category="Một", title="Tin bị rút", **WITHDRAWN)
    site.bulletin("b.md", category="Hai", title="Tin còn lại")
    site.build()
    assert "Tin còn lại" in site.page("2020/07/a.html").partition('id="cung_ngay"')[2]
    assert "cung_ngay" not in site.page("2020/07/b.html")


@pytest.mark.parametrize(
    ("path", "heading", "expected", "day"),
    [
        # The last three of the day; the withdrawn one is not among them.
        ("2020/10/tin-00", "Ngày này năm trước", ["15", "14", "13"], "2019/10/index.html#ngay-15"),
        ("2019/10/tin-12", "Ngày này năm trước", ["22"], "2018/10/index.html#ngay-15"),
        ("2022/10/tin-28", "Ngày này năm 2020", ["25", "24"], "2020/10/index.html#ngay-16"),
        ("2020/02/tin-23", "Ngày này năm 2016", ["18"], "2016/02/index.html#ngay-29"),
    ],
)
def test_a_bulletin_shows_its_day_in_the_latest_earlier_year_that_has_it(
    dated: Output, path: str, heading: str, expected: list[str], day: str
) -> None:
    page = dated[f"{path}.html"]
    assert words(page.by_id("ngay_nay")) == heading
    assert titles(page, "ngay_nay") == expected
    assert links_of(page, page.section("ngay_nay"))[-1][1] == day


@pytest.mark.parametrize(
    "path",
    [
        "2016/05/tin-19",  # Six years later.
        "2021/02/tin-26", "2021/03/tin-27",  # The days about a leap day are not it.
        "2018/tin-20", "2018/10/tin-21",  # Their days are not known.
    ],
)  # fmt: skip
def test_where_no_earlier_year_has_the_day_nothing_is_said(dated: Output, path: str) -> None:
    page = dated[f"{path}.html"]
    assert "ngay_nay" not in page.ids and "cung_ngay" not in page.ids
    assert not page.all("aside", "same-day")


def test_months_and_days_lead_to_the_day_in_an_earlier_year(dated: Output) -> None:
    month = dated["2020/10/index.html"]
    way = ("Thứ Ba, 15/10/2019", "2019/10/index.html#ngay-15")
    assert way in links_of(month, month.section("ngay-15"))
    assert "Ngày này năm" not in words(month.section("ngay-16"))
    day = dated["2020/10/15/index.html"]
    assert way in links_of(day, day.one("header", "list-head"))


def busy_day(tmp_path: Path, count: int = 12) -> Workbench:
    """Return a built site with *count* bulletins on one day of two years, each of a category of
    its own, so that nothing but the day brings them together."""
    site = Workbench(tmp_path)
    for year in (2019, 2020):
        for number in range(count):
            site.bulletin(
                f"{year}/{number:02d}.md",
                title=f"Bài {year} {number:02d}",
                date=f"{year}-07-16 {number:02d}:00",
                category=f"Mục {number}",
            )
    site.build()
    return site


def articles(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Return the pages of bulletins that were there before and are not what they were."""
    changed = {path for path, data in before.items() if after.get(path) != data}
    pages = {path for path in changed if re.fullmatch(r"\d{4}/\d\d/[^/]+\.html", path)}
    return {path for path in pages if not path.endswith(("/index.html", "/ban-tin.html"))}


def test_a_new_bulletin_changes_few_pages_of_its_day_and_nothing_older(tmp_path: Path) -> None:
    site = busy_day(tmp_path)
    before = site.tree()
    site.bulletin("2020/moi.md", title="Bài mới", date="2020-07-16 23:00", category="Mục mới")
    site.build()
    after = site.tree()
    # The pages of those before them have five that are nearer.
    assert articles(before, after) == {"2020/07/10.html", "2020/07/11.html"}
    for path in ("2019/index.html", "2019/07/index.html"):
        assert before[path] == after[path]


def test_a_new_title_is_told_where_it_is_shown_in_the_year_after(tmp_path: Path) -> None:
    site = busy_day(tmp_path, 3)
    path = "content/2019/01.md"
    text = (site.folder / path).read_text("utf-8")
    site.write(path, text.replace("Bài 2019 01", "Tên khác"))
    before = site.tree()
    site.build()
    changed = articles(before, site.tree())
    assert changed == {
        f"{year}/07/{number:02d}.html" for year in (2019, 2020) for number in range(3)
    }
    for page in changed:
        assert "Tên khác" in site.page(page) and "Bài 2019 01" not in site.page(page)


def test_what_is_withdrawn_is_no_longer_shown(tmp_path: Path) -> None:
    site = busy_day(tmp_path, 2)
    path = "content/2019/01.md"
    text = (site.folder / path).read_text("utf-8")
    assert "Bài 2019 01" in site.page("2020/07/00.html")
    site.write(path, text.replace("category:", f"{made_sites.WITHDRAWN}\ncategory:"))
    site.build()
    # It stays in the list of its category, with a word before its date.
    for name in ("2019/07/00.html", "2020/07/00.html", "2020/07/01.html"):
        page = Document(name, site.page(name))
        shown = [words(each) for each in page.all("aside", "same-day")]
        assert "Bài 2019 01" not in "".join(shown)
    assert "Bài 2019 00" in site.page("2020/07/00.html")


# Timelines


def bars(page: Document) -> list[str]:
    """Return the bars of a page's timeline, as they are drawn."""
    figure = page.one("figure", "timeline")
    return re.findall(r"M\d+ 40v-\d+", "".join(each.get("d", "") for each in figure.iter()))


def test_the_first_page_of_a_list_has_its_timeline_and_says_it_in_words(dated: Output) -> None:
    page = dated["chuyen-muc/muc-lon/index.html"]
    figure = page.one("figure", "timeline")
    assert words(page.one("figcaption", within=figure)) == (
        "Số tin theo năm, từ 2010 đến 2022; nhiều nhất là năm 2020: 10 tin."
    )
    # 2010, 2016, 2018, 2019, 2020, 2021, 2022; years without any keep their place.
    assert [bar.partition("v")[0] for bar in bars(page)][:3] == ["M0 40", "M96 40", "M128 40"]
    assert "M160 40v-40" in bars(page)
    numbered = dated["chuyen-muc/muc-lon/trang-1.html"]
    assert not numbered.all("figure", "timeline")


def test_within_two_years_the_bars_are_months(crowded: Output) -> None:
    page = crowded["chuyen-muc/tin-trong-thang/index.html"]
    assert not page.all("figure", "timeline")  # All of one month.
    whole = crowded["tim-kiem.html"].one("figure", "timeline")
    assert words(whole) == (
        "Số tin theo tháng, từ 03/2021 đến 04/2021; nhiều nhất là tháng 03/2021: 15 tin."
    )


def test_two_bulletins_make_no_timeline(demo: Output, bare: Output, empty: Output) -> None:
    for page in (*bare.pages.values(), *empty.pages.values()):
        assert not page.all("figure", "timeline")
    for page in demo.pages.values():
        if page.path.startswith("tu-khoa/") and len(page.all("li", within=page.one("main"))) < 3:
            assert not page.all("figure", "timeline")


def test_the_years_of_the_search_page_lead_to_their_bulletins(dated: Output) -> None:
    page = dated["tim-kiem.html"]
    figure = page.one("figure", "timeline")
    years = {words(each[0]): each.get("href") for each in figure.iter(f"{SVG}a")}
    assert years["2020: 15 tin"] == "tim-kiem.html?nam=2020"
    assert years["2019: 4 tin"] == "tim-kiem.html?nam=2019"  # Without the withdrawn one.


def test_a_timeline_is_renewed_by_what_no_first_page_shows(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    site.write("site.yaml", "title: Thử\nlanguage: en\npage_size: 2\nkeep_addresses: false\n")
    for number in range(9):
        date = f"{2010 + number}-01-02"
        site.bulletin(f"{number}.md", title=f"Bài {number}", date=date, category="Mục")
    site.build()
    assert "from 2010 to 2018" in site.page("chuyen-muc/muc/index.html")
    site.bulletin("0.md", title="Bài 0", date="2009-01-02", category="Mục")
    site.build()
    assert "from 2009 to 2018" in site.page("chuyen-muc/muc/index.html")


# In a browser


@pytest.mark.browser
def test_a_calendar_works_by_keyboard_alone(
    dated: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(dated))
    page = here.open("luu-tru/index.html")
    tab_to(page, "Tháng 10/2020: 14 tin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/2020/10/index.html")
    tab_to(page, "15 – Thứ Năm, 15/10/2020: 12 tin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/2020/10/15/index.html")
    assert page.locator("h1").inner_text() == "Thứ Năm, 15/10/2020"
    page = here.open("2021/index.html")
    tab_to(page, "28 – Chủ Nhật, 28/02/2021: 1 tin")
    assert not page.evaluate("!!document.activeElement.closest('svg')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/2021/02/index.html#ngay-28")


@pytest.mark.browser
def test_a_day_on_the_map_can_be_clicked(
    dated: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(dated)).open("2020/index.html")
    page.locator(".year-map .heat-4").click()
    page.wait_for_url(f"**/{DAY}")


def ask(page: Page, day: str) -> None:
    """Give the form a day by keyboard."""
    page.get_by_label("Xem tin của ngày").focus()
    page.get_by_label("Xem tin của ngày").fill(day)
    page.keyboard.press("Enter")


@pytest.mark.browser
@pytest.mark.parametrize("mount", ["/", "/ban-tin/", "file"])
@pytest.mark.parametrize("start", ["index.html", "luu-tru/index.html", "2020/10/15/index.html"])
def test_the_form_goes_to_a_day_wherever_the_site_is(
    mount: str,
    start: str,
    dated: Output,
    addresses: Callable[..., str],
    window: Callable[..., Window],
) -> None:
    home = f"{dated.folder.as_uri()}/" if mount == "file" else addresses(dated, mount)
    page = window(home).open(start)
    ask(page, "2019-10-15")
    page.wait_for_url("**/2019/10/index.html#ngay-15")
    ask(page, "2020-10-15")  # Of a month that is split.
    page.wait_for_url(f"**/{DAY}")
    assert page.locator(":target").inner_text().startswith("Thứ Năm, 15/10/2020")


@pytest.mark.browser
def test_a_day_without_bulletins_is_told_with_the_nearest_ones(
    dated: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(dated)).open("2020/index.html")
    answer = page.locator("#xem_ngay [role=status]")
    ask(page, "2020-10-01")
    expect(answer).to_contain_text("Ngày 01/10/2020 không có tin nào.")
    assert answer.locator("a").all_inner_texts() == [
        "Ngày gần nhất trước đó: 29/02/2020", "Ngày gần nhất sau đó: 15/10/2020",
    ]  # fmt: skip
    box = page.get_by_label("Xem tin của ngày")
    assert (box.get_attribute("min"), box.get_attribute("max")) == ("2010-05-05", "2022-10-16")
    ask(page, "2023-01-01")
    expect(answer).to_contain_text("Kho tin chỉ có từ ngày 05/05/2010 đến ngày 16/10/2022.")
    assert answer.locator("a").all_inner_texts() == ["Ngày gần nhất trước đó: 16/10/2022"]
    # A month of which no day is known is no day.
    ask(page, "2018-10-01")
    expect(answer).to_contain_text("Ngày 01/10/2018 không có tin nào.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # Past what else the box holds, and its button.
    for _ in range(5):
        if page.evaluate("document.activeElement.closest('[role=status]') !== null"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/2016/05/index.html#ngay-05")


@pytest.mark.browser
def test_half_a_date_is_asked_for_again(
    dated: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(dated)).open("index.html")
    ask(page, "")
    expect(page.locator("#xem_ngay [role=status]")).to_have_text("Bạn ghi đủ ngày, tháng, năm.")
    box = page.get_by_label("Xem tin của ngày")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_be_focused()


@pytest.mark.browser
def test_without_the_list_of_days_the_form_leads_to_the_months(
    dated: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(dated))
    here.context.route("**/tim-kiem/loc/ngay.js", lambda route: route.abort())
    page = here.open("2020/10/index.html")
    ask(page, "2019-10-15")
    expect(page.locator("#xem_ngay [role=status]")).to_contain_text("Không tải được")
    here.faults.clear()  # The browser tells of the file that did not come.
    here.context.unroute("**/tim-kiem/loc/ngay.js")
    page.locator("#xem_ngay [role=status] a").click()
    page.wait_for_url("**/luu-tru/index.html")


@pytest.mark.browser
def test_the_file_of_days_is_fetched_once_and_only_when_it_is_needed(
    dated: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(dated))
    asked: list[str] = []
    here.context.on("request", lambda request: asked.append(request.url))
    page = here.open("2020/index.html")
    page.wait_for_load_state("networkidle")
    assert not [each for each in asked if "/tim-kiem/" in each]
    for day in ("2020-10-01", "2020-10-02"):
        ask(page, day)
        expect(page.locator("#xem_ngay [role=status]")).to_contain_text(day[-2:] + "/10/2020 không")
    assert len([each for each in asked if "/tim-kiem/" in each]) == 1
    page = here.open("2020/10/tin-05.html")
    page.wait_for_load_state("networkidle")
    scripts = page.evaluate("[...document.scripts].filter(each => each.src).length")
    assert scripts == 1


@pytest.mark.browser
def test_without_scripts_the_form_is_not_there(
    dated: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(dated), java_script_enabled=False).open("2020/index.html")
    assert page.locator("#xem_ngay").is_hidden()
    assert page.locator(".calendar a").first.is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("media", ["forced", "paper"])
def test_without_grounds_the_edges_tell_the_shades_apart(
    media: str, dated: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    options = {"forced_colors": "active"} if media == "forced" else {}
    page = window(addresses(dated), **options).open("2020/index.html")
    if media == "paper":
        page.emulate_media(media="print")
        assert page.locator("#xem_ngay").is_hidden()
    edge = "e => parseFloat(getComputedStyle(e).borderTopWidth)"
    widths = [page.locator(f".calendar .heat-{heat} a").first.evaluate(edge) for heat in (1, 2, 4)]
    assert widths[0] < widths[1] < widths[2]
    colour = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    text, ground = page.locator(".calendar .heat-4 a").evaluate(colour)
    assert text != ground
    page = window(addresses(dated), **options).open("2020/10/15/index.html")
    if media == "forced":
        current, other = (
            page.locator(f".calendar a{which}").first.evaluate(edge)
            for which in ("[aria-current]", ":not([aria-current])")
        )
        assert current > other
