"""The local host as a process of its own, which can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self, TypeVar

ROOT: Final = Path(__file__).resolve().parents[2]
READY: Final = "Host ready on "
QUEUES: Final = "AzureFunctionsJobHost__extensions__queues__"
"""host.json's settings of queues, as app settings that override them."""

OURS: Final = ("AZUREWEBJOBS", "AZUREFUNCTIONSJOBHOST", "LEADSHARE_", "TICK_", "LANE_")

T = TypeVar("T")


class Host:
    """One host process; `url` is where it listens."""

    def __init__(self, settings: Mapping[str, str], log: Path, *options: str) -> None:
        command = [sys.executable, "-m", "leadshare.local.host", "--folder", str(ROOT)]
        inherited = {n: v for n, v in os.environ.items() if not n.upper().startswith(OURS)}
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                [*command, "--port", "0", *options],
                cwd=ROOT,
                env={**inherited, **settings},
                stdout=out,
                stderr=out,
            )
        self.url = ""

    def wait(self) -> Self:
        """Wait until it serves."""
        self.url = until(self._announced, 30)
        return self

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it by SIGTERM; if it does not listen, by SIGKILL."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()

    def said(self) -> str:
        """Return what it has logged."""
        return self._log.read_text(errors="replace")

    def _announced(self) -> str:
        said, code = self.said(), self._process.poll()
        assert code is None, f"the host ended with {code}:\n{said}"
        line = next((line for line in said.splitlines() if line.startswith(READY)), "")
        return line.removeprefix(READY)


@contextmanager
def running(settings: Mapping[str, str], log: Path, *options: str) -> Iterator[Host]:
    """Run a host until the end of the block."""
    host = Host(settings, log, *options)
    try:
        yield host.wait()
    finally:
        host.stop()


def quick(storage: str, configuration: Path) -> dict[str, str]:
    """Return settings under which everything happens in seconds."""
    return {
        "LEADSHARE_STORAGE": storage,
        "LEADSHARE_IDENTITY_KEY": "an identity key for end-to-end tests",
        "LEADSHARE_CONFIGURATION": str(configuration),
        "TICK_SCHEDULE": "* * * * * *",
        "TICK_BUDGET": "5",
        f"{QUEUES}maxPollingInterval": "00:00:00.2",
        f"{QUEUES}visibilityTimeout": "00:00:01",
    }


def until(condition: Callable[[], T], seconds: float = 20) -> T:
    """Wait until *condition* gives something true, and return it."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"still not so after {seconds:g} s"
        time.sleep(0.05)
    return found
