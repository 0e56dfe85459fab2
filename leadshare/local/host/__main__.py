"""Local host: the command line: python -m leadshare.local.host --folder . --port 7071."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from leadshare.local import environment

with environment.inside("leadshare.local.host"):
    from .host import Host
    from .times import Times
    from .tracing import TRACING

ENDED = 75  # where the real host stops and Azure starts it anew: sysexits' EX_TEMPFAIL


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m leadshare.local.host",
        description="Run a Python v2 Functions app; the environment holds its settings.",
        epilog=f"Exit code {ENDED} asks to be started anew, as the platform would.",
    )
    parser.add_argument("--folder", type=Path, default=Path(), help="where host.json is")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one")
    parser.add_argument("--keys", type=Path, help="JSON with master, host and functions keys")
    parser.add_argument("--state", type=Path, help="a folder in which timers keep their status")
    parser.add_argument(
        "--group", default="", help="serve only http, or one function of another kind, as Flex does"
    )
    for field in fields(Times):
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(field.default),
            default=field.default,
            help=f"{field.metadata['help']} (%(default)g)",
        )
    return parser.parse_args(words)


class Line(logging.Formatter):
    """Renders what the host itself says, with its facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, or more where an error is told."""
        facts = {name: value for name, value in vars(record).items() if name not in STANDARD}
        pairs = " ".join(f"{name}={value}" for name, value in facts.items())
        line = f"{record.levelname.lower()}: {record.getMessage()} {pairs}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


STANDARD = frozenset((*vars(logging.makeLogRecord({})), "taskName"))


def prepare_logging() -> None:
    """Let the host speak on standard error, as the worker does for the app."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


async def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal asks to stop, or the host must; a second one ends it at once."""
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
        state=arguments.state,
        times=Times(**{field.name: getattr(arguments, field.name) for field in fields(Times)}),
        group=arguments.group,
    )
    async with host:
        lines = ["Functions:", *(f"  {line}" for line in host.describe())]
        sys.stdout.write("\n".join([*lines, f"Host ready on {host.url}", ""]))
        sys.stdout.flush()
        either = [asyncio.create_task(event.wait()) for event in (stopped, host.ending)]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    return 0 if stopped.is_set() else ENDED


def main() -> None:
    """Run the app in the current environment."""
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    prepare_logging()
    with TRACING.exporting(os.environ, "leadshare"):
        code = asyncio.run(run(read_arguments()))
    sys.stdout.flush()
    sys.exit(code)


if __name__ == "__main__":
    main()
