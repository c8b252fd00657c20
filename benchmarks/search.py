"""Compare the site's search with Pagefind: the same texts, the same machine, the same harness.

    python benchmarks/search.py ARCHIVE [ARCHIVE…] [--out FOLDER] [--queries N] [--parts LIST]

ARCHIVE is a folder of bulletins in Markdown with front matter.  What is measured, and how, is
told in README.md beside this file.  It runs on Linux (memory is read from /proc), with the
packages of the tests and an installed Chromium.  Whatever fails, fails the run.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import random
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, pairwise
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from common import (
    PAGEFIND,
    BenchmarkError,
    Bulletin,
    Row,
    Run,
    as_json,
    build_ours,
    cell,
    files_of,
    find_browser,
    install_pagefind,
    machine,
    markdown,
    measured,
    our_index_stage,
    parts_of,
    put_aside,
    read_archive,
    say,
    spread,
    table,
)  # fmt: skip
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

PARTS = ("index", "query", "line", "slow", "truth", "edit")
SEED = 7
FIRST = 10
ROUND_DELAY = 0.02  # s before each answer, so that requests one after another are told apart
LINE = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 2e5}
SLOW_PROCESSOR = 4
PATIENCE = 120.0  # s for one search
QUIET = 0.2  # s without a request: nothing more is coming
EVERYTHING = 10_000_000
LENGTHS = (1, 2, 2, 2, 3, 3, 4, 5)  # syllables of a query
TRUTH_QUERIES = 200
QUOTED_QUERIES = 50
RANKED_PHRASES = 120
SHOWN_NOTES = 20  # all of them are in search.json


# The truth about the texts.  It shares no code with the program, on purpose.

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TONE = re.compile(f"[{_TONES}]")
_MARK = re.compile("[\u0300-\u036f]")
_JOINTS = "./\u2010-\u2015\u2212-"
_GROUPED = re.compile(rf"(?<![\w{_JOINTS}])[0-9]{{1,3}}(?:\.[0-9]{{3}})+(?![{_JOINTS}]?\w)")
_LOOK_ALIKES = {0xD0: "đ", 0x189: "đ", 0xF0: "đ", 0x256: "đ", 0x1CD: "ă", 0x1CE: "ă"}
_UNSEEN = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))


class _Letters(dict[int, str]):
    """Letters, marks and digits stay; anything else is a gap."""

    def __missing__(self, code: int) -> str:
        kind = unicodedata.category(chr(code))
        self[code] = chr(code) if kind[0] in "LM" or kind == "Nd" else " "
        return self[code]


_LETTERS = _Letters()
_KEYS: dict[str, tuple[str, str]] = {}


def plain(text: str) -> str:
    """Return *text* in NFC and small letters, look-alike letters repaired, nothing unseen."""
    composed = unicodedata.normalize("NFC", text).translate({**_UNSEEN, **_LOOK_ALIKES})
    return composed.lower()


def split(text: str) -> list[str]:
    """Return the words of *text*: runs of letters, digits, marks; 1.800 is the word 1800."""
    numbers = _GROUPED.sub(lambda match: match.group().replace(".", ""), plain(text))
    return numbers.translate(_LETTERS).split()


def bare(text: str) -> str:
    """Return *text* in small letters without marks."""
    decomposed = unicodedata.normalize("NFD", plain(text).replace("đ", "d"))
    return _MARK.sub("", decomposed)


def keys_of(word: str) -> tuple[str, str]:
    """Return a word as compared with marks, wherever the tone mark stands, and without."""
    if word not in _KEYS:
        decomposed = unicodedata.normalize("NFD", word)
        toneless = unicodedata.normalize("NFC", _TONE.sub("", decomposed))
        _KEYS[word] = (f"={toneless}{''.join(_TONE.findall(decomposed))}", bare(word))
    return _KEYS[word]


@dataclass(frozen=True)
class Asked:
    """A query of the truth part: ``form`` is how it is written."""

    form: str
    text: str
    quoted: bool = False

    @property
    def typed(self) -> str:
        """What goes into the search box."""
        return f'"{self.text}"' if self.quoted else self.text

    @property
    def level(self) -> int:
        """0: compared with marks, as something in it has one; 1: without."""
        return 0 if plain(self.text) != bare(self.text) else 1

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The words as they are compared."""
        return tuple(keys_of(word)[self.level] for word in split(self.text))


def true_answers(bulletins: Sequence[Bulletin], queries: Sequence[Asked]) -> list[set[str]]:
    """Return for each query the addresses of the bulletins that it must find."""
    answers: list[set[str]] = [set() for _ in queries]
    needed = {key for query in queries for key in query.keys}
    for bulletin in bulletins:
        fields = [[keys_of(word) for word in split(text)] for text in bulletin.fields]
        held = needed.intersection(key for words in fields for keys in words for key in keys)
        for query, answer in zip(queries, answers, strict=True):
            if held.issuperset(query.keys) and (not query.quoted or _stands_in(query, fields)):
                answer.add(bulletin.path)
    return answers


def _stands_in(query: Asked, fields: Iterable[list[tuple[str, str]]]) -> bool:
    row = f" {' '.join(query.keys)} "
    return any(row in f" {' '.join(keys[query.level] for keys in words)} " for words in fields)


