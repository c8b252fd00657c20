"""The page of each bulletin, and the plain pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from danvan_site import citations
from danvan_site.config import Reply
from danvan_site.content import Bulletin
from danvan_site.dates import Moment, short
from danvan_site.markdown import Heading
from danvan_site.plan import comments, pictures, same_day
from danvan_site.plan.frame import ARCHIVE, Frame, Values, anchor, root_of
from danvan_site.plan.listings import page_of
from danvan_site.plan.model import RANK_BULLETIN, Artifact
from danvan_site.plan.share import links as share_links

_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_MAIL_FIELDS = (("subject", "reply_subject"), ("body", "reply_text"))
# So many bulletins are kept as they are shown: those of a month and the next.
_AT_HAND = 512
_FORM_FIELDS = (("name", "reply_name"), ("email", "reply_email"), ("message", "reply_text"))


def plan(frame: Frame) -> Iterator[Artifact]:
    """Yield the pages of all bulletins and plain pages."""
    groupings = frame.library.groupings
    unusual = [(name, groupings[key].unusual) for key, name in _TERMS if groupings[key].unusual]
    days = same_day.inputs(frame)
    for bulletin, day in zip(frame.library.bulletins, days, strict=True):
        yield Artifact(
            bulletin.url,
            "article",
            "article.html",
            partial(_article, frame, bulletin),
            RANK_BULLETIN,
            bulletin.path,
            _inputs(frame, bulletin, unusual, day),
        )
    for page in frame.library.pages:
        make = partial(_plain_page, frame, page)
        yield Artifact(page.url, "page", "page.html", make, RANK_BULLETIN, page.path)


_TERMS = (
    ("tac-gia", "author"),
    ("chuyen-muc", "category"),
    ("su-kien", "topic"),
    ("tu-khoa", "tags"),
)


def _inputs(
    frame: Frame, bulletin: Bulletin, unusual: Sequence[tuple[str, Mapping[str, str]]], day: str
) -> str:
    """Return what the page comes from; *unusual* is what is so in its groupings' names (see
    `Grouping`), by the key of the front matter; *day* what it shows of its day comes from."""
    head = bulletin.head
    shelf = frame.library.shelf(bulletin)
    parts = [frame.stamps_around(bulletin), frame.related.stamp(bulletin), day, head.views_as_of]
    if shelf:
        size = frame.settings.page_size
        parts.append(page_of(shelf, frame.library.rank(bulletin), size))
    for name, stamps in unusual:
        parts += [stamps[each] for each in getattr(head, name) if each in stamps]
    parts.append(frame.shares.stamp(bulletin))
    parts += own_inputs(frame, bulletin)
    if bulletin.path in frame.library.comments:
        parts.append(frame.library.comments[bulletin.path])
    return "\0".join(parts)


def own_inputs(frame: Frame, bulletin: Bulletin) -> list[str]:
    """Return what `whole` comes from, besides what a card's stamp tells and the names of terms."""
    parts = [bulletin.head.body_digest]
    if bulletin.head.documents:
        parts += frame.document_stamps(bulletin.head.documents)
    for name in bulletin.head.attachments:
        media = frame.references.attachment(bulletin, name)
        if media:
            parts.append(f"{media.url} {media.file.stamp.size}")
    parts += frame.references.addresses[bulletin.path]
    return parts


def _more_url(frame: Frame, bulletin: Bulletin) -> str:
    """Return where the list of a bulletin's neighbours goes on."""
    shelf = frame.library.shelf(bulletin)
    if not shelf:
        return str(frame.date(bulletin.date)["url"])
    place = page_of(shelf, frame.library.rank(bulletin), frame.settings.page_size)
    return f"{place}#{anchor(bulletin)}"


