"""Drafts of WordPress' posts and pages: their facts, their texts, what readers wrote below."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from lxml import etree

from danvan_site import comments, vietnamese
from danvan_site.dates import DateError, Moment, parse, zone_of
from danvan_site.errors import Problem, Severity
from danvan_site.importers import legacy_fonts, retyped, tree
from danvan_site.importers.conversion import convert
from danvan_site.importers.frame import Companion, Draft, Dropped, ImportFailure, Item, LeftOut
from danvan_site.importers.placing import reason_of
from danvan_site.importers.wordpress import showing
from danvan_site.importers.wordpress.media import Media
from danvan_site.importers.wordpress.site import (
    ATTACHMENT,
    DRAFTS,
    PUBLISHED,
    SHARED_BLOCK,
    Reading,
    Source,
    old_addresses,
)  # fmt: skip
from danvan_site.importers.wordpress.wxr import Post, Term, read

# Custom fields in which plug-ins and themes count how often a post was read.
_VIEWS = (
    "views", "post_views_count", "post_views", "_post_views", "wpb_post_views_count", "tie_views",
    "penci_post_views_count", "better-views-count", "post_view", "view_count", "views_count",
    "_count-views_all", "entry_views", "pageview",
)  # fmt: skip
# What WordPress keeps for itself in the same table: menus, earlier versions, parts of its look.
_OWN_TYPES = frozenset((
    "nav_menu_item", "revision", "custom_css", "customize_changeset", "oembed_cache",
    "user_request", SHARED_BLOCK, "wp_template", "wp_template_part", "wp_global_styles",
    "wp_navigation", "wp_font_family", "wp_font_face",
))  # fmt: skip
_NO_DATE = ("0000-00-00", "-0001-")
# What WordPress puts posts in that were put in nothing.
_NO_CATEGORY = frozenset(
    ("uncategorized", "chua-phan-loai", "khong-phan-loai", "chua-duoc-phan-loai")
)
_TAXONOMIES = frozenset(("category", "post_tag", "tag", "author"))
_WORD = re.compile(r"[^\W_]+")
_WORDS_OF_TITLE = 12
_PUBLISHED_COMMENT = frozenset(("1", "approve", "approved"))
_TALK = frozenset(("", "comment"))
# A letter that only Unicode has: nothing was typed for fonts of before.
_NOT_LATIN_1 = re.compile("[\u0100-\u1fff]")

# These stand in the bulletin and so speak its language.
_UNTITLED = "bài không có tiêu đề – tiêu đề này lấy từ những chữ đầu, hãy xem lại"
_UNDATED = "không rõ ngày đăng – hãy điền date rồi xóa dòng này"
_DAMAGED = "tệp xuất hỏng ở bài này – hãy so với bài trên trang cũ"
_OLD_FONT = "chữ gõ bằng phông cũ (TCVN3 hoặc VNI) – hãy sửa chữ rồi xóa dòng này"
_EMPTY = "bài không có nội dung – hãy xem lại trên trang cũ"


def draw(reading: Reading, item: Item) -> Draft:
    """Return the draft of an item; raise LeftOut for what is no bulletin, or not everybody's."""
    source: Source = item.content
    post = read(source.file.root, _bytes_of(source, item))
    _let_in(reading, post, item)
    drawing = _Drawing(reading, item, source, post)
    return drawing.page() if post.text("post_type") == "page" else drawing.bulletin()


def _bytes_of(source: Source, item: Item) -> bytes:
    try:
        data = source.piece.read(source.file.text)
    except OSError as error:
        reason = reason_of(error)
        raise ImportFailure("import-unreadable", item.source, reason=reason) from None
    if hashlib.sha256(data).digest() != source.digest:
        raise ImportFailure("import-source-changed", item.source)
    return data


