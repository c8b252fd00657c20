"""The site on a home screen and without a network: what is kept, what is said, what goes away."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from tests.sites import Output, Window, _content_type, words
from tests.workbench import Workbench

SETTINGS = """\
title: Bản tin thử
base_url: https://example.org/ban-tin/
offline: true
keep_addresses: false
"""
MOUNT = "/ban-tin/"
FIRST, SECOND, THIRD = "2020/07/mot.html", "2020/07/hai.html", "2020/07/ba.html"
PICTURE = "tep/cau-b9647334.svg"


class Host:
    """A host of one origin with sites in its folders, which can go away and come back.

    ``down`` cuts every request off; ``held``, where set, is waited for before a page is sent.
    """

    def __init__(self) -> None:
        self.sites: dict[str, Path] = {}
        self.headers: dict[str, str] = {}
        self.down = False
        self.held: threading.Event | None = None
        self.asked: list[str] = []
        host = self

        class Files(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                host.answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path)
        self.asked.append(request.path)
        if self.held and path.endswith(".html"):
            self.held.wait(60)
        if self.down:
            request.close_connection = True
            return
        mount = max((each for each in self.sites if path.startswith(each)), key=len, default="")
        name = path.removeprefix(mount)
        if mount and (not name or name.endswith("/")):
            name += "index.html"
        file = self.sites[mount] / name if mount else None
        found = file is not None and file.is_file()
        body = file.read_bytes() if file and found else b"<!DOCTYPE html><title>404</title>"
        request.send_response(200 if found else 404)
        request.send_header("Content-Type", _content_type(name if found else "a.html"))
        request.send_header("Content-Length", str(len(body)))
        for key, value in self.headers.items():
            request.send_header(key, value)
        request.end_headers()
        with suppress(ConnectionError):
            request.wfile.write(body)

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


@pytest.fixture
def reader(browser: Browser) -> Iterator[BrowserContext]:
    """Give a reader's browser; it keeps what it keeps from page to page."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site that is kept for reading offline; tests work on copies."""
    bench = Workbench(tmp_path_factory.mktemp("offline"))
    bench.write("site.yaml", SETTINGS)
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    bench.write("content/2020/cau.svg", picture)
    text = "Nội dung thứ nhất, về nhịp cầu.\n\n![Nhịp cầu](cau.svg)\n"
    bench.bulletin("2020/mot.md", text, title="Tin một & hai")
    bench.bulletin("2020/hai.md", "Nội dung thứ hai, về con đường.\n", title="Tin “hai”")
    bench.bulletin("2020/ba.md", "Nội dung thứ ba.\n", title="Tin ba")
    bench.build()
    return bench.folder


@pytest.fixture
def bench(template: Path, tmp_path: Path) -> Workbench:
    folder = tmp_path / "site"
    shutil.copytree(template, folder)
    bench = Workbench.__new__(Workbench)
    bench.folder, bench.output = folder, folder / "public"
    return bench


@pytest.fixture
def site(bench: Workbench, host: Host) -> str:
    """Serve the site in a folder of the host; return its address."""
    host.sites[MOUNT] = bench.output
    return host.origin + MOUNT


def opened(reader: BrowserContext, address: str) -> Page:
    page = reader.pages[0] if reader.pages else reader.new_page()
    page.goto(address)
    return page


