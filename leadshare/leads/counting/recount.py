"""Leads: count all anew: what each lead comes to, and what its partition's days come to."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.counts.contribution import Contribution, day_of, unpack
from leadshare.counts.folding import DAYS, Day, add_parts
from leadshare.counts.of_delivery import subject_of
from leadshare.counts.of_lead import Counted, counted, is_contact, of_record, touches_of
from leadshare.counts.outbox import News, count, read
from leadshare.errors import Conflict
from leadshare.leads.counting.rows import touched
from leadshare.leads.held import COLUMNS, Held
from leadshare.leads.lead import Lead, fold
from leadshare.playbook import Category
from leadshare.store.keys import (
    all_counts,
    all_tallies,
    behind,
    contact_in,
    day_in,
    fresh_key,
    of_contacts,
)
from leadshare.store.table import Change, Row, Table

PAGE: Final = 1000
"""Rows that are read at once."""

READ: Final = (*COLUMNS, "record", "route")


@dataclass(slots=True)
class Recounted:
    """What counting anew has come to."""

    leads: int = 0
    """Leads that were counted."""
    wrong: int = 0
    """Those that were counted otherwise, or not yet."""
    days: int = 0
    """Days of a partition that came to something else."""

    def __add__(self, other: Recounted) -> Recounted:
        """Return what both have come to."""
        return Recounted(self.leads + other.leads, self.wrong + other.wrong, self.days + other.days)

    @property
    def facts(self) -> dict[str, int]:
        """What is told of it."""
        return {"leads": self.leads, "wrong": self.wrong, "days": self.days}


@dataclass(slots=True)
class Recount:
    """Counts one partition anew, by the days of a zone; `carry_out` raises `Conflict` if what was
    folded meanwhile hangs on it: then all is to be done once more.
    """

    table: Table
    partition: str
    zone: ZoneInfo
    now: datetime
    dry_run: bool
    told: Recounted = field(default_factory=Recounted)
    columns: dict[str, bytes] = field(default_factory=dict)
    """What each lead and each delivery is counted as, as its row says."""

    async def carry_out(self) -> Recounted:
        """Recount, and make right what was wrong unless it is a dry run.

        Of a partition what is folded is what all columns say, less what waits to be folded. Days
        are read first and written as they were then: where anything was folded into one of them in
        between, it is not written.
        """
        rows = await self.table.read(self.partition, *all_tallies())
        before = {day_in(row.key): Day.of(row) for row in rows}
        async for contact in self._contacts():
            await self._recount(contact)
        pending = await self.table.read(self.partition, *all_counts())
        days = self._days(before, [read(row) for row in pending])
        wrong = [day for day, one in days.items() if not one.says(before.get(day))]
        self.told.days = len(wrong)
        if not self.dry_run:
            for start in range(0, len(wrong), DAYS):
                await self._write({day: days[day] for day in wrong[start : start + DAYS]})
        return self.told

    async def _contacts(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the rows of each contact, but for attempts."""
        (start, end), left = of_contacts(self.partition), list[Row]()
        while True:
            page = await self.table.read(self.partition, start, end, limit=PAGE, columns=READ)
            groups = [[*rows] for _, rows in groupby([*left, *page], lambda r: contact_in(r.key))]
            left = groups.pop() if groups and len(page) == PAGE else []
            for group in groups:
                if contact_in(group[0].key):
                    yield group
            if len(page) < PAGE:
                return
            start = behind(page[-1].key)

    async def _recount(self, rows: Sequence[Row]) -> None:
        held = Held.of(rows)
        for row in held.deliveries.values():
            values = row.values
            subject = subject_of(values["lead"], values["destination"])
            self.columns[subject] = values.get("counted") or b""
        leads = fold(held.touches.values())
        by_contact = _with_contact(held, leads)
        whole = held.count("touches") == len(held.touches)
        for identity, row in held.leads.items():
            column = row.values.get("counted")
            self.columns[identity], was = column or b"", unpack(column)[1]
            self.told.leads += 1
            if identity not in leads:
                continue  # Its touches are gone: it stays as it was counted.
            # Where some of its contact's touches are gone, they stay as they were counted.
            touches = touched(leads[identity]) if whole else touches_of(was)
            now = _counted(row, touches, contact=identity == by_contact)
            if column and was == now:
                continue
            self.told.wrong += 1
            if not self.dry_run:
                after, changes = count(column, now, identity, self.now)
                merge = Change("merge", row.key, {"counted": after}, row.etag)
                with suppress(Conflict):  # Whoever has changed it meanwhile has counted it, too.
                    await self.table.write(self.partition, [merge, *changes])

    def _days(self, before: Mapping[date, Day], pending: Sequence[News]) -> dict[date, Day]:
        """Return what the days come to, without what waits to be folded."""
        found = {day: Day(one.row, gone=one.gone) for day, one in before.items()}
        days = defaultdict[date, Day](lambda: Day(None), found)
        for one in days.values():
            one.all.merge(one.gone)
        after = {(news.subject, news.row.values["is"]) for news in pending}
        told = after | {(news.subject, news.row.values["was"]) for news in pending}
        for subject, column in self.columns.items():
            if (subject, column) not in told:
                add_parts(days, unpack(column)[1], self.zone)
        # What was counted before the first of several that follow each other is what is folded.
        for news in pending:
            if (news.subject, news.row.values["was"]) in after:
                continue
            left = set(news.days(self.zone))
            add_parts(days, _only(news.was, left, self.zone), self.zone)
            others = {day_of(at, self.zone) for at in news.now.on} - left
            add_parts(days, _only(news.now, others, self.zone), self.zone)
        return dict(days)

    async def _write(self, days: Mapping[date, Day]) -> None:
        changes = list[Change]()
        for day, one in days.items():
            changes += [one.change(day), Change("upsert", fresh_key(day))]
        await self.table.write(self.partition, changes)


def _only(counted: Contribution, days: set[date], zone: ZoneInfo) -> Contribution:
    on = {at: cells for at, cells in counted.on.items() if day_of(at, zone) in days}
    return Contribution(counted.of, on)


def _counted(row: Row, touches: Iterable[Counted], *, contact: bool) -> Contribution:
    values: Mapping[str, Any] = row.values
    record, route = json.loads(values["record"]), json.loads(values["route"])
    return counted(of_record(record, route), touches, values, contact=contact)


def _with_contact(held: Held, leads: Mapping[str, Lead]) -> str:
    """Return the lead with which its contact is counted: else the first normal one."""
    for identity, row in held.leads.items():
        if is_contact(unpack(row.values.get("counted"))[1]):
            return identity
    folded = [leads[one] for one in held.leads.keys() & leads.keys()]
    normal = [one for one in folded if one.category is Category.NORMAL]
    return min(normal, key=lambda one: (one.first, one.id)).id if normal else ""
