"""What is asked of what was counted costs the same, however many leads there are."""

from __future__ import annotations

from typing import Final

from tests.counts.asking import Costs, chores, reports, searches
from tests.counts.years import Years

DAYS: Final = 60
FEW, MANY = DAYS, 4 * DAYS

SAME: Final = ("report", "idle", "find by email", "find by record")

LIVE: Final = 2 * 16
"""Rows of the last two days, one of each partition."""


async def test_costs_the_same():
    """With four times as many stored leads all is answered by the same calls, and no more rows."""
    few, many = await costs(FEW), await costs(MANY)

    assert calls(few) == calls(many)
    for name, cost in many.items():
        assert cost["rows"] <= (DAYS + 1 + LIVE if name.startswith("report") else 2), name


async def costs(leads: int) -> Costs:
    """What all costs of so many leads."""
    years = Years(leads, DAYS)
    await years.live()
    told = await reports(years) | await searches(years) | await chores(years)
    return {name: cost for name, cost in told.items() if name.startswith(SAME)}


def calls(costs: Costs) -> dict[str, dict[str, int]]:
    """The calls that all cost."""
    return {
        name: {kind: cost[kind] for kind in ("get", "read", "write")}
        for name, cost in costs.items()
    }
