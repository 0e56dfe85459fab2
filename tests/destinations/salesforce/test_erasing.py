"""Salesforce's erasing: the recycle bin, and what proves that a lead is ours."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted
from tests.builders import NOW
from tests.destinations.contract import forgetting, person, told
from tests.destinations.salesforce.database import KEY
from tests.destinations.salesforce.history import SELLER
from tests.destinations.simulators.salesforce import Account


async def forgotten(org: Account, **changes: Any) -> Any:
    """What was done of the person of a lead that was delivered, once its row was changed so."""
    there: Any = org.destination(erase="delete")
    [outcome] = (await there.deliver([person(1)], NOW)).outcomes
    org.leads[outcome.record_id] |= changes
    reply = await there.forget([forgetting(person(1), outcome.record_id)], NOW)
    [became] = reply.outcomes
    assert isinstance(became, Accepted)
    return became.did


class TestDelete:
    async def test_bin(self, org):
        """A lead that is deleted is in the recycle bin, and nowhere else."""
        assert "deleted" == await forgotten(org)

        assert [] == org.shows()[0]
        [row] = org.leads.values()
        assert row["deleted"]
        assert "buyer1@fabrikam.example" in told(row)

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"CreatedById": SELLER}, id="made-by-another"),
            pytest.param({KEY: "of another lead"}, id="not-our-key"),
            pytest.param({"IsConverted": True, "ConvertedContactId": "003A"}, id="converted"),
        ],
    )
    async def test_not_ours(self, org, changes):
        """What another user made, has another key, or was converted is people's to erase."""
        assert "task" == await forgotten(org, **changes)
        assert 1 == len(org.shows()[0])

    async def test_deleted_before(self, org):
        """What a seller deleted is not there."""
        assert "not_there" == await forgotten(org, deleted=True)

    async def test_no_field(self, org):
        """Without the field of touches there are no entries of ours, and the lead is erased."""
        org.lacks.add("LeadShare_Touch__c")

        assert "deleted" == await forgotten(org)


@pytest.mark.parametrize(
    ("erase", "lacks"), [("delete", "Delete"), ("anonymise", ""), ("task", "")]
)
async def test_preflight(org, erase, lacks):
    """The check tells that our user may not delete leads, where it is to."""
    org.deletes = False

    assert lacks == (await org.destination(erase=erase).describe(NOW)).erasure_lacks
