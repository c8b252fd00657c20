"""Profiles of portals: where on their pages stands what, as data (``profiles/*.yaml``).

recognise:
  host: [baothaibinh.com.vn]
  generator: WordPress
  selector: [body.single-post]
skip: [body.archive]
title: h1.entry-title
stamp:
- {select: time.entry-date, attribute: datetime}
- {select: .meta, pattern: "Đăng lúc (.+)"}
body: .entry-content
drop: [.sharedaddy]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector

from danvan_site import schema
from danvan_site.errors import ContentError, Place, UsageError
from danvan_site.importers.placing import reason_of

# What of a page a profile can point at.
FIELDS = (
    "title", "stamp", "lead", "author", "source", "category", "topic", "tags", "views", "unit",
    "image", "caption", "body",
)  # fmt: skip
_SHIPPED = Path(__file__).with_name("profiles")
# In this order it is tried which of ours a page is of: those come first that say most of it.
SHIPPED = ("wordpress", "sharepoint", "aspnet", "liferay", "newspaper", "generic")
_MOST = 100_000
_LONGEST = 5_000  # characters of an element that are looked at


@dataclass(frozen=True, slots=True)
class Rule:
    """Where something stands: the elements that ``select`` (CSS) names, the text of their
    ``attribute`` or their own; of it what the first group of ``pattern`` holds."""

    select: str
    attribute: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Signs:
    """By what a page is told to be of a portal: its host (or one below it), how its generator's
    name begins, an element that it has."""

    host: tuple[str, ...] = ()
    generator: tuple[str, ...] = ()
    selector: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of pages.  ``rules`` has for each of `FIELDS` rules of which the first counts that
    finds something; pages with something that ``skip`` selects are no bulletins."""

    name: str
    signs: Signs = Signs()
    skip: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)


def _css(source: schema.Source, key: str, node: schema.Node) -> str | None:
    text = schema.raw(source, key, node)
    if text is None:
        return None
    try:
        _compiled(text)
    except (SelectorError, etree.XPathError, RecursionError) as error:
        source.fault("import-selector", node, selector=text, reason=str(error))
        return None
    return text


def _pattern(source: schema.Source, key: str, node: schema.Node) -> str | None:
    text = schema.raw(source, key, node)
    try:
        re.compile(text or "", re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        source.fault("import-pattern", node, pattern=text or "", reason=str(error))
        return None
    return text


_rule_record = schema.record(Rule, "select", select=_css, attribute=schema.raw, pattern=_pattern)


def _rule(source: schema.Source, key: str, node: schema.Node) -> Rule | None:
    if isinstance(node.value, str):
        text = _css(source, key, node)
        return Rule(text) if text else None
    found: Rule | None = _rule_record(source, key, node)
    return found


_texts = schema.many(schema.raw, or_one=True)
_selectors = schema.many(_css, or_one=True)
_SCHEMA = {
    "recognise": schema.record(Signs, host=_texts, generator=_texts, selector=_selectors),
    "skip": _selectors,
    "drop": _selectors,
    **dict.fromkeys(FIELDS, schema.many(_rule, or_one=True)),
}


def load(path: Path) -> Profile:
    """Read the profile at *path*.

    Raises UsageError where it cannot be read, ContentError with all that is wrong in it.
    """
    shown = path.as_posix()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise UsageError("import-profile", Place(shown), reason=reason_of(error)) from None
    source = schema.Source(shown)
    if len(text) > _MOST:
        raise UsageError("import-profile", Place(shown), reason=f"> {_MOST}")
    values = source.read(source.compose(text), _SCHEMA)
    if not source.problems and not any(values.get(key) for key in FIELDS):
        source.fault("missing-key", Place(shown, 1, 1), key="body")
    if source.problems:
        raise ContentError(source.problems)
    return Profile(
        path.stem,
        values.get("recognise") or Signs(),
        values.get("skip") or (),
        values.get("drop") or (),
        {key: values[key] for key in FIELDS if values.get(key)},
    )


def named(name: str) -> Profile:
    """Return the profile *name*: one of ours, or that of a file.  Raises as `load` does."""
    return load(_SHIPPED / f"{name}.yaml" if name in SHIPPED else Path(name))


def shipped() -> tuple[Profile, ...]:
    """Return our own profiles; the last one is for any page."""
    return tuple(map(named, SHIPPED))


def recognised(
    profiles: Sequence[Profile], root: etree._Element, host: str, generator: str
) -> Profile:
    """Return the first of *profiles* that a page is of, else the last."""
    return next((each for each in profiles if _is_of(each.signs, root, host, generator)),
                profiles[-1])  # fmt: skip


def _is_of(signs: Signs, root: etree._Element, host: str, generator: str) -> bool:
    return (
        any(f".{host}".endswith(f".{each.lower()}") for each in signs.host)
        or any(generator.lower().startswith(each.lower()) for each in signs.generator)
        or selects(signs.selector, root)
    )


def selects(selectors: Sequence[str], root: etree._Element) -> bool:
    """Tell whether one of *selectors* selects something."""
    return any(select(each, root) for each in selectors)


def select(selector: str, root: etree._Element) -> list[etree._Element]:
    """Return the elements that a selector names, in the page's order."""
    elements: list[etree._Element] = _compiled(selector)(root)  # type: ignore[assignment]
    return elements


@lru_cache(maxsize=1024)
def _compiled(selector: str) -> CSSSelector:
    return CSSSelector(selector, translator="html")


def found(rules: Sequence[Rule], root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yield the elements that the first rule finds which finds something, and what they say: the
    text that is meant, as it stands there."""
    for rule in rules:
        said = ((each, _said(rule, each)) for each in select(rule.select, root))
        hits = [(each, text) for each, text in said if text is not None]
        if hits:
            yield from hits
            return


def _said(rule: Rule, element: etree._Element) -> str | None:
    whole = element.get(rule.attribute) if rule.attribute else _text(element)
    text = None if whole is None else str(whole)
    if not rule.pattern or not text:
        return text
    match = re.search(rule.pattern, " ".join(text.split()), re.IGNORECASE)
    return (match[1] if match.re.groups else match[0]) if match else None


def _text(element: etree._Element) -> str:
    parts: list[str] = []
    left = _LONGEST
    for part in element.itertext():
        parts.append(str(part)[:left])
        left -= len(part)
        if left <= 0:
            break
    return " ".join(parts)
