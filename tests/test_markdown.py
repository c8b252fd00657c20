"""Bodies without any marks are set without the parser; nobody may see a difference."""

import itertools

import pytest
from jinja2 import UndefinedError

from danvan_site import citations, limits, markdown
from danvan_site.environment import Environment

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


# Addresses, and what of HTML is let through.  What browsers make of it: test_xss.py.

Found = tuple[str, list[tuple[str, str, bool]], list[tuple[str, str]]]


def found(text: str, html: str = "off") -> Found:
    """Return a body's HTML, its references, its problems with their places and details."""
    options = markdown.Options(html, 'Bảng "rộng" <&>', 'Về "trước"')
    body, problems = markdown.read(text, "x.md", 5, options)
    return (
        body.html.strip(),
        [(each.target, each.fragment, each.image) for each in body.references],
        [(f"{each.code} {each.place}", each.details.get("found", "")) for each in problems],
    )


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS", "mailto", "tel"])
@pytest.mark.parametrize("html", ["off", "sanitize"])
def test_links_of_known_schemes_are_links(scheme: str, html: str) -> None:
    address = f"{scheme}://a.vn/b#c" if scheme.lower().startswith("http") else f"{scheme}:0123"
    shown, references, problems = found(f"[a]({address})", html)
    assert problems == []
    is_web = scheme.lower().startswith("http")
    is_kept = address.startswith(("http:", "https:"))  # only all bulletins know whether it is ours
    assert references == ([(address, "", False)] if is_kept else [])
    href = "danvan:0" if is_kept else address
    rel = ' rel="noopener"' if is_web or html == "sanitize" else ""
    assert shown == f'<p><a href="{href}"{rel}>a</a></p>'


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:x",
        "data:text/html,x",
        "vbscript:x",
        "x+y.z-1:a",
        "//a.vn/b",
    ],
)
@pytest.mark.parametrize("html", ["off", "sanitize"])
def test_links_of_other_schemes_lead_nowhere(address: str, html: str) -> None:
    shown, references, problems = found(f"[a]({address})", html)
    assert 'href="#"' in shown and address not in shown
    assert references == []
    assert problems == [("link-scheme x.md:5:5", address)]
    shown, references, problems = found(f'<a href="{address}">a</a>', "sanitize")
    # What is no address at all to the cleaner is gone before anything is said of it.
    is_told = address.startswith("//")
    assert ('href="#"' in shown, "href" in shown) == (is_told, is_told)
    assert problems == ([("link-scheme x.md:5:10", address)] if is_told else [])


def test_a_long_address_is_shown_in_part() -> None:
    _, _, problems = found("[a](x:" + "y" * 400 + ")")
    assert problems[0][1] == "x:" + "y" * 298


@pytest.mark.parametrize("address", ["https://a.vn/b.jpg", "//a.vn/b.jpg", "data:image/png,x"])
@pytest.mark.parametrize("form", ["![ảnh chợ]({})", '<img src="{}" alt="ảnh chợ">'])
def test_pictures_of_others_are_not_shown(address: str, form: str) -> None:
    shown, references, problems = found(form.format(address), "sanitize")
    assert "a.vn" not in shown and "data:" not in shown and references == []
    if 'src="#"' in shown:
        assert [code.split(" ")[0] for code, _ in problems] == ["image-external"]
    else:
        assert "src" not in shown and address.startswith("data:")


def test_what_names_files_is_numbered_and_decoded() -> None:
    text = "[a](../b%20c.md#d%20e) [f](g.aspx?h=%20i#j) ![ảnh chợ](k.jpg) [l](#m) [n](o.md)"
    shown, references, problems = found(text)
    assert problems == []
    assert references == [
        ("../b c.md", "d e", False), ("g.aspx?h=%20i", "j", False), ("k.jpg", "", True),
        ("", "m", False), ("o.md", "", False),
    ]  # fmt: skip
    assert shown == (
        '<p><a href="danvan:0">a</a> <a href="danvan:1">f</a>'
        ' <img src="danvan:2" alt="ảnh chợ" loading="lazy" /> <a href="danvan:3">l</a>'
        ' <a href="danvan:4">n</a></p>'
    )


