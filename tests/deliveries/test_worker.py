"""A visit to a lane: its lease, its rounds, what is too old, and what breaks meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.deliveries.delivery import SCHEDULE, Deferred, Delivery, Rejected, Reply
from leadshare.deliveries.lanes.lane import TRIP, Lane
from leadshare.deliveries.lanes.visit import Nudge
from leadshare.deliveries.tick import Ticker
from leadshare.errors import Conflict, StorageError, Unexpected
from leadshare.reason import Reason
from leadshare.store import lease
from leadshare.store.keys import LANE
from leadshare.store.table import Change
from leadshare.times import EPOCH, from_text
from tests.builders import NOW, minutes
from tests.deliveries.world import LEAD, LEASE, FakeDestination, a_lead, told
from tests.memory import MemoryTable


class TestDelivers:
    async def test_delivered(self, world, crm):
        """What is due is sent once and is delivered, with the destination's id and its attempt."""
        await world.owe(LEAD)

        await world.tick(crm)
        await world.tick(crm)

        [attempt] = world.table.values("attempt")
        assert [(LEAD, 1)] == crm.sent
        assert ("delivered", 1, 1, "r1") == tuple(
            world.delivery(LEAD)[name] for name in ("state", "sent", "attempts", "record_id")
        )
        assert ("accepted", 200) == (attempt["outcome"], attempt["status"])


class TestFails:
    async def test_schedule(self, world, crm):
        """A refused delivery is tried at every step of the schedule, then parked."""
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
        """Where no request left, no attempt is used up, but the next waits all the same."""
        await world.owe(LEAD)
        crm.answer = lambda _: Reply((Deferred("unreachable", counts=False),), failing=True)

        await world.tick(crm)

        assert 0 == world.delivery(LEAD)["attempts"]
        assert world.now + timedelta(seconds=30) == from_text(world.delivery(LEAD)["next"])

    async def test_too_old(self, world, crm):
        """What has been owed for more than seven days is parked, not sent."""
        await world.owe(LEAD)
        world.now += timedelta(days=7, seconds=1)

        await world.tick(crm)

        assert [] == crm.sent
        assert "too_old" == world.delivery(LEAD)["reason"]

    async def test_just_not_too_old(self, world, crm):
        """What has been owed for seven days to the millisecond is still sent."""
        await world.owe(LEAD)
        world.now += timedelta(days=7)

        await world.tick(crm)

        assert [(LEAD, 1)] == crm.sent

    async def test_many_too_old(self, world, crm):
        """However many are too old, one tick parks them all."""
        for number in range(40):
            await world.owe(a_lead(16 * number))
        world.now += timedelta(days=7, seconds=1)

        await world.tick(crm)

        assert 40 == len(world.table.values("parked"))

    async def test_gone(self, world, crm):
        """A 410 disables the lane and parks all that is due there."""
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


class TestLane:
    async def test_lease(self, world, crm):
        """A lane that another holds is left alone until its lease has run out."""
        await world.owe(LEAD)
        held = replace(Lane(), holder="other", leased_until=world.now + LEASE)
        await world.state.write(LANE, [Change("insert", "crm", lease.to_row(held))])

        await world.tick(crm)
        assert [] == crm.sent
        world.now += LEASE
        await world.tick(crm)

        assert [(LEAD, 1)] == crm.sent


