"""Microsoft's table, our queue and places, and a clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from leadshare.intake.message import Envelope, open_envelope
from leadshare.marketplace_table.place import Place
from leadshare.marketplace_table.reading import Pace, TableSource
from leadshare.store import lease
from leadshare.store.keys import MARKETPLACE_TABLES
from tests.builders import IDENTITY, NOW, minutes
from tests.memory import MemoryTable
from tests.microsoft_table import NAME, MicrosoftTable

EVERY, OVERLAP, LEASE = minutes(5), minutes(15), minutes(1)

LONG: Final = 3600.0
"""Seconds that a tick may take, in which it never runs out of time."""


class Killed(BaseException):
    """What ends a process: nothing of ours can catch it."""


class Queue:
    """The queue of touches; it may fail, or the process may end once it has the messages."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.error: BaseException | None = None
        self.only = 1000
        """Messages that it takes before the error."""

    async def send(self, messages: Sequence[bytes]) -> None:
        """Take messages."""
        await asyncio.sleep(0)
        error, self.error = self.error, None
        self.messages += messages if error is None else messages[: self.only]
        if error:
            raise error

    @property
    def envelopes(self) -> list[Envelope]:
        """The touches in it."""
        return [open_envelope(message) for message in self.messages]

    @property
    def rows(self) -> list[str]:
        """The keys of the rows that came."""
        return [json.loads(one.body)["Row"][1] for one in self.envelopes]


class World:
    """Microsoft's table, our queue and places, and a clock."""

    def __init__(self, size: int = 2) -> None:
        self.table, self.queue, self.state = MicrosoftTable(size), Queue(), MemoryTable()
        self.now = NOW
        self.ahead = timedelta(0)
        """By how much our clock is ahead of Microsoft's."""
        self.since: datetime | None = None

    def clock(self) -> datetime:
        """The time by our clock."""
        return self.now + self.ahead

    def reader(self, holder: str = "h") -> TableSource:
        """A process's reader."""
        pace = Pace(EVERY, OVERLAP, self.since)
        return TableSource(
            self.table, self.queue, self.state, IDENTITY, pace, self.clock, lambda: holder, LEASE
        )

    async def read(self, after: float = 0, holder: str = "h", seconds: float = LONG) -> None:
        """Let so many minutes pass, and a tick happen."""
        self.now += minutes(after)
        await self.reader(holder).work(asyncio.get_running_loop().time() + seconds)

    @property
    def place(self) -> Place:
        """The place as it is."""
        return lease.read_row(Place, self.state.rows[MARKETPLACE_TABLES, NAME][0])
