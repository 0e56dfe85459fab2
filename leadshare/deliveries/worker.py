"""Deliveries: one visit to a lane: take its lease, work it off round by round, and let it go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from leadshare.client.counting import count_from_now
from leadshare.deliveries import ledger
from leadshare.deliveries.asking import preflight
from leadshare.deliveries.asking.outcomes import Asking
from leadshare.deliveries.asking.visitor import lets_ask
from leadshare.deliveries.backlog import Backlog, Links
from leadshare.deliveries.calling import Destination
from leadshare.deliveries.closing import Closing, begin, close, write_down
from leadshare.deliveries.delivery import Accepted
from leadshare.deliveries.lanes.hold import Hold, Lost, Turns
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.visit import Nudge, Nudger
from leadshare.deliveries.ledger import Attempt, Naming
from leadshare.deliveries.lines import facts, lane_status, log_parked
from leadshare.deliveries.sending import Sender
from leadshare.errors import LeadshareError
from leadshare.lifecycle.outcome import Records
from leadshare.reason import Reason
from leadshare.store.table import Row, Table

log = logging.getLogger("leadshare.deliveries.worker")


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What all visits of a process work with."""

    table: Table
    state: Table
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    new_id: Callable[[], str]
    """What names each visit in its lease; never the process, which may have several."""
    lease: timedelta
    """How long a holder that died keeps others out of a lane; longer than any call may take."""
    nudger: Nudger
    naming: Naming
    """What names record ids in the index by which leads are found."""
    preflight: preflight.Preflight | None = None
    """What checks each destination once a day."""
    asking: Asking | None = None
    """What asks each destination what became of leads."""
    links: Mapping[str, Links] = field(default_factory=dict)
    """What makes links to the records of others, by each destination that tells of them."""
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    """How to wait for so many seconds."""


