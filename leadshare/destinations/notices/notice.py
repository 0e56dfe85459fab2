"""Destinations: what notices share, which tell people of a lead whose record is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

import httpx
from pydantic import Field

from leadshare.client.errors import NOTHING_LEFT
from leadshare.deliveries.delivery import (
    Accepted,
    Delivery,
    Kind,
    Rejected,
    Reminder,
    Reply,
)
from leadshare.deliveries.record import FIELDS, Record
from leadshare.destinations.base import Destination
from leadshare.destinations.replies import Verdict, every
from leadshare.destinations.settings import DestinationSettings
from leadshare.destinations.steps import subject, text
from leadshare.destinations.writing.mapping import TRANSFORMS, cut, source
from leadshare.destinations.writing.telling import View
from leadshare.lifecycle.step import Step, Verb
from leadshare.playbook import Stage
from leadshare.reason import Reason

SHOWABLE: Final = FIELDS
"""What a notice may show; nothing made of several fields, so that a name says all it shows."""

SHOWS: Final = (
    *(
        "listing_title",
        "storefront",
        "intent",
        "score",
        "stage",
        "campaign_name",
        "reasons",
        "lead",
    ),
)
"""What a notice shows by default: nothing that tells of a person."""

ADVISED: Final = 24
"""Hours, not working hours, within which Microsoft advises to follow up."""

_SPOKEN: Final = {"storefront", "campaign_kind", "intent", "category", "stage", "listing_kind"}
_LABELS: Final = {
    "lead": "Lead id",
    "campaign": "Campaign id",
    "campaign_name": "Campaign",
    "email": "E-mail",
    "reasons": "Why",
}

LONGEST: Final = 170
LONGER: Final = {"notes": 1000, "reasons": 1000}
"""UTF-16 units of a value: a notice is short, and Teams takes 28 KB."""

LONGEST_TEXT: Final = 500
"""UTF-16 units of a step's text."""

_SOURCES: Final = {
    # On one line, so that no customer's text looks like another line of the notice.
    name: source(name, transform="spoken" if name in _SPOKEN else "one_line")
    for name in SHOWABLE
}


class NoticeSettings(DestinationSettings):
    """What every notice can be told."""

    follows_up: ClassVar[bool] = False

    shows: tuple[Literal[SHOWABLE], ...] = Field(SHOWS, min_length=1)  # type: ignore[valid-type]  # from the record
    """The lead fields that it shows, in this order. A person's data leave with it only if their
    fields are named here."""
    notify: Literal["created", "sales_ready", "all"] = "created"
    """When it rings: once for each lead, once a lead is sales-ready, or for every version."""


def facts(shows: Sequence[str], record: Record) -> list[tuple[str, str]]:
    """Return what a notice shows, as labels and values on one line; what is empty is left out."""
    values = {name: str(_SOURCES[name].of(View(record))) for name in shows}
    return [
        (
            _LABELS.get(name, name.replace("_", " ").capitalize()),
            cut(value, LONGER.get(name, LONGEST)),
        )
        for name, value in values.items()
        if value
    ]


def lines(delivery: Delivery, shows: Sequence[str]) -> list[tuple[str, str]]:
    """Return all that is told of *delivery*, as labels and values on one line."""
    which = shows if "lead" in shows else (*shows, "lead")
    if delivery.step:
        return [*stepping(delivery.step), *facts(which, delivery.record)]
    if delivery.reminder:
        return [*waiting(delivery.reminder, delivery.owed_since), *facts(which, delivery.record)]
    return facts(shows, delivery.record)


def stepping(step: Step) -> list[tuple[str, str]]:
    """Return what a step says beyond its headline, as labels and values."""
    rest = text(replace(step, track=""))
    told = {"Text": TRANSFORMS["one_line"](rest), "Track": step.track}
    return [(label, cut(value, LONGEST_TEXT)) for label, value in told.items() if value]


def waiting(reminder: Reminder, now: datetime) -> list[tuple[str, str]]:
    """Return for how long nobody has called, as labels and values."""
    since = reminder.since.astimezone(ZoneInfo(reminder.zone))
    told = {
        "Sales-ready since": f"{since:%Y-%m-%d %H:%M} ({reminder.zone})",
        "Working hours since": f"{_hours(reminder.worked)}, the target is {reminder.target:g}",
        "Hours since": f"{_hours(now - reminder.since)}, Microsoft advises {ADVISED}",
        "Reminded before": ", ".join(reminder.reminded),
        "Could not be asked": ", ".join(reminder.unread),
    }
    return [(label, value) for label, value in told.items() if value]


def _hours(time: timedelta) -> str:
    return f"{time / timedelta(hours=1):.1f}".removesuffix(".0")


def headline(delivery: Delivery) -> str:
    """Say in a few words what happened, or what a step says."""
    if delivery.step:
        return subject(delivery.step)
    if delivery.reminder:
        again = delivery.reminder.kind is Kind.ESCALATE
        return "Still nobody has called this lead" if again else "Nobody has called this lead yet"
    category = delivery.record["category"]
    if category == "test":
        return "Test lead"
    if category == "no_contact":
        return "Do not contact this lead"
    return "Lead updated" if delivery.record_id else "New lead"


def rings(notify: str, delivery: Delivery) -> bool:
    """Say whether this version of the lead is to be told.

    A record id says that the lead was told before; a version that was not told leaves none.
    """
    if delivery.reminder or delivery.step:
        return True
    told, record = bool(delivery.record_id), delivery.record
    if told and record["category"] == "no_contact":
        return True  # whoever was told of somebody must hear that they objected since
    if notify == "sales_ready":
        return record["stage"] == Stage.SALES_READY and not told
    return notify == "all" or not delivery.sent


N = TypeVar("N", bound=NoticeSettings)


class Notice(Destination[N]):
    """Tells people of a lead; what is not to be told is accepted without a call."""

    verbs = frozenset({Verb.NOTICE})
    erasures = frozenset()
    repeatable = False
    """Whether sending a notice again cannot ring twice."""

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Ring, if at all; where the notice may have left, only a person sends it again."""
        (delivery,) = deliveries
        if not rings(self.settings.notify, delivery):
            return every(deliveries, Verdict(Accepted(delivery.record_id)))
        try:
            return await self.ring(deliveries, now)
        except NOTHING_LEFT:
            raise
        except httpx.TransportError:
            if self.repeatable:
                raise
            return every(deliveries, unclear())

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Ring for a step, as for a lead."""
        return await self.hand_over(deliveries, now)

    async def ring(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Make the call and read its answer."""
        return await super().hand_over(deliveries, now)


def unclear(status: int = 0, words: str = "") -> Verdict:
    """Return what it means that nobody can say whether the notice has left."""
    return Verdict(Rejected(Reason.UNCLEAR, said=words), status, failing=True)
