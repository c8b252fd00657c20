"""Closed schemas over YAML: every value is checked where it stands, every fault gets its place.

YAML is only composed into nodes, never constructed into objects, and each node still knows its line
and column.  Tags, anchors and aliases are refused: none can call anything, none can multiply.
A *reader* is a function ``(Source, key, node) -> value | None``; None means that the value is
absent or that a problem was noted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from danvan_site import dates, limits, vietnamese
from danvan_site.errors import Place, Problem, nearest

Node = yaml.nodes.Node
Values = dict[str, Any]
Reader = Callable[["Source", str, Node], Any]

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The library composes nodes by recursion of its own, which nothing stops before the stack is full.
# Nothing so short can be deep enough for that; longer texts are looked at first.
_SHORT = 2_000  # characters
# What can begin a tag, an anchor or an alias.
_SIGNS = re.compile(r"(?:^|[\s\[{,:?-])[!&*]")
# Of a text that is quoted in a message.
_QUOTED = 300  # characters
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_SCALAR = yaml.resolver.BaseResolver.DEFAULT_SCALAR_TAG
_TRUE = frozenset(("true", "yes", "on", "có"))
_FALSE = frozenset(("false", "no", "off", "không"))
_NUMBER = re.compile(r"\d+|\d{1,3}(?:\.\d{3})+")
_YAML_FAULTS = (
    ("mapping values are not allowed", "yaml-colon"),
    ("found character '\\t'", "yaml-tab"),
    ("found a tab character", "yaml-tab"),
    ("found unexpected end of stream", "yaml-quote"),
    ("found undefined alias", "yaml-alias"),
    ("could not find expected ':'", "yaml-key"),
)


class _Loader(_Base):  # type: ignore[misc]
    """Tells of a plain scalar only whether it is empty: what else it is, its reader knows."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:
        """Return the tag of a node that has none."""
        if kind is not yaml.ScalarNode:
            return str(super().resolve(kind, value, implicit))
        return "tag:yaml.org,2002:null" if implicit[0] and value in _NULLS else _SCALAR


@dataclass(slots=True)
class Source:
    """One YAML text being read: where it comes from and what is wrong with it so far.

    ``first_line`` is the line of *file* on which the text begins (1 for a file of its own).
    """

    file: str
    zone: str = "+07:00"
    first_line: int = 1
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def place(self, node: Any) -> Place:
        """Return the place of a node, or an event of the parser, in its file."""
        mark = node.start_mark
        return Place(self.file, mark.line + self.first_line, mark.column + 1)

    @property
    def is_full(self) -> bool:
        """Whether so much is wrong that no more is noted."""
        return len(self.problems) >= limits.PROBLEMS

    def fault(self, code: str, place: Node | Place, **details: str) -> None:
        """Note a problem at a node or a place; what is quoted is cut short."""
        if self.is_full:
            return
        details = {key: _cut(value) for key, value in details.items()}
        where = place if isinstance(place, Place) else self.place(place)
        self.problems.append(Problem(code, where, details))

    def compose(self, text: str, most: int = limits.YAML_NODES) -> Node | None:
        """Return the root node of YAML *text*, or None where it is empty or not YAML, has more
        than *most* nodes, or what none of our files needs: tags, anchors, aliases."""
        loader = _Loader(text)
        try:
            if (len(text) > _SHORT or _SIGNS.search(text)) and self._is_refused(text, most):
                return None
            root: Node | None = loader.get_single_node()
        except yaml.YAMLError as error:
            self._syntax_fault(error)
            return None
        finally:
            loader.dispose()
        return root

    def _is_refused(self, text: str, most: int) -> bool:
        depth = nodes = 0
        for event in yaml.parse(text, _Loader):
            if isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.NodeEvent):
                nodes += 1
                depth += isinstance(event, yaml.CollectionStartEvent)
                if event.anchor is not None or getattr(event, "tag", None) is not None:
                    self.fault("yaml-alias", self.place(event))
                elif depth > limits.YAML_DEPTH:
                    self.fault("yaml-deep", self.place(event), limit=str(limits.YAML_DEPTH))
                elif nodes > most:
                    self.fault("yaml-large", self.place(event), limit=str(most))
                else:
                    continue
                return True
        return False

    def _syntax_fault(self, error: yaml.YAMLError) -> None:
        reason = str(getattr(error, "problem", None) or getattr(error, "reason", error))
        code = next((code for words, code in _YAML_FAULTS if words in reason), "yaml-syntax")
        # A quote that is never closed is noticed at the end; what helps is where it was opened.
        mark = getattr(error, "context_mark" if code == "yaml-quote" else "problem_mark", None)
        line, column = (mark.line, mark.column) if mark else (0, 0)
        place = Place(self.file, line + self.first_line, column + 1)
        # The library's own words help only where there are none of ours.
        self.fault(code, place, reason=reason if code == "yaml-syntax" else "")

    def read(self, root: Node | None, fields: Mapping[str, Reader]) -> Values:
        """Read a mapping with the closed schema *fields*; keys that are absent are left out."""
        if root is None:
            return {}
        if not isinstance(root, yaml.MappingNode):
            self.fault("expected-mapping", root, key="")
            return {}
        return self._mapping("", root, fields)

    def _mapping(self, path: str, node: yaml.MappingNode, fields: Mapping[str, Reader]) -> Values:
        values: Values = {}
        seen: set[str] = set()
        for key_node, value_node in node.value:
            name = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            key = f"{path}.{name}" if path else name
            if name in seen:
                self.fault("duplicate-key", key_node, key=key)
            elif name not in fields:
                meant = "" if self.is_full else nearest(name, fields)
                self.fault("unknown-key", key_node, key=key, meant=meant)
            elif not is_empty(value_node):
                self.places[key] = self.place(value_node)
                value = fields[name](self, key, value_node)
                if value is not None:
                    values[name] = value
            else:
                self.places[key] = self.place(key_node)
            seen.add(name)
        return values


