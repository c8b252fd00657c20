"""`check`: what it finds in sources, what counts, how it is told, what it corrects."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danvan_site import catalog, vietnamese
from danvan_site.examining import alike, fixing, texts
from danvan_site.examining.reading import Reading, findings
from danvan_site.levels import LEVELS
from tests.workbench import SETTINGS, Workbench, environment

LONG = " ".join(f"từ{number} tiếng{number % 17}" for number in range(120))


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def found(bench: Workbench, body: str, *arguments: str, **front: object) -> list[str]:
    """Place and code of what is found in a bulletin with this body, which begins on line 7."""
    bench.bulletin("a.md", body, **front)
    return bench.run("check", "--json", *arguments).problems


# What is found, and what is not


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Tuyên truyền về “ năm dân vận”.\n", ["7:18 stray-space"]),
        ("Phát động “năm dân vận ” rồi.\n", ["7:23 stray-space"]),
        ("Các xã , phường.\n", ["7:7 stray-space"]),
        ("Ba xã ( hai phường ) họp .\n", ["7:8", "7:19", "7:25"]),
        ("Lãnh đạo tư tưởng,đạo đức;lối sống.\n", ["7:18 missing-space", "7:26 missing-space"]),
        ("Hai  dấu \u00a0cách.\n", ["7:4 double-space"]),
        ("Đồng chí Ðảng viên, nǎm, QÐ-UBND.\n", ["7:10", "7:22", "7:27"]),
        ("\u0410nh và хã.\n", ["7:1 look-alike-letter", "7:8 look-alike-letter"]),
        ("Dân\u200b vận.\n", ["7:4 invisible-character"]),
        (unicodedata.normalize("NFD", "Dân vận.\n"), ["7:2 loose-mark"]),
        ("Qúy một, gía cả, vịêc làm, rựơu.\n", ["7:1", "7:10", "7:18", "7:28"]),
        ("Hòa giải, hòa bình, hoà thuận.\n", ["7:21 mixed-tones"]),
        ("Họp Thứ Tư, 16/07/2020 tại xã.\n", []),
        ("Họp sáng thứ Tư, 16/07/2020 tại xã.\n", ["7:10 weekday-of-other-date"]),
        ("Chiều thứ 5, 11.09.2019.\n", ["7:7 weekday-of-other-date"]),
        ("Vào chủ nhật (16/3/2020).\n", ["7:5 weekday-of-other-date"]),
        ("Sáng thứ Ba ngày 05 tháng 9 năm 2020.\n", ["7:6 weekday-of-other-date"]),
        ("Mét tËp thÓ v÷ng m¹nh, ®oµn kÕt, hÕt lßng v× nh©n d©n phôc vô.\n", ["legacy-font-text"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_where_it_is(
    bench: Workbench, body: str, expected: list[str]
) -> None:
    told = found(bench, body)
    assert len(told) == len(expected), told
    for problem, end in zip(told, expected, strict=True):
        assert problem.startswith("content/a.md:7:")
        assert end in problem


@pytest.mark.parametrize(
    "body",
    [
        "Có 1.800 cuốn, tăng 10,5 %, lúc 9:30; số 114-KL/TƯ, v.v... và … hết.\n",
        "Xem `a ,b  c` và <https://example.org/a,bc> hay https://example.org/tu,dao.\n",
        "Dòng một  \ndòng hai: “Vậy à?” – “Ừ!” (thôi).\n",
        "- một\n-   hai\n\n1.  ba\n",
        "| Cột  | Hai   |\n|------|-------|\n| a ,  | b  c  |\n",
        "```\na ,b  c  “ d”\n```\n\n    int  a ,b;\n",
        "Sáng thứ Năm, 16/07/2020; thứ 4, 11.09.2019; chủ nhật (15/3/2020).\n",
        "Kỳ họp lần thứ năm, ngày 17/07/2020; kỳ họp thứ Ba ngày 5/9/2020.\n",
        "Quý hóa, giá cả, hòa bình, của, mùa, thuở, huệ, khuỷu, quỳnh.\n",
        "Zoé, Guðrún, Москва, Ελλάδα, « Colonisation » , tiếng Pháp.\n",
        "Tọa độ (x,y,z), tập {a,b}, 10 , 20.\n",
        "Bà con nhà ta có lúa.\n",
    ],
)
def test_what_is_right_is_left_alone(bench: Workbench, body: str) -> None:
    told = [each for each in found(bench, body) if "« Col" not in each]
    assert told in ([], ["content/a.md:7:46 stray-space"])


def test_front_matter_and_pictures(bench: Workbench) -> None:
    bench.write("content/a.png", "")
    (bench.folder / "content/a.png").write_bytes(PNG)
    told = found(
        bench, "![Hình ảnh](a.png)\n\n![Quang cảnh hội nghị](a.png)\n",
        title="Kiểm tra “ năm dân vận", image={"src": "a.png", "alt": "Ảnh minh họa"},
    )  # fmt: skip
    assert [each.split(":", 1)[1] for each in told if "stray" in each] == ["2:19 stray-space"]
    assert "content/a.md:8:3 alt-says-nothing" in told
    bench.bulletin("en.md", "Bad ,words  here.\n", lang="en", title="Other")
    assert not [each for each in bench.run("check", "--json").problems if "/en.md" in each]


def test_titles_and_bodies_that_come_again(bench: Workbench) -> None:
    bench.bulletin("a.md", LONG, title="Lịch tiếp dân", date="2020-07-16")
    bench.bulletin("b.md", LONG + " thêm một ít", title="LỊCH TIẾP DÂN", date="2020-07-16")
    bench.bulletin("c.md", title="Lịch tiếp dân", date="2020-08-16")
    bench.bulletin("d.md", LONG.replace("7 ", "x "), title="Lịch tiếp đàn", date="2020-07-16")
    report = bench.run("check", "--json").report["problems"]
    told = {(each["file"], each["code"]): each["text"] for each in report}
    assert set(told) == {
        ("content/b.md", "title-twice"),
        ("content/b.md", "body-alike"),
        ("content/c.md", "title-again"),
    }
    assert "content/a.md" in told["content/b.md", "body-alike"]
    share = int(re.findall(r"(\d+) %", told["content/b.md", "body-alike"])[0])
    assert 96 <= share <= 99


def test_news_that_go_on_for_ever(bench: Workbench) -> None:
    bench.bulletin("a.md", status="updating", date="2020-07-16")
    late, early = ("1596000000", "1595000000")  # 29 July and 17 July 2020
    assert "still-updating" not in bench.run("check", "--json", SOURCE_DATE_EPOCH=late).stdout
    bench.write("site.yaml", SETTINGS + "check:\n  updating_days: 10\n")
    told = bench.run("check", "--json", SOURCE_DATE_EPOCH=late).problems
    assert told == ["content/a.md:5:9 still-updating"]
    assert bench.run("check", "--json", SOURCE_DATE_EPOCH=early).problems == []


# What counts


def test_levels_come_from_the_settings(bench: Workbench) -> None:
    bench.bulletin("a.md", "Các xã , phường  họp.\n")
    assert bench.run("check").code == 0
    assert bench.run("check", "--strict").code == 1
    assert bench.run("check", "--strict", "--level", "error").code == 0
    bench.write(
        "site.yaml",
        SETTINGS + 'check:\n  levels:\n    stray-space: error\n    double-space: "off"\n',
    )
    outcome = bench.run("check", "--json")
    assert (outcome.code, outcome.problems) == (1, ["content/a.md:7:7 stray-space"])
    assert bench.run("build").code == 0, "what is only examined never keeps a site from being built"
    bench.write("site.yaml", SETTINGS + "check:\n  levels:\n    stray-spaces: error\n")
    wrong = bench.run("check")
    assert wrong.code == 1 and "did you mean “stray-space”" in wrong.stderr


def test_findings_are_told_beside_what_stops_the_build(bench: Workbench) -> None:
    bench.bulletin("a.md", "Các xã , phường.\n")
    bench.bulletin("b.md", "Xem [bài](khong-co.md).\n")
    outcome = bench.run("check", "--json")
    assert outcome.code == 1
    assert {each.split()[1] for each in outcome.problems} == {"stray-space", "link-not-found"}


def test_every_code_has_words_and_a_level() -> None:
    for language in catalog.LANGUAGES:
        assert set(LEVELS) <= set(catalog.load(language).problems)


def test_a_baseline_keeps_quiet_about_what_is_known(bench: Workbench) -> None:
    bench.bulletin("a.md", "Các xã , phường.\n\nCác xã , phường.\n")
    written = bench.run("check", "--baseline", "known.txt", "--write-baseline")
    assert written.code == 0
    lines = (bench.folder / "known.txt").read_text("utf-8").splitlines()
    assert lines[1:] == sorted(lines[1:]) and len(lines) == 2 and lines[1].endswith("\t2")
    # What is edited elsewhere brings nothing back; what is new is told.
    bench.bulletin("a.md", "Mở đầu.\n\nCác xã , phường.\n\nCác xã , phường.\n\nCả tỉnh , họp.\n")
    outcome = bench.run("check", "--json", "--baseline", "known.txt")
    assert outcome.problems == ["content/a.md:13:8 stray-space"]
    bench.bulletin("a.md", "Các xã , phường.\n")
    outcome = bench.run("check", "--json", "--baseline", "known.txt")
    assert outcome.problems == ["known.txt baseline-outdated"]
    bench.bulletin("a.md", "Xem [bài](khong-co.md).\n")
    before = (bench.folder / "known.txt").read_bytes()
    assert bench.run("check", "--baseline", "known.txt", "--write-baseline").code == 1
    assert (bench.folder / "known.txt").read_bytes() == before, "errors of the build are not for it"


def test_nothing_else_is_taken_for_a_baseline(bench: Workbench) -> None:
    before = (bench.folder / "site.yaml").read_bytes()
    for more in ([], ["--write-baseline"]):
        outcome = bench.run("check", "--baseline", "site.yaml", *more)
        assert outcome.code == 2 and "[not-a-baseline]" in outcome.stderr
    assert (bench.folder / "site.yaml").read_bytes() == before
    assert bench.run("check", "--baseline", "none.txt").code == 2
    assert bench.run("check", "--write-baseline").code == 2
    assert bench.run("check", "--json", "--format", "sarif").code == 2


# How it is told


def test_sarif(bench: Workbench) -> None:
    bench.bulletin("Tin số 1.md", "Các xã , phường.\n")
    log = json.loads(bench.run("check", "--format", "sarif").stdout)
    (run,) = log["runs"]
    (result,) = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert (log["version"], run["columnKind"]) == ("2.1.0", "unicodeCodePoints")
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "stray-space"
    assert {each["id"] for each in rules} == set(LEVELS)
    assert not [each for each in rules if not each["help"]["text"] or "{" in each["help"]["text"]]
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {
            "uri": "content/Tin%20s%E1%BB%91%201.md", "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": 7, "startColumn": 7},
    }  # fmt: skip


HARD = ("Tin số 1 (nháp).md", "100% dân.md", "a#b.md", "a%20b.md", "cộng+trừ&[1];=.md")


def test_sarif_is_what_the_standard_asks_for(bench: Workbench) -> None:
    """Members that SARIF 2.1.0 requires, and what it says of their values."""
    for name in HARD:
        bench.bulletin(name, "😀 Các xã , phường.\n")
    bench.bulletin("khóa.md", "Thân bài.\n", titel="x")
    bench.write("content/rỗng.md", "")
    bench.bulletin(
        "phông cũ.md", "Mét tËp thÓ v÷ng m¹nh, ®oµn kÕt, hÕt lßng v× nh©n d©n phôc vô.\n"
    )
    outcome = bench.run("check", "--format", "sarif")
    assert outcome.code == 1
    log = json.loads(outcome.stdout)
    assert log["version"] == "2.1.0"
    assert urlsplit(log["$schema"]).path.endswith("/sarif-schema-2.1.0.json")
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        assert driver["name"] and re.fullmatch("[a-z]{2}(-[A-Z]{2})?", driver["language"])
        assert run["columnKind"] == "unicodeCodePoints"
        ids = [rule["id"] for rule in driver["rules"]]
        assert len(set(ids)) == len(ids)
        for rule in driver["rules"]:
            assert rule["shortDescription"]["text"] and rule["help"]["text"]
            assert rule["defaultConfiguration"]["level"] in SARIF_LEVELS
        for result in run["results"]:
            assert ids[result["ruleIndex"]] == result["ruleId"]
            assert result["level"] in SARIF_LEVELS and result["message"]["text"].strip()
            for value in result["partialFingerprints"].values():
                assert isinstance(value, str) and value
    where = list(sarif_places(log))
    assert {file for file, _ in where} >= {f"content/{name}" for name in HARD}
    for name in HARD:
        # The column counts code points: the picture before is one, not two.
        assert (f"content/{name}", (7, 9)) in where
    assert all((bench.folder / file).is_file() for file, _ in where)


SARIF_LEVELS = ("none", "note", "warning", "error")


def sarif_places(log: dict[str, Any]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the files that results name, and line and column from 1; 0 where there is none."""
    for result in (each for run in log["runs"] for each in run["results"]):
        for location in result.get("locations", []):
            physical = location["physicalLocation"]
            artifact = physical["artifactLocation"]
            # RFC 3986: a relative reference, a path alone with no colon in its first part.
            segment = r"(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-F]{2})+"
            assert re.fullmatch(f"{segment}(?:/(?:{segment}|:)+)*", artifact["uri"])
            assert artifact["uriBaseId"] == "%SRCROOT%"
            region = physical.get("region", {"startLine": 0})
            assert "region" not in physical or region["startLine"] >= 1
            assert region.get("startColumn", 1) >= 1
            yield unquote(artifact["uri"]), (region["startLine"], region.get("startColumn", 0))


