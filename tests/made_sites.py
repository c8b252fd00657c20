"""Sites made for the tests, for what the demo content does not have: long lists, a month split
into days, no pictures, no leads, endless titles; days that meet over the years; a site in English;
a site with next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.sites import write_site

FORM = "https://forms.example.net/answer"
LONG_TITLE = (
    "Báo cáo tổng hợp ý kiến của nhân dân các thôn, bản, tổ dân phố về dự thảo quy chế phối hợp "
    "giữa chính quyền và các đoàn thể trong việc lấy ý kiến, công khai, giám sát những khoản đóng "
    "góp tự nguyện, kèm số hiệu 1234567890/BC-UBND-MTTQ-HND-HPN-CCB-DTN-CD-2021-PHULUC-01-DEN-27"
)
EVERYTHING = """\
Đoạn mở đầu có **chữ đậm**, *chữ nghiêng*, ~~chữ gạch~~, `mã lệnh`, chú thích[^1] và
[liên kết ra ngoài](https://example.org/mot-dia-chi-rat-dai/khong-co-dau-cach-nao-de-ngat-dong.html).

## Bảng rất rộng

| Thôn | Số hộ | Dự họp | Tán thành | Không tán thành | Ý kiến khác | Ngày họp | Người ghi |
|---|---:|---:|---:|---:|:---:|---|---|
| Đồng Mít | 120 | 98 | 90 | 5 | 3 | 02/03/2021 | Người ghi biên bản thứ nhất |
| Bãi Giữa | 86 | 80 | 80 | 0 | 0 | 03/03/2021 | Người ghi biên bản thứ hai |

## Nội dung

## Tình trạng

## Bản in

### Danh sách

1. Việc thứ nhất
   - phần a
   - phần b
2. Việc thứ hai, ở <https://example.org/van-ban/1234567890-1234567890-1234567890-1234567890>

> Lời trích của một người dân.

```
dong-ma-rat-dai = "khong xuong dong " * 20 + "khong xuong dong" + "khong xuong dong"
```

---

Xem [bài đầu tiên](tin-01.md) và [bảng ở trên](#bang-rat-rong).

[^1]: Lời chú có <b>thẻ HTML</b> & dấu "ngoặc".
"""
CROWDED = """\
title: Bản tin đông chật của một ban biên tập có cái tên dài hơn thường lệ
page_size: 3
day_split: 5
reply:
  mail: thu@example.org
  privacy: Địa chỉ của bạn chỉ dùng để trả lời.
  fields:
    - name: ho-ten
      label: Họ và tên
      required: true
    - name: noi-dung
      label: Nội dung
      required: true
"""
ENGLISH = f"""\
title: River Province Bulletin
description: News of a province that does not exist.
language: en
base_url: https://bulletin.example.net
publisher:
  name: Office of the Bulletin
  address: 1 River Street
  phone: "1234"
  email: office@example.net
  responsible: The editors
  license: Name the source.
home:
  per_category: 2
page_size: 2
day_split: 2
visits:
  count: 1234567
  as_of: 2021-06-30
partners:
  - name: Another office
    url: https://example.net/office
units:
  - name: Old Office
    level: province
    to: 2021-01-31
    successor: New Office
    note: Merged.
  - name: New Office
    level: province
    parent: Council
    from: 2021-02-01
  - name: Council
    level: province
    to: 2021-02-01
share: []
offline: true
short_name: River News
reply:
  form: {FORM}
  privacy: We only use it to answer you.
"""


def crowded(folder: Path) -> None:
    """Write a site with long lists, two split months, and one bulletin with a bit of everything."""
    files: dict[str, str | bytes] = {}
    for number in range(1, 14):
        day = 1 + number // 4
        extra = "views: 1000000\n" if number == 3 else ""
        files[f"2021/03/tin-{number:02d}.md"] = (
            f"---\ntitle: Tin số {number} trong tháng\n"
            f"date: 2021-03-{day:02d} {6 + number:02d}:30\n"
            f"category: Tin trong tháng\nauthor: Người viết\n{extra}---\n"
            f"Nội dung của tin số {number}, viết vừa đủ dài để có phần trích.\n"
        )
    for number in range(6):
        files[f"2021/04/ngay-{number}.md"] = (
            f"---\ntitle: Một ngày tháng tư, phần {number}\ndate: 2021-04-30\n---\n"
        )
    tags = ", ".join(f"từ khóa thứ {number}" for number in range(1, 31))
    files["2021/03/du-thu.md"] = (
        f"---\ntitle: {LONG_TITLE}\ndate: 2021-03-09 09:00\nauthor: [Một, Hai, Ba]\n"
        f"photographer: Bốn\ncategory: [Tin trong tháng, Mục hai, Mục ba]\ntopic: Một sự kiện\n"
        f"tags: [{tags}]\nattachments: [phu-luc.txt]\nsource: {{name: Nguồn không có địa chỉ}}\n"
        f"unit: {LONG_TITLE[:120]}\n---\n{EVERYTHING}"
    )
    files["2021/03/du-thu.comments.yaml"] = COMMENTS
    files["2021/03/phu-luc.txt"] = "Phụ lục\n"
    files["2021/03/khong-ro-ngay.md"] = (
        "---\ntitle: Tin không rõ ngày\ndate: 2021-03\ncategory: Tin trong tháng\n---\n"
        "Chỉ rõ tháng.\n"
    )
    files["2020/chi-mot-tin.md"] = "---\ntitle: Chỉ rõ năm\ndate: 2020\n---\nChỉ rõ năm.\n"
    write_site(folder, CROWDED, files)


def _thread() -> Iterator[str]:
    """Ten comments, each a reply to the one before, and what readers type in them."""
    said = (
        "Xin *cảm ơn* [Ban](https://example.org/x).\\nDòng hai.\\n\\n- một\\n- hai\\n\\n> trích",
        "a" * 300,
        "Xem https://example.org/" + "dai-" * 60,
    )
    for number in range(10):
        reply = f", reply_to: y{number - 1}" if number else ""
        author = "Nguyễn Thị Minh Khai" if number % 2 else "A" * 120
        body = said[number % len(said)]
        who = f"id: y{number}, author: {author}, date: 2021-03-1{number}"
        yield f'- {{{who}{reply}, body: "{body}"}}\n'


COMMENTS = "".join(_thread())


def english(folder: Path) -> None:
    """Write a site in English, with something on every page that shows words of the catalogue."""
    picture = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    files: dict[str, str | bytes] = {"2021/a.svg": picture, "2021/a.csv": "a,b\n"}
    for number, status in enumerate(("final", "updating", "corrected", "withdrawn", "final")):
        files[f"2021/story-{number}.md"] = (
            f"---\ntitle: Story {number}\ndate: 2021-02-0{1 + number // 2} 08:00\n"
            f"event_date: 2021-01-30\nauthor: Jane Roe\nphotographer: John Doe\nunit: Old Office\n"
            f"category: News\ntopic: The Flood\ntags: [water, help]\nviews: {1000 + number}\n"
            f"views_as_of: 2021-06-30\nlead: The lead of story {number}.\nstatus: {status}\n"
            f"updates: [{{date: 2021-02-05, note: More is known.}}]\nfeatured: {not number}\n"
            f"image: {{src: a.svg, alt: A drawing, caption: A caption, credit: John Doe}}\n"
            f"source: {{name: The Paper, url: 'https://example.net/paper', date: 2021-02-01}}\n"
            f"attachments: [{{file: a.csv, title: A table}}]\n---\n"
            f"## A heading\n\nThe body of story {number}[^n].\n\n"
            f"|a|b|\n|-|-|\n|1|2|\n\n[^n]: A note.\n"
        )
    files["2021/pictures.md"] = (
        "---\ntitle: Pictures\ndate: 2021-03\nphotographer: John Doe\n---\nPictures only.\n"
    )
    files["2021/silence.md"] = "---\ntitle: Silence\ndate: 2021-03-02\n---\n"
    files["2020/year.md"] = "---\ntitle: Some year\ndate: 2020\n---\nOnly the year is known.\n"
    files["2021/story-0.comments.yaml"] = (
        "- {id: a, author: Jane Doe, date: 2021-02-06, body: What a story!}\n"
        "- {author: John Roe, date: 2021-02-07, reply_to: a, body: Indeed.}\n"
    )
    files["pages/about.comments.yaml"] = "- {author: Jane Doe, date: 2021, body: Good to know.}\n"
    files["pages/about.md"] = "---\ntitle: About\nmenu: 1\n---\nAbout this bulletin.\n"
    write_site(folder, ENGLISH, files)


WITHDRAWN = "status: withdrawn\nupdates: [{date: 2021-05-01, note: Nêu sai.}]"


def dated(folder: Path) -> None:
    """Write a site whose bulletins meet on days and on the same days of other years: a day with
    twelve of them, leap days, years without any, one that is withdrawn, dates half known."""
    days = [f"2020-10-15 {8 + number:02d}:00" for number in range(12)]
    days += [f"2019-10-15 {8 + number:02d}:00" for number in range(5)]
    days += ["2010-05-05", "2016-02-29", "2016-05-05", "2018", "2018-10", "2018-10-15"]
    days += ["2020-02-29", "2020-10-16", "2020-10-16", "2021-02-28", "2021-03-01", "2022-10-16"]
    files: dict[str, str | bytes] = {}
    for number, day in enumerate(days):
        category = "Mục lớn" if number % 3 else "Mục nhỏ"
        status = f"{WITHDRAWN}\n" if day == "2019-10-15 12:00" else ""
        files[f"{day[:4]}/tin-{number:02d}.md"] = (
            f"---\ntitle: Tin {number:02d} của {day[:10]}\ndate: {day}\ncategory: {category}\n"
            f"{status}---\nNội dung của tin {number:02d}.\n"
        )
    write_site(folder, "title: Bản tin theo ngày\npage_size: 4\nday_split: 10\n", files)


def bare(folder: Path) -> None:
    """Write a site with a title and one bulletin that has a title and a date."""
    files: dict[str, str | bytes] = {"tin.md": "---\ntitle: Tin duy nhất\ndate: 2021-03-09\n---\n"}
    write_site(folder, "title: Bản tin nhỏ\n", files)


def empty(folder: Path) -> None:
    """Write a site that has no bulletin yet."""
    write_site(folder, "title: Bản tin chưa có tin\n", {})
