"""A real Odoo: what sellers wrote stays, and a customer who comes back is told, each visit once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.destinations.odoo.timeline import CONTEXT, MESSAGE, message
from leadshare.destinations.writing.timeline import Owed, of_entry
from tests.destinations.sellers import BO, Customer, elsewhere, said
from tests.odoo.test_odoo import later, sent

NOW = datetime.now(UTC)
SEATS, TRAINING = "We need <200> seats & more.", "And training for all."

EDITS = {
    "name": "Berg, 200 seats",
    "contact_name": "Sample Buyer, PhD",
    "partner_name": "Fabrikam GmbH & Co. KG",
    "function": "Chief of all",
    "email_from": "called@fabrikam.example",
    "website": "https://called.example",
    "description": "<p>Called: wants a quote.</p>",
    "priority": "3",
}
"""What a seller makes of every text; a partner clears the phone."""


def comes(odoo: Any, customer: Any, **changes: Any) -> Customer:
    """A customer of whom no test has heard, who asks to be called."""
    made = Customer(odoo)
    first = customer(**changes)
    made.one = replace(first, entries=(said(first, 1, "Please <call> me."),))
    return made


def texts(person: Any, one: Delivery) -> list[str]:
    """The notes in the chatter of a lead: subject and body."""
    return [f"{note['subject']} {note['body']}" for note in person.reads(one)]


async def play(odoo: Any, person: Any, customer: Any) -> None:
    """A seller edits every field and clears one; the customer comes back, each time told once."""
    one = comes(odoo, customer)
    assert isinstance(await one.arrives(), Accepted)
    lead = int(one.one.record_id)
    [country] = person.does("res.country", "search", domain=[["code", "=", "FR"]])
    seller = EDITS | {"phone": False, "country_id": country, "user_id": 2, "tag_ids": []}
    campaign, medium, source = [
        person.does(model, "create", vals_list=[{"name": f"Of a seller {lead}"}])[0]
        for model in ("utm.campaign", "utm.medium", "utm.source")
    ]
    seller |= {"campaign_id": campaign, "medium_id": medium, "source_id": source}
    person.does("crm.lead", "write", ids=[lead], vals=seller)
    kept = person.does("crm.lead", "read", ids=[lead], fields=sorted(seller))

    assert isinstance(await one.comes_back(SEATS), Accepted)
    owed = one.one
    assert isinstance(await one.comes_back(TRAINING), Accepted)
    other = elsewhere(one)
    other.one.record["email"] = owed.record["email"]
    assert isinstance(await other.arrives(), Accepted)
    # As after a crash before it was noted that this was taken.
    late = replace(owed, sent=1, attempts=1, entries=(said(owed, 2, SEATS),))
    await odoo.deliver([late], NOW)

    assert kept == person.does("crm.lead", "read", ids=[lead], fields=sorted(seller))
    told = texts(person, one.one)
    assert 2 == len(told)
    assert "We need &lt;200&gt; seats &amp; more." in told[0]
    assert TRAINING in told[1]
    [second] = person.does(
        "crm.lead", "read", ids=[int(other.one.record_id)], fields=["description"]
    )
    assert int(other.one.record_id) != lead
    assert "And reports." in second["description"]


class TestEdits:
    async def test_kept(self, odoo, person, customer):
        """No edit is lost, what was cleared stays clear, and each visit is told once."""
        await play(odoo, person, customer)

    async def test_lost(self, odoo, line, person, customer):
        """So it is if an answer is lost, at whichever call that writes."""
        await play(odoo, person, customer)
        for before in range(line.loads):
            line.passes, line.swallows = before, 1

            await play(odoo, person, customer)

            assert 0 == line.swallows

    async def test_new_lead(self, odoo, line, person, customer):
        """The text of a new lead tells all, once, even if the answer was lost."""
        one = comes(odoo, customer, notes="x", company='O\'Neil "& Sons" <Ltd>')
        line.swallows = 1

        await one.arrives()

        assert [] == texts(person, one.one)
        [lead] = person.sees(one.one)
        assert "Please &lt;call&gt; me." in lead["description"]

    async def test_partner(self, odoo, person, customer):
        """Once a seller has linked a partner, no gap is filled there."""
        one = comes(odoo, customer, phone="")
        await one.arrives()
        [partner] = person.does("res.partner", "create", vals_list=[{"name": "Sample Buyer"}])
        lead = int(one.one.record_id)
        person.does("crm.lead", "write", ids=[lead], vals={"partner_id": partner})

        await one.comes_back(SEATS, phone="+4930123456")

        [row] = person.does("res.partner", "read", ids=[partner], fields=["phone"])
        assert not row["phone"]
        assert 1 == len(texts(person, one.one))


class TestPersons:
    async def test_another(self, odoo, person, customer):
        """Somebody else at the address is told as such, and the lead shows whom it showed."""
        one = comes(odoo, customer, phone="")
        await one.arrives()
        before = person.sees(one.one)

        await one.comes_back(SEATS, phone="+14255550100", **BO)

        assert before == person.sees(one.one)
        [note] = person.reads(one.one)
        assert note["subject"].startswith("Bo Li, not Sample Buyer,")
        assert "+14255550100" in note["body"]


class TestEnded:
    @pytest.mark.parametrize("action", ["action_archive", "action_set_lost", "action_set_won"])
    async def test_told(self, odoo, person, customer, action):
        """What was archived, lost or won is left alone, and the news told there."""
        one = comes(odoo, customer, phone="")
        await one.arrives()
        person.does("crm.lead", action, ids=[int(one.one.record_id)])
        before = person.sees(one.one)

        assert isinstance(await one.comes_back(SEATS, phone="+4930123456"), Accepted)

        assert before == person.sees(one.one)
        assert 1 == len(texts(person, one.one))

    async def test_merged(self, odoo, person, customer):
        """What was merged, and merged again, is told where it lives on, and found there."""
        one = comes(odoo, customer, phone="")
        await one.arrives()
        await one.comes_back("A first time.")
        heads = [await sent(odoo, customer(phone="")) for _ in range(2)]
        ids = [int(one.one.record_id), *(int(head.record_id) for head in heads)]
        for tail, head in pairwise(ids):
            # Of two, the likelier one lives on.
            chance = {"probability": 50 + ids.index(head)}
            person.does("crm.lead", "write", ids=[head], vals=chance)
            person.does("crm.lead", "merge_opportunity", ids=[tail, head])
        [left] = person.does("crm.lead", "search", domain=[["id", "in", ids]])

        assert isinstance(await one.comes_back(SEATS, phone="+4930123456"), Accepted)

        assert ids[0] != left
        lives_on = texts(person, replace(one.one, record_id=str(left)))
        assert [1, 1] == [
            sum(words in text for text in lives_on) for words in ("We need", "A first time.")
        ]
        found = await odoo.look_up([one.one], NOW)
        assert (Accepted(one.one.record_id),) == found.outcomes


class TestTimeline:
    async def test_note(self, connect, person, customer):
        """A note is internal, of that time, and tells who did what in the readers' zone."""
        odoo = connect(zone="Asia/Tokyo")
        one = comes(odoo, customer)
        await one.arrives()
        await one.comes_back(SEATS)

        [note] = person.reads(one.one)
        assert ("2026-11-22 14:00:00", "Note") == (note["date"], note["subtype_id"][1])
        assert "22 Nov 2026, 23:00 JST" in note["body"]
        assert "leadshare" == note["author_id"][1]

    async def test_fifty(self, odoo, line, person, customer):
        """Fifty customers who come back are told by one call."""
        many = [await sent(odoo, customer()) for _ in range(50)]
        line.loads = 0
        newer = [later(one) for one in many]

        reply = await odoo.deliver(
            [replace(one, entries=(said(one, 2, SEATS),)) for one in newer], NOW
        )

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert 1 == line.loads
        assert [1] * 50 == [len(texts(person, one)) for one in many]

    async def test_stranger(self, connect, odoo, person, customer):
        """Who may not write a lead puts nothing in its chatter, and is told so."""
        one = await sent(odoo, customer())
        told = replace(later(one), entries=(said(one, 2, SEATS),))
        [note] = odoo.told_late(told, {})
        stranger = connect("stranger")

        row = message(Owed(one, one.record_id, note))
        [verdict] = (
            await stranger._load(MESSAGE, [row], CONTEXT, {}, NOW)  # noqa: SLF001 - it cannot read leads
        ).values()

        assert "timeline_refused" == of_entry(verdict).reason
        assert [] == texts(person, one)

    async def test_gone(self, connect, person, customer):
        """A lead that was deleted between look and note waits, to be looked at again."""
        odoo = connect()
        one = await sent(odoo, customer())
        told = replace(later(one), entries=(said(one, 2, SEATS),))

        async def seller(request: httpx.Request) -> None:
            if request.url.path == "/json/2/mail.message/load":
                person.does("crm.lead", "unlink", ids=[int(one.record_id)])

        hooks = odoo.client.event_hooks
        odoo.client.event_hooks = hooks | {"request": [*hooks["request"], seller]}

        reply = await odoo.deliver([told], NOW)

        assert (Deferred("changed_meanwhile"),) == reply.outcomes
