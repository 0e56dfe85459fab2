"""Destinations: steps of tracks: what they say in a system, and what became of each."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import httpx

from leadshare.deliveries.delivery import Deferred, Delivery, Reply
from leadshare.destinations.campaigns import Change, Member, changed
from leadshare.destinations.mapping import cut
from leadshare.destinations.replies import Verdict, Verdicts, failed, together
from leadshare.destinations.telling import Note, printable
from leadshare.destinations.timeline import eased
from leadshare.lifecycle.step import Step, Verb
from leadshare.reason import Reason
from leadshare.times import from_text

LONGEST_SUBJECT: Final = 120
"""UTF-16 units of a task's subject; its text has all of it."""

PROMPT: Final = timedelta(days=7)
"""Within which people are to erase a person, where it is their task: the law gives a month."""

UNDONE: Final = Verdict(Deferred(Reason.STEP_REFUSED))
"""For a step that is refused: neither a lead nor another step waits for it."""

Take = Callable[[Sequence[Delivery]], Awaitable[Verdicts]]
"""Carries out steps of one verb; returns what became of each, by step id."""


async def take(deliveries: Sequence[Delivery], ways: Mapping[Verb, Take]) -> Reply:
    """Carry out the steps of *deliveries*, verb by verb; what is refused holds up no other."""
    verdicts: dict[str, Verdict] = {}
    for verb, way in ways.items():
        mine = [one for one in deliveries if step_of(one).verb is verb]
        if not mine:
            continue
        try:
            verdicts |= await way(mine)
        except httpx.TransportError as error:
            verdicts |= each(mine, failed(error))
    return together([eased(verdicts[step_of(one).id], UNDONE) for one in deliveries])


def step_of(delivery: Delivery) -> Step:
    """Return the step that *delivery* is of."""
    assert delivery.step is not None, "a delivery of a step has one"  # noqa: S101 - a bug of ours
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
        members = [Member(one, places[one.lead]) for one in some]
        verdicts |= each(some, await changed(way, into, members))
    return verdicts


def subject(step: Step) -> str:
    """Return what a task is called, on one line."""
    first = next(iter(printable(step.text).strip().splitlines()), "") or "Follow up"
    return cut(first, LONGEST_SUBJECT)


def text(step: Step) -> str:
    """Return what a task or note says, and of which track it is."""
    track = step.track and f"Track: {step.track}"
    return "\n\n".join(filter(None, (printable(step.text).strip(), track)))


def note(step: Step, now: datetime) -> Note:
    """Return the entry of a timeline by which a step tells something, known by the step's id."""
    return Note(step.id, now, subject(step), text(step))


def until(step: Step, now: datetime) -> datetime:
    """Return by when a task is to be done."""
    return from_text(step.due) if step.due else now


def errand(delivery: Delivery) -> Delivery:
    """Return *delivery* as the step that has people erase a person: once for each order.

    It names the record, and nobody.
    """
    order = f"{delivery.lead} {delivery.owed_since.isoformat()}"
    step = Step(
        hashlib.sha256(f"forget {order}".encode()).hexdigest()[:32],
        track="",
        verb=Verb.TASK,
        text=ERASE.format(record=delivery.record_id or delivery.lead),
        due=(delivery.owed_since + PROMPT).isoformat(),
    )
    return replace(delivery, step=step)


ERASE: Final = """Erase a person's data: record {record}
A person has asked for erasure. Take what tells of them out of this record, and out of what was \
made of it: contacts, deals, messages, files. What the law has you keep, such as invoices, stays.\
"""
