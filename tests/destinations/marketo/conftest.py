"""Fixtures of Marketo: an instance, and the destination that delivers to it."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.destinations.base import Destination
from tests.destinations.simulators.marketo import Account


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="crm")
def _crm(account: Account) -> Destination[Any]:
    return account.destination()
