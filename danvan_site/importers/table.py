"""Rows of a table become bulletins: the site's own open data, and tables of other programs.

The site's own data (``du-lieu/bai-viet.jsonl`` and the files of the years beside it) say all that
there is to say of a bulletin, also where its file stood.  Of any other table a map (`mapping`) says
which column is what.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from danvan_site import addresses, dates, frontmatter, vietnamese
from danvan_site.dates import DateError, Moment
from danvan_site.errors import Place, Problem, Severity, UsageError
from danvan_site.importers import legacy_fonts, workbook
from danvan_site.importers.conversion import convert
from danvan_site.importers.encodings import decode
from danvan_site.importers.frame import Draft, Dropped, ImportFailure, Importing, Item, Outcome
from danvan_site.importers.legacy_fonts import Detected
from danvan_site.importers.mapping import ADDRESS, BODY, MANY, Map
from danvan_site.importers.placing import is_plain_path, reason_of
from danvan_site.importers.workbook import Sheet, is_workbook
from danvan_site.importers.writing import as_markdown

KIND = "table"
MAX_BYTES = 500_000_000
_MAX_CELL = 8_000_000
_YEAR_FILE = re.compile(r"[0-9]{4}\.jsonl")
_DELIMITERS = ",;\t|"
# Where services put the rows of their answers.
_WRAPPINGS = (("value",), ("d", "results"), ("items",), ("rows",))
# What lists of a portal add to names: `12;#Tin tức;#13;#Thông báo`, `Tin tức|9f1c…`.
_LOOKUP = re.compile(r"(?:^|;#)[0-9]+;#")
_TERM = re.compile(r"\|[0-9a-fA-F-]{32,36}$")
_WEB = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_OLD_FONTS = re.compile(r"\.Vn\w{1,30}|\bVNI-[\w-]{1,30}")
_KEY = re.compile("[a-z_]{1,40}")
_DEEPEST = 3
# It stands in the bulletin and so speaks the bulletin's language.
_OLD_FONT = "chữ gõ bằng phông cũ (TCVN3 hoặc VNI) – hãy sửa chữ rồi xóa dòng này"
_UNDATED = "không rõ ngày đăng – hãy điền date rồi xóa dòng này"
_OWN = frozenset(("url", "path", "title"))

Row = Mapping[str, Any]


class Placed(NamedTuple):
    """A row with the line on which it begins, or its number where lines tell nothing, and how many
    lines it has."""

    line: int
    row: Row
    size: int = 1


class Table:
    """A table in a file: CSV, JSON or JSON lines, told by the file's name, or a sheet of a
    spreadsheet file, told by what it holds."""

    def __init__(self, path: Path, sheet: str = "") -> None:
        """Look at the first row; raise UsageError where the file is no table.

        *sheet* is the name of a spreadsheet's sheet, '' for the first one.
        """
        self.path = path
        self.shown = path.as_posix()
        self._sheet: Sheet | None = None
        try:
            self.size = path.stat().st_size
            if path.is_file() and self.size <= MAX_BYTES and is_workbook(path):
                self._sheet = Sheet(path, sheet)
            elif sheet:
                raise UsageError("import-no-sheet", Place(self.shown), found=sheet, known="")
            first = next(self.rows(), None)
        except (OSError, ValueError, csv.Error, RecursionError) as error:
            reason = reason_of(error)
            raise UsageError("import-no-table", Place(self.shown), reason=reason) from None
        if isinstance(first, Problem) or first is None:
            raise UsageError("import-no-table", Place(self.shown), reason="")
        self.header = list(first.row)
        self.first = first.row
        self.is_own = first.row.keys() >= _OWN and bool(first.row.keys() & {"data", BODY})

    def rows(self) -> Iterator[Placed | Problem]:
        """Yield the rows; a Problem in the place of one that cannot be read.

        Raises OSError, and ValueError and csv.Error where it cannot be read on.
        """
        if self.size > MAX_BYTES:
            raise ValueError(f"> {MAX_BYTES // 1_000_000} MB")
        ending = self.path.suffix.lower()
        if self._sheet:
            yield from _sheet_rows(self._sheet)
        elif ending == ".jsonl":
            yield from _json_lines(self.path)
        elif ending == ".json":
            rows = _unwrapped(json.loads(self.path.read_bytes()))
            yield from (Placed(number, row) for number, row in enumerate(rows, start=1))
        else:
            yield from csv_rows(_text(self.path.read_bytes()))

    def total(self) -> int:
        """Return how many lines or rows there are, as far as that is known at once, else 0."""
        if self._sheet:
            return self._sheet.size
        if self.path.suffix.lower() == ".json":
            return 0
        with self.path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _sheet_rows(sheet: Sheet) -> Iterator[Placed | Problem]:
    names, rows = workbook.table(sheet.rows())
    if len(names) < 2:
        raise ValueError(sheet.name)
    last = 1
    for number, cells in rows:
        yield Placed(number, dict(zip(names, cells, strict=False)), number - last)
        last = number


def _json_lines(path: Path) -> Iterator[Placed | Problem]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict):
                yield Placed(number, row)
            else:
                yield Problem("import-bad-row", Place(path.as_posix(), number))


def _unwrapped(value: Any) -> list[Row]:
    for keys in _WRAPPINGS:
        inner = value
        for key in keys:
            inner = inner.get(key) if isinstance(inner, dict) else None
        value = inner if isinstance(inner, list) else value
    if not isinstance(value, list):
        raise ValueError("JSON: […]")
    return [row for row in value if isinstance(row, dict)]


def _text(data: bytes) -> str:
    text, encoding = decode(data)
    if not encoding.startswith("utf-"):
        # A table says nothing of its encoding, and a guess would be wrong in single letters.
        raise ValueError(encoding)
    return text


def csv_rows(text: str) -> Iterator[Placed]:
    """Yield the rows of CSV; raise ValueError or csv.Error where it cannot be read on."""
    csv.field_size_limit(_MAX_CELL)
    # Some spreadsheets say on a line of its own what separates the cells.
    said = re.match(r"sep=(.)\r?\n", text)
    header_line = text[said.end() if said else 0 :].partition("\n")[0]
    delimiter = said[1] if said else max(_DELIMITERS, key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = itertools.islice(reader, 1 if said else 0, None)
    names = [name.strip() for name in next(rows, [])]
    if len(set(names)) < max(len(names), 2):
        raise ValueError(", ".join(names)[:200])
    line = reader.line_num + 1
    for cells in rows:
        if any(cells):
            size = reader.line_num + 1 - line
            yield Placed(line, dict(zip(names, cells, strict=False)), size)
        line = reader.line_num + 1


class Reading(NamedTuple):
    """What making a draft of a row depends on: the map, None for the site's own data; the zone of
    dates."""

    map: Map | None
    zone: str


def importing(table: Table, map_: Map | None, zone: str) -> Importing:
    """Return the import of *table*, one bulletin of each row; *map_* is None for own data."""
    items = _own_items(table) if map_ is None else _items(table, map_)
    return Importing(KIND, items, _draw, Reading(map_, zone), zone, table.total())


def _digest(row: Row) -> str:
    text = json.dumps(row, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _placed_rows(table: Table) -> Iterator[tuple[Place, Row, int] | Outcome]:
    try:
        for each in table.rows():
            if isinstance(each, Problem):
                yield Outcome(str(each.place), problem=each)
            else:
                yield Place(table.shown, each.line), each.row, each.size
    except (OSError, ValueError, csv.Error, RecursionError) as error:
        problem = Problem("import-table-ends", Place(table.shown), {"reason": reason_of(error)})
        yield Outcome(table.shown, problem=problem)


def _items(table: Table, map_: Map) -> Iterator[Item | Outcome]:
    address = map_.columns.get(ADDRESS)
    for each in _placed_rows(table):
        if isinstance(each, Outcome):
            yield each
            continue
        place, row, size = each
        key = _cell(row, address.column) if address else ""
        yield Item(place, key, _digest(row), row, _original(row), ".json", size)


def _own_items(table: Table) -> Iterator[Item | Outcome]:
    bodies = _Bodies(table.path.parent)
    for each in _placed_rows(table):
        if isinstance(each, Outcome):
            yield each
            continue
        place, row, size = each
        path, url = row.get("path"), row.get("url")
        body = row.get(BODY, bodies.of(row.get("data"), path))
        if not isinstance(body, str) or not isinstance(path, str):
            details = {"file": str(row.get("data") or "")}
            yield Outcome(str(place), problem=Problem("import-no-body", place, details))
            continue
        whole = {name: value for name, value in row.items() if name != "data"} | {BODY: body}
        key = vietnamese.without_controls(str(url or ""))
        yield Item(place, key, _digest(whole), whole, _original(whole), ".json", size)


def _original(row: Row) -> bytes:
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, indent=1)
    return text.encode("utf-8", "replace")


class _Bodies:
    """The bodies in the files of the years, which lie beside the file of all; one year at a time,
    since rows come year by year."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = ""
        self._bodies: dict[str, Any] = {}

    def of(self, name: object, path: object) -> object:
        """Return the body of the source *path* in the file *name*, None where there is none."""
        if not isinstance(name, str) or not _YEAR_FILE.fullmatch(name):
            return None
        if name != self._name:
            self._name, self._bodies = name, {}
            try:
                for each in _json_lines(self._folder / name):
                    if isinstance(each, Placed):
                        self._bodies[str(each.row.get("path"))] = each.row.get(BODY)
            except OSError:
                pass  # each row that is in need of it says so
        return self._bodies.get(path) if isinstance(path, str) else None


