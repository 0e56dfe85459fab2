"""Destinations: ask one what became of leads, whatever it does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadshare.destinations.errors import TOLD, reason_of
from leadshare.lifecycle.outcome import Answer, Changed, Habit, Records
from leadshare.reason import Reason

log = logging.getLogger("leadshare.destinations.asking")


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks destinations that tell outcomes; what goes wrong is told, and never raised."""

    def asks(self, destination: Any) -> Habit | None:
        """Return how the destination is asked, None where it is not to be."""
        if not destination.settings.tells_outcomes:
            return None
        return Habit(destination.asked_every, destination.sweep_size)

    async def changed(self, destination: Any, cursor: str, now: datetime, within: float) -> Answer:
        """Ask what has changed since *cursor*, *within* so many seconds."""
        return await _answer(destination.name, destination.changed(cursor, now), within)

    async def current(
        self, destination: Any, records: Records, now: datetime, within: float
    ) -> Answer:
        """Read what became of the leads of *records*, *within* so many seconds."""

        async def read() -> Changed:
            return Changed(tuple(await destination.current(records, now)))

        return await _answer(destination.name, read(), within)


async def _answer(destination: str, asking: Awaitable[Changed], within: float) -> Answer:
    try:
        async with asyncio.timeout(within):
            return Answer(await asking)
    except TimeoutError:
        fault: str = Reason.TIMEOUT
    except TOLD as error:
        fault = reason_of(error)
    log.warning("outcomes.refused", extra={"destination": destination, "fault": fault})
    return Answer(fault=fault)
