"""Outside: the queues: how long they have been waiting, and putting touches into theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import AzureError, ResourceNotFoundError

from leadshare.errors import StorageError
from leadshare.settings import Settings

if TYPE_CHECKING:  # both are imported where they are used, for they cost a cold start
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.queue.aio import QueueClient

TOUCHES: Final = "touches"
NAMES: Final = (TOUCHES, "touches-poison", "referrals", "referrals-poison")


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


class TouchQueue:
    """Puts touches into their queue, as the host does with what is POSTed."""

    AT_ONCE: Final = 16
    """Messages under way; each is a request of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, messages: Sequence[bytes]) -> None:
        """Put *messages* into the queue; once this returns, it has them all."""
        from azure.storage.queue import BinaryBase64EncodePolicy  # noqa: PLC0415 - as `_client`

        # Base64, as host.json says; a tick cannot wait as long as the SDK would by itself.
        options = {
            "message_encode_policy": BinaryBase64EncodePolicy(),
            "initial_backoff": 1,
            "connection_timeout": 5,
            "read_timeout": 10,
        }
        async with _client(self._settings, TOUCHES, **options) as client:
            try:
                await self._put(client, messages)
            except AzureError as error:
                kind = type(error).__name__
                raise StorageError(f"queue {TOUCHES} is out of reach: {kind}") from None

    async def _put(self, client: QueueClient, messages: Sequence[bytes]) -> None:
        try:
            await client.send_message(messages[0])
        except ResourceNotFoundError:  # It is made with its first message.
            await client.create_queue()
            await client.send_message(messages[0])
        rest = iter(messages[1:])
        await asyncio.gather(*(_send(client, rest) for _ in range(self.AT_ONCE)))


async def _send(client: QueueClient, messages: Iterator[bytes]) -> None:
    for message in messages:
        await client.send_message(message)


def credential(settings: Settings) -> AsyncTokenCredential:
    """Return what this process signs in to storage with: the managed identity in Azure."""
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 - 0.3 s

    return DefaultAzureCredential(managed_identity_client_id=settings.client_id or None)


def _client(settings: Settings, name: str, **options: Any) -> QueueClient:
    from azure.storage.queue.aio import QueueClient  # noqa: PLC0415 - few processes need it

    if settings.storage:
        return QueueClient.from_connection_string(settings.storage, name, **options)
    return QueueClient(settings.queue_uri, name, credential=credential(settings), **options)