def test_sarif_names_no_region_where_no_line_is_known(bench: Workbench) -> None:
    bench.bulletin("a.md")
    (bench.folder / "content/b.md").symlink_to(bench.folder / "site.yaml")
    log = json.loads(bench.run("check", "--format", "sarif").stdout)
    assert ("content/b.md", (0, 0)) in list(sarif_places(log))


def test_sarif_of_a_site_elsewhere_has_addresses_of_files(bench: Workbench, tmp_path: Path) -> None:
    bench.bulletin("Tin số 1.md", "Các xã , phường.\n")
    elsewhere = tmp_path / "nơi khác"
    elsewhere.mkdir()
    done = subprocess.run(
        bench.command("check", "--config", str(bench.folder / "site.yaml"), "--format", "sarif"),
        cwd=elsewhere, env=environment(), capture_output=True, encoding="utf-8",
    )  # fmt: skip
    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": (bench.folder / "content/Tin số 1.md").as_uri()}


def test_annotations_for_github(bench: Workbench) -> None:
    bench.bulletin("a, b: 100%.md", "Các xã , phường.\n")
    outcome = bench.run("check", "--format", "github", "--language", "en")
    (line,) = outcome.stdout.splitlines()
    start = "::warning file=content/a%2C b%3A 100%25.md,line=7,col=7,title=stray-space::"
    assert line.startswith(start + "a space too many: “xã ,”%0A→ ")


