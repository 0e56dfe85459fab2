"""Deliveries: close attempts: write down what became of them, as many together as may be."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from leadshare.deliveries import ledger
from leadshare.deliveries.calling import Destination
from leadshare.deliveries.delivery import Kind
from leadshare.deliveries.ledger import Attempt, Naming
from leadshare.errors import Conflict, LeadshareError, RowRefused
from leadshare.store.keys import delivery_key, forget_key, lead_key
from leadshare.store.retrying import until_written
from leadshare.store.table import LARGEST, TRANSACTION, Change, Row, Table


@dataclass(frozen=True, slots=True)
class Closing:
    """One attempt at what a due *row* holds, and what follows if nothing else has happened."""

    row: Row
    attempt: Attempt | None
    """None where nothing follows once something else has: a look at what is no longer wanted, a
    reminder or a step."""
    changes: list[Change]
    naming: Naming
    """Names its record's id, should something else have happened."""
    told: Sequence[Change] = ()
    """What is told even then: of a step, that it was on its way when its track ended."""


def close(  # noqa: PLR0913, PLR0917 - what follows from an attempt
    row: Row,
    attempt: Attempt,
    destination: Destination,
    not_before: datetime,
    chance: float,
    naming: Naming,
) -> Closing:
    """Return *attempt* at what *row* holds with what follows, if nothing else has happened."""
    if row.values["kind"] == Kind.LOOK_UP:
        changes = ledger.finish_look_up(row, attempt.outcome, attempt.at, not_before)
        return Closing(row, None, changes, naming)
    schedule, look_up = destination.settings.schedule, destination.looks_up(attempt.delivery.lead)
    if ledger.is_step(row):
        changes = ledger.finish_step(row, attempt, schedule, not_before, chance)
        return Closing(row, None, changes, naming, ledger.told_late(attempt))
    changes = ledger.finish(row, attempt, schedule, not_before, chance, look_up=look_up)
    late = attempt if row.values["kind"] == Kind.DELIVER else None
    return Closing(row, late, ledger.with_record(changes, attempt.delivery, naming), naming)


async def begin(table: Table, rows: Sequence[Row]) -> Sequence[Row]:
    """Note of those *rows* that are told once that they are about to leave; return all as noted.

    What is noted and never finished may have left. `Conflict` where a row has changed. Not among
    them is what is not wanted any more: that a customer leaves a list who is to be on it again.
    """
    found = [await _begun(table, row) for row in rows]
    return [row for row in found if row]


async def _begun(table: Table, row: Row) -> Row | None:
    if ledger.is_owed_leave(row):
        lead = await table.get(row.partition, lead_key(row.values["lead"]))
        if not ledger.is_listed(row, lead):
            return row
        await table.write(row.partition, [Change("delete", row.key, etag=row.etag)])
        return None
    if not (ledger.is_reminder(row) or ledger.is_told_once(row)):
        return row
    [etag] = await table.write(row.partition, [ledger.begin(row)])
    return replace(row, etag=etag)


Written = Callable[[Closing], None]
"""Hears of each closing whose changes were made, and of none that came too late."""


async def write_down(table: Table, closings: Sequence[Closing], written: Written) -> None:
    """Write *closings*, grouped by partition; what fails is raised once all others are written.

    Those would be sent again.
    """
    groups: dict[str, list[Closing]] = defaultdict(list)
    for closing in closings:
        groups[closing.row.partition].append(closing)
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


async def _write(table: Table, part: Sequence[Closing], written: Written) -> None:
    """Write some closings of a partition together; each alone where one of them cannot be.

    None is left out after some tries, as records of a refused batch are: each must be written.
    """
    try:
        changes = [change for closing in part for change in closing.changes]
        await table.write(part[0].row.partition, changes)
    except (Conflict, RowRefused):
        await _each(_write_alone(table, closing, written) for closing in part)
        return
    for closing in part:
        written(closing)


async def _write_alone(table: Table, closing: Closing, written: Written) -> None:
    partition = closing.row.partition
    try:
        await table.write(partition, closing.changes)
    except Conflict:
        if closing.attempt is not None:
            await _write_late(table, partition, closing.attempt, closing.naming)
        if closing.told:
            with suppress(Conflict):  # The lead is there no more.
                await table.write(partition, closing.told)
        return
    written(closing)


async def _write_late(table: Table, partition: str, attempt: Attempt, naming: Naming) -> None:
    """Finish an attempt at a delivery that somebody changed in the meantime."""
    lead, destination = attempt.delivery.lead, attempt.delivery.destination

    async def write() -> None:
        delivery = await table.get(partition, delivery_key(lead, destination))
        if delivery is None:
            kept = await table.get(partition, forget_key(lead, destination))
            if noted := ledger.note_record(attempt, kept) if kept else []:
                await table.write(partition, noted)
            return
        owner = await table.get(partition, lead_key(lead))
        if owner is not None:
            changes = ledger.finish_late(attempt, delivery, owner)
            was = replace(attempt.delivery, record_id=delivery.values["record_id"])
            await table.write(partition, ledger.with_record(changes, was, naming))

    await until_written("a delivery", write)


def _fitting(group: Sequence[Closing]) -> Iterator[list[Closing]]:
    """Split *group* into parts that each fit one transaction."""
    part: list[Closing] = []
    rows = size = 0
    for closing in group:
        more = sum(_size(change) for change in closing.changes)
        if part and (rows + len(closing.changes) > TRANSACTION or size + more > LARGEST):
            yield part
            part, rows, size = [], 0, 0
        part.append(closing)
        rows += len(closing.changes)
        size += more
    yield part


def _size(change: Change) -> int:
    """Return how many bytes *change* takes at most: bytes in base64, texts escaped as JSON."""
    texts = {name: v for name, v in change.values.items() if not isinstance(v, bytes)}
    held = sum(len(v) for v in change.values.values() if isinstance(v, bytes))
    return len(json.dumps(texts)) + 2 * held
