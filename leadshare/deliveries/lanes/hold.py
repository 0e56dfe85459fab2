"""Deliveries: hold a lane for the length of a visit: enter it, keep it, leave it to others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from leadshare.deliveries.lanes import visit
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.visit import Nudge
from leadshare.errors import Conflict
from leadshare.store import lease
from leadshare.store.keys import LANE
from leadshare.store.lease import LeasedRow
from leadshare.store.table import Table

TRIES: Final = 8
"""Readings of a lane that others keep changing, before it is left to the next tick."""


LONGEST_WAIT: Final = 5.0
"""Seconds for which a lane that may fail lets others go first, at most."""


class Lost(Exception):
    """The lease ran out and another took the lane; what we finished is finished."""


@dataclass(slots=True)
class Turns:
    """Whose turn it is in a tick: lanes that are known to work go first, others wait a while.

    They share a process and its storage, and what fails takes as much of both as what arrives.
    """

    first: set[str]
    """The lanes that go first, and those of which nothing is known yet."""
    _passed: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self, lane: str) -> None:
        """Say that nobody is to wait for *lane* any more."""
        self.first.discard(lane)
        if not self.first:
            self._passed.set()

    async def wait(self, lane: str, seconds: float) -> None:
        """Let others go before *lane*, for so many seconds at most."""
        self.end(lane)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, LONGEST_WAIT)):
                await self._passed.wait()


@dataclass(slots=True)
class Hold:
    """One visit's hold on one lane, by a lease in the lane's row.

    The order of its steps is the protocol of docs/scale.md: each guard that is left out loses a
    nudge, or lets two visits send at once.
    """

    state: Table
    clock: Callable[[], datetime]
    lease: timedelta
    holder: str
    """The visit's own name; a process may have several."""
    wanted: Nudge
    """Where there may be something to send, and by when it is due."""
    _row: LeasedRow[Lane] = field(init=False)

    def __post_init__(self) -> None:
        self._row = LeasedRow(self.state, LANE, self.wanted.lane, Lane)

    @property
    def found(self) -> Lane:
        """The lane as it was read, or written, last."""
        return self._row.value

    async def enter(self, is_wanted: Callable[[Lane], Awaitable[bool]]) -> Lane | None:
        """Return the lane once it is ours; who has it already is rung for.

        One that is not wanted as it stands now is left alone after that one reading. What decides
        that may take its time: the lane is not held yet.
        """
        for _ in range(TRIES):
            found = await self._row.read()
            if not await is_wanted(found):
                return None
            entered = visit.enter(found, self.wanted, self.holder, self.clock(), self.lease)
            lane, wanted = entered or (visit.ring(found, self.wanted), self.wanted)
            try:
                await self._row.write(lane)
            except Conflict:
                continue
            if entered is None:
                return None
            self.wanted = wanted
            return lane
        return None

    async def keep(self, lane: Lane) -> Lane:
        """Write *lane* down with its lease renewed; return it as it goes on. Raises `Lost`."""
        while True:
            lane = lease.renew(lane, self.clock(), self.lease)
            joined = await self._write(lane, lane)
            if joined is None:
                return lane
            lane = joined

    async def leave(self, lane: Lane) -> Lane | None:
        """Free *lane*, rung for what is still wanted; return it if it is not left after all.

        Then others have rung since the last save, who ring nobody else, and it must be looked at
        again: the save that frees it follows the last look. Raises `Lost`.
        """
        return await self._write(visit.leave(lane, self.wanted), lane)

    async def _write(self, wish: Lane, mine: Lane) -> Lane | None:
        """Write *wish* if nobody has written since; else return *mine* with that taken over."""
        saved = self._row.value
        try:
            await self._row.write(wish)
        except Conflict:
            found = await self._row.read()
            if found.holder != self.holder:
                raise Lost from None
            joined, rung = visit.rejoin(mine, saved, found)
            self.wanted |= rung
            return joined
        return None
