"""Sending: in batches, as the rest, the budget and the probe of a lane let it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from leadshare.deliveries.delivery import Deferred, Delivery, Rejected, Reply
from leadshare.deliveries.lanes.lane import SHORTEST_REST, TRIP, Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.tick import Ticker
from leadshare.store import lease
from leadshare.store.keys import LANE
from leadshare.store.table import Change
from leadshare.times import to_text
from tests.builders import NOW
from tests.deliveries.world import ACCEPTS, LEAD, FakeDestination, a_lead, stood


class TestDelivers:
    async def test_batches(self, world):
        """Deliveries go in the destination's own batches, each record with its own outcome."""
        crm = FakeDestination(batch_size=10)
        bad = a_lead(7)
        crm.answer = lambda d: Reply((Rejected("bad"),)) if d.lead == bad else ACCEPTS
        for number in range(25):
            await world.owe(a_lead(number))

        await world.tick(crm)

        states = [world.delivery(a_lead(number))["state"] for number in range(25)]
        assert 3 == crm.calls
        assert ["parked" if number == 7 else "delivered" for number in range(25)] == states


class TestFails:
    async def test_throttled(self, world):
        """A 429 holds the whole lane for as long as it asks, and uses up no attempt."""
        crm = FakeDestination(concurrency=1)
        for number in range(3):
            await world.owe(a_lead(number))
        hold = timedelta(seconds=90)
        crm.answer = lambda _: Reply((Deferred("throttled", counts=False),), 429, hold)

        await world.tick(crm)
        assert 1 == len(crm.sent)
        assert to_text(world.now + hold) == world.delivery(crm.sent[0][0])["next"]
        world.now += hold - timedelta(seconds=1)
        await world.tick(crm)
        assert 1 == len(crm.sent)
        crm.answer = lambda _: ACCEPTS
        world.now += timedelta(seconds=1)
        await world.tick(crm)

        assert {"delivered"} == {world.delivery(a_lead(n))["state"] for n in range(3)}
        assert 1 == world.delivery(a_lead(0))["attempts"]


class TestLane:
    async def test_breaker(self, world):
        """Five failing calls open the breaker; after its rest one call probes; success closes
        it.
        """
        crm = FakeDestination(concurrency=1)
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        for number in range(12):
            await world.owe(a_lead(number))

        await world.tick(crm)
        assert 5 == crm.calls
        await world.tick(crm)
        assert 5 == crm.calls
        world.now += SHORTEST_REST
        await world.tick(crm)
        assert 6 == crm.calls
        world.now += SHORTEST_REST * 2
        crm.answer = lambda _: ACCEPTS
        await world.tick(crm)

        assert {"delivered"} == {world.delivery(a_lead(n))["state"] for n in range(6, 12)}
        assert "closed" == world.lane().breaker

    async def test_lease_must_outlast_the_call(self, world):
        """No call leaves that could still be on its way when the lease has run out."""
        crm = FakeDestination(concurrency=1)
        for number in range(3):
            await world.owe(a_lead(number))

        left = []

        def slow(_: Delivery) -> Reply:
            left.append(world.lane().leased_until - world.now)
            world.now += timedelta(seconds=31)
            return ACCEPTS

        crm.answer = slow

        await world.tick(crm)

        assert 3 == len(left)
        assert min(left) > timedelta(seconds=crm.settings.timeout)

    async def test_rate(self, world):
        """A rate budget is kept over ticks, and waiting for it uses up no attempt."""
        crm = FakeDestination(rate=Rate(calls=20, seconds=2000))
        for number in range(10):
            await world.owe(a_lead(number))

        await world.tick(crm)
        assert 2 == crm.calls
        await world.tick(crm)
        assert 2 == crm.calls
        world.now += timedelta(seconds=200)
        await world.tick(crm)

        assert 3 == crm.calls
        assert {0, 1} == {world.delivery(a_lead(n))["attempts"] for n in range(10)}


