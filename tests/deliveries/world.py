"""A table with its lanes and a clock, and a destination that answers as a test says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.client.counting import count_one
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Delivery, Reply
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.ledger.story import NO_STORY
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.store.keys import LANE, delivery_key, lead_key, partition_of
from leadshare.store.lease import read_row, to_row
from leadshare.store.table import Change, to_json
from tests.builders import IDENTITY, NOW, Nudged, record, visit_ids
from tests.memory import MemoryTable

LEASE = timedelta(seconds=60)

ACCEPTS = Reply((Accepted("r1"),), 200)


def a_lead(number: int) -> str:
    """A lead id in a partition of its own for small numbers."""
    return f"{number % 16:x}{number:031x}-{number:016x}"


class FakeDestination:
    """Answers by a function of the delivery, and remembers what it was sent."""

    def __init__(self, name: str = "crm", *, batch_size: int = 1, **settings: Any) -> None:
        self.name, self.batch_size = name, batch_size
        self.rate: Rate | None = settings.pop("rate", None)
        self.look_ups = settings.pop("look_ups", False)
        defaults = {"schedule": SCHEDULE, "timeout": 30.0, "concurrency": 4, "follows_up": True}
        self.settings: Any = SimpleNamespace(**(defaults | settings))
        self.sent: list[tuple[str, int]] = []
        self.checked: list[str] = []
        self.calls = 0
        self.needs = 1
        self.find: Callable[[Delivery], Reply] = lambda _: ACCEPTS
        self.answer: Callable[[Delivery], Reply] = lambda _: ACCEPTS
        self.before: Callable[[], Awaitable[None]] | None = None

    def looks_up(self, _lead: str) -> bool:
        """All that it accepts is read back, or nothing."""
        return bool(self.look_ups)

    async def look_up(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
        """Look records up as the test says."""
        del now
        self.checked += [delivery.lead for delivery in deliveries]
        replies = [self.find(delivery) for delivery in deliveries]
        outcomes = tuple(outcome for reply in replies for outcome in reply.outcomes)
        return replace(replies[0], outcomes=outcomes)

    async def carry_out(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
        """Carry steps out as the test says."""
        return await self.deliver(deliveries, now)

    async def forget(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
        """Take persons out as the test says."""
        return await self.deliver(deliveries, now)

    async def deliver(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
        """Let something else happen first, once, if the test says so; then answer."""
        del now
        self.calls += 1
        for _ in range(self.needs):
            count_one()
        if self.before is not None:
            before, self.before = self.before, None
            await before()
        self.sent += [(delivery.lead, delivery.version) for delivery in deliveries]
        replies = [self.answer(delivery) for delivery in deliveries]
        outcomes = tuple(outcome for reply in replies for outcome in reply.outcomes)
        return replace(replies[0], outcomes=outcomes)


class World:
    """A table, its lanes and a clock that moves when told."""

    def __init__(self) -> None:
        self.table, self.state, self.now = MemoryTable(), MemoryTable(), NOW
        self.nudged = Nudged()
        self.links: dict[str, dict[str, Callable[[str], str]]] = {}

    def ticker(self, *destinations: FakeDestination, holder: str = "h") -> Ticker:
        """A process's ticker."""
        context = WorkerContext(
            self.table,
            self.state,
            lambda: self.now,
            lambda: 0.0,
            visit_ids(holder),
            LEASE,
            self.nudged,
            IDENTITY.index_name,
            links=self.links,
        )
        return Ticker(context, destinations)

    async def tick(self, *destinations: FakeDestination, holder: str = "h") -> None:
        """Run one tick with more than enough time."""
        await self.ticker(*destinations, holder=holder).tick(timedelta(seconds=30))
        self.check()

    def check(self) -> None:
        """Each delivery is in one state, with the index row of that state and no other."""
        indexed = {
            (row["lead"], row["destination"]): (state, row["version"], row["sent"])
            for state in ("due", "parked")
            for row in self.table.values(state)
            if row["kind"] == "deliver"
        }
        for row in self.table.values("delivery"):
            found = indexed.pop((row["lead"], row["destination"]), None)
            open_ = row["state"] in {"due", "parked"}
            assert found == ((row["state"], row["wanted"], row["sent"]) if open_ else None)
            assert (row["state"] == "delivered") == (row["sent"] == row["wanted"])
        assert indexed == {}

    async def owe(
        self,
        lead: str,
        destination: str = "crm",
        version: int = 1,
        trace: str = "",
        **changes: Any,
    ) -> None:
        """Owe a version of a lead, as classify does."""
        partition = partition_of(lead)
        before = await self.table.get(partition, delivery_key(lead, destination))
        told = record(lead=lead, version=version, **changes)
        values = {"lead": lead, "version": version, "record": to_json(told), "story": NO_STORY}
        await self.table.write(
            partition,
            [
                Change("upsert", lead_key(lead), values),
                *ledger.owe(before, lead, destination, told, self.now, trace=trace),
            ],
        )

    async def accepted_before(self, **lane: Any) -> None:
        """Let the destination have taken leads before, so that as many are read as may leave."""
        there = Lane(accepted_at=self.now, **lane)
        await self.state.write(LANE, [Change("insert", "crm", to_row(there))])

    async def lose_the_lane(self) -> None:
        """Take the lane, as another process does once the lease has run out."""
        row = await self.state.get(LANE, "crm")
        assert row
        taken = {**row.values, "holder": "another"}
        await self.state.write(LANE, [Change("replace", "crm", taken)])

    async def overtake(self, other: FakeDestination) -> None:
        """Let another process take the lane, once its lease has run out, and work it off."""
        self.now += LEASE * 2
        await self.tick(other, holder="other")

    def delivery(self, lead: str, destination: str = "crm") -> dict[str, Any]:
        """A delivery's row as it is."""
        return self.table.rows[partition_of(lead), delivery_key(lead, destination)][0]

    def lane(self, destination: str = "crm") -> Lane:
        """A lane as it is."""
        return read_row(Lane, self.state.rows[LANE, destination][0])


LEAD = a_lead(1)


def stood(caplog: pytest.LogCaptureFixture, name: str = "crm") -> list[SimpleNamespace]:
    """How each tick told that a lane stood."""
    return [SimpleNamespace(**line.lanes[name]) for line in told(caplog, "tick.done")]


def told(caplog: pytest.LogCaptureFixture, event: str) -> list[Any]:
    """The lines of one event."""
    return [record for record in caplog.records if record.msg == event]
