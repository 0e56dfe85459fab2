"""Operators: when what waits leaves in truth, and what holds it until then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from math import isinf
from zoneinfo import ZoneInfo

from leadshare.deliveries.delivery import URGENT, State
from leadshare.deliveries.lanes import budget
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.store.keys import LANE, all_due, due_in, index_kind, index_time
from leadshare.store.lease import read_row
from leadshare.store.reading import by_key
from leadshare.store.table import Row, Table
from leadshare.times import to_text

Links = Mapping[str, Callable[[str], str]]
"""What tells where people see a record, by the names of its destinations."""


class Held(StrEnum):
    """What keeps a delivery that is due from leaving now."""

    NOT_CONFIGURED = "not_configured"
    """No such destination is configured."""
    DISABLED = "disabled"
    """The destination asked never to be called again; a person enables it."""
    PAUSED = "paused"
    """A person has paused the destination, and resumes it."""
    SCHEDULE = "schedule"
    """Its own next attempt is not due yet."""
    ASKED = "asked_to_wait"
    """The destination asked the lane to wait."""
    BREAKER = "breaker"
    """The lane rests after failing calls."""
    BUDGET = "budget"
    """The rate budget is used up for the moment."""
    QUOTA = "quota"
    """The calls of the day are used up."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """When the next attempt leaves."""

    held_by: Held | None
    """What holds it, None where the next look at the lane takes it."""
    next: datetime | None
    """When it leaves at the earliest, never in the past; None if a person must do something."""


def outlook(
    lane: Lane, rate: Rate | None, due: datetime, now: datetime, *, urgent: bool
) -> Outlook:
    """Return when a delivery leaves whose next attempt is *due*, as its lane stands.

    Others that wait before it are not counted.
    """
    if lane.disabled:
        return Outlook(Held.DISABLED, None)
    if lane.paused:
        return Outlook(Held.PAUSED, None)
    waits = {Held.SCHEDULE: due, Held.ASKED: lane.held_until, Held.BREAKER: lane.open_until}
    last = max(waits, key=lambda held: waits[held])
    held, at = (last, waits[last]) if waits[last] > now else (None, now)
    wait = budget.seconds_until_call(lane, rate, at, urgent=urgent)
    if rate is not None and isinf(wait):
        return Outlook(Held.QUOTA, _next_day(rate, at))
    return Outlook(Held.BUDGET if wait else held, at + timedelta(seconds=wait))


def linked(row: Row, links: Links) -> dict[str, object]:
    """Tell where people see a delivery's record, nothing where there is none or nobody knows."""
    record, link = row.values["record_id"], links.get(row.values["destination"])
    return {"link": link(record) if record and link else ""}


def _next_day(rate: Rate, at: datetime) -> datetime:
    """Return when the next day of the quota begins."""
    zone = ZoneInfo(rate.resets)
    day = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time.min, zone).astimezone(at.tzinfo)


@dataclass(frozen=True, slots=True)
class Outlooks:
    """How all lanes stand at one moment."""

    lanes: Mapping[str, Lane]
    rates: Mapping[str, Rate | None]
    now: datetime

    @classmethod
    async def read(cls, state: Table, rates: Mapping[str, Rate | None], now: datetime) -> Outlooks:
        """Read the lanes, all at once."""
        rows = await by_key(state, LANE)
        return cls({name: read_row(Lane, row.values) for name, row in rows.items()}, rates, now)

    def facts(self, index: str) -> dict[str, object]:
        """Return what the key *index* of a delivery's index row tells, as its lane stands."""
        if index_kind(index) == State.PARKED:
            return {"parked_since": to_text(index_time(index))}
        due = due_in(index)
        if due is None:
            return {}
        destination, at = due
        first, _ = all_due(destination, URGENT)
        ahead = self._outlook(destination, at, urgent=index.startswith(first))
        return {"next": to_text(ahead.next) if ahead.next else "", "held_by": ahead.held_by or ""}

    def _outlook(self, destination: str, due: datetime, *, urgent: bool) -> Outlook:
        if destination not in self.rates:
            return Outlook(Held.NOT_CONFIGURED, None)
        lane = self.lanes.get(destination, Lane())
        return outlook(lane, self.rates[destination], due, self.now, urgent=urgent)
