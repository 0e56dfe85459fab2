"""Salesforce's steps: whose tasks are, when they are due, and where a lead lives on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW, delivery
from tests.destinations.salesforce.beside import CAMPAIGN
from tests.destinations.salesforce.builders import several
from tests.destinations.salesforce.history import SELLER
from tests.destinations.simulators.salesforce import Account

DUE = "2026-11-25T23:30:00.000Z"


async def stepped(org: Account, verb: Verb, how: str = "") -> Delivery:
    """A step of a lead that a seller owns, and that has ended so."""
    there: Any = org.destination()
    [outcome] = (await there.deliver([delivery()], NOW)).outcomes
    org.seller(delivery(), OwnerId=SELLER)
    if how:
        org.end(delivery(), how)
    step = Step("5" * 32, "nurture", verb, "Call them.\nAsk about seats.", CAMPAIGN, DUE)
    return replace(delivery(), sent=1, record_id=outcome.record_id, step=step)


async def carried_out(org: Account, step: Delivery) -> Any:
    """What became of a step."""
    there = org.destination(zone="Europe/Berlin")
    [outcome] = (await there.carry_out([step], NOW)).outcomes
    return outcome


class TestTask:
    async def test_owner(self, org):
        """It is the lead owner's, open, and due on the day of those who read it."""
        await carried_out(org, await stepped(org, Verb.TASK))

        [task] = org.beside.tasks
        assert (SELLER, "Not Started", "2026-11-26") == (
            task["OwnerId"],
            task["Status"],
            task["ActivityDate"],
        )
        assert "Call them." == task["Subject"]
        assert task["Description"].startswith("Ask about seats.")

    async def test_queue(self, org):
        """A queue owns no task: it stays with our user, on the lead."""
        step = await stepped(org, Verb.TASK)
        org.seller(delivery(), OwnerId="00G000000000001AAA")

        assert isinstance(await carried_out(org, step), Accepted)

        assert SELLER != org.beside.tasks[0]["OwnerId"]

    @pytest.mark.parametrize("verb", [Verb.TASK, Verb.NOTE])
    async def test_converted(self, org, verb):
        """Of a lead that was converted they are at its contact and opportunity."""
        await carried_out(org, await stepped(org, verb, "converted"))

        [task] = org.beside.tasks
        assert ("003A", "006A") == (task["WhoId"], task["WhatId"])

    @pytest.mark.parametrize("verb", [Verb.TASK, Verb.NOTE, Verb.LIST])
    async def test_no_contact(self, org, verb):
        """A lead that was converted to no contact is closed."""
        step = await stepped(org, verb, "converted")
        org.leads[step.record_id]["ConvertedContactId"] = None

        assert Rejected("closed_in_crm") == await carried_out(org, step)


class TestLeave:
    @pytest.mark.parametrize("how", ["converted", "merged", "merged and converted"])
    async def test_ended(self, org, how):
        """A member leaves as well that was converted, though it is one as a lead, or merged."""
        there: Any = org.destination()
        step = await stepped(org, Verb.LIST)
        await carried_out(org, step)
        org.end(delivery(), how)
        assert step.step is not None

        leave = replace(step, step=replace(step.step, verb=Verb.LEAVE))
        [outcome] = (await there.carry_out([leave], NOW)).outcomes

        assert isinstance(outcome, Accepted)
        assert [True] == [row.get("IsDeleted") for row in org.beside.members]


@pytest.mark.parametrize("verb", [Verb.TASK, Verb.LIST])
async def test_calls(org, verb):
    """200 steps cost one call that reads where their leads are, and one that writes."""
    there: Any = org.destination()
    many = several(200)
    sent = (await there.deliver(many, NOW)).outcomes
    steps = [
        replace(
            one,
            sent=1,
            record_id=outcome.record_id,
            step=Step(one.lead[:32], "nurture", verb, "Call.", CAMPAIGN, DUE),
        )
        for one, outcome in zip(many, sent, strict=True)
    ]
    before = len(org.requests)

    reply = await there.carry_out(steps, NOW)

    assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
    assert 2 == len(org.requests) - before
