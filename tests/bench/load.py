"""Bench: what puts leads into the queue, through the host or straight, each in its own process."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from azure.storage.queue.aio import QueueClient

from leadshare.local.host.storage.client import OPTIONS
from tests.bench import people

CONCURRENCY: Final = 16
Call = Callable[[bytes], Awaitable[object]]


async def post(url: str, count: int, first: int = 0) -> float:
    """POST leads to the host; return how many it accepts a second."""
    bodies = [people.body(number) for number in range(first, first + count)]
    connections = [await _Connection.open(url) for _ in range(CONCURRENCY)]
    return await _rate([connection.post for connection in connections], bodies)


async def send(storage: str, count: int) -> float:
    """Send the same messages to a queue through the SDK; return how many a second.

    Under the local host's own options, without which the SDK is slower.
    """
    messages = list(people.messages(count, datetime.now(UTC)))
    texts = [b64encode(message) for message in messages]
    async with QueueClient.from_connection_string(storage, "reference", **OPTIONS) as client:
        await client.create_queue()

        async def call(text: bytes) -> None:
            await client.send_message(text.decode())

        return await _rate([call] * CONCURRENCY, texts)


async def _rate(calls: Sequence[Call], payloads: Sequence[bytes]) -> float:
    """Make a call for each payload, all *calls* at once; return the rate.

    The first of each is made before the clock starts, one after another.
    """
    waiting = iter(payloads)
    for call, payload in zip(calls, waiting, strict=False):
        await call(payload)

    async def work(call: Call) -> None:
        for payload in waiting:
            await call(payload)

    started = time.perf_counter()
    await asyncio.gather(*(work(call) for call in calls))
    return (len(payloads) - len(calls)) / (time.perf_counter() - started)


class _Connection:
    """One kept-alive connection, bare, so that measuring takes nothing from what is measured."""

    def __init__(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._head = head
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> _Connection:
        """Connect to *url*."""
        parts = urlsplit(url)
        streams = await asyncio.open_connection(parts.hostname, parts.port)
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        return cls(head + "Content-Type: application/json\r\nContent-Length: ", *streams)

    async def post(self, body: bytes) -> None:
        """POST *body*; only 202 will do, which the host sends in chunks."""
        self._writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 202 "):
            raise RuntimeError(f"the host answered {head!r}")
        await self._reader.readuntil(b"\r\n0\r\n\r\n")
