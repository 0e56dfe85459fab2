"""Custody: search for a person where nobody could read: quarantine, outcomes that wait, Microsoft's
table. What that costs follows what is there, not the person."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from leadshare.custody.erasing.needles import Needles
from leadshare.errors import Conflict
from leadshare.identity import Identity
from leadshare.marketplace_table.reading import Page
from leadshare.marketplace_table.row import LeadRow, touch_of
from leadshare.store.keys import WAITING, all_quarantined, contact_of, index_time, whole_partition
from leadshare.store.reading import everywhere
from leadshare.store.table import Change, Row, Table
from leadshare.times import EPOCH, to_text

QUARANTINE: Final = "quarantine"
OUTCOMES: Final = "waiting_outcome"
MICROSOFT: Final = "microsoft_row"
NOT_ALLOWED: Final = "microsoft_row_not_allowed"
"""What is counted of each place that is searched: what is found, and of Microsoft's table what its
key does not allow to be deleted."""


class MicrosoftTable(Protocol):
    """What is needed of a table that the marketplace writes into."""

    async def page(self, since: datetime, after: str) -> Page:
        """Return a page of the rows written *since*."""

    async def delete(self, row: LeadRow) -> bool:
        """Delete a *row*; say whether that is allowed."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a person of before an order."""

    quarantined: Sequence[Row] = ()
    outcomes: Sequence[Row] = ()
    microsoft: Sequence[tuple[MicrosoftTable, LeadRow]] = ()

    @property
    def counts(self) -> Counter[str]:
        """How much, by where."""
        counts = {
            QUARANTINE: len(self.quarantined),
            OUTCOMES: len(self.outcomes),
            MICROSOFT: len(self.microsoft),
        }
        return Counter({name: count for name, count in counts.items() if count})


@dataclass(frozen=True, slots=True)
class Search:
    """Searches and deletes; each way a second time finds nothing."""

    table: Table
    state: Table
    identity: Identity
    microsoft: Sequence[MicrosoftTable] = ()

    async def find(self, needles: Needles, contacts: Collection[str], before: datetime) -> Found:
        """Return what is there of a person of *before* an order."""
        columns = ("lead", "at")
        waiting = await self.state.read(WAITING, *whole_partition(), columns=columns)
        outcomes = [
            row
            for row in waiting
            if contact_of(row.values.get("lead") or "") in contacts
            and row.values["at"] <= to_text(before)
        ]
        if not needles:
            return Found(outcomes=outcomes)
        kept = (await everywhere(self.table, all_quarantined())).rows
        return Found(
            [
                row
                for row in kept
                if index_time(row.key) <= before and needles.are_in(bytes(row.values["message"]))
            ],
            outcomes,
            [
                (table, row)
                for table in self.microsoft
                for row in await _rows(table)
                if needles.are_in(_content(row)) and touch_of(row, self.identity).received <= before
            ],
        )

    async def delete(self, found: Found) -> Counter[str]:
        """Delete what was *found*; return how much of it was there still."""
        counts = Counter[str]()
        counts[QUARANTINE] = sum([await _deleted(self.table, one) for one in found.quarantined])
        counts[OUTCOMES] = sum([await _deleted(self.state, one) for one in found.outcomes])
        for table, row in found.microsoft:
            counts[MICROSOFT if await table.delete(row) else NOT_ALLOWED] += 1
        return +counts


async def _deleted(table: Table, row: Row) -> bool:
    try:
        await table.write(row.partition, [Change("delete", row.key, etag=row.etag)])
    except Conflict:
        return False  # Somebody has read it anew meanwhile; it is searched once more at the end.
    return True


async def _rows(table: MicrosoftTable) -> Iterable[LeadRow]:
    rows, after = list[LeadRow](), ""
    while True:
        page = await table.page(EPOCH, after)
        rows += page.rows
        after = page.after
        if not after:
            return rows


def _content(row: LeadRow) -> bytes:
    return json.dumps([row.partition, row.key, dict(row.values)], default=str).encode()
