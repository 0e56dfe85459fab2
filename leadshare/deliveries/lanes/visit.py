"""Deliveries: visits to a lane: where one looks, what others ring for meanwhile, how it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from leadshare.deliveries.lanes.lane import Lane
from leadshare.errors import Unread, Unreadable
from leadshare.intake.message import content_of, to_message
from leadshare.store.keys import HOUSE, PARTITIONS, due_in
from leadshare.store.lease import acquire, release
from leadshare.times import EPOCH, from_text, to_text

ALL: Final = (1 << len(PARTITIONS)) - 1
"""The mask of all partitions."""

AHEAD: Final = timedelta(seconds=5)
"""How far the clock of who wrote a due row may be ahead of that of who looks for it."""


@dataclass(frozen=True, slots=True)
class Nudge:
    """A wish that somebody look at a lane at once: in which partitions, for what is due by when."""

    lane: str
    mask: int = ALL
    """A bit for each partition, the lowest for the first."""
    until: datetime = EPOCH

    def __or__(self, other: Nudge) -> Nudge:
        """Return the one nudge that wishes for both."""
        return replace(self, mask=self.mask | other.mask, until=max(self.until, other.until))

    @property
    def partitions(self) -> str:
        """The partitions to look in."""
        return "".join(p for i, p in enumerate(PARTITIONS) if self.mask >> i & 1)

    def horizon(self, now: datetime) -> datetime:
        """Return by when what is looked for is due, on a clock that says *now*."""
        return min(max(now, self.until), now + AHEAD)

    def to_message(self) -> bytes:
        """Return the nudge as the queue keeps it."""
        values = {"lane": self.lane, "mask": self.mask, "until": to_text(self.until)}
        return to_message("nudge", values)


class Nudger(Protocol):
    """What the use cases need to have lanes looked at."""

    async def nudge(self, nudges: Sequence[Nudge]) -> None:
        """Have lanes looked at soon; never raises, for a tick looks at them anyway."""


def read_message(message: bytes) -> Nudge:
    """Read what `Nudge.to_message` wrote; `Unreadable` (`not_a_nudge`) if it is none."""
    try:
        inner = content_of(message, "nudge")
        nudge = Nudge(inner["lane"], int(inner["mask"]) & ALL, from_text(inner["until"]))
    except (KeyError, TypeError, ValueError, OverflowError, Unreadable):
        raise Unreadable(Unread.NOT_A_NUDGE) from None
    return nudge


def nudges(partition: str, keys: Iterable[str], now: datetime) -> list[Nudge]:
    """Return a nudge for each lane in which a row of *keys*, of any kind, is due by *now*.

    What is due later is left to the tick.
    """
    mask, found = 1 << PARTITIONS.index(partition), dict[str, Nudge]()
    for key in keys:
        lane, at = due_in(key) or ("", now)
        if lane not in ("", HOUSE) and at <= now:
            nudge = Nudge(lane, mask, at)
            found[lane] = found[lane] | nudge if lane in found else nudge
    return list(found.values())


def ring(lane: Lane, nudge: Nudge) -> Lane:
    """Return a lane that another visits, rung for *nudge*: that visit looks again for it."""
    return replace(lane, rung=lane.rung | nudge.mask, until=max(lane.until, nudge.until))


def enter(
    lane: Lane, nudge: Nudge, holder: str, now: datetime, lease: timedelta
) -> tuple[Lane, Nudge] | None:
    """Return the lane leased to the visit *holder*, and what to look for; None if another has it.

    What was rung for and nobody came to is looked for as well.
    """
    taken = acquire(lane, holder, now, lease)
    return None if taken is None else _answer(taken, nudge)


def rejoin(mine: Lane, saved: Lane, found: Lane) -> tuple[Lane, Nudge]:
    """Return the lane as it goes on after others wrote its row, and what they rang for.

    What people ordered since it was *saved* stands; the rest is the visit's own.
    """
    ordered = {
        name: getattr(found, name)
        for name in (
            *("disabled", "paused_at"),
            *("held_until", "open_until", "failures", "unwritten"),
        )
        if getattr(found, name) != getattr(saved, name)
    }
    kept = replace(mine, **ordered, rung=found.rung, until=found.until)
    return _answer(kept, Nudge("", 0))


def leave(lane: Lane, left: Nudge) -> Lane:
    """Return the lane free for anybody, rung for what is *left*."""
    return release(ring(lane, left) if left.mask else lane)


def _answer(lane: Lane, nudge: Nudge) -> tuple[Lane, Nudge]:
    """Return the lane with nothing rung for, and *nudge* with that as well."""
    wished = nudge | Nudge(nudge.lane, lane.rung, lane.until)
    return replace(lane, rung=0, until=EPOCH), wished
