"""Fixtures of Zoho: an account, and the destination that delivers to it."""

from __future__ import annotations

import pytest

from leadshare.destinations.zoho.destination import Zoho
from tests.destinations.simulators.zoho import Account
from tests.destinations.zoho.builders import zoho_at


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="zoho")
def _zoho(account: Account) -> Zoho:
    return zoho_at(account.handle)
