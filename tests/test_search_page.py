"""The search page as citizens use it: typing, filters, Back, a phone, a keyboard, a bad line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.sites import ROOT, Output, Window, bulletins_of_the_demo, tab_to
from tests.test_accessibility import violations
from tests.test_pages import address_of, of_category

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 900}}
DONE = "#results[data-state=done]"
BULLETINS = re.compile(r"/20\d\d/")
CATEGORY, OTHER_CATEGORY = "Dân vận khéo", "Quy chế dân chủ"


class SearchPage:
    """The search page of the demo in a window of its own."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.page: Page = window.page
        self.box = self.page.locator("#q")
        self.count = self.page.locator("#count")
        self.results = self.page.locator("#results > li")
        self.titles = self.page.locator("#results h3")
        self.chips = self.page.locator("#chips button")

    def open(self, **query: object) -> SearchPage:
        """Open the page at the address of a search, and wait for what it finds."""
        pairs = {key.replace("_", "-"): value for key, value in query.items()}
        self.window.open("tim-kiem.html" + ("?" + urlencode(pairs, doseq=True) if pairs else ""))
        self.wait()
        return self

    def with_a_still_clock(self) -> SearchPage:
        """Open the page where its time passes only as the test lets it."""
        self.page.clock.install(time=0)
        self.open()
        # An installed clock runs on beside what the test adds until it is stopped at a moment.
        self.page.clock.pause_at(3600)
        return self

    def search(self, text: str) -> SearchPage:
        """Search as one does who presses Enter."""
        self.box.fill(text)
        self.box.press("Enter")
        self.wait()
        return self

    def forgive(self, *expected: str) -> None:
        """Take out of the window's faults what a test has brought about itself."""
        faults = self.window.faults
        faults[:] = [each for each in faults if not any(part in each for part in expected)]

    def wait(self) -> None:
        self.page.locator(DONE).wait_for(state="attached")

    @property
    def found(self) -> list[str]:
        """The addresses of the results, in order."""
        return [each.get_attribute("data-href") or "" for each in self.results.all()]

    @property
    def total(self) -> int:
        return int(self.count.get_attribute("data-total") or -1)

    @property
    def asked(self) -> dict[str, list[str]]:
        """What the address asks for."""
        return parse_qs(urlsplit(self.page.url).query)

    def group(self, title: str) -> Locator:
        """Open a group of filters."""
        group = self.page.locator(".facet", has=self.page.get_by_text(title, exact=True))
        if group.get_attribute("open") is None:
            group.locator("summary").click()
        group.locator("li").first.wait_for()
        return group

    def choice(self, title: str, value: str) -> Locator:
        """The box of a value in a group of filters."""
        label = self.group(title).locator("label")
        return label.filter(has_text=re.compile(f"^{re.escape(value)}\\d*$")).locator("input")


