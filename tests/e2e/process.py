"""The local host as a process of its own, which can be killed; its worker outlives that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Self, TypeVar

from leadshare.local import azurite
from leadshare.local.host.__main__ import ENDED

ROOT: Final = Path(__file__).resolve().parents[2]
READY: Final = "Host ready on "
QUEUES: Final = "AzureFunctionsJobHost__extensions__queues__"
"""host.json's settings of queues, as app settings that override them."""

LOCK: Final = ("--lock-lease", "15", "--lock-look", "0.2")
"""The shortest lease that storage gives, and a host that waits for it impatiently."""

OURS: Final = ("AZUREWEBJOBS", "AZUREFUNCTIONSJOBHOST", "LEADSHARE_", "TICK_", "LANE_")

T = TypeVar("T")


class Host:
    """One host process; `url` is where it listens."""

    def __init__(
        self, settings: Mapping[str, str], log: Path, *options: str, folder: Path = ROOT
    ) -> None:
        command = [sys.executable, "-m", "leadshare.local.host", "--folder", str(folder)]
        inherited = {n: v for n, v in os.environ.items() if not n.upper().startswith(OURS)}
        self._command = [*command, "--port", "0", *LOCK, *options]
        self._environment = {**inherited, **settings}
        self._log = log
        self._log.write_bytes(b"")
        self._process = self._started()
        self.url = ""
        self.starts = 1

    def _started(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603 - our own arguments
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=out,
                stderr=out,
                process_group=0,
            )

    def keep_up(self) -> None:
        """Start it anew whenever it ends where the real host does, as Azure would."""
        while self._process.wait() == ENDED:
            self._process = self._started()
            self.starts += 1

    def wait(self) -> Self:
        """Wait until it serves."""
        self.url = until(self._announced, 30)
        return self

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._process.kill()
        self._process.wait()

    def crash(self) -> None:
        """End it by SIGKILL together with its worker, as where a machine dies."""
        os.killpg(self._process.pid, signal.SIGKILL)
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


@contextmanager
def kept_up(settings: Mapping[str, str], log: Path, *options: str) -> Iterator[Host]:
    """Run a host until the end of the block, on one port, however often it must be started."""
    [port] = azurite.free_ports(1)
    with running(settings, log, "--port", str(port), *options) as host:
        keeping = threading.Thread(target=host.keep_up)
        keeping.start()
        yield host
        host.stop()
        keeping.join()


@contextmanager
def in_groups(settings: Mapping[str, str], folder: Path, *groups: str) -> Iterator[dict[str, Host]]:
    """Run a host for each group of functions until the end of the block."""
    with ExitStack() as stack:
        yield {
            group: stack.enter_context(running(settings, folder / f"{group}.log", "--group", group))
            for group in groups
        }


def quick(storage: str, configuration: Path) -> dict[str, str]:
    """Return settings under which everything happens in seconds."""
    return {
        "AzureWebJobsStorage": storage,
        "LEADSHARE_STORAGE": storage,
        "LEADSHARE_IDENTITY_KEY": "an identity key for end-to-end tests",
        "LEADSHARE_CONFIGURATION": str(configuration),
        "TICK_SCHEDULE": "* * * * * *",
        "TICK_BUDGET": "5",
        f"{QUEUES}maxPollingInterval": "00:00:00.2",
        f"{QUEUES}visibilityTimeout": "00:00:01",
    }


def until(condition: Callable[[], T], seconds: float = 20) -> T:
    """Wait until *condition* gives something true, and return it.

    Where a look takes long it is taken less often: it keeps what it waits for from its work.
    """
    end = time.monotonic() + seconds
    while True:
        begun = time.monotonic()
        if found := condition():
            return found
        looked = time.monotonic()
        assert looked < end, f"still not so after {seconds:g} s"
        time.sleep(min(max(0.05, 3 * (looked - begun)), 1))
