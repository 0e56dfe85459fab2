"""Local host: start and stop everything that an app needs to run."""

import asyncio
import ipaddress
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from aiohttp import web

from leadshare.local.host.http.kestrel import serve
from leadshare.local.host.http.keys import Keys
from leadshare.local.host.http.web import Broken, Site
from leadshare.local.host.settings.config import read_config
from leadshare.local.host.storage.client import Storage
from leadshare.local.host.timers.lock import Locks
from leadshare.local.host.timers.singleton import Job
from leadshare.local.host.timers.timers import Clock
from leadshare.local.host.worker.dispatcher import Dispatcher
from leadshare.local.host.worker.launching import App, Launch, spawn

from .errors import HostError
from .times import Times
from .wiring import Wiring, of_group

TIMES = Times()

log = logging.getLogger("leadshare.local.host")


def utc_now() -> datetime:
    """Schedules are in UTC, as in Azure."""
    return datetime.now(UTC)


class Host:
    """One app, running for the length of an `async with`; `ending` tells that it must end."""

    def __init__(  # noqa: PLR0913  # each is one thing that a test or the command line sets
        self,
        folder: str | Path,
        module: str = "function_app",
        *,
        settings: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        keys: Mapping[str, Any] | None = None,
        state: str | Path | None = None,
        clock: Clock = utc_now,
        times: Times = TIMES,
        group: str = "",
        launch: Launch = spawn,
    ) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is not a loopback address; this host serves one machine")
        self.url = ""
        self.ending = asyncio.Event()
        self._folder = Path(folder)
        self._module = module
        self._settings = os.environ if settings is None else settings
        self._address = (host, port)
        self._keys = None if keys is None else Keys(**keys)
        self._state = None if state is None else Path(state)
        self._clock = clock
        self._times = times
        self._group = group
        self._launch = launch
        self._lines: dict[str, tuple[str, str]] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:  # if the start fails, nothing is left behind
            site, jobs = await self._connect(stack)
            runner = web.ServerRunner(serve(site.handle), shutdown_timeout=self._times.drain)
            await runner.setup()
            tasks: list[asyncio.Task[None]] = []
            stack.push_async_callback(drain, runner, jobs, tasks, self._times.drain)
            await web.TCPSite(runner, *self._address).start()
            tasks += self._start(jobs)
            self.url = url_of(runner)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def describe(self) -> Iterator[str]:
        """Write a line about each function, as Core Tools does."""
        for name, (text, path) in self._lines.items():
            yield f"{name}: {text}{self.url if path else ''}{path}"

    async def _connect(self, stack: AsyncExitStack) -> tuple[Site | Broken, list[Job]]:
        """Give what answers requests, and what runs by itself.

        Where the real host would begin anew for ever, this one says once why it cannot start.
        """
        try:
            wiring = await self._wire(stack)
        except HostError as error:
            return broken(error), []
        self._lines = wiring.lines
        return Site(wiring.endpoints, self._keys, wiring.config.http), wiring.jobs

    async def _wire(self, stack: AsyncExitStack) -> Wiring:
        """Have a worker import the app, and connect its functions."""
        config = read_config(self._folder, self._settings)
        storage = Storage(config, self._times.retry_scale)
        stack.push_async_callback(storage.close)
        locks = Locks(config.settings, self._times)
        stack.push_async_callback(locks.close)
        app = App(self._folder.resolve(), self._module, {**os.environ, **self._settings})
        dispatcher = Dispatcher(app, self._launch, self._times, self._end)
        stack.push_async_callback(dispatcher.stop)
        if self._state:
            self._state.mkdir(parents=True, exist_ok=True)
        wiring = Wiring(
            config,
            storage,
            locks,
            dispatcher,
            self._times,
            self._state,
            self._clock,
            self._end,
        )
        functions = await dispatcher.start()
        wiring.connect_all(of_group(functions, self._group) if self._group else functions)
        return wiring

    def _start(self, jobs: list[Job]) -> list[asyncio.Task[None]]:
        """Run listeners and timers."""
        tasks = [asyncio.create_task(job.run()) for job in jobs]
        for task in tasks:
            task.add_done_callback(self._report)
        return tasks

    def _report(self, task: asyncio.Task[None]) -> None:
        """End if a listener or timer has died, which would be an error of this host."""
        if not task.cancelled() and task.exception():
            log.critical("host.job_died", exc_info=task.exception())
            self._end("a listener or timer died")

    def _end(self, reason: str) -> None:
        """Say, once, that this host must not go on, for *reason*."""
        if not self.ending.is_set():
            log.critical("host.ends", extra={"reason": reason})
            self.ending.set()


def broken(error: HostError) -> Broken:
    """Say as the real host does why it does not start, and give what answers instead."""
    line = f"A host error has occurred during startup operation '{uuid4()}'. {error}"
    log.error(line)
    return Broken(error.status)


def url_of(runner: web.ServerRunner) -> str:
    """Write the address that the server got."""
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def drain(
    runner: web.ServerRunner, jobs: list[Job], tasks: list[asyncio.Task[None]], seconds: float
) -> None:
    """Take no new work of any kind, and let what is running end, but not for ever."""
    for job in jobs:
        job.stop()
    await asyncio.gather(runner.cleanup(), finish(tasks, seconds))


async def finish(tasks: list[asyncio.Task[None]], seconds: float) -> None:
    """Wait for tasks; those that take too long are cancelled."""
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
