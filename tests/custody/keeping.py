"""Leads that were brought in, delivered and left to age, and what retention makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from leadshare.configuration.retention import Retention
from leadshare.custody.retention.planning import Planner
from leadshare.custody.retention.running import Retainer
from leadshare.store.keys import contact_of
from leadshare.store.table import Row, Table
from tests.builders import IDENTITY, NOW, Office, visit_ids
from tests.laws.checker import violations

DAY = timedelta(days=1)
LEASE = timedelta(seconds=60)
LONG = NOW.replace(year=NOW.year + 3) + DAY
"""36 months and a day later."""

ENDED = ("leads", "tests", "bodies", "quarantined", "suppressions")
"""What a run tells of what went, beside acts: those of its own lose their names as well."""


def retainer(office: Office, table: Table | None = None, **terms: Any) -> Retainer:
    """What keeps what an office holds under these *terms*, as another process if it is asked."""
    told = Retention.model_validate(terms)
    held = table or office.table
    planner = Planner(held, office.state, told, IDENTITY.index_name)
    parts = (office.acts.chain, office.clock, visit_ids("retainer"), LEASE)
    return Retainer(held, office.state, planner, *parts)


async def run(office: Office, now: datetime, **terms: Any) -> dict[str, int]:
    """What goes of what an office holds at a time, run after run until nothing is left of age."""
    office.now = now
    went = dict.fromkeys(ENDED, 0)
    for _ in range(50):
        before = len(await acts(office))
        await retainer(office, **terms).work()
        ended = (await acts(office))[: len(await acts(office)) - before]
        if not ended:
            break
        for name in ENDED:
            went[name] += ended[0]["numbers"][name]
    return went


async def acts(office: Office) -> list[Any]:
    """All acts there are, newest first."""
    told: Any = await office.acts.chain.acts(200, "")
    return list(told["acts"])


def wrong(office: Office) -> list[str]:
    """What is wrong with an office's rows."""
    rows = [(*place, values) for place, (values, _) in office.table.rows.items()]
    return violations(rows, settled=True, identity=IDENTITY)


def left(office: Office) -> list[str]:
    """The keys of all rows that are left, but for those of what is counted."""
    counted = ("count|", "tally|", "fresh|")
    return sorted(key for _, key in office.table.rows if not key.startswith(counted))


def rows_of(office: Office, contact: str) -> list[str]:
    """The keys of all rows that tell of a contact."""
    return [key for key in left(office) if contact in key]


def contacts(office: Office) -> list[str]:
    """The contacts that there are."""
    return sorted({contact_of(one["lead"]) for one in office.table.values("lead")})


def row_of(office: Office, kind: str, number: int = 0) -> Row:
    """One of the rows of a *kind*."""
    found = [
        Row(place, key, values, etag)
        for (place, key), (values, etag) in sorted(office.table.rows.items())
        if kind in key.split("|")[:2]
    ]
    return found[number]


def set_row(office: Office, row: Row, values: Mapping[str, Any]) -> None:
    """Have other values in a row."""
    place = (row.partition, row.key)
    office.table.rows[place] = ({**row.values, **values}, f"{row.etag}+")
