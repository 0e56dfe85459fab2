"""Deliveries: what follows from an attempt that is to be tried again later."""

from __future__ import annotations

from datetime import datetime

from leadshare.deliveries.delivery import Deferred, next_due
from leadshare.deliveries.ledger.attempt import Attempt
from leadshare.deliveries.ledger.values import moved_key, parking, said_in
from leadshare.reason import Reason
from leadshare.store.keys import delivery_key
from leadshare.store.table import Change, Row
from leadshare.times import to_text


def deferred(  # noqa: PLR0913, PLR0917 - what the next due time hangs on
    row: Row,
    attempt: Attempt,
    outcome: Deferred,
    schedule: tuple[float, ...],
    not_before: datetime,
    chance: float,
) -> list[Change]:
    """Return how what *row*, its due row, holds is due again after *attempt*, or parked at last."""
    delivery, now = attempt.delivery, attempt.at
    attempts = delivery.attempts + outcome.counts
    # What does not count waits as long as if it did, but never for ever.
    steps = attempts if outcome.counts else min(attempts + 1, len(schedule) - 1)
    due = next_due(now, steps, schedule, chance)
    if due is None:
        return parking(row, attempts, Reason.SCHEDULE_EXHAUSTED, now)
    key, due = moved_key(row, max(due, not_before))
    values = {
        "reason": outcome.reason,
        "attempts": attempts,
        "index": key,
        "next": to_text(due),
        "updated": to_text(now),
        "said": said_in(row),
    }
    return [
        Change("insert", key, {**row.values, "attempts": attempts, "reason": outcome.reason}),
        Change("merge", delivery_key(delivery.lead, delivery.destination), values),
    ]
