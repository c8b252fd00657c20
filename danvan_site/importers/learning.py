"""A profile is learnt from one page: a webmaster pastes what he sees, and it is looked up where on
the page that stands.

The answers are a file of YAML beside the page, ``trang.hoc.yaml`` of ``trang.html``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from danvan_site import schema, vietnamese
from danvan_site.catalog import Catalog
from danvan_site.errors import ContentError, Place, UsageError
from danvan_site.importers import profile, saved, tree
from danvan_site.importers.findings import tidy
from danvan_site.importers.frame import ImportFailure
from danvan_site.importers.pages import Found, found_files, opened
from danvan_site.importers.placing import reason_of

FIRST, LAST = "body_first", "body_last"
# What is asked for, and the words of the question.
_KEYS = {
    "title": "learn-title",
    "stamp": "learn-stamp",
    "lead": "learn-lead",
    FIRST: "learn-body-first",
    LAST: "learn-body-last",
    "author": "learn-author",
    "source": "learn-source",
    "caption": "learn-caption",
    "category": "learn-category",
    "tags": "learn-tags",
    "views": "learn-views",
}
# These are known by how they look where nothing but their place would tell them.
_KNOWN = frozenset(("author", "source", "caption"))
_SEVERAL = frozenset(("category", "tags"))
_MOST = 100_000
_SLACK = 200  # letters by which an element may say more than what was pasted
_MOST_SELECTED = 20
_NAME = re.compile(r"-?[A-Za-z_][A-Za-z0-9_-]*")
# What has a number in it is another on the next page.
_NUMBERED = re.compile(r"\d{3}|^\d|-\d+$")
_CONTROL = re.compile(r"ctl\d+_")


class Learnt(NamedTuple):
    """A profile as text, and of each of its keys the selector."""

    text: str
    selectors: Mapping[str, str]


def answers_of(page: Path) -> Path:
    """Return where the answers about *page* are."""
    return page.with_suffix(".hoc.yaml")


def questions(words: Catalog) -> str:
    """Return the file that a webmaster fills in."""
    lines = [f"# {line}" for line in words.say("learn-heading").splitlines()]
    for key, question in _KEYS.items():
        lines += ["", f"# {words.say(question)}", f"{key}:"]
    return "\n".join(lines) + "\n"


def learn(page: Path, words: Catalog) -> Learnt:
    """Return the profile of what the answers say of *page*.

    Raises UsageError where one of the files cannot be read, ContentError with all that is wrong
    with the answers: what is missing, what does not stand on the page.
    """
    answers = answers_of(page)
    source, given = _read(answers)
    try:
        _, opened_page = opened(Found(page, page.parent))
    except ImportFailure as failure:
        problem = failure.problem
        raise UsageError(problem.code, problem.place, **problem.details) from None
    read = saved.read(opened_page)
    if read.root is None:
        raise UsageError("import-page-empty", Place(page.as_posix()))
    finder = _Finder(read.root)
    selectors: dict[str, str] = {}
    for key in _KEYS:
        place = source.places.get(key, Place(answers.as_posix()))
        if key in given and key not in (FIRST, LAST):
            selector = finder.selector(given[key], key)
            if selector and not (key in _KNOWN and ":nth-of-type" in selector):
                selectors[key] = selector
            elif selector:
                continue
            else:
                source.fault("import-learn-not-found", place, key=key, text=given[key][:80])
    place = source.places.get(FIRST, Place(answers.as_posix()))
    body = finder.around(given.get(FIRST, ""), given.get(LAST, given.get(FIRST, "")))
    if body:
        selectors["body"] = body
    elif FIRST in given:
        source.fault("import-learn-not-found", place, key=FIRST, text=given[FIRST][:80])
    if source.problems:
        raise ContentError(source.problems)
    return Learnt(_written(selectors, read.host, words), selectors)


def _read(answers: Path) -> tuple[schema.Source, Mapping[str, str]]:
    shown = answers.as_posix()
    try:
        text = answers.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("import-profile", Place(shown), reason=reason_of(error)) from None
    if len(text) > _MOST:
        raise UsageError("import-profile", Place(shown), reason=f"> {_MOST}")
    source = schema.Source(shown)
    given = source.read(source.compose(text), dict.fromkeys(_KEYS, schema.text))
    for key in ("title", FIRST):
        if key not in given and not source.problems:
            source.fault("missing-key", source.places.get(key, Place(shown, 1, 1)), key=key)
    if source.problems:
        raise ContentError(source.problems)
    return source, given


def _written(selectors: Mapping[str, str], host: str, words: Catalog) -> str:
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    sign = f"host: [{quoted(host)}]" if host else f"selector: [{quoted(selectors['body'])}]"
    lines = [f"# {words.say('learn-profile')}", "recognise:", f"  {sign}"]
    lines += [f"{key}: {quoted(selectors[key])}" for key in profile.FIELDS if key in selectors]
    return "\n".join(lines) + "\n"


def fits(found: profile.Profile, places: Sequence[Path]) -> tuple[int, dict[str, int]]:
    """Return of how many pages in *places* it was tried whether the profile's keys find something,
    and on how many each of them did."""
    total = 0
    counts = dict.fromkeys(found.rules, 0)
    for place in places:
        for each in found_files(place):
            try:
                _, page = opened(each)
            except ImportFailure:
                continue
            root = saved.read(page).root
            if root is None:
                continue
            total += 1
            for key, rules in found.rules.items():
                counts[key] += next(profile.found(rules, root), None) is not None
    return total, counts


class _Finder:
    """A page in which texts are looked up."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        body = root.find("body")
        self._elements = [
            each
            for each in (root if body is None else body).iter()
            if each.tag not in ("script", "style", "noscript", "option", "body")
        ]

    def selector(self, text: str, key: str) -> str:
        """Return a selector of what says *text*, '' where nothing does."""
        parts = re.split(r"\s*;\s*", text) if key in _SEVERAL else [text]
        wanted = [found for found in map(self._saying, filter(None, parts)) if found]
        if not wanted:
            return ""
        several = key in _SEVERAL
        for each in _candidates(wanted[0]):
            hits = profile.select(each, self._root)
            is_one = len(hits) == 1 and hits[0] in wanted[0]
            has_all = several and len(hits) <= _MOST_SELECTED and all(
                any(hit in some for hit in hits) for some in wanted
            )  # fmt: skip
            if is_one or has_all:
                return each
        return ""

    def around(self, first: str, last: str) -> str:
        """Return a selector of the innermost element in which *first* and *last* both stand."""
        begins, ends = (self._saying(each) if each else [] for each in (first, last))
        if not begins or not ends:
            return ""
        around = [begins[-1], *begins[-1].iterancestors()]
        of_last = {ends[-1], *ends[-1].iterancestors()}
        both = next((each for each in around if each in of_last), None)
        while both is not None and both.tag in ("p", "span", "b", "strong", "font", "em", "i"):
            both = both.getparent()
        if both is None or both.tag in ("body", "html"):
            return ""
        return next((each for each in _candidates([both])
                     if len(profile.select(each, self._root)) == 1), "")  # fmt: skip

    def _saying(self, text: str) -> list[etree._Element]:
        """Return the elements that say just *text*, from without to within; else the smallest ones
        that say it among other things."""
        wanted = vietnamese.identity(tidy(text))
        exact: list[etree._Element] = []
        around: list[tuple[int, etree._Element]] = []
        for element in self._elements:
            said = _said(element, len(text) * 2 + _SLACK)
            if said == wanted:
                exact.append(element)
            elif wanted in said:
                around.append((len(said), element))
        if exact:
            return exact
        least = min(around, key=lambda each: each[0])[0] if around else 0
        return [element for size, element in around if size == least]