def is_empty(node: Node) -> bool:
    """Tell whether a value is left empty (``tags:`` with nothing behind it)."""
    return isinstance(node, yaml.ScalarNode) and (
        node.tag.endswith(":null") or not node.value.strip()
    )


def entries(root: Node | None) -> list[Node] | None:
    """Return the nodes of a list, none where it is left empty; None where it is no list."""
    if root is None or is_empty(root):
        return []
    return list(root.value) if isinstance(root, yaml.SequenceNode) else None


def scalars(root: Node | None) -> dict[str, str] | None:
    """Return what a mapping has of plain values, as they are written; None where it is none."""
    if not isinstance(root, yaml.MappingNode):
        return None
    pairs = [pair for pair in root.value if all(isinstance(n, yaml.ScalarNode) for n in pair)]
    return {key.value: "" if is_empty(value) else value.value for key, value in pairs}


def text(source: Source, key: str, node: Node) -> str | None:
    """One line of text, its white space tidied."""
    if not isinstance(node, yaml.ScalarNode):
        source.fault("expected-text", node, key=key)
        return None
    return _fitting(source, key, node, vietnamese.tidy_spaces(node.value), limits.TEXT)


def raw(source: Source, key: str, node: Node) -> str | None:
    """Text exactly as it was written: addresses, file names."""
    if not isinstance(node, yaml.ScalarNode):
        source.fault("expected-text", node, key=key)
        return None
    value = vietnamese.without_controls(str(node.value)).strip()
    return _fitting(source, key, node, value, limits.TEXT)


def _fitting(source: Source, key: str, node: Node, value: str, most: int) -> str | None:
    if len(value) <= most:
        return value
    source.fault("text-too-long", node, key=key, limit=str(most))
    return None


def at_most(most: int, reader: Reader = text) -> Reader:
    """Text of *most* characters."""

    def read(source: Source, key: str, node: Node) -> str | None:
        value = reader(source, key, node)
        return None if value is None else _fitting(source, key, node, value, most)

    return read


def number(source: Source, key: str, node: Node) -> int | None:
    """A whole number from 0, plain or grouped in threes by dots (``49.986.552``)."""
    if not isinstance(node, yaml.ScalarNode) or not _NUMBER.fullmatch(node.value):
        source.fault("expected-number", node, key=key, found=_shown(node))
        return None
    digits = node.value.replace(".", "")
    # Python itself refuses to read thousands of digits.
    if len(digits) > 100 or int(digits) > limits.NUMBER:
        most = str(limits.NUMBER)
        source.fault("number-too-large", node, key=key, found=digits, most=most)
        return None
    return int(digits)


