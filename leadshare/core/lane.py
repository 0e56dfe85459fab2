"""Core: a destination's lane: its lease, spent budget, breaker and hold, as pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Final, TypeVar

from leadshare.core import reasons
from leadshare.core.delivery import THROTTLED, Accepted, Deferred, Reply
from leadshare.core.rate import Rate as Rate  # noqa: PLC0414 - destinations take it from here
from leadshare.core.times import from_text, to_text

TRIP: Final = 5
"""Failing calls in a row that open the breaker."""

SHORTEST_REST: Final = timedelta(seconds=30)
LONGEST_REST: Final = timedelta(minutes=15)
"""How long an open breaker rests before one call probes; it doubles up to the longest."""

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


UNBOUND: Final = 1_000_000
"""More calls than a tick can make: a lane without a budget."""


SLOWER, FASTER, SLOWEST = 0.7, 0.1, 0.1
"""A throttled call takes the budget to this share of itself; each quiet window gives this much of
the whole back; and it never falls below that."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on something, and until when nobody else may."""

    holder: str = ""
    leased_until: datetime = _NEVER


@dataclass(frozen=True, slots=True)
class Lane(Lease):
    """The state of one destination's stream of deliveries, kept across ticks and instances."""

    held_until: datetime = _NEVER
    """Until when the destination asked us to wait."""
    failures: int = 0
    """Failing calls in a row."""
    open_until: datetime = _NEVER
    """Until when the breaker rests; failures stay counted, so that one probe reopens it."""
    disabled: str = ""
    """Why the lane is disabled, if it is; a person enables it again."""
    tokens: float = 0.0
    tokens_at: datetime = _NEVER
    """The calls that the rate budget had left at that time."""
    accepted_at: datetime = _NEVER
    """When the destination accepted something last."""
    pace: float = 1.0
    """The share of the rate budget that we use, since the destination last throttled us."""
    paced_at: datetime = _NEVER
    """When the pace changed last."""
    day: str = ""
    """The day that `today` counts the calls of."""
    today: int = 0
    checked_at: datetime = _NEVER
    """When the last preflight was."""
    findings: str = "[]"
    """What it found, as JSON."""
    proven_at: datetime = _NEVER
    """When a record, a lead's or a canary, was read back last."""
    errors: str = "{}"
    """How often each reason came up in each of the last 24 hours, as JSON."""

    @property
    def breaker(self) -> str:
        """`closed`, `open`, which is also half-open once its rest is over."""
        return "open" if self.failures >= TRIP else "closed"


L = TypeVar("L", bound=Lease)


def take(lane: L, holder: str, now: datetime, lease: timedelta) -> L | None:
    """Return the lane leased to *holder*, or None while another holds it."""
    if lane.holder not in ("", holder) and lane.leased_until > now:
        return None
    return replace(lane, holder=holder, leased_until=now + lease)


def renew(lane: L, now: datetime, lease: timedelta) -> L:
    """Return the lane with its *lease* from *now*."""
    return replace(lane, leased_until=now + lease)


def release(lane: L) -> L:
    """Return the lane free for anybody."""
    return replace(lane, holder="", leased_until=_NEVER)


def landed(lane: Lane, now: datetime) -> Lane:
    """Return the lane after a record was read back."""
    return replace(lane, proven_at=now)


def checked(lane: Lane, findings: str, now: datetime, *, proven: bool) -> Lane:
    """Return the lane after a preflight."""
    return replace(
        lane, checked_at=now, findings=findings, proven_at=now if proven else lane.proven_at
    )


def enable(lane: Lane) -> Lane:
    """Return the lane as a person enables it again: nothing holds it back."""
    return replace(lane, disabled="", failures=0, open_until=_NEVER, held_until=_NEVER)


def rests_until(lane: Lane) -> datetime:
    """Return until when nothing may leave: the breaker's rest or the destination's wish."""
    return max(lane.held_until, lane.open_until)


def calls_allowed(lane: Lane, rate: Rate | None, now: datetime, *, urgent: bool = True) -> int:
    """Return how many calls may leave now: by the budget, and one, to probe, while open.

    What is not *urgent* leaves the reserve alone.
    """
    allowed = UNBOUND if rate is None else _within(lane, rate, now, urgent=urgent)
    return min(allowed, 1) if lane.breaker == "open" else allowed


def _within(lane: Lane, rate: Rate, now: datetime, *, urgent: bool, more: float = 0) -> int:
    tokens = int(_tokens(lane, rate, now) + more - (0 if urgent else rate.reserve))
    left = UNBOUND if rate.daily is None else rate.daily - calls_today(lane, rate, now)
    return max(min(tokens, left), 0)


