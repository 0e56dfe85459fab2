"""Deliveries: ask a destination once a day whether it would take leads."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Protocol

from leadshare.deliveries.asking.visitor import Visitor, is_due, may_ask
from leadshare.deliveries.calling import Destination
from leadshare.deliveries.lanes.lane import Lane

SHARE: Final = 0.8
"""The share of a lease that a question may take, so that it ends before another has the lane."""

DAILY: Final = timedelta(hours=24)
"""How often each destination is asked whether it would take leads."""


class Report(Protocol):
    """What a preflight found."""

    @property
    def proven(self) -> bool: ...
    def to_text(self) -> str: ...


class Preflight(Protocol):
    """What asks a destination whether it would take leads, and never raises."""

    async def check(self, destination: Destination, now: datetime, within: float) -> Report: ...


def is_check_due(lane: Lane, now: datetime) -> bool:
    """Say whether a preflight is due in *lane*."""
    return is_due(lane.checked_at, DAILY, now)


async def check(visit: Visitor, preflight: Preflight | None, now: datetime, lease: float) -> None:
    """Carry out the daily preflight if it is due; its due time lies in the lane's own row.

    *lease* is the length of the lane's lease in seconds. Raises `Lost`.
    """
    if preflight is None or not (is_check_due(visit.lane, now) and may_ask(visit, now)):
        return
    # Noted first, for a preflight that ends its process must not be begun again at once.
    await visit.put(visit.lane.checked(visit.lane.findings, now, proven=False))
    report = await preflight.check(visit.destination, now, lease * SHARE)
    visit.spend_rest()
    # It may have taken so much of the lease that no call could leave.
    await visit.put(visit.lane.checked(report.to_text(), now, proven=report.proven))
