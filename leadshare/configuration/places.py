"""Configuration: places in the file, as a person would name them."""

from __future__ import annotations

import re
from typing import Any, Final

from leadshare.errors import Place
from leadshare.quoting import can_be_shown

_NAMES: Final = {
    "listing": "id",
    "campaign": "id",
    "destination": "name",
    "route": "",
    "scoring.rule": "name",
}
"""The arrays of tables, and the key that names each of these."""

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def named(place: Place, data: Any) -> str:
    """Return *place* as a person would name it: `destination "our-crm": fields.new_score`."""
    names: list[str] = []
    keys: list[str] = []
    for part in place:
        data = data[part] if has(data, part) else None
        if isinstance(part, str):
            keys.append(shown_key(part))
            continue
        kind = ".".join(keys)
        if kind == "when":
            names.append(f"condition {part + 1}")
        elif kind in _NAMES:
            name = data.get(_NAMES[kind]) if isinstance(data, dict) else None
            is_name = isinstance(name, str) and can_be_shown(name)
            names.append(f'{kind} "{name}"' if is_name else f"{kind} {part + 1}")
        else:
            names.append(f"{kind}: item {part + 1}" if kind else f"item {part + 1}")
        keys = []
    return ": ".join([*names, ".".join(keys)] if keys else names)


def shown_key(key: str) -> str:
    """Return a *key* as TOML writes it, "(a key)" where it cannot be shown."""
    if not can_be_shown(key):
        return "(a key)"
    return key if _BARE.fullmatch(key) else f'"{key}"'


def has(raw: Any, part: str | int) -> bool:
    """Say whether there is such a *part* of what is in the file, a key or an index."""
    if isinstance(raw, list):
        return isinstance(part, int) and part < len(raw)
    return isinstance(raw, dict) and part in raw
