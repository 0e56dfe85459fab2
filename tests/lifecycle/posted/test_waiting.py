"""Outcomes of leads that nobody has: they wait, are tried again, are listed, and end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from leadshare.errors import Conflict, StorageError
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.lifecycle.posted.message import message_of
from leadshare.lifecycle.posted.recording import PostedOutcomes
from leadshare.lifecycle.posted.waiting import AT_ONCE, KEPT, LONGEST, SHORTEST, Waiting
from leadshare.store.keys import WAITING
from tests.builders import NOW, minutes
from tests.memory import MemoryTable

DAY = timedelta(days=1)


def lead(number: int = 0) -> str:
    """A lead's id."""
    return f"{number:032x}-{'f' * 16}"


@dataclass
class Shop:
    """A recorder that knows some leads, and what waits beside it."""

    now: datetime = NOW
    known: set[str] = field(default_factory=set)
    recorded: list[str] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)
    table: MemoryTable = field(default_factory=MemoryTable)

    async def record(self, outcomes: Sequence[Outcome]) -> frozenset[str]:
        """Record those of known leads."""
        for one in outcomes:
            if one.lead in self.faults:
                raise self.faults[one.lead]
            if one.lead in self.known:
                self.recorded.append(one.lead)
        return frozenset(one.lead for one in outcomes) - self.known

    @property
    def waiting(self) -> Waiting:
        """Its rows."""
        return Waiting(self.table, lambda: self.now)

    @property
    def posted(self) -> PostedOutcomes:
        """What has outcomes recorded."""
        return PostedOutcomes(self, self.waiting)

    async def post(self, number: int = 0) -> None:
        """Have an outcome recorded as it comes from the queue."""
        await self.posted.record(message(number, self.now))

    async def listed(self) -> list[dict[str, Any]]:
        """What waits."""
        page: dict[str, Any] = await self.waiting.page(200, "")
        return list(page["outcomes"])

    async def at(self, time: timedelta) -> None:
        """Let the chore work, so long after the beginning."""
        self.now = NOW + time
        await self.posted.work()


def message(number: int = 0, received: datetime = NOW) -> bytes:
    """The message of an outcome."""
    return message_of(Outcome(lead(number), "shop", NOW, State.WON, reason="canary"), received)


@pytest.fixture(name="shop")
def _shop() -> Shop:
    return Shop()


class TestRecord:
    async def test_known(self, shop):
        """What is of a lead is recorded, and leaves nothing."""
        shop.known = {lead()}
        await shop.post()

        assert ([lead()], []) == (shop.recorded, await shop.listed())

    async def test_unknown(self, shop, caplog):
        """What is of none waits, and is listed without words of anybody's."""
        with caplog.at_level(logging.INFO):
            await shop.post()

        assert [
            {
                "lead": lead(),
                "source": "shop",
                "at": "2026-11-22T12:00:00.000Z",
                "said": "won",
                "reason": "unknown_lead",
                "received": "2026-11-22T12:00:00.000Z",
            }
        ] == await shop.listed()
        [line] = caplog.records
        assert ("outcome.waits", "shop", "unknown_lead") == (
            line.getMessage(),
            line.source,
            line.reason,
        )

    async def test_twice(self, shop):
        """The same message twice, as a killed host brings it back, waits once."""
        await shop.post()
        await shop.posted.record(message(received=NOW))

        assert 1 == len(await shop.listed())

    async def test_fails(self, shop):
        """What cannot be recorded now brings the message back."""
        shop.faults[lead()] = StorageError("down")
        with pytest.raises(StorageError):
            await shop.post()

        assert [] == await shop.listed()

    async def test_not_ours(self, shop):
        """What we did not write is kept, and listed as that, until its time is up."""
        await shop.posted.record(b"{}")
        await shop.at(DAY)

        [row] = await shop.listed()
        assert ("", "not_ours") == (row["lead"], row["reason"])

    async def test_poison(self, shop):
        """What the queue gave up on is tried again by itself once all is mended."""
        await shop.waiting.keep_poison(message(), NOW)
        shop.known = {lead()}
        assert ["given_up"] == [row["reason"] for row in await shop.listed()]

        await shop.at(SHORTEST)

        assert ([lead()], []) == (shop.recorded, await shop.listed())


