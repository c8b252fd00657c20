"""The look of a site: its colours, what readers choose of it, the menu, the site map."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Route

from danvan_site import palette
from danvan_site.render import styles
from danvan_site.theme import theme_folder
from tests.sites import Document, Output, Window
from tests.workbench import Workbench

ARTICLE = "2020/10/gap-mat-90-nam.html"


def test_the_colours_of_the_settings_are_those_of_the_style_sheet(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    for main, ornament in (("#005A9C", palette.ORNAMENT), ("#0f7b3a", "#888888")):
        colours = f'theme: {{color: "{main}", ornament: "{ornament}"}}\n'
        site.write("site.yaml", f"title: Bản tin\n{colours}")
        assert "giao-dien/theme.css" in site.build().rendered
        assert site.page("giao-dien/theme.css").startswith(palette.css(main.lower(), ornament))


@pytest.mark.parametrize(
    ("line", "found"),
    [('color: "đỏ"', "“đỏ”"), ("color: #8f1d14", "“#8f1d14”"), ('ornament: "#12345"', "“#12345”")],
)
def test_a_colour_that_is_none_or_not_quoted_is_told_with_its_place(
    line: str, found: str, tmp_path: Path
) -> None:
    site = Workbench(tmp_path)
    site.write("site.yaml", f"title: Bản tin\ntheme:\n  {line}\n")
    outcome = site.run("build")
    assert outcome.code == 1
    told = outcome.stdout + outcome.stderr
    assert "site.yaml:3:" in told and found in told and '"#8f1d14"' in told


def test_emblem_and_banner_of_the_settings_stand_on_every_page(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    site.bulletin("2020/mot.md")
    (tmp_path / "content/hinh").mkdir()
    for name, size in (("huy-hieu.png", (600, 600)), ("dau-trang.jpg", (2400, 500))):
        Image.new("RGB", size, "#336699").save(tmp_path / "content/hinh" / name)
    theme = "theme:\n  emblem: hinh/huy-hieu.png\n  banner: hinh/dau-trang.jpg\n"
    site.write("site.yaml", f"title: Bản tin\n{theme}")
    site.build()
    for path in ("index.html", "2020/07/mot.html", "tim-kiem.html"):
        page = Document(path, site.page(path))
        for place, file in (("brand", "huy-hieu"), ("banner", "dau-trang")):
            (shown,) = page.all("img", within=page.one("", place))
            assert file in shown.get("src", "") and shown.get("alt") == ""
            assert {"width", "height"} <= shown.attrib.keys() and "loading" not in shown.attrib
            assert (site.output / path).parent.joinpath(shown.get("src", "")).is_file()
    manifest = json.loads(site.page("manifest.json"))
    assert (site.output / manifest["icons"][0]["src"]).is_file()
    site.write("site.yaml", f"title: Bản tin\n{theme.replace('huy-hieu', 'huy-hiu')}")
    outcome = site.run("build")
    told = outcome.stdout + outcome.stderr
    assert outcome.code == 1 and "site.yaml:3:11" in told and "hinh/huy-hieu.png" in told


def test_the_site_map_leads_everywhere(demo: Output) -> None:
    page = demo["so-do.html"]
    links = {each.get("href") for each in page.one("main").iter("a")}
    for target in ("index.html", "tim-kiem.html", "2020/index.html", "luu-tru/index.html"):
        assert target in links
    for grouping in ("chuyen-muc/dan-van-kheo", "don-vi/ban-dan-van-tinh-uy", "tac-gia"):
        assert f"{grouping}/index.html" in links
    assert "so-do.html" in {each.get("href") for each in demo["index.html"].all("a")}


@pytest.mark.browser
def test_the_published_style_sheet_means_what_the_theme_says(browser: Browser) -> None:
    source = (theme_folder() / "giao-dien/theme.css").read_text("utf-8")
    odd = 'a::before { content: "; } /* no */  {" } /* " */ b  >  c , d { margin : 0 auto ; }\n'
    page = browser.new_page()
    rules = """css => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        // Values of custom properties are kept as they are written.
        return [...sheet.cssRules].map(each => each.cssText.replaceAll(', ', ','));
    }"""
    for css in (source, odd):
        assert page.evaluate(rules, styles.lean(css)) == page.evaluate(rules, css)
    page.close()
    assert len(styles.lean(source)) < 0.9 * len(source)


@pytest.mark.browser
def test_a_bulletin_without_a_picture_is_four_requests_and_few_bytes(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo))
    asked: set[str] = set()
    here.context.on("request", lambda request: asked.add(request.url))
    here.open("2023/06/ke-hoach-thi-hanh-luat-dan-chu.html", "networkidle")
    paths = [url.removeprefix(here.home) for url in asked]
    assert len(paths) == 4, paths
    assert sum(len(gzip.compress((demo.folder / path).read_bytes())) for path in paths) < 30_000


SHIFTS = """window.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(each => window.shifts.push(
    [each.value, each.sources.map(one => one.node && one.node.outerHTML.slice(0, 80))])))
    .observe({type: 'layout-shift', buffered: true});"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_search_page_stands_still_while_its_script_comes(
    width: int, demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo), viewport={"width": width, "height": 800})
    here.context.add_init_script(SHIFTS)
    held: list[Route] = []
    here.page.route("**/giao-dien/search.js", lambda route: held.append(route))
    page = here.open("tim-kiem.html", "commit")
    page.evaluate(
        """new Promise(done => new PerformanceObserver(done)
            .observe({type: 'largest-contentful-paint', buffered: true}))"""
    )
    ways = page.get_by_role("heading", name="Các lối vào kho tin")
    assert ways.is_hidden()
    held[0].continue_()
    page.locator("#results[data-state=done]").wait_for(state="attached")
    ways.wait_for()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("window.shifts") == []


