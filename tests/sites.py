"""What the whole-site tests share: building a site, reading its pages, serving it, watching it."""

from __future__ import annotations

import mimetypes
import posixpath
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

import html5lib
import yaml
from html5lib.constants import E as MESSAGES
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response

from tests.workbench import environment

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = (sys.executable, "-m", "danvan_site")
BASE_URL = "https://example.org/ban-tin/"
_OWN_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}


# Building


def run_build(output: Path, cache: Path, *options: str, site: Path = ROOT) -> Output:
    """Build the site in the folder *site* into *output* with the command, as its user would."""
    places = ("--output", str(output), "--cache", str(cache))
    done = subprocess.run(
        [*PROGRAM, "build", "--json", *places, *options],
        cwd=site,
        env=environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Output(output)


def write_site(folder: Path, settings: str, files: Mapping[str, str | bytes]) -> None:
    """Write a site: its settings, and the files of its content by their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.yaml").write_text(settings, "utf-8")
    (folder / "content").mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


# Reading


@dataclass(frozen=True)
class Link:
    """An address in a page: on which element and attribute it stands."""

    tag: str
    attribute: str
    value: str


class Document:
    """A page, parsed as browsers parse it.  ``errors`` are the parser's complaints."""

    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.source = source
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        self.root: Element = parser.parse(source)
        self.errors = [
            f"{path}:{place[0]}:{place[1]}: {MESSAGES[code] % details}"
            for place, code, details in parser.errors
        ]

    @cached_property
    def elements(self) -> list[Element]:
        """All elements in document order."""
        return [each for each in self.root.iter() if isinstance(each.tag, str)]

    def all(self, tag: str = "", kind: str = "", within: Element | None = None) -> list[Element]:
        """Return the elements of a tag and a class, below *within*."""
        pool = self.elements if within is None else list(within.iter())
        return [
            each
            for each in pool
            if isinstance(each.tag, str)
            and tag in ("", each.tag)
            and (not kind or kind in each.get("class", "").split())
        ]

    def one(self, tag: str = "", kind: str = "", within: Element | None = None) -> Element:
        """Return the only element of a tag and a class."""
        found = self.all(tag, kind, within)
        assert len(found) == 1, f"{self.path}: {len(found)} of {tag}.{kind}"
        return found[0]

    def by_id(self, name: str) -> Element:
        """Return the element with an id."""
        found = [each for each in self.elements if each.get("id") == name]
        assert len(found) == 1, f"{self.path}: {len(found)} with the id {name}"
        return found[0]

    def section(self, name: str) -> Element:
        """Return the section whose heading has the id *name*."""
        found = [each for each in self.elements if each.get("aria-labelledby") == name]
        assert len(found) == 1, f"{self.path}: {len(found)} sections {name}"
        return found[0]

    def meta(self, name: str) -> list[str]:
        """Return the contents of a meta element by its name or property."""
        return [
            each.get("content", "")
            for each in self.all("meta")
            if name in (each.get("name"), each.get("property"), each.get("http-equiv"))
        ]

    @cached_property
    def ids(self) -> list[str]:
        """All ids, in document order."""
        return [each.get("id", "") for each in self.elements if "id" in each.attrib]

    @cached_property
    def links(self) -> list[Link]:
        """All addresses that a browser or a script of the theme may follow."""
        return list(self._links())

    def _links(self) -> Iterator[Link]:
        for each in self.elements:
            for name in ("href", "src", "action", "formaction", "poster", "cite"):
                if name in each.attrib:
                    yield Link(each.tag, name, each.get(name, ""))
            for candidate in filter(None, each.get("srcset", "").split(",")):
                yield Link(each.tag, "srcset", candidate.split()[0])
            if each.get("http-equiv") == "refresh":
                yield Link("meta", "refresh", each.get("content", "").partition("url=")[2])


class Output:
    """A published folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def files(self) -> frozenset[str]:
        """The paths of all published files; the program's own notes begin with a dot."""
        files = (each.relative_to(self.folder) for each in self.folder.rglob("*") if each.is_file())
        return frozenset(each.as_posix() for each in files if not each.name.startswith("."))

    def text(self, path: str) -> str:
        """Return a file as text, line ends as they are."""
        return (self.folder / path).read_bytes().decode("utf-8")

    @cached_property
    def pages(self) -> dict[str, Document]:
        """All HTML pages by path."""
        return {
            path: Document(path, self.text(path))
            for path in sorted(self.files)
            if path.endswith(".html")
        }

    def __getitem__(self, path: str) -> Document:
        return self.pages[path]


def words(element: Element) -> str:
    """Return an element's text as a reader sees it, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def links_of(document: Document, element: Element) -> list[tuple[str, str]]:
    """Return the links below an element: text, and address from the site's top."""
    return [
        (words(each), resolve(document.path, each.get("href", "")))
        for each in element.iter("a")
        if not each.get("aria-hidden")
    ]


def resolve(page: str, address: str) -> str:
    """Return where an internal address on *page* leads, from the site's top, fragment kept."""
    path, mark, fragment = address.partition("#")
    path = unquote(path.partition("?")[0])
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    return target + mark + unquote(fragment)


def is_external(address: str) -> bool:
    """Tell whether an address names its own scheme or host."""
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc)


