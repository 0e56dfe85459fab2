"""A real Odoo 19 tells what became of leads, as its simulator does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Delivery
from leadshare.destinations.errors import Refused
from leadshare.lifecycle.outcome import Changed, Money, Outcome, State
from tests.odoo.conftest import Person
from tests.odoo.server import Server

NOW = datetime.now(UTC)

COMMENT = {"message_type": "comment"}
"""How Odoo's pages post what a user writes."""

TICK = 1.1
"""Seconds after which Odoo's clock, as it tells it, shows another time."""


async def sent(odoo: Any, one: Delivery) -> Delivery:
    """The delivery once it was accepted."""
    [outcome] = (await odoo.deliver([one], NOW)).outcomes
    assert isinstance(outcome, Accepted), outcome
    return replace(one, sent=one.version, record_id=outcome.record_id)


async def poll(odoo: Any, cursor: str = "") -> tuple[list[Outcome], str]:
    """All that is told until there is no more, and the cursor then."""
    told: list[Outcome] = []
    while True:
        page: Changed = await odoo.changed(cursor, datetime.now(UTC))
        told, cursor = [*told, *page.outcomes], page.cursor
        if not page.more:
            return told, cursor


async def newest(odoo: Any, one: Delivery) -> Outcome:
    """The last that a poll tells of a lead, which is what its record tells."""
    told, _ = await poll(odoo)
    [*_, last] = [outcome for outcome in told if outcome.lead == one.lead]
    assert [last] == await odoo.current({one.lead: one.record_id}, NOW)
    return last


def signed(outcome: Outcome) -> bool:
    """Whether a person has signed, of late."""
    at = outcome.signed_at
    return at is not None and abs(datetime.now(UTC) - at) < timedelta(minutes=5)


async def test_untouched(odoo, customer):
    told = await newest(odoo, await sent(odoo, customer()))

    assert (None, "New", None, None) == (told.state, told.status, told.money, told.signed_at)


async def test_won(odoo, person, customer):
    """A won opportunity comes back with its sum, even once it is archived."""
    one = await sent(odoo, customer())
    ids = [int(one.record_id)]
    person.does("crm.lead", "write", ids=ids, vals={"expected_revenue": 1200.55})
    person.does("crm.lead", "action_set_won", ids=ids)

    told = await newest(odoo, one)

    assert (State.WON, "Won") == (told.state, told.status)
    assert signed(told)
    assert told.money == Money(Decimal("1200.55"), "USD")
    person.does("crm.lead", "action_archive", ids=ids)
    assert State.WON is (await newest(odoo, one)).state


async def test_lost(odoo, person, customer):
    """A lost one, which is archived, comes back with why; restored, it is lost no more."""
    one = await sent(odoo, customer())
    ids = [int(one.record_id)]
    person.does("crm.lead", "action_set_lost", ids=ids, lost_reason_id=1)

    told = await newest(odoo, one)

    assert (State.LOST, "Too expensive") == (told.state, told.reason)
    assert signed(told)
    person.does("crm.lead", "action_unarchive", ids=ids)
    assert State.LOST is not (await newest(odoo, one)).state


async def test_archived(odoo, person, customer):
    """What is archived alone is neither lost nor a sign."""
    one = await sent(odoo, customer())
    person.does("crm.lead", "action_archive", ids=[int(one.record_id)])

    told = await newest(odoo, one)

    assert (None, None) == (told.state, told.signed_at)


async def test_stage(odoo, person, customer):
    one = await sent(odoo, customer())
    [stage] = person.does("crm.stage", "search", domain=[["name", "=", "Qualified"]])
    person.does("crm.lead", "write", ids=[int(one.record_id)], vals={"stage_id": stage})

    told = await newest(odoo, one)

    assert (State.OPPORTUNITY, "Qualified") == (told.state, told.status)
    assert signed(told)


async def test_converted(odoo, person, customer):
    """A lead that somebody makes an opportunity is one."""
    one = await sent(odoo, customer())
    ids = [int(one.record_id)]
    person.does("crm.lead", "write", ids=ids, vals={"type": "lead"})
    person.does("crm.lead", "convert_opportunity", ids=ids, partner=False)

    assert State.OPPORTUNITY is (await newest(odoo, one)).state


async def test_activity(odoo, server, customer):
    """An activity that another user has done stops the clock; one that is planned does not."""
    one = await sent(odoo, customer())
    _, cursor = await poll(odoo)
    person = Person(server)
    done = _plan(person, one)
    assert (await newest(odoo, one)).signed_at is None

    await asyncio.sleep(TICK)
    person.does("mail.activity", "action_feedback", ids=done, feedback="Reached them")

    told, _ = await poll(odoo, cursor)
    assert signed([outcome for outcome in told if outcome.lead == one.lead][-1])
    assert signed(await newest(odoo, one))


def _plan(who: Person, one: Delivery) -> list[int]:
    """Plan a call; return the activity."""
    where = [["res_model", "=", "crm.lead"], ["res_id", "=", int(one.record_id)]]
    told = {"act_type_xmlid": "mail.mail_activity_data_call", "summary": "Call"}
    who.does("crm.lead", "activity_schedule", ids=[int(one.record_id)], **told)
    found: list[int] = who.does("mail.activity", "search", domain=where)
    return found


