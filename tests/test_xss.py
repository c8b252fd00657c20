"""Whatever a bulletin, a comment, a setting, an import, a file's name or a query holds: no script
runs that is not ours, no request leaves the site.  Either it is refused with a message, or the page
shows it as text; a real browser tells."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from danvan_site import config
from danvan_site.errors import ContentError
from danvan_site.pictures import drawing
from tests import xss
from tests.sites import Output, Window, serving
from tests.test_serve import Preview, make_site
from tests.workbench import Workbench

pytestmark = pytest.mark.browser

TEXTS, ADDRESSES, BODIES = xss.texts(), xss.addresses(), xss.bodies()
# What is on a page that nobody of us put there.
FOREIGN = r"""() => {
  const found = [], own = location.origin;
  const banned = /^(iframe|frame|frameset|object|embed|applet|base|portal|style|video|audio|math|marquee|x-xss|foreignobject|template)$/i;
  for (const each of document.querySelectorAll('*')) {
    const name = each.localName, tell = (why) => found.push(why + ': ' + each.outerHTML.slice(0, 200));
    if (banned.test(name)) tell('element');
    if (name === 'script' && each.type !== 'application/ld+json' && !each.src.startsWith(own)) tell('script');
    if (each.type === 'application/ld+json') JSON.parse(each.textContent);
    if (name === 'meta' && each.httpEquiv && each.httpEquiv !== 'Content-Security-Policy') tell('meta');
    if (each.namespaceURI.endsWith('svg') && !each.closest('figure.timeline')) tell('svg');
    for (const {name: attribute, value} of each.attributes) {
      if (/^on|^style$|srcdoc|formaction|^ping$|^target$|background|xss|:href/i.test(attribute)) tell('attribute');
      if (['href', 'src', 'action', 'cite', 'poster', 'data'].includes(attribute) && value) {
        const address = new URL(value, document.baseURI);
        if (!/^(https?|mailto|tel):$/.test(address.protocol)) tell('scheme');
        if (attribute === 'src' && address.origin !== own) tell('source');
        if (name === 'link' && each.rel !== 'canonical' && !/schema/.test(each.rel) && address.origin !== own) tell('link');
      }
    }
  }
  for (const id of ['noi_dung', 'ban_in', 'dau_trang', 'trinh_don', 'hien_thi'])
    if (document.querySelectorAll('#' + id).length > 1) found.push('second ' + id);
  return found.concat(window.violations);
}"""
LISTEN = """window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push('policy: ' + event.violatedDirective + ' ' + event.blockedURI);
});"""


class Watch:
    """A browser that looks for what is foreign on pages; ``found`` is what there was."""

    def __init__(self, browser: Browser, home: str) -> None:
        self.window = Window(browser, home)
        self.found: list[str] = self.window.faults
        self.page: Page = self.window.page
        self.page.add_init_script(LISTEN)
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        self.found.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def look(self, path: str) -> Page:
        """Open a page and look at it, also as a reader who goes over all of it."""
        self.page.goto(self.window.home + path, wait_until="domcontentloaded")
        self.found += [f"{path}: {each}" for each in self.page.evaluate(FOREIGN)]
        return self.page


@pytest.fixture
def watching(browser: Browser) -> Iterator[Callable[[str], Watch]]:
    opened: list[Watch] = []

    def watch(home: str) -> Watch:
        opened.append(Watch(browser, home))
        return opened[-1]

    yield watch
    for each in opened:
        each.window.context.close()


def settings() -> str:
    """Return settings in which every text is a vector, and each address is that is taken."""
    rows = [f"title: {json.dumps(TEXTS[0])}", "base_url: https://example.org/ban-tin/"]
    rows += [f"description: {json.dumps(TEXTS[1])}", f"short_name: {json.dumps(TEXTS[2])}"]
    rows += ["redirects: [netlify, nginx, iis, apache]"]
    names = ("name", "address", "phone", "responsible", "license", "permit")
    publisher = (
        f"  {key}: {json.dumps(text)}" for key, text in zip(names, TEXTS[3:], strict=False)
    )
    rows += ["publisher:", *publisher, "partners:"]
    for text in TEXTS[:120]:
        address = f"https://a.vn/{quote(text)}?{text.translate(dict.fromkeys(map(ord, ' <>`')))}"
        safe = (
            address.replace('"', "").replace("\u2028", "").replace("\u00a0", "").replace("\n", "")
        )
        rows.append(f"  - {{name: {json.dumps(text)}, url: {json.dumps(safe)}}}")
    rows += ["menu:", *(f"  - {{title: {json.dumps(t)}, url: index.html}}" for t in TEXTS[120:130])]
    rows += ["reply:", "  mail: a@example.org", f"  privacy: {json.dumps(TEXTS[9])}"]
    rows += [
        "categories:",
        *(f"  - {{name: {json.dumps(t)}, description: {json.dumps(t)}}}" for t in TEXTS[:5]),
    ]
    rows += [
        "units:",
        *(
            f"  - {{name: {json.dumps(t)}, level: {json.dumps(t)}, note: {json.dumps(t)}}}"
            for t in TEXTS[:30:3]
        ),
    ]
    rows += ["search:", "  abbreviations:", f"    QCDC: {json.dumps(TEXTS[14])}"]
    return "".join(f"{row}\n" for row in rows)


def with_every_text(bench: Workbench) -> None:
    """Write a bulletin for each text, in which it and those after it stand in all fields."""

    def text(number: int) -> str:
        return TEXTS[number % len(TEXTS)]

    for n, vector in enumerate(TEXTS):
        some = [text(n + at) for at in range(16)]
        bench.bulletin(
            f"2020/{n % 12 + 1:02d}/t{n}.md",
            f"QCDC và {vector}\n",
            title=f"{n} {some[0]}",
            date=f"2020-{n % 12 + 1:02d}-16",
            lead=some[1],
            author=[some[2]],
            photographer=[some[3]],
            unit=some[4],
            category=[TEXTS[n % 5]],
            topic=[f"{n % 9} {some[6]}"],
            tags=[f"{n} {some[7]}", f"a{n} {some[8]}"],
            image={"original": some[9], "caption": some[10], "credit": some[11]},
            source={"name": some[12], "author": some[13], "url": "https://a.vn/"},
            updates=[{"date": "2020-07-17", "note": some[14]}],
            aliases=[f"/{n}/{quote(vector)}", f"/?p={n}&q={quote(vector)}"],
            attachments=[{"file": "/tep.txt", "title": some[15]}],
        )
        body = json.dumps(f"{some[5]}\n\n{vector}")
        entry = f"- {{author: {json.dumps(vector or 'x')}, date: 2020-07-17, body: {body}}}\n"
        bench.write(f"content/2020/{n % 12 + 1:02d}/t{n}.comments.yaml", entry)
    bench.write("content/tep.txt", "<script>alert(1)</script>")


def with_every_body(bench: Workbench) -> None:
    """Write a bulletin for each body."""
    for n, vector in enumerate(BODIES):
        bench.bulletin(
            f"2021/{n % 12 + 1:02d}/b{n}.md", f"{vector}\n", date=f"2021-{n % 12 + 1:02d}-16"
        )


def built(bench: Workbench) -> int:
    """Build; what is refused goes, each for a problem of its own.  Return how many were."""
    refused: set[str] = set()
    for _ in range(3):
        outcome = bench.run("build", "--json")
        assert outcome.code in (0, 1), outcome.stdout + outcome.stderr
        if not outcome.code:
            return len(refused)
        files = {each["file"] for each in outcome.report["problems"] if each["severity"] == "error"}
        assert all(file.startswith("content/") for file in files), outcome.report["problems"]
        for file in files:
            (bench.folder / file).unlink()
        refused |= files
    raise AssertionError("there are always new problems")


def test_every_text_in_every_field(tmp_path: Path, watching: Callable[[str], Watch]) -> None:
    bench = Workbench(tmp_path / "trang")
    bench.write("site.yaml", settings())
    with_every_text(bench)
    refused = built(bench)  # for their bodies: all else of these texts stands in other bulletins
    published = Output(bench.output)
    pages = [path for path in sorted(published.files) if path.endswith(".html")]
    articles = [path for path in pages if path.startswith("2020/") and "/t" in path]
    assert len(articles) == len(TEXTS) - refused > len(TEXTS) * 0.8
    others = [path for path in pages if path.count("/") < 2 or "/index.html" in path]
    with serving(bench.output) as home:
        watch = watching(home)
        for path in (*articles, *others[:: max(1, len(others) // 25)], *months(pages)):
            if "dia-chi-cu" not in path and 'http-equiv="refresh"' not in published.text(path):
                watch.look(path)
    assert not watch.found, "\n".join(watch.found[:20])
    for path in ("_redirects", ".htaccess", "nginx-redirects.conf", "_headers"):
        text = (bench.output / path).read_text("utf-8")
        assert "<img" not in text and "alert(1)>" not in text
        assert text.isprintable() or set(text) - {"\n"} == set(filter(str.isprintable, text))


def months(pages: Sequence[str]) -> list[str]:
    """Return the documents of whole months."""
    return [path for path in pages if path.endswith("ban-in.html") or "ban-tin-thang" in path]


@pytest.mark.parametrize("mode", ["off", "sanitize"])
def test_every_body(tmp_path: Path, watching: Callable[[str], Watch], mode: str) -> None:
    bench = Workbench(tmp_path / "trang")
    bench.write("site.yaml", f"title: Thử\nmarkdown: {{html: {mode}}}\n")
    with_every_body(bench)
    refused = built(bench)
    pages = [path for path in sorted(Output(bench.output).files) if path.endswith(".html")]
    articles = [path for path in pages if re.fullmatch(r"2021/\d\d/b\d+\.html", path)]
    assert len(articles) + refused == len(BODIES)
    assert refused < len(BODIES) * 0.7
    with serving(bench.output) as home:
        watch = watching(home)
        for path in articles[:: 1 if mode == "sanitize" else 2]:
            watch.look(path)
    assert not watch.found, "\n".join(watch.found[:20])


def test_addresses_of_settings_and_sources_are_of_the_web_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    for vector in ADDRESSES:
        for template in (
            "partners: [{{name: a, url: {}}}]", "menu: [{{title: a, url: {}}}]", "reply: {{form: {}}}",
            "base_url: {}", "documents: [{{number: 1/NQ-TW, url: {}}}]",
        ):  # fmt: skip
            file.write_text(f"title: x\n{template.format(json.dumps(vector))}\n", "utf-8")
            try:
                found = config.load(file, "site.yaml")
            except ContentError:
                continue
            links = [each.url for each in (*found.partners, *found.menu, *found.documents)]
            links += [found.base_url, found.reply.form if found.reply else ""]
            for link in filter(None, links):
                assert ":" not in link or link.startswith(("https://", "http://")), vector
                assert not set(link) & set(" \"'<>\\\n\t"), vector


def test_a_query_is_a_text(tmp_path: Path, watching: Callable[[str], Watch]) -> None:
    bench = Workbench(tmp_path / "trang")
    for n, vector in enumerate(TEXTS[::7]):
        bench.bulletin(
            f"2020/07/t{n}.md", f"Bến Đá: {vector}", title=f"Bến {vector}", tags=[f"a{n}"]
        )
    built(bench)
    with serving(bench.output) as home:
        watch = watching(home)
        for vector in (*TEXTS[::15], *ADDRESSES[::8], "Bến alert img script"):
            asked = quote(vector, safe="")
            page = watch.look(
                f"tim-kiem.html?q={asked}&chuyen-muc={asked}&tu={asked}&xep={asked}#{asked}"
            )
            page.wait_for_function(
                "() => !document.querySelector('#found')?.hidden || !document.querySelector('#q').value.trim()"
            )
            watch.found += page.evaluate(FOREIGN)
        for vector in ADDRESSES[::3]:
            watch.page.goto(f"{home}404.html?{quote(vector, safe=':/')}#{vector}")
            watch.found += watch.page.evaluate(FOREIGN)
    # An empty answer to a page that is not there is no hole.
    assert not [each for each in watch.found if "404" not in each], watch.found[:10]


def test_what_is_wrong_is_laid_over_the_preview_as_text(
    tmp_path: Path, watching: Callable[[str], Watch]
) -> None:
    bench = make_site(tmp_path / "trang")
    with Preview(bench) as preview:
        watch = watching(f"http://127.0.0.1:{preview.port}/")
        page = watch.look("ban-tin/2020/07/mot.html")
        keys = "".join(f"{json.dumps(f'{n}{text}')}: x\n" for n, text in enumerate(TEXTS[:90]))
        bench.write("content/2020/07/mot.md", f"---\ntitle: a\ndate: 2020-07-16\n{keys}---\n")
        page.get_by_role("alert").wait_for()
        found = page.evaluate(
            "() => [...document.querySelectorAll('*')].map((each) => each.shadowRoot).filter(Boolean)"
            ".flatMap((root) => [...root.querySelectorAll('*')].map((each) => each.localName))"
        )
        assert set(found) <= {"link", "section", "h2", "pre", "button"}
        assert found.count("pre") >= 80
        watch.found += page.evaluate(FOREIGN)
    assert not watch.found, "\n".join(watch.found[:20])


def test_names_of_files_are_texts(tmp_path: Path, watching: Callable[[str], Watch]) -> None:
    bench = Workbench(tmp_path / "trang")
    for n, name in enumerate(xss.names()[::2]):
        (bench.folder / "content" / f"{n}{name}.txt").write_text("x", "utf-8")
        bench.bulletin(f"{n}{name}.md", attachments=[f"{n}{name}.txt"], title=f"Bài {n}")
    assert built(bench) <= 10
    pages = sorted(path for path in Output(bench.output).files if path.startswith("2020/07/"))
    with serving(bench.output) as home:
        watch = watching(home)
        for path in pages:
            watch.look(quote(path))
    assert not watch.found, "\n".join(watch.found[:20])


def test_what_is_imported_is_no_more_than_what_is_written(
    tmp_path: Path, watching: Callable[[str], Watch]
) -> None:
    bench = Workbench(tmp_path / "trang")
    bench.write("site.yaml", "title: Thử\nmarkdown: {html: sanitize}\n")
    some = TEXTS[::3]
    for n, text in enumerate(some):
        page = (
            f"<html><head><title>Bài {n} {html.escape(text)}</title></head><body><article>"
            f"<h1>Bài {n} {html.escape(text)}</h1><p>Ngày 16/07/2020</p><p>{html.escape(text)}</p>{text}"
            "</article></body></html>"
        )
        bench.write(f"saved/{n}.html", page)
    rows = [
        {"title": f"Hàng {n} {text}", "date": "2020-07-16", "body": text, "author": text}
        for n, text in enumerate(some)
    ]
    bench.write("rows.json", json.dumps(rows))
    bench.write(
        "m.yml",
        "columns:\n  title: title\n  date: date\n  author: author\n  body: {column: body, format: html}\n",
    )
    assert bench.run("import", "html", "saved").code in (0, 1)
    assert bench.run("import", "table", "rows.json", "--map", "m.yml").code in (0, 1)
    built(bench)
    pages = sorted(
        path
        for path in Output(bench.output).files
        if path.startswith("2020/07/") and path.endswith(".html")
    )
    assert len(pages) > len(some) // 2
    with serving(bench.output) as home:
        watch = watching(home)
        for path in pages[::2]:
            watch.look(path)
    assert not watch.found, "\n".join(watch.found[:20])


def svg(inside: str, before: str = "", more: str = "") -> bytes:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink"{more}>'
    return f"{before}{head}{inside}</svg>".encode()


ACTIVE = (
    svg("<script>alert(1)</script>"), svg("<s:script xmlns:s='http://www.w3.org/2000/svg'>alert(1)</s:script>"),
    svg("<script>alert(1)</script>").decode().encode("utf-16"), svg("", more=" onload='alert(1)'"),
    svg("<a href='&#106;avascript:alert(1)'><text>x</text></a>"), svg("<a x:href='java\tscript:alert(1)'/>"),
    svg("<set attributeName='href' to='javascript:alert(1)'/>"), svg("<animate attributeName='href' values='javascript:alert(1)'/>"),
    *(svg(f"<image><animate attributeName='href' {put}='{address}'/></image>")
      for put in ("values", "from", "to", "by")
      for address in ("https://xss.example/x.png", "//xss.example/x", "#a;//xss.example/x", "\\\\xss.example", "/&#9;/xss.example/x")),
    svg("<foreignObject/>"), svg("<p xmlns='http://www.w3.org/1999/xhtml'/>"), svg("<image href='https://xss.example/x'/>"),
    svg("<use href='data:image/svg+xml,x#a'/>"), svg("<style>@import 'x'</style>"), svg("<style>a{fill:u\\72l(//xss.example)}</style>"),
    svg("<rect style='fill:url(//xss.example)'/>"), svg("<rect fill='url(https://xss.example#a)'/>"),
    svg("", "<?xml-stylesheet href='x.xsl' type='text/xsl'?>"), svg("", "<!DOCTYPE svg [<!ENTITY a 'b'>]>"),
    svg("", "<?xml version='1.0' encoding='iso-2022-jp'?>"), b"<svg", b"<html xmlns='http://www.w3.org/1999/xhtml'><script>1</script></html>",
)  # fmt: skip


@pytest.mark.parametrize("data", ACTIVE, ids=range(len(ACTIVE)))
def test_drawings_that_do_more_than_draw_are_refused(data: bytes) -> None:
    assert drawing.is_active(data)


@pytest.mark.parametrize(
    "data",
    [
        svg("<path d='M0 0'/>"), svg("<defs><g id='a'/></defs><use href='#a'/><use x:href='#a'/>"),
        svg("<rect fill='url(#a)'/><style>a{fill:url(#b)}</style>"), svg("<text>javascript, https://a.vn</text>"),
        svg("<image href='data:image/png;base64,AAAA'/>"), svg("<animate attributeName='x' from='0' to='9'/>"),
        svg("", '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'),
    ],
    ids=range(7),
)  # fmt: skip
def test_drawings_that_draw_are_taken(data: bytes) -> None:
    assert not drawing.is_active(data)
