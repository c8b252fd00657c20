"""Old addresses lead on: redirect pages, rules for hosts, and the table behind the 404 page."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Response

from tests.sites import serving
from tests.workbench import ROOT, SETTINGS, Workbench

A, B = "2020/07/a.html", "2020/07/b.html"


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Build a site whose two bulletins have stood at all kinds of addresses."""
    bench = Workbench(tmp_path_factory.mktemp("moved"))
    hosts = "redirects: [apache, iis, netlify, nginx]\n"
    bench.write("site.yaml", SETTINGS + hosts)
    bench.bulletin(
        "2020/07/a.md",
        aliases=[
            "/?p=123",
            "/?page_id=7&lang=vi",
            "/Default.aspx?tabid=12&ndid=345",
            "https://cu.example.vn/Tin-Tuc/Đổi mới.aspx?utm_source=zalo",
            "/xem.aspx",
            "/pages/2019/Tin-a-gypmq05.aspx",
            "/tra-cuu.php?tu=%C4%91%E1%BA%A5t%20%C4%91ai&m=A%26b",
            '/la/"$x"?q="\'$(1)',
        ],
    )
    bench.bulletin(
        "2020/07/b.md",
        aliases=[
            "/xem.aspx?ID=5",
            "/tin:5/",
            "/?p=1234",
            "/ban-do/",
            "/default.aspx",
            "/mục:lục/Ở – đây?Số=1",
        ],
    )
    bench.build()
    return bench


# The page for missing addresses, and the home page, in a browser


FOUND = [
    ("?p=123", A),
    ("index.html?p=123&utm_source=fb&fbclid=x", A),
    ("index.php?P=123", A),
    ("?p=1234&p2=1", B),
    ("?lang=vi&page_id=7", A),
    ("default.aspx?ndid=345&tabid=12", A),
    ("Default.aspx?tabid=12&language=vi-VN&ndid=345", A),
    ("tin-tuc/%C4%91%E1%BB%95i%20m%E1%BB%9Bi.aspx", A),
    ("TIN-TUC/%C4%90o%CC%82%CC%89i%20m%C6%A1%CC%81i.aspx/", A),
    ("PAGES/2019/tin-a-GYPMQ05.aspx?x=1", A),
    ("xem.aspx", A),
    ("xem.aspx?id=6", A),
    ("xem.aspx?id=5", B),
    ("tin:5", B),
    ("Tin:5/index.html", B),
    ("tra-cuu.php?m=A%26b&tu=%C4%91%E1%BA%A5t+%C4%91ai", A),
    ("la/%22$x%22?q=%22%27$(1)", A),
    ("m%E1%BB%A5c:l%E1%BB%A5c/%E1%BB%9E%20%E2%80%93%20%C4%91%C3%A2y?s%E1%BB%91=1", B),
    ("default.aspx?fbclid=x", B),
    ("//ban-do//default.aspx", B),
]


@pytest.mark.browser
@pytest.mark.parametrize("mount", ["/", "/ban-tin/"])
def test_old_addresses_lead_to_the_page_however_they_are_spelt(
    site: Workbench, moved: Workbench, browser: Browser, mount: str
) -> None:
    output = moved.output
    if mount == "/":
        shutil.copytree(moved.folder / "content", site.folder / "content", dirs_exist_ok=True)
        site.build("--base-url", "https://example.org/")
        output = site.output
    page = browser.new_page()
    with serving(output, mount) as home:
        for asked, target in FOUND:
            page.goto(home + asked)
            page.wait_for_url(home + target)
    page.close()


@pytest.mark.browser
def test_old_addresses_are_found_from_a_disk_too(moved: Workbench, browser: Browser) -> None:
    page = browser.new_page()
    home = moved.output.as_uri()
    page.goto(f"{home}/index.html?p=1234")
    page.wait_for_url(f"{home}/{B}")
    page.close()


