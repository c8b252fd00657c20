"""Links to other sites: does what they lead to still answer?

Whoever writes a bulletin, or sends one in, says what is asked here.  So nothing but public
addresses is ever asked: a name is looked up once, what it stands for is judged, and the connection
goes to just that.  Libraries that fetch take names, look them up for themselves and go where they
are sent; none of that can be between judging and asking.  So it is done with Python's plain
connections, and without a proxy, which would look names up anew.

Others are asked as one asks a neighbour: one question at a time to each host, a pause between, no
more than the head of an answer where that will do, and again only when a while has passed.
``robots.txt`` is not asked for: it is for programs that go from page to page by themselves, and
this one opens single addresses that people have named, as a reader's browser would.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from danvan_site import __version__, addresses, durable
from danvan_site.config import Settings
from danvan_site.content import Bulletin
from danvan_site.errors import Place, Problem
from danvan_site.markdown import WEB
from danvan_site.options import Progress
from danvan_site.stages import Examined

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

Estimate = Callable[[int, int, float], None]

FILE = "links.jsonl"
_MOST_REDIRECTS = 5
_DAY = 86_400
# So long (s) what came of asking holds: what is there will be there for a while.
_HOLDS = {"there": 30 * _DAY, "moved": 30 * _DAY, "dead": 7 * _DAY, "unreachable": _DAY}
_CODES = {
    "dead": "link-dead",
    "moved": "link-moved",
    "private": "link-private",
    "unreachable": "link-unreachable",
}
_DEAD = (404, 410)
_BUSY = (429, 503)
_REDIRECTS = (301, 302, 303, 307, 308)
_FOR_GOOD = (301, 308)
_SAFE = "/%:@!$&'()*+,;=~?[]-._"
# Addresses of version 6 that stand for one of version 4: by way of a translator at the provider's.
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class Link(NamedTuple):
    """A link to another site, and where it stands."""

    address: str
    place: Place


class Answer(NamedTuple):
    """What came of asking: ``there``, ``moved``, ``dead``, ``unreachable`` or ``private`` (not
    asked); what there is to say of it (a status, a reason, the new address); when, in seconds since
    1970."""

    verdict: str
    said: str
    asked: float


def is_public(address: IpAddress) -> bool:
    """Tell whether an address is one of the Internet, and not of a machine or network of ours."""
    if isinstance(address, ipaddress.IPv6Address):
        within = address.ipv4_mapped or address.sixtofour
        if address.teredo:
            return False
        if address in _TRANSLATED:
            within = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if within:
            return is_public(within)
    return address.is_global and not address.is_multicast


@dataclass(frozen=True, slots=True)
class Manner:
    """How others are asked: what the program calls itself, which addresses it may ask, how many
    hosts at once; in seconds the pause between two questions to a host, how long it waits for
    anything to come, how long for a whole answer, and how long a host may have it wait."""

    agent: str
    reaches: Callable[[IpAddress], bool] = is_public
    hosts: int = 8
    pause: float = 1.0
    patience: float = 20.0
    longest: float = 40.0
    most_waiting: float = 60.0


def agent_of(settings: Settings) -> str:
    """Return what the program calls itself to others: what it is, and for whom it asks."""
    site = f" (+{quote(settings.base_url, safe=_SAFE)})" if settings.base_url else ""
    return f"danvan-site/{__version__}{site}"


def links_of(site: Examined) -> list[Link]:
    """Return all links to other sites in what would be published, and in the settings."""
    found = [
        link
        for bulletin in (*site.library.bulletins, *site.library.pages)
        for link in _of_bulletin(site, bulletin)
    ]
    settings = site.settings
    place = Place(site.options.shown(site.options.config))
    found += [Link(each.url, place) for each in settings.partners]
    found += [Link(each.url, place) for each in settings.documents]
    found += [
        Link(entry.url, where)
        for entry, where in zip(settings.menu, settings.menu_places, strict=True)
    ]
    own = addresses.host(settings.base_url) if settings.base_url else ""
    return [
        each._replace(address=urldefrag(each.address).url)
        for each in found
        if each.address.startswith(WEB) and (not own or addresses.host(each.address) != own)
    ]


def _of_bulletin(site: Examined, bulletin: Bulletin) -> Iterator[Link]:
    # Where a link leads: that of an old address of a bulletin does not leave the site.
    led = site.references.addresses.get(bulletin.path, ())
    for reference, address in zip(bulletin.references, led, strict=False):
        place = Place(f"{site.shown}/{bulletin.path}", reference.line, reference.column)
        yield Link(address, place)
    source = bulletin.meta.source
    if source:
        yield Link(source.url, bulletin.place("source", site.shown))


def examine(
    links: Sequence[Link],
    cache: Path,
    manner: Manner,
    progress: Progress,
    estimate: Estimate,
) -> Iterator[Problem]:
    """Ask for what is not known well enough yet; yield what is wrong with *links*.

    What comes of it is kept in the folder *cache*, an answer at a time, so that one who is
    interrupted goes on where he was.  *estimate* is told of how many addresses of how many hosts
    have to be asked, and about how many seconds that takes.
    """
    known = _Known(cache / FILE)
    wanted = dict.fromkeys(link.address for link in links if not known.holds(link.address))
    by_host: dict[str, list[str]] = {}
    for address in wanted:
        by_host.setdefault(_host(address), []).append(address)
    if wanted:
        # A question takes about as long as the pause after it.
        each = 2 * manner.pause
        longest = max(map(len, by_host.values()))
        estimate(len(wanted), len(by_host), each * max(longest, len(wanted) / manner.hosts))
    progress.stage("outside", len(wanted))
    for address, answer in _ask_all(list(by_host.values()), manner):
        known.keep(address, answer)
        progress.advance(1)
    for link in links:
        answer = known.answers[link.address]
        if answer.verdict in _CODES:
            details = {"address": link.address, "said": answer.said}
            yield Problem(_CODES[answer.verdict], link.place, details)


class _Known:
    """What came of asking, in a file of a line for each answer; the last one holds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.answers: dict[str, Answer] = {}
        lines = path.read_text("utf-8", errors="replace").splitlines() if path.exists() else []
        for line in lines:
            try:
                address, verdict, said, asked = json.loads(line)
                self.answers[address] = Answer(str(verdict), str(said), float(asked))
            except (ValueError, TypeError, RecursionError):
                continue  # One who was interrupted left half a line.
        rows = "".join(self._row(*each) for each in self.answers.items())
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.replace(path, rows.encode())

    def _row(self, address: str, answer: Answer) -> str:
        return json.dumps([address, *answer]) + "\n"

    def holds(self, address: str) -> bool:
        """Tell whether an address need not be asked: not yet again."""
        answer = self.answers.get(address)
        age = time.time() - answer.asked if answer else 0
        return answer is not None and 0 <= age < _HOLDS.get(answer.verdict, 0)

    def keep(self, address: str, answer: Answer) -> None:
        """Keep an answer at once."""
        self.answers[address] = answer
        with self._path.open("a", encoding="utf-8") as file:
            file.write(self._row(address, answer))