class TestAtRest:
    @pytest.mark.parametrize(
        "lane",
        [
            pytest.param(Lane(failures=9, open_until=NOW + minutes(1)), id="breaker"),
            pytest.param(Lane(held_until=NOW + minutes(1)), id="held"),
            pytest.param(Lane(paused_at=NOW), id="paused"),
        ],
    )
    async def test_left_alone(self, world, crm, lane):
        """A lane at rest costs a tick one reading of its row, whatever waits there."""
        await world.owe(LEAD)
        await world.state.write(LANE, [Change("insert", "crm", lease.to_row(lane))])
        before = (world.table.calls, world.state.calls)

        await world.tick(crm)

        assert (world.table.calls, world.state.calls - 1) == before
        assert lane == world.lane()

    async def test_told(self, world, crm, caplog):
        """How it stands is told all the same."""
        caplog.set_level(logging.INFO)
        resting = Lane(failures=9, open_until=world.now + minutes(1))
        await world.state.write(LANE, [Change("insert", "crm", lease.to_row(resting))])

        await world.tick(crm)

        [line] = told(caplog, "tick.done")
        assert ("open", 60_000) == (line.lanes["crm"]["breaker"], line.lanes["crm"]["rests_ms"])

    async def test_trips(self, world, crm):
        """A lane whose breaker opens is left at once: one reading of its row, and two writes."""
        for number in range(TRIP):
            await world.owe(a_lead(number))
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503, failing=True)
        calls = world.state.calls

        await world.tick(crm)

        assert (TRIP, "", 1 + 2 * 2) == (
            world.lane().failures,
            world.lane().holder,
            world.state.calls - calls,
        )

    async def test_gone_by_nudge(self, world, crm, monkeypatch):
        """A visit that is told never to call again parks what is due, many in a transaction."""
        for number in range(40):
            await world.owe(a_lead(16 * number))
        crm.answer = lambda _: Reply((Deferred("gone", counts=False),), 410, gone=True)
        write, written = world.table.write, []

        async def note(partition: str, changes: Sequence[Change]) -> list[str]:
            written.append(changes)
            etags: list[str] = await write(partition, changes)
            return etags

        monkeypatch.setattr(world.table, "write", note)

        await world.ticker(crm).visit(
            Nudge("crm", until=world.now).to_message(), timedelta(seconds=30)
        )

        assert 40 == len(world.table.values("parked"))
        assert 4 >= len(written)

    async def test_gone(self, world, crm):
        """A tick looks for what is to be parked in a disabled lane once in each partition."""
        await world.state.write(
            LANE, [Change("insert", "crm", lease.to_row(Lane(disabled="gone")))]
        )
        calls = world.table.calls

        await world.tick(crm)

        assert 16 == world.table.calls - calls


class TestLookUps:
    async def test_looked_for(self, world):
        """What is accepted is read back a minute later, in a batch, and is found if it is there."""
        crm = FakeDestination(look_ups=True, batch_size=10)
        for number in range(3):
            await world.owe(a_lead(number))
        await world.tick(crm)
        world.now += timedelta(minutes=2)
        await world.tick(crm)

        assert 3 == len(crm.checked)
        assert all(row["found_at"] for row in world.table.values("delivery"))
        assert [] == world.table.values("due")

    async def test_nothing_stored(self, world):
        """A CRM that takes everything and stores nothing never shows as found: it is parked."""
        crm = FakeDestination(look_ups=True)
        crm.find = lambda _: Reply((Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),), 200)
        await world.owe(a_lead(1))
        for _ in range(6):
            await world.tick(crm)
            world.now += timedelta(hours=2)

        [delivery] = world.table.values("delivery")
        assert ("parked", Reason.NOT_FOUND_AFTER_ACCEPT, "") == (
            delivery["state"],
            delivery["reason"],
            delivery["found_at"],
        )
        assert 1 == len(crm.sent)

    async def test_not_asked(self, world):
        """Where nothing is to be read back, nothing is due once it was accepted."""
        crm = FakeDestination()
        await world.owe(a_lead(1))
        await world.tick(crm)

        assert [] == world.table.values("due")

    async def test_newer_version_meanwhile(self, world, crm):
        """A look-up that ends after a newer version was owed leaves that, which goes out."""
        crm.look_ups = True
        await world.owe(LEAD)
        await world.tick(crm)
        world.now += timedelta(minutes=2)

        class Overtaken(FakeDestination):
            async def look_up(self, deliveries: Sequence[Delivery], now: Any) -> Reply:
                await world.owe(LEAD, version=2)
                return await super().look_up(deliveries, now)

        slow = Overtaken(look_ups=True)
        await world.tick(slow)

        assert ([LEAD], [(LEAD, 2)]) == (slow.checked, slow.sent)
        assert ("delivered", "") == tuple(
            world.delivery(LEAD)[name] for name in ("state", "found_at")
        )


class TestLookUpWaits:
    async def test_long(self, world):
        """A look-up that has waited for longer than a week is made, not parked; it proves the
        way.
        """
        crm = FakeDestination(look_ups=True)
        await world.owe(a_lead(1))
        await world.tick(crm)
        assert world.lane().proven_at == EPOCH
        world.now += timedelta(days=8)

        await world.tick(crm)

        assert [a_lead(1)] == crm.checked
        assert "delivered" == world.delivery(a_lead(1))["state"]
        assert world.now == world.lane().proven_at

    async def test_disabled(self, world):
        """Where a lane is disabled, what is to be read back stays due until a person enables it."""
        crm = FakeDestination(look_ups=True)
        await world.owe(a_lead(1))
        await world.tick(crm)
        crm.answer = lambda _: Reply((Deferred("gone", counts=False),), 410, gone=True)
        await world.owe(a_lead(2))
        await world.tick(crm)
        world.now += timedelta(hours=1)
        await world.tick(crm)

        assert ["look_up"] == [row["kind"] for row in world.table.values("due")]
        assert [a_lead(2)] == [row["lead"] for row in world.table.values("parked")]

        lane = lease.to_row(world.lane().enabled())
        await world.state.write(LANE, [Change("upsert", "crm", lane)])
        await world.tick(crm)

        assert [a_lead(1)] == crm.checked