# Queries: all drawn from the archive's own texts

_LATIN = r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]+"
_RUN = re.compile(rf"(?<![\w\u0300-\u036f]){_LATIN}(?: {_LATIN})*(?![\w\u0300-\u036f])")
# The two customary places of a tone mark: in oa, oe, uy at the end of a syllable (but not in quy).
_NUCLEUS = "(?<!q)(o(?={0}[ae])|u(?={0}y))"
_END = r"(?![\w\u0300-\u036f])"
_TONE_BEFORE = re.compile(f"{_NUCLEUS.format('.')}([{_TONES}])([aey]){_END}", re.IGNORECASE)
_TONE_AFTER = re.compile(f"{_NUCLEUS.format('')}([aey])([{_TONES}]){_END}", re.IGNORECASE)
_NUMBER = re.compile(rf"(?<![\w,{_JOINTS}])(?:[0-9]{{2,4}}|[0-9]{{1,3}}\.[0-9]{{3}})(?![\w,./-])")


def draw_phrase(rng: random.Random, bulletins: Sequence[Bulletin], length: int) -> str:
    """Return *length* syllables that stand in a row in a title, or as often in a body."""
    for _ in range(10_000):
        bulletin = rng.choice(bulletins)
        text = bulletin.title if rng.random() < 0.5 else rng.choice(bulletin.paragraphs)
        rows = [run.split() for run in _RUN.findall(unicodedata.normalize("NFC", text))]
        rows = [row for row in rows if len(row) >= length]
        if rows:
            row = rng.choice(rows)
            start = rng.randrange(len(row) - length + 1)
            chosen = row[start : start + length]
            if all(len(word) > 1 for word in chosen):
                return " ".join(chosen)
    raise BenchmarkError(f"no phrase of {length} syllables found")


