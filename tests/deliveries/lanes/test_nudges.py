"""Nudges: who shares one, who waits for it, and what becomes of those that cannot be put."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from leadshare.deliveries.lanes.nudges import PATIENCE, SHARED, Nudges
from leadshare.deliveries.lanes.visit import ALL, Nudge, nudges, read_message
from leadshare.errors import StorageError, Unreadable
from leadshare.times import EPOCH
from tests.builders import NOW


class Queue:
    """Takes messages as it is told."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.error: BaseException | None = None
        self.patient = True
        self.asked = asyncio.Event()

    async def send(self, message: bytes) -> None:
        """Take a message, refuse it, or never answer."""
        self.asked.set()
        if self.error:
            raise self.error
        if not self.patient:
            await asyncio.Event().wait()
        self.messages.append(message)


@pytest.fixture(name="queue")
def _queue():
    return Queue()


@pytest.fixture(name="waits")
def _waits():
    """The pauses that were asked for."""
    return []


@pytest.fixture(name="together")
def _together(queue, waits):
    async def pause(seconds: float) -> None:
        waits.append(seconds)
        for _ in range(5):
            await asyncio.sleep(0)

    return Nudges(queue, pause)


class TestNudges:
    async def test_shared(self, queue, waits, together):
        """Those who nudge a lane at about the same time share one message, which asks for all."""
        crm, later = Nudge("crm", 1, NOW), Nudge("crm", 4, NOW + timedelta(seconds=1))
        await asyncio.gather(together.nudge([crm]), together.nudge([later, Nudge("desk", 2, NOW)]))

        assert [SHARED, SHARED] == waits
        assert {
            Nudge("crm", 5, NOW + timedelta(seconds=1)),
            Nudge("desk", 2, NOW),
        } == {read_message(message) for message in queue.messages}

    async def test_one_after_the_other(self, queue, together):
        """Who comes once a message has left gets another."""
        for mask in (1, 2):
            await together.nudge([Nudge("crm", mask, NOW)])

        assert [1, 2] == [read_message(message).mask for message in queue.messages]

    async def test_too_late_to_share(self, queue, together):
        """Who comes while a message is being put gets another, for it says no more than it did."""
        queue.patient = False
        leaving = asyncio.create_task(together.nudge([Nudge("crm", 1, NOW)]))
        await queue.asked.wait()
        queue.patient = True
        await together.nudge([Nudge("crm", 2, NOW)])
        leaving.cancel()

        assert [2] == [read_message(message).mask for message in queue.messages]

    async def test_all_wait(self, queue, together):
        """Each waits until the message that it shares is in the queue."""
        first = asyncio.create_task(together.nudge([Nudge("crm", 1, NOW)]))
        await asyncio.sleep(0)
        await together.nudge([Nudge("crm", 2, NOW)])

        assert first.done() or not await first
        assert 1 == len(queue.messages)

    async def test_none(self, queue, together):
        """Where nothing is due, nothing is put."""
        await together.nudge([])

        assert [] == queue.messages

    async def test_one_gives_up(self, queue, together):
        """One whose invocation is broken off does not take the others' nudge along."""
        first = asyncio.create_task(together.nudge([Nudge("crm", 1, NOW)]))
        second = asyncio.create_task(together.nudge([Nudge("crm", 2, NOW)]))
        await asyncio.sleep(0)
        first.cancel()
        await second

        assert [3] == [read_message(message).mask for message in queue.messages]

    @pytest.mark.parametrize("error", [StorageError("out of reach"), TimeoutError()])
    async def test_fails(self, queue, together, caplog, error):
        """What cannot be put is told and never raised, for a tick does the same."""
        queue.error = error

        await together.nudge([Nudge("crm", 1, NOW)])

        [line] = [record for record in caplog.records if record.msg == "nudge.failed"]
        assert ("crm", type(error).__name__) == (line.destination, line.fault)

    async def test_given_up(self, queue, together, caplog, monkeypatch):
        """A queue that does not answer is waited for no longer than two seconds."""
        monkeypatch.setattr("leadshare.deliveries.lanes.nudges.PATIENCE", 0.01)
        queue.patient = False

        await together.nudge([Nudge("crm", 1, NOW)])

        assert PATIENCE == 2
        assert ["nudge.failed"] == [record.msg for record in caplog.records]


class TestMessage:
    def test_there_and_back(self):
        """A nudge is read as it was written."""
        nudge = Nudge("crm", 0b1000000000000001, NOW)

        assert nudge == read_message(nudge.to_message())
        assert "0f" == nudge.partitions

    @pytest.mark.parametrize(
        "message",
        [
            b"",
            b"[]",
            b"{}",
            b'{"v":2,"nudge":{"lane":"crm","mask":1,"until":"2026-11-22T12:00:00.000Z"}}',
            b'{"v":1,"nudge":{"lane":"crm","mask":"x","until":"2026-11-22T12:00:00.000Z"}}',
            b'{"v":1,"nudge":{"lane":"crm","mask":1,"until":"noon"}}',
            b'{"v":1,"nudge":{"mask":1,"until":"2026-11-22T12:00:00.000Z"}}',
            b'{"v":1,"nudge":null}',
        ],
    )
    def test_none(self, message):
        """What is no nudge, or one of another version, is refused by its code."""
        with pytest.raises(Unreadable, match="not_a_nudge"):
            read_message(message)

    def test_bits_beyond(self):
        """A mask never asks for a partition that there is not."""
        message = Nudge("crm", 1 << 40 | 3, NOW).to_message()

        assert 3 == read_message(message).mask


class TestHorizon:
    @pytest.mark.parametrize(
        ("ahead", "expected"),
        [
            pytest.param(-60, 0, id="long-due"),
            pytest.param(3, 3, id="a-clock-ahead"),
            pytest.param(60, 5, id="no-further-than-clocks-differ"),
        ],
    )
    def test_horizon(self, ahead, expected):
        """What is looked for is due by now, or by when the nudge says, five seconds ahead at
        most.
        """
        nudge = Nudge("crm", ALL, NOW + timedelta(seconds=ahead))

        assert NOW + timedelta(seconds=expected) == nudge.horizon(NOW)


class TestWhatIsDue:
    def test_nudges(self):
        """A nudge for each lane in which a row is due by now, by the latest of them; none for
        others.
        """
        at = int((NOW - EPOCH).total_seconds() * 1000)
        keys = [
            f"due|crm|0|{at:013d}|a",
            f"due|crm|1|{at - 5:013d}|b",
            f"due|desk|0|{at - 7:013d}|b",
            f"due|later|0|{at + 1:013d}|a",
            f"parked|other|{at:013d}|a",
            "",
            "a|lead|b",
        ]

        assert {
            Nudge("crm", 2, NOW),
            Nudge("desk", 2, NOW - timedelta(milliseconds=7)),
        } == set(nudges("1", keys, NOW))
