"""Pages as people use them: in a browser, narrow or wide, light or dark, by keyboard, on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from tests.sites import Output, Window, tab_to

pytestmark = pytest.mark.browser

PAGES = [
    ("demo", "index.html"),
    ("demo", "2020/10/gap-mat-90-nam.html"),
    ("demo", "2020/10/gap-mat-90-nam.html#ban_in"),
    ("demo", "2023/06/ke-hoach-thi-hanh-luat-dan-chu.html"),
    ("demo", "2023/07/hoi-dap-ve-luat.html"),
    ("demo", "2024/03/doi-thoai-voi-thanh-nien.html"),
    ("demo", "2024/09/ung-pho-mua-lu.html"),
    ("demo", "2024/12/danh-sach-ho-sua-nha.html"),
    ("demo", "2025/07/where-to-go-in-english.html"),
    ("demo", "chuyen-muc/index.html"),
    ("demo", "tu-khoa/index.html"),
    ("demo", "don-vi/index.html"),
    ("demo", "don-vi/ban-dan-van-tinh-uy/index.html"),
    ("demo", "van-ban/index.html"),
    ("demo", "van-ban/10-2022-qh15/index.html"),
    ("demo", "luu-tru/index.html"),
    ("demo", "2020/index.html"),
    ("demo", "2017/index.html"),
    ("demo", "2020/10/index.html"),
    ("demo", "2020/10/ban-tin.html"),
    ("demo", "2020/10/ban-tin.html#ban_in"),
    ("demo", "tim-kiem.html?q=dan+van"),
    ("demo", "so-do.html"),
    ("demo", "gioi-thieu.html"),
    ("demo", "404.html"),
    ("crowded", "index.html"),
    ("crowded", "2021/03/du-thu.html"),
    ("crowded", "2021/03/index.html"),
    ("crowded", "2021/03/ban-tin.html"),
    ("crowded", "2021/03/02/index.html"),
    ("crowded", "chuyen-muc/tin-trong-thang/index.html"),
    ("crowded", "chuyen-muc/tin-trong-thang/trang-2.html"),
    ("crowded", "tu-khoa/index.html"),
    ("dated", "luu-tru/index.html"),
    ("dated", "2020/index.html"),
    ("dated", "2020/10/index.html"),
    ("dated", "2020/10/15/index.html"),
    ("dated", "2020/10/tin-05.html"),
    ("dated", "chuyen-muc/muc-lon/index.html"),
    ("dated", "tim-kiem.html"),
    ("english", "index.html"),
    ("english", "2021/02/story-0.html"),
    ("empty", "index.html"),
]
_AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
# With other colours only what concerns colours can be another; everything else is the same.
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[dict[str, Window]]:
    """Keep a window for each site; whatever goes wrong in it fails."""
    windows: dict[str, Window] = {}
    yield windows
    for each in windows.values():
        each.context.close()
    assert not [fault for each in windows.values() for fault in each.faults]


@pytest.fixture(scope="module", params=PAGES, ids=lambda each: "/".join(each))
def page(
    request: pytest.FixtureRequest,
    browser: Browser,
    addresses: Callable[..., str],
    windows: dict[str, Window],
) -> Page:
    """Each of the pages in turn, loaded once for all that is asked of it."""
    name, path = request.param
    if name not in windows:
        # 404.html has its links from the top of the host, as the demo's address says.
        mount = "/ban-tin/" if name == "demo" else "/"
        windows[name] = Window(browser, addresses(request.getfixturevalue(name), mount))
    page = windows[name].open(path)
    page.emulate_media(color_scheme="light")
    if "?q=" in path:
        page.locator("#results[data-state=done]").wait_for(state="attached")
    return page


# Two texts over each other: each as it is drawn, cut to the boxes that cut it, lower than its line.
_OVERLAPS = """() => {
    const boxes = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, parent = node.parentElement;
        if (!node.data.trim() || !parent.checkVisibility({visibilityProperty: true})) continue;
        if (parent.closest('.visually-hidden, script, noscript, option')) continue;
        let clip = [-1e6, -1e6, 1e6, 1e6];
        for (let each = parent; each !== document.body; each = each.parentElement) {
            if (getComputedStyle(each).overflow === 'visible') continue;
            const box = each.getBoundingClientRect();
            clip = [Math.max(clip[0], box.left), Math.max(clip[1], box.top),
                    Math.min(clip[2], box.right), Math.min(clip[3], box.bottom)];
        }
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const box of range.getClientRects()) {
            const spare = box.height * 0.2;
            const cut = [Math.max(clip[0], box.left), Math.max(clip[1], box.top + spare),
                         Math.min(clip[2], box.right), Math.min(clip[3], box.bottom - spare)];
            if (cut[2] - cut[0] > 2 && cut[3] - cut[1] > 2) boxes.push([cut, node]);
        }
    }
    boxes.sort((one, other) => one[0][1] - other[0][1]);
    const found = [];
    boxes.forEach(([box, node], index) => {
        for (let next = index + 1; next < boxes.length && boxes[next][0][1] < box[3] - 2; next++) {
            const [other, second] = boxes[next];
            if (second !== node && Math.min(box[2], other[2]) - Math.max(box[0], other[0]) > 2)
                found.push(`${node.data.trim()} | ${second.data.trim()}`);
        }
    });
    return found;
}"""
_WIDE = """() => {
    const limit = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll('body *')].filter(each =>
        each.checkVisibility() && each.getBoundingClientRect().right > limit + 0.5
            && !each.closest('.table, svg'));
    return [document.documentElement.scrollWidth - limit,
            ...wide.map(each => each.outerHTML.slice(0, 120))];
}"""
# Width of the screen, and how large its text is, in per cent.
VIEWS = [(320, 100), (360, 100), (1280, 100), (1600, 100), (360, 200), (1280, 200)]


@pytest.mark.parametrize(("width", "text"), VIEWS, ids=lambda each: str(each))
def test_nothing_lies_over_another_or_has_to_be_scrolled_sideways(
    page: Page, width: int, text: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    enlarge = "text => { document.documentElement.style.fontSize = text; }"
    page.evaluate(enlarge, f"{text}%" if text != 100 else "")
    try:
        assert page.evaluate(_WIDE) == [0]
        assert page.evaluate(_OVERLAPS) == []
    finally:
        page.evaluate(enlarge, "")


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    """Return what axe-core has against a page as it is shown."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text("utf-8"))
    options = options | {"resultTypes": ["violations"]}
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_any_width_or_colours(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    found = [f"light {each}" for each in violations(page, {})]
    plain = {"color_scheme": "light", "contrast": "no-preference", "forced_colors": "none"}
    for other in (
        {"color_scheme": "dark"},
        {"contrast": "more"},
        {"color_scheme": "dark", "contrast": "more"},
        {"forced_colors": "active"},
    ):
        page.emulate_media(**{**plain, **other})  # type: ignore[arg-type]
        found += [f"{other} {each}" for each in violations(page, _COLOURS)]
    page.emulate_media(**plain)  # type: ignore[arg-type]
    assert not found, "\n".join(found)


def test_who_speaks_to_a_device_says_what_is_to_be_read(page: Page) -> None:
    """The name of a link or button has the words that it shows (WCAG 2.5.3)."""
    others = page.evaluate(
        r"""() => [...document.querySelectorAll(':is(a, button)[aria-label]')].filter((each) => {
            const words = (text) =>
                ` ${text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `;
            const shown = words(each.innerText);
            return shown.trim() && !words(each.getAttribute('aria-label')).includes(shown);
        }).map((each) => each.outerHTML)"""
    )
    assert others == []


def test_the_first_tab_reaches_the_skip_link_and_it_skips(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo), reduced_motion="reduce")
    page = here.open("2020/10/gap-mat-90-nam.html")
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.inner_text() == "Chuyển đến nội dung chính"
    assert link.evaluate("e => e.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize(
    ("path", "width"),
    [
        ("index.html", 360),
        ("2023/06/ke-hoach-thi-hanh-luat-dan-chu.html", 1280),
        ("2020/index.html", 1280),
        ("2020/10/index.html", 360),
        ("chuyen-muc/dan-van-kheo/index.html", 1280),
        ("tim-kiem.html?q=dan+van", 360),
    ],
)
def test_every_stop_of_the_keyboard_can_be_seen(
    path: str,
    width: int,
    demo: Output,
    addresses: Callable[..., str],
    window: Callable[..., Window],
) -> None:
    screen = {"width": width, "height": 800}
    page = window(addresses(demo), viewport=screen, reduced_motion="reduce").open(path)
    if "?q=" in path:
        page.locator("#results[data-state=done]").wait_for(state="attached")
    stops = page.evaluate(
        """() => [...document.querySelectorAll(
            'a[href], button, input, select, summary, [tabindex]')].filter(each =>
                each.checkVisibility() && each.tabIndex >= 0).length"""
    )
    seen = 0
    while seen <= stops:
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
                const each = document.activeElement, style = getComputedStyle(each);
                const box = each.getClientRects()[0];
                const shown = document.elementFromPoint(
                    box.left + box.width / 2, box.top + box.height / 2);
                return [each.outerHTML.slice(0, 150), style.outlineStyle !== 'none',
                        parseFloat(style.outlineWidth) >= 2, box.width > 4 && box.height > 4,
                        each.contains(shown) || !!shown?.contains(each) || !!each.labels?.length];
            }"""
        )
        if stop[0].startswith("<body"):
            break
        assert all(stop[1:]), stop
        seen += 1
    # Buttons to choose one of several are one stop, and the first Tab may be spent on the page.
    assert seen >= stops - 4 and seen > 20, f"{seen} of {stops}"


# By keyboard alone


def test_the_pager_is_walked_by_keyboard_alone(
    crowded: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(crowded)).open("chuyen-muc/tin-trong-thang/index.html")
    walk = [
        ("Cũ hơn", "trang-3"),
        ("Cũ nhất", "trang-1"),
        ("Mới hơn", "trang-2"),
        ("Mới nhất", "index"),
    ]
    for name, expected in walk:
        tab_to(page, name)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/chuyen-muc/tin-trong-thang/{expected}.html")
    assert page.locator(".card").first.is_visible()


def test_the_print_view_is_used_by_keyboard_alone(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo), java_script_enabled=False).open("2020/10/gap-mat-90-nam.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**#noi_dung")
    tab_to(page, "Bản in")
    page.keyboard.press("Enter")
    page.wait_for_url("**#ban_in")
    assert page.locator(".menu").is_hidden()
    tab_to(page, "Trở lại trang thường")
    assert page.locator(".print-hint a:focus").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**#noi_dung")
    assert page.locator(".menu").is_visible()


# Without scripts, from a disk, on paper


def test_without_scripts_the_print_link_leads_to_the_print_view(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo), java_script_enabled=False).open("2020/10/gap-mat-90-nam.html")
    assert page.locator(".print-hint").is_hidden()
    page.get_by_role("link", name="Bản in").click()
    page.wait_for_url("**#ban_in")
    for hidden in (".menu", ".quick-search", ".crumbs", ".neighbours", ".tools", ".colophon nav"):
        assert page.locator(hidden).is_hidden(), hidden
    for shown in ("h1", ".dateline", ".lead", "figure", ".prose", ".byline", ".print-hint"):
        assert page.locator(shown).is_visible(), shown
    address = page.get_by_text("https://example.org/ban-tin/2020/10/gap-mat-90-nam.html").first
    assert address.is_visible()
    page.get_by_role("link", name="Trở lại trang thường").click()
    page.wait_for_url("**#noi_dung")
    assert page.locator(".menu").is_visible()


def test_with_scripts_the_print_link_opens_the_print_dialogue(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo))
    here.context.add_init_script("window.print = () => { window.printed = true; }")
    page = here.open("2020/10/gap-mat-90-nam.html")
    page.get_by_role("link", name="Bản in").click()
    assert page.evaluate("window.printed") is True
    assert not page.url.endswith("#ban_in")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_stand_the_bulletin_its_address_and_no_furniture(
    scheme: str, demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo)).open("2021/08/bep-an-nghia-tinh.html")
    page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
    for hidden in (".menu", ".quick-search", ".crumbs", ".neighbours", ".tools", ".skip-link"):
        assert page.locator(hidden).is_hidden(), hidden
    for shown in (".brand-name", "h1", ".dateline", ".prose", ".byline", ".source"):
        assert page.locator(shown).is_visible(), shown
    assert page.get_by_text("/2021/08/bep-an-nghia-tinh.html").first.is_visible()
    colours = "e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]"
    assert page.locator(".prose").evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    addresses_of_links = page.locator(".link-list li").all_inner_texts()
    assert addresses_of_links == [
        "L1. https://example.org/bao-song-thao/bep-an-nghia-tinh-thuy-lien"
    ]


def test_without_scripts_the_search_page_leads_into_the_archive(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo), java_script_enabled=False).open("tim-kiem.html")
    assert page.locator("noscript .notice").is_visible()
    page.locator("main").get_by_role("link", name="Lưu trữ").click()
    page.get_by_role("link", name="Tháng 10/2020").click()
    page.get_by_role("link", name="Đọc lại bài báo “Dân vận”").click()
    assert page.locator("h1").inner_text() == "Đọc lại bài báo “Dân vận”"


@pytest.mark.parametrize("name", ["demo", "homeless"])
def test_the_site_works_from_a_disk(
    name: str, request: pytest.FixtureRequest, window: Callable[..., Window]
) -> None:
    site: Output = request.getfixturevalue(name)
    page = window(f"{site.folder.as_uri()}/").open("index.html")
    band = page.locator(".masthead-band").evaluate("e => getComputedStyle(e).backgroundColor")
    assert band == "rgb(143, 29, 20)"
    assert page.locator(".brand img").evaluate("e => e.naturalWidth > 0")
    page.locator(".most-viewed a").first.click()
    page.wait_for_url("**/2024/09/ung-pho-mua-lu.html")
    assert page.locator(".article-figure img").evaluate("e => e.naturalWidth > 0")
    page.locator("#tim_nhanh").fill("ngan hang bo")
    page.locator("#tim_nhanh").press("Enter")
    page.locator("#results a").first.click()
    page.wait_for_url("**/2020/10/ngan-hang-bo.html")