def whole(frame: Frame, bulletin: Bulletin) -> tuple[Values, Values]:
    """Return what every page that has the whole bulletin shows of it, and its body; made once for
    its own page and the document of its month, which are made soon after each other."""
    found = frame.whole.get(bulletin.path)
    if found is None:
        if len(frame.whole) >= _AT_HAND:
            frame.whole.clear()
        found = _bulletin_values(frame, bulletin), _body_of(frame, bulletin)
        frame.whole[bulletin.path] = found
    return found


def _body_of(frame: Frame, bulletin: Bulletin) -> Values:
    """Say where a renderer finds the body's HTML, what its references and the documents in it lead
    to, and which abbreviations it is to explain."""
    root = root_of(bulletin.url)
    documents = {
        citations.identity(name): root + each["url"]
        for name, each in zip(
            bulletin.head.documents, frame.documents(bulletin.head.documents), strict=True
        )
        if each["url"]
    }
    return {
        "path": bulletin.path,
        "digest": bulletin.head.body_digest,
        "addresses": frame.references.addresses[bulletin.path],
        "pictures": {
            str(number): pictures.values(frame.references, picture)
            for number, picture in frame.references.pictures_of(bulletin).items()
        },
        "documents": documents,
        "abbreviations": frame.settings.search.abbreviations,
    }


def _plain_page(frame: Frame, page: Bulletin) -> Values:
    meta = page.meta
    context = frame.page(
        page.url, "page", meta.title, description=page.brief.summary, lang=meta.lang
    )
    context["bulletin"] = {"title": meta.title, "lead": meta.lead}
    context["contents"] = contents_of(page.contents)
    context["comments"] = comments.values(frame, page)
    context["body"] = _body_of(frame, page)
    return context


def _article(frame: Frame, bulletin: Bulletin) -> Values:
    meta = bulletin.meta
    values, body = _of_own_page(frame, bulletin)
    shelf = frame.library.shelf(bulletin)
    crumbs = [(frame.grouping_title("chuyen-muc"), "chuyen-muc/index.html")] if shelf else []
    crumbs += [(shelf.name, shelf.url)] if shelf else []
    context = frame.page(
        bulletin.url,
        "article",
        meta.title,
        description=bulletin.brief.summary,
        crumbs=crumbs,
        feeds=[(shelf.name, f"{shelf.folder}/feed.xml")] if shelf else [],
        lang=meta.lang,
        og_type="article",
        noindex=meta.status == "withdrawn",
        share=frame.shares.of(bulletin, values["image"]),
    )
    newer, older = frame.library.neighbours(bulletin)
    back = (shelf.name, shelf.url) if shelf else (frame.text("archive"), ARCHIVE)
    context |= {
        "bulletin": values,
        "body": body,
        "newer": frame.cards_of(newer),
        "older": frame.cards_of(older),
        "list": {"title": back[0], "url": back[1]},
        "more_url": _more_url(frame, bulletin),
        "day": same_day.same_day(frame, bulletin, (*newer, *older)),
        "metadata": _dublin_core(frame, bulletin, values),
        "jsonld": _json_ld(frame, bulletin, values),
        "contents": contents_of(bulletin.contents),
        "related": [_headline(each) for each in frame.related.of(bulletin, older)],
        "comments": comments.values(frame, bulletin),
        "reply": reply_form(frame, frame.settings.reply, meta.title, values["permalink"]),
        "share": _share(frame, bulletin, values["permalink"]),
    }
    return context


def _headline(bulletin: Bulletin) -> Values:
    """Return what a column of headlines shows of a bulletin: a card would be read from the state,
    and these come from all over the archive."""
    head = bulletin.head
    assert head.date is not None
    return {"title": head.title, "url": head.url, "date": short(*head.date[:3])}


def contents_of(headings: Sequence[Heading]) -> list[Values]:
    """Return headings as a table of contents."""
    return [
        {"title": title, "anchor": name, "below": contents_of(below)}
        for title, name, below in headings
    ]


def _share(frame: Frame, bulletin: Bulletin, address: str) -> list[Values]:
    """Return the share links: none without a public address, none of what is withdrawn."""
    if not frame.settings.base_url or bulletin.meta.status == "withdrawn":
        return []
    return share_links(frame, bulletin.meta.title, address)


