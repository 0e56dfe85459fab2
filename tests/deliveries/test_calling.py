"""A call: whatever the destination does, each delivery has an outcome."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.tick import Ticker
from tests.builders import NOW, record
from tests.deliveries.world import ACCEPTS, LEAD, FakeDestination, a_lead, told


class TestFails:
    async def test_bug_in_a_batch(self, world, caplog):
        """A destination that breaks on one record still takes the others of its batch."""
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
        """Where a batch breaks, the first of its records that is told to wait is the last to
        leave.
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
        """A system that took one record of a batch that broke is not at fault."""
        crm = FakeDestination(batch_size=5)
        down = Reply((Deferred("http_503"),), 503, failing=True)
        crm.answer = lambda _: {1: Reply(()), 2: ACCEPTS}.get(crm.calls, down)
        for number in range(5):
            await world.owe(a_lead(number))

        await world.tick(crm)

        assert (3, 0) == (crm.calls, world.lane().failures)

    async def test_looked_up_after_a_bug(self, world):
        """What may have left with a batch that broke is known to have been sent, and tried once."""
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


class TestWrongOutcomes:
    async def test_too_few(self, world):
        """A destination that tells of fewer records than it was sent breaks nothing but its own."""
        crm = FakeDestination(batch_size=5)
        crm.answer = lambda _: Reply(())
        other = FakeDestination("other")
        await world.owe(LEAD)
        await world.owe(LEAD, "other")

        await world.tick(crm, other)

        assert ("due", "crashed") == (world.delivery(LEAD)["state"], world.delivery(LEAD)["reason"])
        assert "delivered" == world.delivery(LEAD, "other")["state"]


class TestLongCall:
    async def test_no_time_for_the_rest(self, world):
        """Of a batch that breaks, what there is no time left to send alone may have left all the
        same.
        """
        crm = FakeDestination(timeout=0.01, batch_size=2)

        def break_late(_: Delivery) -> Reply:
            time.sleep(0.06)
            raise ValueError

        crm.answer = break_late
        await world.owe(a_lead(1))
        await world.owe(a_lead(17))
        context = replace(world.ticker(crm).context, lease=timedelta(seconds=0.05))

        await Ticker(context, [crm]).tick(timedelta(seconds=5))

        told = [(row["reason"], row["attempts"]) for row in world.table.values("delivery")]
        assert [("not_sent", 1), ("not_sent", 1)] == told


class TestLongAnswers:
    @pytest.mark.parametrize(
        ("outcome", "expected"),
        [
            pytest.param(Accepted("r" * 257), ("delivered", "", ""), id="record_id"),
            pytest.param(Accepted("r" * 256), ("delivered", "", "r" * 256), id="fits"),
            pytest.param(Rejected("x" * 257), ("parked", "x" * 256, ""), id="rejected"),
            pytest.param(Deferred("x" * 257), ("due", "x" * 256, ""), id="deferred"),
        ],
    )
    async def test_cut(self, world, crm, outcome, expected):
        """What is too long for an id or a code never reaches a row, which the table would
        refuse.
        """
        crm.answer = lambda _: Reply((outcome,))
        await world.owe(LEAD)

        await world.tick(crm)

        told = world.delivery(LEAD)
        assert expected == (told["state"], told["reason"], told["record_id"])

    async def test_said(self, world, crm):
        """What a CRM said is cut, and loses what no row takes."""
        crm.answer = lambda _: Reply((Rejected("bad", said="No\x00\ud83d: " + "x" * 5000),))
        await world.owe(LEAD)

        await world.tick(crm)

        [told] = world.table.values("attempt")
        assert told["said"].startswith("No  : xxx")
        assert 1000 == len(told["said"])
