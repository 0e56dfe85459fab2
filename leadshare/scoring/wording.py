"""Scoring: conditions and facts of leads in the words of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from leadshare.playbook import PLAYBOOK
from leadshare.scoring.proving import OTHER
from leadshare.scoring.rules import Condition

_SAID: Final = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "contains": "contains",
    "has_word": "has one of the words",
    "present": "is given",
    "missing": "is missing",
    "at_least": "at least",
    "at_most": "at most",
}
_OF_ONE: Final = {"in": "is", "has_word": "has the word"}
"""What is said where the list has one text only."""


def spoken(conditions: Sequence[Condition]) -> str:
    """Return *conditions*, all of which must hold: `country is DE and score at least 60`."""
    return " and ".join(map(_spoken, conditions))


def fact(field: str, value: object) -> str:
    """Return what a lead says of *field*: `country DE`, `another country`, `no country`."""
    name = field.replace("_", " ")
    if value in (OTHER, ""):
        return f"another {name}" if value else f"no {name}"
    return f"{name} {_shown(field, value)}"


def storefront_name(storefront: str) -> str:
    """Return the storefront's name in the playbook; another text as it is."""
    return next((p.name for p in PLAYBOOK.values() if p.storefront == storefront), storefront)


def _spoken(condition: Condition) -> str:
    field, op, value = condition.field, condition.op, condition.value
    values = value if isinstance(value, tuple) else () if value is None else (value,)
    said = _OF_ONE.get(op, _SAID[op]) if len(values) == 1 else _SAID[op]
    told = ", ".join(_shown(field, one) for one in values)
    return f"{field.replace('_', ' ')} {said} {told}".rstrip()


def _shown(field: str, value: Any) -> str:
    """Return a value, kept as `words`, as people write it."""
    if field == "country":
        return str(value).upper()
    return storefront_name(value) if field == "storefront" else str(value)
