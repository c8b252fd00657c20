"""Views counted from access logs: what counts, that nothing counts twice, and where it shows."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danvan_site import config
from danvan_site.counting.run import Order, count
from tests.killing import Victim, kills
from tests.workbench import Workbench

BROWSER = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
NOW = "1796004000"  # s: 30 November 2026
A, B = "/ban-tin/2020/07/a.html", "/ban-tin/2020/07/b.html"


def line(
    minutes: float = 0,
    target: str = A,
    client: str = "10.0.0.1",
    agent: str = BROWSER,
    method: str = "GET",
    status: int = 200,
) -> str:
    """A line of a log in combined format, some *minutes* after the start."""
    when = (START + timedelta(minutes=minutes)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    request = f"{method} {target} HTTP/1.1"
    return f'{client} - - [{when}] "{request}" {status} 5120 "-" "{agent}"\n'


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    bench = Workbench(tmp_path)
    bench.bulletin("a.md", slug="a", id="bt-1")
    bench.bulletin("b.md", slug="b", aliases=["/pages/tin.aspx"], views=1000)
    return bench


def counted(bench: Workbench, *arguments: str) -> dict[str, Any]:
    done = bench.run("views", "--json", *arguments, SOURCE_DATE_EPOCH=NOW)
    assert done.code == 0, done.stdout + done.stderr
    return done.report


def overlay(bench: Workbench) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(
        (bench.folder / "content/views.yaml").read_text("utf-8")
    )
    return values


def added(bench: Workbench, *lines: str) -> dict[str, int]:
    """Return what a log of these lines counts, by itself."""
    bench.write("own.log", "".join(lines))
    found: dict[str, int] = counted(bench, "own.log", "--dry-run")["added"]
    return found


# What counts


@pytest.mark.parametrize(
    "target",
    [
        "/ban-tin/2020/07/b.html",
        "/ban-tin/2020/07/b.html?utm_source=zalo&x=1",
        "/ban-tin//2020/07/B.html",
        "/ban-tin/2020/07/%62.html",
        "/ban-tin/2020/07/b",
        "/2020/07/b.html",
        "https://EXAMPLE.org/ban-tin/2020/07/b.html",
        "/pages/tin.aspx",
        "/ban-tin/pages/tin.aspx/index.html",
        "/Pages/Tin.aspx/",
    ],
)
def test_a_bulletin_is_known_by_every_address_that_leads_to_it(
    bench: Workbench, target: str
) -> None:
    assert added(bench, line(target=target)) == {"2020/07/b.html": 1}


@pytest.mark.parametrize(
    ("target", "known"),
    [
        ("/?p=123", True),
        ("/ban-tin/?p=123&utm_source=zalo", True),
        ("/ban-tin/index.html?P=123&preview=1", True),
        ("/ban-tin/?p=1234", False),
        ("/Default.aspx?tabid=12&ItemID=5", True),
        ("/ban-tin/default.aspx?itemid=5&TabID=12&language=vi", True),
        ("/default.aspx?itemid=5", False),
        ("/tin-t%E1%BB%A9c/ra-m%E1%BA%AFt.aspx?ID=Ab", True),
        ("/tin-t%E1%BB%A9c/ra-m%E1%BA%AFt.aspx?ID=ab", False),
    ],
)
def test_views_of_old_addresses_with_parameters_count(
    bench: Workbench, target: str, known: bool
) -> None:
    old = [
        "/?p=123",
        "http://cong-cu.example.vn/default.aspx?tabid=12&ItemID=5",
        "https://example.org/ban-tin/tin-tức/Ra-mắt.aspx?id=Ab",
    ]
    bench.bulletin("c.md", slug="c", aliases=old)
    assert added(bench, line(target=target)) == ({"2020/07/c.html": 1} if known else {})


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/ban-tin/",
        "/ban-tin/?p=123",
        "/ban-tin/2020/07/index.html",
        "/ban-tin/2020/07/c.html",
        "*",
        "/%00",
    ],
)
def test_other_addresses_are_nobodys(bench: Workbench, target: str) -> None:
    assert added(bench, line(target=target)) == {}


def test_only_pages_that_were_given_count(bench: Workbench) -> None:
    given = [line(client=f"10.0.1.{status}", status=status) for status in (200, 206, 304)]
    refused = [line(client=f"10.0.2.{status % 256}", status=status) for status in (301, 404, 500)]
    asked = [line(client="10.0.3.1", method=method) for method in ("HEAD", "POST", "OPTIONS")]
    assert added(bench, *given, *refused, *asked) == {"bt-1": 3}


@pytest.mark.parametrize(
    ("agent", "views"),
    [
        (BROWSER, 1),
        ("Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/120.0 Mobile Safari/537.36", 1),
        ("Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/)", 0),
        ("some-spider/1.0", 0),
        ("curl/8.5.0", 0),
        ("python-requests/2.31", 0),
        ("-", 0),
        ("", 0),
    ],
)
def test_programs_are_left_out(bench: Workbench, agent: str, views: int) -> None:
    assert sum(added(bench, line(agent=agent)).values()) == views


def test_who_comes_again_within_the_half_hour_counts_once(bench: Workbench) -> None:
    same = [line(minute) for minute in (0, 5, 29)]
    assert added(bench, *same, line(31), line(5, client="10.0.0.2"), line(5, target=B)) == {
        "bt-1": 3,
        "2020/07/b.html": 1,
    }
    assert added(bench, line(1), line(2, agent=BROWSER + " x")) == {"bt-1": 2}


# Kinds of logs


def test_the_common_format_has_no_agents_to_look_at(bench: Workbench) -> None:
    common = line().rpartition(' "-"')[0] + "\n"
    assert added(bench, common) == {"bt-1": 1}
    assert added(bench, "www.example.org:443 " + line()) == {"bt-1": 1}


def test_iis_names_its_fields_in_any_order_and_anew_on_the_way(bench: Workbench) -> None:
    agent = BROWSER.replace(" ", "+")
    log = (
        "#Software: Microsoft Internet Information Services 10.0\r\n"
        "#Date: 2026-11-02 01:00:00\r\n"
        "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query cs(User-Agent) sc-status\r\n"
        f"2026-11-02 01:00:00 10.0.0.1 GET {A} - {agent} 200\r\n"
        f"2026-11-02 01:00:00 10.0.0.1 GET {A} x=1 {agent} 200\r\n"
        f"2026-11-02 01:00:00 10.0.0.2 GET {A} - {agent} 404\r\n"
        f"2026-11-02 01:00:00 10.0.0.3 GET {A} - ExampleBot/1.0 200\r\n"
        "#Fields: time sc-status cs(User-Agent) cs-uri-stem cs-method c-ip\r\n"
        f"01:10:00 200 {agent} {A} GET 10.0.0.1\r\n"
        f"01:10:00 200 {agent} {B} GET 10.0.0.1\r\n"
        "not a line\r\n"
    )
    bench.write("u_ex261102.log", log)
    report = counted(bench, "u_ex261102.log")
    assert report["added"] == {"bt-1": 1, "2020/07/b.html": 1}
    assert report["logs"][0]["unclear"] == 1
    assert report["logs"][0]["programs"] == 1


def test_packed_logs_are_the_same_logs(bench: Workbench) -> None:
    text = "".join(line(minute, client=f"10.0.0.{minute}") for minute in range(50))
    bench.write("access.log", text)
    (bench.folder / "access.log.1.gz").write_bytes(gzip.compress(text.encode()))
    assert counted(bench, "access.log.1.gz")["added"] == {"bt-1": 50}
    assert counted(bench, "access.log")["added"] == {}


def test_a_line_that_is_being_written_waits_for_its_end(bench: Workbench) -> None:
    whole = line(client="10.0.0.2")
    bench.write("access.log", line() + whole[:-20])
    assert counted(bench, "access.log")["added"] == {"bt-1": 1}
    bench.write("access.log", line() + whole)
    assert counted(bench, "access.log")["added"] == {"bt-1": 1}
    assert counted(bench, "access.log")["added"] == {}


@pytest.mark.parametrize("content", [b"just a text\nof two lines\n", b"\x89PNG\n\x00\xff" * 50])
def test_what_is_no_access_log_is_said_so(bench: Workbench, content: bytes) -> None:
    (bench.folder / "other").write_bytes(content)
    bench.write("access.log", line())
    done = bench.run("views", "other", "access.log")
    assert done.code == 1
    assert "W3C" in done.stderr
    assert overlay(bench)["views"] == {"bt-1": 1}


@pytest.mark.parametrize("name", ["missing.log", "content", "cut.gz"])
def test_a_log_that_cannot_be_read_to_its_end_does_not_count(bench: Workbench, name: str) -> None:
    packed = gzip.compress("".join(line(client=f"10.0.0.{n}") for n in range(200)).encode())
    (bench.folder / "cut.gz").write_bytes(packed[: len(packed) // 2])
    done = bench.run("views", name, "--json")
    assert (done.code, done.report["logs"][0]["problem"]["code"]) == (1, "views-log-unreadable")
    assert not (bench.folder / "content/views.yaml").exists()


# Nothing counts twice


def test_the_same_log_again_changes_nothing(bench: Workbench) -> None:
    bench.write("access.log", "".join(line(minute * 7) for minute in range(500)))
    assert counted(bench, "access.log")["written"]
    first = bench.tree(bench.folder / "content")
    report = counted(bench, "access.log", "./access.log")
    assert (report["written"], report["added"], len(report["logs"])) == (False, {}, 2)
    assert bench.tree(bench.folder / "content") == first


def test_a_log_that_grew_counts_what_is_new(bench: Workbench) -> None:
    lines = [line(minute * 11, client=f"10.0.0.{minute % 7}") for minute in range(300)]
    for end in (1, 40, 41, 200, 300):
        bench.write("access.log", "".join(lines[:end]))
        counted(bench, "access.log")
    total = overlay(bench)["views"]
    (bench.folder / "content/views.yaml").unlink()
    counted(bench, "access.log")
    assert overlay(bench)["views"] == total


def test_logs_of_servers_side_by_side_count_each(bench: Workbench) -> None:
    for server, client in (("one", "10.0.0.1"), ("two", "10.0.0.2")):
        bench.write(f"{server}.log", "".join(line(n, client=client) for n in range(0, 300, 3)))
    assert counted(bench, "one.log", "two.log", "--dry-run")["added"] == {"bt-1": 20}
    for _ in range(2):
        for server in ("one", "two"):
            counted(bench, f"{server}.log", "--server", server)
    assert overlay(bench)["views"] == {"bt-1": 20}
    assert counted(bench, "two.log", "--server", "one")["logs"][0]["before"]


def test_what_is_kept_of_parts_is_thrown_away_when_they_are_whole_or_old(bench: Workbench) -> None:
    lines = [line(minute) for minute in range(200)]
    bench.write("access.log", "".join(lines[:100]))
    counted(bench, "access.log")
    before = overlay(bench)["counted"]["main"]
    # The half hours at both ends are in parts.
    assert list(before["parts"]) == ["2026-11-02T01:00Z", "2026-11-02T02:00Z", "2026-11-02T02:30Z"]
    bench.write("access.log", "".join(lines))
    counted(bench, "access.log")
    assert "2026-11-02T02:00Z" not in overlay(bench)["counted"]["main"]["parts"]
    later = str(int(NOW) + 40 * 24 * 3600)
    bench.run("views", "access.log", SOURCE_DATE_EPOCH=later)
    assert not overlay(bench)["counted"]["main"]["parts"]
    assert counted(bench, "access.log")["added"] == {}


def test_what_is_kept_of_years_with_few_readers_has_bounds(bench: Workbench) -> None:
    # Two requests a day for thirty years: no half hour has others before and after it.
    start = datetime(1996, 1, 1, tzinfo=UTC)
    days = 30 * 365
    with (bench.folder / "access.log").open("w", encoding="ascii") as log:
        for day in range(days):
            for hour in (3, 15):
                moment = start + timedelta(days=day, hours=hour)
                when = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
                log.write(f'10.0.0.1 - - [{when}] "GET {A} HTTP/1.1" 200 5 "-" "{BROWSER}"\n')
    assert counted(bench, "access.log")["added"] == {"bt-1": 2 * days}
    parts = overlay(bench)["counted"]["main"]["parts"]
    assert len(parts) == 20_000 and max(parts) == "2025-12-23T15:00Z"
    assert (bench.folder / "content/views.yaml").stat().st_size < 3_000_000
    # What was thrown away counts no more, and never twice.
    assert counted(bench, "access.log")["added"] == {}


def test_nobodys_address_is_written(bench: Workbench) -> None:
    bench.write("access.log", "".join(line(n, client="203.0.113.77") for n in range(200)))
    done = bench.run("views", "access.log")
    kept = [*bench.tree(bench.folder / "content").values(), done.stdout.encode()]
    kept += bench.tree(bench.folder / ".cache").values()
    for data in kept:
        assert b"203.0.113" not in data
        assert b"Mozilla" not in data


def test_a_bulletin_that_moved_takes_its_views_along(bench: Workbench) -> None:
    bench.write("access.log", line(target=B))
    counted(bench, "access.log")
    bench.bulletin("b.md", slug="moi", aliases=["https://example.org/ban-tin/2020/07/B.html"])
    assert counted(bench, "access.log")["added"] == {}
    assert overlay(bench)["views"] == {"2020/07/moi.html": 1}


def test_what_moved_counts_no_more_in_parts_of_any_server(bench: Workbench) -> None:
    bench.write("access.log", line(target=B))
    counted(bench, "access.log", "--server", "one")
    bench.bulletin("b.md", slug="moi", aliases=[B.removeprefix("/ban-tin")])
    bench.write("other.log", line(60))
    counted(bench, "other.log", "--server", "two")
    assert counted(bench, "access.log", "--server", "one")["added"] == {}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as temporary:
        bench = Workbench(Path(temporary))
        bench.bulletin("a.md", slug="a", id="bt-1")
        bench.bulletin("b.md", slug="b")
        yield bench.folder


def _count(folder: Path, logs: Sequence[Path]) -> dict[str, int]:
    """Count and return the totals of the file."""
    file = folder / "site.yaml"
    loaded = config.load(file, file.name)
    now = datetime.fromtimestamp(int(NOW), UTC)
    count(Order(folder / "content", "content", loaded, logs, "main", now, False, "x", b"k" * 16))
    written = folder / "content/views.yaml"
    found = yaml.safe_load(written.read_text("utf-8"))["views"] if written.exists() else None
    return found or {}


# Where digests are short enough to keep nobody, one in millions is another's: not in these.
@settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_however_a_log_is_cut_and_given_it_counts_once(folder: Path, data: st.DataObject) -> None:
    """Pieces of one log, rotated, grown, overlapping, packed, in any order, in one run or many."""
    chance = random.Random(data.draw(st.integers(0, 2**32), label="log"))
    pace = data.draw(st.sampled_from([0.05, 0.5, 3, 25]), label="minutes between lines")
    size = data.draw(st.integers(1, 400), label="lines")
    minute, lines = 0.0, []
    for _ in range(size):
        minute += chance.expovariate(1 / pace)
        # Lines are written when they are answered, so that some are late.
        late = chance.random() if chance.random() < 0.2 else 0
        client = f"10.0.0.{chance.randrange(6)}"
        lines.append(line(max(minute - late, 0), chance.choice([A, B, "/"]), client))
    cuts = data.draw(
        st.lists(st.tuples(st.integers(0, size), st.integers(0, size)), max_size=5), label="copies"
    )
    ends = sorted(
        {0, size, *data.draw(st.lists(st.integers(0, size), max_size=4), label="rotated")}
    )
    pieces = [*itertools.pairwise(ends), *((min(each), max(each)) for each in cuts)]
    pieces = data.draw(st.permutations(pieces), label="order")
    written = folder / "content/views.yaml"
    written.unlink(missing_ok=True)
    pending: list[Path] = []
    for number, (first, last) in enumerate(pieces):
        text = "".join(lines[first:last]).encode()
        file = folder / f"{number}.log"
        file.write_bytes(gzip.compress(text) if chance.random() < 0.3 else text)
        pending.append(file)
        if chance.random() < 0.6:
            _count(folder, pending)
            pending = []
    found = _count(folder, pending)
    written.unlink(missing_ok=True)
    (folder / "all.log").write_text("".join(lines), "ascii")
    assert found == _count(folder, [folder / "all.log"])


# Failures


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_run_that_is_killed_counted_everything_or_nothing(
    bench: Workbench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bench.write("first.log", "".join(line(n / 9, client=f"10.1.{n % 9}.1") for n in range(100)))
    counted(bench, "first.log")
    bench.write("access.log", "".join(line(n / 9, client=f"10.0.{n % 9}.1") for n in range(30_000)))

    def gist(path: str, data: bytes) -> bytes:
        """Half hours that are not whole yet have digests with a key of each run's own."""
        if path != "content/views.yaml":
            return data
        values = yaml.safe_load(data)
        return json.dumps([str(values["as_of"]), values["views"], [*values["counted"]]]).encode()

    folder = tmp_path_factory.mktemp("kills")
    victim = Victim(bench, folder, "views", "access.log", gist=gist, SOURCE_DATE_EPOCH=NOW)
    victim.learn()
    assert victim.whole["content/views.yaml"] != victim.before["content/views.yaml"]
    victim.go_on(kills(5))