def _byline(frame: Frame, bulletin: Bulletin) -> str:
    """Return who wrote and who took the pictures: ``Hiếu Minh (Ảnh: Đức Kiên)``."""
    meta = bulletin.meta
    authors, photographers = ", ".join(meta.author), ", ".join(meta.photographer)
    photos = frame.text("photo_by", names=photographers) if photographers else ""
    return f"{authors} ({photos})" if authors and photos else authors or photos


def _bulletin_values(frame: Frame, bulletin: Bulletin) -> Values:
    meta = bulletin.meta
    source = meta.source
    return frame.cards_of([bulletin])[0] | {
        "lead": meta.lead,
        "byline": _byline(frame, bulletin),
        "event_date": frame.date(meta.event_date) if meta.event_date else None,
        "image": _image(frame, bulletin),
        "lost_picture": _lost_picture(frame, bulletin),
        "source": source
        and {
            "name": source.name,
            "url": source.url,
            "author": source.author,
            "date": source.date.short() if source.date else "",
        },
        "updates": [
            {"date": update.date.text(frame.settings.language), "iso": update.date.iso,
             "note": update.note}
            for update in sorted(meta.updates, key=lambda each: each.date.order)
        ],
        "attachments": list(_attachments(frame, bulletin)),
        "permalink": frame.settings.base_url + bulletin.url,
    }  # fmt: skip


def _of_own_page(frame: Frame, bulletin: Bulletin) -> tuple[Values, Values]:
    """Return what a bulletin's own page shows of it, what it belongs to, too, and its body."""
    meta = bulletin.meta
    values, body = whole(frame, bulletin)
    own = {
        "authors": frame.terms("tac-gia", meta.author),
        "photographers": list(meta.photographer),
        "categories": frame.terms("chuyen-muc", meta.category),
        "topics": frame.terms("su-kien", meta.topic),
        "tags": frame.terms("tu-khoa", meta.tags),
        "documents": frame.documents(bulletin.head.documents),
        "views_as_of": _short_day(bulletin.head.views_as_of),
        "citation": _citation(frame, bulletin, values["permalink"]),
    }
    return values | own, body


def _short_day(iso: str) -> str:
    """Return a day of ISO 8601 in figures, '' for none."""
    return short(*map(int, iso[:10].split("-"))) if iso else ""


def _image(frame: Frame, bulletin: Bulletin) -> Values | None:
    image = bulletin.meta.image
    picture = frame.references.picture(bulletin)
    shown = frame.picture(bulletin)
    if not image or not picture or not shown:
        return None
    credit = image.credit or ", ".join(bulletin.meta.photographer)
    original = None
    if picture.key and frame.settings.pictures.originals:
        media = picture.media
        size = _size(media.file.stamp.size, frame.settings.language)
        kind = frame.references.facts[picture.key].format
        original = {"url": media.url, "type": kind, "size": size}
    return shown | {"caption": image.caption, "credit": credit, "original": original}


def _lost_picture(frame: Frame, bulletin: Bulletin) -> Values | None:
    """Return what is known of a picture that the old portal had and that is still to be found."""
    image = bulletin.meta.image
    if not image or image.src or not (image.caption or image.original):
        return None
    credit = image.credit or ", ".join(bulletin.meta.photographer)
    return {"caption": image.caption or image.original, "credit": credit}


def _attachments(frame: Frame, bulletin: Bulletin) -> Iterator[Values]:
    for attachment in bulletin.meta.attachments:
        media = frame.references.attachment(bulletin, attachment.file)
        if media:
            name = PurePosixPath(attachment.file)
            yield {
                "title": attachment.title or name.stem,
                "url": media.url,
                "type": name.suffix[1:].upper(),
                "size": _size(media.file.stamp.size, frame.settings.language),
            }


