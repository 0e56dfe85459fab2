"""Outside: how long the queues and their poison queues have been waiting."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import AzureError, ResourceNotFoundError

from leadshare.errors import StorageError
from leadshare.settings import Settings

if TYPE_CHECKING:  # both are imported where they are used, for they cost a cold start
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.queue.aio import QueueClient

NAMES: Final = ("touches", "touches-poison", "referrals", "referrals-poison")


class Queues:
    """Looks at the queues without taking anything from them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def waiting(self, now: datetime) -> dict[str, Any]:
        """Return for each queue about how many messages wait, and for how long the first has."""
        return {name: await self._waiting(name, now) for name in NAMES}

    async def _waiting(self, name: str, now: datetime) -> dict[str, Any]:
        async with _client(self._settings, name) as client:
            try:
                count = (await client.get_queue_properties()).approximate_message_count
                messages = await client.peek_messages()
            except ResourceNotFoundError:
                return {"count": 0, "oldest_seconds": 0}  # It is made with its first message.
            except AzureError as error:
                kind = type(error).__name__
                raise StorageError(f"queue {name} is out of reach: {kind}") from None
        times = [message.inserted_on for message in messages if message.inserted_on]
        age = (now - min(times)).total_seconds() if times else 0
        return {"count": count, "oldest_seconds": max(round(age), 0)}


def credential(settings: Settings) -> AsyncTokenCredential:
    """Return what this process signs in to storage with: the managed identity in Azure."""
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 - 0.3 s

    return DefaultAzureCredential(managed_identity_client_id=settings.client_id or None)


def _client(settings: Settings, name: str) -> QueueClient:
    from azure.storage.queue.aio import QueueClient  # noqa: PLC0415 - only health needs it

    if settings.storage:
        return QueueClient.from_connection_string(settings.storage, name)
    return QueueClient(settings.queue_uri, name, credential=credential(settings))
