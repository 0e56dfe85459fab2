"""Bench: run one function in a fresh process, so that nothing else weighs on what it measures."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar

ROOT: Final = Path(__file__).resolve().parents[2]


T = TypeVar("T")


def alone(function: Callable[..., Awaitable[T]], **arguments: Any) -> T:
    """Return what *function* returns in a process of its own; all that goes over is JSON."""
    name = f"{function.__module__}:{function.__qualname__}"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "tests.bench.alone", name],
        input=json.dumps(arguments),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        check=True,
    )
    result: T = json.loads(done.stdout)
    return result


def main() -> None:
    """Run the function that the command line names; its arguments come in on standard input."""
    module, _, name = sys.argv[1].partition(":")
    function = getattr(importlib.import_module(module), name)
    measured = asyncio.run(function(**json.load(sys.stdin)))
    sys.stdout.write(json.dumps(measured))
    sys.stdout.flush()
    os._exit(0)  # the app never closes its clients, and they would complain


if __name__ == "__main__":
    main()
