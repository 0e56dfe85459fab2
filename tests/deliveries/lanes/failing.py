"""A lane whose calls have failed so often in a row."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadshare.deliveries.delivery import Deferred, Reply
from leadshare.deliveries.lanes.lane import LONGEST_REST, Lane
from tests.builders import NOW

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)

FAILED = Reply((Deferred("timeout"),), failing=True)


def failed(times: int, now: datetime = NOW) -> Lane:
    """A lane after so many failing calls in a row, the last now."""
    lane = Lane()
    for before in reversed(range(times)):
        lane = lane.after(FAILED, now - before * LONGEST_REST)
    return lane
