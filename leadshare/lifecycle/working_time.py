"""Lifecycle: how much of a team's working time lies between two instants, and when some is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

Spans = Sequence[tuple[timedelta, timedelta]]
"""The hours of a day, in their order: from and to, as its clocks show them, counted from midnight.

None ends before it begins, begins before the one before has ended, or goes past midnight.
"""

LONGEST: Final = 10 * 366
"""Days within which working time must be found."""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """The hours in which a team works.

    They are counted as they pass: the night in which clocks go forward has an hour less.
    """

    zone: tzinfo
    week: Mapping[int, Spans]
    """By weekday, Monday is 0; a day that is not there is free."""
    is_free: Callable[[date], bool] = lambda _: False
    """Whether a day of the week's is free for once: a holiday."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from *start* to *end*; nothing where that is not later."""
        passed = timedelta()
        for begins, ends in self.spans(start):
            if begins >= end:
                break
            passed += min(ends, end) - begins
        return passed

    def after(self, start: datetime, much: timedelta) -> datetime:
        """Return the first instant at which so *much* working time has passed since *start*.

        Raises `ValueError` where nobody ever works.
        """
        if much <= timedelta():
            return start
        for begins, ends in self.spans(start):
            if ends - begins >= much:
                return begins + much
            much -= ends - begins
        raise ValueError("nobody works for years")

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is left from *start* on of the hours of each day, in UTC, in their order."""
        first, last = start.astimezone(self.zone).date(), start
        for day in (first + timedelta(days=days) for days in range(LONGEST)):
            hours = self.week.get(day.weekday(), ())
            for begins, ends in () if hours and self.is_free(day) else hours:
                # Where clocks leave an hour out, hours that follow each other might overlap.
                begun = max(self._instant(day, begins), last)
                last = max(self._instant(day, ends), begun)
                yield begun, last

    def _instant(self, day: date, shown: timedelta) -> datetime:
        """Return when the clocks of *day* first show so much after midnight."""
        local = datetime.combine(day, time()) + shown
        return local.replace(tzinfo=self.zone).astimezone(UTC)
