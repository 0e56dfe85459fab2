"""Dynamics 365's steps: whose tasks are and what they are about, and which lists take leads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW, delivery
from tests.destinations.annotations import APP
from tests.destinations.dynamics.beside import LIST, LOCKED
from tests.destinations.dynamics.builders import several
from tests.destinations.dynamics.world import World
from tests.destinations.odata import SELLER
from tests.destinations.polling import lead_of
from tests.destinations.simulators.dynamics import Account

TEAM = "00000000-0000-4000-8000-0000000000aa"
DUE = "2026-11-25T09:00:00.000Z"


async def stepped(account: Account, verb: Verb, how: str = "", **row: Any) -> Delivery:
    """A step of a lead that has ended so, and whose row was changed so."""
    there: Any = account.destination()
    [outcome] = (await there.deliver([delivery()], NOW)).outcomes
    account.edit(delivery(), row)
    if how:
        account.end(delivery(), how)
    step = Step("5" * 32, "nurture", verb, "Call them.", LIST, DUE)
    return replace(delivery(), sent=1, record_id=outcome.record_id, step=step)


async def carried_out(account: Account, step: Delivery) -> Any:
    """What became of a step."""
    [outcome] = (await account.destination().carry_out([step], NOW)).outcomes
    return outcome


class TestTask:
    @pytest.mark.parametrize(
        ("row", "owner"),
        [
            ({"_owninguser_value": SELLER}, f"/systemusers({SELLER})"),
            ({"_owningteam_value": TEAM}, f"/teams({TEAM})"),
            ({}, None),
        ],
        ids=["user", "team", "nobody"],
    )
    async def test_owner(self, row, owner):
        """It is the lead owner's, a person or a team, and has its day."""
        account = Account()

        await carried_out(account, await stepped(account, Verb.TASK, **row))

        [task] = account.service.beside.tasks.values()
        assert (owner, DUE) == (task.get("ownerid@odata.bind"), task["scheduledend"])

    async def test_opportunity(self):
        """Of a lead that was qualified it is about the opportunity, once."""
        account = Account()
        step = await stepped(account, Verb.TASK, "qualified")

        assert isinstance(await carried_out(account, step), Accepted)

        [task] = account.service.beside.tasks.values()
        assert {task["of"]} == account.service.notes.opportunities


class TestList:
    @pytest.mark.parametrize("how", ["qualified", "disqualified"])
    async def test_closed(self, how):
        """A lead that nobody works on any more joins no list, and leaves each."""
        account = Account()
        step = await stepped(account, Verb.LIST, how)
        assert step.step is not None

        assert Rejected("closed_in_crm") == await carried_out(account, step)
        leave = replace(step, step=replace(step.step, verb=Verb.LEAVE))
        assert isinstance(await carried_out(account, leave), Accepted)

    @pytest.mark.parametrize("into", [LOCKED, "ST1021A1"])
    async def test_refused(self, into):
        """A list that is locked, or whose id is none, keeps the step waiting."""
        account = Account()
        step = await stepped(account, Verb.LIST)
        assert step.step is not None

        told = await carried_out(account, replace(step, step=replace(step.step, into=into)))

        assert Deferred("step_refused") == told


class TestSign:
    @pytest.mark.parametrize(("maker", "counts"), [(APP, False), (SELLER, True)])
    async def test_ours(self, maker, counts):
        """A task that we gave somebody is no sign, whoever completes it; another's is."""
        world = World()
        guid = world.put()
        world.tables.put(
            *("activitypointer", next(world.guids)),
            activitytypecode="task",
            regardingobjectid=guid,
            createdby=maker,
            statecode=1,
        )

        told = await world.crm.current({lead_of(1): guid}, NOW)

        assert [counts] == [outcome.signed_at is not None for outcome in told]


class TestLeave:
    async def test_meanwhile(self):
        """Who was taken off the list since it was read is off it."""
        account = Account()
        step = await stepped(account, Verb.LIST)
        await carried_out(account, step)
        assert step.step is not None
        service, members = account.service, account.service.beside.members
        read = service.calls + 2  # the lead, then the list
        service.seller = lambda: members.clear() if service.calls == read else None

        leave = replace(step, step=replace(step.step, verb=Verb.LEAVE))

        assert isinstance(await carried_out(account, leave), Accepted)


async def test_calls():
    """Ten steps of any verbs cost one call that reads, and one for each verb that writes."""
    account = Account()
    there: Any = account.destination()
    many = several(10)
    sent = (await there.deliver(many, NOW)).outcomes
    verbs = [Verb.TASK, Verb.NOTE] * 5
    steps = [
        replace(
            one,
            sent=1,
            record_id=outcome.record_id,
            step=Step(one.lead[:32], "nurture", verb, "Call.", LIST, DUE),
        )
        for one, outcome, verb in zip(many, sent, verbs, strict=True)
    ]
    before = account.service.calls

    reply = await there.carry_out(steps, NOW)

    assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
    assert 3 == account.service.calls - before
