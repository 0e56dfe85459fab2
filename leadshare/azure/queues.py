"""Azure: the queues: how long they have been waiting, and putting touches into theirs."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

from leadshare.errors import StorageError
from leadshare.settings import Settings

if TYPE_CHECKING:  # both are imported where they are used, for they cost a cold start
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.queue import QueueMessage
    from azure.storage.queue.aio import QueueClient

TOUCHES: Final = "touches"
LANES: Final = "lanes"
REFERRALS: Final = "referrals"
OUTCOMES: Final = "outcomes"
NAMES: Final = (
    *(TOUCHES, "touches-poison", REFERRALS, "referrals-poison", OUTCOMES, "outcomes-poison"),
    LANES,
)

QUICK: Final[dict[str, int]] = {"initial_backoff": 1, "connection_timeout": 5, "read_timeout": 10}
"""A tick cannot wait as long as the SDK would by itself."""


class Queues:
    """Looks at the queues without taking anything from them, over connections that stay."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def waiting(self, now: datetime) -> dict[str, Any]:
        """Return for each queue about how many messages wait, and for how long the first has.

        Storage shows none that is being worked on, or hidden until it is tried again: where there
        are only such, nobody knows for how long, and the age is None.
        """
        clients = self._clients.items()
        found = await asyncio.gather(*(_waiting(name, client, now) for name, client in clients))
        return dict(zip(NAMES, found, strict=True))

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.close()

    @cached_property
    def _clients(self) -> dict[str, QueueClient]:
        return {name: _client(self._settings, name, **QUICK) for name in NAMES}


async def _waiting(name: str, client: QueueClient, now: datetime) -> dict[str, object]:
    with _telling(name):
        try:
            count = (await client.get_queue_properties()).approximate_message_count
            messages = await client.peek_messages()
        except ResourceNotFoundError:
            return {"count": 0, "oldest_seconds": 0}  # It is made with its first message.
    times = [message.inserted_on for message in messages if message.inserted_on]
    if not times:
        return {"count": count, "oldest_seconds": None if count else 0}
    return {"count": count, "oldest_seconds": max(round((now - min(times)).total_seconds()), 0)}


class MessageQueue:
    """Puts messages into one queue, as the host does with what is POSTed."""

    AT_ONCE: Final = 16
    """Messages under way; each is a request of its own."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name

    async def send(self, messages: Sequence[bytes]) -> None:
        """Put *messages* into the queue; once this returns, it has them all."""
        async with _client(self._settings, self._name, **_as_bytes(), **QUICK) as client:
            with _telling(self._name):
                await _send_first(client, messages[0])
                rest = iter(messages[1:])
                await asyncio.gather(*(_send(client, rest) for _ in range(self.AT_ONCE)))


class NudgeQueue:
    """Puts nudges into their queue, over one connection; each lives for five minutes."""

    LIFE: Final = 300
    """Seconds; what a nudge asks for, ticks have done long before that."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, message: bytes) -> None:
        """Put *message* into the queue, at the first try or not at all."""
        with _telling(LANES):
            await _send_first(self._client, message, time_to_live=self.LIFE)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()

    @cached_property
    def _client(self) -> QueueClient:
        return _client(self._settings, LANES, **_as_bytes(), retry_total=0)


@dataclass(frozen=True, slots=True)
class PoisonMessage:
    """A message that was given up on, as a poison queue gives it."""

    body: bytes = field(repr=False)
    queued: datetime
    id: str
    receipt: str


class PoisonQueue:
    """The queue of what a queue's function was given up on, over one connection."""

    AT_ONCE: Final = 32
    """Messages that storage gives at most."""

    HIDDEN: Final = 60
    """Seconds in which they must have been kept, or somebody else gets them."""

    def __init__(self, settings: Settings, queue: str) -> None:
        self.name = f"{queue}-poison"
        self._settings = settings

    async def receive(self) -> list[PoisonMessage]:
        """Return some of what is there, nothing if there is none."""
        asked = self._client.receive_messages(
            messages_per_page=self.AT_ONCE, visibility_timeout=self.HIDDEN
        )
        with _telling(self.name), suppress(ResourceNotFoundError):  # made with its first message
            async for page in asked.by_page():
                return [_poison_message(message) async for message in page]
        return []

    async def delete(self, message: PoisonMessage) -> None:
        """Delete a message, once it is kept elsewhere."""
        with _telling(self.name):
            await self._client.delete_message(message.id, message.receipt)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()

    @cached_property
    def _client(self) -> QueueClient:
        return _client(self._settings, self.name, **QUICK)


def _poison_message(message: QueueMessage) -> PoisonMessage:
    """Return a message's bytes, also where they are not the base64 that host.json asks for."""
    text = str(message.content)
    try:
        body = b64decode(text, validate=True)
    except ValueError:
        body = text.encode()
    queued = message.inserted_on or datetime.now(UTC)
    return PoisonMessage(body, queued, message.id, message.pop_receipt or "")


async def _send_first(client: QueueClient, message: bytes, **options: Any) -> None:
    try:
        await client.send_message(message, **options)
    except ResourceNotFoundError:  # It is made with its first message.
        with suppress(ResourceExistsError):  # others who send first make it at the same time
            await client.create_queue()
        await client.send_message(message, **options)


async def _send(client: QueueClient, messages: Iterator[bytes]) -> None:
    for message in messages:
        await client.send_message(message)


@contextmanager
def _telling(name: str) -> Iterator[None]:
    """Say which queue it is that fails; of a fault of storage only the kind is told."""
    try:
        yield
    except AzureError as error:
        raise StorageError(f"queue {name} is out of reach: {type(error).__name__}") from None


def _as_bytes() -> dict[str, object]:
    """Return what makes a client send bytes as base64, as host.json says."""
    from azure.storage.queue import BinaryBase64EncodePolicy  # noqa: PLC0415 - as `_client`

    return {"message_encode_policy": BinaryBase64EncodePolicy()}


def credential(settings: Settings) -> AsyncTokenCredential:
    """Return what this process signs in to storage with: the managed identity in Azure."""
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 - 0.3 s

    return DefaultAzureCredential(managed_identity_client_id=settings.client_id or None)


def _client(settings: Settings, name: str, **options: Any) -> QueueClient:
    from azure.storage.queue.aio import QueueClient  # noqa: PLC0415 - few processes need it

    if settings.storage:
        return QueueClient.from_connection_string(settings.storage, name, **options)
    return QueueClient(settings.queue_uri, name, credential=credential(settings), **options)
