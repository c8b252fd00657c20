"""Links to other sites: what is asked, how politely, what is never asked; against real servers."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from danvan_site.errors import Place, Problem
from danvan_site.examining import outside
from danvan_site.examining.outside import Link, Manner

PLACE = Place("content/a.md", 3, 1)


class Silent:
    """A progress that nobody watches; it can interrupt the work after some steps."""

    def __init__(self, most: int = 1_000_000) -> None:
        self.left = most

    def stage(self, name: str, total: int) -> None:
        """Begin."""

    def advance(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise KeyboardInterrupt


class Server:
    """A server that notes what it is asked: method, path, headers, when, how many at once."""

    def __init__(self, answers: Mapping[str, Callable[[BaseHTTPRequestHandler], None]]) -> None:
        self.asked: list[tuple[str, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self.times: list[float] = []
        self.together = self.most = 0
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                with lock:
                    outer.asked.append((self.command, self.path))
                    outer.headers.append(dict(self.headers))
                    outer.times.append(time.monotonic())
                    outer.together += 1
                    outer.most = max(outer.most, outer.together)
                try:
                    answers[self.path.partition("?")[0]](self)
                finally:
                    with lock:
                        outer.together -= 1

            do_GET = do_HEAD = handle_one

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.handler = Handler


@contextmanager
def served(server: Server, host: str = "127.0.0.1") -> Iterator[str]:
    made = ThreadingHTTPServer((host, 0), server.handler)
    made.daemon_threads = True
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://{host}:{made.server_port}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def unless_head(code: int) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        status(code if handler.command == "HEAD" else 200)(handler)

    return answer


def manner(**more: object) -> Manner:
    """As the command asks, but of this machine too, and without its patience."""
    values = {"reaches": lambda address: True, "pause": 0.0, "patience": 2.0, "longest": 3.0}
    return Manner("danvan-site/test", **(values | more))  # type: ignore[arg-type]


def examined(
    addresses: list[str], cache: Path, how: Manner, watch: Silent | None = None
) -> list[Problem]:
    links = [Link(address, PLACE) for address in addresses]
    return list(outside.examine(links, cache, how, watch or Silent(), lambda *_: None))


def verdicts(problems: list[Problem], base: str) -> dict[str, tuple[str, str]]:
    return {
        each.details["address"].removeprefix(base): (
            each.code,
            each.details["said"].replace(base, ""),
        )
        for each in problems
    }


def test_what_is_gone_has_moved_or_does_not_answer_is_told_and_all_else_is_not(
    tmp_path: Path,
) -> None:
    answers = {
        "/there": status(200),
        "/gone": status(410),
        "/missing": status(404),
        "/no-heads": unless_head(405),
        "/heads-are-lost": unless_head(404),
        "/no-programs": status(403),
        "/broken": status(500),
        "/old": status(301, Location="/older"),
        "/older": status(308, Location="/there"),
        "/for-now": status(302, Location="/there"),
        "/moved-and-gone": status(301, Location="/gone"),
        "/round": status(302, Location="/round"),
        "/elsewhere": status(302, Location="ftp://example.org/"),
        "/tin-tuc": status(301, Location="/tin-tức".encode().decode("latin-1")),
        "/tin-t%E1%BB%A9c": status(200),
    }
    server = Server(answers)
    with served(server) as base:
        found = examined([base + path for path in answers], tmp_path, manner())
    assert verdicts(found, base) == {
        "/gone": ("link-dead", "HTTP 410"),
        "/missing": ("link-dead", "HTTP 404"),
        "/broken": ("link-unreachable", "HTTP 500"),
        "/old": ("link-moved", "/there"),
        "/moved-and-gone": ("link-dead", "HTTP 410"),
        "/older": ("link-moved", "/there"),
        "/round": ("link-unreachable", "> 5 → /round"),
        "/elsewhere": ("link-private", "→ ftp://example.org/"),
        "/tin-tuc": ("link-moved", "/tin-tức"),
    }
    assert all(each.place == PLACE for each in found)
    # The head alone, where that is answered; after a redirect of one, no more than five others.
    assert server.asked.count(("GET", "/there")) == 0
    assert sum(path == "/round" for _, path in server.asked) == 6


def test_nothing_is_sent_but_who_asks_for_what(tmp_path: Path) -> None:
    server = Server(
        {"/a": status(302, Location="/b", Set_Cookie="who=me"), "/b": status(200)}
    )  # fmt: skip
    with served(server) as base:
        named = base.replace("http://", "http://name:word@")
        assert examined([f"{named}/a?q=dân vận#phần"], tmp_path, manner()) == []
    assert server.asked[0] == ("HEAD", "/a?q=d%C3%A2n%20v%E1%BA%ADn")
    for headers in server.headers:
        assert headers.keys() == {"Host", "User-Agent", "Accept", "Connection", "Accept-Encoding"}
        assert headers["User-Agent"] == "danvan-site/test"


def test_a_host_is_asked_one_thing_at_a_time_and_is_given_a_pause(tmp_path: Path) -> None:
    paths = [f"/{number}" for number in range(5)]
    server, other = Server(dict.fromkeys(paths, status(200))), Server({"/": status(200)})
    with served(server) as base, served(other, "127.0.0.2") as second:
        how = manner(pause=0.15)
        start = time.monotonic()
        assert examined([*(base + path for path in paths), f"{second}/"], tmp_path, how) == []
    assert server.most == 1
    gaps = [later - earlier for earlier, later in zip(server.times, server.times[1:], strict=False)]
    assert len(gaps) == 4 and min(gaps) > 0.14
    # Another host does not wait for it.
    assert other.times[0] - start < server.times[-1] - start


def test_a_busy_host_is_left_alone_as_long_as_it_asks(tmp_path: Path) -> None:
    def once_busy(handler: BaseHTTPRequestHandler) -> None:
        busy = len(server.asked) == 1
        (status(503, Retry_After="1") if busy else status(200))(handler)

    server = Server({"/": once_busy, "/late": status(429, Retry_After="86400")})
    with served(server) as base:
        found = examined([f"{base}/", f"{base}/late"], tmp_path, manner(most_waiting=1.5))
    assert verdicts(found, base) == {"/late": ("link-unreachable", "HTTP 429")}
    assert server.times[1] - server.times[0] > 0.9
    assert sum(path == "/late" for _, path in server.asked) == 1


@contextmanager
def listening(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Give the address of a server that behaves as it likes to each that connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def accept() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=behave, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            stop.set()
            thread.join()


def test_servers_that_misbehave_do_not_hold_the_check_up(tmp_path: Path) -> None:
    release = threading.Event()

    def silent(connection: socket.socket) -> None:
        with connection:
            release.wait(10)

    def dripping(connection: socket.socket) -> None:
        # One header after another, for ever, each in time.
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not release.wait(0.1):
                    connection.sendall(b"X: y\r\n"[:3])
            except OSError:
                return

    def raving(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"\x00\xff" * 40_000)

    def closing(connection: socket.socket) -> None:
        connection.close()

    with ExitStack() as stack:
        stack.callback(release.set)
        some = [
            stack.enter_context(listening(each)) for each in (silent, dripping, raving, closing)
        ]
        some += [some[3].replace("http://", "https://"), "http://khong-co.invalid/"]
        some += ["http://127.0.0.1:1/", "http://[::1/", "http://" + "a" * 70 + ".example/"]
        start = time.monotonic()
        found = examined(some, tmp_path, manner(patience=0.6, longest=1.2))
        assert time.monotonic() - start < 20
    told = {each.details["address"]: each for each in found}
    assert list(told) == some
    assert {each.code for each in found} == {"link-unreachable"}
    assert all(each.details["said"] for each in found)


# What is never asked

PRIVATE = [
    "127.0.0.1", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "0.0.0.0", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.3.4",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fe80::1]", "[fd00::1]", "224.0.0.1",
    "255.255.255.255",
]  # fmt: skip


def test_addresses_of_this_machine_and_of_its_network_are_never_asked(tmp_path: Path) -> None:
    server = Server({"/": status(200)})
    with served(server) as base:
        port = base.rpartition(":")[2]
        some = [f"http://{host}:{port}/" for host in PRIVATE]
        found = examined(some, tmp_path, Manner("danvan-site/test", pause=0))
    assert {each.details["address"] for each in found} == set(some)
    # A system without IPv6 cannot even say what such an address is.
    others = {each.details["address"] for each in found if each.code != "link-private"}
    assert all("[" in address for address in others)
    assert server.asked == []


@pytest.mark.parametrize("name", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_public_addresses_may_be_asked(name: str) -> None:
    import ipaddress

    assert outside.is_public(ipaddress.ip_address(name))


def test_a_redirect_leads_to_nothing_private(tmp_path: Path) -> None:
    inside = Server({"/admin": status(200)})
    with served(inside, "127.0.0.2") as hidden:
        public = Server({"/": status(302, Location=f"{hidden}/admin")})
        with served(public) as base:
            how = manner(reaches=lambda address: str(address) == "127.0.0.1")
            (problem,) = examined([f"{base}/"], tmp_path, how)
    assert (problem.code, problem.details["said"]) == ("link-private", "127.0.0.2")
    assert inside.asked == []


def test_what_a_name_stands_for_is_judged_once_and_that_is_asked(tmp_path: Path) -> None:
    """A name can stand for something else the next moment: nothing looks it up again."""
    looked_up: list[str] = []
    server = Server({"/": status(200)})
    with served(server) as base:
        address = base.replace("127.0.0.1", "localhost") + "/"

        def judge(found: object) -> bool:
            looked_up.append(str(found))
            return True

        assert examined([address], tmp_path, manner(reaches=judge)) == []
    assert len(looked_up) == len(set(looked_up))
    assert server.headers[0]["Host"] == base.replace("127.0.0.1", "localhost").partition("//")[2]


# What is kept


def test_what_is_known_is_not_asked_again_until_it_is_old(tmp_path: Path) -> None:
    server = Server({"/there": status(200), "/gone": status(404)})
    with served(server) as base:
        some = [f"{base}/there", f"{base}/gone"]
        first = examined(some, tmp_path, manner())
        asked = len(server.asked)
        assert examined(some, tmp_path, manner()) == first
        assert len(server.asked) == asked
        # Ten days later what was there still is, and what was gone is asked again.
        file = tmp_path / outside.FILE
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        lines = [json.dumps([*row[:3], row[3] - 10 * 86_400]) for row in rows]
        file.write_text("\n".join(lines) + '\n["http://half', "utf-8")
        assert examined(some, tmp_path, manner()) == first
    assert {path for _, path in server.asked[asked:]} == {"/gone"}


def test_who_is_interrupted_goes_on_where_he_was(tmp_path: Path) -> None:
    paths = [f"/{number}" for number in range(12)]
    server = Server(dict.fromkeys(paths, status(404)))
    with served(server) as base:
        some = [base + path for path in paths]
        with pytest.raises(KeyboardInterrupt):
            examined(some, tmp_path, manner(pause=0.03), Silent(4))
        known = (tmp_path / outside.FILE).read_text("utf-8").splitlines()
        assert len(known) == 5
        kept = {json.loads(line)[0] for line in known}
        time_of_second = time.monotonic()
        found = examined(some, tmp_path, manner())
        again = [
            path
            for (_, path), when in zip(server.asked, server.times, strict=True)
            if when > time_of_second and base + path in kept
        ]
    assert again == []
    assert len(found) == 12


def test_how_long_it_takes_is_told_before(tmp_path: Path) -> None:
    told: list[tuple[int, int, float]] = []
    server = Server({"/a": status(200), "/b": status(200)})
    with served(server) as base:
        links = [Link(f"{base}/{name}", PLACE) for name in "aab"]

        def note(*figures: float) -> None:
            told.append(figures)  # type: ignore[arg-type]

        for _ in range(2):
            list(outside.examine(links, tmp_path, manner(pause=0.1), Silent(), note))
    # The second time all is known.
    assert told == [(2, 1, pytest.approx(0.4))]
