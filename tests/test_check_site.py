"""`check` on what is rendered: pages, links, files for machines, search, what rules ask.  Each is
broken by what a webmaster can do, and told with its place."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from danvan_site.examining import machine, pages, site
from danvan_site.examining.site import Item
from tests.workbench import ROOT, SETTINGS, Outcome, Workbench

_OURS = re.compile("page-|pages-|file-lacks|file-malformed|search-|link-")


def checked(site: Workbench, *arguments: str) -> Outcome:
    """Examine; nothing is published, and nothing goes wrong with the program."""
    outcome = site.run("check", "--json", *arguments)
    assert outcome.code in (0, 1), outcome.stdout + outcome.stderr
    assert not site.output.exists()
    return outcome


def told(outcome: Outcome) -> list[dict[str, Any]]:
    """Return what was told of the rendered site."""
    return [each for each in outcome.report["problems"] if _OURS.match(each["code"])]


def codes(outcome: Outcome) -> list[str]:
    return sorted(each["code"] for each in told(outcome))


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path / "site")
    site.bulletin("2020/07/mot.md", "Đoạn một.\n\n## Mục\n\nĐoạn hai.\n")
    site.bulletin("2020/07/hai.md", "Đoạn ba, xem [mục](mot.md#muc).\n", date="2020-07-17")
    return site


def change(site: Workbench, template: str, old: str, new: str) -> None:
    """Give the site a template of its own that differs from the theme's in one place."""
    file = site.folder / "templates" / template
    text = (file if file.exists() else ROOT / "templates" / template).read_text("utf-8")
    assert old in text
    site.write(f"templates/{template}", text.replace(old, new, 1))


def line_of(site: Workbench, each: dict[str, Any]) -> str:
    """Return what stands at a place that was told, in the page as the build makes it."""
    text = (site.folder / each["file"]).read_text("utf-8").splitlines()[each["line"] - 1]
    return text[each["column"] - 1 :]


def test_sites_of_the_theme_have_nothing_to_tell(bench: Workbench, tmp_path: Path) -> None:
    assert told(checked(bench)) == []
    demo = Workbench(tmp_path / "demo")
    shutil.rmtree(demo.folder)
    demo.folder.mkdir()
    shutil.copytree(ROOT / "content", demo.folder / "content")
    shutil.copy(ROOT / "site.yaml", demo.folder)
    assert told(checked(demo)) == []


# What templates can do: what stands in the theme, what the site's own has instead, what is told.
BROKEN = [
    ("page.html", "{% endblock %}", "<div>{% endblock %}", "page-unclosed", "<div>"),
    ("page.html", "{% endblock %}", "</section>{% endblock %}", "page-stray-end", "</section>"),
    (
        "article.html",
        '<article class="article">',
        '<article class="article"><p><b><div></div></b></p>',
        "page-misnested",
        "<div>",
    ),
    (
        "article.html",
        '<article class="article">',
        '<article class="article" class="tin">',
        "page-attribute-twice",
        "<article",
    ),
    (
        "article.html",
        '<article class="article">',
        '<article class="article" id="noi_dung">',
        "page-id-twice",
        "<article",
    ),
    ("base.html", "<!DOCTYPE html>\n", "", "page-no-doctype", ""),
    ("base.html", ' lang="{{ site.language }}"', "", "page-no-language", ""),
    (
        "search.html",
        "{% block content %}",
        "{% block title %}{% endblock %}{% block content %}",
        "page-no-title",
        "",
    ),
    ("redirect.html", 'http-equiv="Content-Security-Policy"', 'name="x"', "page-no-policy", ""),
    (
        "base.html",
        "script-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "page-weak-policy",
        "<meta",
    ),
    (
        "article.html",
        '<div class="prose"',
        '<h5>Năm</h5><div class="prose"',
        "page-heading-skip",
        "<h5>",
    ),
    (
        "home.html",
        "{% block content %}",
        '{% block content %}<img src="giao-dien/emblem.svg">',
        "page-image-alt",
        "<img",
    ),
    (
        "article.html",
        '<article class="article">',
        '<article class="article" style="color:red">',
        "page-inline",
        "<article",
    ),
    (
        "article.html",
        '<article class="article">',
        '<article class="article" onclick="go()">',
        "page-inline",
        "<article",
    ),
    (
        "home.html",
        "{% block content %}",
        "{% block content %}<script>go()</script>",
        "page-inline",
        "<script>",
    ),
    (
        "home.html",
        "{% block content %}",
        '{% block content %}<a href=" javascript:go()">x</a>',
        "page-inline",
        "<a ",
    ),
    (
        "base.html",
        "</head>",
        '<script src="https://thong-ke.example/ga.js"></script></head>',
        "page-foreign",
        "<script",
    ),
    (
        "base.html",
        "</head>",
        '<link rel="stylesheet" href="//phong-chu.example/c.css"></head>',
        "page-foreign",
        "<link",
    ),
    (
        "article.html",
        '<article class="article">',
        '<article class="article"><a href="../khong-co.html">x</a>',
        "page-dead-link",
        "<a ",
    ),
    (
        "home.html",
        "{% block content %}",
        '{% block content %}<a href="/luu-tru/index.html">x</a>',
        "page-dead-link",
        "<a ",
    ),
    (
        "home.html",
        "{% block content %}",
        '{% block content %}<a href="https://example.org/ban-tin/khong-co.html">x</a>',
        "page-dead-link",
        "<a ",
    ),
    (
        "home.html",
        "{% block content %}",
        '{% block content %}<a href="luu-tru/index.html#khong_co">x</a>',
        "page-dead-anchor",
        "<a ",
    ),
    ("article.html", "{{ jsonld | safe }}", "{{ jsonld }}", "page-data", "<script"),
]


