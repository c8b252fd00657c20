"""What all imports promise, shown with tables: nothing lost, twice, or written over."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from danvan_site.importers import capture, legacy_fonts
from danvan_site.levels import LEVELS
from tests import portals
from tests.damage import damaged
from tests.exports import export, item
from tests.killing import killed_import, kills
from tests.workbench import ROOT, Outcome, Workbench, environment

BODY = "Sáng {n}, tổ dân vận họp dân ở nhà văn hóa, bàn việc **chung**.\n\nÔng *Sáu* góp ý.\n"


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def rows(count: int, **more: Any) -> Iterator[dict[str, Any]]:
    """Rows as the site's own data have them."""
    for n in range(count):
        month, day = n // 28 % 12 + 1, n % 28 + 1
        path = f"2020/{month:02d}/bai-{n:04d}.md"
        yield {
            "url": f"https://cu.example.vn/{path[:-3]}.html",
            "path": path,
            "title": f"Bài thứ {n}: họp dân",
            "date": f"2020-{month:02d}-{day:02d}T08:00:00+07:00",
            "author": ["Thu Hà"],
            "tags": ["họp dân", f"tổ {n % 7}"],
            "lead": f"Tóm tắt bài {n}.",
            "body": BODY.format(n=n),
        } | more


def write_lines(path: Path, some: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some), "utf-8")
    return path


def bring(bench: Workbench, file: str, *options: str) -> Outcome:
    return bench.run("import", "table", file, *options)


def content(bench: Workbench) -> dict[str, bytes]:
    """The files that an import leaves, but for the lock."""
    tree = bench.tree(bench.folder / "content")
    tree.pop(".imported.lock", None)
    return tree


# ---- the site's own data


def test_the_sites_own_data_give_the_same_site_again(bench: Workbench, tmp_path: Path) -> None:
    """All of the demo goes out as open data and comes back in; media and plain pages are copied,
    since data have only bulletins."""
    first = Workbench(tmp_path / "dau")
    for name in ("content", "templates"):
        shutil.rmtree(first.folder / name, ignore_errors=True)
        shutil.copytree(ROOT / name, first.folder / name)
    shutil.copy(ROOT / "site.yaml", first.folder)
    assert first.run("build").code == 0
    second = Workbench(tmp_path / "sau")
    shutil.copytree(ROOT / "templates", second.folder / "templates")
    shutil.copy(ROOT / "site.yaml", second.folder)
    outcome = bring(second, str(first.output / "du-lieu/bai-viet.jsonl"), "--json")
    bulletins = len((first.output / "du-lieu/bai-viet.jsonl").read_text("utf-8").splitlines())
    assert outcome.report["written"] == bulletins > 30 and outcome.report["ok"]
    for path in (ROOT / "content").rglob("*"):
        relative = path.relative_to(ROOT / "content")
        # What has expired is not in the data, nor is what it left behind.
        is_kept = path.suffix != ".md" or relative.parts[0] == "pages"
        if path.is_file() and is_kept and path.name != "addresses.tsv":
            (second.folder / "content" / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, second.folder / "content" / relative)
    done = second.run("build")
    assert done.code == 0, done.stderr
    expired = "2024/04/lay-y-kien-quy-che-nha-van-hoa.html"
    expected = {path: data for path, data in first.tree().items() if path != expired}
    given = second.tree()
    manifest = given.pop("manifest-sha256.txt").decode().splitlines()
    lines = expected.pop("manifest-sha256.txt").decode().splitlines()
    assert manifest == [line for line in lines if not line.endswith(f"  {expired}")]
    assert given == expected


def test_a_missing_file_of_a_year_is_told_for_each_row(bench: Workbench) -> None:
    some = [row | {"data": "2020.jsonl"} for row in rows(3)]
    for row in some:
        del row["body"]
    write_lines(bench.folder / "bai-viet.jsonl", some)
    write_lines(bench.folder / "2020.jsonl", [some[1] | {"body": "Nội dung."}])
    report = bring(bench, "bai-viet.jsonl", "--json").report
    assert (report["written"], report["failed"]) == (1, 2)
    failed = [each["problem"] for each in report["outcomes"] if each["fate"] == "failed"]
    assert [(each["code"], each["line"]) for each in failed] == [
        ("import-no-body", 1),
        ("import-no-body", 3),
    ]


