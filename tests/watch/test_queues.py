"""The queues' line: every few minutes, whatever else a tick can do, and never in its way."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.app.deployment import Deployment
from leadshare.errors import ConfigurationError, StorageError
from leadshare.watch import queues as waiting
from leadshare.watch.queues import EVERY, QueueWatch
from tests.builders import NOW

TOLD = {"touches": {"count": 3, "oldest_seconds": 4}}


class Looked:
    """Queues that answer as they are told, and a clock."""

    def __init__(self) -> None:
        self.now, self.looks = NOW, 0
        self.fault: Exception | None = None
        self.hangs = False

    async def waiting(self, now: datetime) -> Any:
        """Answer, fail or hang."""
        assert now == self.now
        self.looks += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.fault:
            raise self.fault
        return TOLD


@pytest.fixture(name="queues")
def _queues() -> Looked:
    return Looked()


class TestTell:
    async def test_line(self, queues, caplog):
        """One line tells how all queues stand."""
        await QueueWatch(queues, lambda: queues.now).report()

        [line] = caplog.records
        assert ("queues.watched", TOLD) == (line.msg, line.queues)

    async def test_pace(self, queues, caplog):
        """However often ticks come, the queues are looked at every five minutes."""
        told = QueueWatch(queues, lambda: queues.now)
        for _ in range(21):
            await told.report()
            queues.now += timedelta(seconds=30)

        assert timedelta(minutes=5) == EVERY
        assert 3 == queues.looks == len(caplog.records)

    async def test_fails(self, queues, caplog):
        """A queue that cannot be looked at is told of, and looked at again five minutes later."""
        queues.fault = StorageError("queue touches is out of reach: X")
        told = QueueWatch(queues, lambda: queues.now)
        await told.report()
        queues.now += EVERY
        queues.fault = None
        await told.report()

        assert ["queues.failed", "queues.watched"] == [line.msg for line in caplog.records]
        assert ("ERROR", str(StorageError("queue touches is out of reach: X"))) == (
            caplog.records[0].levelname,
            caplog.records[0].fault,
        )

    async def test_hangs(self, queues, caplog, monkeypatch):
        """A queue that does not answer keeps a tick waiting for a few seconds only."""
        monkeypatch.setattr(waiting, "PATIENCE", 0.01)
        queues.hangs = True

        await QueueWatch(queues, lambda: queues.now).report()

        assert ["TimeoutError"] == [line.fault for line in caplog.records]


class TestTick:
    async def test_wrong_configuration(self, queues, caplog):
        """The queues are told of where the configuration is wrong, which is why messages wait; and
        before what was given up on is taken, which hides it.
        """
        order: list[str] = []

        async def empty(_end: float) -> None:
            order.append(f"after {queues.looks}")

        def configured() -> Any:
            raise ConfigurationError("wrong")

        parts: Any = SimpleNamespace(
            settings=SimpleNamespace(tick_budget=timedelta(seconds=1)),
            configured=configured,
            poison=[SimpleNamespace(empty=empty)],
            waiting=QueueWatch(queues, lambda: queues.now),
        )
        with pytest.raises(ConfigurationError):
            await Deployment.tick(parts)

        assert ["after 1"] == order
        assert ["queues.watched"] == [line.msg for line in caplog.records]
