"""Counts: what is counted, by what, and how long something took as a bucket of a histogram."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from leadshare.playbook import Category

Number = int | Decimal
Cells = Mapping[str, Number]
"""Numbers by their measure: whole ones, and exact sums of money."""

DIMENSIONS: Final = ("listing", "kind", "campaign", "storefront", "destination", "country")
"""By what a report can be: one of them at a time, for one-dimensional tallies are kept."""

NONE: Final = "none"
"""The value of a dimension of which nothing is told."""

OTHER: Final = "other"
"""The value where what was told may be a customer's words."""

DEPARTED: Final = "departed"
"""The value of country, campaign and destination once the lead was erased or its time was up."""


class Measure(StrEnum):
    """What is counted: on its own day, but for what begins with `then_`."""

    TOUCHES = "touches"
    """Touches of customers; no repeats, and none of the following."""
    REPEATS = "repeats"
    TESTS = "tests"
    INTERNALS = "internals"
    BLANKS = "blanks"
    NO_CONTACTS = "no_contacts"
    CONTACTS = "contacts"
    """Contacts that are new, with the lead by which they came."""
    LEADS = "leads"
    """Normal leads, on the day of their first touch."""
    SALES_READY = "sales_ready"
    CALLED = "called"
    """Leads of which there is a first sign of a person."""
    OPPORTUNITIES = "opportunities"
    """Leads that have been one, or were won."""
    WON = "won"
    LOST = "lost"
    """Both as the lead stands now, on the day since when its source says so."""
    UNROUTED = "unrouted"
    """Leads that nobody takes now, on the day since when."""
    DELIVERED = "delivered"
    """Deliveries that were accepted for the first time."""
    PARKED = "parked"
    """Deliveries that were parked, each time; none of a worklist."""
    DEPARTED = "departed"
    """Leads that were erased or whose time was up, on the day when."""
    THEN_SALES_READY = "then_sales_ready"
    """From here on: on the day of the lead's first touch, what came of it until now."""
    THEN_CALLED = "then_called"
    """Of those that became sales-ready."""
    THEN_OPPORTUNITY = "then_opportunity"
    THEN_WON = "then_won"
    THEN_LOST = "then_lost"


BY_CATEGORY: Final = {
    Category.NORMAL: Measure.TOUCHES,
    Category.TEST: Measure.TESTS,
    Category.INTERNAL: Measure.INTERNALS,
    Category.BLANK: Measure.BLANKS,
    Category.NO_CONTACT: Measure.NO_CONTACTS,
}
"""What a touch is counted as that is no repeat."""

TOUCHED: Final = frozenset({*BY_CATEGORY.values(), Measure.REPEATS})
"""What is counted of touches, whatever became of their lead."""

CALLED_IN: Final = "called_in"
"""The histogram of how long it took from sales-ready to the first sign of a person."""

ACCEPTED_IN: Final = "accepted_in"
"""The histogram of how long it took from a touch until a destination had accepted its lead."""

_PER_DOUBLING: Final = 8
"""Buckets from any time to twice that: each is 9.1 % wide, so a quantile is right within 4.5 %."""


def bucket(histogram: str, took: timedelta) -> str:
    """Return the measure of what took so long in a *histogram*; below a second is a second."""
    seconds = max(took.total_seconds(), 1.0)
    return f"{histogram}:{math.floor(math.log2(seconds) * _PER_DOUBLING)}"


def quantile(cells: Cells, histogram: str, share: float) -> float | None:
    """Return the seconds within which a *share* of all in a *histogram* were; None of none."""
    counts = sorted(
        (int(name.removeprefix(f"{histogram}:")), int(number))
        for name, number in cells.items()
        if name.startswith(f"{histogram}:") and number > 0
    )
    left = share * sum(number for _, number in counts)
    for at, number in counts:
        left -= number
        if left <= 0:
            return math.pow(2, (at + 0.5) / _PER_DOUBLING)
    return None


UNKNOWN_CURRENCY: Final = "XXX"
"""ISO 4217's code of no currency: where the source tells none."""


def money(stage: str, currency: str) -> tuple[str, str]:
    """Return the measures of sums in a *currency* of what is at a *stage*, and of how many."""
    name = currency or UNKNOWN_CURRENCY
    return f"{stage} {name}", f"{stage}/{name}"


def is_sum(measure: str) -> bool:
    """Say whether a *measure* is a sum of money, which is exact and of one currency."""
    return " " in measure
