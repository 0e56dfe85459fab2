"""Local host: talk to the storage queues that bindings name."""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from leadshare.local.host.settings.config import Config
from leadshare.local.host.settings.connections import connection_string
from leadshare.local.host.storage.backoff import retries

PAGE = 32  # the most messages that storage gives at once
POISON = "-poison"
OPTIONS: dict[str, Any] = {
    "retry_total": 0,  # `persist` tries again, as the real host's SDK does
    "use_env_settings": False,  # no proxy; looking for one costs a thread for every request
    "http_logging_level": logging.DEBUG,  # our own requests are no news in the app's log
}
PASSING = frozenset({408, 429, 500, 502, 503, 504})
GONE = (  # compared one by one, for the SDK's codes are equal to these but have other hashes
    *("PopReceiptMismatch", "MessageNotFound", "QueueNotFound"),
    *("QueueBeingDeleted", "QueueDisabled"),
)

T = TypeVar("T")


class Gone(Exception):
    """A message was taken over or deleted by others, or its queue is no more."""


async def persist(call: Callable[[], Awaitable[T]], scale: float) -> T:
    """Make a call of storage, again and again while it may yet succeed, as Azure.Core does."""
    for wait in retries(scale):
        try:
            return await call()
        except AzureError as error:
            if status_of(error) not in {*PASSING, None}:
                raise
        await asyncio.sleep(wait)
    return await call()


def status_of(error: AzureError) -> int | None:
    """Give the status that storage answered with, None if it did not answer."""
    return error.status_code if isinstance(error, HttpResponseError) else None


class Queue:
    """One queue; its messages are base64 unless host.json says otherwise."""

    def __init__(self, client: QueueClient, *, base64_encoded: bool, scale: float) -> None:
        self.name = client.queue_name
        self.poisoned = asyncio.Event()
        """Wakes this host's own listener, as the real host does for what it moves here alone."""
        self._client = client
        self._base64 = base64_encoded
        self._scale = scale

    async def send(self, body: bytes) -> None:
        """Add a message."""
        await self._put(base64.b64encode(body).decode() if self._base64 else body.decode())

    async def take_poison(self, text: str) -> None:
        """Add a message that was given up on, as it is."""
        await self._put(text)
        self.poisoned.set()

    async def _put(self, text: str) -> None:
        """Add a message; a queue that is not there yet is made first."""
        try:
            await self._call(lambda: self._client.send_message(text))
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):  # others who send first make it at the same time
                await self._call(self._client.create_queue)
            await self._call(lambda: self._client.send_message(text))

    async def receive(self, count: int, lease: int) -> list[QueueMessage]:
        """Take up to *count* messages, which nobody else sees for *lease* seconds."""
        return await self._call(lambda: self._page(count, lease))

    async def _page(self, count: int, lease: int) -> list[QueueMessage]:
        pages = self._client.receive_messages(
            messages_per_page=min(count, PAGE),
            visibility_timeout=lease,
        ).by_page()
        async for page in pages:
            return [message async for message in page]  # a next page would be one more request
        return []

    def body(self, message: QueueMessage) -> bytes:
        """Decode a message; ValueError if it is not base64."""
        text = message.content
        return base64.b64decode(text, validate=True) if self._base64 else text.encode()

    async def hide(self, message: QueueMessage, seconds: int) -> None:
        """Show *message* again only after *seconds*; it gets a new receipt."""
        updated = await self._call_for(
            lambda: self._client.update_message(
                message.id, message.pop_receipt, visibility_timeout=seconds
            )
        )
        message.pop_receipt = updated.pop_receipt

    async def delete(self, message: QueueMessage) -> None:
        """Remove a message that is done with."""
        await self._call_for(lambda: self._client.delete_message(message.id, message.pop_receipt))

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        return await persist(call, self._scale)

    async def _call_for(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call for a message that this host has; Gone if it has it no more."""
        try:
            return await self._call(call)
        except HttpResponseError as error:
            if is_gone(error):
                raise Gone from error
            raise


def is_gone(error: HttpResponseError) -> bool:
    """Tell whether storage says that a message or a queue is no more, or another's."""
    return getattr(error, "error_code", None) in GONE


class Storage:
    """The storage accounts that the app settings name, one connection pool for each."""

    def __init__(self, config: Config, scale: float = 1) -> None:
        self._config = config
        self._scale = scale
        self._accounts: dict[str, QueueServiceClient] = {}
        self._queues: dict[tuple[str, str], Queue] = {}

    def queue(self, connection: str, name: str) -> Queue:
        """Give the queue *name* of the account that the setting *connection* names."""
        text = connection_string(connection, self._config.settings)
        if text not in self._accounts:
            account = QueueServiceClient.from_connection_string(text, **OPTIONS)
            self._accounts[text] = account
        if (text, name) not in self._queues:
            client = self._accounts[text].get_queue_client(name)
            coded = self._config.queues.base64
            queue = Queue(client, base64_encoded=coded, scale=self._scale)
            self._queues[text, name] = queue
        return self._queues[text, name]

    async def close(self) -> None:
        """Close the connections."""
        for account in self._accounts.values():
            await account.close()
