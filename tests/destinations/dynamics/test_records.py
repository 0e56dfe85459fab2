"""Dynamics 365 without a key: it tells the ids of leads that others changed, not whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted
from leadshare.lifecycle.outcome import State
from tests.builders import LEAD, delivery
from tests.deliveries.asking.world import AskingWorld
from tests.destinations.annotations import APP
from tests.destinations.dynamics.builders import GUID
from tests.destinations.dynamics.world import World
from tests.destinations.odata import SELLER, later

ROBOT = "00000000-0000-4000-8000-00000000000c"


@pytest.fixture(name="world")
def _world() -> World:
    return World(key="")


async def told(world: World, cursor: str = "") -> Sequence[str]:
    """The ids of records that a page tells, and nothing else."""
    page = await world.crm.changed(cursor, world.tables.now)
    assert () == page.outcomes
    assert not page.more
    return page.records


class TestLead:
    async def test_seller(self, world):
        """A lead that a seller has changed is told by its id, whoever made it, in one call."""
        ours, theirs = world.put(by=SELLER), world.put(2, SELLER, createdby=SELLER)

        assert (ours, theirs) == await told(world)
        assert 1 == world.service.calls

    async def test_automation(self, world):
        """What another application has changed is told: its status may say much."""
        guid = world.put(by=ROBOT)

        assert (guid,) == await told(world)

    async def test_ours(self, world):
        """What we wrote ourselves is no news, neither made nor changed."""
        [made] = (await world.crm.deliver([delivery()], world.tables.now)).outcomes
        world.service.change(world.put(2, SELLER), by=APP)

        assert isinstance(made, Accepted)
        assert () == await told(world)
        world.service.change(GUID, by=SELLER)
        assert (GUID,) == await told(world)


class TestAbout:
    """What lies about a lead: an opportunity, an activity, an e-mail."""

    ROWS = pytest.mark.parametrize(
        ("table", "lookup", "columns"),
        [
            ("opportunity", "originatingleadid", {}),
            (
                *("activitypointer", "regardingobjectid"),
                {"activitytypecode": "phonecall", "statecode": 1},
            ),
            ("email", "regardingobjectid", {"directioncode": True, "statecode": 1}),
        ],
        ids=["opportunity", "activity", "email"],
    )

    @ROWS
    @pytest.mark.parametrize("by", [SELLER, APP], ids=["seller", "ours"])
    async def test_changed(self, world, table, lookup, columns, by):
        """Where another than we changed it, its lead is told by its id."""
        guid = world.put()
        world.tables.put(table, next(world.guids), **{lookup: guid, "modifiedby": by}, **columns)

        assert ((guid,) if by == SELLER else ()) == await told(world)

    @ROWS
    async def test_no_lead(self, world, table, lookup, columns):
        """What is about no lead tells none."""
        for other in (None, next(world.guids)):
            world.tables.put(table, next(world.guids), **{lookup: other}, **columns)

        assert () == await told(world)

    async def test_once(self, world):
        """A lead of which several rows have changed is told once."""
        guid = world.put(by=SELLER, statecode=1)
        for _ in range(2):
            world.deal(guid)

        assert (guid,) == await told(world)


class TestLane:
    async def test_found(self):
        """A lane finds whose lead a seller has changed, for 16 reads, and looks for no other."""
        world, lane = World(key="", look_ups=0), AskingWorld()
        crm: Any = world.crm
        await lane.owe(LEAD)
        await lane.tick(crm)
        assert [GUID] == [*world.service.leads]

        async def reads():
            lane.now = later(world.tables, hours=1)
            before = lane.table.calls
            await lane.tick(crm)
            return lane.table.calls - before

        none = await reads()
        world.service.change(GUID, by=APP)
        assert none == await reads()
        assert [] == lane.book.told

        world.service.change(GUID, by=SELLER, statecode=2, statuscode=5)
        assert none + 16 == await reads()
        assert [(LEAD, State.LOST)] == [(one.lead, one.state) for one in lane.book.told]
