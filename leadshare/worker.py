"""Use case: work off one destination's lane: take it, send what is due, let it go."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from leadshare.attempts import Destination, ask, facts, tell, tell_lane, tell_parked
from leadshare.core import lane as lanes
from leadshare.core import ledger
from leadshare.core.delivery import RANKS, TOO_OLD, URGENT, Kind
from leadshare.core.lane import Lane
from leadshare.core.ledger import Attempt
from leadshare.core.rows import (
    PARTITIONS,
    Change,
    Row,
    Table,
    due_by,
    put,
)
from leadshare.core.times import END
from leadshare.errors import Conflict
from leadshare.finish import Finish, write_down
from leadshare.preflight import DAILY, Preflight

log = logging.getLogger("leadshare.worker")

LANE: Final = "lane"
"""The partition of the lanes' rows, in a table of their own."""

ROUND: Final = timedelta(seconds=5)
"""How long deliveries are sent before they are finished; a crash repeats that much at most."""

MOST: Final = 512
"""Due rows that a round reads at most: of each partition as many as one transaction finishes."""

PREFLIGHT: Final = 0.8
"""The share of a lease that a preflight may take, so that it ends before another has the lane."""


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
    preflight: Preflight | None = None
    """What checks each destination once a day."""
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    """How to wait for so many seconds."""


@dataclass(slots=True)
class Due:
    """What was read of what is due."""

    rows: list[Row] = field(default_factory=list)
    """What may leave now."""
    besides: list[Row] = field(default_factory=list)
    """What may not, for each partition is asked for its share and one more."""
    ranks: list[str] = field(default_factory=list)
    """What was asked for."""

    def add(self, ranks: Sequence[str], rows: Sequence[Row], most: int) -> None:
        """Add what was read of *ranks*, of which so many may leave."""
        self.rows += rows[:most]
        self.besides += rows[most:]
        self.ranks += ranks


