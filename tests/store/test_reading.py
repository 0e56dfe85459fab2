"""Reading: rows of all partitions at once, in the order of their keys."""

from __future__ import annotations

import pytest

from leadshare.store.keys import under
from leadshare.store.reading import by_key, everywhere
from leadshare.store.table import Change
from tests.memory import MemoryTable


@pytest.fixture(name="table")
async def _table():
    table = MemoryTable()
    rows = {"0": ("a|3", "b|1"), "7": ("a|1", "a|2", "c|1"), "f": ("a|4",)}
    for partition, keys in rows.items():
        changes = [Change("insert", key, {"odd": str(int(key[-1]) % 2)}) for key in keys]
        await table.write(partition, changes)
    return table


class TestEverywhere:
    async def test_order(self, table):
        """Rows of all partitions come in the order of their keys, and are known to be all."""
        found = await everywhere(table, under("a"))

        assert [("7", "a|1"), ("7", "a|2"), ("0", "a|3"), ("f", "a|4")] == [
            (row.partition, row.key) for row in found.rows
        ]
        assert not found.full

    @pytest.mark.parametrize(
        ("options", "keys", "full"),
        [
            pytest.param({"limit": 1}, ["a|1", "a|3", "a|4", "b|1"], True, id="limit"),
            pytest.param({"limit": 3}, ["a|1", "a|2", "a|3", "a|4", "b|1"], False, id="room"),
            pytest.param({"where": {"odd": "0"}}, ["a|2", "a|4"], False, id="where"),
            pytest.param({"partitions": "0f"}, ["a|3", "a|4", "b|1"], False, id="partitions"),
        ],
    )
    async def test_several_ranges(self, table, options, keys, full):
        """Each range of each partition is read up to the limit; that it was reached is told."""
        found = await everywhere(table, under("a"), under("b"), **options)

        assert (keys, full) == ([row.key for row in found.rows], found.full)


class TestByKey:
    async def test_whole_partition(self, table):
        """All rows of one partition are there by their keys."""
        assert ["a|1", "a|2", "c|1"] == list(await by_key(table, "7"))
