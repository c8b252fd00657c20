"""A webmaster's mistakes: every one placed, all of them at once, and nothing published."""

from pathlib import Path

import pytest

from tests.workbench import Workbench

GOOD = "title: Tin\ndate: 2020-07-16\n"

# File → (text, the place and code that it must give).
BROKEN = {
    "a-khoa-la.md": ("---\ntitle: Tin\ndate: 2020-07-16\nathor: Lan\n---\n", "4:1 unknown-key"),
    "b-thieu-date.md": ("---\ntitle: Tin\n---\n", "1:1 missing-key"),
    "c-thieu-title.md": ("---\ndate: 2020-07-16\n---\n", "1:1 missing-key"),
    "d-ngay-sai.md": ("---\ntitle: Tin\ndate: 2020-02-30\n---\n", "3:7 date-impossible"),
    "e-thu-sai.md": (
        "---\ntitle: Tin\ndate: Thứ Hai, 16/07/2020, 13:40\n---\n",
        "3:7 weekday-mismatch",
    ),
    "f-kieu-so.md": (f"---\n{GOOD}views: nhiều\n---\n", "4:8 expected-number"),
    "g-kieu-co-khong.md": (f"---\n{GOOD}featured: chắc vậy\n---\n", "4:11 expected-yes-no"),
    "h-hai-cham.md": ("---\ntitle: Tin: mới\ndate: 2020-07-16\n---\n", "2:11 yaml-colon"),
    "i-trang-thai.md": (f"---\n{GOOD}status: updatin\n---\n", "4:9 expected-one-of"),
    "k-khong-dau.md": ("Chỉ có thân bài.\n", "1:1 no-front-matter"),
    "l-khong-dong.md": ("---\ntitle: Tin\n", "1:1 front-matter-not-closed"),
    "m-thieu-anh.md": (
        f"---\n{GOOD}image: {{src: anh/x.svg, alt: Ảnh}}\n---\n",
        "4:14 image-not-found",
    ),
    "n-lien-ket.md": (f"---\n{GOOD}---\n\nXem [bài](khong-co.md).\n", "6:11 link-not-found"),
    "o-hai-lan.md": (f"---\n{GOOD}title: Nữa\n---\n", "4:1 duplicate-key"),
    "p-nguon.md": (f"---\n{GOOD}source:\n  name: Báo\n  url: bao.vn\n---\n", "6:8 bad-web-address"),
    "q-cap-nhat.md": (f"---\n{GOOD}updates:\n  - date: 2020-07-17\n---\n", "5:5 missing-key"),
    "r-dinh-kem.md": (
        f"---\n{GOOD}attachments: [bieu-mau.pdf]\n---\n",
        "4:15 attachment-not-found",
    ),
    "s-duong-dan.md": (f"---\n{GOOD}slug: Có Dấu\n---\n", "4:7 bad-slug"),
    "t-danh-sach.md": (f"---\n{GOOD}tags: {{a: b}}\n---\n", "4:7 expected-text"),
    "u-ngoac.md": ('---\ntitle: "Tin\ndate: 2020-07-16\n---\n', "2:8 yaml-quote"),
}  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Workbench:
    site = Workbench(tmp_path)
    site.bulletin("2020/07/tot.md")
    site.build()
    return site


def test_every_mistake_is_listed_with_its_place_and_nothing_is_published(site: Workbench) -> None:
    before = site.tree()
    for name, (text, _) in BROKEN.items():
        site.write(f"content/2020/07/{name}", text)
    site.bulletin("2020/07/trung-1.md", slug="trung")
    site.bulletin("2020/07/trung-2.md", slug="trung")
    outcome = site.run("build", "--json")
    assert outcome.code == 1
    expected = [f"content/2020/07/{name}:{place}" for name, (_, place) in BROKEN.items()]
    expected.append("content/2020/07/trung-2.md:1:1 same-address")
    assert sorted(outcome.problems) == sorted(expected)
    assert site.tree() == before


