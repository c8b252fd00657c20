"""Importing captures: what is recognised, what is asked for, and what is never touched."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danvan_site import frontmatter, markdown, schema
from danvan_site.errors import Severity, UsageError
from danvan_site.frontmatter import Metadata
from danvan_site.importers import capture, findings, names, writing
from danvan_site.importers.frame import Draft, Outcome, Target, bring
from danvan_site.importers.ledger import LEDGER, open_ledger
from danvan_site.importers.report import Fate, fate
from danvan_site.workers import Workers

CAPTURES = Path(__file__).parent / "captures"


def read(path: Path) -> tuple[Metadata, str]:
    """Read a bulletin back as the build does; it must have no problems."""
    text = path.read_text("utf-8")
    source = schema.Source(path.name)
    parts = frontmatter.split(text, source)
    assert parts, text
    metadata = frontmatter.read(parts.front, source)
    _, problems = markdown.read(parts.body, path.name, parts.body_line, markdown.Options())
    assert metadata and not source.problems and not problems
    return metadata, parts.body.strip()


class Report(list[Outcome]):
    """What became of the captures of an import."""

    @property
    def written(self) -> int:
        return sum(outcome.written is not None for outcome in self)

    @property
    def failed(self) -> bool:
        return any(fate(outcome) is Fate.FAILED for outcome in self)


def import_captures(files: Sequence[Path], to: Path, **options: Any) -> Report:
    importing = capture.importing(files, **options)
    with open_ledger(to, lambda: None) as ledger, Workers(1) as workers:
        return Report(bring(importing, Target(ledger), workers))


def bring_one(name: str, to: Path, **options: str) -> tuple[Metadata, str, Draft]:
    """Import one of our captures; return its metadata, its body and the draft."""
    outcome = import_captures([CAPTURES / name], to, **options)[0]
    assert outcome.written and outcome.draft, outcome.problem
    metadata, body = read(outcome.written)
    return metadata, body, outcome.draft


def bring_text(tmp_path: Path, text: str | bytes, **options: object) -> Outcome:
    """Import a capture with the given content."""
    path = tmp_path / "trang.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_captures([path], tmp_path / "content", **options)[0]


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".imported.lock"
    }


def codes(draft: Draft) -> list[str]:
    return [problem.code for problem in draft.missing]


# ---- the five kinds of pages


def test_a_provincial_portal_with_counters_and_a_calendar(tmp_path: Path) -> None:
    metadata, body, draft = bring_one("tinh-uy.txt", tmp_path)
    assert metadata.date and metadata.date.iso == "2021-03-09T08:15:00+07:00"
    assert metadata.event_date and metadata.event_date.iso == "2021-03-08"
    assert metadata.title == "Hội nghị giao ban công tác dân vận quý I năm 2021"
    assert (metadata.author, metadata.views) == (("Thảo Nguyên",), 1204)
    assert metadata.category == ("Tin tức – Sự kiện",)
    assert metadata.lead.startswith("Ngày 8/3, Ban Dân vận Tỉnh ủy Sông Mây")
    assert metadata.image and metadata.image.caption == "Các đại biểu trao đổi tại buổi họp"
    assert draft.visits == 1_207_334
    assert codes(draft) == ["import-no-image"]
    dropped = [piece.text for piece in draft.dropped]
    assert dropped == [
        *("Bản in", "Quay lại", "TIN MỚI HƠN", "TIN ĐÃ ĐƯA", "Xem tiếp"),
        *("Xem theo ngày", "Xem theo ngày"),
    ]
    assert body.count("\n\n") == 3 and body.endswith("báo cáo lại cho dân biết.")


def test_a_stamp_without_a_year_is_held_for_review_with_the_guess_beside_it(tmp_path: Path) -> None:
    metadata, body, draft = bring_one("thanh-uy.txt", tmp_path)
    assert metadata.date is None and metadata.event_date is None
    (review,) = metadata.review
    assert "thiếu năm" in review and "15:47:02 17-11-GMT+0700" in review
    assert "có thể là 17/11/2021" in review
    assert metadata.source and metadata.source.name == "Bình Sơn Online"
    assert metadata.status == "updating" and not metadata.author
    assert metadata.image and metadata.image.caption == "Toàn cảnh hội nghị."
    assert "import-no-year" in codes(draft)
    assert any(piece.text.endswith("[…]") for piece in draft.dropped)
    assert "[…]" not in body and "Tiếp tục cập nhật" not in body and "Đối tác" not in body
    assert "khu phố để giải thích" in body


def test_a_newspaper_page_with_views_under_the_stamp(tmp_path: Path) -> None:
    metadata, body, draft = bring_one("bao-tinh.txt", tmp_path)
    assert metadata.title.endswith("“gần dân, hiểu dân 2022”")
    assert metadata.date and metadata.date.iso == "2022-04-22T07:05:41+07:00"
    assert (metadata.views, metadata.author) == (318, ("Quốc Bảo",))
    assert metadata.image is None and not metadata.tags
    assert "tỉnh; Hồ Sỹ Tường" in body and "\u00a0" not in body and "Từ khóa" not in body
    assert codes(draft) == ["import-absent"]


def test_a_page_without_any_date_gets_none_and_loses_its_comment_form(tmp_path: Path) -> None:
    metadata, body, draft = bring_one("dai-truyen-thanh.txt", tmp_path)
    assert metadata.date is None and metadata.event_date is None
    assert "có thể là 06/10/2023" in metadata.review[0]
    assert metadata.author == ("Thu Hà",)
    assert metadata.image and metadata.image.caption.startswith("Bà con xem bản quy ước")
    assert body.count("\n\n") == 3, "each line is a paragraph"
    assert "Email" not in body and "Trả lời" not in body
    assert "import-no-date" in codes(draft)


def test_sections_run_together_and_a_picture_of_which_only_the_name_is_left(tmp_path: Path) -> None:
    metadata, body, draft = bring_one("huyen.txt", tmp_path)
    assert metadata.category == ("Tin tức – Sự kiện", "Gương người tốt, việc tốt")
    assert (metadata.author, metadata.photographer) == (("Minh Đăng",), ("Tấn Phát",))
    assert metadata.image and metadata.image.original == "RA MAT TO DÂN VAN.bmp"
    assert metadata.image.credit == "Tấn Phát" and not metadata.image.src
    assert "không rõ năm" in metadata.review[0] and "Ngày 3/12" in metadata.review[0]
    assert metadata.lead.startswith("Ngày 3/12, Xã Vĩnh Khê vừa ra mắt tổ")
    assert body.endswith("nhận được ý kiến của tổ./.")
    missing = {problem.code: problem for problem in draft.missing}
    assert missing["import-no-image"].details == {"image": "RA MAT TO DÂN VAN.bmp"}
    assert missing["import-no-image"].place.line == 10
    assert metadata.title in [piece.text for piece in draft.dropped]


@pytest.mark.parametrize("name", sorted(path.name for path in CAPTURES.iterdir()))
def test_no_paragraph_of_a_capture_is_lost(name: str, tmp_path: Path) -> None:
    metadata, body, draft = bring_one(name, tmp_path)
    kept = [metadata.lead, body.replace("\\", ""), " ".join(piece.text for piece in draft.dropped)]
    for line in (CAPTURES / name).read_text("utf-8").splitlines():
        if len(line) > 80:
            assert any(findings.tidy(line) in text for text in kept), line


# ---- dates supplied


@pytest.mark.parametrize("date", ["2021", "2021-11", "2021-11-17", "2021-11-17 15:47"])
def test_a_given_date_completes_the_stamp_whose_time_is_kept(date: str, tmp_path: Path) -> None:
    metadata, _, _ = bring_one("thanh-uy.txt", tmp_path, date=date)
    assert metadata.date and metadata.date.iso == "2021-11-17T15:47:02+07:00"
    assert metadata.event_date and metadata.event_date.iso == "2021-11-17"
    assert not metadata.review
    assert {path.rpartition("/")[0] for path in files_in(tmp_path)} == {"", "2021/11"}


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("tinh-uy.txt", "2020"),
        ("tinh-uy.txt", "2021-04"),
        ("tinh-uy.txt", "2021-03-10"),
        ("thanh-uy.txt", "2021-11-18"),
        ("bao-tinh.txt", "2022-04-22 09:00"),
    ],
)
def test_a_given_date_that_contradicts_the_stamp_is_an_error(
    name: str, date: str, tmp_path: Path
) -> None:
    report = import_captures([CAPTURES / name], tmp_path, date=date)
    problem = report[0].problem
    assert problem and problem.code == "import-date-contradiction" and problem.place.line
    assert report.failed and not files_in(tmp_path)


@pytest.mark.parametrize(
    ("date", "iso", "event", "folder"),
    [
        ("2023", "2023", "2023-10-06", "2023"),
        ("2023-10", "2023-10", "2023-10-06", "2023/10"),
        ("2023-10-07", "2023-10-07", "2023-10-06", "2023/10"),
        ("2023-10-05", "2023-10-05", "", "2023/10"),
        ("2024-10-05", "2024-10-05", "", "2024/10"),
        ("2022", "2022", "", "2022"),
    ],
)
def test_where_nothing_is_printed_the_given_date_is_the_date(
    date: str, iso: str, event: str, folder: str, tmp_path: Path
) -> None:
    report = import_captures([CAPTURES / "dai-truyen-thanh.txt"], tmp_path, date=date)
    written = report[0].written
    assert written and written.parent == tmp_path / folder
    metadata, _ = read(written)
    assert metadata.date and metadata.date.iso == iso
    assert (metadata.event_date.iso if metadata.event_date else "") == event


def test_an_impossible_date_option_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        import_captures([CAPTURES / "huyen.txt"], tmp_path, date="2021-02-30")
    assert raised.value.problem.code == "date-impossible"


BODY = (
    "\n\nMột đoạn mở đầu đủ dài để là lời dẫn của bản tin này, có dấu chấm ở cuối câu.\n\nThân bài."
)


@pytest.mark.parametrize(
    ("stamp", "iso"),
    [
        ("Thứ Năm, 16/07/2020, 13:40", "2020-07-16T13:40:00+07:00"),
        ("Thứ 4, 11.09.2019 | 18:11:27", "2019-09-11T18:11:27+07:00"),
        ("10:23:48 28-09-2020 GMT+0700", "2020-09-28T10:23:48+07:00"),
        ("Thứ 7, 23/11/2024, 23:40[GMT+7]", "2024-11-23T23:40:00+07:00"),
        ("09.06.2023 | 19:39 PM", "2023-06-09T19:39:00+07:00"),
        ("Ngày đăng: 05/03/2018", "2018-03-05"),
        ("Cập nhật lúc 08:05, ngày 05/03/2018", "2018-03-05T08:05:00+07:00"),
        ("ngày 05 tháng 9 năm 2020", "2020-09-05"),
        ("2020-07-16 13:40:05", "2020-07-16T13:40:05+07:00"),
        ("Chủ nhật, 19/07/2020", "2020-07-19"),
    ],
)
def test_date_lines_of_many_portals_are_read(stamp: str, iso: str, tmp_path: Path) -> None:
    outcome = bring_text(tmp_path, f"Tiêu đề của bản tin\n\n{stamp}{BODY}")
    assert outcome.written
    metadata, body = read(outcome.written)
    assert metadata.date and metadata.date.iso == iso
    assert body == "Thân bài."


@pytest.mark.parametrize("stamp", ["Thứ Hai, 16/07/2020, 13:40", "31/02/2020, 13:40"])
def test_a_stamp_that_cannot_be_true_is_held_for_review(stamp: str, tmp_path: Path) -> None:
    outcome = bring_text(tmp_path, f"Tiêu đề của bản tin\n\n{stamp}{BODY}")
    assert outcome.written and outcome.draft
    metadata, _ = read(outcome.written)
    assert metadata.date is None and stamp in metadata.review[0]
    assert "import-wrong-stamp" in codes(outcome.draft)


def test_a_given_day_settles_a_wrong_weekday(tmp_path: Path) -> None:
    text = f"Tiêu đề của bản tin\n\nThứ Hai, 16/07/2020, 13:40{BODY}"
    outcome = bring_text(tmp_path, text, date="2020-07-16")
    assert outcome.written
    assert read(outcome.written)[0].date.iso == "2020-07-16T13:40:00+07:00"  # type: ignore[union-attr]


# ---- twice adds nothing


def test_the_same_import_twice_adds_nothing_even_after_an_edit_and_a_move(tmp_path: Path) -> None:
    files = sorted(CAPTURES.iterdir())
    first = import_captures(files, tmp_path)
    assert first.written == 5 and not first.failed
    moved = first[0].written
    edited = first[1].written
    assert moved and edited
    moved.rename(tmp_path / "ten-moi.md")
    edited.write_text(edited.read_text("utf-8") + "\nThêm một đoạn.\n", "utf-8")
    before = files_in(tmp_path)
    for date in (None, "2021"):
        again = import_captures([*files, *files], tmp_path, date=date)
        assert again.written == 0 and not again.failed
        assert {o.problem.code for o in again if o.problem} == {"import-already"}
        assert files_in(tmp_path) == before


def test_a_lost_ledger_does_not_double_an_untouched_bulletin(tmp_path: Path) -> None:
    import_captures([CAPTURES / "huyen.txt"], tmp_path)
    before = files_in(tmp_path)
    (tmp_path / LEDGER).unlink()
    assert import_captures([CAPTURES / "huyen.txt"], tmp_path).written == 0
    assert files_in(tmp_path) == before


def test_line_ends_do_not_make_another_source(tmp_path: Path) -> None:
    text = (CAPTURES / "huyen.txt").read_text("utf-8")
    assert bring_text(tmp_path, text).written
    again = bring_text(tmp_path, "\ufeff" + text.replace("\n", "\r\n") + "\r\n")
    assert again.problem and again.problem.code == "import-already"


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    outcome = bring_text(tmp_path, f"Thông báo lịch tiếp dân\n\n16/07/2020, 13:40{BODY}")
    other = bring_text(tmp_path, f"Thông báo lịch tiếp dân\n\n17/07/2020, 13:40{BODY}")
    assert outcome.written and other.written
    assert other.written.name == "thong-bao-lich-tiep-dan-2.md"
    assert read(outcome.written)[0].date != read(other.written)[0].date


def test_a_link_that_leads_out_of_the_target_is_not_followed(tmp_path: Path) -> None:
    outside, target = tmp_path / "ngoai", tmp_path / "content"
    outside.mkdir()
    target.mkdir()
    try:
        (target / "2021").symlink_to(outside, target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    report = import_captures([CAPTURES / "tinh-uy.txt"], target)
    problem = report[0].problem
    assert problem and problem.code == "import-not-written"
    assert not files_in(outside)


# ---- what cannot be read


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "import-empty", 0),
        (b" \n\xc2\xa0\n", "import-empty", 0),
        ("Ngày mới\nở quê".encode("utf-16"), "import-not-utf8", 1),
        ("Một\nhai ".encode() + b"\xe0\xff", "import-not-utf8", 2),
        (b"Anh\nchup\0 PNG", "import-binary", 2),
        (b"4\n9\n", "import-no-title", 1),
        ("Bản inQuay lại\nXem tiếp".encode(), "import-no-title", 0),
        (("Một đoạn rất dài. " * 30).encode(), "import-no-title", 1),
        ("Chỉ có tiêu đề".encode(), "import-no-text", 0),
        (b"a" * (capture.MAX_BYTES + 1), "import-too-large", 0),
    ],
)
def test_what_is_no_capture_gets_a_placed_message(
    content: bytes, code: str, line: int, tmp_path: Path
) -> None:
    problem = bring_text(tmp_path, content).problem
    assert problem and (problem.code, problem.place.line) == (code, line)
    assert problem.severity is Severity.ERROR
    assert not (tmp_path / "content" / LEDGER).exists()


def test_one_bad_file_does_not_hold_up_the_others(tmp_path: Path) -> None:
    files = [tmp_path / "khong-co.txt", tmp_path, CAPTURES / "huyen.txt"]
    report = import_captures(files, tmp_path / "content")
    assert [o.problem.code if o.problem else "" for o in report] == [
        "import-unreadable",
        "import-unreadable",
        "",
    ]
    assert report.failed and report.written == 1


def test_a_target_that_is_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "content").write_text("x")
    with pytest.raises(UsageError) as raised:
        import_captures([CAPTURES / "huyen.txt"], tmp_path / "content")
    assert raised.value.problem.code == "import-target"


# ---- single recognisers


def signed(signature: str) -> tuple[list[str], list[str]]:
    text = f"Tiêu đề của bản tin{BODY} {'Lời kể thêm. ' * 9}\n\n{signature}"
    draft = capture.read_capture(text, "trang.txt")
    people = dict.fromkeys(key for key, _ in draft.recognised)
    assert "title" in people
    return (
        [value for key, value in draft.recognised if key == "author"],
        [value for key, value in draft.recognised if key == "photographer"],
    )


@pytest.mark.parametrize(
    ("signature", "authors", "photographers"),
    [
        ("Khánh Vy", ["Khánh Vy"], []),
        ("MỸ LỆ", ["Mỹ Lệ"], []),
        ("TTXVN", ["TTXVN"], []),
        ("Hiếu Minh (Ảnh: Đức Kiên)", ["Hiếu Minh"], ["Đức Kiên"]),
        ("HIẾU MINH (Tin, ảnh)", ["Hiếu Minh"], ["Hiếu Minh"]),
        ("Tin, ảnh: Lan Chi", ["Lan Chi"], ["Lan Chi"]),
        ("Bài và ảnh: Lan Chi", ["Lan Chi"], ["Lan Chi"]),
        ("Bài: Lan Chi - Ảnh: Đức Kiên", ["Lan Chi"], ["Đức Kiên"]),
        ("Lan Chi - Đức Kiên", ["Lan Chi", "Đức Kiên"], []),
        ("(Bài: Lan Chi)", ["Lan Chi"], []),
        ("Tác giả: Lan Chi", ["Lan Chi"], []),
        ("Bà con phấn khởi", [], []),
        ("THÔNG BÁO", [], []),
    ],
)
def test_signatures(signature: str, authors: list[str], photographers: list[str]) -> None:
    assert signed(signature) == (authors, photographers)


def test_the_sites_own_sections_are_known_and_spelled_its_way(tmp_path: Path) -> None:
    text = f"Chuyện làng TIN TỨC - SỰ KIỆN\nTiêu đề của bản tin\n16/07/2020, 13:40{BODY}"
    outcome = bring_text(tmp_path, text, categories=["Chuyện làng", "Tin tức - sự kiện"])
    assert outcome.written
    assert read(outcome.written)[0].category == ("Chuyện làng", "Tin tức - sự kiện")


def test_unknown_sections_between_a_title_and_its_copy_are_cut_at_hard_spaces(
    tmp_path: Path,
) -> None:
    title = "Tiêu đề của bản tin"
    outcome = bring_text(
        tmp_path, f"{title}\nChuyện quê,chuyện phố\u00a0Nếp nhà \u00a0\n{title}{BODY}"
    )
    assert outcome.written
    assert read(outcome.written)[0].category == ("Chuyện quê, chuyện phố", "Nếp nhà")


def test_a_breadcrumb_names_sections(tmp_path: Path) -> None:
    outcome = bring_text(tmp_path, f"Trang chủ » Tin tức » Chuyện làng\nTiêu đề của bản tin{BODY}")
    assert outcome.written
    assert read(outcome.written)[0].category == ("Tin tức", "Chuyện làng")


def test_entries_of_other_news_are_dropped_and_text_after_them_is_kept(tmp_path: Path) -> None:
    after = "Một đoạn văn đứng sau danh sách vẫn là lời của bản tin, không được phép mất đi."
    text = f"Tiêu đề của bản tin{BODY}\n\nTIN MỚI HƠN\nHọp thôn\nRa quân dọn vệ sinh\n\n{after}"
    outcome = bring_text(tmp_path, text)
    assert outcome.written and outcome.draft
    dropped = [piece.text for piece in outcome.draft.dropped]
    assert dropped == ["TIN MỚI HƠN", "Họp thôn", "Ra quân dọn vệ sinh"]
    assert read(outcome.written)[1] == f"Thân bài.\n\n{after}"


def test_topic_and_keywords_are_kept_when_there_are_any(tmp_path: Path) -> None:
    text = f"Sự kiện - chuyên đề: Đại hội Đảng\nTiêu đề của bản tin{BODY}\n\n• Từ khóa: dân vận; xã"
    outcome = bring_text(tmp_path, text)
    assert outcome.written
    metadata = read(outcome.written)[0]
    assert (metadata.topic, metadata.tags) == (("Đại hội Đảng",), ("dân vận", "xã"))


def test_keywords_under_their_label(tmp_path: Path) -> None:
    outcome = bring_text(tmp_path, f"Tiêu đề của bản tin{BODY}\n\n• Từ khóa\ndân vận\ntiếp dân")
    assert outcome.written
    assert read(outcome.written)[0].tags == ("dân vận", "tiếp dân")


def test_a_sentence_that_mentions_furniture_stays(tmp_path: Path) -> None:
    said = "Bài hát có 65 lượt xem. Quay lại làng, anh Trả lời bà con: Xem tiếp!"
    outcome = bring_text(tmp_path, f"Tiêu đề của bản tin{BODY}\n\n{said}\n\nHết bài.")
    assert outcome.written
    assert said in read(outcome.written)[1].replace("\\", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tin tức - Sự kiện Thông báo", ("Tin tức – Sự kiện", "Thông báo")),
        ("Tin tức Thông báo", ("Tin tức", "Thông báo")),
        ("Tin tức từ thôn", ()),
        ("", ()),
    ],
)
def test_the_longest_known_section_is_taken_first(text: str, found: tuple[str, ...]) -> None:
    assert names.split_categories(text, ["Tin tức", "Tin tức – Sự kiện", "Thông báo"]) == found


LIKE_MARKDOWN = (
    *("1. Kết quả", "- gạch đầu dòng", "# thăng", "> trích", "--- ---", "+ cộng", "5) năm", "==="),
    *("*sao* và **hai sao**", "_gạch_ dưới a_b", "[nối](x.md) ![ảnh](y.png)", "<b>đậm</b> 3 < 5"),
    *("`mã`", "~~bỏ~~", "a &amp; b & c", "chú[^1] ^[thích]", "C:\\thư\\mục", "| a | b |", "~~~"),
    *("http://a.vn/x_y_z", "<http://a.vn>", "1.250 triệu", "16.7 là ngày"),
)


def reads_back(text: str) -> str:
    body, problems = markdown.read(writing.as_markdown(text), "x.md", 1, markdown.Options())
    assert not problems
    match = re.fullmatch(r"<p>(.*)</p>\n", body.html, re.DOTALL)
    assert match, body.html
    assert "<" not in match[1], body.html
    return html.unescape(match[1])


@pytest.mark.parametrize("text", LIKE_MARKDOWN)
def test_text_that_looks_like_markdown_reads_the_same(text: str) -> None:
    assert reads_back(text) == text


@settings(max_examples=200, deadline=None)
@given(st.text("ab1*_[]()<>&;#`~\\-+.!|:^=đ “”/x ", min_size=1, max_size=30))
def test_any_line_of_text_reads_the_same_as_markdown(text: str) -> None:
    line = findings.tidy(text)
    if line:
        assert reads_back(line) == line


# ---- mutations


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """One of our captures with bytes or lines cut, doubled, swapped, joined or put in."""
    content = draw(st.sampled_from(sorted(CAPTURES.iterdir()))).read_bytes()
    lines = content.split(b"\n")
    for _ in range(draw(st.integers(1, 6))):
        position = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(("cut", "double", "swap", "join", "bytes", "text", "short")))
        other = draw(st.integers(0, len(lines) - 1))
        if change == "cut" and len(lines) > 1:
            del lines[position]
        elif change == "double":
            lines.insert(other, lines[position])
        elif change == "swap":
            lines[position], lines[other] = lines[other], lines[position]
        elif change == "join" and position + 1 < len(lines):
            lines[position : position + 2] = [b" ".join(lines[position : position + 2])]
        elif change == "bytes":
            lines.insert(position, draw(st.binary(max_size=8)))
        elif change == "text":
            lines[position] += draw(st.text(max_size=12)).encode("utf-8", "replace")
        else:
            lines[position] = lines[position][: draw(st.integers(0, 20))]
    return b"\n".join(lines)


@settings(
    max_examples=150,
    deadline=timedelta(seconds=5),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(content=mutated(), date=st.sampled_from((None, "2021", "2021-11-17")))
def test_a_damaged_capture_gives_a_bulletin_or_a_message(
    content: bytes, date: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hong")
    outcome = bring_text(folder, content, date=date)
    assert outcome.written or outcome.problem
    if outcome.written:
        metadata, _ = read(outcome.written)
        assert metadata.date or metadata.review
    assert {path.split("/")[0] for path in files_in(folder)} <= {"content", "trang.txt"}


@pytest.mark.parametrize(
    "content",
    [
        "a […]\n" * 100_000,
        "Tiêu đề lặp lại\n" * 40_000,
        "Tiêu đề\n" + "Ảnh: Lan\n" * 80_000,
        "Tiêu đề\n" + "".join(f"Từ khóa: t{n}\n" for n in range(40_000)),
        "Tiêu đề\n\n" + "(" * 900_000,
        "Tiêu đề\n\n" + "Theo " * 150_000,
        "SỐ LƯỢT TRUY CẬP\n" + "4\n" * 400_000,
    ],
    ids=["excerpts", "titles", "credits", "keywords", "brackets", "words", "digits"],
)
def test_a_capture_made_to_take_long_does_not(content: str, tmp_path: Path) -> None:
    outcome = bring_text(tmp_path, content)
    assert outcome.written or outcome.problem


# ---- the real captures


@pytest.fixture(scope="module")
def real(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Metadata, str, Draft]]:
    """The five captured pages, imported: by the first three characters of the file name."""
    files = sorted((shared / "seeds").glob("*.txt"))
    to = tmp_path_factory.mktemp("content")
    report = import_captures(files, to)
    assert report.written == len(files) == 5
    assert import_captures(files, to).written == 0
    found = {}
    for outcome in report:
        assert outcome.written and outcome.draft
        found[Path(outcome.source).name[:3]] = (*read(outcome.written), outcome.draft)
    return found


Real = dict[str, tuple[Metadata, str, Draft]]


def test_the_first_real_capture(real: Real) -> None:
    metadata, body, draft = real["000"]
    assert metadata.date and metadata.date.iso == "2020-07-16T13:40:00+07:00"
    assert (metadata.views, metadata.author) == (147, ("Khánh Vy",))
    assert metadata.category == ("Tin tức – Sự kiện",)
    assert draft.visits == 49_986_552 and "import-no-image" in codes(draft)
    assert metadata.image and metadata.image.caption == "Quang cảnh Hội nghị"
    assert body.count("\n\n") == 3 and "Xem" not in body


def test_the_second_real_capture(real: Real) -> None:
    metadata, body, draft = real["001"]
    assert metadata.date is None and "28/09/2020" in metadata.review[0]
    assert metadata.source and metadata.source.name == "HNMO"
    assert metadata.status == "updating" and "[…]" not in body
    assert any(piece.text.endswith("[…]") for piece in draft.dropped)
    assert body.count("\n\n") == 4


def test_the_third_real_capture(real: Real) -> None:
    metadata, body, _ = real["002"]
    assert metadata.date and metadata.date.iso == "2019-09-11T18:11:27+07:00"
    assert (metadata.views, metadata.author) == (65, ("Thanh Phú",))
    assert "“năm dân vận" in metadata.title and body.count("\n\n") == 3


def test_the_fourth_real_capture(real: Real) -> None:
    metadata, body, _ = real["003"]
    assert metadata.author == ("Mỹ Lệ",) and metadata.date is None and metadata.review
    assert metadata.image and metadata.image.caption.startswith("Ban Chỉ đạo bàn")
    assert "Email" not in body and body.count("\n\n") == 4


def test_the_fifth_real_capture(real: Real) -> None:
    metadata, body, draft = real["004"]
    assert (metadata.author, metadata.photographer) == (("Hiếu Minh",), ("Đức Kiên",))
    assert metadata.category == (
        "Tin tức – Sự kiện",
        "Học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
    )
    assert metadata.date is None and metadata.event_date is None and metadata.review
    assert metadata.image and metadata.image.original == "TOA DAM GIÁM SAT.bmp"
    assert "import-no-image" in codes(draft) and "tố cao" in body and body.endswith("./.")