@pytest.mark.browser
def test_what_is_asked_for_is_never_shown_or_run(moved: Workbench, browser: Browser) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console", lambda line: said.append(line.text) if "status of 404" not in line.text else None
    )
    asked = [
        'x"><script>alert(1)</script>?p="><img%20src=x%20onerror=alert(2)>',
        "javascript:alert(3)?__proto__=1&p=constructor",
        "__proto__/toString?p=124",
        "%E0%A4%A/%zz?%=%FF&p=%C3",
        "?p=__proto__",
        "?utm_source=x",
    ]
    with serving(moved.output, "/ban-tin/") as home:
        for each in asked:
            page.goto(home + each)
            page.wait_for_load_state("networkidle")
            assert page.url.startswith(home)
            assert not page.url.endswith((A, B)), each
            assert page.locator("#dia_chi_cu").inner_text() == ""
            assert "alert(" not in page.content()
    page.close()
    assert said == []


@pytest.mark.browser
def test_the_home_page_costs_nothing_more_where_nobody_asks_for_an_old_address(
    site: Workbench, moved: Workbench, browser: Browser
) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    with serving(moved.output, "/ban-tin/") as home:
        page.goto(home)
        page.wait_for_load_state("networkidle")
        assert not [path for path in asked if "dia-chi-cu" in path]
        page.goto(f"{home}?p=123")
        page.wait_for_url(home + A)
        assert [path for path in asked if "dia-chi-cu" in path] == [
            "/ban-tin/giao-dien/dia-chi-cu.js",
            "/ban-tin/dia-chi-cu/0.js",
        ]
    page.close()
    site.bulletin("2020/07/a.md", aliases=["/cu/a.aspx"])
    site.build()
    assert "dia_chi_cu" not in site.page("index.html")
    assert "dia_chi_cu" in site.page("404.html")


