"""Client: how much one call reads from its connection, whatever is in there."""

from __future__ import annotations

import ssl
from contextvars import ContextVar
from typing import Any, Final

import httpcore

from leadshare.client.errors import AnswerTooLarge

LARGEST_HEAD: Final = 32 * 1024
"""Bytes until an answer has begun: its own headers, and interim answers (1xx) before it.

Nobody else counts those: each is whole, and one may follow the other until the time is up.
"""

_LEFT: Final[ContextVar[list[int] | None]] = ContextVar("bytes that a call may still read")


def allow(size: int) -> None:
    """Let the call that this task makes read *size* bytes more, and no others."""
    _LEFT.set([size])


class BoundedStream(httpcore.AsyncNetworkStream):
    """A connection of which each call reads what it is allowed to; `AnswerTooLarge` beyond."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """Read at most *max_bytes*, and at most what is left."""
        left = _LEFT.get(None)
        if left is None:
            return await self._stream.read(max_bytes, timeout)
        if left[0] <= 0:
            raise AnswerTooLarge("the answer is too large")
        read = await self._stream.read(min(max_bytes, left[0]), timeout)
        left[0] -= len(read)
        return read

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as above
        """Write all of *buffer*."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> httpcore.AsyncNetworkStream:
        """Begin TLS; what is read then is bounded, too."""
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return BoundedStream(stream)

    def get_extra_info(self, info: str) -> Any:
        """Tell what httpcore asks of a connection."""
        return self._stream.get_extra_info(info)
