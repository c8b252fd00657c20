"""The phrases that portals print around a bulletin: one line here is one thing recognised.

All patterns are for text with tidy spaces and ignore case.  A `Phrase` stands for (a part of) a
line that holds nothing but such phrases, so that a sentence that merely contains one is safe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# ---- date lines

_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*(?:AM|PM|SA|CH)\b)?"
_WEEKDAY = r"\b(?:Thứ\s*(?:Hai|Ba|Tư|Năm|Sáu|Bảy|[2-7])|Chủ\s*nhật|CN)\b"
_NUMBERS = r"\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?\d{4}"
_DAY = rf"(?:ngày\s*)?(?:{_NUMBERS}|\d{{1,2}} tháng \d{{1,2}} năm \d{{4}})(?!\d)"
_NO_YEAR = r"(?:ngày\s*)?\d{1,2}\s?[/.-]\s?\d{1,2}(?![\d/.])"
_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\d)"
_ZONE = r"\s?-?\s?[\[(]?(?:GMT|UTC)\s?[+-]\s?\d{1,2}(?::?\d{2})?[\])]?"
_BETWEEN = r"\s?(?:[,|–-]\s?)?(?:lúc\s)?"
_LABEL = (
    r"(?:Ngày (?:đăng|xuất bản|tạo)|Đăng (?:ngày|lúc)|Cập nhật(?: lúc| ngày)?|Thời gian)\s?:?\s?"
)
_STAMPS = (
    rf"{_CLOCK}{_BETWEEN}(?:{_WEEKDAY}{_BETWEEN})?(?:{_DAY}|{_NO_YEAR})(?:{_ZONE})?",
    rf"(?:{_WEEKDAY}{_BETWEEN})?(?:{_DAY}|{_NO_YEAR}){_BETWEEN}{_CLOCK}(?:{_ZONE})?",
    rf"{_WEEKDAY}{_BETWEEN}(?:{_DAY}|{_NO_YEAR})",
    rf"{_LABEL}(?:{_ISO}|{_DAY}|{_NO_YEAR})",
)
_BARE_DAY = rf"{_ISO}|{_DAY}"
# A date line that says it is one: with a time, a weekday or a label.
_CERTAIN_STAMP = rf"(?:{_LABEL})?(?:{'|'.join(_STAMPS)})"
WEEKDAY = re.compile(_WEEKDAY, re.IGNORECASE)
STAMP = rf"{_CERTAIN_STAMP}|{_BARE_DAY}"

# ---- phrases


@dataclass(frozen=True, slots=True)
class Phrase:
    """A thing portals print: what it is, and how it looks.

    ``name`` is the field its group ``value`` holds, or ``furniture`` for what is dropped.
    """

    name: str
    pattern: re.Pattern[str]


def _phrase(name: str, pattern: str) -> Phrase:
    return Phrase(name, re.compile(pattern, re.IGNORECASE))


_COUNT = r"(?P<value>\d{1,3}(?:[.,]\d{3})+|\d{1,9})"
_REST = r"(?P<value>\S.{0,500})?$"

PHRASES = (
    _phrase("date", rf"(?P<value>{STAMP})"),
    # «Tin tức – Sự kiện Thứ Năm, 16/07/2020, 13:40»
    _phrase("category", rf"(?P<value>[^\d.!?:;]{{2,100}}?)\s(?={_CERTAIN_STAMP})"),
    _phrase("views", rf"(?:Số )?(?:lượt|lần) (?:người )?(?:xem|đọc)\s?:?\s?{_COUNT}(?!\d)"),
    _phrase("views", rf"Đã xem\s?:?\s?{_COUNT}(?!\d)"),
    _phrase("views", rf"{_COUNT} (?:lượt|lần) (?:xem|đọc)"),
    _phrase("topic", rf"Sự kiện\s?[-–]\s?chuyên đề\s?:\s?{_REST}"),
    _phrase("tags", rf"(?:[•·]\s?)?(?:Từ khóa|Từ khoá|Tags?)\s?:\s?{_REST}"),
    _phrase("tags", r"(?:[•·]\s?)?(?:Từ khóa|Từ khoá)(?P<value>)$"),
    _phrase("tags", rf"[•·]\s?(?:Từ khóa|Từ khoá)\s{_REST}"),
    _phrase("author", r"(?:Tác giả|Người viết)\s?:\s?(?P<value>[^.!?:]{2,80})$"),
    _phrase(
        "status",
        r"(?P<value>\(?(?:Tin )?(?:đang |tiếp tục )+(?:được )?cập nhật\s?(?:…|\.{1,6})?\)?)$",
    ),
    # Links of the content management system itself.
    _phrase("furniture", r"Skip Ribbon Commands|Skip to main content"),
    _phrase("furniture", r"(?:Chuyển|Đi) đến nội dung(?: chính)?|Bỏ qua (?:đến )?nội dung"),
    # What stands under a bulletin.
    _phrase("furniture", r"Bản in|In bài viết|In trang(?: này)?|Quay lại|Trở về|Về đầu trang"),
    _phrase("furniture", r"Xem theo ngày|Xem tiếp|Xem thêm|Chia sẻ|Gửi (?:email|bài viết)"),
    _phrase("furniture", r"Facebook|Twitter|Zalo"),
    # The comment form.
    _phrase("furniture", r"Trả lời(?!\s?:)|Hủy(?: trả lời)?|Để lại (?:một )?bình luận"),
    _phrase("furniture", r"Email của bạn sẽ không được hiển thị công khai\.?"),
    _phrase("furniture", r"Các trường bắt buộc được đánh dấu\s?\*?"),
    _phrase("furniture", r"(?:Bình luận|Tên|Email)\s?\*|Trang web|Gửi (?:bình luận|phản hồi)"),
    _phrase("furniture", r"Lưu tên của tôi, email,? và trang web trong trình duyệt này .{1,60}$"),
)

# Headings of lists of other things; what stands under them is not of the bulletin.
LIST_HEADING = re.compile(
    r"(?:(?:Các )?tin (?:mới hơn|mới nhất|đã đưa|cũ hơn|khác|liên quan)"
    r"|(?:Các )?bài (?:viết )?(?:liên quan|khác)|Đối tác của chúng tôi|Liên kết website)\s?:?",
    re.IGNORECASE,
)
VISITS_LABEL = re.compile(
    r"(?:Tổng )?(?:số )?(?:lượt )?truy cập\s?:?\s?(?P<value>[\d., ]*)", re.IGNORECASE
)
DIGITS = re.compile(r"\d[\d., ]*")
CRUMB = re.compile(r"\s*[>»›]\s*")
HOME = re.compile(r"Trang chủ", re.IGNORECASE)
PICTURE_FILE = re.compile(r"[^/\\<>:\"|?*]{1,120}\.(?:bmp|jpe?g|png|gif|tiff?|webp)", re.IGNORECASE)
EXCERPT_END = re.compile(r"\s?\[\s?(?:…|\.{3})\s?\]$")

# ---- under the end

_ROLE = r"(?:tin|bài)(?:\s?(?:,|và|-|–|&)\s?ảnh)"
_PICTURES = r"(?:(?:tin|bài)\s?(?:,|và)\s?)?ảnh"

CREDITS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Tin, ảnh: X · Bài và ảnh: X
        rf"\(?{_ROLE}\s?:\s?(?P<both>[^.:]{{2,80}}?)\)?",
        # Bài: X – Ảnh: Y
        r"\(?(?:tin|bài)\s?:\s?(?P<author>[^.:]{2,80}?)\s?[-–;,.]?\s?"
        r"ảnh\s?:\s?(?P<photo>[^.:]{2,80}?)\)?",
        # X (Tin, ảnh) · X (Ảnh: Y)
        rf"(?P<both>[^.:()]{{2,80}}?)\s?\(\s?{_PICTURES}\s?\)",
        rf"(?P<author>[^.:()]{{2,80}}?)\s?\(\s?{_PICTURES}\s?:\s?(?P<photo>[^.:()]{{2,80}})\)",
        r"\(?(?:tin|bài)\s?:\s?(?P<author>[^.:]{2,80}?)\)?",
        r"\(?ảnh\s?:\s?(?P<photo>[^.:]{2,80}?)\)?",
    )
)
SOURCE = re.compile(
    r"\(?(?:Theo|Nguồn)(?:\s?:\s?|\s)(?P<value>https?://\S+?|[^:]{2,80}?)\)?", re.IGNORECASE
)
PHOTO_CREDIT = re.compile(
    r"(?P<caption>.*?)[\s.,(–-]*\bảnh\s?:\s?(?P<photo>[^.:()]{2,60})[).]*", re.IGNORECASE
)
CAPTION_WORDS = re.compile(r"(?:Quang cảnh|Toàn cảnh|Ảnh|Hình ảnh|Các đại biểu)\b", re.IGNORECASE)
LIST_ITEM = re.compile(r"(?:\d{1,3}[.)]|[-+*•]|[IVX]+\.|[a-zđ][.)])\s?", re.IGNORECASE)
STOP = re.compile(r"[.!?…][”’\"')\]]*$")

# An opening «Ngày 15/7», «Sáng 28-9», «Chiều 12.8.2022»; «Ngày 15 và 16/7» is no single day.
EVENT = re.compile(
    r"(?P<value>(?:(?:Sáng|Trưa|Chiều|Tối|Đêm)(?: ngày)?|Vừa qua, ngày|Ngày) "
    r"(?P<day>\d{1,2})(?:\s?[/.-]\s?| tháng )(?P<month>\d{1,2})"
    r"(?:(?:\s?[/.-]\s?| năm )(?P<year>\d{4}))?)"
    r"(?!\d|\s?[/.-]\s?\d|\s?(?:[-–]|đến|tới|và)(?:\s|\d))",
    re.IGNORECASE,
)
# A year told on its own, not that of a document («14-7-2015»), of a span or of what is to come.
YEAR = re.compile(
    r"(?<![\d/.–-])(?<!đến )(?<!đến năm )(?<!tầm nhìn )(?<!tới năm )"
    r"((?:19|20)\d\d)(?!\s?[-–/]\s?\d|[\d/]|\.\d)",
    re.IGNORECASE,
)

# ---- sections

# Sections found on many portals, as their names are best written.  A site's own come before them.
CATEGORIES = (
    "Tin tức",
    "Tin tức – Sự kiện",
    "Tin trong tỉnh",
    "Tin địa phương",
    "Tin hoạt động",
    "Thời sự",
    "Thời sự – Chính trị",
    "Chính trị",
    "Kinh tế",
    "Xã hội",
    "Văn hóa – Xã hội",
    "Quốc phòng – An ninh",
    "Thông báo",
    "Công tác dân vận",
    "Dân vận khéo",
    "Dân vận chính quyền",
    "Dân tộc – Tôn giáo",
    "Mặt trận – Đoàn thể",
    "Quy chế dân chủ ở cơ sở",
    "Xây dựng Đảng",
    "Xây dựng nông thôn mới",
    "Cải cách hành chính",
    "Hoạt động của lãnh đạo",
    "Học tập và làm theo Bác",
    "Học tập và làm theo tấm gương đạo đức Hồ Chí Minh",
    "Học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
    "Gương người tốt, việc tốt",
    "Văn bản chỉ đạo",
)
