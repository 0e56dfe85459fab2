"""Intake: read the JSON object that a POST carries; the standard library only."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from leadshare.errors import Unread, Unreadable

DEEPEST: Final = 100
"""Levels of nesting that are read; a lead has two."""


# Numbers stay text: int() refuses 5,000 digits, and a phone number sent bare is no sum.
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)

# A string is passed over as one, for brackets in it are none; one without an end goes to the end.
_BRACKET: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def read_object(body: bytes, decoder: json.JSONDecoder = _DECODER) -> dict[str, Any]:
    """Return the JSON object in *body*, unless told otherwise its numbers as the texts sent.

    UTF-8 with or without a BOM, UTF-16 and UTF-32 are told apart as RFC 4627 does.
    Raises `Unreadable` with the reason `not_json`, `not_an_object` or `too_deep`.
    """
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        # Counted first, for it is quick: no level without its bracket.
        if text.count("{") + text.count("[") > DEEPEST and _is_deeper_than(text, DEEPEST):
            raise Unreadable(Unread.TOO_DEEP)
        value = decoder.decode(text)
    except RecursionError:
        raise Unreadable(Unread.TOO_DEEP) from None
    except ValueError:
        raise Unreadable(Unread.NOT_JSON) from None
    if not isinstance(value, dict):
        raise Unreadable(Unread.NOT_AN_OBJECT)
    return value


def _is_deeper_than(text: str, levels: int) -> bool:
    """Say whether *text* nests deeper than *levels*, be it JSON or not.

    By its brackets, for how deep JSON can be decoded is another matter with each Python.
    """
    depth = 0
    for found in _BRACKET.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        if depth > levels:
            return True
    return False


PERSON: Final = {
    "first_name": "firstname",
    "last_name": "lastname",
    "email": "email",
    "phone": "phone",
    "country": "country",
    "company": "company",
    "job_title": "title",
}
"""Our names of what `UserDetails` holds, its keys in lower case."""


def lower_keys(value: object) -> dict[str, object]:
    """Return an object with its keys in lower case; of two that fall together the fuller stays."""
    lowered: dict[str, object] = {}
    if isinstance(value, dict):
        for key, item in value.items():
            small = key.lower()
            lowered[small] = lowered.get(small) or item
    return lowered
