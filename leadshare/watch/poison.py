"""Watch: keep what a queue's function was given up on; no message may expire unread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from leadshare.errors import LeadshareError

log = logging.getLogger("leadshare.watch.poison")


class PoisonMessage(Protocol):
    """A message that was given up on."""

    @property
    def body(self) -> bytes: ...
    @property
    def queued(self) -> datetime: ...


M = TypeVar("M", bound=PoisonMessage)


class Queue(Protocol[M]):
    """What the use case needs of a poison queue."""

    @property
    def name(self) -> str: ...
    async def receive(self) -> Sequence[M]:
        """Return some of what is there; nobody else gets it for a while."""

    async def delete(self, message: M) -> None:
        """Delete a message that `receive` returned."""


@dataclass(frozen=True, slots=True)
class Poison(Generic[M]):
    """Empties one poison queue."""

    queue: Queue[M]
    keep: Callable[[bytes, datetime], Awaitable[None]]
    """Keeps a message elsewhere; the same message twice is kept once, whatever its id."""

    async def empty(self, end: float) -> None:
        """Keep all that is there, until *end* in the event loop's time.

        What fails is told and tried again by the next tick; the lead is still in the queue.
        """
        loop = asyncio.get_running_loop()
        try:
            while loop.time() < end and (some := await self.queue.receive()):
                for message in some:
                    await self.keep(message.body, message.queued)
                    await self.queue.delete(message)
        except LeadshareError as error:
            log.error("poison.failed", extra={"queue": self.queue.name, "fault": str(error)})  # noqa: TRY400 - ours carry no data, traces may
