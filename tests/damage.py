"""Files that something happened to: cut, turned, doubled, filled with what parsers dislike.

    python -m tests.damage [--count 10000] [--first 0] [KIND…]

imports so many of each kind, each by the real command in this process, and says of each kind how
the command ended.  It ends with an error at once where one ends in a bug, or where anything is
written but in the target folder.  The tests of imports do the same with a few.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import AnyStr

SIGNS = (
    b"<", b">", b"]]>", b"<![CDATA[", b"</item>", b"<item>", b"<!--", b"<div>" * 300, b"&", b"&x;",
    b"&#xFFFFFFFF;", b'"', b"{", b"}", b"[" * 300, b"[caption]", b"\0", b"\xff\xfe", b"\x80", b"\r",
    b"\n", b"\t", b"null", b"1e999", b"-1", b"9" * 20, b"\\ud800", b"../", b"/etc/passwd", b"=1+1",
    b"2020-13-45", b"---\n", b"\xe1\xbb", b";", b",",
)  # fmt: skip


_LETTERS = [each.decode() for each in SIGNS if not each.strip(bytes(range(128)))]


def damaged(chance: random.Random, data: bytes) -> bytes:
    """Return *data* after one to eight accidents; half of what was text still is in UTF-8."""
    try:
        text = data.decode() if chance.random() < 0.5 else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        found = _after_accidents(chance, data, SIGNS, bytes([chance.randrange(256)]))
        return found or b"x"
    found_text = _after_accidents(chance, text, _LETTERS, chr(chance.randrange(0x2100)))
    return found_text.encode() or b"x"


def _after_accidents(
    chance: random.Random, data: AnyStr, signs: Sequence[AnyStr], sign: AnyStr
) -> AnyStr:
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 10, 40, len(data) // 50, len(data) // 10)))
        kind = chance.randrange(10)
        if kind < 3:
            data = data[:at] + data[end:]
        elif kind < 5:
            data = data[:end] + data[at:end] + data[end:]
        elif kind < 8:
            data = data[:at] + chance.choice(signs) + data[at:]
        elif kind < 9:
            data = data[:at] + sign + data[at + 1 :]
        elif chance.random() < 0.2:
            data = data[: max(at, 20)]
    return data


# ---- many of them

Write = Callable[[Path, random.Random], list[str]]
_MAP = (
    "columns:\n  title: title\n  date: date\n  body: {column: body, format: html}\n  address: url\n"
)


def _files(name: str) -> Callable[[Callable[[random.Random], bytes]], Write]:
    """A kind of which one file is damaged as it stands."""

    def kind(make: Callable[[random.Random], bytes]) -> Write:
        def write(folder: Path, chance: random.Random) -> list[str]:
            (folder / name).write_bytes(damaged(chance, make(chance)))
            return [str(folder / name)]

        return write

    return kind


def _capture(chance: random.Random) -> bytes:
    some = sorted((Path(__file__).parent / "captures").iterdir())
    return chance.choice(some).read_bytes()


def _rows(chance: random.Random) -> list[dict[str, object]]:
    from tests.test_imports import rows

    return list(rows(chance.randrange(1, 6)))


def _json(chance: random.Random) -> bytes:
    import json

    return json.dumps(_rows(chance), ensure_ascii=False).encode()


def _json_lines(chance: random.Random) -> bytes:
    import json

    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(chance)).encode()


def _csv(chance: random.Random) -> bytes:
    from tests.test_imports import as_csv

    some = [{name: str(value) for name, value in row.items()} for row in _rows(chance)]
    return as_csv(some).encode()


def _workbook(folder: Path, chance: random.Random) -> list[str]:
    from tests.test_import_workbook import mutated

    (folder / "a.xlsx").write_bytes(mutated(chance))
    return [str(folder / "a.xlsx")]


def _export(chance: random.Random) -> bytes:
    from tests.exports import export
    from tests.test_wordpress import CASES, OTHERS

    items = [case.item for case in CASES.values()] + OTHERS
    return export(chance.sample(items, 6)).encode()


def _page(chance: random.Random) -> bytes:
    from danvan_site.importers import capture
    from tests import portals

    text = _capture(chance).decode()
    wanted = portals.text_of(text, capture.read_capture(text, "x"))
    return chance.choice(portals.FASHIONS)(wanted).encode()


def _archive(chance: random.Random) -> bytes:
    head = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
    kind = b"Content-Type: text/html; charset=utf-8\r\nContent-Location: http://a.vn/b\r\n\r\n"
    return head + kind + _page(chance) + b"\r\n--b--\r\n"


def _comments(folder: Path, chance: random.Random) -> list[str]:
    from tests.test_import_comments import SERVICES, form, with_damage

    path = with_damage(folder, chance.choice((*SERVICES, form)), chance)
    return ["--approved", str(path)]


def _log(chance: random.Random) -> bytes:
    from tests.test_views import line

    some = (
        line(n, f"/ban-tin/2020/07/{chance.choice('ab')}.html", f"10.0.0.{n}") for n in range(30)
    )
    return "".join(some).encode()


def _hits(chance: random.Random) -> bytes:
    from tests.test_view_exports import hit, hits

    path = "/ban-tin/2020/07/a.html"
    return hits(*(hit(n, path, f"s{chance.randrange(5)}") for n in range(20))).encode()


def _report(chance: random.Random) -> bytes:
    from tests.test_view_exports import PAGES

    return PAGES.encode(chance.choice(("utf-8", "utf-16")))


KINDS: dict[str, tuple[Sequence[str], Write]] = {
    "capture": (("import", "capture"), _files("a.txt")(_capture)),
    "csv": (("import", "table", "--map", "{site}/m.yml"), _files("a.csv")(_csv)),
    "json": (("import", "table", "--map", "{site}/m.yml"), _files("a.json")(_json)),
    "jsonl": (("import", "table"), _files("a.jsonl")(_json_lines)),
    "xlsx": (("import", "table", "--map", "{site}/x.yml"), _workbook),
    "wordpress": (("import", "wordpress"), _files("a.xml")(_export)),
    "html": (("import", "html"), _files("a.html")(_page)),
    "mht": (("import", "html"), _files("a.mht")(_archive)),
    "comments": (("import", "comments"), _comments),
    "log": (("views",), _files("access.log")(_log)),
    "goatcounter": (("views",), _files("hits.csv")(_hits)),
    "matomo": (("views", "--period", "2026-11-01..2026-11-02"), _files("pages.csv")(_report)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for kind in wanted.kinds or KINDS:
            start = time.perf_counter()
            codes: Counter[str] = Counter()
            slowest = 0.0
            for seed in range(wanted.first, wanted.first + wanted.count):
                began = time.perf_counter()
                codes[f"exit {one(Path(temporary) / kind, kind, seed)}"] += 1
                slowest = max(slowest, time.perf_counter() - began)
            took = time.perf_counter() - start
            print(f"{kind}: {dict(codes)}, slowest {slowest:.2f} s, {took:.0f} s", flush=True)
    return 0


def one(folder: Path, kind: str, seed: int) -> int:
    """Import one damaged file of a kind; return the exit code, which says that it is no bug."""
    from danvan_site import cli
    from tests import test_import_workbook

    chance = random.Random(f"{kind} {seed}")
    site, sources = folder / "trang", folder / "nguon"
    shutil.rmtree(folder, ignore_errors=True)
    (site / "content/2020/07").mkdir(parents=True)
    sources.mkdir()
    (site / "site.yaml").write_text("title: Thử\nbase_url: https://example.org/ban-tin/\n", "utf-8")
    (site / "m.yml").write_text(_MAP, "utf-8")
    (site / "x.yml").write_text(test_import_workbook.MAP, "utf-8")
    for name in ("a", "b"):
        front = f"---\ntitle: Bài {name}\ndate: 2020-07-16\n---\n\nChữ.\n"
        (site / f"content/2020/07/{name}.md").write_text(front, "utf-8")
    command, write = KINDS[kind]
    arguments = [each.format(site=site) for each in command]
    arguments += [*write(sources, chance), "--config", str(site / "site.yaml")]
    if command[0] == "import":
        arguments += ["--jobs", "1"]
    before = dict(_contents(folder))
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = cli.main(arguments)
    after = dict(_contents(folder))
    text = said.getvalue()
    assert code in (0, 1, 2) and "Traceback" not in text, (kind, seed, text)
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert all(path.startswith(("trang/content/", "trang/.cache/")) for path in changed), (
        kind,
        seed,
        changed,
    )
    assert before.keys() <= after.keys(), (kind, seed)
    return code


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
