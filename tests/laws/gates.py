"""Calls that wait at gates until a test lets them through, and a system that misbehaves as told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from leadshare.deliveries.delivery import (
    SCHEDULE,
    Accepted,
    Deferred,
    Delivery,
    Outcome,
    Rejected,
    Reply,
)
from leadshare.deliveries.lanes.rate import Rate
from leadshare.reason import Reason
from leadshare.store.table import Change, Row
from tests.memory import MemoryTable

LEASE = timedelta(seconds=60)


STRANDS = 3
"""Deliveries in flight at once, for races within a lane."""


class Gates:
    """Holds every call to the outside until the test lets it through, or never does."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, asyncio.Future[None]]] = []
        self.over = False

    async def pass_(self, host: str) -> None:
        """Wait to be let through; once all is over, what still wants to pass ends at once."""
        if self.over:
            raise asyncio.CancelledError
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((host, future))
        await future


class GatedTable(MemoryTable):
    """A table whose answers and requests wait at the gates of one host."""

    def __init__(self, shared: MemoryTable, gates: Gates, host: str) -> None:
        super().__init__()
        self._shared, self._gates, self._host = shared, gates, host

    async def get(self, partition: str, key: str) -> Row | None:
        await self._gates.pass_(self._host)
        return await self._shared.get(partition, key)

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        return await self._shared.read(partition, start, end, **narrow)

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        await self._gates.pass_(self._host)
        etags = await self._shared.write(partition, changes)
        # Written, and not yet known to be: a crash in between is the one that matters.
        await self._gates.pass_(self._host)
        return etags


@dataclass
class Sink:
    """A follow-up system that keeps what it is told last, and misbehaves as it is told."""

    arrivals: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    told: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By lead: the touches of which it was told, each of which it knows by its id."""
    mood: str = "good"

    def take(self, deliveries: Sequence[Delivery]) -> Reply:
        """Take or refuse a call, by mood."""
        taken: tuple[Outcome, ...] = ()
        if self.mood in ("good", "drops", "forgets"):
            taken = tuple(map(self._write, deliveries))
        count = len(deliveries)
        return {
            "good": Reply(taken, 200),
            "forgets": Reply(taken, 200),
            "drops": Reply((Deferred("timeout"),) * count, failing=True),
            "refuses": Reply((Deferred("http_503"),) * count, 503, failing=True),
            "rejects": Reply((Rejected("bad"),) * count, 400),
            "throttles": Reply((Deferred("throttled", counts=False),) * count, 429, LEASE),
            "unreachable": Reply((Deferred("unreachable", counts=False),) * count, failing=True),
            "breaks": Reply((Deferred("crashed"),) * count),
            "gone": Reply((Deferred("gone", counts=False),) * count, 410, gone=True),
        }[self.mood]

    def _write(self, delivery: Delivery) -> Outcome:
        """Take a record, perhaps only to lose it where it is new; an update needs one, as CRMs do.

        What an update tells is the touches since, so that a record made of it would lack the first.
        """
        there = bool(self.arrivals[delivery.lead])
        if delivery.sent and not there:
            return Rejected(Reason.DELETED_IN_CRM)
        if there or self.mood != "forgets":
            self.arrivals[delivery.lead].append(dict(delivery.record))
            self.told[delivery.lead] |= {entry["touch"] for entry in delivery.entries}
        return Accepted("r")

    def find(self, deliveries: Sequence[Delivery]) -> Reply:
        """Say whether what was accepted is there."""
        if self.mood not in {"good", "drops", "rejects", "forgets"}:
            return Reply((Deferred("http_503"),) * len(deliveries), 503, failing=True)
        held = {lead: records[-1]["version"] for lead, records in self.arrivals.items() if records}
        return Reply(
            tuple(
                Accepted("r")
                if held.get(d.lead, 0) >= d.sent
                else Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)
                for d in deliveries
            )
        )


@dataclass
class Destination:
    """One destination as one host calls it."""

    name: str
    sink: Sink
    gates: Gates
    host: str
    in_flight: list[tuple[str, Sequence[Delivery]]]
    batch_size: int = 2
    settings: Any = field(
        default_factory=lambda: SimpleNamespace(
            schedule=SCHEDULE, timeout=30.0, concurrency=STRANDS, follows_up=True
        )
    )
    rate: Rate | None = None

    def looks_up(self, _lead: str) -> bool:
        """Only the CRM is asked whether it has what it accepted."""
        return self.name == "crm"

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Look records up."""
        del now
        await self.gates.pass_(self.host)
        reply = self.sink.find(deliveries)
        await self.gates.pass_(self.host)
        return reply

    async def carry_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Carry steps out."""
        return await self.deliver(deliveries, now)

    async def forget(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Take persons out."""
        return await self.deliver(deliveries, now)

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Let the request leave, arrive and be answered, each when the test says so."""
        del now
        call = (self.host, deliveries)
        self.in_flight.append(call)
        await self.gates.pass_(self.host)
        self.in_flight.remove(call)
        if self.sink.mood == "breaks":
            raise ValueError(deliveries[0].record)
        reply = self.sink.take(deliveries)
        await self.gates.pass_(self.host)
        return reply
