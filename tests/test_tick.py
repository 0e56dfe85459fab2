"""The tick: what it sends, what it leaves, and what it makes of every answer."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.core import lane as lanes
from leadshare.core import ledger
from leadshare.core.delivery import MISSING, SCHEDULE, Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.core.lane import Lane, Rate
from leadshare.core.rows import Change, Row, delivery_key, lead_key, partition_of
from leadshare.core.times import EPOCH, from_text, to_text
from leadshare.errors import Conflict, StorageError, Unexpected
from leadshare.tick import Ticker
from leadshare.worker import LANE, Means
from tests.builders import NOW, TRACE, record
from tests.memory import MemoryTable

LEASE = timedelta(seconds=60)
ACCEPTS = Reply((Accepted("r1"),), 200)


def a_lead(number: int) -> str:
    """A lead id in a partition of its own for small numbers."""
    return f"{number % 16:x}{number:031x}-{number:016x}"


class FakeDestination:
    """Answers by a function of the delivery, and remembers what it was sent."""

    def __init__(self, name: str = "crm", *, batch_size: int = 1, **settings: Any) -> None:
        self.name, self.batch_size = name, batch_size
        self.rate: Rate | None = settings.pop("rate", None)
        self.landing = settings.pop("landing", False)
        defaults = {"schedule": SCHEDULE, "timeout": 30.0, "concurrency": 4}
        self.settings: Any = SimpleNamespace(**(defaults | settings))
        self.sent: list[tuple[str, int]] = []
        self.checked: list[str] = []
        self.calls = self.requests = 0
        self.needs = 1
        self.find: Callable[[Delivery], Reply] = lambda _: ACCEPTS
        self.answer: Callable[[Delivery], Reply] = lambda _: ACCEPTS
        self.before: Callable[[], Awaitable[None]] | None = None

    def lands(self, _lead: str) -> bool:
        """All that it accepts is read back, or nothing."""
        return bool(self.landing)

    async def check(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
        """Look for records as the test says."""
        del now
        self.checked += [delivery.lead for delivery in deliveries]
        replies = [self.find(delivery) for delivery in deliveries]
        outcomes = tuple(outcome for reply in replies for outcome in reply.outcomes)
        return replace(replies[0], outcomes=outcomes)

    async def deliver(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
        """Let something else happen first, once, if the test says so; then answer."""
        del now
        self.calls += 1
        self.requests += self.needs
        if self.before is not None:
            before, self.before = self.before, None
            await before()
        self.sent += [(delivery.lead, delivery.version) for delivery in deliveries]
        replies = [self.answer(delivery) for delivery in deliveries]
        outcomes = tuple(outcome for reply in replies for outcome in reply.outcomes)
        return replace(replies[0], outcomes=outcomes)


class World:
    """A table, its lanes and a clock that moves when told."""

    def __init__(self) -> None:
        self.table, self.lanes, self.now = MemoryTable(), MemoryTable(), NOW

    def ticker(self, *destinations: FakeDestination, holder: str = "h") -> Ticker:
        """A process's ticker."""
        means = Means(self.table, self.lanes, lambda: self.now, lambda: 0.0, holder, LEASE)
        return Ticker(means, destinations)

    async def tick(self, *destinations: FakeDestination, holder: str = "h") -> None:
        """Run one tick with more than enough time."""
        await self.ticker(*destinations, holder=holder).tick(timedelta(seconds=30))
        self.check()

    def check(self) -> None:
        """Each delivery is in one state, with the index row of that state and no other."""
        indexed = {
            (row["lead"], row["destination"]): (state, row["version"], row["sent"])
            for state in ("due", "parked")
            for row in self.table.values(state)
            if row["kind"] == "deliver"
        }
        for row in self.table.values("delivery"):
            found = indexed.pop((row["lead"], row["destination"]), None)
            open_ = row["state"] in {"due", "parked"}
            assert found == ((row["state"], row["wanted"], row["sent"]) if open_ else None)
            assert (row["state"] == "delivered") == (row["sent"] == row["wanted"])
        assert indexed == {}

    async def owe(
        self,
        lead: str,
        destination: str = "crm",
        version: int = 1,
        trace: str = "",
        **changes: Any,
    ) -> None:
        """Owe a version of a lead, as classify does."""
        partition = partition_of(lead)
        before = await self.table.get(partition, delivery_key(lead, destination))
        told = record(lead=lead, version=version, **changes)
        values = {"lead": lead, "version": version, "record": json.dumps(told)}
        await self.table.write(
            partition,
            [
                Change("upsert", lead_key(lead), values),
                *ledger.owe(before, lead, destination, told, self.now, trace=trace),
            ],
        )

    async def lose_the_lane(self) -> None:
        """Write the lane's row as it is, as another process that wants it does."""
        row = await self.lanes.get(LANE, "crm")
        assert row
        await self.lanes.write(LANE, [Change("replace", "crm", row.values)])

    async def overtake(self, other: FakeDestination) -> None:
        """Let another process take the lane, once its lease has run out, and work it off."""
        self.now += LEASE * 2
        await self.tick(other, holder="other")

    def delivery(self, lead: str, destination: str = "crm") -> dict[str, Any]:
        """A delivery's row as it is."""
        return self.table.rows[partition_of(lead), delivery_key(lead, destination)][0]

    def lane(self, destination: str = "crm") -> Lane:
        """A lane as it is."""
        return lanes.from_row(self.lanes.rows[LANE, destination][0])


class FakeFeed:
    """Brings something in, or fails."""

    name = "leads|marketplaceleads"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.ends: list[float] = []

    async def work(self, end: float) -> None:
        """Note until when it may work."""
        self.ends.append(end)
        if self.error:
            raise self.error


@pytest.fixture(name="world")
def _world():
    return World()


@pytest.fixture(name="crm")
def _crm():
    return FakeDestination()


LEAD = a_lead(1)


