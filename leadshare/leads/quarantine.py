"""Leads: keep what cannot be classified, until a person looks at it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from leadshare.errors import Unreadable
from leadshare.intake.message import open_envelope
from leadshare.store.keys import all_quarantined, index_time, partition_of, quarantine_key
from leadshare.store.table import Change, Table
from leadshare.times import to_text

log = logging.getLogger("leadshare.leads.quarantine")


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The rows of messages that could not be classified, each there once."""

    table: Table
    clock: Callable[[], datetime]

    async def keep(self, message: bytes, queued: datetime, reason: str) -> None:
        """Keep *message*, first queued at that time, under *reason*, a stable code."""
        try:
            envelope = open_envelope(message)
            touch, received = envelope.id, envelope.received
        except Unreadable:
            touch = hashlib.sha256(message).hexdigest()[:32]
            received = await self._first_kept(touch) or queued
        values = {
            "touch": touch,
            "reason": reason,
            "message": message,
            "updated": to_text(self.clock()),
        }
        change = Change("upsert", quarantine_key(received, touch), values)
        await self.table.write(partition_of(touch), [change])
        log.warning("touch.quarantined", extra={"touch": touch, "reason": reason})

    async def _first_kept(self, touch: str) -> datetime | None:
        """Return under which time what no envelope dates is kept already, if it is.

        The host queues what it gives up on anew, twice if it dies meanwhile, each time with
        another time and id: only the content tells that it is the same.
        """
        partition = partition_of(touch)
        rows = await self.table.read(partition, *all_quarantined(), where={"touch": touch})
        return index_time(rows[0].key) if rows else None
