"""Local host: the command line: python -m leadshare.local.host --folder . --port 7071."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from .host import MESSAGE_LEASE, Host
from .tracing import TRACING


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m leadshare.local.host",
        description="Run a Python v2 Functions app; the environment holds its settings.",
    )
    parser.add_argument("--folder", type=Path, default=Path(), help="where host.json is")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one")
    parser.add_argument("--keys", type=Path, help="JSON with master, host and functions keys")
    parser.add_argument("--state", type=Path, help="a folder in which timers keep their status")
    parser.add_argument(
        "--message-lease",
        type=int,
        default=MESSAGE_LEASE,
        help="seconds for which a message that is worked on stays hidden",
    )
    return parser.parse_args(words)


def prepare_logging() -> None:
    """Give the root logger one handler without a formatter, as the real worker does."""
    root = logging.getLogger()
    root.addHandler(logging.StreamHandler())
    root.setLevel(logging.INFO)


async def run(arguments: argparse.Namespace) -> None:
    """Serve until a signal asks to stop; a second one ends the process at once."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(stopped.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    host = Host(
        arguments.folder,
        host=arguments.host,
        port=arguments.port,
        keys=json.loads(arguments.keys.read_text()) if arguments.keys else None,
        message_lease=arguments.message_lease,
        state=arguments.state,
    )
    async with host:
        lines = ["Functions:", *(f"  {line}" for line in host.describe())]
        sys.stdout.write("\n".join([*lines, f"Host ready on {host.url}", ""]))
        sys.stdout.flush()
        await stopped.wait()


def main() -> None:
    """Run the app in the current environment."""
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    prepare_logging()
    with TRACING.exporting(os.environ, "leadshare"):
        asyncio.run(run(read_arguments()))
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)  # a sync function that outlived its grace would hold the process for ever


if __name__ == "__main__":
    main()
