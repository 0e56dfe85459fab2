"""Use case: classify one queued touch and keep it, in its lead or in quarantine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from leadshare.core import touch as touches
from leadshare.core.configuration import Configuration
from leadshare.core.envelope import open_envelope
from leadshare.core.identity import Identity
from leadshare.core.planning import outcome, plan
from leadshare.core.rows import (
    Table,
    partition_of,
    without_attempts,
)
from leadshare.core.story import COLUMNS, Story
from leadshare.core.touch import Touch
from leadshare.errors import Conflict, StorageError, Unexpected, Unreadable
from leadshare.quarantine import Quarantine

log = logging.getLogger("leadshare.classify")

OTHER: Final = "other"
"""What is told of a listing or campaign that the configuration does not name."""

TRIES: Final = 8
"""Readings of a contact that somebody else keeps changing, before the message waits."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """Classifies touches under one configuration."""

    table: Table
    quarantine: Quarantine
    configuration: Configuration[Any]
    identity: Identity
    clock: Callable[[], datetime]

    async def classify(self, message: bytes, queued: datetime) -> None:
        """Keep the touch in *message*, queued at that time; a repeat changes nothing.

        Raises `StorageError` where the table fails, so that the message comes back; every
        fault that coming back would not cure ends in quarantine.
        """
        try:
            envelope = open_envelope(message)
        except Unreadable as error:
            await self.quarantine.keep(message, queued, error.reason)
            return
        try:
            touch = touches.read(envelope, self.configuration, self.identity)
            told = await self._keep(touch, envelope.body)
        except Unreadable as error:
            await self.quarantine.keep(message, queued, error.reason)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - a lead outlives a bug of ours, in quarantine
            fault = str(Unexpected.of(error))
            log.error("touch.crashed", extra={"touch": envelope.id, "fault": fault})  # noqa: TRY400 - the text of the error may quote the lead
            await self.quarantine.keep(message, queued, "crashed")
        else:
            self._tell(touch, told)

    async def _keep(self, touch: Touch, raw: bytes) -> dict[str, Any]:
        """Write *touch* and all that follows from it; return what its lead comes to."""
        partition = partition_of(touch.contact)
        changed = False
        for _ in range(TRIES):
            rows = await self.table.read(
                partition, *without_attempts(touch.contact), columns=COLUMNS
            )
            story = Story.of(rows)
            transactions = plan(story, touch, raw, self.configuration, self.clock())
            try:
                for changes in transactions:
                    await self.table.write(partition, changes)
                    changed = True
            except Conflict:
                continue
            return {"changed": changed, **outcome(story, touch.lead, transactions)}
        raise StorageError(f"a contact kept changing during {TRIES} readings")

    def _tell(self, touch: Touch, told: dict[str, Any]) -> None:
        """Log one wide line; of listing and campaign only what the publisher has named."""
        listings = self.configuration.listing
        log.info(
            "touch.classified",
            extra={
                "touch": touch.id,
                "lead": touch.lead,
                "storefront": touch.storefront.value,
                "intent": touch.intent.value,
                "lane": touch.lane.value,
                "via": touch.via,
                "listing": _among(touch.listing, {one.id.lower() for one in listings}),
                "campaign": _among(touch.campaign, {one.campaign for one in listings}),
                "flags": list(touch.flags),
                **told,
                "waited_ms": round((self.clock() - touch.received).total_seconds() * 1000),
                "trace": touch.trace,
            },
        )


def _among(name: str, known: set[str]) -> str:
    """Return a *name* that the publisher knows; anything else may be a customer's words."""
    return name if not name or name in known else OTHER
