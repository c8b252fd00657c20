"""One text in the fashion of many portals: the lines of a capture become pages of HTML.

Each fashion marks up what it has as pages of its kind do (elements, classes, what stands where);
nothing of them is copied.  What a text does not have (a date line, a picture) a page does not have.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from danvan_site import vietnamese
from danvan_site.importers import passes, phrases
from danvan_site.importers.findings import tidy
from danvan_site.importers.frame import Draft


@dataclass
class Text:
    """What a capture has, as it is printed there; '' for what it does not have."""

    title: str
    lead: str
    body: list[str]
    caption: str = ""
    picture: str = ""
    stamp: str = ""
    iso: str = ""
    views: str = ""
    sections: list[str] = field(default_factory=list)
    end: list[str] = field(default_factory=list)  # who wrote it, where it was taken from
    excerpt: str = ""


def text_of(capture: str, draft: Draft) -> Text:
    """Return what stands in a capture; *draft* tells which of its lines are of the body."""
    fields = draft.fields
    image = fields.get("image") or {}
    assert isinstance(image, dict)
    text = Text(draft.name, str(fields["lead"]), [], str(image.get("caption", "")))
    text.picture = str(image.get("original", ""))
    date = fields.get("date")
    text.iso = date.iso if date else ""  # type: ignore[attr-defined]
    category = fields.get("category", [])
    text.sections = [category] if isinstance(category, str) else list(category)  # type: ignore[call-overload]
    known = {vietnamese.identity(each) for each in (text.title, text.lead, text.caption)}
    paragraphs = {each.replace("\\", "") for each in draft.body.split("\n\n")}
    for raw in capture.split("\n"):
        line = tidy(raw)
        if not line or vietnamese.identity(line) in known or line == text.picture:
            continue
        if line in paragraphs:
            text.body.append(line)
            continue
        for name, value, said in passes.pieces_of(line):
            if name == "date":
                text.stamp = value
            elif name == "views":
                text.views = said
            elif name == "status":
                text.end.append(line)
        if phrases.EXCERPT_END.search(line):
            text.excerpt = line
        elif text.body and not passes.pieces_of(line) and _is_end(line, fields):
            text.end.append(line)
    assert len(text.body) == len(paragraphs)
    return text


def _is_end(line: str, fields: object) -> bool:
    return not phrases.LIST_HEADING.fullmatch(line) and "truy cập" not in line.lower()


def escaped(text: str) -> str:
    return html.escape(text, quote=True)


def paragraphs(lines: list[str], mark: str = "p") -> str:
    return "\n".join(f"<{mark}>{escaped(each)}</{mark}>" for each in lines)


def figure(text: Text, folder: str, caption: str) -> str:
    """The picture as an editor puts it: where it is gone, a hard space is left in its place."""
    shown = "&nbsp;"
    if text.picture:
        shown = f'<img src="{folder}{escaped(text.picture)}" alt="{escaped(text.picture)}">'
    if not text.picture and not text.caption:
        return ""
    words = caption.format(escaped(text.caption)) if text.caption else ""
    return f"<p style='text-align:center'>{shown}</p>{words}"


def block(form: str, text: str) -> str:
    return form.format(escaped(text)) if text else ""


def _page(head: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8">{head}</head>\n'
        f"{body}</html>\n"
    )


def provincial(text: Text) -> str:
    """ASP.NET with web parts: counter, lists of other news, a calendar."""
    end = "".join(f"<p align='right'><b>{escaped(each)}</b></p>" for each in text.end)
    section = " ".join(f'<a href="/tin">{escaped(each)}</a>' for each in text.sections)
    return _page(
        "<title>Cổng thông tin điện tử</title>",
        f"""<body><form id="aspnetForm"><input type="hidden" name="__VIEWSTATE" value="x">
