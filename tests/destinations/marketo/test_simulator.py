"""The simulated Marketo answers by the vendor's schemas, whatever is wrong."""

from __future__ import annotations

from tests.builders import NOW
from tests.destinations.marketo.builders import person
from tests.destinations.marketo.schemas import KINDS, MEMBERS
from tests.destinations.schemas import misfits
from tests.destinations.simulators.marketo import Account


async def test_shapes():
    """Whatever it is asked, and whatever is wrong, its answers are of the published shapes."""
    account = Account()
    account.skips = {"buyer2@fabrikam.example": "1004"}
    crm = account.destination(program={"id": 1234, "status": "Engaged"}, list=1021)

    for _ in range(2):  # the second time all are members
        await crm.deliver([person(number) for number in range(4)], NOW)
    account.members[1234, 1001] = "Won"
    await crm.deliver([person(0)], NOW)
    await crm.look_up([person(1), person(9)], NOW)
    await crm.describe(NOW)
    await account.destination(program={"id": 9, "status": "?"}).deliver([person(1)], NOW)
    account.people.clear()
    account.codes = ["604"]
    await crm.deliver([person(1)], NOW)

    assert [] == misfits(account.exchanges, (*KINDS, *MEMBERS))
    assert "1037" in str([answer.text for _, answer in account.exchanges])
