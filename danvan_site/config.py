"""site.yaml: the settings of a site, a closed schema."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from danvan_site import dates, schema, vietnamese
from danvan_site.catalog import DEFAULT_LANGUAGE, LANGUAGES
from danvan_site.dates import Moment
from danvan_site.errors import ContentError, Place, UsageError

DEFAULT_ZONE = "+07:00"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who answers for the site; shown at the foot of every page."""

    name: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    responsible: str = ""
    license: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A titled address: a menu entry, a partner.  A menu's address may be a page of the site."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Home:
    """What the home page shows, in numbers of bulletins."""

    categories: tuple[str, ...] = ()
    per_category: int = 5
    latest: int = 8
    most_viewed: int = 10


@dataclass(frozen=True, slots=True)
class Visits:
    """A snapshot of the visit counter, to which the views of all bulletins are added."""

    count: int
    as_of: Moment | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in time: its level, what it belongs to, when it existed, what came after it."""

    name: str
    level: str = ""
    parent: str = ""
    start: Moment | None = None
    end: Moment | None = None
    successor: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """A category or a topic with its introduction."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the reply form."""

    name: str
    label: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Where replies go: to a mail address or to a form's address; off without either."""

    mail: str = ""
    form: str = ""
    privacy: str = ""
    fields: tuple[FormField, ...] = ()


@dataclass(frozen=True, slots=True)
class Markdown:
    """How bodies are read.  ``html``: ``off`` shows tags as text, ``sanitize`` cleans them."""

    html: str = "off"


@dataclass(frozen=True, slots=True)
class Search:
    """Search: abbreviations with their long forms, each found under the other; and whether a plain
    lunr index is written too."""

    export: str = "none"
    abbreviations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """site.yaml, checked.  Everything absent has its default."""

    title: str
    description: str = ""
    language: str = DEFAULT_LANGUAGE
    base_url: str = ""
    timezone: str = DEFAULT_ZONE
    publisher: Publisher = field(default_factory=Publisher)
    menu: tuple[Link, ...] = ()
    home: Home = field(default_factory=Home)
    page_size: int = 20
    day_split: int = 100
    visits: Visits | None = None
    partners: tuple[Link, ...] = ()
    units: tuple[Unit, ...] = ()
    categories: tuple[Described, ...] = ()
    topics: tuple[Described, ...] = ()
    reply: Reply | None = None
    markdown: Markdown = field(default_factory=Markdown)
    search: Search = field(default_factory=Search)
    share: tuple[str, ...] = ("mail", "facebook")
    offline: bool = False
    short_name: str = ""
    # Where the menu's addresses stand: whether they lead anywhere shows only in the plan.
    menu_places: tuple[Place, ...] = ()

    @property
    def base_path(self) -> str:
        """The path of ``base_url``: ``/ban-tin/``; ``/`` where there is none."""
        match = re.fullmatch(r"https?://[^/]+(/.*)?", self.base_url)
        return (match[1] if match else "") or "/"


_WEB = schema.matching(r"https?://[^\s<>\"]+", "bad-web-address")
_PAGE_OR_WEB = schema.matching(r"https?://[^\s<>\"]+|[A-Za-z0-9._/#-]+", "bad-web-address")
_MAIL = schema.matching(r"[^@\s<>\"?&]+@[^@\s<>\"?&]+\.[^@\s<>\"?&]+", "bad-mail-address")


def _base_url(source: schema.Source, key: str, node: schema.Node) -> str | None:
    found: str | None = _WEB(source, key, node)
    return found.rstrip("/") + "/" if found else None


def _zone(source: schema.Source, key: str, node: schema.Node) -> str | None:
    found = schema.raw(source, key, node)
    try:
        dates.zone_of(found or "")
    except ValueError:
        source.fault("bad-timezone", node, key=key, found=found or "")
        return None
    return found


def _at_least(least: int) -> schema.Reader:
    def read(source: schema.Source, key: str, node: schema.Node) -> int | None:
        found = schema.number(source, key, node)
        if found is not None and found < least:
            source.fault("number-too-small", node, key=key, found=str(found), least=str(least))
            return None
        return found

    return read


def _abbreviations(source: schema.Source, key: str, node: schema.Node) -> Any:
    if not isinstance(node.value, list) or any(not isinstance(pair, tuple) for pair in node.value):
        source.fault("expected-mapping", node, key=key, target=key)
        return None
    pairs = (
        (short.value, schema.text(source, f"{key}.{short.value}", long))
        for short, long in node.value
    )
    return tuple((short, long) for short, long in pairs if long)