<div class="bo-dem">SỐ LƯỢT TRUY CẬP<br><span>4</span><span>9</span></div>
<div id="menu"><ul><li><a href="/">Trang chủ</a><li><a href="/gt">Giới thiệu chung</a></ul></div>
<div class="news-detail"><div class="duong-dan">{section}</div>
{block('<span class="ngay-dang">{}</span>', text.stamp)}
<h2 class="tieude-tin">{escaped(text.title)}</h2>
<div class="sapo"><strong>{escaped(text.lead)}</strong></div>
<div class="noi-dung">{figure(text, "/anh/", '<p class="chu-thich">{}</p>')}
{paragraphs(text.body)}{end}</div>
{block('<div class="luot-xem">{}</div>', text.views)}
<div class="cong-cu"><a href="#">Bản in</a> <a href="#">Quay lại</a></div>
<div class="tin-khac"><h3>TIN MỚI HƠN</h3><ul><li><a href="/tin/2">Họp giao ban tháng sau</a></ul>
<h3>TIN ĐÃ ĐƯA</h3></div><div class="xem-theo-ngay">Xem theo ngày</div></div></form></body>""",
    )


def magazine(text: Text) -> str:
    """A WordPress theme of a magazine: the date line and the excerpt under the text."""
    sections = " ".join(f'<a rel="category tag">{escaped(each)}</a>' for each in text.sections)
    return _page(
        f"<title>{escaped(text.title)} - Tạp chí</title>"
        '<meta name="generator" content="WordPress 5.4">',
        f"""<body class="post-template-default single single-post">
<div class="topic">Sự kiện - chuyên đề:</div><nav><a href="/">Trang chủ</a></nav>
<article class="post hentry"><h1 class="post-title">{escaped(text.title)}</h1>
<div class="post-content"><p><strong>{escaped(text.lead)}</strong></p>
{figure(text, "/wp-content/uploads/2020/09/", '<p class="wp-caption-text">{}</p>')}
{paragraphs(text.body)}{paragraphs(text.end)}</div>
{block('<div class="post-views">{}</div>', text.views)}
{block('<div class="post-date">{}</div>', text.stamp)}<span class="cat-links">{sections}</span>
{block('<div class="excerpt">{}</div>', text.excerpt)}</article>
<div class="partners"><h3>Đối tác của chúng tôi</h3></div></body>""",
    )


def newspaper(text: Text) -> str:
    """The home-made system of a newspaper."""
    author = "".join(f'<p class="author-name"><b>{escaped(each)}</b></p>' for each in text.end)
    return _page(
        f"<title>{escaped(text.title)} | Báo tỉnh</title>",
        f"""<body><header><a href="/"><h3>Báo tỉnh</h3></a></header>
<div class="breadcrumb">{"".join(f"<a>{escaped(each)}</a>" for each in text.sections)}</div>
<div class="post-detail"><h1 class="title-detail">{escaped(text.title)}</h1>
<div class="box-date"><span class="date">{escaped(text.stamp)}</span>
{block('<br><span class="views">{}</span>', text.views)}</div>
<div class="detail-content"><h2 class="sapo">{escaped(text.lead)}</h2>
{figure(text, "/media/", '<div class="desc-image">{}</div>')}
{"".join(f"<div>{escaped(each)}</div>" for each in text.body)}{author}</div>
<div class="box-tags">• Từ khóa</div></div><footer>Giấy phép số 01</footer></body>""",
    )


def wordpress(text: Text) -> str:
    """WordPress as it comes, with its comment form."""
    stamp = (
        f'<time class="entry-date" datetime="{text.iso}">{escaped(text.stamp)}</time>'
        if text.iso
        else f'<span class="entry-date">{escaped(text.stamp)}</span>'
    )
    body = "<br>".join(map(escaped, text.body))
    sections = ", ".join(f'<a rel="category tag">{escaped(each)}</a>' for each in text.sections)
    caption = '<p class="wp-caption-text">{}</p>'
    return _page(
        f"<title>{escaped(text.title)} &#8211; Đài</title>"
        '<link rel="https://api.w.org/" href="/wp-json/">',
        f"""<body class="single single-post"><article class="hentry">
