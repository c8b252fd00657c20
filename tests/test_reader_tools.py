"""What a reader can do with a bulletin: hear it, copy its address, share it, cite it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import (
    LatexDecodingMiddleware,
    RemoveEnclosingMiddleware,
    SeparateCoAuthors,
)
from playwright.sync_api import Download, Page, expect

from tests.sites import BASE_URL, Output, Window, run_build, words, write_site
from tests.test_accessibility import violations

PAGE = "2020/10/gap-mat-90-nam.html"
TITLE = "Gặp mặt kỷ niệm 90 năm Ngày truyền thống công tác dân vận của Đảng"
WITHDRAWN = "2024/12/danh-sach-ho-sua-nha.html"
ENGLISH = "2025/07/where-to-go-in-english.html"
LATEX = {r"\textbraceleft{}": "«", r"\textbraceright{}": "»", r"\textasciicircum{}": "¨"}
FORMATS = ("BibTeX", "RIS", "CSL-JSON")
SIGNS_PAGE = "2020/07/ky-tu.html"
SIGNS = r"Hỏi & đáp: 1 + 1 = 2? Giá 100% & “tốt” {một} nửa } của_#1 ~ $5 ^ C:\dân"
CITED = """\
title: Bản tin {Thử} & Nghiệm
base_url: https://example.org/ban-tin/
publisher:
  name: Ban biên tập 100%
share: [facebook, mail]
"""


@pytest.fixture(scope="module")
def cited(work: Path) -> Output:
    """Build a site whose bulletins are hard to cite."""
    files: dict[str, str | bytes] = {
        "2020/ky-tu.md": (
            f"---\ntitle: '{SIGNS}'\ndate: 2020-07-16 13:40\n"
            "author: [Khánh Vy, 'Lê & Đỗ']\n---\nA.\n"
        ),
        "2020/thang.md": "---\ntitle: “Chỉ” rõ tháng\ndate: 2020-07\nauthor: Đức Kiên\n---\nA.\n",
        "2020/nam.md": "---\ntitle: Chỉ rõ năm\ndate: 2020\n---\nA.\n",
    }
    write_site(work / "cited", CITED, files)
    return run_build(work / "made" / "cited", work / "cited" / "cache", site=work / "cited")


# Share links


def shared(site: Output, path: str) -> list[tuple[str, str]]:
    """Return the links of a page's tools that leave the site."""
    tools = site[path].one("ul", "tools")
    found = [(words(each), each.get("href", "")) for each in tools.iter("a")]
    return [(text, href) for text, href in found if urlsplit(href).scheme]


def test_share_links_carry_the_address_and_the_title(demo: Output) -> None:
    (mail, letter), (facebook, sharer) = shared(demo, PAGE)
    assert (mail, facebook) == ("Gửi bài qua thư", "Chia sẻ lên Facebook")
    parts = urlsplit(letter)
    # Letters have no plus for a space: what decodes it would leave it in the subject.
    fields = dict(each.split("=") for each in parts.query.split("&"))
    assert (parts.scheme, parts.path) == ("mailto", "")
    assert unquote(fields["subject"]) == TITLE
    assert unquote(fields["body"]) == BASE_URL + PAGE
    parts = urlsplit(sharer)
    assert (parts.netloc, parts.path) == ("www.facebook.com", "/sharer/sharer.php")
    assert parse_qs(parts.query) == {"u": [BASE_URL + PAGE]}


def test_titles_with_signs_of_addresses_stay_whole(cited: Output) -> None:
    links = shared(cited, SIGNS_PAGE)
    fields = dict(each.split("=") for each in urlsplit(links[1][1]).query.split("&"))
    assert unquote(fields["subject"]) == SIGNS


def test_there_are_share_links_as_the_settings_say(cited: Output, english: Output) -> None:
    named = [text for text, _ in shared(cited, SIGNS_PAGE)]
    assert named == ["Chia sẻ lên Facebook", "Gửi bài qua thư"]
    assert not shared(english, "2021/02/story-0.html")


def test_what_has_no_public_address_or_is_withdrawn_is_not_shared(
    demo: Output, homeless: Output
) -> None:
    assert not shared(homeless, PAGE)
    assert not shared(demo, WITHDRAWN)


