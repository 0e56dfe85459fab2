"""Deliveries: an attempt, and the row that tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leadshare.deliveries.delivery import Accepted, Delivery, Kind, Outcome
from leadshare.lifecycle.step import Step
from leadshare.store.keys import attempt_key
from leadshare.store.table import Change

SHORT: Final = 16
"""Hex digits of a step's id that tell apart what is attempted of one lead at once."""


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

    That of a reminder says what it reminded of, that of a step what was to be done.
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
    about, more = "", {}
    if delivery.reminder:
        about = delivery.reminder.kind.value
        more = {"kind": about}
    elif delivery.step:
        about, more = told_of(delivery.step)
    key = attempt_key(delivery.lead, delivery.destination, attempt.at, about)
    return Change("upsert", key, values | more)


def told_of(step: Step) -> tuple[str, dict[str, str]]:
    """Return what the key of an attempt at a *step* says of it, and the columns that do."""
    about = {"kind": Kind.STEP.value, "track": step.track, "verb": step.verb.value}
    return f"step-{step.id[:SHORT]}", about
