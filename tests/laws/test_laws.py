"""The laws (docs/architecture.md) under any order of touches, repeats, crashes and clock jumps."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from leadshare import intake
from leadshare.deliveries.delivery import Delivery, Kind
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.ledger import to_delivery
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import LeadshareError
from leadshare.identity import Identity
from leadshare.leads import held
from leadshare.leads.classify import Classifier
from leadshare.leads.outcomes.recording import Recorder
from leadshare.leads.quarantine import Quarantine
from leadshare.leads.routing import UNFOLLOWED
from leadshare.leads.touch import from_row
from leadshare.leads.unrouted import Unrouted
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.operators.orders.replay import Replayer, Window
from leadshare.store.keys import LANE
from leadshare.store.lease import read_row
from leadshare.store.table import Row, Table
from leadshare.watch.prover import Proofs
from tests.builders import Nudged, classifying, rerouting, visit_ids
from tests.laws.checker import violations
from tests.laws.gates import LEASE, Destination, GatedTable, Gates, Sink
from tests.laws.outcomes import outcome_of
from tests.laws.world import AHEAD, BODIES, CONFIGURATIONS, NAMES, NOTICES, UNCLEAR, told_of
from tests.memory import MemoryTable

IDENTITY = Identity(b"k" * 32)


class Laws(RuleBasedStateMachine):
    """Two hosts, three destinations, one table, nudges that get lost; rules decide what is next."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.table, self.state_table = MemoryTable(), MemoryTable()
        self.gates = Gates()
        self.sinks = {name: Sink() for name in NAMES}
        self.in_flight: list[tuple[str, Sequence[Delivery]]] = []
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.accepted: dict[str, bytes] = {}
        self.queue: dict[str, bytes] = {}
        self.tasks: dict[str, list[tuple[asyncio.Task[None], str]]] = {"h0": [], "h1": []}
        self.ghosts: list[asyncio.Task[None]] = []
        self.configuration = CONFIGURATIONS["all"]
        self.chance = random.Random(0)  # noqa: S311 - jitter, no secret
        self.lives = {"h0": 0, "h1": 0, "end": 0}
        self.nudged = Nudged()
        self.patched = pytest.MonkeyPatch()

    # What may happen

    @initialize(
        bodies=st.lists(BODIES, min_size=1, max_size=2),
        name=st.sampled_from([*["all"] * 5, *CONFIGURATIONS]),
        page=st.sampled_from([held.PAGE, 3]),
    )
    def start(self, bodies: list[dict[str, Any]], name: str, page: int) -> None:
        """The first touches have come in and are classified, of contacts large or small."""
        self.patched.setattr(held, "PAGE", page)
        self.configuration = CONFIGURATIONS[name]
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

        The message may be older than others that were taken before it, and a row of a table may
        have told of it, beside the POST or instead.
        """
        count = len(self.accepted)
        touch = hashlib.sha256(str(count).encode()).hexdigest()[:32]
        who = {"LastName": body["name"], "Title": body["title"]} if body["email"] else {}
        person = {"Email": body["email"], **who}
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

    @precondition(lambda self: self.nudged.nudges)
    @rule(
        data=st.data(),
        host=st.sampled_from(["h0", "h1"]),
        calls=st.sampled_from([None, 1, 2, 3, 4, 5, 6]),
        again=st.booleans(),
    )
    def visit(self, data: st.DataObject, host: str, calls: int | None, again: bool) -> None:  # noqa: FBT001 - drawn
        """A host takes a nudge, perhaps one that comes again, and gets so far with the visit."""
        nudge = data.draw(st.sampled_from(self.nudged.nudges))
        if not again:
            self.nudged.nudges.remove(nudge)
        self._spawn(host, self._ticker(host).visit(nudge.to_message(), timedelta(hours=1)), "visit")
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
        # Who is never asked whether a record is there can forget it unnoticed.
        self.sinks[name].mood = "good" if name != "crm" and mood == "forgets" else mood

    @rule(seconds=st.sampled_from([1, 1, 31, 61, 61, 61, 400, 2000, 90_000, -5, -3600]))
    def move_clock(self, seconds: int) -> None:
        """Time goes by, or the clock jumps."""
        self.now += timedelta(seconds=seconds)

    @rule(dry_run=st.booleans())
    def replay(self, dry_run: bool) -> None:  # noqa: FBT001 - drawn
        """An operator replays what is parked."""
        replayer = Replayer(self.table, self.state_table, lambda: self.now, self.nudged)
        self.loop.run_until_complete(replayer.replay(Window(), dry_run=dry_run))

    @rule(name=st.sampled_from(["all", "all", *CONFIGURATIONS]))
    def configure(self, name: str) -> None:
        """The publisher changes the configuration; what is under way ends under the old one."""
        self.configuration = CONFIGURATIONS[name]

    @rule(
        host=st.sampled_from(["h0", "h1"]),
        routing=st.sampled_from(UNFOLLOWED),
        calls=st.sampled_from([None, None, 0, 1, 2, 3]),
        dry_run=st.sampled_from([False, False, True]),
    )
    def replay_leads(self, host: str, routing: str, calls: int | None, dry_run: bool) -> None:  # noqa: FBT001 - drawn
        """An operator has leads planned again that nobody takes, and a host gets so far."""
        self._spawn(host, self._replay_leads(host, routing, dry_run=dry_run), "replay")
        self._let(host, calls)

    @precondition(lambda self: self.table.values("lead"))
    @rule(
        data=st.data(),
        host=st.sampled_from(["h0", "h1"]),
        state=st.sampled_from(State),
        ago=st.sampled_from([0, 1, 3600]),
        calls=st.sampled_from([None, None, 0, 1, 2, 3]),
    )
    def tell(
        self, data: st.DataObject, host: str, state: State, ago: int, calls: int | None
    ) -> None:
        """A source tells what became of a lead, late or again, and a host gets so far with it."""
        lead = data.draw(st.sampled_from([row["lead"] for row in self.table.values("lead")]))
        source = data.draw(st.sampled_from(["crm", "saas"]))
        told = Outcome(lead, source, self.now - timedelta(seconds=ago), state)
        self._spawn(host, self._record(host, told, asked=source == "crm"), "record")
        self._let(host, calls)

    # What must hold

    @invariant()
    def rows_agree(self) -> None:
        """Laws 1 and 9, by a full scan, and what rows show of laws 2 and 3."""
        rows = [(part, key, values) for (part, key), (values, _) in self.table.rows.items()]
        assert violations(rows, notices=NOTICES, identity=IDENTITY) == []

    @invariant()
    def nothing_is_lost(self) -> None:
        """Law 1: what was answered 2xx is in the queue, in quarantine or in one touch row."""
        kept = [key.split("|")[-1] for _, key in self.table.rows if "|touch|" in key]
        quarantined = {key.split("|")[-1] for _, key in self.table.rows if "quarantine|" in key}
        assert len(kept) == len(set(kept))
        assert set(self.accepted) <= set(kept) | quarantined | set(self.queue)
        assert "crashed" not in {row["reason"] for row in self.table.values("quarantine")}

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
            if values.get("destination") == "seller" and values["kind"] == Kind.DELIVER:
                place = (*values["lead"].split("-"), "seller")
                assert to_delivery(Row("", "", values)).known or place not in noted

    @invariant()
    def nobody_is_chased(self) -> None:
        """Law 3: only leads that may be followed up ever leave."""
        for sink in self.sinks.values():
            for records in sink.arrivals.values():
                assert {record["category"] for record in records} <= {"normal"}

    def teardown(self) -> None:
        """Let all end well: then each record is there once, in its newest version."""
        try:
            self._end_well()
        finally:
            self.patched.undo()
            tasks = self.ghosts + [task for group in self.tasks.values() for task, _ in group]
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.loop.close()

    def _end_well(self) -> None:
        self._flow()
        self.configuration = CONFIGURATIONS["all"]
        for sink in self.sinks.values():
            sink.mood = "good"
        for touch in sorted(self.queue):
            self._spawn("end", self._classify("end", touch), "classify")
            self._flow()
        self.now += timedelta(days=1)
        replayer = Replayer(self.table, self.state_table, lambda: self.now, self.nudged)
        for name in NAMES:
            if (LANE, name) in self.state_table.rows:
                self.loop.run_until_complete(replayer.enable(name))
        for routing in UNFOLLOWED:
            self._spawn("end", self._replay_leads("end", routing, dry_run=False), "replay")
            self._flow()
        for _ in range(20):
            self.loop.run_until_complete(replayer.replay(Window(), dry_run=False))
            self.now += timedelta(hours=30)
            self._spawn("end", self._tick("end"), "tick")
            self._flow()
        self.rows_agree()
        self.nothing_is_lost()
        assert not self.queue
        # Reminders are nobody's chore here.
        assert {"remind"} >= {row["kind"] for row in self.table.values("due")}
        # What a CRM lost before it was looked up is written anew by a replay, too.
        assert not self.table.values("parked")
        assert not [one for routing in UNFOLLOWED for one in self.table.values(routing)]
        self._newest_arrived_last()
        self._all_was_told()
        self._any_order_is_the_same()

    def _newest_arrived_last(self) -> None:
        """Law 2: one record per lead, and no older version over a newer one."""
        for lead in self.table.values("lead"):
            versions = {
                name: [record["version"] for record in sink.arrivals[lead["lead"]]]
                for name, sink in self.sinks.items()
            }
            normal = lead["category"] == "normal"
            for name in json.loads(lead["route"]) if normal else NAMES:
                expected = lead["version"] if normal else None
                assert expected == (versions[name][-1] if versions[name] else None)

    def _all_was_told(self) -> None:
        """Each touch that made a version was told where its lead is followed up, and no other."""
        rows = [from_row(values) for values in self.table.values("touch")]
        for lead in self.table.values("lead"):
            made = {
                one.id
                for one in rows
                if one.lead == lead["lead"] and one.version and one.category == lead["category"]
            }
            for name in json.loads(lead["route"]) if lead["category"] == "normal" else ():
                assert made <= self.sinks[name].told[lead["lead"]]
            for sink in self.sinks.values():
                assert sink.told[lead["lead"]] <= {one.id for one in rows if one.version}

    def _any_order_is_the_same(self) -> None:
        """Law 8: the same touches, one after the other and without faults, give the same leads."""
        table = MemoryTable()
        classifier = self._classifier(table)
        for message in self.accepted.values():
            self.loop.run_until_complete(classifier.classify(message, self.now))
        outcomes = [outcome_of(row) for row in self.table.values("outcome")]
        self.loop.run_until_complete(self._recorder(table, "end").record(outcomes))
        assert told_of(table) == told_of(self.table)

    # How it happens

    def _classifier(self, table: MemoryTable, host: str = "end") -> Classifier:
        clock = self._clock(host)
        quarantine = Quarantine(table, clock)
        proofs = Proofs(self.state_table, clock)
        told = self.configuration
        return Classifier(
            table, quarantine, *classifying(told), IDENTITY, clock, self.nudged, proofs
        )

    async def _replay_leads(self, host: str, routing: str, *, dry_run: bool) -> None:
        table, clock = GatedTable(self.table, self.gates, host), self._clock(host)
        replayer = Replayer(table, self.state_table, clock, self.nudged)
        router = Unrouted(table, *rerouting(self.configuration), clock)
        await replayer.reroute(routing, Window(), router, dry_run=dry_run)

    async def _record(self, host: str, told: Outcome, *, asked: bool) -> None:
        recorder = self._recorder(GatedTable(self.table, self.gates, host), host)
        await recorder.record([told], asked=asked)

    def _recorder(self, table: Table, host: str) -> Recorder:
        return Recorder(table, *classifying(self.configuration), self._clock(host), self.nudged)

    async def _classify(self, host: str, touch: str) -> None:
        message = self.queue[touch]
        table = GatedTable(self.table, self.gates, host)
        await self._classifier(table, host).classify(message, self.now)
        self.queue.pop(touch, None)

    async def _tick(self, host: str) -> None:
        await self._ticker(host).tick(timedelta(hours=1))

    def _ticker(self, host: str) -> Ticker:
        destinations = [
            Destination(one.name, self.sinks[one.name], self.gates, host, self.in_flight)
            for one in self.configuration.destination
        ]
        context = WorkerContext(
            GatedTable(self.table, self.gates, host),
            GatedTable(self.state_table, self.gates, host),
            self._clock(host),
            self.chance.random,
            visit_ids(f"{self._holder(host)}."),
            LEASE,
            self.nudged,
            IDENTITY.index_name,
        )
        return Ticker(context, destinations)

    def _clock(self, host: str) -> Callable[[], datetime]:
        """A host's clock: they are five seconds apart."""
        return lambda: self.now + timedelta(seconds=AHEAD.get(host, 0))

    def _holder(self, host: str) -> str:
        return f"{host}.{self.lives[host]}"

    def _leased(self, holder: str) -> set[str]:
        """Return the lanes that *holder* still holds: only its requests there count as its own.

        A request on a lane that was lost to another can arrive after the other's, and a host
        that dies then cannot mend it: leases outlast time-outs so that this takes a clock jump
        and a crash at once.
        """
        states = {n: self.state_table.rows.get((LANE, n)) for n in NAMES}
        return {
            name
            for name, row in states.items()
            if row and (lane := read_row(Lane, row[0])).holder.startswith(f"{holder}.")
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
