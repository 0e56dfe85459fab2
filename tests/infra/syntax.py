"""Bicep's syntax, as the grammar for tree-sitter has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER: Final = Parser(Language(tree_sitter_bicep.language()))
_ESCAPES: Final = {"\\'": "'", "\\n": "\n", "\\\\": "\\", "\\$": "$"}


def parse(source: str) -> Node:
    """Return the root of *source*."""
    return _PARSER.parse(source.encode()).root_node


def walk(node: Node) -> Iterator[Node]:
    """Return *node* and all that is in it."""
    yield node
    for child in node.children:
        yield from walk(child)


def named(node: Node) -> set[str]:
    """Return the names that the expressions in *node* go by; functions' too."""
    return {text_of(one) for one in walk(node) if one.type == "identifier" and _is_read(one)}


def bound(node: Node) -> set[str]:
    """Return the names that loops and lambdas in *node* give."""
    loops = [one.named_children[0] for one in walk(node) if one.type == "for_statement"]
    lambdas = [one.named_children[0] for one in walk(node) if one.type == "lambda_expression"]
    return {text_of(one) for part in loops + lambdas for one in walk(part) if not one.children}


def _is_read(node: Node) -> bool:
    """Say whether an identifier stands for a value; names of properties and decorators do not."""
    parent = node.parent
    if parent is None or parent.type.endswith("_declaration"):
        return parent is not None and node == parent.named_children[-1]
    if parent.type == "object_property":
        return node != parent.named_children[0]
    return parent.parent is None or parent.parent.type != "decorator"


def is_property(node: Node) -> bool:
    """Say whether *node* gives an object's property its value; nested resources do not."""
    return node.type == "object_property" and len(node.named_children) > 1


def unquoted(text: str) -> str:
    """Return what a string holds that is written as *text*, between its quotes."""
    return unescaped(text.strip("'"))


def unescaped(text: str) -> str:
    """Return what a part of a string holds that is written as *text*."""
    return re.sub(r"\\.", lambda found: _ESCAPES[found[0]], text)


def text_of(node: Node) -> str:
    """Return *node* as written."""
    return (node.text or b"").decode()