@cache
def bulletins_of_the_demo() -> list[dict[str, Any]]:
    """Return the front matter of the published bulletins of `content/`, oldest first, all values
    as text, ``file`` with it: read by other means than the program's."""
    bulletins: list[dict[str, Any]] = []
    for file in (ROOT / "content").rglob("*.md"):
        matter = yaml.load(file.read_text("utf-8").split("---\n")[1], yaml.BaseLoader)
        path = file.relative_to(ROOT / "content").as_posix()
        if not path.startswith("pages/") and not {"draft", "review", "expires"} & matter.keys():
            bulletins.append(matter | {"file": path})
    return sorted(bulletins, key=_moment)


def _moment(bulletin: dict[str, Any]) -> tuple[list[int], str]:
    numbers = [int(number) for number in re.findall(r"\d+", bulletin["date"])[:5]]
    return numbers + [0] * (5 - len(numbers)), bulletin["file"]


# Serving


@contextmanager
def serving(folder: Path, mount: str = "/", policy: str = "") -> Iterator[str]:
    """Serve *folder* under the path *mount* on the loopback; give the address of its top.

    *policy* is a content security policy that the host imposes.

    It is the plainest host there is: an address names a file or is not found, a folder is none
    (but for the top itself), and 404.html is the page for what is missing.
    """

    class Files(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # Or each answer waits for a delayed acknowledgement.

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            name = path.removeprefix(mount) or "index.html" if path.startswith(mount) else ".."
            file = folder / name
            found = ".." not in name.split("/") and file.is_file()
            if not found:
                file = folder / "404.html"
            body = file.read_bytes()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", _content_type(file.name))
            self.send_header("Content-Length", str(len(body)))
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: pytest shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{mount}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _content_type(name: str) -> str:
    suffix = posixpath.splitext(name)[1]
    # Not by mimetypes alone: on Windows it asks the registry, which may say anything.
    return _OWN_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


# Watching


class Window:
    """A browser window that notes whatever no page of ours may do: an error or a complaint of its
    policy on the console, an exception, a missing file, a request that leaves the site (but for
    the address *also*)."""

    def __init__(self, browser: Browser, home: str, also: str = "", **options: object) -> None:
        self.home = home
        self._allowed = (home, also) if also else (home,)
        self.faults: list[str] = []
        self.context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
        self.context.set_default_timeout(10_000)
        self.context.on("console", lambda said: self._console(said.type, said.text))
        self.context.on("weberror", lambda error: self.faults.append(f"exception: {error.error}"))
        self.context.on("request", self._request)
        self.context.on("response", self._response)
        self.page: Page = self.context.new_page()

    def open(self, path: str, wait: str = "load") -> Page:
        """Open a page of the site by its path."""
        self.page.goto(self.home + path, wait_until=wait)  # type: ignore[arg-type]
        return self.page

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.faults.append(f"{kind} on the console: {text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self._allowed):
            self.faults.append(f"request that leaves the site: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called *name* has the focus, by its label or its text."""
    passed = []
    for _ in range(150):
        page.keyboard.press("Tab")
        found = page.evaluate(
            r"""() => {
                const each = document.activeElement;
                const text = each.labels?.[0]?.textContent || each.textContent;
                return (each.getAttribute('aria-label') || text).replace(/\s+/g, ' ').trim();
            }"""
        )
        if found == name:
            return
        passed.append(found)
    raise AssertionError(f"no stop of the keyboard is called {name}: {passed}")
