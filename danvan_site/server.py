"""The preview: serves the published folder on this machine and builds again when sources change.

Building runs in the calling thread, requests in threads of their own; they wait for a build under
way, so that what is served is never older than what was saved.  A build that fails leaves the
last good site in place.  Open pages follow the builds (`reloading`).
"""

from __future__ import annotations

import contextlib
import html
import ipaddress
import logging
import os
import shutil
import stat
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePath
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

from danvan_site import config
from danvan_site.errors import ContentError, Problem, UsageError
from danvan_site.options import BuildOptions, BuildReport
from danvan_site.reloading import EVENTS, FILES, PREFIX, News, Words, injected
from danvan_site.theme import theme_folder

HOST, EVERYWHERE = "127.0.0.1", "0.0.0.0"
USUAL_PORT = 8000
_PORTS_TRIED = 20
_QUIET = 0.05  # s without a further event after which a burst of them is over
_LONGEST_BURST = 2.0  # s
_POLL = 1.0  # s between two looks at folders that tell of no changes
_LONGEST_WAIT = 120.0  # s that a request waits for a build
_MOST_CONNECTIONS = 128
_MOST_LISTENERS = 32
_HEARTBEAT = 15.0  # s between two signs of life to a page that listens
_NOT_FOUND = "404.html"
# A page that is being written is never an old copy: what keeps pages removes itself here, also what
# another site left at this port.
_WORKER, _NO_WORKER = "sw.js", "sw-removal.js"
# Not that a file was opened or read: a build reads thousands, and each would be told of.
_CHANGES: list[type[FileSystemEvent]] = [
    FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileDeletedEvent, FileClosedEvent,
    DirCreatedEvent, DirModifiedEvent, DirMovedEvent, DirDeletedEvent,
]  # fmt: skip
_TEXT = "text/{}; charset=utf-8"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
_INERT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
# Spelled out, because what the system's registry says about .js is anybody's guess.
_TYPES = {
    "html": _TEXT.format("html"), "htm": _TEXT.format("html"), "css": _TEXT.format("css"),
    "js": _TEXT.format("javascript"), "txt": _TEXT.format("plain"), "csv": _TEXT.format("csv"),
    "json": "application/json", "jsonl": "application/jsonl", "xml": "application/xml",
    "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
    "gif": "image/gif", "webp": "image/webp", "avif": "image/avif", "bmp": "image/bmp",
    "ico": "image/x-icon", "pdf": "application/pdf", "zip": "application/zip",
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "mp4": "video/mp4",
    "webm": "video/webm", "woff2": "font/woff2",
}  # fmt: skip


class Listener(Protocol):
    """Told what happens."""

    def ready(self, url: str) -> None:
        """The site can be opened at *url*."""

    def built(self, report: BuildReport) -> None:
        """A build went well."""

    def failed(self, problems: list[Problem]) -> None:
        """A build failed; the last good site stays."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The few words that the server itself answers with, and how a problem is put into words."""

    forbidden: str
    not_found: str
    nothing_yet: str
    over_pages: Words
    problem: Callable[[Problem], str]


@dataclass(slots=True)
class _Site:
    """What the requests share with the builds: the folder, where it is mounted, who must wait."""

    folder: Path
    texts: Texts
    news: News
    mount: str = "/"
    complete: bool = False
    settled: threading.Event = field(default_factory=threading.Event)


def serve(
    build: Callable[[], BuildReport],
    options: BuildOptions,
    texts: Texts,
    listener: Listener,
    port: int | None = None,
    lan: bool = False,
    poll: bool = False,
) -> None:
    """Build, serve, and build again after every change, until KeyboardInterrupt.

    *port* 0 is any free one, None the usual one or the next that is free.  With *lan* other
    machines are answered too; with *poll* the sources are looked at again and again, for network
    drives, which tell of no changes.  Raises UsageError where the site cannot be built at all or
    the port cannot be had.
    """
    site = _Site(options.output, texts, News(texts.over_pages))
    server = _bind(site, EVERYWHERE if lan else HOST, port)
    with contextlib.ExitStack() as stack:
        stack.callback(server.server_close)
        changes = _Changes(options, site.settled, poll)
        stack.callback(changes.stop)
        changes.watch()
        _rebuild(build, options, site, listener, first=True)
        changes.settle()
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        stack.callback(server.shutdown)
        listener.ready(f"http://{HOST}:{server.server_address[1]}{quote(site.mount)}")
        for _ in changes.bursts():
            changes.watch()
            _rebuild(build, options, site, listener)
            changes.settle()


