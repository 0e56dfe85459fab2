"""Operators: the answers that tell of deliveries and their attempts."""

from __future__ import annotations

from typing import Literal

from leadshare.deliveries.delivery import State
from leadshare.operators.description.values import LACKING, Answer, Instant, Lead, Once, Page
from leadshare.operators.outlook import Held


class Last(Answer):
    """What a destination said last."""

    at: Instant = LACKING
    outcome: str = LACKING
    reason: str = LACKING
    status: int = LACKING
    said: str = LACKING
    """In its own words; told with persons only."""


class Waiting(Answer):
    """A delivery, and until when it waits and what for."""

    lead: Lead
    destination: str
    state: State
    reason: str
    sent: int
    """The version that was accepted last."""
    attempts: int
    record_id: str
    """The destination's own id of the record."""
    next: Once = LACKING
    """Of what is due: when it leaves at the earliest; empty if a person must do something."""
    held_by: Held | Literal[""] = LACKING
    """Of what is due: what holds it until then, empty for nothing."""
    parked_since: Instant = LACKING
    """Of what is parked."""
    link: str
    """Where people see its record; empty where there is none or nobody knows."""
    updated: Instant = LACKING
    found_at: Once = LACKING
    """When the record was read back."""


class Delivery(Waiting):
    """A delivery as a story tells it."""

    wanted: int
    """The version that is owed."""
    last: Last


class ListedDelivery(Waiting):
    """A delivery in a list."""

    version: int = LACKING
    """The version that is owed, of what is due or parked."""
    wanted: int = LACKING
    """The same, of what is delivered or suppressed."""
    owed_since: Instant = LACKING
    said: str = LACKING
    """What its system said last of this version, in its words; told with persons only."""


class Deliveries(Page):
    """Deliveries in one state."""

    deliveries: list[ListedDelivery]


class Attempt(Answer):
    """One request that left, and what it came to."""

    destination: str
    at: Instant
    version: int
    outcome: str
    reason: str
    status: int = LACKING
    """The HTTP status, 0 if none came."""
    milliseconds: int = LACKING
    kind: str = LACKING
    """Of a reminder: which; it tells nothing of the delivery."""
    without: str = LACKING
    """The fields that it was sent without, by commas."""
    said: str = LACKING
    """What the destination said, in its words; told with persons only."""
