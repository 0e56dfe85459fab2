"""Use case: read what is due in a lane, as much as may leave, and know what waits behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from leadshare.attempts import Destination
from leadshare.core import lane as lanes
from leadshare.core import ledger
from leadshare.core.delivery import RANKS, URGENT, Kind
from leadshare.core.lane import Lane
from leadshare.core.rows import PARTITIONS, Row, Table, due_by
from leadshare.core.times import END
from leadshare.sending import ROUND

MOST: Final = 512
"""Due rows that a round reads at most: of each partition as many as one transaction finishes."""


@dataclass(slots=True)
class Due:
    """What was read of what is due."""

    rows: list[Row] = field(default_factory=list)
    """What may leave now."""
    besides: list[Row] = field(default_factory=list)
    """What may not, for each partition is asked for its share and one more."""
    ranks: list[str] = field(default_factory=list)
    """What was asked for."""

    def add(self, ranks: Sequence[str], rows: Sequence[Row], most: int) -> None:
        """Add what was read of *ranks*, of which so many may leave."""
        self.rows += rows[:most]
        self.besides += rows[most:]
        self.ranks += ranks


@dataclass(slots=True)
class Backlog:
    """What is due in the lane of one destination, as far as it was read."""

    table: Table
    destination: Destination
    waiting: dict[str, list[datetime]] = field(default_factory=dict)
    """By rank, if it was read: since when each delivery is owed that was left due.

    Readings are bounded by what may leave, so this is no count of all, but tells the oldest.
    """

    async def due(self, lane: Lane, now: datetime) -> Due:
        """Return what is due by *now*: what is urgent first, then the oldest, as calls allow."""
        due = Due()
        if lane.breaker == "open":
            # A delivery probes, if there is one, lest looks that fail keep all others waiting.
            if not lanes.calls_allowed(lane, self.destination.rate, now):
                return due
            size = self.destination.batch_size
            due.add(RANKS, await self._read(RANKS, now, size, {"kind": Kind.DELIVER}), size)
            if due.rows:
                return due
        for rank in RANKS:
            most = min(self._allows(lane, now, rank) * self.destination.batch_size, MOST) - len(
                due.rows
            )
            if most > 0:
                due.add((rank,), await self._read((rank,), now, most), most)
        return due

    async def deliveries(self) -> list[Row]:
        """Return deliveries whenever they are due: once parked, none of them is left due."""
        self.waiting = {rank: [] for rank in RANKS}
        # What is to be read back stays due: once a person enables the lane, it is to be proven.
        return await self._read(RANKS, END, MOST, {"kind": Kind.DELIVER})

    def _allows(self, lane: Lane, now: datetime, rank: str) -> int:
        """Return how many calls may leave within a round from *now* on."""
        seconds, urgent = ROUND.total_seconds(), rank == URGENT
        return lanes.calls_within(lane, self.destination.rate, now, seconds, urgent=urgent)

    async def _read(
        self,
        ranks: Sequence[str],
        now: datetime,
        most: int,
        where: Mapping[str, str] | None = None,
    ) -> list[Row]:
        """Return the rows of *ranks* that are due by *now*, oldest first.

        Each partition gives a share of *most*, rounded up, so that there may be a few more.
        """
        share = most // len(PARTITIONS) + 1
        reads = (
            self.table.read(p, *due_by(self.destination.name, rank, now), limit=share, where=where)
            for rank in ranks
            for p in PARTITIONS
        )
        rows = [row for rows in await asyncio.gather(*reads) for row in rows]
        return sorted(rows, key=lambda row: row.key)

    def note(self, due: Due, gone: Collection[str]) -> None:
        """Note since when deliveries are owed that are *due* and neither sent nor parked."""
        for rank in due.ranks:
            self.waiting[rank] = [
                ledger.owed_since(row)
                for row in (*due.rows, *due.besides)
                if row.values["rank"] == rank
                and row.values["kind"] == Kind.DELIVER
                and row.key not in gone
            ]

    def left(self) -> list[datetime] | None:
        """Return since when what waits is owed; None where not all was read and none is known."""
        known = [since for rank in self.waiting.values() for since in rank]
        return known if known or len(self.waiting) == len(RANKS) else None
