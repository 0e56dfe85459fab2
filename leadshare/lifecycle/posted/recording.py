"""Lifecycle: record posted outcomes; what matches no lead waits, and is tried again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from leadshare.errors import Conflict, LeadshareError, Unexpected, Unreadable
from leadshare.lifecycle.outcome import Outcome
from leadshare.lifecycle.posted.message import read_message
from leadshare.lifecycle.posted.waiting import Waiting
from leadshare.reason import Waits
from leadshare.store.table import Row

log = logging.getLogger("leadshare.lifecycle.posted")


class Recorder(Protocol):
    """What writes down outcomes."""

    async def record(self, outcomes: Sequence[Outcome]) -> frozenset[str]:
        """Write down what is new of each; return the ids of leads that nobody has."""


@dataclass(frozen=True, slots=True)
class PostedOutcomes:
    """Has what is posted recorded: from the queue, and by each tick what waits."""

    recorder: Recorder
    waiting: Waiting
    name: str = "outcomes"
    """As a chore."""

    async def record(self, message: bytes) -> None:
        """Record the outcome in a queue *message*, or let it wait.

        What is raised brings the message back, and doing all of it again changes nothing.
        """
        try:
            known = await self._recorded(message)
        except Unreadable:
            await self.waiting.keep(message, Waits.NOT_OURS)
            return
        if not known:
            await self.waiting.keep(message, Waits.UNKNOWN_LEAD)

    async def work(self) -> None:
        """Try what waits once more; what fails is told, and waits for its next time."""
        try:
            rows = await self.waiting.claim()
        except Conflict:
            return  # Another process is at it.
        for row in rows:
            if await self._tried(row):
                await self.waiting.drop(row)

    async def _tried(self, row: Row) -> bool:
        """Say whether the outcome in *row* is recorded now."""
        try:
            return await self._recorded(bytes(row.values["message"]))
        except Unreadable:
            return False
        except Exception as error:  # noqa: BLE001 - one that always fails keeps no other waiting
            fault = error if isinstance(error, LeadshareError) else Unexpected.of(error)
            source = row.values.get("source", "")
            log.error("outcome.failed", extra={"source": source, "fault": str(fault)})  # noqa: TRY400 - the trace may quote data
            return False

    async def _recorded(self, message: bytes) -> bool:
        """Record the outcome in *message*; say whether its lead is known."""
        return not await self.recorder.record([read_message(message).outcome])
