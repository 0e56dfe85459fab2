"""Use case: take what the marketplace writes into a table of leads, as if it had been POSTed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from leadshare import intake
from leadshare.core import lane as lanes
from leadshare.core import table_place as places
from leadshare.core.envelope import TABLE
from leadshare.core.identity import Identity
from leadshare.core.rows import Change, Table, put
from leadshare.core.table_place import Place
from leadshare.core.table_row import LeadRow, Told, touch_of
from leadshare.errors import Conflict, LeadshareError, StorageError, Unexpected

log = logging.getLogger("leadshare.table_leads")

PLACES: Final = "lead-tables"
"""The partition of the places, in the lanes' table."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where the next page begins: nothing if this was the last."""

    rows: Sequence[LeadRow]
    after: str


class Rows(Protocol):
    """What the use case needs of the marketplace's table; it can be read and no more."""

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
class TableLeads:
    """Reads one table of leads; `holder` names this process in the lease."""

    rows: Rows
    queue: Queue
    lanes: Table
    identity: Identity
    pace: Pace
    clock: Callable[[], datetime]
    holder: str
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
        if not await reading.take():
            return
        try:
            await reading.read(end)
        except Conflict:
            # The lease ran out and another took over; what it takes again is the same touches.
            log.warning("table.lost", extra={"table": self.name})
        except Exception as error:  # noqa: BLE001 - whatever it is, health must tell of it
            fault = error if isinstance(error, LeadshareError) else Unexpected.of(error)
            await reading.break_off(str(fault), anew=not isinstance(error, StorageError))
            raise fault from None
        else:
            log.info("table.read", extra={"table": self.name, **reading.tally})


@dataclass(slots=True)
class _Reading:
    """Reads on in one table, from where its place is."""

    means: TableLeads
    place: Place = field(default_factory=Place)
    etag: str = ""
    tally: dict[str, int] = field(default_factory=lambda: {"met": 0, "new": 0, "pages": 0})

    async def take(self) -> bool:
        """Lease the place, if a reading is due that nobody else has begun."""
        means = self.means
        row = await means.lanes.get(PLACES, means.name)
        place = lanes.read_row(Place, row.values) if row else Place()
        now = means.clock()
        begun = places.begin(place, means.pace.since, now, means.pace.every)
        leased = begun and lanes.take(begun, means.holder, now, means.lease)
        if not leased:
            return False
        try:
            change = put(row, means.name, lanes.to_row(leased))
            [self.etag] = await means.lanes.write(PLACES, [change])
        except Conflict:
            return False
        self.place = leased
        return True

    async def read(self, end: float) -> None:
        """Take page after page, one at least, until the last or until *end*; let the place go."""
        means, loop = self.means, asyncio.get_running_loop()
        since = places.bound(self.place, means.pace.overlap)
        while True:
            page = await means.rows.page(since, self.place.after)
            await self._queue(page)
            if not page.after:
                self.place = places.ended(self.place, means.clock())
                break
            if loop.time() >= end:
                break
            await self._save(lanes.renew(self.place, means.clock(), means.lease))
        await self._save(lanes.release(self.place))

    async def break_off(self, fault: str, *, anew: bool) -> None:
        """Tell and note a *fault*, and let the place go."""
        log.error("table.failed", extra={"table": self.means.name, "fault": fault})
        self.place = places.broken(self.place, fault, anew=anew)
        try:
            await self._save(lanes.release(self.place))
        except StorageError:
            # The fault is raised all the same, and the lease runs out.
            log.warning("table.lost", extra={"table": self.means.name})

    async def _queue(self, page: Page) -> None:
        """Queue what is new of *page*; only then it counts as met."""
        known = places.taken(self.place)
        told = [(touch_of(row, self.means.identity), row.written) for row in page.rows]
        new = [touch for touch, _ in told if bytes.fromhex(touch.id) not in known]
        if new:
            await self.means.queue.send([self._message(touch) for touch in new])
        ids = [(bytes.fromhex(touch.id), written) for touch, written in told]
        self.place = places.met(self.place, ids, len(new), page.after)
        self.tally["met"] += len(told)
        self.tally["new"] += len(new)
        self.tally["pages"] += 1

    def _message(self, touch: Told) -> bytes:
        if touch.cut:
            log.warning("table.cut", extra={"table": self.means.name, "touch": touch.id})
        return intake.envelope(touch.body, None, touch.id, touch.received, via=TABLE)

    async def _save(self, place: Place) -> None:
        """Write the place; `Conflict` if it is lost."""
        change = Change("replace", self.means.name, lanes.to_row(place), self.etag)
        [self.etag] = await self.means.lanes.write(PLACES, [change])
        self.place = place
