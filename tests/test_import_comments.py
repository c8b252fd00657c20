"""`import comments`: what each service gives out, added beside the bulletins that it is on."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from danvan_site import comments, schema
from danvan_site.comments import Comment
from danvan_site.dates import Moment
from danvan_site.importers import comments as importer
from danvan_site.importers.frame import ImportFailure, Item
from tests.damage import damaged
from tests.test_imports import content
from tests.workbench import Outcome, Workbench

FILE = "2020/07/a.comments.yaml"
PRIVATE = ("lan@example.org", "192.0.2.7", "lan.example.org")
ZONE = "+07:00"


def at(day: int, clock: str = "08:05:00") -> Moment:
    return Moment(2020, 7, day, clock, ZONE)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    bench = Workbench(tmp_path)
    bench.bulletin("2020/07/a.md", slug="a", aliases=["/cu/tin.aspx?id=5", "/tin-cu/a"])
    bench.bulletin("2020/07/b.md", slug="b", id="bt-b")
    return bench


def bring(bench: Workbench, *arguments: str) -> Outcome:
    return bench.run("import", "comments", *arguments)


def brought(bench: Workbench, path: str = FILE) -> list[Comment]:
    source = schema.Source(path)
    found = comments.read((bench.folder / "content" / path).read_text("utf-8"), source)
    assert not source.problems
    return list(found)


# ---- what services give out: each writer makes a file with the same two comments that are approved
# (the second a reply), and others that are not.


def isso(folder: Path) -> Path:
    path = folder / "comments.db"
    database = sqlite3.connect(path)
    database.executescript(
        "CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR);"
        "CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY,"
        " parent INTEGER, created FLOAT NOT NULL, modified FLOAT, mode INTEGER,"
        " remote_addr VARCHAR, text VARCHAR, author VARCHAR, email VARCHAR, website VARCHAR,"
        " likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0, voters BLOB NOT NULL);"
        "INSERT INTO threads VALUES (1, '/ban-tin/2020/07/a.html', 'Tin');"
    )
    rows = [
        (1, None, 1594861500.25, 1, "Tin *hay*.\nDòng hai.", "Nguyễn Thị Lan"),
        (2, 1, 1594947900, 1, "Cảm ơn.", None),
        (3, None, 1594947900, 2, "Đang chờ.", "X"),
        (4, 1, 1594947900, 4, "", "Đã xóa"),
    ]
    database.executemany(
        "INSERT INTO comments (tid, id, parent, created, mode, text, author, email, website,"
        " remote_addr, voters) VALUES (1, ?, ?, ?, ?, ?, ?, 'lan@example.org',"
        " 'https://lan.example.org', '192.0.2.7', x'00')",
        rows,
    )
    database.commit()
    database.close()
    return path


def disqus(folder: Path) -> Path:
    def post(number: int, message: str, more: str = "", author: str = "Nguyễn Thị Lan") -> str:
        return (
            f'<post dsq:id="{number}"><id>wp_{number}</id><message><![CDATA[{message}]]></message>'
            f"<createdAt>2020-07-{15 + number}T01:05:00Z</createdAt>"
            f"<author><email>lan@example.org</email><name>{author}</name>"
            f"<isAnonymous>false</isAnonymous></author><ipAddress>192.0.2.7</ipAddress>{more}"
            '<thread dsq:id="77"/></post>\n'
        )

    flags = "<isDeleted>{}</isDeleted><isSpam>{}</isSpam>"
    path = folder / "disqus.xml"
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com" '
        'xmlns:dsq="http://disqus.com/disqus-internals">\n<category dsq:id="1"/>\n'
        '<thread dsq:id="77"><id/><link>https://example.org/ban-tin/2020/07/a.html</link>'
        "<title>Tin</title></thread>\n"
        + post(1, "<p>Tin <i>hay</i>.<br>Dòng hai.</p>", flags.format("false", "false"))
        + post(2, "<p>Cảm ơn.</p>", '<parent dsq:id="1"/>', author="")
        + post(3, "<p>Mua ngay</p>", flags.format("false", "true"))
        + post(4, "<p>Bỏ</p>", flags.format("true", "false"))
        + "</disqus>\n",
        "utf-8",
    )
    return path


def _json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return path


def commento(folder: Path) -> Path:
    def row(number: int, text: str, **more: Any) -> dict[str, Any]:
        return {
            "commentHex": f"{number:064x}", "domain": "example.org",
            "url": "/ban-tin/2020/07/a.html", "commenterHex": "c1", "markdown": text,
            "html": f"<p>{text}</p>", "parentHex": "root", "state": "approved",
            "creationDate": f"2020-07-{15 + number}T01:05:00.123456Z", "deleted": False,
        } | more  # fmt: skip

    rows = [
        row(1, "Tin *hay*.\nDòng hai."),
        row(2, "Cảm ơn.", parentHex=f"{1:064x}", commenterHex="anonymous"),
        row(3, "Chờ", state="unapproved"),
        row(4, "Bỏ", deleted=True),
    ]
    people = [{"commenterHex": "c1", "name": "Nguyễn Thị Lan", "email": "lan@example.org",
               "link": "https://lan.example.org"}]  # fmt: skip
    value = {"version": 1, "comments": rows, "commenters": people}
    return _json(folder / "commento.json", value)


def comentario(folder: Path) -> Path:
    def row(number: int, text: str, **more: Any) -> dict[str, Any]:
        return {
            "id": f"id-{number}", "pageId": "p1", "markdown": text, "html": f"<p>{text}</p>",
            "isApproved": True, "isPending": False, "isDeleted": False, "userCreated": "u1",
            "createdTime": f"2020-07-{15 + number}T01:05:00Z", "authorIp": "192.0.2.7",
        } | more  # fmt: skip

    rows = [
        row(1, "Tin *hay*.\nDòng hai."),
        row(2, "Cảm ơn.", parentId="id-1", userCreated="00000000-0000-0000-0000-000000000000"),
        row(3, "Chờ", isApproved=False, isPending=True),
        row(4, "Bỏ", isDeleted=True),
    ]
    value = {
        "version": 3,
        "pages": [{"id": "p1", "path": "/ban-tin/2020/07/a.html"}],
        "comments": rows,
        "commenters": [{"id": "u1", "name": "Nguyễn Thị Lan", "email": "lan@example.org"}],
    }
    return _json(folder / "comentario.json", value)


def remark42(folder: Path) -> Path:
    def row(number: int, html: str, **more: Any) -> dict[str, Any]:
        return {
            "id": f"r{number}", "pid": "", "text": html, "time": f"2020-07-{15 + number}"
            "T08:05:00.123456789+07:00", "user": {"name": "Nguyễn Thị Lan", "ip": "192.0.2.7"},
            "locator": {"site": "x", "url": "https://example.org/ban-tin/2020/07/a.html"},
        } | more  # fmt: skip

    rows = [
        {"version": 1, "users": [{"id": "u"}], "posts": []},
        row(1, "<p>Tin <em>hay</em>.<br>\nDòng hai.</p>"),
        row(2, "<p>Cảm ơn.</p>", orig="Cảm ơn.", pid="r1", user={"name": ""}),
        row(3, "", delete=True),
    ]
    path = folder / "backup-x-20200720.gz"
    lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows)
    path.write_bytes(gzip.compress(lines.encode()))
    return path


def staticman(folder: Path) -> Path:
    entries = folder / "comments" / "a"
    entries.mkdir(parents=True)
    (entries / "entry1594861500.yml").write_text(
        "_id: e1\n_parent: https://example.org/x\nname: Nguyễn Thị Lan\nemail: 0bc83cb571cd1c50"
        '\nurl: https://lan.example.org\nmessage: "Tin *hay*.\\r\\nDòng hai."\n'
        "date: 1594861500\n",
        "utf-8",
    )
    _json(
        entries / "entry1594947900.json",
        {"_id": "e2", "name": "", "message": "Cảm ơn.", "replying_to_uid": "e1",
         "date": "2020-07-17T01:05:00.000Z"},
    )  # fmt: skip
    return folder / "comments"


SERVICES: list[Callable[[Path], Path]] = [isso, disqus, commento, comentario, remark42, staticman]


@pytest.mark.parametrize("write", SERVICES, ids=lambda each: each.__name__)
def test_each_service_gives_the_same_comments(
    bench: Workbench, write: Callable[[Path], Path]
) -> None:
    path = write(bench.folder)
    outcome = bring(bench, path.name, "--json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert outcome.report["written"] == 1
    first, second = brought(bench)
    assert first == Comment("Nguyễn Thị Lan", at(16), first.body, first.id)
    assert "".join(first.body.split("\\")).replace("  \n", "\n") == "Tin *hay*.\nDòng hai."
    assert second == Comment("Ẩn danh", at(17), "Cảm ơn.", second.id, first.id)
    told = outcome.stdout + (bench.folder / "content" / FILE).read_text("utf-8")
    assert not [each for each in PRIVATE if each in told]
    dropped = {each["text"].partition(":")[0] for each in outcome.report["outcomes"][0]["dropped"]}
    assert dropped <= {"pending", "spam", "deleted"}
    assert bool(dropped) == (write is not staticman)
    assert bench.build().problems == []


@pytest.mark.parametrize("write", SERVICES, ids=lambda each: each.__name__)
def test_importing_again_adds_nothing(bench: Workbench, write: Callable[[Path], Path]) -> None:
    path = write(bench.folder)
    assert bring(bench, path.name, "--dry-run", "--json").report["written"] == 1
    assert not (bench.folder / "content" / FILE).exists()
    bring(bench, path.name, path.name)
    before = content(bench)
    assert len(brought(bench)) == 2
    assert bring(bench, path.name, "--json").report["before"] == 1
    assert content(bench) == before
    (bench.folder / "content/imported.tsv").unlink()
    assert bring(bench, path.name, "--json").report["before"] == 1
    assert content(bench)[FILE] == before[FILE]


# ---- forms


ROWS = (
    "Họ và tên,email,Nội dung,Ngày gửi,Trang,Duyệt\n"
    'Hà,lan@example.org,"Ý *kiến*\n\n# hai",17/07/2020 8:05,/2020/07/a.html,có\n'
    "X,,Chưa duyệt,17/07/2020,/2020/07/a.html,\n"
)


def form(folder: Path) -> Path:
    path = folder / "ý-kiến.csv"
    path.write_text(ROWS, "utf-8")
    return path


def test_a_table_of_a_form_says_what_was_approved(bench: Workbench) -> None:
    assert bring(bench, form(bench.folder).name).code == 0
    assert brought(bench) == [
        Comment("Hà", Moment(2020, 7, 17, "08:05", ZONE), "Ý \\*kiến\\*\n\n\\# hai")
    ]


def test_what_nobody_approved_does_not_come_unless_that_is_said(bench: Workbench) -> None:
    row = {"name": "Hà", "message": "Ý", "_date": "2020-07-17", "page": "a", "email": "a@b.vn"}
    _json(bench.folder / "formspree.json", {"submissions": [row]})
    report = bring(bench, "formspree.json", "--json").report
    assert (report["written"], report["skipped"], report["ok"]) == (0, 1, True)
    assert bring(bench, "formspree.json", "--approved").code == 0
    assert brought(bench) == [Comment("Hà", Moment(2020, 7, 17), "Ý")]
    api = {"created_at": "2020-07-18T01:05:00.000Z", "data": {"name": "Bình", "message": "Hay",
           "page": "/tin-cu/a", "ip": "192.0.2.7"}}  # fmt: skip
    _json(bench.folder / "netlify.json", [api])
    assert bring(bench, "netlify.json", "--approved").code == 0
    assert brought(bench)[1] == Comment("Bình", at(18), "Hay")


def test_a_row_without_a_date_is_named(bench: Workbench) -> None:
    bench.write("a.csv", "name,message,date,page\nHà,Ý,hôm qua,/2020/07/a.html\n")
    bench.write("b.csv", "name,message,date,page\nHà,Ý,2020-07-17,/2020/07/a.html\n")
    (outcome,) = bring(bench, "a.csv", "b.csv", "--approved", "--json").report["outcomes"]
    assert [each["code"] for each in outcome["missing"]] == ["import-bad-date"]
    assert len(brought(bench)) == 1


# ---- which bulletin, and what is there already


@pytest.mark.parametrize(
    "page",
    [
        "a", "A/", "2020/07/a", "/2020/07/a.html?utm_source=x", "/ban-tin/2020/07/A.html",
        "https://example.org/ban-tin/2020/07/a.html#y", "/cu/tin.aspx?id=5", "tin-cu/a/",
        "http://cu.example.vn/cu/TIN.aspx?ID=5",
    ],
)  # fmt: skip
def test_a_page_is_known_by_all_its_addresses(bench: Workbench, page: str) -> None:
    bench.write("a.csv", f'name,message,date,page\nHà,Ý,2020-07-17,"{page}"\n')
    assert bring(bench, "a.csv", "--approved").code == 0
    assert len(brought(bench)) == 1


def test_pages_of_two_portals_are_told_apart(bench: Workbench) -> None:
    for name in ("mot", "hai"):
        bench.bulletin(f"2020/07/{name}.md", aliases=[f"https://{name}.example.vn/?p=1"])
    rows = [f"Hà,Ý,2020-07-17,{page}" for page in
            ("http://www.hai.example.vn/?p=1", "https://ba.example.vn/?p=1", "/?p=1")]  # fmt: skip
    bench.write("a.csv", "\n".join(("name,message,date,page", *rows)) + "\n")
    done = bring(bench, "a.csv", "--approved", "--json")
    assert (done.report["written"], done.report["failed"]) == (1, 2)
    assert len(brought(bench, "2020/07/hai.comments.yaml")) == 1


@pytest.mark.parametrize(
    "page",
    ["../../ngoai", "/etc/passwd", "c", "", "2020/07/c.html", "javascript:alert(1)", "..\\a"],
)
def test_comments_on_a_page_that_is_not_there_are_told(bench: Workbench, page: str) -> None:
    before = bench.tree(bench.folder)
    bench.write("a.csv", f'name,message,date,page\nHà,Ý,2020-07-17,"{page}"\nB,C,2020,"{page}"\n')
    done = bring(bench, "a.csv", "--approved", "--json")
    assert (done.code, done.report["failed"]) == (1, 1)
    problem = done.report["outcomes"][0]["problem"]
    assert problem["code"] == "import-comments-lost" and "(2)" in problem["text"]
    after = bench.tree(bench.folder)
    assert set(after) - set(before) == {"a.csv", "content/.imported.lock"}


def test_new_comments_are_added_to_a_file_that_is_as_it_was_imported(bench: Workbench) -> None:
    bring(bench, isso(bench.folder).name)
    before = (bench.folder / "content" / FILE).read_text("utf-8")
    bench.write("a.csv", ROWS)
    assert bring(bench, "a.csv").code == 0
    after = (bench.folder / "content" / FILE).read_text("utf-8")
    assert after.startswith(before)
    assert [each.author for each in brought(bench)] == ["Nguyễn Thị Lan", "Ẩn danh", "Hà"]


def test_a_file_of_a_person_is_never_written_over(bench: Workbench) -> None:
    own = "# của tôi\n- {author: Tâm, date: 2020-07-16, body: Của người}\n"
    bench.write(f"content/{FILE}", own)
    path = isso(bench.folder)
    for _ in range(2):
        done = bring(bench, path.name, "--json")
        assert (done.code, done.report["changed"]) == (0, 1)
        (outcome,) = done.report["outcomes"]
        assert '+- id: "isso-1"' in outcome["difference"]
        assert "\n-" not in outcome["difference"].partition("@@")[2], "nothing would go"
        assert (bench.folder / "content" / FILE).read_text("utf-8") == own
    # Once a person has taken them over, in words of their own, nothing is left to say.
    edited = own + (
        "- {id: isso-1, author: Lan, date: 2020-07-16, body: Hay}\n"
        "- {id: isso-2, author: L, date: 2020-07-16, body: Cảm ơn}\n"
    )
    bench.write(f"content/{FILE}", edited)
    assert bring(bench, path.name, "--json").report["before"] == 1
    bench.write("a.csv", ROWS)
    assert bring(bench, "a.csv", "--json").report["changed"] == 1
    assert (bench.folder / "content" / FILE).read_text("utf-8") == edited


def test_a_file_of_comments_with_a_fault_is_left_to_a_person(bench: Workbench) -> None:
    bench.write(f"content/{FILE}", "- author: [\n")
    done = bring(bench, isso(bench.folder).name, "--json")
    assert (done.code, done.report["failed"]) == (1, 1)


def test_pictures_and_headings_of_html_do_not_come_along_in_silence(bench: Workbench) -> None:
    html = "<p>Xem <a href='https://a.vn/x'>đây</a><img src='https://a.vn/x.png'></p><script>1</script>"
    row = {"id": "1", "text": html, "time": "2020-07-17T08:05:00Z", "user": {"name": "A&amp;B"},
           "locator": {"url": "/2020/07/a.html"}}  # fmt: skip
    _json(bench.folder / "a.json", row)
    (outcome,) = bring(bench, "a.json", "--json").report["outcomes"]
    assert any("img" in each["text"] for each in outcome["dropped"])
    (comment,) = brought(bench)
    assert (comment.author, comment.body) == ("A&B", "Xem [đây](https://a.vn/x)")


# ---- hostile input


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + '<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<disqus xmlns="http://disqus.com" xmlns:q="http://disqus.com/disqus-internals">'
    '<thread q:id="1"><link>/2020/07/a.html</link></thread><post q:id="1"><message>&i;&x;</message>'
    '<createdAt>2020-07-17</createdAt><thread q:id="1"/></post></disqus>'
)
HOSTILE: dict[str, bytes] = {
    "bom.xml": BOMB.encode(),
    "sau.json": b"[" * 200_000,
    "sau2.json": b'{"comments":' * 50_000,
    "sau.yml": b"- " * 100_000,
    "cut.gz": gzip.compress(b"x" * 9999)[:-9],
    "no.gz": gzip.compress(b"\0" * 300_000_000, 9),
    "rac.db": b"SQLite format 3\0" + b"\xff" * 5000,
    "cp1258.csv": "name,message,date,page\nHà,Ý,2020,/a\n".encode("cp1258", "replace"),
    "so.json": b'[{"name":"a","message":"b","page":"a","date":1e999,"approved":true}]',
    "rong": b"",
    "nul.csv": b"name,message,date,page\n\0,\0,\0,\0\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_give_a_message(bench: Workbench, name: str) -> None:
    (bench.folder / name).write_bytes(HOSTILE[name])
    before = set(bench.tree(bench.folder))
    done = bring(bench, name, "--json")
    assert "Traceback" not in done.stderr
    assert done.report["outcomes"][0]["problem"] or done.report["outcomes"][0]["missing"]
    assert "root:" not in done.stdout
    files = set(bench.tree(bench.folder)) - before
    assert files <= {"content/.imported.lock", "content/imported.tsv", f"content/{FILE}"}
    if (bench.folder / "content" / FILE).exists():
        assert all("root:" not in each.body and len(each.body) < 100 for each in brought(bench))


def test_no_other_file_is_read(bench: Workbench) -> None:
    secret = bench.write("rieng.txt", "BÍ MẬT")
    text = disqus(bench.folder).read_text("utf-8")
    kind = f'<!DOCTYPE disqus [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "lời">]>\n<disqus'
    text = text.replace("<disqus", kind, 1).replace("<![CDATA[<p>Cảm ơn.</p>]]>", "Cảm ơn &x;&y;")
    bench.write("disqus.xml", text)
    assert bring(bench, "disqus.xml").code == 0
    assert len(brought(bench)) == 2
    assert not [name for name, data in content(bench).items() if "BÍ MẬT".encode() in data]


def test_a_view_instead_of_a_table_is_not_asked(bench: Workbench) -> None:
    database = sqlite3.connect(bench.folder / "a.db")
    database.executescript(
        "CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR);"
        "CREATE VIEW comments AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)"
        " SELECT id, id AS tid, 0 AS parent, 0 AS created, 1 AS mode, '' AS text, '' AS author"
        " FROM n;"
    )
    database.close()
    done = bring(bench, "a.db", "--json")
    assert done.report["outcomes"][0]["problem"]["code"] == "import-comments-unreadable"


def survives(folder: Path, path: Path, pages: Path) -> None:
    """Make drafts of all that a file gives, as the import does; only its own failures may arise."""
    work = importer.importing([path], pages, ZONE, "https://example.org/ban-tin/", True)
    for item in work.items:
        if isinstance(item, Item):
            try:
                draft = work.draw(work.options, item)
            except ImportFailure:
                continue
            assert draft.path in (FILE, "2020/07/b.comments.yaml")
            source = schema.Source("x", ZONE)
            assert comments.read(draft.text, source)
            assert not source.problems


def with_damage(folder: Path, write: Callable[[Path], Path], chance: random.Random) -> Path:
    """Write what a service gives, with one of its files damaged."""
    path = write(folder)
    file = chance.choice([each for each in folder.rglob("*") if each.is_file()])
    data = file.read_bytes()
    if write is remark42 and chance.random() < 0.8:
        data = gzip.decompress(data)
    file.write_bytes(damaged(chance, data))
    return path


def fuzz(folder: Path, pages: Path, seed: int) -> None:
    """Damage one file of each service."""
    chance = random.Random(seed)
    for write in (*SERVICES, form):
        work = folder / f"{seed}-{write.__name__}"
        work.mkdir()
        survives(work, with_damage(work, write, chance), pages)


@pytest.mark.parametrize("seed", range(20))
def test_damaged_files_are_never_more_than_a_message(
    bench: Workbench, tmp_path: Path, seed: int
) -> None:
    fuzz(tmp_path, bench.folder / "content", seed)
