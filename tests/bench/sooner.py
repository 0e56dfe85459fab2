"""Bench: from a POST's answer to the CRM's acceptance, one host for each group of functions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Final

import httpx

from tests.bench import deployed, people, sink, storage
from tests.bench.report import Figure, Target
from tests.e2e import process

GROUPS: Final = ("http", "classify_touch", "work_lane", "tick")
TICK: Final = "*/30 * * * * *"
"""As in Azure, so that what is quicker than half a minute was nudged for."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Leads that come one after the other, and what is asked for."""

    name: str
    seconds: float
    count: int
    median: float
    p95: float


PACES: Final = (
    Pace("one lead a second", 1, 90, 1.5, 3.5),
    Pace("one lead a minute", 60, 8, 3, 4.5),
)
REFERENCE: Final = "a tick each 30 s; cold, users tell of up to 120 s more"
"""What is not measured here: how long the platform takes to start an instance for a queue from
nothing, as told in Azure/Azure-Functions#2581."""

OPERATIONS: Final = 16
"""Storage requests for a lead at one a second, at most; those of ticks and idle queues included."""


def sooner() -> Iterator[Figure]:
    """Seconds to the CRM, and storage requests for a lead, at each pace, warm."""
    with storage.running() as azurite, sink.running() as receiver:
        account = azurite.account()
        settings = deployed.settings(account, azurite.folder, {"quick": receiver.quick})
        settings |= {"AzureWebJobsStorage": account, "TICK_SCHEDULE": TICK}
        with process.in_groups(settings, azurite.folder, *GROUPS) as hosts:
            url = f"{hosts['http'].url}/api/leads"
            _waits(url, receiver, range(1_000_000, 1_000_001), 0)  # it builds all parts
            first = 0
            for pace in PACES:
                numbers = range(first, first + pace.count)
                first += pace.count
                before = storage.requests(azurite.log)
                waits = _waits(url, receiver, numbers, pace.seconds)
                counted = storage.requests(azurite.log) - before
                yield from _figures(pace, waits, counted.total() / pace.count)


def _waits(url: str, receiver: sink.Sink, numbers: Sequence[int], pace: float) -> list[float]:
    """POST leads at their *pace*; return the seconds of each from its answer to the CRM.

    They are taken to come in the order in which they were posted.
    """
    answered: list[float] = []
    begun = time.monotonic()
    with httpx.Client() as client:
        for index, number in enumerate(numbers):
            time.sleep(max(begun + index * pace - time.monotonic(), 0))
            client.post(url, content=people.body(number)).raise_for_status()
            answered.append(time.monotonic())
    process.until(lambda: receiver.seen() >= len(numbers), 90)
    arrived = receiver.times()
    receiver.take()
    return [one - other for one, other in zip(arrived, answered, strict=True)]


def _figures(pace: Pace, waits: list[float], operations: float) -> Iterator[Figure]:
    ours = f"median {median(waits):.2f} s of {pace.count} leads"
    p95 = quantiles(waits, n=20)[-1]
    facts = {"seconds": sorted(waits), "operations": operations}
    yield Figure(pace.name, ours, REFERENCE, median(waits), Target("at most", pace.median), facts)
    yield Figure(f"{pace.name}, p95", f"{p95:.2f} s", REFERENCE, p95, Target("at most", pace.p95))
    if pace.seconds <= 1:
        yield Figure(
            "operations for a lone lead",
            f"{operations:.1f} at one a second",
            "ticks and idle queues included",
            operations,
            Target("at most", OPERATIONS),
        )
