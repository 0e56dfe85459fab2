"""Use case: tell once a day how long each listing of the catalogue has been silent."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from leadshare.core.playbook import Lane
from leadshare.core.rows import PARTITIONS, Table, under
from leadshare.core.silence import silence
from leadshare.core.times import from_text

log = logging.getLogger("leadshare.watch")

RECENT: Final = 500
"""Leads of a partition that are looked at, newest first: one page of the table."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Watches the listings that the publisher has named."""

    table: Table
    listings: frozenset[str]
    """Their ids in lower case."""

    async def tell(self, now: datetime) -> None:
        """Log one line for each listing that a lead has come from."""
        columns = ("listing", "lane", "last_seen")
        reads = (
            self.table.read(p, *under("seen"), limit=RECENT, columns=columns) for p in PARTITIONS
        )
        seen: dict[str, list[datetime]] = defaultdict(list)
        for part in await asyncio.gather(*reads):
            for row in part:
                if row.values["lane"] != Lane.TEST:
                    seen[row.values["listing"]].append(from_text(row.values["last_seen"]))
        for listing in sorted(self.listings & seen.keys()):
            _tell(listing, seen[listing], now)


def _tell(listing: str, seen: list[datetime], now: datetime) -> None:
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
