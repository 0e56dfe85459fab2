"""Deliveries: deliveries, the outcomes of an attempt, and the retry schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from leadshare.deliveries.record import Entry, Record
from leadshare.lifecycle.step import Step
from leadshare.playbook import Stage

TOO_OLD: Final = timedelta(days=7)
"""A delivery owed for longer than this is parked: sales has moved on by then."""

LATE: Final = timedelta(days=1)
"""A reminder that could not leave for so long is dropped: somebody may have called by now."""

SCHEDULE: Final = (0, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds before each attempt, counted from the one before; it outlasts a weekend."""

LOOK_UPS: Final = (60, 600, 3600)
"""Seconds before each look-up of a record that was accepted; some systems show it late."""

JITTER: Final = 0.1
"""The share of a delay that is added at random, at most."""


class Kind(StrEnum):
    """What is to be done for a delivery when its due row's time comes."""

    DELIVER = "deliver"
    LOOK_UP = "look_up"
    """Read the accepted record back by its key."""
    REMIND = "remind"
    """Tell those who are to call a lead that nobody has."""
    ESCALATE = "escalate"
    """Tell others that nobody has called even so."""
    STEP = "step"
    """Carry out a step of a track, `Delivery.step`."""
    FORGET = "forget"
    """Take the person out of the record that was made of the lead, or have it done."""


REMINDERS: Final = frozenset({Kind.REMIND, Kind.ESCALATE})
"""What is no delivery of a version: it is told once, and never parked."""

OLDEST: Final = {
    **dict.fromkeys((Kind.DELIVER, Kind.STEP, Kind.FORGET), TOO_OLD),
    **dict.fromkeys((Kind.REMIND, Kind.ESCALATE), LATE),
}
"""For how long something may be owed; a look-up for ever."""


URGENT: Final = "0"
USUAL: Final = "1"
RANKS: Final = (URGENT, USUAL)
"""What goes first of all that is due at a destination: sales-ready leads, then the rest."""


def rank_of(record: Record, kind: Kind = Kind.DELIVER) -> str:
    """Return the rank of what is due for *record*."""
    urgent = kind is Kind.DELIVER and record["stage"] == Stage.SALES_READY
    return URGENT if urgent else USUAL


class State(StrEnum):
    """Where a delivery stands; always exactly one of these."""

    DUE = "due"
    DELIVERED = "delivered"
    PARKED = "parked"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Reminder:
    """That nobody has called a lead yet, as a notice is to tell it."""

    kind: Kind
    since: datetime
    """When it became sales-ready."""
    zone: str
    """The team's time zone."""
    worked: timedelta
    """The team's working time since then."""
    target: float
    """Working hours within which somebody was to call."""
    reminded: tuple[str, ...] = ()
    """The notices by which others were reminded before."""
    unread: tuple[str, ...] = ()
    """The systems that could not be asked whether somebody has called."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one lead owes one destination now: a due row, as the tick read it."""

    lead: str
    destination: str
    version: int
    record: Record = field(repr=False)
    """The lead as it goes out; see `record.Record`."""
    owed_since: datetime
    attempts: int = 0
    sent: int = 0
    """The lead version that the destination accepted last; 0 for none."""
    record_id: str = ""
    """The destination's own id of the record, where it told us."""
    trace: str = ""
    """The traceparent of the touch that made it due, where one is known."""
    tried: bool = False
    """Whether there were attempts before those that `attempts` counts, which begins anew."""
    unproven: bool = False
    """Whether a record was accepted that no look-up has found so far."""
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    """What of the story is owed: the entries of versions above `sent`, the oldest first."""
    links: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Where people see the lead's records, by destination; read for those who tell of records."""
    without: frozenset[str] = frozenset()
    """Fields that the destination has refused: what they hold goes to its notes instead."""
    reminder: Reminder | None = None
    """What is to be told instead of the lead's version."""
    step: Step | None = None
    """What is to be done instead of telling the lead's version."""
    counted: bytes = field(default=b"", repr=False, compare=False)
    """The column of what it is counted as; see `counts.contribution`."""

    @property
    def known(self) -> bool:
        """Whether the destination may already hold a record of this lead."""
        return self.sent > 0 or self.attempts > 0 or self.tried


@dataclass(frozen=True, slots=True)
class Accepted:
    """The destination took this very record; `record_id` is its own id for it, if it told."""

    record_id: str = ""
    without: frozenset[str] = frozenset()
    """Fields that it refused, so that the record went without them."""
    said: str = field(default="", compare=False, repr=False)
    did: str = ""
    """What it did, where there is a choice: `deleted`, `anonymised`, `task` or `not_there`."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Later may help: the next step of the schedule.

    `reason` is a stable code. `counts` is False when the destination never judged the
    record (throttled) or no request left, so that the schedule is not used up.
    """

    reason: str
    counts: bool = True
    said: str = field(default="", compare=False, repr=False)
    """What the destination said, in its words: may quote the lead, and is never logged."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Sending it again cannot help: the delivery is parked under `reason`, a stable code."""

    reason: str
    said: str = field(default="", compare=False, repr=False)
    """What the destination said, in its words: may quote the lead, and is never logged."""
    fields: frozenset[str] | None = field(default=None, compare=False)
    """The fields whose values are refused, as far as the destination names them; None where no
    value is what it refuses."""


Outcome = Accepted | Deferred | Rejected


@dataclass(frozen=True, slots=True)
class Reply:
    """What one call to a destination came to: an outcome for each delivery, in their order."""

    outcomes: tuple[Outcome, ...]
    status: int = 0
    """The HTTP status, 0 where there was no answer."""
    hold: timedelta | None = None
    """How long the destination asks the whole lane to wait (429, Retry-After)."""
    failing: bool = False
    """Whether the destination itself, not a record, is at fault: what the breaker counts."""
    gone: bool = False
    """Whether the destination asks never to be called again (410): the lane is disabled."""


def next_due(
    now: datetime, attempts: int, schedule: tuple[float, ...], chance: float
) -> datetime | None:
    """Return when to try again after *attempts* that count, or None when there is no more.

    *chance* is in [0, 1) and picks the jitter.
    """
    if attempts >= len(schedule):
        return None
    return now + timedelta(seconds=schedule[attempts] * (1 + JITTER * chance))
