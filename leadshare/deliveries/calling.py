"""Deliveries: call a destination about some deliveries, whatever it does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from leadshare.deliveries.delivery import (
    Accepted,
    Deferred,
    Delivery,
    Kind,
    Outcome,
    Reply,
)
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.lines import facts
from leadshare.errors import Unexpected
from leadshare.reason import Reason

log = logging.getLogger("leadshare.deliveries.calling")

LONGEST: Final = 256
"""Characters that a destination's own id or code may have."""

LONGEST_SAID: Final = 1000
"""Characters of what a destination said that are kept."""

NOT_SENT: Final = Deferred(Reason.NOT_SENT, counts=False)
"""What became of a delivery that there was no call for."""


class DestinationSettings(Protocol):
    @property
    def schedule(self) -> tuple[float, ...]: ...
    @property
    def timeout(self) -> float: ...
    @property
    def concurrency(self) -> int: ...
    @property
    def follows_up(self) -> bool: ...


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
    def looks_up(self, lead: str) -> bool: ...
    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply: ...
    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply: ...
    async def carry_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply: ...
    async def forget(self, deliveries: Sequence[Delivery], now: datetime) -> Reply: ...


async def call(
    destination: Destination,
    kind: str,
    deliveries: Sequence[Delivery],
    now: datetime,
    until: float,
) -> Reply:
    """Hand over or read back *deliveries*; where it breaks on a batch, each goes alone.

    What has no answer by *until*, in the event loop's time, is broken off.
    """
    match kind:
        case Kind.LOOK_UP:
            verb = destination.look_up
        case Kind.STEP:
            verb = destination.carry_out
        case Kind.FORGET:
            verb = destination.forget
        case _:
            verb = destination.deliver
    if asyncio.get_running_loop().time() >= until:
        return Reply((NOT_SENT,) * len(deliveries))
    try:
        async with asyncio.timeout_at(until):
            return _whole(await verb(deliveries, now), deliveries)
    except TimeoutError:
        return Reply((Deferred(Reason.TIMEOUT),) * len(deliveries), failing=True)
    except Exception as error:  # noqa: BLE001 - a bug of one destination, told and deferred
        fault = str(Unexpected.of(error))
    log.error("delivery.crashed", extra=facts(destination.name, fault=fault))
    if len(deliveries) == 1:
        return Reply((Deferred(Reason.CRASHED),))
    return await _each_alone(
        deliveries, lambda delivery: call(destination, kind, [delivery], now, until)
    )


async def _each_alone(
    deliveries: Sequence[Delivery], call_for: Callable[[Delivery], Awaitable[Reply]]
) -> Reply:
    """Call for one after the other, until the destination wants to be left alone, or is down.

    Not by halves, as a system's refusal is narrowed (`destinations/narrowing.py`): what a call
    that breaks has handed over is not known, and so nothing leaves a third time.
    """
    outcomes: list[Outcome] = []
    for delivery in deliveries:
        # It may have arrived with the others, so that it is looked up first.
        again = replace(delivery, attempts=delivery.attempts + 1)
        reply = await call_for(again)
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
    outcome = replace(outcome, said=_plain(outcome.said[:LONGEST_SAID]))
    if isinstance(outcome, Accepted):
        return outcome if len(outcome.record_id) <= LONGEST else replace(outcome, record_id="")
    return replace(outcome, reason=outcome.reason[:LONGEST])


def _plain(text: str) -> str:
    """Return *text* without control characters and halves of surrogate pairs."""
    return "".join(one if one.isprintable() else " " for one in text).strip()
