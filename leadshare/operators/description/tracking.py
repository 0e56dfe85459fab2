"""Operators: the form of what is told of tracks."""

from __future__ import annotations

from leadshare.operators.description.values import LACKING, Answer, Instant, Lead, Once
from leadshare.playbook import Stage


class Been(Answer):
    """What a step came to, or an attempt at it."""

    at: Instant
    destination: str
    """Empty where it was left out."""
    track: str
    verb: str
    outcome: str
    """`accepted`, `deferred`, `rejected`, or `left_out`."""
    reason: str


class Next(Answer):
    """What comes next; lacking what a track has none of."""

    step: int = LACKING
    verb: str = LACKING
    due: Instant = LACKING
    destination: str = LACKING
    only_if: str = LACKING
    handed_over: bool = LACKING
    """Whether its destination has it already, and it waits there."""
    since: Instant = LACKING
    """When the step before was over."""
    after_days: float = LACKING
    text: str = LACKING
    into: str = LACKING


class On(Answer):
    """A list that the customer is on by the track."""

    destination: str
    into: str


class Track(Answer):
    """Where one lead stands in its track."""

    lead: Lead
    stage: Stage
    track: str
    """Empty where none has ever run."""
    run: int
    begun: Once
    ended: Once
    why: str
    """Why it ended."""
    score: int
    interest: int
    """What is left of the score since the last touch."""
    been: list[Been]
    next: Next
    lists: list[On]
    ended_by: list[str]
    """What would end it before its last step."""


class At(Answer):
    """How many leads are at a step."""

    track: str
    step: int
    leads: int


class Tracks(Answer):
    """How many leads are where."""

    tracks: list[At]
    count: int
    more: bool
    """Whether there are more than were counted."""
