"""Local host: run the functions that have queue triggers."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage

from .config import QueueOptions
from .invocation import InvocationFailed, Runner
from .messages import to_argument
from .storage import Queue
from .waiting import is_set_within

SHORTEST_WAIT = 0.1  # seconds; doubled while the queue stays empty

log = logging.getLogger("leadshare.local.host")


class Listener:
    """Takes messages from one queue and hands each to the function, many at a time."""

    def __init__(
        self,
        runner: Runner,
        queue: Queue,
        poison: Queue | None,
        options: QueueOptions,
        lease: int,
    ) -> None:
        self._runner = runner
        self._queue = queue
        self._poison = poison
        self._options = options
        self._lease = lease
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def run(self) -> None:
        """Take messages until told to stop, then wait for those that are being worked on."""
        wait = SHORTEST_WAIT
        async with asyncio.TaskGroup() as group:
            while not self._stopping:
                self._queue.arrived.clear()
                count = await self._take(group)
                await self._wait_for_room()
                if count:
                    wait = SHORTEST_WAIT
                if count < self._options.batch_size:  # the queue is empty, for now
                    await is_set_within(wait, self._queue.arrived)
                    wait = min(2 * wait, self._options.max_polling_interval)

    def stop(self) -> None:
        """Take no new messages; one that is just being taken is still worked on."""
        self._stopping = True
        self._queue.arrived.set()

    async def _take(self, group: asyncio.TaskGroup) -> int:
        """Start on the next batch; tell how many messages there were."""
        try:
            messages = await self._queue.receive(self._options.batch_size, self._lease)
        except AzureError as error:
            log.warning(
                "queue.unreachable", extra={"queue": self._queue.name, "error": repr(error)}
            )
            return 0
        for message in messages:
            task = group.create_task(self._work_on(message))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(messages)

    async def _wait_for_room(self) -> None:
        while len(self._running) > self._options.new_batch_threshold:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _work_on(self, message: QueueMessage) -> None:
        facts = {"queue": self._queue.name, "message_id": message.id}
        try:
            await self._process(message)
        except ResourceNotFoundError:  # its lease ran out, and another host has it now
            log.warning("message.lost", extra=facts)
        except Exception:  # it stays in the queue and comes back when its lease runs out
            log.exception("message.kept", extra=facts)

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
        trigger, hints = self._runner.function.trigger, self._runner.function.hints
        try:
            async with self._leased(message):
                await self._runner.run(
                    lambda: to_argument(message, body, trigger, hints.get(trigger["name"]))
                )
        except InvocationFailed:
            await self._give_back(message)
        else:
            await self._queue.delete(message)

    async def _give_back(self, message: QueueMessage) -> None:
        if (message.dequeue_count or 0) >= self._options.max_dequeue_count:
            await self._set_aside(message)
        elif self._poison:  # else, in a poison queue, it waits for its lease to run out
            await self._queue.hide(message, self._options.visibility_timeout)

    async def _set_aside(self, message: QueueMessage) -> None:
        """Copy to the poison queue first, so that a crash in between loses nothing."""
        if self._poison is None:
            return
        facts = {"queue": self._queue.name, "message_id": message.id, "poison": self._poison.name}
        log.warning("message.poisoned", extra=facts)
        await self._poison.send_text(message.content)
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
        while not await is_set_within(self._lease / 2, done):
            await self._renew_once(message)

    async def _renew_once(self, message: QueueMessage) -> None:
        try:
            await self._queue.hide(message, self._lease)
        except AzureError as error:
            facts = {"queue": self._queue.name, "message_id": message.id, "error": repr(error)}
            log.warning("lease.not_renewed", extra=facts)
