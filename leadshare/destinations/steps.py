"""Destinations: steps of tracks: what they say in a system, and what became of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import httpx

from leadshare.deliveries.delivery import Deferred, Delivery, Rejected, Reply
from leadshare.destinations.campaigns import Change, Member, changed
from leadshare.destinations.replies import Verdict, Verdicts, failed, together
from leadshare.destinations.writing.mapping import cut
from leadshare.destinations.writing.telling import Note, printable
from leadshare.destinations.writing.timeline import eased
from leadshare.lifecycle.step import Step, Verb
from leadshare.reason import Reason
from leadshare.times import from_text

LONGEST_SUBJECT: Final = 120
"""UTF-16 units of a task's subject; its text has all of it."""

UNDONE: Final = Verdict(Deferred(Reason.STEP_REFUSED))
"""For a step that is refused: neither a lead nor another step waits for it."""

CLOSED: Final = Verdict(Rejected(Reason.CLOSED_IN_CRM), httpx.codes.OK)
"""For a step of a lead that is closed there."""

CRM_VERBS: Final = frozenset({Verb.TASK, Verb.NOTE, Verb.LIST, Verb.LEAVE})
"""What a CRM can do that has both tasks and lists."""

Take = Callable[[Sequence[Delivery]], Awaitable[Verdicts]]
"""Carries out steps of one verb; returns what became of each, by step id."""


class Ways(Protocol):
    """Carries out the steps of a CRM's verbs, each as `Take` says."""

    async def tasks(self, deliveries: Sequence[Delivery]) -> Verdicts: ...
    async def notes(self, deliveries: Sequence[Delivery]) -> Verdicts: ...
    async def enlist(self, deliveries: Sequence[Delivery]) -> Verdicts: ...
    async def leave(self, deliveries: Sequence[Delivery]) -> Verdicts: ...


def ways_of(steps: Ways) -> dict[Verb, Take]:
    """Return what carries out steps, by verb."""
    return {
        Verb.TASK: steps.tasks,
        Verb.NOTE: steps.notes,
        Verb.LIST: steps.enlist,
        Verb.LEAVE: steps.leave,
    }


async def take(deliveries: Sequence[Delivery], ways: Mapping[Verb, Take]) -> Reply:
    """Carry out the steps of *deliveries*; what a system refuses holds up nothing else."""
    verdicts = await taken(deliveries, ways)
    return together([refusing(verdicts[step_of(one).id], UNDONE) for one in deliveries])


async def taken(deliveries: Sequence[Delivery], ways: Mapping[Verb, Take]) -> dict[str, Verdict]:
    """Carry out the steps of *deliveries*, verb by verb; return what became of each, by step id."""
    verdicts: dict[str, Verdict] = {}
    for verb, way in ways.items():
        mine = [one for one in deliveries if step_of(one).verb is verb]
        if not mine:
            continue
        try:
            verdicts |= await way(mine)
        except httpx.TransportError as error:
            verdicts |= each(mine, failed(error))
    return verdicts


def unless(lost: Callable[[Delivery], Verdict | None], way: Take) -> Take:
    """Return *way* for those whose record is not *lost*; the others come to what that says."""

    async def take_those(some: Sequence[Delivery]) -> Verdicts:
        gone = {step_of(one).id: verdict for one in some if (verdict := lost(one))}
        left = [one for one in some if step_of(one).id not in gone]
        return {**gone, **(await way(left) if left else {})}

    return take_those


def missing(there: Container[str]) -> Callable[[Delivery], Verdict | None]:
    """Return what says of a lead that is not *there* that somebody has deleted its record."""
    deleted = Verdict(Rejected(Reason.DELETED_IN_CRM))
    return lambda delivery: None if delivery.lead in there else deleted


def refusing(verdict: Verdict, instead: Verdict) -> Verdict:
    """Return *instead* where a system refuses, until somebody has mended it; else *verdict*."""
    return verdict if isinstance(verdict.outcome, Rejected) else eased(verdict, instead)


def step_of(delivery: Delivery) -> Step:
    """Return the step that *delivery* is of."""
    if delivery.step is None:
        raise ValueError("expected a delivery of a step")
    return delivery.step


def each(deliveries: Sequence[Delivery], verdict: Verdict) -> dict[str, Verdict]:
    """Return one *verdict* for the steps of all of *deliveries*, by step id."""
    return {step_of(one).id: verdict for one in deliveries}


async def change(
    deliveries: Sequence[Delivery], places: Mapping[str, str], way: Change
) -> dict[str, Verdict]:
    """Change who is on the lists that the steps name, list by list; return verdicts by step id.

    *places* are the records that are on lists, by lead.
    """
    groups: dict[str, list[Delivery]] = defaultdict(list)
    for one in deliveries:
        groups[step_of(one).into].append(one)
    verdicts: dict[str, Verdict] = {}
    for into, some in groups.items():
        told = await changed(way, into, [Member(one, places[one.lead]) for one in some])
        verdicts |= {step_of(one).id: told[places[one.lead]] for one in some}
    return verdicts


def subject(step: Step) -> str:
    """Return what a task is called, on one line."""
    first = next(iter(printable(step.text).strip().splitlines()), "") or "Follow up"
    return cut(first, LONGEST_SUBJECT)


def text(step: Step) -> str:
    """Return what a task or note says beyond its subject, and of which track it is."""
    said = printable(step.text).strip()
    first, _, rest = said.partition("\n")
    track = step.track and f"Track: {step.track}"
    return "\n\n".join(filter(None, (rest if subject(step) == first else said, track)))


def note(step: Step, now: datetime) -> Note:
    """Return the entry of a timeline by which a step tells something, known by the step's id."""
    return Note(step.id, now, subject(step), text(step))


def until(step: Step, now: datetime) -> datetime:
    """Return by when a task is to be done."""
    return from_text(step.due) if step.due else now
