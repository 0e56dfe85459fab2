"""What was given up on: kept elsewhere, then deleted, and never lost in between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.errors import StorageError
from leadshare.watch.poison import Poison
from tests.builders import NOW


class Queue:
    """A poison queue that gives two messages at a time, and those again that are not deleted."""

    name = "touches-poison"

    def __init__(self, *bodies: bytes) -> None:
        self.left = [SimpleNamespace(body=body, queued=NOW) for body in bodies]
        self.takes = 0

    async def receive(self) -> Sequence[Any]:
        """Give some."""
        self.takes += 1
        return self.left[:2]

    async def delete(self, given: Any) -> None:
        """Take one away."""
        self.left.remove(given)


class Kept:
    """Remembers what it keeps, and fails where it is told."""

    def __init__(self, *, at: bytes = b"") -> None:
        self.kept: list[bytes] = []
        self._at = at

    async def __call__(self, body: bytes, _queued: Any) -> None:
        if body == self._at:
            raise StorageError("out of reach")
        self.kept.append(body)


def soon() -> float:
    """A time that no test reaches."""
    return asyncio.get_running_loop().time() + 60


class TestEmpty:
    async def test_all(self):
        """All that is there is kept, each deleted once it is."""
        queue, keep = Queue(b"1", b"2", b"3"), Kept()

        await Poison(queue, keep).empty(soon())

        assert ([b"1", b"2", b"3"], []) == (keep.kept, queue.left)

    async def test_fails(self, caplog):
        """What cannot be kept stays in the queue, and is told of by the queue's name."""
        queue, keep = Queue(b"1", b"2"), Kept(at=b"2")

        await Poison(queue, keep).empty(soon())

        assert [b"2"] == [given.body for given in queue.left]
        [line] = caplog.records
        assert ("poison.failed", "touches-poison", "out of reach") == (
            line.msg,
            line.queue,
            line.fault,
        )

    async def test_bounded(self):
        """Nothing is taken once the tick's time is over."""
        queue = Queue(b"1")

        await Poison(queue, Kept()).empty(0)

        assert 0 == queue.takes

    async def test_bug(self):
        """What nobody foresaw is not swallowed."""

        async def breaks(_body: bytes, _queued: Any) -> None:
            raise ValueError

        with pytest.raises(ValueError, match=r"^$"):
            await Poison(Queue(b"1"), breaks).empty(soon())