@pytest.mark.parametrize(
    ("template", "old", "new", "code", "found"),
    BROKEN,
    ids=[f"{b[3]}-{n}" for n, b in enumerate(BROKEN)],
)
def test_what_a_template_breaks_is_told_once_with_its_place(
    bench: Workbench, template: str, old: str, new: str, code: str, found: str
) -> None:
    bench.bulletin("pages/gioi-thieu.md", title="Giới thiệu", date=None)
    bench.bulletin("2020/07/ba.md", aliases=["/cu/ba.aspx"])
    change(bench, template, old, new)
    outcome = checked(bench)
    problems = [each for each in told(outcome) if each["code"] == code]
    assert codes(outcome)[:1] == [code] or code in codes(outcome)
    assert problems, codes(outcome)
    (first, *more) = problems
    assert not [each for each in more if each["text"] == first["text"]]
    assert "templates/" in first["remedy"]
    # The build makes the same page, and there it stands.
    bench.build()
    assert line_of(bench, first).startswith(found)


def test_what_a_bulletin_brings_along_is_told_with_the_bulletin(bench: Workbench) -> None:
    bench.write("site.yaml", SETTINGS + "markdown: {html: sanitize}\n")
    body = '## Mục\n\n<div id="muc">Một</div>\n\n<h5>Sâu</h5>\n\n<a href="#khong-co">x</a>\n'
    bench.bulletin("2020/07/tho.md", body)
    outcome = checked(bench)
    assert set(codes(outcome)) == {"page-dead-anchor", "page-heading-skip", "page-id-twice"}
    for each in told(outcome):
        # In the document of its month the same stands once more.
        assert "content/2020/07/tho.md" in each["remedy"] or "month-bulletin" in each["remedy"]


def test_a_fault_on_all_pages_is_told_once_and_counted(bench: Workbench) -> None:
    for day in range(1, 9):
        bench.bulletin(f"2020/08/tin-{day}.md", date=f"2020-08-0{day}")
    change(
        bench, "article.html", '<article class="article">', '<article class="article"><h5>x</h5>'
    )
    problems = [each for each in told(checked(bench)) if each["code"] == "page-heading-skip"]
    (problem,) = problems
    assert "10" in problem["text"]


def test_a_broken_file_for_machines_is_told(bench: Workbench) -> None:
    change(bench, "manifest.json", "{", "{,")
    (problem,) = told(checked(bench))
    assert (problem["code"], problem["file"]) == ("file-malformed", "public/manifest.json")
    assert problem["line"] == 1