# ---- drafts


def _draw(options: Reading, item: Item) -> Draft:
    return _own_draft(options, item) if options.map is None else _mapped_draft(options, item)


def _own_draft(options: Reading, item: Item) -> Draft:
    row, path = item.content, item.content["path"]
    fields = {key: row[key] for key in frontmatter.KEYS if row.get(key) not in (None, "", [], {})}
    if not _is_plain(fields):
        raise ImportFailure("import-bad-row", item.source)
    date = _moment(str(fields.get("date", "")), options.zone)
    if date:
        fields["date"] = date
    unknown = sorted(row.keys() - fields.keys() - {"url", "path", BODY})
    missing = [_lacks(item, "import-unknown-column", column=name) for name in unknown if row[name]]
    stands = path if is_plain_path(path) else ""
    name = PurePosixPath(path).stem
    return Draft(fields, _tidy(row[BODY]), name, missing=tuple(missing), path=stands)


def _is_plain(value: object, depth: int = 0) -> bool:
    """Tell whether a value can be one of front matter: nothing deeper, no strange names."""
    if isinstance(value, Mapping):
        return depth < _DEEPEST and all(
            _KEY.fullmatch(key) and _is_plain(each, depth + 1) for key, each in value.items()
        )
    if isinstance(value, list):
        return depth < _DEEPEST and all(_is_plain(each, depth + 1) for each in value)
    return isinstance(value, str | int | bool) or value is None


