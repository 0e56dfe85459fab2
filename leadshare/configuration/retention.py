"""Configuration: for how long what is held stays, class by class."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from leadshare.errors import Faults
from leadshare.model import Model


class Retention(Model):
    """How long each class of what is held stays; it then goes by itself."""

    leads_months: StrictInt = Field(36, ge=1, le=120)
    """Months that a contact's leads stay after the last touch of any of them."""
    keep_won: StrictBool = True
    """Whether a contact stays one of whose leads is won: it is a customer's."""
    bodies_days: StrictInt = Field(90, ge=1, le=3650)
    """Days that what was posted stays as it came, beside what was read out of it."""
    tests_days: StrictInt = Field(7, ge=1, le=3650)
    """Days that a test lead stays after its last touch."""
    quarantine_days: StrictInt = Field(30, ge=1, le=3650)
    """Days that what could not be read stays."""
    acts_days: StrictInt = Field(400, ge=1, le=3650)
    """Days that it stays who ordered what of whom; that something was ordered stays."""
    suppressions_months: StrictInt = Field(36, ge=1, le=120)
    """Months that a tombstone or an objection stays after it was last of use."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.bodies_days > 28 * self.leads_months:
            raise Faults((("bodies_days",), "expected no more than the time that leads stay"))
        return self

    def stays(self) -> dict[str, str]:
        """Return for how long each class stays, as a person reads it."""
        return {
            "leads": f"{self.leads_months} months",
            "tests": f"{self.tests_days} days",
            "bodies": f"{self.bodies_days} days",
            "quarantined": f"{self.quarantine_days} days",
            "acts": f"{self.acts_days} days",
            "suppressions": f"{self.suppressions_months} months",
        }

    def leads_until(self, now: datetime) -> datetime:
        """Return the last instant of a last touch by which a contact's leads go."""
        return months_before(now, self.leads_months)

    def bodies_until(self, now: datetime) -> datetime:
        """Return until when bodies that go were received."""
        return now - timedelta(days=self.bodies_days)

    def tests_until(self, now: datetime) -> datetime:
        """Return the last instant of a last touch by which a test lead goes."""
        return now - timedelta(days=self.tests_days)

    def quarantine_until(self, now: datetime) -> datetime:
        """Return until when what goes of the quarantine was received."""
        return now - timedelta(days=self.quarantine_days)

    def acts_until(self, now: datetime) -> datetime:
        """Return until when acts were whose names go."""
        return now - timedelta(days=self.acts_days)

    def suppressions_until(self, now: datetime) -> datetime:
        """Return until when suppressions that go were used last."""
        return months_before(now, self.suppressions_months)


def months_before(now: datetime, months: int) -> datetime:
    """Return the same day and time so many *months* before, or the last day of a shorter month."""
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    day = min(now.day, monthrange(years, month + 1)[1])
    return now.replace(year=years, month=month + 1, day=day)
