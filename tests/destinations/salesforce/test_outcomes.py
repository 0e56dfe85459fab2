"""What Salesforce tells of what became of a lead."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from leadshare.destinations.salesforce.outcomes.reading import SWEEP
from leadshare.destinations.salesforce.outcomes.statuses import NEW, STATUSES
from leadshare.lifecycle.outcome import Money, Outcome, State
from tests.builders import NOW
from tests.destinations.polling import lead_of
from tests.destinations.salesforce.beside import US
from tests.destinations.salesforce.database import KEY
from tests.destinations.salesforce.history import AUTOMATION, SELLER
from tests.destinations.salesforce.world import World

LEAD = lead_of(1)
DOCS = Path(__file__).parents[3] / "docs" / "destinations"
GROUP = "00G000000000001AAA"


@pytest.fixture(name="world")
def _world() -> World:
    return World()


class TestLead:
    async def test_new(self, world):
        """A lead as we made it says nothing."""
        world.put()

        assert Outcome(LEAD, "crm", NOW, status="Offen") == await world.one()

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("Working - Contacted", State.WORKING),
            (" working - contacted", State.WORKING),
            ("Closed - Not Converted", State.LOST),
            ("In Arbeit", State.WORKING),
            ("Open - Not Contacted", None),
            ("New", None),
            ("Offen", None),
        ],
    )
    async def test_status(self, world, status, state):
        """A seller's change of status is a state, and a sign of a person; the first one is none."""
        lead = world.put()
        world.history.later(hours=1)
        world.change(lead, SELLER, Status=status)

        told = await world.one()

        signed = world.history.now if state else None
        assert (state, status, signed) == (told.state, told.status, told.signed_at)
        assert NOW + timedelta(hours=1) == told.at

    @pytest.mark.parametrize("by", [US, AUTOMATION, GROUP, ""])
    async def test_automation(self, world, by):
        """What no person did is no sign; a status that says much is a state all the same."""
        for number, status in ((1, "Contacted"), (2, "In Arbeit")):
            world.change(world.put(number), by, Status=status)

        told, _ = await world.all()

        assert [(State.WORKING, None), (None, None)] == [(o.state, o.signed_at) for o in told]

    async def test_own_user(self, world):
        """Who signs in now is our user, though another one made the lead."""
        lead = world.put(CreatedById="005000000000007AAA")
        world.change(lead, US, Status="In Arbeit")

        assert (await world.one()).signed_at is None

    async def test_former_user(self, world):
        """Who made the lead was our user then, whoever is it now."""
        world.put(CreatedById="005000000000007AAA", LastModifiedById="005000000000007", Status="X")
        world.org.leads["00Q000000000000AAA"] |= {"LastModifiedById": "005000000000007"}

        assert (await world.one()).signed_at is None

    async def test_mapped_status(self):
        """The status that our own mapping gives a lead is none of a person's."""
        world = World(fields={"Status": {"constant": "Aus dem Marktplatz"}})
        world.change(world.put(), SELLER, Status="Aus dem Marktplatz")

        told = await world.one()

        assert (None, None) == (told.state, told.signed_at)

    async def test_overridden(self):
        """What statuses mean is the publisher's to say, but not what a conversion is."""
        world = World(statuses={"contacted": "new", "Kein Interesse": "lost", "Won over": "gone"})
        for number, status in ((1, "Contacted"), (2, "Kein Interesse")):
            world.change(world.put(number), SELLER, Status=status)
        world.history.deal(world.put(3))

        told, _ = await world.all()

        assert [None, State.LOST, State.OPPORTUNITY] == [one.state for one in told]

    async def test_gone(self, world):
        """A lead that is deleted, or merged into another one, is gone, at that time."""
        world.put(1), world.put(2)
        first, second = world.org.leads
        _, cursor = await world.all()
        at = world.history.later(hours=1)
        world.change(first, SELLER, deleted=True)
        world.change(second, SELLER, deleted=True, MasterRecordId=first)

        told, _ = await world.all(cursor)

        assert [Outcome(lead_of(n), "crm", at, State.GONE) for n in (1, 2)] == told

    @pytest.mark.parametrize("flag", ["HasOptedOutOfEmail", "DoNotCall"])
    async def test_opt_out(self, world, flag):
        """A customer who is not to be written to, or called, has opted out, if others say so."""
        world.change(world.put(1), SELLER, **{flag: True})
        world.put(2, **{flag: True})

        told, _ = await world.all()

        assert [True, False] == [one.opted_out for one in told]

    async def test_others(self, world):
        """A lead that is not ours tells nothing."""
        world.put()
        world.org.put(LastName="Li", Status="Contacted")

        assert [LEAD] == [one.lead for one in (await world.all())[0]]