class TestDelivers:
    async def test_delivered(self, world, crm):
        """
        What is due is sent once and is delivered, with the destination's id and its attempt.
        """
        await world.owe(LEAD)

        await world.tick(crm)
        await world.tick(crm)

        [attempt] = world.table.values("attempt")
        assert [(LEAD, 1)] == crm.sent
        assert ("delivered", 1, 1, "r1") == tuple(
            world.delivery(LEAD)[name] for name in ("state", "sent", "attempts", "receipt")
        )
        assert ("accepted", 200) == (attempt["outcome"], attempt["status"])

    async def test_not_yet(self, world, crm):
        """
        What is due later is not sent now.
        """
        await world.owe(LEAD)
        world.now -= timedelta(seconds=1)

        await world.tick(crm)

        assert [] == crm.sent

    async def test_oldest_first(self, world):
        """
        Over all partitions, what has been due longest goes first.
        """
        crm = FakeDestination(concurrency=1)
        for number in (5, 3, 9, 1):
            await world.owe(a_lead(number))
            world.now += timedelta(seconds=1)

        await world.tick(crm)

        assert [a_lead(number) for number in (5, 3, 9, 1)] == [lead for lead, _ in crm.sent]

    async def test_batches(self, world):
        """
        Deliveries go in the destination's own batches, each record with its own outcome.
        """
        crm = FakeDestination(batch_size=10)
        bad = a_lead(7)
        crm.answer = lambda d: Reply((Rejected("bad"),)) if d.lead == bad else ACCEPTS
        for number in range(25):
            await world.owe(a_lead(number))

        await world.tick(crm)

        states = [world.delivery(a_lead(number))["state"] for number in range(25)]
        assert 3 == crm.calls
        assert ["parked" if number == 7 else "delivered" for number in range(25)] == states

    async def test_many_in_one_partition(self, world, crm):
        """
        More finishes than a transaction holds are written in several.
        """
        leads = [a_lead(16 * number) for number in range(60)]
        for lead in leads:
            await world.owe(lead)

        for _ in range(4):
            await world.tick(crm)

        assert {"delivered"} == {world.delivery(lead)["state"] for lead in leads}

    async def test_budget(self, world):
        """
        A tick ends when its budget is spent, and the rest stays due.
        """
        crm = FakeDestination(concurrency=1)
        for number in range(5):
            await world.owe(a_lead(number))
        crm.before = lambda: asyncio.sleep(0.4)

        await world.ticker(crm).tick(timedelta(seconds=0.3))

        assert 1 == len(crm.sent)
        assert 4 == len(world.table.values("due"))

    async def test_idle_cost(self, world, crm):
        """
        An idle tick's calls do not grow with what was delivered.
        """
        await world.tick(crm)
        world.table.calls = 0
        await world.tick(crm)
        idle = world.table.calls
        for number in range(40):
            await world.owe(a_lead(number))
        await world.tick(crm)
        world.table.calls = 0

        await world.tick(crm)

        assert idle == world.table.calls


class TestWhileItWasOnItsWay:
    async def test_new_version(self, world, crm):
        """
        A version that classify wrote during the call stays due; what was accepted is noted.
        """
        await world.owe(LEAD)

        async def classify() -> None:
            await world.owe(LEAD, version=2)
            world.now += timedelta(seconds=1)

        crm.before = classify
        crm.answer = lambda d: ACCEPTS if d.version == 1 else Reply((Deferred("http_500"),))

        await world.tick(crm)

        told = world.delivery(LEAD)
        [due] = world.table.values("due")
        assert ("due", 2, 1, "r1") == tuple(
            told[name] for name in ("state", "wanted", "sent", "receipt")
        )
        assert (1, "r1") == (due["sent"], due["receipt"])

    async def test_id_is_kept(self, world, crm):
        """
        An update that tells no id of the record leaves the one that is known.
        """
        await world.owe(LEAD)
        await world.tick(crm)

        async def classify() -> None:
            await world.owe(LEAD, version=3)
            world.now += timedelta(seconds=1)

        await world.owe(LEAD, version=2)
        crm.before = classify
        crm.answer = lambda d: Reply((Accepted() if d.version == 2 else Deferred("http_400"),))
        await world.tick(crm)

        told = world.delivery(LEAD)
        assert ("due", 2, "r1") == (told["state"], told["sent"], told["receipt"])

    @pytest.mark.parametrize(
        "reply",
        [
            pytest.param(ACCEPTS, id="accepted"),
            pytest.param(Reply((Deferred("timeout"),)), id="unclear"),
        ],
    )
    async def test_overtaken(self, world, crm, reply):
        """
        Where a newer version was accepted meanwhile, ours may have landed on it: it is owed again.
        """
        await world.owe(LEAD)
        other = FakeDestination()

        async def lose_the_lane() -> None:
            world.now += LEASE * 2
            await world.owe(LEAD, version=2)
            await world.tick(other, holder="other")

        crm.before = lose_the_lane
        crm.answer = lambda _: reply

        await world.tick(crm)
        assert ("due", 1) == (world.delivery(LEAD)["state"], world.delivery(LEAD)["sent"])
        await world.tick(other, holder="other")

        assert [(LEAD, 2), (LEAD, 2)] == other.sent
        assert ("delivered", 2) == (world.delivery(LEAD)["state"], world.delivery(LEAD)["sent"])

    @pytest.mark.parametrize("kept", ["lead", "delivery", ""])
    async def test_deleted(self, world, crm, kept):
        """
        What a person deletes of a lead during the call does not come back, and is no fault.
        """
        await world.owe(LEAD)

        async def delete() -> None:
            world.table.rows = {
                place: row
                for place, row in world.table.rows.items()
                if kept and f"|{kept}|" in place[1]
            }
            left.update(world.table.rows)

        left: dict[Any, Any] = {}
        crm.before = delete

        await world.ticker(crm).tick(timedelta(seconds=30))

        assert [(LEAD, 1)] == crm.sent
        assert left == world.table.rows

    async def test_same_version_by_another(self, world, crm):
        """
        Where another host delivered the same version, it stays delivered, and is to be read back.
        """
        await world.owe(LEAD)
        other = FakeDestination(landing=True)

        crm.before = lambda: world.overtake(other)
        await world.tick(crm)

        assert "delivered" == world.delivery(LEAD)["state"]
        assert ["land"] == [row["kind"] for row in world.table.values("due")]
        assert to_text(world.now + timedelta(minutes=1)) == world.delivery(LEAD)["next"]

    async def test_deferred_by_another(self, world, crm):
        """
        Where another host put off the same version meanwhile, our acceptance still counts.
        """
        await world.owe(LEAD)
        other = FakeDestination()
        other.answer = lambda _: Reply((Deferred("http_500"),))

        crm.before = lambda: world.overtake(other)
        await world.tick(crm)

        assert "delivered" == world.delivery(LEAD)["state"]
        assert [] == world.table.values("due")