@pytest.mark.browser
def test_without_scripts_the_404_page_tells_where_to_look(
    moved: Workbench, browser: Browser
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    with serving(moved.output, "/ban-tin/") as home:
        answer = page.goto(f"{home}default.aspx?tabid=12&ndid=345")
        assert isinstance(answer, Response)
        assert answer.status == 404
        assert page.locator(".ways a").count() > 0
        # And where a page can stand on the path, it does.
        page.goto(f"{home}pages/2019/Tin-a-gypmq05.aspx/index.html", wait_until="commit")
        page.wait_for_url(home + A)
    page.context.close()


# The table


def test_the_table_has_small_files_and_a_new_address_changes_one(site: Workbench) -> None:
    for number in range(50):
        old = [
            f"/tin-tuc/su-kien-trong-tinh/bai-so-{number}-{each}.aspx?ItemID={each}"
            for each in range(60)
        ]
        site.bulletin(f"2020/07/bai-{number}.md", aliases=old)
    site.build()
    files = sorted((site.output / "dia-chi-cu").iterdir())
    assert len(files) == 64
    assert max(file.stat().st_size for file in files) < 9_000
    site.bulletin("2020/07/moi.md", aliases=["/tin-tuc/su-kien/bai-moi.aspx?ItemID=1"])
    again = site.build()
    assert len([path for path in again.rendered if path.startswith("dia-chi-cu/")]) == 1
    # Of a new kind of address only the pages that look it up are told.
    assert "404.html" not in again.rendered
    incremental = site.tree()
    site.build("--clean")
    assert site.tree().keys() == incremental.keys()
    for path, data in site.tree().items():
        assert data == incremental[path], path


def test_a_site_without_old_addresses_has_no_table(site: Workbench) -> None:
    site.bulletin("2020/07/a.md")
    site.build()
    assert not (site.output / "dia-chi-cu").exists()
    assert "dia_chi_cu" not in site.page("404.html") + site.page("index.html")


def test_where_no_page_can_stand_the_table_answers(site: Workbench) -> None:
    long = "/" + "a" * 300
    deep = "/bai" * 1200
    site.bulletin(
        "2020/07/a.md",
        aliases=[
            "/cu/x.html",
            "/CU/X.HTML",
            "/cu/x.html/y/",
            "/a:b",
            long,
            deep,
            "/2020/07/a.html",
            "/con/",
        ],
    )
    site.bulletin("2020/07/b.md", aliases=["/cu/z"])
    site.build()
    table = site.page("dia-chi-cu/0.js")
    for key in ("/cu/x.html", "/cu/x.html/y", "/a:b", long, deep, "/con", "/cu/z"):
        assert f'["{key}","2020/07/' in table
    pages = {path for path in site.tree() if 'http-equiv="refresh"' in _text(site, path)}
    assert len(pages) == 2
    assert "cu/z/index.html" in pages
    assert [path for path in pages if path.lower() == "cu/x.html"]


def _text(site: Workbench, path: str) -> str:
    return site.page(path) if path.endswith((".html", ".HTML")) else ""


def test_what_is_no_old_address_is_refused_where_it_stands(site: Workbench) -> None:
    site.write(
        "content/2020/07/a.md",
        "---\ntitle: A\ndate: 2020-07-16\naliases:\n  - /\n  - /cu/../../x.html\n  - /Cu/B.aspx\n"
        '  - /2020/07/index.html\n  - mailto://x\n  - /?utm_source=x\n  - "/a%00b"\n---\n\nX.\n',
    )
    site.bulletin("2020/06/b.md", date="2020-06-01", aliases=["/cu/b.aspx/"])
    outcome = site.run("build", "--json")
    assert outcome.code == 1
    assert outcome.problems == [
        "content/2020/07/a.md:5:5 bad-alias",
        "content/2020/07/a.md:6:5 bad-alias",
        "content/2020/07/a.md:7:5 alias-taken",
        "content/2020/07/a.md:8:5 alias-is-page",
        "content/2020/07/a.md:9:5 bad-alias",
        "content/2020/07/a.md:10:5 bad-alias",
        "content/2020/07/a.md:11:5 bad-alias",
    ]
    assert "content/2020/06/b.md" in outcome.report["problems"][2]["text"]
    assert all(problem["remedy"] for problem in outcome.report["problems"])


# Rules of hosts


def test_netlify_asks_for_parameters_before_paths(moved: Workbench) -> None:
    lines = moved.page("_redirects").splitlines()
    to_a, to_b = f"/ban-tin/{A} 301!", f"/ban-tin/{B} 301!"
    assert f"/ban-tin/ p=123 {to_a}" in lines
    assert f"/ban-tin/Default.aspx tabid=12 ndid=345 {to_a}" in lines
    assert f"/ban-tin/Tin-Tuc/%C4%90%E1%BB%95i%20m%E1%BB%9Bi.aspx {to_a}" in lines
    assert lines.index(f"/ban-tin/xem.aspx ID=5 {to_b}") < lines.index(f"/ban-tin/xem.aspx {to_a}")
    # What its patterns could not say is left to the page for missing addresses.
    assert not any("tra-cuu" in line or "$" in line for line in lines if "=" in line)


def test_cloudflare_gets_as_many_as_it_reads_those_without_a_page_first(site: Workbench) -> None:
    site.write("site.yaml", SETTINGS + "redirects: [cloudflare, netlify]\n")
    for number in range(50):
        old = [f"/cu/{number}/{each}.html" for each in range(50)]
        site.bulletin(f"2020/07/bai-{number}.md", aliases=[*old, f"/bai:{number}", f"/?p={number}"])
    site.build()
    lines = site.page("_redirects").splitlines()
    assert len(lines) == 2_000
    assert all(line.split(" ")[2:] == ["301"] and "p=" not in line for line in lines)
    assert all(line.startswith("/ban-tin/bai%3A") for line in lines[:50])


def test_iis_gets_a_map_that_it_can_read(site: Workbench, moved: Workbench) -> None:
    entries = ElementTree.fromstring(moved.page("rewritemaps.config")).findall("rewriteMap/add")
    keys = {each.get("key"): each.get("value") for each in entries}
    assert keys["/ban-tin/?p=123"] == f"/ban-tin/{A}"
    assert keys["/ban-tin/Default.aspx?tabid=12&ndid=345"] == f"/ban-tin/{A}"
    site.write("site.yaml", SETTINGS + "redirects: [iis]\n")
    old = [f"/tin-tuc/su-kien-trong-tinh/bai-viet-so-{each}.aspx" for each in range(2000)]
    site.bulletin(
        "2020/07/a.md", aliases=[*old[:999], *(each.upper() for each in old[:9]), "/?p=1"]
    )
    site.bulletin("2020/07/b.md", aliases=old[999:])
    site.build()
    file = site.output / "rewritemaps.config"
    assert file.stat().st_size < 250 * 1000
    entries = ElementTree.fromstring(file.read_text("utf-8")).findall("rewriteMap/add")
    assert "/ban-tin/?p=1" in [each.get("key") for each in entries]
    # Letter case does not matter there, and one key twice is an error.
    assert len({str(each.get("key")).lower() for each in entries}) == len(entries) > 1000
    assert not (site.output / "_redirects").exists()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(command: list[str], port: int) -> Iterator[http.client.HTTPConnection]:
    """Run a host's own program, and give a connection when it answers."""
    process = subprocess.Popen(command)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                continue
            break
        assert process.poll() is None
        yield connection
    finally:
        connection.close()
        process.terminate()
        process.wait(timeout=10)


def _answer(connection: http.client.HTTPConnection, asked: str) -> tuple[int, str]:
    connection.request("GET", asked)
    response = connection.getresponse()
    response.read()
    return response.status, urlsplit(response.headers.get("Location") or "").path


HEADERS = {
    "Content-Security-Policy": "script-src 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _sends_the_headers(host: http.client.HTTPConnection) -> None:
    """All that stands below the sub-folder has each of the headers, once."""
    for path, status in [
        ("", 200),
        (A, 200),
        ("2020/07/", 200),
        ("khong-co.html", 404),
        ("2020/07/khong-co/", 404),
        ("Tin-Tuc/%C4%90%E1%BB%95i%20m%E1%BB%9Bi.aspx", 301),
        ("giao-dien/theme.css", 200),
        ("giao-dien/emblem.svg", 200),
        ("du-lieu/bai-viet.csv", 200),
    ]:
        host.request("GET", f"/ban-tin/{path}")
        response = host.getresponse()
        response.read()
        assert response.status == status, path
        for name, value in HEADERS.items():
            assert response.headers.get_all(name) == [value], (path, name)


def test_files_for_hosts_without_a_server_of_ours_have_their_syntax(moved: Workbench) -> None:
    """Netlify and Cloudflare: an address, then a header on each line with two spaces before it.
    IIS: the handbook's own file."""
    first, *lines = moved.page("_headers").splitlines()
    assert first == "/ban-tin/*"
    assert all(re.fullmatch(r"  [A-Za-z-]+: [!-~][ -~]{1,1990}", line) for line in lines)
    assert dict(line.strip().split(": ", 1) for line in lines) == HEADERS
    handbook = (ROOT / "docs/huong-dan.md").read_text("utf-8")
    (text,) = re.findall(r"```xml\n( *<\?xml .*?)```", handbook, re.DOTALL)
    sample = ElementTree.fromstring(textwrap.dedent(text).encode())
    assert sample.tag == "configuration"
    (given,) = sample.findall("system.webServer/httpProtocol/customHeaders")
    assert {each.tag for each in given} == {"add", "remove"}
    assert {each.attrib["name"]: each.attrib["value"] for each in given.iter("add")} == HEADERS


def _program(name: str) -> str:
    found = shutil.which(name, path=os.environ["PATH"] + os.pathsep + "/usr/sbin")
    if not found:
        pytest.skip(f"{name} is not on this machine")
    return found


def test_nginx_leads_on_by_the_map(moved: Workbench, tmp_path: Path) -> None:
    program, port = _program("nginx"), _free_port()
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"""daemon off; master_process off; pid {tmp_path}/pid; error_log stderr;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {tmp_path}/1; proxy_temp_path {tmp_path}/2; fastcgi_temp_path {tmp_path}/3;
  uwsgi_temp_path {tmp_path}/4; scgi_temp_path {tmp_path}/5;
  map_hash_max_size 262144; map_hash_bucket_size 1024;
  map $request_uri $dia_chi_moi {{ default ""; include {moved.output}/nginx-redirects.conf; }}
  server {{
    listen 127.0.0.1:{port};
    include {moved.output}/nginx-headers.conf;
    if ($dia_chi_moi) {{ return 301 $dia_chi_moi; }}
    location /ban-tin/ {{
      alias {moved.output}/; index index.html; error_page 404 /ban-tin/404.html;
    }}
  }}
}}
"""
    )
    with _running([program, "-e", "stderr", "-c", str(config)], port) as host:
        _sends_the_headers(host)
        for asked, expected in [
            ("/ban-tin/?p=123", (301, f"/ban-tin/{A}")),
            ("/ban-tin/?p=1234", (301, f"/ban-tin/{B}")),
            ("/ban-tin/default.aspx?tabid=12&ndid=345", (301, f"/ban-tin/{A}")),
            ("/ban-tin/Tin-Tuc/%C4%90%E1%BB%95i%20m%E1%BB%9Bi.aspx", (301, f"/ban-tin/{A}")),
            ("/ban-tin/la/%22$x%22?q=%22%27$(1)", (301, f"/ban-tin/{A}")),
            ("/ban-tin/?p=9", (200, "")),
            ("/ban-tin/default.aspx?ndid=345&tabid=12", (404, "")),
        ]:
            assert _answer(host, asked) == expected, asked


def test_apache_leads_on_by_its_rules(moved: Workbench, tmp_path: Path) -> None:
    program, port = _program("apache2"), _free_port()
    modules = Path(os.environ.get("APACHE_MODULES", "/usr/lib/apache2/modules"))
    names = ("mpm_event", "authz_core", "dir", "rewrite", "alias", "headers")
    loaded = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in names)
    config = tmp_path / "apache.conf"
    config.write_text(
        f"""{loaded}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {tmp_path}/pid
DefaultRuntimeDir {tmp_path}
ErrorLog /dev/stderr
DocumentRoot {tmp_path}
Alias /ban-tin/ {moved.output}/
<Directory {moved.output}>
AllowOverride FileInfo
Require all granted
</Directory>
"""
    )
    with _running([program, "-X", "-f", str(config)], port) as host:
        _sends_the_headers(host)
        for asked, expected in [
            ("/ban-tin/?p=123", (301, f"/ban-tin/{A}")),
            ("/ban-tin/index.html?utm_source=x&P=123", (301, f"/ban-tin/{A}")),
            ("/ban-tin/?p=1234", (301, f"/ban-tin/{B}")),
            ("/ban-tin/DEFAULT.aspx?ndid=345&tabid=12", (301, f"/ban-tin/{A}")),
            ("/ban-tin/xem.aspx?ID=5", (301, f"/ban-tin/{B}")),
            ("/ban-tin/xem.aspx", (301, f"/ban-tin/{A}")),
            ("/ban-tin/tin:5", (301, f"/ban-tin/{B}")),
            ("/ban-tin/default.aspx", (301, f"/ban-tin/{B}")),
            ("/ban-tin/index.html", (200, "")),
            (
                "/ban-tin/m%E1%BB%A5c:l%E1%BB%A5c/%E1%BB%9E%20%E2%80%93%20%C4%91%C3%A2y?S%E1%BB%91=1",
                (301, f"/ban-tin/{B}"),
            ),
            ("/ban-tin/la/%22$x%22?q=%22%27$(1)", (301, f"/ban-tin/{A}")),
            ("/ban-tin/?p=9", (200, "")),
            ("/ban-tin/", (200, "")),
            (f"/ban-tin/{A}", (200, "")),
            ("/ban-tin/khong-co", (404, "")),
        ]:
            assert _answer(host, asked) == expected, asked


