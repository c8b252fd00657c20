"""The lines of a page become what is known of a bulletin, in passes that captures and saved pages
share.

Each pass takes the lines it knows and hands on the rest: the visit counter, lists of other news,
lines of nothing but portal phrases (see `phrases`), the repeated excerpt, the title, the credits at
the end, the lead and its picture; what is left is the body.  Words are never corrected, and a date
is never made up: what is not printed is asked for in a ``review`` entry, with the guess and its
reason beside it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from danvan_site import dates, vietnamese
from danvan_site.dates import DateError, Moment
from danvan_site.errors import Place, UsageError
from danvan_site.frontmatter import KEYS
from danvan_site.importers import dating, phrases
from danvan_site.importers.findings import Findings, Line, tidy
from danvan_site.importers.frame import Draft, ImportFailure
from danvan_site.importers.names import is_name, spaced, split_categories, split_names

MAX_TITLE = 300
MAX_LEAD = 2_000
MAX_CAPTION = 200
_BREADCRUMB = 3  # lines between a title and its copy that can name sections
_HEAD = 12  # lines among which a title is looked for a second time
_SPOKEN_CAPTION = 80  # length to which a sentence can be a caption
_TAIL = 8  # lines under the last paragraph that can be its credits
_MAX_KEYWORD = 60

Lines = list[Line]


class Reading(NamedTuple):
    """What reading a page depends on besides its file: see `reading`."""

    known: tuple[str, ...]
    given: Moment | None
    zone: str


def reading(date: str | None, zone: str, categories: Sequence[str]) -> Reading:
    """Return how pages are to be read.

    *date* (a day, a month or a year) supplies what the pages' own dates lack; *categories* are the
    site's own names, which are recognised beside those common on portals.  Raises UsageError for a
    *date* that cannot be.
    """
    try:
        given = dates.parse(date, zone) if date else None
    except DateError as error:
        raise UsageError(error.code, Place("--date"), **error.details) from None
    return Reading((*categories, *phrases.CATEGORIES), given, zone)


def read_lines(
    lines: Lines, found: Findings, title: str = "", lead: Line | None = None
) -> tuple[str, Lines]:
    """Return the title and the lines of the body; what else they say goes to *found*.

    *title* is that of the page where it is known beforehand, and *lead* the one of *lines* that is
    known to be the lead.  Raises ImportFailure where there is no title, or nothing but one.
    """
    for take in (take_visits, drop_lists, take_keywords, take_phrases, drop_excerpts):
        lines = take(lines, found)
    if title:
        lines = place_title(title, lines, -1, found)
    else:
        title, lines = take_title(lines, found)
    lines = take_signature(lines, found)
    body = take_picture(take_lead(lines, found, lead), found)
    if not body:
        raise ImportFailure("import-no-text", Place(found.file), title=title)
    return title, body


def settle(found: Findings, title: str, body: Lines, given: Moment | None, zone: str) -> None:
    """Settle the date of what was *found*, and note what is absent; *given* is the date that a
    person supplies.

    Raises ImportFailure where that contradicts the printed one.
    """
    dating.settle_date(found, dating.clues_of(found, title, body), given, zone)
    _note_absent(found)


def draft_of(found: Findings, title: str, markdown: str) -> Draft:
    """Return the draft of what was *found*."""
    if found.image:
        found.fields["image"] = found.image
    return Draft(
        {key: _one_or_more(value) for key, value in found.fields.items()},
        markdown,
        title,
        tuple(sorted(found.recognised, key=lambda entry: KEYS.index(entry[0].split(".")[0]))),
        tuple(sorted(found.dropped, key=lambda dropped: dropped.line)),
        tuple(found.missing),
        found.visits,
    )


def _one_or_more(value: object) -> object:
    """A list of one is written as that one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


# ---- what is not the bulletin


def take_visits(lines: Lines, found: Findings) -> Lines:
    """Take the portal's visit counter, whose digits may stand on a line each."""
    rest: Lines = []
    waiting = iter(lines)
    line = next(waiting, None)
    while line is not None:
        label = phrases.VISITS_LABEL.fullmatch(line.text)
        if not label:
            rest.append(line)
            line = next(waiting, None)
            continue
        written, heading = label["value"], line
        line = next(waiting, None)
        while line is not None and phrases.DIGITS.fullmatch(line.text):
            written += line.text
            line = next(waiting, None)
        digits = re.sub(r"\D", "", written)
        if 0 < len(digits) <= 15 and found.visits is None:
            found.visits = int(digits)
        else:
            found.drop(heading, tidy(f"{heading.text} {digits}"))
    return rest


