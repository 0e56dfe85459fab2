"""The log's lines of attempts and of parking: what each tells."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import Deferred, Rejected, Reply
from leadshare.reason import Reason
from leadshare.store.keys import partition_of
from leadshare.store.table import Row
from tests.builders import TRACE
from tests.deliveries.world import ACCEPTS, LEAD, FakeDestination, told


class TestTold:
    async def test_attempt(self, world, crm, caplog):
        """Each attempt tells which it was, what became of it, why, and how long it and the tick
        took.
        """
        crm.look_ups = True
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
            pytest.param(Rejected(Reason.NOT_FOUND_AFTER_ACCEPT), logging.ERROR, id="missing"),
            pytest.param(Rejected("several_in_crm"), logging.INFO, id="refused"),
            pytest.param(ACCEPTS.outcomes[0], logging.INFO, id="found"),
        ],
    )
    async def test_look(self, world, crm, caplog, outcome, level):
        """A record that is not there is told as an error, whatever else a look-up comes to is
        not.
        """
        crm.look_ups = True
        crm.find = lambda _: Reply((outcome,), 200)
        await world.owe(LEAD)
        await world.tick(crm)
        world.now += timedelta(minutes=2)

        await world.tick(crm)

        assert [level] == [line.levelno for line in told(caplog, "delivery.looked_up")]

    async def test_trace(self, world, crm, caplog):
        """Each attempt, and each look-up of its record, tells the trace of the touch that made it
        due.
        """
        crm.look_ups = True
        crm.answer = lambda _: Reply((Deferred("http_503"),), 503)
        await world.owe(LEAD, trace=TRACE)

        await world.tick(crm)
        crm.answer = lambda _: ACCEPTS
        world.now += timedelta(minutes=1)
        await world.tick(crm)
        world.now += timedelta(hours=1)
        await world.tick(crm)

        events = ("delivery.attempted", "delivery.looked_up")
        lines = [line for event in events for line in told(caplog, event)]
        assert [TRACE] * 3 == [line.trace for line in lines]
        assert 60_000 == lines[0].since_touch_ms

    async def test_after_a_replay(self, world, crm, caplog):
        """A delivery that was parked and is due again goes on in its trace."""
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
        """Whatever parks a delivery, one line tells its lead and why; a worklist is no fault."""
        crm = FakeDestination(schedule=(0,))
        crm.answer = lambda _: reply
        await world.owe(LEAD)

        await world.tick(crm)

        [line] = told(caplog, "delivery.parked")
        assert ("crm", LEAD, reason) == (line.destination, line.lead, line.reason)
        assert level == line.levelno

    async def test_not_parked(self, world, crm, caplog):
        """What is delivered or put off is not told as parked."""
        await world.owe(LEAD)
        await world.tick(crm)

        assert [] == told(caplog, "delivery.parked")
