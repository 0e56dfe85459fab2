"""Deliveries: a destination's lane: its lease, spent budget, breaker and hold, as pure values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from leadshare.deliveries.delivery import Accepted, Deferred, Reply
from leadshare.deliveries.lanes import reasons
from leadshare.lifecycle.outcome import Answer
from leadshare.reason import Reason
from leadshare.store.lease import Lease
from leadshare.times import EPOCH

TRIP: Final = 5
"""Failing calls in a row that open the breaker."""

SHORTEST_REST: Final = timedelta(seconds=30)
LONGEST_REST: Final = timedelta(minutes=15)
"""How long an open breaker rests before one call probes; it doubles up to the longest."""

UNWRITTEN: Final = 3
"""Rounds in a row whose outcomes could not be written down, after which the lane rests."""

SLOWER, FASTER, SLOWEST = 0.7, 0.1, 0.1
"""A throttled call takes the budget to this share of itself; each quiet window gives this much of
the whole back; and it never falls below that."""


@dataclass(frozen=True, slots=True)
class Lane(Lease):
    """The state of one destination's stream of deliveries, kept across ticks and instances."""

    held_until: datetime = EPOCH
    """Until when the destination asked us to wait."""
    failures: int = 0
    """Failing calls in a row."""
    open_until: datetime = EPOCH
    """Until when the breaker rests; failures stay counted, so that one probe reopens it."""
    unwritten: int = 0
    """Rounds in a row of whose outcomes some could not be written down."""
    disabled: str = ""
    """Why the lane is disabled, if it is; a person enables it again."""
    paused_at: datetime = EPOCH
    """Since when a person has it paused, if one has; a person resumes it."""
    tokens: float = 0.0
    tokens_at: datetime = EPOCH
    """The calls that the rate budget had left at that time."""
    accepted_at: datetime = EPOCH
    """When the destination accepted something last."""
    pace: float = 1.0
    """The share of the rate budget that we use, since the destination last throttled us."""
    paced_at: datetime = EPOCH
    """When the pace changed last."""
    day: str = ""
    """The day that `today` counts the calls of."""
    today: int = 0
    checked_at: datetime = EPOCH
    """When the last preflight was."""
    findings: str = "[]"
    """What it found, as JSON."""
    proven_at: datetime = EPOCH
    """When a record, a lead's or a canary, was read back last."""
    errors: str = "{}"
    """How often each reason came up in each of the last 24 hours, as JSON."""
    rung: int = 0
    """The partitions in which whoever holds the lane is to look again, as a mask."""
    until: datetime = EPOCH
    """By when what is to be looked for there is due."""

    asked_at: datetime = EPOCH
    """When it was asked last what became of leads."""
    asked_up_to: str = ""
    """Up to where, in the destination's own words."""
    ask_fault: str = ""
    """Why it told nothing then, as a code; "" if it did."""
    sweep: str = ""
    """Where the reading of all its records stands, if it is under way: a partition and a key."""
    swept_at: datetime = EPOCH
    """When that came to an end last."""

    @property
    def breaker(self) -> str:
        """`closed`, `open`, which is also half-open once its rest is over."""
        return "open" if self.failures >= TRIP else "closed"

    @property
    def works(self) -> bool:
        """Whether the destination is known to take leads: its last call did not fail."""
        return not self.failures and self.accepted_at > EPOCH

    @property
    def rests_until(self) -> datetime:
        """Until when nothing may leave: the breaker's rest or the destination's wish."""
        return max(self.held_until, self.open_until)

    @property
    def paused(self) -> bool:
        """Whether a person has it paused."""
        return self.paused_at > EPOCH

    @property
    def asleep(self) -> bool:
        """Whether a person must do something before anything leaves."""
        return bool(self.disabled) or self.paused

    def is_open(self, now: datetime) -> bool:
        """Say whether anything may leave: neither disabled nor paused, and not at rest."""
        return not self.asleep and self.rests_until <= now

    def errors_last_day(self, now: datetime) -> dict[str, int]:
        """Return how often each reason came up in the last day."""
        return reasons.total(self.errors, now)

    def found(self, now: datetime) -> Lane:
        """Return the lane after a record was read back."""
        return replace(self, proven_at=now)

    def checked(self, findings: str, now: datetime, *, proven: bool) -> Lane:
        """Return the lane after a preflight."""
        proven_at = now if proven else self.proven_at
        return replace(self, checked_at=now, findings=findings, proven_at=proven_at)

    def asked(self, answer: Answer, now: datetime) -> Lane:
        """Return the lane after the destination was asked what became of leads."""
        # The first sweep is a week after the first question: what is new is not gone.
        swept_at = now if self.swept_at <= EPOCH else self.swept_at
        up_to = self.asked_up_to if answer.fault else answer.told.cursor or self.asked_up_to
        return replace(
            self, asked_at=now, asked_up_to=up_to, ask_fault=answer.fault, swept_at=swept_at
        )

    def swept(self, place: str, now: datetime) -> Lane:
        """Return the lane after a sweep came to a *place*, "" for its end."""
        return replace(self, sweep=place, swept_at=self.swept_at if place else now)

    def enabled(self) -> Lane:
        """Return the lane as a person enables it again: nothing holds it back."""
        lane = replace(self, disabled="", failures=0, unwritten=0)
        return replace(lane, open_until=EPOCH, held_until=EPOCH)

    def written(self) -> Lane:
        """Return the lane after a round of which all outcomes were written down."""
        return replace(self, unwritten=0)

    def lost_outcomes(self, now: datetime) -> Lane:
        """Return the lane after a round of whose outcomes some could not be written down.

        What they are of is due still, and is sent again: after some rounds, only now and then.
        """
        unwritten = self.unwritten + 1
        open_until = self.open_until
        if unwritten >= UNWRITTEN:
            open_until = max(open_until, now + _rest(unwritten - UNWRITTEN))
        return replace(self, unwritten=unwritten, open_until=open_until)

    def after(self, reply: Reply, now: datetime) -> Lane:
        """Return the lane after a call's *reply*."""
        lane = replace(self, errors=reasons.count(self.errors, reply.outcomes, now))
        if reply.hold is not None:
            lane = replace(lane, held_until=max(lane.held_until, now + reply.hold))
        if any(isinstance(o, Deferred) and o.reason == Reason.THROTTLED for o in reply.outcomes):
            lane = replace(lane, pace=max(lane.pace * SLOWER, SLOWEST), paced_at=now)
        if reply.gone:
            return replace(lane, disabled=Reason.GONE)
        if reply.failing:
            # Calls that left together fail together: those that end while it rests add nothing.
            failures = lane.failures + (lane.open_until <= now)
            rest = _rest(failures - TRIP)
            opens = failures >= TRIP and lane.open_until <= now
            open_until = now + rest if opens else lane.open_until
            return replace(lane, failures=failures, open_until=open_until)
        accepted = any(isinstance(outcome, Accepted) for outcome in reply.outcomes)
        return replace(
            lane, failures=0, open_until=EPOCH, accepted_at=now if accepted else lane.accepted_at
        )


def _rest(again: int) -> timedelta:
    """Return how long to rest that has rested so often before: longer each time."""
    return min(SHORTEST_REST * (1 << min(max(again, 0), 10)), LONGEST_REST)
