"""Nudges and visits with their real parts: hosts die at any call, and their clocks differ."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from leadshare.deliveries.delivery import SCHEDULE, Accepted, Delivery, Reply
from leadshare.deliveries.lanes.nudges import Nudges
from leadshare.deliveries.lanes.visit import AHEAD
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.leads.classify import Classifier
from leadshare.leads.quarantine import Quarantine
from leadshare.store.table import Row
from leadshare.watch.prover import Proofs
from tests.builders import IDENTITY, NOW, classifying, configuration, message, post, visit_ids
from tests.fuzzing import often
from tests.laws.checker import violations
from tests.laws.gates import GatedTable, Gates
from tests.memory import MemoryTable

HOSTS: Final = ("here", "there")
PRODUCERS, WORKERS = 3, 2
PEOPLE: Final = ("a@x.example", "b@x.example")
LEASE: Final = timedelta(seconds=60)
SECOND: Final = timedelta(seconds=1)
STEP: Final = timedelta(milliseconds=50)
"""How long a call takes: all calls of a story together take less than a lease."""

LONG, NO_TIME = timedelta(hours=1), timedelta(0)
"""How long a visit may work: one that has no time leaves everything to the next."""


@pytest.fixture(autouse=True, scope="module", name="patient")
def _patient() -> Iterator[None]:
    """No nudge is given up because the machine is slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leadshare.deliveries.lanes.nudges.PATIENCE", 600)
        yield


class Storage(GatedTable):
    """A table at whose gates reading waits, too."""

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        await self._gates.pass_(self._host)
        return await super().read(partition, start, end, **narrow)


