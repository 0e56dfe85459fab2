"""Intake: read the JSON object that a POST carries; the standard library only."""

from __future__ import annotations

import json
from typing import Any, Final

from leadshare.errors import Unreadable

DEEPEST: Final = 100
"""Levels of nesting that are read; a lead has two."""


# Numbers stay text: int() refuses 5,000 digits, and a phone number sent bare is no sum.
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*, its numbers as the texts that were sent.

    UTF-8 with or without a BOM, UTF-16 and UTF-32 are told apart as RFC 4627 does.
    Raises `Unreadable` with the reason `not_json`, `not_an_object` or `too_deep`.
    """
    try:
        value = _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except RecursionError:
        raise Unreadable("too_deep") from None
    except ValueError:
        raise Unreadable("not_json") from None
    if not isinstance(value, dict):
        raise Unreadable("not_an_object")
    # Counted first, for it is quick: no level without its bracket.
    if body.count(b"{") + body.count(b"[") > DEEPEST and _is_deeper_than(value, DEEPEST):
        raise Unreadable("too_deep")
    return value


def _is_deeper_than(value: Any, levels: int) -> bool:
    """Say whether *value* nests deeper than *levels*, without recursion of our own."""
    layer = [value]
    for _ in range(levels):
        layer = [
            item
            for parent in layer
            for item in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(item, dict | list)
        ]
        if not layer:
            return False
    return True