# Links in bodies


OLD = [
    "/?p=123",
    "/tin/bai-cu/",
    "http://cong-cu.example.vn/Default.aspx?tabid=12&ItemID=5",
    "/tra-cuu.aspx?tu=a%26b",
    "/muc/default.aspx",
]


def leads(bench: Workbench, page: str = B) -> list[str]:
    """Return what the links in the body of a page lead to."""
    body = bench.page(page).partition('<div class="prose">')[2].partition("</div>")[0]
    return re.findall(r'<a href="([^"]*)"', body)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        # As any page of the site may name it.
        ("/?p=123", "../../2020/07/a.html"),
        ("?p=123", "../../2020/07/a.html"),
        ("/index.php?utm_source=zalo&P=123", "../../2020/07/a.html"),
        ("/tin/bai-cu", "../../2020/07/a.html"),
        ("/Tin/Bai-Cu/#muc-2", "../../2020/07/a.html#muc-2"),
        ("/default.aspx?itemid=5&tabid=12&language=vi", "../../2020/07/a.html"),
        ("default.aspx?itemid=5&tabid=12", "../../2020/07/a.html"),
        ("/tra-cuu.aspx?tu=a%26b", "../../2020/07/a.html"),
        # With a host: the site's own, or the one with which the alias is written.
        ("https://EXAMPLE.org/ban-tin/tin/bai-cu/#muc-2", "../../2020/07/a.html#muc-2"),
        ("http://www.example.org/?p=123", "../../2020/07/a.html"),
        ("https://www.cong-cu.example.vn/?ItemID=5&tabid=12#x", "../../2020/07/a.html#x"),
        # What is no old address stays as it was written.
        ("https://cong-cu.example.vn/?p=123", "https://cong-cu.example.vn/?p=123"),
        ("https://khac.example.vn/tin/bai-cu/", "https://khac.example.vn/tin/bai-cu/"),
        ("https://example.org/ban-tin/?p=1234&x", "https://example.org/ban-tin/?p=1234&amp;x"),
        ("https://example.org/#muc", "https://example.org/#muc"),
        # A page that there is comes first.
        ("/muc/default.aspx", "../../2020/07/a.html"),
        ("/chuyen-muc/index.html", "../../chuyen-muc/index.html"),
        ("/2020/07/a.md", "../../2020/07/a.html"),
    ],
)
def test_links_to_old_addresses_lead_to_where_the_page_is_now(
    site: Workbench, written: str, shown: str
) -> None:
    site.bulletin("2020/07/a.md", aliases=[*OLD, "/chuyen-muc/default.aspx"])
    site.bulletin("2020/07/b.md", f"Xem [tin]({written}).\n", category="Tin")
    site.build()
    assert leads(site) == [shown]
    link = f'<a href="{shown}"' + ' rel="noopener"' * ("://" in shown) + ' data-link="1">tin</a>'
    assert link in site.page(B)
    # The printed month has the same bodies.
    assert link in site.page("2020/07/ban-tin.html")


