"""Bench: the app's own parts, built as in production, with destinations on loopback."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from leadshare.app import build as wiring
from leadshare.azure.table import LEADS, STATE
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.tick import Ticker
from leadshare.errors import Conflict
from leadshare.store.keys import LANE
from leadshare.store.lease import to_row
from leadshare.store.table import Change
from leadshare.telemetry import logs
from leadshare.times import utc_now
from tests.bench import due, storage
from tests.bench.sink import SECRET

_DESTINATION: Final = """
[[destination]]
type = "webhook"
name = "{name}"
url = "{url}"
secret = "HOOK"
"""


def settings(account: str, folder: Path, destinations: Mapping[str, str]) -> dict[str, str]:
    """Return the app settings of a deployment with these *destinations*, by name their address."""
    file = folder / f"{'-'.join(destinations)}.toml"
    file.write_text(
        "".join(_DESTINATION.format(name=name, url=url) for name, url in destinations.items())
    )
    return {
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "LEADSHARE_STORAGE": account,
        "LEADSHARE_IDENTITY_KEY": due.KEY,
        "LEADSHARE_CONFIGURATION": str(file),
        "HOOK": SECRET,
    }


async def ticker(settings: Mapping[str, str]) -> Ticker:
    """Build the ticker, and log as a worker does, to nowhere."""
    root = logging.getLogger()
    root.addHandler(logging.FileHandler(os.devnull))
    root.setLevel(logging.INFO)
    logs.install()
    deployment = await wiring.build(settings, wiring.ROOT)
    return deployment.configured().ticker


async def owe(account: str, destination: str, count: int, first: int = 0) -> None:
    """Make *count* deliveries due."""
    now = utc_now()
    async with storage.table(account, LEADS) as table:
        await storage.fill(table, due.due(due.records(count, now, first), destination, now))


async def free(account: str, destination: str) -> None:
    """Forget the lane of *destination*, so that no breaker keeps it from being tried."""
    async with storage.table(account, STATE) as state:
        with suppress(Conflict):
            await state.write(LANE, [Change("delete", destination)])


async def works(account: str, destination: str) -> None:
    """Have *destination* known for one that took leads just now, and was asked today."""
    now = utc_now()
    async with storage.table(account, STATE) as state:
        row = to_row(Lane(accepted_at=now, checked_at=now))
        await state.write(LANE, [Change("upsert", destination, row)])
