"""Exports of WordPress become bulletins: one export that has all there is, imported and built once;
and what becomes of damaged, hostile and interrupted ones."""

from __future__ import annotations

import http.server
import io
import json
import random
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from danvan_site.importers.frame import ImportFailure, Item
from danvan_site.importers.wordpress.importing import importing
from tests.damage import damaged as damaged_at_random
from tests.exports import (
    HEAD,
    HOST,
    NAMESPACES,
    attachment,
    cdata,
    comment,
    export,
    item,
    meta,
    term,
)
from tests.killing import killed_import, kills
from tests.workbench import Outcome, Workbench

SHORT = "Bà con họp bàn việc làng."


def picture(colour: str = "red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(data, "JPEG")
    return data.getvalue()


@dataclass
class Case:
    """An item, and what is to become of it: keys of the front matter (None: no such key), the body,
    words of the report."""

    item: str
    fields: dict[str, Any] = field(default_factory=dict)
    body: str | None = None
    told: Sequence[str] = ()


CASES = {
    "paragraphs": Case(
        item(1, "Một", "Đoạn một\nhai dòng.\n\nĐoạn "
                       "<em>hai</em>.\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        body="Đoạn một\\\nhai dòng.\n\nĐoạn *hai*.\n\n- a\n- b\n",
    ),
    "blocks": Case(
        item(
            2,
            "Hai",
            '<!-- wp:paragraph {"align":"justify"} -->\n<p>Chữ\ntrong khối.</p>\n'
            "<!-- /wp:paragraph -->\n\n<!-- wp:heading -->\n<h2>Mục</h2>\n<!-- /wp:heading -->\n"
            '<!-- wp:columns --><div class="wp-block-columns"><!-- wp:column --><div>'
            "<p>Cột một.</p></div><!-- /wp:column --></div><!-- /wp:columns -->\n"
            '<!-- wp:latest-posts {"postsToShow":3} /-->',
        ),
        body="Chữ trong khối.\n\n## Mục\n\nCột một.\n",
        told=["wp:latest-posts"],
    ),
    "shared block": Case(
        item(3, "Ba", '<!-- wp:paragraph --><p>Trên.</p><!-- /wp:paragraph -->\n'
                      '<!-- wp:block {"ref":900} /-->'),
        body="Trên.\n\nDùng chung cho nhiều bài.\n",
    ),
    "caption": Case(
        item(
            4,
            "Bốn",
            f'[caption id="attachment_801" align="aligncenter" width="300"]<a '
            f'href="{HOST}/wp-content/'
            f'uploads/2020/07/cau.jpg"><img '
            f'src="{HOST}/wp-content/uploads/2020/07/cau-300x200.jpg" '
            'alt="Cầu phao bắc qua sông" /></a> Cầu phao sau <b>ba ngày</b> làm[/caption]\n\nSau '
            'ảnh.',
        ),
        body="![Cầu phao bắc qua sông](/media/2020/07/cau-HASH.jpg)\n\n"
        "*Cầu phao sau **ba ngày** làm*\n\nSau ảnh.\n",
    ),
    "old caption": Case(
        item(5, "Năm", f'[wp_caption caption="Chú thích cũ"]<img '
                       f'src="{HOST}/wp-content/uploads/2020/'
                       '07/cau.jpg" alt="Cầu phao" />[/wp_caption]'),
        body="![Cầu phao](/media/2020/07/cau-HASH.jpg)\n\n*Chú thích cũ*\n",
    ),
    "gallery": Case(
        item(6, "Sáu", 'Xem ảnh.\n\n[gallery ids="801,802" columns="2"]'),
        body="Xem ảnh.\n\n![Cầu phao mới](/media/2020/07/cau-HASH.jpg)\n\n"
        "![Chợ họp sớm](/media/2020/07/cho-HASH.jpg)\n\n*Chợ họp sớm*\n",
    ),
    "gallery of what belongs to the post": Case(
        item(7, "Bảy", "[gallery]"),
        body="![Bến đò](/media/2020/07/ben-do-HASH.jpg)\n",
    ),
    "embed": Case(
        item(8, "Tám", "[embed]https://youtu.be/abcdefg[/embed]\n\nhttps://example.org/phim\n\n"
                       '[video mp4="https://example.org/a.mp4"][/video]'),
        body="[https://youtu.be/abcdefg](https://youtu.be/abcdefg)\n\n"
        "[https://example.org/phim](https://example.org/phim)\n\n"
        "[https://example.org/a.mp4](https://example.org/a.mp4)\n",
    ),
    "embed block": Case(
        item(9, "Chín", '<!-- wp:embed {"url":"https://youtu.be/abcdefg"} -->\n<figure class='
                        '"wp-block-embed"><div class="wp-block-embed__wrapper">\n'
                        "https://youtu.be/abcdefg\n</div></figure>\n<!-- /wp:embed -->"),
        body="[https://youtu.be/abcdefg](https://youtu.be/abcdefg)\n",
    ),
    "shortcodes of plug-ins": Case(
        item(10, "Mười", '[vc_row][vc_column width="1/2"]Chữ ở trong.[/vc_column][/vc_row]\n\n'
                         '[contact-form-7 id="5" title="Liên hệ"]\n\n[pdf-embedder url="'
                         'https://example.org/a.pdf"]'),
        body="Chữ ở trong.\n\n[https://example.org/a.pdf](https://example.org/a.pdf)\n",
        told=["[vc_row]", "[contact-form-7]", "[pdf-embedder]"],
    ),
    "brackets that are none": Case(
        item(11, "Mười một", "Ghi chú [1], [Ảnh: Hà], [sic] và [[gallery]]."),
        body="Ghi chú [1], [Ảnh: Hà], [sic] và [gallery].\n",
    ),
    "categories with parents": Case(
        item(12, "Mười "
                 "hai", SHORT, term("Tin xã", "tin-xa") + term("họp dân", "hop-dan", "post_tag")
             + term("Chưa phân loại", "uncategorized") + term("Số 5", "so-5", "chuyen-san")),
        {"category": ["Tin xã", "Tin tức"], "tags": ["họp dân"]},
        told=["chuyen-san: Số 5"],
    ),
    "author by name": Case(item(13, "Mười ba", SHORT), {"author": ["Thu Hà"]}),
    "author without a name": Case(
        item(14, "Mười bốn", SHORT, creator="admin"), {"author": None}, told=["author"]
    ),
    "family name "
    "first": Case(item(15, "Mười lăm", SHORT, creator="sau"), {"author": ["Lê Văn Sáu"]}),
    "several authors": Case(
        item(16, "Mười "
                 "sáu", SHORT, term("Mai Lan", "cap-mai", "author") + term("thuha", "a", "author")),
        {"author": ["Mai Lan", "Thu Hà"]},
    ),
    "date in the site's zone": Case(
        item(17, "Mười "
                 "bảy", SHORT, post_date="2020-07-16 "
                                         "20:30:00", post_date_gmt="2020-07-16 20:30:00"),
        {"date": "2020-07-17 03:30:00"},
    ),
    "date without the world's clock": Case(
        item(18, "Mười tám", SHORT, post_date_gmt="0000-00-00 00:00:00"),
        {"date": "2020-07-16 13:40:00"},
    ),
    "no date": Case(
        item(19, "Mười chín", SHORT, post_date="0000-00-00 00:00:00",
             post_date_gmt="0000-00-00 00:00:00"),
        {"date": None, "review": ["không rõ ngày đăng – hãy điền date rồi xóa dòng này"]},
    ),
    "excerpt": Case(
        item(20, "Hai mươi", SHORT, excerpt="<p>Một tóm tắt &amp; hơn.</p>"),
        {"lead": "Một tóm tắt & hơn."},
    ),
    "excerpt that is the beginning": Case(
        item(21, "Hai mốt", f"{SHORT}\n\nThêm.", excerpt="Bà con họp bàn […]"),
        {"lead": None},
        f"{SHORT}\n\nThêm.\n",
    ),
    "featured image": Case(
        item(22, "Hai hai", SHORT, meta("_thumbnail_id", "802")),
        {"image": {"src": "/media/2020/07/cho-HASH.jpg", "alt": "Chợ họp sớm",
                   "caption": "Chợ họp sớm"}},
        f"{SHORT}\n",
    ),
    "featured image without words": Case(
        item(23, "Hai ba", SHORT, meta("_thumbnail_id", "804")),
        {"image": {"src": "/media/2020/07/img-0001-HASH.jpg",
                   "alt": "Ảnh minh họa cho bài “Hai ba”"}},
        told=["import-picture-undescribed"],
    ),
    "featured image once more in the text": Case(
        item(24, "Hai bốn", f'<img class="wp-image-801" src="{HOST}/wp-content/uploads/2020/07/'
             f'cau-1024x768.jpg" alt="" />\n\n{SHORT}', meta("_thumbnail_id", "801")),
        {"image": {"src": "/media/2020/07/cau-HASH.jpg", "alt": "Cầu phao mới"}},
        f"{SHORT}\n",
    ),
    "picture without words of its own": Case(
        item(25, "Hai lăm", f'<img class="wp-image-801" src="{HOST}/wp-content/uploads/2020/07/'
             'cau-300x200.jpg" alt="IMG_1234" />'),
        body="![Cầu phao mới](/media/2020/07/cau-HASH.jpg)\n",
    ),
    "picture that nobody described": Case(
        item(26, "Hai sáu", f'<img class="wp-image-804" src="{HOST}/wp-content/uploads/2020/07/'
             'IMG_0001.jpg" alt="" />'),
        body="[Ảnh chưa có lời mô tả](/media/2020/07/img-0001-HASH.jpg)\n",
        told=["import-picture-undescribed"],
    ),
    "picture that is not there": Case(
        item(27, "Hai bảy", f'<img src="{HOST}/wp-content/uploads/2019/mat.jpg" alt="Đã mất" />'),
        body=f"[Đã mất]({HOST}/wp-content/uploads/2019/mat.jpg)\n",
        told=["import-file-missing"],
    ),
    "picture that is none": Case(
        item(28, "Hai tám", f'<img src="{HOST}/wp-content/uploads/2020/07/hong.jpg" alt="Hỏng" />'),
        body=f"[Hỏng]({HOST}/wp-content/uploads/2020/07/hong.jpg)\n",
        told=["import-file-unreadable"],
    ),
    "document": Case(
        item(29, "Hai "
                 "chín", f'<a href="{HOST}/wp-content/uploads/2020/07/ke-hoach.pdf">Kế hoạch</a> '
                             f'và <a href="{HOST}/?attachment_id=805">tệp ấy</a>'),
        body="[Kế hoạch](/media/2020/07/ke-hoach-HASH.pdf) và "
        "[tệp ấy](/media/2020/07/ke-hoach-HASH.pdf)\n",
    ),
    "links inside": Case(
        item(30, "Ba "
                 "mươi", f'<a href="{HOST}/2020/07/16/bai-1/#muc">một</a>, <a '
                         f'href="/?p=2">hai</a>, '
                            f'<a href="http://www.cu.example.vn/2020/07/16/bai-3">ba</a>, '
                            f'<a href="{HOST}/category/tin-tuc/">mục</a>, <a '
                            f'href="#duoi">dưới</a>, '
                            '<a href="javascript:alert(1)">xấu</a>'),
        body=f"[một]({HOST}/2020/07/16/bai-1/), [hai]({HOST}/?p=2), "
        f"[ba]({HOST}/2020/07/16/bai-3), "
        f"[mục]({HOST}/category/tin-tuc/), dưới, xấu\n",
        told=["import-link-to-old-site", "<link> dưới: #duoi", "<link> xấu: javascript:alert(1)"],
    ),
    "comments": Case(
        item(31, "Ba mốt", SHORT, comment(5, "Hay quá!\n\n<b>Cảm ơn</b> <script>alert(1)</script>")
             + comment(6, "Tôi cũng thấy vậy.", parent="5", author="Ông Ba")
             + comment(7, "mua thuốc", approved="spam") + comment(8, "chờ", approved="0")
             + comment(9, "liên kết", type="pingback")),
        told=["import-comments-left-out"],
    ),
    "views": Case(
        item(32, "Ba hai", SHORT, meta("post_views_count", "1.234")),
        {"views": 1234, "views_as_of": "2026-01-03"},
    ),
    "custom fields": Case(
        item(33, "Ba ba", SHORT, meta("nguon_tin", "Đài huyện") + meta("_edit_last", "3")),
        told=["nguon_tin: Đài huyện"],
    ),
    "sticky": Case(item(34, "Ba bốn", SHORT, is_sticky="1"), {"featured": True}),
    "draft": Case(item(35, "Ba lăm", SHORT, status="draft"), {"draft": True}),
    "pending": Case(item(36, "Ba sáu", SHORT, status="pending"), {"draft": True}),
    "future": Case(item(37, "Ba bảy", SHORT, status="future"), {"draft": True}),
    "no title": Case(
        item(38, "", SHORT),
        {
            "title": SHORT,
            "review": ["bài không có tiêu đề – tiêu đề này lấy từ những chữ đầu, hãy xem lại"],
        },
    ),
    "no content": Case(
        item(39, "Ba chín", ""), {"review": ["bài không có nội dung – hãy xem lại trên trang cũ"]}
    ),
    "title with tags": Case(
        item(40, "Hội nghị <i>“Dân vận khéo”</i> &amp; biểu dương", SHORT),
        {"title": "Hội nghị “Dân vận khéo” & biểu dương"},
    ),
    "addresses of before": Case(
        item(41, "Bốn mốt", SHORT, meta("_wp_old_slug", "ten-cu"), post_name="ten-moi"),
        {"aliases": [f"{HOST}/2020/07/16/ten-moi/", f"{HOST}/?p=41", f"{HOST}/2020/07/16/ten-cu/"]},
    ),
    "number that was another's": Case(
        item(49, "Bốn chín", SHORT, guid=f"{HOST}/?p=48", link=f"{HOST}/2020/07/bai-49.html"),
        {"aliases": [f"{HOST}/2020/07/bai-49.html", f"{HOST}/?p=49"]},
    ),
    "page of a file": Case(
        item(50, "Năm mươi", f'<a href="{HOST}/2020/07/16/bai-801/"><img class="wp-image-801" src="'
             f'{HOST}/wp-content/uploads/2020/07/cau.jpg" alt="Cầu phao"></a>'),
        body="[![Cầu phao](/media/2020/07/cau-HASH.jpg)](/media/2020/07/cau-HASH.jpg)\n",
    ),
    "address in Vietnamese": Case(
        item(42, "Bốn hai", SHORT, post_name="h%e1%bb%8dp-d%c3%a2n"),
        {"aliases": [f"{HOST}/2020/07/16/h%e1%bb%8dp-d%c3%a2n/", f"{HOST}/?p=42"]},
    ),
    "footnotes": Case(
        item(43, "Bốn "
                 "ba", '<!-- wp:paragraph --><p>Chữ<sup data-fn="u-1" class="fn"><a href="#u-1">1'
             "</a></sup>.</p><!-- /wp:paragraph --><!-- wp:footnotes /-->",
             meta("footnotes", json.dumps([{"id": "u-1", "content": "Theo <em>báo cáo</em>."}]))),
        body="Chữ¹.\n\n¹ Theo *báo cáo*.\n",
    ),
    "typed for a font of before": Case(
        item(44, "Héi nghÞ d©n vËn", "<p>Bµ con häp bµn viÖc lµng, gãp ý x©y dùng ®­êng míi.</p>"),
        {"title": "Hội nghị dân vận"},
        "Bà con họp bàn việc làng, góp ý xây dựng đường mới.\n",
        told=["import-legacy-font"],
    ),
    "a part typed for a font of before": Case(
        item(54, "Năm tư", '<p>Lời dẫn gõ Unicode.</p><p style="font-family: .VnTime">Bµ con häp'
                           ' bµn viÖc lµng, gãp ý x©y dùng ®­êng míi.</p>'),
        {"title": "Năm tư"},
        "Lời dẫn gõ Unicode.\n\nBà con họp bàn việc làng, góp ý xây dựng đường mới.\n",
        told=["import-legacy-font"],
    ),
    "nothing runs": Case(
        item(45, "Bốn lăm "
                 "<script>alert(1)</script>", '<p onclick="alert(1)">Chữ</p><script>alert(2)'
             '</script><iframe src="javascript:alert(3)"></iframe><img src=x onerror=alert(4)>'),
        {"title": "Bốn lăm alert(1)"},
    ),
    "letters that steer": Case(
        item(46, "Bốn\u202e sáu", "Chữ\u200b có \u202eký tự\u202c lạ \x0b."),
        {"title": "Bốn sáu"},
        "Chữ có ký tự lạ .\n",
    ),
    "more and pages": Case(
        item(47, "Bốn bảy", "Đầu.\n<!--more-->\nGiữa.\n<!--nextpage-->\nCuối."),
        body="Đầu.\n\nGiữa.\n\nCuối.\n",
    ),
    "quote, table, code": Case(
        item(48, "Bốn "
                 "tám", "<blockquote>Lời dặn.</blockquote>\n<table>\n<tr><td>a</td><td>b</td></tr>"
                            "\n<tr><td>c</td><td>d</td></tr>\n</table>\n<pre>x\n\ny</pre>"),
        body="> Lời dặn.\n\n| a | b |\n|---|---|\n| c | d |\n\n```\nx\n\ny\n```\n",
    ),
}  # fmt: skip
OTHERS = [
    item(900, "Khối chung", "<p>Dùng chung cho nhiều bài.</p>", post_type="wp_block"),
    attachment(801, "2020/07/cau.jpg", alt="Cầu phao mới"),
    attachment(802, "2020/07/cho.jpg", caption="Chợ họp sớm"),
    attachment(803, "2020/07/ben-do.jpg", alt="Bến đò", parent=7),
    attachment(804, "2020/07/IMG_0001.jpg"),
    attachment(805, "2020/07/ke-hoach.pdf"),
    item(910, "Trang giới thiệu", SHORT, post_type="page", link=f"{HOST}/gioi-thieu/"),
    item(
        916,
        "Trang không ai ký",
        "",
        post_type="page",
        creator="admin",
        post_date=None,
        post_date_gmt=None,
        link=f"{HOST}/lien-he/",
    ),
    item(911, "Thực đơn", post_type="nav_menu_item"),
    item(912, "Chuyện riêng", SHORT, status="private"),
    item(913, "Có mật khẩu", SHORT, post_password="bimat"),
    item(914, "Đã bỏ", SHORT, status="trash"),
    item(915, "Văn bản số 5", SHORT, post_type="van_ban"),
]


@dataclass
class Moved:
    """The site after the move: what was told of each item by its number, and the files."""

    bench: Workbench
    report: dict[str, Any]
    told: dict[int, dict[str, Any]]

    def bulletin(self, number: int) -> tuple[dict[str, Any], str]:
        written = self.told[number]["written"]
        text = (self.bench.folder / written).read_text("utf-8")
        _, front, body = text.split("---\n", 2)
        return yaml.load(front, yaml.BaseLoader), body.lstrip("\n")


def prepared(folder: Path) -> Workbench:
    bench = Workbench(folder)
    uploads = folder / "wp-content/uploads/2020/07"
    uploads.mkdir(parents=True)
    for name in ("cau", "cho", "ben-do", "IMG_0001"):
        (uploads / f"{name}.jpg").write_bytes(picture())
    (uploads / "hong.jpg").write_bytes(b"GIF? no")
    (uploads / "ke-hoach.pdf").write_bytes(b"%PDF-1.4\n")
    return bench


def bring(bench: Workbench, *arguments: str) -> Outcome:
    return bench.run("import", "wordpress", *arguments)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Moved:
    bench = prepared(tmp_path_factory.mktemp("chuyen"))
    items = [case.item for case in CASES.values()] + OTHERS
    bench.write("export.xml", export(items))
    outcome = bring(bench, "export.xml", "--json", "--jobs", "2")
    report = json.loads(outcome.stdout)
    numbers = [int(found) for found in re.findall(r"<wp:post_id><!\[CDATA\[(\d+)", "".join(items))]
    assert len(report["outcomes"]) == len(items) == len(numbers)
    return Moved(bench, report, dict(zip(numbers, report["outcomes"], strict=True)))


def as_written(value: Any) -> Any:
    """A value as YAML has it before it is read as a number or a truth."""
    if isinstance(value, dict):
        return {key: as_written(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_written(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def without_digests(value: Any) -> Any:
    return json.loads(re.sub(r"-[0-9a-f]{8}\.(jpg|pdf)", r"-HASH.\1", json.dumps(value)))


@pytest.mark.parametrize("name", CASES)
def test_an_item_comes_as_it_is(moved: Moved, name: str) -> None:
    case = CASES[name]
    number = int(re.search(r"<wp:post_id><!\[CDATA\[(\d+)", case.item)[1])  # type: ignore[index]
    told = json.dumps(moved.told[number], ensure_ascii=False)
    assert moved.told[number]["fate"] == "written", told
    front, body = without_digests(moved.bulletin(number))
    for key, value in case.fields.items():
        assert front.get(key) == (None if value is None else as_written(value)), front
    if case.body is not None:
        assert body == case.body
    for words in case.told:
        assert json.dumps(words, ensure_ascii=False)[1:-1] in told


def test_everything_that_went_in_is_accounted_for(moved: Moved) -> None:
    fates = [each["fate"] for each in moved.told.values()]
    assert len(fates) == len(CASES) + len(OTHERS)
    assert fates.count("written") == moved.report["written"] == len(CASES) + 2  # and the pages
    assert fates.count("skipped") == moved.report["skipped"] == len(OTHERS) - 2
    reasons = {
        number: moved.told[number]["problem"]["code"] for number in (801, 911, 912, 913, 914)
    }
    assert reasons == {
        801: "import-wordpress-file",
        911: "import-wordpress-own",
        912: "import-wordpress-status",
        913: "import-wordpress-password",
        914: "import-wordpress-status",
    }
    assert "--type van_ban" in moved.told[915]["problem"]["remedy"]
    secrets = b"".join(moved.bench.tree(moved.bench.folder / "content").values())
    for word in (
        "Chuyện riêng",
        "bimat",
        "lan@example.vn",
        "203.0.113.9",
        "thuha@",
        "lan.example.vn",
    ):
        assert word.encode() not in secrets


def test_the_page_is_a_page(moved: Moved) -> None:
    front, body = moved.bulletin(910)
    assert moved.told[910]["written"] == "content/pages/bai-910.md"
    assert front == {
        "title": "Trang giới thiệu",
        "aliases": [f"{HOST}/{path}" for path in ("gioi-thieu/", "?page_id=910", "?p=910")],
    }
    assert body == f"{SHORT}\n"


def test_comments_come_without_who_wrote_them(moved: Moved) -> None:
    file = (moved.bench.folder / moved.told[31]["written"]).with_suffix("")
    found = yaml.safe_load(Path(f"{file}.comments.yaml").read_text("utf-8"))
    assert [(each["id"], each["author"], each.get("reply_to")) for each in found] == [
        ("5", "Bà Lan", None),
        ("6", "Ông Ba", "5"),
    ]
    assert found[0]["body"] == "Hay quá!\n\n**Cảm ơn**"
    assert str(found[0]["date"]) == "2020-07-17 08:00:00"


def test_the_site_builds_and_its_links_lead_on(moved: Moved) -> None:
    outcome = moved.bench.run("build", "--json")
    assert outcome.code == 0, outcome.stdout[:3000]
    drafts = 3
    held = sum(bool(each["review"]) for each in moved.told.values())
    published = [
        path for path in moved.bench.tree() if re.fullmatch(r"2020/07/bai-\d+\.html", path)
    ]
    assert len(published) >= len(CASES) - drafts - held - 3
    page = moved.bench.page("2020/07/bai-30.html")
    for number in (1, 2, 3):
        assert (
            f'href="bai-{number}.html"' in page or f'href="../../2020/07/bai-{number}.html"' in page
        )
    assert "onclick" not in moved.bench.page("2020/07/bai-45.html")
    assert "Cầu phao mới" in moved.bench.page("2020/07/bai-6.html")


def test_a_second_time_adds_nothing(moved: Moved) -> None:
    before = moved.bench.tree(moved.bench.folder / "content")
    outcome = bring(moved.bench, "export.xml", "--json")
    assert outcome.report["written"] == 0
    assert outcome.report["before"] == moved.report["written"]
    assert moved.bench.tree(moved.bench.folder / "content") == before


@pytest.mark.parametrize(
    "spelling",
    [
        {
            "wp": "https://wordpress.org/export/1.2/",
            "excerpt": "https://wordpress.org/export/1.2/excerpt/",
        },
        {
            "wp": "http://wordpress.org/export/1.0/",
            "excerpt": "http://wordpress.org/export/1.0/excerpt/",
        },
        {
            "wp": "http://wordpress.org/export/1.1/",
            "excerpt": "http://wordpress.org/export/1.1/excerpt/",
        },
    ],
    ids=["https", "1.0", "1.1"],
)
def test_any_spelling_of_the_namespace_is_known(tmp_path: Path, spelling: dict[str, str]) -> None:
    bench = Workbench(tmp_path)
    bench.write(
        "a.xml",
        export([item(1, "Một", SHORT, excerpt="Tóm tắt.")], namespaces=NAMESPACES | spelling),
    )
    assert bring(bench, "a.xml").code == 0
    assert 'lead: "Tóm tắt."' in (bench.folder / "content/2020/07/bai-1.md").read_text("utf-8")


def test_exports_without_a_list_of_authors_say_their_names(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    head = re.sub("<wp:author>.*</wp:author>", "", HEAD, flags=re.DOTALL)
    items = [item(1, "Một", SHORT, creator="Mai Lan"), item(2, "Hai", SHORT, creator="admin")]
    bench.write("a.xml", export(items, head))
    assert bring(bench, "a.xml").code == 0
    assert 'author: ["Mai Lan"]' in (bench.folder / "content/2020/07/bai-1.md").read_text("utf-8")
    assert "author" not in (bench.folder / "content/2020/07/bai-2.md").read_text("utf-8")


def test_the_oldest_exports_say_terms_twice(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    inner = f"<category>{cdata('Tin tức')}</category>{term('Tin tức', 'tin-tuc')}"
    bench.write(
        "a.xml",
        export(
            [
                item(1, "Một", SHORT, inner),
                item(2, "Hai", SHORT, f"<category>{cdata('Tin tức')}</category>"),
            ]
        ),
    )
    assert bring(bench, "a.xml").code == 0
    for number in (1, 2):
        text = (bench.folder / f"content/2020/07/bai-{number}.md").read_text("utf-8")
        assert 'category: ["Tin tức"]' in text


def test_files_of_one_export_know_each_other(tmp_path: Path) -> None:
    bench = prepared(tmp_path)
    bench.write(
        "a.xml",
        export([item(1, "Một", f'<a href="{HOST}/?p=2">hai</a>', meta("_thumbnail_id", "801"))]),
    )
    bench.write(
        "b.xml", export([item(2, "Hai", SHORT), attachment(801, "2020/07/cau.jpg", alt="Cầu phao")])
    )
    assert bring(bench, "a.xml", "b.xml").code == 0
    text = (bench.folder / "content/2020/07/bai-1.md").read_text("utf-8")
    assert 'alt: "Cầu phao"' in text and f"[hai]({HOST}/?p=2)" in text


# ---- damaged, hostile


def test_two_portals_become_one_archive(tmp_path: Path) -> None:
    bench = prepared(tmp_path)
    links = f'<a href="/?p=2">hai</a>, <a href="{HOST}/2020/07/16/bai-2/">hai</a>'
    text = export([item(1, "Một", links), item(2, "Hai", SHORT)])
    other = HOST.replace("cu.", "khac.")
    bench.write("a.xml", text)
    bench.write("b.xml", text.replace(HOST, other).replace("Hai", "Ba"))
    for name in ("a.xml", "b.xml"):
        outcome = bring(bench, name, "--json")
        assert outcome.report["written"] == 2, outcome.stdout
    report = bench.run("build", "--json").report
    assert report["ok"] and {each["code"] for each in report["problems"]} >= {"alias-contested"}
    for ending in ("", "-2"):
        page = bench.page(f"2020/07/bai-1{ending}.html")
        assert page.count(f'/bai-2{ending}.html" data-link="1">hai</a>') == 2


def test_an_export_that_changes_meanwhile_is_not_read_any_further(tmp_path: Path) -> None:
    bench = prepared(tmp_path)
    text = export([item(number, f"Bài {number}", SHORT) for number in range(1, 4)])
    path = bench.write("a.xml", text)
    found = importing([path], types=(), uploads=None, zone="+07:00", copies=tmp_path)
    path.write_text(text.replace("Bài 2", "Bài Hai"), "utf-8")
    told = []
    for each in found.items:
        assert isinstance(each, Item)
        try:
            told.append(found.draw(found.options, each).fields["title"])
        except ImportFailure as failure:
            told.append(failure.problem.code)
    assert told == ["Bài 1", "import-source-changed", "import-source-changed"]


def damaged(name: str) -> str:
    whole = export([item(n, f"Bài {n}", f"{SHORT} Số {n}.") for n in range(1, 6)])
    if name == "cut off in an item":
        return whole[: whole.index("Số 5.")]
    if name == "cut off between items":
        return whole[: whole.rindex("<item>")]
    if name == "a text without its end":
        return whole.replace("Số 3.]]>", "Số 3.")
    if name == "an end in a text":
        return whole.replace(cdata(f"{SHORT} Số 3."), f"{SHORT} ]]> Số 3.")
    if name == "tags that do not match":
        return whole.replace("</dc:creator>", "</dc:creatr>", 3)
    if name == "entities of HTML":
        return whole.replace(cdata("Bài 3"), "Bài&nbsp;3 &copy; & c")
    if name == "an unknown prefix":
        return whole.replace('xmlns:dc="http://purl.org/dc/elements/1.1/"', "")
    if name == "bytes that are none":
        return whole.replace("Số 3.", "S\udcff 3.")
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("name", "written", "held", "code"),
    [
        ("cut off in an item", 4, 0, 1),
        ("cut off between items", 4, 0, 1),
        ("a text without its end", 5, 1, 0),
        ("an end in a text", 5, 0, 0),
        ("tags that do not match", 5, 3, 0),
        ("entities of HTML", 5, 0, 0),
        ("an unknown prefix", 5, 0, 0),
        ("bytes that are none", 5, 1, 0),
    ],
)
def test_a_damaged_export_gives_what_can_be_read_and_says_so(
    tmp_path: Path, name: str, written: int, held: int, code: int
) -> None:
    bench = Workbench(tmp_path)
    (bench.folder / "a.xml").write_bytes(damaged(name).encode("utf-8", "surrogateescape"))
    outcome = bring(bench, "a.xml", "--json")
    assert (outcome.report["written"], outcome.report["held"]) == (written, held), outcome.stdout
    assert outcome.code == code
    if code:
        lost = "lost" if name == "cut off in an item" else "cut-off"
        assert f"import-xml-{lost}" in outcome.stdout
    if held:
        assert "import-xml-damaged" in outcome.stdout
    third = (bench.folder / "content/2020/07/bai-3.md").read_text("utf-8")
    assert SHORT in third and (name == "bytes that are none" or "3." in third)


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1258"])
def test_an_export_in_another_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    bench = Workbench(tmp_path)
    text = export([item(1, "Một", "Chữ é và ê.")], HEAD.replace("ứ", "u")).replace(
        "UTF-8", encoding
    )
    (bench.folder / "a.xml").write_bytes(text.encode(encoding, "ignore"))
    here = tmp_path / "tam"
    here.mkdir()
    assert bench.run("import", "wordpress", "a.xml", TMPDIR=str(here)).code == 0
    assert not list(here.iterdir())
    assert (
        "Chữ é và ê." in (bench.folder / "content/2020/07/bai-1.md").read_text("utf-8")
        or encoding != "utf-16"
    )


BOMB = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (export([item(1, "Một")]).replace("<rss", f"{BOMB}<rss"), "import-xml-doctype"),
        ("<rss><channel><item><title>Tin</title></item></channel></rss>", "import-no-wordpress"),
        ("", "import-no-wordpress"),
        ("chữ thường", "import-no-wordpress"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, text: str, code: str) -> None:
    bench = Workbench(tmp_path)
    bench.write("a.xml", text)
    outcome = bring(bench, "a.xml")
    assert outcome.code == 2 and code in outcome.stderr, outcome.stderr
    assert not list((bench.folder / "content").rglob("*.md"))


def test_files_are_taken_only_from_the_uploads_folder(tmp_path: Path) -> None:
    bench = prepared(tmp_path)
    (tmp_path / "bi-mat.jpg").write_bytes(picture())
    (tmp_path / "wp-content/uploads/duong-tat.jpg").symlink_to(tmp_path / "bi-mat.jpg")
    names = (
        "../../bi-mat.jpg",
        "..%2f..%2fbi-mat.jpg",
        "duong-tat.jpg",
        "/etc/passwd.txt",
        "2020\\..\\a.jpg",
    )
    content = "".join(
        f'<img src="{HOST}/wp-content/uploads/{name}" alt="Ảnh lấy trộm">' for name in names
    )
    bench.write("a.xml", export([item(1, "Một", content, post_name="../../../../ngoai/x")]))
    assert bring(bench, "a.xml").code == 0
    assert not list((bench.folder / "content").rglob("*.jpg"))
    assert {path.name for path in tmp_path.iterdir()} == {
        "a.xml",
        "bi-mat.jpg",
        "content",
        "site.yaml",
        "wp-content",
    }


def test_originals_are_kept_without_who_wrote_comments(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.write("a.xml", export([item(1, "Một", SHORT, comment(5, "Hay."))]))
    assert bring(bench, "a.xml", "--originals").code == 0
    (kept,) = (bench.folder / "content/originals").rglob("*.xml")
    text = kept.read_text("utf-8")
    assert "Hay." in text and "Bà Lan" in text
    for word in ("lan@example.vn", "203.0.113.9", "lan.example.vn"):
        assert word not in text


# ---- fetching


@pytest.fixture
def old_site(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    root = tmp_path / "cu"
    (root / "wp-content/uploads/2020").mkdir(parents=True)
    (root / "wp-content/uploads/2020/đò.jpg").write_bytes(picture("blue"))
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if "lac" in self.path:
                self.send_response(302)
                self.send_header("Location", "http://localhost:1/x.jpg")
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(root))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_files_are_fetched_only_when_asked_for_and_only_from_the_old_site(
    tmp_path: Path, old_site: tuple[str, list[str]]
) -> None:
    host, asked = old_site
    bench = Workbench(tmp_path / "moi") if (tmp_path / "moi").mkdir() is None else None
    assert bench
    content = "".join(
        f'<img src="{address}" alt="Con đò">'
        for address in (
            f"{host}/wp-content/uploads/2020/đò.jpg",
            f"{host}/wp-content/uploads/2020/lac.jpg",
            f"{host}/wp-content/uploads/2020/mat.jpg",
            "http://localhost:1/khac.jpg",
        )
    )
    text = export([item(1, "Một", content)], HEAD.replace(HOST, host)).replace(HOST, host)
    bench.write("a.xml", text)
    assert bring(bench, "a.xml", "--dry-run", "--download").code == 0
    assert bring(bench, "a.xml", "--to", "khac").code == 0
    assert asked == []
    outcome = bring(bench, "a.xml", "--download", "--json")
    assert len(asked) == 3
    (brought,) = (bench.folder / "content/media").rglob("*.jpg")
    assert brought.read_bytes() == picture("blue")
    text = (bench.folder / "content/2020/07/bai-1.md").read_text("utf-8")
    assert f"![Con đò](/media/2020/{brought.name})" in text
    assert text.count("[Con đò](http") == 3
    told = [each["code"] for each in outcome.report["outcomes"][0]["missing"]]
    assert told.count("import-file-unreadable") == 2


# ---- interrupted, damaged at random


def many(count: int) -> str:
    return export(
        [item(n, f"Bài "
                 f"{n}", f"{SHORT} Số {n}.", comment(n, f"Ý kiến {n}."), post_name=f"bai-{n % 50}",
              link=f"{HOST}/{n}/")
         for n in range(1, count + 1)]
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_an_import_that_is_killed_and_begun_again_gives_the_same_files(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bench = Workbench(tmp_path)
    bench.write("a.xml", many(400))
    victim = killed_import(bench, tmp_path_factory, "wordpress", "a.xml", "--jobs", "2")
    assert sum(path.endswith(".md") for path in victim.whole) == 400
    victim.go_on(kills(4))


def test_damaged_files_give_bulletins_or_messages(tmp_path: Path) -> None:
    """Pieces of an export are lost, doubled, swapped, changed: no traceback, and nothing is written
    but in the target folder."""
    bench = prepared(tmp_path)
    whole = export([case.item for case in CASES.values()][::4] + OTHERS[:4]).encode("utf-8")
    before = bench.tree(bench.folder)
    for seed in range(25):
        data = damaged_at_random(random.Random(seed), whole)
        (bench.folder / "a.xml").write_bytes(data)
        outcome = bring(bench, "a.xml", "--to", f"dich/{seed}", "--jobs", "1")
        assert "Traceback" not in outcome.stderr and outcome.code in (0, 1, 2), (
            seed,
            outcome.stderr,
        )
    after = {
        path: data
        for path, data in bench.tree(bench.folder).items()
        if not path.startswith("dich/")
    }
    after.pop("a.xml")
    assert after == before