def typical_queries(bulletins: Sequence[Bulletin], count: int) -> list[str]:
    """Return what readers might type: small letters, every other query without marks."""
    rng = random.Random(SEED)
    phrases = [draw_phrase(rng, bulletins, LENGTHS[at % 8]).lower() for at in range(count)]
    return [bare(phrase) if at // 8 % 2 else phrase for at, phrase in enumerate(phrases)]


def move_tone(phrase: str) -> str:
    """Return *phrase* with tone marks in the other of the two customary places: hòa, hoà."""
    decomposed = unicodedata.normalize("NFD", phrase)
    moved, count = _TONE_BEFORE.subn(r"\1\3\2", decomposed)
    return unicodedata.normalize("NFC", moved if count else _TONE_AFTER.sub(r"\1\3\2", decomposed))


def _mixed_case(rng: random.Random, phrase: str) -> str:
    return "".join(rng.choice((letter.lower(), letter.upper())) for letter in phrase)


def _other_place(rng: random.Random, bulletins: Sequence[Bulletin], length: int) -> str:
    for _ in range(10_000):
        phrase = draw_phrase(rng, bulletins, length)
        if move_tone(phrase) != phrase:
            return move_tone(phrase)
    raise BenchmarkError("no syllable whose tone mark has two places")


def _number(rng: random.Random, bulletins: Sequence[Bulletin], _: int) -> str:
    for _ in range(10_000):
        found = _NUMBER.findall(rng.choice(rng.choice(bulletins).paragraphs))
        if found:
            return str(rng.choice(found))
    raise BenchmarkError("no number found")


def _form(change: Callable[[random.Random, str], str]) -> Callable[..., str]:
    return lambda rng, bulletins, length: change(rng, draw_phrase(rng, bulletins, length))


FORMS: Mapping[str, Callable[..., str]] = {
    "as written": _form(lambda rng, phrase: phrase),
    "without marks": _form(lambda rng, phrase: bare(phrase)),
    "mixed case": _form(_mixed_case),
    "tone mark elsewhere": _other_place,
    "decomposed (NFD)": _form(lambda rng, phrase: unicodedata.normalize("NFD", phrase)),
    "capitals": _form(lambda rng, phrase: phrase.upper()),
    "small letters": _form(lambda rng, phrase: phrase.lower()),
    "numbers": _number,
}


def truth_queries(bulletins: Sequence[Bulletin]) -> list[Asked]:
    """Return the queries of the truth part: every form in turn, then the quoted ones."""
    rng = random.Random(SEED + 1)
    forms = list(FORMS)
    queries = []
    for at in range(TRUTH_QUERIES):
        form = forms[at % len(forms)]
        queries.append(Asked(form, FORMS[form](rng, bulletins, rng.choice(LENGTHS))))
    for at in range(QUOTED_QUERIES):
        phrase = draw_phrase(rng, bulletins, rng.choice((2, 2, 3, 3, 4)))
        queries.append(Asked("in quotes", bare(phrase) if at % 3 == 2 else phrase, quoted=True))
    return queries


Words = tuple[str, ...]


def ranked_phrases(bulletins: Sequence[Bulletin]) -> dict[str, set[str]]:
    """Return phrases of titles that ten or more bulletins hold, with these bulletins."""
    candidates: dict[Words, str] = {}
    for bulletin in bulletins:
        for run in _RUN.findall(unicodedata.normalize("NFC", bulletin.title)):
            words = run.lower().split()
            for row in chain(pairwise(words), zip(words, words[1:], words[2:], strict=False)):
                if plain(" ".join(row)) != bare(" ".join(row)) and min(map(len, row)) > 1:
                    candidates.setdefault(tuple(keys_of(word)[0] for word in row), " ".join(row))
    held: defaultdict[Words, set[str]] = defaultdict(set)
    for bulletin in bulletins:
        for text in bulletin.fields:
            keys = [keys_of(word)[0] for word in split(text)]
            for row in chain(pairwise(keys), zip(keys, keys[1:], keys[2:], strict=False)):
                if row in candidates:
                    held[row].add(bulletin.path)
    chosen: list[Words] = []
    for length in (2, 3):
        often = sorted(row for row in held if len(row) == length and len(held[row]) >= FIRST)
        some = min(RANKED_PHRASES // 2, len(often))
        chosen += random.Random(SEED + length).sample(often, some)
    return {candidates[row]: held[row] for row in chosen}


# The two sides


@dataclass(frozen=True)
class Answer:
    """What a side says to a query: the number of results, and the addresses in order."""

    total: int
    paths: list[str]


class Side(Protocol):
    """One of the two programs that are compared."""

    name: str
    folder: Path
    index: Path
    may_find_nothing: bool  # Every query is drawn from the texts, so that is a fault in ours.

    def build(self, clean: bool = False) -> Run:
        """Make the index (and whatever comes with it)."""

    def put(self, bulletin: Bulletin) -> None:
        """Take in a bulletin that is new or was edited."""

    def page(self, query: str = "", *, worker: bool = True) -> str:
        """Return the address of the search page."""

    def is_data(self, path: str) -> bool:
        """Tell whether a file of the site belongs to the search."""

    def ask(self, page: Page, query: str, limit: int) -> Answer:
        """Ask on an open search page."""


class Ours:
    """The site that the program in this repository builds."""

    name = "danvan-site"
    may_find_nothing = False
    _DATA = re.compile(r"tim-kiem/|giao-dien/(?!ui\.js).*\.js$")

    def __init__(self, work: Path, archive: Path) -> None:
        self.site = work / "ours"
        self.folder = self.site / "public"
        self.index = self.folder / "tim-kiem"
        shutil.copytree(archive, self.site / "content")
        (self.site / "site.yaml").write_text("title: Kho bản tin\nlanguage: vi\n", "utf-8")

    def build(self, clean: bool = False) -> Run:
        """Run the command as an editor would; only *clean* from nothing."""
        return build_ours(self.site, clean)

    def put(self, bulletin: Bulletin) -> None:
        """Write a bulletin's source."""
        file = (self.site / "content" / bulletin.path).with_suffix(".md")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(markdown(bulletin), "utf-8")

    def page(self, query: str = "", *, worker: bool = True) -> str:
        """Return the address of the search page; there is no worker to switch off."""
        return "tim-kiem.html" + (f"?q={quote(query)}" if query else "")

    def is_data(self, path: str) -> bool:
        """Scripts (but for the frame's own) and the index."""
        return bool(self._DATA.match(path))

    def ask(self, page: Page, query: str, limit: int) -> Answer:
        """Ask the search page's interface."""
        found = page.evaluate(
            "([text, limit]) => danvanSearch.query(text, {limit, prefix: false})", [query, limit]
        )
        if not found["exact"]:
            raise BenchmarkError(f"the total for {query!r} is not exact")
        return Answer(found["total"], [each["url"].lstrip("./") for each in found["results"]])


_ARTICLE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>{title}</title></head><body>
<main data-pagefind-body>
<h1>{title}</h1>
<p>{lead}</p>
{body}
<p>{tags}</p>
<p><span data-pagefind-filter="category">{category}</span>
<span data-pagefind-filter="unit">{unit}</span> <span>{author}</span></p>
</main></body></html>
"""

# As its handbook shows: the module with the page, more on focus, ten results with their data.
_SEARCH_PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>Search</title><link rel="icon" href="data:,">
</head><body>
<form id="search-form"><input id="q" type="search" name="q"><button>Search</button></form>
<p id="count"></p><ol id="results"></ol>
<script type="module">
import * as pagefind from './pagefind/pagefind.js';
const asked = new URLSearchParams(location.search);
const [box, count, results] = ['q', 'count', 'results'].map((id) => document.getElementById(id));
function item(found) {
  const entry = document.createElement('li');
  entry.dataset.href = found.url;
  const link = document.createElement('a');
  link.href = found.url;
  link.textContent = found.meta.title;
  const excerpt = document.createElement('p');
  excerpt.innerHTML = found.excerpt;
  entry.append(link, excerpt);
  return entry;
}
async function run(text) {
  results.dataset.state = 'busy';
  const found = await pagefind.search(text);
  const ten = await Promise.all(found.results.slice(0, 10).map((each) => each.data()));
  results.replaceChildren(...ten.map(item));
  count.textContent = count.dataset.total = String(found.results.length);
  results.dataset.state = 'done';
}
if (asked.get('worker') === '0') await pagefind.options({ noWorker: true });
window.pagefind = pagefind;
box.addEventListener('focus', () => pagefind.init());
document.getElementById('search-form').addEventListener('submit', (event) => {
  event.preventDefault();
  run(box.value);
});
if (asked.get('q')) run(asked.get('q'));
</script></body></html>
"""


class Pagefind:
    """Pagefind over plain pages with the same texts."""

    name = "Pagefind"
    may_find_nothing = True

    def __init__(self, work: Path, program: Path, bulletins: Iterable[Bulletin]) -> None:
        self.folder = work / "pagefind-site"
        self.index = self.folder / "pagefind"
        self._program = program
        for bulletin in bulletins:
            self.put(bulletin)
        (self.folder / "search.html").write_text(_SEARCH_PAGE, "utf-8")

    def build(self, clean: bool = True) -> Run:
        """Index the pages; it makes everything anew each time."""
        put_aside(self.index, self.folder.parent)
        self.__dict__.pop("_paths", None)
        return measured(self._program, "-m", "pagefind", "--site", self.folder, "--quiet")

    def put(self, bulletin: Bulletin) -> None:
        """Write a bulletin's page."""
        names = ("title", "lead", "category", "unit", "author")
        texts = {name: html.escape(getattr(bulletin, name)) for name in names}
        body = "\n".join(f"<p>{html.escape(each)}</p>" for each in bulletin.paragraphs)
        tags = " ".join(f"<span>{html.escape(each)}</span>" for each in bulletin.tags)
        file = self.folder / bulletin.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_ARTICLE.format(body=body, tags=tags, **texts), "utf-8")

    def page(self, query: str = "", *, worker: bool = True) -> str:
        """Return the address of the search page; without its worker it runs in the page."""
        asked = [f"q={quote(query)}"] * bool(query) + ["worker=0"] * (not worker)
        return "search.html" + ("?" + "&".join(asked) if asked else "")

    def is_data(self, path: str) -> bool:
        """Tell whether a file is one that it made."""
        return path.startswith("pagefind/")

    @cached_property
    def _paths(self) -> dict[str, str]:
        """Addresses by the ids of results."""
        found = {}
        for file in (self.index / "fragment").iterdir():
            _, _, values = gzip.decompress(file.read_bytes()).partition(b"pagefind_dcd")
            found[file.stem] = json.loads(values)["url"].lstrip("/")
        return found

    def ask(self, page: Page, query: str, limit: int) -> Answer:
        """Ask its interface."""
        page.wait_for_function("window.pagefind")
        script = "async (text) => (await pagefind.search(text)).results.map((each) => each.id)"
        ids = page.evaluate(script, query)
        return Answer(len(ids), [self._paths[each] for each in ids[:limit]])


# Serving

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    """Return what answers for a server."""

    class Files(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            """Answer with a file, or with 404."""
            time.sleep(server.delay)
            path = unquote(urlsplit(self.path).path).lstrip("/")
            suffix = Path(path).suffix
            body = server.body(path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", _TYPES.get(suffix, "application/octet-stream"))
            if body is not None and suffix in _TYPES:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Files


class Server:
    """Serves a folder on the loopback as hosts do: text is compressed, other files go as they
    are.  ``sizes`` tells the bytes of each body that was sent, ``count`` how many were."""

    def __init__(self, folder: Path) -> None:
        self.delay = 0.0
        self.sizes: dict[str, int] = {}
        self.count = 0
        self._folder = folder
        self._bodies: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.home = f"http://127.0.0.1:{self._server.server_port}/"

    def body(self, path: str) -> bytes | None:
        """Return a file as it goes over the line, and note that it does."""
        file = self._folder / path
        if ".." in path or not file.is_file():
            return None
        if path not in self._bodies:
            content = file.read_bytes()
            packed = file.suffix in _TYPES
            self._bodies[path] = gzip.compress(content, 6, mtime=0) if packed else content
        with self._lock:
            self.count += 1
            self.sizes[path] = len(self._bodies[path])
        return self._bodies[path]

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Serve as long as the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


# Watching a search

# Both search pages mark their list of results: data-state is "first" when ten results stand and
# the total is still to come, "done" when all is told. Times are the page's own.
_WATCH = """(() => {
  const say = (name) => console.debug(`bench ${name} ${performance.now()}`);
  const list = () => document.getElementById('results');
  let said = [];
  function look() {
    const state = list() && list().dataset.state;
    if (state === 'failed') say('failed');
    if (state !== 'first' && state !== 'done') return;
    document.body.getBoundingClientRect();
    for (const name of state === 'done' ? ['first', 'done'] : ['first']) {
      if (!said.includes(name)) { said.push(name); say(name); }
    }
  }
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    if (list()) list().removeAttribute('data-state');
    said = [];
    say('enter');
  }, true);
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'],
  });
})();"""


_LATE = """moment => performance.getEntriesByType('resource')
    .filter(each => each.responseEnd > moment).map(each => each.name)"""


@dataclass
class Exchange:
    """A request and its answer.  ``begun`` and ``ended`` are places in the row of all events."""

    path: str
    size: int
    begun: int
    ended: int = sys.maxsize


@dataclass(frozen=True)
class Mark:
    """Something that the page said: its place in the row of events, and when (ms)."""

    at: int
    moment: float


@dataclass(frozen=True)
class Cost:
    """What went over the line; rounds are requests each of which waited for the one before."""

    size: int
    requests: int
    rounds: int


def cost(exchanges: Iterable[Exchange]) -> Cost:
    """Sum exchanges up; the rounds are the longest row of exchanges that do not overlap."""
    row = sorted(exchanges, key=lambda each: each.ended)
    rounds, last = 0, -1
    for each in row:
        if each.begun > last:
            rounds, last = rounds + 1, each.ended
    return Cost(sum(each.size for each in row), len(row), rounds)


class Visit:
    """A reader who has never been here: a fresh window, nothing in any cache."""

    def __init__(self, browser: Browser, server: Server, side: Side) -> None:
        self.side = side
        self.total = -1
        self.marks: dict[str, Mark] = {}
        self.exchanges: list[Exchange] = []
        self._server = server
        self._events = 0
        self._open: dict[Request, Exchange] = {}
        self._faults: list[str] = []
        self._served = server.count
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE * 1e3)  # A search can keep a slow page that long.
        self.tools = self.context.new_cdp_session(self.page)
        self.tools.send("Network.enable")
        self.tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.page.add_init_script(_WATCH)
        self._listen()

    def _listen(self) -> None:
        self.page.on("request", self._began)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._broke)
        self.page.on("response", self._answered)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._faults.append(f"exception: {error}"))

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._settle()
        self.context.close()

    def _next(self) -> int:
        self._events += 1
        return self._events

    def _began(self, request: Request) -> None:
        if request.url.startswith("data:"):
            return
        if not request.url.startswith(self._server.home):
            self._faults.append(f"request that leaves the site: {request.url}")
        path = unquote(urlsplit(request.url).path).lstrip("/")
        self._open[request] = Exchange(path, 0, self._next())
        self.exchanges.append(self._open[request])

    def _ended(self, request: Request) -> None:
        exchange = self._open.pop(request, None)
        if exchange:
            exchange.ended = self._next()
            exchange.size = self._server.sizes[exchange.path]

    def _broke(self, request: Request) -> None:
        self._open.pop(request, None)
        self._faults.append(f"{request.failure}: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._faults.append(f"{response.status}: {response.url}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.text.startswith("bench "):
            _, name, moment = message.text.split()
            self.marks[name] = Mark(self._next(), float(moment))
        elif message.type == "error":
            self._faults.append(f"error on the console: {message.text}")

    def open(self, address: str) -> None:
        """Open a page and wait until nothing more comes."""
        self.page.goto(self._server.home + address)
        if "q=" in address:
            self._wait_for_results(address)
        self._settle()

    def search(self, query: str) -> float:
        """Search on the open page; return ms from Enter to the first ten results."""
        self.marks.clear()
        self.page.focus("#q")
        self.page.fill("#q", query)
        self.page.press("#q", "Enter")
        self._wait_for_results(query)
        self._settle()
        return self.marks["first"].moment - self.marks["enter"].moment

    def _wait_for_results(self, asked: str) -> None:
        end = time.monotonic() + PATIENCE
        while "done" not in self.marks:
            self._complain(asked)
            if "failed" in self.marks or time.monotonic() > end:
                raise BenchmarkError(f"{self.side.name}: no answer to {asked!r}")
            self.page.wait_for_timeout(5)
        self.total = int(self.page.get_attribute("#count", "data-total") or -1)
        shown = self.page.locator("#results li[data-href]").count()
        if shown < min(self.total, FIRST) or self.total < (0 if self.side.may_find_nothing else 1):
            raise BenchmarkError(f"{self.side.name}: {asked!r}: {shown} shown of {self.total}")

    def _settle(self) -> None:
        quiet, seen = time.monotonic(), self._events
        while self._open or time.monotonic() - quiet < QUIET:
            self.page.wait_for_timeout(20)
            if self._open or seen != self._events:
                quiet, seen = time.monotonic(), self._events
        self._complain("")
        if self._server.count - self._served != len(self.exchanges):
            raise BenchmarkError(f"{self.side.name}: the server and the browser disagree")

    def _complain(self, asked: str) -> None:
        if self._faults:
            raise BenchmarkError(f"{self.side.name} {asked}: " + "\n".join(self._faults))

    def data(self, since: int = 0, until: str = "done") -> Cost:
        """What the search itself asked for, up to a mark."""
        end = self.marks[until].at
        return cost(
            each for each in self.exchanges
            if since < each.begun < end and self.side.is_data(each.path)
        )  # fmt: skip

    def arrived(self) -> int:
        """Bytes of the search that had come before the ten results stood."""
        late: list[str] = self.page.evaluate(_LATE, self.marks["first"].moment)
        paths = {unquote(urlsplit(each).path).lstrip("/") for each in late}
        end = self.marks["done"].at
        return sum(
            each.size for each in self.exchanges
            if each.begun < end and self.side.is_data(each.path) and each.path not in paths
        )  # fmt: skip

    def excerpts(self, since: int = 0) -> Cost:
        """The pages fetched to show pieces of them."""
        return cost(each for each in self._rest(since) if self._is_excerpt(each))

    def frame(self) -> Cost:
        """The page around the search."""
        return cost(each for each in self._rest(0) if not self._is_excerpt(each))

    def _rest(self, since: int) -> Iterator[Exchange]:
        for each in self.exchanges:
            if each.begun > since and not self.side.is_data(each.path):
                yield each

    def _is_excerpt(self, exchange: Exchange) -> bool:
        return bool(re.match(r"\d{4}/.*\.html$", exchange.path))

    @property
    def now(self) -> int:
        """The place in the row of events that has been reached."""
        return self._events


# The parts


@dataclass
class Bench:
    """One archive under measurement."""

    bulletins: list[Bulletin]
    ours: Ours
    theirs: Pagefind | None
    browser: Browser
    queries: int
    repeats: int
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    empty: Counter[str] = field(default_factory=Counter)  # queries that found nothing, by side

    @property
    def sides(self) -> list[Side]:
        """Both sides, in the order in which they take turns; ours alone if so asked."""
        return [self.ours, self.theirs] if self.theirs else [self.ours]

    def add(self, label: str, ours: Sequence[float], theirs: Sequence[float] = ()) -> None:
        """Add a row to the table, and tell it at once: a long run may yet fail."""
        row = Row(label, tuple(ours), tuple(theirs))
        self.rows.append(row)
        say(f"  {label}: {cell(row.ours)} · {cell(row.theirs)} · × {row.ratio}")


def measure_index(bench: Bench) -> None:
    """Time, memory and size of making the index, the sides taking turns."""
    runs: list[list[Run]] = [[] for _ in bench.sides]
    for turn in range(bench.repeats):
        say(f"index: build {turn + 1} of {bench.repeats}")
        for side, its in zip(bench.sides, runs, strict=True):
            its.append(side.build(clean=True))
    stages = [each for each in map(our_index_stage, runs[0]) if each is not None]
    alone = [stages, *([run.wall for run in its] for its in runs[1:])]
    bench.add("Index alone, s", *([statistics.median(times)] for times in alone if times))
    for label, value in (
        ("Whole build (ours) against index (Pagefind), s", lambda run: run.wall),
        ("– processor time, s", lambda run: run.processor),
        ("– peak memory of all processes, MB", lambda run: run.peak / 1e6),
    ):
        bench.add(label, *([statistics.median(map(value, its))] for its in runs))
    files = [files_of(side.index) for side in bench.sides]
    if not files[0]:
        raise BenchmarkError("the build made no search index")
    bench.add("Index, files", *([len(each)] for each in files))
    bench.add("Index, MB", *([sum(size for size, _ in each.values()) / 1e6] for each in files))


@contextmanager
def serving(bench: Bench, delay: float = 0.0) -> Iterator[list[tuple[Side, Server]]]:
    """Serve both sides."""
    with ExitStack() as running:
        served: list[tuple[Side, Server]] = []
        for side in bench.sides:
            server = Server(side.folder)
            server.delay = delay
            served.append((side, running.enter_context(server.running())))
        yield served


Costs = dict[str, list[Cost]]


def first_visits(bench: Bench, queries: Sequence[str]) -> dict[str, Costs]:
    """Search twice in a fresh window for each query; return what it cost, side by side."""
    found: dict[str, Costs] = {side.name: defaultdict(list) for side in bench.sides}
    with serving(bench, ROUND_DELAY) as served:
        for at, query in enumerate(queries):
            for side, server in served:
                costs = found[side.name]
                with Visit(bench.browser, server, side) as visit:
                    visit.open(side.page(query))
                    bench.empty[side.name] += not visit.total
                    costs["first"].append(visit.data(until="first"))
                    costs["done"].append(visit.data())
                    costs["excerpts"].append(visit.excerpts())
                    costs["frame"].append(visit.frame())
                    costs["all"].append(cost(visit.exchanges))
                    reached = visit.now
                    visit.search(queries[(at + 1) % len(queries)])
                    costs["second first"].append(visit.data(reached, "first"))
                    costs["second"].append(visit.data(reached))
                    costs["second excerpts"].append(visit.excerpts(reached))
    return found


def measure_query(bench: Bench) -> None:
    """Bytes, requests and rounds of the first and of a second query."""
    queries = typical_queries(bench.bulletins, bench.queries)
    say(f"query: {len(queries)} first visits on either side")
    found = first_visits(bench, queries)
    costs = [found[side.name] for side in bench.sides]
    bench.add("First queries that found nothing", *([bench.empty[e.name]] for e in bench.sides))
    for label, name in (
        ("First query until ten results", "first"),
        ("First query until complete", "done"),
        ("– excerpts after it", "excerpts"),
        ("– page frame", "frame"),
        ("First visit, all of these", "all"),
        ("Second query until ten results", "second first"),
        ("Second query until complete", "second"),
        ("– excerpts after the second", "second excerpts"),
    ):
        both = [each[name] for each in costs]
        bench.add(f"{label}, KB", *(spread([each.size / 1e3 for each in side]) for side in both))
        bench.add(f"{label}, requests", *(spread([e.requests for e in side]) for side in both))
        if "query" in label:
            bench.add(f"{label}, rounds", *(spread([e.rounds for e in side]) for side in both))


def measure_line(bench: Bench) -> None:
    """Seconds from Enter to ten results over a slow line, the search page already open."""
    queries = typical_queries(bench.bulletins, bench.queries)
    say(f"line: {len(queries)} first queries on either side")
    first: list[list[float]] = [[] for _ in bench.sides]
    done: list[list[float]] = [[] for _ in bench.sides]
    sizes: list[list[float]] = [[] for _ in bench.sides]
    with serving(bench) as served:
        for query in queries:
            for at, (side, server) in enumerate(served):
                with Visit(bench.browser, server, side) as visit:
                    visit.open(side.page())
                    visit.tools.send("Network.emulateNetworkConditions", LINE)
                    first[at].append(visit.search(query) / 1e3)
                    taken = visit.marks["done"].moment - visit.marks["enter"].moment
                    done[at].append(taken / 1e3)
                    sizes[at].append(visit.arrived() / 1e3)
    bench.add("Slow line, Enter until ten results, s", *map(spread, first))
    bench.add("Slow line, Enter until complete, s", *map(spread, done))
    bench.add("Slow line, KB that came until ten results", *map(spread, sizes))


def slow_times(bench: Bench, queries: Sequence[str]) -> list[tuple[list[float], list[float]]]:
    """Return ms of a second search and of the first one again, with the processor slowed down, by
    sides.

    The browser slows down the page but not a worker, so the work is done in the page.
    """
    times: list[tuple[list[float], list[float]]] = [([], []) for _ in bench.sides]
    with serving(bench) as served:
        for at, query in enumerate(queries):
            for (side, server), (second, again) in zip(served, times, strict=True):
                with Visit(bench.browser, server, side) as visit:
                    visit.open(side.page(query, worker=False))
                    visit.tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PROCESSOR})
                    second.append(visit.search(queries[(at + 1) % len(queries)]))
                    again.append(visit.search(query))
    return times


