"""Client: an answer that is read piece by piece, for files that no memory should hold whole."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Final

import httpcore
import httpx

from leadshare.client.bounds import allow
from leadshare.client.errors import AnswerTooLarge, AnswerUnreadable

PIECE: Final = 64 * 1024
"""Bytes of a piece at most: gzip makes a thousand of one."""

_GZIP: Final = ("gzip", "x-gzip")


class Pieces(httpx.AsyncByteStream):
    """The body of an answer, its coding undone, to *largest* bytes; `httpx.ReadError` beyond."""

    def __init__(
        self,
        response: httpcore.Response,
        coding: str,
        largest: int,
        meaning: Mapping[type[Exception], type[httpx.TransportError]],
    ) -> None:
        self._response, self._coding, self._left = response, coding, largest
        self._meaning = meaning
        # In chunks of few bytes an answer takes several times as many.
        allow(2 * largest)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body, piece by piece; it is whole only if this ends without an error."""
        decode = _gunzipped if self._coding in _GZIP else _as_it_is
        if self._coding not in ("identity", *_GZIP):
            raise AnswerUnreadable("the answer is coded as was not asked for")
        try:
            async for piece in decode(self._response.aiter_stream()):
                self._left -= len(piece)
                if self._left < 0:
                    raise AnswerTooLarge("the answer is too large")
                yield piece
        except tuple(self._meaning) as error:
            # Our own text, and no chain: h11 quotes what the peer sent.
            raise self._meaning[type(error)](type(error).__name__) from None

    async def aclose(self) -> None:
        """Let the connection go."""
        await self._response.aclose()


async def _as_it_is(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for part in parts:
        yield part


async def _gunzipped(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: gzip, by zlib's manual
    async for part in parts:
        left = part
        while left:
            try:
                piece = decoder.decompress(left, PIECE)
            except zlib.error as error:
                raise AnswerUnreadable("the answer's gzip is broken") from error
            left = decoder.unconsumed_tail
            yield piece
    if not decoder.eof:
        raise AnswerUnreadable("the answer's gzip is cut off")
