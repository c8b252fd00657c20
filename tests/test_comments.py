"""Readers' comments: their files, the pages that show them, and what brings them along."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danvan_site import comments, schema
from danvan_site.comments import Comment
from danvan_site.dates import Moment

DAY = Moment(2020, 7, 17)


def read(text: str) -> tuple[tuple[Comment, ...], list[str]]:
    """Read a file; return its comments, and place and code of each problem."""
    source = schema.Source("a.comments.yaml")
    found = comments.read(text, source)
    return found, [f"{each.place} {each.code}".partition(":")[2] for each in source.problems]


# The file


def test_a_file_says_who_wrote_what_when_and_to_whom() -> None:
    found, problems = read(
        "- id: y1\n  author: Nguyễn Thị  Lan\n  date: 17/07/2020, 8:05\n  body: |\n"
        "    Rất hay.\n\n\n\n    Cảm ơn *mọi người*.\n"
        "- author: Ban biên tập\n  date: 2020-07-18\n  reply_to: y1\n  body: Cảm ơn bạn.\n"
    )
    assert not problems
    assert found == (
        Comment(
            "Nguyễn Thị Lan",
            Moment(2020, 7, 17, "08:05", "+07:00"),
            "Rất hay.\n\nCảm ơn *mọi người*.",
            "y1",
        ),
        Comment("Ban biên tập", Moment(2020, 7, 18), "Cảm ơn bạn.", reply_to="y1"),
    )


@pytest.mark.parametrize("text", ["", "\n", "# chưa có\n", "[]\n", "~\n"])
def test_a_file_can_be_empty(text: str) -> None:
    assert read(text) == ((), [])


ONE = "- id: a\n  author: Lan\n  date: 2020-07-17\n  body: Hay.\n"
BROKEN = {
    "author: Lan\n": "1:1 comments-no-list",
    "chữ\n": "1:1 comments-no-list",
    "- chữ\n": "1:3 expected-mapping",
    ONE + "- author: Lan\n  date: 2020-07-17\n": "5:3 missing-key",
    ONE + "  email: lan@example.org\n": "5:3 unknown-key",
    ONE + "  ip: 192.0.2.1\n": "5:3 unknown-key",
    ONE + "  reply_to: b\n": "5:13 comment-reply-unknown",
    ONE + "  reply_to: a\n": "5:13 comment-reply-circle",
    ONE + ONE: "5:7 comment-id-twice",
    ONE.replace("id: a", "id: <script>"): "1:7 bad-id",
    ONE.replace("2020-07-17", "hôm qua"): "3:9 date-unreadable",
    ONE.replace("Hay.", "[a, b]"): "4:9 expected-text",
    ONE.replace("Hay.", "a" * 20_001): "4:9 comment-too-long",
    ONE.replace("Lan", "a" * 201): "2:11 comment-too-long",
    ONE.replace("  body", "\tbody"): "4:1 yaml-tab",
    ONE * 2001: "8001:3 comments-too-many",
    "- " * 5000: "1:101 yaml-deep",
    "[" * 90_000: "1:51 yaml-deep",
}


@pytest.mark.parametrize("text", BROKEN, ids=BROKEN.values())
def test_what_is_wrong_has_its_place(text: str) -> None:
    assert read(text)[1] == [BROKEN[text]]


def chain(number: int) -> list[Comment]:
    return [
        Comment("Lan", DAY, f"Ý {each}", f"y{each}", f"y{each - 1}" if each else "")
        for each in range(number)
    ]


def test_replies_have_a_depth_and_no_circles() -> None:
    assert read(comments.compose(chain(10)))[1] == []
    assert read(comments.compose(chain(11)))[1] == ["63:13 comment-too-deep"]
    circle = [*chain(3)[1:], Comment("Lan", DAY, "Ý", "y0", "y2")]
    assert len(read(comments.compose(circle))[1]) == 3
    assert comments.depths_of(circle) == [0, 0, 0]
    assert comments.depths_of(chain(2000)[::-1])[0] == 2000


def test_comments_of_other_programs_are_made_to_fit() -> None:
    late = Comment("", Moment(2020, 7, 18), " Có \r\n\r\n\r\n\r\n lý ", "có dấu", "mất")
    fitted, left_out = comments.fitted([late, *chain(13), Comment("Lan", DAY, " \u200b\n")])
    assert [each.body for each in left_out] == [" \u200b\n"]
    assert fitted[-1] == Comment("Ẩn danh", Moment(2020, 7, 18), "Có\n\n lý")
    assert max(comments.depths_of(fitted)) == 10
    assert [each.reply_to for each in fitted[9:13]] == ["y8"] * 4
    many = comments.fitted(Comment("Lan", DAY, "Ý") for _ in range(2003))
    assert [len(each) for each in many] == [2000, 3]


texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\r \t:-#'\"|>&*{}[]"))
dates = st.builds(Moment, st.just(2020), st.integers(1, 12), st.integers(1, 28))
names = st.sampled_from(["", "a", "b", "c", "d", "lạ"])
written = st.lists(st.builds(Comment, texts, dates, texts, names, names), max_size=8)


@settings(max_examples=300, deadline=None)
@given(written)
def test_what_was_made_to_fit_reads_as_it_was_written(some: list[Comment]) -> None:
    fitted, left_out = comments.fitted(some)
    assert len(fitted) + len(left_out) == len(some)
    assert read(comments.compose(fitted)) == (fitted, [])