# Corrections

WRONG = (
    "\ufeff---\r\ntitle: \"Dân  bình , “ năm\"\r\ndate: 2020-07-16\r\nauthor: Thuý\r\n---\r\n\r\n"
    "Các xã , phường  họp “ năm dân vận ”;Ðảng nǎm\u200b qúy.\r\n"
    "Hòa, hòa, hòa, hòa, hoà, Thuý, Thuỷ.\r\n\r\n`a ,b  c`  \r\nhết"
)  # fmt: skip
RIGHT = (
    "\ufeff---\r\ntitle: \"Dân  bình , “ năm\"\r\ndate: 2020-07-16\r\nauthor: Thuý\r\n---\r\n\r\n"
    "Các xã, phường họp “năm dân vận”;Ðảng năm quý.\r\n"
    "Hòa, hòa, hòa, hòa, hòa, Thuý, Thủy.\r\n\r\n`a ,b  c`  \r\nhết"
).replace(";Ð", ";Đ")  # fmt: skip


def test_corrections_are_shown_first_and_change_nothing_else(bench: Workbench) -> None:
    file = bench.folder / "content/a.md"
    file.write_bytes(WRONG.encode())
    file.chmod(0o640)
    shown = bench.run("check", "--fix")
    assert shown.code == 0 and "+++ b/content/a.md" in shown.stdout
    assert file.read_bytes() == WRONG.encode()
    assert bench.run("check", "--fix", "--write").code == 0
    assert file.read_bytes().decode() == RIGHT
    assert file.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in (bench.folder / "content").iterdir()] == ["a.md"]
    again = bench.run("check", "--fix", "--write")
    assert file.read_bytes().decode() == RIGHT
    assert "+++" not in again.stdout
    left = bench.run("check", "--json").problems
    assert left and all(each.startswith("content/a.md:2:") for each in left)