def drop_lists(lines: Lines, found: Findings) -> Lines:
    """Drop the headings of lists of other things, and the entries under them.

    Entries end where prose or a line of phrases begins.  Above the text there may be a heading of
    the same words, whose entries cannot be told from the title: only the heading is dropped there.
    """
    rest: Lines = []
    text_seen = in_list = False
    for line in lines:
        text_seen = text_seen or line.is_prose
        if phrases.LIST_HEADING.fullmatch(line.text):
            in_list = text_seen
            found.drop(line)
        elif in_list and (line.is_entries or _is_entry(line)):
            found.drop(line)
        else:
            in_list = False
            rest.append(line)
    return rest


def _is_entry(line: Line) -> bool:
    return bool(line.text) and not line.is_prose and not pieces_of(line.text)


Piece = tuple[str, str, str]  # what it is, its value, its text


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Return the portal phrases a line consists of, or () where it holds anything else."""
    pieces: list[Piece] = []
    position = 0
    while position < len(text):
        for phrase in phrases.PHRASES:
            match = phrase.pattern.match(text, position)
            if match and match.end() > position:
                break
        else:
            return ()
        value = (match["value"] or "") if "value" in match.re.groupindex else ""
        pieces.append((phrase.name, value.strip(), match.group().strip()))
        position = match.end() + (text[match.end() : match.end() + 1] == " ")
    return tuple(pieces)


def take_keywords(lines: Lines, found: Findings) -> Lines:
    """Take keywords that stand on lines of their own right under their label."""
    rest: Lines = []
    text_seen = False
    under = 0  # the line number on which a keyword can stand
    for line in lines:
        text_seen = text_seen or line.is_prose
        if line.number == under and len(line.text) <= _MAX_KEYWORD and not pieces_of(line.text):
            _take_list("tags")(found, line.text, line)
            under += 1
            continue
        rest.append(line)
        label = [(name, value) for name, value, _ in pieces_of(line.text)] == [("tags", "")]
        under = line.number + 1 if label and text_seen else 0
    return rest


def take_phrases(lines: Lines, found: Findings) -> Lines:
    """Take the lines that consist of portal phrases alone: counts, dates, labels, furniture."""
    rest: Lines = []
    for line in lines:
        pieces = pieces_of(line.text)
        for piece in pieces:
            if not take_piece(piece, line, found):
                found.drop(line, piece[2])
        if not pieces:
            rest.append(line)
    return rest


def take_piece(piece: Piece, line: Line, found: Findings) -> bool:
    """Take what a phrase on *line* says; False where that is nothing, or was known before."""
    name, value, _ = piece
    return bool(value) and _ACTIONS[name](found, value, line)


def _take_stamp(found: Findings, value: str, line: Line) -> bool:
    if found.stamp is not None:
        return False
    found.stamp = replace(line, text=value)
    return True


def _take_views(found: Findings, value: str, line: Line) -> bool:
    if "views" in found.fields:
        return False
    found.recognise("views", int(re.sub(r"\D", "", value)))
    return True


def _take_status(found: Findings, value: str, line: Line) -> bool:
    found.recognise("status", "updating", f"updating ({value})")
    return True


def _take_categories(found: Findings, value: str, line: Line) -> bool:
    found.add("category", split_categories(value, found.known) or (value,))
    return True


def _take_names(key: str) -> Callable[[Findings, str, Line], bool]:
    def take(found: Findings, value: str, line: Line) -> bool:
        found.add(key, split_names(value))
        return True

    return take


def _take_topic(found: Findings, value: str, line: Line) -> bool:
    found.add("topic", [value])
    return True


def _take_list(key: str) -> Callable[[Findings, str, Line], bool]:
    def take(found: Findings, value: str, line: Line) -> bool:
        found.add(key, [each for each in map(tidy, re.split(r"[,;•·]", value)) if each])
        return True

    return take


_ACTIONS: Mapping[str, Callable[[Findings, str, Line], bool]] = {
    "author": _take_names("author"),
    "category": _take_categories,
    "date": _take_stamp,
    "furniture": lambda found, value, line: False,
    "status": _take_status,
    "tags": _take_list("tags"),
    "topic": _take_topic,
    "views": _take_views,
}


def drop_excerpts(lines: Lines, found: Findings) -> Lines:
    """Drop a paragraph ending in […] that only repeats how another one begins."""
    texts = sorted(line.text for line in lines if not phrases.EXCERPT_END.search(line.text))
    rest: Lines = []
    for line in lines:
        ending = phrases.EXCERPT_END.search(line.text)
        start = line.text[: min(ending.start(), 60)] if ending else ""
        if start and any(text.startswith(start) for text in _from(texts, start)):
            found.drop(line)
        else:
            rest.append(line)
    return rest


def _from(texts: list[str], start: str) -> list[str]:
    """The text of a sorted list that begins with *start*, if there is one."""
    position = bisect_left(texts, start)
    return texts[position : position + 1]


# ---- the head of the page


def take_title(lines: Lines, found: Findings) -> tuple[str, Lines]:
    """Take the title, its repetition and the sections named around it.

    The title is what stands twice near the beginning, else the first line that is no section.
    """
    texts = [line for line in lines if line.text]
    title = _repeated(texts[:_HEAD]) or next(
        (line for line in texts if not sections(line, found)), texts[0] if texts else None
    )
    letters = title and any(character.isalpha() for character in title.text)
    if not title or not letters or len(title.text) > MAX_TITLE:
        place = Place(found.file, texts[0].number if texts else 0)
        raise ImportFailure("import-no-title", place)
    return title.text, place_title(title.text, lines, lines.index(title), found)


def place_title(title: str, lines: Lines, first: int, found: Findings) -> Lines:
    """Take the *title* with its copies and the sections named around it.

    It is the line *first*; where that is -1 it stood before all of them.
    """
    found.recognise("title", title)
    same = vietnamese.identity(title)
    copies = [n for n, line in enumerate(lines) if vietnamese.identity(line.text) == same]
    second = max((n for n in copies if n <= first + _BREADCRUMB), default=first)
    for copy in copies:
        if copy != first:
            found.drop(lines[copy])
    taken = set(copies)
    for position, line in enumerate(lines[: second + 2]):
        between = first < position < second
        if position not in taken and _take_breadcrumb(line, between, same, found):
            taken.add(position)
    return [line for n, line in enumerate(lines) if n not in taken]


def _repeated(texts: Lines) -> Line | None:
    seen = [vietnamese.identity(line.text) for line in texts]
    several = [line for line, text in zip(texts, seen, strict=True) if seen.count(text) > 1]
    return next((line for line in several if len(line.text) > 10), None)


def _take_breadcrumb(line: Line, between: bool, title: str, found: Findings) -> bool:
    """Take a line of sections, known ones or any *between* the title and its copy."""
    if not line.text or line.is_prose or not line.is_plain:
        return False
    names = sections(line, found)
    if not names and between and len(line.text) <= MAX_CAPTION:
        names = _parts(line.raw)
    found.add("category", [name for name in names if vietnamese.identity(name) != title])
    return bool(names)


def sections(line: Line, found: Findings) -> tuple[str, ...]:
    """Return the sections a line names: all known ones, or a path beginning at the home page."""
    known = split_categories(line.text, found.known)
    if known:
        return known
    return crumbs(line.text, found)


def crumbs(text: str, found: Findings) -> tuple[str, ...]:
    """Return the sections of a path that begins at the home page, () where *text* is none."""
    names = [name for name in phrases.CRUMB.split(text) if name]
    if len(names) < 2 or not phrases.HOME.fullmatch(names[0]):
        return ()
    split = (split_categories(name, found.known) or (name,) for name in names[1:])
    return tuple(name for several in split for name in several)


def _parts(raw: str) -> tuple[str, ...]:
    """Names run together on a line: portals put a hard space between two links."""
    parts = (tidy(spaced(part)) for part in re.split(r"\u00a0+|\s{2,}", raw))
    return tuple(part for part in parts if part)


def take_lead(lines: Lines, found: Findings, known: Line | None = None) -> Lines:
    """Take the first paragraph as the lead, where more than that is there; or the line that is
    *known* to be it, with its copies."""
    texts = [line for line in lines if line.text]
    if known and known in texts:
        same = vietnamese.identity(known.text)
        found.recognise("lead", known.text)
        return [line for line in lines if vietnamese.identity(line.text) != same]
    if len(texts) < 2 or len(texts[0].text) > MAX_LEAD or not texts[0].is_plain:
        return lines
    if not (texts[0].is_prose or phrases.STOP.search(texts[0].text)):
        return lines
    found.recognise("lead", texts[0].text)
    return [line for line in lines if line is not texts[0]]


def take_picture(lines: Lines, found: Findings) -> Lines:
    """Take the picture at the top and its caption, or what is left of pictures: a hole, file names.

    A capture holds no pictures, so each is missing; its caption and its name are kept for it.
    """
    texts = [line for line in lines if line.text or line.block]
    pictures = [line for line in texts if phrases.PICTURE_FILE.fullmatch(line.text)]
    rest = [line for line in texts if not phrases.PICTURE_FILE.fullmatch(line.text)]
    top = lines[0] if lines and len(lines[0].pictures) == 1 and len(rest) > 1 else None
    if top:
        rest.remove(top)
        found.lead_picture = top.pictures[0]
    hole = bool(lines) and lines[0].is_hole
    on_top = hole or bool(pictures and pictures[0] is texts[0])
    caption = None
    if len(rest) > 1 and ("lead" in found.fields or on_top) and _is_caption(rest[0], on_top, top):
        caption = rest.pop(0)
        _take_caption(caption.text, found)
    if top:
        pass  # it has come along
    elif pictures and (on_top or not caption):
        found.picture("original", pictures[0].text)
        found.lacks("import-no-image", pictures[0].number, image=pictures.pop(0).text)
    elif hole or caption:
        place = caption or lines[0]
        found.lacks("import-no-image", place.number, image=place.text or "–")
    for further in pictures:
        found.drop(further)
        found.lacks("import-no-image", further.number, image=further.text)
    return rest


def _is_caption(line: Line, after_picture: bool, top: Line | None) -> bool:
    """A line of its own without a full stop; with one, it must speak of a picture.  What the page
    itself says to be the caption of the picture at the *top* is one."""
    text = line.text
    if not text or not line.is_plain:
        return False
    if top and any(tidy(picture.caption) == text for picture in top.pictures):
        return True
    if len(text) > MAX_CAPTION or phrases.LIST_ITEM.match(text) or text.endswith((":", ";", ",")):
        return False
    speaks = phrases.CAPTION_WORDS.match(text) is not None
    return not phrases.STOP.search(text) or (
        len(text) <= _SPOKEN_CAPTION and (speaks or after_picture)
    )


def _take_caption(text: str, found: Findings) -> None:
    credited = phrases.PHOTO_CREDIT.fullmatch(text)
    if credited:
        text = credited["caption"]
        names = split_names(credited["photo"])
        found.picture("credit", ", ".join(names))
        found.add("photographer", names)
    if text:
        found.picture("caption", text)


# ---- the end of the bulletin


def take_signature(lines: Lines, found: Findings) -> Lines:
    """Take the source, the credits and the author's name from under the last paragraph."""
    prose = [position for position, line in enumerate(lines) if line.is_prose]
    if not prose:
        return lines
    rest = list(lines)
    for position in range(len(lines) - 1, max(prose[0], len(lines) - 1 - _TAIL), -1):
        line = lines[position]
        if line.pictures or not line.is_plain:
            break
        if line.text and not any(take(line.text, found) for take in SIGNATURES):
            break
        rest.pop()
    return rest