@dataclass(slots=True)
class Worker:
    """One visit to one lane, until `end` in the event loop's time.

    A visit that a *nudge* asked for looks where that says; one without is the tick's, which looks
    everywhere and alone carries out what is due later.
    """

    context: WorkerContext
    destination: Destination
    end: float
    nudge: Nudge | None = None
    turns: Turns | None = None
    """Whose turn it is in the tick; a nudge is for one lane alone."""
    records: Records = field(default_factory=dict)
    """The records of leads that the destination is asked about first."""
    told: frozenset[str] = frozenset()
    """The leads that it has told of."""
    status: dict[str, object] | None = None
    """How the lane stood when the visit left it, or found it taken; None if it was lost."""
    sender: Sender = field(init=False)
    backlog: Backlog = field(init=False)
    hold: Hold = field(init=False)

    def __post_init__(self) -> None:
        context, name = self.context, self.destination.name
        self.backlog = Backlog(context.table, self.destination, context.links.get(name, {}))
        parts = (self.destination, context.clock, context.pause, self.end)
        self.sender = Sender(*parts, self.backlog.linked, partial(begin, context.table))
        wanted = self.nudge or Nudge(name)
        self.hold = Hold(context.state, context.clock, context.lease, context.new_id(), wanted)

    @property
    def lane(self) -> Lane:
        """The lane as it stands."""
        return self.sender.lane

    @property
    def tally(self) -> dict[str, int]:
        """How many deliveries came to what."""
        return self.sender.tally

    async def work(self) -> None:
        """Take the lane, work it off, and let it go; who holds it already is rung for."""
        self.sender.requests = count_from_now()
        entered = await self.hold.enter(self._is_wanted)
        if entered is None:
            self.status = self._status(self.hold.found)
            return
        self.sender.lane = entered
        try:
            # First, for a lane with a lasting backlog would never come to it.
            await self._ask()
            await self._work_off()
        except Lost:
            self._log_lost()
        except Exception:
            await self._give_up()
            raise
        else:
            self.status = self._status(self.lane)

    async def _give_up(self) -> None:
        """Let the lane go after a fault: what was spent, and what holds it back, is kept."""
        try:
            while not await self._leave():
                pass
        except Lost:
            self._log_lost()

    def _log_lost(self) -> None:
        log.warning("lane.lost", extra=facts(self.destination.name))

    async def _work_off(self) -> None:
        """Look and send until nothing is left that may leave, and nobody has rung since."""
        while True:
            more = not self.may_go_on() or await self._round()
            if more and self.may_go_on():
                await self._keep()
                continue
            if not more:
                self.hold.wanted = replace(self.hold.wanted, mask=0)
            if await self._leave():
                break
        if self.hold.wanted.mask:
            await self.context.nudger.nudge([self.hold.wanted])

    async def _keep(self) -> None:
        self.sender.lane = await self.hold.keep(self.lane)

    async def _leave(self) -> bool:
        """Let the lane go; say False if it is ours still, for others have rung."""
        joined = await self.hold.leave(self.lane)
        self.sender.lane = joined or self.lane
        return joined is None

    def _status(self, lane: Lane) -> dict[str, object]:
        return lane_status(lane, self.destination.rate, self.backlog.left(), self.context.clock())

    async def _is_wanted(self, lane: Lane) -> bool:
        """Say whether there is anything to do in *lane*, once it is its turn."""
        now, tick = self.context.clock(), self.nudge is None
        more = tick and (bool(lane.disabled) or self._asks(lane, now))
        wanted = more or lane.is_open(now)
        if wanted and self.turns is not None and not lane.works:
            left = self.end - asyncio.get_running_loop().time()
            await self.turns.wait(self.destination.name, left / 2)
        return wanted

    def _asks(self, lane: Lane, now: datetime) -> bool:
        """Say whether anything is due to be asked in *lane*, and may be."""
        asking, checks = self.context.asking, self.context.preflight is not None
        due = asking is not None and asking.is_due(self.destination, lane, now)
        due = due or (checks and preflight.is_check_due(lane, now))
        return due and lets_ask(lane, self.destination.rate, now)

    async def _ask(self) -> None:
        """Ask what is to be asked, beside delivering."""
        now, lease = self.context.clock(), self.context.lease.total_seconds()
        asking = self.context.asking
        if self.nudge is None:
            await preflight.check(self, self.context.preflight, now, lease)
            if asking:
                await asking.ask(self, now, lease)
        elif asking and self.records:
            self.told = await asking.again(self, self.records, now, lease)

    async def put(self, lane: Lane) -> None:
        """Write down the *lane* as it goes on, with its lease renewed. Raises `Lost`."""
        self.sender.lane = lane
        await self._keep()

    def spend_rest(self) -> None:
        """Take from the budget what calls beside deliveries have needed."""
        self.sender.spend_rest()

    def may_go_on(self) -> bool:
        """Say whether the visit's time is not over."""
        return asyncio.get_running_loop().time() < self.end

    async def _round(self) -> bool:
        """Work off some of what is due; say whether there may be more to do now."""
        now = self.context.clock()
        if self.lane.disabled:
            # Whatever is to be delivered at any time, for no time will come.
            rows = await self.backlog.deliveries()
            return await self._park([(row, Reason.DESTINATION_DISABLED) for row in rows])
        if not self.lane.is_open(now):
            return False
        due = await self.backlog.due(self.lane, now, self.hold.wanted)
        over = [(row, why) for row in due.rows if (why := ledger.over(row, now))]
        await self._park(over)
        fresh = [row for row in due.rows if not ledger.over(row, now)]
        done, faults = await self.sender.send(fresh)
        self.backlog.note(due, {row.key for row, _ in (*over, *done)})
        closings = [self._closing(row, attempt) for row, attempt in done]
        as_planned: list[Closing] = []
        try:
            await write_down(self.context.table, closings, as_planned.append)
        except LeadshareError:
            self.sender.lane = self.lane.lost_outcomes(self.context.clock())
            raise
        self.sender.lane = self.lane.written()
        for closing in as_planned:
            log_parked(self.destination.name, closing.row, ledger.parked_as(closing.changes))
        for fault in faults:
            raise fault
        settled = due.whole and len(as_planned) == len(due.rows)
        if settled and all(isinstance(attempt.outcome, Accepted) for _, attempt in done):
            # All that was due is there: who makes something due from now on rings.
            return False
        # Where nothing can leave, as the lane rests or the visit is over, reading again is no help.
        more = bool(self.lane.disabled) or self.lane.is_open(self.context.clock())
        return more and bool(over or done)

    def _closing(self, row: Row, attempt: Attempt) -> Closing:
        context, not_before = self.context, self.lane.held_until
        return close(row, attempt, self.destination, not_before, context.chance(), context.naming)

    async def _park(self, rows: Sequence[tuple[Row, str]]) -> bool:
        """Park *rows*, but for what somebody changed, without sending; say if there were any."""
        now, naming, parked = self.context.clock(), self.context.naming, list[Closing]()
        closings = [Closing(row, None, ledger.park(row, why, now), naming) for row, why in rows]
        await write_down(self.context.table, closings, parked.append)
        reasons = {row.key: why for row, why in rows}
        for row in (closing.row for closing in parked):
            self.tally[reasons[row.key]] += 1
            log_parked(self.destination.name, row, reasons[row.key])
        return bool(rows)
