"""Fixtures of referrals: an account, and destinations that refer to it."""

from __future__ import annotations

import pytest

from leadshare.destinations.partner_center.referral import PartnerCenterReferral
from tests.destinations.partner_center.builders import referrer
from tests.destinations.simulators.partner_center_referral import Account


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="there")
def _there(account: Account) -> PartnerCenterReferral:
    return referrer(account)