def test_share_links_let_no_site_reach_back(demo: Output) -> None:
    for each in demo[PAGE].one("ul", "tools").iter("a"):
        if each.get("href", "").startswith("https:"):
            assert each.get("rel") == "noopener external"


# Without scripts


@pytest.mark.browser
def test_without_scripts_there_is_nothing_that_does_nothing(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo), java_script_enabled=False).open(PAGE)
    assert page.locator(".article-foot button:visible").count() == 0
    assert page.locator(".tools a:visible").count() == 4
    page.get_by_text("Trích dẫn trang này").click()
    assert page.locator(".cite p").inner_text().startswith("Minh Khuê, An Nhiên. “Gặp mặt")


# Copying and sharing


def pasted(page: Page) -> str:
    """Return what is in the clipboard, as a reader gets it: pasted into a box."""
    box = page.locator("#tim_nhanh")
    box.fill("")
    box.press("ControlOrMeta+V")
    return box.input_value()


@pytest.mark.browser
def test_the_address_is_copied_and_that_is_said(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo), permissions=["clipboard-read", "clipboard-write"])
    page = here.open(PAGE + "#noi_dung")
    assert page.locator(".said").inner_text() == ""
    page.get_by_role("button", name="Sao chép liên kết").click()
    expect(page.get_by_role("status")).to_have_text("Đã sao chép.")
    assert page.evaluate("navigator.clipboard.readText()") == BASE_URL + PAGE
    assert page.evaluate("document.activeElement.textContent") == "Sao chép liên kết"


@pytest.mark.browser
def test_without_the_newer_clipboard_the_older_one_does(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo))
    # As it is on every page that comes without encryption from another machine.
    here.context.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined });"
    )
    page = here.open(PAGE)
    page.get_by_role("button", name="Sao chép liên kết").click()
    expect(page.get_by_role("status")).to_have_text("Đã sao chép.")
    assert page.evaluate("document.activeElement.textContent") == "Sao chép liên kết"
    assert pasted(page) == BASE_URL + PAGE


@pytest.mark.browser
def test_what_cannot_be_copied_is_shown(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo))
    here.context.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined });"
        "document.execCommand = () => false;"
    )
    page = here.open(PAGE)
    page.get_by_role("button", name="Sao chép liên kết").click()
    expect(page.get_by_role("status")).to_contain_text(BASE_URL + PAGE)


@pytest.mark.browser
def test_a_page_from_a_disk_copies_where_it_is(
    homeless: Output, window: Callable[..., Window]
) -> None:
    top = f"{homeless.folder.as_uri()}/"
    page = window(top).open(PAGE)
    page.get_by_role("button", name="Sao chép liên kết").click()
    expect(page.get_by_role("status")).to_have_text("Đã sao chép.")
    assert pasted(page) == top + PAGE


@pytest.mark.browser
def test_the_system_is_asked_to_share_where_it_can(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo))
    can = here.open(PAGE).evaluate("Boolean(navigator.share)")
    button = here.page.get_by_role("button", name="Chia sẻ", exact=True)
    assert button.is_visible() == can
    # A browser without a screen has nothing to share with, hence a stand-in.
    here.context.add_init_script(
        "navigator.share = (what) => { window.shared = what; return Promise.resolve(); };"
    )
    here.open(PAGE)
    button.click()
    assert here.page.evaluate("window.shared") == {"title": TITLE, "url": BASE_URL + PAGE}


# Citations


class Citations(NamedTuple):
    """What a page gives in its three formats: a BibTeX entry's fields and key, a RIS record, a
    CSL-JSON item."""

    key: str
    bibtex: dict[str, Any]
    ris: dict[str, Any]
    csl: dict[str, Any]


def download(page: Page, name: str) -> Download:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Tải về {name}").click()
    return waiting.value


def text_of(given: Download) -> str:
    return given.path().read_bytes().decode("utf-8")


def citations(page: Page) -> Citations:
    page.get_by_text("Trích dẫn trang này").click()
    bibtex, ris, csl = (text_of(download(page, name)) for name in FORMATS)
    # Signs of LaTeX that this decoder does not know, or takes for their look-alikes.
    for name, sign in LATEX.items():
        bibtex = bibtex.replace(name, sign)
    library = bibtexparser.parse_string(
        bibtex,
        parse_stack=[
            RemoveEnclosingMiddleware(allow_inplace_modification=True),
            LatexDecodingMiddleware(),
            SeparateCoAuthors(),
        ],
    )
    assert not library.failed_blocks
    (entry,) = library.entries
    (record,) = rispy.loads(ris)
    (item,) = json.loads(csl)
    return Citations(entry.key, {each.key: each.value for each in entry.fields}, record, item)


