"""One host of many runs a timer: it has the lock, a lease on a blob that it must renew."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from azure.storage.blob.aio import BlobServiceClient

from leadshare.local.host.timers import singleton
from leadshare.local.host.timers.singleton import Singleton
from leadshare.local.host.times import Times
from tests.gate import Gate
from tests.local.host.conftest import toy, until

LOCKS = "azure-webjobs-hosts"
TICK = "locks/local/Host.Functions.tick.Listener"
TIMES = Times(lock_lease=15, lock_look=0.1, retry_scale=0.005)


@pytest.fixture(name="storage")
def _storage(new_account):
    """An account of the test's own, for all locks in one are the same."""
    return new_account()


@pytest.fixture(name="locked")
def _locked(settings, storage):
    """The settings of a host that ticks every second, under a lock."""
    return settings | {"AzureWebJobsStorage": storage, "SCHEDULE": "* * * * * *"}


@pytest.fixture(name="blob")
async def _blob(locked):
    async with (
        BlobServiceClient.from_connection_string(locked["AzureWebJobsStorage"]) as service,
        service.get_blob_client(LOCKS, TICK) as blob,
    ):
        yield blob


class TestHosts:
    async def test_one_ticks(self, locked, queues):
        """Of two hosts the first ticks; when it stops it gives the lock back, and the second
        ticks.
        """
        async with AsyncExitStack() as first:
            await first.enter_async_context(toy(locked, times=TIMES))
            await queues.arrived("OUT")
            async with toy(locked | {"OUT": locked["OTHER"]}, times=TIMES):
                await queues.arrived("OUT", 3)
                assert [] == await queues.bodies("OTHER")
                await first.aclose()
                await queues.arrived("OTHER")

    async def test_dead_holder(self, locked, queues, blob):
        """While the lease of a host that is no more lasts, nobody ticks."""
        async with toy(locked, times=TIMES):
            await queues.arrived("OUT")
        lease = await blob.acquire_lease(60)
        async with toy(locked | {"OUT": locked["OTHER"]}, times=TIMES) as host:
            await asyncio.sleep(1.5)
            assert [] == await queues.bodies("OTHER")
            await lease.break_lease(0)
            await queues.arrived("OTHER")
            told = await blob.get_blob_properties()
            assert not host.ending.is_set()

        assert ("leased", "fixed") == (told.lease.state, told.lease.duration)

    async def test_no_account(self, settings, queues):
        """Without AzureWebJobsStorage there is no lock: every host ticks."""
        settings["SCHEDULE"] = "* * * * * *"
        async with toy(settings), toy(settings | {"OUT": settings["OTHER"]}):
            await queues.arrived("OUT")
            await queues.arrived("OTHER")

    async def test_refused_at_the_start(self, locked, caplog):
        """Where the lock cannot even be looked at when a host starts, it ends."""
        with Gate(locked["AzureWebJobsStorage"], "Blob").running() as gate:
            gate.shut()
            settings = locked | {"AzureWebJobsStorage": gate.storage}
            async with toy(settings, times=TIMES) as host, asyncio.timeout(10):
                await host.ending.wait()

        assert ["host.ends"] == [one.msg for one in caplog.records if one.levelname == "CRITICAL"]


@dataclass
class Job:
    """Runs until it is stopped."""

    began: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Run."""
        self.began.set()
        await self.stopped.wait()

    def stop(self) -> None:
        """Stop."""
        self.stopped.set()


@dataclass
class Lock:
    """A lock for which things are planned."""

    acquires: list[Any] = field(default_factory=lambda: [True])
    renews: list[AzureError | None] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def acquire(self) -> bool:
        """Do as planned."""
        self.said.append("acquire")
        result = self.acquires.pop(0)
        if isinstance(result, AzureError):
            raise result
        return bool(result)

    async def renew(self) -> None:
        """Do as planned; once the plan is over, all is well."""
        self.said.append("renew")
        if self.renews and (error := self.renews.pop(0)):
            raise error

    async def release(self) -> None:
        """Be released."""
        self.said.append("release")


def answered(status: int) -> HttpResponseError:
    """An answer of storage's that is no success."""
    error = HttpResponseError()
    error.status_code = status
    return error


@pytest.fixture(name="job")
def _job():
    return Job()


@pytest.fixture(name="ends")
def _ends():
    return []


@pytest.fixture(name="run")
def _run(job, ends):
    """Runs a job with a lock that lasts as long as the tests can wait."""

    def run(lock):
        one = Singleton(job, lock, Times(lock_lease=1, lock_look=0.02), ends.append)
        return one, asyncio.create_task(one.run())

    return run


class TestSingleton:
    async def test_renews(self, job, run, ends):
        """A lock is renewed while the job runs, and released when it has ended."""
        lock = Lock()
        one, task = run(lock)
        await until(lambda: lock.said.count("renew") > 1)
        one.stop()
        await task

        assert job.began.is_set()
        assert ["acquire", "renew", "renew"] == lock.said[:3]
        assert "release" == lock.said[-1]
        assert [] == ends

    async def test_looks_again(self, job, run, ends):
        """Without the lock the job waits; looks that fail later are no reason to end."""
        lock = Lock([False, ServiceRequestError("refused"), answered(403), False, True])
        one, task = run(lock)
        await job.began.wait()
        one.stop()
        await task

        assert ["acquire"] * 5 == lock.said[:5]
        assert [] == ends

    async def test_stopped_while_it_waits(self, job, run):
        """A host that stops while another has the lock releases nothing."""
        lock = Lock([False] * 1000)
        one, task = run(lock)
        await until(lambda: len(lock.said) > 1)
        one.stop()
        await task

        assert not job.began.is_set()
        assert "release" not in lock.said

    @pytest.mark.parametrize(
        "error", [ServiceRequestError("refused"), answered(409)], ids=["refused", "taken"]
    )
    async def test_lost(self, run, ends, error):
        """A lock that cannot be renewed ends the host."""
        lock = Lock(renews=[error])
        one, task = run(lock)
        await until(lambda: ends)
        one.stop()
        await task

        assert 1 == len(ends)
        assert ["acquire", "renew"] == lock.said[:2]

    async def test_server_error(self, run, ends, monkeypatch):
        """While storage has errors of its own, the lock is renewed sooner and sooner."""
        monkeypatch.setattr(singleton, "SHORTEST_RENEWAL", 0.01)
        lock = Lock(renews=[answered(503)] * 5)
        one, task = run(lock)
        await until(lambda: lock.said.count("renew") > 6)
        one.stop()
        await task

        assert [] == ends

    async def test_broken_off(self, job, run):
        """A job that is broken off keeps its lock: what it did may still go on."""
        lock = Lock()
        _, task = run(lock)
        await job.began.wait()
        task.cancel()
        await asyncio.wait({task})

        assert "release" not in lock.said
