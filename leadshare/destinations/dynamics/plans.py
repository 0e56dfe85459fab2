"""Destinations: what is done for one lead of Dynamics 365 in a batch, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import httpx

from leadshare.deliveries.delivery import Accepted, Delivery
from leadshare.destinations.dynamics.answers import judge
from leadshare.destinations.dynamics.batch import Operation
from leadshare.destinations.dynamics.environment import Environment, parts_of
from leadshare.destinations.dynamics.timeline import told
from leadshare.destinations.narrowing import NOT_SENT
from leadshare.destinations.replies import UNTOLD, Verdict, failed, refusal, same, unreadable

MOST_OPERATIONS: Final = 40
"""Requests in one batch that write: ten leads with three entries each; see `batch_size`."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers to what was done for a lead, in its order, and the status of the last call."""

    parts: tuple[httpx.Response | None, ...] = ()
    status: int = httpx.codes.OK


Answers = dict[str, Answered | Verdict]
"""By lead: what was answered, or what it means that nothing was."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done for one lead: its row is written first, then its news is told."""

    delivery: Delivery
    there: Verdict | None = None
    """What the look-up says, where the row is not written."""
    operations: Sequence[Operation] = ()

    @property
    def pairs(self) -> list[tuple[Delivery, Operation]]:
        """Each operation, with whose it is."""
        return [(self.delivery, one) for one in self.operations]

    def judged(self, answers: Answers, now: datetime) -> Verdict:
        """Return what became of it: taken once the row is written and all is told."""
        answer = answers.get(self.delivery.lead, Answered())
        if isinstance(answer, Verdict):
            return answer
        parts, verdict = list(answer.parts), self.there
        if verdict is None:
            verdict = judge(parts.pop(0), self.delivery, now)
        if isinstance(verdict.outcome, Accepted):
            faults = (told(part, self.delivery, now, UNTOLD) for part in parts)
            verdict = next(filter(None, faults), verdict)
        # The parts have statuses of their own: of the call, its own is told.
        return replace(verdict, status=answer.status)


async def operated(
    environment: Environment, flat: Sequence[tuple[Delivery, Operation]], now: datetime
) -> Answers:
    """Carry out what is done for each lead in batches; what an earlier one told stays so."""
    answers: Answers = {}
    rest: Verdict | None = None
    for start in range(0, len(flat), MOST_OPERATIONS):
        some = flat[start : start + MOST_OPERATIONS]
        ours = [delivery for delivery, _ in some]
        got = rest or await _batch(environment, ours, [one for _, one in some], now)
        if isinstance(got, Verdict):
            answers |= same(ours, got)
            rest = NOT_SENT
            continue
        for one, part in zip(ours, got.parts, strict=True):
            before = answers.get(one.lead)
            earlier = before.parts if isinstance(before, Answered) else ()
            answers[one.lead] = Answered((*earlier, part), got.status)
    return answers


async def _batch(
    environment: Environment,
    ours: Sequence[Delivery],
    operations: Sequence[Operation],
    now: datetime,
) -> Answered | Verdict:
    """Carry out *operations*; return their answers, or what it means that there are none."""
    try:
        response = await environment.post(operations, now)
    except httpx.TransportError as error:
        return failed(error)
    if refused := refusal(response, now, ours):
        return refused
    parts = parts_of(response, len(operations))
    return Answered(tuple(parts), response.status_code) if any(parts) else unreadable(response)


Judge = Callable[[httpx.Response | None, Delivery, datetime, Verdict], Verdict | None]
"""Says what an answer means for a lead; None where all is done."""


def faults(
    deliveries: Mapping[str, Delivery],
    answers: Answers,
    refused: Verdict,
    now: datetime,
    judge_one: Judge = told,
) -> dict[str, Verdict]:
    """Return of *deliveries*, by lead, the first fault of what was done beside each."""
    found: dict[str, Verdict] = {}
    for lead, one in deliveries.items():
        answer = answers.get(lead, Answered())
        if isinstance(answer, Verdict):
            found[lead] = answer
            continue
        parts = (judge_one(part, one, now, refused) for part in answer.parts)
        if fault := next(filter(None, parts), None):
            found[lead] = replace(fault, status=answer.status)
    return found


def gone(
    part: httpx.Response | None, delivery: Delivery, now: datetime, refused: Verdict
) -> Verdict | None:
    """Return what the answer to a deletion means; None where there is nothing any more."""
    absent = part is not None and part.status_code == httpx.codes.NOT_FOUND
    return None if absent else told(part, delivery, now, refused)
