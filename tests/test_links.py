"""Every link of the whole output leads somewhere, wherever the site is put."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest

from tests.sites import BASE_URL, Link, Output, is_external, resolve

SITES = ("demo", "homeless", "crowded", "dated", "english", "bare", "empty")
MOUNTS = ("/", "/ban-tin/")
# The page for missing addresses is shown at any depth, so there, and only there, links start at
# the top of the host, where the site knows its address.
BASE_PATHS = {"demo": "/ban-tin/", "english": "/"}


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> Output:
    """Each of the sites in turn."""
    output: Output = request.getfixturevalue(request.param)
    return output


def fault(site: Output, page: str, link: Link) -> str:
    """Return what is wrong with a link, '' when nothing is."""
    address = link.value
    if is_external(address):
        allowed = ("http", "https", "mailto") if link.tag in ("a", "form", "link") else ()
        return "" if urlsplit(address).scheme in allowed else "an address elsewhere"
    base = BASE_PATHS.get(site.folder.name)
    if page == "404.html" and base and address.startswith(base):
        address = address.removeprefix(base) or "index.html"
    if address.startswith("/"):
        return "starts at the top of the host"
    target, _, fragment = resolve(page, address).partition("#")
    if target.startswith("../"):
        return "leaves the site"
    if target not in site.files:
        return "leads to no file"
    if fragment and (target not in site.pages or fragment not in site.pages[target].ids):
        return "leads to no place in its page"
    return ""


def test_every_internal_link_leads_to_a_file_and_every_fragment_to_a_place(site: Output) -> None:
    faults = [
        f"{path}: <{link.tag} {link.attribute}={link.value}> {wrong}"
        for path, page in site.pages.items()
        for link in page.links
        if (wrong := fault(site, path, link))
    ]
    assert not faults, "\n".join(faults[:20])


def test_ids_are_unique_and_labels_name_them(site: Output) -> None:
    faults = []
    for path, page in site.pages.items():
        ids = set(page.ids)
        faults += [f"{path}: id {each} twice" for each in ids if page.ids.count(each) > 1]
        for element in page.elements:
            for attribute in ("for", "aria-labelledby", "aria-describedby"):
                missing = [each for each in element.get(attribute, "").split() if each not in ids]
                faults += [f"{path}: {attribute}={each} names nothing" for each in missing]
    assert not faults


def test_the_style_sheet_asks_for_nothing_elsewhere(demo: Output) -> None:
    styles = demo.text("giao-dien/theme.css")
    assert not re.search(r"@import|url\(", styles)


def crawl(home: str) -> set[str]:
    """Follow every internal address from the entry page; return the paths that were found."""
    host = urlsplit(home)
    connection = http.client.HTTPConnection(host.netloc, timeout=10)
    found: set[str] = set()
    ahead = [urljoin(home, "index.html")]
    try:
        while ahead:
            address = ahead.pop()
            if address in found:
                continue
            found.add(address)
            connection.request("GET", urlsplit(address).path)
            response = connection.getresponse()
            body = response.read()
            assert response.status == 200, address
            if response.headers.get_content_type() != "text/html":
                continue
            for value in re.findall(r'\s(?:href|src|action)="([^"]*)"', body.decode()):
                target = urldefrag(urljoin(address, value)).url.partition("?")[0]
                if target.startswith(home):
                    ahead.append(target)
                else:
                    assert urlsplit(target).netloc != host.netloc, f"{address}: {value}"
    finally:
        connection.close()
    return {address.removeprefix(home) for address in found}


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("name", ["demo", "homeless", "crowded", "english"])
def test_a_crawl_from_the_entry_page_reaches_every_page_under_any_path(
    name: str,
    mount: str,
    request: pytest.FixtureRequest,
    addresses: Callable[[Output, str], str],
) -> None:
    site: Output = request.getfixturevalue(name)
    found = crawl(addresses(site, mount))
    # The search index and the table of old addresses are fetched by their clients, file by file.
    ours = {path for path in site.files if not path.startswith(("tim-kiem/", "dia-chi-cu/"))}
    left = {path for path in ours - found if path.endswith((".html", ".js", ".css"))}
    # Nothing on the site leads to what has moved or expired: others' links do.
    redirects = {path for path, page in site.pages.items() if page.meta("refresh")}
    redirects |= {path for path, page in site.pages.items() if page.all("body", "kind-expired")}
    # Browsers ask for the worker by themselves, ui.js for what looks old addresses up.
    assert left == {"404.html", "sw.js", "giao-dien/dia-chi-cu.js"} | redirects


def test_the_page_for_missing_addresses_works_at_any_depth(
    demo: Output, addresses: Callable[[Output, str], str]
) -> None:
    links = [link for link in demo["404.html"].links if not is_external(link.value)]
    assert all(link.value.startswith(("/ban-tin/", "#")) for link in links)
    host = urlsplit(addresses(demo, "/ban-tin/"))
    connection = http.client.HTTPConnection(host.netloc, timeout=10)
    connection.request("GET", "/ban-tin/1999/khong/co/trang-nay.html")
    response = connection.getresponse()
    assert (response.status, b"404" not in response.read()) == (404, True)
    for link in links:
        connection.request("GET", link.value if link.value.startswith("/") else "/ban-tin/")
        response = connection.getresponse()
        response.read()
        assert response.status == 200, link
    connection.close()


def test_canonical_addresses_name_the_page_itself_and_only_where_the_site_knows_its_own(
    demo: Output, homeless: Output
) -> None:
    for path, page in demo.pages.items():
        named = [each.get("href") for each in page.all("link") if each.get("rel") == "canonical"]
        if page.meta("refresh"):
            assert named == [BASE_URL + resolve(path, page.links[-1].value)]
        else:
            kept_out = path == "404.html" or page.meta("robots") == ["noindex"]
            assert named == ([] if kept_out else [BASE_URL + path]), path
    for path, page in homeless.pages.items():
        assert not [each for each in page.all("link") if each.get("rel") == "canonical"], path
