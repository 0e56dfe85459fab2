"""Bench: a long queue before a CRM that throttles, on a clock of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from leadshare.deliveries import ledger
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import Unexpected
from leadshare.store.keys import delivery_key, partition_of
from tests.bench import due
from tests.bench.alone import alone
from tests.bench.report import Figure, Target
from tests.builders import IDENTITY, NOW, Nudged, visit_ids
from tests.destinations.simulators.marketo import Account
from tests.memory import MemoryTable

QUEUED: Final = 10_000
WINDOW: Final = 20.0
"""Seconds of Marketo's window: 100 calls, from all integrations together."""

CALL: Final = 0.3
"""Seconds that a call takes, on the clock of this benchmark."""

OTHERS: Final = 45
"""Calls in a window that other integrations make."""

LONGEST: Final = 300.0
"""Seconds after which enough was seen, though the queue is longer."""

READY_EVERY: Final = 7.0
"""Seconds between the sales-ready leads that come while the queue is worked off."""


def limits() -> Iterator[Figure]:
    """Throttled calls and sales-ready waits, in full batches and one lead a call."""
    for name, size in (("full batches", 300), ("one lead a call", 1)):
        told = alone(measure, size=size)
        yield Figure(
            f"throttled, {name}",
            f"{told['throttled']:,} of {told['calls']:,} calls",
            f"{QUEUED:,} leads queued, {told['seconds']:,.0f} s",
            told["throttled"],
            Target("at most", 0),
            told,
        )
        yield Figure(
            f"sales-ready wait, {name}",
            f"{told['longest_wait']:.1f} s at most, of {told['ready']}",
            f"one window of {WINDOW:.0f} s",
            told["longest_wait"] / WINDOW,
            Target("at most", 1),
        )


class _EnoughError(BaseException):
    """Enough was seen: no fault of a destination, which would only be put off."""


class _World:
    """Tables, a clock that moves only by calls and pauses, and Marketo with its limit."""

    def __init__(self, size: int) -> None:
        self.table, self.now = MemoryTable(), NOW
        self.marketo = Account(clock=self._seconds, limit=(100 - OTHERS, WINDOW))
        handle = self.marketo.handle

        def slow(request: Any) -> Any:
            self.now += timedelta(seconds=CALL)
            return handle(request)

        setattr(self.marketo, "handle", slow)  # noqa: B010 - a method, replaced for this one
        self.crm: Any = self.marketo.destination(concurrency=1)
        setattr(self.crm, "batch_size", size)  # noqa: B010 - the class's, for this one
        self.ready: dict[str, datetime] = {}
        self.waits: list[float] = []
        self.next_ready = NOW

    def _seconds(self) -> float:
        return self.now.timestamp()

    async def pause(self, seconds: float) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def owe(self, record: Any) -> None:
        """Owe a record, as classify does."""
        partition = partition_of(record["lead"])
        before = await self.table.get(partition, delivery_key(record["lead"], "crm"))
        await self.table.write(
            partition, ledger.owe(before, record["lead"], "crm", record, self.now)
        )

    async def deliver(self, deliveries: Any, now: datetime) -> Any:
        """Hand over; note how long sales-ready leads waited, and let one more come at times."""
        if self.now > NOW + timedelta(seconds=LONGEST):
            raise _EnoughError
        for delivery in deliveries:
            if delivery.lead in self.ready:
                waited = self.now - self.ready.pop(delivery.lead)
                self.waits.append(waited.total_seconds())
        reply = await type(self.crm).deliver(self.crm, deliveries, now)
        if self.now >= self.next_ready:
            self.next_ready = self.now + timedelta(seconds=READY_EVERY)
            await self._one_more()
        return reply

    async def _one_more(self) -> None:
        [record] = due.records(1, self.now, first=1_000_000 + len(self.waits) + len(self.ready))
        lead = f"{uuid4().hex}-{record['lead'].partition('-')[2]}"
        self.ready[lead] = self.now
        email = f"ready{len(self.waits)}@fabrikam.example"
        await self.owe(record | {"lead": lead, "stage": "sales_ready", "email": email})


async def measure(size: int) -> dict[str, float]:
    """Work the queue off tick by tick; return what was throttled and how long leads waited."""
    logging.disable()
    world = _World(size)
    for record in due.records(QUEUED, NOW):
        email = f"{record['lead'][:16]}@fabrikam.example"
        await world.owe(record | {"stage": "nurturing", "email": email})
    world.crm.settings = world.crm.settings.model_copy(
        update={"look_ups": 0.0, "rate": Rate(calls=45, seconds=WINDOW)}
    )
    world.crm.deliver = world.deliver
    context = WorkerContext(
        world.table,
        MemoryTable(),
        lambda: world.now,
        lambda: 0.0,
        visit_ids(),
        timedelta(hours=9),
        Nudged(),
        IDENTITY.index_name,
        pause=world.pause,
    )
    with suppress(Unexpected):
        while world.table.values("due"):
            await Ticker(context, [world.crm]).tick(timedelta(minutes=5))
            world.now += timedelta(seconds=5)
    return {
        "throttled": world.marketo.throttles,
        "calls": world.marketo.writes,
        "seconds": (world.now - NOW).total_seconds(),
        "ready": len(world.waits),
        "longest_wait": max(world.waits, default=0.0),
    }
