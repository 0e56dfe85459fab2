"""The laws under any order of touches, repeats, crashes, failures, hosts and clock jumps."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from leadshare import intake
from leadshare.classify import Classifier
from leadshare.core import lane as lanes
from leadshare.core.configuration import Configuration
from leadshare.core.delivery import (
    MISSING,
    SCHEDULE,
    Accepted,
    Deferred,
    Delivery,
    Kind,
    Rejected,
    Reply,
)
from leadshare.core.envelope import REFERRAL, TABLE
from leadshare.core.identity import Identity
from leadshare.core.lane import Rate
from leadshare.core.ledger import to_delivery
from leadshare.core.rows import Change, Row
from leadshare.errors import LeadshareError
from leadshare.quarantine import Quarantine
from leadshare.replay import Replayer, Window
from leadshare.tick import Ticker
from leadshare.worker import LANE, Means
from tests.laws import violations
from tests.memory import MemoryTable

LEASE = timedelta(seconds=60)
UNCLEAR = frozenset({"timeout", "http_503", "crashed"})
"""Reasons of attempts that count: a request left."""

STRANDS = 3
"""Deliveries in flight at once, for races within a lane."""


class Gates:
    """Holds every call to the outside until the test lets it through, or never does."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, asyncio.Future[None]]] = []

    async def pass_(self, host: str) -> None:
        """Wait to be let through."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((host, future))
        await future


class GatedTable(MemoryTable):
    """A table whose answers and requests wait at the gates of one host."""

    def __init__(self, shared: MemoryTable, gates: Gates, host: str) -> None:
        super().__init__()
        self._shared, self._gates, self._host = shared, gates, host

    async def get(self, partition: str, key: str) -> Row | None:
        await self._gates.pass_(self._host)
        return await self._shared.get(partition, key)

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        return await self._shared.read(partition, start, end, **narrow)

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        await self._gates.pass_(self._host)
        etags = await self._shared.write(partition, changes)
        # Written, and not yet known to be: a crash in between is the one that matters.
        await self._gates.pass_(self._host)
        return etags


@dataclass
class Sink:
    """A follow-up system that keeps what it is told last, and misbehaves as it is told."""

    arrivals: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    mood: str = "good"

    def take(self, deliveries: Sequence[Delivery]) -> Reply:
        """Take or refuse a call, by mood."""
        if self.mood in ("good", "drops"):
            for delivery in deliveries:
                self.arrivals[delivery.lead].append(dict(delivery.record))
        count = len(deliveries)
        return {
            "good": Reply((Accepted("r"),) * count, 200),
            "forgets": Reply((Accepted("r"),) * count, 200),
            "drops": Reply((Deferred("timeout"),) * count, failing=True),
            "refuses": Reply((Deferred("http_503"),) * count, 503, failing=True),
            "rejects": Reply((Rejected("bad"),) * count, 400),
            "throttles": Reply((Deferred("throttled", counts=False),) * count, 429, LEASE),
            "unreachable": Reply((Deferred("unreachable", counts=False),) * count, failing=True),
            "breaks": Reply((Deferred("crashed"),) * count),
            "gone": Reply((Deferred("gone", counts=False),) * count, 410, gone=True),
        }[self.mood]

    def find(self, deliveries: Sequence[Delivery]) -> Reply:
        """Say whether what was accepted is there."""
        if self.mood not in {"good", "drops", "rejects", "forgets"}:
            return Reply((Deferred("http_503"),) * len(deliveries), 503, failing=True)
        held = {lead: records[-1]["version"] for lead, records in self.arrivals.items()}
        return Reply(
            tuple(
                Accepted("r") if held.get(d.lead, 0) >= d.sent else Rejected(MISSING)
                for d in deliveries
            )
        )


@dataclass
class Destination:
    """One destination as one host calls it."""

    name: str
    sink: Sink
    gates: Gates
    host: str
    in_flight: list[tuple[str, Sequence[Delivery]]]
    batch_size: int = 2
    settings: Any = field(
        default_factory=lambda: SimpleNamespace(
            schedule=SCHEDULE, timeout=30.0, concurrency=STRANDS
        )
    )
    rate: Rate | None = None
    requests: int = 0

    def lands(self, _lead: str) -> bool:
        """Only the CRM is asked whether it has what it accepted."""
        return self.name == "crm"

    async def check(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Look for records."""
        del now
        await self.gates.pass_(self.host)
        reply = self.sink.find(deliveries)
        await self.gates.pass_(self.host)
        return reply

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Let the request leave, arrive and be answered, each when the test says so."""
        del now
        call = (self.host, deliveries)
        self.in_flight.append(call)
        await self.gates.pass_(self.host)
        self.in_flight.remove(call)
        if self.sink.mood == "breaks":
            raise ValueError(deliveries[0].record)
        reply = self.sink.take(deliveries)
        await self.gates.pass_(self.host)
        return reply


CONFIGURATION: Configuration[Any] = Configuration[Any].model_validate(
    {
        "destination": [
            SimpleNamespace(name="crm", channel="crm", accepts=frozenset()),
            SimpleNamespace(name="seller", channel="field_seller", accepts=frozenset()),
        ],
        "internal_domains": ["contoso.example"],
    }
)
NAMES = ("crm", "seller")
IDENTITY = Identity(b"k" * 32)

BODIES = st.fixed_dictionaries(
    {
        "email": st.sampled_from([*["a@x.example"] * 6, "b@x.example", "s@contoso.example", ""]),
        "action": st.sampled_from(["PLT", "PLT", "INS", "DNC", "CNS"]),
        "offer": st.sampled_from(["pub.one", "pub.one", "pub.two"]),
        "notes": st.sampled_from(["", "call me", "call me now", "MSFT_TEST_1"]),
        "broken": st.sampled_from([False] * 9 + [True]),
        "via": st.sampled_from(["", "", "", TABLE, REFERRAL]),
    }
)


class Laws(RuleBasedStateMachine):
    """Two hosts, two destinations, one table; the rules decide what happens next."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.table, self.lane_table = MemoryTable(), MemoryTable()
        self.gates = Gates()
        self.sinks = {name: Sink() for name in NAMES}
        self.in_flight: list[tuple[str, Sequence[Delivery]]] = []
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.accepted: dict[str, bytes] = {}
        self.queue: dict[str, bytes] = {}
        self.tasks: dict[str, list[tuple[asyncio.Task[None], str]]] = {"h0": [], "h1": []}
        self.ghosts: list[asyncio.Task[None]] = []
        self.chance = random.Random(0)  # noqa: S311 - jitter, no secret
        self.lives = {"h0": 0, "h1": 0, "end": 0}

    # What may happen

    @initialize(bodies=st.lists(BODIES, min_size=1, max_size=2))
    def start(self, bodies: list[dict[str, Any]]) -> None:
        """The first touches have come in and are classified."""
        for body in bodies:
            self.act(body, 0, "h0", None)

    @rule(
        body=BODIES,
        late=st.sampled_from([0, 0, 0, 1, 3600, 90_000, 700_000]),
        host=st.sampled_from(["h0", "h1"]),
        calls=st.sampled_from([None, None, 0, 1, 2]),
    )
    def act(self, body: dict[str, Any], late: int, host: str, calls: int | None) -> None:
        """A customer acts, and a host gets the message and gets so far with it.

        The message may be older than others that were taken before it, and a referral or a row of
        a table may have told of it, beside the POST or instead.
        """
        count = len(self.accepted)
        touch = hashlib.sha256(str(count).encode()).hexdigest()[:32]
        person = {"Email": body["email"], "LastName": "Buyer" if body["email"] else ""}
        text = json.dumps(
            {
                "UserDetails": person,
                "LeadSource": f"SPZA-{body['action']}|{body['offer']}",
                "Description": body["notes"],
            }
        )
        raw = b"[1]" if body["broken"] else text.encode()
        received = self.now - timedelta(seconds=late)
        if body["via"]:
            message = intake.envelope(raw, None, touch, received, via=body["via"])
        else:
            answer = intake.take(raw, None, touch=touch, now=received)
            assert answer.message is not None
            message = answer.message
        self.accepted[touch] = self.queue[touch] = message
        self._spawn(host, self._classify(host, touch), "classify")
        self._let(host, calls)

    @precondition(lambda self: self.queue)
    @rule(data=st.data(), host=st.sampled_from(["h0", "h1"]))
    def receive(self, data: st.DataObject, host: str) -> None:
        """A message comes back, perhaps while another host is still working on it."""
        touch = data.draw(st.sampled_from(sorted(self.queue)))
        self._spawn(host, self._classify(host, touch), "classify")

    @rule(
        host=st.sampled_from(["h0", "h1"]),
        calls=st.sampled_from([None, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    )
    def tick(self, host: str, calls: int | None) -> None:
        """A host's timer fires, and it gets so far; it never overlaps itself in one host."""
        if not any(kind == "tick" and not task.done() for task, kind in self.tasks[host]):
            self._spawn(host, self._tick(host), "tick")
        self._let(host, calls)

    @rule(host=st.sampled_from(["h0", "h1"]), calls=st.sampled_from([None, 1, 2, 3]))
    def go_on(self, host: str, calls: int | None) -> None:
        """A host gets further with whatever it is doing."""
        self._let(host, calls)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """Any one call to the outside goes through."""
        if self.gates.waiting:
            self._open(data.draw(st.integers(0, len(self.gates.waiting) - 1)))

    @rule(host=st.sampled_from(["h0", "h1"]), arrives=st.booleans())
    def crash(self, host: str, arrives: bool) -> None:  # noqa: FBT001 - drawn
        """A host dies at once and is started anew; its last requests may arrive."""
        leased = self._leased(self._holder(host))
        for call in [call for call in self.in_flight if call[0] == host]:
            self.in_flight.remove(call)
            for name, sink in self.sinks.items():
                if arrives and call[1][0].destination == name and name in leased:
                    sink.take(call[1])
        self.gates.waiting = [wait for wait in self.gates.waiting if wait[0] != host]
        self.ghosts += [task for task, _ in self.tasks[host]]
        self.tasks[host] = []
        self.lives[host] += 1

    @rule(
        name=st.sampled_from(NAMES),
        mood=st.sampled_from(
            ["good"] * 6
            + [
                "drops",
                "forgets",
                "refuses",
                "rejects",
                "throttles",
                "unreachable",
                "gone",
                "breaks",
            ]
        ),
    )
    def change_mood(self, name: str, mood: str) -> None:
        """A destination gets better or worse."""
        # Who is never asked whether a record landed can forget it unnoticed.
        self.sinks[name].mood = "good" if (name, mood) == ("seller", "forgets") else mood

    @rule(seconds=st.sampled_from([1, 1, 31, 61, 61, 61, 400, 2000, 90_000, -5, -3600]))
    def move_clock(self, seconds: int) -> None:
        """Time goes by, or the clock jumps."""
        self.now += timedelta(seconds=seconds)

    @rule(dry_run=st.booleans())
    def replay(self, dry_run: bool) -> None:  # noqa: FBT001 - drawn
        """An operator replays what is parked."""
        replayer = Replayer(self.table, self.lane_table, lambda: self.now)
        self.loop.run_until_complete(replayer.replay(Window(), dry_run=dry_run, by="test"))

    # What must hold

    @invariant()
    def rows_agree(self) -> None:
        """Law 1, by a full scan, and what rows show of laws 2 and 3."""
        rows = [(part, key, values) for (part, key), (values, _) in self.table.rows.items()]
        assert violations(rows) == []

    @invariant()
    def nothing_is_lost(self) -> None:
        """Law 1: what was answered 2xx is in the queue, in quarantine or in one touch row."""
        kept = [key.split("|")[-1] for _, key in self.table.rows if "|touch|" in key]
        quarantined = {key.split("|")[-1] for _, key in self.table.rows if "quarantine|" in key}
        assert len(kept) == len(set(kept))
        assert set(self.accepted) <= set(kept) | quarantined | set(self.queue)

    @invariant()
    def repeats_are_known(self) -> None:
        """Law 2: what may have arrived by an attempt that was noted is looked up from then on.

        But for what somebody looked for and did not find, which is the CRM's alone.
        """
        noted = {
            tuple(key.split("|")[i] for i in (0, 2, 3))
            for (_, key), (values, _) in self.table.rows.items()
            if "|attempt|" in key
            and (values["outcome"] == "accepted" or values["reason"] in UNCLEAR)
        }
        for values in self.table.values("due"):
            if values["destination"] == "seller" and values["kind"] == Kind.DELIVER:
                place = (*values["lead"].split("-"), "seller")
                assert to_delivery(Row("", "", values)).known or place not in noted

    @invariant()
    def nobody_is_chased(self) -> None:
        """Law 3: only leads that may be followed up ever leave."""
        for sink in self.sinks.values():
            for records in sink.arrivals.values():
                assert {record["lane"] for record in records} <= {"normal"}

    def teardown(self) -> None:
        """Let all end well: then each record is there once, in its newest version."""
        try:
            self._end_well()
        finally:
            tasks = self.ghosts + [task for group in self.tasks.values() for task, _ in group]
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.loop.close()

    def _end_well(self) -> None:
        self._flow()
        for sink in self.sinks.values():
            sink.mood = "good"
        for touch in sorted(self.queue):
            self._spawn("end", self._classify("end", touch), "classify")
            self._flow()
        self.now += timedelta(days=1)
        replayer = Replayer(self.table, self.lane_table, lambda: self.now)
        for name in NAMES:
            if (LANE, name) in self.lane_table.rows:
                self.loop.run_until_complete(replayer.enable(name, "test"))
        for _ in range(20):
            self.loop.run_until_complete(replayer.replay(Window(), dry_run=False, by="test"))
            self.now += timedelta(hours=30)
            self._spawn("end", self._tick("end"), "tick")
            self._flow()
        self.rows_agree()
        self.nothing_is_lost()
        assert not self.queue
        assert not self.table.values("due")
        assert not self.table.values("parked")
        self._newest_arrived_last()
        self._any_order_is_the_same()

    def _newest_arrived_last(self) -> None:
        """Law 2: one record per lead, and no older version over a newer one."""
        for lead in self.table.values("lead"):
            versions = {
                name: [record["version"] for record in sink.arrivals[lead["lead"]]]
                for name, sink in self.sinks.items()
            }
            expected = lead["version"] if lead["lane"] == "normal" else None
            for name in NAMES:
                assert expected == (versions[name][-1] if versions[name] else None)

    def _any_order_is_the_same(self) -> None:
        """Law 8: the same touches, one after the other and without faults, give the same leads."""
        table = MemoryTable()
        classifier = self._classifier(table)
        for message in self.accepted.values():
            self.loop.run_until_complete(classifier.classify(message, self.now))
        told = ("lead", "digest", "stage", "score", "touches", "duplicates")

        def leads(one: MemoryTable) -> list[dict[str, Any]]:
            return [{name: lead[name] for name in told} for lead in one.values("lead")]

        assert leads(table) == leads(self.table)

    # How it happens

    def _classifier(self, table: MemoryTable) -> Classifier:
        quarantine = Quarantine(table, lambda: self.now)
        return Classifier(table, quarantine, CONFIGURATION, IDENTITY, lambda: self.now)

    async def _classify(self, host: str, touch: str) -> None:
        message = self.queue[touch]
        table = GatedTable(self.table, self.gates, host)
        await self._classifier(table).classify(message, self.now)
        self.queue.pop(touch, None)

    async def _tick(self, host: str) -> None:
        destinations = [
            Destination(name, self.sinks[name], self.gates, host, self.in_flight) for name in NAMES
        ]
        means = Means(
            GatedTable(self.table, self.gates, host),
            GatedTable(self.lane_table, self.gates, host),
            lambda: self.now,
            self.chance.random,
            self._holder(host),
            LEASE,
        )
        await Ticker(means, destinations).tick(timedelta(hours=1))

    def _holder(self, host: str) -> str:
        return f"{host}.{self.lives[host]}"

    def _leased(self, holder: str) -> set[str]:
        """Return the lanes that *holder* still holds: only its requests there count as its own.

        A request on a lane that was lost to another can arrive after the other's, and a host
        that dies then cannot mend it: leases outlast time-outs so that this takes a clock jump
        and a crash at once.
        """
        states = {n: self.lane_table.rows.get((LANE, n)) for n in NAMES}
        return {
            name
            for name, row in states.items()
            if row and (lane := lanes.from_row(row[0])).holder == holder
            if lane.leased_until > self.now
        }

    def _spawn(self, host: str, work: Any, kind: str) -> None:
        async def quietly() -> None:
            # The host's part: the message comes back, the next tick goes on.
            with contextlib.suppress(LeadshareError):
                await work

        self.tasks.setdefault(host, []).append((self.loop.create_task(quietly()), kind))
        self._settle()

    def _flow(self) -> None:
        """Let all calls through until nothing waits."""
        for _ in range(20_000):
            if not self.gates.waiting:
                return
            self._open(0)
        raise AssertionError("it never ends")

    def _let(self, host: str, calls: int | None) -> None:
        """Let so many of a host's calls through, in their order; all, for None."""
        for _ in range(20_000 if calls is None else calls):
            own = [i for i, (name, _) in enumerate(self.gates.waiting) if name == host]
            if not own:
                return
            self._open(own[0])

    def _open(self, index: int) -> None:
        _, future = self.gates.waiting.pop(index)
        future.set_result(None)
        self._settle()

    def _settle(self) -> None:
        """Let every task run until it waits at a gate or is done."""

        async def give_way() -> None:
            for _ in range(12):
                await asyncio.sleep(0)

        self.loop.run_until_complete(give_way())
        for group in self.tasks.values():
            for task, _ in group:
                if task.done() and task.exception():
                    raise AssertionError("a fault that is not ours") from task.exception()


TestLaws = Laws.TestCase
TestLaws.settings = settings(
    max_examples=200,
    # Shrinking a story takes minutes; Hypothesis prints it whole, and how to run it again.
    phases=(Phase.reuse, Phase.generate),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
