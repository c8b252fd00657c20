"""Exports of WordPress for tests, written by hand: an item, a head, a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

HOST = "https://cu.example.vn"
NAMESPACES = {
    "excerpt": "http://wordpress.org/export/1.2/excerpt/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "wp": "http://wordpress.org/export/1.2/",
}
HEAD = f"""
<title>Cổng cũ</title><link>{HOST}</link><pubDate>Fri, 02 Jan 2026 20:00:00 +0000</pubDate>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>{HOST}</wp:base_site_url><wp:base_blog_url>{HOST}</wp:base_blog_url>
<wp:author><wp:author_login>thuha</wp:author_login><wp:author_email>thuha@example.vn</wp:author_email>
<wp:author_display_name><![CDATA[Thu Hà]]></wp:author_display_name></wp:author>
<wp:author><wp:author_login>admin</wp:author_login><wp:author_display_name>admin</wp:author_display_name>
<wp:author_first_name></wp:author_first_name><wp:author_last_name></wp:author_last_name></wp:author>
<wp:author><wp:author_login>sau</wp:author_login><wp:author_display_name>sau</wp:author_display_name>
<wp:author_first_name>Sáu</wp:author_first_name>
<wp:author_last_name>Lê Văn</wp:author_last_name></wp:author>
<wp:category><wp:category_nicename>tin-tuc</wp:category_nicename><wp:category_parent></wp:category_parent>
<wp:cat_name><![CDATA[Tin tức]]></wp:cat_name></wp:category>
<wp:category><wp:category_nicename>tin-xa</wp:category_nicename><wp:category_parent>tin-tuc</wp:category_parent>
<wp:cat_name><![CDATA[Tin xã]]></wp:cat_name></wp:category>
<wp:tag><wp:tag_slug>hop-dan</wp:tag_slug><wp:tag_name>họp dân</wp:tag_name></wp:tag>
"""


def cdata(text: str) -> str:
    return f"<![CDATA[{text}]]>"


def term(name: str, slug: str = "", taxonomy: str = "category") -> str:
    return f'<category domain="{taxonomy}" nicename="{slug}">{cdata(name)}</category>'


def meta(name: str, value: str) -> str:
    return (
        f"<wp:postmeta><wp:meta_key>{name}</wp:meta_key>"
        f"<wp:meta_value>{cdata(value)}</wp:meta_value></wp:postmeta>"
    )


def comment(number: int, text: str, **more: str) -> str:
    values = {
        "author": "Bà Lan",
        "author_email": "lan@example.vn",
        "author_IP": "203.0.113.9",
        "author_url": "https://lan.example.vn",
        "date": "2020-07-17 08:00:00",
        "date_gmt": "2020-07-17 01:00:00",
        "approved": "1",
        "type": "comment",
        "parent": "0",
    } | more
    parts = "".join(f"<wp:comment_{k}>{escape(v)}</wp:comment_{k}>" for k, v in values.items())
    content = f"<wp:comment_content>{cdata(text)}</wp:comment_content>"
    return f"<wp:comment><wp:comment_id>{number}</wp:comment_id>{parts}{content}</wp:comment>"


def item(number: int, title: str, content: str = "", inner: str = "", **more: str | None) -> str:
    """An item; *inner* are elements as they stand, *more* replaces texts of the others (None: there
    is no such element)."""
    slug = more.get("post_name") or f"bai-{number}"
    values: dict[str, str | None] = {
        "title": title,
        "link": f"{HOST}/2020/07/16/{slug}/",
        "dc:creator": "thuha",
        "guid": f"{HOST}/?p={number}",
        "content:encoded": content,
        "excerpt:encoded": "",
        "wp:post_id": str(number),
        "wp:post_date": "2020-07-16 13:40:00",
        "wp:post_date_gmt": "2020-07-16 06:40:00",
        "wp:post_name": slug,
        "wp:status": "publish",
        "wp:post_parent": "0",
        "wp:post_type": "post",
        "wp:post_password": "",
        "wp:is_sticky": "0",
    }
    for name, value in more.items():
        full = {"creator": "dc:creator", "excerpt": "excerpt:encoded"}.get(name, f"wp:{name}")
        values[name if name in ("title", "link", "guid") else full] = value
    parts = [f"<{k}>{cdata(v)}</{k}>" for k, v in values.items() if v is not None]
    return "<item>\n" + "\n".join((*parts, inner)) + "\n</item>\n"


def attachment(number: int, path: str, alt: str = "", caption: str = "", parent: int = 0) -> str:
    address = f"{HOST}/wp-content/uploads/{path}"
    return item(
        number,
        path.rpartition("/")[2].rpartition(".")[0],
        inner=f"<wp:attachment_url>{address}</wp:attachment_url>"
        + meta("_wp_attachment_image_alt", alt),
        excerpt=caption,
        guid=address,
        post_type="attachment",
        status="inherit",
        post_parent=str(parent),
    )


def export(
    items: Iterable[str], head: str = HEAD, namespaces: Mapping[str, str] = NAMESPACES
) -> str:
    names = " ".join(f'xmlns:{name}="{address}"' for name, address in namespaces.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8" ?>\n<rss version="2.0" {names}>\n<channel>{head}'
        f"{''.join(items)}</channel>\n</rss>\n"
    )
