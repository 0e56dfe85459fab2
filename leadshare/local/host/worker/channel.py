"""Local host: what host and worker say to each other, over a socket on loopback."""

import asyncio
import hmac
import marshal
from collections.abc import Callable
from typing import Any, cast

HEAD = 4  # bytes that tell how long a frame is

Coded = tuple[str | None, Any]
"""What goes to a queue: the type and the value of a Datum."""

Answer = str | tuple[int, list[tuple[str, str]], bytes]
"""What an HTTP function returned: text, or status, headers and body."""


class Channel(asyncio.Protocol):
    """Sends messages of plain values and passes on those that come, each in a frame of its own.

    The first frame is the secret that shows who may speak; nothing is read before it has come.
    """

    def __init__(self, secret: str, opened: Callable[["Channel"], None] | None = None) -> None:
        """Say the secret; or wait for it, and then call *opened*."""
        self.lost = asyncio.Event()
        self._secret = secret.encode()
        self._opened = opened
        self._waits = opened is not None
        self._listener: Callable[..., None] | None = None
        self._got = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._waits:
            self._write(self._secret)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # however it was
        """Tell that nothing more will come."""
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        """Take what has come; it may be part of a frame, or many."""
        self._got += data
        self._read()

    def listen(self, listener: Callable[..., None]) -> None:
        """Pass on all messages, those that have come already too."""
        self._listener = listener
        self._read()

    def send(self, *message: Any) -> None:
        """Send one message; if the other side has gone, to nobody."""
        self._write(marshal.dumps(message))

    def close(self) -> None:
        """Break off."""
        if self._transport is not None:
            self._transport.abort()

    def _read(self) -> None:
        while (self._waits or self._listener) and len(self._got) >= HEAD:
            end = HEAD + int.from_bytes(self._got[:HEAD])
            if len(self._got) < end:
                return
            frame = bytes(self._got[HEAD:end])
            del self._got[:end]
            self._take(frame)

    def _take(self, frame: bytes) -> None:
        if not self._waits and self._listener:
            self._listener(*marshal.loads(frame))  # noqa: S302  # from our own other half
        elif self._opened and hmac.compare_digest(frame, self._secret):
            self._waits = False
            self._opened(self)
        else:
            self.close()

    def _write(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(len(frame).to_bytes(HEAD) + frame)
