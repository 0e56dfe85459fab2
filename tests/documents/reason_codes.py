"""Reason codes in the source of what is deployed: which are given, and which are not the enum's."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

GIVERS: Final = {
    *("Deferred", "Rejected", "SignInFailed", "Refused", "Finding", "Unreadable", "Unsigned"),
    "_park",
}
"""What is called with a code."""

OTHERS: Final = {
    ("leadshare.destinations.build", "timeout"),
    ("leadshare.destinations.notices.smtp", "timeout"),
    ("leadshare.destinations.zoho.fields", "field_read_only"),
    ("leadshare.lifecycle.outcome", "gone"),
    ("leadshare.operators.description.operations", "worklist"),
    ("leadshare.operators.outlook", "not_configured"),
    ("leadshare.operators.worklist", "changed_meanwhile"),
    ("leadshare.operators.worklist", "worklist"),
    ("leadshare.referrals.kept", "gone"),
    ("leadshare.referrals.kept", "not_an_envelope"),
}
"""Names of something else that read like a code."""


def deployed(root: Path) -> dict[str, ast.Module]:
    """Read the modules of all that is deployed."""
    files = [root / "function_app.py", *sorted((root / "leadshare").rglob("*.py"))]
    return {
        ".".join(file.relative_to(root).with_suffix("").parts): ast.parse(file.read_text("utf-8"))
        for file in files
        if not {"local", "listings"} & set(file.parts)
    }


def bare(trees: Mapping[str, ast.Module], codes: set[str]) -> Iterator[str]:
    """Yield where a code is written out that should be a member of an enum."""
    for module, tree in trees.items():
        if module == "leadshare.errors" or module.startswith("leadshare.reason."):
            continue
        for node in ast.walk(tree):
            told = _told(node)
            if isinstance(told, ast.Constant | ast.JoinedStr) or _is_code(module, node, codes):
                yield f"{module}: {ast.unparse(node)}"


def _is_code(module: str, node: ast.AST, codes: set[str]) -> bool:
    """Say whether *node* is the text of a code."""
    text = node.value if isinstance(node, ast.Constant) else None
    return text in codes and (module, text) not in OTHERS


def _told(node: ast.AST) -> ast.expr | None:
    """Return what *node* gives as a code, if it calls what takes one."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    called = ast.unparse(node.func).rpartition(".")[2]
    return node.args[-1 if called == "_park" else 0] if called in GIVERS else None


def given(trees: Mapping[str, ast.Module]) -> set[str]:
    """Return the members of enums that the source names, as `Reason.THROTTLED`."""
    return {
        ast.unparse(node)
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.isupper()
    }


def fates(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """Return what becomes of deliveries by each reason that the source gives by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    for tree in trees.values():
        for node in ast.walk(tree):
            code = _told(node)
            if not isinstance(node, ast.Call) or not isinstance(code, ast.Attribute):
                continue
            free = any(ast.unparse(one) == "counts=False" for one in node.keywords)
            waits = "free" if free else "counted"
            fate = {"Deferred": waits, "Rejected": "parked", "SignInFailed": "free"}
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in fate and ast.unparse(code.value) == "Reason":
                found[code.attr].add(fate[called])
    return found
