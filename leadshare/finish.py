"""Use case: write down what became of attempts, together where nothing else has happened."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from leadshare.core import ledger
from leadshare.core.ledger import Attempt
from leadshare.core.rows import Change, Table, delivery_key, lead_key
from leadshare.errors import Conflict, StorageError, Unexpected

TRANSACTION: Final = 100
"""Rows that one transaction takes at most."""

TRIES: Final = 8
"""Readings of a delivery that somebody else keeps changing."""


@dataclass(frozen=True, slots=True)
class Finish:
    """One attempt and the changes that follow from it, if nothing else has happened."""

    partition: str
    attempt: Attempt | None
    """None where nothing follows once something else has: a look at what is no longer wanted."""
    changes: list[Change]


async def write_down(table: Table, finishes: Sequence[Finish]) -> None:
    """Write *finishes*, grouped by partition."""
    groups: dict[str, list[Finish]] = defaultdict(list)
    for finish in finishes:
        groups[finish.partition].append(finish)
    writes = (_write(table, group) for group in groups.values())
    results = await asyncio.gather(*writes, return_exceptions=True)
    # All others are written down first, lest they be sent again.
    for fault in filter(None, results):
        raise fault


async def _write(table: Table, group: Sequence[Finish]) -> None:
    """Write a partition's finishes together; alone those that were changed meanwhile.

    What the table refuses is raised once all others have been written.
    """
    refused: Unexpected | None = None
    for part in _fitting(group):
        try:
            changes = [change for finish in part for change in finish.changes]
            await table.write(part[0].partition, changes)
        except (Conflict, Unexpected):
            for finish in part:
                try:
                    await _write_alone(table, finish)
                except Unexpected as error:
                    refused = error
    if refused is not None:
        raise refused


async def _write_alone(table: Table, finish: Finish) -> None:
    try:
        await table.write(finish.partition, finish.changes)
    except Conflict:
        if finish.attempt is not None:
            await _write_late(table, finish.partition, finish.attempt)


async def _write_late(table: Table, partition: str, attempt: Attempt) -> None:
    """Finish an attempt at a delivery that somebody changed in the meantime."""
    lead, destination = attempt.delivery.lead, attempt.delivery.destination
    for _ in range(TRIES):
        delivery = await table.get(partition, delivery_key(lead, destination))
        owner = await table.get(partition, lead_key(lead))
        if delivery is None or owner is None:
            return
        try:
            await table.write(partition, ledger.finish_late(attempt, delivery, owner))
        except Conflict:
            continue
        return
    raise StorageError(f"a delivery kept changing during {TRIES} readings")


def _fitting(group: Sequence[Finish]) -> Iterator[list[Finish]]:
    """Split *group* into parts that each fit one transaction."""
    part: list[Finish] = []
    rows = 0
    for finish in group:
        if rows + len(finish.changes) > TRANSACTION:
            yield part
            part, rows = [], 0
        part.append(finish)
        rows += len(finish.changes)
    if part:
        yield part
