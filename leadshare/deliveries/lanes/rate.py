"""Deliveries: a rate budget as it is configured: so many calls in so many seconds, and in a day."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, Field, StrictFloat, StrictInt

from leadshare.model import Model
from leadshare.quoting import did_you_mean

RESERVED: Final = 0.2
"""The share of what a budget lets leave at once that is kept for sales-ready leads."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        meant = did_you_mean(name, available_timezones()) or ";"
        raise ValueError(f"no such time zone{meant} expected one such as America/Chicago") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]
"""The name of a time zone (IANA)."""


class Rate(Model):
    """A budget of calls: at most `calls` in any `seconds`, and `daily` from midnight on."""

    calls: StrictInt = Field(gt=0)
    """Calls that may leave in so many seconds."""
    seconds: StrictFloat = Field(gt=0)
    """Any so many seconds in which those calls may leave."""
    daily: StrictInt | None = Field(default=None, gt=0)
    """Calls that may leave in a day, where the vendor has such a quota."""
    resets: Zone = "UTC"
    """The time zone whose midnight a day begins at."""

    @property
    def bucket(self) -> float:
        """How many calls may leave at once.

        A bucket as large as the budget would let twice as many leave in one window.
        """
        return max(self.calls / 10, 2 if self.calls >= 4 else 1)  # noqa: PLR2004 - see `reserve`

    @property
    def reserve(self) -> float:
        """How many of them are kept for what is urgent: one at least, where there are two."""
        return min(max(RESERVED * self.bucket, 1), self.bucket - 1)

    def day(self, now: datetime) -> str:
        """Return the day of the quota that *now* belongs to."""
        return now.astimezone(ZoneInfo(self.resets)).date().isoformat()
