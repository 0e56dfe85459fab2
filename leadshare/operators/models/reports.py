"""Operators: what they ask of reports, and how they order that all is counted anew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final, Literal

from pydantic import (
    BeforeValidator,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from leadshare.counts.periods import Period
from leadshare.errors import BadRequest
from leadshare.operators.models.base import NOT_GIVEN, Expected
from leadshare.operators.models.orders import Order
from leadshare.operators.models.queries import Persons

LONGEST: Final = 366
"""Days of a report at most."""

DAILY: Final = 92
"""Days of a report at most that tells each day apart by a dimension: some 10 MB, of 200 values."""

USUAL: Final = 30
"""Days of a report, if its first is not told."""

FIRST: Final = date(2000, 1, 1)
LAST: Final = date(2199, 12, 31)
"""The days that can be asked for: with room before and behind for all that is worked out of them.
"""

_EXPECTED: Final = "a day such as 2026-11-01"


def _to_day(value: object) -> date | None:
    """Return the day that is told, if one is."""
    if not isinstance(value, str):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(_EXPECTED) from None
    # Weeks and days without hyphens are ISO 8601 too, but no text that the schema knows.
    if day.isoformat() != value or not FIRST <= day <= LAST:
        raise ValueError(_EXPECTED)
    return day


Day = Annotated[
    date | None,
    BeforeValidator(_to_day),
    WithJsonSchema({"type": "string", "format": "date"}),
    NOT_GIVEN,
]
"""A day; none where the text is empty."""


class Report(Persons):
    """What was counted, in all and by one dimension."""

    by: Annotated[
        Literal["listing", "kind", "campaign", "storefront", "destination", "country", "sku"]
        | None,
        NOT_GIVEN,
    ] = None
    """By what it is told beside the total."""
    first: Day = None
    """The first day; 30 days in all, if not told."""
    last: Day = None
    """The last day; today, if not told. At most 366 days."""
    every: Annotated[Literal["day", "week", "month"] | None, NOT_GIVEN] = None
    """What it is told of apart, beside the whole; by a dimension, each day of 92 days at most."""

    @field_validator("last")
    @classmethod
    def _not_too_long(cls, last: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("first")
        if first and last and not 0 <= (last - first).days < LONGEST:
            raise ValueError(f"a day from the first on, at most {LONGEST} days in all")
        return last

    def period(self, today: date) -> Period:
        """Return which days are asked for, on the day of *today*; `BadRequest` if too much."""
        last = self.last or (today if not self.first else min(today, self._furthest))
        first = self.first or last - timedelta(days=USUAL - 1)
        period = Period(first, max(last, first))
        if self.by and self.every == "day" and period.days > DAILY:
            told = f"{DAILY} days at most where each is told by {self.by}, these are {period.days}"
            raise BadRequest(f"every: {told}")
        return period

    @property
    def _furthest(self) -> date:
        return (self.first or date.max) + timedelta(days=LONGEST - 1)


class Rebuild(Order):
    """Count all anew."""

    dry_run: Annotated[StrictBool, Expected("true or false")] = True
    """Tell only what is counted otherwise than it should be."""
    after: Annotated[
        str | None,
        StringConstraints(strict=True, pattern=r"^[0-9a-e]$"),
        NOT_GIVEN,
        Expected("what an answer gave as next"),
    ] = None
    """Go on behind what was counted already: what the last answer gave as `next`."""
