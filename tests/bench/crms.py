"""Bench: what batching CRMs cost: requests, and leads a second beside the same bare requests."""

from __future__ import annotations

import importlib
import logging
import math
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx

from leadshare.deliveries.delivery import Accepted, Delivery
from leadshare.destinations.base import Destination
from leadshare.destinations.crm import Crm
from tests.bench import due
from tests.bench.alone import alone
from tests.bench.report import Figure, Rounds, Target
from tests.builders import NOW
from tests.destinations.simulators.base import CALLING, Simulator

LEADS: Final = 1000
ROUNDS: Final = 3


def crms() -> Iterator[Figure]:
    """Requests and rates for each CRM whose calls take several leads."""
    for kind in CALLING:
        there = _account(kind).destination()
        if not isinstance(there, Crm) or there.batch_size == 1:
            continue
        rounds = Rounds()
        counted: dict[str, int] = {}
        for _ in range(ROUNDS):
            ours, bare, counted = alone(measure, kind=kind)
            rounds.add(ours, bare)
        least = math.ceil(LEADS / there.batch_size)
        yield Figure(
            f"requests, {kind}",
            f"{counted['writes']:,} that write, {counted['requests']:,} in all",
            f"{least:,} batches of {there.batch_size}",
            counted["writes"] / least,
            Target("at most", 1),
            {"requests": counted},
        )
        units = ("leads/s", "leads/s by the same bare requests")
        yield rounds.figure(f"leads, {kind}", units, Target("at least", 0.5))


def _account(kind: str) -> Simulator:
    made: Simulator = importlib.import_module(f"tests.destinations.simulators.{kind}").Account()
    return made


async def measure(kind: str) -> tuple[float, float, dict[str, int]]:
    """Return our rate, the bare client's, and the requests for new leads."""
    logging.disable()
    simulator = _account(kind)
    there = simulator.destination()
    first, *deliveries = [
        Delivery(record["lead"], "crm", 1, {**record, "email": f"{number}@fabrikam.example"}, NOW)
        for number, record in enumerate(due.records(LEADS + 1, NOW))
    ]
    await _deliver(there, [first])  # signs in
    simulator.requests.clear()
    simulator.writes = 0
    started = time.perf_counter()
    await _deliver(there, deliveries)
    ours = LEADS / (time.perf_counter() - started)
    sent = list(simulator.requests)
    counted = {"requests": len(sent), "writes": simulator.writes}
    return ours, await _bare(simulator, sent), counted


async def _deliver(there: Destination[Any], deliveries: list[Delivery]) -> None:
    size = there.batch_size
    for start in range(0, len(deliveries), size):
        batch = deliveries[start : start + size]
        reply = await there.deliver(batch, NOW)
        if any(not isinstance(outcome, Accepted) for outcome in reply.outcomes):
            raise RuntimeError(f"not all were accepted: {set(reply.outcomes)}")


async def _bare(simulator: Simulator, sent: list[httpx.Request]) -> float:
    """Return the rate at which a plain client makes the same requests of the same account."""
    client = simulator.destination().client
    started = time.perf_counter()
    for request in sent:
        again = client.build_request(
            request.method, request.url, content=request.content, headers=request.headers
        )
        await client.send(again)
    return LEADS / (time.perf_counter() - started)
