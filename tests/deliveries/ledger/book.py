"""One delivery's rows in a table, each change of which is checked against the laws."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Deferred, Outcome, Rejected, State
from leadshare.deliveries.ledger import Attempt
from leadshare.deliveries.ledger.story import pack
from leadshare.deliveries.record import Entry
from leadshare.store.keys import delivery_key, lead_key
from leadshare.store.table import Change, Row
from tests.builders import LEAD, NOW, minutes, record
from tests.memory import MemoryTable

LATER = NOW + minutes(1)

NEVER = NOW - minutes(1)

TAKEN, TIMEOUT = Accepted("crm-1"), Deferred("timeout")

REFUSED, THROTTLED = Rejected("bad_email"), Deferred("throttled", counts=False)


class Book:
    """One delivery's rows in a table; each change is checked against the laws."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.arrived = False

    async def write(self, changes: Sequence[Change]) -> None:
        """Make *changes*, and check that the rows agree with each other afterwards."""
        await self.table.write("0", changes)
        self.check()

    async def owe(self, version: int, now: datetime = NOW, story: Sequence[Entry] = ()) -> Row:
        """Owe a version, as classify does; return the due row."""
        before = await self.delivery_row()
        kept = record(version=version)
        told = {"record": json.dumps(kept), "story": pack(story)}
        held = Change("upsert", lead_key(LEAD), told)
        await self.write([held, *ledger.owe(before, LEAD, "crm", kept, now, story=story)])
        return await self.due()

    async def due(self) -> Row:
        """The delivery's due row."""
        [row] = await self.table.read("0", "due|", "due|~")
        return row

    async def parked(self) -> Row:
        """The delivery's parked row."""
        [row] = await self.table.read("0", "parked|", "parked|~")
        return row

    async def delivery_row(self) -> Row | None:
        """The delivery's own row, if it has one."""
        return await self.table.get("0", delivery_key(LEAD, "crm"))

    async def lead_row(self) -> Row:
        """The lead's row."""
        row = await self.table.get("0", lead_key(LEAD))
        assert row is not None
        return row

    async def late(self, attempt: Attempt) -> None:
        """Finish an attempt at a delivery that was changed meanwhile."""
        row = await self.delivery_row()
        assert row is not None
        await self.write(ledger.finish_late(attempt, row, await self.lead_row()))

    def forget(self, column: str) -> None:
        """Take a column out of all rows, as if written before there was one."""
        rows = self.table.rows.items()
        self.table.rows |= {
            place: ({name: value for name, value in values.items() if name != column}, etag)
            for place, (values, etag) in rows
        }

    def stands(self) -> tuple[str, int, int]:
        """State, version wanted and version sent."""
        [row] = self.table.values("delivery")
        return row["state"], row["wanted"], row["sent"]

    def check(self) -> None:
        """One delivery in one state; a due row if and only if due, a parked one if and only if
        parked; delivered if and only if what is wanted was sent; index rows repeat their delivery;
        what may have arrived is known.
        """
        [row] = self.table.values("delivery")
        for state in (State.DUE, State.PARKED):
            index = [key for _, key in self.table.rows if key.startswith(f"{state}|")]
            assert index == ([row["index"]] if row["state"] == state else [])
            for values in self.table.values(state):
                assert row["sent"] == values["sent"]
                assert row["record_id"] == values["record_id"]
                assert row["wanted"] == values["version"] == json.loads(values["record"])["version"]
                assert row["attempts"] == values["attempts"]
                assert row["tried"] == values["tried"]
                assert row.get("said", "") == values.get("said", "")
                assert ledger.to_delivery(Row("0", "", values)).known or not self.arrived
        assert (row["state"] == State.DELIVERED) == (row["wanted"] == row["sent"])
        assert bool(row["index"]) == (row["state"] in (State.DUE, State.PARKED))
        assert bool(row["next"]) == (row["state"] == State.DUE)


def attempt(row: Row, outcome: Outcome, at: datetime = LATER, status: int = 200) -> Attempt:
    """An attempt at the delivery that a due row holds."""
    return Attempt(ledger.to_delivery(row), outcome, at, status, 12)


def finish(row: Row, outcome: Outcome, at: datetime = LATER, **changes: Any) -> list[Change]:
    """What follows from an attempt."""
    told: dict[str, Any] = {"schedule": SCHEDULE, "not_before": NEVER, "chance": 0.0} | changes
    return ledger.finish(row, attempt(row, outcome, at), **told)
