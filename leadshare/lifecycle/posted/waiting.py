"""Lifecycle: posted outcomes that could not be recorded: they wait, are tried again, are listed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from leadshare.errors import Unreadable
from leadshare.lifecycle.posted.message import Posted, read_message
from leadshare.reason import Waits
from leadshare.store.keys import WAITING, waiting_by, waiting_key, whole_partition
from leadshare.store.paging import ListQuery, page
from leadshare.store.table import Change, Row, Table
from leadshare.times import from_text, to_text

log = logging.getLogger("leadshare.lifecycle.posted")

KEPT: Final = timedelta(days=30)
"""How long an outcome waits."""

SHORTEST: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(days=1)
"""The first and the longest wait between two tries; each is as long as it has waited by then."""

AT_ONCE: Final = 50
"""Outcomes that are taken at once: two rows each fill a transaction."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The rows of outcomes that wait, by the time at which they are tried again."""

    state: Table
    clock: Callable[[], datetime]

    async def keep(self, message: bytes, why: Waits) -> None:
        """Let the outcome in a queue *message* wait; the same message twice is one row."""
        now = self.clock()
        posted = _read(message)
        received = posted.received if posted else now
        values: dict[str, Any] = {"reason": why.value, "received": to_text(received)}
        if posted:
            told = posted.outcome
            values |= {"lead": told.lead, "source": told.source, "at": to_text(told.at)}
            values |= {"said": str(told.state or "")}
        key = waiting_key(received + SHORTEST, hashlib.sha256(message).hexdigest()[:16])
        await self.state.write(WAITING, [Change("upsert", key, values | {"message": message})])
        log.warning(
            "outcome.waits", extra={"source": values.get("source", ""), "reason": why.value}
        )

    async def keep_poison(self, message: bytes, _queued: datetime) -> None:
        """Let wait what a queue's function was given up on."""
        await self.keep(message, Waits.GIVEN_UP)

    async def page(self, limit: int, after: str) -> dict[str, object]:
        """Return a page of what waits, by the time of the next try."""
        rows = ListQuery("outcomes", whole_partition(), {}, _COLUMNS, _shown, (WAITING,))
        return await page(self.state, rows, limit, after)

    async def claim(self) -> Sequence[Row]:
        """Return what is to be tried by now, put off until its next time; what is too old goes.

        Raises `Conflict` where another process is at it.
        """
        now = self.clock()
        rows = await self.state.read(WAITING, *waiting_by(now), limit=AT_ONCE)
        live = [row for row in rows if now - from_text(row.values["received"]) < KEPT]
        later = [_later(row, now) for row in live]
        changes = [Change("delete", row.key, etag=row.etag) for row in rows]
        changes += [Change("insert", row.key, row.values) for row in later]
        if changes:
            await self.state.write(WAITING, changes)
        for row in rows:
            if row not in live:
                facts = {"source": row.values.get("source", ""), "reason": row.values["reason"]}
                log.error("outcome.expired", extra=facts)
        return later

    async def drop(self, row: Row) -> None:
        """Forget what is recorded; `row` as it was claimed."""
        await self.state.write(WAITING, [Change("delete", row.key)])


def _later(row: Row, now: datetime) -> Row:
    """Return *row* as it is tried again: later, the longer it has waited."""
    received, name = from_text(row.values["received"]), row.key.partition("|")[2]
    wait = min(max(now - received, SHORTEST), LONGEST)
    return Row(row.partition, waiting_key(min(now + wait, received + KEPT), name), row.values)


def _read(message: bytes) -> Posted | None:
    try:
        return read_message(message)
    except Unreadable:
        return None


_COLUMNS: Final = ("lead", "source", "at", "said", "reason", "received")


def _shown(row: Row) -> dict[str, object]:
    return {name: row.values.get(name, "") for name in _COLUMNS}
