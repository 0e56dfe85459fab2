"""Deliveries: what the log tells of attempts, of parking, and of how lanes stand."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from leadshare.deliveries.delivery import REMINDERS, Accepted, Kind, Rejected
from leadshare.deliveries.lanes import budget
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.ledger import Attempt
from leadshare.lifecycle.step import Verb
from leadshare.reason import Reason
from leadshare.store.table import Row
from leadshare.times import EPOCH, from_text

log = logging.getLogger("leadshare.deliveries.lines")

_EVENTS: Final = {
    Kind.DELIVER: "delivery.attempted",
    Kind.LOOK_UP: "delivery.looked_up",
    Kind.REMIND: "reminder.attempted",
    Kind.ESCALATE: "reminder.attempted",
    Kind.FORGET: "erasure.attempted",
    Kind.STEP: "step.attempted",
}

_ENDED: Final = {
    **dict.fromkeys(REMINDERS, "reminder.dropped"),
    Kind.STEP: "step.dropped",
    Kind.FORGET: "erasure.left",
}
"""What ends without another attempt and is not parked."""


def log_attempt(destination: str, kind: str, attempt: Attempt) -> None:
    """Log one wide line for an attempt, or for a look-up of its record."""
    outcome, delivery = attempt.outcome, attempt.delivery
    lost = isinstance(outcome, Rejected) and outcome.reason == Reason.NOT_FOUND_AFTER_ACCEPT
    step = delivery.step
    if step:
        more = {"track": step.track, "verb": step.verb.value}
        lost = isinstance(outcome, Rejected) and step.verb is Verb.LEAVE
    else:
        more = {}
    log.log(
        logging.ERROR if lost else logging.INFO,
        _EVENTS[Kind(kind)],
        extra=facts(
            destination,
            lead=delivery.lead,
            version=delivery.version,
            attempt=delivery.attempts + 1,
            outcome=type(outcome).__name__.lower(),
            reason="" if isinstance(outcome, Accepted) else outcome.reason,
            status=attempt.status,
            milliseconds=attempt.milliseconds,
            owed_ms=_milliseconds(attempt.at - delivery.owed_since),
            since_touch_ms=_milliseconds(attempt.at - from_text(delivery.record["last_touch"])),
            trace=delivery.trace,
            **more,
        ),
    )


def log_parked(destination: str, row: Row, reason: str) -> None:
    """Log one line for the delivery of an index *row*, parked from now on, if for a *reason*.

    Of a reminder or a step, that it is dropped; of an erasure, that people have to do it.
    """
    level = logging.INFO if reason in {Reason.WORKLIST, Reason.OUTSIDE_HOURS} else logging.WARNING
    if reason:
        line = facts(destination, lead=row.values["lead"], reason=reason)
        event = _ENDED.get(row.values["kind"], "delivery.parked")
        log.log(level, event, extra=line)


def lane_status(
    lane: Lane, rate: Rate | None, waiting: Sequence[datetime] | None, now: datetime
) -> dict[str, object]:
    """Return how a lane stands, from what is known without any reading.

    *waiting* tells since when each delivery has been owed that was left due, if any were read.
    """
    oldest = None if waiting is None else now - min(waiting, default=now)
    proven = None if lane.proven_at <= EPOCH else now - lane.proven_at
    return {
        "breaker": lane.breaker,
        "disabled": lane.disabled,
        "stopped": lane.breaker == "open" or bool(lane.disabled),
        "rests_ms": max(_milliseconds(lane.rests_until - now), 0),
        "left": None if rate is None else budget.calls_allowed(lane, rate, now),
        "due": None if waiting is None else len(waiting),
        "oldest_ms": None if oldest is None else _milliseconds(oldest),
        "proven_ms": None if proven is None else _milliseconds(proven),
    }


def _milliseconds(time: timedelta) -> int:
    return round(time.total_seconds() * 1000)


def facts(destination: str, **more: object) -> dict[str, object]:
    """Return what a line about *destination* tells."""
    return {"destination": destination, **more}
