"""Operators: what in an order depends on what else is in it, as its JSON Schema says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic.config import JsonDict

from leadshare.leads.routing import UNFOLLOWED


def _given(name: str) -> JsonDict:
    return {"required": [name], "properties": {name: {"type": "string", "pattern": "\\S"}}}


def _not_given(*names: str) -> JsonDict:
    return {"properties": {name: {"enum": [None, ""]} for name in names}}


def _is(name: str, values: Sequence[str | bool]) -> JsonDict:
    return {"required": [name], "properties": {name: {"enum": [*values]}}}


REPLAY: Final[tuple[JsonDict, ...]] = (
    {"if": _is("what", UNFOLLOWED), "then": _not_given("lead", "destination", "reason")},
    {
        "if": _is("what", ["quarantine"]),
        "then": _not_given("lead", "destination"),
        "else": _not_given("touch"),
    },
    {
        "if": {"not": _is("what", ["quarantine", *UNFOLLOWED])},
        "then": {"anyOf": [_is("all", [True]), *map(_given, ("lead", "destination", "reason"))]},
    },
    {"if": _is("dry_run", [False]), "else": _not_given("token")},
)
"""Of which kind of replay an order may say what; and a token is of an order, no dry run."""

OUTCOME: Final[tuple[JsonDict, ...]] = (
    {
        "if": {"required": ["amount"]},
        "then": {"allOf": [_given("state"), {"required": ["currency"]}]},
        "else": {"properties": {"currency": False}},
    },
    {"anyOf": [_given("state"), _is("opted_out", [True])]},
    {"if": _is("opted_out", [True]), "then": _not_given("source")},
)
"""A sum has a currency and is of a state; an opt-out is of no source; one of both is said."""

PERSON: Final = tuple(map(_given, ("email", "phone", "lead")))
"""Exactly one of them."""

ERASE: Final[tuple[JsonDict, ...]] = (
    {"if": _is("dry_run", [False]), "then": _given("token"), "else": _not_given("token")},
)
"""A token is of an order, which needs one."""

FIND: Final = tuple(map(_given, ("email", "phone", "company", "record", "link")))
"""Exactly one of them."""
