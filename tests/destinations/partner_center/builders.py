"""Deliveries of referrals, and what Partner Center then holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from leadshare.deliveries.delivery import Accepted, Delivery, Outcome
from leadshare.destinations.partner_center.referral import PartnerCenterReferral
from tests.builders import NOW, delivery, record
from tests.destinations.simulators.partner_center_referral import Account


def referrer(account: Account, **changes: Any) -> PartnerCenterReferral:
    """The destination that refers to an account."""
    made = account.destination(**changes)
    assert isinstance(made, PartnerCenterReferral)
    return made


def told(version: int = 1, **facts: Any) -> Delivery:
    """The builder's delivery, with facts of its own."""
    return delivery(version=version, record=record(version=version, **facts))


async def outcome(there: PartnerCenterReferral, one: Delivery) -> Outcome:
    """What becomes of one delivery."""
    [became] = (await there.deliver([one], NOW)).outcomes
    return became


async def referred(there: PartnerCenterReferral, **facts: Any) -> Delivery:
    """A delivery whose first version was taken; the second is due."""
    became = await outcome(there, told(**facts))
    assert isinstance(became, Accepted)
    return replace(told(2, **facts), sent=1, record_id=became.record_id)