def _size(size: int, language: str) -> str:
    """Return a size for people: ``1,2 MB``."""
    value, unit = (size / 1_000_000, "MB") if size >= 1_000_000 else (max(size / 1000, 0.1), "kB")
    text = f"{value:.1f}" if value < 10 else f"{value:.0f}"
    return f"{text.replace('.', ',') if language == 'vi' else text} {unit}"


def _citation(frame: Frame, bulletin: Bulletin, address: str) -> str:
    """Return the reference a reader can copy: author, title, publication, date, address."""
    meta = bulletin.meta
    who = f"{', '.join(meta.author)}. " if meta.author else ""
    title = meta.title if meta.title.endswith(("”", '"')) else f"“{meta.title}”"
    return f"{who}{title}. {frame.settings.title}, {bulletin.date.short()}. {address}"


def _dublin_core(frame: Frame, bulletin: Bulletin, values: Values) -> list[Values]:
    """Return the elements of ISO 15836 that rules for state sites ask for, and others known."""
    meta = bulletin.meta
    settings = frame.settings
    publisher = settings.publisher.name or settings.title
    subjects = [link["name"] for key in ("categories", "topics", "tags") for link in values[key]]
    pairs = [
        ("title", meta.title),
        *(("creator", name) for name in meta.author or (meta.unit or publisher,)),
        ("date", values["date"]["iso"]),
        ("description", bulletin.brief.summary),
        ("publisher", publisher),
        ("identifier", values["permalink"]),
        ("language", meta.lang or settings.language),
        *((("source", meta.source.url or meta.source.name),) if meta.source else ()),
        *(("contributor", name) for name in meta.photographer),
        *(("subject", name) for name in dict.fromkeys(subjects)),
        ("type", "Text"),
        ("format", "text/html"),
    ]
    return [{"name": f"dc.{name}", "content": content} for name, content in pairs]


def _json_ld(frame: Frame, bulletin: Bulletin, values: Values) -> str:
    """Return schema.org's NewsArticle as JSON that is safe inside a script element."""
    meta = bulletin.meta
    settings = frame.settings
    news: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": meta.title,
        "description": bulletin.brief.summary,
        "datePublished": values["date"]["iso"],
        "inLanguage": meta.lang or settings.language,
        "author": [{"@type": "Person", "name": name} for name in meta.author],
        "publisher": {
            "@type": "GovernmentOrganization",
            "name": settings.publisher.name or settings.title,
        },
        "articleSection": [link["name"] for link in values["categories"]],
        "keywords": [link["name"] for link in values["tags"]],
    }
    if meta.updates:
        latest: Moment = max((update.date for update in meta.updates), key=lambda day: day.order)
        news["dateModified"] = latest.iso
    if settings.base_url:
        news["url"] = news["mainEntityOfPage"] = values["permalink"]
        if values["image"]:
            news["image"] = settings.base_url + values["image"]["src"]
    if meta.source:
        news["isBasedOn"] = meta.source.url or meta.source.name
    news |= comments.data(frame, bulletin)
    return script_json({key: value for key, value in news.items() if value})


def script_json(value: Values) -> str:
    """Return JSON in which nothing can end a script element or begin a comment."""
    text = _JSON.encode(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def reply_form(frame: Frame, reply: Reply | None, title: str, address: str) -> Values | None:
    """Return the reply form, or None where the settings give it no address."""
    if not reply or not (reply.mail or reply.form):
        return None
    fields = [
        {"name": field.name, "label": field.label, "required": field.required}
        for field in reply.fields
    ] or [
        {"name": name, "label": frame.text(label), "required": True}
        for name, label in (_MAIL_FIELDS if reply.mail else _FORM_FIELDS)
    ]
    return {
        "action": f"mailto:{reply.mail}" if reply.mail else reply.form,
        "method": "post",
        "mail": bool(reply.mail),
        "subject": f"{frame.text('reply')}: {title}",
        "page": address,
        "fields": fields,
        "privacy": reply.privacy,
    }