# Files for machines, broken by hand: no template makes them.
FEED = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>https://a.example/feed.xml</id>
<link rel="self" href="https://a.example/feed.xml"/><link rel="alternate" href="https://a.example/"/>
<updated>2020-07-16T00:00:00+07:00</updated><author><name>N</name></author>
<entry><title>A</title><id>https://a.example/1</id><updated>2020-07-16T00:00:00Z</updated>
<link rel="alternate" href="https://a.example/1"/></entry>
<entry><title>B</title><id>https://a.example/2</id><updated>2020-07-16T00:00:00Z</updated></entry>
</feed>"""
SITEMAP = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>https://a.example/1</loc><lastmod>2020-07</lastmod></url>
<url><loc>https://a.example/2</loc></url></urlset>"""
SEARCH = b"""<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/"><ShortName>T</ShortName>
<Description>D</Description><Url template="https://a.example/t?q={searchTerms}"/></OpenSearchDescription>"""
JSON_FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1", "title": "T",
    "home_page_url": "https://a.example/", "feed_url": "https://a.example/feed.json",
    "items": [{"id": "1", "url": "https://a.example/1", "content_text": "x",
               "date_published": "2020-07-16T00:00:00Z"}],
}  # fmt: skip
MACHINE = [
    (
        "atom",
        FEED,
        [
            (b"</feed>", b""),
            (b"A</title>", b"A</titel>"),
            (b"<title>A</title>", b""),
            (b"https://a.example/2</id>", b"https://a.example/1</id>"),
            (b"<author><name>N</name></author>", b""),
            (b"2020-07-16T00:00:00Z", b"16/07/2020"),
            (b'rel="self"', b'rel="via"'),
            (b'href="https://a.example/1"', b'href="1"'),
            (b"2005/Atom", b"2004/Atom"),
            (b"<feed", b"<!DOCTYPE feed><feed"),
        ],
    ),
    (
        "sitemap",
        SITEMAP,
        [
            (b"https://a.example/2", b"https://a.example/1"),
            (b"https://a.example/2", b"2"),
            (b"2020-07<", b"07/2020<"),
            (b"https://a.example/2", b"https://b.example/2"),
            (b"</urlset>", b""),
            (b"sitemap/0.9", b"sitemap/0.8"),
        ],
    ),
    (
        "opensearch",
        SEARCH,
        [
            (b"<ShortName>T", b"<ShortName>A name far too long"),
            (b"{searchTerms}", b"x"),
            (b"D</D", b"</D"),
        ],
    ),
    (
        "json-feed",
        json.dumps(JSON_FEED).encode(),
        [
            (b"}", b""),
            (b'"title": "T", ', b""),
            (b'"id": "1", ', b""),
            (b"T00:00:00Z", b""),
            (b'"content_text": "x", ', b""),
            (b"https://a.example/feed.json", b"feed.json"),
            (b"version/1.1", b""),
        ],
    ),
    (
        "manifest",
        b'{"name": "n", "start_url": "./", "icons": [{}]}',
        [(b'"name"', b'"nam"'), (b"[{}]", b"[]")],
    ),
]


@pytest.mark.parametrize(("kind", "good", "changes"), MACHINE, ids=[each[0] for each in MACHINE])
def test_files_for_machines_have_what_their_standards_require(
    kind: str, good: bytes, changes: list[tuple[bytes, bytes]]
) -> None:
    read = machine.READERS[kind]
    assert list(read(good, "https://a.example/")) == []
    for old, new in changes:
        assert old in good
        assert list(read(good.replace(old, new, 1), "https://a.example/")), (old, new)


def test_every_optional_end_and_odd_corner_of_html_is_read_as_browsers_read_it() -> None:
    """Nothing of this is wrong, for the standard."""
    text = """<!DOCTYPE html><html lang=vi><head><meta charset=utf-8><title>T</title>
    <meta http-equiv=content-security-policy content="default-src 'none'"><body>
    <p>Một<p>Hai<ul><li>a<li>b<ul><li>c</ul></ul><dl><dt>x<dd>y<dt>z</dl><h1>H</h1>
    <table><caption>C</caption><thead><tr><th>1<tbody><tr><td>2<td>3<tr><td>4</table>
    <select><optgroup label=x><option>1<option>2</select><svg viewBox="0 0 1 1"><title>t</title>
    <path d="M0"/><g><a href="#s"/></g></svg><img src=a alt=""><br/><p>a <em>b</em> &lt; c
    <a id=s href="#s">s</a><script src="x.js"></script><template><p>x</template>
    """
    assert pages.read(text).faults == []


def test_of_many_pages_each_template_and_a_fixed_sample_are_examined() -> None:
    some = [Item(f"{n:05}.html", "article", f"t{n % 7}.html", "") for n in range(5_000)]
    first = site.chosen(some, most=1_000, sample=100)
    assert site.chosen(some[::-1], most=1_000, sample=100)[-50:] == first[-50:]
    assert {each.template for each in first} == {f"t{n}.html" for n in range(7)}
    assert 100 <= len(first) <= 107
    assert site.chosen(some, most=5_000) == some


# Search


def wrong_lengths(cache: Path) -> None:
    """What scores are made of: how long the fields are."""
    (file,) = cache.glob("*.search/lengths.json")
    text, stat = file.read_text("utf-8"), file.stat()
    swapped = str.maketrans("123456789", "987654321")
    wrong = re.sub(r'(?<="lengths":)\s*\[[^]]*', lambda each: each[0].translate(swapped), text)
    assert wrong != text
    # Other sizes and times are found out before: the file is made anew.
    file.write_text(wrong, "utf-8", newline="")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert file.stat().st_size == stat.st_size


def other_words(cache: Path) -> None:
    """The words of one bulletin are no longer those that the index was made of."""
    (file,) = cache.glob("state-*.sqlite")
    with closing(sqlite3.connect(file)) as database, database:
        rows = database.execute("SELECT path, data FROM stream_data ORDER BY path").fetchall()
        (first, _), (_, last) = rows[0], rows[-1]
        database.execute("UPDATE stream_data SET data = ? WHERE path = ?", (last, first))


