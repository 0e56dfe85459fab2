"""The worker as a process of its own: what it does, and what becomes of its end."""

import asyncio
import marshal
import os
from contextlib import asynccontextmanager

import aiohttp
import pytest

from leadshare.local.host.host import Host
from leadshare.local.host.times import Times
from leadshare.local.host.worker import app, dispatcher
from leadshare.local.host.worker.channel import HEAD, Channel
from leadshare.local.host.worker.launching import Worker, WorkerDied
from tests.inside import inside
from tests.local.host.conftest import TOY, errors

BROKEN = "raise RuntimeError('no luck')"


@asynccontextmanager
async def running(settings, **times):
    """The toy's host with a worker as it really is, and a client for it."""
    async with (
        Host(TOY, settings=settings, times=Times(**times)) as host,
        aiohttp.ClientSession(base_url=f"{host.url}/api/") as http,
    ):
        yield host, http


async def get(http, path):
    """Status and text of an answer."""
    async with http.get(path) as response:
        return response.status, await response.text()


async def ended(pid):
    """Wait until there is no such process."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


class TestDeath:
    async def test_next(self, settings, caplog):
        """When a worker dies its invocations fail, all of them, and the next takes what comes."""
        async with running(settings) as (_, http):
            _, first = await get(http, "pid")
            slow = asyncio.create_task(get(http, "slow?seconds=60"))
            await asyncio.sleep(0.2)
            died, waited = await get(http, "dies"), await slow
            _, second = await get(http, "pid")

        assert [(500, "")] * 2 == [died, waited]
        assert 3 == len({first, second, f"{os.getpid()} GET"})
        assert "exit code 3" in errors(caplog)

    async def test_message(self, settings, queues):
        """A message whose worker died comes back after visibilityTimeout, for it was a failure."""
        async with running(settings):
            await queues.send("WORK", '{"die": 1}')
            [report] = await queues.reports()

        assert 2 == report["count"]

    async def test_too_often(self, settings):
        """The third death, soon after the others, ends the host."""
        async with running(settings) as (host, http), asyncio.timeout(20):
            for _ in range(2):
                await get(http, "dies")
                assert 200 == (await get(http, "pid"))[0]
            assert not host.ending.is_set()
            await get(http, "dies")
            await host.ending.wait()

    async def test_now_and_then(self, settings, monkeypatch):
        """Deaths that are far apart do not add up."""
        monkeypatch.setattr(dispatcher, "NEAR", 0)
        async with running(settings) as (host, http):
            for _ in range(3):
                assert 500 == (await get(http, "dies"))[0]
            assert 200 == (await get(http, "pid"))[0]
            assert not host.ending.is_set()


class Ended:
    """A process that has ended by itself."""

    def kill(self) -> None:
        """Say so, as asyncio's processes do."""
        raise ProcessLookupError

    async def wait(self) -> int:
        """Give its exit code."""
        return 7


class TestEnd:
    async def test_too_late(self):
        """A worker that has ended by itself can be killed, and asked to run: that has failed."""
        process = Ended()
        one = Worker(process, asyncio.create_task(process.wait()), Channel("secret"))
        before = one.run("before", "work", None, "")
        await one.dead
        after = one.run("after", "work", None, "")
        one.kill()

        expected = "The worker ended with exit code 7"
        assert [expected] * 2 == [(await reply).error for reply in (before, after)]

    async def test_last_words(self):
        """A reply that comes after its invocation was failed is nobody's any more."""
        process, opened = Ended(), list[Channel]()
        channel = Channel("secret", opened.append)
        one = Worker(process, asyncio.create_task(process.wait()), channel)
        reply = one.run("id", "work", None, "")
        await one.dead
        for frame in (b"secret", marshal.dumps(("done", "id", None, {}))):
            channel.data_received(len(frame).to_bytes(HEAD) + frame)

        assert "The worker ended with exit code 7" == (await reply).error