def _unit(**values: Any) -> Unit:
    values["start"], values["end"] = values.pop("from", None), values.pop("to", None)
    return Unit(**values)


_DESCRIBED = schema.many(
    schema.record(Described, "name", name=schema.text, description=schema.text)
)
SETTINGS: dict[str, schema.Reader] = {
    "title": schema.text,
    "description": schema.text,
    "language": schema.one_of(*LANGUAGES),
    "base_url": _base_url,
    "timezone": _zone,
    "publisher": schema.record(
        Publisher,
        name=schema.text,
        address=schema.text,
        phone=schema.text,
        email=_MAIL,
        responsible=schema.text,
        license=schema.text,
    ),
    "menu": schema.many(schema.record(Link, "title", "url", title=schema.text, url=_PAGE_OR_WEB)),
    "home": schema.record(
        Home,
        categories=schema.many(schema.text),
        per_category=schema.number,
        latest=schema.number,
        most_viewed=schema.number,
    ),
    "page_size": _at_least(2),
    "day_split": _at_least(1),
    "visits": schema.record(Visits, "count", count=schema.number, as_of=schema.day),
    "partners": schema.many(
        schema.record(lambda name, url: Link(name, url), "name", "url", name=schema.text, url=_WEB)
    ),
    "units": schema.many(
        schema.record(
            _unit,
            "name",
            **{
                "name": schema.text,
                "level": schema.text,
                "parent": schema.text,
                "from": schema.moment,
                "to": schema.moment,
                "successor": schema.text,
                "note": schema.text,
            },
        )
    ),
    "categories": _DESCRIBED,
    "topics": _DESCRIBED,
    "reply": schema.record(
        Reply,
        mail=_MAIL,
        form=_WEB,
        privacy=schema.text,
        fields=schema.many(
            schema.record(
                FormField,
                "name",
                "label",
                name=schema.matching(r"[A-Za-z][A-Za-z0-9_-]*", "bad-field-name"),
                label=schema.text,
                required=schema.boolean,
            )
        ),
    ),
    "markdown": schema.record(Markdown, html=schema.one_of("off", "sanitize")),
    "search": schema.record(
        Search, export=schema.one_of("none", "lunr"), abbreviations=_abbreviations
    ),
    "share": schema.many(schema.one_of("mail", "facebook")),
    "offline": schema.boolean,
    "short_name": schema.text,
}


def load(path: Path, shown: str, base_url: str = "") -> Settings:
    """Read the settings file *path*, called *shown* in messages.

    *base_url*, where given, stands in for the file's.  Raises UsageError where there is no such
    file and ContentError with all problems of it.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError("no-settings", Place(shown)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("settings-unreadable", Place(shown), reason=str(error)) from None
    source = schema.Source(shown)
    values = source.read(source.compose(text), SETTINGS)
    if "title" not in values and not source.problems:
        source.fault("missing-key", Place(shown, 1, 1), key="title")
    _check_units(values.get("units", ()), source)
    if base_url:
        values["base_url"] = _option_url(base_url)
    if source.problems:
        raise ContentError(source.problems)
    places = [source.places.get(f"menu.{n}.url") for n in range(1, len(values.get("menu", ())) + 1)]
    return Settings(**values, menu_places=tuple(place or Place(shown) for place in places))


def _option_url(base_url: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"]+", base_url):
        raise UsageError("bad-web-address", key="--base-url", found=base_url)
    return base_url.rstrip("/") + "/"


def _check_units(units: tuple[Unit, ...], source: schema.Source) -> None:
    """A parent or a successor must be a unit of the list."""
    known = {vietnamese.identity(unit.name) for unit in units}
    for position, unit in enumerate(units, start=1):
        for key, name in (("parent", unit.parent), ("successor", unit.successor)):
            if name and vietnamese.identity(name) not in known:
                place = source.places.get(f"units.{position}.{key}", Place(source.file))
                source.fault("unknown-unit", place, key=key, found=name, unit=unit.name)


def by_identity(units: tuple[Unit, ...]) -> MappingProxyType[str, Unit]:
    """Return the units under what identifies their names."""
    return MappingProxyType({vietnamese.identity(unit.name): unit for unit in units})
