"""`import table` of spreadsheet files: values as sheets show them, and files made to hurt."""

from __future__ import annotations

import contextlib
import io
import random
import re
import struct
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from danvan_site.errors import ContentError, UsageError
from danvan_site.importers import mapping
from danvan_site.importers.table import Table, importing
from tests.workbench import Outcome, Workbench

HEADER = ("Tiêu đề", "Ngày đăng", "Số", "Nội dung")
MAP = """columns:
  title: "Tiêu đề"
  date: "Ngày đăng"
  lead: "Số"
  body: {column: "Nội dung", format: text}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    bench = Workbench(tmp_path)
    bench.write("m.yml", MAP)
    return bench


def book(*rows: tuple[Any, ...], header: tuple[Any, ...] = HEADER, mac: bool = False) -> Workbook:
    made = Workbook()
    if mac:
        made.epoch = CALENDAR_MAC_1904
    for row in (header, *rows):
        made.active.append(row)
    return made


def saved(made: Workbook) -> bytes:
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def bring(bench: Workbench, data: bytes, *options: str, name: str = "b.xlsx") -> Outcome:
    (bench.folder / name).write_bytes(data)
    return bench.run("import", "table", name, "--map", "m.yml", "--json", *options)


def front(bench: Workbench) -> list[dict[str, Any]]:
    files = sorted((bench.folder / "content").rglob("*.md"))
    return [yaml.safe_load(file.read_text("utf-8").split("---")[1]) for file in files]


def with_part(data: bytes, name: str, change: Any) -> bytes:
    """Return a workbook with one part of it changed."""
    old, new = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as parts:
        for each in old.namelist():
            parts.writestr(each, change(old.read(each)) if each == name else old.read(each))
    return new.getvalue()


@pytest.mark.parametrize("mac", [False, True])
def test_cells_come_as_the_sheet_shows_them(bench: Workbench, mac: bool) -> None:
    rows = [
        ("Tin một", datetime(2020, 7, 16, 13, 40), 12.0, "Đoạn một.\nĐoạn hai."),
        (None, None, None, None),
        ("Tin hai", date(2020, 7, 17), 1.5, "=1+1"),
        ("Tin ba", "18/07/2020", True, "#N/A"),
        ("Tin bốn", datetime(2020, 7, 19, 8, 0, 59, 999_900), time(9, 5), "x"),
    ]
    done = bring(bench, saved(book(*rows, mac=mac)))
    assert done.code == 0, done.stdout
    found = {each["title"]: each for each in front(bench)}
    assert {name: (str(each["date"]), str(each.get("lead"))) for name, each in found.items()} == {
        "Tin một": ("2020-07-16 13:40", "12"),
        "Tin hai": ("2020-07-17", "1.5"),
        "Tin ba": ("2020-07-18", "true"),
        "Tin bốn": ("2020-07-19 08:01", "09:05"),
    }
    body = next((bench.folder / "content/2020/07").glob("tin-mot.md")).read_text("utf-8")
    assert body.endswith("\n\nĐoạn một.\n\nĐoạn hai.\n")
    assert [each["source"] for each in done.report["outcomes"]] == [
        f"b.xlsx:{line}" for line in (2, 4, 5, 6)
    ]
    again = bring(bench, saved(book(*rows, mac=mac)))
    assert len(front(bench)) == 4 and again.code == 0


def test_formulas_give_the_values_that_were_kept_of_them(bench: Workbench) -> None:
    data = saved(book(("Tin", date(2020, 7, 16), "=6*7", "x")))
    kept = with_part(
        data, "xl/worksheets/sheet1.xml", lambda part: re.sub(b"<v ?/>|<v></v>", b"<v>42</v>", part)
    )
    assert bring(bench, kept).code == 0
    assert str(front(bench)[0]["lead"]) == "42"


def test_a_title_above_the_table_and_merged_names_are_no_trouble(bench: Workbench) -> None:
    made = book(("Tin", date(2020, 7, 16), "a", "b"), header=("Danh sách tin năm 2020",))
    sheet = made.active
    sheet.merge_cells("A1:D1")
    sheet.insert_rows(2, 2)
    for at, name in enumerate(("Tiêu đề", "Ngày đăng", "Nội dung", None), start=1):
        sheet.cell(3, at, name)
    sheet.merge_cells("C3:D3")
    bench.write("m.yml", MAP.replace('"Số"', '"Nội dung (2)"'))
    assert bring(bench, saved(made)).code == 0
    assert front(bench)[0]["lead"] == "b"


def test_a_map_is_proposed_and_a_sheet_is_chosen_by_its_name(bench: Workbench) -> None:
    made = book(("Tin đầu", date(2020, 7, 16), "a", "b"))
    other = made.create_sheet("Năm 2021")
    other.append(HEADER)
    other.append(("Tin sau", date(2021, 7, 16), "a", "b"))
    (bench.folder / "b.xlsx").write_bytes(saved(made))
    bench.run("import", "table", "b.xlsx", "--map", "new.yml")
    proposed = yaml.safe_load((bench.folder / "new.yml").read_text("utf-8"))
    assert proposed["columns"]["title"] == "Tiêu đề" and proposed["columns"]["date"] == "Ngày đăng"
    done = bring(bench, saved(made), "--sheet", "Năm 2021")
    assert done.code == 0 and [each["title"] for each in front(bench)] == ["Tin sau"]
    done = bring(bench, saved(made), "--sheet", "Năm 2022")
    assert done.code == 2 and "Sheet, Năm 2021" in done.stderr


DATA = saved(book(("Tin", date(2020, 7, 16), "a", "b")))
SHEET = "xl/worksheets/sheet1.xml"


def saying(size: int) -> bytes:
    """Return a workbook whose sheet, of some megabytes, says that it has so many bytes."""
    data = with_part(
        DATA, SHEET,
        lambda part: part.replace(b"</sheetData>", b"<row/>" * 500_000 + b"</sheetData>"),
    )  # fmt: skip
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(SHEET.encode()))
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


def entities(part: bytes) -> bytes:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    head = b'<!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b"]>"
    return part.replace(b"<worksheet", head + b"<worksheet", 1)


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "old": ("b.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), ".xls file cannot"),
    "locked": (
        "b.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le"),
        "has a password",
    ),
    "no-zip": ("b.xlsx", b"Tin,Ngay\n1,2\n", "no table that can be read"),
    "empty": ("b.xlsx", b"", "no table that can be read"),
    "entities": ("b.xlsx", with_part(DATA, SHEET, entities), "no spreadsheet program writes"),
    "wide-entities": (
        "b.xlsx",
        with_part(DATA, SHEET, lambda part: entities(part).decode().encode("utf-16")),
        "no spreadsheet program writes",
    ),
    "no-sheet": (
        "b.xlsx",
        with_part(DATA, SHEET, lambda part: b"<x/>"),
        "no table that can be read",
    ),
    "large": ("b.xlsx", saying(600_000_000), "> 500 MB"),
    "lying": ("b.xlsx", saying(900), "no table that can be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_the_way_out(bench: Workbench, name: str) -> None:
    file, data, said = REFUSED[name]
    done = bring(bench, data, name=file)
    assert done.code in (1, 2) and said in done.stderr, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and not front(bench)


def test_a_sheet_of_openoffice_is_refused_by_its_name(bench: Workbench) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("content.xml", "<x/>")
    for name in ("b.ods", "b.xlsx"):
        done = bring(bench, data.getvalue(), name=name)
        assert done.code == 2 and "a .ods file cannot be imported" in done.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # A row far down, one beyond all sheets, a cell far to the right, sizes that are said only.
        (b'<row r="2"', b'<row r="1048570"'),
        (b'<row r="2"', b'<row r="99999999999999"'),
        (b'r="D2"', b'r="ZZZ2"'),
        (b'ref="A1:D2"', b'ref="A1:XFD1048576"'),
    ],
)
def test_what_a_sheet_says_of_its_size_costs_nothing(
    bench: Workbench, old: bytes, new: bytes
) -> None:
    assert old in zipfile.ZipFile(io.BytesIO(DATA)).read(SHEET)
    done = bring(bench, with_part(DATA, SHEET, lambda part: part.replace(old, new)))
    assert done.code in (0, 1, 2) and "Traceback" not in done.stderr
    assert len(front(bench)) == (0 if b"9999" in new else 1)


def mutated(chance: random.Random) -> bytes:
    """Return a workbook with something wrong: in the archive, or in a part that is packed well."""
    data = DATA
    if chance.random() < 0.3:
        wrong = bytearray(data)
        for _ in range(chance.choice((1, 3, 30))):
            wrong[chance.randrange(len(wrong))] = chance.randrange(256)
        return bytes(wrong[: chance.choice((len(wrong), chance.randrange(len(wrong))))])
    name = chance.choice(zipfile.ZipFile(io.BytesIO(data)).namelist())

    def change(part: bytes) -> bytes:
        wrong = bytearray(part)
        kind = chance.randrange(4)
        at = chance.randrange(len(wrong))
        if kind == 0:
            wrong[at] = chance.randrange(256)
        elif kind == 1:
            del wrong[at : at + chance.randrange(1, 60)]
        elif kind == 2:
            wrong[at:at] = wrong[chance.randrange(len(wrong)) :][:60]
        else:
            digits = [n for n, byte in enumerate(wrong) if 48 <= byte <= 57] or [at]
            wrong[chance.choice(digits)] = chance.choice(b"-.9eE ")
        return bytes(wrong)

    return with_part(data, name, change)


@pytest.mark.parametrize("seed", range(50))
def test_damaged_workbooks_give_rows_or_a_message(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "b.xlsx"
    file.write_bytes(mutated(random.Random(seed)))
    (tmp_path / "m.yml").write_text(MAP, "utf-8")
    with contextlib.suppress(UsageError, ContentError):
        table = Table(file)
        map_ = mapping.load(tmp_path / "m.yml", "m.yml", table.header)
        list(importing(table, map_, "+07:00").items)