def _take_source(text: str, found: Findings) -> bool:
    match = phrases.SOURCE.fullmatch(text)
    if not match or "source" in found.fields or phrases.STOP.search(match["value"]):
        return False
    name = match["value"]
    record = {"name": name}
    if re.fullmatch(r"https?://[^\s<>\"]+", name):
        record = {"name": re.split(r"[/?#]", name)[2] or name, "url": name}
    found.recognise("source", record, name)
    return True


def _take_credits(text: str, found: Findings) -> bool:
    match = next(filter(None, (each.fullmatch(text) for each in phrases.CREDITS)), None)
    if not match:
        return False
    said = match.groupdict()
    author = said.get("author") or said.get("both")
    photo = said.get("photo") or said.get("both")
    if author:
        found.add("author", split_names(author))
    if photo:
        found.add("photographer", split_names(photo))
        found.picture("credit", ", ".join(split_names(photo)))
    return True


def _take_bare_name(text: str, found: Findings) -> bool:
    names = split_names(text)
    if "author" in found.fields or not names or not all(map(is_name, names)):
        return False
    if split_categories(text, found.known):  # a section in capitals looks like a name
        return False
    found.add("author", names)
    return True


SIGNATURES = (_take_source, _take_credits, _take_bare_name)


def _note_absent(found: Findings) -> None:
    """Note in one line which of the facts a page usually has are not on this one."""
    usual = ("category", "lead", "views", "author")
    absent = [key for key in usual if key not in found.fields]
    if "author" in absent and "source" in found.fields:
        absent.remove("author")
    if absent:
        found.lacks("import-absent", fields=", ".join(absent))
