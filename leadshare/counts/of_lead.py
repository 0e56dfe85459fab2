"""Counts: what a lead is counted as, by what its row says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from leadshare.counts.contribution import Contribution, Of, quarter_of, together
from leadshare.counts.measures import (
    CALLED_IN,
    NONE,
    OTHER,
    TOUCHED,
    Measure,
    Number,
    bucket,
    money,
)
from leadshare.intake import listing_code
from leadshare.lifecycle import history
from leadshare.lifecycle.history import now_says, since
from leadshare.lifecycle.outcome import State
from leadshare.playbook import Category, Stage
from leadshare.store.keys import index_kind, index_time
from leadshare.times import from_text

Counted = tuple[int, str, Number]
"""A quarter of an hour, a measure, and how much."""

_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


def of_record(record: Mapping[str, Any], destinations: Iterable[str]) -> Of:
    """Return what a lead is of, as its *record* tells it, that goes to these *destinations*.

    No text that a customer may have typed: a listing without an id, or a country without a code.
    """
    listing, country = record["listing"], record["country"]
    return {
        "listing": (listing if listing_code(listing) else OTHER if listing else NONE,),
        "kind": (record["listing_kind"] or NONE,),
        "campaign": (record["campaign"] or NONE,),
        "storefront": (record["storefront"],),
        "destination": tuple(destinations) or (NONE,),
        "country": (country if _COUNTRY.fullmatch(country) else OTHER if country else NONE,),
    }


def touches_of(counted: Contribution) -> Iterator[Counted]:
    """Yield what of a lead's touches is *counted*."""
    return _only(counted, TOUCHED)


def is_contact(counted: Contribution) -> bool:
    """Say whether its contact is *counted* with a lead."""
    return any(_only(counted, {Measure.CONTACTS}))


def _only(counted: Contribution, measures: Iterable[str]) -> Iterator[Counted]:
    wanted = frozenset(measures)
    for quarter, cells in counted.on.items():
        yield from ((quarter, name, n) for name, n in cells.items() if name in wanted)


def counted(
    of: Of, touches: Iterable[Counted], row: Mapping[str, Any], *, contact: bool
) -> Contribution:
    """Return what a lead is counted as: its *touches*, and what became of it by its *row*.

    *contact* says that its contact came with it.
    """
    return Contribution(of, together([*touches, *_life(row, contact=contact)]))


def _life(row: Mapping[str, Any], *, contact: bool) -> Iterator[Counted]:
    if row["category"] != Category.NORMAL:
        return
    first = quarter_of(from_text(row["first_touch"]))
    yield first, Measure.LEADS, 1
    if contact:
        yield first, Measure.CONTACTS, 1
    ready, signed = _time(row, "ready_at"), _time(row, "signed_at")
    if ready:
        yield quarter_of(ready), Measure.SALES_READY, 1
        yield first, Measure.THEN_SALES_READY, 1
    if signed:
        yield quarter_of(signed), Measure.CALLED, 1
    if ready and signed:
        yield first, Measure.THEN_CALLED, 1
        if signed >= ready:
            yield quarter_of(signed), bucket(CALLED_IN, signed - ready), 1
    if row.get("index") and index_kind(row["index"]) == Measure.UNROUTED:
        yield quarter_of(index_time(row["index"])), Measure.UNROUTED, 1
    yield from _outcomes(row, first)


def _outcomes(row: Mapping[str, Any], first: int) -> Iterator[Counted]:
    told = history.read(row.get("states"))
    reached = [
        point.at
        for points in told.values()
        for point in points
        if point.state in {State.OPPORTUNITY, State.WON}
    ]
    if reached:
        yield quarter_of(min(reached)), Measure.OPPORTUNITIES, 1
        yield first, Measure.THEN_OPPORTUNITY, 1
    stage, at = row["stage"], _time(row, "stage_at")
    stands = quarter_of(at) if at else first
    if stage == Stage.WON:
        yield stands, Measure.WON, 1
        yield first, Measure.THEN_WON, 1
    if stage == Stage.LOST:
        yield stands, Measure.LOST, 1
        yield first, Measure.THEN_LOST, 1
    if stage in {Stage.WON, Stage.OPPORTUNITY}:
        yield from _worth(told, stage, stands)


def _worth(told: history.History, stage: str, at: int) -> Iterator[Counted]:
    """Yield what a lead is worth at a *stage*: of those that say so, what the first has told."""
    sums = [
        (since(points, now), source, now.money)
        for source, points in told.items()
        if (now := now_says(points)) and now.state == stage
    ]
    worth = min((one for one in sums if one[2]), key=lambda one: one[:2], default=None)
    if worth and worth[2]:
        amount, count = money(stage, worth[2].currency)
        yield at, amount, worth[2].amount
        yield at, count, 1


def _time(row: Mapping[str, Any], column: str) -> datetime | None:
    told = row.get(column)
    return from_text(told) if told else None
