"""Configuration: by whose days it is counted and reported."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from leadshare.deliveries.lanes.rate import Zone
from leadshare.errors import Faults
from leadshare.model import Address, Model


class Reporting(Model):
    """How reports are made."""

    to: tuple[Address, ...] = Field((), max_length=50)
    """Who is sent the report of each week; without any nobody is."""
    by: str = ""
    """The name of the `email` destination by whose way, and from whose sender, it is sent."""
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "mon"
    """The day on whose morning it is sent: of the seven days before."""
    zone: Zone = "UTC"
    """The time zone whose days are counted by, such as Europe/Berlin. After a change of it
    `leadshare counts rebuild` counts all anew; until then nothing more is counted."""

    @model_validator(mode="after")
    def _both(self) -> Self:
        if self.to and not self.by:
            raise Faults((("by",), "by and to go together; expected an email destination's name"))
        if self.by and not self.to:
            raise Faults((("to",), "to and by go together; expected who is to read it"))
        return self
