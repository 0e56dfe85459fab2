"""Local host: start a worker, talk to it, and see its end."""

import asyncio
import json
import logging
import secrets
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from leadshare.local.host.worker.app import Function, is_early
from leadshare.local.host.worker.channel import Channel, Coded

ROOT = Path(__file__).resolve().parents[4]
log = logging.getLogger("leadshare.local.host")
T = TypeVar("T")

CONNECT, INDEX, INDEX_EARLY = 60, 30, 10  # seconds that the real host grants


class WorkerDied(Exception):
    """A worker ended, or said nothing in time."""


@dataclass(frozen=True)
class App:
    """What a worker is to run, in which environment."""

    folder: Path
    module: str
    environment: Mapping[str, str]


class Process(Protocol):
    """What a worker runs in."""

    def kill(self) -> None:
        """End it without a word."""

    async def wait(self) -> int:
        """Wait for its end; give its exit code."""


Launch = Callable[[App, int, str], Awaitable[Process]]
"""Starts a worker for an app, which is to come to a port and say a secret there."""


async def spawn(app: App, port: int, secret: str) -> Process:
    """Start a worker as a process of its own, told where to come by its standard input."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leadshare.local.host.worker.worker"),
        stdin=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=app.environment,
    )
    orders = {"port": port, "secret": secret, "folder": str(app.folder), "module": app.module}
    if process.stdin is not None:
        process.stdin.write(json.dumps(orders).encode())
        process.stdin.close()
    return process


@dataclass(frozen=True)
class Reply:
    """What came of an invocation: an answer and what goes to queues, or what went wrong."""

    answer: Any = None
    values: Mapping[str, Coded] = field(default_factory=dict)
    error: str = ""


class Worker:
    """One worker at work, until `dead` gives its exit code."""

    def __init__(self, process: Process, dead: asyncio.Task[int], channel: Channel) -> None:
        self.dead = dead
        self.was_killed = False
        self.indexed: asyncio.Future[list[Function]] = asyncio.Future()
        self._process = process
        self._channel = channel
        self._running: dict[str, asyncio.Future[Reply]] = {}
        channel.listen(self._received)
        dead.add_done_callback(self._fail)

    @classmethod
    async def start(cls, app: App, launch: Launch) -> "Worker":
        """Start a worker, and wait until it has imported the app; else WorkerDied."""
        loop, secret = asyncio.get_running_loop(), secrets.token_hex(16)
        opened: asyncio.Future[Channel] = loop.create_future()
        server = await loop.create_server(
            lambda: Channel(secret, opened.set_result), "127.0.0.1", 0
        )
        process = await launch(app, server.sockets[0].getsockname()[1], secret)
        dead = asyncio.create_task(process.wait())
        try:
            worker = cls(process, dead, await _within(CONNECT, opened, dead))
            limit = INDEX_EARLY if is_early(app.environment) else INDEX
            await _within(limit, worker.indexed, dead)
        except BaseException:
            with suppress(ProcessLookupError):  # it may have ended by itself
                process.kill()
            await dead
            raise
        finally:
            server.close()
        return worker

    def run(self, invocation: str, name: str, data: Any, trace: str) -> asyncio.Future[Reply]:
        """Have a function run; the reply comes whatever becomes of it, but for a CancelledError."""
        reply: asyncio.Future[Reply] = asyncio.Future()
        self._running[invocation] = reply
        if self.dead.done():
            self._fail(self.dead)
        self._channel.send(invocation, name, data, trace)
        return reply

    def kill(self) -> None:
        """End it with all that runs in it."""
        self.was_killed = True
        with suppress(ProcessLookupError):  # it has just ended by itself
            self._process.kill()

    def _received(self, kind: str, *rest: Any) -> None:
        if kind == "indexed":
            found, error = rest
            if error:
                log.error("worker.failed_to_index_functions", extra={"error": error})
            self.indexed.set_result([Function(name, json.loads(parts)) for name, parts in found])
            return
        invocation, *parts = rest
        if awaited := self._running.pop(invocation, None):  # not if it was failed with all others
            awaited.set_result(Reply(*parts) if kind == "done" else Reply(error=parts[0]))

    def _fail(self, dead: asyncio.Task[int]) -> None:
        """Fail what runs in it, for it has ended."""
        if dead.cancelled():  # the host's loop ends
            return
        error = f"The worker ended with exit code {dead.result()}"
        for reply in self._running.values():
            reply.set_result(Reply(error=error))
        self._running.clear()
        self._channel.close()


async def _within(seconds: float, wanted: asyncio.Future[T], dead: asyncio.Task[int]) -> T:
    """Wait for what a worker is to do, but neither for ever nor for the dead."""
    either: set[asyncio.Future[Any]] = {wanted, dead}
    await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if wanted.done():
        return wanted.result()
    if dead.done():
        raise WorkerDied(f"the worker ended with exit code {dead.result()}")
    raise WorkerDied(f"the worker said nothing within {seconds} s")
