"""Marketplace table: take what the marketplace writes into its table, as if it had been POSTed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from leadshare import intake
from leadshare.errors import (
    Conflict,
    LeadshareError,
    PlaceRefused,
    RowRefused,
    StorageError,
    Unexpected,
)
from leadshare.identity import Identity
from leadshare.intake.message import TABLE
from leadshare.marketplace_table import place as places
from leadshare.marketplace_table.place import Place
from leadshare.marketplace_table.row import LeadRow, TableTouch, touch_of
from leadshare.store import lease
from leadshare.store.keys import MARKETPLACE_TABLES
from leadshare.store.lease import LeasedRow
from leadshare.store.table import Table

log = logging.getLogger("leadshare.marketplace_table.reading")


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where the next page begins: nothing if this was the last."""

    rows: Sequence[LeadRow]
    after: str


class Rows(Protocol):
    """What the use case needs of the marketplace's table: it reads, and no more."""

    @property
    def name(self) -> str:
        """The account's and the table's name, which become a row key."""

    async def page(self, since: datetime, after: str) -> Page:
        """Return a page, which may be empty and still go on, of the rows written *since*.

        Raises `StorageError`, but no `Conflict`, where trying again may help.
        """


class Queue(Protocol):
    """What the use case needs of the queue of touches."""

    async def send(self, messages: Sequence[bytes]) -> None:
        """Put *messages* into the queue; once this returns, it has them all."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the table is read, how far back each time, and from when on at all."""

    every: timedelta
    overlap: timedelta
    since: datetime | None


@dataclass(frozen=True, slots=True)
class TableSource:
    """Reads one of Microsoft's tables; `new_id` names each reading in its lease."""

    rows: Rows
    queue: Queue
    state: Table
    identity: Identity
    pace: Pace
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    lease: timedelta

    @property
    def name(self) -> str:
        """What the table is called in log and health."""
        return self.rows.name

    async def work(self, end: float) -> None:
        """Read what is new, if that is due and nobody else does, until *end* in the loop's time.

        What is left is read by the next tick. A crash repeats a page at most.
        """
        reading = _Reading(self)
        if not await reading.acquire():
            return
        try:
            await reading.read(end)
        except Conflict:
            # The lease ran out and another took over; what it takes again is the same touches.
            log.warning("source.lost", extra={"source": self.name})
        except Exception as error:  # noqa: BLE001 - whatever it is, health must tell of it
            fault = error if isinstance(error, LeadshareError) else Unexpected.of(error)
            # The same place, or the same row, would be refused again.
            useless = (PlaceRefused, RowRefused)
            anew = isinstance(error, useless) or not isinstance(error, StorageError)
            await reading.break_off(str(fault), anew=anew)
            raise fault from None
        else:
            log.info("source.read", extra={"source": self.name, **reading.tally})


@dataclass(slots=True)
class _Reading:
    """Reads on in one table, from where its place is."""

    source: TableSource
    place: Place = field(default_factory=Place)
    tally: dict[str, int] = field(default_factory=lambda: {"met": 0, "new": 0, "pages": 0})
    _row: LeasedRow[Place] = field(init=False)

    def __post_init__(self) -> None:
        self._row = LeasedRow(self.source.state, MARKETPLACE_TABLES, self.source.name, Place)

    async def acquire(self) -> bool:
        """Lease the place, if a reading is due that nobody else has begun."""
        source, place = self.source, await self._row.read()
        now = source.clock()
        begun = places.begin(place, source.pace.since, now, source.pace.every)
        leased = begun and lease.acquire(begun, source.new_id(), now, source.lease)
        if not leased:
            return False
        try:
            await self._row.write(leased)
        except Conflict:
            return False
        self.place = leased
        return True

    async def read(self, end: float) -> None:
        """Take page after page, one at least, until the last or until *end*; let the place go."""
        source, loop = self.source, asyncio.get_running_loop()
        since = places.bound(self.place, source.pace.overlap)
        while True:
            page = await source.rows.page(since, self.place.after)
            await self._queue(page)
            if not page.after:
                self.place = places.ended(self.place, source.clock())
                break
            if loop.time() >= end:
                break
            await self._save(lease.renew(self.place, source.clock(), source.lease))
        await self._save(lease.release(self.place))

    async def break_off(self, fault: str, *, anew: bool) -> None:
        """Note a *fault*, which the tick tells, and let the place go."""
        self.place = places.broken(self.place, fault, anew=anew)
        try:
            await self._save(lease.release(self.place))
        except StorageError:
            # The fault is raised all the same, and the lease runs out.
            log.warning("source.lost", extra={"source": self.source.name})

    async def _queue(self, page: Page) -> None:
        """Queue what is new of *page*; only then it counts as met."""
        known = places.taken(self.place)
        touches = [(touch_of(row, self.source.identity), row.written) for row in page.rows]
        new = [touch for touch, _ in touches if bytes.fromhex(touch.id) not in known]
        if new:
            await self.source.queue.send([self._message(touch) for touch in new])
        ids = [(bytes.fromhex(touch.id), written) for touch, written in touches]
        self.place = places.met(self.place, ids, len(new), page.after)
        self.tally["met"] += len(touches)
        self.tally["new"] += len(new)
        self.tally["pages"] += 1

    def _message(self, touch: TableTouch) -> bytes:
        if touch.cut:
            log.warning("source.cut", extra={"source": self.source.name, "touch": touch.id})
        return intake.envelope(touch.body, None, touch.id, touch.received, via=TABLE)

    async def _save(self, place: Place) -> None:
        """Write the place; `Conflict` if it is lost."""
        await self._row.write(place)
        self.place = place
