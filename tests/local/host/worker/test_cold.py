"""The platform's wait before the first event of a process that was idle."""

import asyncio

import aiohttp
import pytest

from leadshare.local.host.times import Times
from leadshare.local.host.worker import cold
from leadshare.local.host.worker.cold import IDLE, Cold
from tests.local.host.conftest import toy


class Time:
    """A clock that only sleep moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now += seconds


@pytest.fixture(name="time")
def _time(monkeypatch):
    time = Time()
    monkeypatch.setattr(cold, "asyncio", time)
    return time


class TestCold:
    async def test_first(self, time):
        """The first event waits, the next does not."""
        waits = Cold(20, time)
        async with waits.event():
            assert 1020 == time.now
        async with waits.event():
            assert 1020 == time.now

    @pytest.mark.parametrize(("idle", "began"), [(IDLE - 1, 1049), (IDLE, 1070)])
    async def test_idle(self, time, idle, began):
        """A process that had nothing to do for long is as cold as a new one."""
        waits = Cold(20, time)
        async with waits.event():
            pass
        time.now += idle
        async with waits.event():
            assert began == time.now

    async def test_busy(self, time):
        """A process is not idle while anything runs, however long."""
        waits = Cold(20, time)
        async with waits.event():
            time.now += 10 * IDLE
            before = time.now
            async with waits.event():
                assert before == time.now

    async def test_others(self, settings):
        """What comes while the process starts waits with the first, no longer."""
        async with (
            toy(settings, times=Times(cold_wait=0.6)) as host,
            aiohttp.ClientSession(base_url=f"{host.url}/api/") as http,
        ):
            first = asyncio.create_task(http.get("made"))
            await asyncio.sleep(0.3)
            second = asyncio.create_task(http.get("made"))
            await asyncio.sleep(0.1)
            assert not first.done()
            async with asyncio.timeout(5):
                assert [418, 418] == [one.status for one in await asyncio.gather(first, second)]
