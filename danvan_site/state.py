"""What the last build knew: sources as read, bodies as HTML, outputs as written.

It is a cache and nothing but: whatever is missing, damaged, of another program or of another
site is forgotten and made anew.  SQLite keeps it whole when a build is killed.  When the power
goes it may be damaged in ways that nobody can see: a mark beside it tells that it was being
written, and when.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from danvan_site import durable
from danvan_site.remote import after_work, is_elsewhere

# So many values older versions of SQLite take in a query.
_VARIABLES = 999
_LAYOUT = "9"
_TABLES = """
CREATE TABLE known (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE source (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,
    digest TEXT, problems TEXT, head TEXT) WITHOUT ROWID;
CREATE TABLE text (path TEXT PRIMARY KEY, row TEXT, html TEXT);
CREATE TABLE brief (path TEXT PRIMARY KEY, summary TEXT, alt TEXT) WITHOUT ROWID;
CREATE TABLE members (path TEXT PRIMARY KEY, data BLOB);
CREATE TABLE cells (path TEXT PRIMARY KEY, data BLOB);
CREATE TABLE body (path TEXT PRIMARY KEY, data BLOB);
CREATE TABLE output (path TEXT PRIMARY KEY, template TEXT, inputs TEXT,
    digest TEXT, size INTEGER, mtime_ns INTEGER) WITHOUT ROWID;
CREATE TABLE word (number INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE block (number INTEGER PRIMARY KEY, digest TEXT);
CREATE TABLE stream (path TEXT PRIMARY KEY, digest TEXT) WITHOUT ROWID;
CREATE TABLE stream_data (path TEXT PRIMARY KEY, data BLOB);
"""


class Stamp(NamedTuple):
    """What tells without reading that a file may have changed: size in bytes, times in ns."""

    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Self:
        """Return the stamp of a file."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)

    @property
    def latest_ns(self) -> int:
        """The later of the two times: the first can be set to anything."""
        return max(self.mtime_ns, self.ctime_ns)


class KnownSource(NamedTuple):
    """A source as the last build read it: its problems, and as ``head`` what all others have to
    know of it, both as JSON values."""

    stamp: Stamp
    digest: str
    problems: Sequence[Any]
    head: Any


class Record(NamedTuple):
    """What open data have of a source: members of a JSON object and cells of CSV, both without the
    address, and the Markdown of its body as JSON; in UTF-8."""

    members: bytes
    cells: bytes
    body: bytes


class Brief(NamedTuple):
    """What lists show of a source besides its head: lead, or how the body begins; what the picture
    shows, '' where there is none."""

    summary: str
    alt: str


class KnownOutput(NamedTuple):
    """An output as the last build wrote it: digests of what it was made of (``inputs``: of the
    inputs, or of the context where there are none), and what it then was."""

    template: str
    inputs: str
    digest: str
    size: int
    mtime_ns: int


class State:
    """The state file at *path*.  ``identity`` names program and site; another one empties it.

    With *shared*, workers on other machines read what is committed; see `Reader`.
    """

    def __init__(self, path: Path, identity: str, shared: bool = False) -> None:
        self.path = path
        self._shared = shared
        path.parent.mkdir(parents=True, exist_ok=True)
        self._mark = Path(f"{path}-unsettled")
        self._doubt()
        try:
            self._open(identity)
        except sqlite3.DatabaseError:
            self.remove(path)
            self._doubt()
            self._open(identity)

    @staticmethod
    def remove(path: Path) -> None:
        """Remove a state file with all that belongs to it."""
        for suffix in ("", "-wal", "-shm", "-journal", "-unsettled"):
            file = Path(f"{path}{suffix}")
            with contextlib.suppress(OSError):
                file.rmdir()  # An empty folder may stand in its place.
            file.unlink(missing_ok=True)

    def _doubt(self) -> None:
        """Forget a state that was being written when the machine went down; mark this one."""
        boot = _boot()
        try:
            if self._mark.read_text("utf-8", "replace") == boot != "":
                return
            self.remove(self.path)
        except FileNotFoundError:
            pass
        except IsADirectoryError:
            self.remove(self.path)
        durable.replace(self._mark, boot.encode())

    def _open(self, identity: str) -> None:
        self._database = sqlite3.connect(self.path, isolation_level=None)
        # Of a new file: fewer and larger reads where the system has nothing of it in memory.
        self._database.execute("PRAGMA page_size = 16384")
        if self._shared:
            # A write-ahead log is read through memory that only processes of one machine share;
            # and what is not at the file server yet is nowhere for others.
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("PRAGMA journal_mode = DELETE")
        else:
            # A lost state costs one full build; waiting for the disk each time costs every build.
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute("PRAGMA journal_mode = WAL")
        if self._known("identity") != f"{_LAYOUT} {identity}":
            self._reset(identity)

    def _known(self, key: str) -> str:
        try:
            row = self._database.execute("SELECT value FROM known WHERE key = ?", (key,)).fetchone()
        except sqlite3.OperationalError:
            return ""
        return str(row[0]) if row else ""

    def _reset(self, identity: str) -> None:
        names = self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (name,) in names.fetchall():
            self._database.execute(f'DROP TABLE "{name}"')
        self._database.executescript(_TABLES)
        self._database.execute(
            "INSERT INTO known VALUES ('identity', ?)", (f"{_LAYOUT} {identity}",)
        )

    def close(self) -> None:
        """Close the file and bring it to the disk, as far as that can be done."""
        try:
            # What has been read from the log since may still be read: then the log stays.
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:
            return
        finally:
            self._database.close()
        files = [Path(f"{self.path}{suffix}") for suffix in ("", "-wal")]
        with contextlib.suppress(OSError):
            durable.settle([file for file in files if file.exists()], [self.path.parent])
            self._mark.unlink()

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Make the changes of the block all or none."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @property
    def seen_ns(self) -> int:
        """When the sources were last looked at, in ns; a file changed about then is read again."""
        return int(self._known("seen") or 0)

    def mark_seen(self) -> int:
        """Note that the sources are being looked at now; return the time before, in ns."""
        before = self.seen_ns
        self._database.execute(
            "INSERT OR REPLACE INTO known VALUES ('seen', ?)", (str(time.time_ns()),)
        )
        return before

    def last(self) -> Any:
        """Return what `keep_last` was given, as JSON values; None if nothing."""
        return json.loads(self._known("last") or "null")

    def keep_last(self, value: Any) -> None:
        """Keep what came of the build that is done; None while another one is under way."""
        self._database.execute(
            "INSERT OR REPLACE INTO known VALUES ('last', ?)", (json.dumps(value),)
        )

    def source_digest(self, path: str) -> str:
        """Return the digest of a source as the last build read it, '' where there was none."""
        row = self._database.execute("SELECT digest FROM source WHERE path = ?", (path,)).fetchone()
        return str(row[0]) if row else ""

    def sources(self) -> dict[str, KnownSource]:
        """Return all sources by path."""
        rows = self._database.execute("SELECT * FROM source").fetchall()
        # One text is taken apart many times faster than tens of thousands.
        heads = json.loads(f"[{','.join(row[6] for row in rows)}]")
        return {
            path: KnownSource(
                Stamp(size, mtime, ctime), digest, json.loads(problems) if problems else (), head
            )
            for (path, size, mtime, ctime, digest, problems, _), head in zip(
                rows, heads, strict=True
            )
        }

    def keep_sources(self, sources: Iterable[tuple[str, KnownSource]]) -> None:
        """Add or replace sources."""
        self._database.executemany(
            "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (path, *each.stamp, each.digest, json.dumps(each.problems) if each.problems else "",
                 json.dumps(each.head))
                for path, each in sources
            ),
        )  # fmt: skip

    def keep_rows(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Add or replace what was read of sources: path, row as JSON, the body as HTML."""
        self._database.executemany("INSERT OR REPLACE INTO text VALUES (?, ?, ?)", rows)

    def keep_briefs(self, briefs: Iterable[tuple[str, Brief]]) -> None:
        """Add or replace what lists show of sources, by path."""
        self._database.executemany(
            "INSERT OR REPLACE INTO brief VALUES (?, ?, ?)",
            ((path, *each) for path, each in briefs),
        )

    def keep_records(self, records: Iterable[tuple[str, Record]]) -> None:
        """Add or replace what open data have of sources, by path."""
        some = list(records)
        for table in Record._fields:
            # One kind is read of all at once, which takes many times longer between the others.
            self._database.executemany(
                f"INSERT OR REPLACE INTO {table} VALUES (?, ?)",
                ((path, getattr(record, table)) for path, record in some),
            )

    def forget_sources(self, paths: Iterable[str]) -> None:
        """Remove sources and all that was read of them."""
        gone = [(path,) for path in paths]
        for table in ("source", "text", "brief", *Record._fields):
            self._database.executemany(f"DELETE FROM {table} WHERE path = ?", gone)

    def outputs(self) -> dict[str, KnownOutput]:
        """Return all outputs by path."""
        rows = self._database.execute("SELECT * FROM output").fetchall()
        return {row[0]: KnownOutput._make(row[1:]) for row in rows}

    def keep_outputs(
        self, outputs: Iterable[tuple[str, KnownOutput]], removed: Iterable[str]
    ) -> None:
        """Add or replace outputs, and forget those removed."""
        self._database.executemany(
            "INSERT OR REPLACE INTO output VALUES (?, ?, ?, ?, ?, ?)",
            ((path, *each) for path, each in outputs),
        )
        self._database.executemany(
            "DELETE FROM output WHERE path = ?", ((path,) for path in removed)
        )

    def words(self) -> list[str]:
        """Return the vocabulary of the streams, by number."""
        rows = self._database.execute("SELECT text FROM word ORDER BY number")
        return [text for (text,) in rows]

    def keep_words(self, words: Iterable[tuple[int, str]]) -> None:
        """Add words to the vocabulary."""
        self._database.executemany("INSERT INTO word VALUES (?, ?)", words)

    def spooled(self) -> tuple[str, str]:
        """Return digest and version of the posting rows that are spooled, '' where none are."""
        digest, _, version = self._known("spooled").partition(" ")
        return digest, version

    def keep_spooled(self, digest: str, version: str) -> None:
        """Note which posting rows are spooled."""
        self._database.execute(
            "INSERT OR REPLACE INTO known VALUES ('spooled', ?)", (f"{digest} {version}",)
        )

    def vocabulary(self) -> tuple[int, str]:
        """Return of how many words the hashes are kept, and the digest of these words."""
        count, _, digest = self._known("vocabulary").partition(" ")
        return int(count or 0), digest

    def keep_vocabulary(self, count: int, digest: str) -> None:
        """Note of how many words the hashes are kept."""
        self._database.execute(
            "INSERT OR REPLACE INTO known VALUES ('vocabulary', ?)", (f"{count} {digest}",)
        )

    def blocks(self) -> dict[int, str]:
        """Return the digests of the blocks of posting rows that are spooled."""
        return dict(self._database.execute("SELECT number, digest FROM block"))

    def keep_blocks(self, blocks: Iterable[tuple[int, str]]) -> None:
        """Add blocks."""
        self._database.executemany("INSERT OR REPLACE INTO block VALUES (?, ?)", blocks)

    def forget_blocks(self, blocks: Iterable[int]) -> None:
        """Remove blocks."""
        gone = ((block,) for block in blocks)
        self._database.executemany("DELETE FROM block WHERE number = ?", gone)

    def stream_digests(self) -> dict[str, str]:
        """Return what each stream was made of, by the source's path."""
        return dict(self._database.execute("SELECT path, digest FROM stream"))

    def keep_streams(self, streams: Iterable[tuple[str, str, bytes]]) -> None:
        """Add or replace streams: path of the source, digest, numbers of words as bytes."""
        some = list(streams)
        self._database.executemany(
            "INSERT OR REPLACE INTO stream VALUES (?, ?)",
            ((path, digest) for path, digest, _ in some),
        )
        self._database.executemany(
            "INSERT OR REPLACE INTO stream_data VALUES (?, ?)",
            ((path, data) for path, _, data in some),
        )

    def forget_streams(self, paths: Iterable[str]) -> None:
        """Remove streams."""
        gone = [(path,) for path in paths]
        for table in ("stream", "stream_data"):
            self._database.executemany(f"DELETE FROM {table} WHERE path = ?", gone)


def _boot() -> str:
    """Return what names the time since this machine was started, '' where nothing does."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


class Reader:
    """Reads single entries of a state file; see `reader`.

    Where a build is conducted from elsewhere, nobody writes while somebody reads (`Workers.map`,
    *still*), and the file is read without locks: on many a network drive they promise what they do
    not hold.
    """

    def __init__(self, path: str) -> None:
        mode = "?mode=ro&immutable=1" if is_elsewhere() else ""
        address = Path(path).absolute().as_uri() + mode
        self._database = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._ahead: dict[str, tuple[str, str]] = {}

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def ahead(self, paths: Sequence[str]) -> None:
        """Have rows and bodies of some sources at hand, which are asked for next."""
        found = self._some("path, row, html FROM text", paths)
        self._ahead = {path: (row, html) for path, row, html in found}

    def html(self, path: str) -> str:
        """Return the body of the source *path* as HTML; raise KeyError where it is not known."""
        if path in self._ahead:
            return self._ahead[path][1]
        return str(self._one("SELECT html FROM text WHERE path = ?", path)[0])

    def row(self, path: str) -> Any:
        """Return what was read of the source *path*; raise KeyError where it is not known."""
        if path in self._ahead:
            return json.loads(self._ahead[path][0])
        return json.loads(self._one("SELECT row FROM text WHERE path = ?", path)[0])

    def brief(self, path: str) -> Brief:
        """Return what lists show of the source *path*; raise KeyError where it is not known."""
        return Brief._make(self._one("SELECT summary, alt FROM brief WHERE path = ?", path))

    def records(self, table: str, paths: Sequence[str] | None = None) -> dict[str, bytes]:
        """Return by path what open data have of some sources, or of all: a field of `Record`."""
        if paths is None:
            return dict(self._database.execute(f"SELECT path, data FROM {table}"))
        return dict(self._some(f"path, data FROM {table}", paths))

    def words(self) -> list[str]:
        """Return the vocabulary of the streams, by number."""
        rows = self._database.execute("SELECT text FROM word ORDER BY number")
        return [text for (text,) in rows]

    def stream(self, path: str) -> bytes:
        """Return the token stream of the source *path*; raise KeyError where it is not known."""
        return bytes(self._one("SELECT data FROM stream_data WHERE path = ?", path)[0])

    def _some(self, what: str, paths: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(paths), _VARIABLES):
            some = paths[start : start + _VARIABLES]
            marks = ",".join("?" * len(some))
            yield from self._database.execute(f"SELECT {what} WHERE path IN ({marks})", some)

    def _one(self, query: str, path: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._database.execute(query, (path,)).fetchone()
        if row is None:
            raise KeyError(path)
        return row


class Rows:
    """What was read of sources, taken from the state file by whatever process asks."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, path: str) -> Any:
        """Return the row of the source *path*; raise KeyError where it is not known."""
        return reader(self._path).row(path)

    def brief(self, path: str) -> Brief:
        """Return what lists show of the source *path*; raise KeyError where it is not known."""
        return reader(self._path).brief(path)

    def __reduce__(self) -> tuple[type[Rows], tuple[str]]:
        return Rows, (self._path,)


# A process that was forked must leave alone what its parent has opened.
_readers: dict[tuple[int, str], Reader] = {}


def reader(path: str) -> Reader:
    """Return this process's reader of the state file at *path*."""
    key = os.getpid(), path
    if key not in _readers:
        _readers[key] = Reader(path)
    return _readers[key]


@after_work
def close_readers() -> None:
    """Close what this process has opened to read."""
    for key in [key for key in _readers if key[0] == os.getpid()]:
        _readers.pop(key).close()