def _tidy(body: str) -> str:
    return vietnamese.without_controls(vietnamese.nfc(body))


def _lacks(item: Item, code: str, **details: str) -> Problem:
    return Problem(code, item.source, details, Severity.NOTICE)


def _mapped_draft(options: Reading, item: Item) -> Draft:
    map_ = options.map
    assert map_
    row, typed = _readable(item.content)
    fields: dict[str, object] = dict(map_.constants)
    recognised = []
    review: list[str] = []
    missing: list[Problem] = []
    for key, column in map_.columns.items():
        text = _cell(row, column.column)
        if not text or key in (ADDRESS, BODY):
            continue
        value: object = vietnamese.tidy_spaces(text)
        if key in MANY:
            cells = _LOOKUP.sub(column.separator, text).split(column.separator)
            value = [name for name in map(_name, cells) if name]
        elif key in ("date", "event_date"):
            value = _moment(text, options.zone)
            if value is None:
                missing.append(_lacks(item, "import-bad-date", column=column.column, text=text))
                continue
        elif key == "source":
            value = {"name": value}
        elif key == "caption":
            key, value = "image", {"caption": value}
        fields[key] = value
        recognised.append((key, text))
    if typed.encoding:
        code = "import-legacy-font" if typed.certain else "import-legacy-font-unsure"
        missing.append(_lacks(item, code, encoding=typed.encoding.upper()))
        review += [] if typed.certain else [_OLD_FONT]
    if "date" not in fields:
        review.append(_UNDATED)
        if not any(each.code == "import-bad-date" for each in missing):
            missing.append(_lacks(item, "import-absent", fields="date"))
    if not fields.get("title"):
        raise ImportFailure("import-no-title", item.source)
    fields["review"] = review
    address = _cell(row, map_.columns[ADDRESS].column) if ADDRESS in map_.columns else ""
    if address and addresses.read(address):
        fields["aliases"] = [address]
    body, dropped = _body(map_, row)
    name = str(fields["title"])
    return Draft(fields, body, name, tuple(recognised), dropped, tuple(missing))


