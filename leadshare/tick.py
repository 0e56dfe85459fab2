"""Use case: carry out what is due, destination by destination, and leave the rest due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from leadshare.attempts import Destination
from leadshare.errors import LeadshareError, Unexpected
from leadshare.watch import Watch
from leadshare.worker import Means, Worker

log = logging.getLogger("leadshare.tick")


class Feed(Protocol):
    """What brings in touches that nobody POSTs, whenever that is due."""

    @property
    def name(self) -> str: ...
    async def work(self, end: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Ticker:
    """Works off all lanes and feeds at once."""

    means: Means
    destinations: Sequence[Destination]
    feeds: Sequence[Feed] = ()
    watch: Watch | None = None
    """What tells of the listings, on each day's first tick."""
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def tick(self, budget: timedelta) -> None:
        """Deliver what is due until nothing is, or until *budget* is spent.

        Raises the first fault once all other lanes and feeds have been worked off. A tick that
        begins during another of this process, whose leases it would take for its own, does nothing.
        """
        if self._busy.locked():
            log.warning("tick.overlapped")
            return
        async with self._busy:
            await self._tick(budget)

    async def _tick(self, budget: timedelta) -> None:
        started = asyncio.get_running_loop().time()
        end = started + budget.total_seconds()
        workers = [Worker(self.means, destination, end) for destination in self.destinations]
        results = await asyncio.gather(
            *(worker.work() for worker in workers),
            *(feed.work(end) for feed in self.feeds),
            return_exceptions=True,
        )
        names = [*(w.destination.name for w in workers), *(feed.name for feed in self.feeds)]
        faults = {
            name: result if isinstance(result, LeadshareError) else Unexpected.of(result)
            for name, result in zip(names, results, strict=True)
            if isinstance(result, BaseException)
        }
        took = round((asyncio.get_running_loop().time() - started) * 1000)
        tallies = {w.destination.name: dict(w.tally) for w in workers if w.tally}
        log.info("tick.done", extra={"lanes": tallies, "milliseconds": took})
        for name, fault in faults.items():
            log.error("lane.failed", extra={"destination": name, "fault": str(fault)})
        if self.watch is not None and any(worker.checked for worker in workers):
            await self.watch.tell(self.means.clock())
        for fault in faults.values():
            raise fault
