"""Partner Center for outgoing referrals."""

from __future__ import annotations

from tests.destinations.simulators.partner_center import PartnerCenter


class Account(PartnerCenter):
    """A partner who refers leads as deals of its own: one request that writes for each.

    What a shared deal needs, two, is in `test_partner_center_referral.py`.
    """

    SETTINGS = {  # noqa: RUF012 - a ClassVar of the base
        "type": "partner_center_referral",
        "name": "sellers",
        "user": PartnerCenter.USER,
        "consent": ["contact_request", "purchase"],
        "deal": "Independent",
        "solution": "SOL-12345-ABC",
    }
