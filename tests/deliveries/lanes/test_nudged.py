"""What is nudged for, when, and what becomes of it where no nudge arrives or none helps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest

from leadshare.deliveries.delivery import Deferred, Reply
from leadshare.deliveries.lanes.lane import TRIP, Lane
from leadshare.deliveries.lanes.nudges import Nudges
from leadshare.deliveries.lanes.visit import ALL, Nudge
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import StorageError
from leadshare.store import lease
from leadshare.store.keys import LANE
from leadshare.store.table import Change
from tests.builders import IDENTITY, NOW, Office, minutes, visit_ids
from tests.deliveries.world import ACCEPTS, LEASE, FakeDestination

LONG = timedelta(seconds=30)
CRM = Nudge("crm")


@pytest.fixture(name="office")
def _office():
    return Office({"name": "crm"})


@pytest.fixture(name="crm")
def _crm():
    return FakeDestination()


def ticker(office: Office, crm: FakeDestination) -> Ticker:
    """What delivers, by nudges and ticks."""
    own = (office.table, office.state, office.clock, lambda: 0.0, visit_ids())
    return Ticker(WorkerContext(*own, LEASE, office.nudged, IDENTITY.index_name), [crm])


async def lane_of(office: Office, lane: Lane) -> tuple[dict[str, Any], str]:
    """Put *lane* into the table; return its row as it is there."""
    await office.state.write(LANE, [Change("insert", "crm", lease.to_row(lane))])
    return office.state.rows[LANE, "crm"]


class OutOfReach:
    """A queue that storage does not give."""

    async def send(self, message: bytes) -> None:
        """Refuse *message*."""
        del message
        raise StorageError("queue lanes")


class Looking:
    """Looks at once for what it is nudged for."""

    def __init__(self, office: Office) -> None:
        self.found: list[str] = []
        self._office = office

    async def nudge(self, nudges: Sequence[Nudge]) -> None:
        """Note where something is due of what is asked for."""
        due = {row["destination"] for row in self._office.table.values("due")}
        self.found += [one.lane for one in nudges if one.lane in due]


class TestNudged:
    async def test_committed(self, office):
        """What is nudged for is due already, or whoever looks at once would not find it."""
        office.nudged = Looking(office)

        await office.take(1)

        assert ["crm"] == office.nudged.found

    async def test_repeated(self, office):
        """A message that comes back, for its host died before it nudged, nudges though nothing is
        new.
        """
        await office.take(1)
        await office.take(1)

        [first, again] = office.nudged.nudges
        assert first == again

    async def test_done(self, office):
        """Nobody is asked to look for what has been delivered."""
        await office.take(1)
        await office.finish()
        await office.take(1)

        assert 1 == len(office.nudged.nudges)


class TestVisit:
    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"disabled": "gone"}, id="disabled"),
            pytest.param({"held_until": NOW + minutes(9)}, id="held"),
            pytest.param({"failures": TRIP, "open_until": NOW + minutes(9)}, id="open"),
        ],
    )
    async def test_at_rest(self, office, crm, changes):
        """A lane in which nothing may leave is read once and left as it is: a tick comes back to
        it.
        """
        row = await lane_of(office, Lane(**changes))
        await office.take(1)
        calls = office.table.calls

        await ticker(office, crm).visit(CRM.to_message(), LONG)

        assert row == office.state.rows[LANE, "crm"]
        assert (calls, []) == (office.table.calls, crm.sent)

    async def test_no_time_left(self, office, crm):
        """What a visit has no time for it leaves to the next one, which it nudges for."""
        working = ticker(office, crm)
        await office.take(1)
        [asked] = office.nudged.nudges

        await working.visit(asked.to_message(), timedelta(0))
        assert [] == crm.sent
        await working.visit(office.nudged.nudges.pop().to_message(), LONG)

        assert 1 == len(crm.sent)
        assert [asked] == office.nudged.nudges

    @pytest.mark.parametrize(
        "nudge", [b"?", Nudge("gone").to_message()], ids=["another-build's", "not-configured"]
    )
    async def test_unknown(self, office, crm, caplog, nudge):
        """What cannot be worked on is told, and does not come back."""
        await ticker(office, crm).visit(nudge, LONG)

        assert ["nudge.unknown"] == [record.msg for record in caplog.records]

    @pytest.mark.parametrize("fault", [StorageError("table"), RuntimeError("a bug")])
    async def test_fails(self, office, crm, caplog, monkeypatch, fault):
        """What fails is told, and does not come back: a tick tries again."""

        async def fail(*_: str) -> None:
            raise fault

        monkeypatch.setattr(office.state, "get", fail)

        await ticker(office, crm).visit(CRM.to_message(), LONG)

        assert ["lane.failed"] == [record.msg for record in caplog.records]


class TestTick:
    async def test_rings(self, office, crm):
        """A tick that finds a lane held has its visit look everywhere, or a backlog would wait
        there.
        """
        await lane_of(office, Lane("another", NOW + LEASE))

        await ticker(office, crm).tick(LONG)

        assert ALL == office.state.rows[LANE, "crm"][0]["rung"]


class TestWithout:
    async def test_queue_out_of_reach(self, office, crm, caplog):
        """Classifying does not mind that no nudge can be put, and ticks deliver everything."""
        office.nudged = Nudges(OutOfReach(), lambda _: asyncio.sleep(0))
        for number in range(9):
            await office.take(number)

        await ticker(office, crm).tick(LONG)

        assert 9 == len(crm.sent)
        assert [] == office.table.values("due")
        assert 9 == [record.msg for record in caplog.records].count("nudge.failed")


class TestFailing:
    async def test_hour(self, office, crm):
        """While a destination fails for an hour no more than one nudge for it waits, however many
        leads come, whether visits have time or not; all is delivered once it is well.
        """
        working, budgets = ticker(office, crm), cycle([LONG, timedelta(0)])
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        visits = 0
        for number in range(60):
            await office.take(number)
            while office.nudged.nudges:
                [nudge] = office.nudged.nudges
                office.nudged.nudges.clear()
                await working.visit(nudge.to_message(), next(budgets))
                visits += 1
                assert visits < 2 * 60
            for _ in range(2):
                await working.tick(LONG)
                office.now += timedelta(seconds=30)
        crm.answer = lambda _: ACCEPTS
        for _ in range(40):
            await working.tick(LONG)
            office.now += timedelta(minutes=30)

        assert 60 == len({lead for lead, _ in crm.sent})
        assert [] == office.nudged.nudges
        assert ["delivered"] * 60 == [row["state"] for row in office.table.values("delivery")]
