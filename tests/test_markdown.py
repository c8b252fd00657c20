"""Bodies without any marks are set without the parser; nobody may see a difference."""

from hypothesis import given, settings
from hypothesis import strategies as st

from danvan_site import markdown

PIECES = st.sampled_from(
    [
        *"abạệ .,:;-+=#>!?()]{}|^\"'&/129",
        *(
            "\n",
            "\n\n",
            "\n\n\n",
            "  ",
            "1. ",
            "12) ",
            "- ",
            " & ",
            "&amp;",
            "---",
            "===",
            "|-|",
            "\t",
        ),
        *(
            "http://a.vn",
            "www.a.vn",
            "a@b.vn",
            "(c)",
            "...",
            "\u00a0",
            "\u3000",
            "\u2028",
            "\u0085",
        ),
        *("\x0b", "\x0c", "\x1c", "\ufeff", "ﬁ", "😀", "Thôn Bến Đá họp dân. "),
    ]
)


@settings(max_examples=2_000, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_a_body_without_marks_is_set_as_the_parser_sets_it(text: str) -> None:
    plain, _ = markdown.read(text, "x.md", 1, markdown.Options())
    # A definition that nothing refers to shows nowhere, but it needs the parser.
    parsed, _ = markdown.read(f"{text}\n\n[x]: https://a.vn", "x.md", 1, markdown.Options())
    assert (plain.html, plain.opening) == (parsed.html, parsed.opening)
