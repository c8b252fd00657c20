"""A whole month as one document to be printed: cover, contents, every bulletin in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from danvan_site import vietnamese
from danvan_site.content import Bulletin
from danvan_site.library import grouped, standing
from danvan_site.plan.archives import Month, crumbs_to, monthly_url
from danvan_site.plan.bulletins import own_inputs, whole
from danvan_site.plan.frame import Frame, Values, month_url
from danvan_site.plan.model import RANK_BULLETIN, Artifact

KIND = "month-bulletin"


def plan(frame: Frame) -> Iterator[Artifact]:
    """Yield a document for each month that has bulletins which are not withdrawn."""
    for month, members in frame.library.months.items():
        path = monthly_url(frame, month)
        if path:
            some = standing(members)
            make = partial(_document, frame, month, some)
            # Among the bulletins of its month, so that it is made where their values are at hand.
            yield Artifact(
                path, KIND, "month-bulletin.html", make, RANK_BULLETIN, inputs=_inputs(frame, some)
            )


def _inputs(frame: Frame, members: Sequence[Bulletin]) -> str:
    parts = [frame.stamps(members)]
    for each in members:
        parts += own_inputs(frame, each)
    return "\0".join(parts)


def _document(frame: Frame, month: Month, members: Sequence[Bulletin]) -> Values:
    name = frame.month_title(*month)
    if frame.settings.language == "vi":
        name = name[0].lower() + name[1:]
    title = frame.text("monthly_title", month=name)
    path = monthly_url(frame, month)
    crumbs = [*crumbs_to(frame, month), (frame.month_title(*month), month_url(*month))]
    # It repeats what stands on the bulletins' own pages.
    context = frame.page(path, KIND, title, crumbs=crumbs, noindex=True)
    sections: list[Values] = []
    bulletins: list[Values] = []
    for category, some in _sections(frame, members):
        values = [_entry(frame, each, len(bulletins) + n) for n, each in enumerate(some, start=1)]
        sections.append({"title": category, "bulletins": values})
        bulletins += values
    return context | {
        "title": title,
        "count": frame.number(len(members)),
        "permalink": frame.settings.base_url + path,
        "month": {"title": frame.month_title(*month), "url": month_url(*month)},
        "sections": sections,
        "bulletins": bulletins,
    }


def _sections(
    frame: Frame, members: Sequence[Bulletin]
) -> Iterator[tuple[str, Sequence[Bulletin]]]:
    """Yield the first categories with their bulletins: those of the settings in their order, then
    the others in the dictionary's, last what has none.  Bulletins go from the oldest on, last
    those whose day is not known."""
    shelves = grouped(sorted(members, key=_has_no_day), lambda each: [_category(each)])
    terms = frame.library.groupings["chuyen-muc"].terms
    ordered = [vietnamese.identity(each.name) for each in frame.settings.categories]
    for identity in dict.fromkeys([*ordered, *terms]):
        if identity in shelves:
            yield terms[identity].name, shelves[identity]
    if "" in shelves:
        key = "monthly_others" if len(shelves) > 1 else "monthly_all"
        yield frame.text(key), shelves[""]


def _has_no_day(bulletin: Bulletin) -> bool:
    return not bulletin.day


def _category(bulletin: Bulletin) -> str:
    names = bulletin.head.category
    return vietnamese.identity(names[0]) if names else ""


def _entry(frame: Frame, bulletin: Bulletin, number: int) -> Values:
    language = bulletin.meta.lang
    values, body = whole(frame, bulletin)
    return values | {
        "number": number,
        "id": f"tin_{number}",
        "lang": language if language != frame.settings.language else "",
        "body": body,
    }
