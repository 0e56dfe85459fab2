"""Destinations: split what goes in one call, where a system refuses it whole or leads repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar

import httpx

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.destinations.replies import Verdict, every, failed, same
from leadshare.reason import Reason, Vendor

T = TypeVar("T")

Part = Sequence[str]
"""Records that go in one call, by name."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one call came to: verdicts, and what of its part must be asked again."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    again: Sequence[Part] = ()
    """Smaller parts, which go next."""
    stop: Verdict | None = None
    """What all that is left comes to, where asking on is of no use."""


async def narrow(
    parts: Sequence[Part], call: Callable[[Part], Awaitable[Judged]], most: int, rest: Verdict
) -> dict[str, Verdict]:
    """Ask about *parts* one after the other; return the verdict of each record in them.

    At most so many calls are made; what is left then comes to *rest*.
    """
    verdicts: dict[str, Verdict] = {}
    waiting = [part for part in parts if part]
    for _ in range(most):
        if not waiting:
            break
        part, *waiting = waiting
        judged = await call(part)
        verdicts |= judged.verdicts
        waiting = [smaller for smaller in judged.again if smaller] + waiting
        if judged.stop is not None:
            rest = judged.stop
            break
    return verdicts | {name: rest for part in waiting for name in part}


def halves(part: Sequence[T]) -> list[Sequence[T]]:
    """Return *part* in two, of which the first may be empty."""
    half = len(part) // 2
    return [part[:half], part[half:]]


NOT_SENT: Final = Verdict(Deferred(Reason.NOT_SENT, counts=False))
"""For a record that no call was made for."""

MOST_CALLS: Final = 16
"""Calls that one hand-over makes at most; what is left waits for the next."""

_OF_BATCHES: Final = frozenset({400, 413, 414, 422})
_TRIED: Final = 2
_CODES: Final = tuple(f"{vendor}_" for vendor in Vendor)


async def in_parts(
    deliveries: Sequence[Delivery],
    write: Callable[[Sequence[Delivery]], Awaitable[Mapping[str, Verdict]]],
) -> dict[str, Verdict]:
    """Write *deliveries* by one call; in halves, down to one record, where it is refused whole.

    So one record holds up no other, and none is blamed for what it passes alone. What an earlier
    call was told stays so, whatever becomes of a later one.
    """
    ours = {delivery.lead: delivery for delivery in deliveries}

    async def call(part: Part) -> Judged:
        group = [ours[lead] for lead in part]
        try:
            verdicts = await write(group)
        except httpx.TransportError as error:
            return Judged(same(group, failed(error)), stop=NOT_SENT)
        if _refused_whole(group, verdicts):
            return Judged(again=halves(part))
        held = any(verdict.hold for verdict in verdicts.values())
        return Judged(verdicts, stop=NOT_SENT if held else None)

    return await narrow([list(ours)], call, MOST_CALLS, NOT_SENT)


def _refused_whole(group: Sequence[Delivery], verdicts: Mapping[str, Verdict]) -> bool:
    """Say whether nobody of several records was judged, by a status that one of them may be for.

    A server that is down answers 500 as well: of what was tried before, one record may be why.
    """
    first = verdicts[group[0].lead]
    tried = all(delivery.attempts >= _TRIED for delivery in group)
    of_batches = first.status in _OF_BATCHES or (
        tried and first.status == httpx.codes.INTERNAL_SERVER_ERROR
    )
    unlisted = first.failing and first.reason.startswith(_CODES) and not first.hold
    alike = all(verdict == first for verdict in verdicts.values())
    return len(group) > 1 and of_batches and unlisted and alike


async def in_turns(
    take: Callable[[Sequence[Delivery], datetime], Awaitable[Reply]],
    deliveries: Sequence[Delivery],
    now: datetime,
) -> Reply:
    """Take *deliveries* one after the other where a lead has several of them, such as two steps.

    Once the system wants no other call, the rest is not sent.
    """
    replies: list[Reply] = []
    for turn in _turns(deliveries):
        rests = any(reply.hold or reply.failing for reply in replies)
        reply = every(turn, NOT_SENT) if rests else await take(turn, now)
        replies.append(reply)
    became = {
        id(one): outcome
        for turn, reply in zip(_turns(deliveries), replies, strict=True)
        for one, outcome in zip(turn, reply.outcomes, strict=True)
    }
    outcomes = tuple(became[id(one)] for one in deliveries)
    took_one = any(isinstance(outcome, Accepted) for outcome in outcomes)
    return replace(
        max(replies, key=lambda reply: reply.status),
        outcomes=outcomes,
        hold=max((reply.hold for reply in replies if reply.hold), default=None),
        failing=any(reply.failing for reply in replies) and not took_one,
        gone=any(reply.gone for reply in replies),
    )


def _turns(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """Return *deliveries* so that no turn has two of one lead."""
    turns: list[list[Delivery]] = []
    times: Counter[str] = Counter()
    for one in deliveries:
        if times[one.lead] == len(turns):
            turns.append([])
        turns[times[one.lead]].append(one)
        times[one.lead] += 1
    return turns