@pytest.fixture
def site(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> Callable[..., SearchPage]:
    """Give a function that opens a window for the demo's search page."""

    def site(**options: Any) -> SearchPage:
        return SearchPage(window(addresses(demo), **{**DESK, **options}))

    return site


def words_of(element: Locator) -> str:
    """Return an element's text with single spaces."""
    return " ".join(element.inner_text().split())


def dates_of(texts: list[str]) -> list[str]:
    """Return dates as shown, in an order that sorts by time."""
    return ["-".join(reversed(text.split("/"))) for text in texts]


def searchable(*categories: str) -> set[str]:
    """Return the addresses of the demo's bulletins of some categories; a withdrawn one is no more
    to be found."""
    members = [each for name in categories for each in of_category(name)]
    return {address_of(each) for each in members if each.get("status") != "withdrawn"}


# Typing


def test_results_come_while_typing_and_the_last_word_need_not_be_complete(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open()
    length = here.page.evaluate("history.length")
    here.box.press_sequentially("ngân hàng b")
    expect(here.titles.first).to_have_text("“Ngân hàng bò” của phụ nữ Thủy Liên")
    assert here.page.evaluate("history.length") == length and not here.asked
    here.box.press("Enter")
    here.wait()
    assert here.asked == {"q": ["ngân hàng b"]}
    assert here.page.evaluate("history.length") == length + 1


def test_an_older_answer_never_takes_the_place_of_a_newer_one(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open()
    here.page.evaluate(
        """() => {
            const query = danvanSearch.query;
            danvanSearch.query = (text, options) => {
                if (text !== 'hội nghị') return query(text, options);
                document.body.classList.add('held');
                const start = new Promise(go => { window.release = go; });
                window.late = start.then(() => query(text, options));
                return window.late;
            };
        }"""
    )
    here.box.fill("hội nghị")
    here.page.locator("body.held").wait_for()
    here.search("nhịp cầu")
    title = "Nhịp cầu Bến Đá nối hai bờ ruộng"
    expect(here.titles.first).to_have_text(title)
    # When the late answer has come, the page has one more frame to make something of it.
    here.page.evaluate(
        "async () => { release(); await late; await new Promise(requestAnimationFrame); }"
    )
    assert here.titles.first.inner_text() == title
    assert here.box.input_value() == "nhịp cầu"


def test_emptying_the_box_empties_the_page(site: Callable[..., SearchPage]) -> None:
    here = site().open(q="dân vận")
    here.box.fill("")
    expect(here.results).to_have_count(0)
    expect(here.count).to_be_hidden()
    expect(here.page.get_by_role("heading", name="Các lối vào kho tin")).to_be_visible()


def test_what_was_found_is_said_at_rest_and_not_at_every_key(
    site: Callable[..., SearchPage],
) -> None:
    here = site().with_a_still_clock()
    here.box.press_sequentially("nhịp")
    here.page.clock.run_for(300)
    here.wait()
    said = here.page.get_by_role("status")
    assert here.count.inner_text().startswith("Có ")
    assert said.inner_text() == ""
    here.page.clock.run_for(1100)
    assert said.inner_text().strip() == here.count.inner_text()
    here.box.press("Enter")
    here.wait()
    here.page.clock.run_for(100)
    assert said.inner_text().strip() == here.count.inner_text()


def test_only_a_search_that_takes_its_time_says_so(site: Callable[..., SearchPage]) -> None:
    here = site().with_a_still_clock()
    here.page.evaluate(
        """() => {
            const query = danvanSearch.query;
            danvanSearch.query = (...asked) =>
                new Promise(go => { window.release = go; }).then(() => query(...asked));
        }"""
    )
    here.box.fill("nhịp cầu")
    here.box.press("Enter")
    here.page.clock.run_for(350)
    assert here.count.inner_text() != "Đang tìm…"
    here.page.clock.run_for(100)
    assert here.count.inner_text() == "Đang tìm…"
    here.page.evaluate("release()")
    here.wait()
    assert here.count.inner_text().startswith("Có ")


# What a result shows


def test_a_result_shows_title_date_unit_and_where_its_words_stand(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(q="nhịp cầu bến đá")
    first = here.results.first
    assert first.get_by_role("link").inner_text() == "Nhịp cầu Bến Đá nối hai bờ ruộng"
    assert first.locator("h3 mark").all_inner_texts() == ["Nhịp", "cầu", "Bến", "Đá"]
    assert first.locator("time").inner_text() == "09/10/2020"
    assert first.locator(".meta span").inner_text() == "Ủy ban nhân dân xã Tân Hòa"
    snippet = first.locator(".snippet")
    expect(snippet.locator("mark").first).to_be_visible()
    text = snippet.inner_text()
    assert 100 < len(text) < 260
    assert text.endswith(("…", "."))
    marked = {each.lower() for each in snippet.locator("mark").all_inner_texts()}
    assert marked <= {"nhịp", "cầu", "bến", "đá"} and len(marked) > 1
    first.get_by_role("link").click()
    here.page.wait_for_url("**/2020/10/nhip-cau-ben-da.html")
    page = " ".join(here.page.locator("article").inner_text().split())
    assert text.strip("… ") in page


def test_dates_are_as_precise_as_they_are_known(site: Callable[..., SearchPage]) -> None:
    here = site().open(nam="2018", xep="cu-nhat")
    assert here.page.locator("#results time").all_inner_texts()[0] == "05/2018"
    here.open(q="sổ tay hòa giải viên")
    assert here.results.first.locator("time").inner_text() == "2017"


def test_texts_are_fetched_for_what_is_in_view_only_and_move_nothing(
    site: Callable[..., SearchPage],
) -> None:
    here = site(viewport={"width": 360, "height": 640})
    held: list[Route] = []
    here.window.context.route(BULLETINS, lambda route: held.append(route))
    with here.page.expect_request(BULLETINS):
        here.open(q="dân vận")
    places = "() => [...document.querySelectorAll('#results li, #more')].map(e => e.offsetTop)"
    before = here.page.evaluate(places)
    assert len(before) == 11
    expect(here.results.first.locator(".snippet")).to_be_empty()
    asked = [each.request.url.removeprefix(here.window.home) for each in held]
    assert set(asked) < set(here.found[:6])
    for route in held:
        route.continue_()
    here.window.context.unroute(BULLETINS)
    expect(here.results.first.locator(".snippet mark").first).to_be_visible()
    assert here.page.evaluate(places) == before
    here.results.last.scroll_into_view_if_needed()
    expect(here.results.last.locator(".snippet")).not_to_be_empty()
    assert here.page.evaluate(places) == before


def test_a_page_that_cannot_be_fetched_leaves_its_result_as_it_is(
    site: Callable[..., SearchPage],
) -> None:
    here = site()
    here.window.context.route("**/nhip-cau-ben-da.html", lambda route: route.abort())
    with here.page.expect_console_message():
        here.open(q="nhịp cầu bến đá")
    assert here.titles.first.inner_text() == "Nhịp cầu Bến Đá nối hai bờ ruộng"
    expect(here.results.first.locator(".snippet")).to_be_empty()
    here.forgive("ERR_FAILED")


def test_from_a_disk_results_stand_without_texts(
    demo: Output, window: Callable[..., Window]
) -> None:
    here = SearchPage(window(f"{demo.folder.as_uri()}/", **DESK)).open(q="nhịp cầu")
    assert here.titles.first.inner_text() == "Nhịp cầu Bến Đá nối hai bờ ruộng"
    assert not here.page.locator(".snippet").count()
    here.choice("Năm", "2020").check()
    here.wait()
    assert here.total >= 1
    assert [each[:4] for each in here.found] == ["2020"] * len(here.found)


def test_the_examples_of_the_help_do_what_it_says(site: Callable[..., SearchPage]) -> None:
    here = site().open()
    here.page.locator(".search-help summary").click()
    phrase, without, field = here.page.locator(".search-help li").all_inner_texts()
    both = set(here.search(phrase.rpartition(": ")[2]).found)
    assert "2020/10/nhip-cau-ben-da.html" in both
    assert without.endswith("nhịp cầu -treo")
    every = here.search("cầu").total
    assert 0 < here.search("cầu -treo").total < every
    example = re.search(r"tieu-de:\w+", field)
    assert example and example[0] == "tieu-de:cầu"
    assert here.search(example[0]).total > 0
    assert all("cầu" in each.lower() for each in here.titles.all_inner_texts())


def test_more_results_are_appended_and_the_focus_goes_to_the_first_of_them(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(q="dân")
    first = here.found
    assert len(first) == 10 < here.total
    more = here.page.get_by_role("button", name="Xem thêm kết quả")
    more.focus()
    here.page.keyboard.press("Enter")
    expect(here.results).to_have_count(min(20, here.total))
    assert here.found[:10] == first
    assert here.results.nth(10).locator("a").evaluate("e => e === document.activeElement")
    while more.is_visible():
        shown = here.results.count()
        more.click()
        expect(here.results).not_to_have_count(shown)
    assert len(set(here.found)) == len(here.found) == here.total


# The address


def test_a_link_to_a_search_restores_words_filters_and_order(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(
        q="dân", chuyen_muc=[CATEGORY, OTHER_CATEGORY], nam=[2020, 2023], tu="2020-01-01",
        den="2023-06-30", xep="cu-nhat",
    )  # fmt: skip
    assert here.box.input_value() == "dân"
    assert [words_of(each).removeprefix("Bỏ bộ lọc ") for each in here.chips.all()] == [
        "Năm: 2020", "Năm: 2023", f"Chuyên mục: {CATEGORY}", f"Chuyên mục: {OTHER_CATEGORY}",
        "Từ ngày 01/01/2020", "Đến ngày 30/06/2023", "Bỏ mọi bộ lọc",
    ]  # fmt: skip
    assert here.page.get_by_label("Từ ngày").input_value() == "2020-01-01"
    assert here.page.get_by_label("Sắp xếp").locator(":checked").inner_text() == "Cũ nhất"
    assert here.choice("Chuyên mục", CATEGORY).is_checked()
    assert here.choice("Năm", "2023").is_checked()
    dates = dates_of(here.page.locator("#results time").all_inner_texts())
    assert dates == sorted(dates) and dates
    assert {each[:4] for each in dates} <= {"2020", "2023"}
    assert set(here.found) <= searchable(CATEGORY, OTHER_CATEGORY)


def test_back_and_forward_lead_through_the_searches(site: Callable[..., SearchPage]) -> None:
    here = site().open()
    bridge = here.search("nhịp cầu").found
    bank = here.search("ngân hàng bò").found
    here.choice("Năm", "2020").check()
    here.wait()
    assert here.page.title().startswith("ngân hàng bò – Tìm kiếm")
    steps = [
        (here.page.go_back, "ngân hàng bò", bank, 0),
        (here.page.go_back, "nhịp cầu", bridge, 0),
        (here.page.go_back, "", [], 0),
        (here.page.go_forward, "nhịp cầu", bridge, 0),
        (here.page.go_forward, "ngân hàng bò", bank, 0),
        (here.page.go_forward, "ngân hàng bò", here.found, 2),
    ]
    for step, text, found, chips in steps:
        step()
        expect(here.box).to_have_value(text)
        expect(here.results).to_have_count(len(found))
        here.wait()
        assert here.found == found
        expect(here.chips).to_have_count(chips)


def test_whoever_comes_back_from_a_bulletin_finds_the_results_as_they_were(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open()
    here.box.press_sequentially("dâ")
    here.page.get_by_role("button", name="Xem thêm kết quả").click()
    expect(here.results).to_have_count(20)
    found = here.found
    here.results.nth(12).locator("a").click()
    here.page.wait_for_url(f"**/{found[12]}")
    here.page.go_back()
    expect(here.results).to_have_count(20)
    assert here.box.input_value() == "dâ"
    assert here.found == found


def test_a_step_within_the_page_does_not_lose_what_was_typed(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(q="nhịp cầu")
    here.box.fill("ngân hàng bò")
    expect(here.titles.first).to_have_text("“Ngân hàng bò” của phụ nữ Thủy Liên")
    here.page.locator(".skip-link").focus()
    here.page.keyboard.press("Enter")
    here.page.wait_for_url("**#noi_dung")
    assert here.box.input_value() == "ngân hàng bò"
    assert here.titles.first.inner_text() == "“Ngân hàng bò” của phụ nữ Thủy Liên"


ORDERS = {"moi-nhat": "Mới nhất", "cu-nhat": "Cũ nhất", "xem-nhieu": "Xem nhiều nhất"}


@pytest.mark.parametrize(("order", "key"), ORDERS.items())
def test_results_can_be_put_in_another_order(
    order: str, key: str, site: Callable[..., SearchPage]
) -> None:
    here = site().open(q="dân vận")
    total = here.total
    here.page.get_by_label("Sắp xếp").select_option(key)
    here.page.wait_for_url(f"**xep={order}")
    here.wait()
    assert here.total == total
    if order == "xem-nhieu":
        views = {address_of(each): int(each.get("views", 0)) for each in bulletins_of_the_demo()}
        shown = [views[each] for each in here.found]
        assert shown == sorted(shown, reverse=True)
    else:
        dates = dates_of(here.page.locator("#results time").all_inner_texts())
        assert dates == sorted(dates, reverse=order == "moi-nhat")


# Filters


def test_years_show_their_counts_and_narrow_the_results(site: Callable[..., SearchPage]) -> None:
    here = site().open(q="dân vận")
    labels = [words_of(each) for each in here.group("Năm").locator("label").all()]
    years = [int(label.split()[0]) for label in labels]
    counts = {int(year): int(count) for year, count in (label.split() for label in labels)}
    assert years == sorted(years, reverse=True)
    assert sum(counts.values()) == here.total
    here.choice("Năm", "2020").check()
    expect(here.count).to_have_text(f"Có {counts[2020]} kết quả")
    # Another value of the same group is an alternative, so all values stay on offer.
    here.choice("Năm", "2019").check()
    expect(here.count).to_have_text(f"Có {counts[2020] + counts[2019]} kết quả")
    assert [words_of(each) for each in here.group("Năm").locator("label").all()] == labels
    assert sorted(here.asked["nam"]) == ["2019", "2020"]


def test_a_group_is_loaded_when_it_is_opened_and_not_before(
    site: Callable[..., SearchPage],
) -> None:
    here = site()
    asked: list[str] = []
    here.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    here.open(q="dân vận")
    assert not [each for each in asked if "/loc/" in each]
    group = here.group("Chuyên mục")
    assert [each for each in asked if "/loc/" in each] == ["/tim-kiem/loc/chuyen-muc.js"]
    counts = [int(each) for each in group.locator(".count").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)


def test_filters_alone_find_all_that_belongs_to_them(site: Callable[..., SearchPage]) -> None:
    here = site().open()
    here.choice("Chuyên mục", CATEGORY).check()
    expect(here.count).to_have_text(f"Có {len(searchable(CATEGORY))} kết quả")
    here.choice("Chuyên mục", OTHER_CATEGORY).check()
    both = searchable(CATEGORY, OTHER_CATEGORY)
    expect(here.count).to_have_text(f"Có {len(both)} kết quả")
    while here.page.locator("#more").is_visible():
        shown = here.results.count()
        here.page.locator("#more").click()
        expect(here.results).not_to_have_count(shown)
    assert set(here.found) == both
    here.choice("Năm", "2020").check()
    expect(here.chips).to_have_count(4)
    assert {each[:4] for each in here.found} == {"2020"}


@pytest.mark.parametrize("from_disk", [False, True])
def test_a_unit_is_asked_for_with_its_predecessors(
    demo: Output,
    addresses: Callable[..., str],
    window: Callable[..., Window],
    from_disk: bool,
) -> None:
    home = demo.folder.as_uri() + "/" if from_disk else addresses(demo)
    here = SearchPage(window(home, **DESK)).open(don_vi="Ban Tuyên giáo và Dân vận Tỉnh ủy")
    own = set(here.found)
    here.group("Đơn vị")
    box = here.page.get_by_label("gồm cả các đơn vị tiền thân")
    box.focus()
    here.page.keyboard.press("Space")
    expect(here.chips.first).to_contain_text("(gồm cả các đơn vị tiền thân)")
    here.wait()
    former = ("Ban Dân vận Tỉnh ủy", "Ban Tuyên giáo Tỉnh ủy")
    more = here.page.locator("#more")
    while more.is_visible():
        shown = here.results.count()
        more.click()
        expect(here.results).not_to_have_count(shown)
    units = {each.split(maxsplit=1)[1] for each in here.results.locator(".meta").all_inner_texts()}
    assert units == {"Ban Tuyên giáo và Dân vận Tỉnh ủy", *former}
    assert own < set(here.found)
    if not from_disk:
        assert here.asked["tien-than"] == ["1"]
        here.page.reload()
        here.wait()
        expect(here.chips.first).to_contain_text("(gồm cả các đơn vị tiền thân)")
    # Of units that came from none there is nothing to ask.
    here.choice("Đơn vị", "Ban Tuyên giáo và Dân vận Tỉnh ủy").uncheck()
    expect(box).to_be_hidden()


def test_the_focus_stays_on_a_filter_that_was_chosen(site: Callable[..., SearchPage]) -> None:
    here = site().open(q="dân vận")
    box = here.choice("Chuyên mục", OTHER_CATEGORY)
    box.focus()
    here.page.keyboard.press("Space")
    expect(here.chips).to_have_count(2)
    here.wait()
    assert box.is_checked() and box.evaluate("e => e === document.activeElement")
    here.page.keyboard.press("Space")
    expect(here.chips).to_have_count(0)
    here.wait()
    assert not box.is_checked() and box.evaluate("e => e === document.activeElement")


def test_chips_take_filters_away_and_hand_the_focus_on(site: Callable[..., SearchPage]) -> None:
    here = site().open(q="dân vận", nam=[2019, 2020], chuyen_muc=CATEGORY)
    here.chips.first.focus()
    here.page.keyboard.press("Enter")
    expect(here.chips).to_have_count(3)
    assert here.chips.first.evaluate("e => e === document.activeElement")
    assert len(here.asked["nam"]) == 1
    here.page.get_by_role("button", name="Bỏ mọi bộ lọc").click()
    expect(here.chips).to_have_count(0)
    assert here.asked == {"q": ["dân vận"]}
    assert here.count.evaluate("e => e === document.activeElement")


def test_a_long_group_shows_ten_values_and_all_when_asked(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(q="dân")
    group = here.group("Đơn vị")
    expect(group.locator("li")).to_have_count(10)
    group.get_by_role("button", name="Xem tất cả").click()
    expect(group.locator("li")).to_have_count(12)
    assert group.locator("input").nth(10).evaluate("e => e === document.activeElement")
    expect(group.get_by_role("button", name="Xem tất cả")).to_be_hidden()


def test_a_span_of_days(site: Callable[..., SearchPage]) -> None:
    here = site().open(q="dân vận")
    here.page.get_by_label("Từ ngày").fill("2020-07-01")
    here.page.get_by_label("Đến ngày").fill("2020-10-09")
    here.page.get_by_label("Đến ngày").blur()
    here.page.wait_for_url("**den=2020-10-09")
    here.wait()
    dates = dates_of(here.page.locator("#results time").all_inner_texts())
    assert dates and all("2020-07-01" <= each <= "2020-10-09" for each in dates)
    assert here.asked["tu"] == ["2020-07-01"]
    here.page.get_by_role("button", name="Bỏ bộ lọc Từ ngày 01/07/2020").click()
    assert here.page.get_by_label("Từ ngày").input_value() == ""
    assert "tu" not in here.asked


def test_a_year_that_is_still_being_typed_is_not_searched_for(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(q="dân vận")
    here.page.get_by_label("Từ ngày").focus()
    here.page.keyboard.type("07072020")
    here.page.wait_for_url("**tu=2020-07-07")
    here.page.go_back()
    assert "tu" not in here.asked


def test_groups_without_values_are_not_there(bare: Output, site: Callable[..., SearchPage]) -> None:
    kept = {each.get("data-facet") for each in bare["tim-kiem.html"].all("details", "facet")}
    assert kept == {"year"}
    here = site().open(q="khủng long bạo chúa")
    expect(here.page.locator("[data-facet=year]")).to_be_hidden()
    here.search("dân vận")
    expect(here.page.locator("[data-facet=year]")).to_be_visible()


# Nothing, nearly, something else meant, failure


def test_without_results_there_is_advice_that_fits(site: Callable[..., SearchPage]) -> None:
    here = site().open(q="khủng long bạo chúa")
    assert here.count.inner_text() == "Không tìm thấy tin nào."
    advice = here.page.locator("#advice li:visible").all_inner_texts()
    assert any("ít từ hơn" in each for each in advice)
    assert any("không dấu" in each for each in advice)
    assert not any("bộ lọc" in each for each in advice)
    here.open(q="nhịp cầu bến đá", nam="2017")
    assert here.total == 0
    assert here.page.locator("#advice").get_by_text("bỏ bớt bộ lọc").is_visible()
    here.page.get_by_role("button", name="Bỏ mọi bộ lọc").click()
    expect(here.titles.first).to_have_text("Nhịp cầu Bến Đá nối hai bờ ruộng")
    expect(here.page.locator("#advice")).to_be_hidden()


def test_what_differs_in_its_marks_stands_under_a_heading_of_its_own(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(q="hòa giai")
    near = here.page.locator("#near")
    assert near.get_by_role("heading", name="Kết quả gần đúng").is_visible()
    told = re.match(r"(\d+) tin .* khác dấu", near.locator("#near-note").inner_text())
    links = near.locator("h3 a")
    assert told and links.count() == min(int(told[1]), 10)
    others = {each.get_attribute("data-href") for each in near.locator("li").all()}
    assert not others & set(here.found)
    expect(near.locator("mark").first).to_be_visible()
    total = here.total
    every = near.get_by_role("link", name="Tìm không phân biệt dấu")
    if int(told[1]) > 10:
        every.click()
        expect(here.box).to_have_value("hoa giai")
        here.wait()
        assert here.total == total + int(told[1])
        assert here.asked == {"q": ["hoa giai"]}
        expect(near).to_be_hidden()
    else:
        assert every.is_hidden()


def test_another_query_is_suggested_and_searched_at_a_click(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(q="hoaf giair")
    line = here.page.locator("#suggestion")
    assert words_of(line) == "Có phải bạn tìm: hòa giải"
    line.get_by_role("link").click()
    expect(here.box).to_have_value("hòa giải")
    here.wait()
    assert here.asked == {"q": ["hòa giải"]} and here.total > 0
    expect(line).to_be_hidden()
    assert here.count.evaluate("e => e === document.activeElement")


def test_after_a_failure_the_reader_can_try_again(site: Callable[..., SearchPage]) -> None:
    here = site().open()
    here.window.context.route("**/tim-kiem/**", lambda route: route.abort())
    here.box.fill("nhịp cầu")
    here.box.press("Enter")
    here.page.locator("#results[data-state=failed]").wait_for(state="attached")
    assert here.count.inner_text() == "Không tải được dữ liệu tìm kiếm."
    here.window.context.unroute_all()
    here.page.get_by_role("button", name="Thử lại").click()
    here.wait()
    assert here.titles.first.inner_text() == "Nhịp cầu Bến Đá nối hai bờ ruộng"
    expect(here.page.locator("#failure")).to_be_hidden()
    here.forgive("ERR_FAILED", "SearchError")


def test_a_page_whose_script_did_not_arrive_says_so(site: Callable[..., SearchPage]) -> None:
    here = site()
    here.window.context.route("**/search.js", lambda route: route.abort())
    here.window.open("tim-kiem.html?q=dan")
    expect(here.page.get_by_text("Đang mở ô tìm kiếm.")).to_be_visible()
    here.window.context.unroute_all()
    here.page.get_by_role("link", name="tải lại trang").click()
    here.wait()
    assert here.total > 0
    expect(here.page.get_by_text("Đang mở ô tìm kiếm.")).to_be_hidden()
    here.forgive("ERR_FAILED")


def test_more_that_fails_leaves_what_stands_and_can_be_asked_again(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(q="dân")
    here.page.evaluate(
        """() => {
            const query = danvanSearch.query;
            danvanSearch.query = () => {
                danvanSearch.query = query;
                return Promise.reject(new Error('the line is down'));
            };
        }"""
    )
    here.page.get_by_role("button", name="Xem thêm kết quả").click()
    expect(here.page.locator("#failure")).to_be_visible()
    assert here.results.count() == 10
    here.page.get_by_role("button", name="Thử lại").click()
    expect(here.results).to_have_count(20)
    expect(here.page.locator("#failure")).to_be_hidden()
    here.forgive("the line is down")


# On a phone, by keyboard, in other colours, on paper


def test_on_a_phone_the_filters_are_closed_and_lead_back_to_the_results(
    site: Callable[..., SearchPage],
) -> None:
    here = site(**PHONE).open(q="dân vận")
    expect(here.page.locator(".facet").first).to_be_hidden()
    here.page.locator("#filters > summary").tap()
    total = here.total
    here.choice("Năm", "2020").check()
    expect(here.chips).to_have_count(2)
    here.wait()
    assert here.total < total
    here.page.get_by_role("button", name="Xem kết quả", exact=True).tap()
    expect(here.page.locator(".facet").first).to_be_hidden()
    assert here.count.evaluate("e => e === document.activeElement")
    expect(here.count).to_be_in_viewport()


def test_on_a_phone_a_search_closes_the_keyboard(site: Callable[..., SearchPage]) -> None:
    here = site(**PHONE).open().search("dân vận")
    assert here.count.evaluate("e => e === document.activeElement")
    desk = site().open().search("dân vận")
    assert desk.box.evaluate("e => e === document.activeElement")


STATES: dict[str, dict[str, object]] = {
    "filtered": {"q": "dân vận", "nam": [2019, 2020], "chuyen_muc": CATEGORY},
    "near": {"q": "hòa giai"},
    "nothing": {"q": "khủng long", "nam": 2020},
    "suggested": {"q": "hoaf giair"},
    "start": {},
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_accessible_at_any_width_and_in_any_colours(
    state: str, site: Callable[..., SearchPage]
) -> None:
    here = site().open(**STATES[state])
    here.page.locator(".search-help summary").click()
    if state in ("filtered", "start"):
        here.group("Chuyên mục")
    found = []
    for width in (1280, 320):
        here.page.set_viewport_size({"width": width, "height": 800})
        if width == 320:
            here.page.locator("#filters:not([open])").wait_for()
            here.page.locator("#filters > summary").click()
        for scheme in ("light", "dark"):
            here.page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {each}" for each in violations(here.page, {})]
        found += [f"{width} small: {each}" for each in here.page.evaluate(SMALL)]
        if width == 320:
            found += here.page.evaluate(WIDE)
    assert not found, "\n".join(found)


# What can be pressed and is smaller than 24 pixels (a link in a line of text may be).
SMALL = """() => [...document.querySelectorAll('#search-body *')]
    .map(each => each.matches('.facet input') ? each.parentNode : each)
    .filter(each => each.matches('a, button, select, input, summary, label:has(input)'))
    .filter(each => each.offsetParent && !each.closest('#suggestion, h3'))
    .filter(each => Math.min(each.offsetWidth, each.offsetHeight) < 24)
    .map(each => each.outerHTML.slice(0, 100))"""
WIDE = """() => [...document.querySelectorAll('main *')]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .map(each => 'wide: ' + each.outerHTML.slice(0, 100))"""


def test_at_twice_the_size_of_letters_nothing_is_cut_or_scrolls_sideways(
    site: Callable[..., SearchPage],
) -> None:
    # Zooming to 200 % halves the window in CSS pixels.
    here = site(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    here.open(**STATES["filtered"])
    here.page.locator("#filters > summary").click()
    assert not here.page.evaluate(WIDE)
    overlapping = here.page.evaluate(
        """() => [...document.querySelectorAll('#results li')].filter(each =>
            each.scrollHeight > each.clientHeight + 1).length"""
    )
    assert overlapping == 0


def test_everything_can_be_reached_by_keyboard_and_seen(site: Callable[..., SearchPage]) -> None:
    here = site().open(**STATES["filtered"])
    here.group("Chuyên mục")
    here.box.focus()
    reached: list[str] = []
    for _ in range(120):
        here.page.keyboard.press("Tab")
        stop = here.page.evaluate(
            """() => {
                const each = document.activeElement, box = each.getBoundingClientRect();
                const name = each.id || each.textContent.trim() || each.value;
                // A date has parts of its own, which the browser shows.
                const outline = each.matches(':focus') && getComputedStyle(each).outlineStyle;
                return [each.closest('.colophon') ? '' : name, outline || 'auto',
                        box.width > 4 && box.height > 4];
            }"""
        )
        if not stop[0]:
            break
        assert stop[1] in ("solid", "auto") and stop[2], stop
        reached.append(stop[0])
    for name in ("2020", CATEGORY, "Từ khóa", "from", "to", "sort", "Bỏ mọi bộ lọc"):
        assert name in reached, (name, reached)
    titles = [each.get_attribute("textContent") or each.inner_text() for each in here.titles.all()]
    assert set(titles) <= set(reached)


def test_filters_are_set_and_taken_back_by_keyboard_alone(
    site: Callable[..., SearchPage],
) -> None:
    here = site().open(q="dân vận")
    before, keyboard = here.total, here.page.keyboard
    here.box.focus()
    tab_to(here.page, "Chuyên mục")
    keyboard.press("Enter")
    here.page.locator(".facet[open][data-key=chuyen-muc] label").first.wait_for()
    choice = here.choice("Chuyên mục", CATEGORY)
    while not choice.evaluate("each => each === document.activeElement"):
        keyboard.press("Tab")
        assert here.page.evaluate("document.activeElement.closest('.facet') !== null")
    keyboard.press("Space")
    here.page.wait_for_url("**chuyen-muc=**")
    here.wait()
    assert 0 < here.total < before
    assert here.asked["chuyen-muc"] == [CATEGORY]
    # The focus is where it was, so that the next value is a step away.
    assert choice.evaluate("each => each === document.activeElement")
    here.box.focus()
    tab_to(here.page, "Bỏ mọi bộ lọc")
    keyboard.press("Enter")
    here.page.wait_for_url(lambda url: "chuyen-muc" not in url)
    here.wait()
    assert here.total == before


def test_matches_stay_marked_where_the_system_chooses_the_colours(
    site: Callable[..., SearchPage],
) -> None:
    here = site(forced_colors="active").open(q="dân vận")
    colours = "e => [e, document.body].map(each => getComputedStyle(each).backgroundColor)"
    mark, ground = here.page.locator("#results mark").first.evaluate(colours)
    assert mark != ground and mark != "rgba(0, 0, 0, 0)"


def test_on_paper_stand_the_results_and_no_controls(site: Callable[..., SearchPage]) -> None:
    here = site().open(**STATES["filtered"])
    expect(here.results.first.locator(".snippet mark").first).to_be_visible()
    here.page.emulate_media(media="print")
    for hidden in ("#search-form", "#filters", "#chips", "#sort", "#more"):
        assert here.page.locator(hidden).is_hidden(), hidden
    for shown in ("#count", "#results h3", "#results .snippet"):
        assert here.page.locator(shown).first.is_visible(), shown
    assert here.results.first.bounding_box()["x"] < 40  # type: ignore[index]


def test_without_scripts_there_are_no_dead_controls(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo), java_script_enabled=False).open("tim-kiem.html?q=dan")
    assert page.locator("noscript .notice").is_visible()
    for hidden in ("#filters", "#sort", "#more", "#near", "#failure", "#count"):
        assert page.locator(hidden).is_hidden(), hidden


def test_a_site_in_english_counts_and_names_in_english(
    english: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = SearchPage(window(addresses(english), **DESK)).open(q="story", don_vi="Old Office")
    assert here.count.inner_text() == f"Results: {here.total}" and here.total > 0
    assert words_of(here.chips.first) == "Remove filter Units: Old Office"
    assert here.results.first.locator("time").inner_text().endswith("/2021")


def test_the_script_keeps_to_what_the_page_may_do() -> None:
    script = (ROOT / "templates/giao-dien/search.js").read_text("utf-8")
    assert not re.search(r"(?:inner|outer|Adjacent)HTML|\.style\b|\beval\b|https?:", script)
    # Newer syntax than ES2018 would stop the whole script on an old phone.
    assert not re.search(r"\?\.(?!\d)|\?\?|catch \{|\b(?:import|export)\b", script)
    assert not re.search(r"\.(?:flat|flatMap|replaceAll|replaceChildren|at)\(", script)
