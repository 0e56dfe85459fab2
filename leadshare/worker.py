"""Use case: work off one destination's lane: take its lease, round by round, and let it go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from leadshare.attempts import Destination, facts, tell_lane, tell_parked
from leadshare.backlog import Backlog
from leadshare.core import lane as lanes
from leadshare.core import ledger
from leadshare.core.delivery import TOO_OLD, Kind
from leadshare.core.lane import Lane
from leadshare.core.ledger import Attempt
from leadshare.core.rows import (
    Change,
    Row,
    Table,
    put,
)
from leadshare.errors import Conflict
from leadshare.finish import Finish, write_down
from leadshare.preflight import DAILY, Preflight
from leadshare.sending import Sender

log = logging.getLogger("leadshare.worker")

LANE: Final = "lane"
"""The partition of the lanes' rows, in a table of their own."""

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
class Worker:
    """Works off one lane until `end`, in the event loop's time."""

    means: Means
    destination: Destination
    end: float
    etag: str = ""
    checked: bool = False
    """Whether the daily preflight was due in this tick."""
    sender: Sender = field(init=False)
    backlog: Backlog = field(init=False)

    def __post_init__(self) -> None:
        means = self.means
        self.sender = Sender(self.destination, means.clock, means.pause, self.end)
        self.backlog = Backlog(means.table, self.destination)

    @property
    def lane(self) -> Lane:
        """The lane as it stands."""
        return self.sender.lane

    @property
    def tally(self) -> dict[str, int]:
        """How many deliveries came to what."""
        return self.sender.tally

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
            tell_lane(self.destination, self.lane, self.backlog.left(), self.means.clock())

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
        self.sender.lane = taken
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
        self.sender.lane = lane
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
        self.sender.spend_rest()
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
            # Whatever is to be delivered at any time, for no time will come.
            rows = await self.backlog.deliveries()
            return await self._park(rows, "destination_disabled")
        if lanes.rests_until(self.lane) > now:
            return False
        due = await self.backlog.due(self.lane, now)
        old = [row for row in due.rows if _is_too_old(row, now)]
        await self._park(old, "too_old")
        fresh = [row for row in due.rows if not _is_too_old(row, now)]
        done, faults = await self.sender.send(fresh)
        self.backlog.note(due, {row.key for row in (*old, *(row for row, _ in done))})
        finishes = [self._finish(row, attempt) for row, attempt in done]
        await write_down(self.means.table, finishes, self._written)
        for fault in faults:
            raise fault
        # Where nothing could leave before the tick's end, reading again would not help.
        return bool(old or done)

    def _written(self, finish: Finish) -> None:
        tell_parked(self.destination, finish.row, ledger.parked_as(finish.changes))

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
