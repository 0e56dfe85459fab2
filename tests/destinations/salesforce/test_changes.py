"""Asking Salesforce what has changed: in pages, from a cursor on, and when it refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import unquote_plus

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.client.errors import SignInFailed
from leadshare.destinations.errors import Refused
from leadshare.destinations.salesforce.outcomes import streams
from leadshare.lifecycle.cursor import OVERLAP
from leadshare.lifecycle.outcome import State
from leadshare.reason import Reason
from tests.builders import NOW
from tests.destinations.polling import lead_of
from tests.destinations.salesforce.database import KEY
from tests.destinations.salesforce.history import SELLER
from tests.destinations.salesforce.soql import Wrong, answer
from tests.destinations.salesforce.world import World
from tests.destinations.schemas import SCHEMAS, misfits
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.salesforce import refused

LEAD = lead_of(1)


@pytest.fixture(name="world")
def _world() -> World:
    return World()


def calls(world: World) -> list[str]:
    """The calls since this was asked last, but sign-ins."""
    asked = [r.url.path.removeprefix("/services/data/v68.0/") for r in world.org.requests]
    world.org.requests.clear()
    return [path for path in asked if "oauth2" not in path]


class TestCalls:
    async def test_poll(self, world):
        """A poll takes one call where nothing changed, two or three where something did."""
        world.history.absent = set()
        for number in range(250):
            world.put(number)
        _, cursor = await world.all()
        world.history.later(hours=1)
        _, cursor = await world.all(cursor)
        world.history.later(hours=1)
        calls(world)

        assert [] == (await world.all(cursor))[0]
        assert ["composite"] == calls(world)

        world.change("00Q000000000007AAA", SELLER, Status="Contacted")
        await world.all(cursor)
        assert ["composite", "composite/sobjects/Lead"] == calls(world)

        world.history.deal("00Q000000000008AAA")
        await world.all(cursor)
        lists = ["composite/sobjects/Lead", "composite/sobjects/Opportunity"]
        assert ["composite", *lists] == calls(world)

    async def test_first(self, world):
        """What never changes, and which fields there are, is asked for once."""
        world.history.deal(world.put())

        await world.all()

        lead, deal = "composite/sobjects/Lead", "composite/sobjects/Opportunity"
        assert ["composite", lead, lead, lead, deal, deal, "composite"] == calls(world)
        await world.all()
        assert ["composite", lead, deal] == calls(world)

    async def test_asks_for_no_person(self, world):
        """No name, address or text of a customer is read."""
        world.history.deal(world.put(), IsWon=True, IsClosed=True)
        await world.all()
        await world.crm.current({LEAD: "00Q000000000000AAA"}, NOW)

        asked = unquote_plus(str([(r.url, r.content) for r in world.org.requests]))
        for name in ("LastName", "Phone", "Description", "Subject", "Company", "Email,"):
            assert name not in asked

    async def test_shapes(self, world):
        """All is answered in the shape that Salesforce publishes."""
        world.history.deal(world.put(), IsWon=True, IsClosed=True)
        await world.all()

        exchanges = [one for one in world.org.exchanges if "Soap" not in one[0].url.path]
        assert [] == misfits(exchanges, SCHEMAS["salesforce"])


class TestPaging:
    async def test_skew(self, world):
        """An org whose clock is ahead hides nothing of what comes until ours has caught up."""
        world.history.now = NOW + timedelta(hours=2)
        lead = world.put()
        page = await world.crm.changed("", NOW)
        world.history.now = NOW + timedelta(minutes=1)
        world.change(lead, SELLER, Status="Contacted")

        told = await world.crm.changed(page.cursor, NOW + timedelta(minutes=1))

        assert [State.WORKING] == [one.state for one in told.outcomes]

    async def test_behind(self, world):
        """An org whose clock is behind has its changes told by that clock."""
        world.history.now = NOW - timedelta(hours=2)
        lead = world.put()
        page = await world.crm.changed("", NOW)
        world.history.later(minutes=1)
        world.change(lead, SELLER, Status="Contacted")

        told = await world.crm.changed(page.cursor, NOW + timedelta(minutes=1))

        assert [State.WORKING] == [one.state for one in told.outcomes]

    async def test_late(self, world):
        """What is shown late is told all the same, by the overlap."""
        _, cursor = await world.all()
        world.history.later(hours=1)
        _, cursor = await world.all(cursor)
        lead = world.put()
        late = world.history.now + timedelta(seconds=1) - OVERLAP
        world.org.leads[lead]["SystemModstamp"] = late

        assert [LEAD] == [one.lead for one in (await world.all(cursor))[0]]

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.integers(0, 3), min_size=1, max_size=25),
        st.integers(1, 4),
        st.lists(st.tuples(st.sampled_from(["lead", "deal", "task"]), st.integers(0, 24))),
    )
    async def test_each_once_at_least(self, times, size, changes):
        """Whatever changes when, and how much of it in one second, all is told, and it ends."""
        world = World()
        leads, owed, told, cursor = [], set(), set(), ""
        for number, second in enumerate(times):
            world.history.now = NOW + timedelta(seconds=second)
            leads.append(world.put(number))
        deals = {lead: world.history.deal(lead) for lead in leads[::2]}
        world.history.now = NOW + timedelta(seconds=4)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(streams, "PAGE", size)
            for _ in range(300):
                page = await world.crm.changed(cursor, world.history.now)
                told |= {(one.lead, one.state, one.signed_at) for one in page.outcomes}
                cursor = page.cursor
                if changes:
                    owed.add(change(world, leads, deals, *changes.pop()))
                elif not page.more:
                    break
            else:
                pytest.fail("no end")
            # Of lists that were at their end while another one was not, the next poll tells.
            rest, _ = await world.all(cursor)
            told |= {(one.lead, one.state, one.signed_at) for one in rest}

        assert {lead_of(number) for number in range(len(times))} == {lead for lead, *_ in told}
        last = {lead: world.org.leads[leads[int(lead[:32], 16)]]["Phone"] for lead, _ in owed}
        assert {one for one in owed if last[one[0]] == one[1]} <= {
            (lead, what)
            for lead, state, signed in told
            for what in ("lead" if state else "", "deal" if state is State.WON else "", "task")
            if what != "task" or signed
        }

    async def test_same_second(self, world, monkeypatch):
        """More of one second than a page are read on by their ids, and nothing is left out."""
        monkeypatch.setattr(streams, "PAGE", 2)
        for number in range(7):
            world.put(number)
        world.history.later(seconds=5)
        world.put(7)

        told, _ = await world.all()

        assert {lead_of(number) for number in range(8)} == {one.lead for one in told}


def change(
    world: World, leads: list[str], deals: dict[str, str], what: str, which: int
) -> tuple[str, str]:
    """Let a seller do something; what is to be told of it, as long as it is the last."""
    number = which % len(leads)
    lead = leads[number]
    world.history.later(milliseconds=which * 40)
    if what == "deal" and lead not in deals:
        what = "lead"
    world.org.leads[lead]["Phone"] = what
    if what == "lead":
        world.change(lead, SELLER, Status="Contacted")
    elif what == "deal":
        world.history.deal(lead, deals[lead], IsWon=True, IsClosed=True)
    else:
        world.history.act("Task", lead, IsClosed=True)
    return lead_of(number), what


class TestFields:
    @pytest.mark.parametrize(
        "hidden", ["DoNotCall", "HasOptedOutOfEmail", "IsUnreadByOwner", "FirstCallDateTime"]
    )
    async def test_hidden(self, world, hidden):
        """A field that our user does not see is done without, and all others are read."""
        world.history.absent = {hidden}
        world.put(IsUnreadByOwner=False, FirstCallDateTime=NOW - timedelta(minutes=9))
        world.change("00Q000000000000AAA", SELLER, DoNotCall=True, HasOptedOutOfEmail=True)

        told = await world.one()

        assert told.opted_out
        assert NOW - timedelta(minutes=0 if hidden == "FirstCallDateTime" else 9) == told.signed_at

    async def test_unnamed(self, world):
        """Where Salesforce does not name the field, it is asked once more without any of them."""
        world.put()
        asked = []

        def played(request: httpx.Request) -> httpx.Response | None:
            if not request.url.path.endswith("/sobjects/Lead"):
                return None
            asked.append(json.loads(request.content)["fields"])
            return refused(400, "INVALID_FIELD", "nope") if "DoNotCall" in asked[-1] else None

        world.org.played = played

        assert LEAD == (await world.one()).lead
        assert [15, 10] == [len(fields) for fields in asked]

    @pytest.mark.parametrize("lost", [KEY, "Status", "IsConverted"])
    async def test_needed(self, world, lost):
        """A field that it cannot be done without is told."""
        world.put()
        world.org.lacks = {lost}

        with pytest.raises(Refused, match=Reason.FIELD_MISSING):
            await world.all()


class TestFailures:
    @pytest.mark.parametrize("table", ["Lead", "Opportunity", "Task", "Event"])
    async def test_rights(self, world, table):
        """Without a right nothing is told, and nothing passed over."""
        world.put()
        world.history.hidden = {table}

        with pytest.raises(Refused, match=Reason.TABLE_MISSING):
            await world.all()

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (Fault.THROTTLED, Reason.THROTTLED),
            (Fault.UNAVAILABLE, "http_503"),
            (Fault.EXPIRED, Reason.UNAUTHORISED),
            (Fault.PAGE, Reason.UNREADABLE_ANSWER),
        ],
    )
    @pytest.mark.parametrize("call", range(5))
    async def test_each_call(self, world, fault, reason, call):
        """Whichever call fails, it raises as elsewhere, and the next poll tells all."""
        world.history.absent = set()
        world.history.deal(world.put())
        await world.crm.describe(NOW)
        world.org.requests.clear()
        good = 0

        def played(request: httpx.Request) -> httpx.Response | None:
            nonlocal good
            asks = "/services/data/" in request.url.path
            good += asks
            world.org.blind = fault if asks and good > call else Fault.NONE
            return None

        world.org.played = played
        if call == 4:
            assert [LEAD] == [one.lead for one in (await world.all())[0]]
            assert 4 == good
            return

        with pytest.raises(Refused, match=reason):
            await world.all()

        world.org.played, world.org.blind = lambda _request: None, Fault.NONE
        assert [LEAD] == [one.lead for one in (await world.all())[0]]

    async def test_quota(self, world):
        """An org whose calls are used up says so."""
        world.org.calls_left = 0
        with pytest.raises(Refused, match=Reason.QUOTA_EXHAUSTED):
            await world.all()

    async def test_transport(self, world):
        """A line that is dead is no answer."""

        def lost(request: httpx.Request) -> httpx.Response:
            raise httpx.ReadError("reset", request=request)

        world.org.played = lambda request: lost(request) if "data" in request.url.path else None
        with pytest.raises(httpx.TransportError):
            await world.all()

    async def test_sign_in(self, world):
        """Who cannot sign in asks nothing."""
        world.org.played = lambda _request: httpx.Response(400, json={"error": "invalid_client"})
        with pytest.raises(SignInFailed):
            await world.all()

    @pytest.mark.parametrize(
        "answer",
        [
            [],
            [None, None],
            [{"Id": "00Q000000000000AAA"}],
            {"records": []},
        ],
        ids=["none", "too many", "without a time", "no list"],
    )
    async def test_odd_rows(self, world, answer):
        """What is not what was asked for is unreadable."""
        world.put()
        world.org.played = lambda request: (
            httpx.Response(200, json=answer) if request.url.path.endswith("/Lead") else None
        )
        with pytest.raises(Refused, match=Reason.UNREADABLE_ANSWER):
            await world.all()

    @pytest.mark.parametrize("row", [{"Id": "00Q000000000000AAA"}, {"SystemModstamp": "x"}])
    async def test_odd_list(self, world, row):
        """A change without its time, or its id, is unreadable: nothing may be left out."""
        part = {"httpStatusCode": 200, "body": {"done": True, "records": [row]}, "referenceId": "q"}
        body = {"compositeResponse": [{"httpHeaders": {}, **part}] * len(streams.STREAMS)}
        world.org.played = lambda request: (
            httpx.Response(200, json=body) if request.url.path.endswith("/composite") else None
        )
        with pytest.raises(Refused, match=Reason.UNREADABLE_ANSWER):
            await world.all()


class TestSimulator:
    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("SELECT Nope FROM Lead", "INVALID_FIELD"),
            ("SELECT Id FROM Nope", "INVALID_TYPE"),
            ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY"),
            ("SELECT Id FROM Lead WHERE Nope.Id = 'x'", "INVALID_FIELD"),
            ("SELECT Id FROM Lead WHERE Status = true OR Id > 'x'", "MALFORMED_QUERY"),
            ("SELECT Id FROM Lead WHERE SystemModstamp > '2026-11-22T12:00:00Z'", "INVALID_FIELD"),
            ("SELECT Id FROM Lead WHERE SystemModstamp > 2026-11-22", "MALFORMED_QUERY"),
            (
                "SELECT Id FROM Task WHERE WhoId IN (SELECT Status FROM Lead WHERE Id = 'x')",
                "MALFORMED_QUERY",
            ),
            (
                "SELECT Id FROM Lead WHERE Id IN (SELECT Id FROM Lead WHERE Id = 'x')",
                "MALFORMED_QUERY",
            ),
            (
                "SELECT Id FROM Task WHERE WhoId IN (SELECT Id FROM Lead WHERE Id = 'x' LIMIT 1)",
                "MALFORMED_QUERY",
            ),
        ],
    )
    def test_refuses(self, world, query, code):
        """What Salesforce refuses of a query is refused."""
        with pytest.raises(Wrong) as error:
            answer(world.history, query, deleted=False)

        assert code == error.value.args[0]
