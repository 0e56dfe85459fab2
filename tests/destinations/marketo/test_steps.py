"""Marketo's steps: one call for each list, and persons who were merged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW
from tests.destinations.contract import person
from tests.destinations.marketo.builders import calls
from tests.destinations.simulators.marketo import Account


async def stepped(account: Account, number: int, into: str = "1021") -> Delivery:
    """A person who is to be put on a list."""
    there: Any = account.destination()
    [outcome] = (await there.deliver([person(number)], NOW)).outcomes
    step = Step(f"{number:032x}", "nurture", Verb.LIST, into=into)
    return replace(person(number), sent=1, record_id=outcome.record_id, step=step)


class TestList:
    async def test_one_call(self, account):
        """All who go on a list go by one call, behind one that finds them."""
        steps = [await stepped(account, number) for number in range(3)]
        account.requests.clear()

        reply = await account.destination().carry_out(steps, NOW)

        assert [Accepted] * 3 == [type(outcome) for outcome in reply.outcomes]
        assert ["/rest/v1/leads.json?_method=GET", "/rest/v1/lists/1021/leads.json"] == (
            calls(account)
        )

    async def test_wrong_number(self, account):
        """What is no number of a list keeps its step waiting, and no other."""
        steps = [await stepped(account, 1, "../leads"), await stepped(account, 2)]

        reply = await account.destination().carry_out(steps, NOW)

        assert (Deferred("step_refused"), Accepted()) == reply.outcomes

    async def test_merged(self, account):
        """Who was merged into another is found by our key, where that one shows it."""
        step = await stepped(account, 1)
        account.end(person(1), "merged")
        [there] = account.people.values()
        there["leadshareId"] = person(1).lead

        [outcome] = (await account.destination().carry_out([step], NOW)).outcomes

        assert isinstance(outcome, Accepted)
        assert {there["id"]} == account.lists[1021]
