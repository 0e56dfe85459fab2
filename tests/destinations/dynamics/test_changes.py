"""Asking Dynamics 365 what has changed: in pages, from a cursor on, and when it refuses."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.client.errors import SignInFailed
from leadshare.destinations.dynamics.environment import HEADERS
from leadshare.destinations.dynamics.outcomes import streams
from leadshare.destinations.errors import Refused
from leadshare.lifecycle.cursor import OVERLAP
from leadshare.lifecycle.outcome import State
from leadshare.reason import Reason
from tests.builders import NOW
from tests.destinations.dataverse import Dataverse, Fault
from tests.destinations.dynamics.builders import URL, Tokens, answered, dynamics_at
from tests.destinations.dynamics.schemas import KINDS, parts
from tests.destinations.dynamics.world import KEY, World
from tests.destinations.odata import SELLER, later
from tests.destinations.polling import lead_of
from tests.destinations.schemas import misfits

LEAD = lead_of(1)
API = f"{URL}/api/data/v9.2"


@pytest.fixture(name="key", params=[KEY, ""], ids=["key", "no key"])
def _key(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(name="world")
def _world(key: str) -> World:
    return World(key)


class TestPaging:
    async def test_calls(self, world):
        """A poll takes one call where nothing changed, two where something did, of any number."""
        for number in range(250):
            world.put(number, SELLER)
        _, cursor = await world.all()
        later(world.tables, hours=1)
        _, cursor = await world.all(cursor)
        later(world.tables, hours=1)
        world.service.calls = 0

        assert [] == (await world.all(cursor))[0]
        assert 1 == world.service.calls

        world.service.change(next(iter(world.service.leads)), statuscode=2)
        assert [State.WORKING] == [one.state for one in (await world.all(cursor))[0]]
        assert 3 == world.service.calls

    async def test_skew(self, world):
        """A service whose clock is ahead hides nothing of what comes until ours has caught up."""
        world.tables.now = NOW + timedelta(hours=2)
        guid = world.put()
        page = await world.crm.changed("", NOW)
        world.tables.now = NOW + timedelta(minutes=1)
        world.service.change(guid, statuscode=2)

        told = await world.page(page.cursor)

        assert [State.WORKING] == [one.state for one in told.outcomes]

    async def test_late(self, world):
        """What is shown late is told all the same, by the overlap."""
        _, cursor = await world.all()
        later(world.tables, hours=1)
        _, cursor = await world.all(cursor)
        world.put(by=SELLER, modifiedon=world.tables.now + timedelta(seconds=1) - OVERLAP)

        assert [LEAD] == [one.lead for one in (await world.all(cursor))[0]]

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.integers(0, 3_000), min_size=1, max_size=25),
        st.integers(1, 4),
        st.lists(st.tuples(st.sampled_from(["lead", "deal"]), st.integers(0, 24)), max_size=8),
    )
    @pytest.mark.parametrize("key", [KEY, ""])
    async def test_each_once_at_least(self, key, times, size, changes):
        """Whatever changes when, and how much of it in one second, all is told, and it ends."""
        world = World(key)
        deals = {}
        for number, milliseconds in enumerate(times):
            world.tables.now = NOW + timedelta(milliseconds=milliseconds)
            guid = world.put(number, SELLER, statecode=1)
            deals[guid] = world.deal(guid)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(streams, "_PAGED", HEADERS | {"Prefer": f"odata.maxpagesize={size}"})
            cursor, told, owed = (
                "",
                set[tuple[str, State | None]](),
                set[tuple[str, State | None]](),
            )
            world.tables.now = NOW + timedelta(seconds=4)
            for _ in range(200):
                page = await world.page(cursor)
                told |= {(one.lead, one.state) for one in page.outcomes}
                cursor = page.cursor
                if changes:
                    what, which = changes.pop()
                    guid = [*deals][which % len(deals)]
                    later(world.tables, milliseconds=which * 40)
                    if what == "lead":
                        world.service.change(guid, statecode=2)
                        owed.add((lead_of(which % len(deals)), State.LOST))
                    else:
                        world.service.change(guid, statecode=1)
                        world.tables.put("opportunity", deals[guid], statecode=1)
                        owed.add((lead_of(which % len(deals)), State.WON))
                elif not page.more:
                    break
            else:
                pytest.fail("no end")
            # Of lists that were at their end while another one was not, the next poll tells.
            told |= {(one.lead, one.state) for one in (await world.all(cursor))[0]}

        assert {lead_of(n) for n in range(len(times))} == {lead for lead, _ in told}
        last = {(world.service.leads[g][KEY], world.service.leads[g]["statecode"]) for g in deals}
        assert {one for one in owed if (one[0], 2 if one[1] is State.LOST else 1) in last} <= told

    @pytest.mark.parametrize("step", [0, 1])
    async def test_same_second(self, world, monkeypatch, step):
        """More of one second than a page are read by the service's own pages, in one go."""
        monkeypatch.setattr(streams, "_PAGED", HEADERS | {"Prefer": "odata.maxpagesize=2"})
        for number in range(7):
            world.put(number, SELLER, modifiedon=NOW + timedelta(milliseconds=number * step))
        world.put(7, SELLER, modifiedon=NOW + timedelta(seconds=5))

        told, _ = await world.all()

        assert {lead_of(n) for n in range(8)} == {one.lead for one in told}

    @pytest.mark.parametrize(
        ("link", "calls"),
        [
            ("https://elsewhere.example/api/data/v9.2/leads?x=1", 1),
            (f"{URL}/elsewhere?x=1", 1),
            (f"{API}/leads?a b", 1),
            (f"{API}/leads?x", 2),
        ],
        ids=["elsewhere", "no data", "no address", "to itself"],
    )
    async def test_link(self, key, link, calls):
        """A next page lies in the same service, and is another one."""
        asked = []
        body = f'{{"value":[],"@odata.nextLink":"{link}"}}'.encode()
        part = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body

        def page(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return answered(*[part] * request.content.count(b"GET /"))(request)

        with pytest.raises(Refused, match=Reason.UNREADABLE_ANSWER):
            await dynamics_at(page, key=key).changed("", NOW)
        assert calls == len(asked)

    async def test_shapes(self, world):
        """All that is asked is answered in the shape that Microsoft publishes."""
        guid = world.put(by=SELLER, statecode=1)
        world.deal(guid, statecode=1)
        await world.all()

        told = [*parts(world.exchanges)]

        assert [] == misfits(told, KINDS)
        asked = {stream.table for stream in streams.STREAMS}
        assert asked == {request.url.path.rpartition("/")[2] for request, _ in told}


class TestFailures:
    @pytest.mark.parametrize(
        ("table", "reason"),
        [("lead", "forbidden"), ("systemuser", "forbidden"), ("email", "forbidden")],
    )
    async def test_rights(self, world, table, reason):
        """Without a right nothing is told, and nothing passed over."""
        world.put(by=SELLER)
        world.tables.unreadable = {table}

        with pytest.raises(Refused) as error:
            await world.all()

        assert reason == error.value.reason

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (Fault.THROTTLED, "throttled"),
            (Fault.UNAVAILABLE, "http_503"),
            (Fault.UNAUTHORISED, "unauthorised"),
            (Fault.PAGE, "unreadable_answer"),
            (Fault.TRUNCATED, "unreadable_answer"),
        ],
    )
    @pytest.mark.parametrize("good", [0, 1])
    async def test_refused(self, world, fault, reason, good):
        """Whichever call fails, it raises as it does elsewhere."""
        world.put(by=SELLER)
        world.service.faults = [*[Fault.NONE] * good, fault, fault]

        with pytest.raises(Refused) as error:
            await world.all()

        assert reason == error.value.reason
        world.service.faults = []
        assert [LEAD] == [one.lead for one in (await world.all())[0]]

    async def test_transport(self, world):
        world.service.faults = [Fault.LOST_AFTER]
        with pytest.raises(httpx.TransportError):
            await world.all()

    async def test_no_sales(self, world):
        """An environment without the tables of Sales says so."""
        world.service.has_leads = False
        with pytest.raises(Refused, match=Reason.TABLE_MISSING):
            await world.all()

    async def test_no_key(self):
        """A key column that is not there is named as such."""
        world = World(key="new_other")
        with pytest.raises(Refused, match=Reason.FIELD_MISSING):
            await world.all()

    async def test_sign_in(self):
        tokens = Tokens(*[SignInFailed(Reason.UNREACHABLE)] * 3)
        crm = dynamics_at(Dataverse(URL, key=KEY).handle, tokens, key=KEY)
        with pytest.raises(SignInFailed):
            await crm.changed("", NOW)