@pytest.mark.parametrize("harm", [wrong_lengths, other_words])
def test_an_index_that_answers_wrongly_is_told(
    bench: Workbench, harm: Callable[[Path], None]
) -> None:
    names = ["một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười"]
    for day, name in enumerate(names, start=1):
        title = f"Ra mắt tổ {name} dân vận thôn số {name} ở xã vùng cao"
        bench.bulletin(f"2021/01/tin-{day:02}.md", title=title, date=f"2021-01-{day:02}")
    assert told(checked(bench)) == []
    harm(bench.folder / ".cache")
    assert set(codes(checked(bench))) == {"search-differs"}


# Links to other sites


def test_check_external_asks_nobody_at_home_and_tells_what_cannot_be_reached(
    bench: Workbench,
) -> None:
    body = "[nhà](http://127.0.0.1:9/quan-tri), [mạng](http://khong-co.invalid/a).\n"
    bench.bulletin("2020/07/ngoai.md", body, date="2020-07-18")
    assert told(checked(bench)) == []
    problems = told(checked(bench, "--external"))
    assert [(each["code"], each["file"], each["line"]) for each in problems] == [
        ("link-private", "content/2020/07/ngoai.md", 7),
        ("link-unreachable", "content/2020/07/ngoai.md", 7),
    ]
    assert "khong-co.invalid" in problems[1]["text"]
    known = (bench.folder / ".cache/links.jsonl").read_text("utf-8")
    assert "khong-co.invalid" in known


# What rules ask


def duties(outcome: Outcome) -> dict[str, dict[str, str]]:
    return {each["name"]: each for each in outcome.report["duties"]}


PUBLISHER = """publisher:
  name: Ban Dân vận Tỉnh ủy
  address: Số 1, đường Bến Đá
  phone: (0200) 3 000 000
  email: ban-tin@example.org
partners:
  - name: Cổng tỉnh
    url: https://cong.example/
"""


def test_what_rules_ask_is_looked_for_in_settings_and_pages(bench: Workbench) -> None:
    before = duties(checked(bench))
    state = {name: each["state"] for name, each in before.items()}
    assert {"search", "print", "archive", "structured", "exchange", "metadata", "private"} <= {
        name for name, found in state.items() if found == "present"
    }
    assert state["links"] == state["contact"] == state["about"] == state["measured"] == "missing"
    assert state["timely"] == state["backup"] == state["unified"] == "unseen"
    assert all(each["text"] and each["source"] for each in before.values())
    bench.write("site.yaml", SETTINGS.replace("language: en", "language: vi") + PUBLISHER)
    assert duties(checked(bench))["english"]["state"] == "missing"
    bench.bulletin("pages/gioi-thieu.md", title="Giới thiệu", date=None, menu=1)
    bench.bulletin("pages/about-us.md", title="Contact", date=None, menu=2, lang="en")
    after = duties(checked(bench))
    names = ("links", "contact", "about", "english")
    assert {after[name]["state"] for name in names} == {"present"}


# What a template can take away from a duty, and which one that is.
TAKEN = [
    ("partials/tools.html", 'href="#ban_in"', 'href="#noi_dung"', "print"),
    ("article.html", "{% for item in metadata %}", "{% for item in metadata[1:] %}", "metadata"),
    (
        "article.html",
        '<script type="application/ld+json">{{ jsonld | safe }}</script>',
        "",
        "structured",
    ),
    (
        "base.html",
        '<a class="skip-link" href="#noi_dung">{{ t(\'skip_to_content\') }}</a>',
        "",
        "accessible",
    ),
    ("base.html", "</head>", '<script src="https://e.example/emc.js"></script></head>', "private"),
    ("partials/footer.html", "text=site.publisher.phone", "text='–'", "contact"),
]


@pytest.mark.parametrize(("template", "old", "new", "name"), TAKEN, ids=[each[3] for each in TAKEN])
def test_what_a_template_takes_away_is_missing(
    bench: Workbench, template: str, old: str, new: str, name: str
) -> None:
    bench.write("site.yaml", SETTINGS + PUBLISHER)
    change(bench, template, old, new)
    found = duties(checked(bench))[name]
    assert (found["state"], bool(found["where"])) == ("missing", True)


def test_the_list_is_told_to_people_with_its_sources(bench: Workbench) -> None:
    outcome = bench.run("check", "--language", "vi")
    assert "NĐ 42/2022/NĐ-CP, Điều 7" in outcome.stdout
    assert "Tìm được mọi tin" in outcome.stdout