@dataclass(slots=True)
class Worker:
    """Works off one lane until `end`, in the event loop's time."""

    means: Means
    destination: Destination
    end: float
    lane: Lane = field(default_factory=Lane)
    etag: str = ""
    tally: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    requests: int = 0
    """Requests that had left for the destination before this tick."""
    spent: int = 0
    """Calls that this tick has taken from the rate budget."""
    waiting: dict[str, list[datetime]] = field(default_factory=dict)
    """By rank, if it was read: since when each delivery is owed that was left due.

    Readings are bounded by what may leave, so this is no count of all, but tells the oldest.
    """
    checked: bool = False
    """Whether the daily preflight was due in this tick."""

    def __post_init__(self) -> None:
        self.requests = self.destination.requests

    async def work(self) -> None:
        """Take the lane, work it off, and let it go; whoever holds it already, keeps it."""
        if not await self._take():
            return
        try:
            # First, for a lane with a lasting backlog would never come to it.
            held = await self._check()
            while held and self._may_go_on() and await self._round():
                held = await self._save(self.lane)
        except Exception:
            # What was spent, and what holds the lane back, is kept all the same.
            await self._save(lanes.release(self.lane))
            raise
        if held and await self._save(lanes.release(self.lane)):
            tell_lane(self.destination, self.lane, self._waiting(), self.means.clock())

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

    async def _save(self, lane: Lane) -> bool:
        """Write the lane, its lease renewed if it is still held; say whether it was ours."""
        if lane.holder:
            lane = lanes.renew(lane, self.means.clock(), self.means.lease)
        change = Change("replace", self.destination.name, lanes.to_row(lane), self.etag)
        try:
            [self.etag] = await self.means.lanes.write(LANE, [change])
        except Conflict:
            # The lease ran out and another took the lane; what we finished is finished.
            log.warning("lane.lost", extra=facts(self.destination))
            return False
        self.lane = lane
        return True

    async def _check(self) -> bool:
        """Carry out the daily preflight if it is due; say whether the lane is still ours.

        Its due time lies in the lane's own row.
        """
        now, preflight = self.means.clock(), self.means.preflight
        due = now - self.lane.checked_at >= DAILY
        if preflight is None or not due or self.lane.disabled or not self._may_go_on():
            return True
        # The destination's wish and the budget are kept; a breaker's rest is no reason not to ask.
        allowed = lanes.calls_allowed(self.lane, self.destination.rate, now, urgent=False)
        if self.lane.held_until > now or not allowed:
            return True
        self.checked = True
        # Noted first, for a preflight that ends its process must not be begun again at once.
        if not await self._save(lanes.checked(self.lane, self.lane.findings, now, proven=False)):
            return False
        within = self.means.lease * PREFLIGHT
        report = await preflight.check(self.destination, now, within.total_seconds())
        self._spend_rest()
        # It may have taken so much of the lease that no call could leave.
        return await self._save(
            lanes.checked(self.lane, report.to_text(), now, proven=report.proven)
        )

    def _may_go_on(self) -> bool:
        return asyncio.get_running_loop().time() < self.end

    async def _round(self) -> bool:
        """Work off some of what is due; say whether there may be more to do now."""
        now = self.means.clock()
        if self.lane.disabled:
            # Whatever is to be delivered at any time, for no time will come. What is to be read
            # back stays due: once a person enables the lane, it is still to be proven.
            self.waiting = {rank: [] for rank in RANKS}  # What is parked is not left due.
            rows = await self._read(RANKS, END, MOST, {"kind": Kind.DELIVER})
            return await self._park(rows, "destination_disabled")
        if lanes.rests_until(self.lane) > now:
            return False
        due = await self._due(now)
        old = [row for row in due.rows if _is_too_old(row, now)]
        await self._park(old, "too_old")
        done, faults = await self._send([row for row in due.rows if not _is_too_old(row, now)])
        self._note(due, {row.key for row in (*old, *(row for row, _ in done))})
        finishes = [self._finish(row, attempt) for row, attempt in done]
        await write_down(self.means.table, finishes, self._written)
        for fault in faults:
            raise fault
        # Where nothing could leave before the tick's end, reading again would not help.
        return bool(old or done)

    def _written(self, finish: Finish) -> None:
        tell_parked(self.destination, finish.row, ledger.parked_as(finish.changes))

    def _note(self, due: Due, gone: Collection[str]) -> None:
        """Note since when deliveries are owed that are *due* and neither sent nor parked."""
        for rank in due.ranks:
            self.waiting[rank] = [
                ledger.owed_since(row)
                for row in (*due.rows, *due.besides)
                if row.values["rank"] == rank
                and row.values["kind"] == Kind.DELIVER
                and row.key not in gone
            ]

    def _waiting(self) -> list[datetime] | None:
        """Return since when what waits is owed; None where not all was read and none is known."""
        known = [since for rank in self.waiting.values() for since in rank]
        return known if known or len(self.waiting) == len(RANKS) else None

    async def _due(self, now: datetime) -> Due:
        """Return what is due by *now*: what is urgent first, then the oldest, as calls allow."""
        due = Due()
        if self.lane.breaker == "open":
            # A delivery probes, if there is one, lest looks that fail keep all others waiting.
            if not lanes.calls_allowed(self.lane, self.destination.rate, now):
                return due
            size = self.destination.batch_size
            due.add(RANKS, await self._read(RANKS, now, size, {"kind": Kind.DELIVER}), size)
            if due.rows:
                return due
        for rank in RANKS:
            most = min(self._allows(now, rank) * self.destination.batch_size, MOST) - len(due.rows)
            if most > 0:
                due.add((rank,), await self._read((rank,), now, most), most)
        return due

    def _allows(self, now: datetime, rank: str) -> int:
        """Return how many calls may leave within a round from *now* on."""
        seconds, urgent = ROUND.total_seconds(), rank == URGENT
        return lanes.calls_within(self.lane, self.destination.rate, now, seconds, urgent=urgent)

    async def _read(
        self,
        ranks: Sequence[str],
        now: datetime,
        most: int,
        where: Mapping[str, str] | None = None,
    ) -> list[Row]:
        """Return the rows of *ranks* that are due by *now*, oldest first.

        Each partition gives a share of *most*, rounded up, so that there may be a few more.
        """
        share = most // len(PARTITIONS) + 1
        reads = (
            self.means.table.read(
                p, *due_by(self.destination.name, rank, now), limit=share, where=where
            )
            for rank in ranks
            for p in PARTITIONS
        )
        rows = [row for rows in await asyncio.gather(*reads) for row in rows]
        return sorted(rows, key=lambda row: row.key)

    async def _send(self, rows: Sequence[Row]) -> tuple[list[tuple[Row, Attempt]], list[Exception]]:
        """Send *rows* in the destination's batches, several at once, for a round's time.

        Faults of ours are returned beside, so that what else has left is written down.
        """
        done: list[tuple[Row, Attempt]] = []
        faults: list[Exception] = []
        batches = iter(list(_batches(rows, self.destination.batch_size)))
        stop = min(self.end, asyncio.get_running_loop().time() + ROUND.total_seconds())
        at_once = min(self.destination.settings.concurrency, len(rows))
        if self.lane.breaker == "open":
            at_once = 1  # The first probes; if it fails, the others do not leave.
        await asyncio.gather(*(self._drain(batches, stop, done, faults) for _ in range(at_once)))
        return done, faults

    async def _drain(
        self,
        batches: Iterator[Sequence[Row]],
        stop: float,
        done: list[tuple[Row, Attempt]],
        faults: list[Exception],
    ) -> None:
        for batch in batches:
            if not await self._turn(batch[0].values["rank"], stop):
                return
            self._spend(1)
            try:
                attempts = await self._call(batch, self.means.clock())
                done += zip(batch, attempts, strict=True)
                self._tell(batch[0].values["kind"], attempts)
            except Exception as error:  # noqa: BLE001 - raised once all else is written down
                faults.append(error)
            self._spend_rest()

    async def _turn(self, rank: str, stop: float) -> bool:
        """Wait for the rate budget; say whether a call may leave, before *stop*."""
        loop, rate = asyncio.get_running_loop(), self.destination.rate
        while loop.time() < stop and not self.lane.disabled:
            now = self.means.clock()
            wait = lanes.seconds_until_call(self.lane, rate, now, urgent=rank == URGENT)
            if not wait:
                return self._may_call()
            if loop.time() + wait >= stop:
                return False
            await self.means.pause(wait)
        return False

    def _spend(self, calls: int) -> None:
        self.spent += calls
        self.lane = lanes.spend(self.lane, self.destination.rate, self.means.clock(), calls)

    def _spend_rest(self) -> None:
        """Spend what a call needed more: several requests, or none, if it broke off before."""
        self._spend(max(self.destination.requests - self.requests - self.spent, 0))

    def _may_call(self) -> bool:
        """Say whether a call may leave: lane at rest or not, and a lease that outlasts it."""
        now = self.means.clock()
        timeout = timedelta(seconds=self.destination.settings.timeout)
        return lanes.rests_until(self.lane) <= now and self.lane.leased_until - now > timeout

    async def _call(self, batch: Sequence[Row], now: datetime) -> list[Attempt]:
        kind = batch[0].values["kind"]
        deliveries = [ledger.to_delivery(row) for row in batch]
        started = asyncio.get_running_loop().time()
        # A call may need several requests: it is broken off before another can take the lane.
        until = started + (self.lane.leased_until - now).total_seconds()
        reply = await ask(self.destination, kind, deliveries, now, until)
        took = round((asyncio.get_running_loop().time() - started) * 1000)
        self.lane = lanes.after(self.lane, reply, self.means.clock())
        return [
            Attempt(delivery, outcome, now, reply.status, took)
            for delivery, outcome in zip(deliveries, reply.outcomes, strict=True)
        ]

    def _tell(self, kind: str, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            tell(self.destination, kind, attempt)
            self.tally[outcome_of(kind, attempt)] += 1
            if outcome_of(kind, attempt) == "landed":
                self.lane = lanes.landed(self.lane, attempt.at)

    def _finish(self, row: Row, attempt: Attempt) -> Finish:
        not_before = self.lane.held_until
        if row.values["kind"] == Kind.LAND:
            changes = ledger.finish_check(row, attempt.outcome, attempt.at, not_before)
            return Finish(row, None, changes)
        changes = ledger.finish(
            row,
            attempt,
            self.destination.settings.schedule,
            not_before,
            self.means.chance(),
            check=self.destination.lands(attempt.delivery.lead),
        )
        return Finish(row, attempt, changes)

    async def _park(self, rows: Sequence[Row], reason: str) -> bool:
        """Park *rows* without sending them; say whether there were any."""
        for row in rows:
            try:
                changes = ledger.park(row, reason, self.means.clock())
                await self.means.table.write(row.partition, changes)
            except Conflict:
                continue  # Somebody changed it; the next round sees it as it is.
            self.tally[reason] += 1
            tell_parked(self.destination, row, reason)
        return bool(rows)


def _is_too_old(row: Row, now: datetime) -> bool:
    return row.values["kind"] == Kind.DELIVER and now - ledger.owed_since(row) > TOO_OLD


def _batches(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """Yield *rows* in batches of one kind and rank each, in their order."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.values["rank"], row.values["kind"]].append(row)
    # Deliveries before looks of the same rank.
    for _, group in sorted(groups.items()):
        yield from (group[start : start + size] for start in range(0, len(group), size))


def outcome_of(kind: str, attempt: Attempt) -> str:
    """Name what a tally counts: `accepted`, `landed` and so on."""
    outcome = type(attempt.outcome).__name__.lower()
    return outcome if kind == Kind.DELIVER else {"accepted": "landed"}.get(outcome, "not_landed")
