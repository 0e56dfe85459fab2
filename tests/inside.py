"""A worker of the local host in the test's own process, where patches and captured logs reach it.

All but the process is real: what host and worker say to each other goes over their channel.
"""

from __future__ import annotations

import asyncio

from leadshare.local.host.worker.launching import App
from leadshare.local.host.worker.worker import Worker

KILLED = -9


class Inside:
    """What a worker runs in, if it is a task."""

    def __init__(self, worker: Worker, serving: asyncio.Task[None]) -> None:
        self._worker = worker
        self._serving = serving

    def kill(self) -> None:
        """End it; unlike a process that is killed, it runs what is in `finally`."""
        for task in (*self._worker.running, self._serving):
            task.cancel()

    async def wait(self) -> int:
        """Wait for its end."""
        await asyncio.wait({self._serving})
        if self._serving.cancelled():
            return KILLED
        return 1 if self._serving.exception() else 0


async def inside(app: App, port: int, secret: str) -> Inside:
    """Start a worker as a task, where the host would start a process."""
    worker = Worker(app.environment)
    serving = asyncio.create_task(worker.serve(port, secret, app.folder, app.module))
    return Inside(worker, serving)
