"""Bench: deliveries by the tick, beside bare calls and beside bare calls that also write."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
from azure.core import MatchConditions
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from leadshare.azure.table import LEADS
from leadshare.deliveries import ledger
from leadshare.deliveries.backlog import SHARE
from leadshare.deliveries.delivery import SCHEDULE, Accepted, State
from leadshare.deliveries.ledger import Attempt
from leadshare.destinations.settings import DestinationSettings
from leadshare.destinations.webhook import event
from leadshare.store.keys import PARTITIONS, under
from leadshare.store.table import TRANSACTION, Change, Row
from tests.bench import deployed, sink, storage
from tests.bench.alone import alone
from tests.bench.report import Figure, Rounds, Target

ROUNDS: Final = 5
COUNT: Final = 1600
CONCURRENCY: Final[int] = DestinationSettings.model_fields["concurrency"].default
"""Calls in flight at once, as a destination has them that asks for nothing else."""

PATIENCE: Final = timedelta(minutes=5)


def deliveries() -> Iterator[Figure]:
    """Deliveries a second by the tick, from due rows to finished ones."""
    calls, writes = Rounds(), Rounds()
    with storage.running() as azurite, sink.running() as receiver:
        for _ in range(ROUNDS):
            settings = deployed.settings(
                azurite.account(), azurite.folder, {"quick": receiver.quick}
            )
            ticked = alone(tick, settings=settings)
            called = alone(call, account=azurite.account(), url=receiver.quick)
            written = alone(call_and_write, account=azurite.account(), url=receiver.quick)
            calls.add(ticked, called)
            writes.add(ticked, written)
    unit = "deliveries/s"
    yield calls.figure("deliveries", (unit, "bare httpx calls/s"), Target("at least", 0.5))
    units = (unit, "httpx calls/s, their rows written by the SDK")
    yield writes.figure("deliveries, rows included", units, Target("at least", 0.8))


async def tick(settings: Mapping[str, str]) -> float:
    """Return how many due deliveries a tick delivers a second."""
    await deployed.owe(settings["LEADSHARE_STORAGE"], "quick", COUNT)
    ticker = await deployed.ticker(settings)
    started = time.perf_counter()
    await ticker.tick(PATIENCE)
    return COUNT / (time.perf_counter() - started)


async def call(account: str, url: str) -> float:
    """Return how many bare calls with the same bodies are made a second."""
    jobs = await _jobs(account)
    async with _client() as client:
        started = time.perf_counter()
        await _call_all(client, url, jobs)
        return COUNT / (time.perf_counter() - started)


async def call_and_write(account: str, url: str) -> float:
    """Return how many bare calls a second are made, and the same rows written in groups."""
    jobs = await _jobs(account)
    async with (
        _client() as client,
        TableServiceClient.from_connection_string(account) as service,
        service.get_table_client(LEADS) as table,
    ):
        started = time.perf_counter()
        most = SHARE * len(PARTITIONS)
        for start in range(0, COUNT, most):
            await _call_all(client, url, jobs[start : start + most])
            await _write_all(table, jobs[start : start + most])
        return COUNT / (time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class _Job:
    """One delivery: what is sent, and the operations that write down that it was."""

    partition: str
    body: bytes
    operations: list[Any]


async def _jobs(account: str) -> list[_Job]:
    """Make deliveries due as the tick would find them."""
    await deployed.owe(account, "quick", COUNT)
    async with storage.table(account, LEADS) as table:
        rows = [row for p in PARTITIONS for row in await table.read(p, *under(State.DUE))]
    return [_job(row) for row in sorted(rows, key=lambda row: row.key)]


def _job(row: Row) -> _Job:
    delivery = ledger.to_delivery(row)
    attempt = Attempt(delivery, Accepted(), delivery.owed_since, 204)
    changes = ledger.finish(row, attempt, SCHEDULE, delivery.owed_since, 0)
    return _Job(row.partition, event(delivery), [_operation(row.partition, c) for c in changes])


def _operation(partition: str, change: Change) -> Any:
    entity = {"PartitionKey": partition, "RowKey": change.key, **change.values}
    if change.kind == "delete":
        match = {"etag": change.etag, "match_condition": MatchConditions.IfNotModified}
        return ("delete", entity, match)
    if change.kind == "merge":
        return ("update", entity, {"mode": UpdateMode.MERGE})
    return ("upsert", entity, {"mode": UpdateMode.REPLACE})


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=CONCURRENCY))


async def _call_all(client: httpx.AsyncClient, url: str, jobs: Sequence[_Job]) -> None:
    waiting = iter(jobs)

    async def work() -> None:
        for job in waiting:
            headers = {"content-type": "application/json"}
            response = await client.post(url, content=job.body, headers=headers)
            response.raise_for_status()

    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))


async def _write_all(table: TableClient, jobs: Sequence[_Job]) -> None:
    groups: dict[str, list[Any]] = defaultdict(list)
    for job in jobs:
        groups[job.partition] += job.operations
    await asyncio.gather(
        *(
            table.submit_transaction(operations[start : start + _WHOLE])
            for operations in groups.values()
            for start in range(0, len(operations), _WHOLE)
        )
    )


_WHOLE: Final = TRANSACTION // 3 * 3
"""Operations of whole deliveries, three each, that fit a transaction."""
