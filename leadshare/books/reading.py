"""Books: read each book as Microsoft tells it: ask for a report, wait for it, take its file."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from leadshare.books import place as places
from leadshare.books.book import BOOKS, Book
from leadshare.books.faults import Spoilt, Untold
from leadshare.books.lines import read_lines
from leadshare.books.place import Place, Report
from leadshare.books.sums import FileSums, Units, by_period, read_columns, replaced, to_columns
from leadshare.errors import Conflict, StorageError
from leadshare.reason import BookFault
from leadshare.store import lease
from leadshare.store.keys import BOOK, book_key, period_key, periods_from
from leadshare.store.lease import LeasedRow
from leadshare.store.table import Change, Row, Table, put
from leadshare.times import EPOCH

log = logging.getLogger("leadshare.books.reading")


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution that has ended: its id, when its file was made, and the link to that."""

    id: str
    told_at: datetime
    link: str


class Analytics(Protocol):
    """What the use case needs of Partner Center; each raises `Untold`."""

    async def query(self, book: Book, now: datetime) -> str:
        """Return the id of the book's query, found or made."""

    async def report(self, book: Book, query: str, now: datetime) -> Report:
        """Return the report of *query* that goes on for longest, found or made."""

    async def remove(self, report: str, now: datetime) -> None:
        """Take a report away, if it is there."""

    async def execution(self, report: str, now: datetime) -> Execution | None:
        """Return the last execution of a report that has ended; None while there is none."""

    def file(self, link: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open the file behind *link*, without our token: it lies with somebody else."""


@dataclass(slots=True)
class BookReader:
    """Reads all books, as a chore of the tick."""

    analytics: Analytics
    state: Table
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    lease: timedelta
    books: Sequence[Book] = BOOKS
    look_at: dict[str, datetime] = field(default_factory=dict)
    """When each is looked at next, as this process knows it."""

    @property
    def name(self) -> str:
        """What this chore of the tick is called in logs."""
        return "books"

    async def work(self) -> None:
        """Take one step with each book that is due; a crash repeats that step at most."""
        for book in self.books:
            now = self.clock()
            if not places.rests(self.look_at.get(book.name, EPOCH), now):
                await self._look(book, now)

    async def _look(self, book: Book, now: datetime) -> None:
        row = LeasedRow(self.state, BOOK, book_key(book.name), Place)
        found = await row.read()
        if places.rests(found.look_at, now):
            self.look_at[book.name] = found.look_at
            return
        mine = lease.acquire(found, self.new_id(), now, self.lease)
        if mine is None:
            return
        due = places.to_be_told(mine, now)
        with suppress(Conflict):  # Another process was faster, or took over; it has read the book.
            await row.write(places.watched(mine, now) if due else mine)
            if due:
                _tell(book, row.value, now)  # before it is read: what dies on the way is told, too
            await _Step(self, book, row, now).take()
            self.look_at[book.name] = row.value.look_at


def _tell(book: Book, place: Place, now: datetime) -> None:
    late = place.late(now)
    facts = {
        "book": book.name,
        "fault": place.fault,
        "failing_ms": _since(place.failing_at, now),
        "told_ms": _since(place.told_at, now),
        "late": late,
    }
    log.log(logging.WARNING if late else logging.INFO, "books.watched", extra=facts)


def _since(time: datetime, now: datetime) -> int | None:
    return round((now - time).total_seconds() * 1000) if time > EPOCH else None


@dataclass(slots=True)
class _Step:
    """What is done with one book under its lease."""

    reader: BookReader
    book: Book
    row: LeasedRow[Place]
    now: datetime

    async def take(self) -> None:
        """Go on from where the book's place is, as far as it goes now, and let it go."""
        try:
            place = await self._go_on()
        except Untold as error:
            place = self._broken(self.row.value, error.reason, error.hold)
        except Spoilt as error:
            place = self._broken(self.row.value, error.reason, places.EVERY / 4)
        except StorageError:
            raise
        except Exception:
            await self.row.write(
                lease.release(self._broken(self.row.value, BookFault.READING_CRASHED, None))
            )
            raise
        await self.row.write(lease.release(place))

    def _broken(self, place: Place, fault: str, hold: timedelta | None) -> Place:
        log.warning("books.failed", extra={"book": self.book.name, "fault": fault})
        return places.broken(place, fault, hold, self.now)

    async def _go_on(self) -> Place:
        analytics, now = self.reader.analytics, self.now
        place = places.asking(self.row.value, self.book.query)
        if not place.query:
            place = await self._save(replace(place, query=await analytics.query(self.book, now)))
        if places.needs_report(place, now):
            report = await analytics.report(self.book, place.query, now)
            place = await self._save(places.with_report(place, report))
        found = await analytics.execution(place.report, now)
        if found:
            place = replace(place, before="")
        elif place.before:
            found = await analytics.execution(place.before, now)
        if found and found.id != place.taken and found.told_at >= place.told_at:
            place = await self._read(place, found)
        elif places.is_lost(place, now):
            await analytics.remove(place.report, now)
            # Its query may be what somebody has deleted.
            lost = replace(place, query="", report="", before="")
            return self._broken(lost, BookFault.REPORT_LOST, places.LOOK)
        return places.waiting(place, now)

    async def _save(self, place: Place) -> Place:
        """Write *place* down, and keep others away for as long again."""
        reader = self.reader
        place = lease.renew(place, reader.clock(), reader.lease)
        await self.row.write(place)
        return place

    async def _read(self, place: Place, found: Execution) -> Place:
        """Take the file of an execution, whole or not at all."""
        place, sums = await self._save(place), FileSums(self.book)
        async with self.reader.analytics.file(found.link) as pieces:
            await sums.read(read_lines(pieces, self.book.columns))
        begins = self.book.begins(found.told_at)
        known = min(place.known_from or begins, begins)
        taken = replace(place, taken=found.id, told_at=found.told_at, known_from=known)
        await self._keep(taken, sums.units)
        facts = {"book": self.book.name, "lines": sums.lines, "units": len(sums.units)}
        log.info("books.taken", extra=facts)
        return taken

    async def _keep(self, place: Place, told: Units) -> None:
        """Write what a file tells, and that it was taken, in one transaction."""
        name = self.book.name
        rows = await self._kept(told)
        before = [(row, read_columns(row.values, self.book.width)) for row in rows.values()]
        kept = {unit: sums for _, units in before for unit, sums in units.items()}
        cut = self.book.cut_until(place.told_at)
        changes: list[Change] = []
        for period, units in by_period(replaced(kept, told, cut)).items():
            key = period_key(name, period)
            change = put(rows.get(key), key, to_columns(units))
            if key not in rows or dict(change.values) != dict(rows[key].values):
                changes.append(change)
        await self.row.write(place, also=changes)

    async def _kept(self, told: Units) -> dict[str, Row]:
        """Return the rows that a file may change, by their keys."""
        if not told:
            return {}
        span = periods_from(self.book.name, min(by_period(told)))
        return {row.key: row for row in await self.reader.state.read(BOOK, *span)}
