"""One page of a portal becomes a bulletin.

What a profile points at, what the page's own data say and what stands around the text is known
before its lines are read; these are then read as those of a capture (`passes`), so that one text
gives one bulletin, however it was saved.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import etree

from danvan_site import addresses, alternatives, vietnamese
from danvan_site.errors import Place
from danvan_site.importers import (
    conversion,
    notes,
    outline,
    passes,
    phrases,
    profile,
    saved,
    soup,
    tree,
)
from danvan_site.importers.blocks import Block, Paragraph, Picture, Run
from danvan_site.importers.findings import Findings, Line, tidy
from danvan_site.importers.frame import Draft, Dropped, ImportFailure, LeftOut
from danvan_site.importers.names import is_name, split_categories
from danvan_site.importers.outline import Text
from danvan_site.importers.page_lines import lines_of, pictures_of
from danvan_site.importers.profile import Profile
from danvan_site.importers.saved import Page
from danvan_site.importers.surroundings import Surroundings

_HEADINGS = ("h1", "h2", "h3", "h4")
_TITLE = 10  # characters from which a heading can be the title that the head names
_SEPARATED = re.compile(r"\s+[|»–—-]\s+")
_CUT = re.compile(r"(?:…|\.{3}|\[\s?(?:…|\.{3})\s?\])$")
_COUNT = re.compile(r"\D{0,60}?(\d[\d.,]{0,14})\D{0,60}")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = re.compile(phrases.STAMP, re.IGNORECASE)
_BEFORE, _BETWEEN, _AFTER = 2, 20, 8  # texts around a bulletin that can say something of it
_LEAST = 60  # letters of a bulletin
_MOST_LINKED = 0.5  # share of its letters that can be of links
_MOST_ENTRIES = 2  # headings that are links
# They stand in the bulletin and so speak the bulletin's language.
_NO_PICTURE = "thiếu ảnh đầu tin ({}) – hãy tìm ảnh, ghi image.src và image.alt rồi xóa dòng này"
_OLD_FONT = "chữ gõ bằng phông cũ {} – hãy sửa chữ rồi xóa dòng này"


class Reader:
    """One page being read: the *page* of the *kind* that a profile tells, saved at *path* in
    *folder*; *place* is where messages put it."""

    def __init__(
        self,
        reading: passes.Reading,
        place: Place,
        page: Page,
        kind: Profile,
        path: Path,
        folder: Path,
    ) -> None:
        assert page.root is not None
        self._reading = reading
        self._place = place
        self._page = page
        self._root: etree._Element = page.root
        self._kind = kind
        self._found = Findings(place.file, reading.known)
        self._facts = saved.facts_of(page)
        self._files = Surroundings(path, folder, page.address, self._complain)
        self._picked: set[etree._Element] = set()
        self._notes: list[notes.Note] = []
        self._title = ""
        self._lead: Line | None = None
        self._picture: Picture | None = None

    def draft(self) -> Draft:
        """Return the page as a bulletin; raise ImportFailure where it is none."""
        found = self._found
        bodies = self._rule_bodies()
        self._pick()
        self._drop(bodies)
        bodies = bodies or self._densest()
        texts = outline.texts_of(self._root, bodies)
        self._title = self._title or self._named_title(texts)
        self._refuse_lists(texts)
        self._look_around(texts)
        around = {each for body in bodies for each in (body, *body.iterancestors())}
        for element in self._picked - around:
            tree.remove(element)
        self._mark_captions()
        self._notes = notes.take(bodies, self._root)
        read = soup.read_elements(bodies)
        lines = self._lines(read.blocks)
        title, lines = self._read(lines)
        passes.settle(found, title, lines, self._reading.given, self._reading.zone)
        self._files.set_folder(found.fields.get("date"))
        lines = self._place_picture(lines)
        blocks = [line.block for line in lines if line.block]
        markdown = self._written(soup.Soup(blocks, read.pictures, read.losses))
        self._note()
        self._settle_notes()
        draft = passes.draft_of(found, self._plain(title), self._with_notes(markdown))
        return replace(draft, companions=tuple(self._files.companions.values()))

    def _written(self, read: soup.Soup) -> str:
        """Return blocks as Markdown, and note what of them did not come along."""
        converted = conversion.written(read, link=self._files.link, picture=self._files.picture)
        for loss in converted.losses:
            words = f"<{loss.kind}> {self._plain(loss.text)}".strip()
            self._found.dropped.append(Dropped(loss.line, words))
        return converted.markdown.rstrip("\n")

    def _read(self, lines: list[Line]) -> tuple[str, list[Line]]:
        try:
            title, lines = passes.read_lines(lines, self._found, self._title, self._lead)
        except ImportFailure as failure:
            raise LeftOut("import-page-empty", failure.problem.place) from None
        fields, facts = self._found.fields, self._facts
        if "author" not in fields and "source" not in fields:
            self._found.add("author", filter(is_name, facts.author))
        for section in facts.sections if "category" not in fields else ():
            self._categories(section)
        if "tags" not in fields:
            self._found.add("tags", facts.tags)
        return title, lines

    # ---- what the profile points at

    def _rule_bodies(self) -> list[etree._Element]:
        rules = self._kind.rules.get("body", ())
        hits = {element: None for element, _ in profile.found(rules, self._root)}
        return [each for each in hits if not any(other in hits for other in each.iterancestors())]

    def _pick(self) -> None:
        """Take what the rules of all fields but the body find."""
        for key in profile.FIELDS:
            if key in ("body", "caption"):
                continue
            for element, text in profile.found(self._kind.rules.get(key, ()), self._root):
                said = tidy(tree.plain(text))
                line = Line(tree.line_of(element), said, text)
                if key == "image":
                    self._pick_picture(element)
                elif said and _TAKERS[key](self, line):
                    self._picked.add(element)
        published = self._facts.published
        if published and not self._found.stamp:
            self._stamp(Line(0, published, published))

    def _take_title(self, line: Line) -> bool:
        is_first = not self._title
        self._title = self._title or line.text
        return is_first and len(line.text) <= passes.MAX_TITLE

    def _stamp(self, line: Line) -> bool:
        pieces = passes.pieces_of(line.text)
        if _ISO.match(line.text):
            pieces = (("date", line.text, line.text),)
        elif not pieces:
            match = _STAMP.search(line.text)
            pieces = (("date", match[0], match[0]),) if match else ()
        for piece in pieces:
            passes.take_piece(piece, line, self._found)
        return bool(pieces)

    def _take_lead(self, line: Line) -> bool:
        before = self._lead
        text = f"{before.text} {line.text}" if before else line.text
        if len(text) > passes.MAX_LEAD:
            return False
        self._lead = Line(before.number if before else line.number, text, text)
        return True

    def _signature(self, line: Line) -> bool:
        taken = any(take(line.text, self._found) for take in passes.SIGNATURES)
        return taken or self._phrases(line)

    def _take_source(self, line: Line) -> bool:
        if "source" in self._found.fields or self._signature(line):
            return True
        if len(line.text) <= 80:
            self._found.recognise("source", {"name": line.text}, line.text)
        return "source" in self._found.fields

    def _phrases(self, line: Line) -> bool:
        pieces = passes.pieces_of(line.text)
        for piece in pieces:
            passes.take_piece(piece, line, self._found)
        return bool(pieces)

    def _take_category(self, line: Line) -> bool:
        return self._categories(line.text) if len(line.text) <= passes.MAX_CAPTION else False

    def _categories(self, text: str) -> bool:
        names = split_categories(text, self._found.known) or passes.crumbs(text, self._found)
        title = vietnamese.identity(self._title)
        kept = [each for each in names or (text,) if not phrases.HOME.fullmatch(each)]
        self._found.add("category", [each for each in kept if vietnamese.identity(each) != title])
        return True

    def _take_names(self, key: str, line: Line) -> bool:
        if not self._phrases(line):
            passes.take_piece((key, line.text, line.text), line, self._found)
        return True

    def _take_topic(self, line: Line) -> bool:
        return self._take_names("topic", line)

    def _take_tags(self, line: Line) -> bool:
        return self._take_names("tags", line)

    def _take_views(self, line: Line) -> bool:
        count = _COUNT.fullmatch(line.text)
        if not self._phrases(line) and count:
            passes.take_piece(("views", count[1], line.text), line, self._found)
        return True

    def _take_unit(self, line: Line) -> bool:
        if "unit" not in self._found.fields:
            self._found.recognise("unit", line.text)
        return True

    def _pick_picture(self, element: etree._Element) -> None:
        shown = soup.read_elements([element]).pictures
        if shown and not self._picture:
            self._picture = shown[0]
            self._picked.add(element)

    def _mark_captions(self) -> None:
        """Have the elements that the profile names read as captions: see `soup`."""
        for element, _ in profile.found(self._kind.rules.get("caption", ()), self._root):
            element.set("class", f"{element.get('class', '')} caption")

    def _drop(self, bodies: Sequence[etree._Element]) -> None:
        """Take away what the profile says to drop; what of it stood in the body is told."""
        outer = {each for body in bodies for each in (body, *body.iterancestors())}
        inner = set(bodies)
        for selector in self._kind.drop:
            for element in profile.select(selector, self._root):
                if element in outer:
                    continue
                words = tree.words_of(element)
                if words and not inner.isdisjoint(element.iterancestors()):
                    self._found.dropped.append(Dropped(tree.line_of(element), words))
                tree.remove(element)

    # ---- what no profile says

    def _densest(self) -> list[etree._Element]:
        texts = outline.texts_of(self._root)
        body = outline.densest(texts)
        if body is None:
            raise self._no_text(texts)
        return [body]

    def _named_title(self, texts: Sequence[Text]) -> str:
        """Return the heading that the page's head names, else what the head says."""
        titles = [str(each.text or "") for each in self._root.iter("title")]
        named = [tidy(tree.plain(each)) for each in (self._facts.title, *titles[:1]) if each]
        headings = [each.line.text for each in texts if each.element.tag in _HEADINGS]
        for name in named:
            whole = vietnamese.identity(name)
            shown = [each for each in headings if vietnamese.identity(each) in whole]
            longest = max(shown, key=len, default="")
            if len(longest) >= _TITLE:
                return longest
        first = [each.line.text for each in texts if each.element.tag == "h1"]
        if len(first) == 1:
            return first[0]
        if self._facts.title or not named:
            return self._facts.title
        parts = _SEPARATED.split(named[0])
        return named[0].removesuffix(parts[-1]).rstrip(" |»–—-") if len(parts) > 1 else named[0]

    def _refuse_lists(self, texts: Sequence[Text]) -> None:
        """Raise LeftOut for a page without a text, or of which most is links to others."""
        if not any(map(str.isalpha, self._title)) or len(self._title) > passes.MAX_TITLE:
            raise LeftOut("import-page-empty", self._place)
        inside = [each for each in texts if each.inside and not self._is_picked(each)]
        letters = sum(len(each.line.text) for each in inside)
        linked = sum(each.linked for each in inside)
        entries = [
            each
            for each in inside
            if each.element.tag in _HEADINGS and each.linked >= len(each.line.text) - 2
        ]
        if linked > letters * _MOST_LINKED or len(entries) > _MOST_ENTRIES:
            raise LeftOut("import-page-list", self._place)
        if letters < _LEAST:
            raise self._no_text(texts)

    def _no_text(self, texts: Sequence[Text]) -> LeftOut:
        """Return what says that there is no text: nothing at all, or links alone."""
        linked = sum(each.linked for each in texts)
        is_list = linked > sum(len(each.line.text) for each in texts) * _MOST_LINKED
        return LeftOut("import-page-list" if is_list else "import-page-empty", self._place)

    def _is_picked(self, text: Text) -> bool:
        return not self._picked.isdisjoint((text.element, *text.element.iterancestors()))

    def _look_around(self, texts: Sequence[Text]) -> None:
        """Take what the texts say between the title and the body, then those just above the title
        and below the body: phrases alone, as in a capture, and a lead."""
        inside = [n for n, each in enumerate(texts) if each.inside]
        if not inside:
            return
        start, end = inside[0], inside[-1] + 1
        same = vietnamese.identity(self._title)
        titles = [n for n in range(start) if vietnamese.identity(texts[n].line.text) == same]
        at = titles[-1] if titles else start
        for each in texts[at + 1 : start][:_BETWEEN]:
            if self._is_picked(each) or self._take_near(each.line):
                continue
            if each.line.is_prose and not each.linked and not self._lead:
                self._take_lead(each.line)
                self._picked.add(each.element)
        for each in texts[max(0, at - _BEFORE) : at]:
            self._take_near(each.line)
        for each in texts[end : end + _AFTER]:
            if phrases.LIST_HEADING.fullmatch(each.line.text):
                break
            self._take_near(each.line)

    def _take_near(self, line: Line) -> bool:
        pieces = passes.pieces_of(line.text)
        for piece in pieces:
            passes.take_piece(piece, line, self._found)
        names = () if pieces or line.is_prose else passes.sections(line, self._found)
        self._found.add("category", names)
        return bool(pieces or names)

    # ---- lines

    def _lines(self, blocks: Sequence[Block]) -> list[Line]:
        lines = [line for block in blocks for line in lines_of(block)]
        picture = self._picture
        if picture and all(picture.address != each.address for each in pictures_of(lines)):
            block = Paragraph([Run("", 0, None, picture)], picture.line)
            lines.insert(0, Line(picture.line, "", "\u00a0", block))
        if self._lead:
            lines.insert(0, self._lead)
        elif self._facts.lead and not _CUT.search(self._facts.lead):
            same = vietnamese.identity(self._facts.lead)
            copies = (each for each in lines if vietnamese.identity(each.text) == same)
            self._lead = next(copies, None)
        return lines

    # ---- the picture, and what has to be told

    def _place_picture(self, lines: list[Line]) -> list[Line]:
        """Put the lead picture into the front matter, or say that it is missing; one that nobody
        has described stays in the body."""
        picture, found = self._found.lead_picture, self._found
        if not picture:
            return lines
        path = self._files.local(picture.linked) if picture.linked else None
        path = path or self._files.local(picture.address)
        caption = str(found.image.get("caption", ""))
        if not path:
            name = vietnamese.nfc(unquote(_path_of(picture.address)).rpartition("/")[2])
            if name:
                found.picture("original", tidy(tree.plain(name)))
            whole = self._files.whole(picture.address) or name or "–"
            found.lacks("import-no-image", picture.line, image=whole)
            self._ask(_NO_PICTURE.format(whole))
            return lines
        words = next((w for w in (picture.alt, caption) if not alternatives.fault(w, path)), "")
        if not words:
            block = Paragraph([Run("", 0, None, picture)], picture.line)
            return [Line(picture.line, "", "\u00a0", block), *lines]
        found.picture("src", path)
        found.picture("alt", words)
        return lines

    def _ask(self, what: str) -> None:
        before = self._found.fields.get("review", [])
        several = before if isinstance(before, list) else [before]
        self._found.fields["review"] = [*several, what]

    def _note(self) -> None:
        found, typed = self._found, self._page.retyped
        for loss in self._page.lost:
            found.dropped.append(Dropped(loss.line, f"<{loss.kind}> {loss.text}".strip()))
        if typed.encoding:
            code = "import-legacy-font" if typed.certain else "import-legacy-font-unsure"
            found.lacks(code, encoding=typed.shown)
            if not typed.certain:
                self._ask(_OLD_FONT.format(typed.shown))
        if addresses.read(self._page.address):
            found.fields["aliases"] = [self._page.address]

    def _plain(self, text: str) -> str:
        return notes.settled(text, self._notes)

    def _settle_notes(self) -> None:
        """Take the marks of footnotes out of the front matter, which has none."""
        found = self._found
        for key, value in found.fields.items():
            if isinstance(value, str):
                found.fields[key] = self._plain(value)
            elif isinstance(value, list):
                found.fields[key] = [self._plain(str(each)) for each in value]
        found.image = {key: self._plain(str(each)) for key, each in found.image.items()}
        found.recognised = [(key, self._plain(shown)) for key, shown in found.recognised]
        found.dropped = [replace(each, text=self._plain(each.text)) for each in found.dropped]

    def _with_notes(self, markdown: str) -> str:
        """Return the body with its footnotes; those of the lead, which can have none, follow it as
        paragraphs."""
        for note in self._notes:
            text = self._plain(self._written(soup.read_elements([note.element])))
            if note.mark not in markdown:
                markdown = f"{markdown}\n\n{text}"
                continue
            markdown = markdown.replace(note.mark, f"[^{note.number}]")
            indented = "\n".join(f"    {line}" if line else "" for line in text.split("\n"))
            markdown = f"{markdown}\n\n[^{note.number}]: {indented.strip()}"
        return markdown

    def _complain(self, address: str, code: str, details: dict[str, str]) -> None:
        self._found.lacks(code, 0, **{**details, "address": tidy(address)})


_TAKERS = {
    "title": Reader._take_title,
    "stamp": Reader._stamp,
    "lead": Reader._take_lead,
    "author": Reader._signature,
    "source": Reader._take_source,
    "category": Reader._take_category,
    "topic": Reader._take_topic,
    "tags": Reader._take_tags,
    "views": Reader._take_views,
    "unit": Reader._take_unit,
}


def _path_of(address: str) -> str:
    """Return the path of an address, '' where it is none."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""
