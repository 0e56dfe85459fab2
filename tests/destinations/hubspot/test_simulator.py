"""The simulated HubSpot answers by the vendor's schemas, whatever is wrong."""

from __future__ import annotations

import pytest

from tests.builders import NOW
from tests.destinations.hubspot.builders import BEFORE, person, there
from tests.destinations.hubspot.schemas import KINDS
from tests.destinations.schemas import misfits
from tests.destinations.simulators.hubspot import Account


@pytest.mark.parametrize("multi_status", [True, False])
async def test_shapes(multi_status):
    """Whatever it is asked, and whatever is wrong, its answers are of the published shapes."""
    account = Account()
    account.multi_status = multi_status
    account.add(at=BEFORE, email="buyer1@fabrikam.example")
    account.refused, account.disliked = {"buyer2@fabrikam.example"}, {"buyer3@fabrikam.example"}
    crm = there(account, lead_object=True)

    for _ in range(2):
        await crm.deliver([person(number) for number in range(5)], NOW)
    await crm.look_up([person(1), person(9)], NOW)
    await crm.describe(NOW)
    await there(account, key="company").deliver([person(1)], NOW)
    account.lacks = {"jobtitle"}
    await crm.deliver([person(6)], NOW)
    account.signed_out = True
    await crm.deliver([person(7)], NOW)

    assert [] == misfits(account.exchanges, KINDS)
    statuses = {answer.status_code for _, answer in account.exchanges}
    assert {200, 207, 400, 401} | ({201} if multi_status else {409}) <= statuses
