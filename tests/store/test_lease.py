"""Leases in rows: what is written was read last, by whoever writes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadshare.errors import Conflict
from leadshare.store.lease import Lease, LeasedRow, acquire, release
from tests.builders import NOW
from tests.memory import MemoryTable

MINUTE = timedelta(minutes=1)


@pytest.fixture(name="two")
def _two():
    table = MemoryTable()
    return [LeasedRow(table, "lane", "crm", Lease) for _ in range(2)]


class TestLeasedRow:
    async def test_not_there_yet(self, two):
        """A row that is not there reads as one that nobody has."""
        row, _ = two

        assert Lease() == row.value == await row.read()

    async def test_taken_and_released(self, two):
        """What one writes, time and again, the other reads."""
        one, other = two
        leased = acquire(await one.read(), "one", NOW, MINUTE)
        assert leased == Lease("one", NOW + MINUTE)

        await one.write(leased)
        assert leased == one.value == await other.read()

        await one.write(release(leased))
        assert Lease() == one.value == await other.read()

    async def test_both_at_once(self, two):
        """Of two who have read the same, the second to write must read again."""
        one, other = two
        leased = [acquire(await row.read(), "x", NOW, MINUTE) for row in two]

        await one.write(leased[0])
        with pytest.raises(Conflict):
            await other.write(leased[1])
        assert Lease() == other.value

        await other.write(release(await other.read()))
        with pytest.raises(Conflict):
            await one.write(leased[0])
