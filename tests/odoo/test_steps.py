"""A real Odoo 19: steps of tracks appear once, and persons are taken out with their leads."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.lifecycle.step import Step, Verb
from tests.destinations.contract import again, forgetting

NOW = datetime.now(UTC)
READ = ("summary", "note", "date_deadline", "user_id", "activity_type_id", "create_uid")


async def sent(odoo: Any, one: Delivery) -> Delivery:
    """The delivery once it was accepted."""
    [outcome] = (await odoo.deliver([one], NOW)).outcomes
    assert isinstance(outcome, Accepted), outcome
    return replace(one, sent=one.version, record_id=outcome.record_id)


def stepping(one: Delivery, verb: Verb) -> Delivery:
    """A step of the lead, whose id no other lead's has."""
    told = 'Call them\nThey <asked> for "seats".'
    due = "2026-12-24T12:00:00.000Z" if verb is Verb.TASK else ""
    return replace(one, step=Step(one.lead[:32], "nurture", verb, told, due=due))


def activities(person: Any, one: Delivery) -> list[dict[str, Any]]:
    """The activities of a lead."""
    where = [["res_model", "=", "crm.lead"], ["res_id", "=", int(one.record_id)]]
    found: list[dict[str, Any]] = person.does(
        "mail.activity", "search_read", domain=where, fields=[*READ]
    )
    return found


class TestSteps:
    async def test_task(self, odoo, person, customer):
        """A task is an activity of the lead, for its seller, until its day, and there once."""
        one = await sent(odoo, customer())
        person.does("crm.lead", "write", ids=[int(one.record_id)], vals={"user_id": 2})
        step = stepping(one, Verb.TASK)

        told = [await odoo.carry_out([each], NOW) for each in (step, step, again(step))]

        assert [Accepted] * 3 == [type(reply.outcomes[0]) for reply in told]
        [task] = activities(person, one)
        assert ("Call them", "2026-12-24", 2) == (
            task["summary"],
            task["date_deadline"],
            task["user_id"][0],
        )
        assert "They &lt;asked&gt; for" in task["note"]

    async def test_nobodys(self, odoo, person, customer):
        """Where a lead has no seller, it is there all the same."""
        one = await sent(odoo, customer())

        await odoo.carry_out([stepping(one, Verb.TASK)], NOW)

        assert 1 == len(activities(person, one))

    async def test_note(self, odoo, person, customer):
        one = await sent(odoo, customer())
        step = stepping(one, Verb.NOTE)

        told = [await odoo.carry_out([each], NOW) for each in (step, again(step))]

        assert [Accepted] * 2 == [type(reply.outcomes[0]) for reply in told]
        assert ["Call them"] == [note["subject"] for note in person.reads(one)]

    async def test_race(self, connect, person, customer):
        """Two processes at once make one task."""
        one = await sent(connect(), customer())
        step = stepping(one, Verb.TASK)

        await asyncio.gather(*(connect().carry_out([step], NOW) for _ in range(4)))
        await connect().carry_out([again(step)], NOW)

        assert 1 == len(activities(person, one))

    async def test_no_sign(self, odoo, person, customer):
        """Neither is a sign of a person; a task that a person has done is one."""
        one = await sent(odoo, customer())
        steps = [stepping(one, Verb.TASK), stepping(one, Verb.NOTE)]
        assert [Accepted] * 2 == [
            type(outcome) for outcome in (await odoo.carry_out(steps, NOW)).outcomes
        ]

        [before] = await odoo.current({one.lead: one.record_id}, NOW)
        [task] = activities(person, one)
        person.does("mail.activity", "action_done", ids=[task["id"]])
        [after] = await odoo.current({one.lead: one.record_id}, NOW)

        assert before.signed_at is None
        assert after.signed_at is not None

    async def test_done_stays_done(self, odoo, person, customer):
        """A task that a person has done is not made anew by a late repeat."""
        one = await sent(odoo, customer())
        step = stepping(one, Verb.TASK)
        await odoo.carry_out([step], NOW)
        [task] = activities(person, one)
        person.does("mail.activity", "action_done", ids=[task["id"]])

        reply = await odoo.carry_out([again(step)], NOW)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert [] == activities(person, one)


class TestErasing:
    async def test_task(self, odoo, person, customer):
        """By default people get one task, which names nobody."""
        one = await sent(odoo, customer())
        order = forgetting(one, one.record_id)

        told = [await odoo.forget([each], NOW) for each in (order, again(order))]

        assert ["task", "task"] == [reply.outcomes[0].did for reply in told]
        [task] = activities(person, one)
        assert one.record["email"] not in str(task)
        assert 1 == len(person.sees(one))

    async def test_delete(self, connect, person, customer):
        """A sales administrator deletes the lead with its chatter and activities."""
        odoo = connect("manager", erase="delete")
        one = await sent(odoo, customer())
        await odoo.carry_out([stepping(one, Verb.TASK), stepping(one, Verb.NOTE)], NOW)
        order = forgetting(one, one.record_id)

        told = [await odoo.forget([order], NOW) for _ in range(2)]

        assert ["deleted", "not_there"] == [reply.outcomes[0].did for reply in told]
        assert [] == person.sees(one)
        assert [] == person.reads(one)

    async def test_comes_again(self, connect, person, customer):
        """Who asks anew once they were erased is a new lead."""
        odoo = connect("manager", erase="delete")
        one = customer()
        first = await sent(odoo, one)
        await odoo.forget([forgetting(first, first.record_id)], NOW)

        second = await sent(odoo, one)

        assert 1 == len(person.sees(second))
        assert first.record_id != second.record_id

    async def test_no_right(self, connect, person, customer):
        """Whoever sells all leads may not delete one: it waits, and no breaker is told."""
        odoo = connect(erase="delete")
        one = await sent(odoo, customer())

        reply = await odoo.forget([forgetting(one, one.record_id)], NOW)

        assert (Deferred("forget_refused"),) == reply.outcomes
        assert not reply.failing
        assert 1 == len(person.sees(one))

    @pytest.mark.parametrize("what", ["won", "customer"])
    async def test_converted(self, connect, person, customer, what):
        """What sellers have made something of is a task."""
        odoo = connect("manager", erase="delete")
        one = await sent(odoo, customer())
        if what == "won":
            person.does("crm.lead", "action_set_won", ids=[int(one.record_id)])
        else:
            partner = person.does("res.partner", "create", vals_list=[{"name": "Fabrikam"}])
            vals = {"partner_id": partner[0]}
            person.does("crm.lead", "write", ids=[int(one.record_id)], vals=vals)

        reply = await odoo.forget([forgetting(one, one.record_id)], NOW)

        assert ["task"] == [outcome.did for outcome in reply.outcomes]
        assert httpx.codes.OK == reply.status
