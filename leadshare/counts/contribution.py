"""Counts: what one lead, or one delivery, adds to all that is counted; a column holds it."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from leadshare.counts.measures import DEPARTED, Cells, Measure, Number, is_sum
from leadshare.store.table import to_json
from leadshare.times import EPOCH

QUARTER: Final = timedelta(minutes=15)
"""Times are kept to this: all zones are whole quarters of an hour apart from UTC."""

Of = Mapping[str, tuple[str, ...]]
"""What something is of, by dimension: of one value each, but that a lead may go to several
destinations."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one thing adds to what is counted: a function of its row, which its row remembers."""

    of: Of = field(default_factory=dict)
    on: Mapping[int, Cells] = field(default_factory=dict)
    """What it adds, by quarters of an hour since 1970."""


NOTHING: Final = Contribution()


def quarter_of(at: datetime) -> int:
    """Return the quarter of an hour of an instant."""
    return (at - EPOCH) // QUARTER


def day_of(quarter: int, zone: ZoneInfo) -> date:
    """Return the day of a *quarter* of an hour in a *zone*."""
    return (EPOCH + quarter * QUARTER).astimezone(zone).date()


def together(cells: Iterable[tuple[int, str, Number]]) -> dict[int, Cells]:
    """Return what is counted in each quarter of an hour, of one after the other."""
    on: defaultdict[int, defaultdict[str, Number]] = defaultdict(lambda: defaultdict(int))
    for quarter, measure, number in cells:
        on[quarter][measure] += number
    return {quarter: dict(counted) for quarter, counted in on.items()}


_LOST: Final = ("country", "campaign", "destination")
"""The dimensions in which nothing is told any more of what departed."""


def departed(was: Contribution, at: datetime) -> Contribution:
    """Return what stays of what *was* counted, of a lead or delivery that is taken out at a time.

    Totals and what is of listing, kind and storefront; neither where it was from, went and came
    by, nor what it was worth, nor that nobody takes it: nobody will.
    """
    kept = [
        (quarter, measure, number)
        for quarter, cells in was.on.items()
        for measure, number in cells.items()
        if not (is_sum(measure) or "/" in measure or measure == Measure.UNROUTED)
    ]
    if any(measure == Measure.LEADS for _, measure, _ in kept):
        kept.append((quarter_of(at), Measure.DEPARTED, 1))
    of = {name: (DEPARTED,) if name in _LOST else values for name, values in was.of.items()}
    return replace(was, of=of, on=together(kept))


def pack(number: int, counted: Contribution) -> bytes:
    """Return what is *counted* as a column; *number* tells how often it was another before."""
    on = {str(at): {n: _told(v) for n, v in cells.items()} for at, cells in counted.on.items()}
    return zlib.compress(to_json([number, counted.of, on]).encode())


def unpack(column: bytes | None) -> tuple[int, Contribution]:
    """Return what `pack` has made a *column* of; nothing, 0 times, of one that is empty."""
    if not column:
        return 0, NOTHING
    number, of, on = json.loads(zlib.decompress(column))
    return number, Contribution(
        {name: tuple(values) for name, values in of.items()},
        {int(at): read_cells(cells) for at, cells in on.items()},
    )


def read_cells(told: Mapping[str, int | str]) -> dict[str, Number]:
    """Return numbers as JSON has them: sums of money are texts there."""
    return {name: Decimal(v) if isinstance(v, str) else v for name, v in told.items()}


def told_cells(cells: Cells) -> dict[str, int | str]:
    """Return numbers as `read_cells` reads them."""
    return {name: _told(value) for name, value in cells.items()}


def _told(value: Number) -> int | str:
    return f"{value:f}" if isinstance(value, Decimal) else int(value)
