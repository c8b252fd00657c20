"""What a page shows of the readers' comments on its bulletin."""

from __future__ import annotations

from typing import Any

from danvan_site import comments
from danvan_site.content import Bulletin
from danvan_site.dates import Moment
from danvan_site.plan.frame import Frame, Values

# So many stand among the data of a page for search engines, which repeat what all can read.
_IN_DATA = 20


def values(frame: Frame, bulletin: Bulletin) -> Values | None:
    """Return the comments on a bulletin as its page shows them, each with the replies to it; None
    where there are none."""
    if bulletin.path not in frame.library.comments:
        return None
    found: list[Values] = []
    rows = bulletin.rows(comments.path_of(bulletin.path))
    for anchor, author, date, _, html, _ in rows:
        day = Moment(*date)
        found.append(
            {
                "anchor": anchor,
                "author": author,
                "date": {"iso": day.iso, "text": day.text(frame.settings.language)},
                "body": html,
                "to": None,
                "replies": [],
            }
        )
    for comment, row in zip(found, rows, strict=True):
        if row[3] is not None:
            parent = found[row[3]]
            comment["to"] = {"author": parent["author"], "anchor": parent["anchor"]}
            parent["replies"].append(comment)
    first = [each for each in found if not each["to"]]
    return {"count": frame.number(len(found)), "list": first}


def data(frame: Frame, bulletin: Bulletin) -> dict[str, Any]:
    """Return what schema.org has for comments: how many there are, and the first of them."""
    if bulletin.path not in frame.library.comments:
        return {}
    rows = bulletin.rows(comments.path_of(bulletin.path))
    some = [
        {
            "@type": "Comment",
            "author": {"@type": "Person", "name": author},
            "dateCreated": Moment(*date).iso,
            "text": text,
        }
        for _, author, date, _, _, text in rows[:_IN_DATA]
    ]
    return {"commentCount": len(rows), "comment": some}
