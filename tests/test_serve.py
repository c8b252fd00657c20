"""The preview as a browser and an editor meet it: a process that serves, files that change."""

from __future__ import annotations

import contextlib
import http.client
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import filelock
import pytest
from playwright.sync_api import Browser

from danvan_site.server import contained
from tests.sites import Window
from tests.workbench import ROOT, Workbench, environment

PATIENCE = 60.0  # s; only a broken preview takes as long


class Preview:
    """`serve` at work on a site.  ``port`` and ``mount`` are where it says that it serves,
    ``printed`` is all that it has said."""

    def __init__(self, bench: Workbench, *arguments: str) -> None:
        self.bench = bench
        self.port, self.mount = 0, "/"
        self._process = subprocess.Popen(
            bench.command("serve", "--port", "0", "--language", "vi", *arguments),
            cwd=bench.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.printed: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                self.printed.append(line)
                self._lines.put(line.rstrip("\n"))

    def __enter__(self) -> Preview:
        said = re.search(r"http://127\.0\.0\.1:(\d+)(\S*)", self.wait_for("http://"))
        assert said
        self.port, self.mount = int(said[1]), said[2]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)

    def wait_for(self, words: str) -> str:
        """Return the next line the preview prints that has *words* in it."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            if words in line:
                return line

    def stop(self) -> int:
        """Press Ctrl+C; return the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(PATIENCE)

    def get(
        self, path: str, method: str = "GET", host: str = "", **more: str
    ) -> tuple[http.client.HTTPResponse, str]:
        """Ask for *path* as it is given, dots and all, with *more* headers; return the answer and
        its text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        headers |= {"Host": host} if host else {}
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer, text


def make_site(folder: Path) -> Workbench:
    """Make a site with an address that has a path, and two bulletins."""
    bench = Workbench(folder)
    settings = "title: Bản tin thử\nbase_url: https://example.org/ban-tin/\noffline: true\n"
    bench.write("site.yaml", settings)
    bench.bulletin("2020/07/mot.md", title="Tin thứ nhất")
    bench.bulletin("2020/07/hai.md", title="Tin nháp", draft=True)
    return bench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return make_site(tmp_path / "trang")


@pytest.fixture
def preview(bench: Workbench) -> Iterator[Preview]:
    with Preview(bench) as preview:
        yield preview


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """Give a preview of which no source changes, to ask for one thing after another."""
    with Preview(make_site(tmp_path_factory.mktemp("preview") / "trang")) as preview:
        yield preview


# Serving


def test_pages_are_served_under_the_path_of_the_site(standing: Preview) -> None:
    assert standing.mount == "/ban-tin/"
    for path in ("/ban-tin/", "/ban-tin/index.html", "/ban-tin/2020/07/mot.html?a=b#c"):
        answer, text = standing.get(path)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Tin thứ nhất" in text
    assert "Tin nháp" not in standing.get("/ban-tin/")[1]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "/ban-tin/"),
        ("/?q=d%C3%A2n", "/ban-tin/?q=d%C3%A2n"),
        ("/ban-tin", "/ban-tin/"),
        ("/ban-tin/2020/07", "/ban-tin/2020/07/"),
        ("/ban-tin//2020/07", "/ban-tin/2020/07/"),
    ],
)
def test_addresses_without_their_last_slash_lead_on(
    standing: Preview, path: str, target: str
) -> None:
    answer, _ = standing.get(path)
    assert (answer.status, answer.headers["Location"]) == (302, target)


def test_what_is_not_there_is_answered_with_the_page_for_it(standing: Preview) -> None:
    page = standing.bench.page("404.html")
    for path in (
        "/ban-tin/không-có.html", "/ban-tin/tim-kiem.html/", "/khác/", "/favicon.ico",
        "/2020/07/mot.html", "/index.html",
    ):  # fmt: skip
        answer, text = standing.get(quote(path))
        assert (answer.status, without_script(text)) == (404, page)
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.json", "application/json"),
        ("a.xml", "application/xml"),
        ("a.webp", "image/webp"),
        ("A.PNG", "image/png"),
        ("a.không", "application/octet-stream"),
    ],
)
def test_files_are_served_as_what_they_are(standing: Preview, name: str, kind: str) -> None:
    standing.bench.write(f"public/{name}", "nội dung")
    answer, text = standing.get(quote(f"/ban-tin/{name}"))
    assert (answer.status, text) == (200, "nội dung")
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_would_keep_pages_removes_itself(standing: Preview) -> None:
    answer, served = standing.get("/ban-tin/sw.js")
    assert answer.getheader("Content-Type") == "text/javascript; charset=utf-8"
    assert "unregister" in served and "'fetch'" not in served
    assert "'fetch'" in standing.bench.page("sw.js")


def test_head_tells_the_length_alone(standing: Preview) -> None:
    answer, text = standing.get("/ban-tin/index.html", "HEAD")
    size = len(standing.get("/ban-tin/index.html")[1].encode())
    assert (answer.status, text, answer.headers["Content-Length"]) == (200, "", str(size))


@pytest.mark.parametrize(
    "path",
    [
        "/ban-tin/../site.yaml",
        "/ban-tin/%2e%2e/site.yaml",
        "/ban-tin/..%2fsite.yaml",
        "/ban-tin/..%5csite.yaml",
        "/ban-tin/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
        "/ban-tin//etc/passwd",
        "/ban-tin/C:/Windows/win.ini",
        "/ban-tin/.danvan-site",
        "/ban-tin/site.yaml%00.html",
        "/ban-tin/" + "a" * 5000,
        "/../site.yaml",
        "/site.yaml",
    ],
)
def test_nothing_outside_the_folder_is_served(standing: Preview, path: str) -> None:
    answer, text = standing.get(path)
    assert answer.status == 404
    assert "title:" not in text and "root:" not in text and "danvan-site tạo ra" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_out_of_the_folder_are_not_followed(standing: Preview) -> None:
    bench = standing.bench
    secret = bench.write("bi-mat/index.html", "bí mật")
    os.symlink(secret, bench.output / "tep.html")
    os.symlink(secret.parent, bench.output / "thu-muc")
    os.symlink(bench.output / "vong", bench.output / "vong")
    (bench.output / "trong").mkdir()
    os.symlink(secret, bench.output / "trong/index.html")
    os.symlink(bench.output / "2020/07/mot.html", bench.output / "ben-trong.html")
    for path in ("tep.html", "thu-muc/index.html", "thu-muc/", "thu-muc", "vong", "trong/"):
        answer, text = standing.get(f"/ban-tin/{path}")
        assert (answer.status, "bí mật" in text) == (404, False), path
    assert standing.get("/ban-tin/ben-trong.html")[0].status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/ban-tin/%252e%252e/site.yaml", "/ban-tin/%c0%ae%c0%ae/site.yaml",
        "/ban-tin/....//site.yaml",
        "/ban-tin/%2e%2e%5csite.yaml", "/ban-tin/.%2e/site.yaml", "/ban-tin/..;/site.yaml",
        "/ban-tin/%00", "/ban-tin/2020%2f..%2f..%2fsite.yaml", "/ban-tin/%5c%5c127.0.0.1%5cc$",
        "/ban-tin/..%ef%bc%8fsite.yaml", "/ban-tin/\\..\\site.yaml",
        "//127.0.0.1/ban-tin/../site.yaml",
        "/ban-tin/index.html%3a%3a$DATA", "/ban-tin/.danvan-site%20", "/.danvan/%2e%2e/site.yaml",
    ],
)  # fmt: skip
def test_no_spelling_leads_out(standing: Preview, path: str) -> None:
    answer, text = standing.get(path)
    assert answer.status in (400, 404)
    assert "title:" not in text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Mode": "no-cors"}, 200),
        ({"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}, 200),
        (
            {
                "Sec_Fetch_Site": "cross-site",
                "Sec_Fetch_Mode": "navigate",
                "Sec_Fetch_Dest": "document",
            },
            200,
        ),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}, 403),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"}, 403),
        (
            {
                "Sec_Fetch_Site": "cross-site",
                "Sec_Fetch_Mode": "navigate",
                "Sec_Fetch_Dest": "iframe",
            },
            403,
        ),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_pages_from_elsewhere_may_lead_here_and_no_more(
    standing: Preview, headers: dict[str, str], status: int
) -> None:
    for path in ("/ban-tin/index.html", "/ban-tin/tim-kiem.html", "/.danvan/preview.js"):
        answer, text = standing.get(path, **headers)
        assert answer.status == status
        assert ("thử" in text or "EventSource" in text) == (status == 200)
        assert answer.headers["Access-Control-Allow-Origin"] is None
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_pages_of_the_preview_may_ask_what_they_like(standing: Preview) -> None:
    for host in ("127.0.0.1", "localhost"):
        name = f"{host}:{standing.port}"
        more = {"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Mode": "cors"}
        answer, _ = standing.get("/ban-tin/", host=name, Origin=f"http://{name}", **more)
        assert answer.status == 200
        for origin in (name, f"https://{name}", f"http://{name}.evil.example", "http://"):
            answer, _ = standing.get("/ban-tin/", host=name, Origin=origin)
            assert answer.status == 403, origin


def test_nothing_can_be_written_or_asked_for_otherwise(standing: Preview) -> None:
    before = standing.bench.tree(standing.bench.folder)
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"):
        for path in ("/ban-tin/index.html", "/.danvan/events", "/ban-tin/moi.html"):
            answer, _ = standing.get(path, method)
            assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    for method in ("MOVE", "x"):
        assert standing.get("/ban-tin/index.html", method)[0].status == 501
    assert standing.bench.tree(standing.bench.folder) == before


@pytest.mark.parametrize("headers", [b"", b"Connection: keep-alive\r\n"])
def test_what_comes_with_a_refused_request_is_not_taken_for_another(
    standing: Preview, headers: bytes
) -> None:
    """It may come from a page elsewhere, which may write in it what it likes."""
    host = b"Host: 127.0.0.1:%d\r\n" % standing.port
    hidden = b"GET /ban-tin/ HTTP/1.1\r\n" + host + b"\r\n"
    length = b"Content-Length: %d\r\n" % len(hidden)
    request = b"POST /ban-tin/ HTTP/1.1\r\n" + host + headers + length + b"\r\n" + hidden
    with socket.create_connection(("127.0.0.1", standing.port), PATIENCE) as connection:
        connection.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionError):  # It hangs up with something unread.
            while part := connection.recv(1 << 16):
                answer += part
    head, empty, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ")
    assert {b"Content-Length: 0", b"Connection: close"} <= set(head.split(b"\r\n"))
    assert (empty, rest) == (b"\r\n\r\n", b"")


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
        b"GET / HTTP/1.1\r\na: " + b"b" * 100_000 + b"\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"\xff\xfe\x00\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_what_is_no_proper_request_is_refused(standing: Preview, request_line: bytes) -> None:
    with (
        socket.create_connection(("127.0.0.1", standing.port), PATIENCE) as connection,
        # A server that hangs up early resets the line, at whatever moment.
        contextlib.suppress(ConnectionError),
    ):
        connection.sendall(request_line)
        with contextlib.suppress(OSError):  # "not connected" has no name of its own
            connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
        assert re.search(rb"\b(?:400|403|414|431)\b", answer)
    assert standing.get("/ban-tin/")[0].status == 200


def test_only_so_many_pages_listen_at_once(standing: Preview) -> None:
    opened = []
    try:
        for _ in range(40):
            connection = http.client.HTTPConnection("127.0.0.1", standing.port, timeout=PATIENCE)
            connection.request("GET", "/.danvan/events")
            opened.append((connection, connection.getresponse().status))
        assert {status for _, status in opened[:32]} == {200}
        assert {status for _, status in opened[32:]} == {503}
        assert standing.get("/ban-tin/")[0].status == 200
    finally:
        for connection, _ in opened:
            connection.close()


def test_a_drawing_opened_by_itself_runs_nothing(standing: Preview) -> None:
    standing.bench.write("public/a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    policy = standing.get("/ban-tin/a.svg")[0].headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy


def test_folders_are_not_listed(standing: Preview) -> None:
    standing.bench.write("public/kho/tin.txt", "x")
    answer, text = standing.get("/ban-tin/kho/")
    assert answer.status == 404
    assert "tin.txt" not in text


def test_what_is_contained_is_named_by_a_plain_path(tmp_path: Path) -> None:
    folder = tmp_path / "public"
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/b/c.html").write_text("c")
    for name in ("d:e", "d\\e", ".f", "a/.f"):
        (folder / name).write_text("x")
    (tmp_path / "public2").mkdir()
    (tmp_path / "public2/x").write_text("x")
    (folder / "out").symlink_to(tmp_path / "public2")
    (folder / "in").symlink_to(folder / "a/b")
    (folder / "loop").symlink_to(folder / "loop")
    inside = (folder / "a/b/c.html").resolve()
    for path in ("a/b/c.html", "a//b/c.html", "/a/b/c.html", "in/c.html"):
        assert contained(folder, path) == inside
    assert contained(folder, "") == folder.resolve()
    assert contained(folder, "a/b/") == inside.parent
    for path in ("d:e", "d\\e", ".f", "a/.f", "..", "../public2/x", "out", "out/x", "loop", "none",
                 "a/b/c.html/d", "\0", "a" * 5000):  # fmt: skip
        assert contained(folder, path) is None, path


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_may_ask(standing: Preview, host: str) -> None:
    assert standing.get("/ban-tin/", host=f"{host}:{standing.port}")[0].status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost", "127.0.0.1:1", "localhost:{port}."]
)
def test_other_names_for_this_machine_are_refused(standing: Preview, host: str) -> None:
    answer, text = standing.get("/ban-tin/", host=host.format(port=standing.port))
    assert answer.status == 403
    assert "chính máy" in text and "Tin thứ nhất" not in text


def test_a_request_that_names_no_host_is_refused(standing: Preview) -> None:
    with socket.create_connection(("127.0.0.1", standing.port), PATIENCE) as connection:
        connection.sendall(b"GET /ban-tin/ HTTP/1.0\r\n\r\n")
        assert b" 403 " in connection.makefile("rb").readline()


def test_it_listens_on_the_loopback_alone(standing: Preview) -> None:
    """Another address of this very machine finds nothing on that port."""
    with pytest.raises(OSError), socket.socket() as connection:
        connection.settimeout(5)
        connection.connect(("127.0.0.2" if sys.platform == "linux" else "::1", standing.port))


def test_a_site_without_an_address_stands_at_the_top(bench: Workbench) -> None:
    bench.write("site.yaml", "title: Bản tin thử\n")
    with Preview(bench) as preview:
        assert preview.mount == "/"
        assert "Tin thứ nhất" in preview.get("/2020/07/mot.html")[1]


# Building again


def test_an_edit_is_built_and_served(preview: Preview) -> None:
    preview.bench.bulletin("2020/07/mot.md", title="Tin đã sửa")
    preview.wait_for("Đã dựng lại")
    assert "Tin đã sửa" in preview.get("/ban-tin/2020/07/mot.html")[1]


def test_new_files_and_new_folders_are_seen(preview: Preview) -> None:
    preview.bench.bulletin("2021/01/moi/ba.md", title="Tin mới", date="2021-01-02")
    preview.wait_for("Đã dựng lại")
    assert preview.get("/ban-tin/2021/01/ba.html")[0].status == 200
    preview.bench.bulletin("2021/01/moi/bon.md", title="Tin mới nữa", date="2021-01-03")
    preview.wait_for("Đã dựng lại")
    assert preview.get("/ban-tin/2021/01/bon.html")[0].status == 200


def test_what_is_deleted_is_gone(preview: Preview) -> None:
    (preview.bench.folder / "content/2020/07/mot.md").unlink()
    preview.wait_for("Đã dựng lại")
    assert preview.get("/ban-tin/2020/07/mot.html")[0].status == 404


def test_a_file_replaced_in_one_step_is_seen(preview: Preview) -> None:
    """Many editors write a second file and move it over the first."""
    folder = preview.bench.folder / "content/2020/07"
    text = (folder / "mot.md").read_text("utf-8").replace("Tin thứ nhất", "Tin thay thế")
    (folder / ".mot.md.swp").write_text(text, "utf-8")
    os.replace(folder / ".mot.md.swp", folder / "mot.md")
    preview.wait_for("Đã dựng lại")
    assert "Tin thay thế" in preview.get("/ban-tin/2020/07/mot.html")[1]


def test_templates_are_seen_even_the_first_one(preview: Preview) -> None:
    assert not (preview.bench.folder / "templates").exists()
    preview.bench.write("templates/not-found.html", "không thấy {{ page.title }}")
    preview.wait_for("Đã dựng lại")
    assert preview.get("/ban-tin/x")[1].startswith("không thấy")
    preview.bench.write("templates/not-found.html", "vẫn không thấy {{ page.title }}")
    preview.wait_for("Đã dựng lại")
    assert preview.get("/ban-tin/x")[1].startswith("vẫn không thấy")


def test_new_settings_are_used_also_a_new_address(preview: Preview) -> None:
    settings = "title: Tên mới\nbase_url: https://example.org/noi-khac/\n"
    preview.bench.write("site.yaml", settings)
    preview.wait_for("Đã dựng lại")
    assert "Tên mới" in preview.get("/noi-khac/")[1]
    assert preview.get("/")[0].headers["Location"] == "/noi-khac/"


def test_a_burst_of_changes_is_built_at_once(preview: Preview) -> None:
    for number in range(40):
        preview.bench.bulletin(f"2020/08/tin-{number}.md", date="2020-08-01")
    preview.wait_for("Đã dựng lại")
    assert preview.get("/ban-tin/2020/07/tin-39.html")[0].status == 404
    assert preview.get("/ban-tin/2020/08/tin-39.html")[0].status == 200


def test_more_changes_at_once_than_the_system_tells_of(preview: Preview) -> None:
    """Folders in folders come faster than they can be watched; the last file is seen all the same,
    and the webmaster reads nothing of how."""
    content = preview.bench.folder / "content"
    for number in range(1500):
        (content / f"{number % 30}/{number}/a/b/c/d").mkdir(parents=True)
    preview.bench.bulletin("7/1477/a/b/c/d/cuoi.md", date="2020-09-01")
    preview.wait_for("Đã dựng lại")
    while preview.get("/ban-tin/2020/09/cuoi.html")[0].status != 200:
        preview.wait_for("Đã dựng lại")
    assert not re.search("Callback|inotify", "".join(preview.printed))


def test_problems_are_told_and_the_last_good_site_stays(preview: Preview) -> None:
    good = preview.bench.page("2020/07/mot.html")
    preview.bench.bulletin("2020/07/mot.md", title="Tin hỏng", athor="Mỹ Lệ")
    assert preview.wait_for("[unknown-key]").startswith("content/2020/07/mot.md:5:1: ")
    preview.wait_for("vẫn là bản tốt gần nhất")
    answer, text = preview.get("/ban-tin/2020/07/mot.html")
    assert (answer.status, without_script(text)) == (200, good)
    preview.bench.bulletin("2020/07/mot.md", title="Tin đã chữa")
    preview.wait_for("Đã dựng lại")
    assert "Tin đã chữa" in preview.get("/ban-tin/2020/07/mot.html")[1]


def test_settings_may_be_gone_for_a_while(preview: Preview) -> None:
    file = preview.bench.folder / "site.yaml"
    settings = file.read_text("utf-8")
    file.unlink()
    preview.wait_for("[no-settings]")
    assert preview.get("/ban-tin/")[0].status == 200
    file.write_text(settings.replace("thử", "trở lại"), "utf-8")
    preview.wait_for("Đã dựng lại")
    assert "Bản tin trở lại" in preview.get("/ban-tin/")[1]


def test_requests_wait_for_a_build_under_way(preview: Preview) -> None:
    """Another process holds the published folder, so that the build cannot go on."""
    answers: queue.Queue[str] = queue.Queue()

    def ask() -> None:
        answers.put(preview.get("/ban-tin/2020/07/mot.html")[1])

    with filelock.FileLock(preview.bench.output / ".danvan-site.lock"):
        preview.bench.bulletin("2020/07/mot.md", title="Tin chờ")
        preview.wait_for("đang chờ nó xong")
        threading.Thread(target=ask, daemon=True).start()
        with pytest.raises(queue.Empty):
            answers.get(timeout=0.5)
    assert "Tin chờ" in answers.get(timeout=PATIENCE)


def test_a_content_folder_that_comes_again_is_watched_again(preview: Preview) -> None:
    content = preview.bench.folder / "content"
    content.rename(preview.bench.folder / "cất đi")
    preview.wait_for("[no-content]")
    for number in range(3):
        preview.bench.bulletin("2020/07/mot.md", title=f"Tin trở lại {number}")
        preview.wait_for("Đã dựng lại")
        assert f"Tin trở lại {number}" in preview.get("/ban-tin/2020/07/mot.html")[1]


def test_changes_are_seen_by_looking_where_nothing_tells_of_them(bench: Workbench) -> None:
    with Preview(bench, "--polling") as preview:
        bench.bulletin("2020/07/mot.md", title="Tin đã sửa")
        preview.wait_for("Đã dựng lại")
        assert "Tin đã sửa" in preview.get("/ban-tin/2020/07/mot.html")[1]


def test_other_machines_are_answered_only_when_that_is_asked_for(bench: Workbench) -> None:
    with Preview(bench, "--lan") as preview:
        port = preview.port
        for host, status in (
            (f"192.168.1.7:{port}", 200), (f"localhost:{port}", 200), (f"[fe80::1]:{port}", 200),
            (f"example.org:{port}", 403), ("192.168.1.7", 403), (f"192.168.1.7.evil:{port}", 403),
        ):  # fmt: skip
            assert preview.get("/ban-tin/", host=host)[0].status == status, host


# Open pages


def without_script(text: str) -> str:
    """Return a page as it is published: without what only the preview puts in."""
    page, count = re.subn('<script src="/.danvan/preview.js"[^>]*></script>', "", text)
    assert count == 1
    return page


def test_pages_are_served_with_a_script_and_published_without(standing: Preview) -> None:
    for path in ("index.html", "2020/07/mot.html", "tim-kiem.html", "404.html"):
        text = standing.get(f"/ban-tin/{path}")[1]
        assert without_script(text) == standing.bench.page(path)
    data = standing.get("/ban-tin/du-lieu/bai-viet.jsonl")[1]
    assert data == standing.bench.page("du-lieu/bai-viet.jsonl")
    for path in ("/.danvan/", "/.danvan/x.js", "/.danvan/../site.yaml", "/.danvan-site"):
        assert standing.get(path)[0].status == 404
    assert standing.get("/.danvan/events", host="example.org")[0].status == 403


@pytest.mark.browser
def test_an_open_page_shows_what_was_saved_where_it_was_read(
    preview: Preview, window: Callable[..., Window]
) -> None:
    body = "\n\n".join(f"Đoạn {number}." for number in range(300))
    preview.bench.bulletin("2020/07/mot.md", body, title="Tin dài")
    preview.wait_for("Đã dựng lại")
    page = window(f"http://127.0.0.1:{preview.port}/").open("ban-tin/2020/07/mot.html")
    page.evaluate("scrollTo(0, 3000)")
    preview.bench.bulletin("2020/07/mot.md", body + "\n\nĐoạn cuối.", title="Tin dài hơn")
    page.get_by_role("heading", name="Tin dài hơn").wait_for()
    page.get_by_text("Đoạn cuối.").wait_for()
    page.wait_for_function("() => scrollY === 3000")


@pytest.mark.browser
def test_styles_change_without_a_new_page(preview: Preview, window: Callable[..., Window]) -> None:
    style = (ROOT / "templates/giao-dien/theme.css").read_text("utf-8")
    page = window(f"http://127.0.0.1:{preview.port}/").open("ban-tin/2020/07/mot.html")
    page.evaluate("window.here = true")
    for width in ("3px", "7px"):
        preview.bench.write(
            "templates/giao-dien/theme.css", f"{style}\nbody {{ outline: {width} solid red }}\n"
        )
        page.wait_for_function(f"() => getComputedStyle(document.body).outlineWidth === '{width}'")
    assert page.evaluate("window.here")


@pytest.mark.browser
def test_problems_are_laid_over_the_page_until_they_are_gone(
    preview: Preview, window: Callable[..., Window]
) -> None:
    page = window(f"http://127.0.0.1:{preview.port}/").open("ban-tin/2020/07/mot.html")
    preview.bench.bulletin("2020/07/mot.md", title="Tin hỏng", **{"<b>x</b>": "Mỹ Lệ"})
    over = page.get_by_role("alert")
    over.wait_for()
    assert "content/2020/07/mot.md:5:1: " in over.inner_text()
    assert "<b>x</b>" in over.inner_text()
    page.get_by_role("heading", name="Tin thứ nhất").wait_for()
    preview.bench.bulletin("2020/07/hai.md", title="Lại hỏng", athor="Mỹ Lệ")
    page.get_by_text("athor").wait_for()
    page.get_by_role("button", name="Đóng").click()
    over.wait_for(state="detached")
    page.reload()
    over.wait_for()
    preview.bench.bulletin("2020/07/hai.md", title="Tin nháp", draft=True)
    preview.bench.bulletin("2020/07/mot.md", title="Tin đã chữa")
    page.get_by_role("heading", name="Tin đã chữa").wait_for()
    assert not over.count()


@pytest.mark.browser
def test_a_page_opened_before_there_is_a_site_becomes_the_site(
    bench: Workbench, browser: Browser
) -> None:
    bench.bulletin("2020/07/mot.md", athor="Mỹ Lệ")
    with Preview(bench) as preview:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{preview.port}/ban-tin/")
        page.get_by_text("lần dựng đầu tiên có lỗi").wait_for()
        page.get_by_text("athor").wait_for()
        bench.bulletin("2020/07/mot.md", title="Tin đã chữa")
        page.get_by_role("link", name="Tin đã chữa").first.wait_for()
        page.close()


# Beginning and end


def test_a_first_build_with_problems_is_served_once_they_are_gone(bench: Workbench) -> None:
    bench.bulletin("2020/07/mot.md", athor="Mỹ Lệ")
    with Preview(bench) as preview:
        answer, text = preview.get("/ban-tin/")
        assert answer.status == 503
        assert "lần dựng đầu tiên có lỗi" in text
        bench.bulletin("2020/07/mot.md", title="Tin đã chữa")
        preview.wait_for("Đã xuất bản")
        assert "Tin đã chữa" in preview.get("/ban-tin/")[1]


def test_what_was_published_before_is_served_though_the_first_build_fails(
    bench: Workbench,
) -> None:
    bench.build()
    bench.bulletin("2020/07/mot.md", title="Tin có lỗi", athor="Mỹ Lệ")
    with Preview(bench) as preview:
        answer, text = preview.get("/ban-tin/2020/07/mot.html")
        assert (answer.status, "Tin thứ nhất" in text) == (200, True)
        assert preview.get("/ban-tin/")[0].status == 200


def test_drafts_are_served_when_asked_for(bench: Workbench) -> None:
    with Preview(bench, "--drafts") as preview:
        assert "Tin nháp" in preview.get("/ban-tin/")[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to whole consoles")
def test_ctrl_c_ends_it_cleanly(preview: Preview) -> None:
    assert preview.stop() == 0
    assert preview.wait_for("Đã dừng") == "Đã dừng xem trước."
    with pytest.raises(ConnectionRefusedError):
        preview.get("/ban-tin/")


def test_a_port_in_use_is_told(preview: Preview) -> None:
    outcome = preview.bench.run("serve", "--port", str(preview.port))
    assert outcome.code == 2
    assert f"không mở được cổng {preview.port}" in outcome.stderr


def test_a_site_that_cannot_be_built_at_all_is_not_served(tmp_path: Path) -> None:
    bench = Workbench(tmp_path / "trang")
    (bench.folder / "site.yaml").unlink()
    outcome = bench.run("serve", "--port", "0", "--language", "vi")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "[no-settings]" in outcome.stderr