@dataclass
class Crm:
    """The CRM as one host calls it, which takes whatever comes."""

    story: Story
    host: str
    name: str = "crm"
    batch_size: int = 1
    rate: Any = None
    settings: Any = field(
        default_factory=lambda: SimpleNamespace(
            schedule=SCHEDULE, timeout=30.0, concurrency=1, follows_up=True
        )
    )

    def looks_up(self, _lead: str) -> bool:
        """Nothing is read back."""
        return False

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Let the request leave, arrive and be answered, each when chance says so."""
        del now
        story = self.story
        story.together |= bool(story.calling)
        story.calling.append(self.host)
        await story.gates.pass_(self.host)
        story.arrived += [(delivery.lead, delivery.version) for delivery in deliveries]
        await story.gates.pass_(self.host)
        story.calling.remove(self.host)
        return Reply((Accepted("r"),) * len(deliveries), 200)

    look_up = deliver
    carry_out = deliver
    forget = deliver


class Story:
    """Touches, two hosts and a CRM; *chance* says what happens next, in one host or the other.

    A host that is killed takes all along that runs in it. Touches that it was at come back, once
    all clocks are past what it wrote, for they were not deleted; nudges have expired by then.
    """

    def __init__(
        self, chance: Random, ahead: timedelta, people: Sequence[str], oddities: Sequence[str]
    ) -> None:
        self.chance, self.now, self.host = chance, NOW, HOSTS[0]
        self.ahead = {"here": timedelta(0), "there": ahead}
        self.table, self.state, self.gates = MemoryTable(), MemoryTable(), Gates()
        self.touches = [message(post(Email=e), n, NOW) for n, e in enumerate(people)]
        self.queue: list[bytes] = []
        self.running: list[tuple[str, asyncio.Task[None], bytes]] = []
        self.ghosts: list[Any] = []
        """What was at work in hosts that were killed."""
        self.nudges = {host: self._nudges(host) for host in HOSTS}
        self.oddities = [*oddities]
        """What is yet to become of nudges besides that each is worked on once."""
        self.lost = False
        """Whether a nudge was lost, so that what it asked for is left to a tick."""
        self.calling: list[str] = []
        """The hosts that are calling the CRM."""
        self.together = False
        """Whether two visits ever called it at once."""
        self.arrived: list[tuple[str, int]] = []

    async def play(self, kills: Sequence[int] = ()) -> None:
        """Let everything happen, call by call; with some of the calls a host is killed."""
        for step in count():
            await self._settle()
            if step in kills:
                self._kill()
            if self.chance.random() < 1 / 4:
                self._turn()
            if not self._choices():
                self._turn()
            if not (choices := self._choices()):
                return
            self.chance.choice(choices)()
            self.now += STEP

    async def tick(self) -> None:
        """Let a host's timer fire once every lease has run out that the dead may have left."""
        self.now += LEASE + AHEAD
        self._start(self._ticker().tick(LONG))
        await self.play()

    def due(self) -> list[str]:
        """Return the leads for which something is due."""
        return [row["lead"] for row in self.table.values("due")]

    # What may happen

    def _choices(self) -> list[Callable[[], None]]:
        calls = [call for call in self.gates.waiting if call[0] == self.host]
        at_work = [told for _, _, told in self.running]
        touches = [touch for touch in self.touches if touch not in at_work]
        visits = len([told for told in at_work if told not in self.touches])
        return [
            *(partial(self._open, call) for call in calls),
            *(partial(self._classify, touch) for touch in touches),
            *(partial(self._visit, nudge) for nudge in self.queue if visits < WORKERS),
        ]

    def _turn(self) -> None:
        """Let the other host go on."""
        [self.host] = {*HOSTS} - {self.host}

    def _open(self, call: tuple[str, asyncio.Future[None]]) -> None:
        self.gates.waiting.remove(call)
        call[1].set_result(None)

    def _classify(self, touch: bytes) -> None:
        clock, nudges = self._clock(), self.nudges[self.host]
        table, told = self._gated(self.table), configuration({"name": "crm"})
        quarantine, proofs = Quarantine(table, clock), Proofs(self.state, clock)
        context = classifying(told)
        classifier = Classifier(table, quarantine, *context, IDENTITY, clock, nudges, proofs)

        async def classify() -> None:
            await classifier.classify(touch, self.now)
            self.touches.remove(touch)

        self._start(classify(), touch)

    def _visit(self, nudge: bytes) -> None:
        oddity = self.oddities.pop() if self.oddities and self.chance.random() < 1 / 2 else ""
        if oddity != "doubled":
            self.queue.remove(nudge)
        if oddity == "dropped":
            self.lost = True
        else:
            budget = NO_TIME if oddity == "no time" else LONG
            self._start(self._ticker().visit(nudge, budget), nudge)

    def _kill(self) -> None:
        """End all that runs in a host at once; the next call of each is never made."""
        self.now += AHEAD
        self.gates.waiting = [call for call in self.gates.waiting if call[0] != self.host]
        ended = [one for one in self.running if one[0] == self.host]
        self.lost |= any(told not in self.touches for _, _, told in ended)
        self.ghosts += [*ended, self.nudges[self.host]]
        self.running = [one for one in self.running if one[0] != self.host]
        self.calling = [host for host in self.calling if host != self.host]
        self.nudges[self.host] = self._nudges(self.host)

    # How it happens

    async def _settle(self) -> None:
        """Let everything run until it waits at a gate or is done."""
        for _ in range(12):
            await asyncio.sleep(0)
        for one in [one for one in self.running if one[1].done()]:
            self.running.remove(one)
            one[1].result()

    def _start(self, work: Coroutine[Any, Any, None], told: bytes = b"") -> None:
        self.running.append((self.host, asyncio.create_task(work), told))

    def _gated(self, table: MemoryTable) -> Storage:
        return Storage(table, self.gates, self.host)

    def _clock(self) -> Callable[[], datetime]:
        ahead = self.ahead[self.host]
        return lambda: self.now + ahead

    def _nudges(self, host: str) -> Nudges:
        async def send(nudge: bytes) -> None:
            await self.gates.pass_(host)
            self.queue.append(nudge)
            await self.gates.pass_(host)

        return Nudges(SimpleNamespace(send=send), lambda _: self.gates.pass_(host))

    def _ticker(self) -> Ticker:
        context = WorkerContext(
            self._gated(self.table),
            self._gated(self.state),
            self._clock(),
            lambda: 0.0,
            visit_ids(),
            LEASE,
            self.nudges[self.host],
            IDENTITY.index_name,
        )
        return Ticker(context, [Crm(self, self.host)])


@settings(often(2), phases=(Phase.reuse, Phase.generate))
@given(
    chance=st.randoms(use_true_random=False),
    ahead=st.integers(-AHEAD // SECOND, AHEAD // SECOND),
    people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=PRODUCERS),
    oddities=st.lists(st.sampled_from(["doubled", "no time", "dropped"]), max_size=3),
    kills=st.lists(st.integers(0, 50), max_size=2),
)
def test_any_call(
    chance: Random, ahead: int, people: list[str], oddities: list[str], kills: list[int]
) -> None:
    """Nudges alone deliver all, whoever's clock is ahead; what one that is lost asked for, a tick
    does as soon as the lease of the dead is over. No two visits send at once, and no old version
    wins.
    """

    async def play() -> None:
        story = Story(chance, ahead * SECOND, people, oddities)
        await story.play(kills)
        assert story.lost or [] == story.due()
        await story.tick()

        rows = [(part, key, values) for (part, key), (values, _) in story.table.rows.items()]
        assert [] == violations(rows, settled=True, identity=IDENTITY)
        assert [] == story.due()
        assert not story.together
        assert story.arrived == sorted(story.arrived, key=lambda one: one[1])

    asyncio.run(play())
