"""What the listener does where storage is out of reach, and what becomes of the messages."""

import asyncio

import aiohttp
import pytest

from leadshare.local.host.times import Times
from tests.gate import Gate

from .conftest import toy, until

LEASE = 3
TIMES = Times(message_lease=LEASE, retry_scale=0.005, drain=2)


@pytest.fixture(name="gate")
def _gate(storage):
    with Gate(storage, "Queue").running() as gate:
        yield gate


@pytest.fixture(name="behind")
def _behind(gate, settings):
    """The settings of a host whose queues are behind the gate."""
    return settings | {"ACCOUNT": gate.storage}


async def ended(host):
    """Wait until the host says that it must end."""
    async with asyncio.timeout(10):
        await host.ending.wait()


class TestPoll:
    async def test_refused(self, gate, behind, caplog):
        """Polls that are refused, six tries long, end the host, which says so once and says why."""
        gate.shut()
        async with toy(behind, times=TIMES) as host:
            await ended(host)

        [line] = [one for one in caplog.records if one.msg == "host.ends"]
        assert "could not be polled" in line.reason

    async def test_passing(self, gate, behind, queues):
        """What passes within six tries does not."""
        async with toy(behind, times=Times(retry_scale=0.2)) as host:
            gate.shut()
            await asyncio.sleep(0.5)
            gate.open()
            await queues.send("WORK", "{}")
            assert await queues.reports()
            assert not host.ending.is_set()

    async def test_server_error(self, gate, behind, queues, caplog):
        """Errors of storage's own are polled through, after six tries each."""
        gate.busy = True
        async with toy(behind, times=TIMES) as host:
            await until(lambda: "queue.unreachable" in caplog.text)
            assert gate.requests["GET"] >= 6
            gate.busy = False
            await queues.send("WORK", "{}")
            assert await queues.reports()
            assert not host.ending.is_set()

    async def test_forbidden(self, settings):
        """What storage refuses as such is not tried again, and ends the host as well."""
        settings["ACCOUNT"] = settings["ACCOUNT"].replace("AccountKey=E", "AccountKey=F")
        async with toy(settings) as host:
            await ended(host)

    async def test_missing(self, settings, queues, caplog):
        """A queue that is not there is polled for, with a warning each time, and taken when it
        comes.
        """
        settings["WORK"] += "later"
        async with toy(settings):
            await until(lambda: caplog.text.count("queue.unreachable") > 1)
            await queues.make("WORK")
            await queues.send("WORK", "{}")
            assert await queues.reports()


class TestMessage:
    @pytest.mark.parametrize(
        ("method", "body", "busy"),
        [
            pytest.param("DELETE", "{}", False, id="not-deleted"),
            pytest.param("DELETE", "{}", True, id="not-deleted-503"),
            pytest.param("PUT", '{"fail": 1}', False, id="not-released"),
            pytest.param("PUT", '{"fail": 1}', True, id="not-released-503"),
            pytest.param("PUT", '{"sleep": 60}', False, id="not-renewed"),
            pytest.param("PUT", '{"sleep": 60}', True, id="not-renewed-503"),
        ],
    )
    async def test_runs_again(self, gate, behind, queues, settings, method, body, busy):  # noqa: PLR0913, PLR0917  # fixtures
        """A message whose request was given up ends the host, and runs again when its lease is
        over.

        That it failed and may be tried again at once does not matter then. Where connections are
        refused polls are too, so it is 503 that shows what each request does alone.
        """
        gate.shut_at(method, busy=busy)
        async with toy(behind, times=TIMES) as host:
            await queues.send("WORK", body)
            await ended(host)
            hidden = await queues.bodies("WORK")
            count = await queues.count("WORK")
        async with toy(settings):
            await queues.gone("WORK")
            reports = await queues.reports()

        assert ([], 1) == (hidden, count)
        assert 2 == max(report["count"] for report in reports)

    async def test_not_set_aside(self, gate, behind, queues, settings):
        """A message that cannot be moved to the poison queue ends the host; later it is moved."""
        settings["AzureFunctionsJobHost__extensions__queues__maxDequeueCount"] = "1"
        await queues.make("WORK-poison")
        gate.shut_at("POST")
        async with toy(behind | settings | {"ACCOUNT": gate.storage}, times=TIMES) as host:
            await queues.send("WORK", '{"fail": 9}')
            await ended(host)
        async with toy(settings):
            assert [b'{"fail": 9}'] == await queues.arrived("WORK-poison")

    async def test_others_go_on(self, gate, behind, queues):
        """A host that must end takes nothing more, and waits for what runs."""
        gate.shut_at("DELETE")
        async with aiohttp.ClientSession() as http:
            async with toy(behind, times=TIMES) as host:
                slow = asyncio.create_task(http.get(f"{host.url}/api/slow?seconds=1.5"))
                await asyncio.sleep(0.1)
                await queues.send("WORK", "{}")
                await ended(host)
                assert not slow.done()
            assert 200 == (await slow).status

    async def test_gone(self, settings, queues, caplog):
        """A message that others have deleted while it ran is no error."""
        async with toy(settings) as host:
            await queues.send("WORK", '{"sleep": 0.5}')
            while await queues.look("WORK"):
                pass
            await queues.clear("WORK")
            await queues.reports()
            await asyncio.sleep(0.2)
            assert not host.ending.is_set()
        assert "message.gone" in caplog.text
