"""What Dynamics 365 tells of what became of a lead."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from leadshare.destinations.dynamics.outcomes.reading import SWEEP
from leadshare.destinations.dynamics.outcomes.statuses import NEW, STATUSES
from leadshare.lifecycle.outcome import Money, Outcome, State
from tests.builders import NOW
from tests.destinations.annotations import APP
from tests.destinations.dynamics.world import KEY, World
from tests.destinations.odata import EURO, SELLER, later
from tests.destinations.polling import lead_of

LEAD = lead_of(1)
DOCS = Path(__file__).parents[3] / "docs" / "destinations"


@pytest.fixture(name="world")
def _world() -> World:
    return World()


class TestLead:
    async def test_new(self, world):
        """A lead as we made it says nothing."""
        world.put()

        assert Outcome(LEAD, "crm", NOW, status="1") == await world.one()

    @pytest.mark.parametrize(
        ("columns", "state"),
        [
            ({"statuscode": 2}, State.WORKING),
            ({"statuscode": 100_000_001}, State.WORKING),
            ({"statecode": 1, "statuscode": 3}, State.WORKING),
            ({"statecode": 2, "statuscode": 5}, State.LOST),
            ({"statecode": 2, "statuscode": 100_000_002}, State.LOST),
        ],
        ids=["contacted", "own", "contact alone", "disqualified", "own disqualified"],
    )
    async def test_states(self, world, columns, state):
        """A seller's change of status is a state, and a sign of a person."""
        world.put(by=SELLER, **columns)

        told = await world.one()

        assert (state, NOW) == (told.state, told.signed_at)

    async def test_reason(self, world):
        """Why it was lost is the label of the status."""
        world.put(by=SELLER, statecode=2, statuscode=5)

        told = await world.one()

        assert ("Keine Antwort", "Keine Antwort") == (told.status, told.reason)

    async def test_edited(self, world):
        """A seller who leaves the status as it is has given no sign."""
        world.put(by=SELLER)

        told = await world.one()

        assert (None, None) == (told.state, told.signed_at)

    @pytest.mark.parametrize(
        "user",
        [
            {"applicationid": "00000000-0000-0000-0000-000000000002", "accessmode": 4},
            {"applicationid": "00000000-0000-0000-0000-000000000002", "accessmode": 0},
            {"applicationid": None, "accessmode": 4},
            {"applicationid": None, "accessmode": 3},
            {"applicationid": None, "accessmode": 0, "isdisabled": True},
        ],
        ids=["application", "interactive application", "not interactive", "support", "system"],
    )
    async def test_automation(self, world, user):
        """What no person did is no sign; a status that says much is a state all the same."""
        world.tables.rows["systemuser"]["00000000-0000-4000-8000-00000000000c"] = user
        for number, status in ((1, 2), (2, 100_000_001)):
            world.put(number, "00000000-0000-4000-8000-00000000000c", statuscode=status)

        told, _ = await world.all()

        assert [(State.WORKING, None), (None, None)] == [(o.state, o.signed_at) for o in told]

    async def test_overridden(self):
        """What statuses mean is the publisher's to say, but not what a qualification is."""
        world = World(statuses={"2": "new", "5": "gone", "3": "lost", "100000001": "opportunity"})
        for number, (state, status) in enumerate([(0, 2), (2, 5), (1, 3), (0, 100_000_001)]):
            world.put(number, SELLER, statecode=state, statuscode=status)

        told, _ = await world.all()

        assert [None, State.GONE, State.WORKING, State.OPPORTUNITY] == [o.state for o in told]

    async def test_merged(self, world):
        """What was merged into another is gone, whatever its status."""
        world.put(by=SELLER, statecode=2, statuscode=4, merged=True, donotemail=True)

        assert Outcome(LEAD, "crm", NOW, State.GONE) == await world.one()

    @pytest.mark.parametrize("flag", ["donotemail", "donotbulkemail", "donotphone"])
    async def test_opt_out(self, world, flag):
        """A customer who is not to be written to, or called, has opted out."""
        world.put(by=SELLER, **{flag: True})

        assert (await world.one()).opted_out

    async def test_own_flag(self, world):
        """A flag that we may have set ourselves is no word of the customer's."""
        world.put(donotemail=True)

        assert not (await world.one()).opted_out

    async def test_others(self, world):
        """A lead that is not ours tells nothing, and is not asked for by its id."""
        world.put(2, by=SELLER, **{KEY: None})
        assert [] == (await world.all())[0]
        assert 1 == world.service.calls

        world.put(by=SELLER, statuscode=2)
        assert [LEAD] == [told.lead for told in (await world.all())[0]]


class TestPage:
    def test_defaults(self):
        """The destination's page has the statuses that are built in, and no other."""
        page = (DOCS / "dynamics.md").read_text(encoding="utf-8")

        told = dict(re.findall(r"^\| `(\d+)` \| [\w ]+ \| `(\w+)` \|$", page, re.MULTILINE))

        assert {**dict.fromkeys(NEW, "new"), **STATUSES} == told