@pytest.fixture
def cite(
    cited: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> Iterator[Callable[[str], Citations]]:
    here = window(addresses(cited))
    yield lambda path: citations(here.open(path))


def bare(text: str) -> str:
    plain = text.removeprefix("{").removesuffix("}")
    return plain.replace("«", "{").replace("»", "}").replace("¨", "^")


@pytest.mark.browser
def test_signs_and_names_survive_every_format(cite: Callable[..., Citations]) -> None:
    found = cite(SIGNS_PAGE)
    assert found.key == found.ris["id"] == found.csl["id"] == "khanhvy2020hoi"
    assert bare(found.bibtex["title"]) == found.ris["title"] == found.csl["title"] == SIGNS
    names = ["Khánh Vy", "Lê & Đỗ"]
    assert [bare(name) for name in found.bibtex["author"]] == found.ris["authors"] == names
    assert found.csl["author"] == [{"literal": name} for name in names]
    site, publisher = "Bản tin {Thử} & Nghiệm", "Ban biên tập 100%"
    assert bare(found.bibtex["howpublished"]) == found.csl["container-title"] == site
    assert found.ris["secondary_title"] == site
    assert bare(found.bibtex["publisher"]) == found.ris["publisher"] == publisher
    assert found.csl["publisher"] == publisher
    address = BASE_URL + SIGNS_PAGE
    assert found.bibtex["url"] == found.csl["URL"] == address
    assert found.ris["urls"] == [address]
    assert found.bibtex["language"] == found.ris["language"] == found.csl["language"] == "vi"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "bibtex", "ris", "csl"),
    [
        (SIGNS_PAGE, ("2020", "7", "2020-07-16"), "2020/07/16/", [[2020, 7, 16]]),
        ("2020/07/thang.html", ("2020", "7", "2020-07"), "2020/07//", [[2020, 7]]),
        ("2020/nam.html", ("2020", None, "2020"), "2020///", [[2020]]),
    ],
)
def test_dates_are_as_precise_as_they_are_known(
    cite: Callable[..., Citations],
    path: str,
    bibtex: tuple[str | None, ...],
    ris: str,
    csl: list[list[int]],
) -> None:
    found = cite(path)
    assert tuple(found.bibtex.get(key) for key in ("year", "month", "date")) == bibtex
    assert (found.ris["year"], found.ris["date"]) == ("2020", ris)
    assert found.csl["issued"] == {"date-parts": csl}


@pytest.mark.browser
def test_nobody_is_made_up_as_author(cite: Callable[..., Citations]) -> None:
    found = cite("2020/nam.html")
    assert found.key == "banbientap1002020chi"
    for fields in (found.bibtex, found.csl):
        assert "author" not in fields
    assert "authors" not in found.ris


