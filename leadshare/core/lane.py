"""Core: a destination's lane: its lease, rate budget, breaker and hold, as pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import Field

from leadshare.core.delivery import Accepted, Reply
from leadshare.core.rules import Model
from leadshare.core.times import from_text, to_text

TRIP: Final = 5
"""Failing calls in a row that open the breaker."""

SHORTEST_REST: Final = timedelta(seconds=30)
LONGEST_REST: Final = timedelta(minutes=15)
"""How long an open breaker rests before one call probes; it doubles up to the longest."""

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


UNBOUND: Final = 1_000_000
"""More calls than a tick can make: a lane without a budget."""


class Rate(Model):
    """A budget of calls: at most `calls` in any `seconds`."""

    calls: int = Field(gt=0)
    seconds: float = Field(gt=0)


@dataclass(frozen=True, slots=True)
class Lane:
    """The state of one destination's stream of deliveries, kept across ticks and instances."""

    holder: str = ""
    leased_until: datetime = _NEVER
    held_until: datetime = _NEVER
    """Until when the destination asked us to wait."""
    failures: int = 0
    """Failing calls in a row."""
    open_until: datetime = _NEVER
    """Until when the breaker rests; failures stay counted, so that one probe reopens it."""
    disabled: str = ""
    """Why the lane is disabled, if it is; a person enables it again."""
    tokens: float = 0.0
    tokens_at: datetime = _NEVER
    """The calls that the rate budget had left at that time."""
    accepted_at: datetime = _NEVER
    """When the destination accepted something last."""

    @property
    def breaker(self) -> str:
        """`closed`, `open`, which is also half-open once its rest is over."""
        return "open" if self.failures >= TRIP else "closed"


def take(lane: Lane, holder: str, now: datetime, lease: timedelta) -> Lane | None:
    """Return the lane leased to *holder*, or None while another holds it."""
    if lane.holder not in ("", holder) and lane.leased_until > now:
        return None
    return replace(lane, holder=holder, leased_until=now + lease)


def renew(lane: Lane, now: datetime, lease: timedelta) -> Lane:
    """Return the lane with its *lease* from *now*."""
    return replace(lane, leased_until=now + lease)


def release(lane: Lane) -> Lane:
    """Return the lane free for anybody."""
    return replace(lane, holder="", leased_until=_NEVER)


def enable(lane: Lane) -> Lane:
    """Return the lane as a person enables it again: nothing holds it back."""
    return replace(lane, disabled="", failures=0, open_until=_NEVER, held_until=_NEVER)


def rests_until(lane: Lane) -> datetime:
    """Return until when nothing may leave: the breaker's rest or the destination's wish."""
    return max(lane.held_until, lane.open_until)


def calls_allowed(lane: Lane, rate: Rate | None, now: datetime) -> int:
    """Return how many calls may leave now: by the budget, and one, to probe, while open."""
    allowed = UNBOUND if rate is None else int(_tokens(lane, rate, now))
    return min(allowed, 1) if lane.breaker == "open" else allowed


def spend(lane: Lane, rate: Rate | None, now: datetime) -> Lane:
    """Return the lane after one call has left."""
    if rate is None:
        return lane
    return replace(lane, tokens=_tokens(lane, rate, now) - 1, tokens_at=now)


def _tokens(lane: Lane, rate: Rate, now: datetime) -> float:
    """A bucket of a tenth of the calls that fills at the speed of the rest.

    A bucket as large as the budget would let twice as many leave in one window.
    """
    bucket = max(rate.calls / 10, 1)
    speed = max(rate.calls - bucket, 1) / rate.seconds
    waited = max((now - lane.tokens_at).total_seconds(), 0)
    return min(bucket, lane.tokens + waited * speed)


def after(lane: Lane, reply: Reply, now: datetime) -> Lane:
    """Return the lane after a call's *reply*."""
    if reply.hold is not None:
        lane = replace(lane, held_until=max(lane.held_until, now + reply.hold))
    if reply.gone:
        return replace(lane, disabled="gone")
    if reply.failing:
        failures = lane.failures + 1
        rest = min(SHORTEST_REST * 2 ** min(max(failures - TRIP, 0), 10), LONGEST_REST)
        open_until = now + rest if failures >= TRIP else lane.open_until
        return replace(lane, failures=failures, open_until=open_until)
    accepted = any(isinstance(outcome, Accepted) for outcome in reply.outcomes)
    return replace(
        lane, failures=0, open_until=_NEVER, accepted_at=now if accepted else lane.accepted_at
    )


def to_row(lane: Lane) -> dict[str, Any]:
    """Return *lane* as column values."""
    values = {f.name: getattr(lane, f.name) for f in fields(lane)}
    return {k: to_text(v) if isinstance(v, datetime) else v for k, v in values.items()}


def from_row(values: Mapping[str, Any]) -> Lane:
    """Return the lane that `to_row` wrote down; a column that is not there yet has its default."""
    read: dict[str, Any] = {}
    for f in fields(Lane):
        if f.name in values:
            value = values[f.name]
            read[f.name] = from_text(value) if isinstance(f.default, datetime) else value
    return Lane(**read)
