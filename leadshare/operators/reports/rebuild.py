"""Operators: count all anew, partition by partition, as long as there is time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.counts.folding import fold_partition
from leadshare.counts.keeping import read_kept, sum_days
from leadshare.leads.counting.recount import Recount, Recounted
from leadshare.store.keys import PARTITIONS
from leadshare.store.retrying import until_written
from leadshare.store.table import Table

BUDGET: Final = 60.0
"""Seconds after which no further partition is begun; the platform answers for 230."""


@dataclass(frozen=True, slots=True)
class Rebuilder:
    """Counts all anew by the days of a zone."""

    table: Table
    state: Table
    zone: ZoneInfo
    now: Callable[[], datetime]

    async def rebuild(self, after: str, *, dry_run: bool) -> dict[str, Any]:
        """Count all partitions anew *after* one, or from the first on; `next` says where to go on.

        Once the last of them is counted days are summed, and are those of the zone.
        """
        end = asyncio.get_running_loop().time() + BUDGET
        told, left = Recounted(), PARTITIONS[PARTITIONS.index(after) + 1 if after else 0 :]
        kept = await read_kept(self.state)
        for partition in left:
            if not dry_run and kept.zone:
                # By the days by which it was counted: what comes from now on is left to be folded.
                await fold_partition(self.table, partition, ZoneInfo(kept.zone))
            recount = partial(self._recount, partition, dry_run)
            told += await until_written("what is counted", recount)
            if partition != left[-1] and asyncio.get_running_loop().time() >= end:
                return {"dry_run": dry_run, **told.facts, "next": partition}
        if not dry_run:
            await sum_days(self.table, self.state)
            await kept.write(self.state, self.zone, kept.summed)
        return {"dry_run": dry_run, **told.facts}

    async def _recount(self, partition: str, dry_run: bool) -> Recounted:  # noqa: FBT001 - a fact, no switch
        recount = Recount(self.table, partition, self.zone, self.now(), dry_run)
        return await recount.carry_out()
