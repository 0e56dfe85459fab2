"""Local host: talk to the storage queues that bindings name."""

import asyncio
import base64
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from .config import connection_string

PAGE = 32  # the most messages that storage gives at once
POISON = "-poison"
OPTIONS: dict[str, Any] = {
    "retry_total": 2,  # each after a second: somebody is waiting for the answer
    "initial_backoff": 0,
    "increment_base": 1,
    "random_jitter_range": 0,
    "use_env_settings": False,  # no proxy; looking for one costs a thread for every request
    "http_logging_level": logging.DEBUG,  # our own requests are no news in the app's log
}


class Queue:
    """One queue; its messages are base64 unless host.json says otherwise."""

    def __init__(self, client: QueueClient, *, base64_encoded: bool) -> None:
        self.name = client.queue_name
        self.arrived = asyncio.Event()  # wakes this host's own listener, as in the real host
        self._client = client
        self._base64 = base64_encoded

    async def send(self, body: bytes) -> None:
        """Add a message."""
        await self.send_text(base64.b64encode(body).decode() if self._base64 else body.decode())

    async def send_text(self, text: str) -> None:
        """Add a message as it is; a queue that is not there yet is made first."""
        try:
            await self._client.send_message(text)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):  # others who send first make it at the same time
                await self._client.create_queue()
            await self._client.send_message(text)
        self.arrived.set()

    async def receive(self, count: int, lease: int) -> list[QueueMessage]:
        """Take up to *count* messages, which nobody else sees for *lease* seconds."""
        pages = self._client.receive_messages(
            messages_per_page=min(count, PAGE),
            visibility_timeout=lease,
        ).by_page()
        try:
            async for page in pages:
                return [message async for message in page]  # a next page would be one more request
        except ResourceNotFoundError:  # nobody has sent anything yet
            return []
        return []

    def body(self, message: QueueMessage) -> bytes:
        """Decode a message; ValueError if it is not base64."""
        text = message.content
        return base64.b64decode(text, validate=True) if self._base64 else text.encode()

    async def hide(self, message: QueueMessage, seconds: int) -> None:
        """Show *message* again only after *seconds*; it gets a new receipt."""
        updated = await self._client.update_message(
            message.id,
            message.pop_receipt,
            visibility_timeout=seconds,
        )
        message.pop_receipt = updated.pop_receipt

    async def delete(self, message: QueueMessage) -> None:
        """Remove a message that is done with."""
        await self._client.delete_message(message.id, message.pop_receipt)


class Storage:
    """The storage accounts that the app settings name, one connection pool for each."""

    def __init__(self, settings: Mapping[str, str], *, base64_encoded: bool) -> None:
        self._settings = settings
        self._base64 = base64_encoded
        self._accounts: dict[str, QueueServiceClient] = {}
        self._queues: dict[tuple[str, str], Queue] = {}

    def queue(self, connection: str, name: str) -> Queue:
        """Give the queue *name* of the account that the setting *connection* names."""
        text = connection_string(connection, self._settings)
        if text not in self._accounts:
            account = QueueServiceClient.from_connection_string(text, **OPTIONS)
            self._accounts[text] = account
        if (text, name) not in self._queues:
            client = self._accounts[text].get_queue_client(name)
            self._queues[text, name] = Queue(client, base64_encoded=self._base64)
        return self._queues[text, name]

    async def close(self) -> None:
        """Close the connections."""
        for account in self._accounts.values():
            await account.close()
