"""site.yaml: the settings of a site, a closed schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from danvan_site import dates, limits, palette, schema, vietnamese
from danvan_site.catalog import DEFAULT_LANGUAGE, LANGUAGES
from danvan_site.dates import Moment
from danvan_site.errors import ContentError, Place, UsageError
from danvan_site.levels import CHOICES, LEVELS

DEFAULT_ZONE = "+07:00"
# Hosts for which rules can be written.
HOSTS = ("apache", "cloudflare", "iis", "netlify", "nginx")


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who answers for the site; shown at the foot of every page."""

    name: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    responsible: str = ""
    license: str = ""
    permit: str = ""


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
class Document:
    """An official document that bulletins cite: its number, what it is called, where it stands."""

    number: str
    title: str = ""
    url: str = ""


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
class Theme:
    """The look: the colour of links and headings, the colour of ornaments (``#rrggbb``); an emblem
    and a picture at the head of all pages, by their paths in the content folder."""

    color: str = palette.MAIN
    ornament: str = palette.ORNAMENT
    emblem: str = ""
    banner: str = ""


@dataclass(frozen=True, slots=True)
class Markdown:
    """How bodies are read.  ``html``: ``off`` shows tags as text, ``sanitize`` cleans them."""

    html: str = "off"


@dataclass(frozen=True, slots=True)
class Search:
    """Search: abbreviations with their long forms, each found under the other and explained where
    it stands in a text; and whether a plain lunr index is written too."""

    export: str = "none"
    abbreviations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures: whether lead pictures are offered as they came, too; how good the copies for pages
    are (1 to 100); how many of the newest bulletins without a picture get one with their title,
    for those who pass them on."""

    originals: bool = False
    quality: int = 80
    share: int = 100


@dataclass(frozen=True, slots=True)
class Check:
    """Examinations: levels by code, where they are not as usual; after how many days a bulletin
    should no longer be one that is updated; where tone marks stand (``mixed``: anywhere, but in one
    way in each bulletin)."""

    levels: tuple[tuple[str, str], ...] = ()
    updating_days: int = 30
    tone_marks: str = "mixed"


@dataclass(frozen=True, slots=True)
class Settings:
    """site.yaml, checked.  Everything absent has its default."""

    title: str
    description: str = ""
    language: str = DEFAULT_LANGUAGE
    base_url: str = ""
    timezone: str = DEFAULT_ZONE
    publisher: Publisher = field(default_factory=Publisher)
    theme: Theme = field(default_factory=Theme)
    menu: tuple[Link, ...] = ()
    home: Home = field(default_factory=Home)
    page_size: int = 20
    day_split: int = 100
    month_bulletin: bool = True
    keep_addresses: bool = True
    visits: Visits | None = None
    partners: tuple[Link, ...] = ()
    units: tuple[Unit, ...] = ()
    categories: tuple[Described, ...] = ()
    topics: tuple[Described, ...] = ()
    documents: tuple[Document, ...] = ()
    reply: Reply | None = None
    markdown: Markdown = field(default_factory=Markdown)
    search: Search = field(default_factory=Search)
    pictures: Pictures = field(default_factory=Pictures)
    share: tuple[str, ...] = ("mail", "facebook")
    offline: bool = False
    short_name: str = ""
    redirects: tuple[str, ...] = ("netlify",)
    check: Check = field(default_factory=Check)
    # Where the menu's addresses stand: whether they lead anywhere shows only in the plan.
    menu_places: tuple[Place, ...] = ()
    # The pictures that the theme names, each with its place, for the same reason.
    theme_pictures: tuple[tuple[str, str, Place], ...] = ()

    @property
    def base_path(self) -> str:
        """The path of ``base_url``: ``/ban-tin/``; ``/`` where there is none."""
        match = re.fullmatch(r"https?://[^/]+(/.*)?", self.base_url)
        return (match[1] if match else "") or "/"


_ADDRESS = schema.at_most(limits.ADDRESS, schema.raw)
# A host holds no sign that means something to a policy, a rule or a browser's reading of addresses.
_WEB_PATTERN = r"https?://[^\s<>\"'`;,\\/?#{}|^]+(?:[/?#][^\s<>\"]*)?"
_WEB = schema.matching(_WEB_PATTERN, "bad-web-address", _ADDRESS)
_PAGE_OR_WEB = schema.matching(rf"{_WEB_PATTERN}|[A-Za-z0-9._/#-]+", "bad-web-address", _ADDRESS)
# Its path stands in rules of hosts and in addresses of all kinds.
_BASE = r"https?://[^\s<>\"'`;,\\/?#{}|^]+(?:/[^\s<>\"'`;\\/?#{}|^*]+)*/*"
_BASE_URL = schema.matching(_BASE, "bad-web-address", _ADDRESS)
_BARE_COLOUR = re.compile(r"\s*\w+:\s*(#[0-9A-Fa-f]{3,8})\b")
_COLOUR = schema.matching(r"#[0-9A-Fa-f]{6}", "bad-colour")
_MAIL = schema.matching(r"[^@\s<>\"?&]+@[^@\s<>\"?&]+\.[^@\s<>\"?&]+", "bad-mail-address")


def _base_url(source: schema.Source, key: str, node: schema.Node) -> str | None:
    found: str | None = _BASE_URL(source, key, node)
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


def _quality(source: schema.Source, key: str, node: schema.Node) -> int | None:
    found: int | None = _at_least(1)(source, key, node)
    if found is not None and found > 100:
        source.fault("number-too-large", node, key=key, found=str(found), most="100")
        return None
    return found


def _abbreviations(source: schema.Source, key: str, node: schema.Node) -> Any:
    if not isinstance(node.value, list) or any(not isinstance(pair, tuple) for pair in node.value):
        source.fault("expected-mapping", node, key=key, target=key)
        return None
    for short, _ in node.value:
        if not isinstance(short.value, str):
            source.fault("expected-text", short, key=key)
            return None
    pairs = (
        (short.value, schema.text(source, f"{key}.{short.value}", long))
        for short, long in node.value
    )
    return tuple((short, long) for short, long in pairs if long)


def _document_number(source: schema.Source, key: str, node: schema.Node) -> str | None:
    from danvan_site import citations  # its patterns are needed by none of the builds without work

    found = schema.text(source, key, node)
    if found is None:
        return None
    number = citations.read(found)
    if not number:
        source.fault("bad-document-number", node, key=key, found=found)
    return number or None


def _unit(**values: Any) -> Unit:
    values["start"], values["end"] = values.pop("from", None), values.pop("to", None)
    return Unit(**values)


def _levels(source: schema.Source, key: str, node: schema.Node) -> Any:
    read = schema.record(dict, **dict.fromkeys(LEVELS, schema.one_of(*CHOICES)))
    found = read(source, key, node)
    return tuple(sorted(found.items())) if found else None


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
        permit=schema.text,
    ),
    "theme": schema.record(
        Theme, color=_COLOUR, ornament=_COLOUR, emblem=schema.raw, banner=schema.raw
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
    "month_bulletin": schema.boolean,
    "keep_addresses": schema.boolean,
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
    "documents": schema.many(
        schema.record(Document, "number", number=_document_number, title=schema.text, url=_WEB)
    ),
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
    "pictures": schema.record(
        Pictures, originals=schema.boolean, quality=_quality, share=schema.number
    ),
    "share": schema.many(schema.one_of("mail", "facebook")),
    "offline": schema.boolean,
    "short_name": schema.text,
    "redirects": schema.many(schema.one_of(*HOSTS)),
    "check": schema.record(
        Check,
        levels=_levels,
        updating_days=schema.number,
        tone_marks=schema.one_of("mixed", "old", "new"),
    ),
}


def load(path: Path, shown: str, base_url: str = "") -> Settings:
    """Read the settings file *path*, called *shown* in messages.

    *base_url*, where given, stands in for the file's.  Raises UsageError where there is no such
    file and ContentError with all problems of it.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limits.SETTINGS_BYTES + 1)
        if len(data) > limits.SETTINGS_BYTES:
            limit = str(limits.SETTINGS_BYTES // 1_000_000)
            raise UsageError("settings-too-large", Place(shown), limit=limit)
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError("no-settings", Place(shown)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("settings-unreadable", Place(shown), reason=str(error)) from None
    source = schema.Source(shown)
    values = source.read(source.compose(text), SETTINGS)
    if "title" not in values and not source.problems:
        source.fault("missing-key", Place(shown, 1, 1), key="title")
    _check_units(values.get("units", ()), source)
    _check_colours(text, source)
    if base_url:
        values["base_url"] = _option_url(base_url)
    if source.problems:
        raise ContentError(source.problems)
    places = [source.places.get(f"menu.{n}.url") for n in range(1, len(values.get("menu", ())) + 1)]
    theme = values.get("theme") or Theme()
    pictures = [
        (name, path, source.places[f"theme.{name}"])
        for name, path in (("emblem", theme.emblem), ("banner", theme.banner))
        if path
    ]
    return Settings(
        **values,
        menu_places=tuple(place or Place(shown) for place in places),
        theme_pictures=tuple(pictures),
    )


def _option_url(base_url: str) -> str:
    if not re.fullmatch(_BASE, base_url):
        raise UsageError("bad-web-address", key="--base-url", found=base_url)
    return base_url.rstrip("/") + "/"


def _check_units(units: tuple[Unit, ...], source: schema.Source) -> None:
    """A parent or a successor must be a unit of the list, and time must go forwards."""
    known: dict[str, Unit] = {}
    for position, unit in enumerate(units, start=1):
        if known.setdefault(vietnamese.identity(unit.name), unit) is not unit:
            place = source.places.get(f"units.{position}.name", Place(source.file))
            source.fault("unit-twice", place, unit=unit.name)
    for position, unit in enumerate(units, start=1):
        for key, code, found in _unit_faults(unit, known):
            place = source.places.get(f"units.{position}.{key}", Place(source.file))
            source.fault(code, place, key=key, found=found, unit=unit.name)


def _unit_faults(unit: Unit, known: Mapping[str, Unit]) -> Iterator[tuple[str, str, str]]:
    """Yield key, code and what is found there of all that is wrong with a unit beside others."""
    for key, name in (("parent", unit.parent), ("successor", unit.successor)):
        if name and vietnamese.identity(name) not in known:
            yield key, "unknown-unit", name
        elif name and _leads_back(unit, key, known):
            yield key, "unit-circle", name
    if unit.start and unit.end and unit.end.is_before(unit.start):
        yield "to", "unit-ends-first", unit.end.short()
    successor = known.get(vietnamese.identity(unit.successor))
    last = unit.end or unit.start
    if successor and successor.end and last and successor.end.is_before(last):
        yield "successor", "successor-ends-first", successor.name


def _leads_back(unit: Unit, key: str, known: Mapping[str, Unit]) -> bool:
    """Tell whether a unit is its own successor, or parent, by however many others."""
    passed = set()
    name = vietnamese.identity(getattr(unit, key))
    while name in known and name not in passed:
        if known[name] is unit:
            return True
        passed.add(name)
        name = vietnamese.identity(getattr(known[name], key))
    return False


def _check_colours(text: str, source: schema.Source) -> None:
    """A colour that is not quoted is a comment, for YAML: there it seems to be left empty."""
    lines = text.splitlines()
    for key in ("theme.color", "theme.ornament"):
        place = source.places.get(key)
        found = place and _BARE_COLOUR.match(lines[place.line - 1])
        if place and found:
            source.fault("bad-colour", place, key=key, found=found[1])


def by_identity(units: Iterable[Unit]) -> Mapping[str, Unit]:
    """Return the units under what identifies their names."""
    return {vietnamese.identity(unit.name): unit for unit in units}
