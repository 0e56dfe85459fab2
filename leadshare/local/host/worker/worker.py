"""Local host: the worker: a process of its own, which imports the app and runs its functions.

python -m leadshare.local.host.worker.worker, started by the host; it does not die with it.
"""

import asyncio
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from leadshare.local.host.tracing import TRACING
from leadshare.local.host.worker.app import Code, imported, is_early, read_functions
from leadshare.local.host.worker.calls import call
from leadshare.local.host.worker.channel import Channel
from leadshare.local.host.worker.context import Context

THREADS = "PYTHON_THREADPOOL_THREAD_COUNT"


class Worker:
    """One app, whose functions a host calls over a channel."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._codes: dict[str, Code] = {}
        self.running: set[asyncio.Task[None]] = set()
        # The real host asks for a thousand where nothing is set.
        self._threads = ThreadPoolExecutor(int(environment.get(THREADS, "1000")))

    async def serve(self, port: int, secret: str, folder: Path, module: str) -> None:
        """Serve the host on *port*; when it has gone, do what is left to do, and end."""
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_connection(lambda: Channel(secret), "127.0.0.1", port)
        with ExitStack() as stack:
            stack.callback(self._threads.shutdown, wait=False, cancel_futures=True)
            stack.callback(channel.close)
            channel.send("indexed", *self._index(stack, folder, module))
            channel.listen(partial(self._begin, channel))
            await channel.lost.wait()
            while self.running:
                await asyncio.wait(self.running)

    def _index(
        self, stack: ExitStack, folder: Path, module: str
    ) -> tuple[list[tuple[str, str]], str]:
        """Import the app; give its functions with their bindings, or what is wrong with it."""
        try:
            app = stack.enter_context(imported(folder, module))
            self._codes = {code.name: code for code in read_functions(app)}
        except Exception:
            if is_early(self._environment):
                raise
            return [], traceback.format_exc()
        return [(code.name, json.dumps(code.bindings)) for code in self._codes.values()], ""

    def _begin(self, channel: Channel, *message: Any) -> None:
        task = asyncio.create_task(self._run(channel, *message))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _run(
        self, channel: Channel, invocation: str, name: str, data: Any, trace: str
    ) -> None:
        """Run a function and tell how it went.

        Of a CancelledError that gets out of it nothing is told, as under the real worker.
        """
        code = self._codes[name]
        try:
            answer, values = await call(code, data, Context(code, invocation, trace), self._threads)
            channel.send("done", invocation, answer, values)
            sys.stdout.flush()
        except Exception:  # noqa: BLE001  # the host logs it
            channel.send("failed", invocation, traceback.format_exc())


def prepare_logging() -> None:
    """Give the root logger one handler without a formatter, as the real worker does."""
    root = logging.getLogger()
    root.addHandler(logging.StreamHandler())
    root.setLevel(logging.INFO)


def main() -> None:
    """Serve the host that standard input tells of."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the host, which ends us
    orders = json.load(sys.stdin)
    prepare_logging()
    with TRACING.exporting(os.environ, "leadshare"):
        asyncio.run(
            Worker(os.environ).serve(
                orders["port"], orders["secret"], Path(orders["folder"]), orders["module"]
            )
        )
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)  # a sync function that ended late, or a client left open, is nobody's any more


if __name__ == "__main__":
    main()
