"""Lifecycle: one step of a track: what is done for a lead, where, and when it was planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Verb(StrEnum):
    """What a step does at its destination."""

    TASK = "task"
    """Give the people there something to do about the lead."""
    NOTE = "note"
    """Tell something in the timeline of the lead's record."""
    NOTICE = "notice"
    """Tell people of the lead, by a notice."""
    LIST = "list"
    """Put the customer on a list or in a membership that can be left."""
    LEAVE = "leave"
    """Take the customer off such a list."""
    EVENT = "event"
    """Tell a webhook."""
    END = "end"
    """End the track; done nowhere."""


REACHES: Final = frozenset({Verb.LIST, Verb.EVENT})
"""What may reach the customer: it needs a legal basis, and keeps the gap and the sending hours."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a track, as its destination is to carry it out."""

    id: str
    """32 hex digits, of the lead, the track's run and the step: the same however often it is
    tried, so that a destination can tell a repeat."""
    track: str
    """The id of the track."""
    verb: Verb
    text: str = field(default="", repr=False)
    """What the publisher wrote for whoever reads it; of the customer it tells nothing."""
    into: str = ""
    """The system's own id of the list or membership, for `list` and `leave`."""
    due: str = ""
    """ISO 8601, UTC: by when it is to be done, for a `task`."""