def test_messages_name_the_place_and_the_way_out_in_both_languages(site: Workbench) -> None:
    site.write("content/2020/07/x.md", f"---\n{GOOD}athor: Lan\n---\n")
    english = site.run("build", "--language", "en")
    assert english.code == 1
    assert "content/2020/07/x.md:4:1: " in english.stderr
    assert "athor" in english.stderr and "author" in english.stderr
    vietnamese = site.run("build", "--language", "vi")
    assert "content/2020/07/x.md:4:1: " in vietnamese.stderr
    assert "author" in vietnamese.stderr
    assert vietnamese.stderr != english.stderr


def test_a_file_that_is_not_utf_8_is_named_with_the_place_of_the_first_bad_byte(
    site: Workbench,
) -> None:
    file = site.folder / "content/2020/07/x.md"
    file.write_bytes("---\ntitle: Đủ\nlead: ".encode() + b"\xd0\xff\n---\n")
    assert site.run("build", "--json").problems == ["content/2020/07/x.md:3:7 not-utf-8"]


def test_windows_line_ends_and_a_byte_order_mark_are_taken_as_they_come(site: Workbench) -> None:
    file = site.folder / "content/2020/07/x.md"
    text = f"---\n{GOOD}slug: cua-so\n---\n\nDòng một.\n\nDòng hai.\n"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    site.build()
    assert "<p>Dòng hai.</p>" in site.page("2020/07/cua-so.html")


def test_a_decomposed_text_is_published_composed(site: Workbench) -> None:
    site.bulletin("2020/07/x.md", title="Hòa giải")
    site.build()
    assert "Hòa giải" in site.page("2020/07/x.html")


@pytest.mark.parametrize(
    ("written", "shown", "path"),
    [
        ("2020-07-16", "Thursday, 16/07/2020", "2020/07/x.html"),
        ("2020-07-16 13:40", "Thursday, 16/07/2020, 13:40", "2020/07/x.html"),
        ("2020-07-16T23:40:05Z", "Friday, 17/07/2020, 06:40", "2020/07/x.html"),
        ("Thứ Năm, 16/07/2020, 13:40", "Thursday, 16/07/2020, 13:40", "2020/07/x.html"),
        ("Thứ 4, 11.09.2019 | 18:11:27", "Wednesday, 11/09/2019, 18:11", "2019/09/x.html"),
        ("2022-08", "August 2022", "2022/08/x.html"),
        ("2022", "2022", "2022/x.html"),
    ],
)
def test_dates_are_read_as_precise_as_they_are(
    site: Workbench, written: str, shown: str, path: str
) -> None:
    site.bulletin("2020/07/x.md", date=written)
    site.build()
    assert f">{shown}</time>" in site.page(path)


def test_a_new_title_does_not_move_the_page_and_a_slug_does(site: Workbench) -> None:
    site.bulletin("2020/07/x.md", title="Một")
    site.build()
    site.bulletin("2020/07/x.md", title="Hai")
    site.build()
    assert "Hai" in site.page("2020/07/x.html")
    site.bulletin("2020/07/x.md", title="Hai", slug="hai")
    site.build()
    assert not (site.output / "2020/07/x.html").exists()
    assert "Hai" in site.page("2020/07/hai.html")


def test_what_is_not_for_publishing_is_left_out_and_counted(site: Workbench) -> None:
    site.bulletin("2020/07/nhap.md", title="Bản nháp kín", draft=True)
    site.bulletin("2020/07/mai.md", title="Tin của ngày mai", date="2199-01-01")
    site.bulletin("2020/07/cu.md", title="Tin đã hết hạn", expires="2021-01-01")
    site.bulletin("2020/07/cho.md", title="Tin chờ xét", date=None, review="thiếu ngày")
    report = site.build().report
    assert {reason: len(paths) for reason, paths in report["left_out"].items()} == {
        "draft": 1, "expired": 1, "future": 1, "review": 1,
    }  # fmt: skip
    everything = b"".join(site.tree().values()).decode("utf-8", "replace")
    for title in ("Bản nháp kín", "Tin của ngày mai", "Tin đã hết hạn", "Tin chờ xét"):
        assert title not in everything
    assert site.build("--drafts", "--future").report["bulletins"] == 3


