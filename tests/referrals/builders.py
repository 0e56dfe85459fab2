"""Referrals as Partner Center tells them, of every kind."""

from __future__ import annotations

from typing import Any


def referral(**changes: Any) -> dict[str, Any]:
    """A referral as Partner Center's API answers it, of a customer's own; details by their names.

    Microsoft, "Referral resources": independent, by the customer, invited by nobody or Microsoft.
    """
    member = {
        "firstName": "Sample",
        "lastName": "Buyer",
        "email": "sample.buyer@fabrikam.example",
        "phoneNumber": "4930123456",
    }
    told = {
        "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "engagementId": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "name": "Contoso Invoice Robot",
        "createdDateTime": "2026-11-22T11:58:00.1234567Z",
        "updatedDateTime": "2026-11-22T11:59:00Z",
        "expirationDateTime": "2026-12-06T11:58:00Z",
        "status": "New",
        "substatus": "Pending",
        "type": "Independent",
        "qualification": "Direct",
        "direction": "Incoming",
        "eTag": '"7200f91a-0000-0000-0000-5f9bd6ee0000"',
        "customerProfile": {
            "name": "Fabrikam GmbH",
            "address": {"city": "Berlin", "country": "DE"},
            "team": [member],
        },
        "consent": {"consentToContact": True},
        "details": {"notes": "Need help with invoices", "dealValue": 1000.5, "currency": "EUR"},
    }
    return told | changes


INVITED = {
    name: {"notes": "", "invitedBy": {"organizationId": name, "organizationName": name}}
    for name in ("msft", "8d6c5f0e-0000-4000-8000-000000000001")
}
BY_MICROSOFT, BY_PARTNER = INVITED.values()

REFERRALS: dict[str, tuple[dict[str, Any], str]] = {
    "marketplace-lead": ({}, "marketplace_lead"),
    "seller-qualified": (
        {"qualification": "SalesQualified", "inviteContext": BY_MICROSOFT},
        "qualified_lead",
    ),
    "marketing-qualified": (
        {"qualification": "MarketingQualified", "inviteContext": BY_MICROSOFT},
        "qualified_lead",
    ),
    "co-sell-independent": (
        {"qualification": "SalesQualified", "inviteContext": BY_PARTNER},
        "co_sell",
    ),
    "co-sell-shared": (
        {"type": "Shared", "qualification": "None", "inviteContext": BY_PARTNER},
        "co_sell",
    ),
    "direct-by-a-partner": ({"inviteContext": BY_PARTNER}, "unknown"),
    "direct-and-shared": ({"type": "Shared"}, "unknown"),
    "sales-qualified-by-nobody": ({"qualification": "SalesQualified"}, "unknown"),
    "nothing-said": ({"type": None, "qualification": None}, "unknown"),
    "said-otherwise": ({"type": ["Independent"], "qualification": {"Direct": 1}}, "unknown"),
    "call-to-action-only": (
        {"qualification": "None", "referralSource": "AppSource", "callToAction": "PLT"},
        "unknown",
    ),
}
"""Referrals of all kinds: what each says otherwise, and its kind (docs/referrals.md)."""