async def test_our_activity(odoo, server, customer):
    """What our own user does stops no clock: an activity, a note, a stage."""
    one = await sent(odoo, customer())
    ours, ids = Person(server, "leadshare"), [int(one.record_id)]
    ours.does("mail.activity", "action_feedback", ids=_plan(ours, one), feedback="Done")
    ours.does("crm.lead", "message_post", ids=ids, body="From us", **COMMENT)
    [stage] = ours.does("crm.stage", "search", domain=[["name", "=", "Qualified"]])
    ours.does("crm.lead", "write", ids=ids, vals={"stage_id": stage})

    assert (await newest(odoo, one)).signed_at is None


@pytest.mark.parametrize("values", [{"user_id": 2}, {"priority": "3"}, {"phone": "+4930765"}])
async def test_no_sign(odoo, person, customer, values):
    """A salesperson, a priority or a number alone is no sign that somebody has been in touch."""
    one = await sent(odoo, customer())
    person.does("crm.lead", "write", ids=[int(one.record_id)], vals=values)

    assert (await newest(odoo, one)).signed_at is None


async def test_message(odoo, person, customer):
    """A message that another user writes is a sign, though it does not change the lead."""
    one = await sent(odoo, customer())
    await asyncio.sleep(TICK)
    ids = [int(one.record_id)]
    person.does("crm.lead", "message_post", ids=ids, body="Called them", **COMMENT)

    assert signed(await newest(odoo, one))


async def test_customer(odoo, person, customer):
    """What a customer's mail leaves is no sign, whoever took it in."""
    one = await sent(odoo, customer())
    told = {"body": "Hello?", "message_type": "email"}
    person.does("crm.lead", "message_post", ids=[int(one.record_id)], **told)

    assert (await newest(odoo, one)).signed_at is None


async def test_blacklisted(odoo, server, customer):
    """An address on Odoo's list of blocked ones is told with its lead."""
    one = await sent(odoo, customer())
    assert not (await newest(odoo, one)).opted_out
    told = [{"email": one.record["email"]}]
    Person(server, "administrator").does("mail.blacklist", "create", vals_list=told)

    assert (await newest(odoo, one)).opted_out


@pytest.mark.parametrize("how", ["deleted", "merged"])
async def test_gone(odoo, person, customer, how):
    """A deleted lead, and one that is merged into another, are gone and not lost."""
    email = f"{customer().lead[:9]}@fabrikam.example"
    first, second = await sent(odoo, customer(email=email)), await sent(odoo, customer(email=email))
    ids = [int(first.record_id), int(second.record_id)]
    if how == "merged":
        person.does("crm.lead", "merge_opportunity", ids=ids)
    else:
        person.does("crm.lead", "unlink", ids=ids[1:])

    told = await odoo.current({one.lead: one.record_id for one in (first, second)}, NOW)

    assert sorted([None, State.GONE], key=str) == sorted((one.state for one in told), key=str)


async def test_exported(odoo, server, customer):
    """A lead that somebody has exported, which gives it another external id, stays ours."""
    one = await sent(odoo, customer())
    told = {"module": "__export__", "name": f"lead_{one.record_id}", "model": "crm.lead"}
    row = {**told, "res_id": int(one.record_id)}
    Person(server, "administrator").does("ir.model.data", "create", vals_list=[row])

    assert one.lead == (await newest(odoo, one)).lead


async def test_foreign(odoo, person, customer):
    """Of a lead that somebody typed in nothing is told."""
    one = await sent(odoo, customer())
    _, cursor = await poll(odoo)
    before = {told.lead for told in (await poll(odoo, cursor))[0]}
    [made] = person.does("crm.lead", "create", vals_list=[{"name": "Theirs"}])
    person.does("crm.lead", "action_set_won", ids=[made])

    told, _ = await poll(odoo, cursor)

    assert one.lead in before
    assert before == {outcome.lead for outcome in told}


async def test_one_second(odoo, person, customer):
    """All leads of one transaction, more than a page, are told; the cursor comes up to them."""
    many = [customer() for _ in range(230)]
    for first in range(0, len(many), 50):
        await odoo.deliver(many[first : first + 50], NOW)
    ids = person.does("crm.lead", "search", domain=[["email_from", "in", _emails(many)]])
    person.does("crm.lead", "write", ids=ids, vals={"priority": "1"})

    told, cursor = await poll(odoo)

    assert {one.lead for one in many} <= {outcome.lead for outcome in told}
    again, after = await poll(odoo, cursor)
    assert cursor <= after
    assert {one.lead for one in many} <= {outcome.lead for outcome in again}


def _emails(many: list[Delivery]) -> list[str]:
    return [one.record["email"] for one in many]


async def test_no_right(connect: Callable[..., Any], server: Server):
    """Who may not see leads is told so, as may nobody without a key."""
    assert server.keys["stranger"]
    with pytest.raises(Refused, match="forbidden"):
        await connect("stranger").changed("", NOW)
    with pytest.raises(Refused, match="unauthorised"):
        await connect("0" * 40).changed("", NOW)
    with pytest.raises(Refused, match="forbidden"):
        await connect("stranger").current({"a": "1"}, NOW)