class TestFails:
    async def test_schedule(self, world, crm):
        """
        A refused delivery is tried at every step of the schedule, then parked.
        """
        await world.owe(LEAD)
        crm.answer = lambda _: Reply((Deferred("http_400"),), 400)
        waits = []
        for _ in SCHEDULE[1:]:
            before = world.now
            await world.tick(crm)
            world.now = from_text(world.delivery(LEAD)["next"])
            waits.append((world.now - before).total_seconds())

        await world.tick(crm)

        assert list(SCHEDULE[1:]) == waits
        assert len(SCHEDULE) == len(crm.sent)
        assert ("parked", "schedule_exhausted") == (
            world.delivery(LEAD)["state"],
            world.delivery(LEAD)["reason"],
        )

    async def test_no_request_left(self, world, crm):
        """
        Where no request left, no attempt is used up, but the next waits all the same.
        """
        await world.owe(LEAD)
        crm.answer = lambda _: Reply((Deferred("unreachable", counts=False),), failing=True)

        await world.tick(crm)

        assert 0 == world.delivery(LEAD)["attempts"]
        assert world.now + timedelta(seconds=30) == from_text(world.delivery(LEAD)["next"])

    async def test_too_old(self, world, crm):
        """
        What has been owed for more than seven days is parked, not sent.
        """
        await world.owe(LEAD)
        world.now += timedelta(days=7, seconds=1)

        await world.tick(crm)

        assert [] == crm.sent
        assert "too_old" == world.delivery(LEAD)["reason"]

    async def test_just_not_too_old(self, world, crm):
        """
        What has been owed for seven days to the millisecond is still sent.
        """
        await world.owe(LEAD)
        world.now += timedelta(days=7)

        await world.tick(crm)

        assert [(LEAD, 1)] == crm.sent

    async def test_many_too_old(self, world, crm):
        """
        However many are too old, one tick parks them all.
        """
        for number in range(40):
            await world.owe(a_lead(16 * number))
        world.now += timedelta(days=7, seconds=1)

        await world.tick(crm)

        assert 40 == len(world.table.values("parked"))

    async def test_throttled(self, world):
        """
        A 429 holds the whole lane for as long as it asks, and uses up no attempt.
        """
        crm = FakeDestination(concurrency=1)
        for number in range(3):
            await world.owe(a_lead(number))
        hold = timedelta(seconds=90)
        crm.answer = lambda _: Reply((Deferred("throttled", counts=False),), 429, hold)

        await world.tick(crm)
        assert 1 == len(crm.sent)
        assert to_text(world.now + hold) == world.delivery(crm.sent[0][0])["next"]
        world.now += hold - timedelta(seconds=1)
        await world.tick(crm)
        assert 1 == len(crm.sent)
        crm.answer = lambda _: ACCEPTS
        world.now += timedelta(seconds=1)
        await world.tick(crm)

        assert {"delivered"} == {world.delivery(a_lead(n))["state"] for n in range(3)}
        assert 1 == world.delivery(a_lead(0))["attempts"]

    async def test_gone(self, world, crm):
        """
        A 410 disables the lane and parks all that is due there.
        """
        for number in range(9):
            await world.owe(a_lead(number))
        crm.answer = lambda _: Reply((Deferred("gone", counts=False),), 410, gone=True)

        await world.tick(crm)
        await world.tick(crm)

        assert 4 >= len(crm.sent)
        assert "gone" == world.lane().disabled
        reasons = {world.delivery(a_lead(number))["reason"] for number in range(9)}
        assert {"destination_disabled"} == reasons - {"gone"}
        assert [] == world.table.values("due")

    async def test_bug_in_a_batch(self, world, caplog):
        """
        A destination that breaks on one record still takes the others of its batch.
        """
        crm = FakeDestination(batch_size=5)
        bad = a_lead(2)

        def answer(delivery: Delivery) -> Reply:
            if delivery.lead == bad:
                raise ValueError(delivery.record["email"])
            return ACCEPTS

        crm.answer = answer
        for number in range(5):
            await world.owe(a_lead(number))

        with caplog.at_level(logging.DEBUG):
            await world.tick(crm)

        states = [world.delivery(a_lead(number))["state"] for number in range(5)]
        assert ["delivered", "delivered", "due", "delivered", "delivered"] == states
        assert "crashed" == world.delivery(bad)["reason"]
        assert all("ValueError" in line.fault for line in told(caplog, "delivery.crashed"))
        assert 2 == len(told(caplog, "delivery.crashed"))
        assert record()["email"] not in caplog.text

    @pytest.mark.parametrize(
        ("stops", "lane"),
        [
            pytest.param(
                Reply((Deferred("throttled", counts=False),), 429, timedelta(minutes=9)),
                Lane(held_until=NOW + timedelta(minutes=9)),
                id="hold",
            ),
            pytest.param(
                Reply((Deferred("gone", counts=False),), 410, gone=True),
                Lane(disabled="gone"),
                id="gone",
            ),
            pytest.param(
                Reply((Deferred("http_503"),), 503, failing=True), Lane(failures=1), id="down"
            ),
        ],
    )
    async def test_told_to_stop_after_a_bug(self, world, stops, lane):
        """
        Where a batch breaks, the first of its records that is told to wait is the last to leave.
        """
        crm = FakeDestination(batch_size=5)
        crm.answer = lambda _: stops if crm.calls > 1 else Reply(())
        for number in range(5):
            await world.owe(a_lead(number))

        await world.tick(crm)

        now = world.lane()
        assert 2 == crm.calls
        assert (lane.held_until, lane.disabled, lane.failures) == (
            now.held_until,
            now.disabled,
            now.failures,
        )
        reasons = [row["reason"] for row in world.table.values("attempt")]
        assert sorted([stops.outcomes[0].reason, *["not_sent"] * 4]) == sorted(reasons)
        # Any of them may have left with the batch.
        due = world.table.values("due")
        assert [1] * len(due) == [row["attempts"] for row in due]

    async def test_took_one_after_a_bug(self, world):
        """
        A system that took one record of a batch that broke is not at fault.
        """
        crm = FakeDestination(batch_size=5)
        down = Reply((Deferred("http_503"),), 503, failing=True)
        crm.answer = lambda _: {1: Reply(()), 2: ACCEPTS}.get(crm.calls, down)
        for number in range(5):
            await world.owe(a_lead(number))

        await world.tick(crm)

        assert (3, 0) == (crm.calls, world.lane().failures)

    async def test_looked_up_after_a_bug(self, world):
        """
        What may have left with a batch that broke is known to have been sent, and tried once.
        """
        crm = FakeDestination(batch_size=2)
        known: list[bool] = []

        def answer(delivery: Delivery) -> Reply:
            known.append(delivery.known)
            return Reply(()) if crm.calls == 1 else ACCEPTS

        crm.answer = answer
        await world.owe(a_lead(1))
        await world.owe(a_lead(2))

        await world.tick(crm)

        assert [False, False, True, True] == known
        assert [1, 1] == [world.delivery(a_lead(number))["attempts"] for number in (1, 2)]


