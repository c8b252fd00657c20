"""Bulletins and comments as nobody writes them: `python -m tests.fuzz --count N --seed S`.

Front matter and bodies are put together from the words of their languages and from real texts, then
damaged.  Workers read them as a build does, each with a limit of memory and of a second for one.
Whatever comes is a bulletin or a list of problems, its HTML of what pages may hold and no more; a
run ends with exit code 1 where anything else came, and tells by which numbers to have it again.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from danvan_site import abbreviations, content, markdown
from danvan_site.content import ReadFile, ReadOptions
from danvan_site.discovery import File
from danvan_site.frontmatter import BULLETIN_KEYS
from danvan_site.render import paper
from danvan_site.state import Stamp
from tests.damage import damaged

LIMIT = 1.0  # s of processor time for one input
MEMORY = 1 << 30  # bytes a worker may have
SHARE = 500  # inputs that a worker takes at once
_LARGE = 0.001  # of the inputs are repeated until they are as large as a file may be

_PLAIN = (
    "Bến Đá", "họp dân", "Tổ dân vận thôn Đầm Sen ra mắt.", "hoà, hòa", "10/2022/QH15",
    "Công văn số 2146/UBND-TCD", "QCDC", "quy chế dân chủ (QCDC)", "16/7/2020", "", " ", "  ", "a",
    "\u00a0", "\u200b", "\u202e", "\ufeff", "\u2028", "😀", "\ud7ff", "\t", "\r", "\r\n", "\x0b",
    "\0",
)  # fmt: skip
_VALUES = (
    "2020-07-16 08:30", "2022-08", "2022", "2020-02-30", "16/07/2020", "9999-12-31", "0000-01-01",
    "2020-07-16T08:30:00+07:00", "24:00", "49.986.552", "-1", "9" * 5000, "٣", "²", "1e9", "0x10",
    "true", "có", "no", "~", "null", "''", '"', "'", "[", "]", "{", "}", "[a, b]", "{a: b}", "- a",
    "- {date: 2020-07-16, note: x}", "{src: a.jpg, alt: b}", "{name: a, url: 'https://a.vn'}",
    "|", ">-", "&a", "*a", "!!str a", "!x", "? a", "<<", "%TAG ! x", "# a", ": ", "@", "`", "\\x41",
    "javascript:alert(1)", "https://a.vn/b?c=d#e", "//a.vn", "../../etc/passwd", "a.jpg", "/x.aspx",
    "/?p=1&q=2", "updating", "xss", "con", "---", "...", "vi", "zz-ZZ", "[" * 60, "- " * 60,
)  # fmt: skip
_KEYS = (
    *BULLETIN_KEYS, "src", "alt", "caption", "credit", "name", "url", "note", "file", "menu", "<b>",
    "?", "title", "date", "title", "date", "id", "body", "reply_to",
)  # fmt: skip
_BLOCKS = (
    "# ", "## ", "> ", "- ", "1. ", "    ", "```\n", "~~~", "---\n", "***\n", "a | b\n--|--\n",
    "|a|b|\n|:-|-:|\n", "[^1]: ", "[x]: ", "<div>", "</div>", "<!--", "-->", "<script>", "<style>",
    "<pre>", "<?", "<![CDATA[", "<!X", "===\n", "\n\n", "\n",
)  # fmt: skip
_INLINE = (
    "*", "**", "_", "__", "~~", "`", "``", "[", "]", "(", ")", "![", "](", "](a.jpg)", "](/x)", "<",
    ">", "[^1]", "^[", "[x]", "![ảnh chợ](a.jpg)", "[a](https://a.vn)", "[a](../b.md#c 'd')", "\\",
    "[a](javascript:alert(1))", "[a](danvan:0)", "![b](danvan:0)", "<javascript:alert(1)>", "|",
    "!",
    "<https://a.vn>", "<a@b.vn>", "&amp;", "&#x6a;", "&lt;", "&Tab;", "&", "&#0;", "<b>", "</b>",
    "<img src=x onerror=alert(1)>", '<a href="danvan:0">', '<img src="danvan:0" alt="x">', "<br>",
    "<svg onload=alert(1)>", "<iframe src=//a.vn>", "<table><td>", '<p id="noi_dung" style=x>',
    '<a href="java&#10;script:alert(1)">', "<math><mi//xlink:href=data:x>", "<b id=1>", "<ul><li>",
    "danvan-document:1-nq-tw", '"', "'", 'href="danvan:0"', "x" * 200,
)  # fmt: skip
# What HTML may hold that comes of a body: no more than the renderer and the cleaner write.
_TAGS = frozenset(markdown._CLEAN_TAGS) | {"div", "section"}
_TAG = re.compile(r"<(/?)([A-Za-z!?][^\s/>]*)((?:[^<>\"]|\"[^\"]*\")*)>?")
_ATTRIBUTE = re.compile(r"([^\s=\"/]+)(?:=\"([^\"]*)\")?")
_ATTRIBUTES = frozenset(
    ("href", "src", "rel", "title", "alt", "id", "class", "loading", "scope", "start",
     "align", "role", "tabindex", "aria-label", "lang", "hreflang", "cite", "datetime",
     "width", "height", "colspan", "rowspan", "headers", "summary", "char", "charoff", "span",
     "size", "dir", "type", "valign", "open", "data-link",)
)  # fmt: skip
_SAFE = re.compile(r"(?:https?:|mailto:|tel:|#|danvan:\d+$|danvan-document:[0-9a-z-]+$)", re.I)


def bulletin(chance: random.Random) -> str:
    """Return the file of a bulletin, more or less."""
    front = "".join(f"{_entry(chance)}\n" for _ in range(chance.choice((0, 0, 0, 1, 3, 7))))
    if chance.random() < 0.8:
        front = f"title: {_some(chance, _PLAIN, 2)}x\ndate: 2020-07-16\n{front}"
    return f"---\n{front}---\n\n{_body(chance)}"


def comments(chance: random.Random) -> str:
    """Return a file of comments, more or less."""
    lines: list[str] = []
    for number in range(chance.randrange(1, 6)):
        lines += f"- id: c{number}", f"  author: {_some(chance, _PLAIN, 1)}x", "  date: 2020-07-17"
        if chance.random() < 0.3:
            lines.append(f"  reply_to: c{chance.randrange(6)}")
        text = _some(chance, (*_INLINE, *_PLAIN), 8).replace("\n", " ")
        lines += "  body: |-", f"    x{text}"
    return "".join(f"{line}\n" for line in lines)


def _entry(chance: random.Random) -> str:
    key = chance.choice(_KEYS)
    pool: Sequence[str] = (*_VALUES, *_PLAIN, *_INLINE)
    if chance.random() < 0.2:
        inner = "".join(f"\n  {_entry(chance)}" for _ in range(chance.randrange(1, 4)))
        return f"{key}:{inner}"
    value = _some(chance, pool, 2)
    return f"{key}: {value}" if chance.random() < 0.6 else f'{key}: "{value}"'


def _body(chance: random.Random) -> str:
    parts: list[str] = []
    for _ in range(chance.randrange(10)):
        parts += chance.choice(_BLOCKS), _some(chance, (*_INLINE, *_PLAIN), 6), chance.choice("\n ")
    return "".join(parts)


def _some(chance: random.Random, pool: Sequence[str], most: int) -> str:
    return "".join(chance.choice(pool) for _ in range(chance.randint(0, most)))


@dataclass(frozen=True)
class Input:
    """One input: the name of its file, its bytes, how bodies are read."""

    name: str
    data: bytes
    html: str


def made(seed: str) -> Input:
    """Return the input of a seed: always the same."""
    chance = random.Random(seed)
    is_comment = chance.random() < 0.1
    text = comments(chance) if is_comment else bulletin(chance)
    if chance.random() < _LARGE:
        text = _enlarged(chance, text)
    data = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.4:
        data = damaged(chance, data)
    name = "a.comments.yaml" if is_comment else "a.md"
    return Input(name, data, chance.choice(("off", "sanitize")))


def _enlarged(chance: random.Random, text: str) -> str:
    """Repeat a piece of a text until it is as large as a front matter or a body may be."""
    start = chance.randrange(len(text))
    piece = text[start : start + chance.choice((1, 2, 5, 20, 100))]
    size = chance.choice((5_000, 50_000, 99_000, 290_000))
    return text[:start] + piece * (size // len(piece)) + text[start:]


# ---- reading


class SlowError(Exception):
    """An input took too long."""


def read(folder: Path, given: Input) -> int:
    """Read an input as a build does; return how many problems it has.

    Raises AssertionError for HTML that no page may hold.
    """
    path = folder / given.name
    path.write_bytes(given.data)
    options = ReadOptions(
        str(folder), "content", "+07:00", markdown.Options(given.html, "Bảng", "Trở lại")
    )
    file = File(given.name, given.name, Stamp.of(path.stat()))
    (found,) = content.read_files(options, [(file, "")])
    if found.known.head is not None and found.path.endswith(".md"):
        _shown(found)
    elif found.row:
        import json

        for row in json.loads(found.row):
            check(row[4])
    return len(found.known.problems)


def _shown(found: ReadFile) -> None:
    """Do to a body what is done to it on the way to its pages."""
    bulletin, _ = content.from_state(found.path, found.known, lambda path: ())  # type: ignore[arg-type]
    assert bulletin
    check(found.html)
    addresses = ["#" if each.image else "../x.html" for each in bulletin.references]
    html = markdown.resolve(found.html, addresses, {"10-2022-qh15": "x.html"})
    html, _ = abbreviations.explained(html, "", (("QCDC", 'quy <chế> "dân chủ"'),))
    html = paper.LinkNotes("2020/07/a.html", "https://a.vn/").mark(paper.within(html, 3))
    check(html)


def check(html: str) -> None:
    """See that HTML holds only what pages may hold."""
    at = 0
    while (start := html.find("<", at)) >= 0:
        tag = _TAG.match(html, start)
        assert tag and tag[0].endswith(">"), html[start : start + 80]
        assert tag[2].lower() in _TAGS, tag[0]
        for name, value in _ATTRIBUTE.findall(tag[3]):
            assert name in _ATTRIBUTES, tag[0]
            if name in ("href", "src", "cite"):
                assert _SAFE.match(value) or not re.match(r"[\s\x00-\x20]*[a-z]+:|//|\\", value), (
                    tag[0]
                )
        at = tag.end()


class Result(NamedTuple):
    """What reading some inputs came to: of the slowest its seconds and seed, the memory of the
    worker (MB), how many had problems, and what was found."""

    count: int
    slowest: float
    seed: str
    memory: int
    refused: int
    findings: list[str]


def share(limit: float, seeds: Sequence[str]) -> Result:
    """Read the inputs of some seeds, each in *limit* seconds at most; for a worker."""
    folder = Path(tempfile.mkdtemp(prefix="danvan-"))
    slowest, slow_seed, refused = 0.0, "", 0
    findings: list[str] = []
    for seed in seeds:
        given = made(seed)
        began = time.process_time()
        try:
            with _limited(limit):
                refused += read(folder, given) > 0
        except Exception:
            findings.append(f"{seed}: {traceback.format_exc(limit=-4)}")
        took = time.process_time() - began
        if took > slowest:
            slowest, slow_seed = took, seed
    shutil.rmtree(folder)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return Result(len(seeds), slowest, slow_seed, memory, refused, findings)


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _begin_worker() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def too_slow(*_: object) -> None:
        raise SlowError

    signal.signal(signal.SIGPROF, too_slow)


def run(
    count: int, seed: str, jobs: int, limit: float, tell: Callable[[int, Result], None]
) -> Result:
    """Read *count* inputs in *jobs* workers, each in *limit* seconds (of the processor) at most;
    *tell* is told what there is so far."""
    seeds = [f"{seed} {number}" for number in range(count)]
    shares = [seeds[at : at + SHARE] for at in range(0, count, SHARE)]
    whole = Result(0, 0.0, "", 0, 0, [])
    with multiprocessing.get_context("fork").Pool(jobs, _begin_worker) as pool:
        # A worker that hangs where no signal is heard, or is gone, ends the run.
        pending = pool.imap_unordered(partial(share, limit), shares)
        for _ in shares:
            one = pending.next(timeout=SHARE * limit * 2)
            whole = _together(whole, one)
            tell(count, whole)
    return whole


def _together(whole: Result, one: Result) -> Result:
    slowest = max(whole, one, key=lambda each: each.slowest)
    return Result(
        whole.count + one.count,
        slowest.slowest,
        slowest.seed,
        max(whole.memory, one.memory),
        whole.refused + one.refused,
        whole.findings + one.findings,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit", type=float, default=LIMIT)
    wanted = parser.parse_args()
    start = time.monotonic()

    def tell(count: int, so_far: Result) -> None:
        if so_far.count % 50_000 < SHARE or so_far.count == count:
            print(
                f"{so_far.count} read, {so_far.refused} with problems,"
                f" slowest {so_far.slowest:.2f} s ({so_far.seed}), {so_far.memory} MB,"
                f" {len(so_far.findings)} findings,"
                f" {time.monotonic() - start:.0f} s",
                flush=True,
            )

    result = run(wanted.count, wanted.seed, wanted.jobs, wanted.limit, tell)
    for finding in result.findings[:50]:
        print(finding)
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
