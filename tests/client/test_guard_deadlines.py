"""The guarded client: what takes too long, or has no end, is given up and hung up on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import httpx
import pytest

from leadshare.client.errors import AnswerTooLarge
from leadshare.client.guard import guarded_client
from tests.client.servers import local_client, raw_server


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
async def test_dribble(head: bytes) -> None:
    """An answer that dribbles in ends with the time-out, and its connection is free again."""
    connections = 0

    async def dribble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections > 1:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return
        writer.write(head)
        for byte in b"HTTP/1.1 200 " + b"x" * 900:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)

    async with (
        raw_server(dribble) as port,
        guarded_client(timeout=0.2, local=True, connections=1) as client,
    ):
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"http://127.0.0.1:{port}/")
        took = time.monotonic() - began
        response = await client.get(f"http://127.0.0.1:{port}/")

    assert 0.15 < took < 1
    assert 200 == response.status_code


async def test_deadline_closes_the_socket() -> None:
    """Who has had no whole answer by the time-out hangs up, so that nothing goes on unseen."""
    hung_up: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        hung_up.set_result(await reader.read())

    async with (
        raw_server(mute) as port,
        guarded_client(timeout=0.2, local=True, connections=1) as client,
    ):
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"http://127.0.0.1:{port}/")

        assert b"" == await asyncio.wait_for(hung_up, 10)


@pytest.mark.parametrize(
    ("head", "again"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 99, id="header"),
        pytest.param(b"", b"HTTP/1.1 103 Early\r\n\r\n", id="early-hints"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            b"1;%b\r\ny\r\n" % (b"x" * 999),
            id="chunks",
        ),
    ],
)
async def test_endless(head: bytes, again: bytes) -> None:
    """An answer that never comes to its body, or to much of it, is given up by its size."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while True:
            writer.write(again * 100)
            await writer.drain()
            await asyncio.sleep(0)

    async with (
        raw_server(endless) as port,
        guarded_client(timeout=60, local=True, connections=1) as client,
    ):
        with pytest.raises(AnswerTooLarge):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_slow_resolver() -> None:
    """A name that is not resolved in time is known as a call that never left."""

    async def slow(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        return []

    async with local_client(slow, timeout=0.2) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await client.get("http://crm.example/")


async def test_silent_tls() -> None:
    """A server that never shakes hands is known as a call that never left."""
    async with (
        raw_server(silent) as port,
        guarded_client(timeout=0.2, local=True, connections=1) as client,
    ):
        with pytest.raises(httpx.ConnectTimeout):
            await client.get(f"https://127.0.0.1:{port}/")


async def test_waiting_for_a_connection() -> None:
    """A call that got no free connection is known as one that never left."""
    async with (
        raw_server(silent) as port,
        guarded_client(timeout=0.3, local=True, connections=1) as client,
    ):
        calls = (client.get(f"http://127.0.0.1:{port}/") for _ in range(3))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

    kinds = [type(outcome) for outcome in outcomes]
    assert [httpx.ReadTimeout, httpx.PoolTimeout, httpx.PoolTimeout] == kinds


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Listen and say nothing."""
    await reader.read()