<header class="entry-header"><h1 class="entry-title">{escaped(text.title)}</h1>
<div class="entry-meta">{stamp if text.stamp else ""}
<span class="cat-links">{sections}</span></div></header>
<div class="entry-content"><p>{escaped(text.lead)}</p>
{figure(text, "/wp-content/uploads/", caption)}
<p>{body}</p>{paragraphs(text.end)}{block('<p class="entry-views">{}</p>', text.views)}
<div class="sharedaddy">Chia sẻ</div></div></article>
<div id="comments"><div id="respond"><h3>Trả lời</h3>
<p>Email của bạn sẽ không được hiển thị công khai.
Các trường bắt buộc được đánh dấu *</p><form><textarea></textarea></form></div></div></body>""",
    )


def sharepoint(text: Text) -> str:
    """SharePoint with its ribbon; the title is repeated above the text."""
    sections = "\u00a0".join(f"<a>{escaped(each)}</a>" for each in text.sections)
    end = "".join(
        f"<div style='text-align:right'><em>{escaped(each)}</em></div>" for each in text.end
    )
    body = "".join(
        f'<div><font face="Arial">&#160;{escaped(each)}</font></div>' for each in text.body
    )
    return _page(
        f"<title>{escaped(text.title)}</title>"
        '<meta name="GENERATOR" content="Microsoft SharePoint">',
        f"""<body><a class="ms-skipToMainContent">Skip Ribbon Commands</a>
<div id="s4-ribbonrow">Ribbon</div>
<div id="s4-workspace"><h1 id="DeltaPlaceHolderPageTitleInTitleArea">{escaped(text.title)}</h1>
<div class="article-section">{sections}</div>
<div class="ms-rtestate-field article-content"><div><strong>{escaped(text.title)}</strong></div>
<div><strong>&#160;{escaped(text.lead)}</strong></div>
{figure(text, "/PublishingImages/", '<div class="image-caption">{}</div>')}
{body}{end}</div>{block('<div class="article-date">{}</div>', text.stamp)}
{block('<div class="article-views">{}</div>', text.views)}</div></body>""",
    )


def liferay(text: Text) -> str:
    """Liferay: a portlet of web content."""
    return _page(
        "<title>Trang chi tiết - Cổng</title>",
        f"""<body class="controls-visible"><div class="portlet portlet-asset-publisher">
<h3 class="header-title"><span>{escaped(text.title)}</span></h3>
<div class="breadcrumb">{"".join(f"<a>{escaped(each)}</a>" for each in text.sections)}</div>
{block('<div class="metadata-publish-date">{}</div>', text.stamp)}
<div class="journal-content-article"><div class="summary"><p>{escaped(text.lead)}</p></div>
<div class="content">{figure(text, "/documents/10181/", '<p class="image-caption">{}</p>')}
{paragraphs(text.body)}{paragraphs(text.end)}</div></div>
{block('<span class="view-count">{}</span>', text.views)}
<div class="taglib-social-bookmarks">Facebook</div></div></body>""",
    )


def unknown(text: Text) -> str:
    """A page of no known make: only its own data and what it prints tell anything."""
    data = {"@context": "https://schema.org", "@graph": [
        {"@type": "WebSite", "name": "Trang tin"},
        {"@type": "NewsArticle", "headline": text.title, "articleSection": text.sections},
    ]}  # fmt: skip
    return _page(
        f"<title>Trang tin » {escaped(text.title)}</title>"
        f'<script type="application/ld+json">{json.dumps(data)}</script>',
        f"""<body><table width="100%">
<tr><td><a href="/">Trang chủ</a> <a href="/lh">Liên hệ</a></td></tr>
<tr><td class="x1"><table><tr><td class="x2"><b>{escaped(text.title)}</b></td></tr>
<tr><td>{escaped(text.stamp)}</td></tr><tr><td>{escaped(text.views)}</td></tr>
<tr><td class="x3"><p><b>{escaped(text.lead)}</b></p>{figure(text, "anh/", "<p><i>{}</i></p>")}
{paragraphs(text.body)}{paragraphs(text.end)}</td></tr></table></td></tr>
<tr><td><a href="/1">Tin khác thứ nhất</a></td></tr></table></body>""",
    )


Fashion = Callable[[Text], str]
FASHIONS: tuple[Fashion, ...] = (
    provincial, magazine, newspaper, wordpress, sharepoint, liferay, unknown,
)  # fmt: skip
PROFILES = ("aspnet", "wordpress", "newspaper", "wordpress", "sharepoint", "liferay", "generic")
