"""The table's contract, kept by Azure Table Storage and by the fake that other tests use."""

from __future__ import annotations

import pytest
from azure.data.tables.aio import TableClient

from leadshare.azure.table import AzureTable
from leadshare.errors import Conflict, RowRefused, StorageError
from leadshare.store.keys import under
from leadshare.store.table import Change
from tests.memory import MemoryTable


@pytest.fixture(name="table", params=["memory", "azure"])
def _table(request):
    """The same tests run against the fake and against Azurite."""
    return MemoryTable() if request.param == "memory" else request.getfixturevalue("azure_table")


class TestRead:
    async def test_range(self, table):
        """A range holds its start and not its end, in the order of the keys, in one partition."""
        for key in ("due|b|2", "due|b|1", "due|c|1", "due|a|9"):
            await table.write("0", [Change("insert", key, {"n": key})])
        await table.write("1", [Change("insert", "due|b|0", {})])

        rows = await table.read("0", *under("due|b"))

        assert ["due|b|1", "due|b|2"] == [row.key for row in rows]

    async def test_limit_columns_where(self, table):
        """A read can be bounded, narrowed to columns, and filtered by their texts."""
        for number in range(6):
            values = {"odd": str(number % 2), "n": number, "raw": b"\x00\xff"}
            await table.write("0", [Change("insert", f"k|{number}", values)])

        rows = await table.read("0", *under("k"), limit=2, columns=("n",), where={"odd": "1"})

        assert [{"n": 1}, {"n": 3}] == [row.values for row in rows]

    async def test_more_than_a_page(self, table):
        """A read follows continuation tokens past the service's page of 1,000 rows."""
        for start in range(0, 1100, 100):
            block = [Change("insert", f"k|{n:05d}", {}) for n in range(start, start + 100)]
            await table.write("0", block)

        assert 1100 == len(await table.read("0", *under("k")))

    async def test_values_come_back(self, table):
        """Texts, bytes, numbers and odd characters come back as they were written."""
        values = {"t": "Ünïcødé 🙂\t\n\"'", "b": bytes(range(256)), "n": 42, "e": ""}

        await table.write("0", [Change("insert", "k", values)])

        assert values == (await table.get("0", "k")).values

    async def test_get_nothing(self, table):
        """A row that is not there is None."""
        assert await table.get("0", "k") is None


class TestWrite:
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(Change("insert", "there"), id="insert-existing"),
            pytest.param(Change("replace", "absent"), id="replace-absent"),
            pytest.param(Change("merge", "absent"), id="merge-absent"),
            pytest.param(Change("delete", "absent"), id="delete-absent"),
            pytest.param(Change("replace", "there", {}, 'W/"old"'), id="replace-changed"),
            pytest.param(Change("delete", "there", {}, 'W/"old"'), id="delete-changed"),
        ],
    )
    async def test_all_or_nothing(self, table, change):
        """One change that meets a row otherwise than expected undoes all of its transaction."""
        await table.write("0", [Change("insert", "there", {"a": 1})])

        with pytest.raises(Conflict):
            await table.write("0", [Change("insert", "beside"), change])

        assert await table.get("0", "beside") is None
        assert {"a": 1} == (await table.get("0", "there")).values

    async def test_merge_keeps_replace_drops(self, table):
        """A merge leaves other columns; a replace does not."""
        await table.write("0", [Change("insert", "m", {"a": 1}), Change("insert", "r", {"a": 1})])

        await table.write("0", [Change("merge", "m", {"b": 2}), Change("replace", "r", {"b": 2})])

        assert {"a": 1, "b": 2} == (await table.get("0", "m")).values
        assert {"b": 2} == (await table.get("0", "r")).values

    async def test_etag(self, table):
        """What was read can be changed once with its etag, and not a second time."""
        await table.write("0", [Change("insert", "k", {})])
        row = await table.get("0", "k")
        [etag] = await table.write("0", [Change("replace", "k", {}, row.etag)])

        with pytest.raises(Conflict):
            await table.write("0", [Change("delete", "k", {}, row.etag)])

        assert etag == (await table.get("0", "k")).etag

    async def test_etag_survives_narrow_reads(self, table):
        """A row that was read with some of its columns can still be changed by its etag."""
        await table.write("0", [Change("insert", "k|1", {"a": 1, "b": 2})])
        [row] = await table.read("0", *under("k"), columns=("a",))

        await table.write("0", [Change("delete", row.key, {}, row.etag)])

        assert await table.get("0", "k|1") is None


class TestErrors:
    async def test_refused(self, azure_table):
        """What the service refuses by rule is our fault, told without the value."""
        with pytest.raises(RowRefused, match="refused") as caught:
            await azure_table.write("0", [Change("insert", "k", {"a": "canary" * 10_000})])

        assert "canary" not in str(caught.value)

    async def test_out_of_reach(self):
        """A table that cannot be reached is a storage error, which brings the message back."""
        nowhere = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;"
        nowhere += "TableEndpoint=http://127.0.0.1:1/a;"
        async with TableClient.from_connection_string(nowhere, "t", retry_total=0) as client:
            with pytest.raises(StorageError, match="out of reach"):
                await AzureTable(client).write("0", [Change("insert", "k")])
