"""Local host: hold requests back, or turn them away, as host.json's limits ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from leadshare.local.host.settings.options import UNBOUNDED


class Throttle:
    """How many requests may be here at once, and how many of them may be worked on."""

    def __init__(self, outstanding: int, concurrent: int) -> None:
        self._most = outstanding
        self._count = 0
        self._room = nullcontext() if concurrent == UNBOUNDED else asyncio.Semaphore(concurrent)

    @property
    def is_full(self) -> bool:
        """Tell whether the next request is turned away."""
        return self._most != UNBOUNDED and self._count >= self._most

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the end of the block."""
        self._count += 1
        try:
            async with self._room:
                yield
        finally:
            self._count -= 1
