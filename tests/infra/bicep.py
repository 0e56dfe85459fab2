"""Bicep files as a test reads them: what they declare, and what their expressions come to.

Only as much of the language as infra/ uses. What is known in Azure alone, such as a resource's id,
comes to a text such as `<storage.id>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import eq, gt
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from tree_sitter import Node

from tests.infra.syntax import (
    is_property,
    parse,
    text_of,
    unescaped,
    unquoted,
    walk,
)

_LOOP_NAMES: Final = {"identifier", "loop_variable", "loop_enumerator"}


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared thing: a parameter, variable, resource, module or output."""

    kind: str
    name: str
    node: Node
    decorators: Mapping[str, Any]
    value: Node | None
    """Its default, value, body or what it loops over."""

    @property
    def text(self) -> str:
        """All of it, as written."""
        return text_of(self.node)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as it would be made."""

    kind: str
    version: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Template:
    """One file."""

    path: Path
    root: Node
    declarations: list[Declaration] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it, as written."""
        return text_of(self.root)

    @cached_property
    def functions(self) -> dict[str, tuple[Template, Node]]:
        """What can be called by name: what this file defines, and what it takes from others."""
        defined = [one for one in walk(self.root) if one.type == "user_defined_function"]
        found = {text_of(one.named_children[0]): (self, one) for one in defined}
        for one in walk(self.root):
            if one.type == "import_functionality":
                *names, path = one.named_children
                other = read(self.path.parent / unquoted(text_of(path)))
                found |= {text_of(name): other.functions[text_of(name)] for name in names}
        return found

    def all(self, kind: str) -> list[Declaration]:
        """Return what is declared of one kind, nested resources too."""
        return [one for one in self.declarations if one.kind == kind]

    def one(self, name: str, kind: str = "variable") -> Declaration:
        """Return what is declared under *name*."""
        return next(one for one in self.all(kind) if one.name == name)

    def value(self, name: str, **given: Any) -> Any:
        """Return what the variable *name* comes to, where parameters are *given*."""
        return self.evaluate(self.one(name).value, given)

    def evaluate(self, node: Node | None, given: Mapping[str, Any]) -> Any:
        """Return what an expression comes to."""
        return _Evaluation(self, given).value(node)

    def resources(self, **given: Any) -> list[Resource]:
        """Return what would be made, where parameters are *given*; loops are gone through."""
        made = [one for one in self.all("resource") if " existing " not in one.text.split("{")[0]]
        return [resource for one in made for resource in self._made(one, given)]

    def _made(self, one: Declaration, given: dict[str, Any]) -> Iterator[Resource]:
        kind, version = text_of(one.node.named_children[1]).strip("'").split("@")
        body = one.value
        if body is not None and body.type == "if_statement":
            condition, body = body.named_children
            if not self.evaluate(condition, given):
                return
        if body is None or body.type != "for_statement":
            yield Resource(kind, version, self.evaluate(body, given))
            return
        loop, over, body = body.named_children
        each = [text_of(name) for name in walk(loop) if name.type in _LOOP_NAMES]
        items = self.evaluate(over, given)
        for i, item in enumerate(items if isinstance(items, list) else [f"<{text_of(over)}>"]):
            known = given | dict(zip(each, (item, i), strict=False))
            yield Resource(kind, version, self.evaluate(body, known))

    def errors(self) -> list[str]:
        """Return the places that are not Bicep."""
        bad = [node for node in walk(self.root) if node.is_error or node.is_missing]
        return [f"{self.path.name}:{node.start_point[0] + 1}" for node in bad]


