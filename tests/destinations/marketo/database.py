"""Marketo's database, as its simulator has it: the fields that matter, and what they take.

Pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

STRING: Final = ("string", 255)
TEXT_AREA: Final = ("text", 30_000)

FIELDS: Final[Mapping[str, tuple[str, int | None]]] = {
    "id": ("integer", None),
    "createdAt": ("datetime", None),
    "email": ("email", 255),
    **dict.fromkeys(("firstName", "lastName", "title", "country", "leadSource"), STRING),
    "phone": ("phone", 255),
    "leadScore": ("score", None),
    **dict.fromkeys(("company", "industry"), STRING),
    "website": ("url", 255),
    "unsubscribed": ("boolean", None),
    "doNotCall": ("boolean", None),
    "leadshareId": STRING,
    "leadshareSummary": TEXT_AREA,
    "leadshareScore": ("integer", None),
}
"""Type and length by field (list-of-standard-fields.md, field-types.md), the publisher's last."""

TOUCHES: Final[Mapping[str, tuple[str, int | None]]] = {
    "marketoGUID": ("string", 36),
    "touchId": STRING,
    "leadId": ("integer", None),
    "subject": STRING,
    "text": TEXT_AREA,
    "at": ("datetime", None),
}
"""Type and length of the fields of the publisher's custom object (custom-objects.md)."""

READ_ONLY: Final = ("id", "createdAt")

OF_COMPANY: Final = ("company", "industry", "website")
"""Fields of a person's company (list-of-standard-fields.md)."""

_TYPES: Final = {"boolean": bool, "integer": int, "score": int}
_ANY: Final = re.compile(r".*", re.DOTALL)
_FORMS: Final = {
    "email": re.compile(r"[!-~]+@[!-~]+"),  # ASCII only (leads.md)
    "url": re.compile(r"https?://.+"),
}
"""What is asked of a value, by the type of its field (field-types.md)."""


def misfit(facts: tuple[str, int | None], value: object) -> str:
    """Return the code for a field of this type and length that cannot hold *value*.

    Null clears a field (lead-database.md).
    """
    if value is None:
        return ""
    kind, length = facts
    if type(value) is not _TYPES.get(kind, str):
        return "1001"
    if not _FORMS.get(kind, _ANY).fullmatch(str(value)):
        return "1003"
    # A text area's limit is in bytes. That too long a text is refused, not cut, is assumed.
    encoded = str(value).encode() if kind == "text" else str(value).encode("utf-16-le")[::2]
    return "1003" if length is not None and len(encoded) > length else ""
