"""Erasure against all that may be under way: whoever dies in between, nothing comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any, Final

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from leadshare.custody.erasing.needles import Needles
from leadshare.deliveries.delivery import Accepted, Delivery, Reply
from leadshare.deliveries.house import House
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import Conflict, LeadshareError
from leadshare.intake.message import TABLE
from leadshare.leads.classify import Classifier
from leadshare.leads.outcomes.recording import Recorder
from leadshare.leads.quarantine import Quarantine
from leadshare.leads.unrouted import Unrouted
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.operators.orders.replay import Replayer, Window
from leadshare.store.table import Table
from leadshare.watch.prover import Proofs
from tests.builders import IDENTITY, NOW, classifying, message, post, rerouting, visit_ids
from tests.custody.erasures import LEASE, Custodian
from tests.fuzzing import often
from tests.laws.checker import violations
from tests.laws.gates import Destination, GatedTable, Gates, Sink
from tests.memory import MemoryTable

HOSTS: Final = ("here", "there")
MAIL, OTHER = "nora@fabrikam.example", "jo@contoso.example"
STEP: Final = timedelta(milliseconds=20)
NEEDLES: Final = Needles(frozenset({MAIL}), frozenset({"305550101"[-8:]}))
BEFORE: Final[tuple[Mapping[str, Any] | bytes, ...]] = (
    post(Email=MAIL, Phone="+49 30 5550101"),
    post(Email=MAIL.upper(), Phone="", LeadSource="SPZA-PLT|contoso.other"),
    post(Email=OTHER, Phone=""),
    b'{"broken": "' + MAIL.encode() + b'"',
    post(Email=MAIL, Phone="", LeadSource="SPZA-INS|contoso.third"),
    post(Email=MAIL, Phone="", Description="Once more."),
)
"""What had been taken before somebody ordered the erasure."""


class Storage(GatedTable):
    """A table at whose gates reading waits, too."""

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Any]:
        await self._gates.pass_(self._host)
        return await super().read(partition, start, end, **narrow)


class Crm(Destination):
    """The CRM as one host calls it; it forgets a lead's record when it is asked to."""

    async def forget(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
        """Take persons out."""
        del now
        await self.gates.pass_(self.host)
        did = [
            "deleted" if self.sink.arrivals.pop(d.lead, None) else "not_there" for d in deliveries
        ]
        await self.gates.pass_(self.host)
        return Reply(tuple(Accepted(did=one) for one in did), 200)


class Story:
    """Two hosts, one office, a CRM; *chance* says what happens next, in one host or the other."""

    def __init__(self, chance: Random) -> None:
        self.chance, self.gates, self.sink = chance, Gates(), Sink()
        self.office = Custodian({"name": "crm"})
        self.queue = [message(one, number, NOW) for number, one in enumerate(BEFORE, 1)]
        self.queue.append(message(BEFORE[0], 9, NOW, via=TABLE))
        self.running: list[tuple[str, asyncio.Task[None]]] = []
        self.ghosts: list[asyncio.Task[None]] = []
        self.in_flight: list[Any] = []
        self.taken: set[bytes] = set()
        self.orders: list[str] = []

    async def play(self, acts: Sequence[str], kills: Sequence[int]) -> None:
        """Begin *acts* one after the other while others go on; with some calls a host is killed."""
        waiting, step = [*acts], 0
        while waiting or self.running:
            await self.settle()
            if step in kills:
                self.kill(self.chance.choice(HOSTS))
            if waiting and (not self.gates.waiting or self.chance.random() < 1 / 25):
                self.start(waiting.pop(0), self.chance.choice(HOSTS))
            elif self.gates.waiting:
                call = self.chance.choice(self.gates.waiting)
                self.gates.waiting.remove(call)
                call[1].set_result(None)
            step, self.office.now = step + 1, self.office.now + STEP

    async def end_well(self) -> None:
        """Let all end: messages come back, leases run out, house and lanes are worked off."""
        await self.play([f"classify {n}" for n in range(len(self.queue))] * 2, ())
        if not self.orders:
            await self.play(["erase"], ())
        for _ in range(4):
            self.office.now += 2 * LEASE
            await self.play(["tick", "house"], ())
        self.office.now += timedelta(days=1)
        await self.play(["house", "classify 3", "house"], ())
        self.office.now += timedelta(days=8)
        await self.play(["house", "house"], ())

    # What may happen

    def start(self, act: str, host: str) -> None:
        """Begin an act in a host."""
        what, _, number = act.partition(" ")
        does: dict[str, Callable[[], Awaitable[Any]]] = {
            "classify": partial(self._classify, host, int(number or 0)),
            "erase": partial(self._erase, host),
            "tick": partial(self._tick, host),
            "house": partial(self._house, host),
            "replay": partial(self._replay, host),
            "reroute": partial(self._reroute, host),
            "tell": partial(self._tell, host),
            "object": partial(self._object, host),
        }

        async def quietly() -> None:
            with suppress(LeadshareError):  # the message comes back, the next tick goes on
                await does[what]()

        self.running.append((host, asyncio.create_task(quietly())))

    def kill(self, host: str) -> None:
        """End all that runs in a host at once; the next call of each is never made."""
        self.gates.waiting = [call for call in self.gates.waiting if call[0] != host]
        self.ghosts += [task for name, task in self.running if name == host]
        self.running = [one for one in self.running if one[0] != host]

    async def settle(self) -> None:
        """Let everything run until it waits at a gate or is done."""
        for _ in range(12):
            await asyncio.sleep(0)
        for one in [one for one in self.running if one[1].done()]:
            self.running.remove(one)
            one[1].result()

    async def close(self) -> None:
        """End what was killed."""
        self.gates.over = True
        tasks = [*self.ghosts, *(task for _, task in self.running)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _classify(self, host: str, number: int) -> None:
        table, office = self._gated(host, self.office.table), self.office
        told = self.queue[number]
        if told in self.taken:
            return
        parts = (*classifying(office.configuration), IDENTITY, office.clock, office.nudged)
        quarantine, proofs = Quarantine(table, office.clock), Proofs(office.state, office.clock)
        await Classifier(table, quarantine, *parts, proofs).classify(told, NOW)
        self.taken.add(told)

    async def _erase(self, host: str) -> None:
        erasures = self._erasures(host)
        while not self.orders:  # as an operator does whose order is refused
            counted = await erasures.count("email", MAIL, persons=False)
            with suppress(Conflict):
                told = await erasures.order("email", MAIL, counted["token"])
                self.orders.append(told["order"])

    async def _tick(self, host: str) -> None:
        crm = Crm("crm", self.sink, self.gates, host, self.in_flight)
        await Ticker(self._context(host), [crm]).tick(timedelta(hours=1))

    async def _house(self, host: str) -> None:
        await House(self._context(host), [self._erasures(host).erasing]).work()

    async def _replay(self, host: str) -> None:
        office, table = self.office, self._gated(host, self.office.table)
        replayer = Replayer(table, office.state, office.clock, office.nudged)
        parts = (*classifying(office.configuration), IDENTITY, office.clock, office.nudged)
        quarantine, proofs = Quarantine(table, office.clock), Proofs(office.state, office.clock)
        classifier = Classifier(table, quarantine, *parts, proofs)
        await replayer.reclassify(Window(), classifier, dry_run=False)

    async def _reroute(self, host: str) -> None:
        table = self._gated(host, self.office.table)
        router = Unrouted(table, *rerouting(self.office.configuration), self.office.clock)
        for lead in self._leads():
            await router.reroute(lead)

    async def _tell(self, host: str) -> None:
        office, table = self.office, self._gated(host, self.office.table)
        parts = (*classifying(office.configuration), office.clock, office.nudged)
        hers = IDENTITY.contact(MAIL, "", "")
        why = {lead: MAIL if lead.startswith(hers) else "" for lead in self._leads()}
        told = [Outcome(lead, "saas", NOW, State.WON, reason=why[lead]) for lead in why]
        await Recorder(table, *parts).record(told)

    async def _object(self, host: str) -> None:
        del host
        await self.office.objections.object("email", MAIL)

    def _leads(self) -> list[str]:
        return sorted({row["lead"] for row in self.office.table.values("lead")})

    def _erasures(self, host: str) -> Any:
        table, state = self.office.table, self.office.state
        return self.office.erasures(self._gated(host, table), self._gated(host, state))

    def _context(self, host: str) -> WorkerContext:
        return WorkerContext(
            self._gated(host, self.office.table),
            self._gated(host, self.office.state),
            self.office.clock,
            lambda: 0.0,
            visit_ids(),
            LEASE,
            self.office.nudged,
            IDENTITY.index_name,
        )

    def _gated(self, host: str, table: MemoryTable) -> Table:
        return Storage(table, self.gates, host)


def left_of_her(*tables: MemoryTable) -> list[str]:
    """Return the keys of all rows in which she is, whatever of them."""
    return [
        key
        for table in tables
        for (_, key), (values, _) in table.rows.items()
        if NEEDLES.are_in(
            json.dumps(values, default=lambda value: value.decode("latin-1")).encode()
        )
    ]


ACTS: Final = (
    *("classify 1", "classify 5", "classify 1", "classify 5", "classify 4", "classify 6"),
    *("classify 3", "tick", "tick", "house", "replay", "reroute", "tell", "object", "erase"),
)
MOST, KILLS, CALLS = 7, 20, 800
"""Acts beside the erasure, hosts that are killed, and calls within which they are, at most."""


@settings(often(4 / 5), phases=(Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_any_call(seed: int) -> None:
    """Erased while anything is under way, and whoever is killed at any call: once all has ended,
    nothing of her is anywhere, nothing is due, and nobody else has lost anything.
    """
    chance = Random(seed)  # noqa: S311 - what happens next, no secret
    acts = [chance.choice(ACTS) for _ in range(chance.randint(2, MOST))]
    kills = [chance.randrange(CALLS) for _ in range(chance.choice([0, 0, 1, 3, KILLS]))]
    before = acts.pop() if chance.random() < 1 / 2 else "tick"

    async def play() -> None:
        story = Story(chance)
        try:
            await story.play(["classify 0", "classify 2", before], ())
            await story.play([*acts[:2], "erase", *acts[2:]], kills)
            await story.end_well()
        finally:
            await story.close()

        office = story.office
        rows = [(part, key, values) for (part, key), (values, _) in office.table.rows.items()]
        assert [] == violations(rows, settled=True, identity=IDENTITY)
        assert [] == left_of_her(office.table, office.state)
        assert [] == office.table.values("due")
        [other] = office.table.values("lead")
        assert [other["lead"]] == [lead for lead, found in story.sink.arrivals.items() if found]

    asyncio.run(play())
