"""Watch: tell once a day how long each listing of the catalogue has been silent."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from leadshare.errors import Conflict
from leadshare.playbook import Category
from leadshare.store.keys import STATE, WATCH, all_seen
from leadshare.store.reading import everywhere
from leadshare.store.table import Table, put
from leadshare.times import EPOCH, from_text, is_recent, to_text
from leadshare.watch.silence import silence

log = logging.getLogger("leadshare.watch.listings")

RECENT: Final = 500
"""Leads of a partition that are looked at, newest first: one page of the table."""

DAILY: Final = timedelta(hours=24)


@dataclass(slots=True)
class ListingWatch:
    """Watches the listings that the publisher has named."""

    table: Table
    state: Table
    listings: frozenset[str]
    """Their ids in lower case."""
    clock: Callable[[], datetime]
    told_at: datetime = EPOCH
    """As this process knows it, so that it need not read the row before that is a day old."""

    @property
    def name(self) -> str:
        """What this chore of the tick is called in logs."""
        return "watch"

    async def work(self) -> None:
        """Tell of the listings once a day, whichever process it is that ticks.

        What fails is tried again by the next tick.
        """
        now = self.clock()
        if not self.listings or self._is_told(now):
            return
        row = await self.state.get(STATE, WATCH)
        if row is not None:
            self.told_at = from_text(row.values["told_at"])
        if self._is_told(now):
            return
        await self.report(now)
        self.told_at = now
        try:
            await self.state.write(STATE, [put(row, WATCH, {"told_at": to_text(now)})])
        except Conflict:
            return  # Another process has told of them meanwhile.

    def _is_told(self, now: datetime) -> bool:
        return is_recent(self.told_at, now, DAILY)

    async def report(self, now: datetime) -> None:
        """Log one line for each listing that a lead has come from."""
        columns = ("listing", "category", "last_seen")
        found = await everywhere(self.table, all_seen(), limit=RECENT, columns=columns)
        seen: dict[str, list[datetime]] = defaultdict(list)
        for row in found.rows:
            if row.values["category"] != Category.TEST:
                seen[row.values["listing"]].append(from_text(row.values["last_seen"]))
        for listing in sorted(self.listings & seen.keys()):
            _log_listing(listing, seen[listing], now)


def _log_listing(listing: str, seen: list[datetime], now: datetime) -> None:
    found = silence(seen, now)
    log.log(
        logging.WARNING if found.late else logging.INFO,
        "listing.watched",
        extra={
            "listing": listing,
            "leads": found.leads,
            "silent_ms": _milliseconds(found.now),
            "usual_ms": None if found.usual is None else _milliseconds(found.usual),
            "late": found.late,
        },
    )


def _milliseconds(time: timedelta) -> int:
    return round(time.total_seconds() * 1000)
