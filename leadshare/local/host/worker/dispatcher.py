"""Local host: have one worker at work, call functions in it, and start the next when it ends."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from leadshare.local.host.times import Times
from leadshare.local.host.worker.app import Function
from leadshare.local.host.worker.cold import Cold
from leadshare.local.host.worker.launching import App, Launch, Reply, Worker, WorkerDied

DEATHS, NEAR = 3, 1800  # so many deaths, each within so many seconds of the last, end the host

log = logging.getLogger("leadshare.local.host")


class Dispatcher:
    """Calls functions of one app, whichever worker holds it just now."""

    def __init__(
        self, app: App, launch: Launch, times: Times, end_host: Callable[[str], None]
    ) -> None:
        self._app = app
        self._launch = launch
        self._end_host = end_host
        self._grace = times.grace
        self._cold = Cold(times.cold_wait)
        self._deaths: list[float] = []
        self._worker: asyncio.Future[Worker] = asyncio.Future()
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> list[Function]:
        """Start a worker; give the functions of the app, none if it cannot be imported."""
        self._keeping = asyncio.create_task(self._keep())
        either: set[asyncio.Future[Any]] = {self._worker, self._keeping}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._keeping.done():
            self._keeping.result()
        self._keeping.add_done_callback(self._given_up)
        return (await self._worker).indexed.result()

    async def stop(self) -> None:
        """End the worker by SIGKILL, as the real host does."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        if self._worker.done():
            worker = self._worker.result()
            worker.kill()
            await worker.dead

    async def run(
        self, invocation: str, name: str, data: Any, trace: str, limit: float | None
    ) -> Reply:
        """Have a function run, by the next worker if there is none just now.

        One that takes longer than *limit* seconds has failed; there is no way to break it off but
        to kill the worker with all that runs in it.
        """
        async with self._cold.event():
            return await self._run(invocation, name, data, trace, limit)

    async def _run(
        self, invocation: str, name: str, data: Any, trace: str, limit: float | None
    ) -> Reply:
        worker = await asyncio.shield(self._worker)
        reply = worker.run(invocation, name, data, trace)
        done, _ = await asyncio.wait({reply}, timeout=limit)
        if done:
            return reply.result()
        log.warning("function.too_slow", extra={"function": name, "invocation_id": invocation})
        await asyncio.wait({reply}, timeout=self._grace)
        if not reply.done():
            worker.kill()
            await asyncio.shield(worker.dead)
        return Reply(error=f"Timeout value of {limit:g} s was exceeded by function: {name}")

    async def _keep(self) -> None:
        while True:
            worker = await self._start()
            self._worker.set_result(worker)
            code = await asyncio.shield(worker.dead)
            self._worker = asyncio.Future()
            if not worker.was_killed:
                self._count(f"the worker ended with exit code {code}")

    async def _start(self) -> Worker:
        while True:
            try:
                return await Worker.start(self._app, self._launch)
            except WorkerDied as error:
                self._count(str(error))

    def _count(self, error: str) -> None:
        """Count a death; WorkerDied if it is one too many."""
        log.error("worker.died", extra={"error": error})
        now = time.monotonic()
        if self._deaths and now - self._deaths[-1] > NEAR:
            self._deaths.clear()
        self._deaths.append(now)
        if len(self._deaths) >= DEATHS:
            raise WorkerDied(f"{DEATHS} workers died, the last of them so: {error}")

    def _given_up(self, keeping: asyncio.Task[None]) -> None:
        if not keeping.cancelled():
            self._end_host(str(keeping.exception()))
