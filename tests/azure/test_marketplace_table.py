"""The marketplace's table in Azure Table Storage: reading its rows, and naming what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.core.async_paging import AsyncPageIterator
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.data.tables import EdmType, EntityProperty
from azure.data.tables.aio import TableClient
from pydantic import ValidationError

from leadshare.azure import marketplace_table
from leadshare.azure.marketplace_table import MarketplaceRows, MarketplaceTable, marketplace_client
from leadshare.errors import PlaceRefused, StorageError
from leadshare.local import azurite
from leadshare.marketplace_table.row import OPENED, LeadRow
from tests.microsoft_table import columns

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ROW = LeadRow("p", "k", LONG_AGO, columns())
ANY = "AccountName=leads;AccountKey=Y2FuYXJ5"


def told(connection: str, **changes: Any) -> MarketplaceTable:
    """The section of the configuration."""
    values = {"connection": "TABLE_CONNECTION", **changes}
    return MarketplaceTable.model_validate(values, context={"TABLE_CONNECTION": connection})


@pytest.fixture(name="table")
async def _table(storage: str) -> AsyncIterator[TableClient]:
    """An empty table of Microsoft's."""
    client = TableClient.from_connection_string(storage, f"t{uuid4().hex}")
    async with client:
        await client.create_table()
        yield client


@pytest.fixture(name="rows")
async def _rows(storage: str, table: TableClient) -> AsyncIterator[MarketplaceRows]:
    """The table as leadshare reads it."""
    client = TableClient.from_connection_string(storage, table.table_name)
    async with client:
        yield MarketplaceRows(client)


async def write(table: TableClient, key: str, **values: Any) -> None:
    """Write a row, as Microsoft does."""
    await table.create_entity({"PartitionKey": "p", "RowKey": key, **(values or columns())})


async def read(rows: MarketplaceRows, since: datetime = LONG_AGO) -> list[list[LeadRow]]:
    """Read all pages."""
    pages: list[list[LeadRow]] = []
    after = ""
    while not pages or after:
        page = await rows.page(since, after)
        pages.append(list(page.rows))
        after = page.after
    return pages


def refusing(status: int) -> Callable[..., Awaitable[Any]]:
    """What is answered with a status, whatever is asked."""

    async def refuse(*_: Any, **__: Any) -> Any:
        error = HttpResponseError("canary")
        error.status_code = status
        raise error

    return refuse


class TestPage:
    async def test_row(self, table, rows):
        """A row comes with its keys, its columns and the service's time."""
        await write(table, "k", **columns(), Number=EntityProperty(2**40, EdmType.INT64))

        [[row]] = await read(rows)

        assert ("p", "k") == (row.partition, row.key)
        assert {**columns(), "Number": 2**40} == row.values
        assert abs(datetime.now(UTC) - row.written) < timedelta(minutes=1)

    async def test_all_pages(self, table, rows, monkeypatch):
        """Every page is read, from wherever the one before ended."""
        monkeypatch.setattr(marketplace_table, "PAGE", 2)
        for number in range(5):
            await write(table, f"k{number}")

        pages = await read(rows)

        assert [f"k{number}" for number in range(5)] == [row.key for page in pages for row in page]
        assert len(pages) >= 3

    async def test_since(self, table, rows):
        """Rows are asked for by the service's time, the very moment included."""
        await write(table, "old")
        [[old]] = await read(rows)
        await asyncio.sleep(0.01)  # Azurite knows no less than milliseconds
        await write(table, "new")

        pages = await read(rows, old.written + timedelta(milliseconds=1))
        both = await read(rows, old.written)

        assert ["new"] == [row.key for page in pages for row in page]
        assert {"new", "old"} == {row.key for page in both for row in page}

    async def test_not_there(self, storage):
        """A table that Microsoft has not made yet holds no rows."""
        async with TableClient.from_connection_string(storage, "MarketplaceLeads") as client:
            assert [[]] == await read(MarketplaceRows(client))

    async def test_wrong_key(self, storage, table):
        """A key that is not the account's any more is told by the status, without the key."""
        wrong = storage.replace(azurite.KEY, "Y2FuYXJ5")
        async with TableClient.from_connection_string(wrong, table.table_name) as client:
            with pytest.raises(StorageError, match=r"table answered 40\d$") as caught:
                await MarketplaceRows(client).page(LONG_AGO, "")

        assert caught.value.__suppress_context__

    async def test_out_of_reach(self, storage, table):
        """No connection is told as such, without the address."""
        gone = "".join(
            part if not part.startswith("TableEndpoint") else "TableEndpoint=http://127.0.0.1:9/a;"
            for part in storage.replace(";", ";\n").split("\n")
        )
        options: dict[str, Any] = {"retry_total": 0}
        async with TableClient.from_connection_string(gone, table.table_name, **options) as client:
            with pytest.raises(StorageError, match=r"out of reach: \w+$"):
                await MarketplaceRows(client).page(LONG_AGO, "")

    @pytest.mark.parametrize(("status", "kind"), [(400, PlaceRefused), (503, StorageError)])
    async def test_refused(self, rows, monkeypatch, status, kind):
        """A question that the service will never answer is no matter of trying again; others
        are.
        """

        monkeypatch.setattr(AsyncPageIterator, "__anext__", refusing(status))

        with pytest.raises(kind, match=f"^Microsoft's table answered {status}$"):
            await rows.page(LONG_AGO, "")


