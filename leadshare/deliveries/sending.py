"""Deliveries: send what is due, in batches, as the lane's rest, its budget and its lease allow."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from leadshare.client.counting import Requests
from leadshare.deliveries import ledger
from leadshare.deliveries.calling import Destination, call
from leadshare.deliveries.delivery import URGENT, Delivery, Kind
from leadshare.deliveries.lanes import budget
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.ledger import Attempt
from leadshare.deliveries.lines import log_attempt
from leadshare.store.table import Row

ROUND: Final = timedelta(seconds=5)
"""How long deliveries are sent before they are finished; a crash repeats that much at most."""


@dataclass(slots=True)
class Sender:
    """Sends for one destination until `end`, in the event loop's time; keeps its lane's state."""

    destination: Destination
    clock: Callable[[], datetime]
    pause: Callable[[float], Awaitable[None]]
    end: float
    linked: Callable[[Delivery], Awaitable[Delivery]]
    """What adds links to the lead's records, for a destination that shows them."""
    begin: Callable[[Sequence[Row]], Awaitable[Sequence[Row]]]
    """What notes that rows are about to leave, where that counts; it returns them as noted."""
    lane: Lane = field(default_factory=Lane)
    tally: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    requests: Requests = field(default_factory=Requests)
    """The requests that this visit has made."""
    spent: int = 0
    """Calls that this visit has taken from the rate budget."""

    async def send(self, rows: Sequence[Row]) -> tuple[list[tuple[Row, Attempt]], list[Exception]]:
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
                if not (begun := await self.begin(batch)):
                    continue
                attempts = await self._call(begun, self.clock())
                done += zip(begun, attempts, strict=True)
                self._log_attempts(batch[0].values["kind"], attempts)
            except Exception as error:  # noqa: BLE001 - raised once all else is written down
                faults.append(error)
            self.spend_rest()

    async def _turn(self, rank: str, stop: float) -> bool:
        """Wait for the rate budget; say whether a call may leave, before *stop*."""
        loop, rate = asyncio.get_running_loop(), self.destination.rate
        while loop.time() < stop and not self.lane.disabled:
            now = self.clock()
            wait = budget.seconds_until_call(self.lane, rate, now, urgent=rank == URGENT)
            if not wait:
                return self._may_call()
            if loop.time() + wait >= stop:
                return False
            await self.pause(wait)
        return False

    def _spend(self, calls: int) -> None:
        self.spent += calls
        self.lane = budget.spend(self.lane, self.destination.rate, self.clock(), calls)

    def spend_rest(self) -> None:
        """Spend what a call needed more: several requests, or none, if it broke off before."""
        self._spend(max(self.requests.made - self.spent, 0))

    def _may_call(self) -> bool:
        """Say whether a call may leave: lane at rest or not, and a lease that outlasts it."""
        now = self.clock()
        timeout = timedelta(seconds=self.destination.settings.timeout)
        return self.lane.is_open(now) and self.lane.leased_until - now > timeout

    async def _call(self, batch: Sequence[Row], now: datetime) -> list[Attempt]:
        kind = batch[0].values["kind"]
        deliveries = [await self.linked(ledger.to_delivery(row)) for row in batch]
        started = asyncio.get_running_loop().time()
        # A call may need several requests: it is broken off before another can take the lane.
        until = started + (self.lane.leased_until - now).total_seconds()
        reply = await call(self.destination, kind, deliveries, now, until)
        took = round((asyncio.get_running_loop().time() - started) * 1000)
        follows_up = self.destination.settings.follows_up
        self.lane = self.lane.after(reply, self.clock())
        return [
            Attempt(delivery, outcome, now, reply.status, took, follows_up)
            for delivery, outcome in zip(deliveries, reply.outcomes, strict=True)
        ]

    def _log_attempts(self, kind: str, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            log_attempt(self.destination.name, kind, attempt)
            self.tally[outcome_of(kind, attempt)] += 1
            if outcome_of(kind, attempt) == "found":
                self.lane = self.lane.found(attempt.at)


def _batches(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """Yield *rows* in batches of one kind and rank each, in their order."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.values["rank"], row.values["kind"]].append(row)
    # Deliveries before look-ups of the same rank.
    for _, group in sorted(groups.items()):
        yield from (group[start : start + size] for start in range(0, len(group), size))


def outcome_of(kind: str, attempt: Attempt) -> str:
    """Name what a tally counts: `accepted`, `found` and so on."""
    outcome = type(attempt.outcome).__name__.lower()
    return {"accepted": "found"}.get(outcome, "not_found") if kind == Kind.LOOK_UP else outcome
