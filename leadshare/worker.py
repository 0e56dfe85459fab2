"""Use case: work off one destination's lane: take it, send what is due, let it go."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from leadshare.core import lane as lanes
from leadshare.core import ledger
from leadshare.core.delivery import TOO_OLD, Accepted, Deferred, Delivery, Reply, State
from leadshare.core.lane import Lane, Rate
from leadshare.core.ledger import Attempt
from leadshare.core.rows import (
    PARTITIONS,
    Change,
    Row,
    Table,
    index_key,
    put,
)
from leadshare.core.times import END
from leadshare.errors import Conflict, Unexpected
from leadshare.finish import Finish, write_down

log = logging.getLogger("leadshare.worker")

LANE: Final = "lane"
"""The partition of the lanes' rows, in a table of their own."""

ROUND: Final = timedelta(seconds=5)
"""How long deliveries are sent before they are finished; a crash repeats that much at most."""

MOST: Final = 512
"""Due rows that a round reads at most: of each partition as many as one transaction finishes."""


class DestinationSettings(Protocol):
    @property
    def schedule(self) -> tuple[float, ...]: ...
    @property
    def timeout(self) -> float: ...
    @property
    def concurrency(self) -> int: ...
    @property
    def rate(self) -> Rate | None: ...


class Destination(Protocol):
    """What the tick needs of a destination."""

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> DestinationSettings: ...
    @property
    def batch_size(self) -> int: ...
    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What a process works with; `holder` names it in leases."""

    table: Table
    lanes: Table
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    holder: str
    lease: timedelta
    """How long a holder that died keeps others out of a lane; longer than any call may take."""


@dataclass(slots=True)
class Worker:
    """Works off one lane until `end`, in the event loop's time."""

    means: Means
    destination: Destination
    end: float
    lane: Lane = field(default_factory=Lane)
    etag: str = ""
    tally: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def work(self) -> None:
        """Take the lane, work it off, and let it go; whoever holds it already, keeps it."""
        if not await self._take():
            return
        try:
            while self._may_go_on() and await self._round():
                await self._save(self.lane)
        except Conflict:
            # The lease ran out and another took the lane; what we finished is finished.
            log.warning("lane.lost", extra=_facts(self.destination))
            return
        await self._save(lanes.release(self.lane))

    async def _take(self) -> bool:
        row = await self.means.lanes.get(LANE, self.destination.name)
        now = self.means.clock()
        lane = lanes.from_row(row.values) if row else Lane()
        taken = lanes.take(lane, self.means.holder, now, self.means.lease)
        if taken is None:
            return False
        change = put(row, self.destination.name, lanes.to_row(taken))
        try:
            [self.etag] = await self.means.lanes.write(LANE, [change])
        except Conflict:
            return False
        self.lane = taken
        return True

    async def _save(self, lane: Lane) -> None:
        """Write the lane, its lease renewed if it is still held; `Conflict` if it is lost."""
        if lane.holder:
            lane = lanes.renew(lane, self.means.clock(), self.means.lease)
        change = Change("replace", self.destination.name, lanes.to_row(lane), self.etag)
        [self.etag] = await self.means.lanes.write(LANE, [change])
        self.lane = lane

    def _may_go_on(self) -> bool:
        return asyncio.get_running_loop().time() < self.end

    async def _round(self) -> bool:
        """Work off some of what is due; say whether there may be more to do now."""
        now = self.means.clock()
        allowed = lanes.calls_allowed(self.lane, self.destination.settings.rate, now)
        if self.lane.disabled:
            # Whatever is due at any time, for no time will come.
            rows = await self._due(END, MOST)
            return await self._park(rows, "destination_disabled")
        if not allowed or lanes.rests_until(self.lane) > now:
            return False
        rows = await self._due(now, min(allowed * self.destination.batch_size, MOST))
        old = [row for row in rows if now - ledger.owed_since(row) > TOO_OLD]
        fresh = [row for row in rows if now - ledger.owed_since(row) <= TOO_OLD]
        await self._park(old, "too_old")
        done = await self._send(fresh)
        finishes = [Finish(row.partition, one, self._changes(row, one)) for row, one in done]
        await write_down(self.means.table, finishes)
        return bool(rows)

    async def _due(self, now: datetime, most: int) -> list[Row]:
        """Return the rows due by *now*, oldest first, at most *most*."""
        name = self.destination.name
        start = f"{State.DUE}|{name}|"
        end = index_key(State.DUE, name, now, "~")
        share = most // len(PARTITIONS) + 1
        reads = (self.means.table.read(p, start, end, limit=share) for p in PARTITIONS)
        rows = [row for rows in await asyncio.gather(*reads) for row in rows]
        return sorted(rows, key=lambda row: row.key)[:most]

    async def _send(self, rows: Sequence[Row]) -> list[tuple[Row, Attempt]]:
        """Send *rows* in the destination's batches, several at once, for a round's time."""
        done: list[tuple[Row, Attempt]] = []
        size = self.destination.batch_size
        batches = iter([rows[start : start + size] for start in range(0, len(rows), size)])
        stop = min(self.end, asyncio.get_running_loop().time() + ROUND.total_seconds())
        at_once = min(self.destination.settings.concurrency, len(rows))
        await asyncio.gather(*(self._drain(batches, stop, done) for _ in range(at_once)))
        return done

    async def _drain(
        self, batches: Iterator[Sequence[Row]], stop: float, done: list[tuple[Row, Attempt]]
    ) -> None:
        for batch in batches:
            if asyncio.get_running_loop().time() >= stop or not self._may_call():
                return
            now = self.means.clock()
            self.lane = lanes.spend(self.lane, self.destination.settings.rate, now)
            done += await self._call(batch, now)

    def _may_call(self) -> bool:
        """Say whether a call may leave: lane at rest or not, and a lease that outlasts it."""
        now = self.means.clock()
        timeout = timedelta(seconds=self.destination.settings.timeout)
        rate = self.destination.settings.rate
        return (
            not self.lane.disabled
            and lanes.rests_until(self.lane) <= now
            and lanes.calls_allowed(self.lane, rate, now) > 0
            and self.lane.leased_until - now > timeout
        )

    async def _call(self, batch: Sequence[Row], now: datetime) -> list[tuple[Row, Attempt]]:
        deliveries = [ledger.to_delivery(row) for row in batch]
        started = asyncio.get_running_loop().time()
        reply = await self._deliver(deliveries, now)
        took = round((asyncio.get_running_loop().time() - started) * 1000)
        self.lane = lanes.after(self.lane, reply, self.means.clock())
        attempts = [
            Attempt(delivery, outcome, now, reply.status, took)
            for delivery, outcome in zip(deliveries, reply.outcomes, strict=True)
        ]
        for attempt in attempts:
            self._tell(attempt)
        return list(zip(batch, attempts, strict=True))

    async def _deliver(self, deliveries: list[Delivery], now: datetime) -> Reply:
        """Call the destination; where it breaks on a batch, each record goes alone."""
        try:
            return await self.destination.deliver(deliveries, now)
        except Exception as error:  # noqa: BLE001 - a bug of one destination, told and deferred
            fault = str(Unexpected.of(error))
        log.error("delivery.crashed", extra=_facts(self.destination, fault=fault))
        if len(deliveries) == 1:
            return Reply((Deferred("crashed"),))
        alone = [await self._deliver([delivery], now) for delivery in deliveries]
        return Reply(tuple(outcome for reply in alone for outcome in reply.outcomes))

    def _changes(self, row: Row, attempt: Attempt) -> list[Change]:
        schedule = self.destination.settings.schedule
        not_before = self.lane.held_until
        return ledger.finish(row, attempt, schedule, not_before, self.means.chance())

    async def _park(self, rows: Sequence[Row], reason: str) -> bool:
        """Park *rows* without sending them; say whether there were any."""
        for row in rows:
            try:
                changes = ledger.park(row, reason, self.means.clock())
                await self.means.table.write(row.partition, changes)
            except Conflict:
                continue  # Somebody changed it; the next round sees it as it is.
            self.tally[reason] += 1
            log.warning("delivery.parked", extra=_facts(self.destination, reason=reason))
        return bool(rows)

    def _tell(self, attempt: Attempt) -> None:
        """Log one wide line for an attempt."""
        outcome, delivery = attempt.outcome, attempt.delivery
        kind = type(outcome).__name__.lower()
        self.tally[kind] += 1
        log.info(
            "delivery.attempted",
            extra=_facts(
                self.destination,
                lead=delivery.lead,
                version=delivery.version,
                attempt=delivery.attempts + 1,
                outcome=kind,
                reason="" if isinstance(outcome, Accepted) else outcome.reason,
                status=attempt.status,
                milliseconds=attempt.milliseconds,
                owed_ms=round((attempt.at - delivery.owed_since).total_seconds() * 1000),
            ),
        )


def _facts(destination: Destination, **facts: Any) -> dict[str, Any]:
    return {"destination": destination.name, **facts}
