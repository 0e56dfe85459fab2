"""Bench: leads taken by the local host, beside messages sent through the SDK alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.bench import load, storage
from tests.bench.alone import alone
from tests.bench.report import Figure, Rounds, Target
from tests.e2e import process

ROUNDS: Final = 5
COUNT: Final = 2000


def intake() -> Iterator[Figure]:
    """Leads accepted a second through the host with its queue functions off."""
    rounds = Rounds()
    with storage.running() as azurite:
        for _ in range(ROUNDS):
            account = azurite.account()
            settings = _settings(account)
            with process.running(settings, azurite.folder / "host.log") as host:
                ours = alone(load.post, url=f"{host.url}/api/leads", count=COUNT)
            rounds.add(ours, alone(load.send, storage=account, count=COUNT))
    units = ("leads/s accepted", "messages/s sent by the SDK")
    yield rounds.figure("intake", units, Target("at least", 0.8))


def _settings(account: str) -> dict[str, str]:
    off = {f"AzureWebJobs.{name}.Disabled": "true" for name in _OFF}
    return {"LEADSHARE_STORAGE": account, "TICK_SCHEDULE": "0 0 0 1 1 *", **off}


_OFF: Final = ("classify_touch", "work_lane", "tick")
