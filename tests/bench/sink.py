"""Bench: a receiver on loopback in a process of its own, quick at one address, slow at another."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx
from aiohttp import web

from tests.bench.alone import ROOT

SECRET: Final = "whsec_bGVhZHNoYXJlIGJlbmNobWFya3MgYXQgbG9vcGJhY2s="  # noqa: S105 - guards nothing
"""What events are signed with here."""

SLOW: Final = 2.0
"""Seconds that the slow address takes for an answer."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A running receiver."""

    url: str

    @property
    def quick(self) -> str:
        """The address that answers at once."""
        return f"{self.url}/quick"

    @property
    def slow(self) -> str:
        """The address that takes its time."""
        return f"{self.url}/slow"

    @property
    def named(self) -> str:
        """The address that answers at once, and remembers what each event is about."""
        return f"{self.url}/named"

    def named_times(self) -> dict[str, float]:
        """Return when the first event about each listing came, by the clock of `times`."""
        return dict(httpx.get(f"{self.url}/seen").json()["named"])

    def seen(self) -> int:
        """Return how many requests have come to the quick address since they were taken."""
        return int(httpx.get(f"{self.url}/seen").json()["count"])

    def times(self) -> list[float]:
        """Return when each of them came, by the clock that all processes here share."""
        return list(httpx.get(f"{self.url}/seen").json()["times"])

    def take(self) -> tuple[int, float]:
        """Return how many these are and the seconds from first to last, and forget them."""
        taken = httpx.delete(f"{self.url}/seen").json()
        return taken["count"], taken["seconds"]


@contextmanager
def running() -> Iterator[Sink]:
    """Run a receiver until the end of the block."""
    command = [sys.executable, "-m", "tests.bench.sink"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own arguments
    try:
        yield Sink(process.stdout.readline().strip() if process.stdout else "")
    finally:
        process.terminate()
        process.wait()


class _Receiver:
    def __init__(self) -> None:
        self._times: list[float] = []
        self._named: dict[str, float] = {}

    async def named(self, request: web.Request) -> web.Response:
        told = json.loads(await request.read())
        self._named.setdefault(told["data"]["listing"], time.monotonic())
        return web.Response(status=204)

    async def quick(self, request: web.Request) -> web.Response:
        await request.read()
        self._times.append(time.monotonic())
        return web.Response(status=204)

    async def slow(self, request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(SLOW)
        return web.Response(status=204)

    async def seen(self, _: web.Request) -> web.Response:
        seconds = self._times[-1] - self._times[0] if self._times else 0
        told = {
            "count": len(self._times),
            "seconds": seconds,
            "times": self._times,
            "named": self._named,
        }
        return web.json_response(told)

    async def take(self, request: web.Request) -> web.Response:
        taken = await self.seen(request)
        self._times.clear()
        self._named.clear()
        return taken


async def _serve() -> None:
    receiver, stopped = _Receiver(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    app = web.Application()
    app.router.add_post("/quick", receiver.quick)
    app.router.add_post("/named", receiver.named)
    app.router.add_post("/slow", receiver.slow)
    app.router.add_get("/seen", receiver.seen)
    app.router.add_delete("/seen", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write("http://{}:{}\n".format(*runner.addresses[0]))
    sys.stdout.flush()
    await stopped.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve())
