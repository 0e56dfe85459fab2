"""Store: read rows of several partitions at once, and all rows of one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadshare.store.keys import PARTITIONS, Span, whole_partition
from leadshare.store.table import Row, Table


@dataclass(frozen=True, slots=True)
class Found:
    """What was read of several partitions."""

    rows: list[Row]
    """In the order of their keys."""
    full: bool
    """Whether a reading came to its limit, so that there may be more."""


async def everywhere(
    table: Table,
    *spans: Span,
    limit: int | None = None,
    columns: Sequence[str] | None = None,
    where: Mapping[str, str] | None = None,
    partitions: Sequence[str] = PARTITIONS,
) -> Found:
    """Return the rows in *spans* of all *partitions*, at most *limit* of each span in each."""
    reads = (
        table.read(partition, start, end, limit=limit, columns=columns, where=where)
        for start, end in spans
        for partition in partitions
    )
    parts = await asyncio.gather(*reads)
    rows = sorted((row for part in parts for row in part), key=lambda row: row.key)
    return Found(rows, full=any(len(part) == limit for part in parts))


async def by_key(table: Table, partition: str) -> dict[str, Row]:
    """Return all rows of one *partition*, by key."""
    return {row.key: row for row in await table.read(partition, *whole_partition())}