@pytest.mark.parametrize("target", ["/?p=1234", "/tin/bai-khac/", "/muc/index.html", "/index.php"])
def test_a_link_that_leads_nowhere_is_still_a_problem(site: Workbench, target: str) -> None:
    site.bulletin("2020/07/a.md", aliases=OLD)
    site.bulletin("2020/07/b.md", f"Xem [tin]({target}).\n")
    done = site.run("build", "--json")
    assert (done.code, done.problems) == (1, ["content/2020/07/b.md:7:11 link-not-found"])


def test_raw_html_is_resolved_alike(site: Workbench) -> None:
    site.write("site.yaml", SETTINGS + "markdown:\n  html: sanitize\n")
    site.bulletin("2020/07/a.md", aliases=OLD)
    urls = ("http://cong-cu.example.vn/?tabid=12&amp;itemid=5", "https://khac.example.vn/?a&amp;b")
    site.bulletin("2020/07/b.md", "".join(f'<a href="{url}">tin</a>\n' for url in urls))
    site.build()
    assert leads(site) == ["../../2020/07/a.html", "https://khac.example.vn/?a&amp;b"]
    assert '<a href="https://khac.example.vn/?a&amp;b" rel="noopener"' in site.page(B)
    assert '<a href="../../2020/07/a.html" data-link' in site.page(B)


