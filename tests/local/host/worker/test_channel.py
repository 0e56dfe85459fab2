"""What host and worker say to each other, in pieces and to strangers."""

import asyncio
import marshal

import pytest

from leadshare.local.host.worker.channel import HEAD, Channel
from tests.local.host.conftest import until

SECRET = "0123456789abcdef" * 2


@pytest.fixture(name="heard")
def _heard():
    return []


@pytest.fixture(name="opened")
def _opened():
    return []


@pytest.fixture(name="connect")
async def _connect(heard, opened):
    """Opens connections to a channel that waits for its secret."""

    def open_it(channel):
        opened.append(channel)
        channel.listen(lambda *message: heard.append(message))

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Channel(SECRET, open_it), "127.0.0.1", 0)
    port, ours = server.sockets[0].getsockname()[1], []

    async def connect(secret=SECRET):
        _, channel = await loop.create_connection(lambda: Channel(secret), "127.0.0.1", port)
        ours.append(channel)
        return channel

    yield connect
    server.close()
    for channel in (*ours, *opened):
        channel.close()
        await channel.lost.wait()


class TestChannel:
    async def test_messages(self, connect, heard, opened):
        """Messages come as they were sent, in their order, both ways."""
        channel, answers = await connect(), []
        channel.listen(lambda *message: answers.append(message))
        sent = [("one", 1, None, {"a": [b"\xff", "é", 2.5]}), ("large", b"x" * 3_000_000), ()]
        for message in sent:
            channel.send(*message)
        await until(lambda: len(heard) == 3)
        opened[0].send("back")
        await until(lambda: answers)

        assert sent == heard
        assert [("back",)] == answers

    async def test_waits_for_a_listener(self, heard):
        """What has come before anybody listens is not lost, however it was cut."""
        opened: list[Channel] = []
        channel = Channel(SECRET, opened.append)
        for frame in (SECRET.encode(), marshal.dumps(("early", 1))):
            for byte in len(frame).to_bytes(HEAD) + frame:
                channel.data_received(bytes([byte]))
        channel.listen(lambda *message: heard.append(message))

        assert [channel] == opened
        assert [("early", 1)] == heard

    async def test_wrong_secret(self, connect, heard, opened):
        """Who does not know the secret is not heard."""
        channel = await connect("0" * len(SECRET))
        channel.send("let", "me", "in")
        await channel.lost.wait()

        assert [] == heard + opened
