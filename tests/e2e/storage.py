"""What is in the storage account, seen from outside."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobLeaseClient, BlobServiceClient
from azure.storage.queue import QueueServiceClient

from leadshare.local.host.timers.lock import CONTAINER, PATH
from leadshare.store.keys import PARTITIONS

Row = tuple[str, str, dict[str, Any]]
"""Partition, key, values."""

_RANGE: Final = "PartitionKey eq @p and RowKey ge @start and RowKey lt @end"
QUEUES: Final = (
    "touches",
    "touches-poison",
    "referrals",
    "referrals-poison",
    "outcomes",
    "outcomes-poison",
)


def scan(storage: str, prefix: str = "") -> list[Row]:
    """Return all rows of the table of leads under a *prefix*, partition by partition."""
    with (
        TableServiceClient.from_connection_string(storage) as service,
        service.get_table_client("leads") as table,
    ):
        rows: list[Row] = []
        with suppress(ResourceNotFoundError):  # It is made on first use.
            for partition in PARTITIONS:
                names = {"p": partition, "start": prefix, "end": f"{prefix}~"}
                found = table.query_entities(_RANGE, parameters=names)
                rows += [(row.pop("PartitionKey"), row.pop("RowKey"), dict(row)) for row in found]
        return rows


def queued(storage: str, names: Sequence[str] = QUEUES) -> int:
    """Return how many messages are in these queues, those being worked on included."""
    with QueueServiceClient.from_connection_string(storage) as service:
        total = 0
        for name in names:
            try:
                properties = service.get_queue_client(name).get_queue_properties()
            except ResourceNotFoundError:
                continue  # It is made with its first message.
            total += properties.approximate_message_count or 0
        return total


def enqueue(storage: str, name: str, message: bytes) -> None:
    """Put a message into a queue as the host would."""
    with QueueServiceClient.from_connection_string(storage) as service:
        with suppress(ResourceExistsError):
            service.create_queue(name)
        service.get_queue_client(name).send_message(b64encode(message).decode())


def break_lock(storage: str) -> None:
    """Let the time be over for which the lock of a killed host's timer outlives it."""
    with (
        BlobServiceClient.from_connection_string(storage) as service,
        service.get_blob_client(CONTAINER, PATH.format(function="tick")) as blob,
        suppress(HttpResponseError),  # It is not there, or free already.
    ):
        BlobLeaseClient(blob).break_lease(0)


def of_kind(rows: Sequence[Row], kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Return key and values of the rows of a *kind*, an index's name or a contact's."""
    return [(key, values) for _, key, values in rows if kind in key.split("|")[:2]]
