"""One reminder a lead: hosts die at any call, meet each other, and hear late of calls."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.outcome import Outcome
from tests import fuzzing
from tests.laws.hosts import HOSTS, Hosts, run
from tests.leads.office import HOUR, LEASE, MONDAY
from tests.leads.waiting.world import Office, System, told

TOLD: Final = told()

DEATHS: Final = 110
"""Calls after which nobody dies any more: as many as ticks and visits make."""


class Story(Hosts):
    """A lead that waits for a call, and two hosts."""

    def __init__(self, chance: Random) -> None:
        super().__init__(chance, MONDAY)
        self.systems = {name: System(name, asked=name == "crm") for name in ("crm", "desk", "boss")}
        self.hosts = {name: self.host(name) for name in HOSTS}
        self.lead = ""

    def host(self, name: str) -> Office:
        """A process, which remembers nothing of the one before it."""
        office = Office(TOLD, *self.tables(name))
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

    def begin_next(self, left: list[str]) -> None:
        work, name = left.pop(0), self.chance.choice(HOSTS)
        office = self.hosts[name]
        if work == "tick":
            self.start(name, office.ticker.tick(HOUR))
        elif work == "call":
            # A seller calls, and the CRM knows it before it is told of.
            seen = Outcome(self.lead, "crm", self.now, signed_at=self.now)
            self.systems["crm"].knows.append(seen)
        else:
            seen = Outcome(self.lead, "crm", self.now, signed_at=self.now)
            self.start(name, _recording(office, seen))


async def _recording(office: Office, seen: Outcome) -> None:
    await office.recorder.record([seen], asked=True)


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

    run(play, Story(chance))


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

    run(play, Story(chance))
