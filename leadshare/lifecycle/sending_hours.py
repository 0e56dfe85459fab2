"""Lifecycle: when a customer may be reached: hours that hold in each zone of the country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from leadshare.lifecycle.working_time import Spans, WorkingTime

AHEAD: Final = timedelta(days=8)
"""How far ahead hours are looked for: a week has all that there are."""


def window(
    zones: Sequence[tzinfo], week: Mapping[int, Spans], start: datetime
) -> tuple[datetime, datetime] | None:
    """Return from when until when, not before *start*, the hours of *week* hold in all *zones*.

    Of hours that have begun by then it is what is left; None where none hold in all of them.
    """
    at = start
    while at < start + AHEAD:
        every = (WorkingTime(zone, week).spans(at) for zone in zones)
        spans = [next((begins, ends) for begins, ends in one if begins < ends) for one in every]
        at, end = max(begins for begins, _ in spans), min(ends for _, ends in spans)
        if at < end:
            return at, end
    return None