# Asking


def _ask_all(groups: Iterable[Sequence[str]], manner: Manner) -> Iterator[tuple[str, Answer]]:
    """Ask for all addresses, those of a host one after another; yield what comes, as it comes."""
    waiting: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()
    total = 0
    for group in groups:
        waiting.put(group)
        total += len(group)
    done: queue.SimpleQueue[tuple[str, Answer] | BaseException] = queue.SimpleQueue()
    asker = Asker(manner)

    def work() -> None:
        try:
            while True:
                for address in waiting.get_nowait():
                    done.put((address, asker.ask(address)))
        except queue.Empty:
            pass
        except BaseException as error:
            done.put(error)

    for _ in range(min(manner.hosts, total)):
        threading.Thread(target=work, daemon=True).start()
    for _ in range(total):
        result = done.get()
        if isinstance(result, BaseException):
            raise result
        yield result


class _Refused(Exception):
    """What may not be asked; the argument says what."""


class _Reply(NamedTuple):
    """The head of an answer: status, where it sends to, how long it wants to be left alone (s)."""

    status: int
    location: str
    wait: float | None


class _Turns:
    """Whose turn it is at a host, and when the next question may come."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.next = 0.0


class Asker:
    """Asks others, however many threads it is used by."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._turns: dict[str, _Turns] = {}
        self._lock = threading.Lock()
        self._trust = ssl.create_default_context()

    def ask(self, address: str) -> Answer:
        """Return what came of asking for an address and for what it sends to."""
        try:
            verdict, said = self._follow(address)
        except _Refused as refused:
            verdict, said = "private", str(refused)
        except (OSError, ValueError, http.client.HTTPException) as error:
            verdict, said = "unreachable", _reason(error)
        return Answer(verdict, said, time.time())

    def _follow(self, address: str) -> tuple[str, str]:
        here, for_good = address, True
        for _ in range(_MOST_REDIRECTS + 1):
            reply = self._politely(here)
            if reply.status not in _REDIRECTS or not reply.location:
                return _verdict(reply.status, here if for_good and here != address else "")
            for_good = for_good and reply.status in _FOR_GOOD
            here = urldefrag(urljoin(here, reply.location)).url
            if not here.startswith(WEB):
                raise _Refused(f"→ {here}")
        return "unreachable", f"> {_MOST_REDIRECTS} → {here}"

    def _politely(self, address: str) -> _Reply:
        """Ask for the head alone; where that is refused, or nobody has it, as browsers do."""
        reply = self._in_turn("HEAD", address)
        if reply.status >= 400 and reply.status not in _BUSY:
            reply = self._in_turn("GET", address)
        if reply.status in _BUSY and (reply.wait or 0) <= self._manner.most_waiting:
            reply = self._in_turn("GET", address)
        return reply

    def _in_turn(self, method: str, address: str) -> _Reply:
        with self._lock:
            turns = self._turns.setdefault(_host(address), _Turns())
        with turns.lock:
            time.sleep(max(0.0, turns.next - time.monotonic()))
            pause = self._manner.pause
            try:
                reply = self._request(method, address)
                if reply.status in _BUSY and reply.wait is not None:
                    pause = max(pause, min(reply.wait, self._manner.most_waiting))
                return reply
            finally:
                turns.next = time.monotonic() + pause

    def _request(self, method: str, address: str) -> _Reply:
        """Ask once.  Nothing is sent but what is asked for and who asks."""
        parts = urlsplit(address)
        host, is_safe = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if is_safe else 80)
        target = quote(parts.path or "/", safe=_SAFE)
        target += f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
        connection = http.client.HTTPConnection(host, parts.port, timeout=self._manner.patience)
        # One who answers a letter at a time would never come to an end.
        cut = threading.Event()
        timer = threading.Timer(self._manner.longest, _cut, [connection, cut])
        timer.daemon = True
        timer.start()
        try:
            connection.sock = plain = self._connected(host, port)
            if is_safe:
                safe = self._trust.wrap_socket(
                    plain, server_hostname=host, do_handshake_on_connect=False
                )
                connection.sock = safe
                safe.do_handshake()
            headers = {"User-Agent": self._manner.agent, "Accept": "*/*", "Connection": "close"}
            connection.request(method, target, headers=headers)
            answer = connection.getresponse()
            if cut.is_set():
                raise TimeoutError(f"> {self._manner.longest:.0f} s")
            wait = _seconds(answer.getheader("Retry-After") or "")
            location = answer.getheader("Location") or ""
            # Bytes come as Latin-1; those of an address are UTF-8, if they are not ASCII.
            location = location.encode("latin-1", "replace").decode("utf-8", "replace")
            return _Reply(answer.status, location, wait)
        finally:
            timer.cancel()
            connection.close()

    def _connected(self, host: str, port: int) -> socket.socket:
        """Connect to a host, if all that its name stands for may be asked."""
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError(f"{host}: {error}") from None
        found = list(dict.fromkeys(str(row[4][0]).partition("%")[0] for row in rows))
        for each in found:
            if not self._manner.reaches(ipaddress.ip_address(each)):
                raise _Refused(each if each == host else f"{host} = {each}")
        failed: OSError = OSError(host)
        for each in found:
            try:
                return socket.create_connection((each, port), self._manner.patience)
            except OSError as error:
                failed = error
        raise failed


def _cut(connection: http.client.HTTPConnection, cut: threading.Event) -> None:
    """End a connection that takes too long; whoever reads from it has what came until then."""
    cut.set()
    if connection.sock:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _verdict(status: int, moved: str) -> tuple[str, str]:
    """Return verdict and words of a last answer; *moved*: the new address, where it is for good."""
    if status in _DEAD:
        return "dead", f"HTTP {status}"
    if status >= 500 or status in _BUSY:
        return "unreachable", f"HTTP {status}"
    # Whoever shows programs the door (401, 403) is at home.
    return ("moved", moved) if moved and status < 400 else ("there", f"HTTP {status}")


def _seconds(text: str) -> float | None:
    """Return how many seconds a Retry-After asks for: a number, or a date."""
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
