"""Destinations: rows for Odoo's `load`, which takes a batch whole or not; the refused are found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from leadshare.deliveries.delivery import Deferred, Delivery
from leadshare.destinations.narrowing import Judged, Part, narrow
from leadshare.destinations.odoo.answers import alike, judge
from leadshare.destinations.replies import Verdict, failed
from leadshare.reason import Reason

MOST_CALLS: Final = 40
"""Calls that the refused records of one batch are looked for with; what is left waits."""

BATCH: Final = 50
"""Rows of one call: half a second's work (tests/odoo), and one transaction."""

LATER: Final = Verdict(Deferred(Reason.BATCH_REFUSED, counts=False))
"""For rows that were not judged because of others in their batch."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record as `load` takes it."""

    name: str
    """What tells it apart: a lead id, or a touch id."""
    delivery: Delivery
    """What it is for."""
    cells: Mapping[str, str]


def table(rows: Sequence[Row], default: Mapping[str, str]) -> tuple[list[str], list[list[str]]]:
    """Return the columns and lines of *rows*; where a row has nothing, *default* or nothing."""
    columns = list(dict.fromkeys([name for row in rows for name in row.cells] + [*default]))
    lines = [[row.cells.get(name, default.get(name, "")) for name in columns] for row in rows]
    return columns, lines


async def load(
    rows: Sequence[Row], call: Callable[[list[Row]], Awaitable[httpx.Response]], now: datetime
) -> dict[str, Verdict]:
    """Load *rows* by *call*; where one of them is refused, all are, until it is alone."""
    ours = {row.name: row for row in rows}

    async def ask(part: Part) -> Judged:
        try:
            response = await call([ours[name] for name in part])
        except httpx.TransportError as error:
            return alike(part, failed(error))  # what was loaded before stays loaded
        return judge(response, {name: ours[name].delivery for name in part}, now)

    names = list(ours)
    parts = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
    return await narrow(parts, ask, MOST_CALLS, LATER)


Load = Callable[
    [str, list[Row], Mapping[str, object], Mapping[str, str], datetime],
    Awaitable[dict[str, Verdict]],
]
"""Loads rows of a model, with a context and what stands where a row has nothing, at a time."""
