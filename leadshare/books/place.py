"""Books: how far one book has been read, as its row has it, and when it is looked at next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from leadshare.store.lease import Lease
from leadshare.times import EPOCH

EVERY: Final = timedelta(hours=24)
"""From one execution of a report to the next."""

COUNT: Final = 90
"""Executions of a report, which has no more and ends then."""

AHEAD: Final = timedelta(hours=4, minutes=15)
"""How long before its first execution a report is made; less than 4 hours is refused.

analytics-programmatic-faq.md in MicrosoftDocs/azure-docs.
"""

EARLY: Final = timedelta(days=7)
"""How long before the last execution of a report the next one is made."""

LOST: Final = timedelta(days=3)
"""How long after an execution was due, and was not there, a report is taken for lost or paused."""

LOOK: Final = timedelta(hours=1)
"""How often it is looked whether an execution has ended."""

RETRY: Final = timedelta(minutes=15)
"""When it is tried again after a fault that names no time."""

TOLD: Final = timedelta(hours=1)
"""How often a book's standing is told, at most."""

FAILS: Final = timedelta(hours=36)
"""How long it may fail before a person is to look: longer than one bad file lasts. Nothing is lost
by it, for the next file tells the same days again."""

SILENT: Final = timedelta(days=3)
"""How long no file may have been made before a person is to look: one a day is usual."""


class Report(Protocol):
    """A report as Partner Center has it: its id, and when it is executed first and last."""

    @property
    def id(self) -> str: ...
    @property
    def begins(self) -> datetime: ...
    @property
    def ends(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Place(Lease):
    """How far one book has been read."""

    asked: str = ""
    """The query as it was when its id was got."""
    query: str = ""
    report: str = ""
    """Their ids at Partner Center."""
    begins: datetime = EPOCH
    ends: datetime = EPOCH
    """When the report is executed first and last."""
    before: str = ""
    """The report that this one follows, until it has had its first execution."""
    taken: str = ""
    """The execution whose file was taken last."""
    told_at: datetime = EPOCH
    """When that file was made: what it tells is up to 48 hours older."""
    known_from: str = ""
    """The first day or month that any file told of."""
    look_at: datetime = EPOCH
    fault: str = ""
    """Why it could not be read the last time; nothing where it could."""
    failing_at: datetime = EPOCH
    """Since when it fails, look by look."""
    begun_at: datetime = EPOCH
    """Since when it is looked at, without a break of days."""
    watched_at: datetime = EPOCH
    """When it was told last how it stands."""

    @property
    def waits(self) -> bool:
        """Whether the first execution of its report is yet to come, and nothing is wrong."""
        return self.told_at == EPOCH and not self.fault

    def late(self, now: datetime) -> bool:
        """Say whether a person is to look: it has failed, or nothing new has come, for long."""
        if self.begun_at == EPOCH:
            return False  # Nobody has looked at it yet.
        fails = self.failing_at > EPOCH and now - self.failing_at > FAILS
        return fails or now - max(self.told_at, self.begun_at) > SILENT


def asking(place: Place, query: str) -> Place:
    """Return *place* for a *query*; of another one nothing holds but what was read last."""
    if place.asked == query:
        return place
    return replace(place, asked=query, query="", report="", before="", begins=EPOCH, ends=EPOCH)


def needs_report(place: Place, now: datetime) -> bool:
    """Say whether a report is to be found or made: there is none, or it ends soon."""
    return not place.report or now > place.ends - EARLY


def with_report(place: Place, report: Report) -> Place:
    """Return *place* with a *report*, which may be the same as before."""
    if report.id == place.report:
        return place
    following = place.before or place.report
    return replace(
        place, report=report.id, begins=report.begins, ends=report.ends, before=following
    )


def is_lost(place: Place, now: datetime) -> bool:
    """Say whether the report should have been executed long since, and was not."""
    return now > max(place.begins, place.told_at + EVERY) + LOST


def waiting(place: Place, now: datetime) -> Place:
    """Return *place* until it is looked again: no sooner than a first execution can be there."""
    first = place.begins if not place.before else now
    return replace(place, look_at=max(first, now + LOOK), fault="", failing_at=EPOCH)


def rests(look_at: datetime, now: datetime) -> bool:
    """Say whether it is too soon to look: what is further off than any wait is of a wrong clock."""
    return timedelta(0) < look_at - now <= AHEAD + EVERY


def broken(place: Place, fault: str, hold: timedelta | None, now: datetime) -> Place:
    """Return *place* after a *fault*, until it is tried again.

    Without a report, its query may be what is wrong.
    """
    query = place.query if place.report else ""
    since = place.failing_at if place.fault else now
    look_at = now + (hold or RETRY)
    return replace(place, query=query, fault=fault, failing_at=since, look_at=look_at)


def to_be_told(place: Place, now: datetime) -> bool:
    """Say whether it is time to tell how a book stands."""
    return not timedelta(0) <= now - place.watched_at < TOLD


def watched(place: Place, now: datetime) -> Place:
    """Return *place* once that is told; where nobody looked for days, as if it had just begun."""
    if abs(now - place.watched_at) <= SILENT:
        return replace(place, watched_at=now)
    return replace(place, watched_at=now, begun_at=now, failing_at=EPOCH, fault="")