def _rebuild(
    build: Callable[[], BuildReport],
    options: BuildOptions,
    site: _Site,
    listener: Listener,
    first: bool = False,
) -> None:
    """Build once.  A site that cannot be built at all is an error only in the beginning: while it
    is being edited even the settings may be gone for a moment."""
    try:
        settings = config.load(options.config, options.shown(options.config), options.base_url)
        site.mount = unquote(settings.base_path)
        report = build()
    except ContentError as error:
        problems = error.problems
    except UsageError as error:
        if first:
            raise
        problems = [error.problem]
    else:
        listener.built(report)
        is_other = not site.complete or report.removed > 0
        site.complete = True
        site.news.built(report.reasons if report.written else (), is_other)
        return
    listener.failed(problems)
    site.news.failed([site.texts.problem(problem) for problem in problems])


# Watching


class _Changes(FileSystemEventHandler):
    """Gathers the changes of sources.  *settled* is cleared while one is not yet built."""

    def __init__(self, options: BuildOptions, settled: threading.Event, poll: bool) -> None:
        self._options = options
        self._settled = settled
        self._changed = threading.Event()
        self._turn = threading.Lock()
        self._roots = [_spelled(options.content), _spelled(options.templates)]
        self._config = _spelled(options.config)
        self._apart = [_spelled(options.output), _spelled(options.cache)]
        self._observer: BaseObserver = PollingObserver(timeout=_POLL) if poll else Observer()
        # A folder made while its parent is looked through is met twice, which changes nothing.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        # Where changes come faster than they are told, some are lost.  Those that wait to be told
        # lead to a build that comes after them all.
        logging.getLogger("watchdog").setLevel(logging.ERROR)
        # Path of a folder → what tells it from another one that has come in its place.
        self._watched: dict[str, tuple[tuple[int, int], ObservedWatch]] = {}
        self._observer.start()

    def watch(self) -> None:
        """Watch all folders that are there by now, also those that have come in place of others."""
        folders = [(path, True) for path in self._roots]
        # The folders around tell when the settings are replaced or a folder appears.
        folders += [(os.path.dirname(path), False) for path in (self._config, *self._roots)]
        for folder, recursive in folders:
            own = _identity(folder)
            known, watch = self._watched.get(folder, (None, None))
            if own == known:
                continue
            if watch:
                self._observer.unschedule(watch)
                del self._watched[folder]
            if own:
                watch = self._observer.schedule(
                    self, folder, recursive=recursive, event_filter=_CHANGES
                )
                self._watched[folder] = own, watch

    def stop(self) -> None:
        """Watch no longer."""
        self._observer.stop()
        self._observer.join()

    def settle(self) -> None:
        """Let requests through, unless something has changed again meanwhile."""
        with self._turn:
            if not self._changed.is_set():
                self._settled.set()

    def bursts(self) -> Iterator[None]:
        """Yield after each burst of changes, for ever."""
        while True:
            # With a limit, because on Windows Ctrl+C is only heard between two waits.
            while not self._changed.wait(1.0):
                pass
            end = time.monotonic() + _LONGEST_BURST
            while time.monotonic() < end:
                self._changed.clear()
                if not self._changed.wait(_QUIET):
                    break
            self._changed.clear()
            yield

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note what can change the site."""
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        if any(self._matters(path) for path in paths):
            with self._turn:
                self._changed.set()
                self._settled.clear()

    def _matters(self, path: str) -> bool:
        """Tell whether a path belongs to the sources; what a build itself writes does not."""
        if path == self._config or path in self._roots:
            return True
        if any(_is_below(path, folder) for folder in self._apart):
            return False
        below = [os.path.relpath(path, root) for root in self._roots if _is_below(path, root)]
        return any(not part.startswith(".") for each in below for part in PurePath(each).parts[-1:])


def _identity(folder: str) -> tuple[int, int] | None:
    """Return what tells a folder from any other; None where there is none."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None


