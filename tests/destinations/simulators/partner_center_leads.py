"""Partner Center for the marketplace's leads: the rows are there before we are told."""

from __future__ import annotations

from typing import Any

from tests.destinations.simulators.partner_center import PartnerCenter

CUSTOMERS = 12
"""Customers whose leads are listed: buyer 0 and so on."""


class Account(PartnerCenter):
    """A publisher whose API does serve marketplace leads."""

    SETTINGS = {  # noqa: RUF012 - a ClassVar of the base
        "type": "partner_center_leads",
        "name": "leads-page",
        "worklist": False,
        "user": PartnerCenter.USER,
    }

    def __init__(self) -> None:
        super().__init__()
        self.listed = [self.add(**marketplace_lead(number)) for number in range(CUSTOMERS)]


def marketplace_lead(number: int = 0, **changes: Any) -> dict[str, Any]:
    """What a customer's lead says (get-a-list-of-referrals.md, the first sample)."""
    member = {
        "firstName": "Sample",
        "lastName": f"Buyer {number}",
        "email": f"Buyer{number}@fabrikam.example",
        "phoneNumber": "4930123456",
    }
    return {
        "type": "Independent",
        "qualification": "Direct",
        "customerProfile": {
            "name": "Fabrikam GmbH",
            "address": {"country": "DE"},
            "team": [member],
        },
        "consent": {"consentToContact": True},
        "details": {
            "notes": "Need help with invoices",
            "requirements": {"solutions": [{"id": "contoso.invoice-robot", "type": "Name"}]},
        },
        **changes,
    }
