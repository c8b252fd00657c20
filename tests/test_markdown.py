"""Bodies without any marks are set without the parser; nobody may see a difference."""

import itertools

import pytest

from danvan_site import markdown

SIGNS = [
    *"\\`*_~[]()<>&#+-=|:^!\"'/.,;{}@$%",
    *("---", "- - -", "===", "***", "```", "~~~", "    ", "  ", "\t", "\r", "\r\n", "\0", "\ufeff"),
    *(
        "1. ",
        "12) ",
        "123456789. ",
        "1234567890. ",
        "- ",
        "+ ",
        "> ",
        "# ",
        "####### ",
        ":-",
        "|-|",
    ),
    *(
        "a | b\n--|--\n",
        "a | b\n:-|-\n",
        "a\n:-\n",
        "[x]: y",
        "[^1]: y",
        "&amp;",
        "& ",
        "&#39;",
        "&nbsp",
        "<br>",
    ),
    *("http://a.vn", "www.a.vn", "a@b.vn", "(c)", "...", "\u00a0", "\u3000", "\u2028", "\u0085"),
    *("\x0b", "\x0c", "\x1c", "\u200b", "ﬁ", "😀", "\n", "\n\n\n", " \n", "\n ", "\\\n"),
]
# Where one of them stands, or two.
FRAMES = [
    "{0}", "{0}Bến Đá", "{0} Bến Đá", "Bến Đá{0}", "Bến Đá {0}", "Bến{0}Đá", "Bến {0} Đá",
    "Bến Đá\n{0}", "Bến Đá\n{0}họp dân", "Bến Đá{0}\nhọp dân", "Bến Đá\n{0}\nhọp dân",
    "Bến Đá\n\n{0}\n\nhọp dân", "Bến Đá\n\n{0}họp dân", "Bến Đá\n\nhọp {0} dân{0}\n",
    "{0}Bến Đá{1}", "Bến Đá\n{0}{1}", "{0}\n{1}", "{0}\n\n{1}họp dân", "Bến {0}{1} Đá",
]  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES)
def test_a_body_without_marks_is_set_as_the_parser_sets_it(frame: str) -> None:
    for pair in itertools.product(SIGNS, SIGNS if "{1}" in frame else [""]):
        text = frame.format(*pair)
        plain, _ = markdown.read(text, "x.md", 1, markdown.Options())
        if "<pre>" in plain.html:
            continue  # It was parsed; and code that is open to the end would hold what follows.
        # A definition that nothing refers to shows nowhere, but it needs the parser.
        defined = f"{text}\n\n[unused]: https://a.vn"
        parsed, _ = markdown.read(defined, "x.md", 1, markdown.Options())
        assert (plain.html, plain.opening) == (parsed.html, parsed.opening), repr(text)
