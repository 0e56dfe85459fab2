"""Client: read JSON that somebody else has written, without believing it to be of any shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_object(value: object) -> dict[str, Any]:
    """Return *value*, or an empty object where it is none."""
    return value if isinstance(value, dict) else {}


def part(value: object, *names: str) -> Mapping[str, Any]:
    """Return the object in *value* under *names*, an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def text(value: object) -> str:
    """Return *value* if it is a text, else ""."""
    return value if isinstance(value, str) else ""


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects in the list *value*; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def all_objects(value: object) -> list[dict[str, Any]] | None:
    """Return *value* if it is a list of objects and of nothing else, else None."""
    found = objects(value)
    return found if isinstance(value, list) and len(found) == len(value) else None


def first_object(value: object) -> dict[str, Any]:
    """Return the first of the list *value*, an empty object where it is no object."""
    return as_object(value[0]) if isinstance(value, list) and value else {}
