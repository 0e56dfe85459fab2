"""Deliveries: have a lane looked at within seconds; nudges only make sooner what ticks do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from leadshare.deliveries.lanes.visit import Nudge
from leadshare.errors import StorageError

log = logging.getLogger("leadshare.deliveries.lanes.nudges")

SHARED: Final = 0.2
"""Seconds for which those who nudge a lane share one message."""

PATIENCE: Final = 2.0
"""Seconds after which a nudge is given up: nobody's lead may wait for it."""


class Queue(Protocol):
    """What the use case needs of the queue of nudges."""

    async def send(self, message: bytes) -> None:
        """Put *message* into the queue; raises `StorageError` where that fails."""


@dataclass(slots=True)
class Nudges:
    """Puts nudges into their queue, those of one process for one lane together."""

    queue: Queue
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    _waiting: dict[str, Nudge] = field(default_factory=dict)
    _puts: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def nudge(self, nudges: Sequence[Nudge]) -> None:
        """Return once *nudges* are in the queue, or given up; never raises."""
        puts = [self._join(nudge) for nudge in nudges]
        # Shielded, for one who gives up waiting must not take the others' nudge along.
        await asyncio.gather(*(asyncio.shield(put) for put in puts))

    def _join(self, nudge: Nudge) -> asyncio.Task[None]:
        """Return what puts *nudge*, together with those that came for its lane just before."""
        before = self._waiting.get(nudge.lane)
        self._waiting[nudge.lane] = before | nudge if before else nudge
        if before is None:
            self._puts[nudge.lane] = asyncio.create_task(self._put(nudge.lane))
        return self._puts[nudge.lane]

    async def _put(self, lane: str) -> None:
        await self.pause(SHARED)
        nudge = self._waiting.pop(lane)
        try:
            async with asyncio.timeout(PATIENCE):
                await self.queue.send(nudge.to_message())
        except (TimeoutError, StorageError) as error:
            log.warning("nudge.failed", extra={"destination": lane, "fault": type(error).__name__})
