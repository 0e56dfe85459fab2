"""Odoo's activities and notes, by which it carries out steps, and how leads are deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW
from tests.destinations.contract import forgetting
from tests.destinations.odoo.builders import loads, person, sent
from tests.destinations.odoo.changes import SELLER


def step(one: Delivery, verb: Verb = Verb.TASK) -> Delivery:
    """A delivery of a step of a lead."""
    told = Step(f"{1:032x}", "nurture", verb, "Call them", due="2026-11-25T12:00:00.000Z")
    return replace(one, step=told)


class TestTasks:
    @pytest.mark.parametrize("owner", [False, SELLER])
    async def test_exact(self, account, odoo, owner):
        """An activity is of the lead, for who sells it, until the track says."""
        one = await sent(odoo, person())
        account.leads[int(one.record_id)]["user_id"] = owner

        reply = await odoo.carry_out([step(one)], NOW)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        [body] = loads(account, "mail.activity")
        assert {
            "id": f"leadshare.step_{1:032x}",
            "res_model_id/id": "crm.model_crm_lead",
            "res_id": one.record_id,
            "activity_type_id/id": "mail.mail_activity_data_todo",
            "summary": "Call them",
            "note": "Track: nurture",
            "date_deadline": "2026-11-25",
            **({"user_id/.id": str(owner)} if owner else {}),
        } == dict(zip(body["fields"], body["data"][0], strict=True))

    async def test_merged(self, account, odoo):
        """What a lead was merged into has its task."""
        one = await sent(odoo, person())
        account.end(one, "merged")

        await odoo.carry_out([step(one)], NOW)

        assert 1 == len(account.tasks_of(one))

    async def test_no_right(self, account, odoo):
        """Who may not write leads is told so by the preflight."""
        account.denied.add(("crm.lead", "write"))

        assert "write" == (await odoo.describe(NOW)).tasks_lack


class TestErasing:
    @pytest.mark.parametrize("made_into", [{"partner_id": 3}, {"date_conversion": "2026-11-22"}])
    async def test_customer(self, account, made_into):
        """A lead of which somebody has made a customer is a task."""
        odoo = account.destination(erase="delete")
        one = await sent(odoo, person())
        if "partner_id" in made_into:
            account.store.tables["res.partner"] = {3: {"name": "Fabrikam"}}
        account.leads[int(one.record_id)] |= made_into

        assert "task" == await forgotten(odoo, one)

    async def test_lost(self, account):
        """A lost lead is ours."""
        odoo = account.destination(erase="delete")
        one = await sent(odoo, person())
        account.loses(int(one.record_id))

        assert "deleted" == await forgotten(odoo, one)

    async def test_of_another_user(self, account):
        """A lead that our user did not make is a task."""
        odoo = account.destination(erase="delete")
        one = await sent(odoo, person())
        account.leads[int(one.record_id)]["create_uid"] = SELLER

        assert "task" == await forgotten(odoo, one)

    async def test_no_right(self, account):
        """Who may not delete leads waits until the right is given; no breaker is told."""
        odoo = account.destination(erase="delete")
        one = await sent(odoo, person())
        assert "" == (await odoo.describe(NOW)).erasure_lacks
        account.denied.add(("crm.lead", "unlink"))

        assert "unlink" == (await odoo.describe(NOW)).erasure_lacks
        reply = await odoo.forget([forgetting(one, one.record_id)], NOW)

        assert (Deferred("forget_refused"),) == reply.outcomes
        assert not reply.failing


async def forgotten(odoo: Any, one: Delivery) -> str:
    """What was done of a lead."""
    became: Any = (await odoo.forget([forgetting(one, one.record_id)], NOW)).outcomes[0]
    return str(became.did)