def measure_slow(bench: Bench) -> None:
    """Milliseconds of a second and of a warm query with a slow processor."""
    queries = typical_queries(bench.bulletins, bench.queries)
    say(f"slow: {len(queries)} visits on either side")
    times = slow_times(bench, queries)
    for label, taken in zip(("Second", "Warm"), zip(*times, strict=True), strict=True):
        bench.add(f"{label} query, processor ÷ {SLOW_PROCESSOR}, ms", *map(spread, taken))


@dataclass(frozen=True)
class Verdict:
    """An answer against the truth."""

    recall: float
    precision: float
    counted: bool


def judge(answer: Answer, truth: set[str]) -> Verdict:
    """Compare an answer with the truth, which is never empty."""
    found = set(answer.paths)
    if len(found) != answer.total:
        raise BenchmarkError(f"{answer.total} results told, {len(found)} given")
    right = len(found & truth)
    precision = right / len(found) if found else 0.0
    return Verdict(right / len(truth), precision, answer.total == len(truth))


def ask_all(bench: Bench, queries: Sequence[str], limit: int) -> list[list[Answer]]:
    """Put all queries to both sides."""
    answers: list[list[Answer]] = []
    with serving(bench) as served:
        for side, server in served:
            with Visit(bench.browser, server, side) as visit:
                visit.open(side.page(worker=False))
                answers.append([side.ask(visit.page, query, limit) for query in queries])
    return answers


