"""Partner Center: referrals of Partner Center: what each of them is, told by data.

Apart from what knows leads, so that what keeps referrals can do without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from leadshare.client.answers.json_values import part, text

MICROSOFT: Final = "msft"
"""What stands for Microsoft where an organisation's id is expected."""


class Kind(StrEnum):
    """What a referral is; all are kept apart from leads."""

    MARKETPLACE_LEAD = "marketplace_lead"
    """What a customer did in a storefront; its POST is the lead, for the API serves none."""
    QUALIFIED_LEAD = "qualified_lead"
    """A customer whom Microsoft itself, a seller or its marketing, found ready to buy."""
    CO_SELL = "co_sell"
    UNKNOWN = "unknown"
    """What Microsoft's table does not name."""


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


def classify(referral: Mapping[str, object]) -> Kind:
    """Return what *referral*, as Partner Center answers it, is."""
    kind = _code(referral.get("type"))
    qualification = _code(referral.get("qualification")) or "none"
    inviter = _inviter(referral)
    for row in _TABLE:
        fits = kind in row.types and qualification in row.qualifications
        if fits and inviter in row.inviters:
            return row.kind
    return Kind.UNKNOWN


def _inviter(referral: Mapping[str, object]) -> str:
    organisation = _code(part(referral, "inviteContext", "invitedBy").get("organizationId"))
    if not organisation:
        return _NOBODY
    return _MICROSOFT if organisation == MICROSOFT else _PARTNER


def _code(value: object) -> str:
    return text(value).strip().lower()


def mark(referral: Mapping[str, object]) -> str:
    """Return the owner's own id of *referral*: a lead's, where leadshare has set it."""
    return text(referral.get("externalReferenceId"))