def _let_in(reading: Reading, post: Post, item: Item) -> None:
    kind, status = post.text("post_type").strip(), post.text("status").strip()
    named = vietnamese.tidy_spaces(post.text("title"))
    if not kind or not status:
        raise ImportFailure("import-xml-lost", item.source, title=named)
    if kind == ATTACHMENT:
        raise LeftOut("import-wordpress-file", item.source, title=named)
    if kind in _OWN_TYPES:
        raise LeftOut("import-wordpress-own", item.source, type=kind)
    if kind not in reading.types:
        raise LeftOut("import-wordpress-type", item.source, type=kind, title=named)
    if status not in DRAFTS and status != PUBLISHED:
        raise LeftOut("import-wordpress-status", item.source, status=status, title=named)
    if post.text("post_password").strip():
        raise LeftOut("import-wordpress-password", item.source, title=named)


@dataclass(slots=True)
class _Drawing:
    """A draft being made of a post."""

    reading: Reading
    item: Item
    source: Source
    post: Post
    fields: dict[str, object] = field(default_factory=dict)
    recognised: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    missing: list[Problem] = field(default_factory=list)
    review: list[str] = field(default_factory=list)
    companions: dict[str, Companion] = field(default_factory=dict)
    fonts: list[str] = field(default_factory=list)  # those of before that are certain

    def bulletin(self) -> Draft:
        """Return the draft of a post."""
        media, body = self._begin()
        date = self._date()
        self._set("date", date, date.iso if date else "")
        if not date:
            self.review.append(_UNDATED)
        authors = self._authors()
        self._set("author", authors, ", ".join(authors))
        absent = [key for key in ("date", "author") if key not in self.fields]
        if absent:
            self._lacks("import-absent", fields=", ".join(absent))
        self._take_terms()
        self._take_views()
        self._set("image", media.lead, str(media.lead.get("src", "")))
        if self.post.text("is_sticky").strip() == "1":
            self._set("featured", True, "1")
        self._drop_fields()
        beside = self._comments()
        if not body:
            self.review.append(_EMPTY)
        self.fields["review"] = self.review
        return self._draft(body, beside)

    def page(self) -> Draft:
        """Return the draft of a page, of which less is told."""
        _, body = self._begin()
        date = self._date()
        told = {"date": date.iso if date else "", "author": ", ".join(self._authors())}
        told["views"] = self.post.field(*_VIEWS)
        for name, value in told.items():
            if value:
                self.dropped.append(Dropped(0, f"{name}: {value}"))
        self._drop_fields()
        for comment in self.post.comments:
            self.dropped.append(Dropped(0, f"{comment.author}: {tree.shortened(comment.content)}"))
        if self.review:
            self.fields["draft"] = True
            self.dropped += [Dropped(0, each) for each in self.review]
        return self._draft(body, (), is_page=True)

    def _begin(self) -> tuple[Media, str]:
        """Take what posts and pages have alike; return the media, and the body."""
        if not self.source.piece.is_whole or self.post.faults:
            faults = self.post.faults or ("",)
            self._lacks("import-xml-damaged", reason="; ".join(faults))
            self.review.append(_DAMAGED)
        media = Media(self.reading, self.source, self.post)
        body = self._body(media)
        self._title(body)
        self._lead(body)
        if self.post.text("status").strip() != PUBLISHED:
            self._set("draft", True, self.post.text("status"))
        belongs = self.reading.site.belongs_to_one
        found = old_addresses(self.post, self.source.file.home)
        several = (each.address for each in found if each.is_sure or belongs(each.key))
        aliases = list(dict.fromkeys(several))
        self._set("aliases", aliases, aliases[0] if aliases else "")
        return media, body

    def _draft(
        self, body: str, beside: tuple[tuple[str, str], ...], is_page: bool = False
    ) -> Draft:
        name = unquote(html.unescape(self.post.text("post_name"))).strip()
        return Draft(
            self.fields,
            body,
            name or str(self.fields["title"]),
            tuple(self.recognised),
            tuple(self.dropped),
            tuple(self.missing),
            is_page=is_page,
            companions=tuple(self.companions.values()),
            beside=beside,
        )

    def _set(self, key: str, value: object, shown: str = "") -> None:
        if value:
            self.fields[key] = value
            self.recognised.append((key, tree.shortened(shown)))

    def _lacks(self, code: str, **details: str) -> None:
        self.missing.append(Problem(code, self.item.source, details, Severity.NOTICE))

    # texts

    def _retyped(self, content: str) -> str:
        """Return a body in Unicode, as far as it was typed for the fonts of before."""
        names_one = ".Vn" in content or "VNI-" in content
        is_ascii = content.isascii() and "&" not in content
        if not names_one and (is_ascii or _NOT_LATIN_1.search(content)):
            return content
        root, _ = tree.parse(content)
        found = retyped.to_unicode(root, content) if root is not None else retyped.Retyped()
        if root is None or not found.encoding:
            return content
        self._tell_of_font(found.shown, found.certain)
        # A title is often too short to be certain of; the body speaks for it.
        self.fonts += [found.encoding] * found.certain
        return str(etree.tostring(root, encoding="unicode", method="html"))

    def _read_old_fonts(self) -> None:
        """Put title and excerpt into Unicode, where they are typed for the same fonts as the
        body, or where it is certain for which."""
        texts = self.post.texts
        for name in ("title", "excerpt:encoded"):
            text = html.unescape(texts.get(name, ""))
            if not text or text.isascii() or _NOT_LATIN_1.search(text):
                continue
            encoding, certain = legacy_fonts.detect(tree.without_tags(text))
            certain = certain or encoding in self.fonts
            is_unicode = not self.fonts and _NOT_LATIN_1.search(self.post.text("content:encoded"))
            if not encoding or (is_unicode and not certain):
                continue
            self._tell_of_font(encoding.upper(), certain)
            if certain:
                texts[name] = legacy_fonts.convert(text, encoding)

    def _tell_of_font(self, encoding: str, certain: bool) -> None:
        code = "import-legacy-font" if certain else "import-legacy-font-unsure"
        self._lacks(code, encoding=encoding)
        if not certain and _OLD_FONT not in self.review:
            self.review.append(_OLD_FONT)

    def _title(self, body: str) -> None:
        title = _plain(self.post.text("title"))
        if not title:
            title = " ".join(body.split()[:_WORDS_OF_TITLE]) or f"#{self.post.text('post_id')}"
            title = _plain(title)
            self.review.append(_UNTITLED)
            self._lacks("import-absent", fields="title")
        self._set("title", title, title)

    def _lead(self, body: str) -> None:
        """Take the excerpt as the lead, unless the body begins with it."""
        lead = _plain(self.post.text("excerpt:encoded"))
        begin = (found[0] for found in _WORD.finditer(body))
        same = vietnamese.identity
        if any(same(word) != same(next(begin, "")) for word in _WORD.findall(lead)):
            self._set("lead", lead, lead)

    def _body(self, media: Media) -> str:
        facts = self.source.facts
        found = showing.shown(
            self.post.text("content:encoded"),
            media.gallery,
            facts.blocks,
            self.post.field("footnotes"),
        )
        content = self._retyped(found.html)
        self._read_old_fonts()
        content = media.without_lead(content, self.post.text("title"))
        converted = convert(content, link=media.link, picture=media.picture)
        for name, count in found.losses.items():
            self.dropped.append(Dropped(0, name if count == 1 else f"{name} × {count}"))
        for loss in converted.losses:
            self.dropped.append(Dropped(0, f"<{loss.kind}> {loss.text}".strip()))
        for picture in converted.undescribed:
            self._lacks("import-picture-undescribed", image=picture.address)
        for code, details in media.faults:
            self._lacks(code, **details)
        self.companions |= media.companions
        return converted.markdown

    # facts

    def _date(self) -> Moment | None:
        """Return the date in the site's zone, by the clock of the world where that is told."""
        gmt = self.post.text("post_date_gmt").strip()
        if not gmt.startswith(_NO_DATE):
            found = _moment(gmt, "+00:00", self.reading.zone)
            if found:
                return found
        local = self.post.text("post_date").strip()
        return None if local.startswith(_NO_DATE) else _moment(local, "", self.reading.zone)

    def _authors(self) -> list[str]:
        """Return the names under which a post appeared; a login is no name."""
        several = [term.name.strip() for term in self.post.terms if term.taxonomy == "author"]
        known = self.reading.site.authors
        login = self.post.text("creator").strip()
        # Before there was a list of authors, a post said the name itself.
        name = known.get(login, "") if known or login.islower() else login
        names = [known.get(each, each) for each in several] or [name]
        return [name for name in dict.fromkeys(map(_plain, names)) if name]

    def _take_terms(self) -> None:
        categories: list[str] = []
        tags: list[str] = []
        for term in _terms(self.post):
            if term.taxonomy == "category":
                categories += self._with_parents(term)
            elif term.taxonomy in ("post_tag", "tag"):
                tags.append(_plain(term.name))
            elif term.taxonomy not in _TAXONOMIES:
                self.dropped.append(Dropped(0, f"{term.taxonomy}: {term.name}"))
        for key, names in (("category", categories), ("tags", tags)):
            several = [name for name in dict.fromkeys(names) if name]
            self._set(key, several, ", ".join(several))

    def _with_parents(self, term: Term) -> Iterator[str]:
        """Yield the names of a category and of those that it belongs to, where the old site showed
        its posts, too."""
        known = self.reading.site.categories
        seen: set[str] = set()
        slug, name = term.slug, term.name
        while slug not in seen:
            seen.add(slug)
            if vietnamese.slugify(slug) in _NO_CATEGORY:
                return
            yield _plain(name)
            parent = known[slug].parent if slug in known else ""
            if not parent or parent not in known:
                return
            slug, name = parent, known[parent].name

    def _take_views(self) -> None:
        written = re.sub(r"[.,\s]", "", self.post.field(*_VIEWS))
        if written.isascii() and written.isdigit() and len(written) <= 12:
            self._set("views", int(written), written)
            if self.reading.site.written:
                self.fields["views_as_of"] = self.reading.site.written

    def _drop_fields(self) -> None:
        """Account for the custom fields that a person filled in."""
        for name, value in self.post.meta:
            if value and not name.startswith("_") and name not in _VIEWS and name != "footnotes":
                self.dropped.append(Dropped(0, tree.shortened(f"{name}: {value}")))

    # comments

    def _comments(self) -> tuple[tuple[str, str], ...]:
        """Return the file of the comments that everybody could read."""
        found: list[comments.Comment] = []
        left_out = 0
        for each in self.post.comments:
            is_open = each.approved.strip() in _PUBLISHED_COMMENT and each.type.strip() in _TALK
            date = self._date_of(each.date_gmt, each.date) if is_open else None
            if not date:
                left_out += 1
                continue
            body = convert(showing.shown(each.content, _no_gallery, {}).html).markdown
            number, parent = each.id.strip(), each.parent.strip()
            reply_to = "" if parent in ("", "0") else parent
            author = _plain(each.author)
            found.append(comments.Comment(author, date, comments.tidied(body), number, reply_to))
        kept, refused = comments.fitted(found)
        if left_out or refused:
            self._lacks("import-comments-left-out", count=str(left_out + len(refused)))
        if not kept:
            return ()
        self.recognised.append(("comments", str(len(kept))))
        return ((comments.SUFFIX, comments.compose(kept)),)

    def _date_of(self, gmt: str, local: str) -> Moment | None:
        found = None if gmt.startswith(_NO_DATE) else _moment(gmt, "+00:00", self.reading.zone)
        return found or _moment(local, "", self.reading.zone)


def _no_gallery(_: Mapping[str, str]) -> list[showing.Picture]:
    return []


def _terms(post: Post) -> list[Term]:
    """Return the terms of a post; the oldest exports say each twice, once without its taxonomy."""
    named = [term for term in post.terms if term.taxonomy]
    return named or [Term("category", "", term.name) for term in post.terms]


def _moment(text: str, offset: str, zone: str) -> Moment | None:
    """Return a date as databases write it, ``2020-07-16 13:40:05``, in *zone*."""
    try:
        if not offset:
            return parse(text.strip(), zone)
        there = datetime.fromisoformat(text.strip()).replace(tzinfo=zone_of(offset))
        here = there.astimezone(zone_of(zone))
    except (DateError, ValueError, OverflowError):
        return None
    return Moment(here.year, here.month, here.day, here.strftime("%H:%M:%S"), zone)


def _plain(text: str) -> str:
    """Return a text of the database, which may hold tags and entities, as plain words."""
    if "<" in text or "&" in text:
        text = tree.without_tags(text)
    return vietnamese.tidy_spaces(tree.plain(text))
