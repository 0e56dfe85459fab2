"""Use case: carry out what is due, destination by destination, and leave the rest due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from leadshare.attempts import Destination
from leadshare.errors import StorageError, Unexpected
from leadshare.watch import Watch
from leadshare.worker import Means, Worker

log = logging.getLogger("leadshare.tick")


@dataclass(frozen=True, slots=True)
class Ticker:
    """Works off all lanes at once."""

    means: Means
    destinations: Sequence[Destination]
    watch: Watch | None = None
    """What tells of the listings, on each day's first tick."""

    async def tick(self, budget: timedelta) -> None:
        """Deliver what is due until nothing is, or until *budget* is spent.

        Raises the first fault once all other lanes have been worked off.
        """
        started = asyncio.get_running_loop().time()
        end = started + budget.total_seconds()
        workers = [Worker(self.means, destination, end) for destination in self.destinations]
        results = await asyncio.gather(*(w.work() for w in workers), return_exceptions=True)
        faults = {
            worker.destination.name: result
            if isinstance(result, StorageError)
            else Unexpected.of(result)
            for worker, result in zip(workers, results, strict=True)
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
