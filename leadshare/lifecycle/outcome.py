"""Lifecycle: an outcome: what one source tells of what became of one lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class State(StrEnum):
    """What a source says of a lead, least first; of `gone` it says nothing more."""

    GONE = "gone"
    """The record is deleted, merged into another, or cannot be seen any more: never `lost`."""
    LOST = "lost"
    WORKING = "working"
    """A person has begun: the status is another than that of a new record."""
    OPPORTUNITY = "opportunity"
    """There is a deal of it."""
    WON = "won"


@dataclass(frozen=True, slots=True)
class Money:
    """A sum in one currency; sums of two currencies are never added."""

    amount: Decimal
    currency: str
    """ISO 4217; "" where the source tells none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one source tells of one lead, at a time of the source's own.

    What is not told is None or "", and changes nothing.
    """

    lead: str
    """Of a destination that keeps persons, what has changed is told of the person's id: it counts
    for each of the person's leads that are there."""
    source: str
    """The name of a destination, of a source of `POST /api/outcomes`, or `people`."""
    at: datetime
    """When the source says that it came to be so."""
    state: State | None = None
    """None where the source tells no more than that the lead is as new as it was."""
    status: str = ""
    """What the source calls it, in its own word: a code or a label, of no person."""
    reason: str = field(default="", repr=False)
    """Why, in the source's words, such as why it was lost."""
    money: Money | None = None
    signed_at: datetime | None = None
    """The first sign of a person, if there is one: never our own user's or an automation's."""
    opted_out: bool = False
    """Whether the customer does not want to hear from the publisher any more."""
    corrected_by: str = field(default="", repr=False)
    """The person who says so in the source's stead; it stands until the source says another."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One page of what has changed in a source."""

    outcomes: tuple[Outcome, ...] = ()
    """Of leads that are ours; of others the source tells nothing."""
    cursor: str = ""
    """From where to ask on: what the source's own page needs, at most 1,000 characters."""
    more: bool = False
    """Whether there is more to ask for at once."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How a source is asked."""

    every: timedelta
    """How often what has changed."""
    records: int
    """How many records one call reads by their ids."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What asking came to."""

    told: Changed = Changed()
    fault: str = ""
    """A stable code of why nothing was told."""


Records = Mapping[str, str]
"""Record ids by lead."""
