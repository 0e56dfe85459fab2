"""Azure: the table that the marketplace writes leads into, in a storage account of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceNotFoundError,
)
from azure.data.tables import EntityProperty
from azure.data.tables.aio import TableClient
from pydantic import AfterValidator, Field, SecretStr, StrictFloat, field_validator

from leadshare.errors import PlaceRefused, StorageError
from leadshare.marketplace_table.reading import Page
from leadshare.marketplace_table.row import OPENED, LeadRow
from leadshare.model import DATED, Model, Secret, like
from leadshare.store.keys import marketplace_table_key

PAGE: Final = 200
"""Rows that are asked for, and queued, at once."""

PATIENCE: Final = 10
"""Seconds that one call may take."""

_REFUSED: Final = 400
_FORBIDDEN: Final = (401, 403)


def _utc(time: datetime) -> datetime:
    """Return *time* in UTC, which it is in if it names no zone."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return max(aware.astimezone(UTC), OPENED)


class MarketplaceTable(Model):
    """The table of a publisher whose listings have *Azure Table* for their lead destination."""

    connection: Secret
    """The connection string that Partner Center was given."""
    table: str = like(
        r"^[A-Za-z][A-Za-z0-9]{2,62}$",
        "a table's name: 3 to 63 letters and digits",
        "MarketplaceLeads",
    )
    """The table's name; Partner Center has only this one."""
    every: StrictFloat = Field(300, ge=1, le=86400)
    """Seconds from the beginning of one reading to the next."""
    overlap: StrictFloat = Field(900, ge=600, le=86400)
    """Seconds that each reading goes back behind the one before."""
    since: Annotated[datetime, DATED, AfterValidator(_utc)] | None = None
    """Rows written earlier are left alone; without it, 24 hours before the table is first seen."""

    @field_validator("connection")
    @classmethod
    def _connects(cls, connection: SecretStr) -> SecretStr:
        try:
            TableClient.from_connection_string(connection.get_secret_value(), "MarketplaceLeads")
        except ValueError:
            raise ValueError("expected a setting that holds a storage connection string") from None
        return connection


def marketplace_client(settings: MarketplaceTable) -> TableClient:
    """Return a client of the table that the configuration names."""
    options: dict[str, object] = {
        "use_env_settings": False,
        "connection_timeout": PATIENCE,
        "read_timeout": PATIENCE,
    }
    connection = settings.connection.get_secret_value()
    return TableClient.from_connection_string(connection, settings.table, **options)


class MarketplaceRows:
    """Microsoft's rows; nothing here changes one, and only an erasure deletes any."""

    def __init__(self, client: TableClient) -> None:
        self._client = client
        self.name = marketplace_table_key(client.account_name, client.table_name)

    async def page(self, since: datetime, after: str) -> Page:
        """Return a page of the rows written *since*; none while the table is not there.

        Microsoft makes the table with the first lead.
        """
        pages = self._client.query_entities(
            "Timestamp ge @since", parameters={"since": since}, results_per_page=PAGE
        ).by_page(continuation_token=json.loads(after) if after else None)
        try:
            entities = [entity async for entity in await anext(pages)]
        except (StopAsyncIteration, ResourceNotFoundError):
            return Page((), "")
        except HttpResponseError as error:
            kind = PlaceRefused if error.status_code == _REFUSED else StorageError
            raise kind(f"Microsoft's table answered {error.status_code}") from None
        except AzureError as error:
            kind_of = type(error).__name__
            raise StorageError(f"Microsoft's table is out of reach: {kind_of}") from None
        following = pages.continuation_token  # type: ignore[attr-defined]  # an AsyncPageIterator
        return Page([_row(e) for e in entities], json.dumps(following) if following else "")

    async def delete(self, row: LeadRow) -> bool:
        """Delete a *row*; say whether the connection's key or signature allows that."""
        try:
            await self._client.delete_entity(row.partition, row.key)
        except HttpResponseError as error:
            if error.status_code in _FORBIDDEN:
                return False
            raise StorageError(f"Microsoft's table answered {error.status_code}") from None
        except AzureError as error:
            kind_of = type(error).__name__
            raise StorageError(f"Microsoft's table is out of reach: {kind_of}") from None
        return True


def _row(entity: Any) -> LeadRow:
    values = {
        name: value.value if isinstance(value, EntityProperty) else value
        for name, value in entity.items()
    }
    written = entity.metadata["timestamp"]
    return LeadRow(values.pop("PartitionKey"), values.pop("RowKey"), written, values)