@pytest.mark.browser
@pytest.mark.parametrize("place", ["host", "disk"])
def test_downloads_are_named_after_the_page_and_copies_say_the_same(
    place: str, demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    home = addresses(demo) if place == "host" else f"{demo.folder.as_uri()}/"
    page = window(home).open(PAGE)
    page.get_by_text("Trích dẫn trang này").click()
    for name, ending in zip(FORMATS, (".bib", ".ris", ".json"), strict=True):
        given = download(page, name)
        assert given.suggested_filename == f"gap-mat-90-nam{ending}"
        page.get_by_role("button", name=f"Sao chép {name}").click()
        expect(page.get_by_role("status")).to_have_text("Đã sao chép.")
        # A box of one line makes spaces of the line ends.
        assert pasted(page).split() == text_of(given).split()
    page.get_by_role("button", name="Sao chép Văn bản").click()
    expect(page.get_by_role("status")).to_have_text("Đã sao chép.")
    assert pasted(page) == page.locator(".cite p").first.inner_text()


@pytest.mark.browser
def test_downloads_have_their_types(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(demo))
    here.context.add_init_script(
        "const make = URL.createObjectURL;"
        "const types = window.types = [];"
        "URL.createObjectURL = (blob) => { types.push(blob.type); return make(blob); };"
    )
    page = here.open(PAGE)
    page.get_by_text("Trích dẫn trang này").click()
    for name in FORMATS:
        download(page, name)
    assert page.evaluate("window.types") == [
        "application/x-bibtex",
        "application/x-research-info-systems",
        "application/vnd.citationstyles.csl+json",
    ]


# Listening. A browser without a screen has no voices: these are stand-ins, whose speech ends when
# the test says so.

_VOICES = """
(() => {
  const voices = %s;
  let arrived = %s;
  const heard = window.heard = [];
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  const speech = window.speechSynthesis = {
    getVoices: () => (arrived ? voices : []),
    speak: (what) => { heard.push(what); speech.now = what; },
    cancel: () => {
      const cut = speech.now;
      speech.now = null;
      if (cut) cut.onerror({ error: 'canceled' });
    },
    now: null,
  };
  window.finish = () => { const done = speech.now; speech.now = null; done.onend({}); };
  window.arrive = () => { arrived = true; speech.onvoiceschanged(); };
})();
"""
VIETNAMESE = {"name": "Một giọng", "lang": "vi-VN", "localService": True}
ANDROID = {"name": "Giọng khác", "lang": "vi_VN", "localService": True}
REMOTE = {"name": "Giọng ở xa", "lang": "vi-VN", "localService": False}
BRITISH = {"name": "A voice", "lang": "en-GB", "localService": True}


@pytest.fixture
def listen(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> Callable[..., Page]:
    """Give a function that opens a page of the demo in a browser with certain voices."""

    def opened(path: str, *voices: dict[str, Any], arrived: bool = True) -> Page:
        here = window(addresses(demo))
        script = f"Object.defineProperty(window, 'speechSynthesis', {{ writable: true }});{_VOICES}"
        here.context.add_init_script(script % (json.dumps(voices), json.dumps(arrived)))
        return here.open(path)

    return opened


def heard(page: Page) -> list[str]:
    found: list[str] = page.evaluate("heard.map((each) => each.text)")
    return found


def heard_to_the_end(page: Page) -> list[str]:
    page.get_by_role("button", name="Nghe bài").click()
    while page.evaluate("Boolean(speechSynthesis.now)"):
        page.evaluate("finish()")
    return heard(page)


@pytest.mark.browser
def test_a_browser_without_voices_offers_no_listening(
    demo: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    page = window(addresses(demo)).open(PAGE)
    assert page.evaluate("speechSynthesis.getVoices().length") == 0
    assert page.get_by_role("button", name="Sao chép liên kết").is_visible()
    assert page.locator("[data-tool=listen]").is_hidden()


@pytest.mark.browser
def test_listening_is_offered_once_there_is_a_voice_of_the_language(
    listen: Callable[..., Page],
) -> None:
    button = "[data-tool=listen]"
    assert listen(PAGE, BRITISH).locator(button).is_hidden()
    assert listen(PAGE, ANDROID).locator(button).is_visible()
    late = listen(PAGE, BRITISH, VIETNAMESE, arrived=False)
    assert late.locator(button).is_hidden()
    late.evaluate("arrive()")
    assert late.locator(button).is_visible()


@pytest.mark.browser
def test_the_voice_is_one_of_the_texts_language_and_of_this_device(
    listen: Callable[..., Page],
) -> None:
    page = listen(PAGE, REMOTE, BRITISH, VIETNAMESE)
    page.get_by_role("button", name="Nghe bài").click()
    assert page.evaluate("[heard[0].voice.name, heard[0].lang]") == ["Một giọng", "vi-VN"]
    page = listen(ENGLISH, VIETNAMESE, BRITISH)
    page.get_by_role("button", name="Nghe bài").click()
    assert page.evaluate("[heard[0].voice.name, heard[0].lang]") == ["A voice", "en-GB"]


@pytest.mark.browser
def test_title_lead_and_text_are_read_in_sentences(listen: Callable[..., Page]) -> None:
    page = listen("2020/10/gap-mat-90-nam.html", VIETNAMESE)
    said = heard_to_the_end(page)
    assert said[0] == TITLE
    assert all(len(each) <= 180 for each in said)
    wanted = page.evaluate(
        "[...document.querySelectorAll('.article-head h1, .lead, .prose p, .prose h2')]"
        ".map((each) => each.textContent.trim().replace(/\\s+/g, ' ')).join(' ')"
    )
    assert " ".join(said) == wanted
    assert page.get_by_role("button", name="Nghe bài").is_visible()
    assert page.locator(".being-read").count() == 0


@pytest.mark.browser
def test_tables_notes_and_addresses_are_not_read(
    crowded: Output, addresses: Callable[..., str], window: Callable[..., Window]
) -> None:
    here = window(addresses(crowded))
    script = f"Object.defineProperty(window, 'speechSynthesis', {{ writable: true }});{_VOICES}"
    here.context.add_init_script(script % (json.dumps([VIETNAMESE]), "true"))
    text = " ".join(heard_to_the_end(here.open("2021/03/du-thu.html")))
    assert "chú thích và liên kết ra ngoài." in text
    assert "Lời trích của một người dân." in text
    assert "Việc thứ nhất phần a phần b" in text
    for silent in ("Đồng Mít", "http", "Lời chú", "khong xuong dong"):
        assert silent not in text, silent


@pytest.mark.browser
def test_reading_pauses_goes_on_and_stops(listen: Callable[..., Page]) -> None:
    page = listen(PAGE, VIETNAMESE)
    page.locator("[data-tool=listen]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Tạm dừng")).to_be_focused()
    page.evaluate("finish()")
    second = heard(page)[-1]
    assert page.locator(".being-read").inner_text().startswith(second[:20])
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Nghe tiếp")).to_be_focused()
    assert page.evaluate("speechSynthesis.now") is None
    page.keyboard.press("Space")
    assert heard(page)[1:] == [second, second]
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Thôi nghe")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Nghe bài")).to_be_focused()
    assert page.locator("[data-tool=stop]").is_hidden()
    assert page.evaluate("speechSynthesis.now") is None
    assert page.locator(".being-read").count() == 0
    page.keyboard.press("Enter")
    assert heard(page)[-1] == TITLE


