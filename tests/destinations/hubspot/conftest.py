"""Fixtures of HubSpot: an account, and destinations that deliver to it."""

from __future__ import annotations

import pytest

from leadshare.destinations.hubspot.destination import Hubspot
from tests.destinations.hubspot.builders import there
from tests.destinations.simulators.hubspot import Account


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="crm")
def _crm(account: Account) -> Hubspot:
    return there(account)