def test_links_follow_a_bulletin_that_comes_moves_and_goes(site: Workbench, tmp_path: Path) -> None:
    written = "https://cu.example.vn/?p=123"
    site.bulletin("2020/07/b.md", f"Xem [tin]({written}#muc).\n")
    site.bulletin("2020/07/c.md", "Không dẫn đi đâu.\n")
    site.write("content/pages/p.md", f"---\ntitle: Trang\n---\n\n[tin]({written})\n")
    site.build()
    assert leads(site) == [f"{written}#muc"]

    site.bulletin("2020/03/a.md", date="2020-03-01", aliases=[written])
    assert {B, "p.html", "2020/07/ban-tin.html"} <= site.rebuild()
    assert leads(site) == ["../../2020/03/a.html#muc"]
    assert '<a href="2020/03/a.html" data-link="1">tin</a>' in site.page("p.html")
    site.bulletin("2020/03/a.md", date="2020-03-01", slug="moi", aliases=[written])
    assert {B, "p.html", "2020/07/ban-tin.html"} <= site.rebuild()
    assert leads(site) == ["../../2020/03/moi.html#muc"]
    site.bulletin(
        "2020/03/a.md", "Thân bài khác.\n", date="2020-03-01", slug="moi", aliases=[written]
    )
    assert not {B, "p.html", "2020/07/ban-tin.html"} & site.rebuild()
    (site.folder / "content/2020/03/a.md").unlink()
    assert {B, "p.html", "2020/07/ban-tin.html"} <= site.rebuild()
    assert leads(site) == [f"{written}#muc"]