def measure_truth(bench: Bench) -> None:
    """Recall and precision against the texts themselves, then the ranking."""
    queries = truth_queries(bench.bulletins)
    say(f"truth: {len(queries)} queries against the texts")
    truths = true_answers(bench.bulletins, queries)
    lost = [query.typed for query, truth in zip(queries, truths, strict=True) if not truth]
    if lost:
        raise BenchmarkError(f"queries that no bulletin answers: {lost}")
    answers = ask_all(bench, [query.typed for query in queries], EVERYTHING)
    verdicts = [list(map(judge, side, truths)) for side in answers]
    for query, answer, truth in zip(queries, answers[0], truths, strict=True):
        if set(answer.paths) != truth:
            missing, extra = sorted(truth - set(answer.paths)), sorted(set(answer.paths) - truth)
            bench.notes.append(
                f"{query.form}, {query.typed!r}: {len(missing)} of {len(truth)} missing"
                f" {missing[:3]}, {len(extra)} too many {extra[:3]}"
            )
    forms = [query.form for query in queries]
    _add_verdicts(bench, "all but quoted", [form != "in quotes" for form in forms], verdicts)
    for form in dict.fromkeys(forms):
        _add_verdicts(bench, form, [each == form for each in forms], verdicts)
    measure_ranking(bench)


