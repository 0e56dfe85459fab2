"""What happens to the messages of a queue that triggers a function."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from leadshare.local.host.settings.config import read_config
from leadshare.local.host.storage import backoff
from leadshare.local.host.storage.client import Storage
from leadshare.local.host.times import Times
from tests.local.host.conftest import TOY, errors, toy

ONE_MESSAGE = """<?xml version="1.0" encoding="utf-8"?>
<QueueMessagesList><QueueMessage><MessageId>id</MessageId>
<InsertionTime>Sun, 22 Nov 2026 10:00:00 GMT</InsertionTime>
<ExpirationTime>Sun, 29 Nov 2026 10:00:00 GMT</ExpirationTime><PopReceipt>receipt</PopReceipt>
<TimeNextVisible>Sun, 22 Nov 2026 10:10:00 GMT</TimeNextVisible><DequeueCount>1</DequeueCount>
<MessageText>eA==</MessageText></QueueMessage></QueueMessagesList>"""


class TestMessage:
    @pytest.mark.usefixtures("host")
    async def test_done(self, queues):
        """The function gets the message with its metadata; then the message is deleted."""
        await queues.send("WORK", '{"v": 1}')
        [report] = await queues.reports()
        await queues.gone("WORK")

        assert '{"v": 1}' == report["body"]
        assert 1 == report["count"]
        assert report["receipt"]
        assert all(moment.endswith("+00:00") for moment in report["times"])

    @pytest.mark.usefixtures("host")
    async def test_fails_once(self, queues):
        """A message whose function fails comes back."""
        await queues.send("WORK", '{"fail": 1}')
        [report] = await queues.reports()

        assert 2 == report["count"]
        assert [] == await queues.bodies("WORK")

    async def test_visibility_timeout(self, queues, settings):
        """A message whose function fails comes back after visibilityTimeout, not before."""
        settings["AzureFunctionsJobHost__extensions__queues__visibilityTimeout"] = "00:01:00"
        async with toy(settings):
            await queues.send("WORK", '{"fail": 1}')
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.7):
                    await queues.reports()
            assert 1 == await queues.count("WORK")

    @pytest.mark.usefixtures("host")
    async def test_poison(self, queues):
        """After maxDequeueCount failures the message is in the poison queue, and only there."""
        await queues.make("WORK-poison")
        await queues.send("WORK", '{"fail": 9}')
        await queues.gone("WORK")

        assert [b'{"fail": 9}'] == await queues.bodies("WORK-poison")
        assert [] == await queues.bodies("OUT")

    async def test_poison_at_once(self, queues, settings):
        """The last failure moves the message at once; it does not come back first."""
        prefix = "AzureFunctionsJobHost__extensions__queues__"
        settings |= {f"{prefix}visibilityTimeout": "00:01:00", f"{prefix}maxDequeueCount": "1"}
        async with toy(settings):
            await queues.send("WORK", '{"fail": 9}')
            await queues.gone("WORK")

        assert [b'{"fail": 9}'] == await queues.bodies("WORK-poison")

    async def test_poison_unseen(self, queues, settings, caplog):
        """A message whose host was killed at the last try is not tried again."""
        settings["AzureFunctionsJobHost__extensions__queues__maxDequeueCount"] = "1"
        await queues.send("WORK", '{"kills": 1}')
        await queues.take("WORK")
        async with toy(settings):
            await queues.gone("WORK")

        assert [b'{"kills": 1}'] == await queues.bodies("WORK-poison")
        assert "work.begins" not in caplog.text

    @pytest.mark.usefixtures("host")
    async def test_makes_the_poison_queue(self, queues):
        """The poison queue is made when it is needed."""
        await queues.send("WORK", '{"fail": 9}')
        await queues.gone("WORK")

        assert 1 == await queues.count("WORK-poison")

    @pytest.mark.usefixtures("host")
    async def test_not_base64(self, queues, caplog):
        """A message that cannot be decoded goes to the poison queue as it is, without any try."""
        await queues.send_raw("WORK", "no base64!")
        await queues.gone("WORK")
        [message] = await queues.look("WORK-poison")

        assert "no base64!" == message.content
        assert "function.failed" not in caplog.text

    async def test_not_base64_in_a_poison_queue(self, queues, settings, caplog):
        """There it is neither handed over nor deleted, nor moved on."""
        settings["WORK"] += "-poison"
        # Long enough for it to be seen before it is taken again.
        settings["AzureFunctionsJobHost__extensions__queues__maxPollingInterval"] = "00:00:01"
        await queues.make("WORK")
        await queues.send_raw("WORK", "no base64!")
        async with toy(settings, times=Times(message_lease=1)):
            seen = await queues.seen("WORK", 2)

        assert "no base64!" == seen.content
        assert "function.failed" not in caplog.text
        assert "message.poisoned" not in caplog.text

    async def test_in_a_poison_queue(self, queues, settings):
        """A message that fails in a poison queue waits there until its lease runs out."""
        settings["WORK"] += "-poison"
        await queues.make("WORK")
        async with toy(settings, times=Times(message_lease=1)):
            begun = asyncio.get_running_loop().time()
            await queues.send("WORK", '{"fail": 1}')
            [report] = await queues.reports()

        assert 2 == report["count"]
        assert asyncio.get_running_loop().time() - begun > 0.9

    @pytest.mark.parametrize("body", ['{"dequeueCount": "x"}', '{"insertionTime": "x"}'])
    @pytest.mark.usefixtures("host")
    async def test_bad_metadata(self, queues, caplog, body):
        """A message that overrides its metadata with nonsense is poison, and never seen by the
        toy.
        """
        await queues.send("WORK", body)
        await queues.gone("WORK")

        assert [body.encode()] == await queues.bodies("WORK-poison")
        assert "work.begins" not in caplog.text

    @pytest.mark.usefixtures("host")
    async def test_own_id(self, queues):
        """A message that has an id at its top level is known to the function by that."""
        await queues.send("WORK", '{"ID": "mine"}')
        [report] = await queues.reports()

        assert "mine" == report["id"]


class TestFunction:
    @pytest.mark.usefixtures("host")
    async def test_body_only(self, queues):
        """A str parameter gets the body, and a value for $return goes to its queue."""
        await queues.send("PLAIN", "hello")

        assert [b"got hello"] == await queues.arrived("OUT")

    @pytest.mark.usefixtures("host")
    async def test_returns_a_value(self, queues, caplog):
        """A function that returns a value without having a $return binding has failed."""
        await queues.send("VALUE", "x")
        await queues.gone("VALUE")

        assert [b"x"] == await queues.bodies("VALUE-poison")
        assert "$return" in errors(caplog)

    async def test_disabled(self, queues, settings):
        """The messages of a disabled function stay where they are."""
        settings["AzureWebJobs.work.Disabled"] = "1"
        async with toy(settings):
            await queues.send("WORK", "{}")
            await asyncio.sleep(0.5)
            [message] = await queues.look("WORK")

        assert 0 == message.dequeue_count


class TestLease:
    async def test_renewed(self, queues, settings):
        """A message that is worked on longer than its lease is not seen twice."""
        async with toy(settings, times=Times(message_lease=1)):
            await queues.send("WORK", '{"sleep": 1.6}')
            [report] = await queues.reports()
            await queues.gone("WORK")
            assert 1 == len(await queues.bodies("OUT"))

        assert 1 == report["count"]

    @pytest.mark.usefixtures("host")
    async def test_together(self, queues):
        """Up to batchSize and newBatchThreshold messages are worked on at the same time."""
        for _ in range(6):
            await queues.send("WORK", '{"sleep": 1}')
        async with asyncio.timeout(4):
            await queues.reports(6)

    @pytest.mark.usefixtures("host")
    async def test_room(self, queues):
        """More messages are taken as soon as newBatchThreshold or fewer are being worked on."""
        for _ in range(2):
            await queues.send("WORK", '{"sleep": 1.5}')
        while await queues.look("WORK"):
            pass
        await queues.send("WORK", '{"v": "late"}')
        [report] = await queues.reports()

        assert '{"v": "late"}' == report["body"]

    async def test_stop(self, queues, settings):
        """A host that stops lets running work end, and takes no more."""
        async with asyncio.timeout(5):
            async with toy(settings):
                await queues.send("WORK", '{"sleep": 0.6}')
                while await queues.look("WORK"):
                    pass
            await queues.send("WORK", "{}")

        assert 1 == len(await queues.bodies("OUT"))
        assert [b"{}"] == await queues.bodies("WORK")

    async def test_stop_does_not_wait_for_ever(self, queues, settings):
        """A message whose work does not end in time stays in the queue, for another host."""
        async with asyncio.timeout(5):
            async with toy(settings, times=Times(drain=0.2)):
                await queues.send("WORK", '{"sleep": 60}')
                while await queues.look("WORK"):
                    pass

        assert 1 == await queues.count("WORK")


class TestWaking:
    @pytest.fixture(autouse=True, name="patience")
    def _patience(self, monkeypatch):
        """Once a queue was found empty, nobody looks again within this test."""
        monkeypatch.setattr(backoff, "SHORTEST_POLL", 60)

    async def test_not_by_a_put(self, queues, settings):
        """No put wakes a listener, not even one of the host's own output bindings."""
        settings["OUT"] = settings["WORK"]
        async with toy(settings) as host, aiohttp.ClientSession() as http:
            await asyncio.sleep(0.5)
            async with http.post(f"{host.url}/api/send_bytes", data=b"{}") as response:
                assert 202 == response.status
            await asyncio.sleep(0.5)
            [message] = await queues.look("WORK")

        assert 0 == message.dequeue_count

    async def test_by_poison(self, queues, settings):
        """A message that is moved to a poison queue wakes that queue's listener at once."""
        settings |= {
            "PLAIN": f"{settings['WORK']}-poison",
            "AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "1",
        }
        await queues.send("WORK", '{"fail": 9, "sleep": 0.5}')
        async with toy(settings):
            assert [b'got {"fail": 9, "sleep": 0.5}'] == await queues.arrived("OUT")


class TestReceive:
    async def test_one_request(self):
        """Fewer messages than asked for cost one request; the SDK would ask once more."""
        requests = []

        async def answer(request):
            requests.append(request.query["numofmessages"])
            return web.Response(text=ONE_MESSAGE, content_type="application/xml")

        app = web.Application()
        app.router.add_get("/account/name/messages", answer)
        async with TestServer(app) as server:
            text = "DefaultEndpointsProtocol=http;AccountName=account;AccountKey=YQ=="
            settings = {"S": f"{text};QueueEndpoint={server.make_url('/account')}"}
            storage = Storage(read_config(TOY, settings))
            queue = storage.queue("S", "name")
            [message] = await queue.receive(16, 600)
            await storage.close()

        assert b"x" == queue.body(message)
        assert ["16"] == requests
