"""Local host: run the functions that have queue triggers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue import QueueMessage

from leadshare.local.host.settings.config import QueueOptions
from leadshare.local.host.storage.backoff import polls
from leadshare.local.host.storage.client import Gone, Queue, is_gone, status_of
from leadshare.local.host.storage.messages import to_data
from leadshare.local.host.times import Times
from leadshare.local.host.waiting import is_set_within
from leadshare.local.host.worker.invocation import InvocationFailed, Runner

SERVER_ERROR = 500

log = logging.getLogger("leadshare.local.host")


class Listener:
    """Takes messages from one queue and hands each to the function, many at a time.

    Where storage refuses what the real listener cannot do without, it ends the host.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # each is one thing that it works with
        self,
        runner: Runner,
        queue: Queue,
        poison: Queue | None,
        options: QueueOptions,
        times: Times,
        end_host: Callable[[str], None],
    ) -> None:
        self._runner = runner
        self._queue = queue
        self._poison = poison
        self._options = options
        self._lease = times.message_lease
        self._end_host = end_host
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def run(self) -> None:
        """Take messages until told to stop, then wait for those that are being worked on."""
        waits = polls(self._options.max_polling_interval)
        async with asyncio.TaskGroup() as group:
            while not self._stopping:
                self._queue.poisoned.clear()
                if await self._take(group):
                    waits = polls(self._options.max_polling_interval)
                    await self._wait_for_room()
                elif not self._stopping:
                    await is_set_within(next(waits), self._queue.poisoned)

    def stop(self) -> None:
        """Take no new messages; one that is just being taken is still worked on."""
        self._stopping = True
        self._queue.poisoned.set()

    async def _take(self, group: asyncio.TaskGroup) -> int:
        """Start on the next batch; tell how many messages there were."""
        try:
            messages = await self._queue.receive(self._options.batch_size, self._lease)
        except AzureError as error:
            self._meet(error)
            return 0
        for message in messages:
            task = group.create_task(self._work_on(message))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(messages)

    def _meet(self, error: AzureError) -> None:
        """Poll again where the queue is missing or storage has an error of its own, else end."""
        known = isinstance(error, HttpResponseError) and is_gone(error)
        if known or (status_of(error) or 0) >= SERVER_ERROR:
            facts = {"queue": self._queue.name, "error": repr(error)}
            log.warning("queue.unreachable", extra=facts)
        else:
            self._give_up("polled", error)

    async def _wait_for_room(self) -> None:
        while len(self._running) > self._options.new_batch_threshold:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _work_on(self, message: QueueMessage) -> None:
        try:
            await self._process(message)
        except Gone:
            facts = {"queue": self._queue.name, "message_id": message.id}
            log.debug("message.gone", extra=facts)  # others have it now, or have deleted it
        except Exception as error:  # noqa: BLE001  # it comes back when its lease runs out
            self._give_up("deleted, released or set aside", error)

    async def _process(self, message: QueueMessage) -> None:
        """Call the function, then delete, show again or set aside."""
        try:
            body = self._queue.body(message)
        except ValueError:  # not base64: no function can ever get it
            await self._set_aside(message)
            return
        if (message.dequeue_count or 0) > self._options.max_dequeue_count:
            await self._set_aside(message)  # its host was killed while it held it the last time
            return
        trigger = self._runner.function.trigger
        try:
            async with self._leased(message):
                await self._runner.run(lambda: to_data(message, body, trigger))
        except InvocationFailed:
            await self._give_back(message)
        else:
            await self._queue.delete(message)

    async def _give_back(self, message: QueueMessage) -> None:
        if self._poison is None:
            return  # in a poison queue it waits for its lease to run out
        if (message.dequeue_count or 0) >= self._options.max_dequeue_count:
            await self._set_aside(message)
        else:
            await self._queue.hide(message, self._options.visibility_timeout)

    async def _set_aside(self, message: QueueMessage) -> None:
        """Copy to the poison queue first, so that a crash in between loses nothing."""
        if self._poison is None:
            return
        facts = {"queue": self._queue.name, "message_id": message.id, "poison": self._poison.name}
        log.warning("message.poisoned", extra=facts)
        await self._poison.take_poison(message.content)
        await self._queue.delete(message)

    @asynccontextmanager
    async def _leased(self, message: QueueMessage) -> AsyncIterator[None]:
        """Renew the lease at half time; never break off a renewal, it changes the receipt."""
        done = asyncio.Event()
        renewing = asyncio.create_task(self._renew(message, done))
        try:
            yield
        finally:
            done.set()
            await renewing

    async def _renew(self, message: QueueMessage, done: asyncio.Event) -> None:
        try:
            while not await is_set_within(self._lease / 2, done):
                await self._queue.hide(message, self._lease)
        except Gone:
            return
        except AzureError as error:
            self._give_up("kept", error)

    def _give_up(self, what: str, error: Exception) -> None:
        """End the host, as an exception that nobody handles ends the real one."""
        self._end_host(f"{self._queue.name} could not be {what}: {error!r}")
