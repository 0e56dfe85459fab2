"""Custody: give the bodies that touches' rows of before hold rows of their own, once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from leadshare.errors import Conflict
from leadshare.store.keys import PARTITIONS, behind, body_key, kind_in, of_contacts
from leadshare.store.table import Change, Row, Table, to_json
from leadshare.times import from_text

MOVED: Final = "all"
"""What is told where all are."""

SHARE: Final = 200
"""Rows of a partition that one run looks at."""

_ROOM: Final = 40
"""Touches whose rows are changed at once: two rows each, of which one is a body's."""


async def move(table: Table, moved: str) -> str:
    """Move some bodies; return how far that has come, from where it was *moved* to."""
    first, _ = of_contacts()
    at: Mapping[str, str] = json.loads(moved) if moved else dict.fromkeys(PARTITIONS, first)
    after = {partition: await _move(table, partition, start) for partition, start in at.items()}
    left = {partition: start for partition, start in after.items() if start}
    return to_json(left) if left else MOVED


async def _move(table: Table, partition: str, start: str) -> str:
    """Move some bodies of a *partition*; return where it goes on, nothing where it is over."""
    _, end = of_contacts()
    rows = await table.read(partition, start, end, limit=SHARE)
    old = [row for row in rows if "raw" in row.values and kind_in(row.key) == "touch"]
    for place in range(0, len(old), _ROOM):
        changes = [change for row in old[place : place + _ROOM] for change in _moved(row)]
        try:
            await table.write(partition, changes)
        except Conflict:
            return start  # Somebody else is at it; the next run goes on.
    return behind(rows[-1].key) if len(rows) == SHARE else ""


def _moved(row: Row) -> list[Change]:
    values: dict[str, Any] = {name: one for name, one in row.values.items() if name != "raw"}
    data = json.loads(values["data"])
    body = {"touch": data["id"], "raw": row.values["raw"]}
    return [
        Change("replace", row.key, values, row.etag),
        Change("upsert", body_key(from_text(data["received"]), data["id"]), body),
    ]
