"""Use case: carry out what is due, destination by destination, and leave the rest due."""

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
    delivery_key,
    index_key,
    lead_key,
    put,
)
from leadshare.core.times import END
from leadshare.errors import Conflict, StorageError, Unexpected

log = logging.getLogger("leadshare.tick")

LANE: Final = "lane"
"""The partition of the lanes' rows, in a table of their own."""

ROUND: Final = timedelta(seconds=5)
"""How long deliveries are sent before they are finished; a crash repeats that much at most."""

MOST: Final = 320
"""Due rows that a round reads at most."""

TRANSACTION: Final = 100
TRIES: Final = 8


class _Settings(Protocol):
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
    def settings(self) -> _Settings: ...
    @property
    def batch_size(self) -> int: ...
    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Ticker:
    """Works off all lanes; `holder` names this process in their leases."""

    table: Table
    lanes: Table
    destinations: Sequence[Destination]
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    holder: str
    lease: timedelta
    """How long a holder that died keeps others out of a lane; longer than any call may take."""

    async def tick(self, budget: timedelta) -> None:
        """Deliver what is due until nothing is, or until *budget* is spent.

        Raises the first `StorageError` once all other lanes have been worked off.
        """
        end = asyncio.get_running_loop().time() + budget.total_seconds()
        workers = [_Worker(self, destination, end) for destination in self.destinations]
        results = await asyncio.gather(*(w.work() for w in workers), return_exceptions=True)
        tallies = {w.destination.name: dict(w.tally) for w in workers if w.tally}
        log.info("tick.done", extra={"lanes": tallies})
        for worker, result in zip(workers, results, strict=True):
            if isinstance(result, BaseException):
                fault = str(result if isinstance(result, StorageError) else Unexpected.of(result))
                log.error("lane.failed", extra=_facts(worker.destination, fault=fault))
        for result in results:
            if isinstance(result, BaseException):
                raise result if isinstance(result, StorageError) else Unexpected.of(result)


@dataclass(slots=True)
class _Worker:
    """Works off one lane during one tick."""

    ticker: Ticker
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
        row = await self.ticker.lanes.get(LANE, self.destination.name)
        now = self.ticker.clock()
        lane = lanes.from_row(row.values) if row else Lane()
        taken = lanes.take(lane, self.ticker.holder, now, self.ticker.lease)
        if taken is None:
            return False
        change = put(row, self.destination.name, lanes.to_row(taken))
        try:
            [self.etag] = await self.ticker.lanes.write(LANE, [change])
        except Conflict:
            return False
        self.lane = taken
        return True

    async def _save(self, lane: Lane) -> None:
        """Write the lane, its lease renewed if it is still held; `Conflict` if it is lost."""
        if lane.holder:
            lane = lanes.renew(lane, self.ticker.clock(), self.ticker.lease)
        change = Change("replace", self.destination.name, lanes.to_row(lane), self.etag)
        [self.etag] = await self.ticker.lanes.write(LANE, [change])
        self.lane = lane

    def _may_go_on(self) -> bool:
        return asyncio.get_running_loop().time() < self.end

    async def _round(self) -> bool:
        """Work off some of what is due; say whether there may be more to do now."""
        now = self.ticker.clock()
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
        await self._finish(await self._send(fresh))
        return bool(rows)

    async def _due(self, now: datetime, most: int) -> list[Row]:
        """Return the rows due by *now*, oldest first, at most *most*."""
        name = self.destination.name
        start = f"{State.DUE}|{name}|"
        end = index_key(State.DUE, name, now, "~")
        share = most // len(PARTITIONS) + 1
        reads = (self.ticker.table.read(p, start, end, limit=share) for p in PARTITIONS)
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
            now = self.ticker.clock()
            self.lane = lanes.spend(self.lane, self.destination.settings.rate, now)
            done += await self._call(batch, now)

    def _may_call(self) -> bool:
        """Say whether a call may leave: lane at rest or not, and a lease that outlasts it."""
        now = self.ticker.clock()
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
        self.lane = lanes.after(self.lane, reply, self.ticker.clock())
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

    async def _finish(self, done: Sequence[tuple[Row, Attempt]]) -> None:
        """Write what became of the attempts, grouped by partition."""
        groups: dict[str, list[tuple[Row, Attempt, list[Change]]]] = defaultdict(list)
        for row, attempt in done:
            groups[row.partition].append((row, attempt, self._changes(row, attempt)))
        await asyncio.gather(*(self._write(partition, g) for partition, g in groups.items()))

    def _changes(self, row: Row, attempt: Attempt) -> list[Change]:
        schedule = self.destination.settings.schedule
        not_before = self.lane.held_until
        return ledger.finish(row, attempt, schedule, not_before, self.ticker.chance())

    async def _write(
        self, partition: str, group: Sequence[tuple[Row, Attempt, list[Change]]]
    ) -> None:
        """Write a partition's finishes together; alone those that were changed meanwhile."""
        for part in _fitting(group):
            try:
                changes = [change for *_, changes in part for change in changes]
                await self.ticker.table.write(partition, changes)
            except Conflict:
                for _, attempt, changes in part:
                    await self._write_alone(partition, attempt, changes)

    async def _write_alone(self, partition: str, attempt: Attempt, changes: list[Change]) -> None:
        try:
            await self.ticker.table.write(partition, changes)
        except Conflict:
            await self._write_late(partition, attempt)

    async def _write_late(self, partition: str, attempt: Attempt) -> None:
        """Finish an attempt at a delivery that somebody changed in the meantime."""
        lead, table = attempt.delivery.lead, self.ticker.table
        for _ in range(TRIES):
            delivery = await table.get(partition, delivery_key(lead, attempt.delivery.destination))
            owner = await table.get(partition, lead_key(lead))
            if delivery is None or owner is None:
                return
            try:
                await table.write(partition, ledger.finish_late(attempt, delivery, owner))
            except Conflict:
                continue
            return
        raise StorageError(f"a delivery kept changing during {TRIES} readings")

    async def _park(self, rows: Sequence[Row], reason: str) -> bool:
        """Park *rows* without sending them; say whether there were any."""
        for row in rows:
            try:
                changes = ledger.park(row, reason, self.ticker.clock())
                await self.ticker.table.write(row.partition, changes)
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


def _fitting(
    group: Sequence[tuple[Row, Attempt, list[Change]]],
) -> Iterator[list[tuple[Row, Attempt, list[Change]]]]:
    """Split *group* into parts that each fit one transaction."""
    part: list[tuple[Row, Attempt, list[Change]]] = []
    rows = 0
    for item in group:
        if rows + len(item[2]) > TRANSACTION:
            yield part
            part, rows = [], 0
        part.append(item)
        rows += len(item[2])
    if part:
        yield part


def _facts(destination: Destination, **facts: Any) -> dict[str, Any]:
    return {"destination": destination.name, **facts}
