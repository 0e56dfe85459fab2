"""Local host: run a timer in this host while no other does."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from azure.core.exceptions import AzureError

from leadshare.local.host.storage.client import status_of
from leadshare.local.host.timers.lock import Lock
from leadshare.local.host.times import Times
from leadshare.local.host.waiting import is_set_within

SHORTEST_RENEWAL = 1  # seconds
SERVER_ERROR = 500

log = logging.getLogger("leadshare.local.host")


class Job(Protocol):
    """What runs until it is told to stop."""

    async def run(self) -> None:
        """Run."""

    def stop(self) -> None:
        """Begin nothing more."""


class Singleton:
    """Runs a job for as long as it has its lock, as SingletonListener of the WebJobs SDK does.

    What is wrong with storage at the start, and a lock that cannot be kept, end the host.
    """

    def __init__(self, job: Job, lock: Lock, times: Times, end_host: Callable[[str], None]) -> None:
        self._job = job
        self._lock = lock
        self._times = times
        self._end_host = end_host
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Wait for the lock, then run the job; what runs when it is broken off keeps the lock."""
        if not await self._is_mine():
            return
        renewing = asyncio.create_task(self._renew())
        try:
            if not self._stopping.is_set():
                await self._job.run()
        finally:
            renewing.cancel()
        await self._lock.release()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()
        self._job.stop()

    async def _is_mine(self) -> bool:
        """Look for the lock until it is ours; False if told to stop first."""
        try:
            mine = await self._lock.acquire()
        except AzureError as error:
            self._end_host(f"the lock of a timer could not be read: {error!r}")
            return False
        while not mine:
            if await is_set_within(self._times.lock_look, self._stopping):
                return False
            try:
                mine = await self._lock.acquire()
            except AzureError as error:
                log.warning("lock.unreachable", extra={"error": repr(error)})
        return True

    async def _renew(self) -> None:
        """Renew at half time; sooner and sooner while storage has errors of its own."""
        half = wait = self._times.lock_lease / 2
        while True:
            await asyncio.sleep(wait)
            try:
                await self._lock.renew()
                wait = half
            except AzureError as error:
                if (status_of(error) or 0) < SERVER_ERROR:
                    self._end_host(f"the lock of a timer is lost: {error!r}")
                    return
                log.warning("lock.not_renewed", extra={"error": repr(error)})
                wait = max(wait / 2, SHORTEST_RENEWAL)
