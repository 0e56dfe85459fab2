"""Bench: storage operations, counted from the emulator's access log."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from leadshare.azure import table as tables
from leadshare.times import utc_now
from tests.bench import deployed, due, load, sink, storage
from tests.bench.alone import alone
from tests.bench.report import Figure, Target
from tests.e2e import process

LEADS: Final = 1000
TICK: Final = 10
"""Seconds between ticks: three times as many as in production, where each costs the same."""

IDLE: Final = 2 * TICK
"""Seconds for which idle polling is counted."""

FEW: Final = 1_000
MANY: Final = 100_000


def operations() -> Iterator[Figure]:
    """Operations for a new lead with one delivery, under a load of leads through the host."""
    with storage.running() as azurite, sink.running() as receiver:
        settings = deployed.settings(azurite.account(), azurite.folder, {"quick": receiver.quick})
        settings["TICK_SCHEDULE"] = f"*/{TICK} * * * * *"
        with process.running(settings, azurite.folder / "host.log") as host:
            process.until(lambda: '"tick.done"' in host.said(), 2 * TICK)
            before = storage.requests(azurite.log)
            time.sleep(IDLE)
            idle = storage.requests(azurite.log) - before
            before, started = idle + before, time.monotonic()
            alone(load.post, url=f"{host.url}/api/leads", count=LEADS)
            process.until(lambda: receiver.seen() >= LEADS, 300)
        seconds = time.monotonic() - started
        counted = storage.requests(azurite.log) - before
    polling = idle.total() / IDLE * seconds / LEADS
    yield Figure(
        "operations for a lead",
        f"{counted.total():,} for {LEADS:,} leads in {seconds:.0f} s",
        f"idle {idle.total() / IDLE:.2f}/s, {polling:.2f} of the result",
        counted.total() / LEADS,
        Target("at most", 6),
        {
            "per_lead": {kind: count / LEADS for kind, count in counted.most_common()},
            "per_idle_second": {kind: count / IDLE for kind, count in idle.most_common()},
        },
    )


def idle() -> Iterator[Figure]:
    """Operations of a tick that finds nothing due, with few and with many deliveries finished."""
    with storage.running() as azurite:
        few, many = (
            _idle_tick(azurite.account(), azurite.folder, azurite.log, count)
            for count in (FEW, MANY)
        )
    yield Figure(
        "operations of an idle tick",
        f"{sum(many.values())} with {MANY:,} finished",
        f"{sum(few.values())} with {FEW:,} finished",
        sum(many.values()) / sum(few.values()),
        Target("equal", 1),
        {"few": few, "many": many},
    )


def _idle_tick(account: str, folder: Path, log: Path, finished: int) -> dict[str, int]:
    asyncio.run(_finish(account, finished))
    settings = deployed.settings(account, folder, {"quick": "http://127.0.0.1:1"})
    return alone(tick, settings=settings, log=str(log))


async def _finish(account: str, count: int) -> None:
    """Leave *count* finished deliveries in the table."""
    now = utc_now()
    async with storage.table(account, tables.LEADS) as table:
        units = due.due(due.records(count, now), "quick", now)
        await storage.fill(table, due.finished(units, now))


async def tick(settings: Mapping[str, str], log: str) -> dict[str, int]:
    """Return the requests of one tick by kind."""
    ticker = await deployed.ticker(settings)
    await ticker.tick(timedelta(seconds=10))  # the first makes the lane
    before = storage.requests(Path(log))
    await ticker.tick(timedelta(seconds=10))
    counted: Counter[str] = storage.requests(Path(log)) - before
    return dict(counted)