def settled(page: Page) -> None:
    """Wait until the worker is at work and has done what is left to do."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    wait_until(page, "() => navigator.serviceWorker.controller !== null")


def kept(page: Page) -> dict[str, list[str]]:
    """Return what is kept: name of a cache → addresses."""
    found: dict[str, list[str]] = page.evaluate(
        """async () => Object.fromEntries(await Promise.all((await caches.keys()).map(
            async (name) => [name, (await (await caches.open(name)).keys()).map((each) => each.url)]
        )))"""
    )
    return found


def wait_until(page: Page, condition: str, argument: str = "") -> None:
    """Ask a page again and again until an (asynchronous) function of its own says yes."""
    page.evaluate(
        f"""async (argument) => {{
            const end = Date.now() + 20000;
            while (!(await ({condition})(argument))) {{
                if (Date.now() > end) throw new Error('waited in vain');
                await new Promise((resolve) => setTimeout(resolve, 20));
            }}
        }}""",
        argument,
    )


def wait_until_kept(page: Page, address: str) -> None:
    wait_until(page, "async (address) => (await caches.match(address)) !== undefined", address)


def wait_until_gone(page: Page, address: str) -> None:
    wait_until(page, "async (address) => (await caches.match(address)) === undefined", address)


# Everything that a page has fetched of the search is kept.
SEARCH_KEPT = """async () => {
    const fetched = performance.getEntriesByType('resource').map((each) => each.name);
    const wanted = fetched.filter((each) => each.includes('/tim-kiem/'));
    const found = await Promise.all(wanted.map((each) => caches.match(each)));
    return wanted.length > 0 && found.every(Boolean);
}"""


def read(reader: BrowserContext, site: str, *paths: str) -> Page:
    """Read pages as a reader does who comes for the first time."""
    page = opened(reader, site + paths[0])
    settled(page)
    wait_until_kept(page, site + paths[0])
    for path in paths[1:]:
        opened(reader, site + path)
        wait_until_kept(page, site + path)
    return page


def cut(reader: BrowserContext, host: Host, off: bool = True) -> None:
    """Take the network away, both from the browser and from the host."""
    host.down = off
    reader.set_offline(off)


# The manifest


def test_the_manifest_says_what_the_site_is(demo: Output, english: Output) -> None:
    manifest = json.loads(demo.text("manifest.json"))
    assert manifest["name"] == "Bản tin Dân vận Sông Thao"
    assert manifest["short_name"] == "Dân vận Sông Thao"
    assert manifest["lang"] == "vi"
    assert manifest["start_url"] in demo.files
    assert {each["src"] for each in manifest["icons"]} <= demo.files
    assert json.loads(english.text("manifest.json"))["short_name"] == "River News"
    for site in (demo, english):
        for page in site.pages.values():
            links = [each for each in page.all("link") if each.get("rel") == "manifest"]
            # A page that only leads on has none.
            assert len(links) == (0 if page.meta("refresh") else 1)
            assert all(("data-offline" in each.attrib) == (site is english) for each in links)


def test_icons_of_ones_own_are_listed(bench: Workbench) -> None:
    for name in ("icon-192.png", "icon-512.png", "icon-maskable-512.png", "icon-large.png"):
        bench.write(f"templates/giao-dien/{name}", "")
    bench.build()
    icons = json.loads(bench.page("manifest.json"))["icons"]
    assert icons[1:] == [
        {"src": "giao-dien/icon-192.png", "type": "image/png", "sizes": "192x192"},
        {"src": "giao-dien/icon-512.png", "type": "image/png", "sizes": "512x512"},
        {"src": "giao-dien/icon-maskable-512.png", "type": "image/png", "sizes": "512x512",
         "purpose": "maskable"},
    ]  # fmt: skip


@pytest.mark.browser
def test_chromium_finds_the_site_fit_to_be_installed(
    reader: BrowserContext, host: Host, site: str
) -> None:
    page = opened(reader, site + FIRST)
    session = reader.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["url"] == f"{site}manifest.json"
    assert manifest["errors"] == []
    assert json.loads(manifest["data"])["name"] == "Bản tin thử"
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A window of a private kind, as tests have, installs nothing.
    assert [each["errorId"] for each in errors if each["errorId"] != "in-incognito"] == []


# Reading without a network


@pytest.mark.browser
def test_pages_that_were_read_can_be_read_again_and_say_what_they_are(
    reader: BrowserContext, host: Host, site: str
) -> None:
    page = read(reader, site, FIRST, SECOND)
    wait_until_kept(page, site + PICTURE)
    assert page.get_by_role("status").filter(has_text="bản lưu").count() == 0
    cut(reader, host)
    opened(reader, site + FIRST + "?tu=thu#noi_dung")
    assert page.locator("h1").inner_text() == "Tin một & hai"
    notice = page.locator(".kept")
    assert notice.get_attribute("role") == "status"
    assert re.match(
        r"Bạn đang xem bản lưu lúc \d\d:\d\d ngày \d\d/\d\d/20\d\d, vì không có mạng\. ",
        notice.inner_text(),
    )
    # With its picture, its styles, its emblem and its script.
    assert page.locator(".prose img").evaluate("e => e.naturalWidth") > 0
    assert page.locator(".brand img").evaluate("e => e.naturalWidth") > 0
    assert page.locator(".masthead").evaluate("e => getComputedStyle(e).position") == "relative"
    assert page.get_by_role("button", name="Sao chép liên kết").is_visible()
    cut(reader, host, off=False)
    opened(reader, site + FIRST)
    assert page.locator(".kept").count() == 0


@pytest.mark.browser
def test_a_page_that_was_not_read_leads_to_those_that_were(
    reader: BrowserContext, host: Host, site: str
) -> None:
    page = read(reader, site, FIRST, SECOND)
    cut(reader, host)
    answer = page.goto(site + THIRD)
    assert answer and answer.status == 503
    assert page.locator("h1").inner_text() == "Các trang đã lưu"
    assert "trang bạn mở chưa được lưu trên máy này" in page.locator(".kept").inner_text()
    # The page stands at another one's address, and what it leads to is found all the same.
    assert page.locator(".brand img").evaluate("e => e.naturalWidth") > 0
    links = page.locator("#da_luu a")
    assert links.all_inner_texts() == ["Tin “hai”", "Tin một & hai"]
    links.last.click()
    page.wait_for_url(site + FIRST)
    assert page.locator("h1").inner_text() == "Tin một & hai"
    page.locator(".kept a").click()
    page.wait_for_url(site + "ngoai-tuyen.html")
    assert page.locator("#da_luu a").count() == 2
    # Trying the address again later is enough.
    page.goto(site + THIRD)
    cut(reader, host, off=False)
    page.reload()
    assert page.locator("h1").inner_text() == "Tin ba"


@pytest.mark.browser
def test_an_emblem_of_ones_own_is_there_without_a_page_that_was_read(
    reader: BrowserContext, host: Host, site: str, bench: Workbench
) -> None:
    Image.new("RGB", (700, 700), "#8f1d14").save(bench.folder / "content/huy-hieu.png")
    bench.write("site.yaml", SETTINGS + "theme: {emblem: huy-hieu.png}\n")
    bench.build()
    page = read(reader, site, FIRST)
    # Pictures of pages go when there are many others.
    page.evaluate("name => caches.delete(name)", f"danvan:{site}:files")
    cut(reader, host)
    page.goto(site + THIRD)
    emblem = page.locator(".brand img")
    assert emblem.evaluate("e => e.currentSrc.includes('huy-hieu') && e.naturalWidth > 0")


@pytest.mark.browser
def test_a_search_done_before_works_again(reader: BrowserContext, host: Host, site: str) -> None:
    page = read(reader, site, FIRST)
    query = "tim-kiem.html?q=nh%E1%BB%8Bp+c%E1%BA%A7u"
    opened(reader, site + query)
    page.locator("#results[data-state=done] a").first.wait_for()
    wait_until_kept(page, site + "tim-kiem.html")
    wait_until(page, SEARCH_KEPT)
    cut(reader, host)
    opened(reader, site + query)
    page.locator("#results[data-state=done] a").first.wait_for()
    assert page.locator("#results a").first.inner_text() == "Tin một & hai"
    assert page.locator(".kept").is_visible()


@pytest.mark.browser
def test_what_was_kept_of_an_older_search_is_dropped(
    reader: BrowserContext, host: Host, site: str, bench: Workbench
) -> None:
    page = read(reader, site, FIRST)
    opened(reader, site + "tim-kiem.html?q=nhip+cau")
    page.locator("#results[data-state=done] a").first.wait_for()
    wait_until(page, SEARCH_KEPT)

    def versions() -> set[str]:
        of_search = [urls for name, urls in kept(page).items() if name.endswith(":search")]
        return {urlsplit(url).query for url in of_search[0]}

    (old,) = versions()
    bench.bulletin("2021/bon.md", "Cũng về nhịp cầu.\n", title="Tin bốn", date="2021-01-02")
    bench.build()
    # A page that was opened before goes on asking under the old name, and keeps nothing by it.
    page.evaluate("(old) => fetch('tim-kiem/do-dai.js?' + old).then((a) => a.text())", old)
    opened(reader, site + "tim-kiem.html?q=nhip+cau")
    page.locator("#results[data-state=done] a").nth(1).wait_for()
    wait_until(page, SEARCH_KEPT)
    assert len(versions()) == 1 and versions() != {old}


@pytest.mark.browser
def test_a_page_that_does_not_come_is_given_from_what_is_kept(
    reader: BrowserContext, host: Host, site: str
) -> None:
    page = read(reader, site, FIRST)
    host.held = threading.Event()
    try:
        opened(reader, site + FIRST)
        assert "vì mạng quá chậm" in page.locator(".kept").inner_text()
    finally:
        host.held.set()


# Keeping up


@pytest.mark.browser
def test_a_new_build_is_shown_at_once(
    reader: BrowserContext, host: Host, site: str, bench: Workbench
) -> None:
    page = read(reader, site, FIRST)
    bench.bulletin("2020/mot.md", "Đã sửa.\n", title="Tin một, đã sửa")
    bench.write("templates/giao-dien/theme.css", "h1 { color: rgb(1, 2, 3); }\n")
    bench.build()
    opened(reader, site + FIRST)
    assert page.locator("h1").inner_text() == "Tin một, đã sửa"
    assert page.locator("h1").evaluate("e => getComputedStyle(e).color") == "rgb(1, 2, 3)"
    condition = "async (one) => (await (await caches.match(one)).text()).includes('đã sửa')"
    wait_until(page, condition, site + FIRST)
    cut(reader, host)
    opened(reader, site + FIRST)
    assert page.locator("h1").inner_text() == "Tin một, đã sửa"


@pytest.mark.browser
def test_a_new_worker_takes_over_and_finds_what_was_kept(
    reader: BrowserContext, host: Host, site: str, bench: Workbench
) -> None:
    page = read(reader, site, FIRST)
    worker = bench.output / "sw.js"
    text = worker.read_text("utf-8")
    assert "kh\\u00f4ng c\\u00f3 m" in text
    worker.write_text(text.replace("kh\\u00f4ng c\\u00f3 m", "m\\u1ea5t m"), "utf-8")
    page.evaluate(
        """async () => {
            const changed = new Promise((resolve) => {
                navigator.serviceWorker.oncontrollerchange = () => resolve(true);
            });
            await (await navigator.serviceWorker.getRegistration()).update();
            return changed;
        }"""
    )
    # The open page goes on, and so does what the earlier worker kept.
    page.get_by_text("Trích dẫn trang này").click()
    assert page.get_by_role("button", name="Tải về RIS").is_visible()
    cut(reader, host)
    opened(reader, site + FIRST)
    assert "vì mất mạng" in page.locator(".kept").inner_text()


@pytest.mark.browser
def test_what_is_gone_is_not_kept(
    reader: BrowserContext, host: Host, site: str, bench: Workbench
) -> None:
    page = read(reader, site, FIRST, SECOND)
    (bench.folder / "content/2020/mot.md").unlink()
    bench.build()
    answer = page.goto(site + FIRST)
    assert answer and answer.status == 404
    wait_until_gone(page, site + FIRST)
    cut(reader, host)
    opened(reader, site + FIRST)
    assert page.locator("h1").inner_text() == "Các trang đã lưu"
    assert page.locator("#da_luu a").all_inner_texts() == ["Tin “hai”"]


@pytest.mark.browser
def test_nothing_is_fetched_that_nobody_asked_for(
    reader: BrowserContext, host: Host, site: str
) -> None:
    page = read(reader, site, FIRST)
    wait_until_kept(page, site + PICTURE)
    assert host.asked.count(MOUNT + PICTURE) == 1
    asked = {urlsplit(each).path.removeprefix(MOUNT) for each in host.asked}
    look = {f"giao-dien/{name}" for name in ("theme.css", "ui.js", "emblem.svg")}
    assert asked - {"manifest.json"} == {FIRST, PICTURE, "sw.js", "ngoai-tuyen.html", *look}
    caches = kept(page)
    assert {url.removeprefix(site) for urls in caches.values() for url in urls} == {
        FIRST, PICTURE, "ngoai-tuyen.html", *look,
    }  # fmt: skip
    assert all(name.startswith(f"danvan:{site}:") for name in caches)


@pytest.mark.browser
def test_only_what_may_be_kept_is_kept(
    reader: BrowserContext, host: Host, site: str, bench: Workbench
) -> None:
    page = read(reader, site, FIRST)
    # An application below the site, whose pages are its users' own business.
    application = bench.output / "ung-dung"
    application.mkdir()
    (application / "index.html").write_text("<!DOCTYPE html><title>Hồ sơ</title><p>Hồ sơ", "utf-8")
    opened(reader, site + "ung-dung/")
    host.headers["Cache-Control"] = "no-store"
    opened(reader, site + SECOND)
    page.evaluate("fetch('../../feed.xml').then((answer) => answer.text())")
    del host.headers["Cache-Control"]
    opened(reader, site + THIRD)
    wait_until_kept(page, site + THIRD)
    pages = next(urls for name, urls in kept(page).items() if name.endswith(":pages"))
    assert sorted(pages) == sorted([site + FIRST, site + THIRD])
    assert not any("feed" in url for urls in kept(page).values() for url in urls)


@pytest.mark.browser
def test_so_many_pages_are_kept_and_no_more(
    reader: BrowserContext, host: Host, site: str, bench: Workbench
) -> None:
    worker = bench.output / "sw.js"
    text = worker.read_text("utf-8")
    assert "pages: [200," in text
    worker.write_text(text.replace("pages: [200,", "pages: [2,"), "utf-8")
    page = read(reader, site, FIRST, SECOND, THIRD)
    wait_until_gone(page, site + FIRST)
    pages = next(urls for name, urls in kept(page).items() if name.endswith(":pages"))
    assert sorted(pages) == sorted([site + SECOND, site + THIRD])


# Sites beside each other, and the way out


@pytest.mark.browser
def test_turned_off_it_removes_itself_and_what_it_kept_and_nothing_else(
    reader: BrowserContext, host: Host, site: str, bench: Workbench
) -> None:
    host.sites["/khac/"] = host.sites[MOUNT]
    other = host.origin + "/khac/"
    read(reader, other, FIRST)
    page = read(reader, site, FIRST, SECOND)
    page.evaluate("caches.open('cua-ung-dung-khac')")
    bench.write("site.yaml", SETTINGS.replace("offline: true", "offline: false"))
    shutil.copytree(bench.output, bench.folder / "khac")
    host.sites["/khac/"] = bench.folder / "khac"
    bench.build()
    assert not (bench.output / "ngoai-tuyen.html").exists()
    opened(reader, site + THIRD)
    # Without a worker nobody answers for a page any more, and this page has gone on all the while.
    condition = "async () => (await navigator.serviceWorker.getRegistrations()).length === 1"
    wait_until(page, condition)
    assert page.locator("h1").inner_text() == "Tin ba"
    names = set(kept(page))
    assert "cua-ung-dung-khac" in names
    left = {name.rpartition(":")[0] for name in names - {"cua-ung-dung-khac"}}
    assert left == {f"danvan:{other}"}
    cut(reader, host)
    opened(reader, other + FIRST)
    assert page.locator(".kept").is_visible()


@pytest.mark.browser
def test_a_site_within_another_keeps_its_own(
    reader: BrowserContext, host: Host, bench: Workbench
) -> None:
    host.sites |= {"/": bench.output, "/ban-tin/": bench.output}
    outer, inner = host.origin + "/", host.origin + "/ban-tin/"
    read(reader, outer, FIRST)
    page = read(reader, inner, SECOND)
    pages = {name: urls for name, urls in kept(page).items() if name.endswith(":pages")}
    assert pages == {
        f"danvan:{outer}:pages": [outer + FIRST],
        f"danvan:{inner}:pages": [inner + SECOND],
    }


@pytest.mark.browser
def test_where_the_setting_is_off_nothing_is_registered(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo)).open("index.html")
    registered = "navigator.serviceWorker.getRegistrations().then((all) => all.length)"
    assert page.evaluate(registered) == 0
    assert "unregister" in demo.text("sw.js")
    assert "ngoai-tuyen.html" not in demo.files


@pytest.mark.browser
def test_from_a_disk_nothing_happens(english: Output, window: Callable[..., Window]) -> None:
    page = window(f"{english.folder.as_uri()}/").open("index.html")
    assert page.locator("link[data-offline]").count() == 1
    assert page.locator("h1").count() == 1


def test_the_offline_page_says_what_it_is_without_a_worker_too(english: Output) -> None:
    page = english["ngoai-tuyen.html"]
    assert words(page.one("h1")) == "Kept pages"
    assert words(page.by_id("da_luu")) == "No page has been kept yet."
    assert page.meta("robots") == ["noindex"]
    assert "ngoai-tuyen" not in english.text("sitemap.xml")


def test_the_worker_speaks_the_sites_language(english: Output) -> None:
    assert "This is a copy kept on {date} at {time}" in english.text("sw.js")


def test_the_worker_says_the_same_from_build_to_build(bench: Workbench) -> None:
    before = (bench.output / "sw.js").read_bytes()
    bench.build()
    bench.bulletin("2021/bon.md", title="Tin bốn", date="2021-01-02")
    assert not {"sw.js", "manifest.json", "ngoai-tuyen.html"} & bench.build().rendered
    shutil.rmtree(bench.output)
    bench.build()
    assert (bench.output / "sw.js").read_bytes() == before


# Looks


@pytest.mark.browser
def test_kept_pages_and_their_list_can_be_read_by_everyone(
    reader: BrowserContext, host: Host, site: str
) -> None:
    from tests.test_accessibility import violations

    page = read(reader, site, FIRST, SECOND)
    cut(reader, host)
    for path in (FIRST, THIRD):
        opened(reader, site + path)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                assert not violations(page, {})
