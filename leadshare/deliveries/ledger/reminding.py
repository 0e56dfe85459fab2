"""Deliveries: reminders: owed to a notice, begun before they leave, and over after one try."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from leadshare.deliveries.delivery import (
    REMINDERS,
    USUAL,
    Deferred,
    Delivery,
    Rejected,
    Reminder,
    next_due,
)
from leadshare.deliveries.ledger.attempt import Attempt, attempted
from leadshare.deliveries.ledger.values import (
    index_values,
    reminder_column,
    to_delivery,
)
from leadshare.deliveries.record import Record
from leadshare.store.keys import due_key
from leadshare.store.table import Change, Row


def is_reminder(row: Row) -> bool:
    """Say whether a due *row* holds a reminder."""
    return row.values["kind"] in REMINDERS


def remind(
    lead: str, destination: str, record: Record, reminder: Reminder, now: datetime
) -> Change:
    """Owe a *reminder* of a *lead* to *destination*, a notice, from *now* on."""
    owed = Delivery(lead, destination, record["version"], record, now)
    key = due_key(destination, USUAL, now, lead, reminder.kind)
    values = index_values(owed, reminder.kind, USUAL)
    return Change("insert", key, values | {"reminder": reminder_column(reminder), "begun": False})


def begin(row: Row) -> Change:
    """Note that the reminder which *row* holds is about to leave; see `over`."""
    return Change("merge", row.key, {"begun": True}, row.etag)


def drop(row: Row, reason: str, now: datetime) -> list[Change]:
    """End the reminder that *row* holds without another attempt; what is told of it is why."""
    attempt = Attempt(to_delivery(row), Rejected(reason), now)
    return [Change("delete", row.key, etag=row.etag), attempted(attempt)]


def finish_reminder(
    row: Row, attempt: Attempt, schedule: Sequence[float], not_before: datetime, chance: float
) -> list[Change]:
    """Return what follows from *attempt* at the reminder that *row*, its due row, holds.

    What was deferred has not left and is tried again; all else is over.
    """
    delivery, outcome, now = attempt.delivery, attempt.outcome, attempt.at
    gone = [Change("delete", row.key, etag=row.etag), attempted(attempt)]
    if not isinstance(outcome, Deferred):
        return gone
    attempts = delivery.attempts + outcome.counts
    steps = attempts if outcome.counts else min(attempts + 1, len(schedule) - 1)
    due = next_due(now, steps, tuple(schedule), chance)
    if due is None:
        return gone
    due = max(due, not_before, now + timedelta(milliseconds=1))
    key = due_key(delivery.destination, USUAL, due, delivery.lead, row.values["kind"])
    again = {**row.values, "attempts": attempts, "begun": False}
    return [*gone, Change("insert", key, again)]
