"""Counts: the periods of a report: days, weeks from Monday, months, and the same before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """As many days before it."""
        return Period(self.first - timedelta(days=self.days), self.first - DAY)

    def __contains__(self, day: date) -> bool:
        """Say whether a *day* is one of its days."""
        return self.first <= day <= self.last

    def parts(self, every: str) -> Iterator[Period]:
        """Yield its days, weeks or months; the first and the last as far as they are in it."""
        first = self.first
        while first <= self.last:
            last = min(_ends(first, every), self.last)
            yield Period(first, last)
            first = last + DAY


def _ends(day: date, every: str) -> date:
    """Return the last day of the day, week or month that a *day* is in."""
    if every == "week":
        return day + timedelta(days=6 - day.weekday())
    if every == "month":
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY
    return day
