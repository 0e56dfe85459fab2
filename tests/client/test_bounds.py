"""Bounds: a call reads from its connection what it may, and no more."""

from __future__ import annotations

import ssl

import httpcore
import pytest

from leadshare.client.bounds import BoundedStream, allow
from leadshare.client.errors import AnswerTooLarge


@pytest.fixture(name="stream")
def _stream() -> BoundedStream:
    return BoundedStream(httpcore.AsyncMockStream([b"a" * 10] * 9))


class TestBoundedStream:
    async def test_to_its_end(self, stream):
        """What is allowed is read, and then the call is given up; the next has its own."""
        allow(15)
        await stream.read(100)
        await stream.read(100)
        with pytest.raises(AnswerTooLarge):
            await stream.read(100)

        allow(1)
        assert b"a" * 10 == await stream.read(100)

    async def test_tls(self, stream):
        """Under TLS it is bounded, too."""
        tls = await stream.start_tls(ssl.create_default_context())
        allow(0)

        with pytest.raises(AnswerTooLarge):
            await tls.read(100)