def test_a_picture_is_described_or_missed() -> None:
    assert [code for code, _ in found("x ![](a%20b.jpg)")[2]] == ["image-without-alt x.md:5:7"]
    _, problems = markdown.read("![a-b.jpg](%61-b.jpg)", "x.md", 1, markdown.Options())
    assert [(each.code, each.details) for each in problems] == [
        ("image-alt-is-file-name", {"key": "![]", "src": "a-b.jpg", "alt": "a-b.jpg"})
    ]
    _, problems = markdown.read("![ ](a.jpg)", "x.md", 1, markdown.Options())
    assert [each.details for each in problems] == [{"key": "![]", "src": "a.jpg"}]


def test_references_are_made_by_us_alone() -> None:
    text = (
        '[a](b.md) ![ảnh chợ](c.jpg)\n\n<p><a href="danvan:0">d</a> <a href="danvan:1">e</a>'
        ' <a href="danvan:2">f</a> <a href="danvan:²">f</a> <a href="danvan:00000000">f</a>'
        ' <a href="danvan:">f</a> <img src="danvan:1" alt="g h"><img src="danvan:0" alt="i k">'
        '<a href="l.md">l</a> <img src="m.jpg" alt="n o"> <a href="#p">p</a></p>'
    )
    shown, references, _ = found(text, "sanitize")
    assert [target for target, _, _ in references] == ["b.md", "c.jpg", "l.md", "m.jpg"]
    addresses = [part.split('"')[1] for part in shown.replace("src=", "href=").split("href=")[1:]]
    assert addresses == [
        "danvan:0", "danvan:1", "danvan:0", "#", "#", "#", "#", "#", "danvan:1", "#", "danvan:2",
        "danvan:3", "#p",
    ]  # fmt: skip


def test_html_is_text_or_cleaned() -> None:
    bad = '<b onclick="x" style="y" id="z">a</b><script>x</script><b id="_a" class="c">b</b>'
    assert "<b" not in found(f"x {bad}")[0] and "&lt;script&gt;" in found(f"x {bad}")[0]
    shown = found(f"x {bad}", "sanitize")[0]
    assert shown == '<p>x <b id="z">a</b><b class="c">b</b></p>'
    kept = (
        '<section role="note" aria-label="a" lang="vi" title="b"><figure><figcaption>c</figcaption>'
        "</figure><details><summary>d</summary></details></section>"
        '<table><tbody><tr><th class="a" colspan="2" rowspan="2" scope="col">e</th>'
        '<td class="a" colspan="2" rowspan="2">f</td></tr></tbody></table>'
        '<a href="danvan:0" hreflang="en" rel="noopener">g</a><p tabindex="0">h</p>'
    )
    given = kept.replace('href="danvan:0"', 'href="i.md"').replace(' rel="noopener"', "")
    assert found(given, "sanitize")[0] == kept
    # Looks are not their matter.
    looks = given.replace("<th ", '<th align="left" headers="z" ').replace("<td ", '<td width="1" ')
    looks = looks.replace("<td ", '<td align="left" ').replace(
        "<a ", '<a target="_blank" ping="z" '
    )
    assert looks.count("align") == 2 and found(looks, "sanitize")[0] == kept
    for address in ("http://a.vn/b", "https://a.vn/b"):
        shown, references, problems = found(f'<a href="{address}">a</a>', "sanitize")
        assert shown == '<p><a href="danvan:0" rel="noopener">a</a></p>'
        assert (references, problems) == ([(address, "", False)], [])
    for address in ("mailto:a@b.vn", "tel:012"):
        assert f'href="{address}"' in found(f'<a href="{address}">a</a>', "sanitize")[0]


def test_labels_of_settings_stay_texts() -> None:
    shown = found("a | b\n--|--\n1 | 2\n\nx[^1] ~~y~~\n\n[^1]: z\n")[0]
    assert 'aria-label="Bảng &quot;rộng&quot; &lt;&amp;>"' in shown
    assert 'aria-label="Về &quot;trước&quot;"' in shown
    assert "<s>y</s>" in shown
    assert shown.count("<div") == shown.count("</div>") == 2
    assert found("a & <b>")[0] == "<p>a &amp; &lt;b&gt;</p>"
    assert found('a > b "c"\nd\n\ne')[0] == "<p>a &gt; b &quot;c&quot;\nd</p>\n<p>e</p>"