@pytest.mark.browser
def test_without_its_script_the_search_page_still_leads_into_the_archive(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo))
    here.page.route("**/giao-dien/search.js", lambda route: route.abort())
    page = here.open("tim-kiem.html")
    page.get_by_role("heading", name="Các lối vào kho tin").wait_for()
    assert page.locator("#search-wait").is_visible()
    # What the test brought about itself; anything else fails it.
    here.faults[:] = [each for each in here.faults if "ERR_FAILED" not in each]


@pytest.mark.browser
def test_text_grows_and_shrinks_and_the_next_page_remembers_without_a_jump(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo)).open(ARTICLE)
    size = "() => parseFloat(getComputedStyle(document.querySelector('.prose p')).fontSize)"
    normal = page.evaluate(size)
    for _ in range(5):
        page.get_by_role("button", name="A+").click()
    assert page.evaluate(size) == normal * 1.5
    page.reload()
    assert page.evaluate(size) == normal * 1.5
    shifts = """() => new Promise(done => new PerformanceObserver(list => done(
        list.getEntries().reduce((sum, each) => sum + each.value, 0)))
        .observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done(0), 300))"""
    assert page.evaluate(shifts) == 0
    page.get_by_role("button", name="A cỡ chữ thường").click()
    assert page.evaluate(size) == normal
    page.get_by_role("button", name="A− chữ nhỏ hơn").click()
    assert page.evaluate(size) == normal * 0.875


@pytest.mark.browser
def test_the_colours_a_reader_chose_go_before_those_of_the_device(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo), color_scheme="dark").open("index.html")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    chooser = page.get_by_role("combobox", name="Màu trang")
    for choice, lightest in (("light", True), ("contrast", False), ("dark", False), ("", False)):
        chooser.select_option(choice)
        red = int(page.evaluate(ground).removeprefix("rgb(").split(",")[0])
        assert (red > 128) is lightest, choice
        page.reload()
        assert chooser.input_value() == choice
    assert page.evaluate(ground) == dark
    page.emulate_media(contrast="more")
    assert page.evaluate(ground) == "rgb(0, 0, 0)"


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_on_a_phone_the_menu_opens_and_closes_by_keyboard(
    scripts: bool, demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    options = {"viewport": {"width": 360, "height": 700}, "java_script_enabled": scripts}
    page = window(addresses(demo), **options).open(ARTICLE)
    menu = page.locator(".menu")
    assert menu.is_hidden()
    page.get_by_role("button", name="Trình đơn").focus()
    page.keyboard.press("Enter")
    assert menu.is_visible()
    page.keyboard.press("Escape")
    assert menu.is_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Đóng"
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Chuyên mục"
    assert page.locator("#hien_thi").is_visible() is scripts
    page.keyboard.press("Enter")
    page.wait_for_url("**/chuyen-muc/index.html")


@pytest.mark.browser
def test_on_a_wide_screen_the_menu_is_always_there(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo), viewport={"width": 1280, "height": 700}).open("index.html")
    assert page.get_by_role("button", name="Trình đơn").is_hidden()
    page.get_by_role("link", name="Đơn vị", exact=True).click()
    page.wait_for_url("**/don-vi/index.html")
