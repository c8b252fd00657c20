"""Rows of a spreadsheet file (.xlsx): values as the sheet shows them, within bounds.

Whatever the file says of its size, no more is unpacked than `_MOST_UNPACKED`, and no more rows and
columns are gone through than a sheet can have.
"""

from __future__ import annotations

import itertools
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from danvan_site.errors import Place, UsageError

ENDINGS = (".xlsx", ".xlsm")
_OLDER = (".xls", ".xlsb", ".ods")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
_MOST_UNPACKED = 500_000_000  # bytes
_MOST_PARTS = 10_000
_MOST_ROWS, _MOST_COLUMNS = 1 << 20, 256
_BLOCK = 1 << 20
_SOME = 500
# What the reader makes of files that are damaged, or made to hurt.
_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError,
    NotImplementedError, OSError, RuntimeError, SyntaxError, TypeError, ValueError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip

Cells = tuple[int, tuple[str, ...]]


def is_workbook(path: Path) -> bool:
    """Tell whether a file is a spreadsheet's; raise UsageError where it is one of a kind that is
    not read, or is locked by a password.  What only has the name of one of these is none."""
    with path.open("rb") as file:
        head = file.read(len(_OLE))
        shown, ending = Place(path.as_posix()), path.suffix.lower()
        if head == _OLE:
            if _LOCKED in head + file.read(_BLOCK):
                raise UsageError("import-table-locked", shown)
            raise UsageError("import-table-kind", shown, found=".xls")
    if head[:2] == b"PK" and ending in _OLDER:
        raise UsageError("import-table-kind", shown, found=ending)
    return head[:2] == b"PK" or ending in ENDINGS


class Sheet:
    """A sheet of a workbook: the first one, or the one called *name*.

    Raises UsageError where there is no such sheet, or the file is none that a spreadsheet program
    would have written; ValueError where it cannot be read.
    """

    def __init__(self, path: Path, name: str = "") -> None:
        self._path = path
        self._place = Place(path.as_posix())
        try:
            self._examine()
            with closing(self._open()) as book:
                names = [each.title for each in book.worksheets]
                if not names or (name and name not in names):
                    known = ", ".join(names)
                    raise UsageError("import-no-sheet", self._place, found=name, known=known)
                self.name = name or names[0]
                declared = book[self.name].max_row
        except _FAULTS as error:
            raise ValueError(_said(error)) from None
        self.size = min(declared or 0, _MOST_ROWS)

    def _examine(self) -> None:
        """See that nothing of the file grows beyond measure: neither in unpacking, nor by entities,
        which no spreadsheet program writes."""
        with zipfile.ZipFile(self._path) as parts:
            infos = parts.infolist()
            if any(each.flag_bits & 1 for each in infos):
                raise UsageError("import-table-locked", self._place)
            names = {each.filename for each in infos}
            if "mimetype" in names and _OPEN_DOCUMENT in parts.read("mimetype")[:200].decode(
                "ascii", "replace"
            ):
                raise UsageError("import-table-kind", self._place, found=".ods")
            if "xl/workbook.bin" in names:
                raise UsageError("import-table-kind", self._place, found=".xlsb")
            # Reading a part gives no more than it says here.
            unpacked = sum(each.file_size for each in infos)
            if unpacked > _MOST_UNPACKED or len(infos) > _MOST_PARTS:
                raise self._strange(f"> {_MOST_UNPACKED // 1_000_000} MB")
            for each in infos:
                if each.filename.lower().endswith((".xml", ".rels")):
                    self._look_through(parts, each)

    def _look_through(self, parts: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        with parts.open(info) as part:
            rest = b""
            while data := part.read(_BLOCK):
                # In whatever encoding.
                rest = rest[-16:] + data.replace(b"\0", b"")
                if b"<!DOCTYPE" in rest or b"<!ENTITY" in rest:
                    raise self._strange("DOCTYPE")

    def _strange(self, found: str) -> UsageError:
        return UsageError("import-table-strange", self._place, found=found)

    def _open(self) -> Any:
        # It takes long to load, and few imports need it.
        from openpyxl import load_workbook

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(self._path, read_only=True, data_only=True, keep_links=False)

    def rows(self) -> Iterator[Cells]:
        """Yield the number of each row that has something in it, and its cells as text.

        Raises ValueError where it cannot be read on.
        """
        try:
            with closing(self._open()) as book:
                values = book[self.name].iter_rows(
                    max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True
                )
                # Rows that are left out are one and the same; there can be a million.
                empty: object = None
                for first in itertools.count(1, _SOME):
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        some = list(itertools.islice(values, _SOME))
                    for number, row in enumerate(some, start=first):
                        if row is empty or row.count(None) == len(row):
                            empty = row
                        else:
                            yield number, tuple(map(_text, row))
                    if len(some) < _SOME:
                        return
        except _FAULTS as error:
            raise ValueError(_said(error)) from None


def table(rows: Iterator[Cells]) -> tuple[Sequence[str], Iterator[Cells]]:
    """Return the names of the columns, and the rows below them.

    Names stand in the first row with two cells or more, for a title above the table stands alone.
    A column that is merged with the one before it has its name, with a number.
    """
    found: Cells = next((row for row in rows if sum(map(bool, row[1])) > 1), (0, ()))
    first = list(itertools.islice(rows, 1))
    width = max((_width(cells) for _, cells in (found, *first)), default=0)
    names: list[str] = []
    for cell in found[1][:width]:
        name = base = " ".join(cell.split()) or (
            re.sub(r" \(\d+\)$", "", names[-1]) if names else ""
        )
        number = 1
        while name in names or not name:
            number += 1
            name = f"{base} ({number})".strip()
        names.append(name)
    return names, itertools.chain(first, rows)


def _width(cells: Sequence[str]) -> int:
    return max((at for at, each in enumerate(cells, start=1) if each), default=0)


def _text(value: object) -> str:
    """Return a cell as text: dates in ISO 8601, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        # A part of a day is no exact number of seconds.
        value = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        return _at(value.date(), value.time())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value)
    return "" if text.startswith("#") and text in _ERRORS else text.replace("_x000D_", "")


_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")


def _at(day: date, clock: time) -> str:
    if not clock.hour and not clock.minute and not clock.second:
        return day.isoformat()
    return f"{day.isoformat()} {clock.isoformat('seconds' if clock.second else 'minutes')}"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]
