"""Reason codes, collected from the source: all that the code can give, whatever tests try."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ENDLESS: Final = "..."
"""How a code ends that goes on with what somebody else says: `marketo_...`."""

Place = tuple[str, str]
"""A module and a name in it."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Source:
    """Modules, what their names are bound to, what their functions return, what they import."""

    trees: dict[str, ast.Module]
    bound: dict[Place, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))
    returned: dict[Place, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))
    imported: dict[Place, Place] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> Source:
        """Read all that is deployed."""
        files = [root / "function_app.py", *sorted((root / "leadshare").rglob("*.py"))]
        names = {
            ".".join(file.relative_to(root).with_suffix("").parts): file
            for file in files
            if "local" not in file.parts
        }
        source = cls({name: ast.parse(file.read_text("utf-8")) for name, file in names.items()})
        for name, tree in source.trees.items():
            functions = {n.name: n for n in ast.walk(tree) if isinstance(n, Function)}
            for node in ast.walk(tree):
                source._learn(name, node, functions)
        return source

    def _learn(self, module: str, node: ast.AST, functions: dict[str, Function]) -> None:
        """Note what *node* says of a name; a parameter is bound to what its callers give."""
        match node:
            case ast.Assign(targets=targets, value=value):
                self._bind(module, targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(module, [target], value)
            case ast.NamedExpr(target=target, value=value):
                self._bind(module, [target], value)
            case ast.ImportFrom(module=str(origin), names=names):
                for alias in names:
                    self.imported[module, alias.asname or alias.name] = (origin, alias.name)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                values = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
                self.returned[module, node.name] += [value for value in values if value]
            case ast.Call(func=ast.Name(id=name), args=given) if name in functions:
                for parameter, value in zip(functions[name].args.args, given, strict=False):
                    self.bound[module, parameter.arg].append(value)

    def _bind(self, module: str, targets: Sequence[ast.expr], value: ast.expr) -> None:
        for name in _names(targets):
            self.bound[module, name].append(value)

    def given(self, function: str, argument: int = 0) -> dict[str, set[str]]:
        """Return the codes of every call of *function*, by the place of the call.

        A code that is handed on from elsewhere is "", and none at all is one that was not found.
        """
        return {
            f"{module}:{node.lineno}": self.codes(node.args[argument], module)
            for module, tree in self.trees.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and len(node.args) > argument
            if f".{ast.unparse(node.func)}".endswith(f".{function}")
        }

    def codes(self, told: ast.expr, module: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """Return the codes that an expression can be."""
        match told:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                return {text + ENDLESS}
            case ast.Attribute(attr="reason"):
                return {""}
            case ast.Name(id=name) if name not in seen:
                return self._all(self.bound, (module, name), seen)
            case ast.Call(func=ast.Name(id=name)) if name not in seen:
                return self._all(self.returned, (module, name), seen)
        return {code for part in _parts(told) for code in self.codes(part, module, seen)}

    def _all(
        self, known: dict[Place, list[ast.expr]], place: Place, seen: frozenset[str]
    ) -> set[str]:
        origin, name = place = self.imported.get(place, place)
        found = known.get(place, [])
        return {code for one in found for code in self.codes(one, origin, seen | {name})}


def _parts(told: ast.expr) -> Sequence[ast.expr]:
    """Return the expressions, one of which *told* is."""
    match told:
        case ast.IfExp(body=body, orelse=other):
            return [body, other]
        case ast.BoolOp(values=values) | ast.Tuple(elts=values):
            return values
        case ast.Dict(values=values):
            return values
        case ast.Subscript(value=table):
            return [table]
        case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, *otherwise]):
            return [table, *otherwise]
    return []


def _names(targets: Sequence[ast.expr]) -> Iterator[str]:
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                yield node.id