class TestPage:
    def test_defaults(self):
        """The destination's page has the statuses that are built in, and no other."""
        page = (DOCS / "salesforce.md").read_text(encoding="utf-8")

        told = dict(re.findall(r"^\| `([^`]+)` \| `(\w+)` \|$", page, re.MULTILINE))

        assert {**dict.fromkeys(NEW, "new"), **STATUSES} == told


class TestSigns:
    @pytest.mark.parametrize(
        ("fields", "signed"),
        [
            ({}, True),
            ({"OwnerId": GROUP}, False),
            ({"OwnerId": US}, False),
            ({"OwnerId": AUTOMATION}, False),
            ({"IsUnreadByOwner": True}, False),
        ],
        ids=["read", "queue", "ours", "automation", "unread"],
    )
    async def test_read(self, world, fields, signed):
        """An owner who has read the lead is a sign; the owner alone is none."""
        world.put(**{"IsUnreadByOwner": False, **fields})

        assert (NOW if signed else None) == (await world.one()).signed_at

    async def test_sales_engagement(self, world):
        """The first call and the first e-mail are signs where the org has Sales Engagement."""
        world.history.absent = {"CurrencyIsoCode"}
        mail, call = (NOW - timedelta(minutes=minutes) for minutes in (5, 9))
        world.put(FirstEmailDateTime=mail, FirstCallDateTime=call, IsUnreadByOwner=False)

        assert call == (await world.one()).signed_at

    @pytest.mark.parametrize("kind", ["Task", "Event"])
    async def test_act(self, world, kind):
        """A task that is done, or an event, is a sign, though the lead itself does not change."""
        lead = world.put()
        _, cursor = await world.all()
        done = world.history.later(hours=1)
        world.history.act(kind, lead, IsClosed=True, CompletedDateTime=done)

        [told], _ = await world.all(cursor)

        assert (LEAD, None, done) == (told.lead, told.state, told.signed_at)

    @pytest.mark.parametrize(
        ("kind", "by", "fields"),
        [
            ("Task", SELLER, {"IsClosed": False}),
            ("Task", US, {"IsClosed": True}),
            ("Task", AUTOMATION, {"IsClosed": True}),
            ("Task", SELLER, {"IsClosed": True, "IsDeleted": True}),
            ("Task", SELLER, {"IsClosed": True, "CreatedById": US}),
            ("Event", US, {}),
            ("Event", AUTOMATION, {}),
        ],
    )
    async def test_no_act(self, world, kind, by, fields):
        """What is not done, or was not done by a person of the publisher's, is none."""
        lead = world.put()
        world.history.act(kind, lead, by, **fields)

        assert (await world.one()).signed_at is None
        [told] = await world.crm.current({LEAD: lead}, NOW)
        assert told.signed_at is None

    async def test_others_task(self, world):
        """A task that an automation gave them and a person has closed is a sign, as ever."""
        lead = world.put()
        world.history.act("Task", lead, SELLER, IsClosed=True, CreatedById=AUTOMATION)

        assert (await world.one()).signed_at is not None

    async def test_own_entry(self, world):
        """What we tell in a timeline is done, and no sign."""
        lead = world.put()
        world.org.beside.tasks.append(
            {"Id": "00T000000000001AAA", "WhoId": lead, "Status": "Erledigt"}
        )
        world.history.stamped(world.org.beside.tasks[-1], US)

        assert (await world.one()).signed_at is None


class TestOpportunity:
    async def test_converted(self, world):
        """A lead that was converted is an opportunity, and a person did that."""
        lead = world.put()
        at = world.history.later(hours=1)
        world.history.deal(lead, Amount=5)

        told = await world.one()

        assert Outcome(LEAD, "crm", at, State.OPPORTUNITY, "Prospecting", signed_at=at) == told

    async def test_contact_alone(self, world):
        """One that became a contact alone is worked on, whatever its status is called."""
        world.change(world.put(), SELLER, IsConverted=True, Status="Closed - Not Converted")

        assert State.WORKING == (await world.one()).state

    @pytest.mark.parametrize(
        ("fields", "state"),
        [({"IsWon": True, "IsClosed": True}, State.WON), ({"IsClosed": True}, State.LOST)],
    )
    async def test_closed(self, world, fields, state):
        """What the opportunity came to is told at its own time, though the lead stays as it was."""
        lead = world.put()
        deal = world.history.deal(lead)
        _, cursor = await world.all()
        at = world.history.later(hours=1)
        world.history.deal(lead, deal, StageName="Zu", **fields)

        [told], cursor = await world.all(cursor)

        assert (LEAD, at, state, "Zu") == (told.lead, told.at, told.state, told.status)
        later = world.history.later(hours=1)
        world.change(lead, SELLER, Phone="1")
        [again], _ = await world.all(cursor)
        assert (later, state) == (again.at, again.state)

    async def test_deleted(self, world):
        """An opportunity that cannot be seen leaves the lead one, and takes nothing back."""
        world.history.deal(world.put())
        world.history.opportunities.clear()

        assert State.OPPORTUNITY == (await world.one()).state


