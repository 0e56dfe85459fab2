"""Configuration: the clock that runs from sales-ready until somebody calls, and whom it reminds."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StrictFloat, model_validator

from leadshare.deliveries.lanes.rate import Zone
from leadshare.errors import Faults
from leadshare.lifecycle.holidays import PLACES, holidays_at
from leadshare.lifecycle.working_time import Spans, WorkingTime
from leadshare.model import Model
from leadshare.quoting import did_you_mean, shown

_SPAN: Final = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_HOURS: Final = 'hours such as "09:00-17:00", or "09:00-12:00, 13:00-17:00"'
_MIDNIGHT: Final = timedelta(hours=24)


def _spans(text: str) -> Spans:
    """Return the hours that *text* tells; none where it is empty."""
    told = [_SPAN.fullmatch(part.strip()) for part in text.split(",")] if text else []
    spans = [
        (
            timedelta(hours=int(one[1]), minutes=int(one[2])),
            timedelta(hours=int(one[3]), minutes=int(one[4])),
        )
        for one in told
        if one
    ]
    ends = [end for span in spans for end in span]
    if len(spans) < len(told) or any(end > _MIDNIGHT for end in ends):
        raise ValueError(f"expected {_HOURS}")
    if any(begins >= ends for begins, ends in spans):
        raise ValueError("ends before it begins; what goes past midnight is hours of two days")
    if ends != sorted(ends):
        raise ValueError("expected the hours of a day in their order, none of them twice")
    return spans


def _hours(text: str) -> str:
    _spans(text)
    return text


Hours = Annotated[str, AfterValidator(_hours)]


class Week(Model):
    """The hours in which a team works, by its own clocks; a day that is not named is free."""

    mon: Hours = ""
    """Monday's, such as "09:00-17:00", or "09:00-12:00, 13:00-17:00"."""
    tue: Hours = ""
    """Tuesday's."""
    wed: Hours = ""
    """Wednesday's."""
    thu: Hours = ""
    """Thursday's."""
    fri: Hours = ""
    """Friday's."""
    sat: Hours = ""
    """Saturday's."""
    sun: Hours = ""
    """Sunday's."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not any(self.spans.values()):
            raise ValueError("expected working hours on one day at least")
        return self

    @property
    def spans(self) -> dict[int, Spans]:
        """The hours by weekday, Monday is 0."""
        days = (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)
        return {weekday: _spans(hours) for weekday, hours in enumerate(days)}


def _place(code: str) -> str:
    if code not in PLACES:
        meant = did_you_mean(code, PLACES) or ";"
        raise ValueError(f'no such place{meant} expected one such as "DE" or "DE-BY"')
    return code


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{shown(name)} is there twice; expected once")
    return names


Notices = Annotated[tuple[str, ...], AfterValidator(_each_once)]

_OFFICE: Final = "09:00-17:00"


class Clock(Model):
    """How soon somebody must call, and who hears of it if nobody has."""

    zone: Zone
    """The time zone of the team that calls, such as Europe/Berlin."""
    hours: Week = Week(mon=_OFFICE, tue=_OFFICE, wed=_OFFICE, thu=_OFFICE, fri=_OFFICE)
    """When the team works; 09:00-17:00 from Monday to Friday, if not told."""
    holidays: Annotated[str, AfterValidator(_place)] = ""
    """Whose public holidays the team has: a country's or one of its parts', such as DE or DE-BY."""
    target: StrictFloat = Field(8, gt=0, le=200)
    """Working hours within which somebody is to call."""
    remind: StrictFloat | None = Field(None, gt=0, le=200)
    """Working hours after which the first are told; the target, if not said."""
    escalate: StrictFloat | None = Field(None, gt=0, le=400)
    """Working hours after which others are told as well; twice the target, if not said."""
    remind_to: Notices = Field(min_length=1)
    """Names of notices (`teams`, `email`) that remind."""
    escalate_to: Notices = ()
    """Names of notices that tell others if nobody has called even so; without any nobody is."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.escalate is not None and not self.escalate_to:
            raise Faults((("escalate",), "expected escalate_to, which says who is told"))
        if self.escalate_to and self.escalates_after <= self.reminds_after:
            raise Faults((("escalate",), "expected more hours than until the reminder"))
        return self

    @property
    def notices(self) -> frozenset[str]:
        """The names of all who may be told."""
        return frozenset({*self.remind_to, *self.escalate_to})

    @property
    def within(self) -> timedelta:
        """The working time within which somebody is to call."""
        return timedelta(hours=self.target)

    @property
    def reminds_after(self) -> timedelta:
        """The working time after which the reminder leaves."""
        return timedelta(hours=self.target if self.remind is None else self.remind)

    @property
    def escalates_after(self) -> timedelta:
        """The working time after which others are told as well."""
        return timedelta(hours=2 * self.target if self.escalate is None else self.escalate)

    @cached_property
    def working_time(self) -> WorkingTime:
        """The team's working time; a package of holidays is loaded once a day is asked for."""
        return WorkingTime(ZoneInfo(self.zone), self.hours.spans, holidays_at(self.holidays))

    @cached_property
    def without_holidays(self) -> WorkingTime:
        """The same as if there were no holidays: nothing is sooner, and it is known at once."""
        return WorkingTime(ZoneInfo(self.zone), self.hours.spans)
