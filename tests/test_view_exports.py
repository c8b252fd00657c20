"""Views from exports of Matomo and GoatCounter: what counts, and that nothing counts twice,
whatever was counted from logs of the same days."""

from __future__ import annotations

import csv
import gzip
import io
import random
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danvan_site.counting.reports import days
from tests.test_views import NOW, START, _count, counted, line, overlay
from tests.workbench import Workbench

A, B = "/ban-tin/2020/07/a.html", "/ban-tin/2020/07/b.html"
FIELDS = (
    "2Path,Title,Event,UserAgent,Browser,System,Session,Bot,Referrer,Referrer scheme,Screen size,"
    "Location,FirstVisit,Date\n"
)
# Pages of a day, as Matomo gives them.
PAGES = "label,nb_visits,nb_hits,url\n" + "".join(
    f"{path},{visits},{visits + 5},https://example.org{path}\n"
    for path, visits in ((A, 7), (B, 4), ("/ban-tin/", 90))
)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    bench = Workbench(tmp_path)
    bench.bulletin("a.md", slug="a", id="bt-1")
    bench.bulletin("b.md", slug="b", aliases=["/pages/tin.aspx", "/tin/cu/"])
    return bench


def hit(
    minutes: float = 0,
    path: str = A,
    session: str = "s1",
    bot: int = 0,
    event: str = "false",
    title: str = "Bài",
) -> str:
    """A line of an export of GoatCounter, some *minutes* after the start."""
    when = (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    row = [path, title, event, "", "Firefox 140", "Linux", session, bot, "", "", "", "VN", "", when]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()


def hits(*lines: str) -> str:
    return FIELDS + "".join(lines)


# GoatCounter


def test_hits_are_views_without_bots_events_and_repeats(bench: Workbench) -> None:
    text = hits(
        hit(0),
        hit(5),
        hit(31),
        hit(5, session="s2", title='Hai "dòng"\n\nvà, phẩy'),
        hit(5, session="s3", bot=5),
        hit(5, path="tai-ve", event="true"),
        hit(5, path="/Pages/Tin.aspx?utm_source=x"),
        hit(5, path="/khac"),
        "thiếu,ô\n",
        hit(0).replace("2026", "ngày"),
    )
    bench.write("goat.csv", text)
    (bench.folder / "goat.csv.gz").write_bytes(gzip.compress(text.encode("utf-8-sig")))
    report = counted(bench, "goat.csv")
    assert report["added"] == {"bt-1": 3, "2020/07/b.html": 1}
    (log,) = report["logs"]
    names = ("lines", "views", "repeats", "programs", "others", "unclear")
    assert [log[name] for name in names] == [10, 4, 1, 1, 2, 2]
    again = counted(bench, "goat.csv.gz", "goat.csv")
    assert (again["added"], again["written"]) == ({}, False)


def test_the_first_version_of_the_export_has_its_columns_in_another_order(bench: Workbench) -> None:
    bench.write(
        "goat.csv",
        "1Path,Title,Event,Bot,Session,FirstVisit,Referrer,Referrer scheme,Browser,Screen size,"
        f"Location,Date\r\n{A},x,false,0,s1,true,,,Mozilla,,VN,2026-11-02T08:00:00+07:00\r\n"
        f"{A},x,false,3,s2,true,,,Mozilla,,VN,2026-11-02T08:00:00+07:00\r\n",
    )
    report = counted(bench, "goat.csv")
    assert (report["added"], report["as_of"]) == ({"bt-1": 1}, "2026-11-02")
    assert list(overlay(bench)["exports"]["parts"]) == ["2026-11-02T01:00Z"]


def test_hits_without_sessions_are_told_apart_by_their_machines(bench: Workbench) -> None:
    none = "00000000-0000-0000-0000-000000000000"
    one, other = hit(session=none), hit(session=none).replace("Firefox", "Chrome")
    bench.write("goat.csv", hits(one, one, other))
    assert counted(bench, "goat.csv")["added"] == {"bt-1": 2}


def test_a_version_that_is_not_known_is_refused(bench: Workbench) -> None:
    bench.write("goat.csv", hits(hit()).replace("2Path", "3Path"))
    done = bench.run("views", "goat.csv", "--language", "vi")
    assert done.code == 1
    assert "GoatCounter (phiên bản 1 hoặc 2)" in done.stderr


def test_exports_that_overlap_count_once(bench: Workbench) -> None:
    lines = [hit(number * 3, session=f"s{number % 7}") for number in range(300)]
    pieces = [lines[:120], lines[90:200], lines[10:40], lines[150:]]
    for number, piece in enumerate(pieces):
        bench.write(f"{number}.csv", hits(*piece))
        counted(bench, f"{number}.csv")
    total = overlay(bench)["views"]
    (bench.folder / "content/views.yaml").unlink()
    bench.write("all.csv", hits(*lines))
    counted(bench, "all.csv")
    assert overlay(bench)["views"] == total


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", ["access other goat", "access goat other", "goat access other"])
def test_a_log_and_an_export_of_the_same_time_count_once(
    bench: Workbench, order: str, together: bool
) -> None:
    # Every reader is in the export and in the log of one of two servers.
    times = [(number * 3, number % 7) for number in range(200)]
    for server, rest in (("access", 1), ("other", 0)):
        lines = [line(n, client=f"10.0.0.{who}") for n, who in times if who % 2 == rest]
        bench.write(server, "".join(lines))
    bench.write("goat", hits(*(hit(minute, session=f"s{who}") for minute, who in times)))
    truth = {"bt-1": len({(minute // 30, who) for minute, who in times})}
    if together:
        counted(bench, *order.split())
    else:
        for name in order.split() * 2:
            counted(bench, name, "--server", name)
    assert overlay(bench)["views"] == truth
    if together:
        assert counted(bench, *order.split())["added"] == {}


def test_nothing_of_a_person_is_written(bench: Workbench) -> None:
    session = "1c2d3e4f-0000-4000-8000-abcdefabcdef"
    bench.write("goat.csv", hits(*(hit(n, session=session) for n in range(200))))
    done = bench.run("views", "goat.csv")
    kept = [*bench.tree(bench.folder / "content").values(), done.stdout.encode()]
    kept += bench.tree(bench.folder / ".cache").values()
    for data in kept:
        for word in (b"1c2d3e4f", b"abcdefabcdef", b"Firefox", b"Linux"):
            assert word not in data


# Matomo

NAME = "Export _ Page URLs _ Monday, November 2, 2026.csv"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11-02", "2026-11-02", "2026-11-02"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-01-05..2024-03-01", "2024-01-05", "2024-03-01"),
        ("2024-01-01,2024-01-07", "2024-01-01", "2024-01-07"),
        ("January 1, 2024", "2024-01-01", "2024-01-01"),
        ("Monday, January 1, 2024", "2024-01-01", "2024-01-01"),
        ("February 2024", "2024-02-01", "2024-02-29"),
        ("week January 1 – 7, 2024", "2024-01-01", "2024-01-07"),
        ("January 29 – February 4, 2024", "2024-01-29", "2024-02-04"),
        ("December 29, 2023 – January 4, 2024", "2023-12-29", "2024-01-04"),
        ("Thứ Hai, ngày 01 tháng 1 năm 2024", "2024-01-01", "2024-01-01"),
        ("Tháng 1 năm 2024", "2024-01-01", "2024-01-31"),
        ("1 – 7 tháng 1, 2024", "2024-01-01", "2024-01-07"),
        ("tuần 29 tháng 1 – 4 tháng 2, 2024", "2024-01-29", "2024-02-04"),
        (
            "Ngày 29 tháng 12 năm 2023 - Ngày 04 tháng 1 năm 2024",
            "2023-12-29",
            "2024-01-04",
        ),
    ],
)
def test_days_are_read_as_matomo_writes_them(text: str, first: str, last: str) -> None:
    assert str(days(text)) == (first if first == last else f"{first}..{last}")


@pytest.mark.parametrize(
    "text", ["", "x", "2024-13", "2024-02-30", "1890", "2024-03-01..2024-01-01", "٢٠٢٤", "9" * 5000]
)
def test_what_are_no_days_is_not_taken_for_such(text: str) -> None:
    assert days(text) is None


@pytest.mark.parametrize(
    "data",
    [
        PAGES.encode("utf-16"),
        b"\xff\xfe" + PAGES.encode("utf-16-le"),
        b"\xfe\xff" + PAGES.encode("utf-16-be"),
        PAGES.encode(),
        PAGES.encode("utf-8-sig"),
        PAGES.rstrip("\n").encode("utf-16"),
        gzip.compress(PAGES.encode("utf-16")),
        PAGES.replace(",", "\t").encode("utf-16"),
        PAGES.replace(",", ";").replace("\n", "\r\n").encode(),
        PAGES.replace("label,nb_visits,nb_hits,url", "Label,Unique Pageviews,Pageviews,"
                      "Metadata: url").encode("utf-16"),
        PAGES.replace("label,nb_visits,nb_hits,url", "Nhãn,Các lượt xem trang duy nhất,"
                      "Số lượt xem trang,Siêu dữ liệu: url").encode("utf-16"),
        PAGES.replace("nb_visits,nb_hits", "bounce_rate,nb_visits").replace(",7,12,", ",9%,7,")
        .replace(",4,9,", ",0,4,").encode(),
        (PAGES + "Others,3,3,\n").encode(),
        b"label,nb_hits\n/ban-tin/2020/07/a.html,7\n\npages/tin.aspx,4\n",
        b"label,nb_visits,idsubdatatable\nban-tin > 2020 > 07 > a.html,7,\n"
        b'"ban-tin > 2020 > 07 > /b.html",3,\ntin/cu/index,1,\nban-tin/2020/07/b.html,90,12\n',
    ],
)  # fmt: skip
def test_reports_are_read_however_they_are_written(bench: Workbench, data: bytes) -> None:
    name = NAME + ".gz" if data.startswith(b"\x1f") else NAME
    (bench.folder / name).write_bytes(data)
    report = counted(bench, name)
    assert report["added"] == {"bt-1": 7, "2020/07/b.html": 4}
    assert report["as_of"] == "2026-11-02"
    assert report["logs"][0]["unclear"] == 0
    again = counted(bench, name)
    assert (again["added"], again["written"], again["logs"][0]["before"] > 0) == ({}, False, True)
    assert [each["code"] for each in again["logs"][0]["notices"]] == ["views-days-counted"]


def test_where_nothing_names_the_days_the_option_does(bench: Workbench) -> None:
    bench.write("pages.csv", PAGES)
    bench.write("2026-11-02.csv", PAGES)
    done = bench.run("views", "pages.csv", "2026-11-02.csv")
    assert done.code == 1
    assert "--period 2024-01-01..2024-01-31" in done.stderr
    assert not (bench.folder / "content/views.yaml").exists()
    wrong = bench.run("views", "pages.csv", "--period", "01/2024")
    assert wrong.code == 2
    assert "2024-01-01..2024-01-31" in wrong.stderr
    assert counted(bench, "pages.csv", "--period", "2026-10")["as_of"] == "2026-10-31"
    # What a file says itself goes before.
    bench.write(NAME.replace(".csv", " (1).csv"), PAGES)
    report = counted(bench, NAME.replace(".csv", " (1).csv"), "--period", "2026-10")
    assert (report["as_of"], report["total"]) == ("2026-11-02", 22)


def test_each_day_of_a_column_is_a_sum_of_its_own(bench: Workbench) -> None:
    bench.write(
        "range.csv",
        f"Ngày,label,nb_visits\n2026-11-02,{A},5\n2026-11-03,{A},6\n2026-11-03,{B},1\n",
    )
    bench.write("week.csv", f"date,label,nb_visits\n2026-11-02,2026-11-08,{A},50\n"
                            f'"2026-11-09,2026-11-15",{A},70\n')  # fmt: skip
    bench.write("access.log", "".join(line(minute) for minute in range(0, 200, 9)))
    assert counted(bench, "access.log", "--server", "one")["added"] == {"bt-1": 7}
    done = bench.run("views", "range.csv", "--language", "vi", SOURCE_DATE_EPOCH=NOW)
    assert done.code == 0
    assert "không tính 2026-11-02, vì đã có lượt xem của 2026-11-02" in done.stderr
    assert overlay(bench)["views"] == {"2020/07/b.html": 1, "bt-1": 13}
    report = counted(bench, "week.csv")
    assert report["added"] == {"bt-1": 70}
    (notice,) = report["logs"][0]["notices"]
    assert "2026-11-02..2026-11-08" in notice["text"]
    assert "2026-11-02..2026-11-03" in notice["text"]


def test_days_are_those_of_the_sites_zone(bench: Workbench) -> None:
    # 17:00 UTC is midnight in Vietnam.
    bench.write("before.log", line(15.9 * 60 - 24 * 60) + line(15.9 * 60, client="10.0.0.9"))
    bench.write("within.log", line(15.9 * 60 - 1))
    bench.write(NAME, PAGES)
    assert counted(bench, NAME)["added"]["bt-1"] == 7
    assert counted(bench, "within.log")["added"] == {}
    bench.write("after.log", line(16 * 60) + line(-8 * 60 - 1))
    assert counted(bench, "after.log")["added"] == {"bt-1": 2}
    whole = overlay(bench)["exports"]["whole"]
    assert whole == {"2026-11-01": "fffc00000000", "2026-11-02": "0003ffffffff"}


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("server", ["main", "one"])
@pytest.mark.parametrize("order", [("log", "matomo"), ("matomo", "log"), ("goat", "matomo")])
def test_a_sum_counts_only_where_nothing_else_did(
    bench: Workbench, order: tuple[str, str], server: str, together: bool
) -> None:
    files = {"log": "access.log", "goat": "goat.csv", "matomo": NAME}
    bench.write("access.log", "".join(line(minute) for minute in range(0, 300, 7)))
    bench.write("goat.csv", hits(*(hit(minute) for minute in range(0, 300, 7))))
    bench.write(NAME, PAGES)
    names = [files[each] for each in order]
    for some in [names] if together else [[each] for each in names]:
        report = counted(bench, *some, "--server", server)
    expected = {"bt-1": 7, "2020/07/b.html": 4} if order[0] == "matomo" else {"bt-1": 10}
    assert overlay(bench)["views"] == expected
    last = report["logs"][-1]
    assert last["views"] == 0
    assert last["before"] == (43 if order[1] == "log" else 2)


def test_days_that_are_not_over_wait(bench: Workbench) -> None:
    bench.write("pages.csv", PAGES)
    report = counted(bench, "pages.csv", "--period", "2026-11")
    assert [each["code"] for each in report["logs"][0]["notices"]] == ["views-days-not-over"]
    assert (report["added"], report["written"]) == ({}, False)


def test_a_report_without_bulletins_closes_no_days(bench: Workbench) -> None:
    bench.write(NAME, "label,nb_visits\nTiêu đề của bài,12\n=HYPERLINK(1),3\n")
    done = bench.run("views", NAME, "--json")
    assert (done.code, done.report["logs"][0]["problem"]["code"]) == (1, "views-report-empty")
    assert not (bench.folder / "content/views.yaml").exists()


@pytest.mark.parametrize(
    "views", ["-7", "1e9", "9" * 400, "=1+1", "", "7.5", "٧", "NaN", "7\0", "0x10", "-"]
)
def test_what_is_no_number_of_views_is_left_out(bench: Workbench, views: str) -> None:
    bench.write(NAME, f"label,nb_visits\n{A},{views}\n{B},1.234\n")
    report = counted(bench, NAME)
    assert report["added"] == {"2020/07/b.html": 1234}
    assert report["logs"][0]["unclear"] == 1


@pytest.mark.parametrize(
    "data",
    [
        PAGES.encode("utf-16")[:-61] + b"\x00\xd8" * 9,
        PAGES.encode() + b"\xff\xff,1,1,x\n",
        PAGES.encode() + b'"' + b"x" * 300_000,
        PAGES.encode() + b"x" * 2_000_000,
        PAGES.encode() + b'"open,1,2,3\n',
        gzip.compress(PAGES.encode() * 50)[:60],
        hits(hit(), '"' + "x" * 200_000 + '",1\n').encode(),
        hits(hit(), '"open\n').encode(),
    ],
)
def test_a_damaged_export_does_not_count_at_all(bench: Workbench, data: bytes) -> None:
    name = NAME + ".gz" if data.startswith(b"\x1f") else NAME
    (bench.folder / name).write_bytes(data)
    done = bench.run("views", name, "--json")
    assert (done.code, done.report["logs"][0]["problem"]["code"]) == (1, "views-log-unreadable")
    assert not (bench.folder / "content/views.yaml").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"label,nb_visits\r/ban-tin/2020/07/a.html,7\n",
        b"label,nb_\rvisits\n/ban-tin/2020/07/a.html,7\n",
        b"label,bounce_rate\n/ban-tin/2020/07/a.html,7\n",
        FIELDS.replace("Session", "Bot").encode() + hit().encode(),
        FIELDS.replace(",Date", ",\rDate").encode() + hit().encode(),
        hits(hit()).encode("utf-16"),
        "label,nb_visits\n".encode("utf-32"),
        b"label," + b"x," * 9000 + b"nb_visits\n",
    ],
)
def test_what_is_no_export_is_said_so(bench: Workbench, data: bytes) -> None:
    (bench.folder / NAME).write_bytes(data)
    done = bench.run("views", NAME, "--json")
    assert (done.code, done.report["logs"][0]["problem"]["code"]) == (1, "views-log-unknown")


