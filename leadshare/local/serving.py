"""Local: run the whole app in the local host, as a process that is kept up."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import httpx
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueServiceClient

from leadshare.local.environment import ROOT
from leadshare.local.host.__main__ import ENDED

INBOX: Final = "http://127.0.0.1:7072"
"""Where leadshare.toml has the CRM inbox."""

QUEUES: Final = (
    *("touches", "touches-poison", "referrals", "referrals-poison", "outcomes", "outcomes-poison"),
    "lanes",
)
HASTE: Final = ("--message-lease", "30", "--lock-lease", "15", "--lock-look", "1")
"""What was at work when the last run was killed is soon taken up again."""


@asynccontextmanager
async def running(port: int, state: Path, storage: str, inbox_url: str) -> AsyncIterator[str]:
    """Run the host until the end of the block; yield its address."""
    toml = (ROOT / "leadshare" / "local" / "leadshare.toml").read_text(encoding="utf-8")
    configuration = state / "leadshare.toml"
    configuration.write_text(toml.replace(INBOX, inbox_url), encoding="utf-8")
    _make_queues(storage)
    settings = settings_of(port, state, storage, configuration)
    settings["SALES_CHANNEL_URL"] = f"{inbox_url}/channels/sales-channel"
    words = ["--folder", str(ROOT), "--port", str(port), *HASTE]

    async def start() -> asyncio.subprocess.Process:
        with (state / "host.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "leadshare.local.host", *words),
                env=os.environ | settings,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us alone: we stop the host, and Azurite after it.
                start_new_session=True,
            )

    process = await start()

    async def keep_up() -> None:
        """Start the host anew where it ends as the real one does, as Azure would."""
        nonlocal process
        while await process.wait() == ENDED:
            process = await start()

    keeping = asyncio.create_task(keep_up())
    url = f"http://127.0.0.1:{port}"
    try:
        await _until_ready(url, process)
        yield url
    finally:
        keeping.cancel()
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


def _make_queues(storage: str) -> None:
    """Make the queues, as `infra` does in Azure; the host warns of those that are missing."""
    with QueueServiceClient.from_connection_string(storage) as service:
        for name in QUEUES:
            with suppress(ResourceExistsError):
                service.create_queue(name)


def settings_of(port: int, state: Path, storage: str, configuration: Path) -> dict[str, str]:
    """Return the settings of the app that the host serves."""
    return {
        "LEADSHARE_STORAGE": storage,
        "AzureWebJobsStorage": storage,
        "LEADSHARE_IDENTITY_KEY": _key(state, "identity"),
        "LEADSHARE_PRIVACY_KEY": privacy_key(state),
        "LEADSHARE_CONFIGURATION": str(configuration),
        "LEADSHARE_PROOF_URL": f"http://127.0.0.1:{port}/api/leads",
        "LEADSHARE_PROOF_KEY": "no host on this machine asks for one",
        "TICK_SCHEDULE": "*/1 * * * * *",
        "TICK_BUDGET": "5",
        "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.5",
        "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1048576",
    }


async def _until_ready(url: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(600):
            if process.returncode is not None:
                raise RuntimeError("the host ended; see .leadshare/state/host.log")
            try:
                if (await client.get(f"{url}/api/health")).is_success:
                    return
            except httpx.TransportError:
                pass  # It is still starting.
            await asyncio.sleep(0.1)
    raise RuntimeError("the host did not start; see .leadshare/state/host.log")


def privacy_key(state: Path) -> str:
    """Return the key that opens persons on this machine."""
    return _key(state, "privacy")


def _key(state: Path, name: str) -> str:
    """Return a key of this machine's, made on the first run."""
    path = state / f"{name}.key"
    if not path.exists():
        path.write_text(secrets.token_hex(32))
    return path.read_text()