def _spelled(path: Path) -> str:
    """Return a path as the watcher spells it on every system: without links."""
    return os.path.realpath(path)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


# Serving


class _Server(ThreadingHTTPServer):
    """Serves one site; with the Windows default two servers could share a port."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"
    # No more connections wait to be accepted, no more are answered at a time.
    request_queue_size = 64

    def __init__(self, site: _Site, host: str, port: int) -> None:
        self.site = site
        self.is_open = host != HOST
        self.places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self.listeners = threading.BoundedSemaphore(_MOST_LISTENERS)
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, unless there are too many already: then hang up."""
        if not self.places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room for another one."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away in the middle of an answer is nothing to report."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _bind(site: _Site, host: str, port: int | None) -> _Server:
    candidates = range(USUAL_PORT, USUAL_PORT + _PORTS_TRIED) if port is None else [port]
    for candidate in candidates:
        try:
            return _Server(site, host, candidate)
        except OSError as error:
            if candidate == candidates[-1]:
                reason = error.strerror or str(error)
                raise UsageError("port-taken", port=str(candidate), reason=reason) from None
    raise AssertionError("no port was tried")


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "danvan-site"
    sys_version = ""
    timeout = 60
    # Head and body go in two parts; the second would wait until the browser has answered the first.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Send a file, or say why not."""
        site = self.server.site
        if not self._is_asked_of_us() or not self._is_asked_by_us():
            self._send_text(HTTPStatus.FORBIDDEN, site.texts.forbidden)
            return
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        if path.startswith(PREFIX):
            self._send_own(path)
            return
        site.settled.wait(_LONGEST_WAIT)
        if not site.complete and not (site.folder / "index.html").is_file():
            self._send_nothing_yet()
            return
        if path == "/" != site.mount or path + "/" == site.mount:
            self._redirect(site.mount, parts.query)
        elif path.startswith(site.mount):
            self._send_path(path.removeprefix(site.mount), parts.query)
        else:
            self._send_not_found()

    do_HEAD = do_GET

    def refuse(self) -> None:
        """Say that nothing but reading is possible here; what was sent along is not read."""
        self.send_response(HTTPStatus.METHOD_NOT_ALLOWED)
        self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = refuse

    def _send_own(self, path: str) -> None:
        if path == EVENTS:
            self._send_events()
        elif path in FILES:
            self._send_file(HTTPStatus.OK, FILES[path])
        else:
            self._send_not_found()

    def _send_events(self) -> None:
        """Send the news, now and whenever they are others, until the page is left."""
        if not self.server.listeners.acquire(blocking=False):
            self._send_text(HTTPStatus.SERVICE_UNAVAILABLE, "")
            return
        try:
            self._follow()
        finally:
            self.server.listeners.release()

    def _follow(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        known = ""
        while self.command != "HEAD":
            news = self.server.site.news.wait(known, _HEARTBEAT)
            # A comment shows in time that nobody listens any more.
            self.wfile.write(f"data: {news}\n\n".encode() if news != known else b":\n\n")
            known = news

    def _send_nothing_yet(self) -> None:
        """A page that follows the builds like all others: it shows what is wrong, then the site."""
        text = html.escape(self.server.site.texts.nothing_yet)
        page = f"<!DOCTYPE html><meta charset=utf-8><title>{text}</title><p>{text}</p>\n"
        content = injected(page.encode(), self.server.site.news.script())
        self._begin(HTTPStatus.SERVICE_UNAVAILABLE, _TYPES["html"], len(content))
        if self.command != "HEAD":
            self.wfile.write(content)

    def _is_asked_of_us(self) -> bool:
        """Tell whether the address asked for is this server's: other names that lead here are
        the way in which a foreign page would read what is served (DNS rebinding)."""
        port = self.server.server_address[1]
        hosts = self.headers.get_all("Host", [""])
        name = hosts[0].removesuffix(f":{port}")
        if len(hosts) != 1 or (name == hosts[0] and port != 80):
            return False
        # To other machines this one is its number; a name could be anybody's.
        return name in ("localhost", HOST, "[::1]") or (self.server.is_open and _is_number(name))

    def _is_asked_by_us(self) -> bool:
        """Tell whether a page of this server asks, or the reader himself: a page from elsewhere may
        lead here, but neither read, embed nor run what is served."""
        headers = self.headers
        site = headers.get("Sec-Fetch-Site", "none")
        if site not in ("same-origin", "none"):
            is_led = headers.get("Sec-Fetch-Mode") == "navigate"
            return is_led and headers.get("Sec-Fetch-Dest") == "document"
        origin = headers.get("Origin")
        return origin is None or origin == f"http://{headers['Host']}"

    def _send_path(self, path: str, query: str) -> None:
        folder = self.server.site.folder
        found = contained(folder, path)
        if found and found.is_dir() and not path.endswith("/") and path:
            inside = found.relative_to(folder.resolve()).as_posix()
            self._redirect(f"{self.server.site.mount}{inside}/", query)
            return
        if found and found.is_dir():
            found = contained(folder, f"{path}/index.html")
        elif path.endswith("/"):
            found = None
        if path == _WORKER:
            self._send_file(HTTPStatus.OK, theme_folder() / _NO_WORKER)
        elif found and found.is_file():
            self._send_file(HTTPStatus.OK, found)
        else:
            self._send_not_found()

    def _send_not_found(self) -> None:
        page = contained(self.server.site.folder, _NOT_FOUND)
        if page and page.is_file():
            self._send_file(HTTPStatus.NOT_FOUND, page)
        else:
            self._send_text(HTTPStatus.NOT_FOUND, self.server.site.texts.not_found)

    def _send_file(self, status: HTTPStatus, file: Path) -> None:
        script = self.server.site.news.script()
        try:
            content = file.open("rb")
        except OSError:
            self._send_text(HTTPStatus.NOT_FOUND, self.server.site.texts.not_found)
            return
        with content:
            kind = _TYPES.get(file.suffix[1:].lower(), "application/octet-stream")
            if kind == _TYPES["html"]:
                page = injected(content.read(), script)
                self._begin(status, kind, len(page))
                if self.command != "HEAD":
                    self.wfile.write(page)
                return
            self._begin(status, kind, os.fstat(content.fileno()).st_size)
            if self.command != "HEAD":
                shutil.copyfileobj(content, self.wfile)

    def _send_text(self, status: HTTPStatus, text: str) -> None:
        content = f"{text}\n".encode()
        self._begin(status, _TYPES["txt"], len(content))
        if self.command != "HEAD":
            self.wfile.write(content)

    def _redirect(self, path: str, query: str) -> None:
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", quote(path) + (f"?{query}" if query else ""))
        self.send_header("Content-Length", "0")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()

    def _begin(self, status: HTTPStatus, kind: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", "no-store")
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if kind in (_TYPES["svg"], _TYPES["xml"]):
            # Opened by its own address, a drawing is a page: it runs nothing.
            self.send_header("Content-Security-Policy", _INERT)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not reported."""


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def contained(folder: Path, path: str) -> Path | None:
    """Return what *path* names in *folder*, with all links followed; None where it is not there or
    leads out, and for names that begin with a dot: the program's own bookkeeping lies under such.
    """
    parts = path.split("/")
    if any(part.startswith(".") or set(part) & set("\0\\:") for part in parts):
        return None
    root = folder.resolve()
    try:
        found = root.joinpath(*filter(None, parts)).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # Python 3.12 and older: a loop of links
        return None
    return found if found.is_relative_to(root) else None