@pytest.mark.parametrize(
    "path",
    ["../ngoai.md", "/etc/x.md", "a/../../b.md", "C:\\x.md", ".an/b.md", "2020/_x.md", "CON\0.md"],
)
def test_a_path_that_leads_out_or_away_is_not_followed(bench: Workbench, path: str) -> None:
    (row,) = rows(1)
    write_lines(bench.folder / "a.jsonl", [row | {"path": path}])
    before = {name for name in bench.tree(bench.folder) if not name.startswith("content/")}
    assert bring(bench, "a.jsonl").code == 0
    (written,) = (name for name in content(bench) if name.endswith(".md"))
    assert written.startswith("2020/01/")
    after = {name for name in bench.tree(bench.folder) if not name.startswith("content/")}
    assert after == before


# ---- tables of others

SHAREPOINT = {
    "Tiêu đề": "Họp dân ở ấp 3",
    "Ngày đăng": "16/07/2020 13:40",
    "Tác giả": "Thu Hà",
    "Từ khóa": "12;#họp dân;#13;#Tiếp dân|0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "Nội dung": "Dòng một có *sao*.\nDòng hai.",
    "Đường dẫn": "https://cu.example.vn/Pages/hop-dan.aspx",
    "Lượt xem": "1.204",
    "Cột lạ": "bỏ",
}