# Archives that came from several sites


def two_portals(site: Workbench, link: str = "") -> None:
    site.bulletin("2020/07/a.md", aliases=["https://a.example.vn/?p=1", "https://a.example.vn/x/"])
    site.bulletin(
        "2020/07/b.md",
        f"Xem [a](http://www.a.example.vn/?p=1), [b](https://b.example.vn/?p=1){link}.\n",
        date="2020-07-17",
        aliases=["https://b.example.vn/?p=1", "https://b.example.vn/y/"],
        category="Tin",
    )


def test_two_portals_may_have_had_the_same_addresses(site: Workbench) -> None:
    two_portals(site)
    codes = {line.rpartition(" ")[2] for line in site.build().problems}
    assert "alias-contested" in codes and "alias-taken" not in codes
    assert leads(site) == ["../../2020/07/a.html", "../../2020/07/b.html"]
    entries = "".join(path.read_text("utf-8") for path in (site.output / "dia-chi-cu").iterdir())
    assert "/?p=1" not in entries
    assert {"x/index.html", "y/index.html"} <= set(site.tree())


@pytest.mark.parametrize("own", ["/?p=1", "https://example.org/ban-tin/?p=1"])
def test_of_several_portals_this_one_has_its_addresses(site: Workbench, own: str) -> None:
    two_portals(site, ", [c](/?p=1)")
    site.bulletin("2020/07/c.md", date="2020-07-18", aliases=[own])
    codes = {line.rpartition(" ")[2] for line in site.build().problems}
    assert not codes & {"alias-contested", "alias-taken"}
    assert leads(site) == [f"../../2020/07/{name}.html" for name in "abc"]
    entries = "".join(path.read_text("utf-8") for path in (site.output / "dia-chi-cu").iterdir())
    assert entries.count("/?p=1") == 1 and '["/?p=1","2020/07/c.html"]' in entries


def test_a_path_that_is_added_to_a_page_of_an_old_portal_makes_it_its_own(site: Workbench) -> None:
    two_portals(site, ", [c](/?p=1)")
    site.bulletin("2020/07/a.md", aliases=["https://a.example.vn/?p=1", "/?p=1"])
    codes = {line.rpartition(" ")[2] for line in site.build().problems}
    assert not codes & {"alias-contested", "alias-taken"}
    assert leads(site) == [f"../../2020/07/{name}.html" for name in "aba"]