class TestMoney:
    @pytest.mark.parametrize(
        ("amount", "told"),
        [(Decimal("1200.10"), "1200.10"), (0.1, "0.1"), (10**15 + 1, "1000000000000001"), (0, "0")],
    )
    async def test_exact(self, world, amount, told):
        """A sum is as Salesforce writes it."""
        world.history.deal(world.put(), IsWon=True, IsClosed=True, Amount=amount)

        assert Money(Decimal(told), "EUR") == (await world.one()).money

    @pytest.mark.parametrize("fields", [{}, {"Amount": None}, {"Amount": True}])
    async def test_none(self, world, fields):
        """A deal without a sum is won all the same."""
        world.history.deal(world.put(), IsWon=True, IsClosed=True, **fields)

        told = await world.one()

        assert (State.WON, None) == (told.state, told.money)

    async def test_lost(self, world):
        """What was lost brought nothing."""
        world.history.deal(world.put(), IsClosed=True, Amount=5)

        assert (await world.one()).money is None

    async def test_currencies(self, world):
        """An org of several currencies tells that of the opportunity."""
        world.history.absent -= {"CurrencyIsoCode"}
        world.history.currency = ""
        deal = {"IsWon": True, "IsClosed": True, "Amount": 5, "CurrencyIsoCode": "CHF"}
        world.history.deal(world.put(), **deal)

        assert Money(Decimal(5), "CHF") == (await world.one()).money
        assert not [r for r in world.org.requests if "Soap" in r.url.path]

    async def test_once(self, world):
        """An org of one currency is asked for it once, and only where something was won."""
        world.history.deal(world.put(1))
        await world.all()
        assert not [r for r in world.org.requests if "Soap" in r.url.path]
        for number in (2, 3):
            world.history.deal(world.put(number), IsWon=True, IsClosed=True, Amount=5)

        await world.all()
        await world.all()

        assert 1 == len([r for r in world.org.requests if "Soap" in r.url.path])

    async def test_untold(self, world):
        """Where the org does not let us ask, a sum has no currency, and none is guessed."""
        world.history.speaks_soap = False
        world.history.deal(world.put(), IsWon=True, IsClosed=True, Amount=5)

        assert Money(Decimal(5), "") == (await world.one()).money


class TestCurrent:
    async def test_current(self, world):
        """By their ids, leads tell all they have; what cannot be seen is gone."""
        won, gone = world.put(1), world.put(2)
        world.history.deal(won, IsWon=True, IsClosed=True, Amount=5)
        world.change(gone, SELLER, deleted=True)
        now = world.history.later(days=90)

        told = await world.crm.current(
            {LEAD: won, lead_of(2): gone, lead_of(3): "00Q999999999999AAA"}, now
        )

        assert [
            Outcome(
                *(LEAD, "crm", NOW, State.WON, "Prospecting"),
                money=Money(Decimal(5), "EUR"),
                signed_at=NOW,
            ),
            Outcome(lead_of(2), "crm", now, State.GONE),
            Outcome(lead_of(3), "crm", now, State.GONE),
        ] == [*told]

    @pytest.mark.parametrize("kind", ["Task", "Event"])
    async def test_acts(self, world, kind):
        """Of a few, what persons did is read afresh: a reminder must not leave after a call."""
        lead = world.put()
        done = world.history.later(hours=1)
        world.history.act(kind, lead, IsClosed=True)

        [told] = await world.crm.current({LEAD: lead[:15]}, world.history.now)

        assert done == told.signed_at

    async def test_most(self, world):
        """A sweep of as many as may be takes no more calls than one of a few."""
        records = {lead_of(number): world.put(number) for number in range(SWEEP)}
        world.history.absent = set()
        await world.crm.current({LEAD: records[LEAD]}, NOW)
        world.org.requests.clear()

        told = await world.crm.current(records, NOW)

        assert [*records] == [one.lead for one in told]
        assert 1 == len(world.org.requests)

    async def test_another_key(self, world):
        """The lead that is asked for is told, though a seller has changed its key."""
        lead = world.put(**{KEY: ""})

        assert [LEAD] == [one.lead for one in await world.crm.current({LEAD: lead}, NOW)]

    async def test_odd(self, world):
        """What is no lead's id is not asked for, and nothing is told of it."""
        assert [] == [*await world.crm.current({LEAD: "003000000000001AAA"}, NOW)]
        assert [] == world.org.requests
