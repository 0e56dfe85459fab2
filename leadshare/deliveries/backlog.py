"""Deliveries: read what is due in a lane, as much as may leave, and know what waits behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from leadshare.deliveries import ledger
from leadshare.deliveries.calling import Destination
from leadshare.deliveries.delivery import RANKS, URGENT, Delivery, Kind
from leadshare.deliveries.lanes import budget
from leadshare.deliveries.lanes.lane import TRIP, Lane
from leadshare.deliveries.lanes.visit import Nudge
from leadshare.deliveries.sending import ROUND
from leadshare.store.keys import deliveries_of, due_by, partition_of
from leadshare.store.reading import Found, everywhere
from leadshare.store.table import Row, Table
from leadshare.times import END

SHARE: Final = 32
"""Due rows that a round reads at most of a partition: as many as one transaction finishes."""


Links = Mapping[str, Callable[[str], str]]
"""What makes a link of a record's id, by destination."""


@dataclass(slots=True)
class Due:
    """What was read of what is due."""

    rows: list[Row] = field(default_factory=list)
    """What may leave now."""
    besides: list[Row] = field(default_factory=list)
    """What may not, for each partition is asked for its share and one more."""
    ranks: list[str] = field(default_factory=list)
    """What was asked for."""
    whole: bool = False
    """Whether this is all that is due where it was looked for."""

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
    links: Links = field(default_factory=dict)
    """What makes links to the records of leads, for a destination that shows them."""
    waiting: dict[str, list[datetime]] = field(default_factory=dict)
    """By rank, if it was read: since when each delivery is owed that was left due.

    Readings are bounded by what may leave, so this is no count of all, but tells the oldest.
    """

    async def due(self, lane: Lane, now: datetime, nudge: Nudge) -> Due:
        """Return what *nudge* asks for: what is urgent first, then the oldest, as calls allow."""
        due, by, partitions = Due(), nudge.horizon(now), nudge.partitions
        size = self.destination.batch_size
        if lane.breaker == "open":
            # A delivery probes, if there is one, lest look-ups that fail keep all others waiting.
            if not budget.calls_allowed(lane, self.destination.rate, now):
                return due
            rows, _ = await self._read(RANKS, partitions, by, size, {"kind": Kind.DELIVER})
            due.add(RANKS, rows, size)
            if due.rows:
                return due
        most = SHARE * len(partitions) if lane.works else TRIP * size
        limits = {rank: min(self._allows(lane, now, rank) * size, most) for rank in RANKS}
        if all(limits.values()):
            found = await self._read_both(partitions, by, max(limits.values()))
            for rank, limit in limits.items():
                rows = [row for row in found.rows if row.values["rank"] == rank]
                due.add((rank,), rows, max(limit - len(due.rows), 0))
            due.whole = not (found.full or due.besides)
            return due
        for rank, limit in limits.items():
            if limit > len(due.rows):
                rows, _ = await self._read((rank,), partitions, by, limit - len(due.rows))
                due.add((rank,), rows, limit - len(due.rows))
        return due

    async def deliveries(self) -> list[Row]:
        """Return deliveries whenever they are due: once parked, none of them is left due."""
        self.waiting = {rank: [] for rank in RANKS}
        # What is to be read back stays due: once a person enables the lane, it is to be proven.
        name, kind = self.destination.name, {"kind": Kind.DELIVER}
        span = due_by(name, RANKS[0], END)[0], due_by(name, RANKS[-1], END)[1]
        return (await everywhere(self.table, span, limit=SHARE + 1, where=kind)).rows

    def _allows(self, lane: Lane, now: datetime, rank: str) -> int:
        """Return how many calls may leave within a round from *now* on."""
        seconds, urgent = ROUND.total_seconds(), rank == URGENT
        return budget.calls_within(lane, self.destination.rate, now, seconds, urgent=urgent)

    async def _read_both(self, partitions: str, by: datetime, most: int) -> Found:
        """Return what is due of both ranks, in their order: of each partition its share of *most*.

        One request for each, and most have few: what is urgent but not due yet, as after a failure,
        lies between the ranks. Where it fills the share, what is usual is asked for by itself.
        """
        share = max(most // len(partitions), 1) + 1
        urgent, usual = (due_by(self.destination.name, rank, by) for rank in RANKS)
        found = await everywhere(
            self.table, (urgent[0], usual[1]), limit=share, partitions=partitions
        )
        ahead = Counter(row.partition for row in found.rows if row.key < usual[0])
        hidden = [one for one in partitions if ahead[one] == share]
        rows = [row for row in found.rows if row.key < urgent[1] or row.key >= usual[0]]
        if hidden and len(rows) < most:
            more = await everywhere(self.table, usual, limit=share, partitions=hidden)
            rows = sorted((*rows, *more.rows), key=lambda row: row.key)
        return Found(rows, found.full)

    async def _read(
        self,
        ranks: Sequence[str],
        partitions: str,
        by: datetime,
        most: int,
        where: Mapping[str, str] | None = None,
    ) -> tuple[list[Row], bool]:
        """Return the rows of *ranks* that are due, oldest first, and whether these are all.

        Each partition gives a share of *most*, rounded up, so that there may be a few more.
        """
        share = most // len(partitions) + 1
        spans = (due_by(self.destination.name, rank, by) for rank in ranks)
        found = await everywhere(
            self.table, *spans, limit=share, where=where, partitions=partitions
        )
        return found.rows, not found.full

    async def linked(self, delivery: Delivery) -> Delivery:
        """Return *delivery* with links to its lead's records, for a destination that shows them."""
        if not self.links:
            return delivery
        span, columns = deliveries_of(delivery.lead), ("destination", "record_id")
        rows = await self.table.read(partition_of(delivery.lead), *span, columns=columns)
        ids = {row.values["destination"]: row.values["record_id"] for row in rows}
        found = {name: link(ids[name]) for name, link in self.links.items() if ids.get(name)}
        return replace(delivery, links={name: link for name, link in found.items() if link})

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