class TestWork:
    async def test_lead_comes(self, shop):
        """An outcome that came before its lead is recorded soon after that has come."""
        await shop.post()
        shop.known = {lead()}
        await shop.at(SHORTEST - minutes(1))
        assert [] == shop.recorded

        await shop.at(SHORTEST)

        assert ([lead()], []) == (shop.recorded, await shop.listed())

    async def test_schedule(self, shop, monkeypatch):
        """It is tried ever more seldom, each day at least, and no more once its time is up."""
        tried: list[timedelta] = []

        async def record(_: Sequence[Outcome]) -> frozenset[str]:
            tried.append(shop.now - NOW)
            return frozenset({lead()})

        await shop.post()
        monkeypatch.setattr(shop, "record", record)
        for minute in range(5, int(KEPT / minutes(1)) + 10, 5):
            await shop.at(minutes(minute))

        waits = [after - before for before, after in pairwise(tried)]
        assert (SHORTEST, SHORTEST) == (tried[0], waits[0])
        assert waits == sorted(waits)
        assert max(waits) == LONGEST
        assert len(tried) < 45
        assert KEPT - LONGEST <= tried[-1] < KEPT
        assert [] == await shop.listed()

    async def test_expired(self, shop, caplog):
        """What ends unrecorded is told."""
        await shop.post()
        with caplog.at_level(logging.ERROR):
            await shop.at(KEPT)

        assert [] == shop.recorded == await shop.listed()
        assert "outcome.expired" == caplog.records[-1].getMessage()

    async def test_nothing(self, shop):
        """Where nothing is to be tried, looking is one read, however much waits."""
        for number in range(30):
            await shop.post(number)
        calls = shop.table.calls
        await shop.at(minutes(1))

        assert 1 == shop.table.calls - calls

    async def test_many(self, shop):
        """Only so many are tried at once; the others follow with the next tick."""
        for number in range(AT_ONCE + 10):
            await shop.post(number)
        shop.known = {lead(number) for number in range(AT_ONCE + 10)}
        await shop.at(SHORTEST)
        assert 10 == len(await shop.listed())

        await shop.at(SHORTEST)

        assert shop.known == set(shop.recorded)
        assert [] == await shop.listed()

    @pytest.mark.parametrize("fault", [StorageError("down"), ValueError("canary")])
    async def test_one_fails(self, shop, caplog, fault):
        """One that fails, by a bug too, keeps no other waiting, and is told without its data."""
        for number in range(3):
            await shop.post(number)
        shop.known = {lead(number) for number in range(3)}
        shop.faults[lead(1)] = fault
        with caplog.at_level(logging.ERROR):
            await shop.at(SHORTEST)

        assert {lead(0), lead(2)} == set(shop.recorded)
        assert [lead(1)] == [row["lead"] for row in await shop.listed()]
        line = caplog.records[-1]
        assert "outcome.failed" == line.getMessage()
        assert "canary" not in str(line.__dict__)

    async def test_two_processes(self, shop, monkeypatch):
        """Of two that are at it at once, one leaves it to the other."""
        await shop.post()

        async def write(partition: str, changes: Sequence[Any]) -> list[str]:
            raise Conflict(f"{partition}: {len(changes)}")

        monkeypatch.setattr(shop.table, "write", write)
        await shop.at(SHORTEST)

        assert [] == shop.recorded
        assert 1 == len(await shop.listed())

    async def test_killed(self, shop):
        """Who dies after claiming leaves it to the next time; recording twice is no harm."""
        await shop.post()
        shop.now = NOW + SHORTEST
        [claimed] = await shop.waiting.claim()
        shop.known = {lead()}
        await shop.at(SHORTEST)
        assert [] == shop.recorded

        await shop.at(SHORTEST * 2)

        assert [lead()] == shop.recorded
        assert WAITING == claimed.partition