def _add_verdicts(
    bench: Bench, label: str, chosen: Sequence[bool], verdicts: Sequence[Sequence[Verdict]]
) -> None:
    figures = []
    for side in verdicts:
        some = [verdict for verdict, wanted in zip(side, chosen, strict=True) if wanted]
        names = ("recall", "precision", "counted")
        figures.append([statistics.mean(getattr(each, name) for each in some) for name in names])
    bench.add(f"Recall / precision / exact total: {label}", *figures)


def measure_ranking(bench: Bench) -> None:
    """The share of the first ten whose bulletin holds the very phrase that was meant."""
    phrases = ranked_phrases(bench.bulletins)
    say(f"truth: ranking of {len(phrases)} phrases")
    if not phrases:
        bench.notes.append("no phrase of a title stands in ten bulletins: no ranking")
        return
    for label, typed in (("with marks", str), ("without marks", bare)):
        answers = ask_all(bench, [typed(phrase) for phrase in phrases], FIRST)
        for length in (2, 3):
            shares = []
            for side in answers:
                hits = [
                    len(held.intersection(answer.paths[:FIRST])) / FIRST
                    for answer, (phrase, held) in zip(side, phrases.items(), strict=True)
                    if len(phrase.split()) == length
                ]
                shares.append([statistics.mean(hits)] if hits else [])
            bench.add(f"Exact phrase in the first ten: {length} syllables {label}", *shares)