class TestLane:
    async def test_breaker(self, world):
        """
        Five failing calls open the breaker; after its rest one call probes; success closes it.
        """
        crm = FakeDestination(concurrency=1)
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        for number in range(12):
            await world.owe(a_lead(number))

        await world.tick(crm)
        assert 5 == crm.calls
        await world.tick(crm)
        assert 5 == crm.calls
        world.now += lanes.SHORTEST_REST
        await world.tick(crm)
        assert 6 == crm.calls
        world.now += lanes.SHORTEST_REST * 2
        crm.answer = lambda _: ACCEPTS
        await world.tick(crm)

        assert {"delivered"} == {world.delivery(a_lead(n))["state"] for n in range(6, 12)}
        assert "closed" == world.lane().breaker

    async def test_dead_backlog_is_not_read(self, world):
        """
        While a breaker rests, nothing of its lane's backlog is read.
        """
        dead = FakeDestination(concurrency=1)
        dead.answer = lambda _: Reply((Deferred("unreachable", counts=False),), failing=True)
        for number in range(30):
            await world.owe(a_lead(number))
        await world.tick(dead)
        world.table.calls = 0

        await world.tick(dead)

        assert 0 == world.table.calls

    async def test_lease(self, world, crm):
        """
        A lane that another holds is left alone until its lease has run out.
        """
        await world.owe(LEAD)
        held = replace(Lane(), holder="other", leased_until=world.now + LEASE)
        await world.lanes.write(LANE, [Change("insert", "crm", lanes.to_row(held))])

        await world.tick(crm)
        assert [] == crm.sent
        world.now += LEASE
        await world.tick(crm)

        assert [(LEAD, 1)] == crm.sent

    async def test_lease_must_outlast_the_call(self, world):
        """
        No call leaves that could still be on its way when the lease has run out.
        """
        crm = FakeDestination(concurrency=1)
        for number in range(3):
            await world.owe(a_lead(number))

        left = []

        def slow(_: Delivery) -> Reply:
            left.append(world.lane().leased_until - world.now)
            world.now += timedelta(seconds=31)
            return ACCEPTS

        crm.answer = slow

        await world.tick(crm)

        assert 3 == len(left)
        assert min(left) > timedelta(seconds=crm.settings.timeout)

    async def test_rate(self, world):
        """
        A rate budget is kept over ticks, and waiting for it uses up no attempt.
        """
        crm = FakeDestination(rate=Rate(calls=20, seconds=2000))
        for number in range(10):
            await world.owe(a_lead(number))

        await world.tick(crm)
        assert 2 == crm.calls
        await world.tick(crm)
        assert 2 == crm.calls
        world.now += timedelta(seconds=200)
        await world.tick(crm)

        assert 3 == crm.calls
        assert {0, 1} == {world.delivery(a_lead(n))["attempts"] for n in range(10)}

    async def test_one_lane_fails(self, world, crm):
        """
        A lane whose storage fails does not keep others from theirs, and is told.
        """

        class Broken(MemoryTable):
            async def get(self, partition: str, key: str) -> Any:
                if key == "broken":
                    raise StorageError("out of reach")
                return await super().get(partition, key)

        world.lanes = Broken()
        await world.owe(LEAD)

        with pytest.raises(StorageError, match="out of reach"):
            await world.tick(FakeDestination("broken"), crm)

        assert [(LEAD, 1)] == crm.sent


