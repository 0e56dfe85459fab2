"""Read the figures and formulas of a page in docs, and work them out."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).parents[2]
OPERATORS: Final[dict[type[ast.AST], Callable[[float, float], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.LtE: operator.le,
}


def tables(page):
    """Return all tables of a page: the heads, and the cells of each row."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(r"^(\|.*)\n\|[ :|-]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [(cells(head), [cells(line) for line in body.splitlines()]) for head, body in found]


def cells(line):
    """Return the cells of a row."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def number(text):
    """Return a number as the pages write it."""
    return float(text.replace(",", ""))


def figures(page):
    """Return the figures of a page by their names; a row may give several."""
    return {
        name: number(value)
        for head, body in tables(page)
        if head[:2] == ["figure", "value"]
        for row in body
        for name, value in zip(re.findall("`([^`]+)`", row[0]), row[1].split(", "), strict=True)
    }


def worked_out(text: str, names: Mapping[str, float]) -> Any:
    """Return what a formula comes to."""
    return _value(ast.parse(text, mode="eval").body, names)


def _value(node: ast.expr, names: Mapping[str, float]) -> Any:
    def value(part: ast.expr) -> Any:
        return _value(part, names)

    match node:
        case ast.Constant(value=int(told) | float(told)):
            return told
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](value(left), value(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return OPERATORS[type(op)](value(left), value(right))
        case ast.IfExp(test=test, body=body, orelse=other):
            return value(body) if value(test) else value(other)
        case ast.Call(func=ast.Name(id="max"), args=parts):
            return max(map(value, parts))
    raise ValueError(ast.unparse(node))