def _said(element: etree._Element, most: int) -> str:
    """Return what *element* says, as texts are compared; '' where that is more than *most*."""
    parts: list[str] = []
    for part in element.itertext():
        parts.append(str(part))
        most -= len(part.strip())
        if most < 0:
            return ""
    return vietnamese.identity(tidy(tree.plain(" ".join(parts))))


# ---- selectors


def _candidates(elements: Sequence[etree._Element]) -> Iterator[str]:
    """Yield selectors of one of *elements*, the steadiest first: names of its own, then such below
    names of what is around it, at last its place there."""
    for element in elements:
        yield from _own(element)
    for element in elements:
        tag = str(element.tag)
        if tag in ("h1", "h2"):
            yield tag
    for element in elements:
        for around in list(element.iterancestors())[:8]:
            for name in _own(around):
                for own in (*_own(element), str(element.tag)):
                    yield f"{name} {own}"
    for element in elements:
        path = ""
        for each in (element, *list(element.iterancestors())[:12]):
            names = list(_own(each)) if each is not element else []
            yield from (f"{name} > {path}" for name in names)
            step = f"{each.tag}:nth-of-type({_rank(each)})"
            path = f"{step} > {path}" if path else step


def _rank(element: etree._Element) -> int:
    return 1 + sum(1 for each in element.itersiblings(element.tag, preceding=True))


def _own(element: etree._Element) -> Iterator[str]:
    """Yield selectors by an element's own names, as far as these are of words."""
    tag = str(element.tag)
    name = element.get("id") or ""
    if _CONTROL.search(name):  # ASP.NET numbers what an element is in
        ending = name.rpartition("_")[2]
        if _is_steady(ending):
            yield f"{tag}[id$={ending}]"
    elif _is_steady(name):
        yield f"#{name}"
    for attribute in ("itemprop", "property"):
        value = element.get(attribute) or ""
        if _is_steady(value):
            yield f"{tag}[{attribute}={value}]"
    classes = [each for each in (element.get("class") or "").split() if _is_steady(each)][:6]
    yield from (f"{tag}.{each}" for each in classes)
    yield from (f"{tag}.{a}.{b}" for n, a in enumerate(classes) for b in classes[n + 1 :])


def _is_steady(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and not _NUMBERED.search(name)