def test_a_bulletin_that_cannot_be_read_stops_the_counting(bench: Workbench) -> None:
    bench.write("content/c.md", "---\ntitel: x\n---\n")
    bench.write("access.log", line())
    done = bench.run("views", "access.log")
    assert done.code == 1
    assert "content/c.md:2:1" in done.stderr
    assert not (bench.folder / "content/views.yaml").exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("views: {bt-1: many}\nas_of: 2026-11-02\n", "content/views.yaml:1:15 expected-number"),
        ("views:\n  bt-1: -4\nas_of: 2026-11-02\n", "content/views.yaml:2:9 expected-number"),
        ("views:\n  bt-1: 3\n", "content/views.yaml:1:1 missing-key"),
        (
            "views:\n  bt-1: 3\n  bt-1: 4\nas_of: 2026-11-02\n",
            "content/views.yaml:3:3 duplicate-key",
        ),
        ("viewz: {}\n", "content/views.yaml:1:1 unknown-key"),
        ("views: &a {bt-1: 4}\ncounted: *b\n", "content/views.yaml:1:8 yaml-alias"),
        ("views: [1, 2]\n", "content/views.yaml:1:8 expected-mapping"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_place(
    bench: Workbench, text: str, problem: str
) -> None:
    bench.write("content/views.yaml", text)
    bench.write("access.log", line())
    built = bench.run("build", "--json")
    assert built.code == 1
    assert problem in built.problems
    done = bench.run("views", "access.log")
    assert done.code == 1
    assert problem.split()[0] in done.stderr
    assert (bench.folder / "content/views.yaml").read_text("utf-8") == text


@pytest.mark.parametrize(
    "counted_text",
    [
        "{main: {whole: {2026-11-02: xyz}}}",
        "{main: {whole: {0001-01-01/9999-12-31: ffffffffffff}}}",
        "{main: {whole: {2026-11-02: 1ffffffffffff}}}",
        "{main: {whole: {2026-99-02: ff}}}",
        "{main: {parts: {2026-11-02T01:00Z: 2026-11-02 00}}}",
        "{main: {parts: {somewhen: 2026-11-02 00112233445566778899aabbccddeeff}}}",
    ],
)
def test_a_damaged_ledger_is_refused(bench: Workbench, counted_text: str) -> None:
    bench.write("content/views.yaml", f"as_of: 2026-11-02\ncounted: {counted_text}\n")
    bench.write("access.log", line())
    done = bench.run("views", "access.log", "--language", "en")
    assert done.code == 2
    assert "content/views.yaml" in done.stderr
    assert "Traceback" not in done.stderr


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_mutated_logs_are_counted_or_refused(folder: Path, data: st.DataObject) -> None:
    chance = random.Random(data.draw(st.integers(0, 2**32)))
    iis = "#Fields: date time c-ip cs-method cs-uri-stem cs(User-Agent) sc-status\n" + "".join(
        f"2026-11-02 01:{n:02d}:00 10.0.0.{n} GET {A} Mozilla/5.0 200\n" for n in range(20)
    )
    plain = "".join(line(n) for n in range(20))
    log = bytearray((iis if chance.random() < 0.4 else plain).encode())
    if chance.random() < 0.3:
        log = bytearray(gzip.compress(bytes(log)))
    for _ in range(chance.randrange(1, 30)):
        at = chance.randrange(len(log))
        noise = chance.choice(
            [b"", b'"', b"[", b"\n", b" ", b"\0", b"\\", b"%", b"\xff", b"#", b"9"]
        )
        log[at : at + chance.randrange(8)] = noise * chance.choice([1, 1, 3, 2000])
    file = folder / "mutated.log"
    file.write_bytes(log)
    before = set(folder.rglob("*"))
    _count(folder, [file])
    assert set(folder.rglob("*")) <= before | {folder / "content/views.yaml"}


# In the site


def test_what_was_counted_is_added_wherever_views_show(bench: Workbench) -> None:
    bench.write("access.log", "".join(line(client=f"10.0.0.{n}", target=B) for n in range(7)))
    counted(bench, "access.log")
    bench.build()
    assert "1,007" in bench.page("2020/07/b.html")
    assert "02/11/2026" in bench.page("2020/07/b.html")
    assert "1,007" in bench.page("2020/07/index.html")
    assert "1,007" in bench.page("index.html")
    assert '"1007 ' in bench.page("tim-kiem/loc/luot-xem.js") or " 1007" in bench.page(
        "tim-kiem/loc/luot-xem.js"
    )
    records = [json.loads(each) for each in bench.page("du-lieu/bai-viet.jsonl").splitlines()]
    found = {each["path"]: each for each in records}
    assert (found["b.md"]["views"], found["b.md"]["views_as_of"]) == (1007, "2026-11-02")
    assert "views" not in found["a.md"]
    assert re.search(r"2020/07/b\.html,.*,1007,", bench.page("du-lieu/bai-viet.csv"))
    assert '"views": 1007' in bench.page("du-lieu/2020.jsonl")
    assert "1000" in (bench.folder / "content/b.md").read_text("utf-8")


def test_new_counts_render_what_shows_them_and_nothing_else(bench: Workbench) -> None:
    for number in range(20):
        date = f"2019-{number % 12 + 1:02d}-01"
        bench.bulletin(f"old-{number}.md", slug=f"old-{number}", date=date, category=["Cũ"])
    bench.bulletin("b.md", slug="b", category=["Mới"])
    bench.build()
    bench.write("content/views.yaml", "as_of: 2026-11-02\nviews:\n  2020/07/b.html: 3\n")
    rendered = bench.build().rendered_pages
    assert "2020/07/b.html" in rendered
    assert not [path for path in rendered if "old-" in path or path.startswith("2019/")]
    incremental = bench.tree()
    bench.build("--clean")
    assert bench.tree() == incremental
    # A new day with the same number shows on the bulletin's own page alone.
    bench.write("content/views.yaml", "as_of: 2026-11-03\nviews:\n  2020/07/b.html: 3\n")
    assert {path for path in bench.build().rendered_pages if path.endswith(".html")} <= {
        "2020/07/b.html",
        "index.html",
    }
    assert "03/11/2026" in bench.page("2020/07/b.html")
    (bench.folder / "content/views.yaml").unlink()
    bench.build()
    without = bench.tree()
    bench.build("--clean")
    assert bench.tree() == without
    assert "03/11/2026" not in bench.page("2020/07/b.html")


def test_views_of_what_is_no_bulletin_are_a_notice(bench: Workbench) -> None:
    bench.write(
        "content/views.yaml", "as_of: 2026-11-02\nviews:\n  bt-1: 3\n  2020/07/gone.html: 9\n"
    )
    assert bench.build("--strict").problems == ["content/views.yaml:4:22 views-unknown"]
