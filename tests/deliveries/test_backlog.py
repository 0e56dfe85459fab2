"""The backlog: what is read of what is due, in which order, and what is known to be left."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leadshare.deliveries.backlog import SHARE, Backlog
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.deliveries.lanes.lane import TRIP, Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.tick import Ticker
from leadshare.store import lease
from leadshare.store.keys import LANE
from leadshare.store.table import Change, Row
from tests.builders import delivery as a_delivery
from tests.deliveries.world import ACCEPTS, LEAD, FakeDestination, a_lead, stood, told
from tests.memory import MemoryTable


class TestDelivers:
    async def test_not_yet(self, world, crm):
        """What is due later is not sent now."""
        await world.owe(LEAD)
        world.now -= timedelta(seconds=1)

        await world.tick(crm)

        assert [] == crm.sent

    async def test_oldest_first(self, world):
        """Over all partitions, what has been due longest goes first."""
        crm = FakeDestination(concurrency=1)
        for number in (5, 3, 9, 1):
            await world.owe(a_lead(number))
            world.now += timedelta(seconds=1)

        await world.tick(crm)

        assert [a_lead(number) for number in (5, 3, 9, 1)] == [lead for lead, _ in crm.sent]


class TestLane:
    async def test_dead_backlog_is_not_read(self, world):
        """While a breaker rests, nothing of its lane's backlog is read."""
        dead = FakeDestination(concurrency=1)
        dead.answer = lambda _: Reply((Deferred("unreachable", counts=False),), failing=True)
        for number in range(30):
            await world.owe(a_lead(number))
        await world.tick(dead)
        world.table.calls = 0

        await world.tick(dead)

        assert 0 == world.table.calls


class TestLinks:
    async def test_linked(self, world):
        """A destination that shows links gets those to the records that others have made."""
        notice, seen = FakeDestination("desk"), list[Mapping[str, str]]()

        def answer(delivery: Delivery) -> Reply:
            seen.append(delivery.links)
            return ACCEPTS

        notice.answer = answer
        for name in ("crm", "other", "unlinked", "desk"):
            await world.owe(LEAD, name)
        made = Reply((Accepted("r 1"),))
        crm, unlinked = FakeDestination("crm"), FakeDestination("unlinked")
        crm.answer = unlinked.answer = lambda _: made
        await world.tick(crm, unlinked)
        world.links = {
            "desk": {
                "crm": "https://crm.example/{}".format,
                "other": "https://other.example/{}".format,
                "unlinked": lambda _: "",
            }
        }

        await world.tick(notice)

        assert [{"crm": "https://crm.example/r 1"}] == seen

    async def test_unread(self, world, crm):
        """For all others nothing is read."""
        await world.owe(LEAD)
        backlog = Backlog(world.table, crm)
        world.table.calls = 0

        assert a_delivery() == await backlog.linked(a_delivery())
        assert 0 == world.table.calls


class TestLookUpWaits:
    async def test_deliveries_first(self, world):
        """Of the same rank, what is to be delivered goes before older look-ups."""
        crm = FakeDestination(look_ups=True, concurrency=1)
        sent_before: list[int] = []

        def find(_: Delivery) -> Reply:
            sent_before.append(len(crm.sent))
            return ACCEPTS

        crm.find = find
        await world.owe(a_lead(1))
        await world.tick(crm)
        world.now += timedelta(minutes=2)
        await world.owe(a_lead(2), stage="nurturing")

        await world.tick(crm)

        assert [2] == sent_before


class TestUrgency:
    async def test_sales_ready_first(self, world):
        """Sales-ready leads go first, however long others have waited."""
        crm = FakeDestination(concurrency=1)
        for number in range(5):
            await world.owe(a_lead(number), stage="nurturing")
        world.now += timedelta(minutes=1)
        await world.owe(a_lead(9), stage="sales_ready")

        await world.tick(crm)

        assert a_lead(9) == crm.sent[0][0]
        assert 6 == len(crm.sent)

    @pytest.mark.parametrize("more", [0, 40])
    async def test_not_yet(self, world, crm, more):
        """What is urgent but not due yet holds up nothing behind it, however much there is of
        it.
        """
        world.now += timedelta(minutes=1)
        for number in range(1 + more):
            await world.owe(a_lead(16 * number), stage="sales_ready")
        world.now -= timedelta(minutes=1)
        await world.owe(a_lead(16 * 99), stage="nurturing")

        await world.tick(crm)

        assert [(a_lead(16 * 99), 1)] == crm.sent


