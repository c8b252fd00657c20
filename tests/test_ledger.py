"""The ledger of published addresses as a file.  What builds make of it: test_permanence.py."""

from pathlib import Path

import pytest

from danvan_site import permanence
from danvan_site.errors import ContentError, UsageError
from danvan_site.permanence import Entry


def test_a_ledger_is_read_as_it_is_written() -> None:
    entries = {
        "b.html": Entry("bulletin", "dv-1", "b.md", 2),
        "c/index.html": Entry("list", line=3),
        "d.html": Entry("alias", "", "b.md", 4),
    }
    data = permanence.compose(dict(reversed(entries.items())))
    heading, *lines = data.decode().split("\n")
    assert heading.startswith("# address\tkind\tid\tsource (")
    assert lines == [
        "b.html\tbulletin\tdv-1\tb.md",
        "c/index.html\tlist",
        "d.html\talias\t\tb.md",
        "",
    ]
    assert permanence.read(data, "x.tsv") == (entries, [])
    assert permanence.read(b"", "x.tsv") == ({}, [])
    for kind in ("bulletin", "page", "alias", "list", "file"):
        read, _ = permanence.read(f"\n#\na\t{kind}\r\n".encode(), "x.tsv")
        assert read == {"a": Entry(kind, line=3)}


@pytest.mark.parametrize("line", ["a.html", "a.html\tkhac", "\tpage", "a\tpage\t\t\t", "a page"])
def test_what_is_no_entry_has_its_place(line: str) -> None:
    entries, problems = permanence.read(f"x.html\tpage\n{line}\ny.html\tpage\n".encode(), "x.tsv")
    assert [entries[each].line for each in ("x.html", "y.html")] == [1, 3]
    assert len(entries) == 2
    assert [(each.code, str(each.place)) for each in problems] == [("bad-ledger-line", "x.tsv:2:1")]


def test_a_ledger_that_cannot_be_read_has_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "x.tsv"
    assert permanence.load(file, "x.tsv") == {}
    file.write_bytes(b"a\tpage\nb\tpage\n\xff\n")
    with pytest.raises(ContentError) as bad:
        permanence.load(file, "x.tsv")
    assert [(p.code, str(p.place)) for p in bad.value.problems] == [("not-utf-8", "x.tsv:3:1")]
    file.write_bytes(b"a\tpage\n")
    assert permanence.load(file, "x.tsv") == {"a": Entry("page", line=1)}
    assert permanence.read(b"#" * 64_000_000, "x.tsv") == ({}, [])
    problems = permanence.read(b"#" * 64_000_001, "x.tsv")[1]
    assert [(p.code, p.place.file, p.details) for p in problems] == [
        ("file-too-large", "x.tsv", {"limit": "64"})
    ]
    link = tmp_path / "link.tsv"
    link.symlink_to(file)
    with pytest.raises(UsageError) as refused:
        permanence.load(link, "link.tsv")
    problem = refused.value.problem
    assert (problem.code, problem.place.file) == ("ledger-unwritable", "link.tsv")
    assert "link" in problem.details["reason"]


def test_a_ledger_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "x.tsv"
    permanence.write(file, "x.tsv", b"a\n")
    permanence.write(file, "x.tsv", b"b\n")
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (b"b\n", [file])
    (tmp_path / "folder.tsv").mkdir()
    for path in (tmp_path / "folder.tsv", tmp_path / "none" / "x.tsv"):
        with pytest.raises(UsageError) as refused:
            permanence.write(path, "shown", b"c\n")
        problem = refused.value.problem
        assert (problem.code, problem.place.file) == ("ledger-unwritable", "shown")
        assert problem.details["reason"]
    assert {each.name for each in tmp_path.iterdir()} == {"x.tsv", "folder.tsv"}
