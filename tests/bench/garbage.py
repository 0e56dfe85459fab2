"""Bench: receivers and mail servers on loopback that misbehave in every way, in a process."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final

from tests.bench.alone import ROOT

Speak = Callable[[asyncio.StreamWriter], Awaitable[None]]


def _bomb() -> bytes:
    body = gzip.compress(bytes(256 * 2**20), 9)
    return b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(
        body
    ) + (body)


SAID: Final[Mapping[str, Callable[[], bytes]]] = {
    "closes": bytes,
    "other": lambda: b"\x00garbage\r\n" * 1000,
    "alert": lambda: b"\x15\x03\x01\x00\x02\x02\x46",
    "h2": lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "short": lambda: b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nten bytes.",
    "negative": lambda: b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "moved": lambda: (
        b"HTTP/1.1 307 Moved\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
    ),
    "gone": lambda: b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
    "later": lambda: b"HTTP/1.1 429 Later\r\nretry-after: 99999999999\r\ncontent-length: 0\r\n\r\n",
    "bomb": _bomb,
}
"""What is said once, by whom."""

REPEATED: Final[Mapping[str, tuple[bytes, bytes, float]]] = {
    "silent": (b"", b"", 1),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"x-more: %b\r\n" % (b"a" * 1000), 0),
    "hints": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50, 0),
    "endless": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"10000\r\n%b\r\n" % bytes(2**16),
        0,
    ),
    "drips": (b"HTTP/1.1 200 OK\r\nx: ", b"y", 0.5),
}
"""What is said first, and then without end, so many seconds apart."""

MAIL: Final[Mapping[str, tuple[bytes, bytes, float]]] = {
    "tarpit": (b"", b"220-x\r\n", 0.5),
    "flood": (b"220-", b"A" * 2**16, 0),
}
"""The same of mail servers, which speak first."""

NAMES: Final = (*SAID, *REPEATED)


@contextmanager
def running() -> Iterator[dict[str, int]]:
    """Run them all until the end of the block; their ports, by name."""
    command = [sys.executable, "-m", "tests.bench.garbage"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own arguments
    try:
        yield json.loads(process.stdout.readline() if process.stdout else "")
    finally:
        process.terminate()
        process.wait()


async def _once(body: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(body)
    await writer.drain()


async def _without_end(told: tuple[bytes, bytes, float], writer: asyncio.StreamWriter) -> None:
    first, again, seconds = told
    writer.write(first)
    while True:
        writer.write(again)
        await writer.drain()
        await asyncio.sleep(seconds)


async def _meet(
    speak: Speak,
    listens: bool,  # noqa: FBT001 - a fact
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Say to one caller what *speak* says, after what it has asked if the server *listens*."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        if listens:
            await reader.readuntil(b"\r\n\r\n")
        await speak(writer)
    writer.close()


async def _serve() -> None:
    speakers: dict[str, tuple[Speak, bool]] = {
        **{name: (partial(_once, said()), True) for name, said in SAID.items()},
        **{name: (partial(_without_end, told), True) for name, told in REPEATED.items()},
        **{name: (partial(_without_end, told), False) for name, told in MAIL.items()},
    }
    ports: dict[str, int] = {}
    for name, (speak, listens) in speakers.items():
        server = await asyncio.start_server(partial(_meet, speak, listens), "127.0.0.1", 0)
        ports[name] = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"{json.dumps(ports)}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