def test_addresses_are_put_in_as_texts() -> None:
    html = (
        '<p><a href="danvan:0" rel="noopener">a</a> <a href="danvan:1" rel="noopener">b</a>'
        ' <a href="danvan:3">c</a> <img src="danvan:2" alt="d"><img src="x.jpg"></p>'
    )
    addresses = ['https://a.vn/?b=1&c="<d>', "../e.html", "f.jpg"]
    shown = markdown.resolve(html, addresses, {})
    assert shown == (
        '<p><a href="https://a.vn/?b=1&amp;c=&quot;&lt;d>" rel="noopener">a</a>'
        ' <a href="../e.html">b</a> <a href="#">c</a> <img src="f.jpg" alt="d">'
        '<img src="x.jpg"></p>'
    )
    assert markdown.resolve("<p>a</p>", [], {}) == "<p>a</p>"
    seen = []

    def show(number: int, attributes: object) -> str | None:
        seen.append((number, attributes))
        return "<picture></picture>" if number == 2 else None

    assert "<picture></picture><img" in markdown.resolve(html, addresses, {}, show)
    assert seen == [(2, {"src": "danvan:2", "alt": "d"})]
    other = '<img src="danvan:1" alt="danvan:2">'
    assert markdown.resolve(other, addresses, {}, show) == '<img src="../e.html" alt="danvan:2">'
    assert "van-ban.html" in markdown.resolve(
        citations.marked("<p>10/2022/QH15</p>")[0], [], {"10-2022-qh15": "van-ban.html"}
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b** `c` <b>", "<p><em>a</em> <strong>b</strong> `c` &lt;b&gt;</p>"),
        ("a\nb\\*c &amp; d", "<p>a<br>\nb*c &amp; d</p>"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
        ("- a", "<ul>\n<li>a</li>\n</ul>"),
        ("# a", "<p># a</p>"),
        ("[a](https://b.vn/?c&d)",
         '<p><a href="https://b.vn/?c&amp;d" rel="nofollow ugc noopener">a</a></p>'),
        ("[a](MAILTO:b@c.vn)", '<p><a href="MAILTO:b@c.vn" rel="nofollow ugc noopener">a</a></p>'),
        ("<tel:012>", '<p><a href="tel:012" rel="nofollow ugc noopener">tel:012</a></p>'),
        ("[a](javascript:b)", "<p>[a](javascript:b)</p>"),
        ("[a](b.md)", "<p>[a](b.md)</p>"),
        ("[a](//b.vn)", "<p>[a](//b.vn)</p>"),
        ("![a<](https://b.vn/c.jpg)", "<p>![a&lt;](https://b.vn/c.jpg)</p>"),
    ],
)  # fmt: skip
def test_a_comment_is_no_more_than_text_and_links_into_the_web(text: str, html: str) -> None:
    assert markdown.read_comment(text)[0].strip() == html


def test_no_more_problems_are_kept_than_anybody_reads() -> None:
    text = "[a](x:y)\n" * (limits.PROBLEMS + 1)
    assert len(found(text)[2]) == limits.PROBLEMS


def test_templates_escape_all_but_html() -> None:
    environment = Environment(autoescape=True)
    environment.use({"a": "<1>", "b": "<{x}> & {y}", "c": "{x!r}", "d": "{{{x}}}"})

    def page(text: str, **values: object) -> str:
        return environment.from_string(text).render(values)

    assert page("{{ x }}<b>{{ x|safe }}{{ n }}", x="<&'\">", n=1) == (
        "&lt;&amp;&#39;&#34;&gt;<b><&'\">1"
    )

    class Text(str):
        pass

    assert page("{{ x }}", x=Text("<")) == "&lt;"
    assert page("{{ x }}", x=None) == "None"
    assert page("{% autoescape false %}{{ x }}{% endautoescape %}{{ x }}", x="<") == "<&lt;"
    assert page("{{ t('a') }}") == "&lt;1&gt;"
    assert page("{{ t('b', x=v, y=v|safe) }}", v="<") == "&lt;&lt;&gt; &amp; <"
    assert page("{{ t('d', x=v) }}", v="<") == "{&lt;}"
    assert page("{{ t('c', x=v) }}", v="<") == "&#39;&lt;&#39;"
    for wrong in ("{{ t('z') }}", "{{ t('b', x=1) }}"):
        with pytest.raises((KeyError, UndefinedError)):
            page(wrong)
    assert page("{{ t(k) }}", k="a") == "&lt;1&gt;"
    assert page("{{ f('a') }}", f=str.upper) == "A"
