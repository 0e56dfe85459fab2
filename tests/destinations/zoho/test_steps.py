"""Zoho's tasks, notes and campaigns, by which it carries out steps and takes members."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW
from tests.destinations.contract import forgetting, person
from tests.destinations.zoho.builders import zoho_at
from tests.destinations.zoho.changes import SELLER
from tests.destinations.zoho.metadata import KEY


def step(one: Any, verb: Verb, number: int = 1, **changes: Any) -> Any:
    """A delivery of a step of a lead."""
    told = {"text": "Call them", "due": "2026-11-25T12:00:00.000Z", **changes}
    return replace(one, step=Step(f"{number:032x}", "nurture", verb, **told))


async def made(zoho: Any, number: int = 1, **changes: Any) -> Any:
    """A lead whose record is there."""
    one = person(number, **changes)
    [outcome] = (await zoho.deliver([one], NOW)).outcomes
    return replace(one, sent=1, record_id=outcome.record_id)


async def outcome(zoho: Any, one: Any) -> Any:
    """What became of a step."""
    [became] = (await zoho.carry_out([one], NOW)).outcomes
    return became


class TestTasks:
    async def test_task(self, account, zoho):
        """A task is on the lead, of its owner, due when the track says, and there once."""
        one = await made(zoho)
        account.records[one.record_id]["Owner"] = {"id": "77"}

        for _ in range(2):  # even where nothing was noted of the first
            assert isinstance(await outcome(zoho, step(one, Verb.TASK)), Accepted)

        [task] = account.tasks
        assert {
            "Subject": "Call them [0000000000000000]",
            "Description": "Track: nurture",
            "Due_Date": "2026-11-25",
            "What_Id": {"id": one.record_id},
            "$se_module": "Leads",
            "Owner": {"id": "77"},
        } == {name: task[name] for name in task.keys() - {"id", "parent"}}

    async def test_hundred(self, account, zoho):
        """A whole batch is looked for by as few queries as may be, and made by one call."""
        many = [person(number) for number in range(100)]
        reply = await zoho.deliver(many, NOW)
        many = [
            step(replace(one, record_id=done.record_id), Verb.TASK, 16**16 * number)
            for number, (one, done) in enumerate(zip(many, reply.outcomes, strict=True))
        ]
        account.requests.clear()

        for _ in range(2):
            reply = await zoho.carry_out(many, NOW)
            assert {Accepted} == {type(became) for became in reply.outcomes}

        assert 100 == len(account.tasks)
        assert 1 == [r.url.path for r in account.requests].count("/crm/v8/Tasks")
        assert 2 * (2 + 4) + 1 == len(account.requests)

    async def test_no_sign(self, account, zoho):
        """Neither our task nor our note is a sign that a person has begun."""
        one = await made(zoho)
        account.later()
        await zoho.carry_out([step(one, Verb.TASK), step(one, Verb.NOTE, 2)], NOW)
        for module in ("Tasks", "Notes"):
            account.acts(one.record_id, module, by=account.user, source="crm_api")

        [told] = await zoho.current({one.lead: one.record_id}, NOW)

        assert (None, None) == (told.signed_at, told.state)
        assert 1 == len(account.notes)

    async def test_converted(self, account, zoho):
        """What was made of the lead has the task and the note."""
        one = await made(zoho)
        account.convert(one)

        reply = await zoho.carry_out([step(one, Verb.TASK), step(one, Verb.NOTE, 2)], NOW)

        assert [Accepted, Accepted] == [type(became) for became in reply.outcomes]
        assert 1 == len(account.tasks_of(one))
        assert 1 == len(account.timeline(one))

    async def test_gone(self, zoho):
        """A step of a lead that is not there is refused for that."""
        assert Rejected("deleted_in_crm") == await outcome(zoho, step(person(1), Verb.TASK))

    async def test_no_scope(self, account, zoho):
        """Without the scope a step waits, no breaker is told, and the preflight says so."""
        one = await made(zoho)
        account.unscoped = {"Tasks"}

        reply = await zoho.carry_out([step(one, Verb.TASK), step(one, Verb.NOTE, 2)], NOW)

        assert Deferred("step_refused") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert not reply.failing
        assert "ZohoCRM.modules.tasks" == (await zoho.describe(NOW)).tasks_lack


class TestCampaigns:
    async def test_member(self, account, zoho):
        """Leads of a campaign are its members, by one call more in a batch; the others are not."""
        zoho.campaigns = {"autumn-webinar": "8100"}
        many = [person(n, campaign="autumn-webinar" if n < 3 else "") for n in range(4)]
        account.requests.clear()

        reply = await zoho.deliver(many, NOW)

        assert [Accepted] * 4 == [type(became) for became in reply.outcomes]
        ids = [became.record_id for became in reply.outcomes[:3]]
        assert {f"Leads/{one}" for one in ids} == account.campaigns["8100"]
        assert 1 == [request.method for request in account.requests].count("PUT")

    async def test_refused(self, account, zoho):
        """A campaign that is not there keeps its leads waiting, and no other."""
        zoho.campaigns = {"autumn-webinar": "9999", "here": "8100", "wrong": "x"}

        reply = await zoho.deliver([person(1), person(2, campaign="")], NOW)

        assert Deferred("campaign_refused") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert not reply.failing
        assert 2 == len(account.records)
        assert ["autumn-webinar", "wrong"] == await zoho.unknown_campaigns(NOW)

    @pytest.mark.parametrize("converted", [False, True])
    async def test_list_and_leave(self, account, zoho, converted):
        """A record joins a campaign and leaves it; either repeated changes nothing."""
        one = await made(zoho)
        if converted:
            account.convert(one)

        for _ in range(2):
            joined = step(one, Verb.LIST, into="8100")
            assert isinstance(await outcome(zoho, joined), Accepted)
        [member] = account.campaigns["8100"]
        assert member.startswith("Contacts/" if converted else "Leads/")
        for _ in range(2):
            left = step(one, Verb.LEAVE, 2, into="8100")
            assert isinstance(await outcome(zoho, left), Accepted)
        assert set() == account.campaigns["8100"]


class TestErasing:
    async def test_of_a_seller(self, account):
        """A lead that a seller made, into which ours was merged, is a task."""
        zoho = zoho_at(account.handle, erase="delete")
        one = await made(zoho)
        account.records[one.record_id]["Created_By"] = {"id": SELLER}

        became: Any = (await zoho.forget([forgetting(one, one.record_id)], NOW)).outcomes[0]

        assert "task" == became.did
        assert 1 == len(account.found(one))

    async def test_no_scope(self, account):
        """Where our user is not shown, nothing can be proven to be ours, and all is a task."""
        zoho = zoho_at(account.handle, erase="anonymise")
        one = await made(zoho)
        assert "" == (await zoho.describe(NOW)).erasure_lacks
        account.unscoped = {"users"}

        assert "ZohoCRM.users" == (await zoho.describe(NOW)).erasure_lacks
        became: Any = (await zoho.forget([forgetting(one, one.record_id)], NOW)).outcomes[0]

        assert "task" == became.did

    async def test_notes_of_sellers(self, account):
        """What sellers wrote stays, and of ours nothing; the key goes, too."""
        zoho = zoho_at(account.handle, erase="anonymise")
        one = await made(zoho)
        await zoho.carry_out([step(one, Verb.NOTE)], NOW)
        account.notes.append(
            {**account.notes[0], "id": "99", "Note_Title": "Rang", "Created_By": {"id": SELLER}}
        )

        await zoho.forget([forgetting(one, one.record_id)], NOW)

        assert ["Rang"] == [note["Note_Title"] for note in account.notes]
        assert account.records[one.record_id][KEY] is None