class TestFault:
    async def test_lane_is_kept(self, world, crm):
        """Where an outcome cannot be written down, the lane lets go and keeps what holds it
        back.
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
        """A lane that was lost during its last round is told of, and is no fault."""

        await world.owe(LEAD)
        crm.settings.concurrency = 1
        crm.before = world.lose_the_lane

        await world.ticker(crm).tick(timedelta(seconds=30))

        assert "delivered" == world.delivery(LEAD)["state"]
        assert ["lane.lost"] == [r.msg for r in caplog.records if r.levelno == logging.WARNING]

    async def test_lost_in_a_preflight(self, world, crm, caplog):
        """A lane that was lost during a preflight is told of, too."""

        class Slow:
            async def check(self, *_: Any) -> Any:
                await world.lose_the_lane()
                return SimpleNamespace(to_text=lambda: "[]", proven=False)

        context: Any = replace(world.ticker(crm).context, preflight=Slow())

        await Ticker(context, [crm]).tick(timedelta(seconds=30))

        assert ["lane.lost"] == [r.msg for r in caplog.records if r.levelno == logging.WARNING]

    async def test_preflight_ends_within_the_lease(self, world, crm):
        """A preflight has less time than the lease lasts."""
        given: list[float] = []

        class Patient:
            async def check(self, _destination: Any, _now: Any, within: float) -> Any:
                given.append(within)
                return SimpleNamespace(to_text=lambda: "[]", proven=False)

        context: Any = replace(world.ticker(crm).context, preflight=Patient())

        await Ticker(context, [crm]).tick(timedelta(seconds=30))

        [within] = given
        assert 0 < within < LEASE.total_seconds()

    async def test_no_table(self, world, crm, caplog):
        """A table that is gone is a fault of its own, and no lane that another took."""

        class Gone(MemoryTable):
            async def read(self, *_: Any, **__: Any) -> Any:
                raise Conflict("a row was not as expected")

        world.table = Gone()

        with pytest.raises(Conflict):
            await world.tick(crm)

        assert [] == told(caplog, "lane.lost")
        assert "" == world.lane().holder

    async def test_fault_in_a_lost_lane(self, world, crm, caplog):
        """A fault is told though the lane was lost as well."""

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
        """A row that cannot be read, or told of, keeps no other from being sent and written
        down.
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


class TestUnwritten:
    @pytest.fixture(name="full")
    def _full(self, world, crm):
        """A table that takes nothing any more once something was sent, until it is mended."""

        class Full(MemoryTable):
            mended = False

            async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
                if crm.sent and not self.mended:
                    raise StorageError("out of reach")
                return await super().write(partition, changes)

        world.table = Full()
        return world.table

    async def ticks(self, world, crm, minutes: int) -> int:
        """Tick every ten seconds for so many minutes; how often was something sent?"""
        before = len(crm.sent)
        for _ in range(6 * minutes):
            with suppress(StorageError):
                await world.tick(crm)
            world.now += timedelta(seconds=10)
        return len(crm.sent) - before

    async def test_rests(self, world, crm, full):
        """What is accepted but cannot be written down is sent again ever more rarely."""
        await world.owe(LEAD)

        sent = await self.ticks(world, crm, 120)

        assert 3 + 5 + 8 >= sent > 3 + 5
        assert world.lane().unwritten == sent
        assert {(LEAD, 1)} == {*crm.sent}
        assert full.values("due")

    async def test_mended(self, world, crm, full):
        """Once it can be written down the lane works as before; an operator need not wait."""
        await world.owe(LEAD)
        await self.ticks(world, crm, 120)
        full.mended = True
        enabled = world.lane().enabled()
        row = await world.state.get(LANE, "crm")
        await world.state.write(LANE, [Change("replace", "crm", lease.to_row(enabled), row.etag)])

        assert 1 == await self.ticks(world, crm, 1)
        assert (0, "closed") == (world.lane().unwritten, world.lane().breaker)
        assert "delivered" == world.delivery(LEAD)["state"]
