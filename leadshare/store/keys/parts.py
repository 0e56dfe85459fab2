"""Store: what all keys are made of: partitions, ranges, prefixes."""

from __future__ import annotations

import re
from typing import Final

PARTITIONS: Final = "0123456789abcdef"
"""Of the table of leads: the first hex digit of a contact id; quarantine goes by the touch id's."""

Span = tuple[str, str]
"""A range of keys: from the first on, up to but without the second."""


def partition_of(contact_or_lead: str) -> str:
    """Return the partition of everything about a contact."""
    return contact_or_lead[0]


def contact_of(lead: str) -> str:
    """Return the contact id in a *lead* id."""
    return lead.partition("-")[0]


def is_lead_id(text: str) -> bool:
    """Say whether *text* can be a lead's id."""
    return _LEAD_ID.fullmatch(text) is not None


_LEAD_ID: Final = re.compile(r"[0-9a-f]{32}-[0-9a-f]{16}")


def behind(key: str) -> str:
    """Return where a range begins that goes on behind *key*."""
    return f"{key}\0"


def under(*parts: str) -> Span:
    """Return the range of the keys that begin with *parts*, but for those that are empty."""
    prefix = "|".join(filter(None, parts))
    return f"{prefix}|", f"{prefix}|~"
