"""A gate before one of the emulator's services, which can be shut: storage out of reach."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

BUSY: Final = (
    b"HTTP/1.1 503 Server Busy\r\nx-ms-error-code: ServerBusy\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)

T = TypeVar("T")


class Gate:
    """Passes on what comes to its port while it is open; `storage` is the way through it.

    Shut, it refuses connections; busy, it answers every request with 503.
    """

    def __init__(self, storage: str, service: str) -> None:
        endpoint = re.search(rf"{service}Endpoint=http://127\.0\.0\.1:(\d+)/", storage)
        assert endpoint is not None
        self.busy = False
        self.requests: Counter[str] = Counter()
        """How many of each method have come, refused connections aside."""
        self._before = endpoint
        self._storage = storage
        self._shuts_at, self._then_busy = b"", False
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.StreamWriter] = set()
        self._handlers: set[asyncio.Task[Any]] = set()

    @property
    def storage(self) -> str:
        """The connection string with this service's way through the gate."""
        start, end = self._before.span(1)
        return f"{self._storage[:start]}{self._port}{self._storage[end:]}"

    @property
    def is_shut(self) -> bool:
        """Whether connections are refused."""
        return self._server is None

    def shut(self) -> None:
        """Break off all connections and refuse new ones."""
        self._do(self._shut())

    def shut_at(self, method: str, *, busy: bool = False) -> None:
        """Shut, or be busy, when the next request of a *method* comes, which is not passed on."""
        self._shuts_at, self._then_busy = f"{method} ".encode(), busy

    def open(self) -> None:
        """Let everything through again."""
        self.busy = False
        self._do(self._open())

    @contextmanager
    def running(self) -> Iterator[Gate]:
        """Stand open in a thread until the end of the block."""
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            self.open()
            yield self
        finally:
            self.shut()
            self._do(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _open(self) -> None:
        self._shuts_at = b""
        if self._server is None:
            self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._passing:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _end(self) -> None:
        """Wait until no connection is passed on any more, and all are closed."""
        if self._handlers:
            await asyncio.wait(self._handlers)
        # A transport is closed in the turn after it was told to.
        await asyncio.sleep(0)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on one connection, both ways."""
        handler = asyncio.current_task()
        assert handler is not None
        self._handlers.add(handler)
        both = {writer}
        self._passing.add(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", int(self._before[1]))
            both.add(back)
            self._passing.add(back)
            await asyncio.gather(self._requests(reader, back, writer), _answers(there, writer))
        except ConnectionError:
            pass  # One side has gone, or the gate was shut.
        finally:
            self._passing -= both
            for one in both:
                one.close()
            self._handlers.discard(handler)

    async def _requests(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, writer: asyncio.StreamWriter
    ) -> None:
        """Pass on requests, which begin where a piece begins."""
        while piece := await reader.read(65536):
            if found := re.match(rb"[A-Z]+(?= /)", piece):
                self.requests[found[0].decode()] += 1
            if self._shuts_at and piece.startswith(self._shuts_at):
                self.busy = self._then_busy
                if not self.busy:
                    await self._shut()
                    return
            if self.busy:
                writer.write(BUSY)
                await writer.drain()
                break
            back.write(piece)
            await back.drain()
        back.close()


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()