class TestOpportunity:
    async def test_open(self, world):
        """An opportunity is a deal; what it may bring is told once it is won."""
        guid = world.put(by=SELLER, statecode=1, statuscode=3)
        world.deal(guid, estimatedvalue=5000, transactioncurrencyid=EURO)

        told = await world.one()

        assert (State.OPPORTUNITY, None) == (told.state, told.money)

    async def test_won(self, world):
        """One that is won later is told at its own time, with an exact sum in its currency."""
        guid = world.put(by=SELLER, statecode=1, statuscode=3)
        deal = world.deal(guid)
        _, cursor = await world.all()
        won_at = later(world.tables, hours=1)
        world.tables.put(
            *("opportunity", deal),
            statecode=1,
            statuscode=3,
            actualvalue=1200.10,
            estimatedvalue=9,
            transactioncurrencyid=EURO,
        )

        [told], _ = await world.all(cursor)

        assert (LEAD, State.WON, won_at) == (told.lead, told.state, told.at)
        assert Money(Decimal("1200.10"), "EUR") == told.money

    @pytest.mark.parametrize(
        ("values", "money"),
        [
            ({"estimatedvalue": 7}, Money(Decimal(7), "EUR")),
            ({"actualvalue": 0, "estimatedvalue": 7}, Money(Decimal(0), "EUR")),
            ({}, None),
            ({"actualvalue": 7, "transactioncurrencyid": None}, Money(Decimal(7), "")),
        ],
        ids=["expected", "for nothing", "untold", "no currency"],
    )
    async def test_value(self, world, values, money):
        """What was expected stands for what was not told; a currency is never guessed."""
        guid = world.put(by=SELLER, statecode=1)
        world.deal(guid, statecode=1, **{"transactioncurrencyid": EURO, **values})

        assert money == (await world.one()).money

    async def test_lost(self, world):
        """The status of a lost opportunity is the reason."""
        guid = world.put(by=SELLER, statecode=1, statuscode=3)
        world.deal(guid, statecode=2, statuscode=4)

        told = await world.one()

        assert (State.LOST, "Abgesagt", "Abgesagt") == (told.state, told.status, told.reason)

    async def test_several(self, world):
        """Of several, the one that came furthest counts; sums of two currencies are not added."""
        dollar = next(world.guids)
        world.tables.rows["transactioncurrency"][dollar] = {"isocurrencycode": "USD"}
        guid = world.put(by=SELLER, statecode=1)
        world.deal(guid, statecode=2)
        open_one = world.deal(guid)
        assert State.OPPORTUNITY == (await world.one()).state
        for value, currency in ((10, dollar), (100, EURO), (1, EURO)):
            later(world.tables, seconds=1)
            world.deal(guid, statecode=1, actualvalue=value, transactioncurrencyid=currency)

        told = await world.one()

        assert open_one
        assert (State.WON, Money(Decimal(101), "EUR")) == (told.state, told.money)


class TestActs:
    @pytest.mark.parametrize("kind", ["phonecall", "appointment", "task"])
    async def test_activity(self, world, kind):
        """A call, a meeting or a task that a person has completed is a sign."""
        guid = world.put()
        _, cursor = await world.all()
        done = later(world.tables, hours=1)
        later(world.tables, hours=1)
        columns = {"regardingobjectid": guid, "activitytypecode": kind, "statecode": 1}
        world.tables.put("activitypointer", next(world.guids), actualend=done, **columns)

        [told], _ = await world.all(cursor)

        assert (LEAD, done, None) == (told.lead, told.signed_at, told.state)

    @pytest.mark.parametrize(
        ("table", "columns"),
        [
            ("activitypointer", {"activitytypecode": "phonecall", "statecode": 0}),
            ("activitypointer", {"activitytypecode": "appointment", "statecode": 3}),
            ("activitypointer", {"activitytypecode": "task", "statecode": 2}),
            ("activitypointer", {"activitytypecode": "email", "statecode": 1}),
            ("activitypointer", {"activitytypecode": "task", "statecode": 1, "modifiedby": APP}),
            ("email", {"directioncode": False, "statecode": 1}),
        ],
        ids=["open", "scheduled", "canceled", "mail of either way", "ours", "customer's"],
    )
    async def test_no_sign(self, world, table, columns):
        """What is not done, or was not done by a person of the publisher's, is none."""
        guid = world.put()
        world.tables.put(table, next(world.guids), regardingobjectid=guid, **columns)

        assert (await world.one()).signed_at is None

    async def test_email(self, world):
        """An e-mail that a person has sent is a sign, the first one of several."""
        guid = world.put()
        _, cursor = await world.all()
        first = later(world.tables, hours=1)
        for _ in range(2):
            columns = {"regardingobjectid": guid, "directioncode": True, "statecode": 1}
            world.tables.put("email", next(world.guids), **columns)
            later(world.tables, hours=1)

        [told], _ = await world.all(cursor)

        assert first == told.signed_at


class TestCurrent:
    async def test_current(self, world):
        """By their ids, leads tell all they have; what is deleted is gone."""
        guid = world.put(by=SELLER, statecode=1)
        world.deal(guid, statecode=1, actualvalue=5, transactioncurrencyid=EURO)
        now = later(world.tables, days=90)

        told = await world.crm.current({LEAD: guid.upper(), lead_of(2): next(world.guids)}, now)

        assert [
            Outcome(
                LEAD, "crm", NOW, State.WON, "1", money=Money(Decimal(5), "EUR"), signed_at=NOW
            ),
            Outcome(lead_of(2), "crm", now, State.GONE),
        ] == [*told]

    async def test_without_key(self):
        """Leads whose row does not name them can be asked for by their ids."""
        world = World(key="")
        guid = world.put(by=SELLER, statuscode=2)

        [told] = await world.crm.current({LEAD: guid}, NOW)
        assert (LEAD, State.WORKING) == (told.lead, told.state)

    async def test_calls(self, world):
        """A sweep of as many as may be is one call."""
        records = {lead_of(n): world.put(n) for n in range(SWEEP)}

        told = await world.crm.current(records, NOW)

        assert [*records] == [one.lead for one in told]
        assert 1 == world.service.calls

    async def test_odd(self, world):
        """What is no id is not asked for, and nothing is told of it."""
        assert [] == [*await world.crm.current({LEAD: "7)"}, NOW)]
        assert 0 == world.service.calls
