"""`verify` finds every file that is not what the manifest says, and tells of nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.workbench import Outcome, Workbench

MANIFEST = "manifest-sha256.txt"
ENOUGH = 200  # of each kind of damage
NFC, NFD = "\u1ea3nh", "a\u0309nh"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A site of more than a thousand files, which no test may change."""
    site = Workbench(tmp_path_factory.mktemp("built"))
    for number in range(560):
        month = f"{2001 + number % 20}/{number % 12 + 1:02d}"
        site.bulletin(
            f"{month}/bai-{number}.md", f"Nội dung {number}.\n", date=month.replace("/", "-")
        )
    site.build()
    assert len(site.tree()) > 4 * ENOUGH + 200
    return site


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    site = Workbench(tmp_path_factory.mktemp("small"))
    site.bulletin("2020/07/mot.md")
    site.bulletin("2020/07/hai.md")
    site.build()
    return site


@pytest.fixture
def site(small: Workbench, tmp_path: Path) -> Workbench:
    """A built site of a test's own."""
    site = Workbench(tmp_path / "site")
    shutil.copytree(small.folder, site.folder, dirs_exist_ok=True)
    return site


@pytest.fixture
def copy(built: Workbench, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built.output, tmp_path / "copy"))


def verified(site: Workbench, *arguments: str) -> Outcome:
    outcome = site.run("verify", "--json", *arguments)
    assert outcome.code in (0, 1), outcome.stdout + outcome.stderr
    assert json.loads(outcome.stdout)["ok"] is (outcome.code == 0)
    return outcome


def target_of(outcome: Outcome) -> dict[str, Any]:
    [target] = outcome.report["targets"]
    found: dict[str, Any] = target
    return found


def findings(site: Workbench, *arguments: str) -> set[tuple[str, str, str]]:
    rows = target_of(verified(site, *arguments))["findings"]
    found = {(row["fate"], row["path"], row["now"]) for row in rows}
    assert len(found) == len(rows)
    return found


def refused(site: Workbench, *arguments: str) -> str:
    """Return the first line of what a command complains of that cannot be done."""
    outcome = site.run("verify", *arguments)
    assert outcome.code == 2, outcome.stdout + outcome.stderr
    return outcome.stderr.splitlines()[0]


def flip(path: Path, bit: int) -> None:
    """Change one bit and nothing else that anybody could see: size and time stay."""
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


# A folder


