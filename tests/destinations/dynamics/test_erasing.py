"""Dynamics 365's erasing: what proves that a lead is ours, and what goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred
from tests.builders import NOW
from tests.destinations.contract import forgetting, person
from tests.destinations.odata import SELLER
from tests.destinations.simulators.dynamics import Account


async def forgotten(account: Account, how: str = "", erase: str = "delete", **row: Any) -> Any:
    """What became of the order to forget a lead that has ended so, its row changed so."""
    there: Any = account.destination(erase=erase)
    [outcome] = (await there.deliver([person(1)], NOW)).outcomes
    account.edit(person(1), row)
    if how:
        account.end(person(1), how)
    [told] = (await there.forget([forgetting(person(1), outcome.record_id)], NOW)).outcomes
    return told


class TestOurs:
    @pytest.mark.parametrize(
        ("how", "row", "did"),
        [
            pytest.param("", {"createdby": SELLER}, "task", id="made-by-another"),
            pytest.param("merged", {}, "task", id="merged"),
            pytest.param("qualified", {}, "task", id="qualified"),
            pytest.param("disqualified", {}, "deleted", id="disqualified"),
        ],
    )
    async def test_proof(self, how, row, did):
        """A lead that our user made, and nobody qualified or merged, is ours."""
        account = Account()

        told = await forgotten(account, how, **row)

        assert isinstance(told, Accepted)
        assert did == told.did

    async def test_anonymised(self):
        """Columns of the customer are cleared; what the lead is called says why."""
        account = Account()

        await forgotten(account, erase="anonymise")

        [row] = account.service.leads.values()
        cleared = ("firstname", "emailaddress1", "telephone1", "companyname", "description")
        assert [None] * 5 == [row[name] for name in cleared]
        assert ("(erased)", "(erased)") == (row["lastname"], row["subject"])
        assert 1 == row["leadqualitycode"]


async def test_rights():
    """Where our user may not give tasks, the order waits."""
    account = Account()
    account.entries_refused = True

    assert Deferred("forget_refused") == await forgotten(account, erase="task")
