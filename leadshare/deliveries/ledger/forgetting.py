"""Deliveries: taking an erased person out of a system: what is kept of a delivery for it, owed
there as `Kind.FORGET`, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast, get_type_hints

from leadshare.deliveries.delivery import (
    USUAL,
    Accepted,
    Deferred,
    Delivery,
    Kind,
    Rejected,
    State,
    next_due,
)
from leadshare.deliveries.ledger.attempt import Attempt
from leadshare.deliveries.ledger.values import index_values, was_tried
from leadshare.deliveries.record import Record
from leadshare.store.keys import due_key, forget_key
from leadshare.store.table import Change, Row
from leadshare.times import to_text

BY_HAND: Final = "by_hand"
"""What a row says was done where people have to do it; its reason says why."""

STAYS: Final = "stays"
"""The same of what nobody can call back, such as a card or a letter."""

_NOTHING: Final[dict[type, Any]] = {str: "", int: 0}


def may_have(delivery: Row) -> bool:
    """Say whether the system of a *delivery* may have a record, or may be getting it just now."""
    values = delivery.values
    return bool(values["sent"] or was_tried(delivery) or values["state"] == State.DUE)


def remembered(delivery: Row, listing: str, did: str = "", reason: str = "") -> Change:
    """Return what is kept of a *delivery* that is erased, until its record is; nothing of a person.

    *did* says so where nothing can be asked of its system.
    """
    lead, destination = delivery.values["lead"], delivery.values["destination"]
    values = {
        "lead": lead,
        "destination": destination,
        "listing": listing,
        "record_id": delivery.values["record_id"],
        "index": "",
        "did": did,
        "reason": reason,
    }
    return Change("insert", forget_key(lead, destination), values)


def owe_forgetting(row: Row, now: datetime) -> list[Change]:
    """Owe it from *now* on that the person is taken out of the record that *row* is kept for."""
    values = row.values
    lead, destination = values["lead"], values["destination"]
    record = _blank(lead, values["listing"], now)
    owed = Delivery(lead, destination, 0, record, now, record_id=values["record_id"])
    key = due_key(destination, USUAL, now, lead, Kind.FORGET)
    return [
        Change("merge", row.key, {"index": key}, row.etag),
        Change("insert", key, index_values(owed, Kind.FORGET, USUAL)),
    ]


def is_forgetting(row: Row) -> bool:
    """Say whether a due *row* is about taking a person out of a record."""
    return bool(row.values["kind"] == Kind.FORGET)


def finish_forgetting(
    row: Row, attempt: Attempt, schedule: Sequence[float], not_before: datetime, chance: float
) -> list[Change]:
    """Return what follows from *attempt* at what *row*, its due row, holds.

    It is tried until it is done or refused; of the attempt nothing else is kept.
    """
    delivery, outcome, now = attempt.delivery, attempt.outcome, attempt.at
    gone = Change("delete", row.key, etag=row.etag)
    kept = forget_key(delivery.lead, delivery.destination)
    if isinstance(outcome, Accepted):
        return [gone, Change("merge", kept, _done(outcome.did or "task", "", now))]
    if isinstance(outcome, Rejected):
        return [gone, Change("merge", kept, _done(BY_HAND, outcome.reason, now))]
    return [gone, *_again(row, attempt, outcome, schedule, not_before, chance)]


def give_up_forgetting(row: Row, reason: str, now: datetime) -> list[Change]:
    """End what *row*, a due row, holds without another attempt: people have to do it."""
    kept = forget_key(row.values["lead"], row.values["destination"])
    gone = Change("delete", row.key, etag=row.etag)
    return [gone, Change("merge", kept, _done(BY_HAND, reason, now))]


def left_to_people(row: Row, reason: str, now: datetime) -> list[Change]:
    """End what a *row* is kept for, whether it is due yet or not; nothing if it is done."""
    if row.values["did"]:
        return []
    index = row.values["index"]
    gone = [Change("delete", index)] if index else []
    return [*gone, Change("merge", row.key, _done(BY_HAND, reason, now), row.etag)]


def note_record(attempt: Attempt, kept: Row) -> list[Change]:
    """Note in the row that is *kept* for it which record an attempt has made after the erasure."""
    took = attempt.outcome
    if not isinstance(took, Accepted) or not took.record_id or kept.values["record_id"]:
        return []
    return [Change("merge", kept.key, {"record_id": took.record_id}, kept.etag)]


def _again(  # noqa: PLR0913, PLR0917 - what the next due time hangs on
    row: Row,
    attempt: Attempt,
    outcome: Deferred,
    schedule: Sequence[float],
    not_before: datetime,
    chance: float,
) -> list[Change]:
    delivery, now = attempt.delivery, attempt.at
    attempts = delivery.attempts + outcome.counts
    # Its schedule has no end: after the last step it goes on with that, for as long as it may.
    due = next_due(now, min(attempts, len(schedule) - 1), tuple(schedule), chance) or now
    due = max(due, not_before, now + timedelta(milliseconds=1))
    key = due_key(delivery.destination, USUAL, due, delivery.lead, Kind.FORGET)
    kept = forget_key(delivery.lead, delivery.destination)
    return [
        Change("insert", key, {**row.values, "attempts": attempts}),
        Change("merge", kept, {"index": key}),
    ]


def _done(did: str, reason: str, now: datetime) -> dict[str, str]:
    return {"did": did, "reason": reason, "index": "", "done_at": to_text(now)}


def _blank(lead: str, listing: str, now: datetime) -> Record:
    """Return a record of *lead* that tells of nobody."""
    hints = get_type_hints(Record)
    empty = {
        name: _NOTHING.get(kind, {} if name == "since" else []) for name, kind in hints.items()
    }
    times = dict.fromkeys(("first_touch", "last_touch", "stage_at"), to_text(now))
    return cast("Record", {**empty, **times, "lead": lead, "listing": listing})
