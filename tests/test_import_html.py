"""Importing saved pages: what a portal's markup says, what it hides, and what is never touched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from danvan_site.dates import Moment
from danvan_site.importers import capture, pages, passes, profile, saved
from danvan_site.importers.frame import Draft, Outcome, Target, bring
from danvan_site.importers.ledger import open_ledger
from danvan_site.workers import Workers
from tests import portals
from tests.portals import FASHIONS, PROFILES, Fashion

CAPTURES = Path(__file__).parent / "captures"


def import_pages(places: Sequence[Path], to: Path, name: str = "", date: str = "") -> list[Outcome]:
    reading = passes.reading(date or None, "+07:00", ())
    profiles = (profile.named(name),) if name else profile.shipped()
    with open_ledger(to, lambda: None) as ledger, Workers(1) as workers:
        return list(bring(pages.importing(places, reading, profiles), Target(ledger), workers))


def bring_page(
    tmp_path: Path, html: str | bytes, name: str = "trang.html", **options: Any
) -> Outcome:
    """Import one page with the given content."""
    path = tmp_path / "luu" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(html if isinstance(html, bytes) else html.encode())
    return import_pages([tmp_path / "luu"], tmp_path / "content", **options)[0]


def draft_of(outcome: Outcome) -> Draft:
    assert outcome.written and outcome.draft, outcome.problem
    return outcome.draft


# ---- one text, however it was saved


def facts(draft: Draft) -> dict[str, object]:
    """All that a bulletin says, but for the entry that asks for its picture: a capture cannot know
    that there was one."""
    fields = {key: value for key, value in draft.fields.items() if value != []}
    date = fields.get("date")
    if isinstance(date, Moment):
        fields["date"] = date.iso  # «13:40:00» is how machines write «13:40»
    review = fields.pop("review", [])
    entries = review if isinstance(review, list) else [review]
    kept = [each for each in entries if not str(each).startswith("thiếu ảnh đầu tin")]
    return fields | {"review": kept, "body": draft.body}


def compare(text: str, fashion: Fashion, tmp_path: Path) -> None:
    wanted = capture.read_capture(text, "trang.txt")
    page = fashion(portals.text_of(text, wanted))
    draft = draft_of(bring_page(tmp_path, page))
    assert facts(draft) == facts(wanted)
    has_picture = "<img" in page
    assert has_picture == ("thiếu ảnh đầu tin" in str(draft.fields.get("review", "")))


@pytest.mark.parametrize("fashion", FASHIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", sorted(path.name for path in CAPTURES.iterdir()))
def test_a_text_in_any_fashion_is_the_bulletin_that_its_capture_is(
    name: str, fashion: Fashion, tmp_path: Path
) -> None:
    compare((CAPTURES / name).read_text("utf-8"), fashion, tmp_path)


@pytest.mark.parametrize("fashion", FASHIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("number", range(5))
def test_the_real_captures_in_any_fashion_come_out_alike(
    number: int, fashion: Fashion, tmp_path: Path, shared: Path
) -> None:
    path = sorted((shared / "seeds").glob("*.txt"))[number]
    compare(path.read_text("utf-8"), fashion, tmp_path)


@pytest.mark.parametrize(
    ("fashion", "name"),
    list(zip(FASHIONS, PROFILES, strict=True)),
    ids=[each.__name__ for each in FASHIONS],
)
def test_each_fashion_is_recognised(fashion: Fashion, name: str) -> None:
    text = (CAPTURES / "tinh-uy.txt").read_text("utf-8")
    page = fashion(portals.text_of(text, capture.read_capture(text, "trang.txt")))
    read = saved.read(saved.opened(page.encode(), "luu/trang.html"))
    assert read.root is not None
    generator = read.meta("generator")
    assert profile.recognised(profile.shipped(), read.root, "", generator).name == name