def test_time_alone_publishes_what_waits_for_its_day(site: Workbench) -> None:
    site.bulletin("2020/07/mai.md", date="2030-01-02 08:00")
    site.build(SOURCE_DATE_EPOCH="1893546000")  # 2030-01-02 01:00 UTC = 08:00 in Vietnam
    assert (site.output / "2030/01/mai.html").exists()
    site.build(SOURCE_DATE_EPOCH="1893545999")
    assert not (site.output / "2030/01/mai.html").exists()


def test_raw_html_is_shown_as_text_unless_the_settings_have_it_cleaned(site: Workbench) -> None:
    body = 'Chữ <b onclick="x()">đậm</b> <script>alert(1)</script>\n'
    site.bulletin("2020/07/x.md", body)
    site.build()
    assert "&lt;script&gt;" in site.page("2020/07/x.html")
    site.write("site.yaml", "title: Tin\nmarkdown: {html: sanitize}\n")
    site.build()
    page = site.page("2020/07/x.html")
    assert "<b>đậm</b>" in page
    assert "alert(1)" not in page and "onclick" not in page


def test_links_to_other_bulletins_are_checked_and_rewritten(site: Workbench) -> None:
    site.bulletin("2019/03/y.md", "## Mục một\n\nChữ.\n", date="2019-03-05", slug="bai-y")
    site.bulletin("2020/07/x.md", "[Y](../../2019/03/y.md#muc-mot) [Z](/2019/03/y.md)\n")
    site.build()
    page = site.page("2020/07/x.html")
    assert 'href="../../2019/03/bai-y.html#muc-mot"' in page
    assert 'href="../../2019/03/bai-y.html"' in page
    site.bulletin("2020/07/x.md", "Chữ\n\n[Y](../../2019/03/y.md#muc-hai)\n")
    outcome = site.run("build", "--json")
    assert outcome.problems == ["content/2020/07/x.md:9:5 anchor-not-found"]


def test_a_link_to_a_draft_is_a_warning_and_leads_nowhere_dead(site: Workbench) -> None:
    site.bulletin("2020/07/nhap.md", draft=True)
    site.bulletin("2020/07/x.md", "[nháp](nhap.md)\n")
    outcome = site.build()
    assert outcome.problems == ["content/2020/07/x.md:7:8 link-to-unpublished"]
    assert 'href="../../404.html"' in site.page("2020/07/x.html")
    assert site.run("build", "--strict").code == 1


def test_an_active_svg_is_refused(site: Workbench) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    site.write("content/2020/07/x.svg", svg)
    site.bulletin("2020/07/x.md", "![Hình](x.svg)\n")
    assert site.run("build", "--json").problems == ["content/2020/07/x.md:7:9 unsafe-svg"]


def test_all_mistakes_of_the_settings_are_listed_too(site: Workbench) -> None:
    site.write(
        "site.yaml",
        "title: Tin\nlanguage: fr\npage_sise: 3\nunits:\n  - {name: A, successor: B}\n"
        "partners:\n  - {name: X, url: javascript:x}\n",
    )
    outcome = site.run("build", "--json")
    assert outcome.code == 1
    assert outcome.problems == [
        "site.yaml:2:11 expected-one-of",
        "site.yaml:3:1 unknown-key",
        "site.yaml:5:26 unknown-unit",
        "site.yaml:7:20 bad-web-address",
    ]


def test_front_matter_that_opens_brackets_without_end_is_refused(site: Workbench) -> None:
    site.write("content/2020/07/x.md", f"---\ntags: {'[' * 90_000}\n---\n")
    outcome = site.run("build", "--json")
    assert outcome.code == 1
    assert outcome.problems == ["content/2020/07/x.md:2:56 yaml-deep"]
