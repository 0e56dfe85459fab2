"""Use case: write down what became of attempts, together where nothing else has happened."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from leadshare.core import ledger
from leadshare.core.ledger import Attempt
from leadshare.core.rows import Change, Row, Table, delivery_key, lead_key
from leadshare.errors import Conflict, LeadshareError, StorageError, Unexpected

TRANSACTION: Final = 100
"""Rows that one transaction takes at most."""

TRIES: Final = 8
"""Readings of a delivery that somebody else keeps changing."""


@dataclass(frozen=True, slots=True)
class Finish:
    """One attempt at what a due *row* holds, and what follows if nothing else has happened."""

    row: Row
    attempt: Attempt | None
    """None where nothing follows once something else has: a look at what is no longer wanted."""
    changes: list[Change]


Written = Callable[[Finish], None]
"""Hears of each finish whose changes were made, and of none that came too late."""


async def write_down(table: Table, finishes: Sequence[Finish], written: Written) -> None:
    """Write *finishes*, grouped by partition; what fails is raised once all others are written.

    Those would be sent again.
    """
    groups: dict[str, list[Finish]] = defaultdict(list)
    for finish in finishes:
        groups[finish.row.partition].append(finish)
    writes = (
        _each(_write(table, part, written) for part in _fitting(group)) for group in groups.values()
    )
    results = await asyncio.gather(*writes, return_exceptions=True)
    for fault in filter(None, results):
        raise fault


async def _each(writes: Iterable[Awaitable[None]]) -> None:
    """Carry out *writes* one after the other; raise the first fault once all are done."""
    faults: list[LeadshareError] = []
    for write in writes:
        try:
            await write
        except LeadshareError as error:
            faults.append(error)
    for fault in faults:
        raise fault


async def _write(table: Table, part: Sequence[Finish], written: Written) -> None:
    """Write some finishes of a partition together; each alone where one of them cannot be."""
    try:
        changes = [change for finish in part for change in finish.changes]
        await table.write(part[0].row.partition, changes)
    except (Conflict, Unexpected):
        await _each(_write_alone(table, finish, written) for finish in part)
        return
    for finish in part:
        written(finish)


async def _write_alone(table: Table, finish: Finish, written: Written) -> None:
    partition = finish.row.partition
    try:
        await table.write(partition, finish.changes)
    except Conflict:
        if finish.attempt is not None:
            await _write_late(table, partition, finish.attempt)
        return
    written(finish)


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
    yield part
