"""Use case: ask a destination about some deliveries, whatever it does, and tell of each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from leadshare.core import lane as lanes
from leadshare.core.delivery import (
    MISSING,
    WORKLIST,
    Accepted,
    Deferred,
    Delivery,
    Kind,
    Outcome,
    Rejected,
    Reply,
)
from leadshare.core.lane import Lane, Rate
from leadshare.core.ledger import Attempt
from leadshare.core.rows import Row
from leadshare.core.times import EPOCH, from_text
from leadshare.errors import Unexpected

log = logging.getLogger("leadshare.attempts")


LONGEST: Final = 256
"""Characters that a destination's own id or code may have."""

NOT_SENT: Final = Deferred("not_sent", counts=False)
"""What became of a delivery that there was no call for."""


class DestinationSettings(Protocol):
    @property
    def schedule(self) -> tuple[float, ...]: ...
    @property
    def timeout(self) -> float: ...
    @property
    def concurrency(self) -> int: ...


class Destination(Protocol):
    """What the tick needs of a destination."""

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> DestinationSettings: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def rate(self) -> Rate | None: ...
    @property
    def requests(self) -> int: ...
    def lands(self, lead: str) -> bool: ...
    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply: ...
    async def check(self, deliveries: Sequence[Delivery], now: datetime) -> Reply: ...


async def ask(
    destination: Destination,
    kind: str,
    deliveries: Sequence[Delivery],
    now: datetime,
    until: float,
) -> Reply:
    """Hand over or read back *deliveries*; where it breaks on a batch, each goes alone.

    What has no answer by *until*, in the event loop's time, is broken off.
    """
    verb = destination.check if kind == Kind.LAND else destination.deliver
    if asyncio.get_running_loop().time() >= until:
        return Reply((NOT_SENT,) * len(deliveries))
    try:
        async with asyncio.timeout_at(until):
            return _whole(await verb(deliveries, now), deliveries)
    except TimeoutError:
        return Reply((Deferred("timeout"),) * len(deliveries), failing=True)
    except Exception as error:  # noqa: BLE001 - a bug of one destination, told and deferred
        fault = str(Unexpected.of(error))
    log.error("delivery.crashed", extra=facts(destination, fault=fault))
    if len(deliveries) == 1:
        return Reply((Deferred("crashed"),))
    return await _each_alone(destination, kind, deliveries, now, until)


async def _each_alone(
    destination: Destination,
    kind: str,
    deliveries: Sequence[Delivery],
    now: datetime,
    until: float,
) -> Reply:
    """Ask about one after the other, until the destination wants to be left alone, or is down."""
    outcomes: list[Outcome] = []
    for delivery in deliveries:
        # It may have arrived with the others, so that it is looked up first.
        again = replace(delivery, attempts=delivery.attempts + 1)
        reply = await ask(destination, kind, [again], now, until)
        outcomes += reply.outcomes
        if reply.hold is not None or reply.failing or reply.gone:
            break
    outcomes += [NOT_SENT] * (len(deliveries) - len(outcomes))
    # Each may have left with the others, so that nothing is free any more.
    outcomes = [replace(o, counts=True) if isinstance(o, Deferred) else o for o in outcomes]
    took_one = any(isinstance(outcome, Accepted) for outcome in outcomes)
    return replace(reply, outcomes=tuple(outcomes), failing=reply.failing and not took_one)


def _whole(reply: Reply, deliveries: Sequence[Delivery]) -> Reply:
    """Return *reply* if it has an outcome for each of *deliveries*, cut to what a row takes."""
    if len(reply.outcomes) != len(deliveries):
        raise ValueError("expected an outcome for each delivery")
    return replace(reply, outcomes=tuple(_short(outcome) for outcome in reply.outcomes))


def _short(outcome: Outcome) -> Outcome:
    """Return *outcome* without what no id or code is: the table would refuse it time and again."""
    if isinstance(outcome, Accepted):
        return outcome if len(outcome.receipt) <= LONGEST else replace(outcome, receipt="")
    return replace(outcome, reason=outcome.reason[:LONGEST])


_EVENTS: Final = {Kind.DELIVER: "delivery.attempted", Kind.LAND: "delivery.checked"}


def tell(destination: Destination, kind: str, attempt: Attempt) -> None:
    """Log one wide line for an attempt, or for a look for its record."""
    outcome, delivery = attempt.outcome, attempt.delivery
    lost = isinstance(outcome, Rejected) and outcome.reason == MISSING
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
        ),
    )


def tell_parked(destination: Destination, row: Row, reason: str) -> None:
    """Log one line for the delivery of an index *row*, parked from now on, if for a *reason*."""
    level = logging.INFO if reason == WORKLIST else logging.WARNING
    if reason:
        told = facts(destination, lead=row.values["lead"], reason=reason)
        log.log(level, "delivery.parked", extra=told)


def tell_lane(
    destination: Destination, lane: Lane, waiting: Sequence[datetime] | None, now: datetime
) -> None:
    """Log one wide line of how a lane stands, from what is known without any reading.

    *waiting* tells since when each delivery has been owed that was left due, if any were read.
    """
    rate = destination.rate
    oldest = None if waiting is None else now - min(waiting, default=now)
    proven = None if lane.proven_at <= EPOCH else now - lane.proven_at
    log.info(
        "lane.worked",
        extra=facts(
            destination,
            breaker=lane.breaker,
            disabled=lane.disabled,
            stopped=lane.breaker == "open" or bool(lane.disabled),
            rests_ms=max(_milliseconds(lanes.rests_until(lane) - now), 0),
            left=None if rate is None else lanes.calls_allowed(lane, rate, now),
            due=None if waiting is None else len(waiting),
            oldest_ms=None if oldest is None else _milliseconds(oldest),
            proven_ms=None if proven is None else _milliseconds(proven),
        ),
    )


def _milliseconds(time: timedelta) -> int:
    return round(time.total_seconds() * 1000)


def facts(destination: Destination, **more: Any) -> dict[str, Any]:
    """Return what a line about *destination* tells."""
    return {"destination": destination.name, **more}
