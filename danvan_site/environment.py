"""Jinja for tens of thousands of pages of plain values: the same language, faster code.

A page has some 300 outputs and seven includes, so what Jinja does for each of them counts.
"""

from __future__ import annotations

import keyword
import string
from collections.abc import Callable, Container, Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, cast

import jinja2
import markupsafe
from jinja2 import meta, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

_JOINED = "joined"
# The heart of `markupsafe.escape`: text to text.
_escape_text = markupsafe._escape_inner  # type: ignore[attr-defined]
_Markup = markupsafe.Markup
# What thousands of pages have alike. A part that looks at nothing else is rendered once for each
# set of these values.
_ALIKE = frozenset(("site", "menu", "root", "page.kind", "page.entry", "page.feeds"))
_KEPT_MOST = 256
_ONCE_MOST = 1 << 14


class _CodeGenerator(CodeGenerator):
    """Writes shorter ways for what is done most: looking up, escaping, output, calls, includes."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        """Write a template, and what it looks at where that is `_ALIKE`."""
        super().visit_Template(node, frame)
        looked_at = set(_looked_at(node, self.environment.globals))
        values = sorted(looked_at) if looked_at <= _ALIKE else []
        self.writeline(f"root.looks_at = {[each.split('.') for each in values]!r}")

    def write_commons(self) -> None:
        """Write what each function of a template begins with."""
        super().write_commons()
        self.writeline("value, escaped = environment.getattr, environment.escaped")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """Write a lookup: nearly all are of keys that are there."""
        name = repr(node.attr)
        self.write(f"(thing[{name}] if type(thing := ")
        self.visit(node.node, frame)
        self.write(f") is dict and {name} in thing else value(thing, {name}))")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("escaped(")
            if finalize.src is not None:
                self.write(finalize.src)

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        """Write an output as one text: each one that is yielded passes through all generators
        around it."""
        if frame.buffer is not None or frame.require_output_check or len(node.nodes) < 2:
            super().visit_Output(node, frame)
            return
        whole = frame.copy()
        whole.buffer = _JOINED
        self.writeline(f"{_JOINED} = []")
        super().visit_Output(node, whole)
        self.writeline(f"yield concat({_JOINED})")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Write a plain call: nothing that templates can call asks for Jinja's context."""
        is_plain = not (forward_caller or node.dyn_args or node.dyn_kwargs)
        if not is_plain or any(keyword.iskeyword(each.key) for each in node.kwargs):
            super().visit_Call(node, frame, forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:
        """Write an include as a part of the generator it stands in."""
        if frame.buffer is not None or node.ignore_missing or not node.with_context:
            super().visit_Include(node, frame)
            return
        self.writeline("included = environment.get_template(", node)
        self.visit(node.template, frame)
        self.write(f", {self.name!r})")
        own = self.dump_local_context(frame)
        if own == "{}":
            self.writeline("if included.root_render_func.looks_at:")
            self.indent()
            self.writeline("yield environment.kept(included, context)")
            self.outdent()
            self.writeline("else:")
            self.indent()
        self.writeline(
            "yield from included.root_render_func(included.new_context("
            f"context.get_all(), True, {own}))"
        )
        if own == "{}":
            self.outdent()


class Environment(jinja2.Environment):
    """Jinja with contexts of plain mappings in mind."""

    code_generator_class = _CodeGenerator
    _words: Mapping[str, str] = MappingProxyType({})

    def use(self, words: Mapping[str, str]) -> None:
        """Take the words that ``t`` gives to templates; without it there are none."""
        self._words = words
        self._loaded: dict[str, jinja2.Template] = {}
        self._kept: dict[tuple[object, ...], tuple[list[Any], str]] = {}
        self._made: dict[tuple[object, ...], tuple[Any, object, object]] = {}
        self.globals = {"t": self._say, "once": self._once, "range": range}

    def _say(self, key: str, **details: object) -> str:
        text = self._words.get(key)
        if text is None:
            raise jinja2.UndefinedError(f"t('{key}')")
        return text.format(**details) if details else text

    def _once(self, macro: Callable[..., Any], item: object, *rest: str | int) -> Any:
        """Return what a macro gives for an item, which stands in many lists; it is rendered once
        for as long as the item is one and the same object, which it is while it is kept here."""
        key = (id(macro), id(item), *rest)
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= _ONCE_MOST:
                self._made.clear()
            found = self._made[key] = macro(item, *rest), macro, item
        return found[0]

    @staticmethod
    def escaped(value: Any) -> Any:
        """Return *value* escaped.  Most values are plain text, and it is quicker by half to escape
        them than to wrap what comes of it, too, as `markupsafe.escape` does."""
        if type(value) is str:
            return _escape_text(value)
        return value if type(value) is _Markup else markupsafe.escape(value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look up keys alone: contexts are plain mappings, whose methods are not for templates."""
        if type(obj) is dict:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> jinja2.Template:
        """Return a template; each is looked for once, since none changes while pages are made."""
        if isinstance(name, jinja2.Template):
            return name
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = super().get_template(name, parent, globals)
        return found

    def kept(self, template: jinja2.Template, context: Context) -> str:
        """Return what a template gives that looks at nothing but what many pages have alike: one
        rendering serves all of them."""
        values: list[Any] = [template.name]
        for name, *attribute in template.root_render_func.looks_at:  # type: ignore[attr-defined]
            value = context.resolve(name)
            values.append(self.getattr(value, *attribute) if attribute else value)
        # Equal texts are the same; of all else only what is one and the same object, which stays
        # so for as long as it is kept here.
        key = tuple([each if type(each) is str else id(each) for each in values])
        found = self._kept.get(key)
        if found is None:
            whole = template.new_context(context.get_all(), True, {})
            if len(self._kept) >= _KEPT_MOST:
                self._kept.clear()
            found = self._kept[key] = values, self.concat(template.root_render_func(whole))
        return found[1]

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return what all templates share: here none has any of its own."""
        return self.globals

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Parse; a text that is asked for by a constant key becomes the text itself."""
        tree = super()._parse(source, name, filename)
        return cast(nodes.Template, _Constants(self._words).visit(tree))


def _looked_at(tree: nodes.Template, known: Container[str]) -> Iterator[str]:
    """Yield what of its context a template looks at: ``page.kind``, or ``menu`` as a whole; ''
    where it takes in others, which have the context too, or is there for its macros."""
    if tree.find((nodes.Include, nodes.Extends, nodes.Block, nodes.Macro)):  # type: ignore[arg-type]
        yield ""
        return
    names = {name for name in meta.find_undeclared_variables(tree) if name not in known}
    parts = set()
    for node in tree.find_all(nodes.Getattr):
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if name in names and name not in _ALIKE:
            parts.add(id(node.node))
            yield f"{name}.{node.attr}"
    yield from (
        node.name
        for node in tree.find_all(nodes.Name)
        if node.name in names and id(node) not in parts
    )


class _Constants(NodeTransformer):
    """Puts the words in place of ``t('key')`` and ``t('key', name=value)``."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Replace a call with a constant key; one with an unknown key, or with other values than
        its text has, fails when it runs."""
        self.generic_visit(node)
        text = self._words.get(_key(node))
        if text is None:
            return node
        if not node.kwargs:
            return nodes.Const(text, lineno=node.lineno)
        values = {each.key: each.value for each in node.kwargs}
        parts: list[nodes.Expr] = []
        for literal, name, form, conversion in string.Formatter().parse(text):
            if literal:
                parts.append(nodes.Const(literal, lineno=node.lineno))
            if name is not None:
                if name not in values or form or conversion:
                    return node
                parts.append(values[name])
        return nodes.Concat(parts, lineno=node.lineno)


def _key(node: nodes.Call) -> str:
    """Return the constant key of a call of ``t``, '' where it is none."""
    is_said = isinstance(node.node, nodes.Name) and node.node.name == "t" and len(node.args) == 1
    key = node.args[0] if is_said and not (node.dyn_args or node.dyn_kwargs) else None
    return str(key.value) if isinstance(key, nodes.Const) else ""
