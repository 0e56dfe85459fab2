"""Local host: put what a function set into the queue that its binding names."""

from leadshare.local.host.settings.configuration import Configuration
from leadshare.local.host.settings.connections import queue_name, resolve
from leadshare.local.host.storage.client import Queue, Storage
from leadshare.local.host.worker.app import Binding


class Output:
    """An output binding; its queue and account are looked for only when something is sent."""

    def __init__(self, binding: Binding, storage: Storage, settings: Configuration) -> None:
        self._binding = binding
        self._storage = storage
        self._settings = settings
        self._queue: Queue | None = None

    async def send(self, body: bytes) -> None:
        """Add a message; FunctionError if the binding leads to no queue."""
        if self._queue is None:
            name = queue_name(resolve(self._binding["queueName"], self._settings))
            self._queue = self._storage.queue(self._binding.get("connection") or "", name)
        await self._queue.send(body)