def test_the_shown_difference_is_a_patch(bench: Workbench) -> None:
    body = "Các xã , phường.\n\nBốn\n\nNăm\n\nSáu\n\nBảy\n\nCuối  cùng.\n"
    bench.bulletin("a.md", body)
    patch = bench.run("check", "--fix").stdout.rpartition("\nCorrections")[0] + "\n"
    done = subprocess.run(
        ["patch", "-p1"], cwd=bench.folder, input=patch, encoding="utf-8", capture_output=True
    )
    assert done.returncode == 0, done.stdout
    assert "Các xã, phường." in (bench.folder / "content/a.md").read_text("utf-8")
    assert bench.run("check", "--json").problems == []


def test_a_file_that_changed_meanwhile_is_left(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text(WRONG, "utf-8")
    fix = correction(tmp_path)
    assert fix
    file.write_text("mới", "utf-8")
    assert [each.code for each in fix.write()] == ["fix-file-changed"]
    assert file.read_text("utf-8") == "mới"
    file.unlink()
    assert [each.code for each in fix.write()] == ["fix-not-written"]
    assert not list(tmp_path.iterdir())


def correction(folder: Path) -> fixing.Fix | None:
    (name,) = [each.name for each in folder.iterdir()]
    from danvan_site.discovery import discover

    files, _ = discover(folder, "content")
    return fixing.correct(Reading(str(folder), "content", "mixed", frozenset()), files[name])


PIECES = st.sampled_from(
    [
        *("hoà", "hòa", "thuỷ", "thủy", "Ðảng", "nǎm", "qúy", "gía", "vịêt", " ", "  ", "\u00a0"),
        *(",", " ,", ";", ".", "“", "”", "(", ")", "\n", "\n\n", "\r\n", "- ", "1. ", "`", "**"),
        *("|", "[a](b)", "https://a.vn/x,y", "\u200b", "\u00ad", "a\u0301", "dân", "vận", "10"),
        *("5", "\u0430n", "> ", "    ", "```", "<b>", "&nbsp;", "\\", "_"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_corrections_come_to_an_end_and_keep_the_words(body: str) -> None:
    whole = f"---\ntitle: a\n---\n{body}"
    after = corrected(whole)
    assert corrected(after) == after
    assert words(after) == words(whole)
    assert after.count("\n") == whole.count("\n")
    text = texts.read(after.encode())
    assert text is None or not [edit for each in findings(text) for edit in each.edits]


def corrected(whole: str) -> str:
    done, _ = fixing.corrected(whole, "mixed", frozenset())
    return done


def words(text: str) -> list[str]:
    """The words of a text, without a look at what corrections may change: spaces, the places of
    tone marks, letters that look alike."""
    twins = text.translate(str.maketrans("\u0430", "a"))
    plain = re.sub(r"[\s,;]+", "", vietnamese.repair(twins))
    return [vietnamese.tone_key(each) for each in re.findall(r"[^\W_]+|[^\w\s]", plain)]


def test_bodies_are_compared_as_their_sets_say() -> None:
    one = " ".join(f"a{number}" for number in range(200))
    other = one.replace("a100 ", "b ")
    names = [("1", one), ("2", other), ("3", " ".join(f"c{n}" for n in range(200))), ("4", "ngắn")]
    sketches = [(name, sketch) for name, body in names if (sketch := alike.sketch(body))]
    assert alike.candidates(sketches) == [("1", "2")]


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
