"""Azure: our tables in Azure Table Storage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from leadshare.azure.queues import credential
from leadshare.errors import ConfigurationError, Conflict, RowRefused, StorageError
from leadshare.settings import STORAGE, Settings
from leadshare.store.table import Change, Row

LEADS: Final = "leads"
STATE: Final = "state"
REFERRALS: Final = "referrals"
"""The names of our three tables."""

_PAGE: Final = 1000
"""Rows that the service returns at once, at most."""

_CHANGED: Final = frozenset({404, 409, 412})
_REFUSED: Final = frozenset({400, 413})
_KEYS: Final = ("PartitionKey", "RowKey")

_ACTIONS: Final = {
    "insert": "create",
    "replace": "update",
    "merge": "update",
    "upsert": "upsert",
    "delete": "delete",
}


class AzureTable:
    """One table, reached through *client*; every error that leaves it is ours."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    async def get(self, partition: str, key: str) -> Row | None:
        """Return one row, or None."""
        try:
            with _our_errors():
                return _row(await self._client.get_entity(partition, key))
        except Conflict:
            return None

    async def read(  # noqa: PLR0913 - the parts of a range query
        self,
        partition: str,
        start: str,
        end: str,
        *,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
    ) -> list[Row]:
        """Return the rows with start <= key < end in order, at most *limit*."""
        names = {"p": partition, "start": start, "end": end}
        query = "PartitionKey eq @p and RowKey ge @start and RowKey lt @end"
        for number, (column, value) in enumerate((where or {}).items()):
            query += f" and {column} eq @w{number}"
            names[f"w{number}"] = value
        rows: list[Row] = []
        with _our_errors():
            pages = self._client.query_entities(
                query,
                parameters=names,
                select=[*_KEYS, *columns] if columns else None,
                results_per_page=min(limit or _PAGE, _PAGE),
            ).by_page()
            # A page may be empty and still go on: filters and partition servers cut pages short.
            async for page in pages:
                rows += [_row(entity) async for entity in page]
                if limit is not None and len(rows) >= limit:
                    return rows[:limit]
        return rows

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        """Make all *changes* or none; return the new etags."""
        operations = [_operation(partition, change) for change in changes]
        with _our_errors():
            answers = await self._client.submit_transaction(operations)
        return [str(answer.get("etag", "")) for answer in answers]


def _row(entity: Any) -> Row:
    values = {name: value for name, value in entity.items() if name not in _KEYS}
    etag = str(entity.metadata["etag"])
    return Row(entity["PartitionKey"], entity["RowKey"], values, etag)


def _operation(partition: str, change: Change) -> Any:
    entity = {"PartitionKey": partition, "RowKey": change.key, **change.values}
    options: dict[str, Any] = {}
    if change.kind in ("merge", "replace", "upsert"):
        options["mode"] = UpdateMode.MERGE if change.kind == "merge" else UpdateMode.REPLACE
    if change.etag:
        options |= {"etag": change.etag, "match_condition": MatchConditions.IfNotModified}
    return (_ACTIONS[change.kind], entity, options)


@contextmanager
def _our_errors() -> Iterator[None]:
    """Turn the SDK's errors into ours, which quote no row."""
    try:
        yield
    except (ResourceExistsError, ResourceNotFoundError):
        raise Conflict("a row was not as expected") from None
    except (TableTransactionError, HttpResponseError) as error:
        status = error.status_code
        if status in _CHANGED:
            raise Conflict("a row was not as expected") from None
        if status in _REFUSED:
            raise RowRefused(f"the table refused a row: {_code(error)}") from None
        raise StorageError(f"the table answered {status}") from None
    except AzureError as error:
        raise StorageError(f"the table is out of reach: {type(error).__name__}") from None


def _code(error: HttpResponseError) -> str:
    """Return the service's error code, which names the rule and never the value."""
    try:
        return str(json.loads(error.message or "{}")["odata.error"]["code"])
    except (KeyError, TypeError, ValueError):
        return str(getattr(error, "error_code", None) or error.status_code)


def table_service(
    settings: Settings, hear: Callable[[Any], None] = lambda _: None
) -> TableServiceClient:
    """Return a client of the storage account's tables; each answer of theirs is for *hear*, too."""
    # Looking for a proxy in the environment would cost a thread for every request.
    options: dict[str, Any] = {"use_env_settings": False, "raw_response_hook": hear}
    if not settings.storage:
        return TableServiceClient(settings.table_uri, credential=credential(settings), **options)
    try:
        return TableServiceClient.from_connection_string(settings.storage, **options)
    except ValueError:
        raise ConfigurationError(f"{STORAGE}: expected a storage connection string") from None


async def open_tables(service: TableServiceClient) -> list[AzureTable]:
    """Return the tables of leads, state and referrals, made if they are not there yet."""
    names = (LEADS, STATE, REFERRALS)
    try:
        clients = [await service.create_table_if_not_exists(name) for name in names]
    except AzureError as error:
        raise StorageError(f"the tables are out of reach: {type(error).__name__}") from None
    return [AzureTable(client) for client in clients]
