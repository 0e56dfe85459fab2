"""Local: what the words after `run` mean, told before anything is installed; standard library."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

PORT: Final = 7071
INBOX_PORT: Final = 7072
_PORTS: Final = range(1, 2**16)


def read(words: Sequence[str]) -> argparse.Namespace:
    """Read *words*; on a slip end with exit code 2 and a line that tells it."""
    options = parser().parse_args(words)
    if options.inbox_port == options.port:
        parser().error(f"argument --inbox-port: {options.port} is --port; expected another")
    return options


def parser() -> argparse.ArgumentParser:
    """Return what the words mean."""
    parser = argparse.ArgumentParser(
        prog="python -m leadshare.local run",
        description="Take sample leads from the POST to the CRM, show it, and go on serving.",
    )
    parser.add_argument("--port", type=_port, default=PORT, help=f"what takes leads: {PORT}")
    parser.add_argument(
        "--inbox-port",
        type=_port,
        help=f"what shows the first page and the CRM inbox: {INBOX_PORT}, or the next that is free",
    )
    parser.add_argument("--once", action="store_true", help="end by itself, 0 if all is well")
    parser.add_argument("--fresh", action="store_true", help="forget earlier runs first")
    return parser


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else 0
    if port not in _PORTS:
        raise argparse.ArgumentTypeError(f"{text} is no port; expected 1 to {_PORTS[-1]}")
    return port