def test_a_site_as_it_was_built_is_right(site: Workbench) -> None:
    outcome = verified(site)
    manifest = (site.output / MANIFEST).read_bytes()
    assert outcome.code == 0
    assert target_of(outcome)["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
    assert target_of(outcome)["files"] == manifest.count(b"\n") + 1


def test_each_of_200_flipped_bits_added_removed_and_renamed_files_is_found(
    built: Workbench, copy: Path
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    tree = built.tree(copy)
    paths = sorted(set(tree) - {MANIFEST, ".danvan-site", ".danvan-site.lock"})
    alike = Counter(tree.values())
    # Whose bytes stand elsewhere too would rightly be told as renamed to either place; an empty
    # file has no bit to flip.
    single = [path for path in paths if tree[path] and alike[tree[path]] == 1]
    chosen = chance.sample(single, 3 * ENOUGH)
    flipped, removed, renamed = (chosen[n * ENOUGH : (n + 1) * ENOUGH] for n in range(3))
    for path in flipped:
        flip(copy / path, chance.randrange(1 << 30))
    for path in removed:
        (copy / path).unlink()
    wanted = {("changed", path, "") for path in flipped} | {
        ("missing", path, "") for path in removed
    }
    for number, path in enumerate(renamed):
        now = Path(path).with_name(f"khac-{number}.html").as_posix()
        (copy / path).rename(copy / now)
        wanted.add(("renamed", path, now))
    for number in range(ENOUGH):
        path = f"{os.path.dirname(chance.choice(paths))}/them-{number}.js".lstrip("/")
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes(chance.randbytes(20))
        wanted.add(("extra", path, ""))
    assert findings(built, str(copy)) == wanted
    assert findings(built, str(copy), "--jobs", "1") == wanted


def test_only_capitals_or_the_form_of_an_accent_are_another_name(
    site: Workbench, tmp_path: Path
) -> None:
    here = tmp_path / "khac"
    here.mkdir()
    for name in ("Tin.html", f"{NFC}.png"):
        (here / name).write_text(name)
    lines = [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n"
             for name in ("Tin.html", f"{NFC}.png")]  # fmt: skip
    (here / MANIFEST).write_text("".join(lines), "utf-8")
    assert not findings(site, str(here))
    (here / "Tin.html").rename(here / "tin.html")
    (here / f"{NFC}.png").rename(here / f"{NFD}.png")
    assert findings(site, str(here)) == {
        ("renamed", "Tin.html", "tin.html"),
        ("renamed", f"{NFC}.png", f"{NFD}.png"),
    }


def test_links_folders_and_what_never_ends_are_no_files(site: Workbench) -> None:
    page, other = site.output / "index.html", site.output / "404.html"
    same = site.folder / "same.html"
    page.rename(same)
    page.symlink_to(same)
    other.unlink()
    os.mkfifo(other)
    (site.output / "robots.txt").unlink()
    (site.output / "robots.txt").mkdir()
    (site.output / "2020" / "ngoai").symlink_to("/")
    assert findings(site) == {
        ("no-file", "index.html", ""),
        ("no-file", "404.html", ""),
        ("no-file", "2020/ngoai", ""),
        ("missing", "robots.txt", ""),
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_told_with_the_reason(site: Workbench) -> None:
    (site.output / "index.html").chmod(0)
    assert findings(site) == {("unreadable", "index.html", "Permission denied")}


def test_files_of_the_host_may_be_allowed_but_never_in_place_of_ours(site: Workbench) -> None:
    (site.output / ".well-known" / "acme").mkdir(parents=True)
    (site.output / ".well-known" / "acme" / "token").write_text("x")
    (site.output / "web.config").write_text("x")
    flip(site.output / "index.html", 3)
    found = findings(site, "--allow", ".well-known", "--allow", "*.config", "--allow", "*.html")
    assert found == {("changed", "index.html", "")}


def test_nothing_hides_under_the_names_of_our_bookkeeping(site: Workbench) -> None:
    (site.output / ".danvan-staging").mkdir()
    (site.output / ".danvan-staging" / "a.html").write_text("x")
    (site.output / ".danvan-site.lock").write_text("<script>")
    (site.output / ".danvan-site").write_text("khác")
    (site.output / "2020" / ".danvan-site").write_text("x")
    assert findings(site) == {
        ("extra", ".danvan-staging/a.html", ""),
        ("extra", ".danvan-site.lock", ""),
        ("extra", ".danvan-site", ""),
        ("extra", "2020/.danvan-site", ""),
    }


def test_compressed_copies_are_files_like_all_others(tmp_path: Path) -> None:
    site = Workbench(tmp_path)
    site.bulletin("a.md", "Nội dung dài. " * 100)
    site.build("--precompress")
    assert not findings(site)
    flip(site.output / "index.html.gz", 77)
    assert findings(site) == {("changed", "index.html.gz", "")}


def test_a_sample_compares_all_names_and_says_how_to_choose_it_again(
    built: Workbench, copy: Path
) -> None:
    (copy / "them.html").write_text("x")
    (copy / "404.html").unlink()
    for path in copy.rglob("*.html"):
        flip(path, 9)
    first = target_of(verified(built, str(copy), "--sample", "40"))
    changed = {row["path"] for row in first["findings"] if row["fate"] == "changed"}
    assert {(row["fate"], row["path"]) for row in first["findings"]} - {
        ("changed", path) for path in changed
    } == {("missing", "404.html"), ("extra", "them.html")}
    assert 10 < len(changed) <= 40
    again = target_of(verified(built, str(copy), "--sample", "40", "--seed", first["seed"]))
    assert again == first
    other = target_of(verified(built, str(copy), "--sample", "40", "--seed", "khác"))
    assert {row["path"] for row in other["findings"]} != {row["path"] for row in first["findings"]}


def test_whoever_changes_the_manifest_too_is_found_by_its_digest(site: Workbench) -> None:
    before = target_of(verified(site))["manifest_sha256"]
    kept = shutil.copy(site.output / MANIFEST, site.folder / "kept.txt")
    page, manifest = site.output / "index.html", site.output / MANIFEST
    old = hashlib.sha256(page.read_bytes()).hexdigest()
    flip(page, 5)
    now = hashlib.sha256(page.read_bytes()).hexdigest()
    manifest.write_bytes(manifest.read_bytes().replace(old.encode(), now.encode()))
    assert not findings(site)
    assert verified(site, "--expect", before).code == 1
    assert (
        verified(site, "--expect", target_of(verified(site))["manifest_sha256"].upper()).code == 0
    )
    assert findings(site, "--manifest", str(kept)) == {
        ("changed", "index.html", ""),
        ("changed", MANIFEST, ""),
    }


def test_people_are_told_what_and_where_and_how_many(site: Workbench) -> None:
    flip(site.output / "index.html", 1)
    outcome = site.run("verify")
    assert outcome.code == 1
    assert "index.html: this file is not what the manifest says [verify-changed]" in outcome.stderr
    digest = hashlib.sha256((site.output / MANIFEST).read_bytes()).hexdigest()
    assert f"The manifest has the sha256 {digest}" in outcome.stdout
    assert "NOT right: 1 findings" in outcome.stdout


# Manifests that are none

LINE = b"0" * 64 + b"  a.html\n"


@pytest.mark.parametrize(
    ("data", "place", "code"),
    [
        (LINE + b"0" * 64 + b"  ../a\n", ":2", "manifest-path"),
        (LINE + b"0" * 64 + b"  /etc/passwd\n", ":2", "manifest-path"),
        (b"0" * 64 + b"  a/./b\n", ":1", "manifest-path"),
        (b"0" * 64 + b"  a//b\n", ":1", "manifest-path"),
        (b"\\" + b"0" * 64 + b"  ..\\n/../x/../../b\n", ":1", "manifest-path"),
        (b"0" * 64 + b"  manifest-sha256.txt\n", ":1", "manifest-path"),
        (b"0" * 64 + b"  a\0b\n", ":1", "manifest-line"),
        (LINE + LINE, ":2", "manifest-twice"),
        (LINE.replace(b"\n", b"\r\n"), ":1", "manifest-converted"),
        (b"\xef\xbb\xbf" + LINE, ":1", "manifest-converted"),
        (b"0" * 63 + b"  a\n", ":1", "manifest-line"),
        (b"0" * 128 + b"  a\n", ":1", "manifest-line"),
        (b"\\" + b"0" * 64 + b"  a\\xb\n", ":1", "manifest-line"),
        (b"0" * 64 + b"  " + b"a" * 100_000 + b"\n", ":1", "manifest-line"),
        (b"ghi ch\xc3\xba\n", ":1", "manifest-line"),
        (b"\n", ":1", "manifest-line"),
        (b"", "", "manifest-empty"),
    ],
)  # fmt: skip
def test_a_hostile_manifest_is_refused_with_its_place(
    site: Workbench, data: bytes, place: str, code: str
) -> None:
    (site.folder / "m.txt").write_bytes(data)
    line = refused(site, "--manifest", "m.txt")
    assert line.startswith(f"m.txt{place}: ") and line.endswith(f"[{code}]")


def test_without_a_manifest_nothing_is_said_to_be_right(site: Workbench) -> None:
    (site.output / MANIFEST).unlink()
    assert refused(site).endswith("[no-manifest]")
    assert refused(site, str(site.folder / "nowhere")).endswith("[verify-no-folder]")
    assert refused(site, "--expect", "123").endswith("[verify-expect]")
    assert refused(site, "--write").endswith("[verify-write-sources]")
    assert refused(site, "--sources", "public").endswith("[verify-sources-alone]")


# The sources


def test_sources_that_are_altered_unseen_are_found(site: Workbench) -> None:
    site.write("templates/extra.html", "{# mẫu #}\n")
    site.write("content/.hidden", "x")
    site.write("content/Thumbs.db", "x")
    written = site.run("verify", "--sources", "--write", "--json")
    assert written.code == 0 and written.report["files"] == 4
    assert not findings(site, "--sources")
    site.build()
    assert not findings(site, "--sources")
    flip(site.folder / "content" / "2020" / "07" / "mot.md", 99)
    (site.folder / "templates" / "extra.html").unlink()
    site.write("content/2020/07/ba.md", "x")
    assert findings(site, "--sources") == {
        ("changed", "content/2020/07/mot.md", ""),
        ("missing", "templates/extra.html", ""),
        ("extra", "content/2020/07/ba.md", ""),
    }
    again = site.run("verify", "--sources", "--write", "--json").report
    assert (again["changed"], again["added"], again["removed"]) == (1, 1, 1)
    assert not findings(site, "--sources")


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum")
def test_anybody_can_check_both_manifests_without_us(site: Workbench) -> None:
    for name in (
        "a\\b.txt",
        "a\nb.txt",
        f"{NFD}.txt",
        f"{NFC}.txt",
        " *x .txt",
        "n" * 251 + ".txt",
    ):
        site.write(f"content/{name}", name)
    Path(os.fsdecode(os.fsencode(site.folder / "content") + b"/\xff.txt")).write_text("x")
    assert site.run("verify", "--sources", "--write").code == 0
    assert not findings(site, "--sources")
    for folder in (site.folder, site.output):
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", MANIFEST], cwd=folder, check=False
        )
        assert done.returncode == 0


def test_the_manifest_of_sources_replaces_only_one_of_its_kind(site: Workbench) -> None:
    mine = site.write(MANIFEST, "Ghi chép của tôi\n")
    assert refused(site, "--sources", "--write").endswith("[manifest-line]")
    assert mine.read_text("utf-8") == "Ghi chép của tôi\n"
    mine.unlink()
    mine.symlink_to(site.folder / "site.yaml")
    assert refused(site, "--sources", "--write").endswith("[no-manifest]")
    assert mine.is_symlink()


def test_a_manifest_of_sources_vouches_for_no_link(site: Workbench) -> None:
    (site.folder / "content" / "ngoai").symlink_to("/etc")
    outcome = site.run("verify", "--sources", "--write")
    assert outcome.code == 1 and "content/ngoai" in outcome.stderr
    assert not (site.folder / MANIFEST).exists()


def test_sources_outside_the_folder_of_the_settings_are_refused(
    site: Workbench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    line = refused(site, "--sources", "--write", "--content", str(elsewhere))
    assert line.endswith("[sources-outside]")


# The web

Answer = Callable[[SimpleHTTPRequestHandler], bool]


@contextmanager
def served(folder: Path, answer: Answer = lambda _: False) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder at /ban-tin/; *answer* may answer a request itself.  Give its address, and the
    paths that are asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def do_GET(self) -> None:
            asked.append(self.path)
            assert self.headers["Accept-Encoding"] == "identity"
            assert not {"Authorization", "Cookie"} & set(self.headers)
            if not answer(self):
                self.path = self.path.removeprefix("/ban-tin")
                super().do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ban-tin/", asked
    finally:
        server.shutdown()
        server.server_close()


def send(handler: SimpleHTTPRequestHandler, status: int, data: bytes = b"", **headers: str) -> bool:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
    return True


def test_a_live_site_is_compared_file_by_file(site: Workbench, tmp_path: Path) -> None:
    live = Path(shutil.copytree(site.output, tmp_path / "live"))
    with served(live) as (address, asked):
        outcome = verified(site, address)
        assert outcome.code == 0
        files = set(site.tree()) - {".danvan-site", ".danvan-site.lock"}
        assert set(asked) == {f"/ban-tin/{path}" for path in files}
        # The home page's address, one without its slash, a list of addresses: all the same site.
        site.write("noi.txt", f"# các bản\n\n{address}index.html\n{address.rstrip('/')}\n")
        listed = verified(site, "noi.txt")
        assert [each["target"] for each in listed.report["targets"]] == [address] * 2
        flip(live / "2020" / "07" / "mot.html", 1000)
        (live / "feed.xml").unlink()
        (live / "them.html").write_text("x")
        assert findings(site, address) == {
            ("changed", "2020/07/mot.html", ""),
            ("missing", "feed.xml", ""),
        }


def test_a_host_that_changes_the_manifest_too_is_found_by_ours(
    site: Workbench, tmp_path: Path
) -> None:
    live = Path(shutil.copytree(site.output, tmp_path / "live"))
    page, manifest = live / "index.html", live / MANIFEST
    old = hashlib.sha256(page.read_bytes()).hexdigest()
    flip(page, 5)
    now = hashlib.sha256(page.read_bytes()).hexdigest()
    manifest.write_bytes(manifest.read_bytes().replace(old.encode(), now.encode()))
    with served(live) as (address, _):
        assert not findings(site, address)
        assert findings(site, address, "--manifest", f"public/{MANIFEST}") == {
            ("changed", "index.html", ""),
            ("changed", MANIFEST, ""),
        }


def test_redirects_are_followed_within_the_site_and_nowhere_else(site: Workbench) -> None:
    def answer(handler: SimpleHTTPRequestHandler) -> bool:
        path = handler.path
        if path.endswith("/07/mot.html"):
            return send(handler, 301, Location=path.removesuffix(".html"))
        if path.endswith("/07/mot"):
            return send(handler, 200, (site.output / "2020" / "07" / "mot.html").read_bytes())
        if path.endswith("/07/hai.html"):
            return send(handler, 302, Location="http://localhost:1/ban-tin/2020/07/hai.html")
        if path.endswith("/robots.txt"):
            return send(handler, 302, Location="/robots.txt")
        if path.endswith("/feed.xml"):
            return send(handler, 302, Location="file:///etc/passwd")
        return False

    with served(site.output, answer) as (address, _):
        target = target_of(verified(site, address))
    assert target["redirected"] == 1
    found = {(row["fate"], row["path"]): row["now"] for row in target["findings"]}
    paths = ("2020/07/hai.html", "robots.txt", "feed.xml")
    assert set(found) == {("unreadable", path) for path in paths}
    assert found["unreadable", "2020/07/hai.html"].startswith("→ http://localhost:1/")


def test_hosts_that_keep_their_rules_compress_or_are_busy(site: Workbench) -> None:
    busy = {"/ban-tin/feed.json": 2, "/ban-tin/sw.js": 99}

    def answer(handler: SimpleHTTPRequestHandler) -> bool:
        path = handler.path
        if path.endswith("/_redirects"):
            return send(handler, 404)
        if path.endswith("/404.html"):
            return send(handler, 404, (site.output / "404.html").read_bytes())
        if path.endswith("/sitemap.xml"):
            return send(handler, 200, b"\x1f\x8b", Content_Encoding="gzip")
        if path.endswith("/robots.txt"):
            handler.send_response(200)
            handler.send_header("Content-Length", "5000")
            handler.end_headers()
            handler.wfile.write((site.output / "robots.txt").read_bytes())
            handler.close_connection = True
            return True
        if busy.get(path, 0):
            busy[path] -= 1
            return send(handler, 503, Retry_After="0")
        return False

    with served(site.output, answer) as (address, _):
        target = target_of(verified(site, address))
    assert target["kept"] == ["_redirects"]
    found = {row["path"]: (row["fate"], row["now"]) for row in target["findings"]}
    assert set(found) == {"sitemap.xml", "robots.txt", "sw.js"}
    assert found["sitemap.xml"] == ("unreadable", "Content-Encoding: gzip")
    assert found["robots.txt"][0] == "unreadable"
    assert found["sw.js"][1].startswith("503")


@pytest.mark.parametrize(
    "address",
    ["https://ten:mat-khau@example.org/", "http://example.org/?a=b", "http:///", "http://[::1/",
     "https://example.org:99999/"],
)  # fmt: skip
def test_what_is_no_address_of_a_site_is_not_asked(site: Workbench, address: str) -> None:
    assert refused(site, address).endswith("[verify-address]")


def test_a_site_that_does_not_answer_and_lists_of_something_else(site: Workbench) -> None:
    assert refused(site, "http://127.0.0.1:9/").endswith("[no-manifest]")
    site.write("ghi-chu.txt", "# các bản\nkhông phải địa chỉ\n")
    line = refused(site, "ghi-chu.txt")
    assert line.startswith("ghi-chu.txt:2: ") and line.endswith("[verify-list]")