def calls_within(
    lane: Lane, rate: Rate | None, now: datetime, seconds: float, *, urgent: bool
) -> int:
    """Return how many calls may leave from now on within *seconds*."""
    allowed = calls_allowed(lane, rate, now, urgent=urgent)
    if rate is None or lane.breaker == "open":
        return allowed
    return max(allowed, _within(lane, rate, now, urgent=urgent, more=seconds * _speed(lane, rate)))


def seconds_until_call(lane: Lane, rate: Rate | None, now: datetime, *, urgent: bool) -> float:
    """Return after how long the rate budget lets a call leave: 0 for now, or if it has no say.

    Infinity where the day's quota is used up.
    """
    if rate is None or calls_allowed(lane, rate, now, urgent=urgent) > 0:
        return 0
    if rate.daily is not None and calls_today(lane, rate, now) >= rate.daily:
        return inf
    short = 1 + (0 if urgent else rate.reserve) - _tokens(lane, rate, now)
    # A millisecond more, which is the least that rows and clocks tell.
    return max(short / _speed(lane, rate), 0) + 0.001


def calls_today(lane: Lane, rate: Rate, now: datetime) -> int:
    """Return how many calls have left since the day's quota began."""
    return lane.today if lane.day == rate.day(now) else 0


def spend(lane: Lane, rate: Rate | None, now: datetime, calls: int = 1) -> Lane:
    """Return the lane after so many *calls* have left; what was not to be foreseen is owed."""
    if rate is None or not calls:
        return lane
    return replace(
        _quiet(lane, rate, now),
        tokens=_tokens(lane, rate, now) - calls,
        tokens_at=now,
        day=rate.day(now),
        today=calls_today(lane, rate, now) + calls,
    )


def _quiet(lane: Lane, rate: Rate, now: datetime) -> Lane:
    """Return the lane with its pace raised if a whole window has passed since it last changed."""
    if lane.pace >= 1 or now - lane.paced_at < timedelta(seconds=rate.seconds):
        return lane
    return replace(lane, pace=min(lane.pace + FASTER, 1.0), paced_at=now)


def _tokens(lane: Lane, rate: Rate, now: datetime) -> float:
    """A bucket that fills at the speed of the rest of the budget, at the lane's pace."""
    waited = max((now - lane.tokens_at).total_seconds(), 0)
    return min(rate.bucket, lane.tokens + waited * _speed(lane, rate))


def _speed(lane: Lane, rate: Rate) -> float:
    """Return the calls a second that the bucket fills by."""
    return lane.pace * max(rate.calls - rate.bucket, 1) / rate.seconds


def after(lane: Lane, reply: Reply, now: datetime) -> Lane:
    """Return the lane after a call's *reply*."""
    lane = replace(lane, errors=reasons.count(lane.errors, reply.outcomes, now))
    if reply.hold is not None:
        lane = replace(lane, held_until=max(lane.held_until, now + reply.hold))
    if any(isinstance(o, Deferred) and o.reason == THROTTLED for o in reply.outcomes):
        lane = replace(lane, pace=max(lane.pace * SLOWER, SLOWEST), paced_at=now)
    if reply.gone:
        return replace(lane, disabled="gone")
    if reply.failing:
        # Calls that left together fail together: those that end while it rests already add nothing.
        failures = lane.failures + (lane.open_until <= now)
        rest = min(SHORTEST_REST * 2 ** min(max(failures - TRIP, 0), 10), LONGEST_REST)
        opens = failures >= TRIP and lane.open_until <= now
        open_until = now + rest if opens else lane.open_until
        return replace(lane, failures=failures, open_until=open_until)
    accepted = any(isinstance(outcome, Accepted) for outcome in reply.outcomes)
    return replace(
        lane, failures=0, open_until=_NEVER, accepted_at=now if accepted else lane.accepted_at
    )


def errors_of(lane: Lane, now: datetime) -> dict[str, int]:
    """Return how often each reason came up in the last day."""
    return reasons.total(lane.errors, now)


def to_row(lane: Lease) -> dict[str, Any]:
    """Return *lane* as column values."""
    values = {f.name: getattr(lane, f.name) for f in fields(lane)}
    return {k: to_text(v) if isinstance(v, datetime) else v for k, v in values.items()}


def from_row(values: Mapping[str, Any]) -> Lane:
    """Return the lane that `to_row` wrote down."""
    return read_row(Lane, values)


def read_row(kind: type[L], values: Mapping[str, Any]) -> L:
    """Return what `to_row` wrote down; a column that is not there yet has its default."""
    read: dict[str, Any] = {}
    for f in fields(kind):
        if f.name in values:
            value = values[f.name]
            read[f.name] = from_text(value) if isinstance(f.default, datetime) else value
    return kind(**read)
