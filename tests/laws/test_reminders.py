"""One reminder a lead: hosts die at any call, meet each other, and hear late of calls."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.outcome import Outcome
from leadshare.store.table import Row
from tests import fuzzing
from tests.builders import Nudged
from tests.laws.gates import GatedTable, Gates
from tests.leads.waiting.world import HOUR, LEASE, MONDAY, Office, System, told
from tests.memory import MemoryTable

HOSTS: Final = ("here", "there")
STEP: Final = timedelta(milliseconds=50)
"""How long a call takes."""

TOLD: Final = told()

DEATHS: Final = 110
"""Calls after which nobody dies any more: as many as ticks and visits make."""


class Storage(GatedTable):
    """A table that waits where what is read decides what is written."""

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        found = await super().read(partition, start, end, **narrow)
        if found:
            await self._gates.pass_(self._host)
        return found


class Story:
    """A lead that waits for a call, and two hosts; *chance* says which of them goes on."""

    def __init__(self, chance: Random) -> None:
        self.chance, self.gates = chance, Gates()
        self.table, self.state, self.now = MemoryTable(), MemoryTable(), MONDAY
        self.systems = {name: System(name, asked=name == "crm") for name in ("crm", "desk", "boss")}
        self.running: list[tuple[str, asyncio.Task[None]]] = []
        self.ghosts: list[Any] = []
        """What was at work in hosts that were killed."""
        self.queue = Nudged()
        """Nudges, which outlive the host that put them."""
        self.hosts = {name: self._host(name) for name in HOSTS}
        self.lead, self.kills = "", 0

    def _host(self, name: str) -> Office:
        """A process, which remembers nothing of the one before it."""
        office = Office(
            TOLD,
            Storage(self.table, self.gates, name),
            Storage(self.state, self.gates, name),
        )
        for one in self.systems:
            system = System(one, asked=one == "crm")
            shared = self.systems[one]
            system.rung, system.knows, system.reads = shared.rung, shared.knows, shared.reads
            system.wait = partial(self.gates.pass_, name)
            setattr(office, one, system)
        office.nudged = self.queue
        office.clock = lambda: self.now  # type: ignore[method-assign]  # all go by one clock
        office.configure(office.configured)
        return office

    async def begin(self) -> None:
        """A lead comes, and the CRM has it."""
        office = Office(TOLD, self.table, self.state)
        self.lead = await office.take()
        await office.tick()

    async def play(self, kills: Sequence[int], works: Sequence[str]) -> None:
        """Let both hosts work, call by call; with some of the calls a host is killed."""
        left, step = [*works], 0
        while True:
            await self._settle()
            if step in kills:
                self._kill(self.chance.choice(HOSTS))
            calls = self.gates.waiting
            choices: list[Callable[[], None]] = [partial(self._open, call) for call in calls]
            choices += [partial(self._begin, left)] if left else []
            choices += [self._visit] if self.queue.nudges else []
            if not choices:
                return
            self.chance.choice(choices)()
            self.now += STEP
            step += 1

    async def end(self) -> None:
        """Let a host that nobody kills do all that is left to be done, once all leases are over."""
        for _ in range(4):
            self.now += LEASE + timedelta(seconds=1)
            await self.play([], ["tick"])
        self.check()

    def check(self) -> None:
        """All rows keep the laws."""
        office = Office(TOLD, self.table, self.state)
        office.check()

    def rung(self) -> Counter[tuple[str, str]]:
        """How often each notice was told what."""
        return Counter(
            (name, one.reminder.kind.value)
            for name, system in self.systems.items()
            for one in system.rung
            if one.reminder
        )

    def unclear(self) -> Counter[tuple[str, str]]:
        """Of what it is kept that it may have left, and was not repeated."""
        return Counter(
            (key.split("|")[3], values["kind"])
            for (_, key), (values, _) in self.table.rows.items()
            if "|attempt|" in key and values.get("kind") and values["reason"] == "unclear"
        )

    # What may happen

    def _begin(self, left: list[str]) -> None:
        work, name = left.pop(0), self.chance.choice(HOSTS)
        office = self.hosts[name]
        if work == "tick":
            self._start(name, office.ticker.tick(HOUR))
        elif work == "call":
            # A seller calls, and the CRM knows it before it is told of.
            seen = Outcome(self.lead, "crm", self.now, signed_at=self.now)
            self.systems["crm"].knows.append(seen)
        else:
            seen = Outcome(self.lead, "crm", self.now, signed_at=self.now)
            self._start(name, _recording(office, seen))

    def _visit(self) -> None:
        name, nudge = self.chance.choice(HOSTS), self.queue.nudges.pop(0)
        self._start(name, self.hosts[name].ticker.visit(nudge.to_message(), HOUR))

    def _open(self, call: tuple[str, asyncio.Future[None]]) -> None:
        self.gates.waiting.remove(call)
        call[1].set_result(None)

    def _kill(self, name: str) -> None:
        """End all that runs in a host at once; the next call of each is never made."""
        self.kills += any(one[0] == name for one in self.running)
        self.gates.waiting = [call for call in self.gates.waiting if call[0] != name]
        self.ghosts += [one for one in self.running if one[0] == name]
        self.running = [one for one in self.running if one[0] != name]
        self.hosts[name] = self._host(name)
        self.check()

    async def _settle(self) -> None:
        for _ in range(12):
            await asyncio.sleep(0)
        for one in [one for one in self.running if one[1].done()]:
            self.running.remove(one)
            one[1].result()

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self.running.append((name, asyncio.create_task(work)))


async def _recording(office: Office, seen: Outcome) -> None:
    await office.recorder.record([seen], asked=True)


def _run(play: Callable[[Story], Coroutine[Any, Any, None]], story: Story) -> None:
    """Play a *story* to its end; what a killed host had begun ends with it, without a call."""

    async def played() -> None:
        try:
            await play(story)
        finally:
            story.gates.over = True

    asyncio.run(played())


ticks = st.integers(1, 4).map(lambda times: ["tick"] * times)
kills = st.lists(st.integers(0, DEATHS), max_size=3)


@fuzzing.often(0.5)
@given(chance=st.randoms(use_true_random=False), first=kills, then=kills, works=ticks)
def test_each_once(chance: Random, first: list[int], then: list[int], works: list[str]) -> None:
    """Nobody calls: each notice is told once of each kind, or it is kept that it may have been."""

    async def play(story: Story) -> None:
        await story.begin()
        for hours, deaths in ((8, first), (24, then)):  # of the team's, it is eight each time
            story.now += hours * HOUR
            await story.play(deaths, works)
            await story.end()

        rung, unclear = story.rung(), story.unclear()
        assert {("desk", "remind"), ("desk", "escalate"), ("boss", "escalate")} == {*rung, *unclear}
        assert {1} >= {*rung.values()}
        assert story.kills or not unclear

    _run(play, Story(chance))


@fuzzing.often(0.5)
@given(
    chance=st.randoms(use_true_random=False),
    deaths=kills,
    works=st.permutations(["tick", "tick", "tick", "call", "record"]),
)
def test_called_meanwhile(chance: Random, deaths: list[int], works: list[str]) -> None:
    """Somebody calls while it is due: at most one reminder leaves, and nothing is left to leave."""

    async def play(story: Story) -> None:
        await story.begin()
        story.now += 8 * HOUR
        await story.play(deaths, works)
        await story.end()
        again = sum(story.rung().values())
        story.now += 32 * HOUR
        await story.play([], ["tick"])
        await story.end()

        assert again == sum(story.rung().values()) <= 1
        assert [] == story.table.values("waiting") + story.table.values("due")

    _run(play, Story(chance))
