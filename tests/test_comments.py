"""Readers' comments: their files, the pages that show them, and what brings them along."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from danvan_site import comments, markdown, schema
from danvan_site.comments import Comment
from danvan_site.dates import Moment
from tests.sites import Document, Output, Window, tab_to
from tests.test_serve import Preview
from tests.workbench import Workbench

DAY = Moment(2020, 7, 17)


def read(text: str) -> tuple[tuple[Comment, ...], list[str]]:
    """Read a file; return its comments, and place and code of each problem."""
    source = schema.Source("a.comments.yaml")
    found = comments.read(text, source)
    return found, [f"{each.place} {each.code}".partition(":")[2] for each in source.problems]


# The file


def test_a_file_says_who_wrote_what_when_and_to_whom() -> None:
    found, problems = read(
        "- id: y1\n  author: Nguyễn Thị  Lan\n  date: 17/07/2020, 8:05\n  body: |\n"
        "    Rất hay.\n\n\n\n    Cảm ơn *mọi người*.\n"
        "- author: Ban biên tập\n  date: 2020-07-18\n  reply_to: y1\n  body: Cảm ơn bạn.\n"
    )
    assert not problems
    assert found == (
        Comment(
            "Nguyễn Thị Lan",
            Moment(2020, 7, 17, "08:05", "+07:00"),
            "Rất hay.\n\nCảm ơn *mọi người*.",
            "y1",
        ),
        Comment("Ban biên tập", Moment(2020, 7, 18), "Cảm ơn bạn.", reply_to="y1"),
    )


@pytest.mark.parametrize("text", ["", "\n", "# chưa có\n", "[]\n", "~\n"])
def test_a_file_can_be_empty(text: str) -> None:
    assert read(text) == ((), [])


ONE = "- id: a\n  author: Lan\n  date: 2020-07-17\n  body: Hay.\n"
BROKEN = {
    "author: Lan\n": "1:1 comments-no-list",
    "chữ\n": "1:1 comments-no-list",
    "- chữ\n": "1:3 expected-mapping",
    ONE + "- author: Lan\n  date: 2020-07-17\n": "5:3 missing-key",
    ONE + "  email: lan@example.org\n": "5:3 unknown-key",
    ONE + "  ip: 192.0.2.1\n": "5:3 unknown-key",
    ONE + "  reply_to: b\n": "5:13 comment-reply-unknown",
    ONE + "  reply_to: a\n": "5:13 comment-reply-circle",
    ONE + ONE: "5:7 comment-id-twice",
    ONE.replace("id: a", "id: <script>"): "1:7 bad-id",
    ONE.replace("2020-07-17", "hôm qua"): "3:9 date-unreadable",
    ONE.replace("Hay.", "[a, b]"): "4:9 expected-text",
    ONE.replace("Hay.", "a" * 20_001): "4:9 comment-too-long",
    ONE.replace("Lan", "a" * 201): "2:11 comment-too-long",
    ONE.replace("  body", "\tbody"): "4:1 yaml-tab",
    ONE * 2001: "8001:3 comments-too-many",
    "- " * 5000: "1:101 yaml-deep",
    "[" * 90_000: "1:51 yaml-deep",
}


@pytest.mark.parametrize("text", BROKEN, ids=BROKEN.values())
def test_what_is_wrong_has_its_place(text: str) -> None:
    assert read(text)[1] == [BROKEN[text]]


def chain(number: int) -> list[Comment]:
    return [
        Comment("Lan", DAY, f"Ý {each}", f"y{each}", f"y{each - 1}" if each else "")
        for each in range(number)
    ]


def test_replies_have_a_depth_and_no_circles() -> None:
    assert read(comments.compose(chain(10)))[1] == []
    assert read(comments.compose(chain(11)))[1] == ["63:13 comment-too-deep"]
    circle = [*chain(3)[1:], Comment("Lan", DAY, "Ý", "y0", "y2")]
    assert len(read(comments.compose(circle))[1]) == 3
    assert comments.depths_of(circle) == [0, 0, 0]
    assert comments.depths_of(chain(2000)[::-1])[0] == 2000


def test_comments_of_other_programs_are_made_to_fit() -> None:
    late = Comment("", Moment(2020, 7, 18), " Có \r\n\r\n\r\n\r\n lý ", "có dấu", "mất")
    fitted, left_out = comments.fitted([late, *chain(13), Comment("Lan", DAY, " \u200b\n")])
    assert [each.body for each in left_out] == [" \u200b\n"]
    assert fitted[-1] == Comment("Ẩn danh", Moment(2020, 7, 18), "Có\n\n lý")
    assert max(comments.depths_of(fitted)) == 10
    assert [each.reply_to for each in fitted[9:13]] == ["y8"] * 4
    many = comments.fitted(Comment("Lan", DAY, "Ý") for _ in range(2003))
    assert [len(each) for each in many] == [2000, 3]


texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\r \t:-#'\"|>&*{}[]"))
dates = st.builds(Moment, st.just(2020), st.integers(1, 12), st.integers(1, 28))
names = st.sampled_from(["", "a", "b", "c", "d", "lạ"])
written = st.lists(st.builds(Comment, texts, dates, texts, names, names), max_size=8)


@settings(max_examples=300, deadline=None)
@given(written)
def test_what_was_made_to_fit_reads_as_it_was_written(some: list[Comment]) -> None:
    fitted, left_out = comments.fitted(some)
    assert len(fitted) + len(left_out) == len(some)
    assert read(comments.compose(fitted)) == (fitted, [])


# The page

PAGE, FILE = "2020/07/a.html", "content/2020/07/a.comments.yaml"
TALK = """\
- id: y1
  author: Nguyễn Thị Lan
  date: 2020-07-17 08:05
  body: |
    Tin *hay*. Xem [trang này](https://example.org/x).
    Dòng hai.
- author: Trần Văn Bình
  date: 2020-07-19
  body: Ý kiến khác.
- id: y2
  author: Ban biên tập
  date: 2020-07-18
  reply_to: y1
  body: Cảm ơn bạn.
"""


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    bench = Workbench(tmp_path)
    bench.bulletin("2020/07/a.md", slug="a", category="Tin tức", lead="Tin đầu.")
    bench.bulletin("2020/07/b.md", slug="b", category="Tin tức")
    bench.write("content/pages/gioi-thieu.md", "---\ntitle: Giới thiệu\n---\n\nChữ.\n")
    return bench


def section(page: Document) -> Element:
    return page.one("section", "comments")


def json_ld(page: Document) -> dict[str, Any]:
    (script,) = [each for each in page.all("script") if each.get("type") == "application/ld+json"]
    found: dict[str, Any] = json.loads(script.text or "")
    return found


def text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_comments_stand_under_their_bulletin_replies_below_what_they_reply_to(
    bench: Workbench,
) -> None:
    bench.write("site.yaml", (bench.folder / "site.yaml").read_text() + "reply: {mail: a@b.vn}\n")
    bench.write(FILE, TALK)
    bench.build()
    html = bench.page(PAGE)
    page = Document(PAGE, html)
    shown = section(page)
    heading = next(shown.iter("h2"))
    assert (heading.get("id"), text(heading)) == (
        shown.get("aria-labelledby"),
        "Readers' comments (3)",
    )
    first, second = shown.findall("ol/li")
    assert [text(each) for each in shown.iter("h3")] == [
        "Nguyễn Thị Lan", "Ban biên tập", "Trần Văn Bình",
    ]  # fmt: skip
    assert text(second) == "Trần Văn Bình Sunday, 19/07/2020 Ý kiến khác."
    (reply,) = first.findall("ol/li")
    assert text(reply) == (
        "Ban biên tập Saturday, 18/07/2020 in reply to Nguyễn Thị Lan Cảm ơn bạn."
    )
    assert [each.get("href") for each in reply.iter("a")] == ["#y_kien-y2", "#y_kien-y1"]
    times = [each.get("datetime") for each in shown.iter("time")]
    assert times[0] == "2020-07-17T08:05:00+07:00"
    link = first.find("article/p/a[@rel]")
    assert link is not None
    assert link.attrib == {"href": "https://example.org/x", "rel": "nofollow ugc noopener"}
    assert html.index('class="comments"') < html.index('class="reply')
    assert all(page.ids.count(each.get("id")) == 1 for each in shown.iter("article"))


def test_search_engines_are_told(bench: Workbench) -> None:
    bench.write(
        FILE, TALK + "".join(f"- {{author: L, date: 2021, body: Ý {n}}}\n" for n in range(30))
    )
    bench.build()
    data = json_ld(Document(PAGE, bench.page(PAGE)))
    assert data["commentCount"] == 33
    assert len(data["comment"]) == 20
    assert data["comment"][0] == {
        "@type": "Comment",
        "author": {"@type": "Person", "name": "Nguyễn Thị Lan"},
        "dateCreated": "2020-07-17T08:05:00+07:00",
        "text": "Tin hay. Xem trang này. Dòng hai.",
    }
    other = json_ld(Document("b", bench.page("2020/07/b.html")))
    assert "comment" not in json.dumps(other)


def test_adding_changing_and_removing_comments_renders_that_page_alone(bench: Workbench) -> None:
    bench.build()
    before = bench.tree()
    bench.write(FILE, TALK)
    assert bench.build().rendered == {PAGE}
    changed = {path for path, data in bench.tree().items() if before.get(path) != data}
    assert changed - {".danvan-site", "manifest-sha256.txt"} == {PAGE}, (
        "in no list, feed, search, no file of its own"
    )
    assert bench.build().rendered == set()
    bench.write(FILE, TALK.replace("Cảm ơn bạn", "Cảm ơn"))
    assert bench.build().rendered == {PAGE}
    incremental = bench.tree()
    bench.build("--clean")
    assert bench.tree() == incremental
    (bench.folder / FILE).unlink()
    assert bench.build().rendered == {PAGE}
    assert bench.tree() == before


def test_a_plain_page_can_have_comments_too(bench: Workbench) -> None:
    bench.build()
    bench.write("content/pages/gioi-thieu.comments.yaml", TALK)
    assert bench.build().rendered == {"gioi-thieu.html"}
    assert len(list(section(Document("g", bench.page("gioi-thieu.html"))).iter("article"))) == 3


def test_comments_without_their_bulletin_are_a_warning(bench: Workbench) -> None:
    bench.write(FILE, TALK)
    (bench.folder / "content/2020/07/a.md").rename(bench.folder / "content/2020/07/c.md")
    assert bench.build().problems == [f"{FILE} comments-without-bulletin"]
    assert bench.run("build", "--strict").code == 1
    told = bench.run("check", "--language", "vi")
    assert "không có tin a.md" in told.stderr and "đổi tên" in told.stderr


@pytest.mark.parametrize("front", [{"review": ["tên"]}, {"draft": True}, {"date": "2120-01-01"}])
def test_comments_wait_with_their_bulletin(bench: Workbench, front: dict[str, object]) -> None:
    bench.bulletin("2020/07/a.md", slug="a", **front)
    bench.write(FILE, TALK)
    assert not [each for each in bench.build().problems if "comments" in each]
    assert not any(b"y_kien" in data for data in bench.tree().values())


def test_a_fault_in_comments_has_its_place_and_stops_publishing(bench: Workbench) -> None:
    bench.write(FILE, TALK.replace("  body: Cảm ơn", "  emial: a@b.vn\n  body: Cảm ơn"))
    outcome = bench.run("build", "--json")
    assert outcome.code == 1
    assert outcome.problems == [f"{FILE}:14:3 unknown-key"]
    (bench.folder / FILE).write_bytes(TALK.encode("utf-16"))
    assert bench.run("build", "--json").problems == [f"{FILE}:1:1 not-utf-8"]
    bench.write(FILE, TALK)
    assert bench.build().problems == []


def test_a_file_of_comments_is_nothing_to_link_to(bench: Workbench) -> None:
    bench.write(FILE, TALK)
    bench.bulletin("2020/07/b.md", "[tải](a.comments.yaml)\n", slug="b")
    assert bench.run("build", "--json").problems == ["content/2020/07/b.md:8:7 file-kind"]


def test_the_preview_shows_new_comments(bench: Workbench) -> None:
    with Preview(bench) as preview:
        bench.write(FILE, TALK)
        preview.wait_for("Đã dựng lại")
        assert "Cảm ơn bạn." in preview.get(f"/ban-tin/{PAGE}")[1]


# What readers type

TYPED = {
    "**rất** *hay*": "<p><strong>rất</strong> <em>hay</em></p>",
    "a\nb": "<p>a<br>\nb</p>",
    "# đề mục": "<p># đề mục</p>",
    "đề mục\n===": "<p>đề mục<br>\n===</p>",
    "---": "<p>---</p>",
    "|a|b|\n|-|-|": "<p>|a|b|<br>\n|-|-|</p>",
    "`mã`": "<p>`mã`</p>",
    "    lùi": "<p>lùi</p>",
    "![ảnh](https://a.vn/x.png)": "<p>![ảnh](https://a.vn/x.png)</p>",
    "<b>chữ</b>": "<p>&lt;b&gt;chữ&lt;/b&gt;</p>",
    "a[^1]\n\n[^1]: b": "<p>a[^1]</p>\n<p>[^1]: b</p>",
    "[a](bai.md)": "<p>[a](bai.md)</p>",
    "[a](//a.vn)": "<p>[a](//a.vn)</p>",
    "[a](danvan:0)": "<p>[a](danvan:0)</p>",
    "<mailto:a@b.vn>": '<p><a href="mailto:a@b.vn" rel="nofollow ugc noopener">a@b.vn</a></p>',
    "10/2022/QH15 của UBND": "<p>10/2022/QH15 của UBND</p>",
}


@pytest.mark.parametrize("typed", TYPED)
def test_a_comment_has_paragraphs_emphasis_links_lists_and_quotes_and_nothing_else(
    typed: str,
) -> None:
    assert (
        markdown.read_comment(typed)[0].strip().replace("mailto:a@b.vn</a>", "a@b.vn</a>")
        == (TYPED[typed])
    )


ATTACKS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</article></section><h1>Tin giả</h1>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&#58;alert(1))",
    "[a](&#x6A;avascript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "<javascript:alert(1)>",
    '[a](https://a.vn/"onmouseover="alert(1))',
    "[a](https://a.vn 'x\" onmouseover=\"alert(1)')",
    '![a](x"onerror=alert(1))',
    "{{ site.title }}{% raw %}",
    "\u202egnuvàl\u202c",
    "a&#0;b&#x202e;",
]


@pytest.mark.browser
def test_nothing_that_readers_type_runs_or_breaks_the_page(
    bench: Workbench, browser: Browser, addresses: Callable[..., str]
) -> None:
    some = [
        Comment(attack[:200], DAY, f"{attack}\n\n> {attack}\n\n- {attack}") for attack in ATTACKS
    ]
    bench.write(FILE, comments.compose(some))
    bench.build()
    output = Output(bench.output)
    page = output[PAGE]
    assert not page.errors
    found = list(section(page).iter("article"))
    assert len(found) == len(ATTACKS)
    allowed = {"article", "h3", "bdi", "p", "a", "time", "br", "em", "strong", "ul", "ol", "li"}
    for article in found:
        assert {each.tag for each in article.iter()} <= allowed | {"blockquote"}
        for each in article.iter():
            assert set(each.attrib) <= {"class", "id", "href", "rel", "datetime", "title"}
            assert each.get("href", "#").startswith(("#", "https://a.vn"))
    data = json_ld(page)
    assert data["comment"][0]["author"]["name"] == ATTACKS[0]
    window = Window(browser, addresses(output))
    window.open(PAGE)
    window.context.close()
    assert not window.faults


@pytest.mark.browser
def test_comments_are_reached_by_keyboard_and_fit_a_phone(
    crowded: Output, browser: Browser, addresses: Callable[..., str]
) -> None:
    window = Window(browser, addresses(crowded))
    page = window.open("2021/03/du-thu.html")
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    lefts = page.locator(".comment").evaluate_all(
        "all => all.map(each => Math.round(each.getBoundingClientRect().left))"
    )
    assert len(lefts) == 10
    assert len(set(lefts)) == 3, "steps to the right end before the phone does"
    page.locator("#y_kien-y0").evaluate("each => { each.querySelector('a').focus() }")
    tab_to(page, "Nguyễn Thị Minh Khai")
    page.keyboard.press("Enter")
    assert page.url.endswith("#y_kien-y1")
    assert page.locator("#y_kien-y1").evaluate("each => each.matches(':target')")
    window.context.close()
    assert not window.faults
