"""Watch: tell every few minutes how many messages wait in each queue, and for how long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from leadshare.errors import LeadshareError
from leadshare.times import EPOCH

log = logging.getLogger("leadshare.watch.queues")

EVERY: Final = timedelta(minutes=5)
"""How often they are looked at: each look is two requests for each queue, and one line."""

PATIENCE: Final = 5.0
"""Seconds that a look may keep a tick waiting."""


class Queues(Protocol):
    """What the use case needs of the queues."""

    async def waiting(self, now: datetime) -> Mapping[str, object]: ...


@dataclass(slots=True)
class QueueWatch:
    """Looks at the queues of messages that wait, poison too, for an alert that reads the line."""

    queues: Queues
    clock: Callable[[], datetime]
    _next: datetime = EPOCH

    async def report(self) -> None:
        """Log one line if the last is old enough; never raises, for ticks have more to do."""
        now = self.clock()
        if now < self._next:
            return
        self._next = now + EVERY
        try:
            async with asyncio.timeout(PATIENCE):
                waiting = await self.queues.waiting(now)
        except (TimeoutError, LeadshareError) as error:
            fault = str(error) or type(error).__name__
            log.error("queues.failed", extra={"fault": fault})  # noqa: TRY400 - ours carry no data, traces may
        else:
            log.info("queues.watched", extra={"queues": waiting})
