"""Core: read the LeadSource grammar, `Source-Action|publisher.offer`, in all its variations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_OFFER_ID: Final = re.compile(r"[a-z0-9][\w-]*\.[\w.-]+", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LeadSource:
    """A LeadSource taken apart; texts are empty where a part is missing.

    The form is Microsoft's, "Get customer leads", lead source.
    """

    raw: str
    source: str
    action: str
    offer: str
    """`publisher.offer` in lower case, if the second half is one."""
    title: str
    """The second half, if it is a display name instead, as in test leads."""


def parse(raw: str) -> LeadSource:
    """Take *raw* apart; nothing is an error."""
    left, _, right = raw.partition("|")
    source, _, action = left.strip().partition("-")
    named = right.strip()
    is_id = bool(_OFFER_ID.fullmatch(named))
    return LeadSource(
        raw=raw,
        source=source.strip(),
        action=action.strip(),
        offer=named.lower() if is_id else "",
        title="" if is_id else named,
    )


def is_offer_id(text: str) -> bool:
    """Say whether *text* has the form `publisher.offer`."""
    return bool(_OFFER_ID.fullmatch(text))
