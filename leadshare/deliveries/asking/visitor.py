"""Deliveries: what asking needs of the visit that holds the lane, and when it may ask."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from leadshare.deliveries.calling import Destination
from leadshare.deliveries.lanes import budget
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.times import is_recent


class Visitor(Protocol):
    """The visit that holds a lane."""

    destination: Destination

    @property
    def lane(self) -> Lane: ...
    async def put(self, lane: Lane) -> None:
        """Write down the *lane* as it goes on, with its lease renewed. Raises `Lost`."""

    def spend_rest(self) -> None:
        """Take from the budget what calls beside deliveries have needed."""

    def may_go_on(self) -> bool:
        """Say whether the visit's time is not over."""


def is_due(last: datetime, every: timedelta, now: datetime) -> bool:
    """Say whether what is done *every* so often is due, also where the clock was ahead then."""
    return not is_recent(last, now, every)


def may_ask(visit: Visitor, now: datetime) -> bool:
    """Say whether a call that delivers nothing may leave, in what is left of the visit."""
    return visit.may_go_on() and lets_ask(visit.lane, visit.destination.rate, now)


def lets_ask(lane: Lane, rate: Rate | None, now: datetime) -> bool:
    """Say whether *lane* lets a call leave that delivers nothing.

    The destination's wish and the budget are kept; a breaker's rest is no reason not to ask.
    """
    if lane.asleep or lane.held_until > now:
        return False
    return bool(budget.calls_allowed(lane, rate, now, urgent=False))