def boolean(source: Source, key: str, node: Node) -> bool | None:
    """``true``/``false``, also yes/no, on/off, có/không."""
    word = node.value.lower() if isinstance(node, yaml.ScalarNode) else ""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    source.fault("expected-yes-no", node, key=key, found=_shown(node))
    return None


def moment(source: Source, key: str, node: Node) -> dates.Moment | None:
    """A date as precise as it is known; see `dates.parse`."""
    if not isinstance(node, yaml.ScalarNode):
        source.fault("date-unreadable", node, key=key, text=_shown(node))
        return None
    try:
        return dates.parse(node.value, source.zone)
    except dates.DateError as error:
        source.fault(error.code, node, key=key, **error.details)
        return None


def day(source: Source, key: str, node: Node) -> dates.Moment | None:
    """A date whose day is known."""
    found = moment(source, key, node)
    if found and not found.day:
        source.fault("expected-day", node, key=key, found=_shown(node))
        return None
    return found


def one_of(*choices: str) -> Reader:
    """One of some words."""

    def read(source: Source, key: str, node: Node) -> str | None:
        value = node.value if isinstance(node, yaml.ScalarNode) else _shown(node)
        # YAML 1.1 reads a bare `off` as false; the word as written is what counts here.
        if value in choices:
            return str(value)
        source.fault(
            "expected-one-of", node, key=key, found=_shown(node), choices=", ".join(choices),
            meant=nearest(str(value), choices),
        )  # fmt: skip
        return None

    return read


def matching(pattern: str, code: str, reader: Reader = raw) -> Reader:
    """Text of which *pattern* matches the whole; otherwise the problem *code*."""
    compiled = re.compile(pattern)

    def read(source: Source, key: str, node: Node) -> str | None:
        value = reader(source, key, node)
        if value is not None and not compiled.fullmatch(value):
            source.fault(code, node, key=key, found=value)
            return None
        return str(value) if value is not None else None

    return read


def many(item: Reader, or_one: bool = False, most: int = limits.YAML_NODES) -> Reader:
    """A list of *most* times *item*, as a tuple; with *or_one* a single value stands for a list of
    one."""

    def read(source: Source, key: str, node: Node) -> tuple[Any, ...] | None:
        if not isinstance(node, yaml.SequenceNode):
            if not or_one:
                source.fault("expected-list", node, key=key)
                return None
            one = item(source, key, node)
            return None if one is None else (one,)
        if len(node.value) > most:
            source.fault("list-too-long", node.value[most], key=key, limit=str(most))
            return None
        values = []
        for position, child in enumerate(node.value, start=1):
            if not is_empty(child):
                source.places[f"{key}.{position}"] = source.place(child)
                values.append(item(source, f"{key}.{position}", child))
        return tuple(dict.fromkeys(value for value in values if value is not None))

    return read


def table(item: Reader) -> Reader:
    """A mapping whose keys are not known beforehand, as a dict of *item* by key."""

    def read(source: Source, key: str, node: Node) -> dict[str, Any] | None:
        if not isinstance(node, yaml.MappingNode):
            source.fault("expected-mapping", node, key=key, target=key)
            return None
        names = [each.value for each, _ in node.value if isinstance(each, yaml.ScalarNode)]
        return source._mapping(key, node, dict.fromkeys(names, item))

    return read


def record(build: Callable[..., Any], *required: str, **fields: Reader) -> Reader:
    """A mapping with the closed schema *fields*, handed to *build* as keyword arguments."""

    def read(source: Source, key: str, node: Node) -> Any:
        if not isinstance(node, yaml.MappingNode):
            source.fault("expected-mapping", node, key=key, target=key)
            return None
        before = len(source.problems)
        values = source._mapping(key, node, fields)
        for name in required:
            # A thing is said only once.
            if name not in values and len(source.problems) == before:
                source.fault("missing-key", node, key=name)
                return None
        return build(**values) if set(required) <= set(values) else None

    return read


def _cut(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


def _shown(node: Node) -> str:
    """Return a node's value for a message."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    return "[…]" if isinstance(node, yaml.SequenceNode) else "{…}"


def scalar(value: object) -> str:
    """Return a value as YAML: texts are quoted, so that no word of theirs means something to it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dates.Moment):
        clock = f" {value.clock}" if value.clock else ""
        return dates.Moment(value.year, value.month, value.day).iso + clock
    if isinstance(value, int):
        return str(value)
    return json.dumps(vietnamese.normalize(str(value)), ensure_ascii=False)