class TestLanding:
    async def test_looked_for(self, world):
        """
        What is accepted is read back a minute later, in a batch, and has landed if it is there.
        """
        crm = FakeDestination(landing=True, batch_size=10)
        for number in range(3):
            await world.owe(a_lead(number))
        await world.tick(crm)
        world.now += timedelta(minutes=2)
        await world.tick(crm)

        assert 3 == len(crm.checked)
        assert all(row["landed"] for row in world.table.values("delivery"))
        assert [] == world.table.values("due")

    async def test_nothing_stored(self, world):
        """
        A CRM that takes everything and stores nothing never shows as landed: it is parked.
        """
        crm = FakeDestination(landing=True)
        crm.find = lambda _: Reply((Rejected(MISSING),), 200)
        await world.owe(a_lead(1))
        for _ in range(6):
            await world.tick(crm)
            world.now += timedelta(hours=2)

        [delivery] = world.table.values("delivery")
        assert ("parked", MISSING, "") == (
            delivery["state"],
            delivery["reason"],
            delivery["landed"],
        )
        assert 1 == len(crm.sent)

    async def test_not_asked(self, world):
        """
        Where nothing is to be read back, nothing is due once it was accepted.
        """
        crm = FakeDestination()
        await world.owe(a_lead(1))
        await world.tick(crm)

        assert [] == world.table.values("due")

    async def test_newer_version_meanwhile(self, world, crm):
        """
        A look that ends after a newer version was owed leaves that, which goes out.
        """
        crm.landing = True
        await world.owe(LEAD)
        await world.tick(crm)
        world.now += timedelta(minutes=2)

        class Overtaken(FakeDestination):
            async def check(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
                await world.owe(LEAD, version=2)
                return await super().check(deliveries, now)

        slow = Overtaken(landing=True)
        await world.tick(slow)

        assert ([LEAD], [(LEAD, 2)]) == (slow.checked, slow.sent)
        assert ("delivered", "") == tuple(
            world.delivery(LEAD)[name] for name in ("state", "landed")
        )


class TestLandingWaits:
    async def test_deliveries_first(self, world):
        """
        Of the same rank, what is to be delivered goes before older looks.
        """
        crm = FakeDestination(landing=True, concurrency=1)
        sent_before: list[int] = []

        def find(_: Delivery) -> Reply:
            sent_before.append(len(crm.sent))
            return ACCEPTS

        crm.find = find
        await world.owe(a_lead(1))
        await world.tick(crm)
        world.now += timedelta(minutes=2)
        await world.owe(a_lead(2), stage="nurture")

        await world.tick(crm)

        assert [2] == sent_before

    async def test_long(self, world):
        """
        A look that has waited for longer than a week is made, not parked; it proves the way.
        """
        crm = FakeDestination(landing=True)
        await world.owe(a_lead(1))
        await world.tick(crm)
        assert world.lane().proven_at == EPOCH
        world.now += timedelta(days=8)

        await world.tick(crm)

        assert [a_lead(1)] == crm.checked
        assert "delivered" == world.delivery(a_lead(1))["state"]
        assert world.now == world.lane().proven_at

    async def test_disabled(self, world):
        """
        Where a lane is disabled, what is to be read back stays due until a person enables it.
        """
        crm = FakeDestination(landing=True)
        await world.owe(a_lead(1))
        await world.tick(crm)
        crm.answer = lambda _: Reply((Deferred("gone", counts=False),), 410, gone=True)
        await world.owe(a_lead(2))
        await world.tick(crm)
        world.now += timedelta(hours=1)
        await world.tick(crm)

        assert ["land"] == [row["kind"] for row in world.table.values("due")]
        assert [a_lead(2)] == [row["lead"] for row in world.table.values("parked")]

        lane = lanes.to_row(lanes.enable(world.lane()))
        await world.lanes.write(LANE, [Change("upsert", "crm", lane)])
        await world.tick(crm)

        assert [a_lead(1)] == crm.checked


class TestBudget:
    async def test_requests_count(self, world):
        """
        A call that needs three requests costs three of the budget.
        """
        rate = Rate(calls=60, seconds=60000)
        cheap = FakeDestination("cheap", rate=rate, concurrency=1)
        dear = FakeDestination("dear", rate=rate, concurrency=1)
        dear.needs = 3
        for number in range(9):
            await world.owe(a_lead(number), "cheap")
            await world.owe(a_lead(number), "dear")

        await world.tick(cheap, dear)

        assert (6, 2) == (cheap.calls, dear.calls)

    async def test_requests_of_earlier_ticks(self, world):
        """
        What left in earlier ticks of the same process is not counted again.
        """
        crm = FakeDestination(rate=Rate(calls=900, seconds=60000, daily=900))
        crm.needs = 2
        for number in range(3):
            await world.owe(a_lead(number))
            await world.tick(crm)

        assert (3, 6, 6) == (crm.calls, crm.requests, world.lane().today)

    async def test_calls_that_leave_together(self, world):
        """
        Calls in flight count before they are answered: no more leave at once than may.
        """
        started: list[datetime] = []

        class Slow(FakeDestination):
            async def deliver(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
                started.append(now)
                await asyncio.sleep(0.02)
                return await super().deliver(deliveries, now)

        async def pause(seconds: float) -> None:
            world.now += timedelta(seconds=seconds)

        crm = Slow(rate=Rate(calls=20, seconds=20), concurrency=6)
        for number in range(6):
            await world.owe(a_lead(number))
        means = replace(world.ticker(crm).means, pause=pause)

        await Ticker(means, [crm]).tick(timedelta(seconds=30))

        assert (2, 6) == (started.count(NOW), len(started))


class TestPace:
    async def test_goes_on(self, world):
        """
        A tick waits for its budget and goes on, rather than leave the rest to the next one.
        """
        crm = FakeDestination(rate=Rate(calls=45, seconds=20), concurrency=3)
        for number in range(30):
            await world.owe(a_lead(number))
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)
            world.now += timedelta(seconds=seconds)

        means = replace(world.ticker(crm).means, pause=pause)
        await Ticker(means, [crm]).tick(timedelta(seconds=30))

        assert 30 == crm.calls
        assert pauses
        assert max(pauses) < 1

    async def test_ends(self, world):
        """
        What the budget lets leave only after the tick is left due.
        """
        crm = FakeDestination(rate=Rate(calls=4, seconds=4000))
        for number in range(5):
            await world.owe(a_lead(number))

        await world.tick(crm)

        assert 2 == crm.calls
        assert 3 == len(world.table.values("due"))


class TestUrgency:
    async def test_sales_ready_first(self, world):
        """
        Sales-ready leads go first, however long others have waited.
        """
        crm = FakeDestination(concurrency=1)
        for number in range(5):
            await world.owe(a_lead(number), stage="nurture")
        world.now += timedelta(minutes=1)
        await world.owe(a_lead(9), stage="sales_ready")

        await world.tick(crm)

        assert a_lead(9) == crm.sent[0][0]
        assert 6 == len(crm.sent)

    async def test_reserved(self, world):
        """
        Leads that are not sales-ready never use up the budget: the next sales-ready one leaves.
        """
        crm = FakeDestination(rate=Rate(calls=45, seconds=20000), concurrency=1)
        for number in range(20):
            await world.owe(a_lead(number), stage="nurture")
        await world.tick(crm)
        before = len(crm.sent)
        await world.owe(a_lead(99), stage="sales_ready")

        await world.tick(crm)

        assert before < 20
        assert [a_lead(99)] == [lead for lead, _ in crm.sent[before:]]


class TestWrongOutcomes:
    async def test_too_few(self, world):
        """
        A destination that tells of fewer records than it was sent breaks nothing but its own.
        """
        crm = FakeDestination(batch_size=5)
        crm.answer = lambda _: Reply(())
        other = FakeDestination("other")
        await world.owe(LEAD)
        await world.owe(LEAD, "other")

        await world.tick(crm, other)

        assert ("due", "crashed") == (world.delivery(LEAD)["state"], world.delivery(LEAD)["reason"])
        assert "delivered" == world.delivery(LEAD, "other")["state"]


class TestLongCall:
    async def test_broken_off(self, world):
        """
        A call of many requests is broken off before another holder may take the lane.
        """
        crm = FakeDestination(timeout=0.01)
        crm.before = lambda: asyncio.sleep(10)
        await world.owe(LEAD)
        means = replace(world.ticker(crm).means, lease=timedelta(seconds=0.05))

        await Ticker(means, [crm]).tick(timedelta(seconds=5))

        assert ("due", "timeout") == (world.delivery(LEAD)["state"], world.delivery(LEAD)["reason"])
        assert 1 == world.lane().failures

    async def test_no_time_for_the_rest(self, world):
        """
        Of a batch that breaks, what there is no time left to send alone may have left all the same.
        """
        crm = FakeDestination(timeout=0.01, batch_size=2)

        def break_late(_: Delivery) -> Reply:
            time.sleep(0.06)
            raise ValueError

        crm.answer = break_late
        await world.owe(a_lead(1))
        await world.owe(a_lead(17))
        means = replace(world.ticker(crm).means, lease=timedelta(seconds=0.05))

        await Ticker(means, [crm]).tick(timedelta(seconds=5))

        told = [(row["reason"], row["attempts"]) for row in world.table.values("delivery")]
        assert [("not_sent", 1), ("not_sent", 1)] == told


class TestNoSpin:
    async def test_nothing_can_leave(self, world):
        """
        Where the budget lets nothing leave before the tick's end, rows are not read over and over.
        """
        crm = FakeDestination(rate=Rate(calls=4, seconds=2))
        for number in range(9):
            await world.owe(a_lead(number))
        means = replace(world.ticker(crm).means, pause=asyncio.sleep)
        await Ticker(means, [crm]).tick(timedelta(seconds=0.3))
        world.table.calls = 0

        await Ticker(means, [crm]).tick(timedelta(seconds=0.3))

        assert world.table.calls <= 2 * 16


class TestFault:
    async def test_lane_is_kept(self, world, crm):
        """
        Where an outcome cannot be written down, the lane lets go and keeps what holds it back.
        """

        class Full(MemoryTable):
            broken = False

            async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
                if self.broken:
                    raise StorageError("out of reach")
                return await super().write(partition, changes)

        world.table = full = Full()
        await world.owe(LEAD)
        full.broken = True
        hold = timedelta(minutes=10)
        crm.answer = lambda _: Reply((Deferred("throttled", counts=False),), 429, hold)

        with pytest.raises(StorageError, match="out of reach"):
            await world.tick(crm)

        assert ("", world.now + hold) == (world.lane().holder, world.lane().held_until)

    async def test_lost_at_the_end(self, world, crm, caplog):
        """
        A lane that was lost during its last round is told of, and is no fault.
        """

        await world.owe(LEAD)
        crm.settings.concurrency = 1
        crm.before = world.lose_the_lane

        await world.ticker(crm).tick(timedelta(seconds=30))

        assert "delivered" == world.delivery(LEAD)["state"]
        assert ["lane.lost"] == [r.msg for r in caplog.records if r.levelno == logging.WARNING]

    async def test_lost_in_a_preflight(self, world, crm, caplog):
        """
        A lane that was lost during a preflight is told of, too.
        """

        class Slow:
            async def check(self, *_: Any) -> Any:
                row = await world.lanes.get(LANE, "crm")
                await world.lanes.write(LANE, [Change("replace", "crm", row.values)])
                return SimpleNamespace(to_text=lambda: "[]", proven=False)

        means: Any = replace(world.ticker(crm).means, preflight=Slow())

        await Ticker(means, [crm]).tick(timedelta(seconds=30))

        assert ["lane.lost"] == [r.msg for r in caplog.records if r.levelno == logging.WARNING]

    async def test_preflight_ends_within_the_lease(self, world, crm):
        """
        A preflight has less time than the lease lasts.
        """
        given: list[float] = []

        class Patient:
            async def check(self, _destination: Any, _now: Any, within: float) -> Any:
                given.append(within)
                return SimpleNamespace(to_text=lambda: "[]", proven=False)

        means: Any = replace(world.ticker(crm).means, preflight=Patient())

        await Ticker(means, [crm]).tick(timedelta(seconds=30))

        [within] = given
        assert 0 < within < LEASE.total_seconds()

    async def test_no_table(self, world, crm, caplog):
        """
        A table that is gone is a fault of its own, and no lane that another took.
        """

        class Gone(MemoryTable):
            async def read(self, *_: Any, **__: Any) -> Any:
                raise Conflict("a row was not as expected")

        world.table = Gone()

        with pytest.raises(Conflict):
            await world.tick(crm)

        assert [] == told(caplog, "lane.lost")
        assert "" == world.lane().holder

    async def test_fault_in_a_lost_lane(self, world, crm, caplog):
        """
        A fault is told though the lane was lost as well.
        """

        class Full(MemoryTable):
            async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
                if crm.sent:
                    raise StorageError("out of reach")
                return await super().write(partition, changes)

        world.table = Full()
        await world.owe(LEAD)
        crm.before = world.lose_the_lane

        with pytest.raises(StorageError, match="out of reach"):
            await world.tick(crm)

        assert 1 == len(told(caplog, "lane.lost"))

    @pytest.mark.parametrize("concurrency", [1, 4])
    @pytest.mark.parametrize(
        ("missing", "states"),
        [("score", ["due", "delivered", "delivered"]), ("last_touch", ["delivered"] * 3)],
    )
    async def test_strange_row(self, world, concurrency, missing, states):
        """
        A row that cannot be read, or told of, keeps no other from being sent and written down.
        """
        crm = FakeDestination(concurrency=concurrency)
        for number in range(3):
            await world.owe(a_lead(number))
            world.now += timedelta(seconds=1)
        [(place, (row, etag)), *_] = [
            item for item in world.table.rows.items() if item[0][1].startswith("due|")
        ]
        text = row["record"].replace(f'"{missing}"', '"other"')
        told_of = text if missing == "last_touch" else "{"
        world.table.rows[place] = ({**row, "record": told_of}, etag)

        with pytest.raises(Unexpected):
            await world.ticker(crm).tick(timedelta(seconds=30))

        assert states == [world.delivery(a_lead(number))["state"] for number in range(3)]

    async def test_one_kept_changing(self, world):
        """
        What is not written down of one delivery is written down of the others of its partition.
        """
        crm = FakeDestination(batch_size=3)
        bad = a_lead(0)

        class Restless(MemoryTable):
            async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
                if crm.sent and any(change.key.startswith(bad[:32]) for change in changes):
                    raise Conflict("changed")
                return await super().write(partition, changes)

        world.table = Restless()
        leads = [a_lead(16 * number) for number in range(3)]
        for lead in leads:
            await world.owe(lead)

        with pytest.raises(StorageError, match="kept changing during 8 readings"):
            await world.tick(crm)

        assert ["due", "delivered", "delivered"] == [world.delivery(n)["state"] for n in leads]

    async def test_first_part_fails(self, world):
        """
        A transaction that fails keeps no other of its partition from being made.
        """
        crm = FakeDestination(batch_size=100, landing=True)
        sizes: list[int] = []

        class Flickers(MemoryTable):
            async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
                sizes.append(len(changes))
                if sizes.count(100) == 1 and len(changes) == 100:
                    raise StorageError("out of reach")
                return await super().write(partition, changes)

        world.table = Flickers()
        for number in range(33):
            await world.owe(a_lead(16 * number))

        with pytest.raises(StorageError, match="out of reach"):
            await world.tick(crm)

        states = [row["state"] for row in world.table.values("delivery")]
        assert [100, 32] == sizes[-2:]
        assert (25, 8) == (states.count("due"), states.count("delivered"))

    @pytest.mark.parametrize("bad", [3, 30])
    async def test_one_row_is_refused(self, world, bad):
        """
        Where the table refuses one finish, those beside it and elsewhere are written down.
        """

        refused = a_lead(bad).replace("-", "|attempt|")

        class Picky(MemoryTable):
            async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
                if any(c.key.startswith(refused) for c in changes):
                    raise Unexpected("the table refused a row")
                return await super().write(partition, changes)

        world.table = Picky()
        crm = FakeDestination(batch_size=100)
        numbers = [*range(16), *range(16, 320, 7), bad]
        for number in dict.fromkeys(numbers):
            await world.owe(a_lead(number))

        with pytest.raises(Unexpected, match="refused a row"):
            await world.tick(crm)

        assert [a_lead(bad)] == [row["lead"] for row in world.table.values("due")]


class TestOverlap:
    async def test_same_process(self, world, crm, caplog):
        """
        A tick that begins during another of its process sends nothing.
        """
        ticker = world.ticker(crm)
        await world.owe(LEAD)

        await asyncio.gather(*(ticker.tick(timedelta(seconds=5)) for _ in range(3)))
        assert (1, 2) == (len(told(caplog, "tick.done")), len(told(caplog, "tick.overlapped")))
        await world.owe(a_lead(2))
        await ticker.tick(timedelta(seconds=5))

        assert [(LEAD, 1), (a_lead(2), 1)] == crm.sent


class TestProbe:
    async def test_one_at_a_time(self, world):
        """
        A lane whose breaker is half open sends one batch, whatever kinds and ranks are due.
        """
        crm = FakeDestination(batch_size=10)
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        crm.before = lambda: asyncio.sleep(0.01)
        for number in range(3):
            await world.owe(a_lead(number), stage="nurture")
        await world.owe(a_lead(3))
        opened = replace(Lane(), failures=lanes.TRIP)
        await world.lanes.write(LANE, [Change("insert", "crm", lanes.to_row(opened))])

        await world.tick(crm)

        assert [(a_lead(3), 1)] == crm.sent
        assert lanes.TRIP + 1 == world.lane().failures

    async def test_delivery_before_look(self, world):
        """
        A delivery probes before older looks, which may fail for ever.
        """
        crm = FakeDestination(landing=True)
        await world.owe(a_lead(1))
        await world.tick(crm)
        opened = replace(world.lane(), failures=lanes.TRIP)
        await world.lanes.write(LANE, [Change("upsert", "crm", lanes.to_row(opened))])
        world.now += timedelta(minutes=2)
        await world.owe(a_lead(2), stage="nurture")
        crm.find = lambda _: Reply((Deferred("http_403"),), 403, failing=True)

        await world.tick(crm)

        assert [(a_lead(1), 1), (a_lead(2), 1)] == crm.sent
        assert [a_lead(1)] == crm.checked

    async def test_looks_are_not_waiting(self, world, caplog):
        """
        Looks that wait behind the one that probes are no deliveries that wait.
        """
        crm = FakeDestination(landing=True)
        for number in range(3):
            await world.owe(a_lead(number))
        await world.tick(crm)
        opened = replace(world.lane(), failures=lanes.TRIP)
        await world.lanes.write(LANE, [Change("upsert", "crm", lanes.to_row(opened))])
        world.now += timedelta(minutes=2)
        crm.find = lambda _: Reply((Deferred("http_403"),), 403, failing=True)
        caplog.clear()

        await world.tick(crm)

        assert (1, [0]) == (len(crm.checked), [line.due for line in told(caplog, "lane.worked")])

    async def test_nothing_is_read_in_vain(self, world):
        """
        Where the breaker lets one call probe and the budget none, nothing is read.
        """
        crm = FakeDestination(rate=Rate(calls=1, seconds=90_000, daily=1))
        await world.owe(LEAD)
        await world.tick(crm)
        opened = replace(world.lane(), failures=lanes.TRIP)
        await world.lanes.write(LANE, [Change("upsert", "crm", lanes.to_row(opened))])
        await world.owe(a_lead(2))
        world.table.calls = 0

        await world.tick(crm)

        assert 0 == world.table.calls

    async def test_look_where_nothing_else_is_due(self, world):
        """
        Where nothing is to be delivered, a look probes.
        """
        crm = FakeDestination(landing=True)
        await world.owe(a_lead(1))
        await world.tick(crm)
        opened = replace(world.lane(), failures=lanes.TRIP)
        await world.lanes.write(LANE, [Change("upsert", "crm", lanes.to_row(opened))])
        world.now += timedelta(minutes=2)

        await world.tick(crm)

        assert [a_lead(1)] == crm.checked
        assert "closed" == world.lane().breaker


class TestLongAnswers:
    @pytest.mark.parametrize(
        ("outcome", "expected"),
        [
            pytest.param(Accepted("r" * 257), ("delivered", "", ""), id="receipt"),
            pytest.param(Accepted("r" * 256), ("delivered", "", "r" * 256), id="fits"),
            pytest.param(Rejected("x" * 257), ("parked", "x" * 256, ""), id="rejected"),
            pytest.param(Deferred("x" * 257), ("due", "x" * 256, ""), id="deferred"),
        ],
    )
    async def test_cut(self, world, crm, outcome, expected):
        """
        What is too long for an id or a code never reaches a row, which the table would refuse.
        """
        crm.answer = lambda _: Reply((outcome,))
        await world.owe(LEAD)

        await world.tick(crm)

        told = world.delivery(LEAD)
        assert expected == (told["state"], told["reason"], told["receipt"])


class TestFeeds:
    def ticker(self, world: World, crm: FakeDestination, feed: FakeFeed) -> Ticker:
        """A ticker with a feed."""
        means = Means(world.table, world.lanes, lambda: world.now, lambda: 0.0, "h", LEASE)
        return Ticker(means, [crm], [feed])

    async def test_works(self, world):
        """
        Each tick lets the feeds work, within its budget.
        """
        feed, before = FakeFeed(), asyncio.get_running_loop().time()

        await self.ticker(world, FakeDestination(), feed).tick(timedelta(seconds=30))

        assert 1 == len(feed.ends)
        assert before + 30 <= feed.ends[0] <= asyncio.get_running_loop().time() + 30

    @pytest.mark.parametrize(
        ("error", "kind", "told"),
        [
            (StorageError("answered 403"), StorageError, "answered 403"),
            (ValueError("canary"), Unexpected, "ValueError at test_tick.py"),
        ],
    )
    async def test_fails(self, world, caplog, error, kind, told):
        """
        What fails there stops no delivery; it is told as a lane's failure is, without data.
        """
        await world.owe(a_lead(1))
        crm = FakeDestination()

        with pytest.raises(kind, match=told):
            await self.ticker(world, crm, FakeFeed(error)).tick(timedelta(seconds=30))

        assert [(a_lead(1), 1)] == crm.sent
        [failed] = [record for record in caplog.records if record.msg == "lane.failed"]
        assert FakeFeed.name == failed.__dict__["destination"]
        assert told in failed.__dict__["fault"]
        assert "canary" not in str(failed.__dict__)


def told(caplog: pytest.LogCaptureFixture, event: str) -> list[Any]:
    """The lines of one event."""
    return [record for record in caplog.records if record.msg == event]


class TestTold:
    async def test_tick(self, world, crm, caplog):
        """
        Each tick tells how many came to what in each lane that had anything to do.
        """
        crm.landing = True
        crm.answer = lambda d: ACCEPTS if d.lead == LEAD else Reply((Rejected("bad"),))
        for number in range(3):
            await world.owe(a_lead(number))

        await world.tick(crm, FakeDestination("idle"))
        world.now += timedelta(minutes=2)
        await world.tick(crm)

        assert [{"crm": {"accepted": 1, "rejected": 2}}, {"crm": {"landed": 1}}] == [
            line.lanes for line in told(caplog, "tick.done")
        ]

    async def test_attempt(self, world, crm, caplog):
        """
        Each attempt tells which it was, what became of it, why, and how long it and the tick took.
        """
        crm.landing = True
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503)
        crm.before = lambda: asyncio.sleep(0.05)
        await world.owe(LEAD)
        await world.tick(crm)
        crm.answer = lambda _: ACCEPTS
        world.now += timedelta(minutes=1)
        await world.tick(crm)

        first, second = told(caplog, "delivery.attempted")
        assert (1, "deferred", "http_503", 503) == (
            first.attempt,
            first.outcome,
            first.reason,
            first.status,
        )
        assert (2, "accepted", "", logging.INFO) == (
            second.attempt,
            second.outcome,
            second.reason,
            second.levelno,
        )
        done, *_ = told(caplog, "tick.done")
        assert 40 <= first.milliseconds <= done.milliseconds < 30_000

    @pytest.mark.parametrize(
        ("outcome", "level"),
        [
            pytest.param(Rejected(MISSING), logging.ERROR, id="missing"),
            pytest.param(Rejected("several_in_crm"), logging.INFO, id="refused"),
            pytest.param(ACCEPTS.outcomes[0], logging.INFO, id="found"),
        ],
    )
    async def test_look(self, world, crm, caplog, outcome, level):
        """
        A record that is not there is told as an error, whatever else a look comes to is not.
        """
        crm.landing = True
        crm.find = lambda _: Reply((outcome,), 200)
        await world.owe(LEAD)
        await world.tick(crm)
        world.now += timedelta(minutes=2)

        await world.tick(crm)

        assert [level] == [line.levelno for line in told(caplog, "delivery.checked")]

    async def test_parked_alone(self, world, caplog):
        """
        What is parked is told, too, where another of its partition was changed meanwhile.
        """
        crm = FakeDestination(batch_size=2)
        crm.answer = lambda _: Reply((Rejected("bad"),), 400)
        changed, other = a_lead(0), a_lead(16)
        await world.owe(changed)
        await world.owe(other)
        crm.before = lambda: world.owe(changed, version=2)

        await world.tick(crm)

        first, second = told(caplog, "delivery.parked")
        assert [other, changed] == [first.lead, second.lead]

    async def test_trace(self, world, crm, caplog):
        """
        Each attempt, and each look for its record, tells the trace of the touch that made it due.
        """
        crm.landing = True
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503)
        await world.owe(LEAD, trace=TRACE)

        await world.tick(crm)
        crm.answer = lambda _: ACCEPTS
        world.now += timedelta(minutes=1)
        await world.tick(crm)
        world.now += timedelta(hours=1)
        await world.tick(crm)

        events = ("delivery.attempted", "delivery.checked")
        lines = [line for event in events for line in told(caplog, event)]
        assert [TRACE] * 3 == [line.trace for line in lines]
        assert 60_000 == lines[0].since_touch_ms

    async def test_after_a_replay(self, world, crm, caplog):
        """
        A delivery that was parked and is due again goes on in its trace.
        """
        crm.answer = lambda _: Reply((Rejected("bad"),), 400)
        await world.owe(LEAD, trace=TRACE)
        await world.tick(crm)
        [(row, etag)] = [v for (_, key), v in world.table.rows.items() if key.startswith("parked|")]
        key = next(key for _, key in world.table.rows if key.startswith("parked|"))
        parked = Row(partition_of(LEAD), key, row, etag)
        await world.table.write(partition_of(LEAD), ledger.replay(parked, world.now))
        caplog.clear()

        await world.tick(crm)

        assert [TRACE] == [line.trace for line in told(caplog, "delivery.attempted")]

    @pytest.mark.parametrize(
        ("reply", "reason", "level"),
        [
            pytest.param(Reply((Rejected("bad"),), 400), "bad", logging.WARNING, id="rejected"),
            pytest.param(
                Reply((Deferred("late"),), 503),
                "schedule_exhausted",
                logging.WARNING,
                id="exhausted",
            ),
            pytest.param(Reply((Rejected("worklist"),)), "worklist", logging.INFO, id="worklist"),
        ],
    )
    async def test_parked(self, world, caplog, reply, reason, level):
        """
        Whatever parks a delivery, one line tells its lead and why; a worklist is no fault.
        """
        crm = FakeDestination(schedule=(0,))
        crm.answer = lambda _: reply
        await world.owe(LEAD)

        await world.tick(crm)

        [line] = told(caplog, "delivery.parked")
        assert ("crm", LEAD, reason) == (line.destination, line.lead, line.reason)
        assert level == line.levelno

    async def test_not_parked(self, world, crm, caplog):
        """
        What is delivered or put off is not told as parked.
        """
        await world.owe(LEAD)
        await world.tick(crm)

        assert [] == told(caplog, "delivery.parked")

    async def test_lane(self, world, caplog):
        """
        A line a tick tells how a lane stands: what was left due, since when, the budget left.
        """
        crm = FakeDestination(rate=Rate(calls=20, seconds=200))
        for number in range(10):
            await world.owe(a_lead(number))
            world.now += timedelta(seconds=1)

        await world.tick(crm)

        [line] = told(caplog, "lane.worked")
        assert 2 == crm.calls
        assert ("crm", "closed", False, 0) == (
            line.destination,
            line.breaker,
            line.stopped,
            line.left,
        )
        assert (8, 8000, 0, None) == (line.due, line.oldest_ms, line.rests_ms, line.proven_ms)

    async def test_budget_spent(self, world, caplog):
        """
        Once nothing more may leave, what was read before in the same tick is told.
        """
        crm = FakeDestination(rate=Rate(calls=1, seconds=3600))
        for number in range(3):
            await world.owe(a_lead(number))

        await world.tick(crm)
        await world.tick(crm)

        assert [2, None] == [line.due for line in told(caplog, "lane.worked")]

    async def test_conflict(self, world, crm, caplog):
        """
        What was refused while something newer became due is not parked, and not told as parked.
        """
        await world.owe(LEAD)

        async def classify() -> None:
            world.now += timedelta(seconds=1)
            await world.owe(LEAD, version=2)

        crm.before = classify
        crm.answer = lambda d: Reply((Rejected("bad"),)) if d.version == 1 else ACCEPTS

        await world.tick(crm)

        assert ("delivered", 2) == (world.delivery(LEAD)["state"], world.delivery(LEAD)["sent"])
        assert [] == told(caplog, "delivery.parked")

    @pytest.mark.parametrize(
        ("rate", "due"), [(None, 0), pytest.param(Rate(calls=1, seconds=7200), None, id="spent")]
    )
    async def test_too_old(self, world, caplog, rate, due):
        """
        What is parked as too old does not wait any more, whatever the budget says.
        """
        crm = FakeDestination(rate=rate, batch_size=2)
        await world.owe(LEAD)
        world.now += timedelta(days=7, seconds=1)
        await world.owe(a_lead(2))

        await world.tick(crm)

        [parked] = told(caplog, "delivery.parked")
        [line] = told(caplog, "lane.worked")
        assert (LEAD, "too_old") == (parked.lead, parked.reason)
        assert ([(a_lead(2), 1)], due) == (crm.sent, line.due)

    async def test_disabled(self, world, crm, caplog):
        """
        Where a lane is disabled, all is parked, each told once, so that nothing is left due.
        """
        crm.settings.concurrency = 1
        crm.answer = lambda _: Reply((Deferred("gone", counts=False),), 410, gone=True)
        for number in range(6):
            await world.owe(a_lead(number))

        await world.tick(crm)

        [line] = told(caplog, "lane.worked")
        assert (True, "gone", 0, 0) == (line.stopped, line.disabled, line.due, line.oldest_ms)
        parked = [line.lead for line in told(caplog, "delivery.parked")]
        assert [a_lead(number) for number in range(6)] == sorted(parked)

    async def test_probe(self, world, caplog):
        """
        While one probes, the others that wait behind it are told.
        """
        crm = FakeDestination()
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        for number in range(5):
            await world.owe(a_lead(number))
        opened = Lane(failures=lanes.TRIP)
        await world.lanes.write(LANE, [Change("insert", "crm", lanes.to_row(opened))])
        world.now += timedelta(minutes=1)

        await world.tick(crm)

        [line] = told(caplog, "lane.worked")
        assert (1, 4, 60_000) == (crm.calls, line.due, line.oldest_ms)

    async def test_one_rank_only(self, world, caplog):
        """
        Where the budget left is for what is urgent, what else waits is unknown: none is not told.
        """
        crm = FakeDestination(rate=Rate(calls=45, seconds=20_000))
        for number in range(9):
            await world.owe(a_lead(number), stage="nurture")

        for _ in range(2):
            await world.tick(crm)

        first, second = told(caplog, "lane.worked")
        assert (3, 6, None) == (crm.calls, first.due, second.due)
        assert first.left == second.left == 1

    async def test_unread(self, world, caplog):
        """
        What a lane at rest has due is not read, so it is not told, but that it rests is.
        """
        crm = FakeDestination(concurrency=1)
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        for number in range(12):
            await world.owe(a_lead(number))
        await world.tick(crm)
        caplog.clear()

        await world.tick(crm)

        [line] = told(caplog, "lane.worked")
        assert (None, None, True, "open") == (line.due, line.oldest_ms, line.stopped, line.breaker)
        assert (30_000, None) == (line.rests_ms, line.left)

    async def test_nothing_due(self, world, crm, caplog):
        """
        Where all that was due has been sent, none is left and nothing waits; what landed is told.
        """
        crm.landing = True
        await world.owe(LEAD)
        await world.tick(crm)
        world.now += timedelta(minutes=2)
        await world.tick(crm)

        first, second = told(caplog, "lane.worked")
        assert [(0, 0)] * 2 == [(line.due, line.oldest_ms) for line in (first, second)]
        assert (None, 0) == (first.proven_ms, second.proven_ms)
