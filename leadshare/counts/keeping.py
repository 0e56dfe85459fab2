"""Counts: keep them: fold every minute, and sum each day that has changed once a night."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.counts import tally as tallies
from leadshare.counts.folding import fold
from leadshare.counts.measures import Measure
from leadshare.counts.tally import Tally
from leadshare.errors import Conflict
from leadshare.store.keys import (
    COUNTS,
    DAY,
    PARTITIONS,
    STATE,
    all_fresh,
    counted_key,
    day_in,
    tally_key,
)
from leadshare.store.reading import everywhere
from leadshare.store.table import Change, Row, Table, put
from leadshare.times import EPOCH, is_recent

log = logging.getLogger("leadshare.counts.keeping")

EVERY: Final = timedelta(minutes=1)
"""How often it is looked whether there is anything to fold: 16 readings."""

SUM: Final = 60 * 1024
"""Bytes of a column of the sum of all partitions."""

TOLD: Final = 31
"""Days that are told in the log at most, if nobody summed for longer."""

_LINE: Final = frozenset(one for one in Measure if not one.startswith("then_"))


@dataclass(slots=True)
class Keeper:
    """Keeps what is counted; each of several processes may, at any time."""

    table: Table
    state: Table
    zone: ZoneInfo
    now: Callable[[], datetime]
    known_campaigns: Collection[str] = ()
    folded_at: datetime = EPOCH
    summed: date | None = None
    """The last day on which this process knows that all were summed."""

    @property
    def name(self) -> str:
        """What this chore of the tick is called in logs."""
        return "counts"

    async def work(self) -> None:
        """Fold, if it is time to; sum, if it is another day than it was."""
        now = self.now()
        if is_recent(self.folded_at, now, EVERY):
            return
        self.folded_at = now
        kept = await read_kept(self.state)
        if kept.zone and kept.zone != self.zone.key:
            # What was counted by the days of another zone cannot be taken away from these.
            log.warning("counts.stopped", extra={"zone": self.zone.key, "kept": kept.zone})
            return
        await fold(self.table, self.zone)
        with suppress(Conflict):  # Another process sums.
            await self._night(kept, now.astimezone(self.zone).date())

    async def _night(self, kept: Kept, today: date) -> None:
        if today in {self.summed, kept.summed}:
            self.summed = today
            return
        await sum_days(self.table, self.state)
        for day in _between(kept.summed, today):
            await self._tell(day)
        await kept.write(self.state, self.zone, today)
        self.summed = today

    async def _tell(self, day: date) -> None:
        """Log what was counted on a *day*: of campaigns only those that the publisher has named."""
        row = await self.state.get(DAY, counted_key(day))
        told = tallies.read(row.values if row else {})
        named = {
            value: cells.get(Measure.LEADS, 0)
            for value, cells in told.by["campaign"].items()
            if value in self.known_campaigns
        }
        kinds = {value: cells.get(Measure.LEADS, 0) for value, cells in told.by["kind"].items()}
        counted = {name.value: told.total.get(name, 0) for name in sorted(_LINE)}
        extra: dict[str, Any] = {"day": day.isoformat(), "zone": self.zone.key, **counted}
        log.info("day.counted", extra=extra | {"kinds": kinds, "campaigns": named})


@dataclass(frozen=True, slots=True)
class Kept:
    """How far days were summed, and by the days of which zone all is counted."""

    row: Row | None
    zone: str
    summed: date | None

    async def write(self, state: Table, zone: ZoneInfo, day: date | None) -> None:
        """Say so from now on; `Conflict` if somebody else was faster."""
        values = {"zone": zone.key, "summed": day.isoformat() if day else ""}
        await state.write(STATE, [put(self.row, COUNTS, values)])


async def read_kept(state: Table) -> Kept:
    """Return how far days were summed."""
    row = await state.get(STATE, COUNTS)
    values: Mapping[str, str] = row.values if row else {}
    summed = values.get("summed")
    return Kept(row, values.get("zone", ""), date.fromisoformat(summed) if summed else None)


def _between(last: date | None, today: date) -> Iterator[date]:
    """Yield the days that ended since it was summed last, the last of them; none at first."""
    since = (today - last).days if last else 0
    for ago in range(min(since, TOLD), 0, -1):
        yield today - timedelta(days=ago)


async def sum_days(table: Table, state: Table) -> int:
    """Sum each day anew that has changed in any partition; return how many there were.

    A day that changes meanwhile stays to be summed.
    """
    found = await everywhere(table, all_fresh())
    days = sorted({day_in(row.key) for row in found.rows})
    for day in days:
        await _sum(table, state, day)
        fresh = [row for row in found.rows if day_in(row.key) == day]
        await asyncio.gather(*(_is_summed(table, row) for row in fresh))
    return len(days)


async def _is_summed(table: Table, row: Row) -> None:
    with suppress(Conflict):  # It has changed since.
        await table.write(row.partition, [Change("delete", row.key, etag=row.etag)])


async def _sum(table: Table, state: Table, day: date) -> None:
    # Read before the partitions are: of two who sum at once, the one who saw less writes nothing.
    before = await state.get(DAY, counted_key(day))
    summed = await live(table, day)
    values = tallies.columns(summed, largest=SUM)
    await state.write(DAY, [put(before, counted_key(day), values)])


async def live(table: Table, day: date) -> Tally:
    """Return what was counted on a *day* in all partitions, as it is now: 16 readings."""
    key, summed = tally_key(day), Tally()
    rows = await asyncio.gather(*(table.get(partition, key) for partition in PARTITIONS))
    for row in filter(None, rows):
        summed.merge(tallies.read(row.values))
    return summed
