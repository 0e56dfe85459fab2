"""Deliveries: how many calls a lane's rate budget lets leave, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from typing import Final

from leadshare.deliveries.lanes.lane import FASTER, Lane
from leadshare.deliveries.lanes.rate import Rate

UNBOUND: Final = 1_000_000
"""More calls than a tick can make: a lane without a budget."""


def calls_allowed(lane: Lane, rate: Rate | None, now: datetime, *, urgent: bool = True) -> int:
    """Return how many calls may leave now: by the budget, and one, to probe, while open.

    What is not *urgent* leaves the reserve alone.
    """
    allowed = UNBOUND if rate is None else _within(lane, rate, now, urgent=urgent)
    return min(allowed, 1) if lane.breaker == "open" else allowed


def _within(lane: Lane, rate: Rate, now: datetime, *, urgent: bool, more: float = 0) -> int:
    tokens = int(_tokens(lane, rate, now) + more - (0 if urgent else rate.reserve))
    left = UNBOUND if rate.daily is None else rate.daily - calls_today(lane, rate, now)
    return max(min(tokens, left), 0)


def calls_within(
    lane: Lane, rate: Rate | None, now: datetime, seconds: float, *, urgent: bool
) -> int:
    """Return how many calls may leave from now on within *seconds*."""
    allowed = calls_allowed(lane, rate, now, urgent=urgent)
    if rate is None or lane.breaker == "open":
        return allowed
    return max(allowed, _within(lane, rate, now, urgent=urgent, more=seconds * _speed(lane, rate)))


def seconds_until_call(lane: Lane, rate: Rate | None, now: datetime, *, urgent: bool) -> float:
    """Return after how long the rate budget lets a call leave: 0 for now, or if it has no say.

    Infinity where the day's quota is used up.
    """
    if rate is None or calls_allowed(lane, rate, now, urgent=urgent) > 0:
        return 0
    if rate.daily is not None and calls_today(lane, rate, now) >= rate.daily:
        return inf
    short = 1 + (0 if urgent else rate.reserve) - _tokens(lane, rate, now)
    # A millisecond more, which is the least that rows and clocks tell.
    return max(short / _speed(lane, rate), 0) + 0.001


def calls_today(lane: Lane, rate: Rate, now: datetime) -> int:
    """Return how many calls have left since the day's quota began."""
    return lane.today if lane.day == rate.day(now) else 0


def spend(lane: Lane, rate: Rate | None, now: datetime, calls: int = 1) -> Lane:
    """Return the lane after so many *calls* have left; what was not to be foreseen is owed."""
    if rate is None or not calls:
        return lane
    return replace(
        _quiet(lane, rate, now),
        tokens=_tokens(lane, rate, now) - calls,
        tokens_at=now,
        day=rate.day(now),
        today=calls_today(lane, rate, now) + calls,
    )


def _quiet(lane: Lane, rate: Rate, now: datetime) -> Lane:
    """Return the lane with its pace raised if a whole window has passed since it last changed."""
    if lane.pace >= 1 or now - lane.paced_at < timedelta(seconds=rate.seconds):
        return lane
    return replace(lane, pace=min(lane.pace + FASTER, 1.0), paced_at=now)


def _tokens(lane: Lane, rate: Rate, now: datetime) -> float:
    """A bucket that fills at the speed of the rest of the budget, at the lane's pace."""
    waited = max((now - lane.tokens_at).total_seconds(), 0)
    return min(rate.bucket, lane.tokens + waited * _speed(lane, rate))


def _speed(lane: Lane, rate: Rate) -> float:
    """Return the calls a second that the bucket fills by."""
    return lane.pace * max(rate.calls - rate.bucket, 1) / rate.seconds