# What is damaged


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as temporary:
        bench = Workbench(Path(temporary))
        bench.bulletin("a.md", slug="a", id="bt-1")
        bench.bulletin("b.md", slug="b")
        yield bench.folder


@settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_mutated_exports_are_counted_or_refused(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    text = PAGES if chance.random() < 0.5 else hits(*(hit(n, session=f"s{n}") for n in range(20)))
    if chance.random() < 0.3 and text is PAGES:
        rows = text.splitlines(keepends=True)
        text = "date," + rows[0] + "".join(f"2026-10-0{n}," + rows[n] for n in (1, 2, 3))
    data = bytearray(text.encode(chance.choice(["utf-8", "utf-8", "utf-16"])))
    if chance.random() < 0.2:
        data = bytearray(gzip.compress(bytes(data)))
    for _ in range(chance.randrange(1, 30)):
        at = chance.randrange(len(data))
        noise = chance.choice(
            [
                b"",
                b'"',
                b",",
                b"\n",
                b"\r",
                b"\0",
                b"-",
                b"%",
                b"\xff",
                b"=",
                b"9",
                b";",
                b"\t",
                b">",
            ]
        )
        data[at : at + chance.randrange(8)] = noise * chance.choice([1, 1, 3, 2000, 200_000])
    file = folder / NAME
    file.write_bytes(data)
    (folder / "content/views.yaml").unlink(missing_ok=True)
    before = set(folder.rglob("*"))
    totals = _count(folder, [file])
    assert all(0 < each < 10**10 for each in totals.values())
    assert _count(folder, [file]) == totals
    assert set(folder.rglob("*")) <= before | {folder / "content/views.yaml"}
