"""Local host: the platform's wait before the first event of a process that was idle."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

IDLE = 30
"""Seconds without an event after which Flex Consumption may take a process away; a maintainer in
Azure/Azure-Functions#2581, where queue functions are then seen to wait up to two minutes."""


class Cold:
    """Holds the events of a process that was idle until it would be there."""

    def __init__(self, wait: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._wait = wait
        self._clock = clock
        self._running = 0
        self._idle_since = -float(IDLE)
        self._ready = 0.0

    @asynccontextmanager
    async def event(self) -> AsyncIterator[None]:
        """Hold one event, which lasts as long as the block."""
        now = self._clock()
        if not self._running and now - self._idle_since >= IDLE:
            self._ready = now + self._wait
        self._running += 1
        try:
            if self._ready > now:
                await asyncio.sleep(self._ready - now)
            yield
        finally:
            self._running -= 1
            self._idle_since = self._clock()
