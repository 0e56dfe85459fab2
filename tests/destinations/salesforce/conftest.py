"""Fixtures of Salesforce: an org, and the destination that delivers to it."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.destinations.base import Destination
from tests.destinations.simulators.salesforce import Account


@pytest.fixture(name="org")
def _org() -> Account:
    return Account()


@pytest.fixture(name="crm")
def _crm(org: Account) -> Destination[Any]:
    return org.destination()