def as_csv(some: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(some[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(some)
    return text.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_map_is_proposed_then_used(bench: Workbench, delimiter: str) -> None:
    second = SHAREPOINT | {"Tiêu đề": "Bài hai", "Đường dẫn": "", "Ngày đăng": ""}
    table = as_csv([SHAREPOINT, second], delimiter)
    bench.write("ds.csv", "\ufeff" + table)
    refused = bring(bench, "ds.csv")
    assert refused.code == 2 and "--map ds.map.yml" in refused.stderr
    first = bring(bench, "ds.csv", "--map", "ds.map.yml")
    assert first.code == 1 and not content(bench)
    proposed = (bench.folder / "ds.map.yml").read_text("utf-8")
    for line in ('title: "Tiêu đề"', 'date: "Ngày đăng"', 'tags: "Từ khóa"', "Cột lạ"):
        assert line in proposed
    report = bring(bench, "ds.csv", "--map", "ds.map.yml", "--json").report
    assert (report["written"], report["held"], report["failed"]) == (2, 1, 0)
    text = content(bench)["2020/07/hop-dan-o-ap-3.md"].decode()
    assert 'tags: ["họp dân", "Tiếp dân"]' in text and "views: " in text
    assert "date: 2020-07-16 13:40" in text
    assert text.endswith("Dòng một có \\*sao\\*.\n\nDòng hai.\n")
    assert "chua-ro-ngay/bai-hai.md" in content(bench)
    check = bench.run("check")
    assert check.code == 0, check.stderr
    again = bring(bench, "ds.csv", "--map", "ds.map.yml", "--json").report
    assert (again["written"], again["before"]) == (0, 2)


def test_html_in_a_column_becomes_markdown_and_losses_are_told(bench: Workbench) -> None:
    body = (
        "<div class=ExternalClass1><p>Sáng nay <b>họp dân</b>.</p><script>x()</script>"
        "<p><a href='https://cu.example.vn/a'>Nghị quyết</a>, <a href='/b'>kế hoạch</a></p>"
        "<p><img src='/anh/a.jpg' alt='Họp ở nhà văn hóa'></p></div>"
    )
    bench.write("ds.csv", as_csv([SHAREPOINT | {"Nội dung": body}]))
    bring(bench, "ds.csv", "--map", "m.yml")
    assert "format: html" in (bench.folder / "m.yml").read_text("utf-8")
    report = bring(bench, "ds.csv", "--map", "m.yml", "--json").report
    text = content(bench)["2020/07/hop-dan-o-ap-3.md"].decode()
    assert "Sáng nay **họp dân**.\n\n[Nghị quyết](https://cu.example.vn/a), kế hoạch\n" in text
    assert 'aliases: ["https://cu.example.vn/Pages/hop-dan.aspx"]' in text
    dropped = " ".join(each["text"] for each in report["outcomes"][0]["dropped"])
    assert "/anh/a.jpg" in dropped and "/b" in dropped
    assert bench.run("check").code == 0


def test_text_typed_for_fonts_of_before_is_converted_or_left_to_a_person(bench: Workbench) -> None:
    said = "Đảng ủy xã tổ chức hội nghị dân vận, nhân dân phấn khởi đóng góp ý kiến xây dựng"
    old = {new: each for each, new in legacy_fonts._TCVN3.items()}
    first = SHAREPOINT | {"Nội dung": said.translate(str.maketrans(old)), "Tiêu đề": "Hop dan"}
    first |= {"Tác giả": "Ha", "Từ khóa": "dan van"}
    second = first | {"Nội dung": "héi nghÞ", "Tiêu đề": "Hai", "Đường dẫn": ""}
    bench.write("ds.csv", as_csv([first, second]))
    bring(bench, "ds.csv", "--map", "m.yml")
    report = bring(bench, "ds.csv", "--map", "m.yml", "--json").report
    assert (report["written"], report["held"]) == (2, 1)
    text = content(bench)["2020/07/hop-dan.md"].decode()
    assert said in text and "review" not in text
    codes = [[each["code"] for each in row["missing"]] for row in report["outcomes"]]
    assert codes == [["import-legacy-font"], ["import-legacy-font-unsure"]]
    held = content(bench)["2020/07/hai.md"].decode()
    assert "héi nghÞ" in held and "review" in held


def test_a_map_that_is_wrong_is_told_by_line(bench: Workbench) -> None:
    bench.write("ds.csv", as_csv([SHAREPOINT]))
    bench.write("m.yml", "columns:\n  title: Tiêu đề\n  lead: Tóm tắt\n  ngay: Ngày đăng\n")
    outcome = bring(bench, "ds.csv", "--map", "m.yml")
    assert outcome.code == 1 and not content(bench)
    assert "m.yml:3:9" in outcome.stderr and "[import-map-column]" in outcome.stderr
    assert "m.yml:4:3" in outcome.stderr and "[unknown-key]" in outcome.stderr


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", b"", "import-no-table"),
        ("a.csv", b"\xff\x00\x81", "import-no-table"),
        ("a.csv", "Tiêu đề,Ngày\nHop,2020\n".encode("cp1252", "replace"), "import-no-table"),
        ("a.json", b"{}", "import-no-table"),
        ("a.json", b"[" * 100_000, "import-no-table"),
        ("a.jsonl", b"\n\n", "import-no-table"),
        ("a.jsonl", b"[1]\n", "import-no-table"),
        ("khong-co.csv", None, "import-no-table"),
    ],
)
def test_what_is_no_table_is_refused(
    bench: Workbench, name: str, data: bytes | None, code: str
) -> None:
    if data is not None:
        (bench.folder / name).write_bytes(data)
    outcome = bring(bench, name)
    assert outcome.code == 2 and f"[{code}]" in outcome.stderr
    assert not content(bench)


# ---- what every import promises


def test_a_trial_writes_nothing_and_tells_where_things_would_go(bench: Workbench) -> None:
    some = [*rows(3), *rows(1)]
    some[3] = some[3] | {"url": "https://cu.example.vn/khac.html", "title": "Trùng chỗ"}
    write_lines(bench.folder / "a.jsonl", some)
    shutil.rmtree(bench.folder / "content")
    before = bench.tree(bench.folder)
    trial = bring(bench, "a.jsonl", "--dry-run", "--json").report
    assert bench.tree(bench.folder) == before and not (bench.folder / "content").exists()
    real = bring(bench, "a.jsonl", "--json").report
    assert trial["dry_run"] and not real["dry_run"]
    places = [each["written"] for each in real["outcomes"]]
    assert [each["written"] for each in trial["outcomes"]] == places
    assert places[3].endswith("2020/01/bai-0000-2.md")


def test_a_changed_source_is_told_with_the_difference_and_nothing_is_written_over(
    bench: Workbench,
) -> None:
    some = list(rows(4))
    write_lines(bench.folder / "a.jsonl", some)
    bring(bench, "a.jsonl")
    folder = bench.folder / "content/2020/01"
    edited = folder / "bai-0001.md"
    edited.write_text(edited.read_text("utf-8").replace("họp dân ở", "gặp dân ở"), "utf-8")
    (folder / "bai-0002.md").rename(bench.folder / "content/cho-khac.md")
    before = content(bench)
    for row in some[:3]:
        row["title"] += " (đã sửa)"
    write_lines(bench.folder / "a.jsonl", some)
    outcome = bring(bench, "a.jsonl", "--json")
    report = outcome.report
    assert outcome.code == 0 and content(bench) == before
    assert (report["changed"], report["before"], report["written"]) == (3, 1, 0)
    codes = [each["problem"]["code"] for each in report["outcomes"]]
    assert codes == [
        "import-changed",
        "import-changed-edited",
        "import-changed-moved",
        "import-already",
    ]
    first, second, third, _ = (each["difference"] for each in report["outcomes"])
    assert (
        '-title: "Bài thứ 0: họp dân"' in first and '+title: "Bài thứ 0: họp dân (đã sửa)"' in first
    )
    assert "-Sáng 1, tổ dân vận gặp dân ở" in second
    assert third == ""
    told = bring(bench, "a.jsonl")
    assert '+title: "Bài thứ 0: họp dân (đã sửa)"' in told.stdout


def test_the_report_accounts_for_everything_and_spares_what_is_not_its_own(
    bench: Workbench,
) -> None:
    some = list(rows(30))
    some[4]["author"] = {"a": {"b": {"c": {"d": 1}}}}
    some[5]["title"] = ""
    some[6]["title"] = '<script>alert("x")</script> & họp dân'
    file = write_lines(bench.folder / "a.jsonl", some)
    with file.open("a", encoding="utf-8") as more:
        more.write("{hỏng\n")
    outcome = bring(bench, "a.jsonl", "--report", "bao-cao.html")
    assert outcome.code == 1
    record = json.loads((bench.folder / "bao-cao.json").read_text("utf-8"))
    fates = [each["fate"] for each in record["outcomes"]]
    assert len(fates) == 31 and fates.count("written") == record["written"] == 28
    assert record["failed"] == 3 and record["before"] == record["changed"] == 0
    places = [each["problem"]["line"] for each in record["outcomes"] if each["fate"] == "failed"]
    assert places == [5, 6, 31]
    page = (bench.folder / "bao-cao.html").read_text("utf-8")
    assert "<script" not in page and "a.jsonl:31" in page and "content/2020/01/bai-0000.md" in page
    bring(bench, "a.jsonl", "--report", "bao-cao.html")
    record = json.loads((bench.folder / "bao-cao.json").read_text("utf-8"))
    assert (record["before"], record["written"]) == (28, 0)
    mine = bench.write("cua-toi.html", "<p>Của tôi</p>")
    refused = bring(bench, "a.jsonl", "--report", "cua-toi.html")
    assert refused.code == 2 and "[import-report-foreign]" in refused.stderr
    assert mine.read_text("utf-8") == "<p>Của tôi</p>"


def test_originals_are_kept_by_their_digest(bench: Workbench) -> None:
    write_lines(bench.folder / "a.jsonl", list(rows(2)))
    bring(bench, "a.jsonl", "--originals")
    kept = [name for name in content(bench) if name.startswith("originals/")]
    kept.remove("originals/bulletins.tsv")
    assert len(kept) == 2
    assert {json.loads(content(bench)[name])["title"] for name in kept} == {
        "Bài thứ 0: họp dân",
        "Bài thứ 1: họp dân",
    }
    assert bench.run("check").code == 0


def test_a_ledger_whose_last_line_is_torn_goes_on(bench: Workbench) -> None:
    write_lines(bench.folder / "a.jsonl", list(rows(3)))
    bring(bench, "a.jsonl")
    whole = content(bench)
    ledger = bench.folder / "content/imported.tsv"
    for cut in (1, 30, 70, 200):
        ledger.write_bytes(whole["imported.tsv"][:-cut])
        assert bring(bench, "a.jsonl").code == 0
        now = content(bench)
        now["imported.tsv"] = now["imported.tsv"].rstrip(b"\n") + b"\n"
        assert now == whole


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_an_import_that_is_killed_and_begun_again_gives_the_same_files(
    bench: Workbench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write_lines(bench.folder / "a.jsonl", list(rows(400)))
    victim = killed_import(
        bench, tmp_path_factory, "table", "a.jsonl", "--originals", "--jobs", "2"
    )
    assert sum(path.endswith(".md") for path in victim.whole) == 400
    victim.go_on(kills(4))


def test_two_imports_at_once_bring_everything_once(bench: Workbench) -> None:
    write_lines(bench.folder / "a.jsonl", list(rows(200)))
    processes = [bench.start("import", "table", "a.jsonl") for _ in range(2)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    names = [name for name in content(bench) if name.endswith(".md")]
    assert len(names) == 200
    assert len(content(bench)["imported.tsv"].splitlines()) == 201


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv"])
def test_damaged_tables_give_bulletins_or_messages(bench: Workbench, kind: str) -> None:
    """Thirty damaged tables of each kind, all in one folder."""
    chance = random.Random(kind)
    some = list(rows(6))
    sources = {
        "jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some),
        "json": json.dumps(some, ensure_ascii=False),
        "csv": as_csv([{name: str(value) for name, value in row.items()} for row in some]),
    }
    bench.write("m.yml", "columns:\n  title: title\n  date: date\n  body: body\n  address: url\n")
    map_ = [] if kind == "jsonl" else ["--map", "m.yml"]
    before = set(bench.tree(bench.folder))
    for number in range(30):
        data = damaged(chance, sources[kind].encode())
        (bench.folder / f"{number}.{kind}").write_bytes(data)
        outcome = bring(bench, f"{number}.{kind}", *map_)
        assert outcome.code in (0, 1, 2), outcome.stderr
        assert "Traceback" not in outcome.stderr, data
        before.add(f"{number}.{kind}")
    outside = {name for name in bench.tree(bench.folder) if not name.startswith("content/")}
    assert outside == before
    check = bench.run("check", "--json")
    assert "Traceback" not in check.stderr
    # An accident can give one address to two.
    codes = {each["code"] for each in check.report["problems"]}
    # What its texts are like is theirs, not the import's.
    allowed = {"held-for-review", "alias-taken", "alias-contested", *LEVELS}
    assert codes <= allowed, check.stdout


def test_spellings_of_an_address_are_one_source(bench: Workbench) -> None:
    (row,) = rows(1)
    spelled = [
        "https://cu.example.vn/tin/Bai-1/",
        "http://www.cu.example.vn/tin/bai-1?utm_source=zalo",
        "https://khac.example.vn/tin/bai-1/",
    ]
    table = [{**row, "url": url, "path": f"2020/01/b-{n}.md"} for n, url in enumerate(spelled)]
    some = [{"title": "Bài", "date": "2020-07-16", "body": f"Chữ {n}.", "url": each["url"]}
            for n, each in enumerate(table)]  # fmt: skip
    bench.write("m.yml", "columns: {title: title, date: date, body: body, address: url}\n")
    bench.write("a.json", json.dumps(some))
    report = bring(bench, "a.json", "--map", "m.yml", "--json").report
    assert [each["fate"] for each in report["outcomes"]] == ["written", "changed", "written"]


THREADED = (
    "import sys, threading; threading.Thread(target=threading.Event().wait, daemon=True).start(); "
    "from danvan_site.cli import main; sys.exit(main(sys.argv[1:]))"
)


@pytest.mark.parametrize("kind", ["capture", "html", "table", "wordpress"])
def test_workers_that_are_no_copies_of_the_process_can_do_the_work(
    bench: Workbench, kind: str
) -> None:
    """Beside a thread processes are begun afresh, as they always are on Windows and macOS: all that
    they are to know has to be sent to them."""
    count = 60
    sources = bench.folder / "nguon"
    sources.mkdir()
    text = min((Path(__file__).parent / "captures").iterdir()).read_text("utf-8")
    page = portals.FASHIONS[0](portals.text_of(text, capture.read_capture(text, "x")))
    for n in range(count):
        if kind == "capture":
            (sources / f"{n}.txt").write_text(f"{text}\nsố {n}\n", "utf-8")
        elif kind == "html":
            one = page.replace("</body>", f"<p>{n}</p></body>")
            (sources / f"{n}.html").write_text(one, "utf-8")
    write_lines(sources / "a.jsonl", list(rows(count)))
    items = [item(n, f"Bài {n}", "Chữ.", link=f"https://cu.example.vn/{n}/") for n in range(count)]
    (sources / "a.xml").write_text(export(items), "utf-8")
    files = {"html": [sources], "table": [sources / "a.jsonl"], "wordpress": [sources / "a.xml"]}
    named = files.get(kind) or sorted(sources.glob("*.txt"))
    done = subprocess.run(
        [sys.executable, "-c", THREADED, "import", kind, *map(str, named), "--jobs", "2", "--json"],
        cwd=bench.folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    report = json.loads(done.stdout)
    # All pages say that they are of one address.
    assert report["written"] + report["changed"] + report["before"] == count
