"""Local: run Azurite, the Azure Storage emulator; the standard library only."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from leadshare.local import npm

VERSION: Final = "3.35.0"
"""The newest that runs on the Node of current long-term-support distributions."""

ACCOUNT: Final = "devstoreaccount1"
# Azurite's own well-known key, the same on every machine (Azurite README).
KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

_SERVICES: Final = ("blob", "queue", "table")
_PORTS: Final = range(20_000, 32_000)


@contextmanager
def running(state: Path, log: Path | None = None) -> Iterator[str]:
    """Run Azurite on free ports with its data in *state*; yield its connection string.

    On disk, for its in-memory mode freezes at a sweep; keep-alive is raised, for a pooled
    connection that idles 5 s would meet a reset (both measured on 3.35.0).
    """
    installed = npm.install("azurite", VERSION)
    ports = dict(zip(_SERVICES, free_ports(len(_SERVICES)), strict=True))
    command = [
        npm.node(),
        str(installed / "dist" / "src" / "azurite.js"),
        *("--location", str(state), "--skipApiVersionCheck", "--disableTelemetry"),
    ]
    for service, port in ports.items():
        command += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
        command += [f"--{service}KeepAliveTimeout", "120"]
    state.mkdir(parents=True, exist_ok=True)
    with (log or state / "azurite.log").open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            command,
            stdout=out,
            stderr=out,
            cwd=state,
            # Ctrl-C is not for it: it must outlive those who still write to it.
            start_new_session=True,
        )
    try:
        _wait(process, list(ports.values()))
        yield connection_string(ports)
    finally:
        # SIGTERM, for a killed Azurite loses what it has not saved yet.
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def connection_string(ports: dict[str, int]) -> str:
    """Return the connection string for Azurite on these *ports* by service."""
    endpoints = "".join(
        f"{service.capitalize()}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};"
        for service, port in ports.items()
    )
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}"


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens on, so that another Azurite is left in peace.

    They lie below those that a system gives to whoever asks for any, or a connection that
    somebody opens could have one of them before it is listened on.
    """
    return list(islice(filter(_free, random.sample(_PORTS, len(_PORTS))), number))


def _free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _wait(process: subprocess.Popen[bytes], ports: list[int]) -> None:
    """Wait until every port answers."""
    end = time.monotonic() + 60
    for port in ports:
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"Azurite ended with exit code {process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