class Counted(MemoryTable):
    """Counts requests to read and what they return."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[int] = []

    async def read(self, *args: Any, **kwargs: Any) -> list[Row]:
        """Return the rows, and note how many."""
        found = await super().read(*args, **kwargs)
        self.reads.append(len(found))
        return found


class TestShare:
    async def test_backlog(self, world, crm):
        """However much waits, a look is a request for each partition, and what it reads leaves."""
        world.table = Counted()
        await world.accepted_before()
        for number in range(3 * SHARE):
            await world.owe(a_lead(16 * number), stage="nurturing")

        await world.tick(crm)

        assert 3 * SHARE == len(crm.sent)
        assert (3 * 16, 3 * SHARE) == (len(world.table.reads), sum(world.table.reads))

    async def test_much_is_urgent(self, world, crm):
        """What is usual is asked for by itself only where so much is urgent that it is hidden."""
        world.table = Counted()
        await world.accepted_before()
        world.now += timedelta(minutes=1)
        for number in range(2 * SHARE):
            await world.owe(a_lead(16 * number), stage="sales_ready")
        world.now -= timedelta(minutes=1)
        await world.owe(a_lead(16 * 99), stage="nurturing")
        await world.owe(a_lead(98), stage="nurturing")

        await world.tick(crm)

        assert [a_lead(98), a_lead(16 * 99)] == sorted(lead for lead, _ in crm.sent)[::-1]
        assert 2 * 17 == len(world.table.reads)

    @pytest.mark.parametrize("failures", [0, 1])
    async def test_unproven(self, world, failures):
        """Of a lane that fails, or never took anything, only as much is read as opens its breaker.

        So many leads are tried, and no more.
        """
        world.table, crm = Counted(), FakeDestination()
        await world.accepted_before(failures=failures) if failures else None
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        for number in range(200):
            await world.owe(a_lead(number))

        await world.tick(crm)

        assert TRIP - failures == len(crm.sent)
        assert (16, 2 * 16) == (len(world.table.reads), sum(world.table.reads))

    async def test_proven(self, world, crm):
        """Once it has taken something, all that is due is read, and leaves in the same tick."""
        for number in range(200):
            await world.owe(a_lead(number))

        await world.tick(crm)

        assert 200 == len(crm.sent)


class TestNoSpin:
    async def test_nothing_can_leave(self, world):
        """Where the budget lets nothing leave before the tick's end, rows are not read over and
        over.
        """
        crm = FakeDestination(rate=Rate(calls=4, seconds=2))
        for number in range(9):
            await world.owe(a_lead(number))
        context = replace(world.ticker(crm).context, pause=asyncio.sleep)
        await Ticker(context, [crm]).tick(timedelta(seconds=0.3))
        world.table.calls = 0

        await Ticker(context, [crm]).tick(timedelta(seconds=0.3))

        assert world.table.calls <= 2 * 16


class TestProbe:
    async def test_nothing_is_read_in_vain(self, world):
        """Where the breaker lets one call probe and the budget none, nothing is read."""
        crm = FakeDestination(rate=Rate(calls=1, seconds=90_000, daily=1))
        await world.owe(LEAD)
        await world.tick(crm)
        opened = replace(world.lane(), failures=TRIP)
        await world.state.write(LANE, [Change("upsert", "crm", lease.to_row(opened))])
        await world.owe(a_lead(2))
        world.table.calls = 0

        await world.tick(crm)

        assert 0 == world.table.calls


class TestTold:
    async def test_lane(self, world, caplog):
        """A line a tick tells how a lane stands: what was left due, since when, the budget left."""
        crm = FakeDestination(rate=Rate(calls=20, seconds=200))
        for number in range(10):
            await world.owe(a_lead(number))
            world.now += timedelta(seconds=1)

        await world.tick(crm)

        [line] = stood(caplog)
        assert 2 == crm.calls
        assert ("closed", False, 0) == (line.breaker, line.stopped, line.left)
        assert (8, 8000, 0, None) == (line.due, line.oldest_ms, line.rests_ms, line.proven_ms)

    async def test_budget_spent(self, world, caplog):
        """Once nothing more may leave, what was read before in the same tick is told."""
        crm = FakeDestination(rate=Rate(calls=1, seconds=3600))
        for number in range(3):
            await world.owe(a_lead(number))

        await world.tick(crm)
        await world.tick(crm)

        assert [2, None] == [line.due for line in stood(caplog)]

    @pytest.mark.parametrize(
        "rate",
        [pytest.param(None, id="unbound"), pytest.param(Rate(calls=1, seconds=7200), id="spent")],
    )
    async def test_too_old(self, world, caplog, rate):
        """What is parked as too old does not wait any more, whatever the budget says."""
        crm = FakeDestination(rate=rate, batch_size=2)
        await world.owe(LEAD)
        world.now += timedelta(days=7, seconds=1)
        await world.owe(a_lead(2))

        await world.tick(crm)

        [parked] = told(caplog, "delivery.parked")
        [line] = stood(caplog)
        assert (LEAD, "too_old") == (parked.lead, parked.reason)
        assert ([(a_lead(2), 1)], 0) == (crm.sent, line.due)

    async def test_disabled(self, world, crm, caplog):
        """Where a lane is disabled, all is parked, each told once, so that nothing is left due."""
        crm.settings.concurrency = 1
        crm.answer = lambda _: Reply((Deferred("gone", counts=False),), 410, gone=True)
        for number in range(6):
            await world.owe(a_lead(number))

        await world.tick(crm)

        [line] = stood(caplog)
        assert (True, "gone", 0, 0) == (line.stopped, line.disabled, line.due, line.oldest_ms)
        parked = [line.lead for line in told(caplog, "delivery.parked")]
        assert [a_lead(number) for number in range(6)] == sorted(parked)

    async def test_probe(self, world, caplog):
        """While one probes, the others that wait behind it are told."""
        crm = FakeDestination()
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        for number in range(5):
            await world.owe(a_lead(number))
        opened = Lane(failures=TRIP)
        await world.state.write(LANE, [Change("insert", "crm", lease.to_row(opened))])
        world.now += timedelta(minutes=1)

        await world.tick(crm)

        [line] = stood(caplog)
        assert (1, 4, 60_000) == (crm.calls, line.due, line.oldest_ms)

    async def test_one_rank_only(self, world, caplog):
        """Where the budget left is for what is urgent, what else waits is unknown: none is not
        told.
        """
        crm = FakeDestination(rate=Rate(calls=45, seconds=20_000))
        for number in range(9):
            await world.owe(a_lead(number), stage="nurturing")

        for _ in range(2):
            await world.tick(crm)

        first, second = stood(caplog)
        assert (3, 6, None) == (crm.calls, first.due, second.due)
        assert first.left == second.left == 1

    async def test_unread(self, world, caplog):
        """What a lane at rest has due is not read, so it is not told, but that it rests is."""
        crm = FakeDestination(concurrency=1)
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        for number in range(12):
            await world.owe(a_lead(number))
        await world.tick(crm)
        caplog.clear()

        await world.tick(crm)

        [line] = stood(caplog)
        assert (None, None, True, "open") == (line.due, line.oldest_ms, line.stopped, line.breaker)
        assert (30_000, None) == (line.rests_ms, line.left)

    async def test_nothing_due(self, world, crm, caplog):
        """Where all that was due has been sent, none is left and nothing waits; what is found is
        told.
        """
        crm.look_ups = True
        await world.owe(LEAD)
        await world.tick(crm)
        world.now += timedelta(minutes=2)
        await world.tick(crm)

        first, second = stood(caplog)
        assert [(0, 0)] * 2 == [(line.due, line.oldest_ms) for line in (first, second)]
        assert (None, 0) == (first.proven_ms, second.proven_ms)
