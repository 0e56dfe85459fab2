"""Configuration: when, and how often at most, a track may reach a customer."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, StrictFloat

from leadshare.configuration.clock import Week
from leadshare.deliveries.lanes.rate import Zone
from leadshare.model import Model

_DAY = "09:00-17:00"


class Outreach(Model):
    """When, and how often at most, steps of tracks may reach a customer."""

    hours: Week = Week(mon=_DAY, tue=_DAY, wed=_DAY, thu=_DAY, fri=_DAY)
    """The hours, by the clocks of the customer's country, in all its time zones; 09:00-17:00 from
    Monday to Friday, if not told."""
    gap_days: StrictFloat = Field(7, ge=1, le=365)
    """Days from one step that reaches a customer to the next, over all their leads."""
    zone: Zone = "UTC"
    """The time zone of customers whose country is not known."""

    @property
    def gap(self) -> timedelta:
        """The time from one step that reaches a customer to the next."""
        return timedelta(days=self.gap_days)
