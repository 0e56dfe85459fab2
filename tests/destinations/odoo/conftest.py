"""Fixtures of Odoo: an account, and the destination that delivers to it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.destinations.simulators.odoo import Account


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="odoo")
def _odoo(account: Account) -> Any:
    return account.destination()
