"""Destinations: what is done for one lead of Dynamics 365 in a batch, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import httpx

from leadshare.deliveries.delivery import Accepted, Delivery
from leadshare.destinations.dynamics.answers import judge
from leadshare.destinations.dynamics.batch import Operation
from leadshare.destinations.dynamics.timeline import told
from leadshare.destinations.replies import Verdict


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

    def judged(self, answers: Answers, now: datetime) -> Verdict:
        """Return what became of it: taken once the row is written and all is told."""
        answer = answers.get(self.delivery.lead, Answered())
        if isinstance(answer, Verdict):
            return answer
        parts, verdict = list(answer.parts), self.there
        if verdict is None:
            verdict = judge(parts.pop(0), self.delivery, now)
        if isinstance(verdict.outcome, Accepted):
            faults = (told(part, self.delivery, now) for part in parts)
            verdict = next(filter(None, faults), verdict)
        # The parts have statuses of their own: of the call, its own is told.
        return replace(verdict, status=answer.status)