class TestDelete:
    async def test_gone(self, table, rows):
        """The very row goes, and no other; that it has gone already is no fault."""
        await write(table, "stays")
        await write(table, "goes")
        [going] = [row for page in await read(rows) for row in page if row.key == "goes"]

        assert await rows.delete(going)
        assert await rows.delete(going)

        assert ["stays"] == [row.key for page in await read(rows) for row in page]

    @pytest.mark.parametrize("status", [401, 403])
    async def test_not_allowed(self, rows, monkeypatch, status):
        """A key or signature that may only read is told by the answer, for people to delete."""
        monkeypatch.setattr(TableClient, "delete_entity", refusing(status))

        assert not await rows.delete(ROW)

    async def test_busy(self, rows, monkeypatch):
        """What may succeed later is a fault of storage, told by its status alone."""
        monkeypatch.setattr(TableClient, "delete_entity", refusing(503))

        with pytest.raises(StorageError, match=r"^Microsoft's table answered 503$") as caught:
            await rows.delete(ROW)

        assert caught.value.__suppress_context__

    async def test_out_of_reach(self, rows, monkeypatch):
        """No connection is told as such, without the address."""

        async def unreachable(*_: Any, **__: Any) -> None:
            raise ServiceRequestError("canary")

        monkeypatch.setattr(TableClient, "delete_entity", unreachable)

        with pytest.raises(StorageError, match=r"out of reach: ServiceRequestError$"):
            await rows.delete(ROW)


class TestSettings:
    async def test_defaults(self, storage):
        """Only the connection must be told; the table goes by account and name."""
        section = told(storage)

        assert (300, 900, None) == (section.every, section.overlap, section.since)
        async with marketplace_client(section) as client:
            assert "devstoreaccount1|marketplaceleads" == MarketplaceRows(client).name

    def test_no_connection(self):
        """What is no connection string is told by the key that names it, and never shown."""
        with pytest.raises(ValidationError, match=r"(?s)connection\n.*a storage conn") as caught:
            told("canary")

        assert "canary" not in str(caught.value)

    @pytest.mark.parametrize(
        ("key", "value"),
        [("overlap", 599), ("every", 0), ("table", "a b"), ("since", "soon"), ("more", 1)],
    )
    def test_refused(self, key, value):
        """An overlap below ten minutes and whatever else cannot work is refused."""
        with pytest.raises(ValidationError, match=rf"^1 validation error .*\n{key}\n"):
            told(ANY, **{key: value})

    @pytest.mark.parametrize(
        ("since", "expected"),
        [
            ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
            ("2026-11-01T02:00:00+02:00", datetime(2026, 11, 1, tzinfo=UTC)),
            ("1999-01-01", OPENED),
        ],
    )
    def test_since(self, since, expected):
        """A day begins at midnight UTC, and nothing was written before Azure opened."""
        assert expected == told(ANY, since=since).since
