"""When timers run, and what they are told."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.local.host.timers import timers
from leadshare.local.host.timers.ncrontab import parse_schedule
from leadshare.local.host.timers.timers import Timer
from leadshare.local.host.worker.invocation import InvocationFailed
from leadshare.local.host.worker.values import to_argument
from tests.local.host.conftest import toy

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOURLY = "0 0 * * * *"


@pytest.fixture(autouse=True)
def _short_naps(monkeypatch):
    monkeypatch.setattr(timers, "NAP", 0.01)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **delta: float) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)


@dataclass
class Runner:
    """Notes what the function would be told."""

    trigger: Mapping[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    seconds: float = 0
    calls: list[Any] = field(default_factory=list)
    running: int = 0
    most: int = 0

    @property
    def function(self) -> SimpleNamespace:
        """The function that is not there."""
        return SimpleNamespace(name="tick", trigger=self.trigger)

    async def run(self, argument):
        """Note and do as told."""
        self.calls.append(to_argument("timerTrigger", argument(), None))
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(self.seconds)
        self.running -= 1
        if self.error:
            raise self.error


@pytest.fixture(name="clock")
def _clock():
    return Clock()


@pytest.fixture(name="runner")
def _runner():
    return Runner()


async def let_run(runner, clock, *moves, schedule=HOURLY, state=None):
    """Run a timer while the clock moves, and give what the function was told."""
    timer = Timer(runner, parse_schedule(schedule), clock, state)
    task = asyncio.create_task(timer.run())
    await asyncio.sleep(0.05)
    for move in moves:
        clock.move(**move)
        await asyncio.sleep(0.05)
    timer.stop()
    await task
    calls, runner.calls = runner.calls, []
    return calls


class TestSchedule:
    async def test_due(self, runner, clock):
        """The function runs when its time has come, and not before."""
        assert [] == await let_run(runner, clock, {"minutes": 59})
        assert 2 == len(await let_run(runner, clock, {"minutes": 1}, {"hours": 1}))

    async def test_told(self, runner, clock):
        """The function is told the schedule and its status as the worker tells them."""
        first, second = await let_run(runner, clock, {"hours": 1}, {"hours": 1})

        assert not first.past_due
        assert {"AdjustForDST": True} == first.schedule
        assert {
            "Last": "0001-01-01T00:00:00+00:00",
            "Next": "2026-11-22T13:00:00+00:00",
            "LastUpdated": "2026-11-22T12:00:00+00:00",
        } == first.schedule_status
        assert "2026-11-22T13:00:00+00:00" == second.schedule_status["Last"]

    @pytest.mark.parametrize(
        ("trigger", "schedule"),
        [({"useMonitor": False}, HOURLY), ({}, "*/30 * * * * *")],
    )
    async def test_not_monitored(self, runner, clock, trigger, schedule):
        """There is no status without a monitor, nor for a schedule below a minute."""
        runner.trigger = trigger
        [call] = await let_run(runner, clock, {"hours": 1}, schedule=schedule)

        assert {} == call.schedule_status

    async def test_missed_runs_are_one(self, runner, clock):
        """A clock that jumps over many times makes one run."""
        assert 1 == len(await let_run(runner, clock, {"hours": 9.5}))

    async def test_slow_clock(self, runner, clock):
        """A run that begins a little early does not come twice."""
        assert 1 == len(await let_run(runner, clock, {"hours": 1}, {"seconds": -1}, {"seconds": 1}))

    async def test_no_overlap(self, runner, clock):
        """A run never overlaps with the next."""
        runner.seconds = 0.2
        calls = await let_run(runner, clock, {"hours": 1}, {"hours": 1}, {"hours": 1})

        assert 1 <= len(calls)
        assert 1 == runner.most

    async def test_goes_on(self, runner, clock):
        """A run that fails does not stop the timer."""
        runner.error = InvocationFailed("tick")

        assert 2 == len(await let_run(runner, clock, {"hours": 1}, {"hours": 1}))

    async def test_on_startup(self, runner, clock):
        """A timer may run at the start, without being late."""
        runner.trigger = {"runOnStartup": True}
        [call] = await let_run(runner, clock)

        assert not call.past_due


class TestPastDue:
    async def test_missed(self, runner, clock, tmp_path):
        """A run that was missed while the host was down is made up for once, and says so."""
        await let_run(runner, clock, state=tmp_path)
        clock.move(hours=5)
        late, on_time = await let_run(runner, clock, {"hours": 1}, state=tmp_path)

        assert (True, False) == (late.past_due, on_time.past_due)
        assert "2026-11-22T13:00:00+00:00" == late.schedule_status["Next"]

    async def test_not_missed(self, runner, clock, tmp_path):
        """A host that comes back in time has missed nothing."""
        await let_run(runner, clock, {"hours": 1}, state=tmp_path)
        clock.move(minutes=59)

        assert [] == await let_run(runner, clock, state=tmp_path)

    async def test_no_state(self, runner, clock):
        """Without a state folder nothing is known of the past."""
        await let_run(runner, clock)
        clock.move(hours=5)

        assert [] == await let_run(runner, clock)

    async def test_changed_schedule(self, runner, clock, tmp_path):
        """A schedule that was changed while the host was down is not late."""
        await let_run(runner, clock, state=tmp_path)
        clock.move(hours=5)

        assert [] == await let_run(runner, clock, schedule="0 30 * * * *", state=tmp_path)


class TestHost:
    async def test_function(self, settings, queues, tmp_path):
        """A timer function of an app is late after its host was down, and its output is sent."""
        settings["SCHEDULE"] = HOURLY
        clock = Clock()
        async with toy(settings, state=tmp_path / "state", clock=clock):
            await asyncio.sleep(0.05)
        clock.move(hours=5)
        async with toy(settings, state=tmp_path / "state", clock=clock):
            [(past_due, status, schedule)] = await queues.reports()

        assert past_due
        assert {"Last", "Next", "LastUpdated"} == set(status)
        assert {"AdjustForDST": True} == schedule
