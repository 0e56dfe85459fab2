"""The tick: what it does beside its lanes, and that none of them keeps another from its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leadshare.deliveries.delivery import Delivery, Rejected, Reply
from leadshare.deliveries.lanes import hold
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.tick import Ticker
from leadshare.errors import StorageError, Unexpected
from leadshare.store.keys import LANE, PARTITIONS
from leadshare.store.lease import to_row
from leadshare.store.table import Change, Row
from tests.builders import NOW
from tests.deliveries.world import ACCEPTS, LEAD, FakeDestination, World, a_lead, told
from tests.memory import MemoryTable


class FakeFeed:
    """Brings something in, or fails."""

    name = "leads|marketplaceleads"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.ends: list[float] = []

    async def work(self, end: float) -> None:
        """Note until when it may work."""
        self.ends.append(end)
        if self.error:
            raise self.error


class TestDelivers:
    async def test_budget(self, world):
        """A tick ends when its budget is spent, and the rest stays due."""
        crm = FakeDestination(concurrency=1)
        for number in range(5):
            await world.owe(a_lead(number))
        crm.before = lambda: asyncio.sleep(0.4)

        await world.ticker(crm).tick(timedelta(seconds=0.3))

        assert 1 == len(crm.sent)
        assert 4 == len(world.table.values("due"))

    async def test_idle_cost(self, world, crm):
        """An idle tick's calls do not grow with what was delivered."""
        await world.tick(crm)
        world.table.calls = 0
        await world.tick(crm)
        idle = world.table.calls
        for number in range(40):
            await world.owe(a_lead(number))
        await world.tick(crm)
        world.table.calls = 0

        await world.tick(crm)

        assert len(PARTITIONS) == idle == world.table.calls


class TestLane:
    async def test_one_lane_fails(self, world, crm):
        """A lane whose storage fails does not keep others from theirs, and is told."""

        class Broken(MemoryTable):
            async def get(self, partition: str, key: str) -> Any:
                if key == "broken":
                    raise StorageError("out of reach")
                return await super().get(partition, key)

        world.state = Broken()
        await world.owe(LEAD)

        with pytest.raises(StorageError, match="out of reach"):
            await world.tick(FakeDestination("broken"), crm)

        assert [(LEAD, 1)] == crm.sent


def tell(event: asyncio.Event) -> Callable[[], Awaitable[None]]:
    """Return what sets *event*."""

    async def set_it() -> None:
        event.set()

    return set_it


class TestTurns:
    async def test_known_to_work(self, world, crm):
        """Lanes that are known to work leave all that is theirs before others are looked at."""
        new, calls = FakeDestination("another"), list[str]()
        await world.accepted_before()
        for number in range(40):
            await world.owe(a_lead(number))
        for number in range(3):
            await world.owe(a_lead(number), "another")

        def note(delivery: Delivery) -> Reply:
            calls.append(delivery.destination)
            return ACCEPTS

        new.answer = crm.answer = note

        await world.tick(new, crm)

        assert ["crm"] * 40 + ["another"] * 3 == calls

    @pytest.mark.parametrize("lane", [Lane(), Lane(accepted_at=NOW, failures=1)])
    async def test_for_a_while(self, world, crm, monkeypatch, lane):
        """One that is not known to work waits for them no longer than a while."""
        monkeypatch.setattr(hold, "LONGEST_WAIT", 0.01)
        await world.accepted_before()
        await world.state.write(LANE, [Change("insert", "another", to_row(lane))])
        other, has_left = FakeDestination("another"), asyncio.Event()
        other.before, crm.before = tell(has_left), has_left.wait
        await world.owe(LEAD)
        await world.owe(LEAD, "another")

        await world.tick(other, crm)

        assert [1, 1] == [len(crm.sent), len(other.sent)]

    async def test_none_works(self, world, monkeypatch):
        """Nobody waits where no lane is known to work, or one has failed us."""
        monkeypatch.setattr(hold, "LONGEST_WAIT", 1e9)
        others = [FakeDestination(f"crm-{number}") for number in range(3)]
        for one in others:
            await world.owe(LEAD, one.name)
        get = world.state.get

        async def fails(partition: str, key: str) -> Row | None:
            if key == "crm-0":
                raise StorageError("out of reach")
            row: Row | None = await get(partition, key)
            return row

        monkeypatch.setattr(world.state, "get", fails)

        with pytest.raises(StorageError):
            await world.ticker(*others).tick(timedelta(days=9))

        assert [0, 1, 1] == [len(one.sent) for one in others]

    async def test_changed_meanwhile(self, world, crm):
        """Who waits does not hold the lane yet: what others make of it meanwhile stands."""
        other = FakeDestination("another")
        await world.accepted_before()

        async def disable() -> None:
            gone = to_row(Lane(disabled="gone"))
            await world.state.write(LANE, [Change("insert", "another", gone)])

        crm.before = disable
        await world.owe(LEAD)
        await world.owe(LEAD, "another")

        await world.tick(other, crm)

        assert [1, 0] == [len(crm.sent), len(other.sent)]
        assert ["another"] == [row["destination"] for row in world.table.values("parked")]


