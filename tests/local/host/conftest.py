"""The toy app on a host of its own, with queues of its own."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient, QueueServiceClient
from yarl import URL

from leadshare.local.host.host import Host
from tests.inside import inside

TOY = Path(__file__).parent / "toy"
NEVER = "0 0 0 29 2 0"


class Queues:
    """The toy's queues, by the names of the settings that name them."""

    def __init__(self, service: QueueServiceClient, settings: Mapping[str, str]) -> None:
        self._service = service
        self._settings = settings

    async def send(self, name: str, body: str) -> None:
        """Put a message into a queue, as a function app elsewhere would."""
        await self.send_raw(name, base64.b64encode(body.encode()).decode())

    async def send_raw(self, name: str, text: str) -> None:
        """Put a message into a queue as it is."""
        await self._client(name).send_message(text)

    async def take(self, name: str) -> None:
        """Take a message for a second and do nothing, as a host does that is killed."""
        await self._client(name).receive_message(visibility_timeout=1)

    async def make(self, *names: str) -> None:
        """Make queues."""
        for name in names:
            await self._client(name).create_queue()

    async def clear(self, name: str) -> None:
        """Delete all messages, those too that somebody works on."""
        await self._client(name).clear_messages()

    async def look(self, name: str) -> list[QueueMessage]:
        """See the messages that are visible, and leave them there."""
        return await self._client(name).peek_messages(max_messages=32)

    async def bodies(self, name: str) -> list[bytes]:
        """Read the messages that are visible."""
        return [base64.b64decode(message.content) for message in await self.look(name)]

    async def arrived(self, name: str, count: int = 1) -> list[bytes]:
        """Wait for messages to be visible, and read them."""
        for _ in range(200):
            bodies = await self.bodies(name)
            if len(bodies) >= count:
                return bodies
            await asyncio.sleep(0.05)
        raise TimeoutError

    async def reports(self, count: int = 1) -> list[Any]:
        """Wait for what the toy tells about the messages that it got."""
        return [json.loads(body) for body in await self.arrived("OUT", count)]

    async def seen(self, name: str, count: int) -> QueueMessage:
        """Wait until a message is visible that has been taken so often, or oftener."""
        for _ in range(400):
            for message in await self.look(name):
                if (message.dequeue_count or 0) >= count:
                    return message
            await asyncio.sleep(0.02)
        raise TimeoutError

    async def gone(self, name: str) -> None:
        """Wait until no message is left, not even a hidden one."""
        for _ in range(200):
            if await self.count(name) == 0:
                return
            await asyncio.sleep(0.05)
        raise TimeoutError

    async def count(self, name: str) -> int:
        """Count the messages, those too that are hidden because somebody works on them."""
        properties = await self._client(name).get_queue_properties()
        return properties.approximate_message_count or 0

    def _client(self, name: str) -> QueueClient:
        setting, dash, suffix = name.partition("-")
        return self._service.get_queue_client(self._settings[setting] + dash + suffix)


@pytest.fixture(name="settings")
def _settings(storage):
    queues = {
        name: f"{name.lower()}{uuid4().hex[:8]}"
        for name in ("OUT", "OTHER", "WORK", "PLAIN", "VALUE")
    }
    closed = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:1/a"
    return {"ACCOUNT": storage, "NOWHERE": closed, "SCHEDULE": NEVER, **queues}


def toy(settings: Mapping[str, str], **options: Any) -> Host:
    """The toy's host with a worker in this process."""
    return Host(TOY, settings=settings, launch=inside, **options)


async def until(condition: Callable[[], Any]) -> None:
    """Wait for something to be so."""
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.025)
    raise TimeoutError


def errors(caplog: pytest.LogCaptureFixture) -> str:
    """What the host has told of what went wrong."""
    return "\n".join(getattr(record, "error", "") for record in caplog.records)


@pytest.fixture(name="host")
async def _host(settings) -> AsyncIterator[Host]:
    async with toy(settings) as host:
        yield host


@pytest.fixture(name="http")
async def _http(host) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(base_url=f"{host.url}/api/") as session:
        yield session


@pytest.fixture(name="queues")
async def _queues(storage, settings) -> AsyncIterator[Queues]:
    async with QueueServiceClient.from_connection_string(storage) as service:
        queues = Queues(service, settings)
        await queues.make("OUT", "OTHER", "WORK", "PLAIN", "VALUE")
        yield queues


@pytest.fixture(name="exchange")
def _exchange():
    async def exchange(host: Host, data: bytes, *, end: bool = False, head: bool = False) -> bytes:
        """Send bytes as they are; give what is answered until the connection, or its head, ends."""
        address = URL(host.url)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(data)
        if end:
            writer.write_eof()
        try:
            return await (reader.readuntil(b"\r\n\r\n") if head else reader.read())
        finally:
            writer.close()

    return exchange
