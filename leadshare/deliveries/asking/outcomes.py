"""Deliveries: ask a destination what became of the leads that it has, and write that down."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol

from leadshare.deliveries.asking.preflight import SHARE
from leadshare.deliveries.asking.visitor import Visitor, is_due, may_ask
from leadshare.deliveries.calling import Destination
from leadshare.deliveries.delivery import State
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.ledger import Naming, leads_with
from leadshare.lifecycle.outcome import Answer, Habit, Outcome, Records
from leadshare.store.keys import (
    PARTITIONS,
    behind,
    of_contact,
    of_contacts,
    partition_of,
)
from leadshare.store.table import Table

SWEEP: Final = timedelta(days=7)
"""How often all its records are read by their ids, for no change tells what was deleted."""

PAGES: Final = 4
"""Pages of changes that one visit asks for at most."""


_PERSON: Final = re.compile(r"[0-9a-f]{32}")


class Asker(Protocol):
    """What asks a destination, and never raises."""

    def asks(self, destination: Destination) -> Habit | None:
        """Return how the destination is asked, None where it is not to be."""

    async def changed(
        self, destination: Destination, cursor: str, now: datetime, within: float
    ) -> Answer: ...
    async def current(
        self, destination: Destination, records: Records, now: datetime, within: float
    ) -> Answer: ...


class Recorder(Protocol):
    """What writes outcomes down."""

    async def record(self, outcomes: Sequence[Outcome], *, asked: bool) -> object: ...


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks for outcomes whenever that is due; how far it is stands in the lane's own row.

    That is written after what was told is, so that a crash in between has it told once more,
    which is no news.
    """

    table: Table
    asker: Asker
    recorder: Recorder
    naming: Naming
    """What names record ids in the index by which leads are found."""

    def is_due(self, destination: Destination, lane: Lane, now: datetime) -> bool:
        """Say whether *destination* is to be asked anything, by what its *lane* tells."""
        habit = self.asker.asks(destination)
        return habit is not None and (is_due(lane.asked_at, habit.every, now) or _sweeps(lane, now))

    async def ask(self, visit: Visitor, now: datetime, lease: float) -> None:
        """Ask what has changed, and read some records of a sweep, if that is due.

        *lease* is the length of the lane's lease in seconds. Raises `Lost` and `StorageError`.
        """
        habit = self.asker.asks(visit.destination)
        if habit is None:
            return
        if is_due(visit.lane.asked_at, habit.every, now):
            await self._ask(visit, now, lease * SHARE, habit.records)
        if _sweeps(visit.lane, now) and may_ask(visit, now):
            await self._sweep(visit, now, lease * SHARE, habit.records)

    async def again(
        self, visit: Visitor, records: Records, now: datetime, lease: float
    ) -> frozenset[str]:
        """Ask what became of the leads of *records*, whatever is due; return those it told of.

        Raises as `ask` does.
        """
        habit, told = self.asker.asks(visit.destination), dict[str, str]()
        while habit and len(told) < len(records) and may_ask(visit, now):
            left = (one for one in records.items() if one[0] not in told)
            some = dict(islice(left, habit.records))
            asked = self.asker.current(visit.destination, some, now, lease * SHARE)
            answer = await self._told(visit, asked)
            if answer.fault:
                break
            told |= some
            await visit.put(visit.lane)
        return frozenset(told)

    async def _ask(self, visit: Visitor, now: datetime, within: float, size: int) -> None:
        more, pages = True, 0
        while more and pages < PAGES and may_ask(visit, now):
            destination, up_to = visit.destination, visit.lane.asked_up_to
            answer = await self._told(visit, self.asker.changed(destination, up_to, now, within))
            if answer.told.records:
                answer = await self._follow(visit, answer, now, within, size)
            await visit.put(visit.lane.asked(answer, now))
            more, pages = answer.told.more, pages + 1

    async def _follow(
        self, visit: Visitor, page: Answer, now: datetime, within: float, size: int
    ) -> Answer:
        """Ask for the leads of the records on a *page*, *size* by call; return what it comes to.

        That is the page, if all were told; else one that goes no further, so that it is told again.
        """
        # The lease is renewed before each step: none takes longer than that, all together may.
        await visit.put(visit.lane)
        destination, naming = visit.destination, self.naming
        found = [
            (lead, record)
            for record in page.told.records
            for lead in await leads_with(self.table, record, destination.name, naming)
        ]
        for start in range(0, len(found), size):
            if not may_ask(visit, now):
                return Answer()
            await visit.put(visit.lane)
            records = dict(found[start : start + size])
            asked = self.asker.current(destination, records, now, within)
            answer = await self._told(visit, asked)
            if answer.fault:
                return answer
        return page

    async def _told(self, visit: Visitor, asked: Awaitable[Answer]) -> Answer:
        """Write down what the destination tells that is *asked*; return that."""
        answer = await asked
        visit.spend_rest()
        await self.recorder.record(await self._of_leads(answer.told.outcomes), asked=True)
        return answer

    async def _of_leads(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Return *outcomes* of leads: what is told of a person is told of each lead that is there.

        There is one read for each person of whom something has changed.
        """
        told: list[Outcome] = []
        for outcome in outcomes:
            if not _PERSON.fullmatch(outcome.lead):
                told.append(outcome)
                continue
            first, end = of_contact(outcome.lead, "delivery")
            where = {"destination": outcome.source, "state": State.DELIVERED.value}
            partition = partition_of(outcome.lead)
            rows = await self.table.read(partition, first, end, columns=("lead",), where=where)
            told += [replace(outcome, lead=row.values["lead"]) for row in rows]
        return told

    async def _sweep(self, visit: Visitor, now: datetime, within: float, size: int) -> None:
        """Read as many records as one call takes, from where the sweep stands on."""
        destination, (first, end) = visit.destination, of_contacts()
        place = visit.lane.sweep or PARTITIONS[0]
        rows = await self.table.read(
            place[0],
            place[1:] or first,
            end,
            limit=size,
            columns=("lead", "record_id"),
            where={"destination": destination.name, "state": State.DELIVERED.value},
        )
        records = {r.values["lead"]: r.values["record_id"] for r in rows if r.values["record_id"]}
        if records:
            asked = self.asker.current(destination, records, now, within)
            answer = await self._told(visit, asked)
            if answer.fault:
                await visit.put(replace(visit.lane, ask_fault=answer.fault))
                return
        more = behind(rows[-1].key) if len(rows) == size else ""
        await visit.put(visit.lane.swept(_next(place[0], more), now))


def _sweeps(lane: Lane, now: datetime) -> bool:
    """Say whether records of a sweep are to be read.

    Not after a fault, until what has changed was asked for again: a sweep that is refused is tried
    no more often than that, and keeps nobody from asking it.
    """
    return not lane.ask_fault and is_due(lane.swept_at, SWEEP, now)


def _next(partition: str, key: str) -> str:
    """Return where a sweep goes on that has come to a *key* of a partition, or to its end."""
    if key:
        return partition + key
    return PARTITIONS[PARTITIONS.index(partition) + 1 :][:1]
