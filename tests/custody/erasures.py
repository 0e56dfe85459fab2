"""An office that erases: its tables, its queues as a test says, Microsoft's table in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from leadshare.custody.erasing.certificate import Certificates
from leadshare.custody.erasing.erasing import Erasing
from leadshare.custody.erasing.ordering import Erasures
from leadshare.custody.erasing.planning import System
from leadshare.custody.erasing.searching import Search
from leadshare.custody.erasing.subject import Subjects
from leadshare.custody.objecting import Objections
from leadshare.custody.rights import Rights
from leadshare.marketplace_table.reading import Page
from leadshare.marketplace_table.row import LeadRow
from leadshare.store.keys import HOUSE, due_by
from leadshare.store.reading import everywhere
from leadshare.store.table import Table
from tests.builders import IDENTITY, Office, visit_ids

LEASE = timedelta(seconds=60)
EMPTY: Mapping[str, Any] = {"touches": {"count": 0, "oldest_seconds": 0}}


class Microsoft:
    """Microsoft's table; its key lets rows be deleted unless a test says otherwise."""

    def __init__(self) -> None:
        self.rows: list[LeadRow] = []
        self.allows = True

    async def page(self, since: datetime, after: str) -> Page:
        """Return one row at a time."""
        del since
        at = int(after or 0)
        more = str(at + 1) if at + 1 < len(self.rows) else ""
        return Page(self.rows[at : at + 1], more)

    async def delete(self, row: LeadRow) -> bool:
        """Delete a row."""
        if self.allows:
            self.rows.remove(row)
        return self.allows


class Custodian(Office):
    """An office whose operators erase."""

    def __init__(self, *destinations: Mapping[str, Any], **changes: Any) -> None:
        super().__init__(*destinations, **changes)
        self.queues: Mapping[str, Any] = EMPTY
        self.microsoft = Microsoft()
        self.systems = {"crm": System("delete", "hubspot"), "sellers": System("task")}
        self.orders = visit_ids("order")

    async def waiting(self, now: datetime) -> dict[str, Any]:
        """Its queues, as a test says."""
        del now
        return dict(self.queues)

    def erasures(self, table: Table | None = None, state: Table | None = None) -> Erasures:
        """What its operators order erasures of, perhaps at gates."""
        table, state = table or self.table, state or self.state
        subjects = Subjects(table, IDENTITY)
        erasing = Erasing(
            table,
            Search(table, state, IDENTITY, [self.microsoft]),
            Certificates(state, self.clock),
            subjects,
            self.systems,
            self,
            self.nudged,
            self.clock,
            LEASE,
        )
        return Erasures(erasing, self.orders)

    @property
    def rights(self) -> Rights:
        """What carries out what persons may ask its operators for."""
        return Rights(Subjects(self.table, IDENTITY), self.erasures(), self.objections)

    @property
    def objections(self) -> Objections:
        """What takes objections down."""
        return Objections(self.table, Subjects(self.table, IDENTITY), self.clock)

    async def erase(self, kind: str, text: str) -> str:
        """Count, and order just that; return the order's id."""
        erasures = self.erasures()
        counted = await erasures.count(kind, text, persons=False)
        return str((await erasures.order(kind, text, counted["token"]))["order"])

    async def go_on(self, after: timedelta = timedelta(minutes=1)) -> None:
        """Some time passes, and the house lane is worked off."""
        self.now += after
        due = await everywhere(self.table, due_by(HOUSE, "1", self.now))
        await self.erasures().erasing.work_off(due.rows)

    async def show(self, order: str) -> dict[str, Any]:
        """Return a certificate."""
        return await self.erasures().erasing.certificates.show(order)
