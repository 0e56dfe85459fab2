"""Store: read, and write what follows, until nobody else has written in between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from leadshare.errors import Conflict, StorageError

TRIES: Final = 8
"""Readings of rows that somebody else keeps changing, before their reader gives up."""

SHORTEST: Final = 0.02
"""Seconds that are waited at most after the first conflict; twice as many after each other."""

REMEMBERED: Final = 1000
"""Things whose turns have ended that a process remembers, the last ones."""

T = TypeVar("T")


async def until_written(what: str, change: Callable[[], Awaitable[T]]) -> T:
    """Return what *change* returns, which reads rows anew each time and writes what follows.

    It is tried again on `Conflict`, a little later each time, so that of many who change the same
    rows all get through. Raises `StorageError` that names *what* kept changing.
    """
    for tried in range(TRIES):
        try:
            return await change()
        except Conflict:
            if tried < TRIES - 1:
                await pause(SHORTEST * 2**tried)
    raise StorageError(f"{what} kept changing during {TRIES} readings")


async def pause(most: float) -> None:
    """Wait for some of *most* seconds."""
    await asyncio.sleep(random.uniform(0, most))  # noqa: S311 - jitter, no secret


class Turns:
    """Lets those of this process who change the rows of the same thing go one after the other.

    So they do not meet as conflicts; other processes still may.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._ended: dict[str, None] = {}

    def at(self, thing: str) -> AbstractAsyncContextManager[None]:
        """Return what is held by whoever is changing *thing*."""
        if thing in self._ended:
            return nullcontext()
        return self._locks.setdefault(thing, asyncio.Lock())

    def end(self, thing: str) -> None:
        """Let nobody wait for *thing* any more, which hardly anybody still changes."""
        self._ended[thing] = None
        if len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]
