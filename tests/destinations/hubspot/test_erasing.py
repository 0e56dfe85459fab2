"""HubSpot: what of a person's records is erased, with the leads object and without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Deferred, Delivery
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW
from tests.destinations.contract import forgetting, told
from tests.destinations.hubspot.builders import made, person, there
from tests.destinations.simulators.hubspot import Account

LEADS = {"lead_object": True}


async def forgotten(crm: Any, *orders: Delivery) -> list[str]:
    """What was done for each order."""
    reply = await crm.forget(orders, NOW)
    return [getattr(one, "did", "") or one.reason for one in reply.outcomes]


async def ordered(crm: Any, one: Delivery) -> Delivery:
    """The order to erase a lead whose record is there."""
    return forgetting(one, await made(crm, one))


async def noted(crm: Any, one: Delivery) -> Delivery:
    """The order to erase a lead on whose record there is a note, too."""
    order = await ordered(crm, one)
    await crm.carry_out([replace(one, step=Step("1" * 32, "t", Verb.NOTE, "Rang"))], NOW)
    return order


def at(path: str, answer: httpx.Response) -> Callable[[httpx.Request], httpx.Response | None]:
    """Gives *answer* to calls to *path*."""
    return lambda request: answer if request.url.path.endswith(path) else None


class TestLeads:
    @pytest.mark.parametrize("how", ["delete", "anonymise"])
    async def test_both(self, account, how):
        """The record of the lead and its contact tell of nobody any more."""
        crm = there(account, erase=how, **LEADS)
        one = person(1)
        order = await ordered(crm, one)
        await crm.carry_out([replace(one, step=Step("1" * 32, "t", Verb.NOTE, "Rang"))], NOW)

        assert [f"{how}d".replace("ee", "e")] == await forgotten(crm, order)

        shown = told(account.shows())
        assert "Fabrikam" not in shown
        assert "buyer1@" not in shown
        assert [] == account.live("notes")

    async def test_several(self, account):
        """Leads of one person in one batch: the first takes the contact, and none is left over."""
        crm = there(account, erase="delete", **LEADS)
        orders = [await ordered(crm, person(1, listing)) for listing in (1, 2)]

        did = await forgotten(crm, *orders)

        assert {"deleted"} == {*did}
        assert [] == account.live("leads")
        assert [] == account.live()

    async def test_qualified(self, account):
        """A lead that sellers have qualified is a task, on its contact."""
        crm = there(account, erase="delete", **LEADS)
        order = await ordered(crm, person(1))
        [lead] = account.live("leads")
        account.work("leads", lead["id"], hs_pipeline_stage="qualified-stage-id")

        assert ["task"] == await forgotten(crm, order)
        assert 1 == len(account.live("tasks"))

    async def test_merged(self, account):
        """A contact into which another person's was merged is a task, however it is found."""
        crm = there(account, erase="delete", **LEADS)
        order = await ordered(crm, person(1))
        [lead] = account.live("leads")
        account.end(person(1), "merged")
        account.link(lead["id"], account.live()[0]["id"])

        assert ["task"] == await forgotten(crm, order)
        assert 1 == len(account.live("tasks"))
        assert 1 == len(account.live("leads"))

    @pytest.mark.parametrize(("how", "did"), [("delete", "deleted"), ("task", "forget_refused")])
    async def test_no_contact(self, account, how, did):
        """A lead whose contact sellers deleted goes alone; nobody can be given a task on it."""
        crm = there(account, erase=how, **LEADS)
        order = await ordered(crm, person(1))
        account.put_away("contacts", ["101"])

        assert [did] == await forgotten(crm, order)
        assert (how == "task") == bool(account.live("leads"))


class TestContacts:
    async def test_merged(self, account):
        """A contact that was merged into another is a task there, found by its record id."""
        crm = there(account, erase="delete")
        order = await ordered(crm, person(1))
        account.end(person(1), "merged")

        assert ["task"] == await forgotten(crm, order)
        assert 1 == len(account.live())

    async def test_customer(self, account):
        """A contact that is a customer by its lifecycle stage is a task."""
        crm = there(account, erase="anonymise")
        order = await ordered(crm, person(1))
        account.work("contacts", "101", lifecyclestage="customer")

        assert ["task"] == await forgotten(crm, order)

    async def test_comes_again(self, account):
        """Who asks anew once they were anonymised is a new contact."""
        crm = there(account, erase="anonymise")
        order = await ordered(crm, person(1))
        await forgotten(crm, order)

        await made(crm, person(1))

        assert 2 == len(account.live())

    async def test_no_scope(self):
        """A token without the scope waits, and no breaker is told."""
        account = Account()
        crm = there(account, erase="delete")
        order = await ordered(crm, person(1))
        account.scopes.remove("deals")

        reply = await crm.forget([order], NOW)

        assert (Deferred("forget_refused"),) == reply.outcomes
        assert not reply.failing


class TestRefused:
    @pytest.mark.parametrize(
        ("how", "path"),
        [
            pytest.param("delete", "contacts/batch/read", id="search"),
            pytest.param("delete", "contacts/gdpr-delete", id="delete"),
            pytest.param("anonymise", "contacts/101", id="overwrite"),
            pytest.param("anonymise", "notes/batch/archive", id="notes"),
            pytest.param("delete", "notes/batch/read", id="read-notes"),
        ],
    )
    async def test_down(self, account, how, path):
        """At whichever call the account is down, the contact stays, and the order waits."""
        crm = there(account, erase=how)
        order = await noted(crm, person(1))
        before = told(account.live())
        account.played = at(path, account.unavailable())

        assert ["http_503"] == await forgotten(crm, order)

        assert before == told(account.live())
        account.played = lambda _request: None
        assert [f"{how}d".replace("ee", "e")] == await forgotten(crm, order)

    async def test_busy(self, account):
        """Where notes are archived too fast the lane rests, and no attempt is lost."""
        crm = there(account, erase="delete")
        order = await noted(crm, person(1))
        account.played = at("notes/batch/archive", account.throttled(vaguely=False))

        reply = await crm.forget([order], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert reply.hold

    @pytest.mark.parametrize("path", ["contacts/gdpr-delete", "notes/batch/archive"])
    async def test_forbidden(self, account, path):
        """What the token may not take away waits for a mended token, and no breaker is told."""
        crm = there(account, erase="delete")
        order = await noted(crm, person(1))
        account.played = at(path, httpx.Response(403, json={"category": "MISSING_SCOPES"}))

        reply = await crm.forget([order], NOW)

        assert (Deferred("forget_refused"),) == reply.outcomes
        assert not reply.failing
        assert 1 == len(account.live())
