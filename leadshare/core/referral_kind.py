"""Core: referrals of Partner Center: which of them are marketplace leads, told by data.

Apart from what knows leads, so that what keeps referrals can do without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

MICROSOFT: Final = "msft"
"""What stands for Microsoft where an organisation's id is expected."""


class Kind(StrEnum):
    """What a referral is; only the first is a lead of ours, the others are kept apart."""

    MARKETPLACE_LEAD = "marketplace_lead"
    QUALIFIED_LEAD = "qualified_lead"
    """A customer whom Microsoft itself, a seller or its marketing, found ready to buy."""
    CO_SELL = "co_sell"
    UNKNOWN = "unknown"
    """What Microsoft's table does not name; never taken for a lead."""


@dataclass(frozen=True, slots=True)
class _Row:
    kind: Kind
    types: frozenset[str]
    qualifications: frozenset[str]
    inviters: frozenset[str]


_NOBODY, _MICROSOFT, _PARTNER = "nobody", "microsoft", "partner"

# Microsoft, "Introduction to referrals API", the table of categories. It warns that neither
# `referralSource` nor `callToAction` may be the test.
_TABLE: Final = (
    _Row(
        Kind.MARKETPLACE_LEAD,
        frozenset({"independent"}),
        frozenset({"direct"}),
        frozenset({_NOBODY, _MICROSOFT}),
    ),
    _Row(
        Kind.QUALIFIED_LEAD,
        frozenset({"independent"}),
        frozenset({"salesqualified", "marketingqualified"}),
        frozenset({_MICROSOFT}),
    ),
    _Row(
        Kind.CO_SELL,
        frozenset({"independent", "shared"}),
        frozenset({"salesqualified", "none"}),
        frozenset({_PARTNER}),
    ),
)


def classify(referral: Mapping[str, Any]) -> Kind:
    """Return what *referral*, as Partner Center answers it, is."""
    kind = _code(referral.get("type"))
    qualification = _code(referral.get("qualification")) or "none"
    inviter = _inviter(referral)
    for row in _TABLE:
        told = kind in row.types and qualification in row.qualifications
        if told and inviter in row.inviters:
            return row.kind
    return Kind.UNKNOWN


def part(value: Any, *names: str) -> Mapping[str, Any]:
    """Return the object in *value* under *names*, an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str:
    """Return *value* if it is a text, else ""."""
    return value if isinstance(value, str) else ""


def _inviter(referral: Mapping[str, Any]) -> str:
    organisation = _code(part(referral, "inviteContext", "invitedBy").get("organizationId"))
    if not organisation:
        return _NOBODY
    return _MICROSOFT if organisation == MICROSOFT else _PARTNER


def _code(value: Any) -> str:
    return text(value).strip().lower()


LEAD_ID: Final = re.compile("[0-9a-f]{32}-[0-9a-f]{16}")


def mark(referral: Mapping[str, Any]) -> str:
    """Return the owner's own id of *referral*: a lead's, where leadshare has set it."""
    return text(referral.get("externalReferenceId"))
