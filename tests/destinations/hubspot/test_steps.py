"""HubSpot's tasks, notes and lists, by which it carries out steps and knows campaigns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW
from tests.destinations.hubspot.builders import made, only, person, there


def step(one: Any, verb: Verb, number: int = 1, **changes: Any) -> Any:
    """A delivery of a step of a lead."""
    told = {"text": "Call them\nThey tried <twice>.", "due": "2026-11-25T12:00:00.000Z"}
    return replace(one, step=Step(f"{number:032x}", "nurture", verb, **{**told, **changes}))


async def outcome(crm: Any, one: Any) -> Any:
    """What became of a step."""
    [became] = (await crm.carry_out([one], NOW)).outcomes
    return became


class TestTasks:
    @pytest.mark.parametrize("lead_object", [False, True])
    async def test_task(self, account, lead_object):
        """A task is on the contact, for its owner, due when the track says, and there once."""
        crm = there(account, lead_object=lead_object)
        one = person(1)
        await made(crm, one)
        account.work("contacts", "101", hubspot_owner_id="77")

        for again in (step(one, Verb.TASK), replace(step(one, Verb.TASK), attempts=1)):
            assert isinstance(await outcome(crm, again), Accepted)

        [task] = account.live("tasks")
        assert {
            "hs_timestamp": "2026-11-25T12:00:00.000Z",
            "hs_task_subject": "Call them",
            "hs_task_body": "They tried &lt;twice&gt;.<br><br>Track: nurture",
            "hs_task_status": "NOT_STARTED",
            "hs_task_type": "TODO",
            "hubspot_owner_id": "77",
            "leadshare_step": f"{1:032x}",
        } == task["properties"]
        assert account.associations[task["id"]] == "101"

    @pytest.mark.parametrize("by", ["leadshare_contact", "email"])
    async def test_blind(self, account, crm, by):
        """Who cannot be looked for, by the key or else by the e-mail, has not been deleted."""
        await made(crm, person(1))
        account.work("contacts", "101", leadshare_contact="")
        account.played = lambda request: (
            account.unavailable() if f'"idProperty":"{by}"'.encode() in request.content else None
        )

        assert Deferred("http_503") == await outcome(crm, step(person(1), Verb.TASK))
        assert [] == account.live("tasks")

    async def test_no_sign(self, account, crm):
        """Neither our task nor our note is a sign that a person has begun."""
        one = person(1)
        record_id = await made(crm, one)
        await crm.carry_out([step(one, Verb.TASK), step(one, Verb.NOTE, 2)], NOW)
        account.later()

        [told] = await crm.current({one.lead: record_id}, NOW)

        assert (None, None) == (told.signed_at, told.state)
        assert 1 == len(account.live("notes"))

    async def test_gone(self, account, crm):
        """A step of a contact that sellers deleted is refused for that."""
        one = person(1)
        await made(crm, one)
        account.put_away("contacts", ["101"])

        assert Rejected("deleted_in_crm") == await outcome(crm, step(one, Verb.TASK))

    async def test_no_property(self, account, crm):
        """Without the property of tasks a step waits, no breaker is told, and notes go on."""
        one = person(1)
        await made(crm, one)
        account.lacks = {"leadshare_step"}

        reply = await crm.carry_out([step(one, Verb.TASK), step(one, Verb.NOTE, 2)], NOW)

        assert Deferred("step_refused") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert not reply.failing
        assert "leadshare_step" == (await crm.describe(NOW)).tasks_lack


async def test_calls(account, crm):
    """A batch of steps takes a call to find the contacts, and one for each thing that is done."""
    many = [person(number) for number in range(33)]
    await crm.deliver(many, NOW)
    verbs = (Verb.TASK, Verb.NOTE, Verb.LIST)
    steps = [
        step(one, verb, 100 * n + number, into="71" if verb is Verb.LIST else "")
        for number, one in enumerate(many)
        for n, verb in enumerate(verbs)
    ]
    account.requests.clear()

    reply = await crm.carry_out(steps, NOW)

    assert {Accepted} == {type(became) for became in reply.outcomes}
    assert 1 + len(verbs) == len(account.requests)


class TestLists:
    async def test_list_and_leave(self, account, crm):
        """A contact goes on a list and off it; either repeated changes nothing."""
        one, other = person(1), person(2)
        await crm.deliver([one, other], NOW)
        listed = [step(d, Verb.LIST, n, into="71") for n, d in enumerate((one, other))]

        for _ in range(2):
            reply = await crm.carry_out(listed, NOW)
            assert [Accepted, Accepted] == [type(became) for became in reply.outcomes]
        assert {"101", "102"} == account.members["71"]

        for _ in range(2):
            await crm.carry_out([step(one, Verb.LEAVE, 3, into="71")], NOW)
        assert {"102"} == account.members["71"]
        puts = [request for request in account.requests if request.method == "PUT"]
        assert 4 == len(puts)

    @pytest.mark.parametrize("into", ["72", "999"], ids=["dynamic", "missing"])
    async def test_refused(self, crm, into):
        """A list that a rule fills, or that is not there, takes nobody, and holds up nothing."""
        one = person(1)
        await made(crm, one)

        reply = await crm.carry_out([step(one, Verb.LIST, into=into)], NOW)

        assert (Deferred("step_refused"),) == reply.outcomes
        assert not reply.failing


class TestCampaigns:
    async def test_member(self, account, crm):
        """Leads of a campaign go on its list, by one call more in a batch; the others do not."""
        crm.campaigns = {"autumn-webinar": "71"}
        many = [person(n, campaign="autumn-webinar" if n < 3 else "") for n in range(4)]

        reply = await crm.deliver(many, NOW)

        assert [Accepted] * 4 == [type(became) for became in reply.outcomes]
        assert {"101", "102", "103"} == account.members["71"]
        assert 1 == [request.method for request in account.requests].count("PUT")

    @pytest.mark.parametrize("into", ["72", "999"], ids=["dynamic", "missing"])
    async def test_refused(self, account, crm, into):
        """A list that refuses keeps its leads waiting, whose records are written, and no other."""
        crm.campaigns = {"autumn-webinar": into}

        reply = await crm.deliver([person(1), person(2, campaign="")], NOW)

        assert Deferred("campaign_refused") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert not reply.failing
        assert 2 == len(account.live())

    async def test_no_scope(self, account, crm):
        """Without the scope of lists it is the same, and no breaker is told."""
        crm.campaigns = {"autumn-webinar": "71"}
        account.scopes.remove("lists")

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("campaign_refused"),) == reply.outcomes
        assert not reply.failing

    async def test_shared(self, account, crm):
        """Another person's contact, with which this one was merged, goes on no list."""
        crm.campaigns = {"autumn-webinar": "71"}
        await made(crm, person(1))
        account.end(person(1), "merged")
        account.members["71"].clear()

        await only(crm, replace(person(1), version=2, sent=1))

        assert set() == account.members["71"]

    async def test_preflight(self, crm):
        """A list that is not there, or that a rule fills, is told by the campaign's id."""
        crm.campaigns = {"here": "71", "ruled": "72", "gone": "73"}

        assert ["ruled", "gone"] == await crm.unknown_campaigns(NOW)