@pytest.mark.browser
def test_reading_ends_with_the_page(listen: Callable[..., Page]) -> None:
    page = listen(PAGE, VIETNAMESE)
    page.get_by_role("button", name="Nghe bài").click()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert page.evaluate("speechSynthesis.now") is None
    assert page.get_by_role("button", name="Nghe bài").is_visible()


# By keyboard, in any width and colours


@pytest.mark.browser
def test_the_keyboard_reaches_every_tool_and_shows_where_it_is(
    listen: Callable[..., Page],
) -> None:
    page = listen(PAGE, VIETNAMESE)
    page.locator("[data-print]").focus()
    names: list[str] = []
    while page.evaluate("document.activeElement.closest('.article-foot') !== null"):
        stop = page.evaluate(
            """() => {
                const each = document.activeElement, box = each.getBoundingClientRect();
                const name = each.getAttribute('aria-label') || each.textContent;
                return [name, getComputedStyle(each).outlineStyle !== 'none',
                        box.width >= 24 && box.height >= 24];
            }"""
        )
        assert stop[1:] == [True, True], stop
        names.append(stop[0])
        if stop[0] == "Trích dẫn trang này":
            page.keyboard.press("Enter")
        page.keyboard.press("Tab")
    tools = ["Bản in", "Nghe bài", "Sao chép liên kết"]
    links = ["Gửi bài qua thư", "Chia sẻ lên Facebook", "Quay lại: Tin tức – Sự kiện"]
    rows = [f"{way} {name}" for name in FORMATS for way in ("Sao chép", "Tải về")]
    shown = [name for name in names if name != "Chia sẻ"]
    assert shown == [*tools, *links, "Trích dẫn trang này", "Sao chép Văn bản", *rows]


@pytest.mark.browser
def test_open_tools_fit_and_can_be_read(listen: Callable[..., Page]) -> None:
    page = listen(PAGE, VIETNAMESE)
    page.get_by_role("button", name="Nghe bài").click()
    page.get_by_text("Trích dẫn trang này").click()
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert not violations(page, {})


def test_the_script_of_all_pages_stays_small(demo: Output) -> None:
    import gzip

    script = (demo.folder / "giao-dien" / "ui.js").read_bytes()
    assert len(gzip.compress(script, 9)) <= 5_000