def _readable(row: Row) -> tuple[Row, Detected]:
    """Return a row in Unicode where cells were typed for fonts of before, and for which; cells of
    which that is not certain, and which no other one speaks for, are left as they are."""
    found = {
        name: legacy_fonts.detect(value, _OLD_FONTS.findall(value))
        for name, value in row.items()
        if isinstance(value, str)
    }
    typed = {name: each for name, each in found.items() if each.encoding}
    certain = {each.encoding for each in typed.values() if each.certain}
    read = {
        name: legacy_fonts.convert(row[name], each.encoding)
        for name, each in typed.items()
        if each.encoding in certain
    }
    unsure = [each for name, each in typed.items() if name not in read]
    first = next(iter(unsure or typed.values()), Detected("", True))
    return {**row, **read}, Detected(first.encoding, not unsure)


def _cell(row: Row, column: str) -> str:
    value = row.get(column)
    if isinstance(value, list):
        value = ";".join(str(each) for each in value)
    if isinstance(value, dict):
        value = next((value[key] for key in ("Url", "url", "Title", "name") if value.get(key)), "")
    return "" if value is None else vietnamese.without_controls(str(value)).strip()


def _name(text: str) -> str:
    return vietnamese.tidy_spaces(_TERM.sub("", text.strip()))


def _moment(text: str, zone: str) -> Moment | None:
    try:
        return dates.parse(text, zone)
    except DateError:
        return None


def _body(map_: Map, row: Row) -> tuple[str, tuple[Dropped, ...]]:
    """Return the body, and what of it did not come along."""
    column = map_.columns.get(BODY)
    text = _cell(row, column.column) if column else ""
    if column and column.format == "html":
        found = convert(text, link=_whole, picture=lambda picture: _whole(picture.address))
        losses = [Dropped(loss.line, f"<{loss.kind}> {loss.text}".strip()) for loss in found.losses]
        left = [each.address for each in found.pictures if not _whole(each.address)]
        losses += [Dropped(0, f"<img> {address}") for address in left]
        return found.markdown, tuple(losses)
    if column and column.format == "markdown":
        return _tidy(text), ()
    lines: Iterable[str] = (vietnamese.tidy_spaces(line) for line in text.splitlines())
    return "\n\n".join(as_markdown(line) for line in lines if line), ()


def _whole(address: str) -> str | None:
    """Return an address that leads somewhere from anywhere; a table does not say what its others
    are relative to."""
    return address if _WEB.match(address) else None
