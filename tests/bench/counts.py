"""Bench: what a report, and what is asked beside it, costs of 100,000 leads that are stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tests.bench.alone import alone
from tests.bench.report import Figure, Target
from tests.counts.asking import Costs, chores, reports, runs, searches
from tests.counts.years import Years

FEW: Final = 1_500
"""Two a day: leads on each day of both years."""
MANY: Final = 100_000

ROWS: Final = 800
SECOND: Final = 1_000


def counts() -> Iterator[Figure]:
    """A year's report beside the year before, and all else, of few leads and of many."""
    few, many = (alone(measure, leads=leads) for leads in (FEW, MANY))
    asked = [name for name in many if name.startswith("report")]
    worst = max(asked, key=lambda name: many[name]["rows"])
    slowest = max(asked, key=lambda name: many[name]["ms"])
    facts = {"few": few, "many": many}
    yield Figure(
        "rows of a year's report",
        f"{many[worst]['rows']} of {MANY:,} leads",
        f"{few[worst]['rows']} of {FEW:,} leads",
        many[worst]["rows"],
        Target("at most", ROWS),
        facts,
    )
    yield Figure(
        f"milliseconds of CPU, {slowest}",
        f"{many[slowest]['ms']} ms of {MANY:,} leads",
        f"{few[slowest]['ms']} ms of {FEW:,} leads",
        many[slowest]["ms"],
        Target("at most", SECOND),
    )
    for name, cost in many.items():
        if name not in asked:
            yield Figure(
                f"operations, {name}",
                _told(cost),
                f"{_told(few[name])}, of {FEW:,} leads",
                _operations(cost) / _operations(few[name]),
                Target("at most", GROWS.get(name, 1)),
            )


GROWS: Final = {"fold of a day": 2, "night": 20, "rebuild, dry": MANY / FEW, "find by company": 1}
"""What may be more with more leads: a day's news and days that change, and what reads all."""


async def measure(leads: int) -> Costs:
    """What all that costs with so many leads."""
    years = Years(leads)
    await years.live()
    return await reports(years) | await searches(years) | await chores(years) | await runs(years)


def _operations(cost: Mapping[str, int]) -> int:
    return sum(cost.get(kind, 0) for kind in ("get", "read", "write"))


def _told(cost: Mapping[str, int]) -> str:
    return f"{_operations(cost)} operations, {cost['rows']:,} rows, {cost['ms']:,} ms"