def read(path: Path) -> Template:
    """Read the file at *path*, a template or a file of parameters."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".bicepparam":
        # The grammar has no values of parameters; but for the word they are variables.
        source = re.sub(r"^param (?=\w+ =)", "var ", source, flags=re.MULTILINE)
    root = parse(source)
    return Template(path, root, list(_declarations(root)))


def _declarations(root: Node) -> Iterator[Declaration]:
    decorators: dict[str, Any] = {}
    for node in walk(root):
        if node.type == "decorators":
            decorators = dict(_decorator(one.named_children[0]) for one in node.named_children)
        elif node.type.endswith("_declaration"):
            kind = node.type.removesuffix("_declaration")
            name = next((text_of(c) for c in node.named_children if c.type == "identifier"), "")
            value = node.named_children[-1] if _has_value(node) else None
            yield Declaration(kind, name, node, decorators, value)
            decorators = {}


def _has_value(node: Node) -> bool:
    return any(child.type == "=" for child in node.children)


def _decorator(call: Node) -> tuple[str, Any]:
    name, arguments = call.named_children
    values = arguments.named_children
    return text_of(name), _literal(values[0]) if values else True


def _literal(node: Node) -> Any:
    text = text_of(node)
    return unquoted(text) if node.type == "string" else text


class _Evaluation:
    """One evaluation, with the values that parameters are given."""

    def __init__(self, template: Template, given: Mapping[str, Any]) -> None:
        self._template = template
        self._given = given

    def value(self, node: Node | None) -> Any:
        if node is None:
            return None
        of_kind = getattr(self, f"_{node.type}", None)
        return of_kind(node) if of_kind else f"<{text_of(node)}>"

    def _string(self, node: Node) -> str:
        parts = node.named_children
        return "".join(
            str(self.value(part.named_children[0]))
            if part.type == "interpolation"
            else unescaped(text_of(part))
            for part in parts
        )

    def _number(self, node: Node) -> int:
        return int(text_of(node))

    def _boolean(self, node: Node) -> bool:
        return text_of(node) == "true"

    def _null(self, _node: Node) -> None:
        return None

    def _array(self, node: Node) -> list[Any]:
        return [self.value(item) for item in node.named_children]

    def _object(self, node: Node) -> dict[str, Any]:
        properties = [one.named_children for one in node.named_children if is_property(one)]
        return {self._name(name): self.value(value) for name, value in properties}

    def _name(self, node: Node) -> str:
        return str(self.value(node)) if node.type == "string" else text_of(node)

    def _parenthesized_expression(self, node: Node) -> Any:
        return self.value(node.named_children[0])

    def _subscript_expression(self, node: Node) -> Any:
        owner, index = map(self.value, node.named_children)
        known = isinstance(owner, list) or (isinstance(owner, dict) and index in owner)
        return owner[index] if known else f"<{text_of(node)}>"

    def _binary_expression(self, node: Node) -> Any:
        return self._compared(node, *map(self.value, node.named_children))

    def _compared(self, node: Node, left: Any, right: Any) -> Any:
        compare = _OPERATORS.get(text_of(node.children[1]))
        return compare(left, right) if compare else f"<{text_of(node)}>"

    def _unary_expression(self, node: Node) -> Any:
        return not self.value(node.named_children[0])

    def _ternary_expression(self, node: Node) -> Any:
        condition, yes, no = node.named_children
        return self.value(yes if self.value(condition) else no)

    def _identifier(self, node: Node) -> Any:
        name = text_of(node)
        if name in self._given:
            return self._given[name]
        for one in self._template.declarations:
            if one.name == name and one.kind in {"parameter", "variable"} and one.value:
                return self.value(one.value)
        return f"<{name}>"

    def _member_expression(self, node: Node) -> Any:
        owner, name = node.named_children
        if owner.type == "binary_expression":
            # The grammar takes `a == b.c` for the property c of `a == b`.
            left, right = map(self.value, owner.named_children)
            return self._compared(owner, left, right[text_of(name)])
        if owner.type == "unary_expression":
            return not self.value(owner.named_children[0])[text_of(name)]  # likewise `!a.b`
        found = self.value(owner)
        if any(child.type == ".?" for child in node.children):
            return found.get(text_of(name)) if isinstance(found, dict) else None
        return found[text_of(name)] if isinstance(found, dict) else f"<{text_of(node)}>"

    def _call_expression(self, node: Node) -> Any:
        name, arguments = node.named_children
        if text_of(node) in self._given:
            return self._given[text_of(node)]  # such as `resourceGroup()`
        called = text_of(name)
        call = _FUNCTIONS.get(called) or self._loads(called) or self._defined(called)
        if call is None:
            return f"<{text_of(node)}>"
        given = [one for one in arguments.named_children if one.type != "comment"]
        return call(*(self._lambda(one) if _is_lambda(one) else self.value(one) for one in given))

    def _loads(self, name: str) -> Callable[..., Any] | None:
        readers: dict[str, Callable[[str], Any]]
        readers = {"loadJsonContent": json.loads, "loadTextContent": str}
        read, folder = readers.get(name), self._template.path.parent
        return read and (lambda path: read((folder / path).read_text(encoding="utf-8")))

    def _defined(self, name: str) -> Callable[..., Any] | None:
        if name not in self._template.functions:
            return None
        template, function = self._template.functions[name]
        _, parameters, _, body = function.named_children
        names = [text_of(one.named_children[0]) for one in parameters.named_children]
        return lambda *given: template.evaluate(body, dict(zip(names, given, strict=True)))

    def _lambda(self, node: Node) -> Callable[[Any], Any]:
        # Read anew, for the grammar takes `a => a.b` for the property b of `a => a`.
        name, _, body = text_of(node).partition(" => ")
        root = parse(f"var it = {body}\n")
        declared = root.named_children[0].named_children[-1]
        return lambda item: _Evaluation(self._template, {**self._given, name: item}).value(declared)


def _is_lambda(node: Node) -> bool:
    return re.match(r"\w+ => ", text_of(node)) is not None


BUILT_IN: Final = {
    *("cidrSubnet", "concat", "contains", "empty", "environment", "filter", "guid", "items"),
    *("join", "loadJsonContent", "loadTextContent", "map", "replace", "resourceGroup", "skip"),
    *("subscriptionResourceId", "tenant", "toObject", "union", "uniqueString"),
}
"""Functions of Bicep that the templates use."""

_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": eq,
    ">": gt,
    "&&": lambda left, right: left and right,
    "??": lambda left, right: right if left is None else left,
}
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "concat": lambda *lists: [item for items in lists for item in items],
    "contains": lambda items, item: item in items,
    "skip": lambda items, count: items[count:],
    "environment": lambda: {"suffixes": {"storage": "core.windows.net"}},
    "filter": lambda items, is_wanted: [one for one in items if is_wanted(one)],
    "join": lambda texts, between: between.join(texts),
    # What is known in Azure alone stands for one item, as in a loop.
    "map": lambda items, made_of: [
        made_of(one) for one in (items if isinstance(items, list) else [items])
    ],
    "replace": lambda text, old, new: text.replace(old, new),
    "items": lambda of: [{"key": name, "value": of[name]} for name in sorted(of)],
    "subscriptionResourceId": lambda kind, name: f"/subscriptions/0/providers/{kind}/{name}",
    "toObject": lambda items, key, value: {key(one): value(one) for one in items},
    "empty": lambda value: not value,
    "toLower": str.lower,
    "take": lambda text, count: text[:count],
    "union": lambda *objects: {name: one[name] for one in objects for name in one},
    "guid": lambda *texts: str(uuid5(NAMESPACE_URL, "|".join(texts))),
    # 13 letters and digits, as in Azure.
    "uniqueString": lambda *_texts: "abcdefghijk23",
}
