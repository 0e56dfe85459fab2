"""Hosts that work at once on what they share: each call waits until a test lets it through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final, TypeVar

from leadshare.store.table import Row
from tests.builders import Nudged
from tests.laws.gates import GatedTable, Gates
from tests.memory import MemoryTable

HOSTS: Final = ("here", "there")
STEP: Final = timedelta(milliseconds=50)
"""How long a call takes."""

HOUR: Final = timedelta(hours=1)


class Storage(GatedTable):
    """A table that waits where what is read decides what is written."""

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        found = await super().read(partition, start, end, **narrow)
        if found:
            await self._gates.pass_(self._host)
        return found


class Hosts:
    """Two hosts and what they share; *chance* says which of them goes on."""

    def __init__(self, chance: Random, now: datetime) -> None:
        self.chance, self.gates = chance, Gates()
        self.table, self.state, self.now = MemoryTable(), MemoryTable(), now
        self.running: list[tuple[str, asyncio.Task[None]]] = []
        self.ghosts: list[Any] = []
        """What was at work in hosts that were killed."""
        self.queue = Nudged()
        """Nudges, which outlive the host that put them."""
        self.hosts: dict[str, Any] = {}
        self.kills = 0

    def host(self, name: str) -> Any:
        """Return a process, which remembers nothing of the one before it."""
        raise NotImplementedError

    def check(self) -> None:
        """All rows keep the laws."""
        raise NotImplementedError

    def begin_next(self, left: list[str]) -> None:
        """Begin the next of the works that are *left*."""
        raise NotImplementedError

    async def play(self, kills: Sequence[int], works: Sequence[str]) -> None:
        """Let both hosts work, call by call; with some of the calls a host is killed."""
        left, step = [*works], 0
        while True:
            await self._settle()
            if step in kills:
                self._kill(self.chance.choice(HOSTS))
            calls = self.gates.waiting
            choices: list[Callable[[], None]] = [partial(self._open, call) for call in calls]
            choices += [partial(self.begin_next, left)] if left else []
            choices += [self._visit] if self.queue.nudges else []
            if not choices:
                return
            self.chance.choice(choices)()
            self.now += STEP
            step += 1

    def _visit(self) -> None:
        name, nudge = self.chance.choice(HOSTS), self.queue.nudges.pop(0)
        self.start(name, self.hosts[name].ticker.visit(nudge.to_message(), HOUR))

    def _open(self, call: tuple[str, asyncio.Future[None]]) -> None:
        self.gates.waiting.remove(call)
        call[1].set_result(None)

    def _kill(self, name: str) -> None:
        """End all that runs in a host at once; the next call of each is never made."""
        self.kills += any(one[0] == name for one in self.running)
        self.gates.waiting = [call for call in self.gates.waiting if call[0] != name]
        self.ghosts += [one for one in self.running if one[0] == name]
        self.running = [one for one in self.running if one[0] != name]
        self.hosts[name] = self.host(name)
        self.check()

    async def _settle(self) -> None:
        for _ in range(12):
            await asyncio.sleep(0)
        for one in [one for one in self.running if one[1].done()]:
            self.running.remove(one)
            one[1].result()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self.running.append((name, asyncio.create_task(work)))

    def tables(self, name: str) -> tuple[Storage, Storage]:
        """Return both tables as a host sees them."""
        tables = (self.table, self.state)
        leads, state = (Storage(one, self.gates, name) for one in tables)
        return leads, state


S = TypeVar("S", bound=Hosts)


def run(play: Callable[[S], Coroutine[Any, Any, None]], story: S) -> None:
    """Play a *story* to its end; what a killed host had begun ends with it, without a call."""

    async def played() -> None:
        try:
            await play(story)
        finally:
            story.gates.over = True

    asyncio.run(played())
