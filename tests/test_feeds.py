"""What machines read: feeds, sitemap, redirects, open data; and what must be in none of it."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest

from tests.sites import BASE_URL, Output, Window, bulletins_of_the_demo, serving
from tests.workbench import Workbench

ALIAS = "pages/2019-03-12/Tiep-cong-dan-dinh-ky-quy-I-k3v9xq.aspx"
EXPIRED = "2024/04/lay-y-kien-quy-che-nha-van-hoa.html"
ALIASED = "2019/03/tiep-cong-dan-quy-mot.html"
ATOM = "application/atom+xml"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def file_of(site: Output, address: str) -> str:
    """Return the file that an absolute address of the site means."""
    assert address.startswith(BASE_URL), address
    path = address.removeprefix(BASE_URL)
    assert path in site.files, address
    return path


def parsed(site: Output, path: str) -> feedparser.FeedParserDict:
    """Read an Atom feed as feed readers do."""
    feed = feedparser.parse(
        (site.folder / path).read_bytes(), response_headers={"content-type": ATOM}
    )
    assert not feed.bozo, f"{path}: {feed.get('bozo_exception')}"
    assert feed.version == "atom10", path
    return feed


def test_every_atom_feed_parses_with_unique_entries_newest_first(demo: Output) -> None:
    feeds = [path for path in sorted(demo.files) if path.endswith("feed.xml")]
    assert len(feeds) > 40
    for path in feeds:
        feed = parsed(demo, path)
        assert feed.feed.id == feed.feed.links[0].href == BASE_URL + path
        assert demo.pages[file_of(demo, feed.feed.link)]
        ids = [entry.id for entry in feed.entries]
        assert ids and len(set(ids)) == len(ids), path
        dates = [datetime.fromisoformat(entry.published) for entry in feed.entries]
        assert dates == sorted(dates, reverse=True), path
        changed = [datetime.fromisoformat(entry.updated) for entry in feed.entries]
        assert datetime.fromisoformat(feed.feed.updated) == max(changed), path
        for entry in feed.entries:
            assert entry.title and entry.summary and entry.link, path
            file_of(demo, entry.link)


def test_the_feed_of_the_site_has_the_twenty_newest(demo: Output) -> None:
    feed = parsed(demo, "feed.xml")
    standing = [each for each in bulletins_of_the_demo() if each.get("status") != "withdrawn"]
    newest = standing[-20:][::-1]
    assert [entry.title for entry in feed.entries] == [each["title"] for each in newest]
    first = feed.entries[0]
    assert first.published == "2026-10-15T07:15:00+07:00"
    assert [author.name for author in first.authors] == ["An Nhiên", "Ánh Dương"]
    assert [tag.term for tag in first.tags][:2] == ["Dân vận khéo", "Tin tức – Sự kiện"]
    assert feed.feed.author == "Ban Tuyên giáo và Dân vận Tỉnh ủy Sông Thao"


def test_no_feed_sends_readers_to_what_was_withdrawn(demo: Output) -> None:
    (page,) = (path for path in demo.files if path.endswith("/danh-sach-ho-sua-nha.html"))
    assert demo.pages[page]
    for path in sorted(demo.files):
        if path.endswith(("feed.xml", "feed.json", "sitemap.xml")):
            assert page not in demo.text(path), path


def test_a_feed_of_a_term_has_the_bulletins_of_its_list(demo: Output) -> None:
    feed = parsed(demo, "su-kien/chuyen-sang-chinh-quyen-dia-phuong-hai-cap/feed.xml")
    topic = "Chuyển sang chính quyền địa phương hai cấp"
    members = [each["title"] for each in bulletins_of_the_demo() if each.get("topic") == topic]
    assert [entry.title for entry in feed.entries] == members[::-1]


def test_pages_name_the_feeds_that_concern_them(demo: Output, homeless: Output) -> None:
    def feeds(site: Output, path: str) -> list[tuple[str, str]]:
        links = [each for each in site[path].all("link") if each.get("rel") == "alternate"]
        return [(each.get("type", ""), each.get("href", "")) for each in links]

    json_feed = "application/feed+json"
    assert feeds(demo, "index.html") == [(ATOM, "feed.xml"), (json_feed, "feed.json")]
    own = (ATOM, "../../chuyen-muc/dan-van-kheo/feed.xml")
    assert own in feeds(demo, "2020/10/nhip-cau-ben-da.html")
    assert own in feeds(demo, "chuyen-muc/dan-van-kheo/index.html")
    assert feeds(homeless, "index.html") == []


def test_the_json_feed_keeps_version_1_1(demo: Output) -> None:
    feed = json.loads(demo.text("feed.json"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{BASE_URL}feed.json"
    assert file_of(demo, feed["home_page_url"]) == "index.html"
    assert (feed["title"], feed["language"]) == ("Bản tin Dân vận Sông Thao", "vi")
    assert all(author["name"] for author in feed["authors"])
    assert [item["id"] for item in feed["items"]] == [
        entry.id for entry in parsed(demo, "feed.xml").entries
    ]
    for item in feed["items"]:
        assert item["content_text"] and item["title"]
        assert file_of(demo, item["url"]) == file_of(demo, item["id"])
        assert datetime.fromisoformat(item["date_published"]).tzinfo
        assert datetime.fromisoformat(item["date_modified"]).tzinfo
        assert all(author["name"] for author in item.get("authors", ()))
        assert all(isinstance(tag, str) for tag in item.get("tags", ()))
        if "image" in item:
            file_of(demo, item["image"])


def test_an_item_without_a_word_of_text_still_has_what_the_json_feed_asks_for(
    english: Output,
) -> None:
    items = json.loads(english.text("feed.json"))["items"]
    silent = next(item for item in items if item["title"] == "Silence")
    assert silent["content_text"] == "Silence"


def test_the_sitemap_names_files_and_leaves_out_what_was_withdrawn(demo: Output) -> None:
    root = ElementTree.fromstring(demo.text("sitemap.xml"))
    assert root.tag == f"{SITEMAP}urlset"
    assert {child.tag for child in root} == {f"{SITEMAP}url"}
    paths = [file_of(demo, url.findtext(f"{SITEMAP}loc", "")) for url in root]
    assert len(set(paths)) == len(paths)
    left_out = {"2024/12/danh-sach-ho-sua-nha.html", "404.html", f"{ALIAS}/index.html", EXPIRED}
    left_out |= {path for path in demo.pages if path.endswith("/ban-tin.html")}
    assert all(demo[path].meta("robots") == ["noindex"] for path in left_out)
    assert set(demo.pages) - set(paths) == left_out
    changed = {
        path: url.findtext(f"{SITEMAP}lastmod") for path, url in zip(paths, root, strict=True)
    }
    assert changed["2024/09/ung-pho-mua-lu.html"] == "2024-09-14"
    assert changed["2018/05/hai-muoi-nam-quy-che-dan-chu.html"] == "2018-05"
    assert changed["2017/so-tay-hoa-giai-vien.html"] is None


def test_robots_and_opensearch_name_the_site(demo: Output, homeless: Output) -> None:
    robots = demo.text("robots.txt").splitlines()
    assert robots == ["User-agent: *", "Allow: /", f"Sitemap: {BASE_URL}sitemap.xml"]
    search = ElementTree.fromstring(demo.text("opensearch.xml"))
    assert search.tag == f"{OPENSEARCH}OpenSearchDescription"
    assert len(search.findtext(f"{OPENSEARCH}ShortName", "")) in range(1, 17)
    template = search.find(f"{OPENSEARCH}Url")
    assert template is not None
    assert template.get("template") == f"{BASE_URL}tim-kiem.html?q={{searchTerms}}"
    absolute = {"feed.xml", "feed.json", "sitemap.xml", "opensearch.xml"}
    assert not absolute & homeless.files
    assert homeless.text("robots.txt") == "User-agent: *\nAllow: /\n"


def test_hosts_that_read_redirects_send_on_from_the_old_address(
    demo: Output, homeless: Output
) -> None:
    assert demo.text("_redirects") == f"/ban-tin/{ALIAS} /ban-tin/{ALIASED} 301!\n"
    assert homeless.text("_redirects") == f"/{ALIAS} /{ALIASED} 301!\n"


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_an_old_address_leads_to_the_bulletin(
    demo: Output, window: Callable[..., Window], scripts: bool
) -> None:
    with serving(demo.folder, "/ban-tin/") as home:
        here = window(home, java_script_enabled=scripts)
        page = here.open(f"{ALIAS}/index.html", wait="commit")
        page.wait_for_url(home + ALIASED)
        assert page.locator("h1").inner_text().startswith("Bình Nguyên: 37 lượt tiếp công dân")
        here.context.close()


def test_open_data_has_every_published_bulletin_once(demo: Output, homeless: Output) -> None:
    published = bulletins_of_the_demo()
    records = [json.loads(line) for line in demo.text("du-lieu/bai-viet.jsonl").splitlines()]
    assert [each["title"] for each in records] == [each["title"] for each in published]
    assert [each["date"][:4] for each in records] == [each["date"][:4] for each in published]
    years: list[dict[str, str]] = []
    for year in sorted({each["date"][:4] for each in published}):
        lines = demo.text(f"du-lieu/{year}.jsonl").splitlines()
        years += [json.loads(line) for line in lines]
    assert [each["url"] for each in years] == [each["url"] for each in records]
    for record, whole in zip(records, years, strict=True):
        file_of(demo, record["url"])
        assert record["data"] == f"{whole['date'][:4]}.jsonl"
        assert whole["body"].strip()
    plain = [json.loads(line) for line in homeless.text("du-lieu/bai-viet.jsonl").splitlines()]
    assert [each["url"] for each in plain] == [file_of(demo, each["url"]) for each in records]


def test_the_table_opens_in_a_spreadsheet(demo: Output) -> None:
    raw = (demo.folder / "du-lieu/bai-viet.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and b"\r\n" in raw
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [row["title"] for row in rows] == [each["title"] for each in bulletins_of_the_demo()]
    row = next(row for row in rows if row["url"].endswith("gap-mat-90-nam.html"))
    assert row["author"] == "Minh Khuê; An Nhiên"
    assert row["category"] == "Tin tức – Sự kiện; Dân vận khéo"
    assert (row["date"], row["views"]) == ("2020-10-14T16:20:00+07:00", "811")


def test_open_data_can_be_found_from_the_archive(demo: Output) -> None:
    links = {link.value for link in demo["luu-tru/index.html"].links}
    assert {"../du-lieu/bai-viet.csv", "../du-lieu/bai-viet.jsonl"} <= links


def test_nothing_of_a_draft_a_held_or_an_expired_bulletin_is_anywhere(
    demo: Output, homeless: Output
) -> None:
    hidden = (
        "Kỷ yếu mười năm Bản tin",
        "du-thao-ky-yeu",
        "Giao ban công tác dân vận cụm vùng cao cuối năm",
        "giao-ban-cuoi-nam-cum-thuong-son",
        "Lấy ý kiến về dự thảo quy chế sử dụng nhà văn hóa thôn",
        "lay-y-kien-quy-che-nha-van-hoa",
        "được treo tại nhà văn hóa của các thôn",
    )
    marks = [form.encode() for text in hidden for form in (text, json.dumps(text)[1:-1])]
    marks += [unicodedata.normalize("NFD", text).encode() for text in hidden]
    for site in (demo, homeless):
        for path in site.files:
            content = (site.folder / path).read_bytes()
            if path in (EXPIRED, "manifest-sha256.txt"):
                # The notice that the expired one has left says what it was called, no more.
                content = content.replace(hidden[4].encode(), b"").replace(hidden[5].encode(), b"")
            assert not [mark for mark in marks if mark in content], path


def test_what_feeds_and_open_data_say_is_what_was_written(tmp_path: Path) -> None:
    title = "Dân & <quan> nói \"thẳng\", 'thật' ]]> \t hết"
    body = unicodedata.normalize("NFD", "Tiếng Việt\r\n\r\nhai đoạn, **đậm** & <nhạt>\r\n")
    tags = ['Thẻ "một" & hai', "Thẻ <ba>"]
    site = Workbench(tmp_path)
    site.bulletin("2020/07/tin.md", body, title=title, tags=tags, lead="Trước\x0bsau")
    site.build()
    feed = parsed(Output(site.output), "feed.xml")
    (entry,) = feed.entries
    shown = title.replace("\t ", "")
    assert entry.title == shown
    assert [each.term for each in entry.tags] == tags
    for name, known in (("2020", body), ("bai-viet", "")):
        record = json.loads(site.page(f"du-lieu/{name}.jsonl"))
        assert (record["title"], record["tags"]) == (shown, tags)
        assert record["path"] == "2020/07/tin.md"
        known = unicodedata.normalize("NFC", known).replace("\r\n", "\n")
        assert record.get("body", "") == known
