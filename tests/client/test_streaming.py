"""Files: read piece by piece, bounded, and whole only if they end well."""

from __future__ import annotations

import asyncio
import gzip

import httpx
import pytest

from leadshare.client.errors import AnswerTooLarge, AnswerUnreadable
from leadshare.client.guard import STREAMED
from tests.client.servers import Handler, answer, plain_client, raw_server

LARGEST = 300_000


async def read(handler: Handler) -> bytes:
    """What a server says, read as a file."""
    extensions = {STREAMED: True, "largest_answer": LARGEST}
    async with raw_server(handler) as port, plain_client() as client:
        url = f"http://127.0.0.1:{port}/"
        async with client.stream("GET", url, extensions=extensions) as response:
            assert response.is_success
            return b"".join([piece async for piece in response.aiter_bytes()])


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_whole(*, chunked: bool, coding: str) -> None:
    """A file of just the largest size is read, coded or not."""
    body = bytes(range(250)) * (LARGEST // 250)
    coded = gzip.compress(body) if coding else body
    headers = [f"Content-Encoding: {coding}"] * bool(coding)

    assert body == await read(answer(coded, *headers, chunked=chunked))


@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_too_large(coding: str) -> None:
    """One byte more is refused, and so is what only becomes so large."""
    body = bytes(LARGEST + 1)
    coded = gzip.compress(body) if coding else body
    with pytest.raises(AnswerTooLarge):
        await read(answer(coded, *[f"Content-Encoding: {coding}"] * bool(coding)))


@pytest.mark.parametrize(
    ("body", "coding"),
    [(b"not gzip", "gzip"), (gzip.compress(b"cut off here")[:-4], "gzip"), (b"anything", "br")],
    ids=["broken", "cut-off", "not-asked-for"],
)
async def test_unreadable(body: bytes, coding: str) -> None:
    """What cannot be decoded whole is an error."""
    with pytest.raises(AnswerUnreadable):
        await read(answer(body, f"Content-Encoding: {coding}"))


async def test_cut_off() -> None:
    """A connection that breaks within a file is an error, which quotes nothing."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\ncanary")

    with pytest.raises(httpx.RemoteProtocolError, match=r"^RemoteProtocolError$"):
        await read(handler)
