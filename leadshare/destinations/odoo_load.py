"""Destinations: rows for Odoo's `load`, which takes a batch whole or not; the refused are found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import httpx

from leadshare.core.delivery import Deferred, Delivery, Reply
from leadshare.destinations.answers import every, failed, singly
from leadshare.destinations.odoo_answers import judge

MOST_CALLS: Final = 40
"""Calls that the refused records of one batch are looked for with; what is left waits."""

REFERENCE_GONE: Final = (Deferred("reference_gone"),)


@dataclass(frozen=True, slots=True)
class Row:
    """One delivery as `load` takes it."""

    delivery: Delivery
    cells: Mapping[str, str]


Replies = dict[str, Reply]
"""What became of each lead."""


def table(rows: Sequence[Row], default: Mapping[str, str]) -> tuple[list[str], list[list[str]]]:
    """Return the columns and lines of *rows*; where a row has nothing, *default* or nothing."""
    columns = list(dict.fromkeys([name for row in rows for name in row.cells] + [*default]))
    lines = [[row.cells.get(name, default.get(name, "")) for name in columns] for row in rows]
    return columns, lines


async def load(
    rows: list[Row], call: Callable[[list[Row]], Awaitable[httpx.Response]], now: datetime
) -> Replies:
    """Load *rows* by *call*; where one of them is refused, all are, until it is alone."""
    replies: Replies = {}
    parts, calls = [rows] if rows else [], 0
    while parts and calls < MOST_CALLS:
        part = parts.pop(0)
        judged = await _loaded(part, call, now)
        calls += 1
        if isinstance(judged, frozenset):
            parts = narrowed(part, judged) + parts
            continue
        replies |= _each(judged, part)
        if stops(judged):
            left = [row for rest in parts for row in rest]
            return replies | _each(replace(judged, outcomes=judged.outcomes[:1] * len(left)), left)
    left = [row for rest in parts for row in rest]
    return replies | _each(every([row.delivery for row in left], Deferred("batch_refused")), left)


async def _loaded(
    rows: list[Row], call: Callable[[list[Row]], Awaitable[httpx.Response]], now: datetime
) -> Reply | frozenset[int]:
    deliveries = [row.delivery for row in rows]
    try:
        return judge(await call(rows), deliveries, now)
    except httpx.TransportError as error:
        return failed(deliveries, error)  # what was loaded before stays loaded


def narrowed(rows: list[Row], named: frozenset[int]) -> list[list[Row]]:
    """Return parts of *rows*: those *named* each alone, after all others; halves if none is."""
    if not named:
        half = len(rows) // 2
        return [rows[:half], rows[half:]]
    rest = [row for number, row in enumerate(rows) if number not in named]
    return ([rest] if rest else []) + [[rows[number]] for number in sorted(named)]


def stops(reply: Reply) -> bool:
    """Say whether there is no use in asking more of Odoo now.

    A record that breaks Odoo's code, alone, leaves the others; who is silent has no word for them.
    """
    silent = reply.failing and (len(reply.outcomes) > 1 or not reply.status)
    return silent or reply.hold is not None or reply.gone


def _each(reply: Reply, rows: Sequence[Row]) -> Replies:
    """Return *reply* as one for each lead."""
    return singly(reply, [row.delivery for row in rows])