def measure_edit(bench: Bench) -> None:
    """What changes in the index when a bulletin is added, and when an old one is edited."""
    newest, old = bench.bulletins[-1], bench.bulletins[len(bench.bulletins) // 10]
    moment = datetime.strptime(newest.date, "%Y-%m-%d %H:%M") + timedelta(minutes=1)
    values = newest.__dict__ | {
        "path": f"{moment:%Y/%m}/tin-moi-them-vao.html",
        "date": f"{moment:%Y-%m-%d %H:%M}",
        "title": f"Tin mới: {old.title}",
    }
    sentence = "Câu này được thêm vào một bài đã đăng từ lâu."
    edited = Bulletin(**old.__dict__ | {"paragraphs": (*old.paragraphs, sentence)})
    for side in bench.sides:  # Whatever was built last, both start from the unchanged archive.
        side.put(old)
        side.build()
    for label, bulletin in (("One bulletin added", Bulletin(**values)), ("Old one edited", edited)):
        say(f"edit: {label}")
        changed: list[list[tuple[int, str]]] = []
        runs: list[Run] = []
        for side in bench.sides:
            before = files_of(side.index)
            side.put(bulletin)
            runs.append(side.build())
            after = files_of(side.index)
            changed.append([after[path] for path in after if before.get(path) != after[path]])
        bench.add(f"{label}: index files changed", *([len(each)] for each in changed))
        sizes = ([sum(size for size, _ in each) / 1e3] for each in changed)
        bench.add(f"{label}: KB changed", *sizes)
        bench.add(f"{label}: build (ours), index (Pagefind), s", *([run.wall] for run in runs))


MEASURES: Mapping[str, Callable[[Bench], None]] = {
    "index": measure_index,
    "query": measure_query,
    "line": measure_line,
    "slow": measure_slow,
    "truth": measure_truth,
    "edit": measure_edit,
}


# The run


def measure_archive(
    archive: Path, work: Path, program: Path | None, browser: Browser, options: argparse.Namespace
) -> Bench:
    """Do the parts that were asked for with one archive."""
    bulletins = read_archive(archive)
    say(f"{archive.name}: {len(bulletins)} bulletins")
    ours = Ours(work, archive)
    theirs = Pagefind(work, program, bulletins) if program else None
    bench = Bench(bulletins, ours, theirs, browser, options.queries, options.repeats)
    if "index" not in options.parts and set(options.parts) - {"edit"}:
        for side in bench.sides:
            say(f"building: {side.name}")
            side.build()
    for part in PARTS:
        if part in options.parts:
            MEASURES[part](bench)
    return bench


def run(options: argparse.Namespace, work: Path) -> None:
    """Do everything and print the table."""
    out: Path = options.out or work
    out.mkdir(parents=True, exist_ok=True)
    program = None if options.alone else install_pagefind(out)
    results: dict[str, list[Row]] = {}
    notes: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser())
        seen_by = f"Browser: {browser.browser_type.name} {browser.version}"
        facts = machine(seen_by, f"Pagefind {PAGEFIND}")
        for archive in options.archives:
            place = work / f"{len(results)}"
            bench = measure_archive(archive.resolve(), place, program, browser, options)
            name = f"{len(bench.bulletins):,}"
            results[name if name not in results else f"{name} {archive.name}"] = bench.rows
            notes += [f"{name}: {note}" for note in bench.notes]
            text = "\n".join([table(results, "Pagefind"), "", *(f"- {fact}" for fact in facts), ""])
            (out / "search.md").write_text(text, "utf-8")
            (out / "search.json").write_text(as_json(facts, results, notes), "utf-8")
        browser.close()
    for note in notes[:SHOWN_NOTES]:
        say(note)
    print(text)


def main() -> int:
    """Read the arguments and run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("archives", type=Path, nargs="+", metavar="ARCHIVE")
    parser.add_argument("--out", type=Path, help="keep table, figures and Pagefind in this folder")
    parser.add_argument(
        "--queries", type=int, default=60, help="queries of query, line and slow (60)"
    )
    parser.add_argument("--parts", type=parts_of(PARTS), default=list(PARTS), help=",".join(PARTS))
    parser.add_argument("--alone", action="store_true", help="without Pagefind")
    parser.add_argument("--repeats", type=int, default=3, help="builds of the part index (3)")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="search-benchmark-") as work:
            run(options, Path(work))
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
