"""Leads: how many wait for a call, and for how long: by their index, without any scan."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from leadshare.configuration.clock import Clock
from leadshare.store.keys import all_waiting, index_time
from leadshare.store.reading import everywhere
from leadshare.store.table import Table
from leadshare.times import EPOCH, is_recent

log = logging.getLogger("leadshare.leads.waiting.counting")

COUNTED: Final = 1000
"""Rows of a partition that are counted at most."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Leads that wait for a call, as far as they were counted."""

    leads: int
    over_target: int | None
    """How many of them wait for longer than they should; None where nobody knows the target."""
    oldest: timedelta
    more: bool

    @property
    def facts(self) -> dict[str, Any]:
        """What is told of them."""
        told = {"count": self.leads, "oldest_seconds": round(self.oldest.total_seconds())}
        over = {} if self.over_target is None else {"over_target": self.over_target}
        return told | over | ({"more": True} if self.more else {})


async def count(table: Table, clock: Clock | None, now: datetime) -> Waiting:
    """Count the leads that wait *now*, under a *clock* if there is one."""
    found = await everywhere(table, all_waiting(), limit=COUNTED, columns=("lead",))
    times = [index_time(row.key) for row in found.rows]
    over = None
    if clock:
        worked = clock.working_time.between
        # The longer since, the more was worked: they need not all be worked out.
        over = bisect_left(times, -clock.within, key=lambda since: -worked(since, now))
    oldest = max(now - times[0], timedelta(0)) if times else timedelta(0)
    return Waiting(len(times), over, oldest, found.full)


TOLD: Final = timedelta(minutes=15)
"""How often it is told how many leads wait."""


@dataclass(slots=True)
class WaitingWatch:
    """Tells now and then how many leads wait for a call."""

    table: Table
    clock: Clock
    now: Callable[[], datetime]
    told_at: datetime = EPOCH

    @property
    def name(self) -> str:
        """What this chore of the tick is called in logs."""
        return "waiting"

    async def work(self) -> None:
        """Log it, if it is time to."""
        now = self.now()
        if is_recent(self.told_at, now, TOLD):
            return
        found = await count(self.table, self.clock, now)
        self.told_at = now
        log.log(
            logging.WARNING if found.over_target else logging.INFO,
            "waiting.counted",
            extra={
                "leads": found.leads,
                "over_target": found.over_target,
                "oldest_ms": round(found.oldest.total_seconds() * 1000),
            },
        )
