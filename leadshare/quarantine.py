"""Use case: keep what cannot be classified, until a person looks at it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from leadshare.core.envelope import open_envelope
from leadshare.core.rows import Change, Table, partition_of, quarantine_key
from leadshare.core.times import to_text
from leadshare.errors import Unreadable

log = logging.getLogger("leadshare.quarantine")


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
            touch, received = hashlib.sha256(message).hexdigest()[:32], queued
        values = {
            "touch": touch,
            "reason": reason,
            "message": message,
            "updated": to_text(self.clock()),
        }
        change = Change("upsert", quarantine_key(received, touch), values)
        await self.table.write(partition_of(touch), [change])
        log.warning("touch.quarantined", extra={"touch": touch, "reason": reason})