class TestOverlap:
    async def test_same_process(self, world, crm, caplog):
        """Ticks of one process that overlap share its lanes as those of several do."""
        ticker = world.ticker(crm)
        await world.owe(LEAD)

        await asyncio.gather(*(ticker.tick(timedelta(seconds=5)) for _ in range(3)))
        assert 3 == len(told(caplog, "tick.done"))
        await world.owe(a_lead(2))
        await ticker.tick(timedelta(seconds=5))

        assert [(LEAD, 1), (a_lead(2), 1)] == crm.sent


class TestFeeds:
    def ticker(self, world: World, crm: FakeDestination, feed: FakeFeed) -> Ticker:
        """A ticker with a feed."""
        return replace(world.ticker(crm), feeds=[feed])

    async def test_works(self, world):
        """Each tick lets the feeds work, within its budget."""
        feed, before = FakeFeed(), asyncio.get_running_loop().time()

        await self.ticker(world, FakeDestination(), feed).tick(timedelta(seconds=30))

        assert 1 == len(feed.ends)
        assert before + 30 <= feed.ends[0] <= asyncio.get_running_loop().time() + 30

    @pytest.mark.parametrize(
        ("error", "kind", "told"),
        [
            (StorageError("answered 403"), StorageError, "answered 403"),
            (ValueError("canary"), Unexpected, "ValueError at test_tick.py"),
        ],
    )
    async def test_fails(self, world, caplog, error, kind, told):
        """What fails there stops no delivery; it is told as a source's failure, and no lane's,
        without data.
        """
        await world.owe(a_lead(1))
        crm = FakeDestination()

        with pytest.raises(kind, match=told):
            await self.ticker(world, crm, FakeFeed(error)).tick(timedelta(seconds=30))

        assert [(a_lead(1), 1)] == crm.sent
        [failed] = [record for record in caplog.records if record.levelname == "ERROR"]
        assert ("source.failed", FakeFeed.name) == (failed.msg, failed.__dict__["source"])
        assert told in failed.__dict__["fault"]
        assert "canary" not in str(failed.__dict__)


class TestTold:
    async def test_tick(self, world, crm, caplog):
        """Each tick tells how many came to what in each lane that had anything to do."""
        crm.look_ups = True
        crm.answer = lambda d: ACCEPTS if d.lead == LEAD else Reply((Rejected("bad"),))
        for number in range(3):
            await world.owe(a_lead(number))

        await world.tick(crm, FakeDestination("idle"))
        world.now += timedelta(minutes=2)
        await world.tick(crm)

        first, second = (line.lanes for line in told(caplog, "tick.done"))
        counts = ("accepted", "rejected", "found")
        assert [1, 2, None] == [first["crm"].get(name) for name in counts]
        assert [None, None, 1] == [second["crm"].get(name) for name in counts]
        assert "closed" == first["idle"]["breaker"]