class TestTimeout:
    @pytest.mark.parametrize("path", ["slow?seconds=60", "slow_sync?seconds=60", "cancelled"])
    async def test_killed(self, settings, caplog, path):
        """A function that takes longer than functionTimeout has failed, and its worker is killed.

        So is one that lets a CancelledError out, of which the worker tells nothing.
        """
        settings["AzureFunctionsJobHost__functionTimeout"] = "00:00:01"
        async with running(settings, grace=0.1) as (host, http):
            _, first = await get(http, "pid")
            assert (500, "") == await get(http, path)
            _, second = await get(http, "pid")
            await ended(int(first.split()[0]))
            assert not host.ending.is_set()

        assert first != second
        assert "Timeout value of 1 s was exceeded" in errors(caplog)

    async def test_with_others(self, settings):
        """What else ran in the worker has failed with it."""
        settings["AzureFunctionsJobHost__functionTimeout"] = "00:00:01"
        async with running(settings, grace=0) as (_, http):
            first = asyncio.create_task(get(http, "slow?seconds=60"))
            await asyncio.sleep(0.7)
            assert [(500, "")] * 2 == [await get(http, "slow?seconds=0.9"), await first]

    async def test_grace(self, settings):
        """A worker whose late function ends soon after all is not killed."""
        settings["AzureFunctionsJobHost__functionTimeout"] = "00:00:01"
        async with running(settings, grace=10) as (_, http):
            _, first = await get(http, "pid")
            assert (500, "") == await get(http, "slow?seconds=1.5")
            assert first == (await get(http, "pid"))[1]


class TestStop:
    async def test_killed(self, settings, capfd):
        """What runs when the host's patience is over is killed: no `finally` runs."""
        async with running(settings, drain=0.2) as (_, http):
            _, told = await get(http, "pid")
            request = asyncio.create_task(http.get("stubborn?seconds=60"))
            await asyncio.sleep(0.3)
        with pytest.raises(aiohttp.ClientError):
            await request
        await ended(int(told.split()[0]))

        said = capfd.readouterr().err
        assert "stubborn.begins" in said
        assert "stubborn.ends" not in said


class TestIndexing:
    @pytest.fixture(name="broken")
    def _broken(self, tmp_path):
        (tmp_path / "host.json").write_text('{"version": "2.0"}')
        (tmp_path / "function_app.py").write_text(BROKEN)
        return tmp_path

    async def test_late(self, broken, monkeypatch, caplog):
        """Up to Python 3.12 an app that cannot be imported runs without any function."""
        monkeypatch.setattr(app, "VERSION", (3, 12))
        async with (
            Host(broken, settings={}, launch=inside) as host,
            aiohttp.ClientSession(base_url=f"{host.url}/api/") as http,
        ):
            assert 404 == (await get(http, "anything"))[0]
            assert [] == list(host.describe())

        assert "RuntimeError: no luck" in errors(caplog)
        assert "worker.failed_to_index_functions" in caplog.text

    @pytest.mark.parametrize(
        ("version", "settings"),
        [
            pytest.param((3, 13), {}, id="from-3.13-on"),
            pytest.param((3, 12), {"PYTHON_ENABLE_INIT_INDEXING": "1"}, id="where-it-is-asked-for"),
        ],
    )
    async def test_early(self, broken, monkeypatch, caplog, version, settings):
        """Later, or where a setting asks for it, it ends the worker, and the third worker the
        host.
        """
        monkeypatch.setattr(app, "VERSION", version)
        with pytest.raises(WorkerDied, match="3 workers died"):
            async with Host(broken, settings=settings, launch=inside):
                pass

        assert 3 == caplog.text.count("worker.died")

    async def test_takes_too_long(self, broken, monkeypatch):
        """A worker that does not find its functions in time is killed, and has died."""
        (broken / "function_app.py").write_text("import time\ntime.sleep(60)")
        monkeypatch.setattr("leadshare.local.host.worker.launching.INDEX", 0.5)
        monkeypatch.setattr("leadshare.local.host.worker.launching.INDEX_EARLY", 0.5)
        with pytest.raises(WorkerDied, match="said nothing within"):
            async with Host(broken, settings={}):
                pass
