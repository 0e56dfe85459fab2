"""Local host: start and stop everything that an app needs to run."""

import asyncio
import ipaddress
import logging
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from .app import imported, read_functions
from .config import read_config
from .keys import Keys
from .queues import Listener
from .storage import Storage
from .timers import Clock, Timer
from .web import Site, make_request
from .wiring import Wiring

MESSAGE_LEASE = 600  # seconds, as in the real host
DRAIN = 10  # seconds that running invocations get when the host stops

Job = Listener | Timer

log = logging.getLogger("leadshare.local.host")


def utc_now() -> datetime:
    """Schedules are in UTC, as in Azure."""
    return datetime.now(UTC)


class Host:
    """One app, running for the length of an `async with`."""

    def __init__(  # noqa: PLR0913  # each is one thing that a test or the command line sets
        self,
        folder: str | Path,
        module: str = "function_app",
        *,
        settings: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        keys: Mapping[str, Any] | None = None,
        message_lease: int = MESSAGE_LEASE,
        state: str | Path | None = None,
        clock: Clock = utc_now,
    ) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is not a loopback address; this host serves one machine")
        self.url = ""
        self._folder = Path(folder)
        self._module = module
        self._settings = os.environ if settings is None else settings
        self._address = (host, port)
        self._keys = None if keys is None else Keys(**keys)
        self._lease = message_lease
        self._state = None if state is None else Path(state)
        self._clock = clock
        self._lines: dict[str, tuple[str, str]] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:  # if the start fails, nothing is left behind
            wiring = self._wire(stack)
            site = Site(wiring.endpoints, self._keys)
            server = web.Server(site.handle, request_factory=make_request, access_log=None)
            runner = web.ServerRunner(server, shutdown_timeout=DRAIN)
            await runner.setup()
            tasks: list[asyncio.Task[None]] = []
            stack.push_async_callback(drain, runner, wiring.jobs, tasks)
            await web.TCPSite(runner, *self._address).start()
            tasks += start(wiring.jobs)
            self.url = url_of(runner)
            self._lines = wiring.lines
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

    def _wire(self, stack: AsyncExitStack) -> Wiring:
        """Import the app and connect its functions."""
        config = read_config(self._folder, self._settings)
        storage = Storage(self._settings, base64_encoded=config.queues.base64)
        stack.push_async_callback(storage.close)
        threads = ThreadPoolExecutor(
            int(self._settings.get("PYTHON_THREADPOOL_THREAD_COUNT", "1000")),  # as the real host
        )
        stack.callback(threads.shutdown, wait=False, cancel_futures=True)
        if self._state:
            self._state.mkdir(parents=True, exist_ok=True)
        wiring = Wiring(
            self._settings, config, storage, threads, self._lease, self._state, self._clock
        )
        module = stack.enter_context(imported(self._folder, self._module))
        wiring.connect_all(read_functions(module))
        return wiring


def url_of(runner: web.ServerRunner) -> str:
    """Write the address that the server got."""
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def start(jobs: list[Job]) -> list[asyncio.Task[None]]:
    """Run listeners and timers."""
    tasks = [asyncio.create_task(job.run()) for job in jobs]
    for task in tasks:
        task.add_done_callback(report)
    return tasks


async def drain(runner: web.ServerRunner, jobs: list[Job], tasks: list[asyncio.Task[None]]) -> None:
    """Take no new work of any kind, and let what is running end, but not for ever."""
    for job in jobs:
        job.stop()
    await asyncio.gather(runner.cleanup(), finish(tasks))


async def finish(tasks: list[asyncio.Task[None]]) -> None:
    """Wait for tasks; those that take too long are cancelled."""
    if tasks:
        await asyncio.wait(tasks, timeout=DRAIN)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def report(task: asyncio.Task[None]) -> None:
    """Say that a listener or timer has died, which would be an error of this host."""
    if not task.cancelled() and task.exception():
        log.critical("host.job_died", exc_info=task.exception())
