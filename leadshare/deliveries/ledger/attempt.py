"""Deliveries: an attempt, and the row that tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leadshare.deliveries.delivery import Accepted, Delivery, Outcome
from leadshare.store.keys import attempt_key
from leadshare.store.table import Change


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that left for one delivery, and its outcome."""

    delivery: Delivery
    outcome: Outcome
    at: datetime
    status: int = 0
    milliseconds: int = 0
    follows_up: bool = True
    """Whether who was called follows leads up, and is no notice."""


def attempted(attempt: Attempt) -> Change:
    """Return the attempt's own row; two in one millisecond are one request told twice.

    That of a reminder says what it reminded of.
    """
    delivery, outcome = attempt.delivery, attempt.outcome
    without = outcome.without if isinstance(outcome, Accepted) else ()
    values = {
        "version": delivery.version,
        "outcome": type(outcome).__name__.lower(),
        "reason": "" if isinstance(outcome, Accepted) else outcome.reason,
        "status": attempt.status,
        "milliseconds": attempt.milliseconds,
        # In the customer's own rows, where personal data may be: they go when the customer does.
        "said": outcome.said,
        "without": ", ".join(sorted(without)),
    }
    about = delivery.reminder.kind.value if delivery.reminder else ""
    key = attempt_key(delivery.lead, delivery.destination, attempt.at, about)
    return Change("upsert", key, values | ({"kind": about} if about else {}))
