"""Retrying: what meets somebody else's change is read and written anew, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from leadshare.errors import Conflict, StorageError
from leadshare.store import retrying
from leadshare.store.retrying import REMEMBERED, TRIES, Turns, pause, until_written


class TestUntilWritten:
    @pytest.mark.parametrize("conflicts", [0, 1, TRIES - 1])
    async def test_in_the_end(self, conflicts):
        """What is written in the end is returned."""
        tries: list[int] = []

        async def change():
            tries.append(len(tries))
            if len(tries) <= conflicts:
                raise Conflict("a row was not as expected")
            return tries[-1]

        assert conflicts == await until_written("a row", change)

    async def test_never(self):
        """After eight readings it is given up, and what kept changing is named."""
        tries: list[int] = []

        async def change():
            tries.append(1)
            raise Conflict("a row was not as expected")

        with pytest.raises(StorageError, match="a row kept changing during 8 readings") as fault:
            await until_written("a row", change)

        assert (8, StorageError) == (len(tries), fault.type)

    async def test_later_each_time(self, monkeypatch):
        """What is tried again is so after a while that doubles, and not after the last time."""
        waited: list[float] = []

        async def note(most: float) -> None:
            waited.append(most)

        async def change():
            raise Conflict("a row was not as expected")

        monkeypatch.setattr(retrying, "pause", note)
        with pytest.raises(StorageError):
            await until_written("a row", change)

        assert [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28] == waited

    async def test_other_faults(self):
        """No other fault is tried again."""
        tries: list[int] = []

        async def change():
            tries.append(1)
            raise StorageError("the table answered 503")

        with pytest.raises(StorageError, match="the table answered 503"):
            await until_written("a row", change)

        assert 1 == len(tries)


async def test_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for another part of the while, so that those who met do not meet again."""
    slept: list[float] = []

    async def note(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    for _ in range(20):
        await pause(0.5)

    assert 20 == len(set(slept))
    assert all(0 <= seconds <= 0.5 for seconds in slept)


class TestTurns:
    @pytest.mark.parametrize(("other", "most"), [("one", 1), ("other", 2)])
    async def test_one_after_the_other(self, other, most):
        """Who changes the same thing waits; who changes another does not."""
        turns, at_it = Turns(), [0]

        async def change(thing: str) -> int:
            async with turns.at(thing):
                at_it[0] += 1
                await asyncio.sleep(0)
                found = at_it[0]
                at_it[0] -= 1
                return found

        assert most == max(await asyncio.gather(change("one"), change(other)))

    async def test_ended(self):
        """For what hardly anybody changes any more nobody waits; of such only the last are
        remembered.
        """
        turns = Turns()
        for number in range(REMEMBERED + 1):
            turns.end(str(number))

        async with turns.at("1"), turns.at("1"):
            pass
        assert isinstance(turns.at("0"), asyncio.Lock)