class TestBudget:
    async def test_requests_count(self, world):
        """A call that needs three requests costs three of the budget."""
        rate = Rate(calls=60, seconds=60000)
        cheap = FakeDestination("cheap", rate=rate, concurrency=1)
        dear = FakeDestination("dear", rate=rate, concurrency=1)
        dear.needs = 3
        for number in range(9):
            await world.owe(a_lead(number), "cheap")
            await world.owe(a_lead(number), "dear")

        await world.tick(cheap, dear)

        assert (6, 2) == (cheap.calls, dear.calls)

    async def test_requests_of_earlier_ticks(self, world):
        """What left in earlier ticks of the same process is not counted again."""
        crm = FakeDestination(rate=Rate(calls=900, seconds=60000, daily=900))
        crm.needs = 2
        for number in range(3):
            await world.owe(a_lead(number))
            await world.tick(crm)

        assert (3, 6) == (crm.calls, world.lane().today)

    async def test_calls_that_leave_together(self, world):
        """Calls in flight count before they are answered: no more leave at once than may."""
        started: list[datetime] = []

        class Slow(FakeDestination):
            async def deliver(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
                started.append(now)
                await asyncio.sleep(0.02)
                return await super().deliver(deliveries, now)

        async def pause(seconds: float) -> None:
            world.now += timedelta(seconds=seconds)

        crm = Slow(rate=Rate(calls=20, seconds=20), concurrency=6)
        for number in range(6):
            await world.owe(a_lead(number))
        context = replace(world.ticker(crm).context, pause=pause)

        await Ticker(context, [crm]).tick(timedelta(seconds=30))

        assert (2, 6) == (started.count(NOW), len(started))


class TestPace:
    async def test_goes_on(self, world):
        """A tick waits for its budget and goes on, rather than leave the rest to the next one."""
        crm = FakeDestination(rate=Rate(calls=45, seconds=20), concurrency=3)
        for number in range(30):
            await world.owe(a_lead(number))
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)
            world.now += timedelta(seconds=seconds)

        context = replace(world.ticker(crm).context, pause=pause)
        await Ticker(context, [crm]).tick(timedelta(seconds=30))

        assert 30 == crm.calls
        assert pauses
        assert max(pauses) < 1

    async def test_ends(self, world):
        """What the budget lets leave only after the tick is left due."""
        crm = FakeDestination(rate=Rate(calls=4, seconds=4000))
        for number in range(5):
            await world.owe(a_lead(number))

        await world.tick(crm)

        assert 2 == crm.calls
        assert 3 == len(world.table.values("due"))


class TestUrgency:
    async def test_reserved(self, world):
        """Leads that are not sales-ready never use up the budget: the next sales-ready one
        leaves.
        """
        crm = FakeDestination(rate=Rate(calls=45, seconds=20000), concurrency=1)
        for number in range(20):
            await world.owe(a_lead(number), stage="nurturing")
        await world.tick(crm)
        before = len(crm.sent)
        await world.owe(a_lead(99), stage="sales_ready")

        await world.tick(crm)

        assert before < 20
        assert [a_lead(99)] == [lead for lead, _ in crm.sent[before:]]


class TestLongCall:
    async def test_broken_off(self, world):
        """A call of many requests is broken off before another holder may take the lane."""
        crm = FakeDestination(timeout=0.01)
        crm.before = lambda: asyncio.sleep(10)
        await world.owe(LEAD)
        context = replace(world.ticker(crm).context, lease=timedelta(seconds=0.05))

        await Ticker(context, [crm]).tick(timedelta(seconds=5))

        assert ("due", "timeout") == (world.delivery(LEAD)["state"], world.delivery(LEAD)["reason"])
        assert 1 == world.lane().failures


class TestProbe:
    async def test_one_at_a_time(self, world):
        """A lane whose breaker is half open sends one batch, whatever kinds and ranks are due."""
        crm = FakeDestination(batch_size=10)
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        crm.before = lambda: asyncio.sleep(0.01)
        for number in range(3):
            await world.owe(a_lead(number), stage="nurturing")
        await world.owe(a_lead(3))
        opened = replace(Lane(), failures=TRIP)
        await world.state.write(LANE, [Change("insert", "crm", lease.to_row(opened))])

        await world.tick(crm)

        assert [(a_lead(3), 1)] == crm.sent
        assert TRIP + 1 == world.lane().failures

    async def test_delivery_before_look(self, world):
        """A delivery probes before older look-ups, which may fail for ever."""
        crm = FakeDestination(look_ups=True)
        await world.owe(a_lead(1))
        await world.tick(crm)
        opened = replace(world.lane(), failures=TRIP)
        await world.state.write(LANE, [Change("upsert", "crm", lease.to_row(opened))])
        world.now += timedelta(minutes=2)
        await world.owe(a_lead(2), stage="nurturing")
        crm.find = lambda _: Reply((Deferred("http_403"),), 403, failing=True)

        await world.tick(crm)

        assert [(a_lead(1), 1), (a_lead(2), 1)] == crm.sent
        assert [a_lead(1)] == crm.checked

    async def test_look_ups_are_not_waiting(self, world, caplog):
        """Look-ups that wait behind the one that probes are no deliveries that wait."""
        crm = FakeDestination(look_ups=True)
        for number in range(3):
            await world.owe(a_lead(number))
        await world.tick(crm)
        opened = replace(world.lane(), failures=TRIP)
        await world.state.write(LANE, [Change("upsert", "crm", lease.to_row(opened))])
        world.now += timedelta(minutes=2)
        crm.find = lambda _: Reply((Deferred("http_403"),), 403, failing=True)
        caplog.clear()

        await world.tick(crm)

        assert (1, [0]) == (len(crm.checked), [line.due for line in stood(caplog)])

    async def test_look_where_nothing_else_is_due(self, world):
        """Where nothing is to be delivered, a look-up probes."""
        crm = FakeDestination(look_ups=True)
        await world.owe(a_lead(1))
        await world.tick(crm)
        opened = replace(world.lane(), failures=TRIP)
        await world.state.write(LANE, [Change("upsert", "crm", lease.to_row(opened))])
        world.now += timedelta(minutes=2)

        await world.tick(crm)

        assert [a_lead(1)] == crm.checked
        assert "closed" == world.lane().breaker
